//! From anatomy to images: protocol of each center, contrast, injury, bias field, pose, noise.

use super::newborn::{Here, Newborn, Tissue};
use super::noise::{Grain, Waves, generator, noise_at, normal};
use super::participant::{Center, Participant, Pattern};
use super::shape::Point;
use crate::model::Sequence;
use crate::volume::{Affine, Grid, Volume, VolumeError};
use nalgebra::{Rotation3, Vector3};
use rand::Rng;

/// Intensity as a multiple of white matter's, and its spread within the tissue, in the order of
/// [`Tissue::ALL`] (brain: method.md's table; the rest is ours).
const T1W: [(f32, f32); Tissue::COUNT] = [
    (0.0, 0.0),
    (1.60, 0.12),
    (0.80, 0.08),
    (0.35, 0.03),
    (0.16, 0.04),
    (0.50, 0.05),
    (1.07, 0.04),
    (1.00, 0.04),
    (1.12, 0.04),
    (1.13, 0.03),
    (1.18, 0.03),
    (1.10, 0.04),
    (1.30, 0.03),
    (0.72, 0.05),
    (1.04, 0.05),
    (1.17, 0.05),
];
const T2W: [(f32, f32); Tissue::COUNT] = [
    (0.0, 0.0),
    (1.00, 0.10),
    (0.45, 0.06),
    (2.20, 0.05),
    (0.14, 0.04),
    (2.00, 0.08),
    (0.73, 0.05),
    (1.00, 0.05),
    (0.72, 0.05),
    (0.69, 0.04),
    (0.66, 0.04),
    (0.74, 0.05),
    (0.62, 0.03),
    (2.10, 0.08),
    (0.76, 0.08),
    (0.62, 0.06),
];
/// Relative change of white matter per unit of maturity, T1w and T2w.
const MATURITY: [f32; 2] = [0.07, -0.09];
/// Relative change in an old bleeding, T1w and T2w.
const BLEEDING: [f32; 2] = [0.30, -0.40];

/// Share of the scans during which the newborn moved.
const MOVING: f64 = 0.25;
/// Age up to which injured grey matter is bright on T2w.
const OEDEMA_DAYS: u32 = 7;

/// How a center scans one sequence.
struct Protocol {
    spacing_mm: [f64; 3],
    /// Stored first axis runs to the left.
    left_first: bool,
    /// Exponent on intensity ratios: stronger or weaker contrast.
    contrast: f32,
    /// Noise relative to white matter.
    noise: f32,
    /// White matter's stored intensity.
    gain: f32,
    /// The reconstruction sets air to zero.
    masks_air: bool,
}

impl Protocol {
    fn of(center: Center, sequence: Sequence) -> Self {
        match (center, sequence) {
            (Center::A, Sequence::T1w) => Self {
                spacing_mm: [0.9; 3],
                left_first: false,
                contrast: 1.0,
                noise: 0.03,
                gain: 110.0,
                masks_air: true,
            },
            (Center::A, Sequence::T2w) => Self {
                spacing_mm: [0.9; 3],
                left_first: false,
                contrast: 1.0,
                noise: 0.035,
                gain: 100.0,
                masks_air: true,
            },
            (Center::B, Sequence::T1w) => Self {
                spacing_mm: [0.8; 3],
                left_first: true,
                contrast: 0.9,
                noise: 0.045,
                gain: 260.0,
                masks_air: false,
            },
            (Center::B, Sequence::T2w) => Self {
                spacing_mm: [0.45, 0.45, 4.5],
                left_first: true,
                contrast: 1.1,
                noise: 0.04,
                gain: 340.0,
                masks_air: false,
            },
        }
    }

    /// The stored grid: a field of view of 132 x 156 x 132 mm about the isocentre.
    fn grid(&self) -> Result<Grid, VolumeError> {
        const VIEW_MM: [f64; 3] = [132.0, 156.0, 132.0];
        let dims: [usize; 3] = std::array::from_fn(|a| (VIEW_MM[a] / self.spacing_mm[a]).ceil() as usize);
        let sign = [if self.left_first { -1.0 } else { 1.0 }, 1.0, 1.0];
        let affine = Affine::from_rows(std::array::from_fn(|r| {
            let mut row = [0.0; 4];
            row[r] = sign[r] * self.spacing_mm[r];
            row[3] = -row[r] * (dims[r] as f64 - 1.0) / 2.0;
            row
        }))?;
        Ok(Grid { dims, affine })
    }
}

