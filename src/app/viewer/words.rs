//! What is seen, in words: the place under the cursor, and each overlay's scale.

use super::state::{Layout, State};
use super::{CANVASES, MOSAIC, Viewer, context, plane_of};
use crate::app::dom::put_attribute;
use crate::app::dom::{append, canvas, clear, document, element, input, listen, set_text, show};
use crate::app::saving::banner;
use crate::language::{Text, Value, number};
use crate::render::{Content, NAMES, colourbar, convention, measured, plane_name, scale};
use crate::text;
use std::rc::Rc;
use wasm_bindgen::Clamped;
use web_sys::{HtmlInputElement, ImageData};

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
        let slice = slice_of(state, panel);
        let told = slice.map(|Slice { n, all, mm, axis, .. }| {
            text!(
                "{caption}: slice {n} of {all}, {axis} {mm} mm",
                caption = &caption,
                n,
                all,
                axis,
                mm = number(mm, 1)
            )
        });
        let told = told.unwrap_or(caption);
        set_text(&format!("{id}-caption"), &told);
        show_slider(id, slice, told);
        set_text(&format!("{id}-corner"), corner(state, panel));
        let label = if any {
            text!("{plane} plane, {name}. {place}", plane, name, place = &text)
        } else {
            text!("{plane} plane, no image", plane)
        };
        put_attribute(&element(id), "aria-label", label);
    }
    if state.layout == Layout::Mosaic {
        let (mosaic, name) = (state.mosaic(), NAMES[scene.leading()]);
        let axis = AXES[mosaic.plane.axes()[2]];
        let plane = plane_name(mosaic.plane);
        let text = match mosaic.span(scene, scene.leading()) {
            Some((n, [from, to])) if n > 1 => text!(
                "{plane}, {name}: {n} slices from {axis} {from} to {to} mm, every {step} mm",
                plane,
                name,
                n,
                axis,
                from = number(from, 0),
                to = number(to, 0),
                step = number((to - from).abs() / (n - 1) as f64, 1)
            ),
            _ => text!("{plane}, {name}", plane, name),
        };
        set_text(&format!("{MOSAIC}-caption"), &text);
        put_attribute(&element(MOSAIC), "aria-label", text!("Slices: {which}", which = text));
    }
    show_strip();
}

/// In full screen the page around the viewer is not seen: what must stand beside the images does so there.
fn show_strip() {
    let full = document().fullscreen_element().is_some();
    if full == element("viewer-strip").hidden() {
        show("viewer-strip", full);
    }
    if full {
        let shown = |id: &str| {
            let element = element(id);
            let text = element.text_content().unwrap_or_default();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let answer = ["probability", "population"].map(shown).join(" ");
        set_text("viewer-strip", [banner(), answer].join(" | ").trim_end_matches([' ', '|']));
    }
}

/// The slice that a canvas shows: from 1, of how many, along the voxel axis that its plane cuts.
#[derive(Clone, Copy)]
struct Slice {
    n: usize,
    all: usize,
    /// Where it lies on the world's axis nearest to that.
    mm: f64,
    axis: &'static str,
}

/// The world's axes.
const AXES: [&str; 3] = ["R", "A", "S"];

fn slice_of(state: &State, panel: usize) -> Option<Slice> {
    let (image, plane) = (image_of(state, panel)?, plane_of(panel));
    let [n, all] = state.scene.slice(image, plane, state.scene.crosshair_mm)?;
    let axis = plane.axes()[2];
    Some(Slice { n: n + 1, all, mm: state.scene.crosshair_mm[axis], axis: AXES[axis] })
}

/// The image whose slices a canvas shows.
fn image_of(state: &State, panel: usize) -> Option<usize> {
    Some(match state.content(panel)? {
        Content::One(image) => image,
        Content::Swipe(_) => state.scene.leading(),
    })
}

/// Window and zoom of a canvas.
fn corner(state: &State, panel: usize) -> Text {
    let shown = image_of(state, panel).and_then(|image| state.scene.images[image].as_ref());
    let Some(shown) = shown else { return Text::default() };
    let [black, white] = shown.window.map(|v| number(f64::from(v), if v.abs() < 10.0 { 2 } else { 0 }));
    let window = text!("window {black} to {white}", black, white);
    let zoom = text!("zoom {zoom}", zoom = number(state.scene.zoom, 1));
    Text::joined([Value::from(window), "\n".into(), Value::from(zoom)])
}

/// A slider stands where its slice is.
fn show_slider(id: &str, slice: Option<Slice>, told: Text) {
    let slider = input(&format!("{id}-slice"));
    slider.set_disabled(slice.is_none());
    let (n, all) = slice.map_or((1, 1), |slice| (slice.n, slice.all));
    for (now, wanted, set) in [
        (slider.max(), all.to_string(), HtmlInputElement::set_max as fn(&HtmlInputElement, &str)),
        (slider.value(), n.to_string(), HtmlInputElement::set_value),
    ] {
        if now != wanted {
            set(&slider, &wanted);
        }
    }
    put_attribute(&slider, "aria-valuetext", told);
}

/// What was measured, each with a button that takes it away.
pub fn list_measures(viewer: &Rc<Viewer>) {
    let state = viewer.state.borrow();
    // A button keeps its focus as long as its measure stays.
    if *viewer.listed.borrow() == state.scene.measures {
        return;
    }
    viewer.listed.borrow_mut().clone_from(&state.scene.measures);
    let list = element("measures");
    clear(&list);
    for (at, measure) in state.scene.measures.iter().enumerate() {
        let line = append(&list, "li", "");
        append(&line, "span", measured(at, measure));
        let button = append(&line, "button", text!("Remove"));
        // A valid attribute.
        let _ = button.set_attribute("type", "button");
        put_attribute(&button, "aria-label", text!("Remove measure {n}", n = at + 1));
        let this = Rc::clone(viewer);
        // The listener goes with the line when the list is written anew.
        listen(&button, "click", move |_| this.change(|s| s.scene.remove_measure(at)));
    }
    show("measures", !state.scene.measures.is_empty());
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
    if scene.inverted {
        sentences.push(text!("Inverted: black is bright."));
    }
    if (scene.zoom - 1.0).abs() > 1e-9 {
        sentences.push(text!("Zoom {zoom}.", zoom = number(scene.zoom, 1)));
    }
    set_text("scale-text", Text::sentences(sentences));
}

fn list([a, b, c]: [f64; 3]) -> String {
    format!("{a},{b},{c}")
}
