//! Charts of what a probability is worth: one code for the page's canvas and the report's SVG.
//!
//! Every chart is laid out for the width that it is given, in CSS pixels, with letters of one size.
//!
//! # Charts
//!
//! `render::chart` draws into a list of lines, areas, dots and words (`Figure`), which becomes SVG in the report
//! and strokes on a canvas in the page. Own code beside `plotters`: the same list gives the places that have a tooltip,
//! the axes that can be dragged, and the words for screen readers, which are gone once a backend has drawn them.

mod axes;
mod calibration;
mod decision;
mod discrimination;
mod figure;
mod gauge;
mod nomogram;

pub use calibration::reliability;
pub use decision::decision_curve;
pub use discrimination::{operating_point, probabilities, risk_distribution, roc};
pub use figure::{Anchor, DASHES, Figure, Handle, Hit, Ink, Item, Palette, escape};
pub use gauge::{Reading, gauge};
pub use nomogram::{contributions, nomogram, term_label};

use crate::evaluation::CohortRole;
use crate::language::{Text, columns};
use crate::text;
use axes::Axes;

/// A cohort's outcomes and probabilities, for charts that overlay several.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    pub role: &'a CohortRole,
    pub outcome: &'a [bool],
    pub probability: &'a [f64],
}

impl Curve<'_> {
    /// Its name as readers know it.
    fn label(&self) -> Text {
        self.role.label()
    }

    /// Probabilities of one class.
    fn class(&self, wanted: bool) -> impl Iterator<Item = f64> + Clone + '_ {
        self.outcome.iter().zip(self.probability).filter(move |(y, _)| **y == wanted).map(|(_, p)| *p)
    }

    /// How many of one class, and how many of them at or above a threshold.
    fn above(&self, class: bool, threshold: f64) -> [usize; 2] {
        [self.class(class).count(), self.class(class).filter(|p| *p >= threshold).count()]
    }
}

/// Width of a chart in the report, pixels.
pub const REPORT_WIDTH: f64 = 520.0;
/// Between two lines of words.
const LINE: f64 = 17.0;

/// About the width of a Latin letter of the charts' size, pixels.
const LETTER: f64 = 6.4;

/// About the width of words of the charts' size, pixels; Chinese letters are twice as wide as Latin ones.
fn long(words: &str) -> f64 {
    LETTER * columns(words) as f64
}

/// An empty figure of that width with `below` pixels under its plot, and the plot's frame.
fn sheet(title: String, width: f64, below: f64) -> (Figure, [f64; 4]) {
    let width = width.max(240.0);
    let plot = (0.62 * width).clamp(190.0, 330.0);
    let frame = [52.0, 26.0, width - 14.0, 26.0 + plot];
    let height = frame[3] + 46.0 + below;
    (Figure { width, height, title, ..Figure::default() }, frame)
}

/// One line for each curve below a plot: its stroke and its name.
fn legend(figure: &mut Figure, at: [f64; 2], entries: &[(String, Ink, &'static [f64])]) {
    for (row, (text, ink, dash)) in entries.iter().enumerate() {
        let y = at[1] + LINE * row as f64;
        figure.line(vec![[at[0], y], [at[0] + 26.0, y]], *ink, 2.0, dash);
        figure.word([at[0] + 32.0, y], text, Ink::Text, Anchor::Start);
    }
}

/// An upright line at `at` of the data with a word beside it: on the side away from another such line where
/// there is room, else on the side with more of it.
struct Upright {
    at: f64,
    /// Another such line.
    beside: Option<f64>,
    /// Line of words, from the top.
    row: usize,
    text: String,
    ink: Ink,
    dash: &'static [f64],
}

impl Upright {
    fn draw(self, figure: &mut Figure, axes: &Axes<'_>) {
        let [left, top, right, bottom] = axes.frame;
        let pixel = |v: f64| axes.at(v, axes.y[0])[0];
        let x = pixel(self.at);
        let width = if self.dash.is_empty() { 2.0 } else { 1.5 };
        // From its own words down: it crosses none above.
        let row = top + 15.0 * self.row as f64;
        figure.line(vec![[x, row], [x, bottom]], self.ink, width, self.dash);
        let room = long(&self.text) + 8.0;
        let to_the_left = match self.beside.map(pixel) {
            Some(other) if other >= x && x - left > room => true,
            Some(other) if other < x && right - x > room => false,
            _ => x > f64::midpoint(left, right),
        };
        let (anchor, shift) = if to_the_left { (Anchor::End, -5.0) } else { (Anchor::Start, 5.0) };
        figure.word([x + shift, row + 9.0], self.text, self.ink, anchor);
    }
}

/// Counts of probabilities in twenty equal bins.
fn bins(probability: impl Iterator<Item = f64>) -> [usize; 20] {
    let mut counts = [0; 20];
    for p in probability {
        counts[((p * 20.0) as usize).min(19)] += 1;
    }
    counts
}

/// Bars of newborns with HIE upwards and of controls downwards from `middle`, `half` pixels for the fullest.
fn histogram(
    figure: &mut Figure,
    axes: &Axes<'_>,
    [events, controls]: [[usize; 20]; 2],
    middle: f64,
    half: f64,
) {
    let most = events.iter().chain(&controls).copied().max().unwrap_or(1).max(1) as f64;
    for (counts, ink, sign) in [(events, Ink::Events, -1.0), (controls, Ink::Controls, 1.0)] {
        for (i, n) in counts.into_iter().enumerate().filter(|(_, n)| *n > 0) {
            let [x0, x1] = [i as f64, i as f64 + 1.0].map(|x| axes.at(x / 20.0, 0.0)[0]);
            let y = middle + sign * half * n as f64 / most;
            figure.area(vec![[x0 + 0.7, middle], [x0 + 0.7, y], [x1 - 0.7, y], [x1 - 0.7, middle]], ink);
        }
    }
    for (i, (with, without)) in events.into_iter().zip(controls).enumerate().filter(|(_, (a, b))| a + b > 0) {
        let [x, _] = axes.at((i as f64 + 0.5) / 20.0, 0.0);
        figure.hit(
            [x, middle],
            axes.language.say(&text!(
                "Probability {low} to {high} %: {with} with HIE, {without} controls",
                low = 5 * i,
                high = 5 * i + 5,
                with,
                without
            )),
        );
    }
}
