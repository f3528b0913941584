//! Writing NIfTI-1 single files.

use super::Volume;
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// How voxels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    F32,
    /// Whole numbers from -32768 to 32767 (rounded and cut), without scaling.
    I16,
    /// Whole numbers from 0 to 255 (rounded and cut), without scaling.
    U8,
}

/// A single-file NIfTI-1 image: sform (scanner), qform where the affine has no shear, millimetres.
#[must_use]
pub fn write_nifti(volume: &Volume, encoding: Encoding) -> Vec<u8> {
    let (code, bits): (i16, i16) = match encoding {
        Encoding::F32 => (16, 32),
        Encoding::I16 => (4, 16),
        Encoding::U8 => (2, 8),
    };
    let mut h = vec![0_u8; 352];
    let mut put = |at: usize, bytes: &[u8]| h[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &348_i32.to_le_bytes());
    put(40, &3_i16.to_le_bytes());
    let dims = volume.dims();
    for a in 0..7 {
        let size = dims.get(a).map_or(1, |n| i16::try_from(*n).unwrap_or(i16::MAX));
        put(42 + 2 * a, &size.to_le_bytes());
    }
    put(70, &code.to_le_bytes());
    put(72, &bits.to_le_bytes());
    let spacing = volume.affine().spacing_mm();
    let quaternion = volume.affine().quaternion();
    put(76, &quaternion.map_or(1.0, |q| q.handed as f32).to_le_bytes());
    for (a, mm) in spacing.iter().enumerate() {
        put(80 + 4 * a, &(*mm as f32).to_le_bytes());
    }
    put(108, &352.0_f32.to_le_bytes());
    put(112, &1.0_f32.to_le_bytes());
    put(123, &[2]);
    let rows = volume.affine().rows();
    if let Some(q) = quaternion {
        put(252, &1_i16.to_le_bytes());
        for (i, v) in q.bcd.iter().chain(&rows.map(|r| r[3])).enumerate() {
            put(256 + 4 * i, &(*v as f32).to_le_bytes());
        }
    }
    put(254, &1_i16.to_le_bytes());
    for (i, v) in rows.iter().flatten().enumerate() {
        put(280 + 4 * i, &(*v as f32).to_le_bytes());
    }
    put(344, b"n+1\0");
    let voxels = volume.voxels();
    match encoding {
        Encoding::F32 => h.extend(voxels.iter().flat_map(|v| v.to_le_bytes())),
        // `as` saturates, and takes NaN to 0.
        Encoding::I16 => h.extend(voxels.iter().flat_map(|v| (v.round() as i16).to_le_bytes())),
        Encoding::U8 => h.extend(voxels.iter().map(|v| v.round() as u8)),
    }
    h
}

/// The same, compressed; the same volume gives the same bytes.
#[must_use]
pub fn write_nifti_gz(volume: &Volume, encoding: Encoding) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(4));
    // Writing to memory cannot fail.
    let written = encoder.write_all(&write_nifti(volume, encoding)).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}
