//! Pictures for the report, as the reader set windows, colours and convention.

use super::{Viewer, context};
use crate::app::dom::document;
use crate::export::{Bar, Picture};
use crate::language::Text;
use crate::model::Sequence;
use crate::render::{Pixels, small_picture};
use std::rc::Rc;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{HtmlCanvasElement, ImageData};

/// Pixels of a thumbnail's side.
const THUMBNAIL: usize = 64;

/// What the report shows of the images.
pub struct Pictures {
    pub pictures: Vec<Picture>,
    pub words: Vec<Text>,
    pub bars: Vec<Bar>,
}

impl Viewer {
    /// A small picture of an image, as an address; `None` where there is none.
    pub fn thumbnail(&self, sequence: Sequence) -> Option<String> {
        let pixels = small_picture(&self.state.borrow().scene, sequence as usize, THUMBNAIL)?;
        address(&Pixels { values: pixels, size: [THUMBNAIL; 2] })
    }

    /// Paints them, with the crosshair at a place (`None`: where it is) and the overlays on.
    pub fn pictures(self: &Rc<Self>, at_mm: Option<[f64; 3]>) -> Pictures {
        let plates = self.state.borrow_mut().scene.plates(at_mm);
        let planes = plates.planes.into_iter();
        let bars = plates.bars.into_iter();
        Pictures {
            pictures: planes
                .filter_map(|(pixels, caption)| Some(Picture { address: address(&pixels)?, caption }))
                .collect(),
            words: plates.words,
            bars: bars
                .filter_map(|(pixels, scale)| {
                    let address = address(&pixels)?;
                    Some(Bar { address, low: scale.low, high: scale.high, words: scale.words })
                })
                .collect(),
        }
    }
}

/// A `data:` address of a PNG.
fn address(pixels: &Pixels) -> Option<String> {
    let [width, height] = pixels.size.map(|n| n as u32);
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let data = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels.values), width, height).ok()?;
    context(&canvas)?.put_image_data(&data, 0.0, 0.0).ok()?;
    canvas.to_data_url().ok()
}
