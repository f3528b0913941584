//! What acting on a probability is worth: net benefit.

use serde::Serialize;

/// Net benefit at one threshold probability, per subject.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NetBenefit {
    pub threshold: f64,
    /// Treating those at or above the threshold: `TP/n - FP/n t/(1-t)`.
    pub model: f64,
    /// Treating everybody.
    pub all: f64,
    /// Treating nobody.
    pub none: f64,
    /// The model's at a prevalence of 10 %: its sensitivity and specificity, re-weighted. `None` without both classes.
    pub model_at_prevalence_0_1: Option<f64>,
    /// Sensitivity and 1 - specificity; `None` without both classes.
    #[serde(skip)]
    rates: Option<[f64; 2]>,
}

impl NetBenefit {
    /// The model's at another prevalence: its sensitivity and specificity, re-weighted. `None` without both classes.
    #[must_use]
    pub fn at_prevalence(&self, prevalence: f64) -> Option<f64> {
        let odds = self.threshold / (1.0 - self.threshold);
        self.rates.map(|[sensitivity, alarms]| sensitivity * prevalence - alarms * (1.0 - prevalence) * odds)
    }
}

/// The thresholds of the decision curve's table.
pub const THRESHOLDS: [f64; 9] = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/// Net benefit (Vickers and Elkin 2006); somebody is there.
#[must_use]
pub fn net_benefit(outcome: &[bool], p: &[f64], threshold: f64) -> NetBenefit {
    let n = outcome.len() as f64;
    let events = outcome.iter().filter(|y| **y).count() as f64;
    let positive =
        |class: bool| outcome.iter().zip(p).filter(|(y, p)| **y == class && **p >= threshold).count() as f64;
    let (tp, fp) = (positive(true), positive(false));
    let odds = threshold / (1.0 - threshold);
    let mut found = NetBenefit {
        threshold,
        model: tp / n - fp / n * odds,
        all: events / n - (1.0 - events / n) * odds,
        none: 0.0,
        model_at_prevalence_0_1: None,
        rates: (events > 0.0 && events < n).then(|| [tp / events, fp / (n - events)]),
    };
    found.model_at_prevalence_0_1 = found.at_prevalence(0.1);
    found
}
