//! How well probabilities part the classes.

use super::axes::{Axes, label};
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, LINE, Upright, bins, histogram, legend, long, sheet};
use crate::evaluation::{Undefined, both_classes, delong};
use crate::language::{Language, Text, number};
use crate::render::percents;
use crate::text;

/// ROC curves with the point of the operating threshold on each, and of this newborn's probability.
#[must_use]
pub fn roc(
    cohorts: &[Curve<'_>],
    threshold: f64,
    patient: Option<f64>,
    width: f64,
    language: &Language,
) -> Figure {
    let (mut figure, frame) = sheet(language.say(&text!("ROC")), width, LINE * cohorts.len() as f64);
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.0], language };
    axes.draw(&mut figure, &text!("1 - specificity"), &text!("Sensitivity"));
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 1.0)], Ink::Ideal, 1.0, &[4.0, 4.0]);
    let [left, top, right, bottom] = frame;
    let mut entries = Vec::new();
    let mut told = vec![text!("ROC curves.")];
    for (i, cohort) in cohorts.iter().enumerate() {
        let Some(auc) = delong(cohort.outcome, cohort.probability) else {
            let reason = both_classes(cohort.outcome).err().unwrap_or(Undefined::OneClass);
            let words = text!("not defined: {reason}", reason = reason.text());
            let named = text!("{cohort}: AUC {auc}", cohort = cohort.label(), auc = words);
            entries.push((language.say(&named), Ink::Series(i), DASHES[i % 4]));
            told.push(named);
            continue;
        };
        let steps = roc_steps(cohort);
        figure.line(steps.iter().map(|[x, y]| axes.at(*x, *y)).collect(), Ink::Series(i), 2.0, DASHES[i % 4]);
        let value: Text = number(auc.value, 2).into();
        let whole = auc.ci95_logit.map_or_else(
            || value.clone(),
            |[low, high]| {
                text!(
                    "{value} ({low} to {high})",
                    value = &value,
                    low = number(low, 2),
                    high = number(high, 2)
                )
            },
        );
        let named = |auc: &Text| text!("{cohort}: AUC {auc}", cohort = cohort.label(), auc);
        let [entry, short] = [&whole, &value].map(|auc| language.say(&named(auc)));
        let fits = long(&entry) + 32.0 < right - left;
        entries.push((if fits { entry } else { short }, Ink::Series(i), DASHES[i % 4]));
        let [x, y] = operating_point(cohort, threshold).map(Option::unwrap_or_default);
        let words = text!(
            "at the threshold {threshold} sensitivity {sensitivity}, specificity {specificity}",
            threshold = percents(threshold, 0),
            sensitivity = percents(y, 0),
            specificity = percents(1.0 - x, 0)
        );
        figure.dot(axes.at(x, y), 5.0, Ink::Series(i));
        let hit = text!("{label}: {message}", label = cohort.label(), message = &words);
        figure.hit(axes.at(x, y), language.say(&hit));
        told.push(text!("{cohort}: AUC {auc}; {words}", cohort = cohort.label(), auc = whole, words));
    }
    legend(&mut figure, [left, bottom + 50.0], &entries);
    let mut note = text!("dots: threshold");
    if let Some(p) = patient {
        for cohort in cohorts {
            let [Some(x), Some(y)] = operating_point(cohort, p) else { continue };
            figure.ring(axes.at(x, y), 5.0, Ink::Patient);
            figure.hit(
                axes.at(x, y),
                language.say(&text!(
                    "{cohort}: {events} of those with HIE and {others} of the others have at least this newborn's \
                     probability",
                    cohort = cohort.label(),
                    events = percents(y, 0),
                    others = percents(x, 0)
                )),
            );
        }
        note = text!("dots: threshold, rings: this newborn");
        told.push(text!(
            "This newborn's probability, {p}, as a threshold is marked on each.",
            p = percents(p, 0)
        ));
    }
    figure.word([right, top - 12.0], language.say(&note), Ink::Muted, Anchor::End);
    figure.description = language.paragraph(&told);
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

/// 1 - specificity and sensitivity of "at least `threshold`"; `None` where nobody is in the class.
#[must_use]
pub fn operating_point(cohort: &Curve<'_>, threshold: f64) -> [Option<f64>; 2] {
    [false, true].map(|class| {
        let [all, above] = cohort.above(class, threshold);
        (all > 0).then(|| above as f64 / all as f64)
    })
}

