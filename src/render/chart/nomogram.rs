//! The nomogram as it is drawn on paper, and each term's share in an answer.

use super::axes::{label, ticks};
use super::figure::{Anchor, Figure, Handle, Ink};
use crate::language::{Language, Text, number, signed};
use crate::nomogram::Nomogram;
use crate::odds::expit;
use crate::render::{percents, places};
use crate::text;

/// A term's name as readers know it.
#[must_use]
pub fn term_label(term: &str) -> Text {
    match term {
        "signature_t1" => text!("T1w signature"),
        "signature_t2" => text!("T2w signature"),
        "birth_weight_g" => text!("Birth weight (g)"),
        other => other.into(),
    }
}

/// Between two axes.
const ROW: f64 = 62.0;
/// Probabilities that get a tick where they lie on the scale.
const PROBABILITIES: [f64; 15] =
    [0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999];

/// Where the rows lie.
struct Layout {
    left: f64,
    right: f64,
}

impl Layout {
    fn y(row: usize) -> f64 {
        36.0 + ROW * row as f64
    }

    fn at(&self, share: f64) -> f64 {
        self.left + (self.right - self.left) * share
    }

    /// Just outside of an axis at most: a mark beyond it is said to be so.
    fn near(&self, share: f64) -> f64 {
        self.at(share).clamp(self.left - 10.0, self.right + 10.0)
    }
}

/// Points, one axis per term (reversed where its coefficient is negative), total points and probability;
/// where `values` lie on them, and where `hypothetical` ones would. A term outside of its training range is
/// marked. The terms' axes are the figure's handles.
#[must_use]
pub fn nomogram(
    nomogram: &Nomogram,
    values: Option<&[f64]>,
    hypothetical: Option<&[f64]>,
    width: f64,
    language: &Language,
) -> Figure {
    let width = width.max(260.0);
    let terms = nomogram.terms.len();
    let height = Layout::y(terms + 2) + 26.0;
    let mut figure = Figure { width, height, title: language.say(&text!("Nomogram")), ..Figure::default() };
    let wide = width >= 520.0;
    let layout = Layout { left: if wide { 132.0 } else { 26.0 }, right: width - 26.0 };
    let named = |figure: &mut Figure, row: usize, name: &Text| {
        let name = language.say(name);
        let y = Layout::y(row);
        if wide {
            figure.word([layout.left - 18.0, y], name, Ink::Text, Anchor::End);
        } else {
            figure.word([4.0, y - 28.0], name, Ink::Text, Anchor::Start);
        }
    };
    named(&mut figure, 0, &text!("Points"));
    let marks: Vec<(f64, String)> =
        ticks(0.0, 100.0).into_iter().map(|t| (layout.at(t / 100.0), language.say(&label(t)))).collect();
    axis(&mut figure, Layout::y(0), &marks, [layout.left, layout.right]);
    let mut told = vec![text!("Points of each term add up to a probability.")];
    let mut highest = 0.0;
    for j in 0..terms {
        highest += term_axis(&mut figure, &layout, nomogram, j, [values, hypothetical], &mut told, language);
        named(&mut figure, j + 1, &term_label(&nomogram.terms[j]));
    }
    named(&mut figure, terms + 1, &text!("Total points"));
    named(&mut figure, terms + 2, &text!("Probability, %"));
    let share = |total: f64| total / f64::max(highest, 1e-9);
    let totals: Vec<(f64, String)> =
        ticks(0.0, highest).into_iter().map(|t| (layout.at(share(t)), language.say(&label(t)))).collect();
    axis(&mut figure, Layout::y(terms + 1), &totals, [layout.left, layout.right]);
    let scale = nomogram.points_per_logit();
    let total_of = |p: f64| ((p / (1.0 - p)).ln() - nomogram.base_logit()) * scale;
    let probabilities: Vec<(f64, String)> = PROBABILITIES
        .into_iter()
        .filter(|p| (0.0..=highest).contains(&total_of(*p)))
        .map(|p| (layout.at(share(total_of(p))), language.say(&label(100.0 * p))))
        .collect();
    let ends = [probabilities.first(), probabilities.last()].map(|m| m.map_or(layout.left, |m| m.0));
    axis(&mut figure, Layout::y(terms + 2), &probabilities, ends);
    for (values, ink, who) in [
        (hypothetical, Ink::Hypothetical, text!("Hypothetical")),
        (values, Ink::Patient, text!("This newborn")),
    ] {
        let Some(values) = values else { continue };
        let total: f64 = nomogram.points(values).iter().sum();
        let p = expit(nomogram.base_logit() + total / scale);
        let x = layout.near(share(total));
        let [above, below] = [Layout::y(terms + 1), Layout::y(terms + 2)];
        figure.line(
            vec![[x, above], [x, below]],
            ink,
            1.5,
            if ink == Ink::Patient { &[] } else { &[3.0, 3.0] },
        );
        mark(&mut figure, [x, above], &format!("{total:.0}"), ink);
        mark(&mut figure, [x, below], "", ink);
        if ink == Ink::Patient {
            // Beside the line that comes from above.
            let on_right = x < f64::midpoint(layout.left, layout.right);
            let (shift, anchor) = if on_right { (8.0, Anchor::Start) } else { (-8.0, Anchor::End) };
            figure.word([x + shift, below - 13.0], language.say(&percents(p, 0)), ink, anchor);
        }
        let (points, p) = (number(total, 1), percents(p, 0));
        let sum = text!("{who}: {points} points in total", who = &who, points = points.clone());
        figure.hit([x, above], language.say(&sum));
        figure.hit([x, below], language.say(&text!("{who}: probability {p}", who = &who, p = &p)));
        told.push(text!("{who}: together {points} points, {p}", who, points, p));
    }
    figure.description = language.paragraph(&told);
    figure
}

