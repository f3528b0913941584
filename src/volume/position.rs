//! Where a file's voxels lie: by sform, else qform, else voxel sizes about the image's centre, in millimetres.

use super::header::Header;
use super::{Affine, VolumeError};
use crate::fault::Notice;
use crate::text;

/// Voxel index to RAS mm; doubts go to `warnings`.
///
/// # Errors
/// `VolumeError::Affine` and `VolumeError::VoxelSize` where nothing in the header places the voxels.
pub(super) fn position(
    header: &Header,
    shape: [usize; 3],
    warnings: &mut Vec<Notice>,
) -> Result<Affine, VolumeError> {
    let mm = unit_mm(header, warnings);
    let by_qform = || qform(header, mm);
    if header.sform_code > 0 {
        let sform = Affine::from_rows(header.sform.map(|row| row.map(|v| v * mm)));
        return match sform {
            Ok(affine) => {
                if header.qform_code > 0 && by_qform().is_ok_and(|other| is_apart(&affine, &other, shape)) {
                    warnings.push(Notice::new(
                        "sform_qform_differ",
                        text!(
                            "The header holds two positions in space (sform, qform) that differ; the sform is used."
                        ),
                    ));
                }
                Ok(affine)
            }
            Err(error) if header.qform_code > 0 => {
                let affine = by_qform().map_err(|_| error)?;
                warnings.push(Notice::new(
                    "sform_unusable",
                    text!("The header's sform places no voxel in space; the qform is used."),
                ));
                Ok(affine)
            }
            Err(error) => Err(error),
        };
    }
    if header.qform_code > 0 {
        if (1..4).any(|a| header.pixdim[a] < 0.0) {
            warnings.push(Notice::new(
                "negative_voxel_size",
                text!("The header gives a negative voxel size; its amount is used."),
            ));
        }
        return by_qform();
    }
    warnings.push(Notice::new(
        "no_orientation",
        text!("The header says nothing about orientation: left and right cannot be told and may be swapped."),
    ));
    let size = sizes(header, mm)?;
    // The reference reader's convention: the first axis runs to the left, the origin is the centre.
    let sign = [-1.0, 1.0, 1.0];
    Affine::from_rows(std::array::from_fn(|r| {
        let mut row = [0.0; 4];
        row[r] = sign[r] * size[r];
        row[3] = -row[r] * (shape[r] as f64 - 1.0) / 2.0;
        row
    }))
}

/// Millimetres of the header's unit of length.
fn unit_mm(header: &Header, warnings: &mut Vec<Notice>) -> f64 {
    let (mm, message) = match header.units & 7 {
        1 => (1000.0, text!("The header gives lengths in metres; they were converted to millimetres.")),
        3 => (0.001, text!("The header gives lengths in micrometres; they were converted to millimetres.")),
        // 0 is "unknown", which in practice means millimetres.
        0 | 2 => return 1.0,
        _ => (
            1.0,
            text!(
                "The header states a unit of length that the standard does not know; millimetres are assumed."
            ),
        ),
    };
    warnings.push(Notice::new("not_millimetres", message));
    mm
}

/// Whether two positions differ by more than a voxel at either end of the image.
fn is_apart(one: &Affine, other: &Affine, shape: [usize; 3]) -> bool {
    let last = shape.map(|n| n as f64 - 1.0);
    let step = one.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
    let distance = |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt();
    [[0.0; 3], last].iter().any(|v| distance(one.to_world(*v), other.to_world(*v)) > step)
}

/// Amounts of the three voxel sizes, mm.
fn sizes(header: &Header, mm: f64) -> Result<[f64; 3], VolumeError> {
    let size: [f64; 3] = std::array::from_fn(|a| header.pixdim[a + 1].abs() * mm);
    match size.iter().position(|s| !s.is_finite() || *s <= 0.0) {
        Some(axis) => Err(VolumeError::VoxelSize { axis: axis + 1, size: header.pixdim[axis + 1] }),
        None => Ok(size),
    }
}

fn qform(header: &Header, mm: f64) -> Result<Affine, VolumeError> {
    let [b, c, d, x, y, z] = header.qform;
    let handed = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    Affine::from_quaternion([b, c, d], sizes(header, mm)?, handed, [x * mm, y * mm, z * mm])
}
