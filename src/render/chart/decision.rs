//! What is acting on a probability worth?

use super::axes::Axes;
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, LINE, Upright, legend, sheet};
use crate::evaluation::{DecisionBand, Undefined, net_benefit_at};
use crate::language::{Language, number};
use crate::render::percents;
use crate::text;

/// Net benefit per 100 newborns against the threshold probability, with treating all and none, its 95 % band
/// where one is given, and the chosen threshold. `prevalence` re-weighs sensitivity and specificity (`None`:
/// the cohort's own share); the probabilities that are compared with the threshold stay the model's.
#[must_use]
pub fn decision_curve(
    cohort: Curve<'_>,
    band: Option<&DecisionBand>,
    prevalence: Option<f64>,
    chosen: Option<f64>,
    width: f64,
    language: &Language,
) -> Figure {
    let [events, _] = cohort.above(true, 0.5);
    let own = events as f64 / cohort.outcome.len().max(1) as f64;
    let share = prevalence.unwrap_or(own);
    let title = language.say(&text!("Decision curve, {cohort}", cohort = cohort.label()));
    let benefit = |threshold: f64| net_benefit_at(cohort.outcome, cohort.probability, threshold, share);
    let thresholds: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
    let values: Option<Vec<[f64; 2]>> =
        thresholds.iter().map(|t| benefit(*t).map(|both| both.map(|v| 100.0 * v))).collect();
    let Some(values) = values else { return nothing(title, width, language) };
    // Both classes are there.
    let at = |threshold: f64| benefit(threshold).unwrap_or_default().map(|v| 100.0 * v);
    let edges: Vec<[f64; 2]> =
        band.map(|b| b.at(share)).unwrap_or_default().into_iter().map(|e| e.map(|v| 100.0 * v)).collect();
    let highest = edges.iter().map(|e| e[1]).fold(100.0 * share, f64::max) * 1.1;
    let low = -0.3 * highest;
    let rows = if band.is_some() { 4.0 } else { 3.0 };
    let (mut figure, frame) = sheet(title, width, LINE * rows);
    let axes = Axes { frame, x: [0.0, 1.0], y: [low, highest], language };
    axes.draw(&mut figure, &text!("Threshold probability"), &text!("Net benefit per 100"));
    let within = |v: f64| v.clamp(low, highest);
    if let Some(band) = band {
        let edge = |side: usize| band.thresholds.iter().zip(&edges).map(move |(t, e)| (*t, e[side]));
        let mut area: Vec<[f64; 2]> = edge(1).map(|(t, v)| axes.at(t, within(v))).collect();
        area.extend(edge(0).map(|(t, v)| axes.at(t, within(v))).rev());
        figure.area(area, Ink::Band(0));
    }
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 0.0)], Ink::Ideal, 1.5, DASHES[2]);
    for (curve, ink, dash) in [(1, Ink::Ideal, DASHES[1]), (0, Ink::Series(0), DASHES[0])] {
        // A curve that leaves the plot below is not drawn there.
        for run in visible(&thresholds, &values, curve, low) {
            figure.line(run.into_iter().map(|[t, v]| axes.at(t, v)).collect(), ink, 2.0, dash);
        }
    }
    let [left, top, right, bottom] = frame;
    let entries = [
        (language.say(&text!("model, {cohort}", cohort = cohort.label())), Ink::Series(0), DASHES[0]),
        (language.say(&text!("treat all")), Ink::Ideal, DASHES[1]),
        (language.say(&text!("treat none")), Ink::Ideal, DASHES[2]),
    ];
    legend(&mut figure, [left, bottom + 50.0], &entries);
    if band.is_some() {
        let y = bottom + 50.0 + 3.0 * LINE;
        figure.area(
            vec![[left, y - 5.0], [left + 26.0, y - 5.0], [left + 26.0, y + 5.0], [left, y + 5.0]],
            Ink::Band(0),
        );
        figure.word([left + 32.0, y], language.say(&text!("95 % band, bootstrap")), Ink::Text, Anchor::Start);
    }
    let stated = percents(share, if share < 0.02 { 2 } else { 1 });
    let note = language.say(&text!("prevalence {share}", share = &stated));
    figure.word([right, top - 12.0], note, Ink::Muted, Anchor::End);
    let mut told =
        vec![text!("Net benefit per 100 newborns by threshold at a prevalence {share}.", share = stated)];
    let words = |threshold: f64| {
        let [model, all] = at(threshold);
        text!(
            "At {threshold}: model {model}, treat all {all}",
            threshold = percents(threshold, 0),
            model = number(model, 1),
            all = number(all, 1)
        )
    };
    for place in [0.1, 0.3, 0.5, 0.7] {
        told.push(words(place));
    }
    for threshold in (1..20).map(|i| f64::from(i) / 20.0) {
        figure.hit(axes.at(threshold, within(at(threshold)[0])), language.say(&words(threshold)));
    }
    if let Some(threshold) = chosen {
        let text = language.say(&text!("threshold {share}", share = percents(threshold, 0)));
        Upright { at: threshold, beside: None, row: 0, text, ink: Ink::Patient, dash: DASHES[3] }
            .draw(&mut figure, &axes);
        // A benefit below the plot has no dot in it.
        if at(threshold)[0] >= low {
            figure.dot(axes.at(threshold, at(threshold)[0]), 4.0, Ink::Patient);
        }
        figure.hit(
            axes.at(threshold, within(at(threshold)[0])),
            language.say(&text!("Operating threshold. {words}", words = words(threshold))),
        );
    }
    figure.description = language.paragraph(&told);
    figure
}

/// Where a class is missing: no axes, and why.
fn nothing(title: String, width: f64, language: &Language) -> Figure {
    let reason = Undefined::OneClass.text();
    let words = language.say(&text!("not defined: {reason}", reason));
    let (mut figure, [left, top, ..]) = sheet(title, width, 0.0);
    figure.word([left, top + LINE], words.clone(), Ink::Text, Anchor::Start);
    figure.description = words;
    figure
}

/// Runs of a curve's points above `low`.
fn visible(x: &[f64], values: &[[f64; 2]], curve: usize, low: f64) -> Vec<Vec<[f64; 2]>> {
    let mut runs = vec![vec![]];
    for (x, v) in x.iter().zip(values) {
        if v[curve] >= low {
            if let Some(run) = runs.last_mut() {
                run.push([*x, v[curve]]);
            }
        } else if runs.last().is_some_and(|run| !run.is_empty()) {
            runs.push(vec![]);
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}
