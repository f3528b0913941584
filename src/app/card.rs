//! The model card, one click away.

use super::dom::{append, clear, document, element, listen};
use crate::engine::message::ModelSummary;
use crate::language::Text;
use crate::render::chart::term_label;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

fn dialog() -> Option<HtmlDialogElement> {
    document().get_element_by_id("model-card")?.dyn_into().ok()
}

/// Listens to the buttons that open and close it.
pub fn listen_to_buttons() {
    listen(&element("open-card"), "click", |_| {
        // It fails where it is open already.
        let _ = dialog().map(|d| d.show_modal());
    });
    listen(&element("close-card"), "click", |_| {
        if let Some(dialog) = dialog() {
            dialog.close();
        }
    });
}

/// Fills it.
pub fn show(model: &ModelSummary, origin: &str) {
    let list = element("card");
    clear(&list);
    let entry = |heading: Text, text: Text| {
        append(&list, "dt", heading);
        append(&list, "dd", text);
    };
    entry("Name".into(), (&model.identity.name).into());
    entry("Origin".into(), origin.into());
    for (heading, text) in &model.card {
        entry(heading.clone(), text.clone());
    }
    entry(
        "Operating threshold".into(),
        format!("{:.4} (Youden's index, training cohort)", model.threshold).into(),
    );
    entry("Share of HIE in training".into(), format!("{:.1} %", 100.0 * model.training_share).into());
    let n = &model.nomogram;
    let mut formula = format!("log-odds = {:.4}", n.intercept);
    for ((term, b), [low, high]) in n.terms.iter().zip(&n.coefficients).zip(&n.limits) {
        let digits = if high - low > 100.0 { 0 } else { 2 };
        formula.push_str(&format!(
            "\n{b:+.6} x {} (training range {low:.digits$} to {high:.digits$})",
            term_label(term)
        ));
    }
    entry("Nomogram".into(), formula.into());
    entry("SHA-256 of the bundle".into(), (&model.identity.sha256).into());
    let _ = element("open-card").remove_attribute("disabled");
}
