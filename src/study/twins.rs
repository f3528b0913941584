//! A healthy newborn's twins, made from its own aligned images: with each pattern of injury, and scanned again.
//!
//! Between a newborn and its twin nothing differs but the injury, between it and its rescan nothing but the scan:
//! what tells the first pairs apart and not the second is what a signature must see. It needs no patient with an
//! injury, so a site's own healthy newborns will do.

use crate::model::{Aligned, Lobe, PerSequence, Placement, Region, Sequence, White};
use crate::volume::{Grid, Volume, VolumeError};
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

    /// Relative change of intensity at severity 1 in grey matter; the capsule's is in
    /// [`Self::capsule`].
    ///
    /// T1w: Liauw, AJNR 2007; both: `anatomy` of the project's notes on published changes.
    fn effect(self) -> PerSequence<f32> {
        let [t1, t2] = match self {
            Self::BasalGangliaEarly => [0.10, 0.15],
            Self::BasalGangliaLate => [0.20, -0.15],
            Self::Watershed => [-0.10, 0.25],
            Self::CorticalHighlighting => [0.13, -0.08],
        };
        PerSequence { T1w: t1, T2w: t2 }
    }

    /// Relative change where the injury has the strength `w` (negative in the capsule), at severity 1.
    fn change(self, sequence: Sequence, w: f32) -> f32 {
        let effect = if w < 0.0 { self.capsule() } else { self.effect() };
        w.abs() * effect.of(sequence)
    }

    /// The same in the posterior limb of the internal capsule, which loses its bright myelin.
    fn capsule(self) -> PerSequence<f32> {
        let [t1, t2] = match self {
            Self::BasalGangliaEarly => [-0.10, 0.12],
            Self::BasalGangliaLate => [-0.18, 0.20],
            Self::Watershed | Self::CorticalHighlighting => [0.0, 0.0],
        };
        PerSequence { T1w: t1, T2w: t2 }
    }
}

/// Severity of planted injuries: from the least that anybody would see to the worst.
const SEVERITY: std::ops::Range<f64> = 0.4..1.0;

/// Where each pattern of injury may lie on the model grid.
#[derive(Debug, Clone)]
pub struct Planter {
    grid: Grid,
    /// Pattern by pattern, how strongly each voxel may be hit; negative in the capsule.
    vulnerable: Vec<Vec<f32>>,
}

impl Planter {
    /// For a grid in atlas space (first axis fastest) with these regions.
    #[must_use]
    pub fn new(regions: &[Region], grid: &Grid) -> Self {
        let frame = Frame::of(regions, grid);
        let vulnerable = Injury::ALL
            .iter()
            .map(|injury| (0..regions.len()).map(|i| frame.vulnerability(*injury, regions[i], i)).collect())
            .collect();
        Self { grid: *grid, vulnerable }
    }

    /// Both images with an injury, and its severity, drawn from `rng`.
    #[must_use]
    pub fn twin(
        &self,
        images: &PerSequence<Aligned>,
        injury: Injury,
        rng: &mut ChaCha8Rng,
    ) -> (PerSequence<Aligned>, f64) {
        let severity = rng.random_range(SEVERITY);
        let strength = self.strength(injury, rng);
        let planted = PerSequence::from_fn(|sequence| {
            let image = images.of(sequence);
            let voxels = image.intensity.iter().zip(&strength);
            let injured = voxels.map(|(v, w)| v * (1.0 + severity as f32 * injury.change(sequence, *w)));
            Aligned { intensity: injured.collect(), ..image.clone() }
        });
        (planted, severity)
    }

