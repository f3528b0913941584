//! The keyboard: every control has a key, which works wherever no field has the focus.

use super::controls::{auto_window, brain_window, deep_grey_window, full_screen, full_window, open_help};
use super::state::{Drag, Layout, State};
use super::{CANVASES, Viewer, export, note};
use crate::app::dom::{canvas, document, element, is_taken, listen};
use crate::render::{Convention, Plane, Shape};
use crate::text;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{KeyboardEvent, Node};

/// One press enlarges by this factor.
const ZOOM: f64 = 1.25;

impl Viewer {
    pub(super) fn listen_to_keys(self: &Rc<Self>) {
        let this = Rc::clone(self);
        listen(&document(), "keydown", move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
            if key.ctrl_key() || key.meta_key() || key.alt_key() || is_taken(event) {
                return;
            }
            let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
            if !this.state.borrow().keys_everywhere && !element("viewer").contains(target.as_ref()) {
                return;
            }
            if this.key(&key.key(), key.shift_key()) {
                event.prevent_default();
            }
        });
    }

    /// Does what a key stands for; whether it stands for anything.
    fn key(self: &Rc<Self>, key: &str, shift: bool) -> bool {
        match key {
            "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "PageUp" | "PageDown" => {
                return self.arrow(key, shift);
            }
            "+" | "=" => self.zoom_about_crosshair(ZOOM),
            "-" => self.zoom_about_crosshair(1.0 / ZOOM),
            "0" => self.change(|s| s.scene.reset_frame()),
            "?" => open_help(),
            "f" => full_screen(),
            "p" => export::save(&self.state.borrow()),
            "c" => export::copy(&self.state.borrow()),
            "k" => self.flicker(),
            "j" => self.other_peak(true),
            "J" => self.other_peak(false),
            // Elsewhere it presses the button that has the focus, or scrolls.
            " " if focused().is_some() => self.play(),
            "Enter" => return self.mark(),
            "Delete" | "Backspace" => {
                let Some(at) = self.state.borrow().scene.selected else { return false };
                self.change(|s| s.scene.remove_measure(at));
            }
            "Escape" => {
                self.change(|s| s.anchor = None);
                return false;
            }
            _ => match switch(key) {
                Some(change) => self.change(change),
                None => return false,
            },
        }
        true
    }

    /// Moves the crosshair on the plane that has the focus, or pans it. A control keeps its arrows.
    fn arrow(self: &Rc<Self>, key: &str, shift: bool) -> bool {
        let Some(panel) = focused() else { return false };
        let step = match key {
            "ArrowLeft" => [-1.0, 0.0, 0.0],
            "ArrowRight" => [1.0, 0.0, 0.0],
            "ArrowUp" => [0.0, 1.0, 0.0],
            "ArrowDown" => [0.0, -1.0, 0.0],
            "PageUp" => [0.0, 0.0, 1.0],
            _ => [0.0, 0.0, -1.0],
        };
        if shift && step[2] == 0.0 {
            let viewport = self.panels.borrow()[panel].viewport().copied();
            if let Some(viewport) = viewport {
                let by = viewport.width as f64 / 16.0;
                self.move_to(|s| s.scene.pan(&viewport, [step[0] * by, -step[1] * by]));
            }
        } else {
            self.step(panel, step);
        }
        true
    }

    /// One end of a measure, and then the other, where the crosshair is.
    fn mark(self: &Rc<Self>) -> bool {
        let Drag::Measure(shape) = self.state.borrow().drag else { return false };
        let Some(panel) = focused() else { return false };
        self.change(|s| s.mark(panel, shape));
        if self.state.borrow().anchor.is_some() {
            note(&text!(
                "One end is set: move the crosshair to the other one and press Enter, or Escape to leave it."
            ));
        }
        true
    }

    fn zoom_about_crosshair(self: &Rc<Self>, factor: f64) {
        self.change(|s| s.scene.zoom_at(factor, s.scene.crosshair_mm));
    }
}

