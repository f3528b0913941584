//! What a model does on synthetic newborns that it has never seen: whether its overlay finds the lesion,
//! whether it repeats itself, what it refuses.

use super::phantom::{
    Center, Lesion, Participant, Pattern, PhantomConfig, participant, participant_with, scan,
};
use crate::model::{
    Assessment, Bundle, CamPeak, ComputeDevice, ModelError, Outcome, Predictor, Prepared, Recipe, Sequence,
};
use crate::nomogram::{BirthWeight, Clinical};
use crate::volume::{Affine, Grid, Volume, VolumeError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// A peak counts as in the lesion within this distance, mm: the size of a feature cell.
pub const HIT_MM: f64 = 8.0;

/// All findings, as `hielight audit --json` writes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    pub localisation: Vec<Localisation>,
    pub repeatability: Vec<Repeatability>,
    pub refusals: Vec<Refusals>,
}

/// How often the strongest peak lies in the lesion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Localisation {
    pub pattern: &'static str,
    pub severity: f64,
    pub n: usize,
    pub hits: usize,
    /// The same network with shuffled weights of the same size.
    pub hits_randomised: usize,
    /// Mean share of the brain that lies within [`HIT_MM`] of the lesion: what a random place would hit.
    pub chance: f64,
}

/// Agreement of two scans of the same newborns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repeatability {
    /// Which centers the two scans come from.
    pub between: &'static str,
    /// Newborns of whom both scans got a probability.
    pub n: usize,
    /// Intraclass correlation of the logit, two-way random effects, absolute agreement, single scan
    /// (Shrout and Fleiss 1979, ICC(2,1)).
    pub icc: f64,
    /// Standard error of measurement of the logit: the standard deviation of the differences over the
    /// square root of 2.
    pub standard_error: f64,
    /// Mean difference of the logit, second scan less first.
    pub bias: f64,
    /// Newborns on the other side of the operating threshold in the second scan.
    pub class_changes: usize,
}

/// How many pairs of images of a kind get no probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusals {
    pub input: &'static str,
    /// Whether they should.
    pub wanted: bool,
    pub n: usize,
    pub refused: usize,
}

/// How many newborns each part looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// For each pattern and severity.
    pub lesions: usize,
    /// Scanned three times.
    pub repeated: usize,
    /// Fresh newborns that should get an answer; a tenth of them is spoilt in each way.
    pub fresh: usize,
}

impl Default for Extent {
    fn default() -> Self {
        Self { lesions: 12, repeated: 40, fresh: 100 }
    }
}

/// Why an audit cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Volume(#[from] VolumeError),
}

const PATTERNS: [Pattern; 3] =
    [Pattern::BasalGangliaThalamus, Pattern::Watershed, Pattern::CorticalHighlighting];
/// Mild, moderate, severe.
const SEVERITIES: [f64; 3] = [0.45, 0.65, 0.9];

