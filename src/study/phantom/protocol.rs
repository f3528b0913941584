//! How a center images a newborn: grid, contrast, noise, and what of the head is left.

use super::noise::{Waves, normal};
use super::participant::Center;
use super::shape::Point;
use crate::model::Sequence;
use crate::volume::{Affine, Grid, VolumeError};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What a protocol keeps for all scans of one newborn at one center, one sequence.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// Along x, y, z.
    pub spacing_mm: Point,
    /// The axis across the slices.
    pub across: usize,
    /// Stored first axis runs to the left.
    pub left_first: bool,
    /// Noise relative to white matter.
    pub noise: f32,
    /// White matter's stored intensity.
    pub gain: f32,
    /// Stored in all of the head besides the signal, relative to white matter.
    pub offset: f32,
    /// The reconstruction sets air to zero.
    pub masks_air: bool,
    /// Gaussian blur, SD in mm.
    pub blur_mm: f32,
    /// Field of view in mm and how far its middle is from the head's, x, y, z.
    view_mm: [f64; 3],
    view_shift_mm: [f64; 3],
}

impl Protocol {
    pub fn draw(rng: &mut ChaCha8Rng, center: Center, sequence: Sequence) -> Self {
        // Share of volumes with equal edges; of the slices, share of axial and of coronal ones.
        let (equal, axial, coronal, edge, plane, slice) = match (center, sequence) {
            (Center::A, Sequence::T1w) => (0.75, 0.2, 0.2, 0.7..1.0, 0.6..0.9, 1.0..2.5),
            (Center::A, Sequence::T2w) => (0.45, 0.65, 0.25, 0.7..1.0, 0.5..0.8, 1.6..3.5),
            (Center::B, Sequence::T1w) => (0.50, 0.7, 0.1, 0.7..1.0, 0.5..0.9, 2.0..4.5),
            (Center::B, Sequence::T2w) => (0.20, 0.7, 0.2, 0.8..1.0, 0.4..0.7, 3.0..5.0),
        };
        let (mut spacing_mm, mut across) = ([rng.random_range(edge); 3], 2);
        if !rng.random_bool(equal) {
            let direction = rng.random_range(0.0..1.0);
            across = if direction < axial {
                2
            } else if direction < axial + coronal {
                1
            } else {
                0
            };
            spacing_mm = [rng.random_range(plane); 3];
            spacing_mm[across] = rng.random_range(slice);
        }
        let (gain, masks_air) = match center {
            Center::A => (110.0, rng.random_bool(0.8)),
            Center::B => (300.0, rng.random_bool(0.3)),
        };
        let mut view_mm = [130.0, 156.0, 134.0].map(|v| v * rng.random_range(0.96..1.06));
        let mut view_shift_mm = [0.0, -6.0, 0.0];
        // A vertex or a neck that is cut off.
        if rng.random_bool(0.12) {
            let cut = rng.random_range(14.0..24.0);
            view_mm[2] -= cut;
            view_shift_mm[2] += if rng.random_bool(0.7) { cut / 2.0 } else { -cut / 3.0 };
        }
        Self {
            spacing_mm,
            across,
            left_first: center == Center::B,
            noise: match sequence {
                Sequence::T1w => rng.random_range(0.012..0.035),
                Sequence::T2w => rng.random_range(0.015..0.05),
            },
            gain: gain * (0.25 * normal(rng).clamp(-2.0, 2.0)).exp(),
            offset: if rng.random_bool(0.15) { rng.random_range(0.0..0.08) } else { 0.0 },
            masks_air,
            blur_mm: rng.random_range(0.0..0.5),
            view_mm,
            view_shift_mm,
        }
    }

    /// The stored grid: slices along the third axis.
    pub fn grid(&self) -> Result<Grid, VolumeError> {
        // Stored axis -> world axis.
        let axes = match self.across {
            0 => [1, 2, 0],
            1 => [0, 2, 1],
            _ => [0, 1, 2],
        };
        let dims = axes.map(|a| (self.view_mm[a] / f64::from(self.spacing_mm[a])).ceil() as usize);
        let mut rows = [[0.0; 4]; 3];
        for (stored, world) in axes.into_iter().enumerate() {
            let sign = if self.left_first && world == 0 { -1.0 } else { 1.0 };
            let step = sign * f64::from(self.spacing_mm[world]);
            rows[world][stored] = step;
            rows[world][3] = self.view_shift_mm[world] - step * (dims[stored] as f64 - 1.0) / 2.0;
        }
        Ok(Grid { dims, affine: Affine::from_rows(rows)? })
    }
}

/// What was done to the head before the images were shared.
pub struct Stripping {
    /// Kept up to here outside the brain's hull, mm.
    limit_mm: f32,
    ragged_mm: f32,
    ragged: Waves,
    /// Patches of scalp that stayed.
    patches: Option<Waves>,
}

impl Stripping {
    /// `None`: the whole head is there.
    pub fn draw(rng: &mut ChaCha8Rng, center: Center) -> Option<Self> {
        let share = match center {
            Center::A => 0.5,
            Center::B => 0.3,
        };
        if !rng.random_bool(share) {
            return None;
        }
        // Well; loosely, with a shell of skull; too tightly.
        let (limit_mm, ragged_mm) = match rng.random_range(0..10) {
            0..=5 => (rng.random_range(-0.5..2.0), 0.5),
            6..=7 => (rng.random_range(2.0..5.0), 1.2),
            _ => (rng.random_range(-2.5..-0.5), 0.8),
        };
        let ragged = Waves::new(rng, 10, 14.0..40.0);
        let patches = rng.random_bool(0.12).then(|| Waves::new(rng, 10, 30.0..60.0));
        Some(Self { limit_mm, ragged_mm, ragged, patches })
    }

    /// Whether a place of the head stays, `hull` mm outside the brain's hull.
    pub fn keeps(&self, p: Point, hull: f32) -> bool {
        if hull > self.limit_mm + 12.0 {
            return false;
        }
        let more = self.patches.as_ref().map_or(0.0, |w| 14.0 * (w.at(p) - 1.6).clamp(0.0, 1.0));
        if (hull - self.limit_mm).abs() > 4.0 * self.ragged_mm && more == 0.0 {
            return hull < self.limit_mm;
        }
        hull < self.limit_mm + self.ragged_mm * self.ragged.at(p) + more
    }
}
