//! The preprocessing recipe: an image of any grid to the network's input.

use super::brain::brain_mask;
use super::error::ModelError;
use super::sequence::{PerSequence, Sequence};
use crate::fault::Explained as _;
use crate::language::number;
use crate::text;
use crate::volume::{Affine, Grid, Volume, resample, smoothed};
use nalgebra::{Matrix3, Vector3};
use serde::{Deserialize, Serialize};

/// How two images become the network's input; travels in the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Voxels of the model grid along right, front, top.
    pub grid_dims: [usize; 3],
    /// Their size.
    pub spacing_mm: f64,
    /// Bright is what exceeds this share of the median of the voxels above the mean.
    pub foreground_fraction: f32,
    /// Voxels of erosion that part brain from scalp.
    pub erosion_voxels: usize,
    /// Volumes that a term newborn's brain can have, ml.
    pub brain_limits_ml: [f64; 2],
    /// Standard deviation of the smooth field that every voxel is divided by.
    pub field_sigma_mm: f64,
    /// Intensities relative to their surroundings that brain tissue has; what lies outside is CSF, whose
    /// width differs between healthy newborns, and is given no value.
    pub tissue_limits: PerSequence<[f32; 2]>,
    /// Input values are cut at plus and minus this.
    pub clamp: f32,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            grid_dims: [57, 65, 57],
            spacing_mm: 2.0,
            foreground_fraction: 0.52,
            erosion_voxels: 3,
            brain_limits_ml: [200.0, 900.0],
            field_sigma_mm: 20.0,
            tissue_limits: PerSequence { T1w: [0.8, 1.7], T2w: [0.4, 1.55] },
            clamp: 3.0,
        }
    }
}

impl Recipe {
    /// Input channels of the network: the deviation from the atlas.
    pub const CHANNELS: usize = 1;
    /// Voxels along an axis beyond which a field of view is no head scan (0.5 m).
    const COARSE_LIMIT: f64 = 250.0;

    /// Whether every number beside the grid is one that preprocessing can be run with.
    #[cfg(feature = "engine")]
    pub(super) fn is_bounded(&self) -> bool {
        let [least_ml, most_ml] = self.brain_limits_ml;
        self.foreground_fraction > 0.0
            && self.foreground_fraction < 4.0
            && self.erosion_voxels <= 16
            && least_ml > 0.0
            && least_ml < most_ml
            && most_ml <= 5000.0
            && (1.0..=200.0).contains(&self.field_sigma_mm)
            && Sequence::BOTH.iter().all(|s| {
                let [low, high] = *self.tissue_limits.of(*s);
                low >= 0.0 && low < high && high <= 100.0
            })
            && self.clamp > 0.0
            && self.clamp <= 100.0
    }

    /// The model grid in atlas space (RAS mm, the midline at x = 0).
    #[must_use]
    pub fn atlas_grid(&self) -> Grid {
        let row = |a: usize| {
            let mut row = [0.0; 4];
            row[a] = self.spacing_mm;
            row[3] = ATLAS_CENTRE_MM[a] - self.spacing_mm * (self.grid_dims[a] as f64 - 1.0) / 2.0;
            row
        };
        let affine = Affine::from_rows([row(0), row(1), row(2)]);
        // A positive spacing keeps it invertible: the bundle's reader has seen to that.
        Grid { dims: self.grid_dims, affine: affine.unwrap_or_else(|_| unreachable_affine()) }
    }

