//! The series of DICOM files, to choose from: a list with a choice for each slot.

use super::dom::{append, clear, element, put_attribute, set_text, show as show_element};
use crate::model::{PerSequence, Sequence};
use crate::state::SeriesList;
use crate::text;
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlInputElement, ImageData};

/// Shows the list and goes to it.
pub fn show(list: &SeriesList) {
    let body = element("series-list");
    clear(&body);
    for (at, series) in list.series.iter().enumerate() {
        let line = append(&body, "tr", "");
        let cell = append(&line, "th", "");
        // Valid attributes, here and below.
        let _ = cell.set_attribute("scope", "row");
        let both = append(&cell, "div", "");
        let picture = append(&both, "canvas", "");
        // It says nothing that could be read out, and keeps its room until it is drawn.
        for (name, value) in [("aria-hidden", "true"), ("width", "1"), ("height", "1")] {
            let _ = picture.set_attribute(name, value);
        }
        let words = append(&both, "div", "");
        append(&words, "span", series.name.clone());
        for hint in std::iter::once(&series.description).chain(&series.doubt) {
            append(&words, "span", hint.clone()).set_class_name("hint");
        }
        if let Some(refusal) = &series.refusal {
            let refused = append(&line, "td", text!("Refused: {reason}", reason = refusal));
            let _ = refused.set_attribute("colspan", "2");
            continue;
        }
        for sequence in Sequence::BOTH {
            let cell = append(&line, "td", "");
            let choice = append(&cell, "input", "");
            let _ = choice.set_attribute("type", "radio");
            let _ = choice.set_attribute("name", field(sequence));
            let _ = choice.set_attribute("value", &at.to_string());
            put_attribute(
                &choice,
                "aria-label",
                text!("{series} as {sequence}", series = &series.name, sequence = sequence.suffix()),
            );
            if *list.proposed.of(sequence) == Some(at)
                && let Some(choice) = choice.dyn_ref::<HtmlInputElement>()
            {
                choice.set_checked(true);
            }
        }
    }
    set_text("series-note", list.note.clone());
    show_element("series", true);
    // Where it cannot be focused, it is only shown.
    let _ = element("series").focus();
}

/// Draws the image in the middle of a series: a byte a pixel.
pub fn show_picture(at: usize, [columns, rows]: [usize; 2], grey: &[u8]) {
    let canvas = element("series-list").query_selector_all("canvas").ok().and_then(|all| all.get(at as u32));
    let Some(canvas) = canvas.and_then(|canvas| canvas.dyn_into::<HtmlCanvasElement>().ok()) else { return };
    canvas.set_width(columns as u32);
    canvas.set_height(rows as u32);
    let rgba: Vec<u8> = grey.iter().flat_map(|v| [*v, *v, *v, 255]).collect();
    let context = canvas.get_context("2d").ok().flatten();
    let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    let image = ImageData::new_with_u8_clamped_array(Clamped(&rgba), columns as u32);
    if let (Some(context), Ok(image)) = (context, image) {
        // The data is as large as it says.
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}

/// Takes the list away.
pub fn hide() {
    show_element("series", false);
    clear(&element("series-list"));
}

/// Which series are marked, by their places in the list.
pub fn chosen() -> PerSequence<Option<usize>> {
    let marked = |sequence: Sequence| {
        let selector = format!("input[name={}]:checked", field(sequence));
        let marked: Element = element("series-list").query_selector(&selector).ok()??;
        marked.dyn_into::<HtmlInputElement>().ok()?.value().parse().ok()
    };
    PerSequence { T1w: marked(Sequence::T1w), T2w: marked(Sequence::T2w) }
}

fn field(sequence: Sequence) -> &'static str {
    match sequence {
        Sequence::T1w => "series-t1",
        Sequence::T2w => "series-t2",
    }
}
