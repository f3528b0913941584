//! What the training newborns were like, and how a newborn compares with them.

use super::{PerSequence, Sequence};
use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};

/// Predictions of one cohort, subject by subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// `training` (out of fold), `internal` or `independent`.
    pub name: String,
    pub center: String,
    pub outcome: Vec<bool>,
    pub probability: Vec<f64>,
}

impl Cohort {
    /// Name of the cohort that the nomogram was fitted on: its predictions flatter the model.
    pub const FITTED: &str = "training";

    /// Whether the nomogram has not seen it.
    #[must_use]
    pub fn is_validation(&self) -> bool {
        self.name != Self::FITTED
    }
}

/// Distributions of the training cohort; every list ascending, so that no newborn can be told in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// Mean of each term of the nomogram.
    pub means: Vec<f64>,
    /// Values of each term; signatures out of fold.
    pub terms: Vec<Vec<f64>>,
    /// Brain volumes, ml.
    pub brain_ml: PerSequence<Vec<f64>>,
    /// Correlations with the atlas of the same sequence.
    pub contrast: PerSequence<Vec<f64>>,
    /// Correlations of a newborn's two images.
    pub same_contrast: Vec<f64>,
}

impl Population {
    /// Whether the parts fit a nomogram of `terms` terms and every number is finite.
    #[must_use]
    pub fn is_consistent(&self, terms: usize) -> bool {
        let sound = |v: &Vec<f64>| !v.is_empty() && v.iter().all(|x| x.is_finite()) && v.is_sorted();
        let both = |p: &PerSequence<Vec<f64>>| Sequence::BOTH.iter().all(|s| sound(p.of(*s)));
        self.means.len() == terms
            && self.means.iter().all(|m| m.is_finite())
            && self.terms.len() == terms
            && self.terms.iter().all(sound)
            && both(&self.brain_ml)
            && both(&self.contrast)
            && sound(&self.same_contrast)
    }
}

/// How far a newborn may differ from those of training before no number is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As some training newborns were.
    Within,
    /// As none of them was: answered with a warning.
    Edge,
    /// Beyond the limit: no number is given.
    Beyond,
}

/// One comparison of a newborn with those of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// `brain_ml`, `contrast`, `same_contrast`, `familiarity`, `signature`, or a clinical term: `birth_weight_g`.
    pub code: String,
    /// The image that it is about, where it is about one.
    pub sequence: Option<Sequence>,
    pub value: f64,
    /// Percent of the training newborns whose value is smaller.
    pub percentile: f64,
    /// Smallest and largest value in training.
    pub training: [f64; 2],
    /// Smallest and largest value with which a number is given; `None`: no limit on that side.
    pub limits: [Option<f64>; 2],
    pub verdict: Verdict,
}

impl Check {
    /// What it compares, and of which image.
    #[must_use]
    pub fn name(&self) -> Text {
        let what = match self.code.as_str() {
            "brain_ml" => text!("brain volume, ml"),
            "contrast" => text!("contrast, correlation with the atlas"),
            "familiarity" => text!("distance from the training images"),
            "signature" => text!("signature"),
            "same_contrast" => text!("T1w and T2w alike, correlation"),
            "birth_weight_g" => text!("Birth weight, g"),
            other => other.into(),
        };
        match self.sequence {
            Some(sequence) => text!("{sequence} {what}", sequence = sequence.suffix(), what),
            None => what,
        }
    }

    /// What readers must know of its verdict: nothing where it lies within.
    #[must_use]
    pub fn doubt(&self) -> Option<Text> {
        match self.verdict {
            Verdict::Within => None,
            Verdict::Edge => Some(text!("at the edge")),
            Verdict::Beyond => Some(text!("beyond")),
        }
    }

    /// Compares a value with those of training, ascending.
    #[must_use]
    pub fn new(
        code: &str,
        sequence: Option<Sequence>,
        value: f64,
        training: &[f64],
        limits: [Option<f64>; 2],
    ) -> Self {
        let smaller = training.partition_point(|v| *v < value);
        let range = [
            training.first().copied().unwrap_or(f64::NEG_INFINITY),
            training.last().copied().unwrap_or(f64::INFINITY),
        ];
        let beyond = limits[0].is_some_and(|low| value < low) || limits[1].is_some_and(|high| value > high);
        let verdict = match (beyond, (range[0]..=range[1]).contains(&value)) {
            (true, _) => Verdict::Beyond,
            (false, true) => Verdict::Within,
            (false, false) => Verdict::Edge,
        };
        let percentile = 100.0 * smaller as f64 / training.len().max(1) as f64;
        Self { code: code.to_owned(), sequence, value, percentile, training: range, limits, verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_value_within_at_the_edge_or_beyond() {
        let training = [1.0, 2.0, 3.0, 4.0];
        let check = |value| Check::new("contrast", None, value, &training, [Some(0.5), None]);
        assert_eq!(check(2.5).verdict, Verdict::Within);
        assert_eq!(check(2.5).percentile, 50.0);
        assert_eq!(check(0.7).verdict, Verdict::Edge);
        assert_eq!(check(0.4).verdict, Verdict::Beyond);
        assert_eq!((check(9.0).verdict, check(9.0).percentile), (Verdict::Edge, 100.0));
    }
}
