//! Colour maps that hold up for colour-blind readers and in greyscale: lightness rises steadily.

use std::str::FromStr;

/// Red, green, blue.
pub type Colour = [u8; 3];

/// Colours for what speaks for HIE, by the names under which they are known. Their anchors are the
/// published ones (matplotlib, CC0; Nuñez et al. 2018 for cividis), which rise evenly in lightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colours {
    /// Black over red to pale yellow.
    #[default]
    Inferno,
    /// Violet over green to yellow.
    Viridis,
    /// Blue to yellow: the same to people with and without red-green blindness.
    Cividis,
}

impl Colours {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Inferno, Self::Viridis, Self::Cividis];

    /// The name, as it is offered and parsed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inferno => "inferno",
            Self::Viridis => "viridis",
            Self::Cividis => "cividis",
        }
    }

    /// The colour of a share of the full scale, from 0 to 1.
    #[must_use]
    pub fn at(self, t: f32) -> Colour {
        match self {
            // The black end would not be seen on a dark brain.
            Self::Inferno => between(&INFERNO, 0.15 + 0.85 * t.clamp(0.0, 1.0)),
            Self::Viridis => between(&VIRIDIS, t),
            Self::Cividis => between(&CIVIDIS, t),
        }
    }
}

impl FromStr for Colours {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|c| c.name() == name).ok_or(())
    }
}

const INFERNO: [u32; 11] = [
    0x000004, 0x160b39, 0x420a68, 0x6a176e, 0x932667, 0xbc3754, 0xdd513a, 0xf37819, 0xfca50a, 0xf6d746,
    0xfcffa4,
];
const VIRIDIS: [u32; 11] = [
    0x440154, 0x482475, 0x414487, 0x355f8d, 0x2a788e, 0x21918c, 0x22a884, 0x44bf70, 0x7ad151, 0xbddf26,
    0xfde725,
];
const CIVIDIS: [u32; 10] =
    [0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173, 0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838];

/// Blue for negative, orange for positive, dark at zero; `t` from -1 to 1. Made in OKLab (Ottosson
/// 2020): lightness rises in proportion to `|t|`, hue is constant on either side.
#[must_use]
pub fn diverging(t: f32) -> Colour {
    let t = if t.is_nan() { 0.0 } else { t.clamp(-1.0, 1.0) };
    let (hue, chroma) = if t < 0.0 { (245.0_f32, 0.105) } else { (62.0, 0.135) };
    let (sin, cos) = hue.to_radians().sin_cos();
    // Little chroma where the screen's dark colours have none.
    let chroma = chroma * (t.abs() * 2.5).min(1.0) * (1.0 - 0.25 * t.abs());
    from_oklab([0.28 + 0.58 * t.abs(), chroma * cos, chroma * sin])
}

fn from_oklab([lightness, a, b]: [f32; 3]) -> Colour {
    let cube = |x: f32| x * x * x;
    let l = cube(lightness + 0.396_337_78 * a + 0.215_803_76 * b);
    let m = cube(lightness - 0.105_561_346 * a - 0.063_854_17 * b);
    let s = cube(lightness - 0.089_484_18 * a - 1.291_485_5 * b);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
    .map(|linear| {
        let x = linear.clamp(0.0, 1.0);
        let gamma = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
        (255.0 * gamma).round() as u8
    })
}

fn between(anchors: &[u32], t: f32) -> Colour {
    let last = anchors.len() - 1;
    // NaN clamps to NaN and becomes index 0.
    let x = t.clamp(0.0, 1.0) * last as f32;
    let low = (x as usize).min(last - 1);
    let share = x - low as f32;
    let channel = |colour: u32, c: usize| ((colour >> (16 - 8 * c)) & 0xff) as f32;
    std::array::from_fn(|c| {
        let (a, b) = (channel(anchors[low], c), channel(anchors[low + 1], c));
        (a + (b - a) * share).round() as u8
    })
}

/// 256 steps of a colour map over the overlay's scale: from 0 to the full scale, or from minus to plus.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramp {
    steps: [[i32; 3]; 256],
    signed: bool,
}

impl Ramp {
    /// The ramp of a signed map, or of what speaks for HIE only.
    #[must_use]
    pub fn new(colours: Colours, signed: bool) -> Self {
        let steps = std::array::from_fn(|i| {
            let t = i as f32 / 255.0;
            if signed { diverging(2.0 * t - 1.0) } else { colours.at(t) }.map(i32::from)
        });
        Self { steps, signed }
    }

