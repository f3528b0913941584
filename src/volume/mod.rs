//! Bytes to voxels: NIfTI intake, geometry, orientation, resampling.

mod affine;
mod error;
mod nifti_file;
mod resample;

pub use affine::Affine;
pub use error::VolumeError;
pub use nifti_file::{Facts, Image, read_nifti, write_nifti_gz};
pub use resample::Grid;

/// A scalar image: `f32` voxels, first axis fastest, and where they lie in the world.
///
/// Invariants: `voxels.len() == dims.product()`, every dim >= 1, the affine is finite and
/// invertible (by [`Affine`]'s own construction).
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    dims: [usize; 3],
    voxels: Vec<f32>,
    affine: Affine,
}

impl Volume {
    /// `voxels` with the first axis fastest; `affine` maps voxel indices to RAS millimetres.
    ///
    /// # Errors
    /// `VolumeError::VoxelCount` when the number of voxels is not the product of the dims.
    pub fn new(dims: [usize; 3], voxels: Vec<f32>, affine: Affine) -> Result<Self, VolumeError> {
        let expected = dims.iter().product();
        if voxels.len() != expected || expected == 0 {
            return Err(VolumeError::VoxelCount { expected, found: voxels.len() });
        }
        Ok(Self { dims, voxels, affine })
    }

    /// Voxels along each stored axis.
    #[must_use]
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }

    /// All voxels, first axis fastest.
    #[must_use]
    pub fn voxels(&self) -> &[f32] {
        &self.voxels
    }

    /// Gives up the voxels (to transfer them without a copy).
    #[must_use]
    pub fn into_voxels(self) -> Vec<f32> {
        self.voxels
    }

    /// Voxel index to RAS millimetres.
    #[must_use]
    pub fn affine(&self) -> &Affine {
        &self.affine
    }
}
