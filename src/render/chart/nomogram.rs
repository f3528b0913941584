//! The nomogram as it is drawn on paper, and each term's share in an answer.

use super::axes::{label, ticks};
use super::figure::{Anchor, Figure, Ink};
use crate::nomogram::{Nomogram, expit};

/// A term's name as readers know it.
#[must_use]
pub fn term_label(term: &str) -> &str {
    match term {
        "signature_t1" => "T1w signature",
        "signature_t2" => "T2w signature",
        "birth_weight_g" => "Birth weight (g)",
        other => other,
    }
}

const LEFT: f64 = 150.0;
const RIGHT: f64 = 690.0;
const ROW: f64 = 52.0;

/// Points, one axis per term (reversed where its coefficient is negative), total points and probability, and
/// where `values` lie on them.
#[must_use]
pub fn nomogram(nomogram: &Nomogram, values: Option<&[f64]>) -> Figure {
    let rows = nomogram.terms.len() + 3;
    let height = 40.0 + ROW * rows as f64;
    let mut figure =
        Figure { width: 720.0, height, title: "Nomogram".into(), description: String::new(), items: vec![] };
    let y = |row: usize| 34.0 + ROW * row as f64;
    let at_points = |points: f64| LEFT + (RIGHT - LEFT) * points / 100.0;
    axis(
        &mut figure,
        y(0),
        "Points",
        &ticks(0.0, 100.0).into_iter().map(|t| (at_points(t), label(t))).collect::<Vec<_>>(),
    );
    let mut words = String::new();
    let own = values.map(|v| nomogram.points(v));
    let mut highest = 0.0;
    for (j, term) in nomogram.terms.iter().enumerate() {
        let points = |value: f64| {
            let mut all: Vec<f64> = nomogram.limits.iter().map(|l| l[0]).collect();
            all[j] = value;
            nomogram.points(&all)[j]
        };
        let [low, high] = nomogram.limits[j];
        highest += points(low).max(points(high));
        let marks: Vec<(f64, String)> =
            ticks(low, high).into_iter().map(|t| (at_points(points(t)), label(t))).collect();
        axis_between(
            &mut figure,
            y(j + 1),
            term_label(term),
            &marks,
            [at_points(points(low)), at_points(points(high))],
        );
        words.push_str(&format!(
            " {} from {low:.2} ({:.0} points) to {high:.2} ({:.0} points).",
            term_label(term),
            points(low),
            points(high)
        ));
        if let (Some(values), Some(own)) = (values, &own) {
            mark(&mut figure, [at_points(own[j].clamp(-8.0, 108.0)), y(j + 1)], &format!("{:.0}", own[j]));
            words.push_str(&format!(" Here {:.2}, {:.0} points.", values[j], own[j]));
        }
    }
    let total_row = nomogram.terms.len() + 1;
    let at_total = |total: f64| LEFT + (RIGHT - LEFT) * total / highest.max(1e-9);
    let totals: Vec<(f64, String)> =
        ticks(0.0, highest).into_iter().map(|t| (at_total(t), label(t))).collect();
    axis(&mut figure, y(total_row), "Total points", &totals);
    let scale = nomogram.points_per_logit();
    let total_of = |p: f64| ((p / (1.0 - p)).ln() - nomogram.base_logit()) * scale;
    let probabilities: Vec<(f64, String)> =
        [0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
            .into_iter()
            .filter(|p| (0.0..=highest).contains(&total_of(*p)))
            .map(|p| (at_total(total_of(p)), label(p)))
            .collect();
    let ends = [probabilities.first(), probabilities.last()].map(|m| m.map_or(LEFT, |m| m.0));
    axis_between(&mut figure, y(total_row + 1), "Probability", &probabilities, ends);
    if let Some(own) = own {
        let total: f64 = own.iter().sum();
        let x = at_total(total.clamp(-0.03 * highest, 1.03 * highest));
        figure.line(vec![[x, y(total_row)], [x, y(total_row + 1)]], Ink::Patient, 1.5, &[]);
        mark(&mut figure, [x, y(total_row)], &format!("{total:.0}"));
        let p = expit(nomogram.base_logit() + total / scale);
        mark(&mut figure, [x, y(total_row + 1)], &format!("{:.0} %", 100.0 * p));
        words.push_str(&format!(" Together {total:.0} points: {:.0} %.", 100.0 * p));
    }
    figure.description = format!("Points of each term add up to a probability.{words}");
    figure
}

fn axis(figure: &mut Figure, y: f64, name: &str, marks: &[(f64, String)]) {
    axis_between(figure, y, name, marks, [LEFT, RIGHT]);
}

fn axis_between(figure: &mut Figure, y: f64, name: &str, marks: &[(f64, String)], ends: [f64; 2]) {
    figure.word([LEFT - 20.0, y], name, Ink::Text, Anchor::End);
    figure.line(vec![[ends[0], y], [ends[1], y]], Ink::Muted, 1.5, &[]);
    let mut last = f64::NEG_INFINITY;
    let mut marks: Vec<&(f64, String)> = marks.iter().collect();
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (x, text) in marks {
        figure.line(vec![[*x, y], [*x, y + 5.0]], Ink::Muted, 1.0, &[]);
        // Numbers that would touch are left out; their ticks stay.
        if x - last > 7.0 * text.len() as f64 + 6.0 {
            figure.word([*x, y + 14.0], text.as_str(), Ink::Muted, Anchor::Middle);
            last = *x;
        }
    }
}

fn mark(figure: &mut Figure, [x, y]: [f64; 2], text: &str) {
    figure.dot([x, y], 5.0, Ink::Patient);
    figure.word([x, y - 13.0], text, Ink::Patient, Anchor::Middle);
}

/// Each term's contribution to the log-odds, `b_j (x_j - mean_j)`, as signed bars.
#[must_use]
pub fn contributions(nomogram: &Nomogram, values: &[f64], means: &[f64]) -> Figure {
    let parts: Vec<f64> = nomogram
        .coefficients
        .iter()
        .zip(values.iter().zip(means))
        .map(|(b, (x, mean))| b * (x - mean))
        .collect();
    let height = 62.0 + 34.0 * parts.len() as f64;
    let mut figure = Figure {
        width: 520.0,
        height,
        title: "Contributions to the log-odds".into(),
        description: "Against the mean of the training cohort.".into(),
        items: vec![],
    };
    let limit = parts.iter().fold(0.5_f64, |m, v| m.max(v.abs())) * 1.25;
    let at = |v: f64| 150.0 + 340.0 * (v + limit) / (2.0 * limit);
    figure.word([150.0, 14.0], "against the training mean", Ink::Muted, Anchor::Start);
    for tick in ticks(-limit, limit) {
        figure.line(vec![[at(tick), 26.0], [at(tick), height - 28.0]], Ink::Grid, 1.0, &[]);
        figure.word([at(tick), height - 16.0], label(tick), Ink::Muted, Anchor::Middle);
    }
    for (j, part) in parts.iter().enumerate() {
        let y = 44.0 + 34.0 * j as f64;
        figure.word([140.0, y], term_label(&nomogram.terms[j]), Ink::Text, Anchor::End);
        let ink = if *part >= 0.0 { Ink::Series(1) } else { Ink::Series(0) };
        figure.area(
            vec![[at(0.0), y - 9.0], [at(*part), y - 9.0], [at(*part), y + 9.0], [at(0.0), y + 9.0]],
            ink,
        );
        let (shift, anchor) = if *part >= 0.0 { (5.0, Anchor::Start) } else { (-5.0, Anchor::End) };
        figure.word([at(*part) + shift, y], format!("{part:+.2}"), Ink::Text, anchor);
        figure.description.push_str(&format!(" {}: {part:+.2}.", term_label(&nomogram.terms[j])));
    }
    figure.line(vec![[at(0.0), 26.0], [at(0.0), height - 28.0]], Ink::Muted, 1.0, &[]);
    figure
}
