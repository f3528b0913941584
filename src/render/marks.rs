//! Crosshair, letters and numbers over a picture, drawn as strokes so that they are the same everywhere.

/// A stroke's end points, in a box one wide and 1.4 high, from its top left corner.
type Stroke = &'static [(f32, f32)];

/// What is drawn over a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Marks {
    /// Column and row of the crosshair.
    pub crosshair: Option<[f64; 2]>,
    /// At the left, right, top and bottom edge.
    pub letters: [char; 4],
    /// Column of the border between two images.
    pub divider: Option<usize>,
    /// Length of a pixel's side, for a bar of round millimetres at the lower right; `None`: no bar.
    pub mm_per_pixel: Option<f64>,
    /// Pixels of the picture for one of the page.
    pub scale: f64,
}

/// Lengths that a scale bar may have, mm.
const BARS_MM: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0];

/// The longest of them within a fifth of a picture's width, mm.
fn bar_mm(width: usize, mm_per_pixel: f64) -> Option<f64> {
    let most = 0.2 * width as f64 * mm_per_pixel;
    BARS_MM.into_iter().rev().find(|mm| *mm <= most)
}

const LINE: [f32; 3] = [108.0, 178.0, 255.0];
const DIVIDER: [f32; 3] = [255.0, 180.0, 84.0];
const MEASURE: [f32; 3] = [127.0, 225.0, 170.0];
const LETTER: [f32; 3] = [185.0, 196.0, 208.0];

/// A picture that marks are drawn on: RGBA, row by row from the top.
#[derive(Debug)]
pub struct Canvas<'a> {
    pub pixels: &'a mut [u8],
    pub width: usize,
    pub height: usize,
}

