//! What can be wrong with an image file, each with its sentence and its next step.

use crate::fault::{Explained, Fault};

/// Why an image was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VolumeError {
    /// Header and data disagree.
    #[error("the image should hold {expected} voxels but holds {found}")]
    VoxelCount { expected: usize, found: usize },
    /// No usable position in space.
    #[error("the image's affine is not finite or cannot be inverted")]
    Affine,
}

impl Explained for VolumeError {
    fn fault(&self) -> Fault {
        Fault::Malformed
    }
    fn next_step(&self) -> &'static str {
        "Export the image again from the scanner or converter."
    }
}
