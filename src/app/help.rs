//! Help: the first steps, what things mean, and whether this browser has what the page needs.

use super::dom::{append, clear, dialog, document, element, listen, set_text, show, window};
use super::dom::{recall, remember};
use super::preferences::TOUR;
use crate::language::{Text, number};
use crate::text;
use js_sys::Reflect;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlButtonElement};

/// What the first step points at, and every other one as long as what it speaks of is not there.
const DEMO: &str = "#load-demo";

/// The five sentences, each with what it speaks of.
fn steps() -> [(&'static str, Text); 5] {
    [
        (
            DEMO,
            text!(
                "Press Load demo case: a synthetic newborn is read and analysed, and all that follows can be tried on it."
            ),
        ),
        (
            "#answer",
            text!(
                "The probability, for which population it holds, and three uncertainties. Where the images are not what \
                 the model knows, a reason stands in place of a number."
            ),
        ),
        (
            "#viewer",
            text!(
                "The overlay shows where in the images the probability comes from, and each peak leads there."
            ),
        ),
        (
            "#context",
            text!(
                "Below, in tabs, what the probability is worth: nomogram, prevalence, calibration, decision, checks, \
                 evidence."
            ),
        ),
        (
            ".intake",
            text!(
                "Then your own: drop a newborn's T1w and T2w images (DICOM or NIfTI) anywhere on the page, type the birth \
                 weight in grams and press Analyse. Files never leave this machine."
            ),
        ),
    ]
}

/// Listens to the buttons, and begins the tour where it was not seen to its end.
pub fn start() {
    let step = Rc::new(Cell::new(0));
    let on = |id: &str, change: fn(usize) -> Option<usize>| {
        let step = Rc::clone(&step);
        listen(&element(id), "click", move |_| {
            match change(step.get()) {
                Some(next) => {
                    step.set(next);
                    show_step(next);
                }
                None => end_tour(),
            };
        });
    };
    on("tour-back", |now| Some(now.saturating_sub(1)));
    on("tour-next", |now| (now + 1 < steps().len()).then_some(now + 1));
    on("tour-close", |_| None);
    on("start-tour", |_| {
        dialog("help").close();
        Some(0)
    });
    check_requirements();
    listen(&element("open-help"), "click", |_| {
        // It fails where it is open already.
        let _ = dialog("help").show_modal();
    });
    listen(&element("close-help"), "click", |_| dialog("help").close());
    if recall(TOUR).is_none() {
        show_step(0);
    }
}

fn show_step(step: usize) {
    let steps = steps();
    let Some((place, sentence)) = steps.get(step) else { return };
    unmark();
    let shown = |place: &str| {
        let found = document().query_selector(place).ok().flatten();
        // What is hidden, or lies in what is, has no box.
        found.filter(|place| place.get_bounding_client_rect().width() > 0.0)
    };
    let (target, later) = match shown(place) {
        Some(target) => (Some(target), Text::default()),
        None => (shown(DEMO), text!("It stands there once a newborn is analysed: press Load demo case.")),
    };
    set_text("tour-count", text!("{step} of {all}", step = step + 1, all = steps.len()));
    set_text("tour-sentence", Text::sentences([sentence.clone(), later]));
    if let Some(target) = target {
        // A valid name.
        let _ = target.class_list().add_1("shown-by-tour");
        if step > 0 {
            target.scroll_into_view();
        }
    }
    element("tour-back").unchecked_into::<HtmlButtonElement>().set_disabled(step == 0);
    let last = step + 1 == steps.len();
    show("tour-next", !last);
    show("tour", true);
}

fn unmark() {
    if let Ok(Some(marked)) = document().query_selector(".shown-by-tour") {
        // A valid name.
        let _ = marked.class_list().remove_1("shown-by-tour");
    }
}

fn end_tour() {
    unmark();
    show("tour", false);
    remember(TOUR, "seen");
}

/// Whether the browser has it.
#[derive(Clone, Copy)]
enum Has {
    Yes,
    No,
    /// It does not say.
    Silent,
}

/// Writes what this browser has of what the page needs, and under the form what an analysis will miss.
fn check_requirements() {
    let (body, lacks) = (element("requirements"), element("lacks"));
    clear(&body);
    clear(&lacks);
    let row = |name: Text, has: Has, found: Text, purpose: Text| {
        let line: Element = append(&body, "tr", "");
        let state = if matches!(has, Has::No) { "missing" } else { "there" };
        // A valid name.
        let _ = line.set_attribute("data-state", state);
        for text in [name, found, purpose] {
            append(&line, "td", text);
        }
    };
    let said = |has: Has| match has {
        Has::Yes => text!("there"),
        Has::No => text!("missing"),
        Has::Silent => text!("not said by this browser"),
    };
    let lack = |name: Text, found: Text, purpose: Text| {
        append(&lacks, "li", text!("{name}: {found} ({purpose})", name, found, purpose));
    };
    let navigator: JsValue = window().navigator().into();
    let global: JsValue = window().into();
    let has = |of: &JsValue, name: &str| {
        let there = Reflect::get(of, &name.into()).is_ok_and(|v| !v.is_undefined() && !v.is_null());
        if there { Has::Yes } else { Has::No }
    };
    // This very module needs it, so it is there.
    row(
        text!("WebAssembly with SIMD"),
        Has::Yes,
        said(Has::Yes),
        text!("the whole page; without it nothing works"),
    );
    let gpu = has(&navigator, "gpu");
    let purpose = text!("the graphics card; without it the processor answers, more slowly");
    if matches!(gpu, Has::No) {
        lack(text!("WebGPU"), said(gpu), purpose.clone());
    }
    row(text!("WebGPU"), gpu, said(gpu), purpose);
    let worker = has(&navigator, "serviceWorker");
    row(
        text!("Service worker"),
        worker,
        said(worker),
        text!("the page offline; it needs HTTPS or this machine's own address"),
    );
    let memory = Reflect::get(&navigator, &"deviceMemory".into()).ok().and_then(|v| v.as_f64());
    let (state, found) = match memory {
        Some(gb) if gb < 4.0 => (Has::No, text!("{gb} GB or little more", gb = number(gb, 1))),
        Some(gb) => (Has::Yes, text!("{gb} GB or more", gb = number(gb, 0))),
        None => (Has::Silent, said(Has::Silent)),
    };
    let purpose = text!("large images; below 4 GB the browser may give up");
    if matches!(state, Has::No) {
        lack(text!("Memory of the machine"), found.clone(), purpose.clone());
    }
    row(text!("Memory of the machine"), state, found, purpose);
    let storage = has(&global, "caches");
    row(text!("Cache storage"), storage, said(storage), text!("the page offline"));
}