impl Canvas<'_> {
    /// Draws crosshair, divider and letters.
    pub fn mark(&mut self, marks: &Marks) {
        let scale = marks.scale.max(0.25);
        if let Some(column) = marks.divider {
            let thick = scale.round().max(1.0) as usize;
            for c in column..column + thick {
                (0..self.height).for_each(|row| self.blend(c as i64, row as i64, DIVIDER, 0.9));
            }
        }
        if let Some(at) = marks.crosshair {
            self.crosshair(at, scale);
        }
        let size = (self.width.min(self.height) as f64 / 18.0).clamp(10.0 * scale, 20.0 * scale);
        let (width, height) = (self.width as f64, self.height as f64);
        let edge = 0.95 * size;
        let [left, right, top, bottom] = marks.letters;
        for (letter, x, y) in [
            (left, edge, height / 2.0),
            (right, width - edge, height / 2.0),
            (top, width / 2.0, edge),
            (bottom, width / 2.0, height - edge),
        ] {
            self.text(&letter.to_string(), [x - 0.35 * size, y - 0.5 * size], size);
        }
        let bar = marks.mm_per_pixel.and_then(|mm| Some((bar_mm(self.width, mm)?, mm)));
        if let Some((length_mm, mm_per_pixel)) = bar {
            self.bar(length_mm, length_mm / mm_per_pixel, scale);
        }
    }

    /// A measure: a line through points, and its figures beside the lowest of them.
    pub fn measure(&mut self, points: &[[f64; 2]], label: &str, selected: bool, scale: f64) {
        let colour = if selected { DIVIDER } else { MEASURE };
        for (half_width, colour, alpha) in [(1.9 * scale, [0.0; 3], 0.6), (0.9 * scale, colour, 1.0)] {
            for ends in points.windows(2) {
                self.segment(ends[0], ends[1], half_width, colour, alpha);
            }
        }
        let Some(lowest) = points.iter().max_by(|a, b| a[1].total_cmp(&b[1])) else { return };
        let size = 10.0 * scale;
        let length = label.chars().count() as f64 * size / 1.4;
        let within = |at: f64, room: f64| at.clamp(0.0, room.max(0.0));
        let x = within(lowest[0] - length / 2.0, self.width as f64 - length);
        let y = within(lowest[1] + 4.0 * scale, self.height as f64 - size - 2.0 * scale);
        self.write(label, [x, y], size, colour);
    }

    /// A border, which marks a picture among others.
    pub fn frame(&mut self, thick: f64) {
        let (right, bottom) = (self.width as f64 - 1.0, self.height as f64 - 1.0);
        for [a, b] in [
            [[0.0, 0.0], [right, 0.0]],
            [[0.0, bottom], [right, bottom]],
            [[0.0, 0.0], [0.0, bottom]],
            [[right, 0.0], [right, bottom]],
        ] {
            self.segment(a, b, thick / 2.0, LINE, 1.0);
        }
    }

    /// A scale bar with its length above it.
    fn bar(&mut self, mm: f64, pixels: f64, scale: f64) {
        let margin = 9.0 * scale;
        let (right, bottom) = (self.width as f64 - margin, self.height as f64 - margin);
        let (from, to) = ([right - pixels, bottom], [right, bottom]);
        self.segment(from, to, 1.8 * scale, [0.0; 3], 0.75);
        self.segment(from, to, 0.9 * scale, LETTER, 1.0);
        let size = 9.0 * scale;
        let label = format!("{mm} mm");
        // Letters are as far apart as the text's own unit.
        let length = label.len() as f64 * size / 1.4;
        self.text(&label, [right - pixels / 2.0 - length / 2.0, bottom - size - 4.0 * scale], size);
    }

    /// Two lines through the crosshair, open in the middle so that they hide nothing there.
    fn crosshair(&mut self, [x, y]: [f64; 2], scale: f64) {
        let (gap, thick) = (5.0 * scale, scale.round().max(1.0) as i64);
        let (column, row) = (x.round() as i64, y.round() as i64);
        let (width, height) = (self.width as i64, self.height as i64);
        for side in 0..thick {
            for c in (0..width).filter(|c| (*c as f64 - x).abs() > gap) {
                self.blend(c, row + side - thick / 2, LINE, 0.75);
            }
            for r in (0..height).filter(|r| (*r as f64 - y).abs() > gap) {
                self.blend(column + side - thick / 2, r, LINE, 0.75);
            }
        }
    }

    /// Writes the letters of directions, numbers, `m`, `.`, `:`, `-`, `=` and `±` from a top left corner; `size` is their height.
    pub fn text(&mut self, text: &str, at: [f64; 2], size: f64) {
        self.write(text, at, size, LETTER);
    }

    fn write(&mut self, text: &str, [x, y]: [f64; 2], size: f64, colour: [f32; 3]) {
        let unit = size / 1.4;
        // A dark rim first: the letters stand on bright scalp as well as on black air.
        for (colour, half_width, alpha) in [([0.0; 3], 0.17, 0.75), (colour, 0.09, 1.0)] {
            for (i, letter) in text.chars().enumerate() {
                let left = x + i as f64 * unit * 1.0;
                for stroke in strokes(letter) {
                    for ends in stroke.windows(2) {
                        let to = |(px, py): (f32, f32)| {
                            [left + f64::from(px) * unit * 0.7, y + f64::from(py) * unit]
                        };
                        self.segment(to(ends[0]), to(ends[1]), half_width * unit, colour, alpha);
                    }
                }
            }
        }
    }

    /// A line with round ends, its border blended over one pixel.
    fn segment(&mut self, a: [f64; 2], b: [f64; 2], half_width: f64, colour: [f32; 3], alpha: f32) {
        let reach = half_width + 1.0;
        let low = [0, 1].map(|i| (a[i].min(b[i]) - reach).floor() as i64);
        let high = [0, 1].map(|i| (a[i].max(b[i]) + reach).ceil() as i64);
        let along = [b[0] - a[0], b[1] - a[1]];
        let length2 = along[0] * along[0] + along[1] * along[1];
        for row in low[1]..=high[1] {
            for column in low[0]..=high[0] {
                let p = [column as f64 - a[0], row as f64 - a[1]];
                let t = if length2 > 0.0 { (p[0] * along[0] + p[1] * along[1]) / length2 } else { 0.0 };
                let t = t.clamp(0.0, 1.0);
                let distance = (p[0] - t * along[0]).hypot(p[1] - t * along[1]);
                let cover = (half_width + 0.5 - distance).clamp(0.0, 1.0) as f32;
                if cover > 0.0 {
                    self.blend(column, row, colour, alpha * cover);
                }
            }
        }
    }

    fn blend(&mut self, column: i64, row: i64, colour: [f32; 3], alpha: f32) {
        let inside = (0..self.width as i64).contains(&column) && (0..self.height as i64).contains(&row);
        if !inside {
            return;
        }
        let at = 4 * (row as usize * self.width + column as usize);
        for (c, o) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *c = (f32::from(*c) + (o - f32::from(*c)) * alpha + 0.5) as u8;
        }
    }
}

