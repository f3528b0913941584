//! What is seen, in words: the place under the cursor, and each overlay's scale.

use super::state::{Layout, State};
use super::{CANVASES, MOSAIC, context, plane_of};
use crate::app::dom::put_attribute;
use crate::app::dom::{canvas, element, set_text, show};
use crate::language::{Text, Value, number};
use crate::render::{Content, NAMES, colourbar, convention, plane_name, scale};
use crate::text;
use wasm_bindgen::Clamped;
use web_sys::ImageData;

const IDS: [&str; 2] = ["t1", "t2"];

/// What lies under the cursor, or under the crosshair, in both images.
pub fn describe(state: &State) {
    let scene = &state.scene;
    let place = state.cursor_mm.unwrap_or(scene.crosshair_mm);
    let position = element("position");
    let any = scene.images.iter().any(Option::is_some);
    let [r, a, s] = place.map(|mm| number(mm, 1));
    let text = match (any, state.cursor_mm.is_some()) {
        (true, true) => text!("Cursor: RAS {r}, {a}, {s} mm", r, a, s),
        (true, false) => text!("Crosshair: RAS {r}, {a}, {s} mm", r, a, s),
        (false, _) => Text::from(""),
    };
    set_text("position", &text);
    // Valid attributes, here and below. Rust's shortest decimal reads back as the same number.
    let _ = position.set_attribute("data-ras", &if any { list(place) } else { String::new() });
    for (image, id) in IDS.into_iter().enumerate() {
        let row = element(&format!("readout-{id}"));
        let readout = scene.readout(image, place);
        row.set_hidden(readout.is_none());
        let Some(readout) = readout else {
            for name in ["data-voxel", "data-intensity", "data-map"] {
                let _ = row.remove_attribute(name);
            }
            continue;
        };
        let data = |v: Option<f32>| v.map_or(String::new(), |v| v.to_string());
        let _ = row.set_attribute("data-voxel", &list(readout.voxel));
        let _ = row.set_attribute("data-intensity", &data(readout.intensity));
        let _ = row.set_attribute("data-map", &data(readout.map));
        let [i, j, k] = readout.voxel.map(f64::round);
        set_text(&format!("voxel-{id}"), format!("{i:.0}, {j:.0}, {k:.0}"));
        let intensity = readout.intensity.map_or(text!("outside"), |v| number(f64::from(v), 1).into());
        set_text(&format!("intensity-{id}"), intensity);
        let map = match (readout.map, scene.maps[image].is_some()) {
            (Some(v), _) => Value::Number(format!("{v:+.3}")).into(),
            (None, true) => text!("outside"),
            (None, false) => text!("none"),
        };
        set_text(&format!("map-{id}"), map);
    }
    for (panel, id) in CANVASES.into_iter().enumerate() {
        let plane = plane_name(plane_of(panel));
        let name = match state.content(panel) {
            Some(Content::One(image)) => Text::from(NAMES[image]),
            Some(Content::Swipe(_)) => text!("T1w left, T2w right"),
            None => continue,
        };
        let caption = text!("{plane}, {name}", plane = &plane, name = &name);
        let slice = slice_of(state, panel)
            .map(|[n, all]| text!("{caption}, slice {n} of {all}", caption = &caption, n, all));
        set_text(&format!("{id}-caption"), slice.unwrap_or(caption));
        let label = if any {
            text!("{plane} plane, {name}. {place}", plane, name, place = &text)
        } else {
            text!("{plane} plane, no image", plane)
        };
        put_attribute(&element(id), "aria-label", label);
    }
    if state.layout == Layout::Mosaic {
        let (mosaic, name) = (state.mosaic(), NAMES[scene.leading()]);
        let axis = ["R", "A", "S"][mosaic.plane.axes()[2]];
        let plane = plane_name(mosaic.plane);
        let text = text!("{plane}, {name}; each slice with its {axis} in mm", plane, name, axis);
        set_text(&format!("{MOSAIC}-caption"), &text);
        put_attribute(&element(MOSAIC), "aria-label", text!("Slices: {which}", which = text));
    }
}

/// Which slice a canvas shows, from 1, and of how many, along the voxel axis that its plane cuts.
fn slice_of(state: &State, panel: usize) -> Option<[usize; 2]> {
    let image = match state.content(panel)? {
        Content::One(image) => image,
        Content::Swipe(_) => state.scene.leading(),
    };
    let volume = &state.scene.images[image].as_ref()?.volume;
    let axis = plane_of(panel).axes()[2];
    let all = volume.dims()[axis];
    let at = volume.affine().to_voxel(state.scene.crosshair_mm)[axis].round().clamp(0.0, all as f64 - 1.0);
    Some([at as usize + 1, all])
}

/// Colourbar, units and native resolution of each map that is on the screen.
pub fn scales(state: &State) {
    let scene = &state.scene;
    for (image, id) in IDS.into_iter().enumerate() {
        let map = scene.maps[image].as_ref().filter(|_| state.shows(image));
        show(&format!("scale-{id}"), map.is_some());
        if map.is_none() {
            set_text(&format!("scale-text-{id}"), "");
            continue;
        }
        let lay = scene.lays[image];
        let bar = canvas(&format!("colourbar-{id}"));
        let pixels = colourbar(&lay, bar.width() as usize, bar.height() as usize);
        if let (Some(context), Ok(data)) = (
            context(&bar),
            // The bar has 4 bytes for each of its pixels.
            ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), bar.width(), bar.height()),
        ) {
            let _ = context.put_image_data(&data, 0.0, 0.0);
        }
        if let Some(scale) = scale(scene, image) {
            set_text(&format!("scale-low-{id}"), scale.low);
            set_text(&format!("scale-high-{id}"), scale.high);
            set_text(&format!("scale-text-{id}"), scale.words);
        }
    }
    let mut sentences = vec![convention(scene)];
    if scene.maps.iter().all(Option::is_none) {
        sentences.insert(0, text!("Overlay: none yet."));
    }
    if !scene.interpolate {
        sentences.push(text!("Not interpolated: voxels and cells as they are."));
    }
    if scene.zoom > 1.0 {
        sentences.push(text!("Zoom {zoom}.", zoom = number(scene.zoom, 1)));
    }
    set_text("scale-text", Text::sentences(sentences));
}

fn list([a, b, c]: [f64; 3]) -> String {
    format!("{a},{b},{c}")
}
