//! Is a newborn like those that the model was trained on? Every check, whether passed or not.

use super::familiarity::Familiarity;
use super::predictor::Predictor;
use super::prepared::correlation_of;
use super::{Check, Prepared, Sequence};
use crate::nomogram::Clinical;

/// Beyond this correlation of their prepared voxels both images show the same contrast: newborn T1w
/// and T2w are near to inverse, so theirs is negative.
pub(super) const SAME_CONTRAST: f64 = 0.5;
/// Correlation with the training cohort's mean image of the same sequence below which an image has not the
/// contrast of the newborns that the model knows (real newborns: from 0.3; noise within a brain: 0). No narrower range
/// of training: protocols differ more between hospitals than in any training cohort.
pub(super) const LEAST_CONTRAST: f64 = 0.15;
/// A value may lie outside its training range by this share of the range's width; beyond it the image is
/// unlike anything that the model has learnt from.
const MARGIN: f64 = 0.25;

/// The range of training values (ascending) with its margin on both sides.
fn with_margin(training: &[f64]) -> [f64; 2] {
    let (Some(low), Some(high)) = (training.first(), training.last()) else {
        return [f64::NEG_INFINITY, f64::INFINITY];
    };
    let margin = MARGIN * (high - low);
    [low - margin, high + margin]
}

impl Predictor {
    /// Compares images and clinical terms with the training newborns'. An image that could not be prepared is
    /// left out; the signatures are known only after the network has run: see [`Predictor::signature_checks`].
    #[must_use]
    pub fn checks(&self, images: [Option<&Prepared>; 2], clinical: &Clinical) -> Vec<Check> {
        let population = &self.manifest().population;
        let mut checks = Vec::new();
        for (sequence, image) in Sequence::BOTH.into_iter().zip(images) {
            let Some(image) = image else { continue };
            let mut add = |code, value, training: &[f64], limits| {
                checks.push(Check::new(code, Some(sequence), value, training, limits));
            };
            let volumes = self.manifest().recipe.brain_limits_ml.map(Some);
            add("brain_ml", image.brain_ml, population.brain_ml.of(sequence), volumes);
            let contrast = self.atlas().of(sequence).correlation(&image.values);
            let training = population.contrast.of(sequence);
            add("contrast", contrast, training, [Some(LEAST_CONTRAST), None]);
            let familiarity = self.familiarity().of(sequence);
            let deviation = self.atlas().of(sequence).deviation(&image.values);
            let features = Familiarity::features(&deviation, self.manifest().recipe.grid_dims);
            let limits = [None, Some(familiarity.limit())];
            let training = &familiarity.statistics.distances;
            add("familiarity", familiarity.distance(&features), training, limits);
        }
        if let [Some(t1), Some(t2)] = images {
            let correlation = correlation_of(t1, t2);
            // Noise correlates with nothing: what is no newborn's pair fails here, however its parts look.
            let limits = [None, Some(with_margin(&population.same_contrast)[1].min(SAME_CONTRAST))];
            checks.push(Check::new("same_contrast", None, correlation, &population.same_contrast, limits));
        }
        // What the model asks for and was not given has no check.
        let terms = &self.manifest().nomogram.terms;
        let values = clinical.values(terms).unwrap_or_default();
        let asked = terms.iter().zip(&population.terms).skip(Clinical::BEFORE - 1);
        for ((term, training), value) in asked.zip(values) {
            checks.push(Check::new(term, None, value, training, [None, None]));
        }
        checks
    }

    /// Compares the signatures, T1w and T2w, with the training newborns'.
    #[must_use]
    pub fn signature_checks(&self, signatures: [f64; 2]) -> Vec<Check> {
        Sequence::BOTH
            .into_iter()
            .zip(signatures)
            .zip(&self.manifest().population.terms)
            .map(|((sequence, value), training)| {
                Check::new("signature", Some(sequence), value, training, with_margin(training).map(Some))
            })
            .collect()
    }
}
