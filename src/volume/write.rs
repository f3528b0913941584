//! Writing NIfTI-1 single files.
//!
//! Own code beside the `nifti` crate's writer, which works on paths and `ndarray`: here the fields that place an image are
//! repeated bit for bit, an extension carries the warnings, and the bytes go to a browser's download.

use super::{Stored, Volume, resample};
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

/// What a file says of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// One line, ASCII; cut after 79 characters.
    pub description: String,
    /// Quantity and unit, ASCII; cut after 15 characters.
    pub quantity: String,
    /// Values at the two ends of a viewer's scale.
    pub range: [f32; 2],
    /// As long as it needs to be: a header extension that viewers skip and `nib-ls` and its like show.
    pub comment: String,
}

const HEADER: usize = 352;
/// Header extensions of plain text, by the standard's list.
const COMMENT: i32 = 6;
/// The value at a voxel is an estimate of a quantity that `intent_name` names.
const ESTIMATE: i16 = 1001;

/// A header's bytes under construction.
struct Header(Vec<u8>);

impl Header {
    fn new(encoding: Encoding) -> Self {
        let (code, bits): (i16, i16) = match encoding {
            Encoding::F32 => (16, 32),
            Encoding::I16 => (4, 16),
            Encoding::U8 => (2, 8),
        };
        let mut header = Self(vec![0; HEADER]);
        header.put(0, &348_i32.to_le_bytes());
        header.put(70, &code.to_le_bytes());
        header.put(72, &bits.to_le_bytes());
        header.put(108, &(HEADER as f32).to_le_bytes());
        header.put(112, &1.0_f32.to_le_bytes());
        header.put(344, b"n+1\0");
        header
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn floats(&mut self, at: usize, values: impl IntoIterator<Item = f32>) {
        for (i, v) in values.into_iter().enumerate() {
            self.put(at + 4 * i, &v.to_le_bytes());
        }
    }

    /// Text that ends with a zero within `room` bytes.
    fn text(&mut self, at: usize, room: usize, text: &str) {
        let ascii: Vec<u8> = text.bytes().filter(u8::is_ascii).take(room - 1).collect();
        self.put(at, &ascii);
    }

    /// The position of a volume: sform (scanner), qform where the affine has no shear, millimetres.
    fn place(&mut self, volume: &Volume) {
        self.put(40, &3_i16.to_le_bytes());
        let dims = volume.dims();
        for a in 0..7 {
            let size = dims.get(a).map_or(1, |n| i16::try_from(*n).unwrap_or(i16::MAX));
            self.put(42 + 2 * a, &size.to_le_bytes());
        }
        let quaternion = volume.affine().quaternion();
        self.floats(76, [quaternion.map_or(1.0, |q| q.handed as f32)]);
        self.floats(80, volume.affine().spacing_mm().map(|mm| mm as f32));
        self.put(123, &[2]);
        let rows = volume.affine().rows();
        if let Some(q) = quaternion {
            self.put(252, &1_i16.to_le_bytes());
            self.floats(256, q.bcd.into_iter().chain(rows.map(|r| r[3])).map(|v| v as f32));
        }
        self.put(254, &1_i16.to_le_bytes());
        self.floats(280, rows.into_iter().flatten().map(|v| v as f32));
    }

    /// The position that another file has.
    fn place_as(&mut self, stored: &Stored) {
        for (a, size) in stored.dim.iter().enumerate() {
            self.put(40 + 2 * a, &size.to_le_bytes());
        }
        self.floats(76, stored.pixdim);
        self.put(123, &[stored.unit]);
        self.put(252, &stored.qform_code.to_le_bytes());
        self.put(254, &stored.sform_code.to_le_bytes());
        self.floats(256, stored.qform);
        self.floats(280, stored.sform.into_iter().flatten());
    }

    fn mean(&mut self, meaning: &Meaning) {
        self.put(68, &ESTIMATE.to_le_bytes());
        let [low, high] = meaning.range;
        self.floats(124, [high, low]);
        self.text(148, 80, &meaning.description);
        self.text(328, 16, &meaning.quantity);
        // One extension: its size (a multiple of 16 that counts itself), its code, its text.
        let size = (8 + meaning.comment.len()).div_ceil(16) * 16;
        self.put(348, &[1, 0, 0, 0]);
        let start = self.0.len();
        self.0.resize(start + size, 0);
        self.put(start, &(size as i32).to_le_bytes());
        self.put(start + 4, &COMMENT.to_le_bytes());
        self.put(start + 8, meaning.comment.as_bytes());
        let voxels = self.0.len() as f32;
        self.floats(108, [voxels]);
    }
}

/// A single-file NIfTI-1 image: sform (scanner), qform where the affine has no shear, millimetres.
#[must_use]
pub fn write_nifti(volume: &Volume, encoding: Encoding) -> Vec<u8> {
    let mut header = Header::new(encoding);
    header.place(volume);
    with_voxels(header, volume.voxels(), encoding)
}

/// The same, compressed; the same volume gives the same bytes.
#[must_use]
pub fn write_nifti_gz(volume: &Volume, encoding: Encoding) -> Vec<u8> {
    compressed(&write_nifti(volume, encoding))
}

/// A map laid over an image, voxel by voxel: `.nii.gz` of float32 with the image's shape, axis order and position.
/// Values are trilinear between the map's cells, and 0 beyond them.
#[must_use]
pub fn write_over(map: &Volume, image: &Stored, meaning: &Meaning) -> Vec<u8> {
    let mut header = Header::new(Encoding::F32);
    header.place_as(image);
    header.mean(meaning);
    compressed(&with_voxels(header, resample(map, image.grid(), 0.0).voxels(), Encoding::F32))
}

fn with_voxels(header: Header, voxels: &[f32], encoding: Encoding) -> Vec<u8> {
    let mut bytes = header.0;
    match encoding {
        Encoding::F32 => bytes.extend(voxels.iter().flat_map(|v| v.to_le_bytes())),
        // `as` saturates, and takes NaN to 0.
        Encoding::I16 => bytes.extend(voxels.iter().flat_map(|v| (v.round() as i16).to_le_bytes())),
        Encoding::U8 => bytes.extend(voxels.iter().map(|v| v.round() as u8)),
    }
    bytes
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(4));
    // Writing to memory cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}
