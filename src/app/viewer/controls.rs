//! The controls in the document: what they change, and how they show it.

use super::state::{Drag, Layout, State};
use super::{CANVASES, Viewer, export, note, plane_of, words};
use crate::app::dom::{dialog, document, element, input, listen, set_text, show, window};
use crate::render::{Brain, Convention, Plane};
use crate::text;
use gloo::timers::callback::Interval;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlSelectElement};

/// Time between two states of the flicker, ms: slower than what can harm (three flashes a second).
const FLICKER_MS: u32 = 600;

/// Time between two slices of the cine, ms.
const CINE_MS: u32 = 120;

const PLANES: [(Option<Plane>, &str); 4] = [
    (None, "all"),
    (Some(Plane::Axial), "axial"),
    (Some(Plane::Coronal), "coronal"),
    (Some(Plane::Sagittal), "sagittal"),
];

impl Viewer {
    pub(super) fn listen_to_controls(self: &Rc<Self>) {
        self.bind("show-t1", |s, _| s.scene.active = 0);
        self.bind("show-t2", |s, _| s.scene.active = 1);
        self.bind("layout", State::lay_out);
        self.bind("planes-shown", |s, value| {
            s.only = PLANES.into_iter().find(|(_, name)| *name == value).and_then(|(plane, _)| plane);
        });
        self.bind("tiles", |s, value| s.tiles = value.parse().unwrap_or(s.tiles));
        self.bind("swipe-at", |s, value| s.swipe = value.parse().map_or(s.swipe, |v: f64| v / 100.0));
        self.bind("convention", |s, value| {
            s.scene.convention =
                if value == "neurological" { Convention::Neurological } else { Convention::Radiological };
        });
        self.bind("drag", |s, value| s.drag = Drag::named(value));
        for (panel, id) in CANVASES.into_iter().enumerate() {
            let this = Rc::clone(self);
            listen(&input(&format!("{id}-slice")), "input", move |_| this.slide(panel));
        }
        self.press("cine", Self::play);
        let this = Rc::clone(self);
        listen(&document(), "visibilitychange", move |_| {
            if document().hidden() {
                this.change(State::stop_cine);
            }
        });
        self.press("next-peak", |this| this.other_peak(true));
        self.press("previous-peak", |this| this.other_peak(false));
        self.bind("keys-everywhere", |s, _| s.keys_everywhere = checked("keys-everywhere"));
        self.bind("inverted", |s, _| s.scene.inverted = checked("inverted"));
        self.bind("interpolate", |s, _| s.scene.interpolate = checked("interpolate"));
        self.bind("crosshair-on", |s, _| s.scene.crosshair_on = checked("crosshair-on"));
        for id in ["window-black", "window-white"] {
            let this = Rc::clone(self);
            listen(&input(id), "change", move |_| this.change(type_window));
        }
        self.press("window-auto", |this| this.change(auto_window));
        self.press("window-full", |this| this.change(full_window));
        self.press("window-brain", |this| this.change(brain_window));
        self.press("window-deep-grey", |this| this.change(deep_grey_window));
        self.bind("overlay-on", |s, _| s.lay(|l| l.on = checked("overlay-on")));
        self.bind("overlay-signed", |s, _| s.lay(|l| l.signed = checked("overlay-signed")));
        self.bind("overlay-soft", |s, _| s.lay(|l| l.soft = checked("overlay-soft")));
        self.bind("overlay-outline", |s, _| s.lay(|l| l.outline = checked("overlay-outline")));
        self.bind("overlay-own-scale", |s, _| s.lay(|l| l.own_scale = checked("overlay-own-scale")));
        self.bind("overlay-opacity", |s, value| s.lay(|l| l.opacity = percent(value, l.opacity)));
        self.bind("overlay-threshold", |s, value| s.lay(|l| l.threshold = percent(value, l.threshold)));
        self.bind("overlay-colours", |s, value| {
            s.lay(|l| l.colours = value.parse().unwrap_or(l.colours));
        });
        self.bind("overlay-linked", |s, _| {
            s.linked = checked("overlay-linked");
            if s.linked {
                s.scene.lays[1 - s.scene.active] = s.scene.lays[s.scene.active];
            }
        });
        let this = Rc::clone(self);
        listen(&input("overlay-threshold-value"), "change", move |_| this.change(type_threshold));
        self.press("flicker", Self::flicker);
        self.press("reset-view", |this| this.change(State::reset));
        self.press("full-screen", |_| full_screen());
        self.press("save-png", |this| export::save(&this.state.borrow()));
        self.press("copy-view", |this| export::copy(&this.state.borrow()));
        self.press("viewer-help-open", |_| open_help());
        self.press("viewer-help-close", |_| dialog("viewer-help").close());
    }

