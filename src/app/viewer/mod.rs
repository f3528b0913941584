//! The viewer: puts the scene's pictures on the screen and hands events to it.

mod controls;
mod export;
mod gesture;
mod keys;
mod peaks;
mod pictures;
mod state;
mod words;

use super::dom::{canvas, element, listen, set_text, show, window};
use super::dom::{recall, remember, say};
use crate::language::Text;
use crate::model::{CamPeaks, Sequence};
use crate::render::{Brain, Measure, Panel, Plane};
use crate::volume::Volume;
use gesture::Gesture;
use state::{Layout, State};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{Clamped, JsCast, closure::Closure};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// The planes' canvases: of the first image shown, and of the second beside it.
const CANVASES: [&str; 6] = [
    "plane-axial",
    "plane-coronal",
    "plane-sagittal",
    "plane-axial-beside",
    "plane-coronal-beside",
    "plane-sagittal-beside",
];
const MOSAIC: &str = "plane-mosaic";
/// How long a note stands, ms.
const NOTE_MS: u32 = 8000;

/// The plane of a canvas.
fn plane_of(panel: usize) -> Plane {
    Plane::ALL[panel % 3]
}

/// The viewer.
#[derive(Default)]
pub struct Viewer {
    state: RefCell<State>,
    panels: RefCell<[Panel; 6]>,
    gesture: RefCell<Gesture>,
    /// A redraw is on its way.
    scheduled: Cell<bool>,
    /// That redraw is of the words only.
    words_only: Cell<bool>,
    /// The measures that the list holds.
    listed: RefCell<Vec<Measure>>,
}

impl Viewer {
    /// A viewer that listens to its controls.
    pub fn new() -> Rc<Self> {
        let viewer = Rc::new(Self::default());
        viewer.state.borrow_mut().prefer(recall);
        viewer.listen_to_controls();
        viewer.listen_to_keys();
        for (panel, id) in CANVASES.into_iter().enumerate() {
            viewer.listen_to_plane(panel, &canvas(id));
        }
        viewer.listen_to_mosaic();
        let this = Rc::clone(&viewer);
        listen(&window(), "resize", move |_| this.redraw());
        let this = Rc::clone(&viewer);
        listen(&super::dom::document(), "fullscreenchange", move |_| this.redraw());
        viewer.show_controls();
        viewer.redraw();
        viewer
    }

    /// Shows another image (voxels, window, where to look first), or none.
    pub fn set_image(self: &Rc<Self>, sequence: Sequence, image: Option<(Volume, [f32; 2], [f64; 3])>) {
        self.change(|state| {
            state.stop_cine();
            state.anchor = None;
            state.scene.set_image(sequence as usize, image);
        });
    }

    /// Says where the brain is in an image, where it was found.
    pub fn set_brain(self: &Rc<Self>, sequence: Sequence, brain: Option<Brain>) {
        self.change(|state| state.scene.set_brain(sequence as usize, brain));
    }

    /// Lays a map over an image.
    pub fn set_map(self: &Rc<Self>, sequence: Sequence, volume: Volume, full_scale: f32) {
        self.change(|state| state.scene.set_map(sequence as usize, volume, full_scale));
    }

    /// Takes both maps and their peaks away.
    pub fn clear_maps(self: &Rc<Self>) {
        peaks::clear();
        self.change(|state| {
            (state.peaks, state.peak) = (Vec::new(), None);
            state.scene.maps = [None, None];
            state.stop_flicker();
        });
    }

    /// Lists the maps' peaks, strongest first, and goes to the strongest one. The maps come before them.
    pub fn set_peaks(self: &Rc<Self>, peaks: &CamPeaks) {
        peaks::list(self, peaks);
    }

    /// Changes what the controls show too.
    fn change(self: &Rc<Self>, change: impl FnOnce(&mut State)) {
        // A field that loses the focus while the controls are written reports a change of its own: not the reader's.
        let Ok(mut state) = self.state.try_borrow_mut() else { return };
        let before = state.preferences();
        change(&mut state);
        let now = state.preferences();
        drop(state);
        for ((key, value), (_, old)) in now.into_iter().zip(before) {
            if value != old {
                remember(key, value);
            }
        }
        self.show_controls();
        self.redraw();
    }

    /// Changes what no control shows.
    fn move_to(self: &Rc<Self>, change: impl FnOnce(&mut State)) {
        change(&mut self.state.borrow_mut());
        self.redraw();
    }

    /// Draws before the next frame, however often it is asked for.
    pub fn redraw(self: &Rc<Self>) {
        self.words_only.set(false);
        self.schedule();
    }

    /// Writes the readout before the next frame.
    fn reword(self: &Rc<Self>) {
        if !self.scheduled.get() {
            self.words_only.set(true);
        }
        self.schedule();
    }

    fn schedule(self: &Rc<Self>) {
        if self.scheduled.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        let draw = Closure::once_into_js(move || {
            this.scheduled.set(false);
            if !this.words_only.get() {
                this.draw();
            }
            words::describe(&this.state.borrow());
        });
        // A refused frame leaves the old picture; the next change asks again.
        if window().request_animation_frame(draw.unchecked_ref()).is_err() {
            self.scheduled.set(false);
        }
    }

    fn draw(&self) {
        let (state, mut panels) = (self.state.borrow(), self.panels.borrow_mut());
        for (at, (panel, id)) in panels.iter_mut().zip(CANVASES).enumerate() {
            let content = state.content(at);
            show(&format!("{id}-figure"), content.is_some());
            let Some(content) = content else { continue };
            let target = canvas(id);
            let (size, scale) = fit(&target);
            put(&target, size, panel.draw(&state.scene, plane_of(at), content, [size, size], scale));
        }
        let mosaic = state.layout == Layout::Mosaic;
        show(&format!("{MOSAIC}-figure"), mosaic);
        if mosaic {
            let target = canvas(MOSAIC);
            let (size, scale) = fit(&target);
            let lead = state.scene.leading();
            let pixels = state.mosaic().draw(&state.scene, lead, [size, size], scale);
            put(&target, size, pixels.as_deref());
        }
        words::scales(&state);
    }
}

/// Makes a square canvas as fine as the screen; its side and the pixels of the canvas for one of the page.
fn fit(target: &HtmlCanvasElement) -> (usize, f64) {
    let shown = f64::from(target.client_width()).max(1.0);
    let size = (shown * window().device_pixel_ratio()).round().clamp(64.0, 2048.0);
    if f64::from(target.width()) != size || f64::from(target.height()) != size {
        target.set_width(size as u32);
        target.set_height(size as u32);
    }
    (size as usize, size / shown)
}

/// Puts pixels up, or nothing.
fn put(target: &HtmlCanvasElement, size: usize, pixels: Option<&[u8]>) {
    let Some(context) = context(target) else { return };
    let Some(pixels) = pixels else {
        return context.clear_rect(0.0, 0.0, size as f64, size as f64);
    };
    // The buffer has 4 bytes for each pixel by construction.
    if let Ok(data) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(pixels), size as u32, size as u32) {
        let _ = context.put_image_data(&data, 0.0, 0.0);
    }
}

fn context(target: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    target.get_context("2d").ok().flatten().and_then(|c| c.dyn_into().ok())
}

/// Says something of the viewer's own, for a moment and for screen readers.
fn note(text: &Text) {
    set_text("viewer-note", text);
    let said = say(text);
    let forget = move || {
        if element("viewer-note").text_content().as_deref() == Some(&said) {
            set_text("viewer-note", "");
        }
    };
    gloo::timers::callback::Timeout::new(NOTE_MS, forget).forget();
}
