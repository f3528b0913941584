//! From a head to images: pose, slices, bias field, movement, noise.

use super::contrast::Contrast;
use super::newborn::{INJURED, Newborn, Rendered};
use super::noise::{Waves, generator, mix, noise_at, normal};
use super::participant::{Center, Participant};
use super::protocol::{Protocol, Stripping};
use super::shape::Point;
use crate::model::{PerSequence, Sequence};
use crate::volume::{Grid, Volume, VolumeError};
use nalgebra::{Rotation3, Vector3};
use rand::Rng;

/// Share of the scans during which the newborn moved.
const MOVING: f64 = 0.25;

/// Both images and where the injury is in each.
pub struct Phantom {
    pub images: PerSequence<Volume>,
    /// 1 where injured, on the grid of each image.
    pub lesions: PerSequence<Volume>,
}

/// What a center does with a newborn, the same in all of its scans.
struct Visit {
    protocols: PerSequence<Protocol>,
    stripping: Option<Stripping>,
    contrast: Contrast,
}

impl Visit {
    fn of(participant: &Participant) -> Self {
        let rng = &mut generator(mix(participant.seed, participant.center as u64), 4);
        let protocols = PerSequence::from_fn(|s| Protocol::draw(rng, participant.center, s));
        let stripping = Stripping::draw(rng, participant.center);
        let usual = match participant.center {
            Center::A => [1.0, 1.0],
            Center::B => [0.9, 1.1],
        };
        let exponents = Contrast::exponents(rng, usual);
        let newborn = &mut generator(participant.seed, 5);
        let contrast = Contrast::draw(newborn, &mut generator(participant.scan_seed, 6), exponents);
        Self { protocols, stripping, contrast }
    }
}

/// Scans a newborn with the protocol of their center.
///
/// # Errors
/// `VolumeError` never arises from the built-in protocols.
pub fn scan(participant: &Participant) -> Result<Phantom, VolumeError> {
    let newborn = Newborn::new(participant);
    let visit = Visit::of(participant);
    let grids = PerSequence::try_from_fn(|s| visit.protocols.of(s).grid())?;
    let PerSequence { T1w: t1, T2w: t2 } = images(&newborn, participant, &visit, &grids)?;
    Ok(Phantom {
        images: PerSequence { T1w: t1.0, T2w: t2.0 },
        lesions: PerSequence { T1w: t1.1, T2w: t2.1 },
    })
}

/// Scans both sequences onto one chosen grid: image and lesion mask of T1w and of T2w.
///
/// # Errors
/// `VolumeError` when the grid is empty.
pub fn scan_onto(
    newborn: &Newborn,
    participant: &Participant,
    grid: &Grid,
) -> Result<PerSequence<(Volume, Volume)>, VolumeError> {
    images(newborn, participant, &Visit::of(participant), &PerSequence { T1w: *grid, T2w: *grid })
}

/// The head as it is, before pose, slices, stripping and noise, with the contrast of the newborn's scan and the
/// blur of a sharp one.
#[must_use]
pub fn still(participant: &Participant) -> Rendered {
    let mut head = Newborn::new(participant).render(&Visit::of(participant).contrast);
    head.signals = PerSequence::from_fn(|sequence| head.blurred(sequence, 0.5));
    head
}

type Scanned = Result<(Volume, Volume), VolumeError>;

fn images(
    newborn: &Newborn,
    participant: &Participant,
    visit: &Visit,
    grids: &PerSequence<Grid>,
) -> Result<PerSequence<(Volume, Volume)>, VolumeError> {
    let mut head = newborn.render(&visit.contrast);
    if let Some(stripping) = &visit.stripping {
        head.strip(stripping);
    }
    PerSequence::try_from_fn(|sequence| {
        let (protocol, grid) = (visit.protocols.of(sequence), grids.of(sequence));
        image(&head, participant, sequence, protocol, grid, visit.stripping.is_some())
    })
}