/// One term's axis with its marks; returns the most points that it can give.
fn term_axis(
    figure: &mut Figure,
    layout: &Layout,
    nomogram: &Nomogram,
    j: usize,
    [values, hypothetical]: [Option<&[f64]>; 2],
    told: &mut Vec<Text>,
    language: &Language,
) -> f64 {
    let points = |value: f64| {
        let mut all: Vec<f64> = nomogram.limits.iter().map(|l| l[0]).collect();
        all[j] = value;
        nomogram.points(&all)[j]
    };
    let [low, high] = nomogram.limits[j];
    let name = term_label(&nomogram.terms[j]);
    let digits = places(high - low);
    let y = Layout::y(j + 1);
    let at = |value: f64| layout.at(points(value) / 100.0);
    let marks: Vec<(f64, String)> =
        ticks(low, high).into_iter().map(|t| (at(t), language.say(&label(t)))).collect();
    axis(figure, y, &marks, [at(low), at(high)]);
    figure.handles.push(Handle { term: j, y, x: [at(low), at(high)], limits: [low, high] });
    told.push(text!(
        "{name} from {low} ({low_points} points) to {high} ({high_points} points)",
        name = &name,
        low = number(low, digits),
        low_points = number(points(low), 1),
        high = number(high, digits),
        high_points = number(points(high), 1)
    ));
    for (values, ink, who) in [
        (hypothetical, Ink::Hypothetical, text!("Hypothetical")),
        (values, Ink::Patient, text!("This newborn")),
    ] {
        let Some(value) = values.and_then(|v| v.get(j)).copied() else { continue };
        let own = points(value);
        let x = layout.near(own / 100.0);
        let outside = !(low..=high).contains(&value);
        mark(figure, [x, y], &format!("{own:.0}"), ink);
        let [value, points] = [number(value, digits), number(own, 1)];
        let name = &name;
        let text = if outside {
            text!(
                "{who}: {name} {value}, {points} points, outside the training range",
                who,
                name,
                value,
                points
            )
        } else {
            text!("{who}: {name} {value}, {points} points", who, name, value, points)
        };
        if outside {
            let anchor =
                if x > f64::midpoint(layout.left, layout.right) { Anchor::End } else { Anchor::Start };
            figure.ring([x, y], 8.0, ink);
            let shift = if anchor == Anchor::End { -16.0 } else { 16.0 };
            figure.word([x + shift, y - 13.0], language.say(&text!("outside training")), ink, anchor);
        }
        figure.hit([x, y], language.say(&text));
        told.push(text);
    }
    points(low).max(points(high))
}

