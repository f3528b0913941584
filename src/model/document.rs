//! What leaves HIELight as a file: the answer as JSON, and a map as an image.
//!
//! The command line and the page both write these, by the same functions; `docs/predict.schema.json` describes the
//! JSON. Nothing in it depends on a clock or on where the images lay.

use super::{
    Assessment, CamPeak, Check, DeviceInfo, ModelIdentity, Outcome, PerSequence, Points, Provenance,
    Sequence, SignedMap,
};
use crate::fault::{EnglishNotice, Notice};
use crate::volume::{Meaning, Stored, write_over};
use serde::Serialize;

fn in_english(notices: &[Notice]) -> Vec<EnglishNotice<'_>> {
    notices.iter().map(Notice::in_english).collect()
}

#[derive(Serialize)]
struct Device<'a> {
    kind: &'a str,
    name: String,
}

impl<'a> Device<'a> {
    fn of(info: &'a DeviceInfo) -> Self {
        Self { kind: &info.kind, name: info.name.to_string() }
    }
}

#[derive(Serialize)]
struct Peak<'a> {
    sequence: Sequence,
    ras_mm: &'a [f64; 3],
    value: f64,
    /// In English; nothing where the atlas has no brain.
    region: Option<String>,
}

impl<'a> Peak<'a> {
    fn of(peak: &'a CamPeak) -> Self {
        let region = peak.region.map(|region| region.name().to_string());
        Self { sequence: peak.sequence, ras_mm: &peak.ras_mm, value: peak.value, region }
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    probability: f64,
    logit: f64,
    interval95: [f64; 2],
    rescan_interval95: Option<[f64; 2]>,
    ensemble_range: [f64; 2],
    signatures: PerSequence<f64>,
    patterns: &'a PerSequence<String>,
    points: &'a Points,
    device: Device<'a>,
    warnings: Vec<EnglishNotice<'a>>,
    checks: &'a [Check],
    model: &'a ModelIdentity,
    cam_peaks: Vec<Peak<'a>>,
    provenance: &'a Provenance,
}

#[derive(Serialize)]
struct Refusal<'a> {
    abstained: Vec<EnglishNotice<'a>>,
    device: Device<'a>,
    warnings: Vec<EnglishNotice<'a>>,
    checks: &'a [Check],
    model: &'a ModelIdentity,
    provenance: &'a Provenance,
}

/// The document of an outcome: an answer, or a refusal without a number. Ends with a line feed.
#[must_use]
pub fn document(
    outcome: &Outcome,
    device: &DeviceInfo,
    model: &ModelIdentity,
    provenance: &Provenance,
) -> String {
    let text = match outcome {
        Outcome::Assessed { assessment: a, .. } => serde_json::to_string_pretty(&Answer {
            probability: a.probability,
            logit: a.logit,
            interval95: a.interval95,
            rescan_interval95: a.rescan_interval95,
            ensemble_range: a.ensemble_range,
            signatures: a.signatures,
            patterns: &a.patterns,
            points: &a.points,
            device: Device::of(&a.device),
            warnings: in_english(&a.warnings),
            checks: &a.checks,
            model: &a.model,
            cam_peaks: a.cam_peaks.0.iter().map(Peak::of).collect(),
            provenance,
        }),
        Outcome::Abstained { reasons, warnings, checks } => serde_json::to_string_pretty(&Refusal {
            abstained: in_english(reasons),
            device: Device::of(device),
            warnings: in_english(warnings),
            checks,
            model,
            provenance,
        }),
    };
    // Every key is a string, and a number that is not finite becomes `null`: this cannot fail.
    text.unwrap_or_default() + "\n"
}

/// A map in the stored grid of its image, `.nii.gz`, with what an answer says of it: its warnings, its model.
/// `full_scale` is the end of the model's colour scale, log-odds per ml.
///
/// Its highest voxel is lower than the stated peak, which is the value of one of the network's cells: interpolation
/// falls off from a cell's centre, and no voxel's centre need lie there. The peak is not put onto a voxel instead: it
/// would be another on each image's grid, and the map's sum would no longer be the contribution to the log-odds.
///
/// The map's largest voxel lies within one voxel of its largest cell along every axis: interpolation falls off
/// from a cell's centre, with another slope to each side, so that either neighbour of the centre may be the higher.
#[must_use]
pub fn map_file(map: &SignedMap, image: &Stored, full_scale: f32, assessment: &Assessment) -> Vec<u8> {
    let (sequence, version) = (map.sequence.suffix(), env!("CARGO_PKG_VERSION"));
    let synthetic = assessment.warnings.iter().any(|w| w.code == "synthetic_model");
    let data = if synthetic { ", synthetic data" } else { "" };
    let mut comment = format!(
        "Signed Grad-CAM of the {sequence} image: contribution to the log-odds of HIE, per ml. Trilinear between \
         the network's cells, 0 beyond them.\nResearch use only. Not a medical device.\n"
    );
    if let Some(peak) = assessment.cam_peaks.strongest_of(map.sequence) {
        let [r, a, s] = peak.ras_mm;
        comment.push_str(&format!(
            "Strongest peak: {:.4} at R {r:.1}, A {a:.1}, S {s:.1} mm, the value of one cell; the highest voxel is \
             lower, being interpolated between that cell and its neighbours.\n",
            peak.value
        ));
    }
    for warning in &assessment.warnings {
        comment.push_str(&format!("Warning: {}\n", warning.message));
    }
    let ModelIdentity { name, sha256 } = &assessment.model;
    comment.push_str(&format!(
        "Model: {name} (SHA-256 {sha256}).\nHIELight {version}, {}.\n",
        assessment.device.name
    ));
    let meaning = Meaning {
        description: format!("HIELight {version}: {sequence} signed Grad-CAM. Research use only{data}"),
        quantity: "log-odds per ml".into(),
        range: [-full_scale, full_scale],
        comment,
    };
    write_over(&map.map, image, &meaning)
}

/// The name of a map's file beside its image's.
#[must_use]
pub fn map_name(sequence: Sequence) -> String {
    format!("{}_cam.nii.gz", sequence.suffix())
}