fn image(
    head: &Rendered,
    participant: &Participant,
    sequence: Sequence,
    protocol: &Protocol,
    grid: &Grid,
    stripped: bool,
) -> Scanned {
    let pose = Pose::draw(participant, sequence);
    let rng = &mut generator(participant.scan_seed, 10 + sequence as u64);
    let bias = Waves::new(rng, 4, 160.0..320.0);
    let strength = rng.random_range(0.02..0.10);
    let gain = protocol.gain * (1.0 + 0.1 * normal(rng).clamp(-2.0, 2.0));
    let noise_seed: u64 = rng.random();
    let signals = head.blurred(sequence, protocol.blur_mm);

    // Voxel index -> index of the head's grid: origin + i a + j b + k c.
    let to_head = |index: [f64; 3]| {
        let p = pose.to_head(grid.affine.to_world(index));
        let at: Point = std::array::from_fn(|a| (p[a] - head.origin_mm[a]) / head.step_mm);
        at
    };
    let origin = to_head([0.0; 3]);
    let steps: [Point; 3] = std::array::from_fn(|axis| {
        let mut unit = [0.0; 3];
        unit[axis] = 1.0;
        let at = to_head(unit);
        std::array::from_fn(|r| at[r] - origin[r])
    });
    let spacing = grid.affine.spacing_mm();
    let thickest = (0..3).max_by(|a, b| spacing[*a].total_cmp(&spacing[*b])).unwrap_or(2);
    // Samples across the slice about 0.9 mm apart.
    let slabs = (spacing[thickest] / 0.9).round().max(1.0) as usize;

    let [nx, ny, nz] = grid.dims;
    let voxels = nx * ny * nz;
    let mut values = Vec::with_capacity(voxels);
    let mut lesion = vec![0.0; if head.injured.is_empty() { 0 } else { voxels }];
    for k in 0..nz {
        for j in 0..ny {
            for i in 0..nx {
                let index = [i as f32, j as f32, k as f32];
                let (mut signal, mut injured) = (0.0, 0.0);
                for slab in 0..slabs {
                    let off = (slab as f32 + 0.5) / slabs as f32 - 0.5;
                    let at: Point = std::array::from_fn(|r| {
                        origin[r]
                            + index[0] * steps[0][r]
                            + index[1] * steps[1][r]
                            + index[2] * steps[2][r]
                            + off * steps[thickest][r]
                    });
                    if let Some(place) = head.place(at) {
                        signal += place.of(&signals);
                        if !lesion.is_empty() {
                            injured += place.of(&head.injured);
                        }
                    }
                }
                if injured > INJURED * slabs as f32 {
                    lesion[values.len()] = 1.0;
                }
                values.push(signal / slabs as f32);
            }
        }
    }
    if lesion.is_empty() {
        lesion = vec![0.0; voxels];
    }
    if rng.random_bool(MOVING) {
        let (share, shift_mm) = (rng.random_range(0.03..0.12), rng.random_range(15.0..40.0));
        if !stripped {
            ghost(&mut values, grid, share, shift_mm);
        }
    }
    for (i, value) in values.iter_mut().enumerate() {
        let signal = *value;
        if (protocol.masks_air || stripped) && signal < 0.08 {
            *value = 0.0;
            continue;
        }
        let world = grid.affine.to_world([i % nx, i / nx % ny, i / (nx * ny)].map(|n| n as f64));
        let received = signal * (1.0 + strength * bias.at(world.map(|w| w as f32))) + protocol.offset;
        let noise = noise_at(noise_seed, world).map(|n| n * protocol.noise);
        // Rician: the magnitude of a complex signal.
        *value = (gain * ((received + noise[0]).powi(2) + noise[1].powi(2)).sqrt()).round();
    }
    Ok((Volume::new(grid.dims, values, grid.affine)?, Volume::new(grid.dims, lesion, grid.affine)?))
}

/// A place between eight nodes of the head's grid.
struct Place {
    corner: usize,
    t: Point,
    row: usize,
    sheet: usize,
}

impl Place {
    /// Trilinear.
    fn of(&self, nodes: &[f32]) -> f32 {
        let lerp = |a: f32, b: f32, t: f32| a + t * (b - a);
        let row = |i: usize| lerp(nodes[i], nodes[i + 1], self.t[0]);
        let sheet = |i: usize| lerp(row(i), row(i + self.row), self.t[1]);
        lerp(sheet(self.corner), sheet(self.corner + self.sheet), self.t[2])
    }
}

impl Rendered {
    fn place(&self, at: Point) -> Option<Place> {
        let mut base = [0_usize; 3];
        let mut t = [0.0; 3];
        for a in 0..3 {
            if !(at[a] >= 0.0 && at[a] < (self.dims[a] - 1) as f32) {
                return None;
            }
            base[a] = at[a] as usize;
            t[a] = at[a] - base[a] as f32;
        }
        let [nx, ny, _] = self.dims;
        Some(Place { corner: base[0] + nx * (base[1] + ny * base[2]), t, row: nx, sheet: nx * ny })
    }

    fn strip(&mut self, stripping: &Stripping) {
        let [nx, ny, _] = self.dims;
        for (i, hull) in self.hull.iter().enumerate() {
            let node = [i % nx, i / nx % ny, i / (nx * ny)];
            let p = std::array::from_fn(|a| self.origin_mm[a] + node[a] as f32 * self.step_mm);
            if !stripping.keeps(p, *hull) {
                self.signals.T1w[i] = 0.0;
                self.signals.T2w[i] = 0.0;
            }
        }
    }

    /// One sequence's signals after a Gaussian.
    fn blurred(&self, sequence: Sequence, sd_mm: f32) -> Vec<f32> {
        let mut out = self.signals.of(sequence).clone();
        // Three taps along each axis with the Gaussian's variance: w = variance / 2 in steps.
        let w = (0.5 * (sd_mm / self.step_mm).powi(2)).min(0.3);
        let strides = [1, self.dims[0], self.dims[0] * self.dims[1]];
        for stride in strides {
            let mut before = out[..stride].to_vec();
            for i in stride..out.len() - stride {
                let slot = i % stride;
                let here = out[i];
                out[i] = here + w * (before[slot] - 2.0 * here + out[i + stride]);
                before[slot] = here;
            }
        }
        out
    }
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
