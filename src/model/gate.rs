//! Whether a number may be shown: every check of a newborn against those that the model was trained on, passed or not,
//! and the reasons to abstain that follow.

use super::atlas::{Atlas, correlation};
use super::bundle::Manifest;
use super::familiarity::Familiarity;
use super::population::{Check, Verdict};
use super::recipe::Prepared;
use super::sequence::{PerSequence, Sequence};
use crate::fault::Notice;
use crate::language::number;
use crate::nomogram::Clinical;
use crate::text;

/// Beyond this correlation of their prepared voxels both images show the same contrast: newborn T1w
/// and T2w are near to inverse, so theirs is negative.
pub(super) const SAME_CONTRAST: f64 = 0.5;
/// Correlation with the training cohort's mean image of the same sequence below which an image has not the
/// contrast of the newborns that the model knows (phantoms: 0.3 to 0.8).
const LEAST_CONTRAST: f64 = 0.15;
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

/// Correlation with the training cohort's mean image of the other sequence above which an image has that one's
/// contrast.
const OTHER_CONTRAST: f64 = 0.3;

/// What a newborn is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate<'a> {
    pub manifest: &'a Manifest,
    pub atlas: &'a PerSequence<Atlas>,
    pub familiarity: &'a PerSequence<Familiarity>,
}

