//! The answer for one newborn: what `predict --json` prints and the page shows.

use super::population::Check;
use super::region::Region;
use super::sequence::{PerSequence, Sequence};
use crate::fault::Notice;
use crate::language::Text;
use crate::nomogram::Clinical;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Nomogram points of one term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermPoints {
    /// `signature_t1`, `signature_t2`, `birth_weight_g`, ...
    pub term: String,
    pub value: f64,
    pub points: f64,
}

/// Nomogram points of all terms; `total` gives back the probability exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Points {
    pub terms: Vec<TermPoints>,
    pub total: f64,
}

/// What computed the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// `webgpu` or `cpu`.
    pub kind: String,
    /// One line for people, such as `WebGPU (google swiftshader)` or `CPU (wasm SIMD, 1 thread)`.
    pub name: Text,
}

/// Which model answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelIdentity {
    pub name: String,
    /// SHA-256 of the bundle file, lower-case hex.
    pub sha256: String,
}

/// A local maximum of the positive Grad-CAM map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CamPeak {
    pub sequence: Sequence,
    /// World position in the image's own RAS mm.
    pub ras_mm: [f64; 3],
    /// Map value there, in log-odds per ml.
    pub value: f64,
    /// Where that is in the atlas, where it is brain there.
    pub region: Option<Region>,
    /// Distance from the midline as the atlas lies in this head, positive to the right.
    pub right_of_midline_mm: Option<f64>,
}

/// The peaks of both maps, of each the strongest first, at most five per sequence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CamPeaks(pub Vec<CamPeak>);

impl CamPeaks {
    /// The strongest of both maps; `None` where nothing speaks for HIE.
    #[must_use]
    pub fn strongest(&self) -> Option<&CamPeak> {
        self.0.iter().max_by(|a, b| a.value.total_cmp(&b.value))
    }

    /// The strongest of one sequence's map.
    #[must_use]
    pub fn strongest_of(&self, sequence: Sequence) -> Option<&CamPeak> {
        self.0.iter().find(|peak| peak.sequence == sequence)
    }
}

/// The answer for one newborn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    pub probability: f64,
    pub logit: f64,
    /// 95 % interval of the probability from the nomogram's coefficients only.
    pub interval95: [f64; 2],
    /// 95 % interval of the probability that another scan of the same newborn would get, by the model's measured
    /// repeatability; `None` where that was not measured.
    pub rescan_interval95: Option<[f64; 2]>,
    /// Lowest and highest probability over the fold models.
    pub ensemble_range: [f64; 2],
    /// Logits of the network's, mean over the fold ensemble.
    pub signatures: PerSequence<f64>,
    /// The pattern of injury that each signature speaks for.
    pub patterns: PerSequence<String>,
    pub points: Points,
    pub device: DeviceInfo,
    pub warnings: Vec<Notice>,
    /// How this newborn compares with those of training.
    pub checks: Vec<Check>,
    pub model: ModelIdentity,
    pub cam_peaks: CamPeaks,
}

/// What an answer or a refusal was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of HIELight.
    pub hielight: String,
    pub inputs: PerSequence<Input>,
    pub birth_weight_g: f64,
    /// Further terms of a site's own model.
    pub covariates: BTreeMap<String, f64>,
}

/// One image file, told by its content and not by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Of the file's bytes, lower-case hex.
    pub sha256: String,
}

impl Provenance {
    /// Of the hashes of both files, and what was given beside them.
    #[must_use]
    pub fn new(sha256: PerSequence<String>, clinical: &Clinical) -> Self {
        let covariates = clinical.covariates().iter().cloned().collect();
        Self {
            hielight: env!("CARGO_PKG_VERSION").to_owned(),
            inputs: sha256.map(|sha256| Input { sha256 }),
            birth_weight_g: clinical.birth_weight.grams(),
            covariates,
        }
    }
}
