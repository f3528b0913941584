//! What can be wrong with an image file, each with its sentence and its next step.

use super::Lookalike;
use crate::fault::{Explained, Fault};
use crate::language::{Text, Value, number};
use crate::text;

/// Why an image was refused. Each variant says what was expected and what was found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.text())]
#[non_exhaustive]
pub enum VolumeError {
    Empty,
    NotNifti {
        looks_like: Option<Lookalike>,
    },
    /// A NIfTI-2 file whose line ends were changed on its way.
    LineEnds,
    /// One of the two files of a pair, whose other one is missing: its name, where it is known.
    Pair {
        missing: Option<String>,
    },
    /// A second file where the first is a whole image.
    NoPair,
    Gzip(String),
    Truncated {
        expected: u64,
        found: u64,
    },
    Dimensions(usize),
    DimensionSize {
        axis: usize,
        size: i64,
    },
    Series(u64),
    Datatype(Text),
    VoxOffset {
        found: f64,
        least: usize,
    },
    VoxelSize {
        axis: usize,
        size: f64,
    },
    /// Larger than the limit, in bytes.
    TooLarge {
        limit: u64,
    },
    /// What the image spans is no head, mm.
    Extent {
        mm: [f64; 3],
    },
    NothingFinite,
    VoxelCount {
        expected: usize,
        found: usize,
    },
    Affine,
}

impl Explained for VolumeError {
    fn fault(&self) -> Fault {
        match self {
            Self::Pair { .. } | Self::Dimensions(_) | Self::Series(_) | Self::Datatype(_) => {
                Fault::Unsupported
            }
            Self::TooLarge { .. } => Fault::TooLarge,
            _ => Fault::Malformed,
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::Empty => text!("the file is empty"),
            Self::NotNifti { looks_like: None } => text!("the file is not a NIfTI image"),
            Self::NotNifti { looks_like: Some(kind) } => {
                text!("the file is not a NIfTI image but {what}", what = kind.what())
            }
            Self::LineEnds => text!("the NIfTI-2 file was changed on its way, as text is"),
            Self::Pair { missing: None } => {
                text!("the file is half of a .hdr/.img pair, and its other half is missing")
            }
            Self::Pair { missing: Some(missing) } => {
                text!("the file is half of a .hdr/.img pair, and {missing} is missing", missing)
            }
            Self::NoPair => text!("two files were given as a .hdr/.img pair, but the first is a whole image"),
            Self::Gzip(reason) => text!("the compressed file is damaged or cut short ({reason})", reason),
            Self::Truncated { expected, found } => text!(
                "the file ends after {found} bytes, but its header needs {expected}",
                found = *found,
                expected = *expected
            ),
            Self::Dimensions(n) => {
                text!("the image has {n} dimensions of space, and three are needed", n = *n)
            }
            Self::DimensionSize { axis, size } => {
                text!("the header gives dimension {axis} the size {size}", axis = *axis, size = *size)
            }
            Self::Series(n) => {
                text!("the file holds {n} volumes, and a single 3-D image is needed", n = *n)
            }
            Self::Datatype(datatype) => {
                text!("the voxels are of type {datatype}, which is no magnitude image", datatype)
            }
            Self::VoxOffset { found, least } => text!(
                "the voxels start at byte {found}, which is not between {least} and the end of the file",
                found = *found,
                least = *least
            ),
            Self::VoxelSize { axis, size } => text!(
                "the header gives the voxel size {size} along axis {axis}, and nothing else says where voxels lie",
                size = *size,
                axis = *axis
            ),
            Self::TooLarge { limit } => text!(
                "the image needs more than {limit} MiB, which is the most that is read",
                limit = limit / (1024 * 1024)
            ),
            Self::Extent { mm } => text!(
                "the image spans {x} x {y} x {z} mm, and a head scan spans {low} to {high} mm",
                x = span(mm[0]),
                y = span(mm[1]),
                z = span(mm[2]),
                low = number(super::HEAD_MM[0], 0),
                high = number(super::HEAD_MM[1], 0)
            ),
            Self::NothingFinite => text!("no voxel of the image is finite"),
            Self::VoxelCount { expected, found } => text!(
                "the image should hold {expected} voxels but holds {found}",
                expected = *expected,
                found = *found
            ),
            Self::Affine => text!("the image's position in space is not finite or cannot be inverted"),
        }
    }

    fn next_step(&self) -> Text {
        match self {
            Self::Empty | Self::Gzip(_) | Self::Truncated { .. } => text!("Copy or export the file again."),
            Self::NotNifti { looks_like } => looks_like
                .map_or_else(|| text!("Choose the image as NIfTI (.nii or .nii.gz)."), Lookalike::next_step),
            Self::LineEnds => text!("Copy the file again in binary mode."),
            Self::Pair { .. } => text!("Give both files, .hdr and .img, together."),
            Self::NoPair => text!("Give the image alone."),
            Self::Extent { .. } => text!("Check the file's unit of length and its voxel sizes."),
            Self::Series(_) | Self::Dimensions(_) => {
                text!("Save the anatomical volume as a 3-D file of its own.")
            }
            Self::Datatype(_) => text!("Export the magnitude image in grey levels."),
            Self::TooLarge { .. } => text!("Crop the image to the head or resample it."),
            Self::DimensionSize { .. }
            | Self::VoxOffset { .. }
            | Self::VoxelSize { .. }
            | Self::NothingFinite
            | Self::VoxelCount { .. }
            | Self::Affine => text!("The header is wrong: convert the image again from DICOM."),
        }
    }
}

/// A length that may be far from any head's.
fn span(mm: f64) -> Value {
    if (0.1..1e6).contains(&mm) { number(mm, 1) } else { Value::Words(format!("{mm:.1e}")) }
}
