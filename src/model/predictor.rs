//! The model on a device: signatures, nomogram, explanation.

use super::assessment::{CamPeaks, Points, TermPoints};
use super::bundle::{Bundle, Manifest};
use super::device::ComputeDevice;
use super::document::{document, map_file};
use super::explain::SignedMap;
use super::familiarity::Familiarity;
use super::gate::{self, Gate};
use super::network::{Branch, Cells};
use super::outcome::Outcome;
use super::{Assessment, Check, ModelError, PerSequence, Prepared, Provenance, Recipe, Sequence};
use crate::fault::{Explained as _, Notice};
use crate::nomogram::Clinical;
use crate::odds::{Z_975, expit};
use crate::text;
use crate::volume::{Stored, Volume};
use burn::tensor::{Device, Tensor, TensorData};

/// Peaks reported per sequence.
const PEAKS: usize = 5;
/// A bundle loaded onto a device.
#[derive(Debug)]
pub struct Predictor {
    manifest: Manifest,
    model: super::ModelIdentity,
    device: ComputeDevice,
    branches: PerSequence<Vec<Branch>>,
    atlas: PerSequence<super::Atlas>,
    familiarity: PerSequence<Familiarity>,
    template: super::Template,
}

/// What the network says of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// Logit of each pattern of injury, fold model by fold model.
    pub fold_logits: Vec<Vec<f64>>,
    /// Mean signed map of each pattern over the fold models: signature log-odds per cell, `[z, y, x]` row-major.
    /// Its sum is the pattern's mean logit less the mean of its heads' biases.
    pub maps: Vec<Vec<f32>>,
}

impl Signature {
    /// Mean logit of each pattern over the fold models.
    #[must_use]
    pub fn by_pattern(&self) -> Vec<f64> {
        let folds = self.fold_logits.len() as f64;
        let mean = |p: usize| self.fold_logits.iter().map(|fold| fold[p]).sum::<f64>() / folds;
        (0..self.maps.len()).map(mean).collect()
    }

    /// The pattern with the largest mean logit: the signature is this one's, and so is the map.
    #[must_use]
    pub fn pattern(&self) -> usize {
        let logits = self.by_pattern();
        (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(0)
    }

    /// The signature: the largest of the patterns' mean logits.
    #[must_use]
    pub fn logit(&self) -> f64 {
        self.by_pattern().into_iter().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The map whose sum is the signature less its heads' mean bias.
    #[must_use]
    pub fn map(&self) -> &[f32] {
        &self.maps[self.pattern()]
    }

    /// The signature's pattern as each fold model sees it; their mean is the signature.
    pub fn logits(&self) -> impl Iterator<Item = f64> + '_ {
        let pattern = self.pattern();
        self.fold_logits.iter().map(move |fold| fold[pattern])
    }
}

impl Predictor {
    /// Puts the bundle's weights onto the device.
    ///
    /// # Errors
    /// `ModelError::Bundle` when a weight does not fit the architecture.
    pub fn new(bundle: &Bundle, device: ComputeDevice) -> Result<Self, ModelError> {
        let manifest = bundle.manifest.clone();
        let load = |sequence: Sequence| {
            let cells = Cells::of(bundle.atlas.of(sequence), &manifest.layers, manifest.recipe.grid_dims);
            let folds = bundle.weights.of(sequence).iter();
            folds
                .map(|w| Branch::from_weights(&manifest.layers, &cells, w, &device.device))
                .collect::<Result<Vec<_>, _>>()
        };
        let branches = PerSequence { T1w: load(Sequence::T1w)?, T2w: load(Sequence::T2w)? };
        Ok(Self {
            manifest,
            model: bundle.identity.clone(),
            device,
            branches,
            atlas: bundle.atlas.clone(),
            familiarity: bundle.familiarity.clone(),
            template: bundle.template.clone(),
        })
    }

    /// The bundle's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn gate(&self) -> Gate<'_> {
        Gate { manifest: &self.manifest, atlas: &self.atlas, familiarity: &self.familiarity }
    }

    /// Compares images and clinical terms with the training newborns'. Images that could not be prepared are
    /// left out.
    #[must_use]
    pub fn checks(&self, images: Option<&PerSequence<Prepared>>, clinical: &Clinical) -> Vec<Check> {
        self.gate().checks(images, clinical)
    }

    /// Where it runs.
    #[must_use]
    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    /// Runs the bundle's self-test input through every fold model and returns the largest
    /// difference from the stored logits.
    ///
    /// # Errors
    /// `ModelError::SelfTest` when a difference exceeds the bundle's tolerance: a device that skips
    /// a shader silently returns stale data, and no number of it may be shown.
    pub async fn self_test(&self) -> Result<f64, ModelError> {
        let input = self_test_input(&self.manifest);
        let mut worst = 0.0_f64;
        for sequence in Sequence::BOTH {
            let found = self.signature(sequence, &input, &mut |_| ()).await?.fold_logits;
            for (found, expected) in found.iter().flatten().zip(self.manifest.self_test.logits.of(sequence)) {
                let difference = (found - expected).abs();
                if difference.is_nan() || difference > self.manifest.self_test.tolerance {
                    return Err(ModelError::SelfTest {
                        device: self.device.info.name.clone(),
                        expected: *expected,
                        found: *found,
                    });
                }
                worst = worst.max(difference);
            }
        }
        Ok(worst)
    }

