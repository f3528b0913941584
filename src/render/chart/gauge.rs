//! The probability on a scale, with the interval, the threshold and both classes behind it.

use super::axes::{Axes, label};
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, Upright, bins, histogram};

/// What a gauge shows of one newborn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub probability: f64,
    /// 95 % interval from the nomogram's coefficients.
    pub interval95: [f64; 2],
    /// Lowest and highest over the fold models.
    pub ensemble_range: [f64; 2],
}

/// A scale from 0 to 100 % over the classes of `cohort`, with this newborn's probability, its interval, the
/// range over the ensemble, and the operating threshold.
#[must_use]
pub fn gauge(cohort: Curve<'_>, reading: &Reading, threshold: f64, width: f64) -> Figure {
    let width = width.max(220.0);
    let height = 176.0;
    let mut figure = Figure { width, height, title: "Probability of HIE".into(), ..Figure::default() };
    let frame = [14.0, 8.0, width - 14.0, 108.0];
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.0] };
    let [left, top, right, bottom] = frame;
    let middle = f64::midpoint(top + 32.0, bottom);
    histogram(
        &mut figure,
        &axes,
        [bins(cohort.class(true)), bins(cohort.class(false))],
        middle,
        (bottom - top - 32.0) / 2.0,
    );
    figure.line(vec![[left, middle], [right, middle]], Ink::Muted, 1.0, &[]);
    let text = format!("threshold {:.0} %", 100.0 * threshold);
    let p = reading.probability;
    Upright { at: threshold, beside: Some(p), row: 1, text: &text, ink: Ink::Text, dash: DASHES[1] }
        .draw(&mut figure, &axes);
    Upright { at: p, beside: Some(threshold), row: 0, text: "this newborn", ink: Ink::Patient, dash: &[] }
        .draw(&mut figure, &axes);
    for (range, y, tall) in
        [(reading.interval95, bottom + 9.0, 4.0), (reading.ensemble_range, bottom + 20.0, 2.0)]
    {
        let [x0, x1] = range.map(|p| axes.at(p, 0.0)[0]);
        figure.area(
            vec![[x0, y - tall], [x1.max(x0 + 1.0), y - tall], [x1.max(x0 + 1.0), y + tall], [x0, y + tall]],
            Ink::Patient,
        );
    }
    let y = bottom + 28.0;
    figure.line(vec![[left, y], [right, y]], Ink::Muted, 1.0, &[]);
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let [x, _] = axes.at(tick, 0.0);
        figure.line(vec![[x, y], [x, y + 4.0]], Ink::Muted, 1.0, &[]);
        let anchor = match tick {
            0.0 => Anchor::Start,
            1.0 => Anchor::End,
            _ => Anchor::Middle,
        };
        figure.word([x, y + 13.0], format!("{} %", label(100.0 * tick)), Ink::Muted, anchor);
    }
    figure.word([left, height - 9.0], "HIE up,", Ink::Events, Anchor::Start);
    figure.word(
        [left + 46.0, height - 9.0],
        format!("controls down: {}", cohort.name),
        Ink::Muted,
        Anchor::Start,
    );
    let range = |[low, high]: [f64; 2]| format!("{:.0} to {:.0} %", 100.0 * low, 100.0 * high);
    let interval = format!("95 % interval of the nomogram's coefficients {}", range(reading.interval95));
    let ensemble = format!("Range over the fold models {}", range(reading.ensemble_range));
    let centre = |r: [f64; 2]| axes.at(f64::midpoint(r[0], r[1]), 0.0)[0];
    figure.hit([centre(reading.interval95), bottom + 9.0], &interval);
    figure.hit([centre(reading.ensemble_range), bottom + 20.0], &ensemble);
    figure.description = format!(
        "Probability {:.0} %. {interval} (thick bar). {ensemble} (thin bar). Operating threshold {:.0} %.",
        100.0 * reading.probability,
        100.0 * threshold
    );
    figure
}
