//! Voxel indices to world millimetres and back.

use super::VolumeError;
use nalgebra::{Matrix3, Matrix4, Vector3};

/// A finite, invertible map from voxel indices to RAS millimetres (x to the right, y to the
/// front, z to the top of the patient; NIfTI's world).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    matrix: Matrix4<f64>,
    inverse: Matrix4<f64>,
}

impl Affine {
    /// From the three rows that NIfTI stores as `srow_x`, `srow_y`, `srow_z`.
    ///
    /// # Errors
    /// `VolumeError::Affine` when an element is not finite or the map can't be inverted.
    pub fn from_rows(rows: [[f64; 4]; 3]) -> Result<Self, VolumeError> {
        let m = Matrix4::from_fn(|r, c| if r < 3 { rows[r][c] } else { f64::from(u8::from(c == 3)) });
        let inverse = m.try_inverse().filter(|i| i.iter().chain(m.iter()).all(|v| v.is_finite()));
        let inverse = inverse.ok_or(VolumeError::Affine)?;
        Ok(Self { matrix: m, inverse })
    }

    /// The three rows, as NIfTI stores them.
    #[must_use]
    pub fn rows(&self) -> [[f64; 4]; 3] {
        std::array::from_fn(|r| std::array::from_fn(|c| self.matrix[(r, c)]))
    }

    /// Voxel index (fractions allowed, integers are voxel centres) to RAS mm.
    #[must_use]
    pub fn to_world(&self, voxel: [f64; 3]) -> [f64; 3] {
        transform(&self.matrix, voxel)
    }

    /// RAS mm to voxel index.
    #[must_use]
    pub fn to_voxel(&self, ras_mm: [f64; 3]) -> [f64; 3] {
        transform(&self.inverse, ras_mm)
    }

    /// Length in mm of one step along each voxel axis.
    #[must_use]
    pub fn spacing_mm(&self) -> [f64; 3] {
        std::array::from_fn(|c| self.linear().column(c).norm())
    }

    /// The 3x3 part: columns are the steps in mm along each voxel axis.
    #[must_use]
    pub fn linear(&self) -> Matrix3<f64> {
        self.matrix.fixed_view::<3, 3>(0, 0).into_owned()
    }
}

fn transform(m: &Matrix4<f64>, p: [f64; 3]) -> [f64; 3] {
    let v = m.fixed_view::<3, 3>(0, 0) * Vector3::from(p) + m.fixed_view::<3, 1>(0, 3);
    [v.x, v.y, v.z]
}