impl Gate<'_> {
    /// Compares images and clinical terms with the training newborns'. An image that could not be prepared is
    /// left out; the signatures are known only after the network has run: see [`Gate::signature_checks`].
    pub fn checks(&self, images: [Option<&Prepared>; 2], clinical: &Clinical) -> Vec<Check> {
        let population = &self.manifest.population;
        let mut checks = Vec::new();
        for (sequence, image) in Sequence::BOTH.into_iter().zip(images) {
            let Some(image) = image else { continue };
            let mut add = |code, value, training: &[f64], limits| {
                checks.push(Check::new(code, Some(sequence), value, training, limits));
            };
            let volumes = self.manifest.recipe.brain_limits_ml.map(Some);
            add("brain_ml", image.brain_ml, population.brain_ml.of(sequence), volumes);
            let contrast = self.atlas.of(sequence).correlation(&image.values);
            let training = population.contrast.of(sequence);
            let least = with_margin(training)[0].max(LEAST_CONTRAST);
            add("contrast", contrast, training, [Some(least), None]);
            let familiarity = self.familiarity.of(sequence);
            let deviation = self.atlas.of(sequence).deviation(&image.values);
            let features = Familiarity::features(&deviation, self.manifest.recipe.grid_dims);
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
        let terms = &self.manifest.nomogram.terms;
        let values = clinical.values(terms).unwrap_or_default();
        let asked = terms.iter().zip(&population.terms).skip(Clinical::BEFORE - 1);
        for ((term, training), value) in asked.zip(values) {
            checks.push(Check::new(term, None, value, training, [None, None]));
        }
        checks
    }

    /// Compares the signatures, T1w and T2w, with the training newborns'.
    pub fn signature_checks(&self, signatures: [f64; 2]) -> Vec<Check> {
        Sequence::BOTH
            .into_iter()
            .zip(signatures)
            .zip(&self.manifest.population.terms)
            .map(|((sequence, value), training)| {
                Check::new("signature", Some(sequence), value, training, with_margin(training).map(Some))
            })
            .collect()
    }

    /// Clinical characteristics outside their range in training.
    pub fn extrapolations(&self, characteristics: &[f64]) -> Vec<Notice> {
        let nomogram = &self.manifest.nomogram;
        let terms = nomogram.terms.iter().zip(&nomogram.limits).skip(Clinical::BEFORE - 1);
        terms
            .zip(characteristics)
            .filter(|((_, [low, high]), value)| !(*low..=*high).contains(value))
            .map(|((term, [low, high]), value)| {
                let (value, low, high) = (*value, *low, *high);
                if term == "birth_weight_g" {
                    let message = text!(
                        "The birth weight {value} g lies outside the training range of {low} g to {high} g: the model \
                         extrapolates.",
                        value,
                        low,
                        high
                    );
                    return Notice::new("birth_weight_outside_training", message);
                }
                let message = text!(
                    "{term} {value} lies outside the training range of {low} to {high}: the model extrapolates.",
                    term,
                    value,
                    low,
                    high
                );
                Notice::new("covariate_outside_training", message)
            })
            .collect()
    }

    /// Signatures far outside the range of the training cohort, and those a little outside.
    pub fn signatures_outside_training(&self, checks: &[Check]) -> (Vec<Notice>, Vec<Notice>) {
        let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
        for check in checks {
            let [low, high] = check.training.map(|v| number(v, 2));
            let sequence = check.sequence.map_or("", Sequence::suffix);
            let value = number(check.value, 2);
            let (list, message) = match check.verdict {
                Verdict::Within => continue,
                Verdict::Edge => (
                    &mut warnings,
                    text!(
                        "The {sequence} signature {value} lies outside the training range of {low} to {high}: the \
                         model extrapolates.",
                        sequence,
                        value,
                        low,
                        high
                    ),
                ),
                Verdict::Beyond => (
                    &mut reasons,
                    text!(
                        "The {sequence} signature {value} lies far outside the training range of {low} to {high}: \
                         this image is unlike those that the model was trained on.",
                        sequence,
                        value,
                        low,
                        high
                    ),
                ),
            };
            list.push(Notice::new("signature_outside_training", message));
        }
        (reasons, warnings)
    }

    /// Images beyond the limit of likeness to the training cohort, and those at its edge.
    pub fn unfamiliar(&self, checks: &[Check]) -> (Vec<Notice>, Vec<Notice>) {
        let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
        for check in checks.iter().filter(|c| c.code == "familiarity") {
            let Some(sequence) = check.sequence else { continue };
            let training = self.familiarity.of(sequence).statistics.distances.len();
            let beyond_all = check.value > check.training[1];
            let sequence = sequence.suffix();
            let [distance, furthest] = [check.value, check.training[1]].map(|v| number(v, 1));
            if check.verdict == Verdict::Beyond {
                reasons.push(Notice::new(
                    "unfamiliar",
                    text!(
                        "The {sequence} image is unlike the {training} newborns that the model was trained on: its \
                         distance from their mean is {distance}, the largest of theirs {furthest}.",
                        sequence,
                        training,
                        distance,
                        furthest
                    ),
                ));
            } else if beyond_all {
                warnings.push(Notice::new(
                    "unfamiliar",
                    text!(
                        "The {sequence} image is less like the training newborns than any of them is to the others \
                         (distance {distance}, the largest of theirs {furthest}).",
                        sequence,
                        distance,
                        furthest
                    ),
                ));
            }
        }
        (reasons, warnings)
    }

    /// Images that are not what they are given as.
    pub fn reasons_to_abstain(&self, images: [&Prepared; 2], checks: &[Check]) -> Vec<Notice> {
        let mut reasons = Vec::new();
        for (image, sequence) in images.into_iter().zip(Sequence::BOTH) {
            let beyond = |c: &&Check| {
                c.code == "contrast" && c.sequence == Some(sequence) && c.verdict == Verdict::Beyond
            };
            let Some(own) = checks.iter().find(beyond).map(|c| c.value) else { continue };
            let other = if sequence == Sequence::T1w { Sequence::T2w } else { Sequence::T1w };
            let others = self.atlas.of(other).correlation(&image.values);
            let sequence = sequence.suffix();
            let message = if others > OTHER_CONTRAST {
                text!(
                    "The image given as {sequence} has the contrast of a {other} image: swap them.",
                    sequence,
                    other = other.suffix()
                )
            } else {
                text!(
                    "The image given as {sequence} has not the contrast of the newborns that the model was trained \
                     on (correlation {own}).",
                    sequence,
                    own = number(own, 2)
                )
            };
            reasons.push(Notice::new("contrast", message));
        }
        let same = checks.iter().find(|c| c.code == "same_contrast" && c.verdict == Verdict::Beyond);
        if let Some(correlation) = same.map(|c| c.value) {
            let same = correlation > SAME_CONTRAST;
            let correlation = number(correlation, 2);
            let message = if same {
                text!(
                    "The T1w and the T2w image show the same contrast (correlation {correlation}): one of them is not \
                     what it is given as.",
                    correlation
                )
            } else {
                text!(
                    "The T1w and the T2w image are not the opposites that a newborn's T1w and T2w image are \
                     (correlation {correlation}): one of them is not what it is given as.",
                    correlation
                )
            };
            reasons.push(Notice::new("same_contrast", message));
        }
        reasons
    }
}

/// Correlation of two prepared images over the voxels that are brain in both; 0 where there are none.
pub(crate) fn correlation_of(a: &Prepared, b: &Prepared) -> f64 {
    correlation(|| {
        let inside = a.brain.iter().zip(&b.brain).map(|(x, y)| *x && *y);
        let pairs = a.values.iter().zip(&b.values).map(|(x, y)| [f64::from(*x), f64::from(*y)]);
        inside.zip(pairs).filter(|(inside, _)| *inside).map(|(_, pair)| pair)
    })
}
