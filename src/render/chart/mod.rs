//! Charts of what a probability is worth: one code for the page's canvas and the report's SVG.

mod axes;
mod calibration;
mod discrimination;
mod figure;
mod nomogram;

pub use calibration::{decision_curve, reliability};
pub use discrimination::{risk_distribution, roc};
pub use figure::{Anchor, DASHES, Figure, Ink, Item, Palette};
pub use nomogram::{contributions, nomogram, term_label};

/// A cohort's outcomes and probabilities, for charts that overlay several.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    pub name: &'a str,
    pub outcome: &'a [bool],
    pub probability: &'a [f64],
}

/// Size of a square chart, pixels.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 440.0;

fn frame() -> [f64; 4] {
    [64.0, 34.0, WIDTH - 16.0, HEIGHT - 48.0]
}

fn empty(title: &str, description: String) -> Figure {
    let mut figure =
        Figure { width: WIDTH, height: HEIGHT, title: title.to_owned(), description, items: vec![] };
    figure.word([64.0, 14.0], title, Ink::Text, Anchor::Start);
    figure
}

/// One line for each curve in a corner of the plot: its stroke and its name.
fn legend(figure: &mut Figure, at: [f64; 2], entries: &[(String, Ink, &'static [f64])]) {
    for (row, (text, ink, dash)) in entries.iter().enumerate() {
        let y = at[1] + 17.0 * row as f64;
        figure.line(vec![[at[0], y], [at[0] + 26.0, y]], *ink, 2.0, dash);
        figure.word([at[0] + 32.0, y], text, Ink::Text, Anchor::Start);
    }
}

/// Counts of probabilities in twenty equal bins.
fn bins(outcome: &[bool], probability: &[f64], class: bool) -> [usize; 20] {
    let mut counts = [0; 20];
    for (_, p) in outcome.iter().zip(probability).filter(|(y, _)| **y == class) {
        counts[((p * 20.0) as usize).min(19)] += 1;
    }
    counts
}
