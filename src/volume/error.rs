//! What can be wrong with an image file, each with its sentence and its next step.

use crate::fault::{Explained, Fault};

/// Why an image was refused. Each variant says what was expected and what was found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VolumeError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is not a NIfTI image{}", .hint.map(|h| format!(" but {h}")).unwrap_or_default())]
    NotNifti { hint: Option<&'static str> },
    #[error("the file is a NIfTI-2 image, and only NIfTI-1 is read")]
    Nifti2,
    #[error("the file is half of a .hdr/.img pair, and only single-file NIfTI is read")]
    Pair,
    #[error("the compressed file is damaged or cut short ({0})")]
    Gzip(String),
    #[error("the file ends after {found} bytes, but its header needs {expected}")]
    Truncated { expected: u64, found: u64 },
    #[error("the image has {0} dimensions of space, and three are needed")]
    Dimensions(usize),
    #[error("the header gives dimension {axis} the size {size}")]
    DimensionSize { axis: usize, size: i16 },
    #[error("the file holds {0} volumes, and a single 3-D image is needed")]
    Series(u64),
    #[error("the voxels are of type {0}, which is no magnitude image")]
    Datatype(String),
    #[error("the header says {found} bits per voxel, but its datatype has {expected}")]
    Bitpix { expected: i16, found: i16 },
    #[error("the voxels start at byte {found}, which is not between 352 and the end of the file")]
    VoxOffset { found: f32 },
    #[error("the intensity scaling (slope {slope}, intercept {inter}) is not finite")]
    Scaling { slope: f32, inter: f32 },
    #[error("the image needs {found} bytes, more than the limit of {limit}")]
    TooLarge { found: u64, limit: u64 },
    #[error("no voxel of the image is finite")]
    NothingFinite,
    #[error("the image should hold {expected} voxels but holds {found}")]
    VoxelCount { expected: usize, found: usize },
    #[error("the image's position in space is not finite or cannot be inverted")]
    Affine,
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

    fn next_step(&self) -> &'static str {
        match self {
            Self::Empty | Self::Gzip(_) | Self::Truncated { .. } => "Copy or export the file again.",
            Self::NotNifti { .. } => {
                "Convert the DICOM series to NIfTI (.nii or .nii.gz), for example with dcm2niix."
            }
            Self::Nifti2 | Self::Pair => "Save it as a single NIfTI-1 file (.nii or .nii.gz).",
            Self::Series(_) | Self::Dimensions(_) => "Save the anatomical volume as a 3-D file of its own.",
            Self::Datatype(_) => "Export the magnitude image in grey levels.",
            Self::TooLarge { .. } => "Crop the image to the head or resample it.",
            Self::DimensionSize { .. }
            | Self::Bitpix { .. }
            | Self::VoxOffset { .. }
            | Self::Scaling { .. }
            | Self::NothingFinite
            | Self::VoxelCount { .. }
            | Self::Affine => "The header is wrong: convert the image again from DICOM.",
        }
    }
}
