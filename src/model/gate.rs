//! Whether a number may be shown: every check of a newborn against those that the model was trained on, passed or not,
//! and the reasons to abstain that follow.

use super::atlas::Atlas;
use super::bundle::Manifest;
use super::correlation::correlation;
use super::error::ModelError;
use super::familiarity::Familiarity;
use super::population::{Check, CheckCode, Verdict};
use super::prepared::{Prepared, correlation_of};
use super::recipe::Recipe;
use super::sequence::{PerSequence, Sequence};
use super::template::Template;
use crate::fault::{Explained as _, Notice};
use crate::language::{Text, number};
use crate::nomogram::Clinical;
use crate::text;
use crate::volume::Volume;

/// Birth weights that the model is meant for: HIE is a diagnosis of newborns near term, and below this weight the
/// injury of prematurity is another.
const INTENDED_G: [f64; 2] = [2000.0, 5500.0];
/// Gestational age from which a newborn counts as near term.
const INTENDED_WEEKS: f64 = 36.0;
/// The terms that are limited by what the model is for.
const BIRTH_WEIGHT: &str = "birth_weight_g";
const GESTATIONAL_AGE: &str = "gestational_age_weeks";
/// Beyond this correlation of their prepared voxels both images show the same contrast: newborn T1w
/// and T2w are near to inverse, so theirs is negative.
const SAME_CONTRAST: f64 = 0.5;
/// Correlation with the training cohort's mean image of the same sequence below which an image has not the
/// contrast of the newborns that the model knows (real newborns: from 0.3; noise within a brain: 0). No narrower range
/// of training: protocols differ more between hospitals than in any training cohort.
const LEAST_CONTRAST: f64 = 0.15;
/// Correlation of both images' deviations from the atlas above which they are not of one newborn. A sulcus or a
/// ventricle that is a newborn's own is dark on T1w and bright on T2w. Of phantoms, own pairs: median -0.52, 95 % below
/// -0.36; pairs of two newborns: median 0.01, 95 % above -0.16. An injury that is bright on both raises it, so the limit
/// lies where some three in ten pairs of two newborns pass.
const SAME_NEWBORN: f64 = -0.05;
/// A value may lie outside its training range by this share of the range's width; beyond it the image is
/// unlike anything that the model has learnt from.
const MARGIN: f64 = 0.25;

/// The same for a signature: a strong one is what the model looks for, and an image that is unlike a newborn's is told
/// by its contrast and its familiarity.
const SIGNATURE_MARGIN: f64 = 1.0;

/// The range of training values (ascending) with a share of its width on both sides.
fn with_margin(training: &[f64], share: f64) -> [f64; 2] {
    let (Some(low), Some(high)) = (training.first(), training.last()) else {
        return [f64::NEG_INFINITY, f64::INFINITY];
    };
    let margin = share * (high - low);
    [low - margin, high + margin]
}

/// Why both images cannot be brought to the atlas, in full; with the advice to swap them only where they fit when
/// swapped.
pub(super) fn unaligned(
    error: &ModelError,
    images: PerSequence<&Volume>,
    recipe: &Recipe,
    template: &Template,
) -> Notice {
    let code = if matches!(error, ModelError::NoBrain { .. }) { "no_brain" } else { "not_aligned" };
    let in_each_others_place = PerSequence { T1w: images.T2w, T2w: images.T1w };
    if recipe.align(in_each_others_place, template).is_ok() {
        return swapped();
    }
    Notice::new(code, error.in_full())
}

fn swapped() -> Notice {
    Notice::new("swapped", text!("The T1w and the T2w image fit only in each other's place: swap them."))
}

/// Values of a clinical term with which a number is given: the training range with a quarter of its width on both sides,
/// as for an image, since a term of the nomogram goes on as a straight line however far it is from what was learnt; and
/// nothing outside the intended use, whatever a bundle was trained on. A term that is true or not has no limit.
fn clinical_limits(term: &str, training: [f64; 2]) -> [Option<f64>; 2] {
    if term.contains('=') {
        return [None, None];
    }
    let [low, high] = with_margin(&training, MARGIN);
    let [low, high] = match term {
        BIRTH_WEIGHT => [low.max(INTENDED_G[0]), high.min(INTENDED_G[1])],
        GESTATIONAL_AGE => [low.max(INTENDED_WEEKS), high],
        _ => [low, high],
    };
    [Some(low), Some(high.max(low))]
}

/// Correlation of two images' deviations from the atlas, over the voxels that both have: what of their anatomy is
/// their own.
pub(crate) fn own_anatomy(atlas: &PerSequence<Atlas>, images: &PerSequence<Prepared>) -> f64 {
    let own = PerSequence::from_fn(|s| atlas.of(s).deviation(&images.of(s).values));
    correlation(|| {
        let pairs = own.T1w.iter().zip(&own.T2w).filter(|(a, b)| **a != 0.0 && **b != 0.0);
        pairs.map(|(a, b)| [f64::from(*a), f64::from(*b)])
    })
}

