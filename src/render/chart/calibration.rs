//! Does a probability mean what it says?

use super::axes::Axes;
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, LINE, Upright, bins, histogram, legend, sheet};
use crate::evaluation::{Smooth, calibration_curve};
use crate::nomogram::Z_975;

const DOTTED: &[f64] = &[4.0, 4.0];
/// Pixels of the histograms under the plot.
const HISTOGRAM: f64 = 64.0;

/// Observed share against probability for each cohort: lowess (span 2/3) with its pointwise 95 % band, the
/// ideal, both classes' histograms below, and where this newborn stands.
#[must_use]
pub fn reliability(cohorts: &[Curve<'_>], patient: Option<f64>, width: f64) -> Figure {
    let rows = cohorts.len() as f64 + 1.0;
    let (mut figure, frame) = sheet("Reliability", width, HISTOGRAM + LINE * rows);
    figure.description = "Observed share of HIE by predicted probability.".to_owned();
    let [left, top, right, bottom] = frame;
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.0] };
    axes.draw(&mut figure, "Predicted probability", "Observed share of HIE");
    figure.line(vec![axes.at(0.0, 0.0), axes.at(1.0, 1.0)], Ink::Ideal, 1.0, DOTTED);
    figure.word([right, top - 12.0], "lowess, span 2/3, 95 % band", Ink::Muted, Anchor::End);
    let mut entries = vec![("ideal".to_owned(), Ink::Ideal, DOTTED)];
    for (i, cohort) in cohorts.iter().enumerate() {
        smooth_with_band(&mut figure, &axes, cohort, i);
        entries.push((cohort.name.to_owned(), Ink::Series(i), DASHES[i % 4]));
    }
    let both = [true, false].map(|class| bins(cohorts.iter().flat_map(|c| c.class(class))));
    let middle = bottom + 46.0 + HISTOGRAM / 2.0;
    histogram(&mut figure, &axes, both, middle, HISTOGRAM / 2.0 - 6.0);
    figure.line(vec![[left, middle], [right, middle]], Ink::Muted, 1.0, &[]);
    figure.word([left - 5.0, middle - 11.0], "HIE", Ink::Events, Anchor::End);
    figure.word([left - 5.0, middle + 11.0], "others", Ink::Muted, Anchor::End);
    legend(&mut figure, [left, bottom + 46.0 + HISTOGRAM + 4.0], &entries);
    if let Some(p) = patient {
        Upright { at: p, beside: None, row: 0, text: "this newborn", ink: Ink::Patient, dash: &[] }
            .draw(&mut figure, &axes);
        let [x, _] = axes.at(p, 0.0);
        let histogram = [middle - HISTOGRAM / 2.0 + 4.0, middle + HISTOGRAM / 2.0 - 4.0];
        figure.line(histogram.map(|y| [x, y]).to_vec(), Ink::Patient, 2.0, &[]);
        figure.hit([x, top + 9.0], format!("This newborn: {:.0} %", 100.0 * p));
        figure.description.push_str(&format!(" This newborn: {:.0} %.", 100.0 * p));
    }
    figure
}

fn smooth_with_band(figure: &mut Figure, axes: &Axes, cohort: &Curve<'_>, i: usize) {
    let curve = calibration_curve(cohort.probability, cohort.outcome, 60);
    let edge =
        |sign: f64| curve.iter().map(move |s| axes.at(s.at, (s.value + sign * Z_975 * s.se).clamp(0.0, 1.0)));
    let mut band: Vec<[f64; 2]> = edge(1.0).collect();
    band.extend(edge(-1.0).rev());
    figure.area(band, Ink::Band(i));
    let line = curve.iter().map(|s| axes.at(s.at, s.value)).collect();
    figure.line(line, Ink::Series(i), 2.0, DASHES[i % 4]);
    let words = |s: &Smooth| {
        format!(
            "{}: of those near {:.0} %, {:.0} % had HIE ({:.0} to {:.0} %)",
            cohort.name,
            100.0 * s.at,
            100.0 * s.value,
            100.0 * (s.value - Z_975 * s.se).max(0.0),
            100.0 * (s.value + Z_975 * s.se).min(1.0)
        )
    };
    for s in curve.iter().step_by(4) {
        figure.hit(axes.at(s.at, s.value), words(s));
    }
    for place in [0.25, 0.5, 0.75] {
        if let Some(s) = curve.iter().min_by(|a, b| (a.at - place).abs().total_cmp(&(b.at - place).abs())) {
            figure.description.push_str(&format!(" {}.", words(s)));
        }
    }
}
