//! What can go wrong between two volumes and an answer.

use crate::fault::{Explained, Fault};
use crate::language::Text;
use crate::model::Sequence;
use crate::nomogram::ClinicalError;
use crate::text;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.text())]
pub enum ModelError {
    /// The bundle's bytes are not what its format promises.
    Bundle(Text),
    /// The bundle was changed after it was written.
    BundleHash { stated: String, found: String },
    /// A bundle of another generation.
    BundleSchema { expected: u32, found: u32 },
    /// No connected bright object of the size of a newborn's brain.
    NoBrain { sequence: Sequence, reason: Text },
    /// Both images together do not fit the mean newborn.
    NotAligned { reason: Text },
    /// One image was given for both sequences.
    SameImage,
    /// An image is missing.
    Missing(Sequence),
    /// What was given besides the images is not what the model asks for.
    #[error(transparent)]
    Clinical(#[from] ClinicalError),
    /// The adapter could not be had.
    NoAdapter(String),
    /// A device gave another answer than the bundle states.
    SelfTest { device: Text, expected: f64, found: f64 },
    /// A device stopped working.
    Compute(Text),
}

impl Explained for ModelError {
    fn fault(&self) -> Fault {
        match self {
            Self::Clinical(error) => error.fault(),
            Self::Bundle(_) | Self::BundleHash { .. } | Self::SameImage | Self::Missing(_) => {
                Fault::Malformed
            }
            Self::BundleSchema { .. } => Fault::Unsupported,
            Self::NoBrain { .. } | Self::NotAligned { .. } => Fault::OutOfScope,
            Self::NoAdapter(_) | Self::SelfTest { .. } | Self::Compute(_) => Fault::Device,
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::Bundle(reason) => text!("the model bundle cannot be used: {reason}", reason),
            Self::BundleHash { stated, found } => text!(
                "the model bundle was altered: its contents hash to {found}, but it states {stated}",
                found,
                stated
            ),
            Self::BundleSchema { expected, found } => text!(
                "the model bundle has schema {found}, but this version reads schema {expected}",
                found = *found,
                expected = *expected
            ),
            Self::NoBrain { sequence, reason } => text!(
                "no newborn brain was found in the {sequence} image: {reason}",
                sequence = sequence.suffix(),
                reason
            ),
            Self::NotAligned { reason } => {
                text!("the images cannot be aligned to a newborn's: {reason}", reason)
            }
            Self::SameImage => text!("the T1w and the T2w image are the same file"),
            Self::Missing(sequence) => {
                text!("the {sequence} image is missing", sequence = sequence.suffix())
            }
            Self::Clinical(error) => error.text(),
            Self::NoAdapter(_) => text!("there is no graphics adapter for it"),
            Self::SelfTest { device, expected, found } => text!(
                "the self-test failed on {device}: expected {expected}, got {found}",
                device,
                expected = *expected,
                found = *found
            ),
            Self::Compute(reason) => text!("the computation failed on the device: {reason}", reason),
        }
    }

    fn next_step(&self) -> Text {
        match self {
            Self::Clinical(error) => error.next_step(),
            Self::Bundle(_) | Self::BundleHash { .. } => {
                text!("Get the model bundle again from where it was published.")
            }
            Self::BundleSchema { .. } => {
                text!("Use the version of HIELight that the bundle was made with.")
            }
            Self::NoBrain { .. } => text!("Check that the file is a brain image of a term newborn."),
            Self::NotAligned { .. } => {
                text!("Check that both are of one term newborn, T1w and T2w each in its place.")
            }
            Self::SameImage => text!("Give the T1-weighted file as T1w and the T2-weighted file as T2w."),
            Self::Missing(_) => text!("Give both a T1w and a T2w image."),
            Self::NoAdapter(_) => text!("Let the analysis run on the CPU instead."),
            Self::SelfTest { .. } => text!("Update the graphics driver or use another machine."),
            Self::Compute(_) => text!("Reload and try again; if it persists, use the CPU."),
        }
    }
}