/// What a newborn is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate<'a> {
    pub manifest: &'a Manifest,
    pub atlas: &'a PerSequence<Atlas>,
    pub familiarity: &'a PerSequence<Familiarity>,
}

impl Gate<'_> {
    /// Compares images and clinical terms with the training newborns'. Images that could not be prepared are
    /// left out; the signatures are known only after the network has run: see [`Gate::signature_checks`].
    pub fn checks(&self, images: Option<&PerSequence<Prepared>>, clinical: &Clinical) -> Vec<Check> {
        let population = &self.manifest.population;
        let mut checks = Vec::new();
        for (sequence, image) in images.into_iter().flat_map(PerSequence::iter) {
            let mut add = |code, value, training: &[f64], limits| {
                checks.push(Check::new(code, Some(sequence), value, training, limits));
            };
            let volumes = self.manifest.recipe.brain_limits_ml.map(Some);
            add(CheckCode::BrainMl, image.brain_ml, population.brain_ml.of(sequence), volumes);
            let contrast = self.atlas.of(sequence).correlation(&image.values);
            let training = population.contrast.of(sequence);
            add(CheckCode::Contrast, contrast, training, [Some(LEAST_CONTRAST), None]);
            let familiarity = self.familiarity.of(sequence);
            let deviation = self.atlas.of(sequence).deviation(&image.values);
            let features = Familiarity::features(&deviation, self.manifest.recipe.grid_dims);
            let limits = [None, Some(familiarity.limit())];
            let training = &familiarity.statistics.distances;
            add(CheckCode::Familiarity, familiarity.distance(&features), training, limits);
        }
        if let Some(images) = images {
            let correlation = correlation_of(images);
            // Noise correlates with nothing: what is no newborn's pair fails here, however its parts look.
            let limits = [None, Some(with_margin(&population.same_contrast, MARGIN)[1].min(SAME_CONTRAST))];
            checks.push(Check::new(
                CheckCode::SameContrast,
                None,
                correlation,
                &population.same_contrast,
                limits,
            ));
            let own = own_anatomy(self.atlas, images);
            let limits = [None, Some(SAME_NEWBORN)];
            checks.push(Check::new(CheckCode::SameNewborn, None, own, &population.same_newborn, limits));
        }
        // What the model asks for and was not given has no check.
        for (term, value, limits) in self.clinical_terms(clinical) {
            let at = self.manifest.nomogram.terms.iter().position(|own| own == term);
            let Some(training) = at.and_then(|at| population.terms.get(at)) else { continue };
            checks.push(Check::new(CheckCode::Term(term.to_owned()), None, value, training, limits));
        }
        checks
    }

    /// Each clinical term, its value and its limits.
    fn clinical_terms(&self, clinical: &Clinical) -> Vec<(&str, f64, [Option<f64>; 2])> {
        let nomogram = &self.manifest.nomogram;
        let values = clinical.values(&nomogram.terms).unwrap_or_default();
        let terms = nomogram.terms.iter().zip(&nomogram.limits).skip(Clinical::BEFORE - 1);
        let mut all = Vec::new();
        for ((term, range), value) in terms.zip(values) {
            all.push((term.as_str(), value, clinical_limits(term, *range)));
        }
        all
    }

    /// Newborns whom the model is not meant for, or who are unlike all of training by what is typed of them.
    pub fn clinical_reasons(&self, clinical: &Clinical) -> Vec<Notice> {
        let outside = |(term, value, limits): (&str, f64, [Option<f64>; 2])| {
            let [low, high] = [limits[0]?, limits[1]?];
            if (low..=high).contains(&value) {
                return None;
            }
            let digits = match term {
                BIRTH_WEIGHT => 0,
                GESTATIONAL_AGE => 1,
                _ => 2,
            };
            let [value, low, high] = [value, low, high].map(|v| number(v, digits));
            let message = match term {
                BIRTH_WEIGHT => text!(
                    "The birth weight {value} g lies outside of what this model can answer for ({low} g to {high} g): \
                     check it in the record, and if it is right, judge without this model.",
                    value,
                    low,
                    high
                ),
                GESTATIONAL_AGE => text!(
                    "The gestational age of {value} weeks lies outside of what this model can answer for ({low} to \
                     {high} weeks): check it in the record, and if it is right, judge without this model.",
                    value,
                    low,
                    high
                ),
                _ => text!(
                    "{term} {value} lies outside of what this model can answer for ({low} to {high}): check it in the \
                     record, and if it is right, judge without this model.",
                    term,
                    value,
                    low,
                    high
                ),
            };
            Some(Notice::new("outside_intended_use", message))
        };
        self.clinical_terms(clinical).into_iter().filter_map(outside).collect()
    }

    /// Compares the signatures with the training newborns'.
    pub fn signature_checks(&self, signatures: &PerSequence<f64>) -> Vec<Check> {
        signatures
            .iter()
            .zip(&self.manifest.population.terms)
            .map(|((sequence, value), training)| {
                Check::new(
                    CheckCode::Signature,
                    Some(sequence),
                    *value,
                    training,
                    with_margin(training, SIGNATURE_MARGIN).map(Some),
                )
            })
            .collect()
    }

    /// Why two aligned images get no number: the first reason says what to do.
    pub fn reasons_to_abstain(&self, images: &PerSequence<Prepared>, checks: &[Check]) -> Vec<Notice> {
        let beyond =
            |code: CheckCode| checks.iter().filter(move |c| c.code == code && c.verdict == Verdict::Beyond);
        let mut reasons = Vec::new();
        if let Some(correlation) = beyond(CheckCode::SameContrast).map(|c| c.value).next() {
            let shown = number(correlation, 2);
            let message = if correlation > SAME_CONTRAST {
                text!(
                    "The T1w and the T2w image show the same contrast (correlation {correlation}): one of them is not \
                     what it is given as.",
                    correlation = shown
                )
            } else {
                text!(
                    "The T1w and the T2w image are not the opposites that a newborn's T1w and T2w image are \
                     (correlation {correlation}): one of them is not what it is given as, or they are of two \
                     newborns.",
                    correlation = shown
                )
            };
            reasons.push(Notice::new("same_contrast", message));
        }
        let unlike: Vec<&Check> = beyond(CheckCode::Contrast).collect();
        if !unlike.is_empty() && self.fit_swapped(images) {
            return vec![swapped()];
        }
        for check in unlike {
            let Some(sequence) = check.sequence else { continue };
            let message = text!(
                "The image given as {sequence} has not the contrast of the newborns that the model was trained on \
                 (correlation {own}).",
                sequence = sequence.suffix(),
                own = number(check.value, 2)
            );
            reasons.push(Notice::new("contrast", self.with_excuse(message)));
        }
        let own = beyond(CheckCode::SameNewborn).map(|c| c.value).next();
        if let Some(correlation) = own.filter(|_| reasons.is_empty()) {
            let message = text!(
                "The T1w and the T2w image do not show the same folds and ventricles (correlation {correlation}, at \
                 most {most}): they are of two newborns, or one of them was not aligned.",
                correlation = number(correlation, 2),
                most = number(SAME_NEWBORN, 2)
            );
            reasons.push(Notice::new("two_newborns", message));
        }
        reasons
    }

    /// Whether each image has the contrast that the other is asked for.
    fn fit_swapped(&self, images: &PerSequence<Prepared>) -> bool {
        let fits = |(given, image): (Sequence, &Prepared)| {
            self.atlas.of(given.other()).correlation(&image.values) > LEAST_CONTRAST
        };
        images.iter().all(fits)
    }

    /// What is unfamiliar to a synthetic model need not be wrong.
    fn with_excuse(&self, message: Text) -> Text {
        if self.manifest.synthetic {
            text!("{message} Your files may be right: this model knows synthetic newborns only.", message)
        } else {
            message
        }
    }

    /// Images beyond the limit of likeness to the training cohort, and those at its edge.
    pub fn unfamiliar(&self, checks: &[Check]) -> (Vec<Notice>, Vec<Notice>) {
        let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
        for check in checks.iter().filter(|c| c.code == CheckCode::Familiarity) {
            let Some(sequence) = check.sequence else { continue };
            let training = self.familiarity.of(sequence).statistics.distances.len();
            let beyond_all = check.value > check.training[1];
            let sequence = sequence.suffix();
            let [distance, furthest] = [check.value, check.training[1]].map(|v| number(v, 1));
            if check.verdict == Verdict::Beyond {
                let message = text!(
                    "The {sequence} image is unlike the {training} newborns that the model was trained on: its \
                     distance from their mean is {distance}, the largest of theirs {furthest}.",
                    sequence,
                    training,
                    distance,
                    furthest
                );
                reasons.push(Notice::new("unfamiliar", self.with_excuse(message)));
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

    /// Checks at the edge of which nothing else is said.
    pub fn edges(checks: &[Check]) -> Vec<Notice> {
        let is_said = |check: &Check| match check.code {
            CheckCode::Signature | CheckCode::Term(_) => true,
            CheckCode::Familiarity => check.value > check.training[1],
            _ => false,
        };
        let edge = |check: &&Check| check.verdict == Verdict::Edge && !is_said(check);
        let told = |check: &Check| {
            let [value, low, high] =
                [check.value, check.training[0], check.training[1]].map(|v| number(v, 2));
            let message = text!(
                "At the edge: {check} {value}, where the training newborns had {low} to {high}.",
                check = check.name(),
                value,
                low,
                high
            );
            Notice::new("at_the_edge", message)
        };
        checks.iter().filter(edge).map(told).collect()
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
                if term == BIRTH_WEIGHT {
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
}
