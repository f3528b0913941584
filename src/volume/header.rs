//! The header of NIfTI-1 and NIfTI-2, field by field, in one shape.

use super::{Lookalike, VolumeError};
use nifti::{Endianness, NiftiHeader};

/// What a header says, unchecked but for its kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    /// 1 or 2.
    pub version: u8,
    /// Voxels lie in a file of their own (.hdr and .img).
    pub is_pair: bool,
    pub endian: Endianness,
    /// Number of dimensions, then their sizes.
    pub dim: [i64; 8],
    pub datatype: i16,
    pub bitpix: i16,
    pub pixdim: [f64; 8],
    pub vox_offset: f64,
    pub slope: f64,
    pub inter: f64,
    pub units: u8,
    /// What the values are.
    pub intent: i32,
    pub qform_code: i16,
    pub sform_code: i16,
    /// Quaternion parts b, c, d and origin x, y, z.
    pub qform: [f64; 6],
    pub sform: [[f64; 4]; 3],
}

/// Bytes of NIfTI-1's header, and of NIfTI-2's.
pub(super) const SIZES: [usize; 2] = [348, 540];
/// Intents of CIFTI-2: values of surfaces in NIfTI's clothes.
const CIFTI: std::ops::RangeInclusive<i32> = 3000..=3099;
const MAGIC_2: [u8; 4] = [b'\r', b'\n', 0x1a, b'\n'];

impl Header {
    /// Reads the header of a single file or of a pair.
    ///
    /// # Errors
    /// `VolumeError::NotNifti` with what it is instead, `VolumeError::Truncated`.
    pub fn read(bytes: &[u8]) -> Result<Self, VolumeError> {
        let stated = bytes.first_chunk::<4>().map(|b| i32::from_le_bytes(*b)).unwrap_or_default();
        let is = |size: usize| [stated, stated.swap_bytes()].contains(&(size as i32));
        let Some(version) = SIZES.iter().position(|size| is(*size)) else {
            return Err(VolumeError::NotNifti { looks_like: Lookalike::of(bytes) });
        };
        let size = SIZES[version];
        let Some(header) = bytes.get(..size) else {
            return Err(VolumeError::Truncated { expected: size as u64, found: bytes.len() as u64 });
        };
        let endian = if stated == size as i32 { Endianness::Little } else { Endianness::Big };
        let header = if version == 0 { Self::first(header, endian) } else { Self::second(header, endian) }?;
        if CIFTI.contains(&header.intent) {
            return Err(VolumeError::NotNifti { looks_like: Some(Lookalike::OtherImage("CIFTI-2")) });
        }
        Ok(header)
    }

    fn first(header: &[u8], endian: Endianness) -> Result<Self, VolumeError> {
        let is_pair = match &header[344..348] {
            b"n+1\0" => false,
            b"ni1\0" => true,
            _ => return Err(VolumeError::NotNifti { looks_like: Some(Lookalike::Analyze) }),
        };
        let h = NiftiHeader::from_reader(header).map_err(|_| VolumeError::NotNifti { looks_like: None })?;
        let row = |row: [f32; 4]| row.map(f64::from);
        Ok(Self {
            version: 1,
            is_pair,
            endian,
            dim: h.dim.map(|n| i64::from(n.cast_signed())),
            datatype: h.datatype,
            bitpix: h.bitpix,
            pixdim: h.pixdim.map(f64::from),
            vox_offset: f64::from(h.vox_offset),
            slope: f64::from(h.scl_slope),
            inter: f64::from(h.scl_inter),
            units: h.xyzt_units,
            intent: i32::from(h.intent_code),
            qform_code: h.qform_code,
            sform_code: h.sform_code,
            qform: [h.quatern_b, h.quatern_c, h.quatern_d, h.quatern_x, h.quatern_y, h.quatern_z]
                .map(f64::from),
            sform: [row(h.srow_x), row(h.srow_y), row(h.srow_z)],
        })
    }

    /// NIfTI-2 (nifti2.h): 540 bytes, 64-bit sizes and positions. The `nifti` crate does not read it.
    fn second(header: &[u8], endian: Endianness) -> Result<Self, VolumeError> {
        let is_pair = match &header[4..8] {
            b"n+2\0" => false,
            b"ni2\0" => true,
            _ => return Err(VolumeError::NotNifti { looks_like: None }),
        };
        if header[8..12] != MAGIC_2 {
            // These four bytes are there to show it.
            return Err(VolumeError::LineEnds);
        }
        let f = Fields { header, endian };
        Ok(Self {
            version: 2,
            is_pair,
            endian,
            datatype: f.i16(12),
            bitpix: f.i16(14),
            dim: std::array::from_fn(|i| f.i64(16 + 8 * i)),
            pixdim: std::array::from_fn(|i| f.f64(104 + 8 * i)),
            vox_offset: f.i64(168) as f64,
            slope: f.f64(176),
            inter: f.f64(184),
            qform_code: f.code(344),
            sform_code: f.code(348),
            qform: std::array::from_fn(|i| f.f64(352 + 8 * i)),
            sform: std::array::from_fn(|r| std::array::from_fn(|c| f.f64(400 + 32 * r + 8 * c))),
            intent: f.i32(504),
            units: f.i32(500).cast_unsigned().to_le_bytes()[0],
        })
    }

    /// First byte that voxels can have in a single file.
    pub fn least_offset(&self) -> usize {
        // Four bytes after the header say whether extensions follow.
        SIZES[usize::from(self.version) - 1] + 4
    }
}

/// Numbers of a header that is long enough.
struct Fields<'a> {
    header: &'a [u8],
    endian: Endianness,
}

impl Fields<'_> {
    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes: [u8; N] =
            std::array::from_fn(|i| self.header.get(at + i).copied().unwrap_or_default());
        if self.endian == Endianness::Big {
            bytes.reverse();
        }
        bytes
    }

    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.take(at))
    }

    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.take(at))
    }

    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.take(at))
    }

    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.take(at))
    }

    /// A code of 32 bits, which no code of the standard needs.
    fn code(&self, at: usize) -> i16 {
        i16::try_from(self.i32(at)).unwrap_or_default()
    }
}
