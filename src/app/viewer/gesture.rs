//! Pointer, touch and wheel on the planes.

use super::state::{Drag, Layout, State};
use super::{CANVASES, MOSAIC, Viewer, plane_of};
use crate::app::dom::{canvas, listen};
use crate::render::Viewport;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlCanvasElement, PointerEvent, WheelEvent};

/// One notch of a wheel is at least this much, page pixels; a trackpad's small steps add up to it.
const NOTCH: f64 = 50.0;
/// Two taps within this time and distance are a double tap, ms and page pixels.
const DOUBLE_TAP: (f64, f64) = (350.0, 30.0);

/// How far a finger may slip while it taps, page pixels.
const STILL: f64 = 10.0;

/// What the pointers on a plane are doing.
#[derive(Debug, Default)]
pub struct Gesture {
    /// Those that are down: id and place on the page.
    down: Vec<(i32, [f64; 2])>,
    doing: Option<Doing>,
    /// Wheel travel that has not made a step yet.
    travel: f64,
    /// When and where the last tap began.
    tap: Option<(f64, [f64; 2])>,
    /// The last pointer was a finger: browsers that make a double click of two taps too would undo the taps' work.
    finger: bool,
    /// Where the crosshair was before the first of them came down, RAS mm.
    crosshair_mm: [f64; 3],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Doing {
    Crosshair,
    Window(usize),
    Pan,
    Divide,
    Pinch,
    Measure,
}

impl Viewer {
    pub(super) fn listen_to_plane(self: &Rc<Self>, panel: usize, target: &HtmlCanvasElement) {
        self.on_pointer(target, "pointerdown", move |this, event| this.press_plane(panel, event));
        self.on_pointer(target, "pointermove", move |this, event| this.drag_plane(panel, event));
        for name in ["pointerup", "pointercancel"] {
            self.on_pointer(target, name, Self::release);
        }
        self.on_pointer(target, "pointerleave", |this, _| {
            this.state.borrow_mut().cursor_mm = None;
            this.reword();
        });
        listen(target, "contextmenu", web_sys::Event::prevent_default);
        let this = Rc::clone(self);
        listen(target, "dblclick", move |_| {
            if !this.gesture.borrow().finger {
                this.change(|state| state.enlarge(plane_of(panel)));
            }
        });
        let this = Rc::clone(self);
        listen(target, "wheel", move |event| {
            let Some(wheel) = event.dyn_ref::<WheelEvent>() else { return };
            event.prevent_default();
            this.wheel(panel, wheel);
        });
    }

    fn on_pointer(
        self: &Rc<Self>,
        target: &HtmlCanvasElement,
        name: &'static str,
        action: impl Fn(&Rc<Self>, &PointerEvent) + 'static,
    ) {
        let this = Rc::clone(self);
        listen(target, name, move |event| {
            if let Some(event) = event.dyn_ref::<PointerEvent>() {
                action(&this, event);
            }
        });
    }

    fn press_plane(self: &Rc<Self>, panel: usize, event: &PointerEvent) {
        // Without capture a drag ends at the border: no harm.
        let _ = canvas(CANVASES[panel]).set_pointer_capture(event.pointer_id());
        let here = place(event);
        let share = share_of(&canvas(CANVASES[panel]), here)[0];
        let (image, divides, drag) = {
            let state = self.state.borrow();
            let divides = state.layout == Layout::Swipe
                && (share - state.swipe).abs() * f64::from(canvas(CANVASES[panel]).client_width()) < 10.0;
            (state.image_at(panel, share), divides, state.drag)
        };
        let crosshair_mm = self.state.borrow().scene.crosshair_mm;
        let (double, second) = {
            let mut gesture = self.gesture.borrow_mut();
            gesture.finger = event.pointer_type() == "touch";
            gesture.down.retain(|(id, _)| *id != event.pointer_id());
            gesture.down.push((event.pointer_id(), here));
            if gesture.down.len() == 1 {
                gesture.crosshair_mm = crosshair_mm;
            }
            gesture.doing = Some(match event.button() {
                _ if gesture.down.len() > 1 => Doing::Pinch,
                2 => Doing::Window(image),
                1 => Doing::Pan,
                _ if event.shift_key() => Doing::Pan,
                _ if divides => Doing::Divide,
                _ => match drag {
                    Drag::Crosshair => Doing::Crosshair,
                    Drag::Window => Doing::Window(image),
                    Drag::Pan => Doing::Pan,
                    Drag::Measure(_) => Doing::Measure,
                },
            });
            // A mouse has dblclick.
            let double = event.pointer_type() == "touch" && gesture.is_double_tap(event.time_stamp(), here);
            (double, (gesture.down.len() == 2).then_some(gesture.crosshair_mm))
        };
        if let Some(before) = second {
            // The first finger of a pinch was no click, and drew nothing.
            self.change(|state| {
                state.scene.crosshair_mm = before;
                state.drop_empty_measure();
            });
        }
        if double {
            return self.change(|state| state.enlarge(plane_of(panel)));
        }
        let world = self.world(panel, here);
        let doing = self.gesture.borrow().doing;
        self.change(|state| {
            state.stop_cine();
            state.scene.active = image;
            state.used = plane_of(panel);
            if let (Some(Doing::Measure), Drag::Measure(shape), Some(world)) = (doing, state.drag, world) {
                state.begin_measure(image, panel, shape, world);
            }
        });
        if doing == Some(Doing::Crosshair) {
            self.point(panel, here);
        }
    }

