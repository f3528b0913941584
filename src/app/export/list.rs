//! The newborns of this visit: a table in memory, for a cohort's spreadsheet.

use crate::app::dom::put_attribute;
use crate::app::dom::{append, clear, document, element, listen};
use crate::export::Row;
use crate::language::number;
use crate::render::percent_within;
use crate::state::Event;
use crate::text;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlButtonElement;

use super::Exports;

/// Writes the table anew.
pub fn show(exports: &Rc<Exports>, rows: &[Row]) {
    let Ok(Some(body)) = document().query_selector("#cohort-list tbody") else { return };
    clear(&body);
    for (at, row) in rows.iter().enumerate() {
        let line = append(&body, "tr", "");
        let label = if row.label.trim().is_empty() { text!("no label given") } else { (&row.label).into() };
        append(&line, "td", label);
        append(&line, "td", &row.time);
        let answer = match &row.answer {
            Some(n) => percent_within(n.probability, n.interval95),
            None => {
                // Both images may be refused for the same.
                let mut codes = row.abstained.clone();
                codes.dedup();
                text!("none: {reasons}", reasons = codes.join(", "))
            }
        };
        append(&line, "td", answer);
        append(&line, "td", number(row.provenance.birth_weight_g, 0));
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
    if rows.is_empty() {
        let line = append(&body, "tr", "");
        let cell = append(&line, "td", text!("None yet."));
        let _ = cell.set_attribute("colspan", "5");
    }
    for id in ["export-csv", "clear-list"] {
        if let Some(button) = element(id).dyn_ref::<HtmlButtonElement>() {
            button.set_disabled(rows.is_empty());
        }
    }
}