/// Both images and where the injury is in each.
pub struct Phantom {
    /// T1w, T2w.
    pub images: [Volume; 2],
    /// 1 where injured, on the grid of each image.
    pub lesions: [Volume; 2],
}

/// Scans a newborn with the protocol of their center.
///
/// # Errors
/// `VolumeError` never arises from the built-in protocols.
pub fn scan(participant: &Participant) -> Result<Phantom, VolumeError> {
    let newborn = Newborn::new(participant);
    let [t1, t2] = Sequence::BOTH.map(|sequence| {
        let grid = Protocol::of(participant.center, sequence).grid()?;
        scan_onto(&newborn, participant, sequence, &grid)
    });
    let ((t1, t1_lesion), (t2, t2_lesion)) = (t1?, t2?);
    Ok(Phantom { images: [t1, t2], lesions: [t1_lesion, t2_lesion] })
}

/// Scans one sequence onto a chosen grid: image and lesion mask.
///
/// # Errors
/// `VolumeError` when the grid is empty.
pub fn scan_onto(
    newborn: &Newborn,
    participant: &Participant,
    sequence: Sequence,
    grid: &Grid,
) -> Result<(Volume, Volume), VolumeError> {
    let protocol = Protocol::of(participant.center, sequence);
    let purpose = 10 + sequence as u64;
    let pose = Pose::draw(participant, sequence);
    let rng = &mut generator(participant.scan_seed, purpose);
    let bias = Waves::new(rng, 4, 160.0..320.0);
    let strength = rng.random_range(0.03..0.10);
    let grain = Grain::new(rng, 2.2);
    let gain = protocol.gain * (1.0 + 0.1 * normal(rng).clamp(-2.0, 2.0));
    let noise_seed: u64 = rng.random();
    let table = if sequence == Sequence::T1w { &T1W } else { &T2W };

    let spacing = grid.affine.spacing_mm();
    let thickest = (0..3).max_by(|a, b| spacing[*a].total_cmp(&spacing[*b])).unwrap_or(2);
    let slabs = if spacing[thickest] > 2.0 { 4 } else { 1 };
    // Partial volume along the slice comes from the slabs, within it from the voxel's width.
    let in_plane = (0..3).filter(|a| slabs == 1 || *a != thickest).map(|a| spacing[a]);
    let width = (in_plane.clone().sum::<f64>() / in_plane.count() as f64).min(1.5) as f32;
    let places = || indices(grid.dims).map(|index| (index, grid.affine.to_world(index)));
    let voxels = grid.dims.iter().product();
    let (mut signals, mut lesion) = (Vec::with_capacity(voxels), Vec::with_capacity(voxels));
    for (index, world) in places() {
        let (mut signal, mut injured) = (0.0, 0.0);
        for slab in 0..slabs {
            let mut at = index;
            at[thickest] += (f64::from(slab) + 0.5) / f64::from(slabs) - 0.5;
            let p = pose.to_head(grid.affine.to_world(at));
            if let Some(here) = newborn.at(p, width) {
                let (value, part) =
                    intensity(&here, participant, sequence, table, protocol.contrast, grain.at(p));
                signal += value / slabs as f32;
                injured += part / slabs as f32;
            }
        }
        signals.push(signal * (1.0 + strength * bias.at(world.map(|w| w as f32))));
        lesion.push(f32::from(u8::from(injured > 0.3)));
    }
    if rng.random_bool(MOVING) {
        let (share, shift_mm) = (rng.random_range(0.03..0.12), rng.random_range(15.0..40.0));
        ghost(&mut signals, grid, share, shift_mm);
    }
    let voxels = signals.iter().zip(places()).map(|(signal, (_, world))| {
        let noise = noise_at(noise_seed, world).map(|n| n * protocol.noise);
        // Rician: the magnitude of a complex signal.
        let magnitude = ((signal + noise[0]).powi(2) + noise[1].powi(2)).sqrt();
        let air = protocol.masks_air && *signal < 0.05;
        if air { 0.0 } else { (gain * magnitude).round() }
    });
    let voxels = voxels.collect();
    Ok((Volume::new(grid.dims, voxels, grid.affine)?, Volume::new(grid.dims, lesion, grid.affine)?))
}

