//! What a study is run with, and why it cannot be run.

use super::lasso::LassoError;
use super::radiomics::RadiomicsError;
use super::selection::CandidateError;
use super::train::Schedule;
use crate::fault::{Explained as _, Fault};
use crate::model::{Layer, ModelError};
use crate::nomogram::FitError;
use burn::tensor::Device;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What the study is run with. Everything follows from `seed`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub seed: u64,
    pub folds: usize,
    /// Times that the folds are drawn anew: a training newborn's signature is the mean of as many models. New
    /// newborns get the mean of several models too; one model's signature alone is noisier, which would shrink
    /// the nomogram's coefficients and make every later answer too timid.
    pub repeats: usize,
    /// The center that training and internal validation are drawn from; `None`: the first in alphabetical order.
    pub center: Option<String>,
    /// Share of the development center kept for internal validation.
    pub internal_share: f64,
    pub layers: Vec<Layer>,
    pub schedule: Schedule,
    pub name: String,
    pub synthetic: bool,
    /// First part of the model card; the study appends its figures.
    pub card: Vec<(String, String)>,
    /// Branches trained at the same time.
    pub threads: usize,
    /// Where branches are trained.
    pub device: Device,
    /// Folder in which finished branches wait for an interrupted study to go on.
    pub checkpoints: Option<PathBuf>,
    /// Columns of the participants table that may join signatures and birth weight in the nomogram.
    pub candidates: Vec<String>,
}

impl Settings {
    /// Whether a cohort can be divided as the settings say.
    ///
    /// # Errors
    /// `StudyError::{Folds, InternalShare}`.
    pub fn check(&self) -> Result<(), StudyError> {
        if !(2..=20).contains(&self.folds) {
            return Err(StudyError::Folds(self.folds));
        }
        if !(0.0..1.0).contains(&self.internal_share) {
            return Err(StudyError::InternalShare(self.internal_share));
        }
        Ok(())
    }

    /// The development center among `centers`.
    ///
    /// # Errors
    /// `StudyError::Center` when the chosen one is not among them.
    pub fn development<'a>(
        &self,
        centers: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<&'a str, StudyError> {
        let found = match &self.center {
            Some(chosen) => centers.clone().find(|center| center == chosen),
            None => centers.clone().min(),
        };
        found.ok_or_else(|| StudyError::Center {
            chosen: self.center.clone().unwrap_or_default(),
            there: centers
                .map(str::to_owned)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

impl StudyError {
    /// By whose fault.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::TooFew { .. }
            | Self::Folds(_)
            | Self::InternalShare(_)
            | Self::Center { .. }
            | Self::Branch { .. }
            | Self::Fit(_)
            | Self::Candidate(_)
            | Self::Radiomics(RadiomicsError::Lasso(LassoError::TooFew { .. })) => Fault::OutOfScope,
            Self::NotAligned(_) | Self::Radiomics(_) | Self::Checkpoint(_) => Fault::Internal,
            Self::Model(error) => error.fault(),
            Self::Geometry(error) => error.fault(),
        }
    }
}

/// Why a study cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    #[error(
        "the training cohort has {events} newborns with HIE and {controls} without; at least {least} of each are needed"
    )]
    TooFew { events: usize, controls: usize, least: usize },
    #[error("the number of folds is {0}, but must be 2 to 20")]
    Folds(usize),
    #[error("the share kept for internal validation is {0}, but must be at least 0 and below 1")]
    InternalShare(f64),
    #[error(
        "there is no branch {number}: there are {models} of each sequence, which wait in a folder of checkpoints"
    )]
    Branch { number: usize, models: usize },
    #[error("the center {chosen} is not in the table, which has {there}")]
    Center { chosen: String, there: String },
    #[error("the control {0} has no aligned images to plant injuries into")]
    NotAligned(String),
    #[error("the nomogram cannot be fitted: {0}")]
    Fit(#[from] FitError),
    #[error("{0}")]
    Candidate(#[from] CandidateError),
    #[error(transparent)]
    Radiomics(#[from] RadiomicsError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("a checkpoint cannot be written: {0}")]
    Checkpoint(#[from] std::io::Error),
    #[error("the signed map cannot be placed: {0}")]
    Geometry(#[from] crate::volume::VolumeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_study_that_fails_by_our_fault_told_from_one_that_its_giver_can_mend() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        for ours in [StudyError::Checkpoint(full), StudyError::NotAligned("sub-1".into())] {
            assert!(!ours.fault().is_bad_input(), "{ours}");
        }
        for theirs in [StudyError::Folds(1), StudyError::Fit(FitError::Separated)] {
            assert!(theirs.fault().is_bad_input(), "{theirs}");
        }
        let device = ModelError::Compute("it stopped".into());
        assert_eq!(StudyError::Model(device.clone()).fault(), device.fault());
    }
}
