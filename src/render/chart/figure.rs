//! A drawing as a list of strokes and words, in the same terms for SVG and for canvas.

use super::{LETTER, LINE};
use crate::language::lines;
use std::fmt::Write as _;

/// What a stroke stands for; a palette gives it a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Words and axes.
    Text,
    /// Secondary words, grid lines.
    Muted,
    Grid,
    /// What a perfect model would draw.
    Ideal,
    /// This newborn.
    Patient,
    /// What this newborn would be with other values.
    Hypothetical,
    /// Newborns with HIE, and controls.
    Events,
    Controls,
    /// One of several curves; they differ by dash as well.
    Series(usize),
    /// The area of an interval around a series.
    Band(usize),
}

/// Where a word stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// One part of a drawing; coordinates in pixels, y downwards.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Line {
        points: Vec<[f64; 2]>,
        ink: Ink,
        width: f64,
        dash: &'static [f64],
    },
    Area {
        points: Vec<[f64; 2]>,
        ink: Ink,
    },
    Dot {
        at: [f64; 2],
        radius: f64,
        ink: Ink,
    },
    /// An open circle: no measurement.
    Ring {
        at: [f64; 2],
        radius: f64,
        ink: Ink,
    },
    Word {
        at: [f64; 2],
        text: String,
        ink: Ink,
        size: f64,
        anchor: Anchor,
        upright: bool,
    },
}

/// A place in a drawing and what it says: pointer and keys find it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub at: [f64; 2],
    pub text: String,
}

/// An axis that can be dragged along: `value` at pixel `x` on the height `y`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Handle {
    /// Which of the nomogram's terms.
    pub term: usize,
    pub y: f64,
    /// Pixels of `limits`; the first may lie to the right of the second.
    pub x: [f64; 2],
    pub limits: [f64; 2],
}

impl Handle {
    /// The value at a pixel, cut to the axis.
    #[must_use]
    pub fn value_at(&self, x: f64) -> f64 {
        let [from, to] = self.x;
        let share = if from == to { 0.5 } else { ((x - from) / (to - from)).clamp(0.0, 1.0) };
        self.limits[0] + share * (self.limits[1] - self.limits[0])
    }
}

/// A drawing with the same facts in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    pub width: f64,
    pub height: f64,
    pub title: String,
    /// The text alternative.
    pub description: String,
    pub items: Vec<Item>,
    pub hits: Vec<Hit>,
    pub handles: Vec<Handle>,
}

/// Dashes that tell curves apart in greyscale.
pub const DASHES: [&[f64]; 4] = [&[], &[7.0, 3.0], &[2.0, 3.0], &[9.0, 3.0, 2.0, 3.0]];

/// Room for the title above an SVG; in the page it is a heading beside the canvas.
const TITLE: f64 = 24.0;

impl Figure {
    pub fn line(&mut self, points: Vec<[f64; 2]>, ink: Ink, width: f64, dash: &'static [f64]) {
        self.items.push(Item::Line { points, ink, width, dash });
    }

    pub fn area(&mut self, points: Vec<[f64; 2]>, ink: Ink) {
        self.items.push(Item::Area { points, ink });
    }

    pub fn dot(&mut self, at: [f64; 2], radius: f64, ink: Ink) {
        self.items.push(Item::Dot { at, radius, ink });
    }

    pub fn ring(&mut self, at: [f64; 2], radius: f64, ink: Ink) {
        self.items.push(Item::Ring { at, radius, ink });
    }

    pub fn hit(&mut self, at: [f64; 2], text: impl Into<String>) {
        self.hits.push(Hit { at, text: text.into() });
    }

    pub fn word(&mut self, at: [f64; 2], text: impl Into<String>, ink: Ink, anchor: Anchor) {
        let text = text.into();
        self.items.push(Item::Word { at, text, ink, size: 12.0, anchor, upright: false });
    }

    /// A word that is read from below.
    pub fn upright_word(&mut self, at: [f64; 2], text: impl Into<String>, ink: Ink) {
        let text = text.into();
        self.items.push(Item::Word { at, text, ink, size: 12.0, anchor: Anchor::Middle, upright: true });
    }

    /// The same with words below it, broken to its width: for a drawing that leaves its page.
    #[must_use]
    pub fn noted(mut self, words: &str) -> Self {
        let most = ((self.width - 16.0) / LETTER) as usize;
        for line in lines(words, most) {
            self.word([8.0, self.height + LINE / 2.0], line, Ink::Text, Anchor::Start);
            self.height += LINE;
        }
        self.height += LINE / 4.0;
        self
    }

    /// Width and height of its SVG.
    #[must_use]
    pub fn svg_size(&self) -> [f64; 2] {
        [self.width, self.height + TITLE]
    }