/// The whole audit on newborns of `seed`, which must not be the training cohort's; `progress` hears what
/// runs.
///
/// # Errors
/// `AuditError` when the bundle cannot be used or the device fails.
pub fn audit(
    bundle: &Bundle,
    extent: Extent,
    seed: u64,
    progress: &dyn Fn(&str),
) -> Result<Audit, AuditError> {
    let predictor = Predictor::new(bundle, ComputeDevice::cpu())?;
    let randomised = Predictor::new(&with_random_weights(bundle, seed), ComputeDevice::cpu())?;
    let mut localisation = Vec::new();
    for pattern in PATTERNS {
        for severity in SEVERITIES {
            progress(&format!("Lesions: {} of severity {severity}", pattern.name()));
            localisation.push(localise(
                &predictor,
                &randomised,
                extent.lesions,
                Lesion { pattern, severity },
                seed,
            )?);
        }
    }
    progress("Repeated scans");
    let repeatability = repeat(&predictor, extent.repeated, seed)?;
    progress("Refusals");
    let refusals = refuse(&predictor, extent.fresh, seed)?;
    Ok(Audit { localisation, repeatability, refusals })
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

/// The answer without the limits of abstention, which is `None` where the image has no brain.
fn answer(
    predictor: &Predictor,
    recipe: &Recipe,
    images: &[Volume; 2],
    newborn: &Participant,
) -> Result<Option<(Assessment, [Prepared; 2])>, ModelError> {
    let [Ok(t1), Ok(t2)] = Sequence::BOTH.map(|s| recipe.apply(&images[s as usize], s)) else {
        return Ok(None);
    };
    let Ok(weight) = BirthWeight::parse(&newborn.birth_weight_g.to_string()) else { return Ok(None) };
    let terms = &predictor.manifest().nomogram.terms;
    let known = newborn.covariates().into_iter().filter(|(term, _)| terms.contains(term));
    let clinical = Clinical::parse(weight, &known.collect::<Vec<_>>(), terms)?;
    match pollster::block_on(predictor.assess([&t1, &t2], clinical, vec![], &mut |_| ()))? {
        Outcome::Assessed { assessment, .. } => Ok(Some((*assessment, [t1, t2]))),
        Outcome::Abstained { .. } => Ok(None),
    }
}

fn localise(
    predictor: &Predictor,
    randomised: &Predictor,
    n: usize,
    lesion: Lesion,
    seed: u64,
) -> Result<Localisation, AuditError> {
    let recipe = &predictor.manifest().recipe;
    let newborns: Vec<Participant> =
        (0..n).map(|i| participant_with(&config(seed, n), i, Some(lesion))).collect();
    let scans = newborns.par_iter().map(scan).collect::<Result<Vec<_>, _>>()?;
    let (mut hits, mut hits_randomised, mut chance) = (0, 0, 0.0);
    for (newborn, phantom) in newborns.iter().zip(&scans) {
        let near =
            |peak: &CamPeak| distance_mm(&phantom.lesions[peak.sequence as usize], peak.ras_mm) <= HIT_MM;
        for (predictor, hits) in [(predictor, &mut hits), (randomised, &mut hits_randomised)] {
            let answer = answer(predictor, recipe, &phantom.images, newborn)?;
            let strongest = answer.and_then(|(assessment, _)| {
                assessment.cam_peaks.into_iter().max_by(|a, b| a.value.total_cmp(&b.value))
            });
            *hits += usize::from(strongest.as_ref().is_some_and(near));
        }
        let prepared = recipe.apply(&phantom.images[0], Sequence::T1w)?;
        chance += share_near(&prepared, &phantom.lesions[0]) / n as f64;
    }
    let (pattern, severity) = (lesion.pattern.name(), lesion.severity);
    Ok(Localisation { pattern, severity, n, hits, hits_randomised, chance })
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

/// Share of the brain's voxels within [`HIT_MM`] of a mask: a ball around each of the mask's voxels.
fn share_near(prepared: &Prepared, mask: &Volume) -> f64 {
    let Grid { dims, affine } = prepared.grid;
    let reach = (HIT_MM / affine.spacing_mm()[0]).ceil() as i64;
    let mut near = vec![false; prepared.brain.len()];
    // Several voxels of the mask lie in one of the grid's: each is looked at once.
    let mut seen = vec![false; near.len()];
    let index = |at: [i64; 3]| {
        let inside = (0..3).all(|a| (0..dims[a] as i64).contains(&at[a]));
        inside.then(|| at[0] as usize + dims[0] * (at[1] as usize + dims[1] * at[2] as usize))
    };
    for place in places(mask) {
        let centre = affine.to_voxel(place).map(|v| v.round() as i64);
        if index(centre).is_none_or(|i| std::mem::replace(&mut seen[i], true)) {
            continue;
        }
        for z in -reach..=reach {
            for y in -reach..=reach {
                for x in -reach..=reach {
                    let mm = ((x * x + y * y + z * z) as f64).sqrt() * affine.spacing_mm()[0];
                    if let Some(i) =
                        index([centre[0] + x, centre[1] + y, centre[2] + z]).filter(|_| mm <= HIT_MM)
                    {
                        near[i] = true;
                    }
                }
            }
        }
    }
    let brain = prepared.brain.iter().filter(|b| **b).count();
    let hit = near.iter().zip(&prepared.brain).filter(|(n, b)| **n && **b).count();
    hit as f64 / brain.max(1) as f64
}

fn repeat(predictor: &Predictor, n: usize, seed: u64) -> Result<Vec<Repeatability>, AuditError> {
    let manifest = predictor.manifest();
    // Center A first and again, then center B.
    let visits = [Center::A, Center::A, Center::B];
    let newborns: Vec<Participant> = (0..n).map(|i| participant(&config(seed, n), i)).collect();
    let mut logits: Vec<[Option<f64>; 3]> = Vec::with_capacity(n);
    for newborn in &newborns {
        let scans: Vec<_> = visits
            .par_iter()
            .enumerate()
            .map(|(visit, center)| scan(&newborn.scanned_again(*center, visit as u64)))
            .collect::<Result<_, _>>()?;
        let mut own = [None; 3];
        for (logit, phantom) in own.iter_mut().zip(&scans) {
            let answer = answer(predictor, &manifest.recipe, &phantom.images, newborn)?;
            *logit = answer.map(|(assessment, _)| assessment.logit);
        }
        logits.push(own);
    }
    let threshold = (manifest.threshold / (1.0 - manifest.threshold)).ln();
    let compare = |between, second: usize| {
        let pairs: Vec<[f64; 2]> = logits.iter().filter_map(|l| Some([l[0]?, l[second]?])).collect();
        agreement(between, &pairs, threshold)
    };
    Ok(vec![compare("A and A", 1), compare("A and B", 2)])
}

/// ICC(2,1), standard error and bias of pairs of logits.
fn agreement(between: &'static str, pairs: &[[f64; 2]], threshold: f64) -> Repeatability {
    let n = pairs.len() as f64;
    let mean = pairs.iter().flatten().sum::<f64>() / (2.0 * n);
    let bias = pairs.iter().map(|[a, b]| b - a).sum::<f64>() / n;
    // Mean squares of the two-way table with two columns: rows, columns, error.
    let rows = pairs.iter().map(|[a, b]| 2.0 * ((a + b) / 2.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let columns = n * bias * bias / 2.0;
    let spread = pairs.iter().map(|[a, b]| (b - a - bias).powi(2)).sum::<f64>() / (n - 1.0);
    let error = spread / 2.0;
    Repeatability {
        between,
        n: pairs.len(),
        icc: (rows - error) / (rows + error + 2.0 / n * (columns - error)),
        standard_error: error.sqrt(),
        bias,
        class_changes: pairs.iter().filter(|[a, b]| (*a >= threshold) != (*b >= threshold)).count(),
    }
}

/// Ways to spoil a pair of images.
type Spoil = fn([Volume; 2], &mut ChaCha8Rng) -> Result<[Volume; 2], VolumeError>;

fn refuse(predictor: &Predictor, fresh: usize, seed: u64) -> Result<Vec<Refusals>, AuditError> {
    let spoilt: [(&'static str, Spoil); 6] = [
        ("T1w and T2w swapped", |[t1, t2], _| Ok([t2, t1])),
        ("T1w as both", |[t1, _], _| Ok([t1.clone(), t1])),
        ("shuffled voxels", |images, rng| both(images, |v| shuffled(v, rng))),
        ("noise", |images, rng| both(images, |v| refilled(v, |_, _| rng.random_range(0.0..500.0)))),
        ("uniform block", |images, _| both(images, |v| refilled(v, block))),
        ("head 1.6 times as large", |images, _| both(images, |v| enlarged(v, 1.6))),
    ];
    let recipe = &predictor.manifest().recipe;
    let newborns: Vec<Participant> =
        (0..fresh).map(|i| participant(&config(seed.wrapping_add(1), fresh), i)).collect();
    let mut refusals = vec![Refusals { input: "fresh newborns", wanted: false, n: fresh, refused: 0 }];
    refusals.extend(spoilt.iter().map(|(input, _)| Refusals { input, wanted: true, n: 0, refused: 0 }));
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    for (chunk, newborns) in newborns.chunks(10).enumerate() {
        let scans = newborns.par_iter().map(scan).collect::<Result<Vec<_>, _>>()?;
        for (i, (newborn, phantom)) in newborns.iter().zip(scans).enumerate() {
            let ask = |images: &[Volume; 2]| -> Result<usize, ModelError> {
                Ok(usize::from(answer(predictor, recipe, images, newborn)?.is_none()))
            };
            refusals[0].refused += ask(&phantom.images)?;
            // A tenth of the newborns is spoilt in each way, half of them from each center.
            if i == chunk % 10 {
                for ((_, spoil), counted) in spoilt.iter().zip(&mut refusals[1..]) {
                    counted.n += 1;
                    counted.refused += ask(&spoil(phantom.images.clone(), rng)?)?;
                }
            }
        }
    }
    Ok(refusals)
}

fn both(
    [t1, t2]: [Volume; 2],
    mut change: impl FnMut(&Volume) -> Result<Volume, VolumeError>,
) -> Result<[Volume; 2], VolumeError> {
    Ok([change(&t1)?, change(&t2)?])
}

/// The voxels of the head in no order.
fn shuffled(volume: &Volume, rng: &mut ChaCha8Rng) -> Result<Volume, VolumeError> {
    let mut voxels = volume.voxels().to_vec();
    let bright = 0.3 * voxels.iter().copied().fold(0.0, f32::max);
    let head: Vec<usize> = (0..voxels.len()).filter(|i| voxels[*i] > bright).collect();
    for &i in &head {
        voxels.swap(i, head[rng.random_range(0..head.len())]);
    }
    Volume::new(volume.dims(), voxels, *volume.affine())
}

fn refilled(
    volume: &Volume,
    mut value: impl FnMut([usize; 3], [usize; 3]) -> f32,
) -> Result<Volume, VolumeError> {
    let dims = volume.dims();
    let at = |i: usize| [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])];
    let voxels = (0..volume.voxels().len()).map(|i| value(at(i), dims)).collect();
    Volume::new(dims, voxels, *volume.affine())
}

/// A block of the size of a brain in the middle.
fn block(at: [usize; 3], dims: [usize; 3]) -> f32 {
    let inside = (0..3).all(|a| (0.22..0.78).contains(&(at[a] as f64 / dims[a] as f64)));
    if inside { 300.0 } else { 0.0 }
}

fn enlarged(volume: &Volume, factor: f64) -> Result<Volume, VolumeError> {
    let rows = volume.affine().rows().map(|row| row.map(|v| v * factor));
    Volume::new(volume.dims(), volume.voxels().to_vec(), Affine::from_rows(rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_agreement_that_of_a_textbook() {
        // Six targets, two raters; mean squares of rows, columns and error computed with numpy.
        let pairs = [[2.0, 5.0], [1.0, 3.0], [4.0, 6.0], [1.0, 2.0], [5.0, 6.0], [2.0, 4.0]];
        let found = agreement("raters", &pairs, 3.5);
        let (rows, columns, error) = (61.0 / 12.0, 121.0 / 12.0, 3.4 / 12.0);
        let expected = (rows - error) / (rows + error + 2.0 / 6.0 * (columns - error));
        assert!((found.icc - expected).abs() < 1e-12, "{} for {expected}", found.icc);
        assert!((found.standard_error - f64::sqrt(error)).abs() < 1e-12);
        assert_eq!(found.class_changes, 2);
    }
}
