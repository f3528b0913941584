//! NIfTI-1 intake and writing.

use super::{Volume, VolumeError};
use crate::fault::Notice;
use serde::Serialize;

/// What a header says: the keys of `hielight inspect --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {}

/// A file that was read: its first volume as stored, what its header says, what was doubtful.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    pub volume: Volume,
    pub facts: Facts,
    pub warnings: Vec<Notice>,
}

/// Reads `.nii` or `.nii.gz` (told apart by content, never by name).
pub fn read_nifti(_bytes: &[u8]) -> Result<Image, VolumeError> {
    Err(VolumeError::Affine)
}

/// Writes a volume as float32 or int16 `.nii.gz` with sform and qform.
pub fn write_nifti_gz(_volume: &Volume) -> Vec<u8> {
    Vec::new()
}
