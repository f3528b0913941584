//! The model card and the licences, one click away.

use super::dom::{append, clear, dialog, element, listen, set_text};
use crate::engine::message::ModelSummary;
use crate::language::{Text, Value, number, signed};
use crate::render::chart::term_label;
use crate::render::places;
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
        Some(licences) => {
            let text = element("licences-text");
            text.set_text_content(Some(licences));
            // A valid attribute.
            let _ = text.set_attribute("translate", "no");
        }
        None => set_text("licences-text", text!("They could not be loaded: reload the page.")),
    }
}

/// Fills it.
pub fn show(model: &ModelSummary, origin: Text) {
    let list = element("card");
    clear(&list);
    let entry = |heading: Text, text: Text| {
        append(&list, "dt", heading);
        let own = text.is_verbatim();
        let text = append(&list, "dd", text);
        if own {
            // A valid attribute.
            let _ = text.set_attribute("translate", "no");
        }
    };
    entry(text!("Name"), (&model.identity.name).into());
    entry(text!("Origin"), origin);
    for (heading, text) in &model.card {
        entry(heading.clone(), text.clone());
    }
    entry(
        text!("Operating threshold"),
        text!(
            "{threshold} ({percent} % of the healthy training newborns lie below it, out of fold)",
            threshold = number(model.threshold, 4),
            percent = number(100.0 * crate::model::Cohort::SPECIFICITY, 0)
        ),
    );
    entry(
        text!("Share of HIE in training"),
        text!("{percent} %", percent = number(100.0 * model.training_share, 1)),
    );
    let n = &model.nomogram;
    let mut formula = vec![text!("log-odds = {intercept}", intercept = number(n.intercept, 4))];
    for ((term, b), [low, high]) in n.terms.iter().zip(&n.coefficients).zip(&n.limits) {
        let digits = places(high - low);
        formula.push(text!(
            "{coefficient} x {term} (training range {low} to {high})",
            coefficient = signed(*b, 6),
            term = term_label(term),
            low = number(*low, digits),
            high = number(*high, digits)
        ));
    }
    let lines = formula.iter().flat_map(|line| ["\n".into(), Value::from(line)]).skip(1);
    entry(text!("Nomogram"), Text::joined(lines));
    entry(text!("SHA-256 of the bundle"), (&model.identity.sha256).into());
    let _ = element("open-card").remove_attribute("disabled");
}
