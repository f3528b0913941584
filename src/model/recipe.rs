//! The preprocessing recipe: an image of any grid to the network's input.

use super::alignment::{Aligned, Found, Placement};
use super::brain::brain_mask;
use super::template::Template;
use super::{ModelError, PerSequence, Sequence};
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
            tissue_limits: PerSequence { T1w: [0.8, 1.7], T2w: [0.4, 1.45] },
            clamp: 3.0,
        }
    }
}

/// An image on the model grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Intensity less the mean of its surroundings in units of their spread, 0 outside the brain and in CSF; first
    /// axis fastest.
    pub values: Vec<f32>,
    /// Which voxels are brain.
    pub brain: Vec<bool>,
    /// Of the head, before alignment.
    pub brain_ml: f64,
    /// Where the image lies in the atlas: the way back.
    pub placement: Placement,
}

impl Recipe {
    /// Input channels of the network: the deviation from the atlas.
    pub const CHANNELS: usize = 1;
    /// Voxels along an axis beyond which a field of view is no head scan (0.5 m).
    const COARSE_LIMIT: f64 = 250.0;

    /// Both images into atlas space and normalised.
    ///
    /// # Errors
    /// As [`Recipe::align`].
    pub fn apply(&self, images: [&Volume; 2], template: &Template) -> Result<[Prepared; 2], ModelError> {
        let aligned = self.align(images, template)?;
        Ok(Sequence::BOTH.map(|s| self.normalise(&aligned[s as usize], s)))
    }

    /// Where the brain is in an image, RAS mm.
    ///
    /// # Errors
    /// `ModelError::NoBrain` when nothing of a newborn brain's size is found.
    pub fn brain_centre(&self, volume: &Volume, sequence: Sequence) -> Result<[f64; 3], ModelError> {
        Ok(self.find(&smoothed(volume, self.spacing_mm), sequence)?.centre.into())
    }

    /// Finds the brain in an image, smoothed for the recipe's spacing.
    ///
    /// # Errors
    /// `ModelError::NoBrain` when nothing of a newborn brain's size is found.
    pub(super) fn find(&self, volume: &Volume, sequence: Sequence) -> Result<Found, ModelError> {
        let refuse = |reason| ModelError::NoBrain { sequence, reason };
        let coarse =
            self.coarse_grid(volume).ok_or_else(|| refuse(text!("its field of view is too large")))?;
        let image = resample(volume, &coarse, 0.0);
        let mask = brain_mask(image.voxels(), coarse.dims, self.foreground_fraction, self.erosion_voxels);
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
        let [nx, ny, _] = coarse.dims;
        let mut sum = [0.0; 3];
        for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m) {
            for (s, c) in sum.iter_mut().zip([i % nx, i / nx % ny, i / (nx * ny)]) {
                *s += c as f64;
            }
        }
        let centre = Vector3::from(coarse.affine.to_world(sum.map(|s| s / count as f64)));
        let values = mask.into_iter().map(|m| f32::from(u8::from(m))).collect();
        let mask = Volume::new(coarse.dims, values, coarse.affine).map_err(|e| refuse(e.text()))?;
        Ok(Found { mask, brain_ml, centre, axes: ras_axes(volume.affine()) })
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

