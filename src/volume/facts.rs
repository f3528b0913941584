//! What a header says, in the words of `hielight inspect --json`.

use super::Affine;
use super::header::Header;
use nifti::Endianness;
use serde::Serialize;

/// What a header says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// 1 for NIfTI-1, 2 for NIfTI-2.
    pub nifti: u8,
    /// Every dimension that the header announces.
    pub shape: Vec<usize>,
    /// Step along each of them (mm, then seconds).
    pub zooms: Vec<f64>,
    pub datatype: String,
    /// `little` or `big`.
    pub endian: &'static str,
    pub sform_code: i16,
    pub qform_code: i16,
    /// Where each voxel axis points, such as `RAS`.
    pub axcodes: String,
    /// Voxel index to RAS mm, four rows.
    pub affine: [[f64; 4]; 4],
    pub first_volume: FirstVolume,
}

/// Statistics of the scaled, finite values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FirstVolume {
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub mean: Option<f64>,
    /// Population standard deviation.
    pub std: Option<f64>,
    pub non_finite: usize,
}

impl Facts {
    pub(super) fn of(header: &Header, affine: &Affine, datatype: String, first_volume: FirstVolume) -> Self {
        let count = usize::try_from(header.dim[0]).unwrap_or_default().min(7);
        let [x, y, z] = affine.rows();
        let spacing = affine.spacing_mm();
        // A header in another unit was converted.
        let zoom = |a: usize| if a <= 3 { spacing[a - 1] } else { header.pixdim[a].abs() };
        Self {
            nifti: header.version,
            shape: (1..=count).map(|a| usize::try_from(header.dim[a].max(1)).unwrap_or(usize::MAX)).collect(),
            zooms: (1..=count).map(zoom).collect(),
            datatype,
            endian: if header.endian == Endianness::Little { "little" } else { "big" },
            sform_code: header.sform_code,
            qform_code: header.qform_code,
            axcodes: affine.axcodes(),
            affine: [x, y, z, [0.0, 0.0, 0.0, 1.0]],
            first_volume,
        }
    }
}