    /// The colour of a share of the full scale.
    #[must_use]
    pub fn at(&self, share: f32) -> [i32; 3] {
        let t = if self.signed { 0.5 * (share + 1.0) } else { share };
        // Saturating: NaN is the first step.
        self.steps[((t * 255.0 + 0.5) as i32).clamp(0, 255) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE L*, 0 to 100, of an sRGB colour.
    fn lightness(colour: Colour) -> f32 {
        let [r, g, b] = linear(colour);
        let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
        if y > 0.008_856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    fn linear(colour: Colour) -> [f32; 3] {
        colour.map(|c| {
            let x = f32::from(c) / 255.0;
            if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// As people see it who lack the green (deuteranopia) or the red cones (protanopia): Machado et al. 2009.
    fn seen_by(matrix: [[f32; 3]; 3], colour: Colour) -> Colour {
        let rgb = linear(colour);
        matrix.map(|row| {
            let x: f32 = row.iter().zip(rgb).map(|(m, c)| m * c).sum::<f32>().clamp(0.0, 1.0);
            let gamma = if x <= 0.003_130_8 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
            (255.0 * gamma).round() as u8
        })
    }

    const DEUTERANOPIA: [[f32; 3]; 3] = [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ];
    const PROTANOPIA: [[f32; 3]; 3] = [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ];

    fn steps(map: impl Fn(f32) -> Colour) -> Vec<Colour> {
        (0..=50).map(|i| map(i as f32 / 50.0)).collect()
    }

    #[test]
    fn does_lightness_rise_evenly_with_the_value() {
        let sequential = Colours::ALL.map(|c| steps(|t| c.at(t)));
        let sides = [steps(diverging), steps(|t| diverging(-t))];
        for steps in sequential.iter().chain(&sides) {
            let l: Vec<f32> = steps.iter().map(|c| lightness(*c)).collect();
            assert!(l.windows(2).all(|w| w[1] > w[0]), "{l:?}");
            // Even: never more than 6 L* (of about 65) from the straight line between the ends.
            let (first, last) = (l[0], l[50]);
            for (i, l) in l.iter().enumerate() {
                let straight = first + (last - first) * i as f32 / 50.0;
                assert!((l - straight).abs() < 6.0, "step {i}: {l} instead of {straight}");
            }
        }
    }

    #[test]
    fn does_the_order_hold_for_colour_blind_readers() {
        for matrix in [DEUTERANOPIA, PROTANOPIA] {
            for colours in Colours::ALL {
                let l: Vec<f32> =
                    steps(|t| colours.at(t)).into_iter().map(|c| lightness(seen_by(matrix, c))).collect();
                assert!(l.windows(3).all(|w| w[2] > w[0]), "{colours:?}: {l:?}");
            }
            // For and against stay blue and yellow: the blue channel tells them apart.
            for share in [0.3, 0.6, 1.0] {
                let [against, by] = [diverging(-share), diverging(share)].map(|c| seen_by(matrix, c));
                let apart =
                    (f32::from(against[2]) - f32::from(against[0])) - (f32::from(by[2]) - f32::from(by[0]));
                // A fifth of the channel's range.
                assert!(apart > 50.0, "{share}: {against:?} {by:?}");
            }
        }
    }

    #[test]
    fn are_both_signs_equally_light() {
        for i in 1..=20 {
            let t = i as f32 / 20.0;
            let apart = lightness(diverging(t)) - lightness(diverging(-t));
            // OKLab's lightness and L* differ a little between hues.
            assert!(apart.abs() < 5.0, "{t}: {apart}");
        }
    }

    #[test]
    fn does_a_ramp_end_where_its_scale_ends() {
        let ramp = Ramp::new(Colours::Viridis, false);
        assert_eq!(ramp.at(2.0), Colours::Viridis.at(1.0).map(i32::from));
        assert_eq!(ramp.at(-1.0), Colours::Viridis.at(0.0).map(i32::from));
        assert_eq!(Ramp::new(Colours::Viridis, true).at(-1.0), diverging(-1.0).map(i32::from));
        for colours in Colours::ALL {
            assert_eq!(colours.name().parse(), Ok(colours));
        }
    }
}
