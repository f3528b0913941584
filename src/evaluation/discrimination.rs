//! Discrimination: the ROC curve's area with its interval, and the operating threshold.

use super::Estimate;
use super::calibration::quantile;
use crate::odds::{around, expit, logit};
use serde::Serialize;

/// An AUC with DeLong's standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Auc {
    pub value: f64,
    /// `None` where a class has fewer than two members: a variance needs two.
    pub se: Option<f64>,
    /// Normal interval on `logit(AUC)`, mapped back; `None` where the AUC is 0 or 1 or has no spread.
    pub ci95_logit: Option<[f64; 2]>,
}

/// The operating threshold and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Youden {
    pub threshold: f64,
    pub sensitivity: f64,
    pub specificity: f64,
}

/// Area under the ROC curve: the share of (event, non-event) pairs ranked rightly, ties half.
///
/// `None` when a class is empty.
#[must_use]
pub fn auc(outcome: &[bool], score: &[f64]) -> Option<f64> {
    let events: Vec<f64> = outcome.iter().zip(score).filter(|(y, _)| **y).map(|(_, s)| *s).collect();
    let others: Vec<f64> = outcome.iter().zip(score).filter(|(y, _)| !**y).map(|(_, s)| *s).collect();
    if events.is_empty() || others.is_empty() {
        return None;
    }
    let wins: f64 = events
        .iter()
        .flat_map(|a| others.iter().map(move |b| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 }))
        .sum();
    Some(wins / (events.len() * others.len()) as f64)
}

/// The threshold that a share `specificity` of those without the event lie below, linear between them (Hyndman and
/// Fan's type 7); "positive" is `score >= threshold`. `None` when there is nobody without the event.
#[must_use]
pub fn specificity_threshold(outcome: &[bool], score: &[f64], specificity: f64) -> Option<f64> {
    let mut others: Vec<f64> = outcome.iter().zip(score).filter(|(y, _)| !**y).map(|(_, s)| *s).collect();
    others.sort_by(f64::total_cmp);
    (!others.is_empty()).then(|| quantile(&others, specificity))
}

/// The threshold with the largest sensitivity + specificity - 1 (Youden); "positive" is
/// `score >= threshold`. `None` when a class is empty.
#[must_use]
pub fn youden_threshold(outcome: &[bool], score: &[f64]) -> Option<f64> {
    let events = outcome.iter().filter(|y| **y).count() as f64;
    let others = outcome.len() as f64 - events;
    if events == 0.0 || others == 0.0 {
        return None;
    }
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|a, b| score[*b].total_cmp(&score[*a]));
    let (mut best, mut threshold) = (f64::NEG_INFINITY, None);
    let (mut tp, mut fp) = (0.0, 0.0);
    for (rank, &i) in order.iter().enumerate() {
        if outcome[i] {
            tp += 1.0;
        } else {
            fp += 1.0;
        }
        let tied_with_next = order.get(rank + 1).is_some_and(|&j| score[j] == score[i]);
        let index = tp / events - fp / others;
        if !tied_with_next && index > best {
            (best, threshold) = (index, Some(score[i]));
        }
    }
    threshold
}

/// The AUC with DeLong's variance (DeLong, DeLong and Clarke-Pearson 1988). `None` when a class is empty.
#[must_use]
pub fn delong(outcome: &[bool], score: &[f64]) -> Option<Auc> {
    let placements = Placements::of(outcome, score)?;
    let value = mean(&placements.events);
    let se = placements.se();
    let logit_interval = |se: f64| around(logit(value), se / (value * (1.0 - value))).map(expit);
    // An interval without width is none.
    let ci95_logit = se.filter(|se| *se > 0.0 && value > 0.0 && value < 1.0).map(logit_interval);
    Some(Auc { value, se, ci95_logit })
}

/// The difference of two scores' AUCs on the same subjects, with the standard error of its paired DeLong
/// test. `None` when a class has fewer than two members.
#[must_use]
pub fn paired_delong(outcome: &[bool], a: &[f64], b: &[f64]) -> Option<Estimate> {
    let (a, b) = (Placements::of(outcome, a)?, Placements::of(outcome, b)?);
    let difference = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x - y).collect::<Vec<f64>>();
    let apart =
        Placements { events: difference(&a.events, &b.events), others: difference(&a.others, &b.others) };
    Some(Estimate { value: mean(&apart.events), se: apart.se()? })
}

