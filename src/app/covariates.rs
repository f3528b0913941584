//! Fields for what a model asks for besides images and birth weight: none for the shipped one.

use super::dom::{append, clear, element, input, listen};
use crate::nomogram::{Clinical, Nomogram};
use crate::render::chart::term_label;
use std::cell::RefCell;

/// The terms that have a field, in their order.
#[derive(Default)]
pub struct Covariates {
    terms: RefCell<Vec<String>>,
}

impl Covariates {
    /// Makes a field for each further term of a model; `changed` hears every keystroke.
    pub fn ask(&self, nomogram: &Nomogram, changed: impl Fn() + Clone + 'static) {
        let fields = element("covariates");
        clear(&fields);
        *self.terms.borrow_mut() = nomogram.terms.get(Clinical::BEFORE..).unwrap_or_default().to_vec();
        for (i, term) in self.terms.borrow().iter().enumerate() {
            let field = append(&fields, "div", "");
            field.set_class_name("field");
            let label = append(&field, "label", term_label(term));
            let hint = if term.contains('=') { " 1 if true, else 0" } else { " a number" };
            append(&label, "span", hint).set_class_name("hint");
            let typed = append(&field, "input", "");
            // Setting an attribute with a valid name cannot fail.
            let _ = label.set_attribute("for", &id(i));
            for (name, value) in [("id", id(i).as_str()), ("type", "text"), ("inputmode", "decimal")] {
                let _ = typed.set_attribute(name, value);
            }
            for (name, value) in [("data-testid", "covariate"), ("autocomplete", "off")] {
                let _ = typed.set_attribute(name, value);
            }
            let changed = changed.clone();
            // The listener goes with the field when another model is loaded.
            listen(&typed, "input", move |_| changed());
        }
    }

    /// What stands in the fields.
    pub fn typed(&self) -> Vec<(String, String)> {
        let terms = self.terms.borrow();
        terms.iter().enumerate().map(|(i, term)| (term.clone(), input(&id(i)).value())).collect()
    }
}

fn id(field: usize) -> String {
    format!("covariate-{field}")
}
