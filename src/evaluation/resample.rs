//! Intervals by resampling subjects with a fixed seed: the same table gives the same interval everywhere.

use super::calibration::{ici, quantile};
use super::{Evaluation, Figure, Figures, Undefined, both_classes, net_benefit, sorted};
use crate::odds::{around, expit};
use serde::{Serialize, Serializer};

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

/// 95 % intervals of calibration figures; one that does not exist is missing alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intervals {
    /// Normal on the logarithm, with a standard error of `sqrt((1 - observed share) / events)` (Debray et al.,
    /// BMJ 2017;356:i6460).
    pub oe_ratio: Figure<[f64; 2]>,
    /// Wald.
    pub citl: Figure<[f64; 2]>,
    /// Wald.
    pub slope: Figure<[f64; 2]>,
    /// Normal, with the standard error of a mean of squared errors.
    pub brier: Figure<[f64; 2]>,
    /// Percentiles of [`RESAMPLES`] bootstrap resamples of the subjects.
    pub ici: Figure<[f64; 2]>,
}

impl Serialize for Intervals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut figures = Figures::<S>::new(serializer)?;
        figures.add("oe_ratio", &self.oe_ratio)?;
        figures.add("citl", &self.citl)?;
        figures.add("slope", &self.slope)?;
        figures.add("brier", &self.brier)?;
        figures.add("ici", &self.ici)?;
        figures.end()
    }
}

/// The shares of resamples that lie below the two ends of a 95 % interval.
const ENDS: [f64; 2] = [0.025, 0.975];

/// The intervals beside an evaluation of the same table.
#[must_use]
pub fn intervals(outcome: &[bool], p: &[f64], evaluation: &Evaluation) -> Intervals {
    let (outcome, p) = &sorted(outcome, p);
    let c = &evaluation.calibration;
    let (n, events) = (evaluation.n as f64, evaluation.events as f64);
    let both = both_classes(outcome);
    let log_se = ((1.0 - events / n) / events).sqrt();
    let squared = |(y, p): (&bool, &f64)| (p - f64::from(u8::from(*y))).powi(2);
    // One newborn has no spread.
    let spread = |brier: f64| {
        let total = outcome.iter().zip(p).map(squared).map(|e| (e - brier).powi(2)).sum::<f64>();
        if evaluation.n > 1 { Ok(total / (n - 1.0)) } else { Err(Undefined::NoSpread) }
    };
    Intervals {
        oe_ratio: both.and(c.oe_ratio).map(|ratio| around(ratio.ln(), log_se).map(f64::exp)),
        citl: c.citl.map(|citl| around(citl.value, citl.se)),
        slope: c.slope.map(|slope| around(slope.value, slope.se)),
        brier: c.brier.and_then(|brier| Ok(around(brier, (spread(brier)? / n).sqrt()))),
        ici: c.ici.and_then(|_| bootstrap(outcome, p)),
    }
}