/// For each event the share of others that it outranks, and for each other the share of events that outrank
/// it; ties half.
struct Placements {
    events: Vec<f64>,
    others: Vec<f64>,
}

impl Placements {
    fn of(outcome: &[bool], score: &[f64]) -> Option<Self> {
        let class = |wanted: bool| -> Vec<f64> {
            outcome.iter().zip(score).filter(|(y, _)| **y == wanted).map(|(_, s)| *s).collect()
        };
        let (events, others) = (class(true), class(false));
        if events.is_empty() || others.is_empty() {
            return None;
        }
        let wins = |a: f64, b: f64| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
        let share =
            |of: &[f64], win: &dyn Fn(f64) -> f64| of.iter().map(|o| win(*o)).sum::<f64>() / of.len() as f64;
        Some(Self {
            events: events.iter().map(|a| share(&others, &|b| wins(*a, b))).collect(),
            others: others.iter().map(|b| share(&events, &|a| wins(a, *b))).collect(),
        })
    }

    fn se(&self) -> Option<f64> {
        let of = |own: &[f64]| (own.len() > 1).then(|| variance(own) / own.len() as f64);
        Some((of(&self.events)? + of(&self.others)?).sqrt())
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// With `n - 1` in the denominator.
fn variance(values: &[f64]) -> f64 {
    let m = mean(values);
    values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
}

/// The Youden threshold with its sensitivity and specificity.
#[must_use]
pub fn youden(outcome: &[bool], score: &[f64]) -> Option<Youden> {
    let threshold = youden_threshold(outcome, score)?;
    let share = |class: bool, positive: bool| {
        let members = outcome.iter().zip(score).filter(|(y, _)| **y == class);
        let hits = members.clone().filter(|(_, s)| (**s >= threshold) == positive).count();
        hits as f64 / members.count() as f64
    };
    Some(Youden { threshold, sensitivity: share(true, true), specificity: share(false, false) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_ties_count_half() {
        let y = [true, false, true, false];
        assert_eq!(auc(&y, &[0.9, 0.1, 0.5, 0.5]), Some(0.875));
        assert_eq!(auc(&y, &[0.5; 4]), Some(0.5));
        assert_eq!(auc(&[true], &[0.5]), None);
    }

    #[test]
    fn do_as_many_controls_lie_below_the_threshold_as_asked_for() {
        let score: Vec<f64> = (0..=100).map(f64::from).collect();
        let outcome: Vec<bool> = (0..=100).map(|i| i > 20 && i % 2 == 0).collect();
        // Controls are 0 to 20 and then the odd ones, 61: number 0.95 x 60 = 57, counted from 0, is 21 + 2 x 36.
        assert_eq!(specificity_threshold(&outcome, &score, 0.95), Some(93.0));
        assert_eq!(specificity_threshold(&[true], &[0.5], 0.95), None);
    }

    #[test]
    fn where_is_the_youden_threshold() {
        let y = [false, false, true, false, false, true, true];
        assert_eq!(youden_threshold(&y, &[0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6]), Some(0.5));
    }

    #[test]
    fn is_the_paired_difference_that_of_the_areas() {
        let y = [true, false, true, false, true, false, true, false];
        let a = [0.9, 0.1, 0.8, 0.3, 0.4, 0.5, 0.7, 0.2];
        let b = [0.6, 0.2, 0.5, 0.5, 0.9, 0.1, 0.3, 0.4];
        let paired = paired_delong(&y, &a, &b).unwrap();
        let difference = auc(&y, &a).unwrap() - auc(&y, &b).unwrap();
        assert!((paired.value - difference).abs() < 1e-12 && paired.se > 0.0);
        assert_eq!(paired_delong(&y, &a, &a), Some(Estimate { value: 0.0, se: 0.0 }));
        // A constant score has an area of one half without any variance of its own.
        let alone = paired_delong(&y, &a, &[0.5; 8]).unwrap();
        assert!((alone.se - delong(&y, &a).unwrap().se.unwrap()).abs() < 1e-12);
    }
}
