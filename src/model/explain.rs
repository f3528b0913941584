//! Where the probability comes from: signed Grad-CAM maps in millimetres and their peaks.

use super::geometry::{FeatureGeometry, Layer};
use super::{CamPeak, Prepared, Sequence};
use crate::volume::{Affine, Grid, Volume, VolumeError};

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
    /// From the signature's map (log-odds of the signature per cell, `[z, y, x]` row-major, which is
    /// first axis fastest) and the signature's coefficient in the nomogram.
    ///
    /// # Errors
    /// `VolumeError` when the cells do not match the layers.
    pub fn new(
        sequence: Sequence,
        cells: &[f32],
        coefficient: f64,
        layers: &[Layer],
        grid: &Grid,
    ) -> Result<Self, VolumeError> {
        let geometry = FeatureGeometry::of(layers);
        let affine = feature_affine(&geometry, grid)?;
        let cell_ml = affine.linear().determinant().abs() / 1000.0;
        let values = cells.iter().map(|c| (f64::from(*c) * coefficient / cell_ml) as f32).collect();
        let map = Volume::new(FeatureGeometry::feature_dims(layers, grid.dims), values, affine)?;
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
    pub fn peaks(&self, prepared: &Prepared, most: usize) -> Vec<CamPeak> {
        let [nx, ny, nz] = self.map.dims();
        let at = |x: usize, y: usize, z: usize| self.map.voxels()[x + nx * (y + ny * z)];
        let around = |c: usize, n: usize| c.saturating_sub(1)..(c + 2).min(n);
        let mut peaks = Vec::new();
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    let value = at(x, y, z);
                    let ras_mm = self.map.affine().to_world([x as f64, y as f64, z as f64]);
                    if value <= 0.0 || !in_brain(prepared, ras_mm) {
                        continue;
                    }
                    let highest = around(z, nz)
                        .all(|k| around(y, ny).all(|j| around(x, nx).all(|i| at(i, j, k) <= value)));
                    if highest {
                        peaks.push(CamPeak { sequence: self.sequence, ras_mm, value: f64::from(value) });
                    }
                }
            }
        }
        peaks.sort_by(|a, b| b.value.total_cmp(&a.value));
        peaks.truncate(most);
        peaks
    }
}

fn in_brain(prepared: &Prepared, ras_mm: [f64; 3]) -> bool {
    let voxel = prepared.grid.affine.to_voxel(ras_mm).map(f64::round);
    let dims = prepared.grid.dims;
    let inside = (0..3).all(|a| voxel[a] >= 0.0 && voxel[a] < dims[a] as f64);
    inside && {
        let [x, y, z] = voxel.map(|v| v as usize);
        prepared.brain[x + dims[0] * (y + dims[1] * z)]
    }
}

/// Feature index to RAS mm: feature -> input voxel -> world.
fn feature_affine(geometry: &FeatureGeometry, grid: &Grid) -> Result<Affine, VolumeError> {
    let rows = grid.affine.rows();
    let origin = grid.affine.to_world([geometry.offset; 3]);
    Affine::from_rows(std::array::from_fn(|r| {
        [rows[r][0] * geometry.step, rows[r][1] * geometry.step, rows[r][2] * geometry.step, origin[r]]
    }))
}
