//! How a file stores its image, kept so that what is computed from it can be laid over it voxel by voxel.

use super::{Affine, Grid};
use nifti::NiftiHeader;

/// The header's fields that place voxels in the world, bit for bit, and the grid that they were read as.
///
/// A map that repeats them has the image's shape and affine in every viewer, whichever of sform, qform and voxel
/// sizes it believes, also where they contradict each other or say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// `dim`: the number of dimensions, then their sizes; those after the third are 1.
    pub(super) dim: [u16; 8],
    pub(super) pixdim: [f32; 8],
    /// The unit of length; millimetres where the file names none.
    pub(super) unit: u8,
    pub(super) qform_code: i16,
    pub(super) sform_code: i16,
    /// Quaternion parts b, c, d and origin x, y, z.
    pub(super) qform: [f32; 6],
    pub(super) sform: [[f32; 4]; 3],
    grid: Grid,
}

impl Stored {
    pub(super) fn of(header: &NiftiHeader, dims: [usize; 3], affine: Affine) -> Self {
        let h = header;
        let unit = h.xyzt_units & 7;
        Self {
            dim: h.dim,
            pixdim: h.pixdim,
            unit: if unit == 0 { 2 } else { unit },
            qform_code: h.qform_code,
            sform_code: h.sform_code,
            qform: [h.quatern_b, h.quatern_c, h.quatern_d, h.quatern_x, h.quatern_y, h.quatern_z],
            sform: [h.srow_x, h.srow_y, h.srow_z],
            grid: Grid { dims, affine },
        }
    }

    /// Where the stored voxels lie, in the file's own order.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}