    /// Where the brain is in an image.
    ///
    /// # Errors
    /// `ModelError::NoBrain` when nothing of a newborn brain's size is found.
    pub fn brain(&self, volume: &Volume, sequence: Sequence) -> Result<BrainPlace, ModelError> {
        let coarse = self.coarse(&smoothed(volume, self.spacing_mm), sequence)?;
        let found = self.find(&coarse, self.foreground_fraction, self.erosion_voxels)?;
        let (dims, mask) = (found.mask.dims(), found.mask.voxels());
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        let mut intensities = Vec::new();
        for (i, value) in coarse.image.voxels().iter().enumerate().filter(|(i, _)| mask[*i] > 0.0) {
            let at = [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])];
            for a in 0..3 {
                low[a] = low[a].min(at[a] as f64);
                high[a] = high[a].max(at[a] as f64);
            }
            intensities.push(*value);
        }
        intensities.sort_by(f32::total_cmp);
        let corners_mm = [low, high].map(|corner| found.mask.affine().to_world(corner));
        Ok(BrainPlace { centre_mm: found.centre.into(), corners_mm, intensities })
    }

    /// An image, smoothed for the recipe's spacing, on the grid that brains are looked for in.
    ///
    /// # Errors
    /// `ModelError::NoBrain` when the field of view is too large for a head.
    pub(super) fn coarse(&self, smooth: &Volume, sequence: Sequence) -> Result<Coarse, ModelError> {
        let reason = || text!("its field of view is too large");
        let grid =
            self.coarse_grid(smooth).ok_or_else(|| ModelError::NoBrain { sequence, reason: reason() })?;
        Ok(Coarse { image: resample(smooth, &grid, 0.0), sequence, axes: ras_axes(smooth.affine()) })
    }

    /// Finds the brain in an image: what is brighter than `fraction` of its bright voxels' median and survives
    /// `erosion`.
    ///
    /// # Errors
    /// `ModelError::NoBrain` when nothing of a newborn brain's size is found.
    pub(super) fn find(&self, coarse: &Coarse, fraction: f32, erosion: usize) -> Result<Found, ModelError> {
        let refuse = |reason| ModelError::NoBrain { sequence: coarse.sequence, reason };
        let (dims, affine) = (coarse.image.dims(), coarse.image.affine());
        let mask = brain_mask(coarse.image.voxels(), dims, fraction, erosion);
        let count = mask.iter().filter(|m| **m).count();
        let brain_ml = count as f64 * self.spacing_mm.powi(3) / 1000.0;
        let [low, high] = self.brain_limits_ml;
        if !(low..=high).contains(&brain_ml) {
            return Err(refuse(text!(
                "the largest bright object has {found} ml, a term brain {low} to {high} ml",
                found = number(brain_ml, 0),
                low = number(low, 0),
                high = number(high, 0)
            )));
        }
        let [nx, ny, _] = dims;
        let mut sum = [0.0; 3];
        for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m) {
            for (s, c) in sum.iter_mut().zip([i % nx, i / nx % ny, i / (nx * ny)]) {
                *s += c as f64;
            }
        }
        let centre = Vector3::from(affine.to_world(sum.map(|s| s / count as f64)));
        let values = mask.into_iter().map(|m| f32::from(u8::from(m))).collect();
        let mask = Volume::new(dims, values, *affine).map_err(|e| refuse(e.text()))?;
        Ok(Found { mask, brain_ml, centre, axes: coarse.axes })
    }

    /// A grid of the recipe's spacing along the image's own axes, over its whole field of view.
    fn coarse_grid(&self, volume: &Volume) -> Option<Grid> {
        let affine = volume.affine();
        let axes = ras_axes(affine);
        let last = volume.dims().map(|n| n as f64 - 1.0);
        let centre = Vector3::from(affine.to_world(last.map(|n| n / 2.0)));
        let mut half_mm = [0.0_f64; 3];
        for corner in 0..8 {
            let voxel = std::array::from_fn(|a| if corner >> a & 1 == 1 { last[a] } else { 0.0 });
            let along = axes.transpose() * (Vector3::from(affine.to_world(voxel)) - centre);
            (0..3).for_each(|a| half_mm[a] = half_mm[a].max(along[a].abs()));
        }
        let half = half_mm.map(|mm| (mm / self.spacing_mm).ceil());
        if half.iter().any(|h| !(1.0..Self::COARSE_LIMIT / 2.0).contains(h)) {
            return None;
        }
        let origin = centre - axes * Vector3::from(half) * self.spacing_mm;
        Some(Grid {
            dims: half.map(|h| 2 * h as usize + 1),
            affine: grid_affine(&axes, self.spacing_mm, &origin)?,
        })
    }
}

/// Where the brain is in an image.
#[derive(Debug, Clone, PartialEq)]
pub struct BrainPlace {
    /// RAS mm.
    pub centre_mm: [f64; 3],
    /// Opposite corners of its box along the image's axes, RAS mm.
    pub corners_mm: [[f64; 3]; 2],
    /// What lies within its outline, CSF too, smoothed to the recipe's spacing, in rising order.
    pub intensities: Vec<f32>,
}

/// Centre of the model grid in atlas mm.
pub(super) const ATLAS_CENTRE_MM: [f64; 3] = [0.0, -9.0, -2.0];
fn unreachable_affine() -> Affine {
    unreachable!("a positive spacing gives an invertible affine")
}

/// An image on the grid that brains are looked for in.
pub(in crate::model) struct Coarse {
    image: Volume,
    sequence: Sequence,
    axes: Matrix3<f64>,
}

/// A brain found in an image.
#[derive(Clone)]
pub(in crate::model) struct Found {
    /// 0 or 1, on the recipe's spacing along the image's own axes.
    pub mask: Volume,
    pub brain_ml: f64,
    /// RAS mm.
    pub centre: Vector3<f64>,
    pub axes: Matrix3<f64>,
}

/// The image's axes as right, front, top unit vectors (columns), made orthonormal.
fn ras_axes(affine: &Affine) -> Matrix3<f64> {
    let linear = affine.linear();
    let mut axes = Matrix3::identity();
    for (stored, (world, sign)) in affine.closest_axes().into_iter().enumerate() {
        axes.set_column(world, &(linear.column(stored).normalize() * sign));
    }
    let svd = axes.svd(true, true);
    match (svd.u, svd.v_t) {
        (Some(u), Some(v_t)) => u * v_t,
        _ => Matrix3::identity(),
    }
}

fn grid_affine(axes: &Matrix3<f64>, spacing_mm: f64, origin: &Vector3<f64>) -> Option<Affine> {
    let m = axes * spacing_mm;
    let rows = std::array::from_fn(|r| [m[(r, 0)], m[(r, 1)], m[(r, 2)], origin[r]]);
    Affine::from_rows(rows).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_axes_does_an_oblique_sagittal_stack_follow() {
        // Stored P, I, R with a tilt of 10 degrees about the left-right axis.
        let (s, c) = 10.0_f64.to_radians().sin_cos();
        let rows = [[0.0, 0.0, 3.0, 5.0], [-c * 0.9, s * 0.9, 0.0, 7.0], [-s * 0.9, -c * 0.9, 0.0, -2.0]];
        let axes = ras_axes(&Affine::from_rows(rows).unwrap());
        let expected = Matrix3::new(1.0, 0.0, 0.0, 0.0, c, -s, 0.0, s, c);
        // Rounding of the singular value decomposition.
        assert!((axes - expected).amax() < 1e-12, "{axes}");
    }
}