    fn drag_plane(self: &Rc<Self>, panel: usize, event: &PointerEvent) {
        let here = place(event);
        let (doing, from, pinch) = {
            let mut gesture = self.gesture.borrow_mut();
            let before = gesture.spread();
            let Some(pointer) = gesture.down.iter_mut().find(|(id, _)| *id == event.pointer_id()) else {
                drop(gesture);
                return self.hover(panel, here);
            };
            let from = std::mem::replace(&mut pointer.1, here);
            // What moves is no tap.
            if gesture.tap.is_some_and(|(_, there)| (here[0] - there[0]).hypot(here[1] - there[1]) > STILL) {
                gesture.tap = None;
            }
            (gesture.doing, from, before.zip(gesture.spread()))
        };
        let moved = [here[0] - from[0], here[1] - from[1]];
        match doing {
            Some(Doing::Crosshair) => self.point(panel, here),
            Some(Doing::Divide) => {
                let share = share_of(&canvas(CANVASES[panel]), here)[0].clamp(0.0, 1.0);
                self.change(|state| state.swipe = share);
            }
            Some(Doing::Window(image)) => {
                let side = f64::from(canvas(CANVASES[panel]).client_width()).max(1.0);
                let by = moved.map(|m| (m / side) as f32);
                self.change(|state| state.scene.drag_window(image, by));
            }
            Some(Doing::Measure) => {
                if let Some(world) = self.world(panel, here) {
                    self.move_to(|state| state.scene.stretch_measure(world));
                }
            }
            Some(Doing::Pan) => self.pan(panel, moved),
            Some(Doing::Pinch) => {
                if let Some(((middle, apart), (to, now))) = pinch {
                    self.pan(panel, [to[0] - middle[0], to[1] - middle[1]]);
                    if apart > 0.0 {
                        self.zoom(panel, now / apart, to);
                    }
                }
            }
            None => {}
        }
        if doing != Some(Doing::Crosshair) {
            // The pointer is elsewhere by now, whatever it drags.
            self.hover(panel, here);
        }
    }

    fn release(self: &Rc<Self>, event: &PointerEvent) {
        let doing = {
            let mut gesture = self.gesture.borrow_mut();
            gesture.down.retain(|(id, _)| *id != event.pointer_id());
            // What is left of a pinch does nothing by itself.
            gesture.doing.take()
        };
        if doing == Some(Doing::Measure) {
            self.change(State::drop_empty_measure);
        }
    }

    /// The place in the world under a place on the page.
    fn world(&self, panel: usize, here: [f64; 2]) -> Option<[f64; 3]> {
        self.with_viewport(panel, |viewport, scale| {
            let [column, row] = scale.pixel(here);
            viewport.to_world(column, row)
        })
    }

    fn hover(self: &Rc<Self>, panel: usize, here: [f64; 2]) {
        let world = self.world(panel, here);
        self.state.borrow_mut().cursor_mm = world;
        self.reword();
    }

    fn point(self: &Rc<Self>, panel: usize, here: [f64; 2]) {
        if let Some(world) = self.world(panel, here) {
            self.move_to(|state| {
                state.scene.go_to(world);
                state.cursor_mm = None;
            });
        }
    }

    fn pan(self: &Rc<Self>, panel: usize, moved: [f64; 2]) {
        let found = self.with_viewport(panel, |viewport, scale| (*viewport, scale.per_page_pixel));
        if let Some((viewport, scale)) = found {
            self.move_to(|state| state.scene.pan(&viewport, moved.map(|m| m * scale)));
        }
    }

    /// Enlarges about a place on the page, or about the crosshair.
    pub(super) fn zoom(self: &Rc<Self>, panel: usize, factor: f64, here: [f64; 2]) {
        if let Some(world) = self.world(panel, here) {
            self.move_to(|state| state.scene.zoom_at(factor, world));
        }
    }

