//! A healthy newborn's twins, made from its own aligned images: with each pattern of injury, and scanned again.
//!
//! Between a newborn and its twin nothing differs but the injury, between it and its rescan nothing but the scan:
//! what tells the first pairs apart and not the second is what a signature must see. It needs no patient with an
//! injury, so a site's own healthy newborns will do.

use crate::model::{Aligned, Lobe, Region, Sequence, White};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// How hypoxia-ischemia shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Injury {
    /// Thalami and lentiform nuclei in the first days: swollen.
    BasalGangliaEarly,
    /// The same and the posterior limb of the internal capsule from the end of the first week.
    BasalGangliaLate,
    /// Border zones between the arteries: cortex and the white matter below.
    Watershed,
    /// Bright cortex on T1w, mostly around the central sulcus.
    CorticalHighlighting,
}

impl Injury {
    /// In the order of a branch's heads.
    pub const ALL: [Self; 4] =
        [Self::BasalGangliaEarly, Self::BasalGangliaLate, Self::Watershed, Self::CorticalHighlighting];

    /// As in a bundle's manifest.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BasalGangliaEarly => "basal_ganglia_thalamus_early",
            Self::BasalGangliaLate => "basal_ganglia_thalamus",
            Self::Watershed => "watershed",
            Self::CorticalHighlighting => "cortical_highlighting",
        }
    }

    /// Relative change of intensity at severity 1, T1w and T2w, in grey matter; the capsule's is in
    /// [`Self::capsule`].
    ///
    /// T1w: Liauw, AJNR 2007; both: `anatomy` of the project's notes on published changes.
    fn effect(self) -> [f32; 2] {
        match self {
            Self::BasalGangliaEarly => [0.08, 0.15],
            Self::BasalGangliaLate => [0.20, -0.15],
            Self::Watershed => [-0.10, 0.25],
            Self::CorticalHighlighting => [0.13, -0.08],
        }
    }

    /// The same in the posterior limb of the internal capsule, which loses its bright myelin.
    fn capsule(self) -> [f32; 2] {
        match self {
            Self::BasalGangliaEarly => [-0.06, 0.06],
            Self::BasalGangliaLate => [-0.12, 0.08],
            Self::Watershed | Self::CorticalHighlighting => [0.0, 0.0],
        }
    }
}

/// Severity of planted injuries: from the least that anybody would see to the worst.
const SEVERITY: std::ops::Range<f64> = 0.4..1.0;

/// Where each pattern of injury may lie on the model grid.
#[derive(Debug, Clone)]
pub struct Planter {
    dims: [usize; 3],
    spacing_mm: f64,
    /// Pattern by pattern, how strongly each voxel may be hit; negative in the capsule.
    vulnerable: Vec<Vec<f32>>,
}

impl Planter {
    /// For a grid of `dims` voxels (first axis fastest) with these regions.
    #[must_use]
    pub fn new(regions: &[Region], dims: [usize; 3], spacing_mm: f64) -> Self {
        let frame = Frame::of(regions, dims);
        let vulnerable = Injury::ALL
            .iter()
            .map(|injury| (0..regions.len()).map(|i| frame.vulnerability(*injury, regions[i], i)).collect())
            .collect();
        Self { dims, spacing_mm, vulnerable }
    }

    /// Intensities of both images with an injury, its severity, drawn from `rng`.
    #[must_use]
    pub fn twin(
        &self,
        images: [&Aligned; 2],
        injury: Injury,
        rng: &mut ChaCha8Rng,
    ) -> ([Vec<f32>; 2], f64) {
        let severity = rng.random_range(SEVERITY);
        let strength = self.strength(injury, rng);
        let planted = Sequence::BOTH.map(|sequence| {
            let (grey, capsule) = (injury.effect()[sequence as usize], injury.capsule()[sequence as usize]);
            let image = images[sequence as usize];
            let change = |w: f32| if w < 0.0 { -w * capsule } else { w * grey };
            let voxels = image.intensity.iter().zip(&strength);
            voxels.map(|(v, w)| v * (1.0 + severity as f32 * change(*w))).collect()
        });
        (planted, severity)
    }

