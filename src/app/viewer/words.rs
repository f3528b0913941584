//! What is seen, in words: the place under the cursor, and each overlay's scale.

use super::state::{Layout, State};
use super::{CANVASES, MOSAIC, context, plane_of};
use crate::app::dom::{canvas, element, set_text, show};
use crate::render::{Content, Convention, colourbar};
use wasm_bindgen::Clamped;
use web_sys::ImageData;

const NAMES: [&str; 2] = ["T1w", "T2w"];
const IDS: [&str; 2] = ["t1", "t2"];

/// What lies under the cursor, or under the crosshair, in both images.
pub fn describe(state: &State) {
    let scene = &state.scene;
    let place = state.cursor_mm.unwrap_or(scene.crosshair_mm);
    let position = element("position");
    let any = scene.images.iter().any(Option::is_some);
    let what = if state.cursor_mm.is_some() { "Cursor" } else { "Crosshair" };
    let [r, a, s] = place;
    let text = if any { format!("{what}: RAS {r:.1}, {a:.1}, {s:.1} mm") } else { String::new() };
    position.set_text_content(Some(&text));
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
        let number = |v: Option<f32>| v.map_or(String::new(), |v| v.to_string());
        let _ = row.set_attribute("data-voxel", &list(readout.voxel));
        let _ = row.set_attribute("data-intensity", &number(readout.intensity));
        let _ = row.set_attribute("data-map", &number(readout.map));
        let [i, j, k] = readout.voxel.map(f64::round);
        set_text(&format!("voxel-{id}"), &format!("{i:.0}, {j:.0}, {k:.0}"));
        let intensity = readout.intensity.map_or("outside".into(), |v| format!("{v:.1}"));
        set_text(&format!("intensity-{id}"), &intensity);
        let map = match (readout.map, scene.maps[image].is_some()) {
            (Some(v), _) => format!("{v:+.3}"),
            (None, true) => "outside".into(),
            (None, false) => "none".into(),
        };
        set_text(&format!("map-{id}"), &map);
    }
    for (panel, id) in CANVASES.into_iter().enumerate() {
        let plane = plane_of(panel);
        let name = match state.content(panel) {
            Some(Content::One(image)) => NAMES[image].to_owned(),
            Some(Content::Swipe(_)) => "T1w left, T2w right".to_owned(),
            None => continue,
        };
        set_text(&format!("{id}-caption"), &format!("{plane:?}, {name}"));
        let label = if any {
            format!("{plane:?} plane, {name}. {text}")
        } else {
            format!("{plane:?} plane, no image")
        };
        let _ = element(id).set_attribute("aria-label", &label);
    }
    if state.layout == Layout::Mosaic {
        let (mosaic, name) = (state.mosaic(), NAMES[scene.leading()]);
        let axis = ["R", "A", "S"][mosaic.plane.axes()[2]];
        let text = format!("{:?}, {name}; each slice with its {axis} in mm", mosaic.plane);
        set_text(&format!("{MOSAIC}-caption"), &text);
        let _ = element(MOSAIC).set_attribute("aria-label", &format!("Slices: {text}"));
    }
}

/// Colourbar, units and native resolution of each map that is on the screen.
pub fn scales(state: &State) {
    let scene = &state.scene;
    for (image, id) in IDS.into_iter().enumerate() {
        let map = scene.maps[image].as_ref().filter(|_| state.shows(image));
        show(&format!("scale-{id}"), map.is_some());
        let (Some(map), Some(full)) = (map, scene.scale_of(image)) else {
            set_text(&format!("scale-text-{id}"), "");
            continue;
        };
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
        set_text(&format!("scale-low-{id}"), &if lay.signed { format!("{:.3}", -full) } else { "0".into() });
        set_text(&format!("scale-high-{id}"), &format!("{full:.3}"));
        let [x, y, z] = map.volume.affine().spacing_mm();
        let cells = if (x - y).abs() + (x - z).abs() < 0.05 {
            format!("{x:.0} mm cells")
        } else {
            format!("{x:.1} x {y:.1} x {z:.1} mm cells")
        };
        let scale = if lay.own_scale {
            "SCALED TO THIS IMAGE'S OWN LARGEST VALUE: not comparable between images"
        } else {
            "scale fixed by the model"
        };
        let sign = if lay.signed { "for (orange) and against (blue) HIE" } else { "for HIE only" };
        let edge = if lay.soft { "soft" } else { "hard" };
        let hidden = if !lay.on || scene.bare { "; HIDDEN" } else { "" };
        set_text(
            &format!("scale-text-{id}"),
            &format!(
                "{} overlay: log-odds per ml, {sign}; {scale}; native resolution {cells}; {edge} threshold {:.3}; \
                 opacity {:.0} %{hidden}",
                NAMES[image],
                full * lay.threshold,
                100.0 * lay.opacity
            ),
        );
    }
    let convention = match scene.convention {
        Convention::Radiological => "Radiological convention: the patient's left is on the right-hand side.",
        Convention::Neurological => "Neurological convention: the patient's left is on the left-hand side.",
    };
    let voxels = if scene.interpolate { "" } else { " Not interpolated: voxels and cells as they are." };
    let zoom = if scene.zoom > 1.0 { format!(" Zoom {:.1}.", scene.zoom) } else { String::new() };
    let none = if scene.maps.iter().all(Option::is_none) { "Overlay: none yet. " } else { "" };
    set_text("scale-text", &format!("{none}{convention}{voxels}{zoom}"));
}

fn list([a, b, c]: [f64; 3]) -> String {
    format!("{a},{b},{c}")
}