/// Percentiles of the ICI over resamples of the subjects.
fn bootstrap(outcome: &[bool], p: &[f64]) -> Figure<[f64; 2]> {
    if p.len() < 2 {
        return Err(Undefined::NoSpread);
    }
    let mut draw = Draw(SEED);
    let mut icis: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..p.len()).map(|_| draw.below(p.len()));
            let (y, p): (Vec<bool>, Vec<f64>) = drawn.map(|i| (outcome[i], p[i])).unzip();
            ici(&y, &p)
        })
        .collect();
    icis.sort_by(f64::total_cmp);
    Ok(ENDS.map(|share| quantile(&icis, share)))
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
    /// Resamples a cohort. `None` unless both classes are there.
    #[must_use]
    pub fn of(outcome: &[bool], p: &[f64], thresholds: Vec<f64>) -> Option<Self> {
        both_classes(outcome).ok()?;
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
                    (own.len() - own.partition_point(|p| p < threshold)) as f64 / own.len() as f64
                }));
            }
        }
        Some(Self { thresholds, draws })
    }

    /// Low and high net benefit per subject at each threshold and this prevalence.
    #[must_use]
    pub fn at(&self, prevalence: f64) -> Vec<[f64; 2]> {
        let of = |(threshold, draws): (&f64, &Vec<[f64; 2]>)| {
            let odds = threshold / (1.0 - threshold);
            let mut values: Vec<f64> =
                draws.iter().map(|[tp, fp]| tp * prevalence - fp * (1.0 - prevalence) * odds).collect();
            values.sort_by(f64::total_cmp);
            ENDS.map(|share| quantile(&values, share))
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
/// `None` unless both classes are there and the prevalence lies between 0 and 1.
#[must_use]
pub fn predictive_values(
    outcome: &[bool],
    p: &[f64],
    threshold: f64,
    prevalence: f64,
) -> Option<PredictiveValues> {
    both_classes(outcome).ok().filter(|()| prevalence > 0.0 && prevalence < 1.0)?;
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
        let centre = (right / wrong).ln();
        Share { value: expit(centre), ci95: around(centre, variance.sqrt()).map(expit) }
    };
    Some(PredictiveValues {
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
    })
}

/// Net benefit per subject at any prevalence: of the model, and of treating everybody. `None` unless both classes
/// are there.
#[must_use]
pub fn net_benefit_at(outcome: &[bool], p: &[f64], threshold: f64, prevalence: f64) -> Option<[f64; 2]> {
    let odds = threshold / (1.0 - threshold);
    let model = net_benefit(outcome, p, threshold).at_prevalence(prevalence)?;
    Some([model, prevalence - (1.0 - prevalence) * odds])
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
        for (value, interval) in [
            (c.oe_ratio.unwrap(), found.oe_ratio),
            (c.citl.unwrap().value, found.citl),
            (c.slope.unwrap().value, found.slope),
            (c.brier.unwrap(), found.brier),
        ] {
            let [low, high] = interval.unwrap();
            assert!(low < value && value < high, "{low} {value} {high}");
        }
        let [low, high] = found.ici.unwrap();
        assert!(0.0 <= low && low < high && high < 0.5);
        assert_eq!(found, intervals(&outcome, &p, &evaluation));
    }

    #[test]
    fn is_each_normal_interval_as_wide_as_95_percent_are() {
        // Twice 1.96 standard errors, worked out here from the figures themselves.
        const WIDTH: f64 = 2.0 * 1.959_963_984_540_054;
        let (outcome, p) = cohort();
        let evaluation = evaluate(&outcome, &p, false).unwrap();
        let c = &evaluation.calibration;
        let found = intervals(&outcome, &p, &evaluation);
        let width = |interval: Figure<[f64; 2]>| interval.map(|[low, high]| high - low).unwrap();
        let (n, events) = (evaluation.n as f64, evaluation.events as f64);
        let squares: Vec<f64> =
            outcome.iter().zip(&p).map(|(y, p)| (p - f64::from(u8::from(*y))).powi(2)).collect();
        let mean = squares.iter().sum::<f64>() / n;
        let brier_se = (squares.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
        for (found, se) in [
            (width(found.citl), c.citl.unwrap().se),
            (width(found.slope), c.slope.unwrap().se),
            (width(found.brier), brier_se),
            (width(found.oe_ratio.map(|ends| ends.map(f64::ln))), ((1.0 - events / n) / events).sqrt()),
        ] {
            // Rounding only.
            assert!((found / se - WIDTH).abs() < 1e-9, "{found} {se}");
        }
    }

    #[test]
    fn do_resampled_intervals_leave_one_resample_in_forty_at_either_end() {
        let (outcome, p) = cohort();
        let thresholds = vec![0.4];
        let band = DecisionBand::of(&outcome, &p, thresholds).unwrap();
        let [low, high] = band.at(0.3)[0];
        // What a sum of binomials gives: half the width is 1.96 standard deviations of the net benefit, whose
        // parts are a share of the events and one of the others.
        let share = |class: bool| {
            let own: Vec<f64> =
                outcome.iter().zip(&p).filter(|(y, _)| **y == class).map(|(_, p)| *p).collect();
            let above = own.iter().filter(|p| **p >= 0.4).count() as f64 / own.len() as f64;
            above * (1.0 - above) / own.len() as f64
        };
        let odds = 0.4 / 0.6;
        let deviation = (share(true) * 0.3_f64.powi(2) + share(false) * (0.7_f64 * odds).powi(2)).sqrt();
        // A percentile of 400 resamples varies by 7 % of that width (one standard deviation); quartiles would be 0.34
        // of it and the middle 60 % 0.43.
        let ratio = (high - low) / (2.0 * 1.96 * deviation);
        assert!((0.8..1.2).contains(&ratio), "{ratio}");
        // The ICI's interval against its own resamples, drawn here again.
        let evaluation = evaluate(&outcome, &p, false).unwrap();
        let [low, high] = intervals(&outcome, &p, &evaluation).ici.unwrap();
        let (outcome, p) = sorted(&outcome, &p);
        let mut draw = Draw(SEED);
        let within = (0..RESAMPLES)
            .filter(|_| {
                let drawn = (0..p.len()).map(|_| draw.below(p.len()));
                let (y, p): (Vec<bool>, Vec<f64>) = drawn.map(|i| (outcome[i], p[i])).unzip();
                (low..=high).contains(&ici(&y, &p))
            })
            .count();
        // Ten of 400 lie beyond either end.
        assert_eq!(within, 380);
    }

    #[test]
    fn is_a_figure_that_does_not_exist_missing_alone() {
        for (outcome, p) in [
            (vec![], vec![]),
            (vec![true], vec![0.3]),
            (vec![false; 3], vec![0.3, 0.4, 0.2]),
            (vec![true; 3], vec![0.3; 3]),
            (vec![true, false], vec![0.5; 2]),
            (vec![true, false, false], vec![0.9, 0.2, 0.1]),
        ] {
            let evaluation = evaluate(&outcome, &p, false).unwrap();
            let whole = serde_json::to_value(&evaluation).unwrap();
            let figures = whole.as_object().unwrap();
            let missing: Vec<&String> = figures.iter().filter(|(_, v)| v.is_null()).map(|(k, _)| k).collect();
            let reasons: Vec<&String> = whole["not_defined"].as_object().unwrap().keys().collect();
            assert_eq!(missing.iter().collect::<std::collections::BTreeSet<_>>(), reasons.iter().collect());
            assert_eq!(evaluation.calibration.brier.is_ok(), !p.is_empty());
            assert_eq!(evaluation.auc.is_ok(), outcome.contains(&true) && outcome.contains(&false));
            let around = intervals(&outcome, &p, &evaluation);
            assert!(around.ici.is_err() || around.ici.unwrap().iter().all(|v| v.is_finite()));
            let predictive = predictive_values(&outcome, &p, 0.5, 0.1);
            assert_eq!(predictive.is_some(), evaluation.auc.is_ok());
            assert_eq!(DecisionBand::of(&outcome, &p, vec![0.5]).is_some(), evaluation.auc.is_ok());
        }
    }

    #[test]
    fn does_the_band_hold_the_curve() {
        let (outcome, p) = cohort();
        let thresholds: Vec<f64> = (1..20).map(|i| f64::from(i) / 20.0).collect();
        let band = DecisionBand::of(&outcome, &p, thresholds.clone()).unwrap();
        for prevalence in [0.01, 0.46] {
            for (threshold, [low, high]) in thresholds.iter().zip(band.at(prevalence)) {
                let [model, _] = net_benefit_at(&outcome, &p, *threshold, prevalence).unwrap();
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
        let found = predictive_values(&outcome, &p, 0.5, 0.1).unwrap();
        assert!((found.positive.value - 0.08 / (0.08 + 0.09)).abs() < 1e-12);
        assert!((found.negative.value - 0.81 / (0.81 + 0.02)).abs() < 1e-12);
        // The variance of logit PPV by hand: 0.2/0.8/100 + 0.9/0.1/100 = 0.0925.
        let logit = (0.08_f64 / 0.09).ln() + 1.959_963_984_540_054 * 0.0925_f64.sqrt();
        assert!((found.positive.ci95[1] - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-12);
        // Nobody above the threshold: still finite.
        let none = predictive_values(&outcome, &p, 0.9, 0.1).unwrap();
        assert!(none.positive.ci95.iter().chain(&none.negative.ci95).all(|v| v.is_finite()));
    }
}