    /// How strongly each voxel is hit, -1 (capsule) to 1: both sides, one of them less; in patches; a voxel
    /// away from where the atlas has it.
    fn strength(&self, injury: Injury, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let weaker = rng.random_range(0.65..1.0);
        let sides = if rng.random() { [1.0, weaker] } else { [weaker, 1.0] };
        let [nx, ny, nz] = self.dims;
        let jitter: [isize; 3] = std::array::from_fn(|_| rng.random_range(-1_i32..=1) as isize);
        let patches = Waves::new(rng, 14.0..36.0, self.spacing_mm);
        // Deep nuclei are hit as a whole; cortex and border zones in patches.
        let deep = matches!(injury, Injury::BasalGangliaEarly | Injury::BasalGangliaLate);
        let whole = if deep { rng.random_range(0.2..1.0) } else { rng.random_range(-0.3..0.6) };
        // Border zones in front, behind, or both.
        let ends = match rng.random_range(0..4) {
            0 => [1.0, 0.0],
            1 => [0.0, 1.0],
            _ => [1.0, 1.0],
        };
        let vulnerable = &self.vulnerable[injury as usize];
        let mut strength = vec![0.0; vulnerable.len()];
        for (i, w) in vulnerable.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            let at = [i % nx, i / nx % ny, i / (nx * ny)];
            let moved = [(0, nx), (1, ny), (2, nz)].map(|(a, n)| at[a].saturating_add_signed(jitter[a]).min(n - 1));
            let side = sides[usize::from(2 * at[0] > nx)];
            let end = if injury == Injury::Watershed { ends[usize::from(2 * at[1] > ny)] } else { 1.0 };
            let patch = (0.5 + whole + 0.9 * patches.at(at)).clamp(0.0, 1.0);
            strength[moved[0] + nx * (moved[1] + ny * moved[2])] = w * side * end * patch;
        }
        soften(&strength, self.dims)
    }

    /// Both images as another scan of the same head would give them: moved and warped by a fraction of a voxel,
    /// sharper or smoother, another coil and gain, new noise.
    #[must_use]
    pub fn rescan(&self, images: [&Aligned; 2], rng: &mut ChaCha8Rng) -> [Aligned; 2] {
        images.map(|image| self.scan_again(image, rng))
    }

    fn scan_again(&self, image: &Aligned, rng: &mut ChaCha8Rng) -> Aligned {
        let [nx, ny, nz] = self.dims;
        let shift: [f32; 3] = std::array::from_fn(|_| rng.random_range(-0.25..0.25));
        let warp: [Waves; 3] = std::array::from_fn(|_| Waves::new(rng, 40.0..90.0, self.spacing_mm));
        let bend = rng.random_range(0.05..0.25);
        let bias = Waves::new(rng, 80.0..160.0, self.spacing_mm);
        let bias_share = rng.random_range(0.01..0.06);
        let smooth: f32 = rng.random_range(0.0..0.35);
        let gain: f32 = rng.random_range(0.8..1.25);
        let inside = || image.intensity.iter().zip(&image.brain).filter(|(_, b)| **b).map(|(v, _)| *v);
        let level = inside().sum::<f32>() / inside().count().max(1) as f32;
        let noise = level * rng.random_range(0.01..0.035);
        let softened = soften(&image.intensity, self.dims);
        let sharp: Vec<f32> =
            image.intensity.iter().zip(&softened).map(|(v, s)| v + smooth * (s - v)).collect();
        let mut intensity = vec![0.0; sharp.len()];
        for (i, out) in intensity.iter_mut().enumerate() {
            if !image.brain[i] {
                // Around the brain nothing is looked at but what the blurs of the recipe reach.
                *out = gain * sharp[i];
                continue;
            }
            let at = [i % nx, i / nx % ny, i / (nx * ny)];
            let from: [f32; 3] = std::array::from_fn(|a| at[a] as f32 + shift[a] + bend * warp[a].at(at));
            let grain: f32 = StandardNormal.sample(rng);
            *out = gain * (sample(&sharp, [nx, ny, nz], from) * (1.0 + bias_share * bias.at(at)) + noise * grain);
        }
        Aligned { intensity, ..image.clone() }
    }
}

/// Where the brain of the label map lies, so that places can be told as shares of it.
struct Frame {
    dims: [usize; 3],
    /// First and last voxel of the brain along each axis.
    brain: [[f32; 2]; 3],
    /// Mean voxel of both thalami and of both lentiform nuclei, across (from the midline) and front-back.
    thalamus: [f32; 2],
    lentiform: [f32; 2],
}

