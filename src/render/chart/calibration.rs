//! Does a probability mean what it says, and what is acting on it worth?

use super::axes::Axes;
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, bins, empty, frame, legend};
use crate::evaluation::{calibration_curve, net_benefit};
use crate::nomogram::Z_975;

/// Observed share against probability for each cohort: lowess (span 2/3) with its pointwise 95 % band, the
/// ideal, both classes' histograms below, and where this newborn stands.
#[must_use]
pub fn reliability(cohorts: &[Curve<'_>], patient: Option<f64>) -> Figure {
    let mut description = "Observed share of HIE by predicted probability.".to_owned();
    let mut figure = empty("Reliability", String::new());
    let [left, top, right, bottom] = frame();
    let histogram = 62.0;
    let axes = Axes { frame: [left, top, right, bottom - histogram], x: [0.0, 1.0], y: [0.0, 1.0] };
    axes.draw(&mut figure, "", "Observed share of HIE");
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 1.0)], Ink::Ideal, 1.0, &[4.0, 4.0]);
    let mut entries = vec![("ideal".to_owned(), Ink::Ideal, &[4.0, 4.0][..])];
    for (i, cohort) in cohorts.iter().enumerate() {
        let curve = calibration_curve(cohort.probability, cohort.outcome, 60);
        let edge = |sign: f64| {
            curve.iter().map(move |s| axes.at(s.at, (s.value + sign * Z_975 * s.se).clamp(0.0, 1.0)))
        };
        let mut band: Vec<[f64; 2]> = edge(1.0).collect();
        band.extend(edge(-1.0).rev());
        figure.area(band, Ink::Band(i));
        figure.line(
            curve.iter().map(|s| axes.at(s.at, s.value)).collect(),
            Ink::Series(i),
            2.0,
            DASHES[i % 4],
        );
        entries.push((cohort.name.to_owned(), Ink::Series(i), DASHES[i % 4]));
        for place in [0.25, 0.5, 0.75] {
            if let Some(s) = curve.iter().min_by(|a, b| (a.at - place).abs().total_cmp(&(b.at - place).abs()))
            {
                description.push_str(&format!(
                    " {}: of those near {:.0} %, {:.0} % had HIE ({:.0} to {:.0} %).",
                    cohort.name,
                    100.0 * s.at,
                    100.0 * s.value,
                    100.0 * (s.value - Z_975 * s.se).max(0.0),
                    100.0 * (s.value + Z_975 * s.se).min(1.0)
                ));
            }
        }
    }
    legend(&mut figure, [left + 12.0, top + 14.0], &entries);
    // Both classes of all cohorts: HIE upwards, controls downwards.
    let count = |class: bool| {
        let mut sum = [0_usize; 20];
        for cohort in cohorts {
            for (s, n) in sum.iter_mut().zip(bins(cohort.outcome, cohort.probability, class)) {
                *s += n;
            }
        }
        sum
    };
    let (events, others) = (count(true), count(false));
    let most = events.iter().chain(&others).copied().max().unwrap_or(1).max(1) as f64;
    let middle = bottom - 14.0;
    for (class, counts) in [(true, events), (false, others)] {
        let (ink, sign, half) =
            if class { (Ink::Series(1), -1.0, 18.0) } else { (Ink::Series(0), 1.0, 18.0) };
        for (i, n) in counts.into_iter().enumerate().filter(|(_, n)| *n > 0) {
            let [x0, _] = axes.at(i as f64 / 20.0, 0.0);
            let [x1, _] = axes.at((i as f64 + 1.0) / 20.0, 0.0);
            let y = middle + sign * half * n as f64 / most;
            figure.area(vec![[x0 + 1.0, middle], [x0 + 1.0, y], [x1 - 1.0, y], [x1 - 1.0, middle]], ink);
        }
    }
    figure.word([left - 6.0, middle - 9.0], "HIE", Ink::Muted, Anchor::End);
    figure.word([left - 6.0, middle + 9.0], "controls", Ink::Muted, Anchor::End);
    figure.word([(left + right) / 2.0, bottom + 32.0], "Predicted probability", Ink::Text, Anchor::Middle);
    figure.word([right, top - 8.0], "lowess, span 2/3, 95 % band", Ink::Muted, Anchor::End);
    if let Some(p) = patient {
        let [x, y] = axes.at(p, 0.0);
        figure.line(vec![[x, top], [x, y + 44.0]], Ink::Patient, 2.0, &[]);
        let (anchor, shift) = if p > 0.75 { (Anchor::End, -6.0) } else { (Anchor::Start, 6.0) };
        figure.word([x + shift, y - 12.0], "this newborn", Ink::Patient, anchor);
        description.push_str(&format!(" This newborn: {:.0} %.", 100.0 * p));
    }
    figure.description = description;
    figure
}

