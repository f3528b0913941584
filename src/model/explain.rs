//! Where the probability comes from: signed Grad-CAM maps in millimetres and their peaks.

use super::geometry::{FeatureGeometry, Layer};
use super::{CamPeak, CamPeaks, Placement, Prepared, Recipe, Sequence, Template};
use crate::volume::{Affine, Volume, VolumeError};
use nalgebra::Vector3;

/// A sequence's signed contribution to the log-odds, cell by cell, on the feature grid.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedMap {
    pub sequence: Sequence,
    /// Log-odds per ml; the affine maps feature indices to RAS mm of that sequence's image.
    pub map: Volume,
    /// Volume of one cell.
    pub cell_ml: f64,
}

impl SignedMap {
    /// From the signature's map in atlas space (log-odds of the signature per cell, `[z, y, x]` row-major, which is
    /// first axis fastest) and the signature's coefficient in the nomogram.
    ///
    /// Every cell's log-odds are carried through the placement to a regular grid along the image's own axes and
    /// shared among the cells around the place where they arrive: nothing is lost, so the sum stays what it was.
    ///
    /// # Errors
    /// `VolumeError` when the cells do not match the layers.
    pub fn new(
        sequence: Sequence,
        cells: &[f32],
        coefficient: f64,
        layers: &[Layer],
        recipe: &Recipe,
        placement: &Placement,
    ) -> Result<Self, VolumeError> {
        let geometry = FeatureGeometry::of(layers);
        let atlas = recipe.atlas_grid();
        let [nx, ny, _] = FeatureGeometry::feature_dims(layers, atlas.dims);
        let size_mm = geometry.step * recipe.spacing_mm;
        let axes = placement.axes();
        // Eight parts of each cell, so that a stretched head has no gaps between them.
        let mut parts: Vec<([f64; 3], f64)> = Vec::new();
        for (i, value) in cells.iter().enumerate().filter(|(_, v)| **v != 0.0) {
            let at = [i % nx, i / nx % ny, i / (nx * ny)];
            for corner in 0..8 {
                let voxel = std::array::from_fn(|a| {
                    let aside = if corner >> a & 1 == 1 { 0.25 } else { -0.25 };
                    (at[a] as f64 + aside) * geometry.step + geometry.offset
                });
                let mm = placement.to_image(atlas.affine.to_world(voxel));
                let along: [f64; 3] = (axes.transpose() * Vector3::from(mm)).into();
                parts.push((along, f64::from(*value) * coefficient / 8.0));
            }
        }
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for (along, _) in &parts {
            for a in 0..3 {
                low[a] = low[a].min(along[a]);
                high[a] = high[a].max(along[a]);
            }
        }
        if parts.is_empty() {
            (low, high) = ([0.0; 3], [size_mm; 3]);
        }
        let first = low.map(|v| v - REACH * size_mm);
        let dims: [usize; 3] =
            std::array::from_fn(|a| ((high[a] - low[a]) / size_mm + 2.0 * REACH).ceil() as usize + 1);
        let mut sums = vec![0.0_f64; dims.iter().product()];
        for (along, value) in &parts {
            let at: [f64; 3] = std::array::from_fn(|a| (along[a] - first[a]) / size_mm);
            share(&mut sums, dims, at, *value);
        }
        let origin = axes * Vector3::from(first);
        let m = axes * size_mm;
        let affine =
            Affine::from_rows(std::array::from_fn(|r| [m[(r, 0)], m[(r, 1)], m[(r, 2)], origin[r]]))?;
        let cell_ml = size_mm.powi(3) / 1000.0;
        let map = Volume::new(dims, sums.into_iter().map(|v| (v / cell_ml) as f32).collect(), affine)?;
        Ok(Self { sequence, map, cell_ml })
    }

    /// The sequence's contribution to the log-odds, less the stated constant (the coefficient times
    /// the mean bias of the fold models' heads).
    #[must_use]
    pub fn contribution(&self) -> f64 {
        self.map.voxels().iter().map(|v| f64::from(*v)).sum::<f64>() * self.cell_ml
    }

    /// Local maxima of the positive map within the brain, strongest first, at most `most`.
    #[must_use]
    pub fn peaks(&self, prepared: &Prepared, recipe: &Recipe, template: &Template, most: usize) -> CamPeaks {
        let [nx, ny, nz] = self.map.dims();
        let at = |x: usize, y: usize, z: usize| self.map.voxels()[x + nx * (y + ny * z)];
        let around = |c: usize, n: usize| c.saturating_sub(1)..(c + 2).min(n);
        let grid = recipe.atlas_grid();
        let mut peaks = Vec::new();
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    let value = at(x, y, z);
                    if value <= 0.0 {
                        continue;
                    }
                    let highest = around(z, nz)
                        .all(|k| around(y, ny).all(|j| around(x, nx).all(|i| at(i, j, k) <= value)));
                    if !highest {
                        continue;
                    }
                    let ras_mm = self.map.affine().to_world([x as f64, y as f64, z as f64]);
                    let atlas_mm = prepared.placement.to_atlas(ras_mm);
                    let voxel = grid.affine.to_voxel(atlas_mm).map(f64::round);
                    let inside = (0..3).all(|a| voxel[a] >= 0.0 && voxel[a] < grid.dims[a] as f64);
                    let [i, j, k] = voxel.map(|v| v.max(0.0) as usize);
                    let index = i + grid.dims[0] * (j + grid.dims[1] * k);
                    if inside && prepared.brain.get(index) == Some(&true) {
                        let region = template.regions.get(index).copied().filter(|r| r.is_brain());
                        peaks.push(CamPeak {
                            sequence: self.sequence,
                            ras_mm,
                            value: f64::from(value),
                            region,
                            right_of_midline_mm: Some(from_midline(&prepared.placement, atlas_mm)),
                        });
                    }
                }
            }
        }
        peaks.sort_by(|a, b| b.value.total_cmp(&a.value));
        peaks.truncate(most);
        CamPeaks(peaks)
    }
}

/// How far to the right of the midline a place of the atlas lies in the head that the atlas is placed in, mm: to the
/// place straight beside it on the atlas's plane of symmetry, x = 0.
fn from_midline(placement: &Placement, atlas_mm: [f64; 3]) -> f64 {
    let [x, y, z] = atlas_mm;
    let apart = Vector3::from(placement.to_image(atlas_mm)) - Vector3::from(placement.to_image([0.0, y, z]));
    apart.norm() * x.signum()
}

/// How far a part of a cell reaches, in cells: as far as neighbouring cells look anyway.
const REACH: f64 = 1.5;

/// Shares a value among the cells around a place: the nearer, the more; all shares together are the whole.
fn share(sums: &mut [f64], dims: [usize; 3], at: [f64; 3], value: f64) {
    let weights: [Vec<(usize, f64)>; 3] = std::array::from_fn(|a| {
        let first = (at[a] - REACH).ceil().max(0.0) as usize;
        let last = ((at[a] + REACH).floor().max(0.0) as usize).min(dims[a] - 1);
        let own: Vec<(usize, f64)> =
            (first..=last).map(|i| (i, (REACH - (i as f64 - at[a]).abs()).max(0.0))).collect();
        let sum: f64 = own.iter().map(|w| w.1).sum();
        own.into_iter().map(|(i, w)| (i, w / sum)).collect()
    });
    for (k, wz) in &weights[2] {
        for (j, wy) in &weights[1] {
            for (i, wx) in &weights[0] {
                sums[i + dims[0] * (j + dims[1] * k)] += value * wx * wy * wz;
            }
        }
    }
}