    fn wheel(self: &Rc<Self>, panel: usize, wheel: &WheelEvent) {
        // Lines and pages are tens of pixels.
        let unit = if wheel.delta_mode() == WheelEvent::DOM_DELTA_PIXEL { 1.0 } else { 40.0 };
        let delta = wheel.delta_y() * unit;
        if wheel.ctrl_key() || wheel.meta_key() {
            let here = [f64::from(wheel.client_x()), f64::from(wheel.client_y())];
            return self.zoom(panel, (-delta / 300.0).clamp(-1.0, 1.0).exp(), here);
        }
        let steps = {
            let mut gesture = self.gesture.borrow_mut();
            if delta.abs() >= NOTCH {
                gesture.travel = 0.0;
                delta.signum()
            } else {
                gesture.travel += delta;
                let steps = (gesture.travel / NOTCH).trunc();
                gesture.travel -= steps * NOTCH;
                steps
            }
        };
        if steps != 0.0 {
            self.step(panel, [0.0, 0.0, -steps]);
        }
    }

    /// Moves the crosshair by voxels to the right, up and through a plane.
    pub(super) fn step(self: &Rc<Self>, panel: usize, step: [f64; 3]) {
        if self.state.borrow().cine.is_some() {
            self.change(State::stop_cine);
        }
        self.move_to(|state| {
            state.used = plane_of(panel);
            let image = match state.layout {
                Layout::Both => panel / 3,
                _ => state.scene.leading(),
            };
            state.scene.step(image, plane_of(panel), step);
            state.cursor_mm = None;
        });
    }

    fn with_viewport<T>(&self, panel: usize, f: impl FnOnce(&Viewport, &OnPage) -> T) -> Option<T> {
        let panels = self.panels.borrow();
        let viewport = panels[panel].viewport()?;
        Some(f(viewport, &OnPage::of(&canvas(CANVASES[panel]))?))
    }

    pub(super) fn listen_to_mosaic(self: &Rc<Self>) {
        let target = canvas(MOSAIC);
        let at = |state: &State, event: &PointerEvent| {
            let target = canvas(MOSAIC);
            let pixel = OnPage::of(&target)?.pixel(place(event));
            let size = target.width() as usize;
            state.mosaic().to_world(&state.scene, state.scene.leading(), [size, size], pixel)
        };
        self.on_pointer(&target, "pointerdown", move |this, event| {
            let world = at(&this.state.borrow(), event);
            if let Some(world) = world {
                this.move_to(|state| state.scene.go_to(world));
            }
        });
        self.on_pointer(&target, "pointermove", move |this, event| {
            let world = at(&this.state.borrow(), event);
            this.state.borrow_mut().cursor_mm = world;
            this.reword();
        });
        self.on_pointer(&target, "pointerleave", |this, _| {
            this.state.borrow_mut().cursor_mm = None;
            this.reword();
        });
        let this = Rc::clone(self);
        // The first click of the two has put the crosshair there.
        listen(&target, "dblclick", move |_| this.change(State::open_tile));
    }
}

impl Gesture {
    /// Middle of the first two pointers, and how far they are apart.
    fn spread(&self) -> Option<([f64; 2], f64)> {
        let [(_, a), (_, b), ..] = self.down.as_slice() else { return None };
        Some(([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0], (a[0] - b[0]).hypot(a[1] - b[1])))
    }

    fn is_double_tap(&mut self, now: f64, here: [f64; 2]) -> bool {
        let before = self.tap.replace((now, here));
        let double = before.is_some_and(|(then, there)| {
            now - then < DOUBLE_TAP.0 && (here[0] - there[0]).hypot(here[1] - there[1]) < DOUBLE_TAP.1
        });
        // Two fingers are no double tap, and a third tap begins another pair.
        if double || self.down.len() > 1 {
            self.tap = None;
        }
        double && self.down.len() == 1
    }
}

/// A canvas on the page.
struct OnPage {
    left: f64,
    top: f64,
    per_page_pixel: f64,
}

impl OnPage {
    fn of(target: &HtmlCanvasElement) -> Option<Self> {
        let bounds = target.get_bounding_client_rect();
        (bounds.width() > 0.0).then(|| Self {
            left: bounds.left(),
            top: bounds.top(),
            per_page_pixel: f64::from(target.width()) / bounds.width(),
        })
    }

    /// Column and row of a place on the page.
    fn pixel(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [(x - self.left) * self.per_page_pixel - 0.5, (y - self.top) * self.per_page_pixel - 0.5]
    }
}

fn place(event: &PointerEvent) -> [f64; 2] {
    [f64::from(event.client_x()), f64::from(event.client_y())]
}

/// A place's shares of a canvas's width and height.
fn share_of(target: &HtmlCanvasElement, [x, y]: [f64; 2]) -> [f64; 2] {
    let bounds = target.get_bounding_client_rect();
    [(x - bounds.left()) / bounds.width().max(1.0), (y - bounds.top()) / bounds.height().max(1.0)]
}
