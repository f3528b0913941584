//! How well probabilities part the classes.

use super::axes::{Axes, label};
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, LETTER, LINE, Upright, bins, histogram, legend, sheet};
use crate::evaluation::delong;

/// ROC curves with the point of the operating threshold on each, and of this newborn's probability.
#[must_use]
pub fn roc(cohorts: &[Curve<'_>], threshold: f64, patient: Option<f64>, width: f64) -> Figure {
    let (mut figure, frame) = sheet("ROC", width, LINE * cohorts.len() as f64);
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.0] };
    axes.draw(&mut figure, "1 - specificity", "Sensitivity");
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 1.0)], Ink::Ideal, 1.0, &[4.0, 4.0]);
    let [left, top, right, bottom] = frame;
    let mut entries = Vec::new();
    let mut description = "ROC curves.".to_owned();
    for (i, cohort) in cohorts.iter().enumerate() {
        let steps = roc_steps(cohort);
        figure.line(steps.iter().map(|[x, y]| axes.at(*x, *y)).collect(), Ink::Series(i), 2.0, DASHES[i % 4]);
        let auc = delong(cohort.outcome, cohort.probability).map_or("not defined".to_owned(), |auc| {
            let ci = auc.ci95_logit.map_or(String::new(), |[low, high]| format!(" ({low:.2} to {high:.2})"));
            format!("{:.2}{ci}", auc.value)
        });
        let long = format!("{}: AUC {auc}", cohort.name);
        let fits = LETTER * long.len() as f64 + 32.0 < right - left;
        let short = long.split(" (").next().unwrap_or_default().to_owned();
        entries.push((if fits { long } else { short }, Ink::Series(i), DASHES[i % 4]));
        let [x, y] = operating_point(cohort, threshold);
        let words = format!(
            "{}: at the threshold {:.0} % sensitivity {:.0} %, specificity {:.0} %",
            cohort.name,
            100.0 * threshold,
            100.0 * y,
            100.0 * (1.0 - x)
        );
        figure.dot(axes.at(x, y), 5.0, Ink::Series(i));
        figure.hit(axes.at(x, y), &words);
        description.push_str(&format!(
            " {}: AUC {auc}; {}.",
            cohort.name,
            words.split(": ").last().unwrap_or_default()
        ));
    }
    legend(&mut figure, [left, bottom + 50.0], &entries);
    let mut note = "dots: threshold".to_owned();
    if let Some(p) = patient {
        for cohort in cohorts {
            let [x, y] = operating_point(cohort, p);
            figure.ring(axes.at(x, y), 5.0, Ink::Patient);
            figure.hit(
                axes.at(x, y),
                format!(
                    "{}: {:.0} % of those with HIE and {:.0} % of the others have at least this newborn's probability",
                    cohort.name,
                    100.0 * y,
                    100.0 * x
                ),
            );
        }
        note.push_str(", rings: this newborn");
        description.push_str(&format!(
            " This newborn's probability, {:.0} %, as a threshold is marked on each.",
            100.0 * p
        ));
    }
    figure.word([right, top - 12.0], note, Ink::Muted, Anchor::End);
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
            tp += 1.0;
        } else {
            fp += 1.0;
        }
        if pairs.get(rank + 1).is_none_or(|(next, _)| next != p) {
            steps.push([fp / others, tp / events]);
        }
    }
    steps
}

/// 1 - specificity and sensitivity of "at least `threshold`".
#[must_use]
pub fn operating_point(cohort: &Curve<'_>, threshold: f64) -> [f64; 2] {
    [false, true].map(|class| {
        let [all, above] = cohort.above(class, threshold);
        above as f64 / all.max(1) as f64
    })
}

/// Both classes' probabilities as histograms back to back, with the threshold and this newborn.
#[must_use]
pub fn risk_distribution(cohort: Curve<'_>, threshold: f64, patient: Option<f64>, width: f64) -> Figure {
    let (mut figure, mut frame) = sheet(&format!("Probabilities by outcome, {}", cohort.name), width, 0.0);
    // Lower than the square plots: counts need less room.
    let cut = 0.3 * (frame[3] - frame[1]);
    frame[3] -= cut;
    figure.height -= cut;
    let classes = [true, false].map(|class| bins(cohort.class(class)));
    let most = classes.iter().flatten().copied().max().unwrap_or(1).max(1) as f64;
    let axes = Axes { frame, x: [0.0, 1.0], y: [-1.5 * most, 1.5 * most] };
    let sizes = |v: f64| label(v.abs());
    axes.draw_labelled(&mut figure, "Predicted probability", "Controls, HIE", &sizes);
    let middle = axes.at(0.0, 0.0)[1];
    histogram(&mut figure, &axes, classes, middle, middle - axes.at(0.0, most)[1]);
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 0.0)], Ink::Muted, 1.0, &[]);
    Upright { at: threshold, beside: patient, row: 1, text: "threshold", ink: Ink::Text, dash: DASHES[1] }
        .draw(&mut figure, &axes);
    figure.word([frame[2], frame[1] - 12.0], format!("newborns, {}", cohort.name), Ink::Muted, Anchor::End);
    let [[events, tp], [others, fp]] = [true, false].map(|class| cohort.above(class, threshold));
    figure.description = format!(
        "Of {events} newborns with HIE {tp} and of {others} controls {fp} have a probability of at least {:.0} %.",
        100.0 * threshold
    );
    if let Some(p) = patient {
        Upright {
            at: p,
            beside: Some(threshold),
            row: 0,
            text: "this newborn",
            ink: Ink::Patient,
            dash: &[],
        }
        .draw(&mut figure, &axes);
        let [[_, tp], [_, fp]] = [true, false].map(|class| cohort.above(class, p));
        figure.description.push_str(&format!(
            " {tp} of those with HIE and {fp} of the controls have at least this newborn's."
        ));
    }
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