    /// Divides by the smooth field of the brain (receive-coil bias, scanner gain), cuts CSF and tells every voxel by
    /// the mean and the spread of its surroundings: contrasts of other protocols become alike.
    #[must_use]
    pub fn normalise(&self, aligned: &Aligned, sequence: Sequence) -> Prepared {
        let tissue = *self.tissue_limits.of(sequence);
        let sigma = self.field_sigma_mm / self.spacing_mm;
        let blurred = |mut values: Vec<f32>| {
            blur(&mut values, self.grid_dims, sigma);
            values
        };
        let brain = &aligned.brain;
        // CSF is twice as bright as brain on T2w: cut, so that it does not pull the field.
        let mut inside: Vec<f32> =
            aligned.intensity.iter().zip(brain).filter(|(_, b)| **b).map(|(v, _)| *v).collect();
        let middle = inside.len() / 2;
        let cap = if inside.is_empty() {
            0.0
        } else {
            1.3 * *inside.select_nth_unstable_by(middle, f32::total_cmp).1
        };
        let weight = blurred(brain.iter().map(|b| f32::from(u8::from(*b))).collect());
        let capped = aligned.intensity.iter().zip(brain).map(|(v, b)| if *b { v.min(cap) } else { 0.0 });
        let field = blurred(capped.collect());
        let relative: Vec<f32> = aligned
            .intensity
            .iter()
            .zip(brain)
            .zip(field.iter().zip(&weight))
            .map(|((v, inside), (f, w))| if *inside && *f > 0.0 { v * w / f } else { 0.0 })
            .collect();
        let tissue: Vec<bool> = relative.iter().map(|r| (tissue[0]..=tissue[1]).contains(r)).collect();
        let of_tissue = |f: &dyn Fn(f32) -> f32| {
            blurred(relative.iter().zip(&tissue).map(|(r, t)| if *t { f(*r - 1.0) } else { 0.0 }).collect())
        };
        let (count, sum, squares) = (of_tissue(&|_| 1.0), of_tissue(&|r| r), of_tissue(&|r| r * r));
        let values = (0..relative.len())
            .map(|i| {
                if !tissue[i] || count[i] <= 0.0 {
                    return 0.0;
                }
                let mean = sum[i] / count[i];
                let spread = (squares[i] / count[i] - mean * mean).max(0.0).sqrt().max(LEAST_SPREAD);
                ((relative[i] - 1.0 - mean) / spread).clamp(-self.clamp, self.clamp)
            })
            .collect();
        Prepared {
            values,
            brain: brain.clone(),
            brain_ml: aligned.brain_ml,
            placement: aligned.placement.clone(),
        }
    }
}

/// Relative spread of the surroundings below which it is noise.
const LEAST_SPREAD: f32 = 0.02;

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

/// Gaussian blur by three box blurs along each axis; beyond the border lies zero.
pub(super) fn blur(values: &mut [f32], dims: [usize; 3], sigma_voxels: f64) {
    // Three boxes of width w have variance (w^2 - 1) / 4.
    let radius = (((4.0 * sigma_voxels * sigma_voxels + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
    let strides = [1, dims[0], dims[0] * dims[1]];
    for axis in 0..3 {
        let (n, stride) = (dims[axis], strides[axis]);
        let mut line = vec![0.0_f64; n];
        for start in (0..values.len()).filter(|i| i / stride % n == 0) {
            for _ in 0..3 {
                let mut prefix = 0.0;
                for (i, sum) in line.iter_mut().enumerate() {
                    prefix += f64::from(values[start + i * stride]);
                    *sum = prefix;
                }
                for i in 0..n {
                    let high = line[(i + radius).min(n - 1)];
                    let low = if i > radius { line[i - radius - 1] } else { 0.0 };
                    values[start + i * stride] = ((high - low) / (2 * radius + 1) as f64) as f32;
                }
            }
        }
    }
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

    #[test]
    fn does_blurring_keep_the_mass_and_spread_it_by_sigma() {
        let dims = [81, 81, 81];
        let mut values = vec![0.0; 81 * 81 * 81];
        values[40 + 81 * (40 + 81 * 40)] = 1.0;
        blur(&mut values, dims, 5.0);
        let line: Vec<f64> =
            (0..81).map(|x| values.iter().skip(x).step_by(81).map(|v| f64::from(*v)).sum()).collect();
        let mass: f64 = line.iter().sum();
        let variance: f64 =
            line.iter().enumerate().map(|(x, v)| v * (x as f64 - 40.0).powi(2)).sum::<f64>() / mass;
        // The radius is a whole number of voxels, so sigma is met within half a voxel.
        assert!((variance.sqrt() - 5.0).abs() < 0.5, "{}", variance.sqrt());
        // f32 sums over half a million voxels.
        assert!((mass - 1.0).abs() < 1e-4, "{mass}");
    }
}
