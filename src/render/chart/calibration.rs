//! Does a probability mean what it says?

use super::axes::Axes;
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, LINE, Upright, bins, histogram, legend, sheet};
use crate::evaluation::{Smooth, calibration_curve};
use crate::language::{Language, Text, number};
use crate::odds::Z_975;
use crate::render::percents;
use crate::text;

const DOTTED: &[f64] = &[4.0, 4.0];
/// Pixels of the histograms under the plot.
const HISTOGRAM: f64 = 64.0;

/// Observed share against probability for each cohort: lowess (span 2/3) with its pointwise 95 % band, the
/// ideal, both classes' histograms below, and where this newborn stands.
#[must_use]
pub fn reliability(cohorts: &[Curve<'_>], patient: Option<f64>, width: f64, language: &Language) -> Figure {
    let rows = cohorts.len() as f64 + 1.0;
    let (mut figure, frame) = sheet(language.say(&text!("Reliability")), width, HISTOGRAM + LINE * rows);
    let mut words = vec![text!("Observed share of HIE by predicted probability.")];
    let [left, top, right, bottom] = frame;
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.0], language };
    axes.draw(&mut figure, &text!("Predicted probability"), &text!("Observed share of HIE"));
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 1.0)], Ink::Ideal, 1.0, DOTTED);
    figure.word(
        [right, top - 12.0],
        language.say(&text!("lowess, span 2/3, 95 % band")),
        Ink::Muted,
        Anchor::End,
    );
    let mut entries = vec![(language.say(&text!("ideal")), Ink::Ideal, DOTTED)];
    for (i, cohort) in cohorts.iter().enumerate() {
        smooth_with_band(&mut figure, &axes, cohort, i, &mut words);
        entries.push((language.say(&cohort.label()), Ink::Series(i), DASHES[i % 4]));
    }
    let both = [true, false].map(|class| bins(cohorts.iter().flat_map(|c| c.class(class))));
    let middle = bottom + 46.0 + HISTOGRAM / 2.0;
    histogram(&mut figure, &axes, both, middle, HISTOGRAM / 2.0 - 6.0);
    figure.line(vec![[left, middle], [right, middle]], Ink::Muted, 1.0, &[]);
    figure.word([left - 5.0, middle - 11.0], "HIE", Ink::Events, Anchor::End);
    figure.word([left - 5.0, middle + 11.0], language.say(&text!("others")), Ink::Muted, Anchor::End);
    legend(&mut figure, [left, bottom + 46.0 + HISTOGRAM + 4.0], &entries);
    if let Some(p) = patient {
        let text = language.say(&text!("this newborn"));
        Upright { at: p, beside: None, row: 0, text, ink: Ink::Patient, dash: &[] }.draw(&mut figure, &axes);
        let [x, _] = axes.at(p, 0.0);
        let histogram = [middle - HISTOGRAM / 2.0 + 4.0, middle + HISTOGRAM / 2.0 - 4.0];
        figure.line(histogram.map(|y| [x, y]).to_vec(), Ink::Patient, 2.0, &[]);
        let own = text!("This newborn: {p}", p = percents(p, 0));
        figure.hit([x, top + 9.0], language.say(&own));
        words.push(own);
    }
    figure.description = language.paragraph(&words);
    figure
}

fn smooth_with_band(
    figure: &mut Figure,
    axes: &Axes<'_>,
    cohort: &Curve<'_>,
    i: usize,
    told: &mut Vec<Text>,
) {
    let curve = calibration_curve(cohort.probability, cohort.outcome, 60);
    let edge =
        |sign: f64| curve.iter().map(move |s| axes.at(s.at, (s.value + sign * Z_975 * s.se).clamp(0.0, 1.0)));
    let mut band: Vec<[f64; 2]> = edge(1.0).collect();
    band.extend(edge(-1.0).rev());
    figure.area(band, Ink::Band(i));
    let line = curve.iter().map(|s| axes.at(s.at, s.value)).collect();
    figure.line(line, Ink::Series(i), 2.0, DASHES[i % 4]);
    let words = |s: &Smooth| {
        text!(
            "{cohort}: of those near {place}, {share} had HIE ({low} to {high} %)",
            cohort = cohort.label(),
            place = percents(s.at, 0),
            share = percents(s.value, 0),
            low = number(100.0 * (s.value - Z_975 * s.se).max(0.0), 0),
            high = number(100.0 * (s.value + Z_975 * s.se).min(1.0), 0)
        )
    };
    for s in curve.iter().step_by(4) {
        figure.hit(axes.at(s.at, s.value), axes.language.say(&words(s)));
    }
    for place in [0.25, 0.5, 0.75] {
        if let Some(s) = curve.iter().min_by(|a, b| (a.at - place).abs().total_cmp(&(b.at - place).abs())) {
            told.push(words(s));
        }
    }
}