    /// The signature of one image, from its prepared voxels; `progress` hears the share done.
    ///
    /// # Errors
    /// `ModelError::Compute` when the device fails or returns something that is not finite.
    pub async fn signature(
        &self,
        sequence: Sequence,
        prepared: &[f32],
        progress: &mut dyn FnMut(f64),
    ) -> Result<Signature, ModelError> {
        let deviation = self.atlas.of(sequence).deviation(prepared);
        let branches = self.branches.of(sequence);
        ensemble(branches, &self.manifest.recipe, &deviation, &self.device.device, progress).await
    }

    /// Both images into atlas space.
    ///
    /// # Errors
    /// As [`Recipe::align`].
    pub fn prepare(&self, images: PerSequence<&Volume>) -> Result<PerSequence<Prepared>, ModelError> {
        self.manifest.recipe.apply(images, &self.template)
    }

    /// The answer for one newborn from its images as they were read; images that cannot be aligned are a reason to
    /// abstain like any other. `progress` hears the share done.
    ///
    /// # Errors
    /// As [`Self::assess`].
    pub async fn assess_images(
        &self,
        images: PerSequence<&Volume>,
        clinical: Clinical,
        warnings: Vec<Notice>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Outcome, ModelError> {
        match self.prepare(images) {
            Ok(prepared) => self.assess(&prepared, clinical, warnings, progress).await,
            Err(e @ (ModelError::NoBrain { .. } | ModelError::NotAligned { .. })) => {
                let mut reasons = self.gate().clinical_reasons(&clinical);
                reasons.push(gate::unaligned(&e, images, &self.manifest.recipe, &self.template));
                Ok(Outcome::Abstained { reasons, warnings, checks: self.checks(None, &clinical) })
            }
            Err(e) => Err(e),
        }
    }

    /// An outcome as the JSON that the command line prints and the page exports.
    #[must_use]
    pub fn document(&self, outcome: &Outcome, provenance: &Provenance) -> String {
        document(outcome, &self.device.info, &self.model, provenance)
    }

    /// A map as a file to be laid over its image.
    #[must_use]
    pub fn map_file(&self, map: &SignedMap, image: &Stored, assessment: &Assessment) -> Vec<u8> {
        map_file(map, image, *self.manifest.overlay_full_scale.of(map.sequence), assessment)
    }

    /// The answer for one newborn; `progress` hears the share done.
    ///
    /// # Errors
    /// `ModelError::Compute` when the device fails, `ModelError::Clinical` when the model asks for more than
    /// was given.
    pub async fn assess(
        &self,
        images: &PerSequence<Prepared>,
        clinical: impl Into<Clinical>,
        mut warnings: Vec<Notice>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Outcome, ModelError> {
        let nomogram = &self.manifest.nomogram;
        let clinical = clinical.into();
        let characteristics = clinical.values(&nomogram.terms)?;
        let mut checks = self.checks(Some(images), &clinical);
        let (mut of_images, unfamiliar) =
            (self.gate().reasons_to_abstain(images, &checks), self.gate().unfamiliar(&checks));
        if of_images.is_empty() {
            // An image in the wrong slot is unlike the others too; the first reason says what to do.
            of_images = unfamiliar.0;
        }
        let mut reasons = self.gate().clinical_reasons(&clinical);
        reasons.extend(of_images);
        warnings.extend(unfamiliar.1);
        warnings.extend(Gate::edges(&checks));
        if !reasons.is_empty() {
            return Ok(Outcome::Abstained { reasons, warnings, checks });
        }
        warnings.extend(self.gate().extrapolations(&characteristics));
        if self.manifest.synthetic {
            warnings.push(Notice::new(
                "synthetic_model",
                text!("The model was trained on synthetic newborns: it is not valid on patients."),
            ));
        }
        let found = PerSequence {
            T1w: self.signature(Sequence::T1w, &images.T1w.values, &mut |f| progress(f / 2.0)).await?,
            T2w: self.signature(Sequence::T2w, &images.T2w.values, &mut |f| progress(0.5 + f / 2.0)).await?,
        };
        let signatures = found.as_ref().map(Signature::logit);
        let with = |t1: f64, t2: f64| [vec![t1, t2], characteristics.clone()].concat();
        let values = with(signatures.T1w, signatures.T2w);
        let signature_checks = self.gate().signature_checks(&signatures);
        let (reasons, extrapolations) = self.gate().signatures_outside_training(&signature_checks);
        warnings.extend(extrapolations);
        checks.extend(signature_checks);
        if !reasons.is_empty() {
            return Ok(Outcome::Abstained { reasons, warnings, checks });
        }
        let logit = nomogram.logit(&values);
        let by_fold =
            found.T1w.logits().zip(found.T2w.logits()).map(|(a, b)| expit(nomogram.logit(&with(a, b))));
        let ensemble_range =
            by_fold.fold([f64::INFINITY, f64::NEG_INFINITY], |[lo, hi], p| [lo.min(p), hi.max(p)]);
        let points = nomogram.points(&values);
        let pattern = |s: &Signature| self.manifest.patterns.get(s.pattern()).cloned().unwrap_or_default();
        let maps = PerSequence::try_from_fn(|sequence| {
            let (map, placement) = (found.of(sequence).map(), &images.of(sequence).placement);
            let coefficient = nomogram.coefficients[sequence.term()];
            let (layers, recipe) = (&self.manifest.layers, &self.manifest.recipe);
            SignedMap::new(sequence, map, coefficient, layers, recipe, placement)
                .map_err(|e| ModelError::Compute(e.text()))
        })?;
        let peaks = |(sequence, map): (Sequence, &SignedMap)| {
            map.peaks(images.of(sequence), &self.manifest.recipe, &self.template, PEAKS).0
        };
        let cam_peaks = CamPeaks(maps.iter().flat_map(peaks).collect());
        let assessment = Assessment {
            probability: expit(logit),
            logit,
            interval95: nomogram.interval95(&values),
            rescan_interval95: self
                .manifest
                .repeatability
                .map(|error| [logit - Z_975 * error, logit + Z_975 * error].map(expit)),
            ensemble_range,
            patterns: found.as_ref().map(pattern),
            signatures,
            points: Points {
                total: points.iter().sum(),
                terms: nomogram
                    .terms
                    .iter()
                    .zip(&values)
                    .zip(points)
                    .map(|((term, value), points)| TermPoints { term: term.clone(), value: *value, points })
                    .collect(),
            },
            device: self.device.info.clone(),
            warnings,
            checks,
            model: self.model.clone(),
            cam_peaks,
        };
        Ok(Outcome::Assessed { assessment: Box::new(assessment), maps: Box::new(maps) })
    }
}

/// The signature that fold models on `device` give to an image's deviation from the atlas.
///
/// # Errors
/// `ModelError::Compute` when the device fails or returns something that is not finite.
pub async fn ensemble(
    branches: &[Branch],
    recipe: &Recipe,
    deviation: &[f32],
    device: &Device,
    progress: &mut dyn FnMut(f64),
) -> Result<Signature, ModelError> {
    let [nx, ny, nz] = recipe.grid_dims;
    let data = TensorData::new(deviation.to_vec(), [1, Recipe::CHANNELS, nz, ny, nx]);
    let input = Tensor::<5>::from_data(data, device);
    let mut fold_logits = Vec::with_capacity(branches.len());
    let mut maps: Vec<Vec<f32>> = Vec::new();
    for (done, branch) in branches.iter().enumerate() {
        let features = branch.features(input.clone());
        let signed = branch.signed_maps(features.clone());
        let [patterns, cells] = signed.dims();
        // One read-back per fold model: the logits first, then the maps.
        let logits = branch.logits(features).reshape([patterns]);
        let both = Tensor::cat(vec![logits, signed.reshape([patterns * cells])], 0);
        let read = both.into_data_async().await.map_err(|e| ModelError::Compute(format!("{e:?}").into()))?;
        let values: Vec<f32> = read.iter::<f32>().collect();
        let Some((logits, signed)) =
            values.split_at_checked(patterns).filter(|_| values.iter().all(|v| v.is_finite()))
        else {
            return Err(ModelError::Compute(text!("the network returned a value that is not finite")));
        };
        fold_logits.push(logits.iter().copied().map(f64::from).collect());
        maps.resize(patterns, vec![0.0; cells]);
        for (map, signed) in maps.iter_mut().zip(signed.chunks_exact(cells)) {
            map.iter_mut().zip(signed).for_each(|(sum, v)| *sum += v / branches.len() as f32);
        }
        progress((done + 1) as f64 / branches.len() as f64);
    }
    Ok(Signature { fold_logits, maps })
}

/// A computed image that stirs every filter: waves of three lengths along the three axes within a
/// ball, in the range of prepared voxels.
#[must_use]
pub fn self_test_input(manifest: &Manifest) -> Vec<f32> {
    let dims = manifest.recipe.grid_dims;
    let [nx, ny, nz] = dims;
    let mut values = Vec::with_capacity(nx * ny * nz);
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let unit = [(x, nx), (y, ny), (z, nz)].map(|(i, n)| 2.0 * i as f64 / (n as f64 - 1.0) - 1.0);
                let radius = unit.iter().map(|u| u * u).sum::<f64>().sqrt();
                let wave = (unit[0] * 9.0).sin() + (unit[1] * 14.0).cos() + (unit[2] * 23.0).sin();
                values.push(if radius < 0.9 { (wave * 0.5) as f32 } else { 0.0 });
            }
        }
    }
    values
}
