//! What a model does on newborns that it has never seen: whether its overlay finds the lesion, whether it repeats
//! itself, what it refuses, how near it comes to an observer who knows each newborn's twin; on synthetic newborns,
//! and on real ones where they are at hand.

mod localisation;
mod observer;
mod real;
mod refusals;
mod repeatability;

pub use localisation::Localisation;
pub use observer::Observer;
pub use real::{Planted, RealNewborn};
pub use refusals::Refusals;
pub use repeatability::Repeatability;

use super::phantom::{Participant, PhantomConfig};
use crate::fault::{Explained as _, Fault};
use crate::model::{
    Assessment, Bundle, ComputeDevice, ModelError, Outcome, PerSequence, Predictor, Prepared, Sequence,
};
use crate::nomogram::{BirthWeight, Clinical};
use crate::volume::{Volume, VolumeError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A peak counts as in the lesion within this distance, mm.
pub const HIT_MM: f64 = 8.0;

/// All findings, as `hielight audit --json` writes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    pub localisation: Vec<Localisation>,
    pub repeatability: Vec<Repeatability>,
    pub refusals: Vec<Refusals>,
    pub observer: Option<Observer>,
    pub real: Vec<RealNewborn>,
}

/// How many newborns each part looks at; with 0 a part is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// For each pattern and severity, and for each day.
    pub lesions: usize,
    /// Scanned three times.
    pub repeated: usize,
    /// Fresh newborns that should get an answer; a tenth of them is spoilt in each way.
    pub fresh: usize,
    /// Scanned with and without their injury.
    pub twins: usize,
}

impl Default for Extent {
    fn default() -> Self {
        Self { lesions: 12, repeated: 40, fresh: 100, twins: 60 }
    }
}

/// Why an audit cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Volume(#[from] VolumeError),
    #[error("{}: {reason}", path.display())]
    Real { path: PathBuf, reason: String },
}

impl AuditError {
    /// By whose fault.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Model(error) => error.fault(),
            Self::Volume(error) => error.fault(),
            Self::Real { .. } => Fault::Malformed,
        }
    }
}

/// The whole audit on synthetic newborns of `seed`, which must not be the training cohort's, and on the pairs of
/// real images in the folder `real`; `progress` hears what runs.
///
/// # Errors
/// `AuditError` when the bundle cannot be used, the device fails or the folder has no pair that can be read.
pub fn audit(
    bundle: &Bundle,
    extent: Extent,
    seed: u64,
    real: Option<&Path>,
    progress: &dyn Fn(&str),
) -> Result<Audit, AuditError> {
    let predictor = Predictor::new(bundle, ComputeDevice::cpu())?;
    let mut localisation = Vec::new();
    if extent.lesions > 0 {
        let randomised = Predictor::new(&with_random_weights(bundle, seed), ComputeDevice::cpu())?;
        localisation = localisation::all([&predictor, &randomised], extent.lesions, seed, progress)?;
    }
    progress("Repeated scans");
    let repeatability = repeatability::all(&predictor, extent.repeated, seed)?;
    progress("Refusals");
    let refusals = refusals::all(&predictor, extent.fresh, seed)?;
    progress("Twins");
    let observer = observer::compare(&predictor, extent.twins, seed)?;
    let real = match real {
        Some(folder) => {
            progress("Real newborns");
            real::all(bundle, &predictor, folder, seed)?
        }
        None => vec![],
    };
    Ok(Audit { localisation, repeatability, refusals, observer, real })
}

/// Half of the newborns from each center; nobody of the cohort that `phantom` writes by default.
fn config(seed: u64, n: usize) -> PhantomConfig {
    PhantomConfig { seed, hie: n / 2, controls: n - n / 2, share_center_b: 0.5 }
}

fn with_random_weights(bundle: &Bundle, seed: u64) -> Bundle {
    let mut bundle = bundle.clone();
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    for sequence in Sequence::BOTH {
        for weight in bundle.weights.of_mut(sequence).iter_mut().flat_map(|fold| fold.values_mut()) {
            let squares = weight.values.iter().map(|v| v * v).sum::<f32>();
            let scale = (3.0 * squares / weight.values.len().max(1) as f32).sqrt();
            weight.values.iter_mut().for_each(|v| *v = scale * rng.random_range(-1.0..1.0));
        }
    }
    bundle
}

/// Both images on the model grid.
fn prepare(predictor: &Predictor, images: &PerSequence<Volume>) -> Result<PerSequence<Prepared>, ModelError> {
    predictor.prepare(images.as_ref())
}

/// What the model says of a synthetic newborn; `None` where it gives no number.
fn answer(
    predictor: &Predictor,
    images: &PerSequence<Volume>,
    newborn: &Participant,
) -> Result<Option<Assessment>, ModelError> {
    let Ok(weight) = BirthWeight::parse(&newborn.birth_weight_g.to_string()) else { return Ok(None) };
    let terms = &predictor.manifest().nomogram.terms;
    let known = newborn.covariates().into_iter().filter(|(term, _)| terms.contains(term));
    let clinical = Clinical::parse(weight, &known.collect::<Vec<_>>(), terms)?;
    Ok(ask(predictor, images, clinical)?.ok())
}

/// The answer, or why there is none.
fn ask(
    predictor: &Predictor,
    images: &PerSequence<Volume>,
    clinical: Clinical,
) -> Result<Result<Assessment, String>, ModelError> {
    let prepared = match prepare(predictor, images) {
        Ok(prepared) => prepared,
        Err(reason) => return Ok(Err(reason.to_string())),
    };
    match pollster::block_on(predictor.assess(&prepared, clinical, vec![], &mut |_| ()))? {
        Outcome::Assessed { assessment, .. } => Ok(Ok(*assessment)),
        Outcome::Abstained { reasons, .. } => {
            Ok(Err(reasons.iter().map(|r| r.message.to_string()).collect::<Vec<_>>().join(" ")))
        }
    }
}

/// The strongest peak's distance from the lesion of its own image, mm.
fn peak_distance_mm(assessment: &Assessment, lesions: &PerSequence<Volume>) -> Option<f64> {
    let peak = assessment.cam_peaks.strongest()?;
    Some(distance_mm(lesions.of(peak.sequence), peak.ras_mm))
}

/// World places of a mask's voxels.
fn places(mask: &Volume) -> impl Iterator<Item = [f64; 3]> + '_ {
    let [nx, ny, _] = mask.dims();
    let inside = mask.voxels().iter().enumerate().filter(|(_, v)| **v > 0.5);
    inside.map(move |(i, _)| mask.affine().to_world([i % nx, i / nx % ny, i / (nx * ny)].map(|v| v as f64)))
}

/// From a place to the nearest voxel of a mask, mm.
fn distance_mm(mask: &Volume, at: [f64; 3]) -> f64 {
    let squared = |p: [f64; 3]| (0..3).map(|a| (p[a] - at[a]).powi(2)).sum::<f64>();
    places(mask).map(squared).fold(f64::INFINITY, f64::min).sqrt()
}