    /// A control whose value changes the state.
    fn bind(self: &Rc<Self>, id: &'static str, change: impl Fn(&mut State, &str) + 'static) {
        let this = Rc::clone(self);
        listen(&element(id), "input", move |_| {
            let value = value(id);
            this.change(|state| change(state, &value));
        });
    }

    fn press(self: &Rc<Self>, id: &'static str, action: impl Fn(&Rc<Self>) + 'static) {
        let this = Rc::clone(self);
        listen(&element(id), "click", move |_| action(&this));
    }

    /// Goes to the slice that a canvas's slider says.
    fn slide(self: &Rc<Self>, panel: usize) {
        let slice = input(&format!("{}-slice", CANVASES[panel])).value_as_number();
        self.change(|state| {
            state.stop_cine();
            state.used = plane_of(panel);
            let image = state.image_at(panel, 0.0);
            // From 1 there, from 0 here.
            state.scene.go_to_slice(image, plane_of(panel), (slice as usize).saturating_sub(1));
            state.cursor_mm = None;
        });
    }

    /// The brain's slices one after the other, until it is pressed again.
    pub(super) fn play(self: &Rc<Self>) {
        if self.state.borrow().cine.is_some() {
            return self.change(State::stop_cine);
        }
        let still = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
        if still.is_some_and(|query| query.matches()) {
            return note(&text!(
                "This system asks for less motion, so the slices do not play: use their sliders."
            ));
        }
        let this = Rc::clone(self);
        let interval = Interval::new(CINE_MS, move || this.move_to(State::play_on));
        self.change(|state| state.cine = Some(interval));
    }

    pub(super) fn other_peak(self: &Rc<Self>, forward: bool) {
        self.change(|state| state.other_peak(forward));
        super::peaks::mark(&self.state.borrow());
    }

    /// Overlays on and off in turn, until it is pressed again.
    pub(super) fn flicker(self: &Rc<Self>) {
        let running = self.state.borrow().flicker.is_some();
        if running {
            return self.change(State::stop_flicker);
        }
        let this = Rc::clone(self);
        let interval = Interval::new(FLICKER_MS, move || {
            this.move_to(|state| state.scene.bare = !state.scene.bare);
        });
        self.change(|state| {
            state.scene.bare = true;
            state.flicker = Some(interval);
        });
    }

    /// Writes the state into the controls.
    pub(super) fn show_controls(self: &Rc<Self>) {
        let state = self.state.borrow();
        let scene = &state.scene;
        check(if scene.active == 0 { "show-t1" } else { "show-t2" }, true);
        choose("layout", state.layout_name());
        choose("planes-shown", PLANES.into_iter().find(|(p, _)| *p == state.only).map_or("all", |(_, n)| n));
        choose("tiles", &state.tiles.to_string());
        write("swipe-at", 100.0 * state.swipe, 0);
        let neurological = scene.convention == Convention::Neurological;
        choose("convention", if neurological { "neurological" } else { "radiological" });
        choose("drag", state.drag.name());
        check("inverted", scene.inverted);
        check("keys-everywhere", state.keys_everywhere);
        let playing = state.cine.is_some();
        set_text("cine", if playing { text!("Pause") } else { text!("Play") });
        check("interpolate", scene.interpolate);
        check("crosshair-on", scene.crosshair_on);
        show("tiles-field", state.layout == Layout::Mosaic);
        show("swipe-field", state.layout == Layout::Swipe);
        let name = ["T1w", "T2w"][scene.active];
        set_text("window-title", text!("Window, {name}", name));
        set_text(
            "overlay-title",
            if state.linked { text!("Overlay") } else { text!("Overlay, {name}", name) },
        );
        let shown = scene.images[scene.active].as_ref();
        set_text("window-brain", text!("Newborn {name}", name));
        for id in ["window-brain", "window-deep-grey"] {
            let button: HtmlButtonElement = element(id).unchecked_into();
            button.set_disabled(shown.is_none_or(|shown| shown.brain.is_none()));
        }
        words::list_measures(self);
        for (id, end) in [("window-black", 0), ("window-white", 1)] {
            input(id).set_disabled(shown.is_none());
            match shown {
                Some(shown) => write(id, f64::from(shown.window[end]), digits(shown.full)),
                None => input(id).set_value(""),
            }
        }
        let lay = scene.lays[scene.active];
        check("overlay-on", lay.on);
        check("overlay-signed", lay.signed);
        check("overlay-soft", lay.soft);
        check("overlay-outline", lay.outline);
        check("overlay-own-scale", lay.own_scale);
        check("overlay-linked", state.linked);
        choose("overlay-colours", lay.colours.name());
        write("overlay-opacity", 100.0 * f64::from(lay.opacity), 0);
        write("overlay-threshold", 100.0 * f64::from(lay.threshold), 0);
        let scale = scene.scale_of(scene.active);
        input("overlay-threshold-value").set_disabled(scale.is_none());
        match scale {
            Some(scale) => write("overlay-threshold-value", f64::from(scale * lay.threshold), 4),
            None => input("overlay-threshold-value").set_value(""),
        }
        let pressed = if state.flicker.is_some() { "true" } else { "false" };
        // A valid attribute of any element.
        let _ = element("flicker").set_attribute("aria-pressed", pressed);
        let _ = element("cine").set_attribute("aria-pressed", if playing { "true" } else { "false" });
        let planes = element("planes");
        let _ = planes.set_attribute("data-layout", state.layout.name());
        let _ = planes.set_attribute("data-planes", if state.only.is_some() { "one" } else { "all" });
    }
}

