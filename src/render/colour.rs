//! Colour maps that hold up for colour-blind readers and in greyscale: lightness rises steadily.

/// Red, green, blue.
pub type Colour = [u8; 3];

/// From dark violet over red to pale yellow; `t` from 0 to 1.
#[must_use]
pub fn sequential(t: f32) -> Colour {
    const ANCHORS: [Colour; 6] =
        [[40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21], [252, 255, 164]];
    between(&ANCHORS, t)
}

/// Blue for negative, orange for positive, dark at zero; `t` from -1 to 1.
#[must_use]
pub fn diverging(t: f32) -> Colour {
    const ANCHORS: [Colour; 5] =
        [[150, 210, 255], [50, 120, 200], [40, 40, 48], [200, 105, 30], [255, 205, 130]];
    between(&ANCHORS, (t + 1.0) / 2.0)
}

fn between(anchors: &[Colour], t: f32) -> Colour {
    let last = anchors.len() - 1;
    // NaN clamps to NaN and becomes index 0.
    let x = t.clamp(0.0, 1.0) * last as f32;
    let low = (x as usize).min(last - 1);
    let share = x - low as f32;
    std::array::from_fn(|c| {
        let (a, b) = (f32::from(anchors[low][c]), f32::from(anchors[low + 1][c]));
        (a + (b - a) * share).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lightness([r, g, b]: Colour) -> f32 {
        0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)
    }

    #[test]
    fn does_lightness_rise_with_the_value() {
        let steps: Vec<f32> = (0..=50).map(|i| lightness(sequential(i as f32 / 50.0))).collect();
        assert!(steps.windows(2).all(|w| w[1] > w[0]));
        let away: Vec<f32> = (0..=50).map(|i| lightness(diverging(i as f32 / 50.0))).collect();
        assert!(away.windows(2).all(|w| w[1] > w[0]));
        let down: Vec<f32> = (0..=50).map(|i| lightness(diverging(-i as f32 / 50.0))).collect();
        assert!(down.windows(2).all(|w| w[1] > w[0]));
    }
}
