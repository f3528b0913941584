//! NIfTI intake: every header field is checked before a voxel is read.
//!
//! What the standard or its reference library settles is read so, with a warning where it is odd; everything else is
//! refused by name. The `nifti` crate parses NIfTI-1's header; voxels are decoded here, because the crate ignores a
//! `vox_offset` beyond the extensions and panics on some datatypes.

use super::facts::Facts;
use super::gunzip::Content;
use super::header::Header;
use super::position::position;
use super::voxels::{VoxelType, decode};
use super::{Affine, Stored, Volume, VolumeError};
use crate::fault::Notice;
use crate::language::number;
use crate::text;

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

/// Most bytes of one file, before and after it is decompressed: a 512³ image in float32, or 400³ in float64.
pub const FILE_LIMIT: u64 = 512 * 1024 * 1024 + 65_536;
/// Voxels of one volume: they are held as float32.
const VOXEL_LIMIT: u64 = 512 * 512 * 512;
/// Slices thicker than this are told.
const THICK_SLICE_MM: f64 = 3.0;

/// Bytes that hold either header and the mark after it.
const HEADER: usize = 544;

/// Which files an image is in.
enum Files<'a> {
    One(&'a [u8]),
    Pair { header: &'a [u8], voxels: &'a [u8] },
}

/// Reads a single file, `.nii` or `.nii.gz`, told apart by content and never by name.
///
/// # Errors
/// `VolumeError`, one variant per cause.
pub fn read_nifti(bytes: &[u8]) -> Result<Image, VolumeError> {
    let (image, volumes) = read(&Files::One(bytes))?;
    single(image, volumes)
}

/// Reads a pair, `.hdr` and `.img`, each plain or compressed.
///
/// # Errors
/// `VolumeError`, one variant per cause.
pub fn read_nifti_pair(header: &[u8], voxels: &[u8]) -> Result<Image, VolumeError> {
    let (image, volumes) = read(&Files::Pair { header, voxels })?;
    single(image, volumes)
}

/// What a file says and what was doubtful, also of a series, whose first volume is looked at. `voxels` is the second
/// file of a pair.
///
/// # Errors
/// `VolumeError`, one variant per cause.
pub fn describe_nifti(bytes: &[u8], voxels: Option<&[u8]>) -> Result<(Facts, Vec<Notice>), VolumeError> {
    let files = match voxels {
        None => Files::One(bytes),
        Some(voxels) => Files::Pair { header: bytes, voxels },
    };
    read(&files).map(|(image, _)| (image.facts, image.warnings))
}

/// Whether a file is the header of a pair, so that its voxels have to be found.
#[must_use]
pub fn is_pair_header(bytes: &[u8]) -> bool {
    let header = |bytes| Header::read(Content::of(bytes, FILE_LIMIT)?.first(HEADER)?);
    header(bytes).is_ok_and(|header| header.is_pair)
}

fn single(image: Image, volumes: u64) -> Result<Image, VolumeError> {
    if volumes > 1 { Err(VolumeError::Series(volumes)) } else { Ok(image) }
}

/// The first volume, and how many there are.
fn read(files: &Files<'_>) -> Result<(Image, u64), VolumeError> {
    let mut warnings = Vec::new();
    let open = |bytes| Content::of(bytes, FILE_LIMIT);
    let (mut first, second) = match files {
        Files::One(bytes) => (open(bytes)?, None),
        Files::Pair { header, voxels } => (open(header)?, Some(open(voxels)?)),
    };
    let header = Header::read(first.first(HEADER)?)?;
    let mut rubbish = 0;
    let mut voxels = match (header.is_pair, second) {
        (false, None) => first,
        (true, Some(voxels)) => {
            rubbish += first.finish()?.1;
            voxels
        }
        (true, None) => return Err(VolumeError::Pair { missing: None }),
        // A whole image and another file.
        (false, Some(_)) => return Err(VolumeError::NoPair),
    };
    let (shape, volumes) = shape(&header, &mut warnings)?;
    let voxel = VoxelType::of(header.datatype)?;
    if i64::from(header.bitpix) != 8 * voxel.size() as i64 {
        warnings.push(Notice::new(
            "bits_per_voxel",
            text!(
                "The header says {found} bits per voxel, but its datatype has {expected}; the datatype counts.",
                found = header.bitpix,
                expected = 8 * voxel.size()
            ),
        ));
    }
    let (slope, inter) = scaling(&header, &mut warnings);
    let start = voxel_start(&header, &mut warnings)?;
    // Within the limits that `shape` has checked.
    let length = shape.iter().product::<usize>() * voxel.size();
    voxels.first(start + length)?;
    let (total, after) = voxels.finish()?;
    rubbish += after;
    if rubbish > 0 {
        warnings.push(Notice::new(
            "bytes_after_gzip",
            text!("{n} bytes after the end of the compressed file were left unread.", n = rubbish),
        ));
    }
    if start as u64 > total.max(least_start(&header) as u64) {
        return Err(offset_error(&header));
    }
    let whole = (length as u64).saturating_mul(volumes).saturating_add(start as u64);
    let truncated = VolumeError::Truncated { expected: whole, found: total };
    if whole > total {
        return Err(truncated);
    }
    let raw = voxels.first(start + length)?.get(start..start + length).ok_or(truncated)?;
    let (mut voxels, first_volume) = decode(raw, voxel, header.endian, slope, inter);
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
    warnings.extend(thick_slices(&affine));
    let facts = Facts::of(&header, &affine, voxel.name(), first_volume);
    let stored = Stored::of(&header, shape, affine);
    Ok((Image { volume: Volume::new(shape, voxels, affine)?, stored, facts, warnings }, volumes))
}

