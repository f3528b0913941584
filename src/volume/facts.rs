//! What a header says, in the words of `hielight inspect --json`.

use super::Affine;
use nifti::{Endianness, NiftiHeader};
use serde::Serialize;

/// What a header says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// 1 for NIfTI-1.
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
    pub(super) fn of(header: &NiftiHeader, affine: &Affine, first_volume: FirstVolume) -> Self {
        let count = usize::from(header.dim[0]).min(7);
        let [x, y, z] = affine.rows();
        Self {
            nifti: 1,
            shape: (1..=count).map(|a| usize::from(header.dim[a])).collect(),
            zooms: (1..=count).map(|a| f64::from(header.pixdim[a])).collect(),
            datatype: header.data_type().map(|t| format!("{t:?}").to_lowercase()).unwrap_or_default(),
            endian: if header.endianness == Endianness::Little { "little" } else { "big" },
            sform_code: header.sform_code,
            qform_code: header.qform_code,
            axcodes: affine.axcodes(),
            affine: [x, y, z, [0.0, 0.0, 0.0, 1.0]],
            first_volume,
        }
    }
}
