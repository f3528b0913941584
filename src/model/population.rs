//! What the training newborns were like, and how a newborn compares with them.

use super::sequence::{PerSequence, Sequence};
use crate::evaluation::CohortRole;
use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};

/// Predictions of one cohort, subject by subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// Predictions of the training cohort are out of fold.
    #[serde(rename = "name")]
    pub role: CohortRole,
    pub center: String,
    pub outcome: Vec<bool>,
    pub probability: Vec<f64>,
}

impl Cohort {
    /// Share of the training cohort's healthy newborns that lie below the operating threshold. Between protocols healthy newborns differ
    /// more than within any training cohort: a threshold that balances both errors there lets too many pass elsewhere.
    pub const SPECIFICITY: f64 = 0.95;
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
    /// Correlations of what is a newborn's own in both images: their deviations from the atlas.
    pub same_newborn: Vec<f64>,
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
            && sound(&self.same_newborn)
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

/// What a check compares. A clinical term goes by its own name: `birth_weight_g`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CheckCode {
    /// Volume of the brain in the image.
    BrainMl,
    /// Whether the image has its sequence's contrast.
    Contrast,
    /// Distance from the training images.
    Familiarity,
    /// Whether both images have one contrast, which they must not.
    SameContrast,
    /// Whether both images show one newborn's own anatomy.
    SameNewborn,
    /// The network's signature of the image.
    Signature,
    /// A clinical term of the nomogram.
    Term(String),
}

/// All but the terms, with their names in JSON.
const CODES: [(CheckCode, &str); 6] = [
    (CheckCode::BrainMl, "brain_ml"),
    (CheckCode::Contrast, "contrast"),
    (CheckCode::Familiarity, "familiarity"),
    (CheckCode::SameContrast, "same_contrast"),
    (CheckCode::SameNewborn, "same_newborn"),
    (CheckCode::Signature, "signature"),
];

impl CheckCode {
    /// As in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Term(name) => name,
            other => CODES.iter().find(|(code, _)| code == other).map_or("", |(_, name)| name),
        }
    }
}

impl From<String> for CheckCode {
    fn from(name: String) -> Self {
        CODES.into_iter().find(|(_, own)| *own == name).map_or(Self::Term(name), |(code, _)| code)
    }
}

impl From<CheckCode> for String {
    fn from(code: CheckCode) -> Self {
        code.as_str().to_owned()
    }
}

/// One comparison of a newborn with those of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    pub code: CheckCode,
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
        let what = match &self.code {
            CheckCode::BrainMl => text!("brain volume, ml"),
            CheckCode::Contrast => text!("contrast, correlation with the atlas"),
            CheckCode::Familiarity => text!("distance from the training images"),
            CheckCode::Signature => text!("signature"),
            CheckCode::SameContrast => text!("T1w and T2w alike, correlation"),
            CheckCode::SameNewborn => text!("own anatomy in T1w and T2w, correlation"),
            CheckCode::Term(name) if name == "birth_weight_g" => text!("Birth weight, g"),
            CheckCode::Term(name) => name.as_str().into(),
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
        code: CheckCode,
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
        Self { code, sequence, value, percentile, training: range, limits, verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_every_code_come_back_from_its_name() {
        for name in
            ["brain_ml", "contrast", "familiarity", "same_contrast", "same_newborn", "signature", "apgar5"]
        {
            let code = CheckCode::from(name.to_owned());
            assert_eq!(code.as_str(), name);
            assert_eq!(matches!(code, CheckCode::Term(_)), name == "apgar5", "{name}");
        }
    }

    #[test]
    fn is_a_value_within_at_the_edge_or_beyond() {
        let training = [1.0, 2.0, 3.0, 4.0];
        let check = |value| Check::new(CheckCode::Contrast, None, value, &training, [Some(0.5), None]);
        assert_eq!(check(2.5).verdict, Verdict::Within);
        assert_eq!(check(2.5).percentile, 50.0);
        assert_eq!(check(0.7).verdict, Verdict::Edge);
        assert_eq!(check(0.4).verdict, Verdict::Beyond);
        assert_eq!((check(9.0).verdict, check(9.0).percentile), (Verdict::Edge, 100.0));
    }
}
