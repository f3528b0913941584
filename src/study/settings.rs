//! What a study is run with, and why it cannot be run.

use super::radiomics;
use super::selection::CandidateError;
use super::train::Schedule;
use crate::model::{Layer, ModelError};
use crate::nomogram::FitError;
use burn::tensor::Device;
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

/// Why a study cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    #[error(
        "the training cohort has {events} newborns with HIE and {controls} without; at least {folds} of each are needed"
    )]
    TooFew { events: usize, controls: usize, folds: usize },
    #[error("the control {0} has no aligned images to plant injuries into")]
    NotAligned(String),
    #[error("the nomogram cannot be fitted: {0}")]
    Fit(#[from] FitError),
    #[error("{0}")]
    Candidate(#[from] CandidateError),
    #[error(transparent)]
    Radiomics(#[from] radiomics::RadiomicsError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("a checkpoint cannot be written: {0}")]
    Checkpoint(#[from] std::io::Error),
    #[error("the signed map cannot be placed: {0}")]
    Geometry(#[from] crate::volume::VolumeError),
}
