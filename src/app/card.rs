//! The model card and the licences, one click away.

use super::dom::{append, clear, dialog, element, listen, set_text};
use crate::engine::message::ModelSummary;
use crate::language::Text;
use crate::render::chart::term_label;
use crate::text;

/// Listens to the buttons that open and close them.
pub fn listen_to_buttons() {
    for (open, close, id) in
        [("open-card", "close-card", "model-card"), ("open-licences", "close-licences", "licences")]
    {
        listen(&element(open), "click", move |_| {
            // It fails where it is open already.
            let _ = dialog(id).show_modal();
        });
        listen(&element(close), "click", move |_| dialog(id).close());
    }
}

/// Fills the licences, if they came.
pub fn show_licences(licences: Option<&str>) {
    match licences {
        // Legal texts stand as they are.
        Some(licences) => element("licences-text").set_text_content(Some(licences)),
        None => set_text("licences-text", text!("They could not be loaded: reload the page.")),
    }
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
