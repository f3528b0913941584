//! NIfTI-1 intake: every header field is checked before a voxel is read.
//!
//! The `nifti` crate parses the header; voxels are decoded here, because the crate ignores a
//! `vox_offset` beyond the extensions and panics on some datatypes.

use super::facts::{Facts, FirstVolume};
use super::{Affine, Lookalike, Stored, Volume, VolumeError};
use crate::fault::Notice;
use crate::language::number;
use crate::text;
use flate2::read::MultiGzDecoder;
use nifti::{Endianness, NiftiHeader, NiftiType};
use std::borrow::Cow;
use std::io::Read;

/// A file that was read: its volume as stored, what its header says, what was doubtful.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Voxels after slope and intercept; those that were not finite are 0.
    pub volume: Volume,
    /// Shape and position as the header has them.
    pub stored: Stored,
    pub facts: Facts,
    pub warnings: Vec<Notice>,
}

const HEADER: usize = 348;
const FIRST_VOXEL: f32 = 352.0;
/// Bytes of one uncompressed file: a 512³ image in float32, or 400³ in float64.
const LIMIT: u64 = 512 * 1024 * 1024 + 65_536;
/// No gzip stream expands more than this (about 1032 by its format).
const GZIP_MOST: u64 = 1040;
/// Voxels of one image: they are held as float32.
const VOXEL_LIMIT: u64 = 512 * 512 * 512;
/// Slices thicker than this are told.
const THICK_SLICE_MM: f64 = 3.0;

/// Reads `.nii` or `.nii.gz`, told apart by content and never by name.
///
/// # Errors
/// `VolumeError`, one variant per cause.
pub fn read_nifti(bytes: &[u8]) -> Result<Image, VolumeError> {
    let bytes = uncompressed(bytes)?;
    let header = parse_header(&bytes)?;
    let shape = shape(&header)?;
    let voxel = VoxelType::of(&header)?;
    let (slope, inter) = scaling(&header)?;
    let raw = voxel_bytes(&bytes, &header, shape, voxel)?;
    let (mut voxels, first_volume) = decode(raw, voxel, header.endianness, slope, inter);
    let mut warnings = Vec::new();
    if first_volume.non_finite > 0 {
        if first_volume.non_finite == voxels.len() {
            return Err(VolumeError::NothingFinite);
        }
        voxels.iter_mut().filter(|v| !v.is_finite()).for_each(|v| *v = 0.0);
        warnings.push(Notice::new(
            "non_finite_voxels",
            text!("{n} voxels were not finite and are read as 0.", n = first_volume.non_finite),
        ));
    }
    let affine = position(&header, shape, &mut warnings)?;
    doubts(&header, &affine, &mut warnings);
    let facts = Facts::of(&header, &affine, first_volume);
    let stored = Stored::of(&header, shape, affine);
    Ok(Image { volume: Volume::new(shape, voxels, affine)?, stored, facts, warnings })
}

fn uncompressed(bytes: &[u8]) -> Result<Cow<'_, [u8]>, VolumeError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return if bytes.is_empty() { Err(VolumeError::Empty) } else { Ok(Cow::Borrowed(bytes)) };
    }
    // The trailer states the length of the last member: one allocation instead of doubling, if it is true.
    let stated = bytes.last_chunk::<4>().map_or(0, |b| u64::from(u32::from_le_bytes(*b)));
    let mut out = Vec::with_capacity(stated.min(LIMIT).min(GZIP_MOST * bytes.len() as u64) as usize + 1);
    MultiGzDecoder::new(bytes)
        .take(LIMIT + 1)
        .read_to_end(&mut out)
        .map_err(|e| VolumeError::Gzip(e.to_string()))?;
    match out.len() as u64 {
        0 => Err(VolumeError::Empty),
        found if found > LIMIT => Err(VolumeError::TooLarge { found, limit: LIMIT }),
        _ => Ok(Cow::Owned(out)),
    }
}

fn parse_header(bytes: &[u8]) -> Result<NiftiHeader, VolumeError> {
    let not_nifti = |looks_like| Err(VolumeError::NotNifti { looks_like });
    let field = |at: usize| bytes.get(at..at + 4);
    if field(128) == Some(b"DICM") {
        return not_nifti(Some(Lookalike::Dicom));
    }
    if bytes.starts_with(b"version https://git-lfs") {
        return not_nifti(Some(Lookalike::LfsPointer));
    }
    let size = field(0).and_then(|b| b.try_into().ok()).map(i32::from_le_bytes).unwrap_or_default();
    if size == 540 || size.swap_bytes() == 540 {
        return Err(VolumeError::Nifti2);
    }
    if size != 348 && size.swap_bytes() != 348 {
        let text = bytes.iter().take(256).all(|b| matches!(b, 9 | 10 | 13 | 32..=126));
        return not_nifti(text.then_some(Lookalike::Text));
    }
    let Some(header) = bytes.get(..HEADER) else {
        return Err(VolumeError::Truncated { expected: HEADER as u64, found: bytes.len() as u64 });
    };
    match &header[344..348] {
        b"n+1\0" => {}
        b"ni1\0" => return Err(VolumeError::Pair),
        _ => return not_nifti(Some(Lookalike::Analyze)),
    }
    NiftiHeader::from_reader(header).map_err(|_| VolumeError::NotNifti { looks_like: None })
}

