//! The right-hand panel: answer, refusal, error; never two of them, never an old one.

use super::dom::{append, clear, document, element, set_text, show};

use super::viewer::Viewer;
use crate::engine::message::MapInfo;
use crate::export::{facts, neighbours_sentence, next_steps};
use crate::fault::Notice;
use crate::language::{Text, number};
use crate::model::Sequence;
use crate::render::chart::term_label;
use crate::render::places;
use crate::state::{Answered, Refused};
use crate::text;
use std::rc::Rc;

/// Takes away number, refusal and error.
pub fn clear_all() {
    for id in ["answer", "error", "abstain", "swap-analyse"] {
        show(id, false);
    }
    let probability = element("probability");
    for name in ["data-value", "data-logit"] {
        // Removing what is not there is no error.
        let _ = probability.remove_attribute(name);
    }
    for id in [
        "probability",
        "population",
        "bar-probability",
        "bar-population",
        "answer-facts",
        "neighbours",
        "cam-peaks",
        "error",
        "abstain",
    ] {
        set_text(id, "");
    }
    terms_body(&[]);
    set_text("provenance", "");
    show_warnings(&[]);
    show("no-result", true);
}

/// One sentence and one next step, instead of everything else.
pub fn show_error(message: impl Into<Text>, next_step: impl Into<Text>) {
    clear_all();
    show("no-result", false);
    set_text("error", Text::sentences([message.into(), next_step.into()]));
    show("error", true);
}

/// The focus goes to the answer, but not out of what the reader does elsewhere meanwhile.
pub fn take_focus() {
    let from = document().active_element().filter(|e| e.tag_name() != "BODY");
    if from.is_none_or(|e| e.closest(".intake, .result").is_ok_and(|own| own.is_some())) {
        // A heading with a tabindex takes it.
        let _ = element("result-title").focus();
    }
}

/// Why there is no number.
pub fn show_abstention(refused: &Refused) {
    let Refused { reasons, warnings, made, .. } = refused;
    clear_all();
    show("no-result", false);
    let panel = element("abstain");
    append(&panel, "strong", text!("No probability is given."));
    for reason in reasons {
        append(&panel, "p", Text::sentences([reason.message.clone()]));
    }
    for step in next_steps(reasons) {
        append(&panel, "p", step);
    }
    let files = Sequence::BOTH.into_iter().zip(&made.names);
    let files = files.map(|(sequence, file)| text!("{sequence}: {file}", sequence = sequence.suffix(), file));
    append(&panel, "p", Text::sentences(files)).set_class_name("hint");
    show("abstain", true);
    show("swap-analyse", reasons.iter().any(|r| r.code == "swapped"));
    show_warnings(warnings);
}

/// The answer.
pub fn show_assessment(answered: &Answered, viewer: &Rc<Viewer>) {
    let Answered { assessment: a, maps, neighbours, made } = answered;
    let model = &*made.model;
    clear_all();
    show("no-result", false);
    let probability = element("probability");
    let set = |name: &str, value: f64| {
        // Rust's shortest decimal reads back as the same number.
        let _ = probability.set_attribute(name, &value.to_string());
    };
    set("data-value", a.probability);
    set("data-logit", a.logit);
    let list = element("answer-facts");
    let device = Text::sentences([made.device.info.name.clone(), made.device.why.clone()]);
    for (name, value) in
        facts(a, contributions(maps), model.threshold).into_iter().chain([(text!("Computed by"), device)])
    {
        append(&list, "dt", name);
        append(&list, "dd", value);
    }
    set_text("neighbours", neighbours_sentence(neighbours, model.synthetic));
    let near = element("neighbours");
    for (name, value) in [
        ("data-n", neighbours.n.to_string()),
        ("data-events", neighbours.events.to_string()),
        ("data-low", neighbours.wilson95.map_or(String::new(), |w| w[0].to_string())),
        ("data-high", neighbours.wilson95.map_or(String::new(), |w| w[1].to_string())),
    ] {
        let _ = near.set_attribute(name, &value);
    }
    let rows: Vec<[Text; 3]> = a
        .points
        .terms
        .iter()
        .map(|t| {
            let name = term_label(&t.term);
            [name, number(t.value, places(t.value)).into(), number(t.points, 1).into()]
        })
        .chain([[text!("Total"), Text::default(), number(a.points.total, 1).into()]])
        .collect();
    terms_body(&rows);
    show("low-number", a.probability < model.threshold);
    viewer.set_peaks(&a.cam_peaks);
    let hash = &a.model.sha256;
    let model = text!("Model: {model} (SHA-256 {hash})", model = &a.model.name, hash);
    let sources = Sequence::BOTH.into_iter().zip(&made.names).map(|(sequence, file)| {
        let hash = &made.record.provenance.inputs.of(sequence).sha256;
        text!("{sequence}: {file} (SHA-256 {hash})", sequence = sequence.suffix(), file, hash)
    });
    set_text("provenance", Text::sentences(sources.chain([model])));
    show_warnings(&a.warnings);
    show("answer", true);
}

/// Each map's log-odds.
pub fn contributions(maps: &[MapInfo]) -> impl Iterator<Item = (Sequence, f64)> {
    maps.iter().map(|map| (map.sequence, map.contribution))
}

fn terms_body(rows: &[[Text; 3]]) {
    let Ok(Some(body)) = document().query_selector("#terms tbody") else { return };
    clear(&body);
    for cells in rows {
        let row = append(&body, "tr", "");
        for cell in cells {
            append(&row, "td", cell);
        }
    }
}

/// The warnings of the result, or that there are none.
pub fn show_warnings(warnings: &[Notice]) {
    let list = element("warnings");
    clear(&list);
    for warning in warnings {
        append(&list, "li", Text::sentences([warning.message.clone()]));
    }
    if warnings.is_empty() {
        append(&list, "li", text!("None.")).set_class_name("hint");
    }
}
