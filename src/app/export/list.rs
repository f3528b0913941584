//! The newborns of this visit: a table in memory, for a cohort's spreadsheet.

use crate::app::dom::put_attribute;
use crate::app::dom::{append, clear, document, element, listen};
use crate::export::{Line, Status};
use crate::language::{Text, Value};
use crate::render::percent_within;
use crate::state::{Column, Event, SortOrder};
use crate::text;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlButtonElement;

use super::Exports;

/// The headings that sort, by the id of their buttons.
pub const COLUMNS: [(&str, Column); 4] = [
    ("sort-label", Column::Label),
    ("sort-time", Column::Time),
    ("sort-probability", Column::Probability),
    ("sort-birth-weight", Column::BirthWeight),
];

/// Writes the table anew.
pub fn show(exports: &Rc<Exports>, lines: &[Line], order: Option<SortOrder>) {
    let Ok(Some(body)) = document().query_selector("#cohort-list tbody") else { return };
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
    for (at, own) in lines.iter().enumerate() {
        let line = append(&body, "tr", "");
        let label = if own.label().trim().is_empty() { text!("no label given") } else { own.label().into() };
        append(&line, "td", label);
        append(&line, "td", own.row().map_or("", |row| row.time.as_str()));
        append(&line, "td", outcome(own));
        append(&line, "td", own.birth_weight_g());
        let cell = append(&line, "td", "");
        let button = append(&cell, "button", text!("Remove"));
        // A valid attribute, and one that is read.
        let _ = button.set_attribute("type", "button");
        let named = text!("Remove newborn {number} from the list", number = at + 1);
        put_attribute(&button, "aria-label", named);
        let this = Rc::clone(exports);
        // The listener goes with the row when the table is written anew.
        listen(&button, "click", move |_| (this.tell)(Event::RowRemoved(at)));
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

/// The probability, or why there is none.
fn outcome(line: &Line) -> Text {
    match line {
        Line::Made(row) => match &row.answer {
            Some(n) => percent_within(n.probability, n.interval95),
            None => {
                // Both images may be refused for the same.
                let mut codes = row.abstained.clone();
                codes.dedup();
                text!("none: {reasons}", reasons = codes.join(", "))
            }
        },
        Line::Unmade { status: Status::Waiting, .. } => text!("waits"),
        Line::Unmade { status: Status::Running, .. } => text!("is being analysed"),
        Line::Unmade { status: Status::Failed(reason), .. } => {
            text!("none: {reasons}", reasons = Value::Text(Box::new(reason.clone())))
        }
    }
}
