//! Intervals by resampling subjects with a fixed seed: the same table gives the same interval everywhere.

use super::calibration::{ici, quantile};
use super::{Evaluation, net_benefit};
use crate::odds::Z_975;
use serde::Serialize;

/// Resamples of the integrated calibration index and of the decision curve.
pub const RESAMPLES: usize = 400;
const SEED: u64 = 2015;

/// SplitMix64 (Steele, Lea and Flood 2014): small, and the page needs no generator of its own.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// An index below `n`; its bias for any cohort's size is below 1e-15.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

/// 95 % intervals of calibration figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Intervals {
    /// Normal on the logarithm, with a standard error of `sqrt((1 - observed share) / events)` (Debray et al.,
    /// BMJ 2017;356:i6460).
    pub oe_ratio: [f64; 2],
    /// Wald.
    pub citl: [f64; 2],
    /// Wald.
    pub slope: [f64; 2],
    /// Normal, with the standard error of a mean of squared errors.
    pub brier: [f64; 2],
    /// Percentiles of [`RESAMPLES`] bootstrap resamples of the subjects.
    pub ici: [f64; 2],
}

/// The intervals beside an evaluation of the same table.
#[must_use]
pub fn intervals(outcome: &[bool], p: &[f64], evaluation: &Evaluation) -> Intervals {
    let c = &evaluation.calibration;
    let (n, events) = (evaluation.n as f64, evaluation.events as f64);
    let around = |value: f64, se: f64| [value - Z_975 * se, value + Z_975 * se];
    let log_se = ((1.0 - events / n) / events).sqrt();
    let squared = |(y, p): (&bool, &f64)| (p - f64::from(u8::from(*y))).powi(2);
    let spread = outcome.iter().zip(p).map(squared).map(|e| (e - c.brier).powi(2)).sum::<f64>() / (n - 1.0);
    let mut draw = Draw(SEED);
    let mut icis: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..evaluation.n).map(|_| draw.below(evaluation.n));
            let (y, p): (Vec<bool>, Vec<f64>) = drawn.map(|i| (outcome[i], p[i])).unzip();
            ici(&y, &p)
        })
        .collect();
    icis.sort_by(f64::total_cmp);
    Intervals {
        oe_ratio: around(c.oe_ratio.ln(), log_se).map(f64::exp),
        citl: around(c.citl.value, c.citl.se),
        slope: around(c.slope.value, c.slope.se),
        brier: around(c.brier, (spread / n).sqrt()),
        ici: [0.025, 0.975].map(|share| quantile(&icis, share)),
    }
}

/// Pointwise 95 % band of a decision curve: percentiles over resamples of each class by itself, because a
/// case-control study has fixed how many of each there are. Holds what does not depend on the prevalence.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionBand {
    /// Ascending.
    pub thresholds: Vec<f64>,
    /// For each threshold, sensitivity and false-alarm rate of each resample.
    draws: Vec<Vec<[f64; 2]>>,
}

impl DecisionBand {
    /// Resamples a cohort; both classes are there.
    #[must_use]
    pub fn of(outcome: &[bool], p: &[f64], thresholds: Vec<f64>) -> Self {
        let class = |wanted: bool| -> Vec<f64> {
            let mut own: Vec<f64> =
                outcome.iter().zip(p).filter(|(y, _)| **y == wanted).map(|(_, p)| *p).collect();
            own.sort_by(f64::total_cmp);
            own
        };
        let (events, others) = (class(true), class(false));
        let mut draw = Draw(SEED);
        let mut draws = vec![Vec::with_capacity(RESAMPLES); thresholds.len()];
        for _ in 0..RESAMPLES {
            let mut resample = |own: &[f64]| {
                let mut drawn: Vec<f64> = (0..own.len()).map(|_| own[draw.below(own.len())]).collect();
                drawn.sort_by(f64::total_cmp);
                drawn
            };
            let drawn = [resample(&events), resample(&others)];
            for (threshold, draws) in thresholds.iter().zip(&mut draws) {
                draws.push(drawn.each_ref().map(|own| {
                    (own.len() - own.partition_point(|p| p < threshold)) as f64 / own.len().max(1) as f64
                }));
            }
        }
        Self { thresholds, draws }
    }

    /// Low and high net benefit per subject at each threshold and this prevalence.
    #[must_use]
    pub fn at(&self, prevalence: f64) -> Vec<[f64; 2]> {
        let of = |(threshold, draws): (&f64, &Vec<[f64; 2]>)| {
            let odds = threshold / (1.0 - threshold);
            let mut values: Vec<f64> =
                draws.iter().map(|[tp, fp]| tp * prevalence - fp * (1.0 - prevalence) * odds).collect();
            values.sort_by(f64::total_cmp);
            [0.025, 0.975].map(|share| quantile(&values, share))
        };
        self.thresholds.iter().zip(&self.draws).map(of).collect()
    }
}

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    pub value: f64,
    pub ci95: [f64; 2],
}

/// What a result at or above the threshold, and one below it, mean at some prevalence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PredictiveValues {
    /// Share with HIE of those at or above the threshold.
    pub positive: Share,
    /// Share without HIE of those below it.
    pub negative: Share,
}