/// The three spatial dimensions; further ones must be 1.
fn shape(header: &NiftiHeader) -> Result<[usize; 3], VolumeError> {
    let count = usize::from(header.dim[0]);
    if !(1..=7).contains(&count) {
        return Err(VolumeError::DimensionSize { axis: 0, size: header.dim[0].cast_signed() });
    }
    for axis in 1..=count {
        let size = header.dim[axis].cast_signed();
        if size < 1 {
            return Err(VolumeError::DimensionSize { axis, size });
        }
    }
    if count < 3 {
        return Err(VolumeError::Dimensions(count));
    }
    let volumes: u64 = header.dim[4..=count.max(3)].iter().map(|n| u64::from(*n)).product();
    if volumes > 1 {
        return Err(VolumeError::Series(volumes));
    }
    let voxels: u64 = header.dim[1..4].iter().map(|n| u64::from(*n)).product();
    if voxels > VOXEL_LIMIT {
        return Err(VolumeError::TooLarge { found: voxels.saturating_mul(4), limit: VOXEL_LIMIT * 4 });
    }
    Ok(std::array::from_fn(|a| usize::from(header.dim[a + 1])))
}

/// A real, scalar datatype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct VoxelType(NiftiType);

impl VoxelType {
    fn of(header: &NiftiHeader) -> Result<Self, VolumeError> {
        let kind = header
            .data_type()
            .map_err(|_| VolumeError::Datatype(text!("code {code}", code = header.datatype)))?;
        let voxel = Self(kind);
        let bytes = voxel.bytes().ok_or_else(|| VolumeError::Datatype(format!("{kind:?}").into()))?;
        let expected = 8 * bytes as i16;
        if header.bitpix != expected {
            return Err(VolumeError::Bitpix { expected, found: header.bitpix });
        }
        Ok(voxel)
    }

    fn bytes(self) -> Option<usize> {
        match self.0 {
            NiftiType::Uint8 | NiftiType::Int8 => Some(1),
            NiftiType::Uint16 | NiftiType::Int16 => Some(2),
            NiftiType::Uint32 | NiftiType::Int32 | NiftiType::Float32 => Some(4),
            NiftiType::Uint64 | NiftiType::Int64 | NiftiType::Float64 => Some(8),
            _ => None,
        }
    }
}

/// Slope and intercept; a slope of 0 means that there is no scaling.
fn scaling(header: &NiftiHeader) -> Result<(f64, f64), VolumeError> {
    let (slope, inter) = (header.scl_slope, header.scl_inter);
    if slope == 0.0 {
        return Ok((1.0, 0.0));
    }
    if !slope.is_finite() || !inter.is_finite() {
        return Err(VolumeError::Scaling { slope, inter });
    }
    Ok((f64::from(slope), f64::from(inter)))
}

fn voxel_bytes<'a>(
    bytes: &'a [u8],
    header: &NiftiHeader,
    shape: [usize; 3],
    voxel: VoxelType,
) -> Result<&'a [u8], VolumeError> {
    let offset = header.vox_offset;
    if !(offset >= FIRST_VOXEL && f64::from(offset) <= bytes.len().max(352) as f64 && offset.fract() == 0.0) {
        return Err(VolumeError::VoxOffset { found: offset });
    }
    let start = offset as usize;
    let length = shape.iter().product::<usize>() * voxel.bytes().unwrap_or_default();
    bytes
        .get(start..start + length)
        .ok_or(VolumeError::Truncated { expected: (start + length) as u64, found: bytes.len() as u64 })
}

/// Voxels as `f32` after scaling in `f64`, and the statistics of the scaled values.
fn decode(
    raw: &[u8],
    voxel: VoxelType,
    endian: Endianness,
    slope: f64,
    inter: f64,
) -> (Vec<f32>, FirstVolume) {
    macro_rules! values {
        ($t:ty) => {
            raw.chunks_exact(size_of::<$t>())
                .map(|c| {
                    let bytes = std::array::from_fn(|i| c[i]);
                    let stored = if endian == Endianness::Little {
                        <$t>::from_le_bytes(bytes)
                    } else {
                        <$t>::from_be_bytes(bytes)
                    };
                    stored as f64 * slope + inter
                })
                .collect::<Scaled>()
        };
    }
    let scaled = match voxel.0 {
        NiftiType::Uint8 => values!(u8),
        NiftiType::Int8 => values!(i8),
        NiftiType::Uint16 => values!(u16),
        NiftiType::Int16 => values!(i16),
        NiftiType::Uint32 => values!(u32),
        NiftiType::Int32 => values!(i32),
        NiftiType::Uint64 => values!(u64),
        NiftiType::Int64 => values!(i64),
        NiftiType::Float32 => values!(f32),
        // The only one left: `VoxelType` holds no other.
        _ => values!(f64),
    };
    let statistics = scaled.statistics();
    (scaled.voxels, statistics)
}