/// What movement between excitations leaves: faint copies of the head on both sides along the
/// phase-encoding axis, here the one nearest to front and back.
fn ghost(signals: &mut [f32], grid: &Grid, share: f32, shift_mm: f64) {
    let closest = grid.affine.closest_axes();
    let axis = closest.iter().position(|(world, _)| *world == 1).unwrap_or(1);
    let steps = (shift_mm / grid.affine.spacing_mm()[axis]).round() as usize;
    let stride: usize = grid.dims[..axis].iter().product();
    let still = signals.to_vec();
    for (i, signal) in signals.iter_mut().enumerate() {
        let at = i / stride % grid.dims[axis];
        let before = if at >= steps { still[i - steps * stride] } else { 0.0 };
        let after = if at + steps < grid.dims[axis] { still[i + steps * stride] } else { 0.0 };
        *signal = (1.0 - share) * still[i] + share * 0.5 * (before + after);
    }
}

/// Intensity at a point as a multiple of white matter's, and how much of it is visibly injured.
fn intensity(
    here: &Here,
    participant: &Participant,
    sequence: Sequence,
    table: &[(f32, f32); Tissue::COUNT],
    contrast: f32,
    grain: f32,
) -> (f32, f32) {
    let (mut value, mut injured) = (0.0, 0.0);
    for tissue in Tissue::ALL {
        let share = here.share[tissue as usize];
        if share <= 0.0 {
            continue;
        }
        let (ratio, spread) = table[tissue as usize];
        let mut v = ratio.powf(contrast) * (1.0 + spread * grain / ratio.max(0.1));
        if matches!(tissue, Tissue::WhiteMatter | Tissue::Cortex) {
            v *= 1.0 + MATURITY[sequence as usize] * here.maturity;
        }
        if let Some(lesion) = participant.lesion {
            let dose = here.injury * lesion.severity as f32;
            let change = effect(lesion.pattern, tissue, sequence, participant.age_days);
            v *= 1.0 + change * dose;
            if change != 0.0 {
                injured += share * here.injury;
            }
        }
        value += share * v;
    }
    (value * (1.0 + BLEEDING[sequence as usize] * here.bleeding), injured)
}

/// Relative change of intensity in a fully injured place at severity 1.
fn effect(pattern: Pattern, tissue: Tissue, sequence: Sequence, age_days: u32) -> f32 {
    use Tissue::{Cortex, Pallidum, Plic, Putamen, Thalamus, WhiteMatter};
    let (t1, t2) = match (pattern, tissue) {
        // Swollen and bright on T2w in the first week, dark later.
        (Pattern::BasalGangliaThalamus, Thalamus | Putamen | Pallidum) => {
            (0.20, if age_days <= OEDEMA_DAYS { 0.15 } else { -0.15 })
        }
        (Pattern::BasalGangliaThalamus, Cortex) => (0.16, -0.08),
        // The healthy bright signal is lost.
        (Pattern::BasalGangliaThalamus, Plic) => (-0.22, 0.25),
        (Pattern::Watershed, WhiteMatter | Cortex) => (-0.10, 0.25),
        (Pattern::CorticalHighlighting, Cortex) => (0.12, -0.08),
        _ => (0.0, 0.0),
    };
    if sequence == Sequence::T1w { t1 } else { t2 }
}

/// Voxel indices of a grid, first axis fastest.
fn indices(dims: [usize; 3]) -> impl Iterator<Item = [f64; 3]> {
    let [nx, ny, nz] = dims;
    (0..nx * ny * nz).map(move |i| [i % nx, i / nx % ny, i / (nx * ny)].map(|n| n as f64))
}

/// How the head lies in the scanner.
pub struct Pose {
    rotation: Rotation3<f64>,
    shift_mm: Vector3<f64>,
}

impl Pose {
    /// One pose for both sequences, up to a small movement in between.
    pub fn draw(participant: &Participant, sequence: Sequence) -> Self {
        let rng = &mut generator(participant.scan_seed, 2);
        let mut around = |range: f64| rng.random_range(-range..range);
        let mut angles: [f64; 3] = std::array::from_fn(|_| around(6.0_f64.to_radians()));
        let mut shift: [f64; 3] = [around(4.0), around(4.0), around(4.0)];
        if sequence == Sequence::T2w {
            angles.iter_mut().for_each(|a| *a += around(1.0_f64.to_radians()));
            shift.iter_mut().for_each(|s| *s += around(1.0));
        }
        Self {
            rotation: Rotation3::from_euler_angles(angles[0], angles[1], angles[2]),
            shift_mm: shift.into(),
        }
    }

    /// RAS mm of the image to head coordinates.
    pub fn to_head(&self, world: [f64; 3]) -> Point {
        let p = self.rotation.inverse_transform_vector(&(Vector3::from(world) - self.shift_mm));
        [p.x as f32, p.y as f32, p.z as f32]
    }
}
