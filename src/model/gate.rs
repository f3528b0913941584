//! When no number is given: why, and what the reader can do about it.

use super::assessment::Sequence;
use super::error::ModelError;
use super::likeness::{LEAST_CONTRAST, SAME_CONTRAST};
use super::predictor::Predictor;
use super::prepared::Prepared;
use super::template::Template;
use super::{Check, Recipe, Verdict};
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
/// The covariate that holds it, where a site's model asks for it.
const GESTATIONAL_AGE: &str = "gestational_age_weeks";
/// Why both images cannot be brought to the atlas, in full; with the advice to swap them only where they fit when
/// swapped.
pub(super) fn unaligned(
    error: &ModelError,
    images: [&Volume; 2],
    recipe: &Recipe,
    template: &Template,
) -> Notice {
    let code = if matches!(error, ModelError::NoBrain { .. }) { "no_brain" } else { "not_aligned" };
    let [t1, t2] = images;
    if recipe.align([t2, t1], template).is_ok() {
        return swapped();
    }
    Notice::new(code, error.in_full())
}

fn swapped() -> Notice {
    Notice::new("swapped", text!("The T1w and the T2w image fit only in each other's place: swap them."))
}

/// Newborns whom the model is not meant for.
pub(super) fn outside_intended_use(clinical: &Clinical) -> Vec<Notice> {
    let grams = clinical.birth_weight.grams();
    let [low, high] = INTENDED_G;
    let mut reasons = Vec::new();
    if !(low..=high).contains(&grams) {
        let message = text!(
            "The birth weight {value} g lies outside the intended use ({low} g to {high} g): the model is made for \
             newborns near term.",
            value = grams,
            low,
            high
        );
        reasons.push(Notice::new("outside_intended_use", message));
    }
    let weeks = clinical.covariates().iter().find(|(term, _)| term == GESTATIONAL_AGE).map(|(_, v)| *v);
    if let Some(weeks) = weeks.filter(|weeks| *weeks < INTENDED_WEEKS) {
        let message = text!(
            "A gestational age of {weeks} weeks lies outside the intended use (at least {least}): the model is made \
             for newborns near term.",
            weeks = number(weeks, 1),
            least = INTENDED_WEEKS
        );
        reasons.push(Notice::new("outside_intended_use", message));
    }
    reasons
}

impl Predictor {
    /// Why two aligned images get no number: the first reason says what to do.
    pub(super) fn reasons_to_abstain(&self, images: [&Prepared; 2], checks: &[Check]) -> Vec<Notice> {
        let beyond = |code: &'static str| {
            checks.iter().filter(move |c| c.code == code && c.verdict == Verdict::Beyond)
        };
        let mut reasons = Vec::new();
        if let Some(correlation) = beyond("same_contrast").map(|c| c.value).next() {
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
        let unlike: Vec<&Check> = beyond("contrast").collect();
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
        reasons
    }

    /// Whether each image has the contrast that the other is asked for.
    fn fit_swapped(&self, [t1, t2]: [&Prepared; 2]) -> bool {
        let pairs = [(Sequence::T1w, t2), (Sequence::T2w, t1)];
        pairs.iter().all(|(asked, image)| self.atlas().of(*asked).correlation(&image.values) > LEAST_CONTRAST)
    }

    /// What is unfamiliar to a synthetic model need not be wrong.
    fn with_excuse(&self, message: Text) -> Text {
        if self.manifest().synthetic {
            text!("{message} Your files may be right: this model knows synthetic newborns only.", message)
        } else {
            message
        }
    }

    /// Images beyond the limit of likeness to the training cohort, and those at its edge.
    pub(super) fn unfamiliar(&self, checks: &[Check]) -> (Vec<Notice>, Vec<Notice>) {
        let (mut reasons, mut warnings) = (Vec::new(), Vec::new());
        for check in checks.iter().filter(|c| c.code == "familiarity") {
            let Some(sequence) = check.sequence else { continue };
            let training = self.familiarity().of(sequence).statistics.distances.len();
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

    /// Clinical characteristics outside their range in training.
    pub(super) fn extrapolations(&self, characteristics: &[f64]) -> Vec<Notice> {
        let nomogram = &self.manifest().nomogram;
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
    pub(super) fn signatures_outside_training(&self, checks: &[Check]) -> (Vec<Notice>, Vec<Notice>) {
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
