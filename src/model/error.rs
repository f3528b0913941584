//! What can go wrong between two volumes and an answer.

use crate::fault::{Explained, Fault};
use crate::model::Sequence;
use crate::nomogram::ClinicalError;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The bundle's bytes are not what its format promises.
    #[error("the model bundle cannot be used: {0}")]
    Bundle(String),
    /// The bundle was changed after it was written.
    #[error("the model bundle was altered: its contents hash to {found}, but it states {stated}")]
    BundleHash { stated: String, found: String },
    /// A bundle of another generation.
    #[error("the model bundle has schema {found}, but this version reads schema {expected}")]
    BundleSchema { expected: u32, found: u32 },
    /// No connected bright object of the size of a newborn's brain.
    #[error("no newborn brain was found in the {} image: {reason}", .sequence.suffix())]
    NoBrain { sequence: Sequence, reason: String },
    /// One image was given for both sequences.
    #[error("the T1w and the T2w image are the same file")]
    SameImage,
    /// An image is missing.
    #[error("the {} image is missing", .0.suffix())]
    Missing(Sequence),
    /// What was given besides the images is not what the model asks for.
    #[error(transparent)]
    Clinical(#[from] ClinicalError),
    /// The adapter could not be had.
    #[error("there is no graphics adapter for it")]
    NoAdapter(String),
    /// A device gave another answer than the bundle states.
    #[error("the self-test failed on {device}: expected {expected}, got {found}")]
    SelfTest { device: String, expected: f64, found: f64 },
    /// A device stopped working.
    #[error("the computation failed on the device: {0}")]
    Compute(String),
}

impl Explained for ModelError {
    fn fault(&self) -> Fault {
        match self {
            Self::Clinical(error) => error.fault(),
            Self::Bundle(_) | Self::BundleHash { .. } | Self::SameImage | Self::Missing(_) => {
                Fault::Malformed
            }
            Self::BundleSchema { .. } => Fault::Unsupported,
            Self::NoBrain { .. } => Fault::OutOfScope,
            Self::NoAdapter(_) | Self::SelfTest { .. } | Self::Compute(_) => Fault::Device,
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Clinical(error) => error.next_step(),
            Self::Bundle(_) | Self::BundleHash { .. } => {
                "Get the model bundle again from where it was published."
            }
            Self::BundleSchema { .. } => "Use the version of HIELight that the bundle was made with.",
            Self::NoBrain { .. } => "Check that the file is a brain image of a term newborn.",
            Self::SameImage => "Give the T1-weighted file as T1w and the T2-weighted file as T2w.",
            Self::Missing(_) => "Give both a T1w and a T2w image.",
            Self::NoAdapter(_) => "Let the analysis run on the CPU instead.",
            Self::SelfTest { .. } => "Update the graphics driver or use another machine.",
            Self::Compute(_) => "Reload and try again; if it persists, use the CPU.",
        }
    }
}
