//! Two axes around a plot: data to pixels, ticks, titles.

use super::figure::{Anchor, Figure, Ink};
use crate::language::{Language, Text, Value};

/// A plot's frame within its figure.
#[derive(Debug, Clone, Copy)]
pub struct Axes<'a> {
    /// Left, top, right, bottom in pixels.
    pub frame: [f64; 4],
    /// Data at the left and right edge.
    pub x: [f64; 2],
    /// Data at the bottom and top edge.
    pub y: [f64; 2],
    /// What its words are said in.
    pub language: &'a Language,
}

impl Axes<'_> {
    /// Pixels of a point of the data.
    #[must_use]
    pub fn at(&self, x: f64, y: f64) -> [f64; 2] {
        let [left, top, right, bottom] = self.frame;
        let share = |v: f64, [low, high]: [f64; 2]| if high > low { (v - low) / (high - low) } else { 0.5 };
        [left + share(x, self.x) * (right - left), bottom - share(y, self.y) * (bottom - top)]
    }

    /// Grid, ticks and titles.
    pub fn draw(&self, figure: &mut Figure, x_title: &Text, y_title: &Text) {
        self.draw_labelled(figure, x_title, y_title, &label);
    }

    /// The same with words of the caller's for the ticks of the upright axis.
    pub fn draw_labelled(
        &self,
        figure: &mut Figure,
        x_title: &Text,
        y_title: &Text,
        y_label: &dyn Fn(f64) -> Text,
    ) {
        let [left, top, right, bottom] = self.frame;
        for tick in ticks(self.x[0], self.x[1]) {
            let [x, _] = self.at(tick, self.y[0]);
            figure.line(vec![[x, top], [x, bottom]], Ink::Grid, 1.0, &[]);
            figure.word([x, bottom + 12.0], self.language.say(&label(tick)), Ink::Muted, Anchor::Middle);
        }
        for tick in ticks(self.y[0], self.y[1]) {
            let [_, y] = self.at(self.x[0], tick);
            figure.line(vec![[left, y], [right, y]], Ink::Grid, 1.0, &[]);
            figure.word([left - 6.0, y], self.language.say(&y_label(tick)), Ink::Muted, Anchor::End);
        }
        figure.line(vec![[left, top], [left, bottom], [right, bottom]], Ink::Muted, 1.0, &[]);
        figure.word(
            [(left + right) / 2.0, bottom + 30.0],
            self.language.say(x_title),
            Ink::Text,
            Anchor::Middle,
        );
        figure.upright_word([left - 42.0, (top + bottom) / 2.0], self.language.say(y_title), Ink::Text);
    }
}

/// About five round numbers from `low` to `high`: steps of 1, 2 or 5 times a power of ten.
#[must_use]
pub fn ticks(low: f64, high: f64) -> Vec<f64> {
    let span = high - low;
    if !(span > 0.0 && span.is_finite()) {
        return vec![];
    }
    let raw = span / 5.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= raw * 0.999).unwrap_or(raw);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// A tick's number without needless zeros.
#[must_use]
pub fn label(value: f64) -> Text {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    Value::Number(if text == "-0" { "0".into() } else { text.to_owned() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_ticks_round_and_within() {
        let text = |low, high| {
            ticks(low, high).into_iter().map(|t| label(t).to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(text(0.0, 1.0), "0 0.2 0.4 0.6 0.8 1");
        assert_eq!(text(2000.0, 4600.0), "2000 3000 4000");
        assert_eq!(text(-3.1, 2.4), "-2 0 2");
        assert!(ticks(1.0, 1.0).is_empty() && ticks(0.0, f64::NAN).is_empty());
    }
}
