//! Pictures for the report: the whole planes of both images through one place, as the reader set windows, colours
//! and convention.

use super::words::{convention, measured, plane_name, scale};
use super::{Viewer, context, put};
use crate::app::dom::document;
use crate::export::{Bar, Picture};
use crate::language::{Text, number};
use crate::model::Sequence;
use crate::render::{Content, Panel, Plane, colourbar, thumbnail};
use crate::text;
use std::rc::Rc;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{HtmlCanvasElement, ImageData};

/// Pixels of a picture's side: 300 to an inch at 40 mm.
const SIDE: usize = 480;
/// Pixels of a picture for one of a letter's usual ones: letters are read at 40 mm.
const SCALE: f64 = 2.6;
/// Pixels of a thumbnail's side.
const THUMBNAIL: usize = 64;
const BAR: [u32; 2] = [256, 12];

/// What the report shows of the images.
pub struct Pictures {
    pub pictures: Vec<Picture>,
    pub words: Vec<Text>,
    pub bars: Vec<Bar>,
}

impl Viewer {
    /// A small picture of an image, as an address; `None` where there is none.
    pub fn thumbnail(&self, sequence: Sequence) -> Option<String> {
        let pixels = thumbnail(&self.state.borrow().scene, sequence as usize, THUMBNAIL)?;
        let target = canvas([THUMBNAIL as u32; 2])?;
        put(&target, THUMBNAIL, Some(&pixels));
        target.to_data_url().ok()
    }

    /// Paints them, with the crosshair at a place (`None`: where it is) and the overlays on.
    pub fn pictures(self: &Rc<Self>, at_mm: Option<[f64; 3]>) -> Pictures {
        let mut state = self.state.borrow_mut();
        let scene = &mut state.scene;
        let before =
            (scene.crosshair_mm, scene.crosshair_on, scene.zoom, scene.centre_mm, scene.bare, scene.lays);
        scene.reset_frame();
        scene.crosshair_on = true;
        scene.bare = false;
        scene.lays.iter_mut().for_each(|lay| lay.on = true);
        scene.crosshair_mm = at_mm.unwrap_or(scene.crosshair_mm);
        let mut pictures = Vec::new();
        for (image, name) in ["T1w", "T2w"].into_iter().enumerate() {
            for plane in Plane::ALL {
                let mut panel = Panel::default();
                let pixels = panel.draw(scene, plane, Content::One(image), [SIDE, SIDE], SCALE);
                let address = canvas([SIDE as u32; 2]).and_then(|target| {
                    put(&target, SIDE, Some(pixels?));
                    target.to_data_url().ok()
                });
                if let Some(address) = address {
                    let caption = text!("{plane}, {name}", plane = plane_name(plane), name);
                    pictures.push(Picture { address, caption });
                }
            }
        }
        let bars = (0..2).filter_map(|image| {
            let scale = scale(scene, image)?;
            let target = canvas(BAR)?;
            let pixels = colourbar(&scene.lays[image], BAR[0] as usize, BAR[1] as usize);
            let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), BAR[0], BAR[1]).ok()?;
            context(&target)?.put_image_data(&data, 0.0, 0.0).ok()?;
            let address = target.to_data_url().ok()?;
            Some(Bar { address, low: scale.low, high: scale.high, words: scale.words })
        });
        let bars = bars.collect();
        let [r, a, s] = scene.crosshair_mm.map(|mm| number(mm, 0));
        let mut words = vec![text!("Crosshair: R {r}, A {a}, S {s} mm", r, a, s), convention(scene)];
        words.extend(scene.measures.iter().enumerate().map(|(at, measure)| measured(at, measure)));
        (scene.crosshair_mm, scene.crosshair_on, scene.zoom, scene.centre_mm, scene.bare, scene.lays) =
            before;
        Pictures { pictures, words, bars }
    }
}

fn canvas([width, height]: [u32; 2]) -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    Some(canvas)
}