fn strokes(letter: char) -> &'static [Stroke] {
    match letter {
        'A' => &[&[(0.0, 1.4), (0.5, 0.0), (1.0, 1.4)], &[(0.2, 0.9), (0.8, 0.9)]],
        'I' => &[&[(0.5, 0.0), (0.5, 1.4)]],
        'L' => &[&[(0.1, 0.0), (0.1, 1.4), (0.9, 1.4)]],
        'm' => &[
            &[(0.0, 1.4), (0.0, 0.5)],
            &[(0.0, 0.7), (0.2, 0.5), (0.4, 0.5), (0.5, 0.7), (0.5, 1.4)],
            &[(0.5, 0.7), (0.65, 0.5), (0.85, 0.5), (1.0, 0.7), (1.0, 1.4)],
        ],
        'P' => &[&[(0.1, 1.4), (0.1, 0.0), (0.7, 0.0), (0.95, 0.2), (0.95, 0.55), (0.7, 0.75), (0.1, 0.75)]],
        'R' => &[
            &[(0.1, 1.4), (0.1, 0.0), (0.7, 0.0), (0.95, 0.2), (0.95, 0.5), (0.7, 0.7), (0.1, 0.7)],
            &[(0.5, 0.7), (0.95, 1.4)],
        ],
        'S' => &[&[
            (0.95, 0.2),
            (0.7, 0.0),
            (0.3, 0.0),
            (0.05, 0.2),
            (0.05, 0.5),
            (0.3, 0.67),
            (0.7, 0.73),
            (0.95, 0.9),
            (0.95, 1.2),
            (0.7, 1.4),
            (0.3, 1.4),
            (0.05, 1.2),
        ]],
        '0' => &[&[
            (0.2, 0.0),
            (0.8, 0.0),
            (1.0, 0.3),
            (1.0, 1.1),
            (0.8, 1.4),
            (0.2, 1.4),
            (0.0, 1.1),
            (0.0, 0.3),
            (0.2, 0.0),
        ]],
        '1' => &[&[(0.2, 0.25), (0.55, 0.0), (0.55, 1.4)]],
        '2' => &[&[(0.0, 0.25), (0.25, 0.0), (0.75, 0.0), (1.0, 0.25), (1.0, 0.5), (0.0, 1.4), (1.0, 1.4)]],
        '3' => &[&[
            (0.0, 0.0),
            (1.0, 0.0),
            (0.45, 0.55),
            (0.8, 0.6),
            (1.0, 0.85),
            (1.0, 1.15),
            (0.75, 1.4),
            (0.25, 1.4),
            (0.0, 1.2),
        ]],
        '4' => &[&[(0.75, 1.4), (0.75, 0.0), (0.0, 0.95), (1.0, 0.95)]],
        '5' => &[&[
            (0.95, 0.0),
            (0.1, 0.0),
            (0.05, 0.6),
            (0.7, 0.55),
            (1.0, 0.8),
            (1.0, 1.15),
            (0.75, 1.4),
            (0.25, 1.4),
            (0.0, 1.2),
        ]],
        '6' => &[&[
            (0.9, 0.05),
            (0.5, 0.0),
            (0.1, 0.4),
            (0.0, 1.0),
            (0.25, 1.4),
            (0.75, 1.4),
            (1.0, 1.1),
            (0.95, 0.8),
            (0.7, 0.6),
            (0.3, 0.65),
            (0.05, 0.9),
        ]],
        '7' => &[&[(0.0, 0.0), (1.0, 0.0), (0.35, 1.4)]],
        '8' => &[&[
            (0.3, 0.65),
            (0.05, 0.4),
            (0.05, 0.2),
            (0.3, 0.0),
            (0.7, 0.0),
            (0.95, 0.2),
            (0.95, 0.4),
            (0.7, 0.65),
            (0.3, 0.65),
            (0.0, 0.9),
            (0.0, 1.15),
            (0.25, 1.4),
            (0.75, 1.4),
            (1.0, 1.15),
            (1.0, 0.9),
            (0.7, 0.65),
        ]],
        '9' => &[&[
            (0.1, 1.35),
            (0.5, 1.4),
            (0.9, 1.0),
            (1.0, 0.4),
            (0.75, 0.0),
            (0.25, 0.0),
            (0.0, 0.3),
            (0.05, 0.6),
            (0.3, 0.8),
            (0.7, 0.75),
            (0.95, 0.5),
        ]],
        '-' => &[&[(0.1, 0.75), (0.9, 0.75)]],
        '=' => &[&[(0.1, 0.55), (0.9, 0.55)], &[(0.1, 0.95), (0.9, 0.95)]],
        '±' => &[&[(0.5, 0.2), (0.5, 1.0)], &[(0.1, 0.6), (0.9, 0.6)], &[(0.1, 1.3), (0.9, 1.3)]],
        ':' => &[&[(0.5, 0.55), (0.5, 0.6)], &[(0.5, 1.2), (0.5, 1.25)]],
        '.' => &[&[(0.5, 1.35), (0.5, 1.4)]],
        _ => &[],
    }
}
