//! The newborns of this visit: a table in memory, for a cohort's spreadsheet.

use crate::app::dom::put_attribute;
use crate::app::dom::{append, clear, document, element, listen};
use crate::app::moment::local;
use crate::export::{Line, Status, attempts};
use crate::language::{Text, Value};
use crate::render::percent_within;
use crate::state::{Column, Event};
use crate::text;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement};

use super::Exports;

/// The headings that sort, by the id of their buttons.
pub const COLUMNS: [(&str, Column); 4] = [
    ("sort-label", Column::Label),
    ("sort-time", Column::Time),
    ("sort-probability", Column::Probability),
    ("sort-birth-weight", Column::BirthWeight),
];

/// Writes the table anew: the attempts with the same images together.
pub fn show(exports: &Rc<Exports>) {
    let Ok(Some(body)) = document().query_selector("#cohort-list tbody") else { return };
    let listed = exports.lines.borrow();
    let (lines, order) = (&listed.0, listed.1);
    for (id, column) in COLUMNS {
        let sorted = match order.filter(|order| order.column == column) {
            Some(order) if order.descending => "descending",
            Some(_) => "ascending",
            None => "none",
        };
        if let Some(heading) = element(id).parent_element() {
            // A valid attribute.
            let _ = heading.set_attribute("aria-sort", sorted);
        }
    }
    clear(&body);
    for places in attempts(lines) {
        for (nth, at) in places.into_iter().enumerate() {
            let line = append(&body, "tr", "");
            who(exports, &append(&line, "td", ""), &lines[at], nth > 0);
            append(&line, "td", lines[at].row().map_or_else(String::new, |row| local(&row.time)));
            append(&line, "td", outcome(&lines[at]));
            append(&line, "td", lines[at].birth_weight_g());
            let cell = append(&line, "td", "");
            if lines[at].row().is_some() {
                let named = text!("Open newborn {number} of the list again", number = at + 1);
                action(exports, &cell, text!("Open"), named, Event::Reopened(at));
            }
            let named = text!("Remove newborn {number} from the list", number = at + 1);
            action(exports, &cell, text!("Remove"), named, Event::RowRemoved(at));
        }
    }
    if lines.is_empty() {
        let line = append(&body, "tr", "");
        let cell = append(&line, "td", text!("None yet."));
        let _ = cell.set_attribute("colspan", "5");
    }
    for id in ["export-csv", "clear-list"] {
        if let Some(button) = element(id).dyn_ref::<HtmlButtonElement>() {
            button.set_disabled(lines.is_empty());
        }
    }
}

/// Picture and label of a newborn, or that it is the one above; and whether it is the demo's.
fn who(exports: &Exports, cell: &Element, line: &Line, again: bool) {
    let label = match line.label().trim() {
        _ if again => text!("the same images"),
        "" => text!("no label given"),
        _ => line.label().into(),
    };
    let Some(row) = line.row() else { return drop(append(cell, "span", label)) };
    let (kept, own) = (exports.thumbnails.borrow(), &row.provenance.inputs.T1w.sha256);
    if let Some((_, address)) = kept.iter().find(|(sha256, _)| sha256 == own && !again) {
        let picture = append(cell, "img", "");
        // Valid attributes; the label beside it says whose it is.
        let _ = picture.set_attribute("alt", "");
        let _ = picture.set_attribute("src", address);
    }
    append(cell, "span", label).set_class_name(if again { "hint" } else { "" });
    if row.demo && !again {
        append(cell, "span", text!("demo")).set_class_name("tag");
    }
}

fn action(exports: &Rc<Exports>, cell: &Element, name: Text, named: Text, event: Event) {
    let button = append(cell, "button", name);
    // A valid attribute, and one that is read.
    let _ = button.set_attribute("type", "button");
    put_attribute(&button, "aria-label", named);
    let this = Rc::clone(exports);
    // The listener goes with the row when the table is written anew.
    listen(&button, "click", move |_| (this.tell)(event.clone()));
}

/// The probability, or why there is none.
fn outcome(line: &Line) -> Text {
    match line {
        Line::Made(row) => match &row.answer {
            Some(n) => percent_within(n.probability, n.interval95),
            None => {
                // Both images may be refused for the same.
                let mut reasons = row.reasons.clone();
                reasons.dedup();
                text!("none: {reasons}", reasons = Text::sentences(reasons))
            }
        },
        Line::Unmade { status: Status::Waiting, .. } => text!("waits"),
        Line::Unmade { status: Status::Running, .. } => text!("is being analysed"),
        Line::Unmade { status: Status::Failed(reason), .. } => {
            text!("none: {reasons}", reasons = Value::Text(Box::new(reason.clone())))
        }
    }
}