    /// Both images as stored with an injury of a severity, and where it is in each (1 where a fourth of the full
    /// change is reached). The placements say where each image lies in the atlas.
    ///
    /// # Errors
    /// `VolumeError` never: dims and affine are the images' own.
    pub fn plant(
        &self,
        images: &PerSequence<Volume>,
        placements: PerSequence<&Placement>,
        injury: Injury,
        severity: f64,
        rng: &mut ChaCha8Rng,
    ) -> Result<PerSequence<(Volume, Volume)>, VolumeError> {
        let strength = self.strength(injury, rng);
        PerSequence::try_from_fn(|sequence| {
            let (volume, placement) = (images.of(sequence), placements.of(sequence));
            let [nx, ny, _] = volume.dims();
            let mut mask = vec![0.0; volume.voxels().len()];
            let mut voxels = volume.voxels().to_vec();
            for (i, voxel) in voxels.iter_mut().enumerate().filter(|(_, v)| **v != 0.0) {
                let at = [i % nx, i / nx % ny, i / (nx * ny)].map(|v| v as f64);
                let in_grid = self.grid.affine.to_voxel(placement.to_atlas(volume.affine().to_world(at)));
                let inside = (0..3).all(|a| (0.0..self.grid.dims[a] as f64 - 1.0).contains(&in_grid[a]));
                if inside {
                    let w = sample(&strength, self.grid.dims, in_grid.map(|v| v as f32));
                    *voxel *= 1.0 + severity as f32 * injury.change(sequence, w);
                    mask[i] = f32::from(u8::from(w.abs() > 0.25));
                }
            }
            let of = |values| Volume::new(volume.dims(), values, *volume.affine());
            Ok((of(voxels)?, of(mask)?))
        })
    }

    /// How strongly each voxel is hit, -1 (capsule) to 1: both sides, one of them less; in patches; a voxel
    /// away from where the atlas has it.
    fn strength(&self, injury: Injury, rng: &mut ChaCha8Rng) -> Vec<f32> {
        let weaker = rng.random_range(0.65..1.0);
        let sides = if rng.random() { [1.0, weaker] } else { [weaker, 1.0] };
        let [nx, ny, nz] = self.grid.dims;
        let jitter: [isize; 3] = std::array::from_fn(|_| rng.random_range(-1_i32..=1) as isize);
        let patches = Waves::new(rng, 14.0..36.0, self.grid.affine.spacing_mm()[0]);
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
            let moved =
                [(0, nx), (1, ny), (2, nz)].map(|(a, n)| at[a].saturating_add_signed(jitter[a]).min(n - 1));
            let side = sides[usize::from(2 * at[0] > nx)];
            let end = if injury == Injury::Watershed { ends[usize::from(2 * at[1] > ny)] } else { 1.0 };
            let patch = (0.5 + whole + 0.9 * patches.at(at)).clamp(0.0, 1.0);
            strength[moved[0] + nx * (moved[1] + ny * moved[2])] = w * side * end * patch;
        }
        soften(&strength, self.grid.dims)
    }

    /// Both images as another scan of the same head would give them: moved and warped by a fraction of a voxel,
    /// sharper or smoother, another coil and gain, new noise.
    #[must_use]
    pub fn rescan(&self, images: &PerSequence<Aligned>, rng: &mut ChaCha8Rng) -> PerSequence<Aligned> {
        images.as_ref().map(|image| self.scan_again(image, rng))
    }

    fn scan_again(&self, image: &Aligned, rng: &mut ChaCha8Rng) -> Aligned {
        let [nx, ny, nz] = self.grid.dims;
        let shift: [f32; 3] = std::array::from_fn(|_| rng.random_range(-0.25..0.25));
        let warp: [Waves; 3] =
            std::array::from_fn(|_| Waves::new(rng, 40.0..90.0, self.grid.affine.spacing_mm()[0]));
        let bend = rng.random_range(0.05..0.25);
        let bias = Waves::new(rng, 80.0..160.0, self.grid.affine.spacing_mm()[0]);
        let bias_share = rng.random_range(0.01..0.06);
        let smooth: f32 = rng.random_range(0.0..0.35);
        let gain: f32 = rng.random_range(0.8..1.25);
        let inside = || image.intensity.iter().zip(&image.brain).filter(|(_, b)| **b).map(|(v, _)| *v);
        let level = inside().sum::<f32>() / inside().count().max(1) as f32;
        let noise = level * rng.random_range(0.01..0.035);
        let softened = soften(&image.intensity, self.grid.dims);
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
            *out = gain
                * (sample(&sharp, [nx, ny, nz], from) * (1.0 + bias_share * bias.at(at)) + noise * grain);
        }
        Aligned { intensity, ..image.clone() }
    }
}

