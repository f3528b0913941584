//! The right-hand panel: answer, refusal, error; never two of them, never an old one.

use super::dom::{append, clear, document, element, set_text, show};

use super::viewer::Viewer;
use crate::engine::message::{MapInfo, ModelSummary};
use crate::evaluation::{ENOUGH_NEIGHBOURS, NEAR, Neighbourhood};
use crate::fault::Notice;
use crate::language::{Text, number, signed};
use crate::model::{Assessment, Sequence};
use crate::render::chart::term_label;
use crate::render::{percent, places, span};
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

/// What to do about reasons to abstain, each once.
pub fn next_steps(reasons: &[Notice]) -> Vec<Text> {
    let mut steps: Vec<_> = reasons.iter().filter_map(|r| next_step(&r.code)).collect();
    steps.dedup();
    steps
}

/// What to do about a reason to abstain; `None` where its sentence says so itself.
fn next_step(code: &str) -> Option<Text> {
    match code {
        "contrast" | "same_contrast" => {
            Some(text!("Check which image is the T1w and which the T2w one, and swap them if need be."))
        }
        "two_newborns" => Some(text!("Check that both files are of the same newborn and the same visit.")),
        "unfamiliar" | "signature_outside_training" => Some(text!(
            "Check that both images show a term newborn's whole head without artefact. If they do, this model does not know \
             such images: judge without it, or use a model that was trained on your site's."
        )),
        _ => None,
    }
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
    for (name, value) in facts(a, maps, model).into_iter().chain([(text!("Computed by"), device)]) {
        append(&list, "dt", name);
        append(&list, "dd", value);
    }
    set_text("neighbours", neighbours_sentence(neighbours, model));
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

/// What stands beside the probability: names and values.
pub fn facts(a: &Assessment, maps: &[MapInfo], model: &ModelSummary) -> Vec<(Text, Text)> {
    let range = |[low, high]: [f64; 2]| span(percent(low), percent(high));
    let threshold = if a.probability >= model.threshold {
        text!("Operating threshold (at or above it)")
    } else {
        text!("Operating threshold (below it)")
    };
    let mut facts = vec![
        (text!("Coefficients, 95 % interval"), range(a.interval95)),
        (text!("Fold models, lowest to highest"), range(a.ensemble_range)),
    ];
    let again = a.rescan_interval95.map_or_else(|| text!("not measured for this model"), range);
    facts.push((text!("The same newborn scanned again, 95 % interval"), again));
    facts.push((threshold, percent(model.threshold)));
    facts.extend(maps.iter().map(|map| {
        let name = text!("Log-odds from the {sequence} map", sequence = map.sequence.suffix());
        (name, signed(map.contribution, 2).into())
    }));
    facts
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

/// What became of the validation newborns who were given about the same probability.
pub fn neighbours_sentence(near: &Neighbourhood, model: &ModelSummary) -> Text {
    let whose =
        if model.synthetic { text!("synthetic validation newborns") } else { text!("validation newborns") };
    let points = number(100.0 * NEAR, 0);
    match near.wilson95 {
        Some([low, high]) if near.n >= ENOUGH_NEIGHBOURS => text!(
            "Of {n} {whose} with a probability within {points} points of this one, {events} had HIE (95 % interval {low} \
             to {high}).",
            n = near.n,
            whose,
            points,
            events = near.events,
            low = percent(low),
            high = percent(high)
        ),
        _ => text!(
            "Only {n} {whose} had a probability within {points} points of this one: too few to say what it is worth.",
            n = near.n,
            whose,
            points
        ),
    }
}

/// What every number of this model says beside itself.
pub fn label(model: &ModelSummary) -> Text {
    if model.synthetic {
        text!("Synthetic training data: not valid on patients.")
    } else {
        text!("Research use only.")
    }
}