    /// An SVG element that stands alone or in a page. `id` must be unique in the page.
    #[must_use]
    pub fn svg(&self, palette: &Palette, id: &str) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 -{TITLE} {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-text\" font-family=\"system-ui, sans-serif\">\
             <title id=\"{id}-title\">{}</title><desc id=\"{id}-text\">{}</desc>",
            escape(&self.title),
            escape(&self.description),
            w = self.width,
            h = self.height + TITLE,
        );
        let title = Item::Word {
            at: [8.0, 13.0 - TITLE],
            text: self.title.clone(),
            ink: Ink::Text,
            size: 13.0,
            anchor: Anchor::Start,
            upright: false,
        };
        for item in std::iter::once(&title).chain(&self.items) {
            item.write_svg(palette, &mut out);
        }
        out.push_str("</svg>");
        out
    }
}

impl Item {
    fn write_svg(&self, palette: &Palette, out: &mut String) {
        let place = |points: &[[f64; 2]]| -> String {
            points.iter().map(|[x, y]| format!("{x:.2},{y:.2}")).collect::<Vec<_>>().join(" ")
        };
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Line { points, ink, width, dash } => {
                let dash: Vec<String> = dash.iter().map(f64::to_string).collect();
                let dash = if dash.is_empty() {
                    String::new()
                } else {
                    format!(" stroke-dasharray=\"{}\"", dash.join(" "))
                };
                write!(
                    out,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" \
                     stroke-linejoin=\"round\"{dash}/>",
                    place(points),
                    palette.colour(*ink)
                )
            }
            Self::Area { points, ink } => {
                let (colour, opacity) = (palette.colour(*ink), palette.opacity(*ink));
                write!(
                    out,
                    "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>",
                    place(points)
                )
            }
            Self::Dot { at: [x, y], radius, ink } => {
                write!(
                    out,
                    "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"{}\"/>",
                    palette.colour(*ink)
                )
            }
            Self::Ring { at: [x, y], radius, ink } => {
                write!(
                    out,
                    "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
                    palette.colour(*ink)
                )
            }
            Self::Word { at: [x, y], text, ink, size, anchor, upright } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let turn = if *upright {
                    format!(" transform=\"rotate(-90 {x:.2} {y:.2})\"")
                } else {
                    String::new()
                };
                write!(
                    out,
                    "<text x=\"{x:.2}\" y=\"{y:.2}\" font-size=\"{size}\" text-anchor=\"{anchor}\" \
                     dominant-baseline=\"middle\" fill=\"{}\"{turn}>{}</text>",
                    palette.colour(*ink),
                    escape(text)
                )
            }
        };
    }
}

/// Colours of a medium. Series are Okabe and Ito's, which colour-blind readers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    text: &'static str,
    muted: &'static str,
    grid: &'static str,
    ideal: &'static str,
    patient: &'static str,
    hypothetical: &'static str,
    events: &'static str,
    controls: &'static str,
    series: [&'static str; 4],
}

impl Palette {
    /// On paper and in the report.
    pub const LIGHT: Self = Self {
        text: "#1b1f24",
        muted: "#57606a",
        grid: "#e3e7eb",
        ideal: "#7d8590",
        patient: "#a40e26",
        hypothetical: "#7b3f8c",
        events: "#c45400",
        controls: "#7d8590",
        series: ["#0072b2", "#007a5a", "#7b3f8c", "#57606a"],
    };
    /// In the page.
    pub const DARK: Self = Self {
        text: "#e4e9ef",
        muted: "#a3b0be",
        grid: "#2c3440",
        ideal: "#8894a2",
        patient: "#ff9db0",
        hypothetical: "#d7a6e8",
        events: "#ffb454",
        controls: "#8b98a8",
        series: ["#6cb2ff", "#7fd1ae", "#d7a6e8", "#c3ccd6"],
    };

    /// CSS colour of an ink.
    #[must_use]
    pub fn colour(&self, ink: Ink) -> &'static str {
        match ink {
            Ink::Text => self.text,
            Ink::Muted => self.muted,
            Ink::Grid => self.grid,
            Ink::Ideal => self.ideal,
            Ink::Patient => self.patient,
            Ink::Hypothetical => self.hypothetical,
            Ink::Events => self.events,
            Ink::Controls => self.controls,
            Ink::Series(i) | Ink::Band(i) => self.series[i % self.series.len()],
        }
    }

    /// How much an area covers what is below.
    #[must_use]
    pub fn opacity(&self, ink: Ink) -> f64 {
        if matches!(ink, Ink::Band(_)) { 0.18 } else { 0.75 }
    }
}

/// Text for SVG and HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::columns;

    #[test]
    fn do_words_below_a_drawing_stay_within_its_width() {
        for words in ["Research use only. ".repeat(12), "仅供研究使用，不可用于患者。".repeat(9)]
        {
            let figure = Figure { width: 260.0, height: 100.0, ..Figure::default() }.noted(&words);
            let mut told = String::new();
            for item in &figure.items {
                let Item::Word { text, at, .. } = item else { continue };
                assert!(columns(text) as f64 * LETTER <= 260.0, "{text}");
                assert!(at[1] > 100.0 && at[1] < figure.height);
                told.push_str(text);
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(letters(&told), letters(&words));
        }
    }
}