/// Predictive values of "at least `threshold`" from a cohort's sensitivity and specificity at any
/// `prevalence`, with intervals on the logit that cover sensitivity and specificity (Mercaldo, Lau and Zhou,
/// Stat Med 2007;26:2170-2183, as their own variances; half a subject is added to every cell where one is empty).
#[must_use]
pub fn predictive_values(outcome: &[bool], p: &[f64], threshold: f64, prevalence: f64) -> PredictiveValues {
    let count = |class: bool, above: bool| {
        let own = outcome.iter().zip(p).filter(|(y, p)| **y == class && (**p >= threshold) == above);
        own.count() as f64
    };
    let cells = [count(true, true), count(true, false), count(false, true), count(false, false)];
    let empty = if cells.contains(&0.0) { 0.5 } else { 0.0 };
    let [tp, missed, fp, tn] = cells.map(|c| c + empty);
    let (events, others) = (tp + missed, fp + tn);
    let (sensitivity, specificity) = (tp / events, tn / others);
    let share = |right: f64, wrong: f64, variance: f64| {
        let (centre, half) = ((right / wrong).ln(), Z_975 * variance.sqrt());
        let back = |z: f64| 1.0 / (1.0 + (-z).exp());
        Share { value: back(centre), ci95: [back(centre - half), back(centre + half)] }
    };
    PredictiveValues {
        positive: share(
            sensitivity * prevalence,
            (1.0 - specificity) * (1.0 - prevalence),
            (1.0 - sensitivity) / sensitivity / events + specificity / (1.0 - specificity) / others,
        ),
        negative: share(
            specificity * (1.0 - prevalence),
            (1.0 - sensitivity) * prevalence,
            sensitivity / (1.0 - sensitivity) / events + (1.0 - specificity) / specificity / others,
        ),
    }
}

/// Net benefit per subject at any prevalence: of the model, and of treating everybody.
#[must_use]
pub fn net_benefit_at(outcome: &[bool], p: &[f64], threshold: f64, prevalence: f64) -> [f64; 2] {
    let odds = threshold / (1.0 - threshold);
    let model = net_benefit(outcome, p, threshold).at_prevalence(prevalence);
    [model, prevalence - (1.0 - prevalence) * odds]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::evaluate;

    fn cohort() -> (Vec<bool>, Vec<f64>) {
        let p: Vec<f64> = (0..120).map(|i| 0.05 + 0.9 * f64::from(i * i % 119) / 119.0).collect();
        let outcome = (0..120_u32).map(|i| f64::from(i * 7 % 10) / 10.0 < p[i as usize]).collect();
        (outcome, p)
    }

    #[test]
    fn does_each_interval_hold_its_figure_and_come_back_the_same() {
        let (outcome, p) = cohort();
        let evaluation = evaluate(&outcome, &p, false).unwrap();
        let c = &evaluation.calibration;
        let found = intervals(&outcome, &p, &evaluation);
        for (value, [low, high]) in [
            (c.oe_ratio, found.oe_ratio),
            (c.citl.value, found.citl),
            (c.slope.value, found.slope),
            (c.brier, found.brier),
        ] {
            assert!(low < value && value < high, "{low} {value} {high}");
        }
        assert!(0.0 <= found.ici[0] && found.ici[0] < found.ici[1] && found.ici[1] < 0.5);
        assert_eq!(found, intervals(&outcome, &p, &evaluation));
    }

    #[test]
    fn does_the_band_hold_the_curve() {
        let (outcome, p) = cohort();
        let thresholds: Vec<f64> = (1..20).map(|i| f64::from(i) / 20.0).collect();
        let band = DecisionBand::of(&outcome, &p, thresholds.clone());
        for prevalence in [0.01, 0.46] {
            for (threshold, [low, high]) in thresholds.iter().zip(band.at(prevalence)) {
                let [model, _] = net_benefit_at(&outcome, &p, *threshold, prevalence);
                // Rounding only, where all resamples agree.
                assert!(low - 1e-12 <= model && model <= high + 1e-12, "{threshold}: {low} {model} {high}");
            }
        }
    }

    #[test]
    fn are_the_predictive_values_those_of_bayes() {
        // 80 of 100 events and 10 of 100 others at or above 0.5.
        let outcome: Vec<bool> = (0..200).map(|i| i < 100).collect();
        let p: Vec<f64> =
            (0..200).map(|i| if i < 80 || (100..110).contains(&i) { 0.7 } else { 0.2 }).collect();
        let found = predictive_values(&outcome, &p, 0.5, 0.1);
        assert!((found.positive.value - 0.08 / (0.08 + 0.09)).abs() < 1e-12);
        assert!((found.negative.value - 0.81 / (0.81 + 0.02)).abs() < 1e-12);
        // The variance of logit PPV by hand: 0.2/0.8/100 + 0.9/0.1/100 = 0.0925.
        let logit = (0.08_f64 / 0.09).ln() + Z_975 * 0.0925_f64.sqrt();
        assert!((found.positive.ci95[1] - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-12);
        // Nobody above the threshold: still finite.
        let none = predictive_values(&outcome, &p, 0.9, 0.1);
        assert!(none.positive.ci95.iter().chain(&none.negative.ci95).all(|v| v.is_finite()));
    }
}
