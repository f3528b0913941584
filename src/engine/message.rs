//! What page and engine say to each other.
//!
//! On the wire a message is a JS object `{ body, buffer }`: `body` is one of the enums below by
//! serde-wasm-bindgen, `buffer` an optional transferred `ArrayBuffer` whose meaning stands beside
//! each variant. Every request carries a job id; its responses carry the same. The engine answers
//! a request with any number of `Stage`s and then exactly one other response, requests in the order in
//! which they came. A request whose job is superseded is still answered: the page drops answers of jobs it no longer
//! waits for. A worker that panics posts the string [`STOPPED`].

use crate::evaluation::Neighbourhood;
use crate::fault::{Fault, Notice};
use crate::language::Text;
use crate::model::{
    Assessment, Check, Cohort, DeviceChoice, DeviceInfo, ModelIdentity, Provenance, Sequence,
};
use crate::nomogram::Nomogram;
use crate::render::Brain;
use serde::{Deserialize, Serialize};

/// What the worker posts when it listens, by `www/engine-boot.js`.
pub const LISTENING: &str = "engine-ready";
/// What it posts as its last word.
pub const STOPPED: &str = "engine-stopped";

/// Page to engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    pub job: u32,
    pub order: Order,
}

/// What the page asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Order {
    /// Load a bundle (buffer: its bytes) on the CPU, run the self-test. Answer: `Ready`, after which both slots are
    /// empty; or `Failed`, after which everything is as before.
    Start,
    /// Choose what computes from then on; an adapter must pass the self-test. Answer: `Device`.
    Device { choice: DeviceChoice },
    /// Read one image (buffer: its files' bytes, one after the other, a pair's header first; `starts`: where each after
    /// the first begins) into a slot, replacing what was there, also when reading fails. Answer: `Opened`.
    ///
    /// With `series` the files are DICOM's, and that series of them is read.
    Open { sequence: Sequence, name: String, starts: Vec<u32>, series: Option<String> },
    /// Look through DICOM files (buffer: their bytes, one after the other; `starts`: where each after the first begins).
    /// They are numbered from 0 on where `first`, else from the last order's on. Answer: `Looked`.
    Look { starts: Vec<u32>, first: bool },
    /// Say what an image's files hold (buffer and `starts` as of `Open`) without taking it, as the command line does: the page
    /// does not ask, the test that holds both against each other does. Answer: `Inspected`.
    Inspect { name: String, starts: Vec<u32> },
    /// Draw one image of a DICOM file (buffer: its bytes): that frame of it. Answer: `Picture`.
    Draw { frame: usize },
    /// Empty a slot. Answer: `Closed`.
    Close { sequence: Sequence },
    /// Assess the two opened images; the texts are what the user typed, for each covariate with its term.
    /// Answer: `Assessed` or `Abstained`.
    Analyse { birth_weight_g: String, covariates: Vec<(String, String)> },
    /// The last answer's map as a file in the stored grid of that image. Answer: `Map`.
    Map { sequence: Sequence },
}

/// Engine to page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Response {
    pub job: u32,
    pub answer: Answer,
}

/// What the engine reports.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    /// A step began: a short phrase to show ("Reading the T1w image") and how far the job is, 0..1.
    Stage { phrase: Text, fraction: f64 },
    /// The engine can assess.
    Ready { device: DeviceInfo, model: Box<ModelSummary> },
    /// What computes from now on, and why, in one sentence.
    Device { device: DeviceInfo, why: Text },
    /// An image was read. Buffer: its voxels, `f32` little-endian, closest-RAS order, first axis
    /// fastest.
    Opened(Box<Opened>),
    /// The slot is empty.
    Closed,
    /// The series in all the files that were looked through since the first; how many files are so damaged that their
    /// series is not known.
    Looked { series: Vec<FoundSeries>, damaged: usize },
    /// What `hielight inspect --json` says of the image.
    Inspected { document: String },
    /// A small picture. Buffer: a byte a pixel, black 0, first along a row.
    Picture {
        /// Columns and rows.
        size: [usize; 2],
    },
    /// The answer, and the validation newborns with a probability near to it. Buffer: the two signed maps of
    /// `maps`, one after the other, `f32`, first axis fastest.
    Assessed {
        assessment: Box<Assessment>,
        maps: Vec<MapInfo>,
        neighbours: Neighbourhood,
        record: Box<Record>,
    },
    /// Readable, but outside what the model was made for: no number may be shown.
    Abstained { reasons: Vec<Notice>, warnings: Vec<Notice>, checks: Vec<Check>, record: Box<Record> },
    /// Buffer: the bytes of a `.nii.gz` file.
    Map { sequence: Sequence },
    /// The job failed; nothing of an older answer may stay on the page.
    Failed { fault: Fault, message: Text, next_step: Text },
}

/// An outcome as it is exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub provenance: Provenance,
    /// What `hielight predict --json` prints of it.
    pub document: String,
}

/// What the page needs to know of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    pub identity: ModelIdentity,
    /// Trained on synthetic newborns: every number must say so.
    pub synthetic: bool,
    /// Operating threshold on the probability.
    pub threshold: f64,
    /// Share of HIE in the training cohort.
    pub training_share: f64,
    pub nomogram: Nomogram,
    /// Mean of each of its terms in training.
    pub means: Vec<f64>,
    /// Fold models per sequence.
    pub folds: usize,
    /// What every curve is drawn from.
    pub cohorts: Vec<Cohort>,
    /// The model card as (heading, text) pairs, in order.
    pub card: Vec<(Text, Text)>,
}

/// One image that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub sequence: Sequence,
    pub name: String,
    /// SHA-256 of the file's bytes, of a pair those of header and voxels in one, lower-case hex.
    pub sha256: String,
    /// Of the transferred voxels.
    pub dims: [usize; 3],
    /// Voxel index of the transferred voxels to RAS mm: rows of the affine.
    pub affine: [[f64; 4]; 3],
    /// Intensities shown as black and white: robust percentiles.
    pub window: [f32; 2],
    /// Where to look first, RAS mm: the brain's centre, or the image's where no brain was found.
    pub focus_mm: [f64; 3],
    /// Where the brain is, where one was found.
    pub brain: Option<Brain>,
    /// One line: stored shape, spacing, orientation.
    pub description: Text,
    pub warnings: Vec<Notice>,
}

/// One series of DICOM files. No word of it says who the patient is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundSeries {
    pub id: String,
    /// Its number and what the operator called it.
    pub name: Text,
    /// One line: shape, spacing, thickness.
    pub description: Text,
    /// What it is by its names and its timing.
    pub proposed: Option<Sequence>,
    /// Why none is proposed, where one might be expected.
    pub doubt: Option<Text>,
    /// File and frame of the image in its middle.
    pub middle: Option<(usize, usize)>,
    /// The files that its volume needs, in order.
    pub files: Vec<usize>,
    /// Why it is not read, and what to do.
    pub refusal: Option<Text>,
}

/// Geometry and scale of one signed map (log-odds per ml on the feature grid).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapInfo {
    pub sequence: Sequence,
    pub dims: [usize; 3],
    /// Feature index to RAS mm of that sequence's image.
    pub affine: [[f64; 4]; 3],
    /// Full scale of the colour map, fixed by the bundle, log-odds per ml.
    pub full_scale: f32,
    /// That sequence's whole contribution to the log-odds (the map's sum times the cell volume),
    /// without the stated constant.
    pub contribution: f64,
}