/// The switches.
fn switch(key: &str) -> Option<fn(&mut State)> {
    Some(match key {
        "1" => |s| {
            s.scene.active = 0;
            s.layout = if s.layout == Layout::Both { Layout::One } else { s.layout };
        },
        "2" => |s| {
            s.scene.active = 1;
            s.layout = if s.layout == Layout::Both { Layout::One } else { s.layout };
        },
        "t" => |s| s.scene.active = 1 - s.scene.active,
        "b" => |s| toggle(s, Layout::Both),
        "m" => |s| toggle(s, Layout::Mosaic),
        "w" => |s| toggle(s, Layout::Swipe),
        "," => |s| s.swipe = (s.swipe - 0.05).max(0.0),
        "." => |s| s.swipe = (s.swipe + 0.05).min(1.0),
        "v" => |s| {
            s.only = match s.only {
                None => Some(Plane::Axial),
                Some(Plane::Axial) => Some(Plane::Coronal),
                Some(Plane::Coronal) => Some(Plane::Sagittal),
                Some(Plane::Sagittal) => None,
            };
        },
        "n" => |s| {
            s.scene.convention = match s.scene.convention {
                Convention::Radiological => Convention::Neurological,
                Convention::Neurological => Convention::Radiological,
            };
        },
        "r" => |s| s.drag = measure_or_not(s.drag, Shape::Ruler),
        "e" => |s| s.drag = measure_or_not(s.drag, Shape::Ellipse),
        "y" => |s| s.scene.inverted = !s.scene.inverted,
        "q" => brain_window,
        "d" => deep_grey_window,
        "i" => |s| s.scene.interpolate = !s.scene.interpolate,
        "x" => |s| s.scene.crosshair_on = !s.scene.crosshair_on,
        "a" => auto_window,
        "g" => full_window,
        "{" => |s| s.scene.drag_window(s.scene.active, [-0.05, 0.0]),
        "}" => |s| s.scene.drag_window(s.scene.active, [0.05, 0.0]),
        "(" => |s| s.scene.drag_window(s.scene.active, [0.0, -0.05]),
        ")" => |s| s.scene.drag_window(s.scene.active, [0.0, 0.05]),
        "o" => |s| {
            let on = !s.scene.lays[s.scene.active].on;
            s.lay(|l| l.on = on);
        },
        "s" => |s| {
            let signed = !s.scene.lays[s.scene.active].signed;
            s.lay(|l| l.signed = signed);
        },
        "l" => |s| {
            let outline = !s.scene.lays[s.scene.active].outline;
            s.lay(|l| l.outline = outline);
        },
        "h" => |s| {
            let soft = !s.scene.lays[s.scene.active].soft;
            s.lay(|l| l.soft = soft);
        },
        "[" => |s| s.lay(|l| l.threshold = (l.threshold - 0.05).max(0.0)),
        "]" => |s| s.lay(|l| l.threshold = (l.threshold + 0.05).min(1.0)),
        "<" => |s| s.lay(|l| l.opacity = (l.opacity - 0.1).max(0.0)),
        ">" => |s| s.lay(|l| l.opacity = (l.opacity + 0.1).min(1.0)),
        _ => return None,
    })
}

/// Into drawing a measure, and back to the crosshair.
fn measure_or_not(drag: Drag, shape: Shape) -> Drag {
    if drag == Drag::Measure(shape) { Drag::Crosshair } else { Drag::Measure(shape) }
}

/// Into a layout, and back to one image.
fn toggle(state: &mut State, layout: Layout) {
    state.layout = if state.layout == layout { Layout::One } else { layout };
}

/// The canvas with the focus.
fn focused() -> Option<usize> {
    let active = document().active_element()?;
    CANVASES.into_iter().position(|id| active.is_same_node(Some(&canvas(id))))
}
