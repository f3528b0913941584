//! Pictures for a report: the whole planes of both images through one place, with the overlays on.

use super::legend::{NAMES, Scale, convention, measured, plane_name, scale};
use super::panel::{Content, Panel};
use super::plane::Plane;
use super::scale::colourbar;
use super::scene::Scene;
use crate::language::{Text, number};
use crate::text;

/// Pixels of a picture's side: 300 to an inch at 40 mm.
const SIDE: usize = 480;
/// Pixels of a picture for one of a letter's usual ones: letters are read at 40 mm.
const SCALE: f64 = 2.6;
const BAR: [usize; 2] = [256, 12];

/// RGBA pixels, row by row from the top.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    pub values: Vec<u8>,
    /// Width and height.
    pub size: [usize; 2],
}

/// What a report shows of the images.
#[derive(Debug, Clone, PartialEq)]
pub struct Plates {
    /// Three planes of each image with their captions.
    pub planes: Vec<(Pixels, Text)>,
    /// What holds of all of them: position, convention, what was measured.
    pub words: Vec<Text>,
    /// Colour scale of each overlay.
    pub bars: Vec<(Pixels, Scale)>,
}

impl Scene {
    /// Paints them, with the crosshair at a place (`None`: where it is); the scene stays as it is.
    pub fn plates(&mut self, at_mm: Option<[f64; 3]>) -> Plates {
        let before = (self.crosshair_mm, self.crosshair_on, self.zoom, self.centre_mm, self.bare, self.lays);
        self.reset_frame();
        self.crosshair_on = true;
        self.bare = false;
        self.lays.iter_mut().for_each(|lay| lay.on = true);
        self.crosshair_mm = at_mm.unwrap_or(self.crosshair_mm);
        let mut planes = Vec::new();
        for (image, name) in NAMES.into_iter().enumerate() {
            for plane in Plane::ALL {
                let mut panel = Panel::default();
                if let Some(pixels) = panel.draw(self, plane, Content::One(image), [SIDE, SIDE], SCALE) {
                    let pixels = Pixels { values: pixels.to_vec(), size: [SIDE, SIDE] };
                    planes.push((pixels, text!("{plane}, {name}", plane = plane_name(plane), name)));
                }
            }
        }
        let bars = (0..NAMES.len()).filter_map(|image| {
            let scale = scale(self, image)?;
            Some((Pixels { values: colourbar(&self.lays[image], BAR[0], BAR[1]), size: BAR }, scale))
        });
        let bars = bars.collect();
        let [r, a, s] = self.crosshair_mm.map(|mm| number(mm, 0));
        let mut words = vec![text!("Crosshair: R {r}, A {a}, S {s} mm", r, a, s), convention(self)];
        words.extend(self.measures.iter().enumerate().map(|(at, measure)| measured(at, measure)));
        (self.crosshair_mm, self.crosshair_on, self.zoom, self.centre_mm, self.bare, self.lays) = before;
        Plates { planes, words, bars }
    }
}
