//! The model in use: the shipped one, or a bundle of the reader's own for this visit.

use super::Page;
use crate::app::dom::{append, clear, element, input, listen, set_text, show};
use crate::app::{card, context};
use crate::engine::message::ModelSummary;
use crate::export::caution;
use crate::language::{Text, Value};
use crate::nomogram::Clinical;
use crate::render::chart::term_label;
use crate::state::{Event, Origin};
use crate::text;
use std::rc::Rc;

/// Where a model comes from.
fn words(origin: &Origin) -> Text {
    match origin {
        Origin::Shipped => text!("shipped with the page"),
        Origin::Own(file) => text!("your own file {name}, for this visit", name = &file.name),
    }
}

impl Page {
    /// Shows another model.
    pub(super) fn show_model(&self, model: &Rc<ModelSummary>, origin: &Origin) {
        card::show(model, words(origin));
        let label = caution(model.synthetic);
        let named = text!(
            "{model} ({origin}; {label})",
            model = &model.identity.name,
            origin = words(origin),
            label = &label
        );
        set_text("model-in-use", named);
        show("restore-model", *origin != Origin::Shipped);
        set_text("model-label", Text::joined(["| ".into(), Value::from(&label)]));
        context::label_all(label);
        self.ask_for_covariates(model);
        self.context.set_model(model);
    }

    /// A field for each term that a site's own model has besides the birth weight.
    fn ask_for_covariates(&self, model: &ModelSummary) {
        let list = element("covariates");
        clear(&list);
        for (j, term) in model.nomogram.terms.iter().skip(Clinical::BEFORE).enumerate() {
            let id = format!("covariate-{j}");
            let field = append(&list, "div", "");
            let label = append(&field, "label", term_label(term));
            let text = append(&field, "input", "");
            let lack = append(&field, "p", "");
            for (target, name, value) in [
                (&field, "class", "field"),
                (&label, "for", &*id),
                (&text, "id", &*id),
                (&text, "data-testid", &*id),
                (&text, "type", "text"),
                (&text, "inputmode", "decimal"),
                (&text, "autocomplete", "off"),
                (&text, "aria-describedby", &*format!("{id}-lack")),
                (&lack, "id", &*format!("{id}-lack")),
                (&lack, "class", "refusal"),
                (&lack, "hidden", ""),
            ] {
                // The names are valid.
                let _ = target.set_attribute(name, value);
            }
            let (own, term) = (self.own.clone(), term.clone());
            // The listener goes with the field when another model comes.
            listen(&text, "input", move |_| {
                if let Some(page) = own.upgrade() {
                    page.tell(Event::Covariate { term: term.clone(), typed: input(&id).value() });
                }
            });
        }
    }
}