pub(super) fn auto_window(state: &mut State) {
    let active = state.scene.active;
    if let Some(auto) = state.scene.images[active].as_ref().map(|shown| shown.auto) {
        state.scene.set_window(active, auto);
    }
}

pub(super) fn full_window(state: &mut State) {
    let active = state.scene.active;
    if let Some(full) = state.scene.images[active].as_ref().map(|shown| shown.full) {
        state.scene.set_window(active, full);
    }
}

/// The whole brain by its own intensities, where it was found.
pub(super) fn brain_window(state: &mut State) {
    preset(state, |brain| brain.whole);
}

/// The deep grey nuclei.
pub(super) fn deep_grey_window(state: &mut State) {
    preset(state, |brain| brain.deep_grey);
}

fn preset(state: &mut State, window: fn(&Brain) -> [f32; 2]) {
    let active = state.scene.active;
    let brain = state.scene.images[active].as_ref().and_then(|shown| shown.brain.as_ref());
    if let Some(window) = brain.map(window) {
        state.scene.set_window(active, window);
    }
}

fn type_window(state: &mut State) {
    let typed = ["window-black", "window-white"].map(|id| input(id).value_as_number() as f32);
    // An empty or unreadable field is NaN, which changes nothing.
    state.scene.set_window(state.scene.active, typed);
}

fn type_threshold(state: &mut State) {
    let typed = input("overlay-threshold-value").value_as_number() as f32;
    let active = state.scene.active;
    let Some(scale) = state.scene.scale_of(active).filter(|s| *s > 0.0 && typed.is_finite()) else { return };
    state.lay(|lay| lay.threshold = (typed / scale).clamp(0.0, 1.0));
}

pub(super) fn full_screen() {
    let document = document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if element("viewer").request_fullscreen().is_err() {
        note(&text!("This browser has no full screen."));
    }
}

/// Opens the help as a dialog of the browser's own: it takes the focus and gives it back.
pub(super) fn open_help() {
    // It fails where it is open already.
    let _ = dialog("viewer-help").show_modal();
}

fn value(id: &str) -> String {
    let control = element(id);
    match control.dyn_ref::<HtmlSelectElement>() {
        Some(select) => select.value(),
        None => input(id).value(),
    }
}

fn checked(id: &str) -> bool {
    input(id).checked()
}

fn check(id: &str, on: bool) {
    input(id).set_checked(on);
}

fn choose(id: &str, value: &str) {
    if let Ok(select) = element(id).dyn_into::<HtmlSelectElement>() {
        select.set_value(value);
    }
}

/// Writes a number, unless that is what stands there.
fn write(id: &str, value: f64, digits: usize) {
    let (field, text) = (input(id), format!("{value:.digits$}"));
    if format!("{:.digits$}", field.value_as_number()) != text {
        field.set_value(&text);
    }
}

/// Decimals that tell a thousandth of a range.
fn digits([low, high]: [f32; 2]) -> usize {
    let range = f64::from(high - low);
    if range > 0.0 { (3.0 - range.log10().floor()).clamp(0.0, 6.0) as usize } else { 3 }
}

fn percent(value: &str, otherwise: f32) -> f32 {
    value.parse().map_or(otherwise, |v: f32| (v / 100.0).clamp(0.0, 1.0))
}