/// Collects scaled values into voxels and running sums.
struct Scaled {
    voxels: Vec<f32>,
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
    finite: usize,
    /// Shift that keeps the sum of squares well conditioned.
    origin: f64,
}

impl FromIterator<f64> for Scaled {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let values = values.into_iter();
        let mut s = Self {
            voxels: Vec::with_capacity(values.size_hint().0),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0.0,
            squares: 0.0,
            finite: 0,
            origin: 0.0,
        };
        for value in values {
            s.voxels.push(value as f32);
            // A huge slope can take a value beyond `f32`: as a voxel it is not finite.
            if (value as f32).is_finite() {
                if s.finite == 0 {
                    s.origin = value;
                }
                s.finite += 1;
                s.min = s.min.min(value);
                s.max = s.max.max(value);
                let shifted = value - s.origin;
                s.sum += shifted;
                s.squares += shifted * shifted;
            }
        }
        s
    }
}

impl Scaled {
    fn statistics(&self) -> FirstVolume {
        let n = self.finite as f64;
        let some = |v: f64| (self.finite > 0 && v.is_finite()).then_some(v);
        let mean = self.sum / n;
        FirstVolume {
            min: some(self.min),
            max: some(self.max),
            mean: some(mean + self.origin),
            std: some((self.squares / n - mean * mean).max(0.0).sqrt()),
            non_finite: self.voxels.len() - self.finite,
        }
    }
}

/// Voxel to world by sform, else qform, else voxel sizes about the image's centre.
fn position(
    header: &NiftiHeader,
    shape: [usize; 3],
    warnings: &mut Vec<Notice>,
) -> Result<Affine, VolumeError> {
    if header.sform_code > 0 {
        let rows = [header.srow_x, header.srow_y, header.srow_z].map(|row| row.map(f64::from));
        let affine = Affine::from_rows(rows)?;
        if header.qform_code > 0
            && let Ok(other) = qform(header)
        {
            let last = shape.map(|n| n as f64 - 1.0);
            let step = affine.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
            let apart =
                [[0.0; 3], last].iter().any(|v| distance(affine.to_world(*v), other.to_world(*v)) > step);
            if apart {
                warnings.push(Notice::new(
                    "sform_qform_differ",
                    text!("The header holds two positions in space (sform, qform) that differ; the sform is used."),
                ));
            }
        }
        return Ok(affine);
    }
    if header.qform_code > 0 {
        return qform(header);
    }
    warnings.push(Notice::new(
        "no_orientation",
        text!("The header says nothing about orientation: left and right cannot be told and may be swapped."),
    ));
    let size: [f64; 3] = std::array::from_fn(|a| match f64::from(header.pixdim[a + 1]).abs() {
        0.0 => 1.0,
        mm => mm,
    });
    // The reference reader's convention: the first axis runs to the left, the origin is the centre.
    let sign = [-1.0, 1.0, 1.0];
    Affine::from_rows(std::array::from_fn(|r| {
        let mut row = [0.0; 4];
        row[r] = sign[r] * size[r];
        row[3] = -row[r] * (shape[r] as f64 - 1.0) / 2.0;
        row
    }))
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

fn qform(header: &NiftiHeader) -> Result<Affine, VolumeError> {
    let [b, c, d] = [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
    let size = [1, 2, 3].map(|a| f64::from(header.pixdim[a]));
    let handed = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let offset = [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from);
    Affine::from_quaternion([b, c, d], size, handed, offset)
}

fn doubts(header: &NiftiHeader, affine: &Affine, warnings: &mut Vec<Notice>) {
    let thickest = affine.spacing_mm().into_iter().fold(0.0, f64::max);
    if thickest > THICK_SLICE_MM {
        warnings.push(Notice::new(
            "thick_slices",
            text!(
                "Slices are {mm} mm apart: small lesions between them may be missed.",
                mm = number(thickest, 1)
            ),
        ));
    }
    // 0 is "unknown", which in practice means millimetres.
    if !matches!(header.xyzt_units & 7, 0 | 2) {
        warnings.push(Notice::new(
            "not_millimetres",
            text!("The header states another unit of length than millimetres; millimetres are assumed."),
        ));
    }
}
