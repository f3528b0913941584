//! How a file stores its image, kept so that what is computed from it can be laid over it voxel by voxel.

use super::header::Header;
use super::{Affine, Grid};

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
    pub(super) fn of(header: &Header, dims: [usize; 3], affine: Affine) -> Self {
        let h = header;
        let unit = h.units & 7;
        // NIfTI-2 has them in 64 bits; the map is a NIfTI-1 file.
        let narrow = |v: f64| v as f32;
        Self {
            dim: h.dim.map(|n| u16::try_from(n.max(1)).unwrap_or(u16::MAX)),
            pixdim: h.pixdim.map(narrow),
            unit: if unit == 0 { 2 } else { unit },
            qform_code: h.qform_code,
            sform_code: h.sform_code,
            qform: h.qform.map(narrow),
            sform: h.sform.map(|row| row.map(narrow)),
            grid: Grid { dims, affine },
        }
    }

    /// Where the stored voxels lie, in the file's own order.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}
