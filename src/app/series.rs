//! The series of DICOM files, to choose from: a list with a choice for each slot.

use super::dom::{append, clear, element, put_attribute, set_text, show as show_element};
use crate::model::{PerSequence, Sequence};
use crate::state::SeriesList;
use crate::text;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

/// Shows the list and goes to it.
pub fn show(list: &SeriesList) {
    let body = element("series-list");
    clear(&body);
    for (at, series) in list.series.iter().enumerate() {
        let line = append(&body, "tr", "");
        let cell = append(&line, "th", "");
        // Valid attributes, here and below.
        let _ = cell.set_attribute("scope", "row");
        append(&cell, "span", series.name.clone());
        append(&cell, "span", series.description.clone()).set_class_name("hint");
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