fn axis(figure: &mut Figure, y: f64, marks: &[(f64, String)], ends: [f64; 2]) {
    figure.line(vec![[ends[0], y], [ends[1], y]], Ink::Muted, 1.5, &[]);
    let mut last = f64::NEG_INFINITY;
    let mut marks: Vec<&(f64, String)> = marks.iter().collect();
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (x, text) in marks {
        figure.line(vec![[*x, y], [*x, y + 5.0]], Ink::Muted, 1.0, &[]);
        // Numbers that would touch are left out; their ticks stay.
        let half = super::long(text) / 2.0;
        if x - half > last + 8.0 {
            figure.word([*x, y + 14.0], text.as_str(), Ink::Muted, Anchor::Middle);
            last = x + half;
        }
    }
}

fn mark(figure: &mut Figure, [x, y]: [f64; 2], text: &str, ink: Ink) {
    if ink == Ink::Patient {
        figure.dot([x, y], 5.0, ink);
        figure.word([x, y - 13.0], text, ink, Anchor::Middle);
    } else {
        figure.ring([x, y], 6.5, ink);
    }
}

/// Each term's contribution to the log-odds, `b_j (x_j - mean_j)`, as signed bars.
#[must_use]
pub fn contributions(
    nomogram: &Nomogram,
    values: &[f64],
    means: &[f64],
    width: f64,
    language: &Language,
) -> Figure {
    let width = width.max(240.0);
    let parts = nomogram.contributions(values, means);
    let height = 64.0 + 30.0 * parts.len() as f64;
    let mut figure = Figure {
        width,
        height,
        title: language.say(&text!("Contributions to the log-odds")),
        ..Figure::default()
    };
    let (left, right) = (112.0, width - 12.0);
    let limit = parts.iter().fold(0.5_f64, |m, v| m.max(v.abs()));
    // Beside the longest bar there is room for its number.
    let half = f64::midpoint(-left, right) - 42.0;
    let at = |v: f64| f64::midpoint(left, right) + half * v / limit;
    let bottom = height - 44.0;
    for tick in ticks(-limit, limit) {
        figure.line(vec![[at(tick), 8.0], [at(tick), bottom]], Ink::Grid, 1.0, &[]);
        // Where numbers would touch, those of the outer ticks and of zero stay.
        if at(limit) - at(0.0) > 100.0 || tick == 0.0 || tick.abs() > 0.6 * limit {
            figure.word([at(tick), bottom + 12.0], language.say(&label(tick)), Ink::Muted, Anchor::Middle);
        }
    }
    figure.word(
        [width / 2.0, height - 14.0],
        language.say(&text!("Log-odds against the training mean")),
        Ink::Text,
        Anchor::Middle,
    );
    let mut told = vec![text!("Log-odds of each term relative to the training mean.")];
    for (j, part) in parts.iter().enumerate() {
        let y = 24.0 + 30.0 * j as f64;
        let (name, part_said) = (term_label(&nomogram.terms[j]), signed(*part, 2));
        figure.word([left - 8.0, y], language.say(&name), Ink::Text, Anchor::End);
        let ink = if *part >= 0.0 { Ink::Events } else { Ink::Series(0) };
        let corners = [[at(0.0), y - 8.0], [at(*part), y - 8.0], [at(*part), y + 8.0], [at(0.0), y + 8.0]];
        figure.area(corners.to_vec(), ink);
        let (shift, anchor) = if *part >= 0.0 { (5.0, Anchor::Start) } else { (-5.0, Anchor::End) };
        figure.word([at(*part) + shift, y], language.say(&part_said.clone().into()), Ink::Text, anchor);
        let against = text!(
            "{name}: {part} log-odds against the training mean",
            name = &name,
            part = part_said.clone()
        );
        figure.hit([at(*part), y], language.say(&against));
        told.push(text!("{label}: {message}", label = name, message = part_said));
    }
    figure.line(vec![[at(0.0), 8.0], [at(0.0), bottom]], Ink::Muted, 1.0, &[]);
    figure.description = language.paragraph(&told);
    figure
}
