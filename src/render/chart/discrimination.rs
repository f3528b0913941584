//! How well probabilities part the classes.

use super::axes::Axes;
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, bins, empty, frame, legend};
use crate::evaluation::delong;

/// ROC curves with the point of the operating threshold on each.
#[must_use]
pub fn roc(cohorts: &[Curve<'_>], threshold: f64, patient: Option<f64>) -> Figure {
    let mut figure = empty("ROC", String::new());
    let axes = Axes { frame: frame(), x: [0.0, 1.0], y: [0.0, 1.0] };
    axes.draw(&mut figure, "1 - specificity", "Sensitivity");
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 1.0)], Ink::Ideal, 1.0, &[4.0, 4.0]);
    let mut entries = Vec::new();
    let mut description = "ROC curves.".to_owned();
    for (i, cohort) in cohorts.iter().enumerate() {
        let steps = roc_steps(cohort);
        figure.line(steps.iter().map(|[x, y]| axes.at(*x, *y)).collect(), Ink::Series(i), 2.0, DASHES[i % 4]);
        let [x, y] = operating_point(cohort, threshold);
        figure.dot(axes.at(x, y), 5.0, Ink::Series(i));
        let auc = delong(cohort.outcome, cohort.probability).map_or("not defined".to_owned(), |auc| {
            let ci = auc.ci95_logit.map_or(String::new(), |[low, high]| format!(" ({low:.2} to {high:.2})"));
            format!("{:.2}{ci}", auc.value)
        });
        description.push_str(&format!(
            " {}: AUC {auc}; at the threshold {threshold:.2} sensitivity {y:.2}, specificity {:.2}.",
            cohort.name,
            1.0 - x
        ));
        entries.push((format!("{}: AUC {auc}", cohort.name), Ink::Series(i), DASHES[i % 4]));
    }
    let [_, top, right, bottom] = frame();
    legend(&mut figure, [right - 260.0, bottom - 17.0 * entries.len() as f64], &entries);
    figure.word(
        [right, top - 8.0],
        format!("dots: threshold {:.0} %", 100.0 * threshold),
        Ink::Muted,
        Anchor::End,
    );
    if let Some(p) = patient {
        for cohort in cohorts {
            let [x, y] = operating_point(cohort, p);
            figure.dot(axes.at(x, y), 4.0, Ink::Patient);
        }
        description
            .push_str(&format!(" This newborn's probability, {p:.2}, as a threshold is marked on each."));
    }
    figure.description = description;
    figure
}

/// Corners of the empirical curve from (0, 0) to (1, 1): tied probabilities step together.
fn roc_steps(cohort: &Curve<'_>) -> Vec<[f64; 2]> {
    let mut pairs: Vec<(f64, bool)> =
        cohort.probability.iter().copied().zip(cohort.outcome.iter().copied()).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let events = (pairs.iter().filter(|(_, y)| *y).count() as f64).max(1.0);
    let others = (pairs.iter().filter(|(_, y)| !*y).count() as f64).max(1.0);
    let (mut tp, mut fp) = (0.0, 0.0);
    let mut steps = vec![[0.0, 0.0]];
    for (rank, (p, event)) in pairs.iter().enumerate() {
        if *event {
            tp += 1.0
        } else {
            fp += 1.0
        }
        if pairs.get(rank + 1).is_none_or(|(next, _)| next != p) {
            steps.push([fp / others, tp / events]);
        }
    }
    steps
}

/// 1 - specificity and sensitivity of "at least `threshold`".
fn operating_point(cohort: &Curve<'_>, threshold: f64) -> [f64; 2] {
    [false, true].map(|class| {
        let own = || cohort.outcome.iter().zip(cohort.probability).filter(|(y, _)| **y == class);
        own().filter(|(_, p)| **p >= threshold).count() as f64 / own().count().max(1) as f64
    })
}

/// Both classes' probabilities as histograms back to back, with the threshold and this newborn.
#[must_use]
pub fn risk_distribution(cohort: Curve<'_>, threshold: f64, patient: Option<f64>) -> Figure {
    let mut figure = empty(&format!("Probabilities by outcome, {}", cohort.name), String::new());
    let classes = [true, false].map(|class| bins(cohort.outcome, cohort.probability, class));
    let most = classes.iter().flatten().copied().max().unwrap_or(1).max(1) as f64;
    let axes = Axes { frame: frame(), x: [0.0, 1.0], y: [-1.15 * most, 1.15 * most] };
    axes.draw(&mut figure, "Predicted probability", "Newborns (controls below)");
    for (class, counts) in classes.iter().enumerate() {
        let (ink, sign) = if class == 0 { (Ink::Series(1), 1.0) } else { (Ink::Series(0), -1.0) };
        for (i, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
            let (low, high) = (i as f64 / 20.0 + 0.003, (i as f64 + 1.0) / 20.0 - 0.003);
            let height = sign * *n as f64;
            let corners = [[low, 0.0], [low, height], [high, height], [high, 0.0]];
            figure.area(corners.map(|[x, y]| axes.at(x, y)).to_vec(), ink);
        }
    }
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 0.0)], Ink::Muted, 1.0, &[]);
    let [left, top, right, bottom] = frame();
    figure.word([left + 8.0, top + 12.0], "HIE", Ink::Series(1), Anchor::Start);
    figure.word([left + 8.0, bottom - 12.0], "controls", Ink::Series(0), Anchor::Start);
    for (place, ink, text, y) in [
        (Some(threshold), Ink::Text, "threshold", top + 12.0),
        (patient, Ink::Patient, "this newborn", top + 28.0),
    ] {
        if let Some(p) = place {
            let [x, _] = axes.at(p, 0.0);
            figure.line(
                vec![[x, top], [x, bottom]],
                ink,
                1.5,
                if ink == Ink::Text { DASHES[1] } else { &[] },
            );
            let (anchor, shift) =
                if x > (left + right) / 2.0 { (Anchor::End, -6.0) } else { (Anchor::Start, 6.0) };
            figure.word([x + shift, y], text, ink, anchor);
        }
    }
    let above = |class: bool| {
        let own = || cohort.outcome.iter().zip(cohort.probability).filter(|(y, _)| **y == class);
        (own().filter(|(_, p)| **p >= threshold).count(), own().count())
    };
    let ((tp, events), (fp, others)) = (above(true), above(false));
    figure.description = format!(
        "Of {events} newborns with HIE {tp} and of {others} controls {fp} have a probability of at least {:.0} %.",
        100.0 * threshold
    );
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_the_corners_of_a_known_curve_right() {
        let outcome = [true, false, true, false];
        let cohort = Curve { name: "x", outcome: &outcome, probability: &[0.9, 0.6, 0.6, 0.1] };
        assert_eq!(roc_steps(&cohort), [[0.0, 0.0], [0.0, 0.5], [0.5, 1.0], [1.0, 1.0]]);
        assert_eq!(operating_point(&cohort, 0.6), [0.5, 1.0]);
    }
}