/// Net benefit per 100 newborns against the threshold probability, with treating all and none; `prevalence`
/// re-weighs sensitivity and specificity (`None`: the cohort's own).
#[must_use]
pub fn decision_curve(cohort: Curve<'_>, prevalence: Option<f64>, chosen: Option<f64>) -> Figure {
    let events = cohort.outcome.iter().filter(|y| **y).count() as f64;
    let own = events / cohort.outcome.len().max(1) as f64;
    let share = prevalence.unwrap_or(own);
    let at = |threshold: f64| {
        let found = net_benefit(cohort.outcome, cohort.probability, threshold);
        let odds = threshold / (1.0 - threshold);
        let [model, all] = match prevalence {
            None => [found.model, found.all],
            Some(pi) => [found.at_prevalence(pi), pi - (1.0 - pi) * odds],
        };
        [100.0 * model, 100.0 * all]
    };
    let thresholds: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
    let values: Vec<[f64; 2]> = thresholds.iter().map(|t| at(*t)).collect();
    let highest = values.iter().map(|v| v[0].max(v[1])).fold(100.0 * share, f64::max) * 1.08;
    let low = -0.12 * highest;
    let mut figure = empty(&format!("Decision curve, {}", cohort.name), String::new());
    let axes = Axes { frame: frame(), x: [0.0, 1.0], y: [low, highest] };
    axes.draw(&mut figure, "Threshold probability", "Net benefit per 100 newborns");
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 0.0)], Ink::Ideal, 1.5, DASHES[2]);
    for (curve, ink, dash) in [(1, Ink::Ideal, DASHES[1]), (0, Ink::Series(0), DASHES[0])] {
        // A curve that leaves the plot below is not drawn there.
        for run in visible(&thresholds, &values, curve, low) {
            figure.line(run.into_iter().map(|[t, v]| axes.at(t, v)).collect(), ink, 2.0, dash);
        }
    }
    let [left, top, right, _] = frame();
    legend(
        &mut figure,
        [right - 150.0, top + 14.0],
        &[
            ("model".into(), Ink::Series(0), DASHES[0]),
            ("treat all".into(), Ink::Ideal, DASHES[1]),
            ("treat none".into(), Ink::Ideal, DASHES[2]),
        ],
    );
    let kind = if prevalence.is_some() { "set" } else { "the cohort's own" };
    let stated = format!("prevalence {:.1} % ({kind})", 100.0 * share);
    figure.word([right, top - 8.0], &stated, Ink::Muted, Anchor::End);
    figure.description = format!("Net benefit per 100 newborns by threshold at a {stated}.");
    for place in [0.1, 0.3, 0.5, 0.7] {
        let [model, all] = at(place);
        figure
            .description
            .push_str(&format!(" At {:.0} %: model {model:.1}, treat all {all:.1}.", 100.0 * place));
    }
    if let Some(threshold) = chosen {
        let [x, y] = axes.at(threshold, low);
        figure.line(vec![[x, top], [x, y]], Ink::Patient, 1.5, &[]);
        let (anchor, shift) =
            if x > (left + right) / 2.0 { (Anchor::End, -6.0) } else { (Anchor::Start, 6.0) };
        figure.word(
            [x + shift, y - 12.0],
            format!("threshold {:.0} %", 100.0 * threshold),
            Ink::Patient,
            anchor,
        );
    }
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
