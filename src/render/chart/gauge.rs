//! The probability on a scale, with the interval, the threshold and both classes behind it.

use super::axes::{Axes, label};
use super::figure::{Anchor, DASHES, Figure, Ink};
use super::{Curve, Upright, bins, histogram, long};
use crate::language::{Language, number};
use crate::render::percents;
use crate::text;

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
pub fn gauge(
    cohort: Curve<'_>,
    reading: &Reading,
    threshold: f64,
    width: f64,
    language: &Language,
) -> Figure {
    let width = width.max(220.0);
    let height = 176.0;
    let mut figure =
        Figure { width, height, title: language.say(&text!("Probability of HIE")), ..Figure::default() };
    let frame = [14.0, 8.0, width - 14.0, 108.0];
    let axes = Axes { frame, x: [0.0, 1.0], y: [0.0, 1.0], language };
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
    let text = language.say(&text!("threshold {share}", share = percents(threshold, 0)));
    let p = reading.probability;
    Upright { at: threshold, beside: Some(p), row: 1, text, ink: Ink::Text, dash: DASHES[1] }
        .draw(&mut figure, &axes);
    let text = language.say(&text!("this newborn"));
    Upright { at: p, beside: Some(threshold), row: 0, text, ink: Ink::Patient, dash: &[] }
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
        figure.word(
            [x, y + 13.0],
            language.say(&text!("{n} %", n = label(100.0 * tick))),
            Ink::Muted,
            anchor,
        );
    }
    let above = language.say(&text!("HIE up,"));
    let beside = left + long(&above).max(46.0);
    figure.word([left, height - 9.0], above, Ink::Events, Anchor::Start);
    figure.word(
        [beside, height - 9.0],
        language.say(&text!("controls down: {cohort}", cohort = cohort.label())),
        Ink::Muted,
        Anchor::Start,
    );
    let range = |[low, high]: [f64; 2]| {
        text!("{low} to {high} %", low = number(100.0 * low, 0), high = number(100.0 * high, 0))
    };
    let interval =
        text!("95 % interval of the nomogram's coefficients {range}", range = range(reading.interval95));
    let ensemble = text!("Range over the fold models {range}", range = range(reading.ensemble_range));
    let centre = |r: [f64; 2]| axes.at(f64::midpoint(r[0], r[1]), 0.0)[0];
    figure.hit([centre(reading.interval95), bottom + 9.0], language.say(&interval));
    figure.hit([centre(reading.ensemble_range), bottom + 20.0], language.say(&ensemble));
    figure.description = language.say(&text!(
        "Probability {p}. {interval} (thick bar). {ensemble} (thin bar). Operating threshold {threshold}.",
        p = percents(reading.probability, 0),
        interval,
        ensemble,
        threshold = percents(threshold, 0)
    ));
    figure
}
