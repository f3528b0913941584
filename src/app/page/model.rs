//! The model in use: the shipped one, or a bundle of the user's own for this visit.

use super::{Page, Slot, progress};
use crate::app::dom::{append, clear, element, input, listen, set_text, show};
use crate::app::loader::demo_name;
use crate::app::{card, context, intake, result};
use crate::engine::message::{ModelSummary, Order};
use crate::fault::Notice;
use crate::language::Text;
use crate::model::{DeviceInfo, Sequence};
use crate::nomogram::Clinical;
use crate::render::chart::term_label;
use js_sys::ArrayBuffer;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

/// Where a model comes from.
#[derive(Clone, Default, PartialEq)]
pub(super) enum Origin {
    #[default]
    Shipped,
    /// The user's own file.
    Own(String),
}

impl Origin {
    fn sentence(&self) -> String {
        match self {
            Self::Shipped => "shipped with the page".to_owned(),
            Self::Own(name) => format!("your own file {name}, for this visit"),
        }
    }
}

/// The id of a covariate's field.
fn covariate(index: usize) -> String {
    format!("covariate-{index}")
}

impl Page {
    /// A bundle of the user's own, for this visit.
    pub(super) fn take_model(self: &Rc<Self>, file: File) {
        self.changed();
        let this = Rc::clone(self);
        spawn_local(async move {
            match intake::bytes(&file).await {
                Ok(bytes) => this.start_model(Origin::Own(file.name()), Some(&bytes)),
                Err(message) => this.show_error(message, "Choose it again"),
            }
        });
    }

    /// Hands the engine a bundle (`None`: the shipped one) to replace the model with.
    pub(super) fn start_model(&self, origin: Origin, bytes: Option<&ArrayBuffer>) {
        if self.replacing.get() || self.client.borrow().is_none() {
            return self.show_error("another model is still being looked at", "Wait until it is ready");
        }
        let shipped = self.shipped.borrow();
        let Some(bytes) = bytes.or(shipped.as_ref()) else { return };
        self.changed();
        self.replacing.set(true);
        self.enable();
        *self.origin.borrow_mut() = origin;
        // A copy: what is sent is given away.
        self.start_job.set(self.send(Order::Start, Some(&bytes.slice(0))));
    }

    /// Takes the model that the engine has started.
    pub(super) fn ready(self: &Rc<Self>, device: &DeviceInfo, model: ModelSummary, warnings: &[Notice]) {
        let origin = self.origin.borrow().clone();
        self.replacing.set(false);
        card::show(&model, &origin.sentence());
        let named = format!("{} ({}; {})", model.identity.name, origin.sentence(), result::label(&model));
        set_text("model-in-use", &named);
        show("restore-model", origin != Origin::Shipped);
        set_text("model-label", &format!("| {}", result::label(&model)));
        context::label_all(result::label(&model));
        self.ask_for_covariates(&model);
        self.context.set_model(&model);
        self.exports.set_model(&model, device);
        *self.model.borrow_mut() = Some(model);
        let facts = if warnings.is_empty() {
            device.name.clone()
        } else {
            let warnings = warnings.iter().map(|w| w.message.clone());
            Text::sentences(std::iter::once(device.name.clone()).chain(warnings))
        };
        set_text("device", facts);
        self.enable();
        self.idle();
        // The engine has forgotten what the model before had read.
        self.reopen(|_| true);
    }

    /// A field for each term that a site's own model has besides the birth weight.
    fn ask_for_covariates(self: &Rc<Self>, model: &ModelSummary) {
        let list = element("covariates");
        clear(&list);
        for (j, term) in model.nomogram.terms.iter().skip(Clinical::BEFORE).enumerate() {
            let field = append(&list, "div", "");
            let label = append(&field, "label", term_label(term));
            let text = append(&field, "input", "");
            for (target, name, value) in [
                (&field, "class", "field"),
                (&label, "for", &*covariate(j)),
                (&text, "id", &*covariate(j)),
                (&text, "data-testid", &*covariate(j)),
                (&text, "type", "text"),
                (&text, "inputmode", "decimal"),
                (&text, "autocomplete", "off"),
            ] {
                // The names are valid.
                let _ = target.set_attribute(name, value);
            }
            let this = Rc::clone(self);
            // The listener goes with the field when another model comes.
            listen(&text, "input", move |_| this.changed());
        }
    }

    /// What was typed for each of them.
    pub(super) fn covariates(&self) -> Vec<(String, String)> {
        let model = self.model.borrow();
        let terms = model.iter().flat_map(|m| m.nomogram.terms.iter().skip(Clinical::BEFORE));
        terms.enumerate().map(|(j, term)| (term.clone(), input(&covariate(j)).value())).collect()
    }

    /// Hands the images of the slots that pass to the engine.
    fn reopen(self: &Rc<Self>, wanted: impl Fn(&Slot) -> bool) {
        for (i, sequence) in Sequence::BOTH.into_iter().enumerate() {
            let (file, demo) = {
                let slots = self.slots.borrow();
                let slot = slots.of(sequence);
                if !wanted(slot) {
                    continue;
                }
                (slot.file.clone(), slot.demo)
            };
            if let Some(file) = file {
                self.read(sequence, file);
            } else if let Some(demo) = self.demo.borrow().as_ref().filter(|_| demo) {
                self.open(sequence, demo_name(sequence), &demo.files[i].slice(0));
            }
        }
    }

    /// The engine has refused a bundle and kept what it had.
    pub(super) fn refused_model(self: &Rc<Self>, message: &Text, next_step: &Text) {
        self.replacing.set(false);
        self.enable();
        if !self.is_ready() {
            self.show_error(message, next_step);
            set_text("status", "No model");
            return progress(0.0);
        }
        let kept = Text::from("The model before it stays in use.");
        self.show_error(message, Text::sentences([next_step.clone(), kept]));
        set_text("status", "Ready, with the model before");
        // Files that were chosen while the other model was looked at.
        self.reopen(|slot| slot.source.is_none());
        progress(0.0);
    }
}