/// Both classes' probabilities as histograms back to back, with the threshold and this newborn.
#[must_use]
pub fn risk_distribution(
    cohort: Curve<'_>,
    threshold: f64,
    patient: Option<f64>,
    width: f64,
    language: &Language,
) -> Figure {
    let title = language.say(&text!("Probabilities by outcome, {cohort}", cohort = cohort.label()));
    let (mut figure, mut frame) = sheet(title, width, 0.0);
    // Lower than the square plots: counts need less room.
    let cut = 0.3 * (frame[3] - frame[1]);
    frame[3] -= cut;
    figure.height -= cut;
    let classes = [true, false].map(|class| bins(cohort.class(class)));
    let most = classes.iter().flatten().copied().max().unwrap_or(1).max(1) as f64;
    let axes = Axes { frame, x: [0.0, 1.0], y: [-1.5 * most, 1.5 * most], language };
    let sizes = |v: f64| label(v.abs());
    axes.draw_labelled(&mut figure, &text!("Predicted probability"), &text!("Controls, HIE"), &sizes);
    let middle = axes.at(0.0, 0.0)[1];
    histogram(&mut figure, &axes, classes, middle, middle - axes.at(0.0, most)[1]);
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 0.0)], Ink::Muted, 1.0, &[]);
    let text = language.say(&text!("threshold"));
    Upright { at: threshold, beside: patient, row: 1, text, ink: Ink::Text, dash: DASHES[1] }
        .draw(&mut figure, &axes);
    let note = language.say(&text!("newborns, {cohort}", cohort = cohort.label()));
    figure.word([frame[2], frame[1] - 12.0], note, Ink::Muted, Anchor::End);
    let [[events, tp], [others, fp]] = [true, false].map(|class| cohort.above(class, threshold));
    let mut told = vec![text!(
        "Of {events} newborns with HIE {tp} and of {others} controls {fp} have a probability of at least {threshold}.",
        events,
        tp,
        others,
        fp,
        threshold = percents(threshold, 0)
    )];
    if let Some(p) = patient {
        Upright {
            at: p,
            beside: Some(threshold),
            row: 0,
            text: language.say(&text!("this newborn")),
            ink: Ink::Patient,
            dash: &[],
        }
        .draw(&mut figure, &axes);
        let [[_, tp], [_, fp]] = [true, false].map(|class| cohort.above(class, p));
        told.push(text!(
            "{tp} of those with HIE and {fp} of the controls have at least this newborn's.",
            tp,
            fp
        ));
    }
    figure.description = language.paragraph(&told);
    figure
}

/// Probabilities of newborns whose outcomes are not known.
#[must_use]
pub fn probabilities(probability: &[f64], width: f64, language: &Language) -> Figure {
    let (mut figure, frame) = sheet(language.say(&text!("Probabilities")), width, 0.0);
    let counts = bins(probability.iter().copied());
    let most = counts.into_iter().max().unwrap_or(1).max(1) as f64;
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.1 * most], language };
    axes.draw(&mut figure, &text!("Predicted probability"), &text!("Newborns"));
    for (i, n) in counts.into_iter().enumerate().filter(|(_, n)| *n > 0) {
        let [x0, x1] = [i as f64 / 20.0, (i as f64 + 1.0) / 20.0];
        let [[left, bottom], [right, top]] = [axes.at(x0, 0.0), axes.at(x1, n as f64)];
        let [left, right] = [left + 0.7, right - 0.7];
        figure.area(vec![[left, bottom], [left, top], [right, top], [right, bottom]], Ink::Series(0));
    }
    let mut sorted = probability.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quarter =
        |q: usize| percents(sorted.get(q * sorted.len().saturating_sub(1) / 4).copied().unwrap_or(0.0), 0);
    figure.description = language.paragraph(&[text!(
        "Of {n} newborns half have a probability from {low} to {high}, half one below {middle}.",
        n = sorted.len(),
        low = quarter(1),
        high = quarter(3),
        middle = quarter(2)
    )]);
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_the_corners_of_a_known_curve_right() {
        let outcome = [true, false, true, false];
        let cohort = Curve {
            role: &crate::evaluation::CohortRole::Internal,
            outcome: &outcome,
            probability: &[0.9, 0.6, 0.6, 0.1],
        };
        assert_eq!(roc_steps(&cohort), [[0.0, 0.0], [0.0, 0.5], [0.5, 1.0], [1.0, 1.0]]);
        assert_eq!(operating_point(&cohort, 0.6), [Some(0.5), Some(1.0)]);
        let controls = Curve { outcome: &[false; 4], ..cohort };
        assert_eq!(operating_point(&controls, 0.6), [Some(0.75), None]);
        let figure = roc(&[controls], 0.6, Some(0.3), 400.0, &Language::default());
        assert!(figure.description.contains("AUC not defined: all newborns have the same outcome"));
        assert!(!figure.description.contains("sensitivity 0"), "{}", figure.description);
    }
}
