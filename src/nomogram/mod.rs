//! Signatures and birth weight to a probability: logistic model, points, intervals.

mod birth_weight;
mod clinical;
pub(crate) mod glm;
mod logistic;

pub use birth_weight::{BirthWeight, BirthWeightError};
pub use clinical::{Clinical, ClinicalError};
pub(crate) use logistic::fit_until;
pub use logistic::{FitError, LogisticFit, fit_firth, fit_logistic};

pub use crate::odds::{Z_975, expit, softplus};

use crate::odds::around;
use serde::{Deserialize, Serialize};

/// A fitted logistic model drawn as a nomogram.
///
/// Slices of values are in the order of `terms`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nomogram {
    /// Names of the terms, intercept excluded.
    pub terms: Vec<String>,
    /// Log-odds at zero of every term.
    pub intercept: f64,
    /// Log-odds per unit of each term.
    pub coefficients: Vec<f64>,
    /// Covariance of (intercept, coefficients), row by row.
    pub covariance: Vec<Vec<f64>>,
    /// Axis limits of each term: its range in training.
    pub limits: Vec<[f64; 2]>,
}

impl Nomogram {
    /// Whether the parts fit together and every number is finite.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let n = self.terms.len();
        n > 0
            && self.coefficients.len() == n
            && self.limits.len() == n
            && self.covariance.len() == n + 1
            && self.covariance.iter().all(|row| row.len() == n + 1 && row.iter().all(|v| v.is_finite()))
            && self.intercept.is_finite()
            && self.coefficients.iter().all(|v| v.is_finite())
            && self.limits.iter().all(|[lo, hi]| lo.is_finite() && hi.is_finite() && lo < hi)
    }

    /// Log-odds at `values`.
    #[must_use]
    pub fn logit(&self, values: &[f64]) -> f64 {
        self.intercept + self.coefficients.iter().zip(values).map(|(b, x)| b * x).sum::<f64>()
    }

    /// Log-odds of each term relative to a newborn of the `means`: they add up to the difference of the
    /// two log-odds.
    #[must_use]
    pub fn contributions(&self, values: &[f64], means: &[f64]) -> Vec<f64> {
        self.coefficients.iter().zip(values.iter().zip(means)).map(|(b, (x, mean))| b * (x - mean)).collect()
    }

    /// Probability with its 95 % Wald interval, `expit(x b ± 1.96 sqrt(x' V x))`, which covers the
    /// uncertainty of the coefficients only.
    #[must_use]
    pub fn interval95(&self, values: &[f64]) -> [f64; 2] {
        let x: Vec<f64> = std::iter::once(1.0).chain(values.iter().copied()).collect();
        let variance: f64 = self
            .covariance
            .iter()
            .zip(&x)
            .map(|(row, a)| a * row.iter().zip(&x).map(|(v, b)| v * b).sum::<f64>())
            .sum();
        around(self.logit(values), variance.max(0.0).sqrt()).map(expit)
    }

    /// Smallest value of `b x` over each term's axis.
    fn minima(&self) -> Vec<f64> {
        self.coefficients.iter().zip(&self.limits).map(|(b, [lo, hi])| (b * lo).min(b * hi)).collect()
    }

    /// Points per unit of log-odds: the widest term spans 100 points over its axis (as in rms).
    #[must_use]
    pub fn points_per_logit(&self) -> f64 {
        let range = self
            .coefficients
            .iter()
            .zip(&self.limits)
            .map(|(b, [lo, hi])| (b * (hi - lo)).abs())
            .fold(0.0, f64::max);
        if range > 0.0 { 100.0 / range } else { 0.0 }
    }

    /// Log-odds at zero points.
    #[must_use]
    pub fn base_logit(&self) -> f64 {
        self.intercept + self.minima().iter().sum::<f64>()
    }

    /// Points of each term; a negative coefficient reverses its axis.
    #[must_use]
    pub fn points(&self, values: &[f64]) -> Vec<f64> {
        let scale = self.points_per_logit();
        self.coefficients
            .iter()
            .zip(values)
            .zip(self.minima())
            .map(|((b, x), minimum)| (b * x - minimum) * scale)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nomogram() -> Nomogram {
        Nomogram {
            terms: vec!["signature_t1".into(), "signature_t2".into(), "birth_weight_g".into()],
            intercept: 1.5,
            coefficients: vec![0.8, 0.3, -0.0007],
            covariance: (0..4).map(|i| (0..4).map(|j| if i == j { 0.01 } else { 0.0 }).collect()).collect(),
            limits: vec![[-3.0, 4.0], [-2.0, 2.5], [2000.0, 4600.0]],
        }
    }

    #[test]
    fn is_a_nomogram_without_terms_none() {
        let empty = Nomogram {
            terms: vec![],
            intercept: 0.0,
            coefficients: vec![],
            covariance: vec![vec![1.0]],
            limits: vec![],
        };
        assert!(!empty.is_consistent());
    }

    #[test]
    fn do_points_give_back_the_probability() {
        let n = nomogram();
        for values in [[0.0, 0.0, 3200.0], [-3.0, 2.5, 2000.0], [9.0, -7.0, 5200.0]] {
            let total: f64 = n.points(&values).iter().sum();
            let p = expit(n.base_logit() + total / n.points_per_logit());
            // Only the order of additions differs: a few ulps.
            assert!((p - expit(n.logit(&values))).abs() < 1e-12);
        }
    }

    #[test]
    fn does_a_negative_coefficient_reverse_its_axis() {
        let n = nomogram();
        let at = |g: f64| n.points(&[0.0, 0.0, g])[2];
        assert!(at(2000.0) > at(4600.0));
        assert_eq!(at(4600.0), 0.0);
    }

    #[test]
    fn does_the_widest_term_span_a_hundred_points() {
        let n = nomogram();
        let span = n.points(&[4.0, 0.0, 3000.0])[0] - n.points(&[-3.0, 0.0, 3000.0])[0];
        assert!((span - 100.0).abs() < 1e-9);
    }
}
