//! What can be wrong with an image file, each with its sentence and its next step.

use crate::fault::{Explained, Fault};
use crate::language::Text;
use crate::text;

/// Why an image was refused. Each variant says what was expected and what was found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.text())]
#[non_exhaustive]
pub enum VolumeError {
    Empty,
    NotNifti { looks_like: Option<Lookalike> },
    Nifti2,
    Pair,
    Gzip(String),
    Truncated { expected: u64, found: u64 },
    Dimensions(usize),
    DimensionSize { axis: usize, size: i16 },
    Series(u64),
    Datatype(Text),
    Bitpix { expected: i16, found: i16 },
    VoxOffset { found: f32 },
    Scaling { slope: f32, inter: f32 },
    TooLarge { found: u64, limit: u64 },
    NothingFinite,
    VoxelCount { expected: usize, found: usize },
    Affine,
}

/// What a file is that is given for a NIfTI image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookalike {
    Dicom,
    /// What Git keeps in the place of a large file that was not fetched.
    LfsPointer,
    Text,
    Analyze,
}

impl Explained for VolumeError {
    fn fault(&self) -> Fault {
        match self {
            Self::Nifti2 | Self::Pair | Self::Dimensions(_) | Self::Series(_) | Self::Datatype(_) => {
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
            Self::NotNifti { looks_like: Some(Lookalike::Dicom) } => {
                text!("the file is not a NIfTI image but a DICOM file")
            }
            Self::NotNifti { looks_like: Some(Lookalike::LfsPointer) } => {
                text!("the file is not a NIfTI image but a Git LFS pointer to one")
            }
            Self::NotNifti { looks_like: Some(Lookalike::Text) } => {
                text!("the file is not a NIfTI image but a text file")
            }
            Self::NotNifti { looks_like: Some(Lookalike::Analyze) } => {
                text!("the file is not a NIfTI image but an Analyze header")
            }
            Self::Nifti2 => text!("the file is a NIfTI-2 image, and only NIfTI-1 is read"),
            Self::Pair => text!("the file is half of a .hdr/.img pair, and only single-file NIfTI is read"),
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
            Self::Bitpix { expected, found } => text!(
                "the header says {found} bits per voxel, but its datatype has {expected}",
                found = *found,
                expected = *expected
            ),
            Self::VoxOffset { found } => text!(
                "the voxels start at byte {found}, which is not between 352 and the end of the file",
                found = *found
            ),
            Self::Scaling { slope, inter } => text!(
                "the intensity scaling (slope {slope}, intercept {inter}) is not finite",
                slope = *slope,
                inter = *inter
            ),
            Self::TooLarge { found, limit } => text!(
                "the image needs {found} bytes, more than the limit of {limit}",
                found = *found,
                limit = *limit
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
            Self::NotNifti { .. } => {
                text!("Convert the DICOM series to NIfTI (.nii or .nii.gz), for example with dcm2niix.")
            }
            Self::Nifti2 | Self::Pair => text!("Save it as a single NIfTI-1 file (.nii or .nii.gz)."),
            Self::Series(_) | Self::Dimensions(_) => {
                text!("Save the anatomical volume as a 3-D file of its own.")
            }
            Self::Datatype(_) => text!("Export the magnitude image in grey levels."),
            Self::TooLarge { .. } => text!("Crop the image to the head or resample it."),
            Self::DimensionSize { .. }
            | Self::Bitpix { .. }
            | Self::VoxOffset { .. }
            | Self::Scaling { .. }
            | Self::NothingFinite
            | Self::VoxelCount { .. }
            | Self::Affine => text!("The header is wrong: convert the image again from DICOM."),
        }
    }
}