/// Centres of the border zones between the arteries in atlas mm, the right one of each pair: anterior and middle,
/// middle and posterior cerebral artery.
const BORDER_ZONES: [[f64; 3]; 2] = [[19.0, 23.0, 23.0], [21.0, -42.0, 20.0]];
/// How far they reach.
const BORDER_SIGMA_MM: f64 = 11.0;

/// Places of the deep nuclei, to tell their vulnerable parts.
struct Frame {
    grid: Grid,
    /// Mean place of both thalami and of both lentiform nuclei, mm: from the midline, and front-back.
    thalamus: [f64; 2],
    lentiform: [f64; 2],
}

impl Frame {
    fn of(regions: &[Region], grid: &Grid) -> Self {
        let mean = |wanted: &dyn Fn(&Region) -> bool| {
            let own = || regions.iter().enumerate().filter(|(_, r)| wanted(r)).map(|(i, _)| place(grid, i));
            let n = own().count().max(1) as f64;
            [own().map(|p| p[0].abs()).sum::<f64>() / n, own().map(|p| p[1]).sum::<f64>() / n]
        };
        let thalamus = mean(&|r| matches!(r, Region::Thalamus(_)));
        let lentiform = mean(&|r| matches!(r, Region::Lentiform(_)));
        Self { grid: *grid, thalamus, lentiform }
    }

    fn vulnerability(&self, injury: Injury, region: Region, i: usize) -> f32 {
        let [x, y, z] = place(&self.grid, i);
        let vulnerability = match injury {
            Injury::BasalGangliaEarly | Injury::BasalGangliaLate => match region {
                // Ventrolateral thalamus and posterolateral lentiform nucleus.
                Region::Thalamus(_) => (0.75 + 0.07 * (x.abs() - self.thalamus[0])).clamp(0.2, 1.0),
                Region::Lentiform(_) => (0.65 + 0.06 * (self.lentiform[1] - y)).clamp(0.1, 1.0),
                Region::WhiteMatter(White::PosteriorLimb, _) => -1.0,
                Region::Cortex(Lobe::Perirolandic, _) => 0.3,
                _ => 0.0,
            },
            Injury::Watershed => {
                let border = match region {
                    Region::Cortex(Lobe::Frontal | Lobe::Parietal | Lobe::Occipital, _)
                    | Region::WhiteMatter(White::Frontal | White::Parietal | White::Occipital, _) => 1.0,
                    _ => 0.0,
                };
                let near = |centre: &[f64; 3]| {
                    let from = [x.abs() - centre[0], y - centre[1], z - centre[2]];
                    let squared = from.iter().map(|d| d * d).sum::<f64>();
                    (-squared / (2.0 * BORDER_SIGMA_MM * BORDER_SIGMA_MM)).exp()
                };
                let share: f64 = BORDER_ZONES.iter().map(near).sum();
                if share > 0.1 { border * share.min(1.0) } else { 0.0 }
            }
            Injury::CorticalHighlighting => match region {
                Region::Cortex(Lobe::Perirolandic, _) => 1.0,
                Region::Cortex(Lobe::Insula, _) => 0.2,
                _ => 0.0,
            },
        };
        vulnerability as f32
    }
}

/// Atlas mm of a voxel.
fn place(grid: &Grid, i: usize) -> [f64; 3] {
    let [nx, ny, _] = grid.dims;
    grid.affine.to_world([i % nx, i / nx % ny, i / (nx * ny)].map(|v| v as f64))
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