/// What is said of slices so thick that a lesion may lie between them.
pub(crate) fn thick_slices(affine: &Affine) -> Option<Notice> {
    let thickest = affine.spacing_mm().into_iter().fold(0.0, f64::max);
    let message = || {
        text!("Slices are {mm} mm apart: small lesions between them may be missed.", mm = number(thickest, 1))
    };
    (thickest > THICK_SLICE_MM).then(|| Notice::new("thick_slices", message()))
}

/// The three spatial dimensions, and the product of the further ones.
fn shape(header: &Header, warnings: &mut Vec<Notice>) -> Result<([usize; 3], u64), VolumeError> {
    let count = usize::try_from(header.dim[0]).unwrap_or_default();
    if !(1..=7).contains(&count) {
        return Err(VolumeError::DimensionSize { axis: 0, size: header.dim[0] });
    }
    for axis in 1..=count {
        let size = header.dim[axis];
        if axis > 3 && size == 0 {
            warnings.push(Notice::new(
                "dimension_of_size_0",
                text!("The header gives dimension {axis} the size 0; it is read as 1.", axis),
            ));
        } else if size < 1 {
            return Err(VolumeError::DimensionSize { axis, size });
        }
    }
    if count < 3 {
        return Err(VolumeError::Dimensions(count));
    }
    let product = |sizes: &[i64]| {
        sizes.iter().try_fold(1_u64, |all, n| all.checked_mul((*n).max(1).unsigned_abs())).unwrap_or(u64::MAX)
    };
    if product(&header.dim[1..4]) > VOXEL_LIMIT {
        return Err(VolumeError::TooLarge { limit: VOXEL_LIMIT * 4 });
    }
    let space = std::array::from_fn(|a| usize::try_from(header.dim[a + 1]).unwrap_or_default());
    Ok((space, product(&header.dim[4..=count.max(3)])))
}

/// Slope and intercept; a slope of 0, or one or the other not finite, means that there is no scaling (nifti1.h).
fn scaling(header: &Header, warnings: &mut Vec<Notice>) -> (f64, f64) {
    let (slope, inter) = (header.slope, header.inter);
    if slope == 0.0 {
        return (1.0, 0.0);
    }
    if !slope.is_finite() || !inter.is_finite() {
        warnings.push(Notice::new(
            "scaling_not_finite",
            text!(
                "The intensity scaling (slope {slope}, intercept {inter}) is not finite; the stored values are used.",
                slope,
                inter
            ),
        ));
        return (1.0, 0.0);
    }
    (slope, inter)
}

/// First byte that voxels can have.
fn least_start(header: &Header) -> usize {
    if header.is_pair { 0 } else { header.least_offset() }
}

fn offset_error(header: &Header) -> VolumeError {
    VolumeError::VoxOffset { found: header.vox_offset, least: least_start(header) }
}

/// Where the voxels begin.
fn voxel_start(header: &Header, warnings: &mut Vec<Notice>) -> Result<usize, VolumeError> {
    let (least, offset) = (least_start(header), header.vox_offset);
    if !(offset >= 0.0 && offset.fract() == 0.0 && offset <= FILE_LIMIT as f64) {
        return Err(offset_error(header));
    }
    let start = offset as usize;
    if start >= least {
        return Ok(start);
    }
    // 0 says nothing, and the header's own length forgets the four bytes after it.
    if start != 0 && start != least - 4 {
        return Err(offset_error(header));
    }
    warnings.push(Notice::new(
        "voxel_offset",
        text!(
            "The header says that voxels start at byte {found}; they are read from byte {least}.",
            found = offset,
            least
        ),
    ));
    Ok(least)
}
