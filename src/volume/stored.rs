//! How a file stores its image, kept so that what is computed from it can be laid over it voxel by voxel.

use super::header::Header;
use super::{Affine, Grid, Volume};

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

    /// Of an image that no file stores yet: its position is the scanner's, as sform and, without shear, as qform.
    #[must_use]
    pub fn scanner(volume: &Volume) -> Self {
        let (dims, affine) = (volume.dims(), *volume.affine());
        let rows = affine.rows();
        let rotation = affine.quaternion();
        let [b, c, d] = rotation.map_or([0.0; 3], |q| q.bcd);
        let mut pixdim = [1.0; 8];
        pixdim[0] = rotation.map_or(1.0, |q| q.handed as f32);
        let mut dim = [1; 8];
        dim[0] = 3;
        for (a, mm) in affine.spacing_mm().into_iter().enumerate() {
            pixdim[a + 1] = mm as f32;
            dim[a + 1] = u16::try_from(dims[a]).unwrap_or(u16::MAX);
        }
        Self {
            dim,
            pixdim,
            unit: 2,
            qform_code: i16::from(rotation.is_some()),
            sform_code: 1,
            qform: [b, c, d, rows[0][3], rows[1][3], rows[2][3]].map(|v| v as f32),
            sform: rows.map(|row| row.map(|v| v as f32)),
            grid: Grid { dims, affine },
        }
    }

    /// Where the stored voxels lie, in the file's own order.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }
}