impl Frame {
    fn of(regions: &[Region], dims: [usize; 3]) -> Self {
        let at = |i: usize| [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])].map(|v| v as f32);
        let mut brain = [[f32::INFINITY, f32::NEG_INFINITY]; 3];
        let cerebrum = |r: &Region| r.is_brain() && !matches!(r, Region::Cerebellum(_) | Region::Brainstem);
        for (i, _) in regions.iter().enumerate().filter(|(_, r)| cerebrum(r)) {
            for (range, v) in brain.iter_mut().zip(at(i)) {
                *range = [range[0].min(v), range[1].max(v)];
            }
        }
        let middle = (dims[0] as f32 - 1.0) / 2.0;
        let mean = |wanted: &dyn Fn(&Region) -> bool| {
            let own: Vec<[f32; 3]> =
                regions.iter().enumerate().filter(|(_, r)| wanted(r)).map(|(i, _)| at(i)).collect();
            let n = own.len().max(1) as f32;
            [own.iter().map(|v| (v[0] - middle).abs()).sum::<f32>() / n, own.iter().map(|v| v[1]).sum::<f32>() / n]
        };
        let thalamus = mean(&|r| matches!(r, Region::Thalamus(_)));
        let lentiform = mean(&|r| matches!(r, Region::Lentiform(_)));
        Self { dims, brain, thalamus, lentiform }
    }

    fn vulnerability(&self, injury: Injury, region: Region, i: usize) -> f32 {
        let at = [i % self.dims[0], i / self.dims[0] % self.dims[1], i / (self.dims[0] * self.dims[1])];
        let across = (at[0] as f32 - (self.dims[0] as f32 - 1.0) / 2.0).abs();
        let share = |a: usize| {
            let [first, last] = self.brain[a];
            (at[a] as f32 - first) / (last - first).max(1.0)
        };
        let (front, top) = (share(1), share(2));
        let lateral = across / ((self.brain[0][1] - self.brain[0][0]) / 2.0).max(1.0);
        match injury {
            Injury::BasalGangliaEarly | Injury::BasalGangliaLate => match region {
                // Ventrolateral thalamus and posterolateral lentiform nucleus.
                Region::Thalamus(_) => (0.75 + 0.15 * (across - self.thalamus[0])).clamp(0.2, 1.0),
                Region::Lentiform(_) => (0.65 + 0.12 * (self.lentiform[1] - at[1] as f32)).clamp(0.1, 1.0),
                Region::WhiteMatter(White::PosteriorLimb, _) => -1.0,
                Region::Cortex(Lobe::Perirolandic, _) => 0.5,
                _ => 0.0,
            },
            Injury::Watershed => {
                let border = match region {
                    Region::Cortex(Lobe::Frontal | Lobe::Parietal | Lobe::Occipital, _) => 1.0,
                    Region::WhiteMatter(White::Frontal | White::Parietal | White::Occipital, _) => 0.9,
                    _ => 0.0,
                };
                let band = (0.15..0.75).contains(&lateral) && top > 0.5;
                let ends = !(0.4..0.6).contains(&front);
                if band && ends { border } else { 0.0 }
            }
            Injury::CorticalHighlighting => match region {
                Region::Cortex(Lobe::Perirolandic, _) => 1.0,
                Region::Cortex(Lobe::Insula | Lobe::Cingulate, _) => 0.3,
                _ => 0.0,
            },
        }
    }
}

/// A smooth random field of mean 0 and standard deviation 1: plane waves of random direction and length.
struct Waves {
    waves: Vec<([f32; 3], f32)>,
}

impl Waves {
    const COUNT: usize = 6;

    fn new(rng: &mut ChaCha8Rng, length_mm: std::ops::Range<f64>, spacing_mm: f64) -> Self {
        let wave = |_| {
            let direction: [f32; 3] = std::array::from_fn(|_| StandardNormal.sample(rng));
            let norm = direction.iter().map(|d| d * d).sum::<f32>().sqrt().max(1e-6);
            let length = (rng.random_range(length_mm.clone()) / spacing_mm) as f32;
            let turns = std::f32::consts::TAU / (length * norm);
            (direction.map(|d| d * turns), rng.random_range(0.0..std::f32::consts::TAU))
        };
        Self { waves: (0..Self::COUNT).map(wave).collect() }
    }

    fn at(&self, voxel: [usize; 3]) -> f32 {
        let phase = |(k, start): &([f32; 3], f32)| {
            (start + (0..3).map(|a| k[a] * voxel[a] as f32).sum::<f32>()).cos()
        };
        self.waves.iter().map(phase).sum::<f32>() * (2.0 / Self::COUNT as f32).sqrt()
    }
}

/// Binomial blur over three voxels along each axis (standard deviation 0.7 voxels).
fn soften(values: &[f32], dims: [usize; 3]) -> Vec<f32> {
    let mut now = values.to_vec();
    let mut next = now.clone();
    for (axis, stride) in [(0, 1), (1, dims[0]), (2, dims[0] * dims[1])] {
        for i in 0..now.len() {
            let along = i / stride % dims[axis];
            let before = if along > 0 { now[i - stride] } else { now[i] };
            let after = if along + 1 < dims[axis] { now[i + stride] } else { now[i] };
            next[i] = 0.25 * (before + after) + 0.5 * now[i];
        }
        std::mem::swap(&mut now, &mut next);
    }
    now
}

/// Trilinear between voxels; at the border the last voxel goes on.
fn sample(values: &[f32], dims: [usize; 3], at: [f32; 3]) -> f32 {
    let mut low = [0; 3];
    let mut share = [0.0; 3];
    for a in 0..3 {
        let x = at[a].clamp(0.0, dims[a] as f32 - 1.0);
        low[a] = (x as usize).min(dims[a].saturating_sub(2));
        share[a] = x - low[a] as f32;
    }
    let mut sum = 0.0;
    for corner in 0..8 {
        let up: [usize; 3] = std::array::from_fn(|a| corner >> a & 1);
        let weight: f32 = (0..3).map(|a| if up[a] == 1 { share[a] } else { 1.0 - share[a] }).product();
        let [x, y, z] = std::array::from_fn(|a| (low[a] + up[a]).min(dims[a] - 1));
        sum += weight * values[x + dims[0] * (y + dims[1] * z)];
    }
    sum
}

/// Random numbers for a newborn's relatives: `index` among the study's subjects.
#[must_use]
pub fn generator(seed: u64, index: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index as u64 + 1);
    rng
}
