//! Tables of the validation cohorts: calibration with intervals and meanings, discrimination.

use super::{Model, attribute, curve, number};
use crate::app::dom::{append, clear, document};
use crate::evaluation::{Evaluation, Figure, Intervals, Undefined, wilson};
use crate::language::{Text, number as decimals};
use crate::render::chart::operating_point;
use crate::render::span;
use crate::text;
use web_sys::Element;

/// Value and interval of a figure.
type Read = fn(&Evaluation, &Intervals) -> Figure<(f64, Option<[f64; 2]>)>;

/// Name for machines, name for people, ideal value, meaning, and where it is read.
fn figures() -> [(&'static str, Text, &'static str, Text, Read); 6] {
    [
        (
            "oe_ratio",
            text!("O/E"),
            "1",
            text!(
                "Newborns with HIE observed for each one that the model expects: below 1 it expects too many. Interval: normal on the logarithm (Debray 2017)."
            ),
            |e, i| Ok((e.calibration.oe_ratio?, i.oe_ratio.ok())),
        ),
        (
            "citl",
            text!("In the large"),
            "0",
            text!(
                "Log-odds that must be added to every prediction so that they are right on average. Interval: Wald."
            ),
            |e, i| Ok((e.calibration.citl?.value, i.citl.ok())),
        ),
        (
            "slope",
            text!("Slope"),
            "1",
            text!("Below 1 the predictions are too extreme, above 1 too timid. Interval: Wald."),
            |e, i| Ok((e.calibration.slope?.value, i.slope.ok())),
        ),
        (
            "brier",
            text!("Brier score"),
            "0",
            text!(
                "Mean squared distance of the probability from what happened, 0 or 1; 0.25 is what a constant 50 % gives. Interval: normal, from the spread of the squares."
            ),
            |e, i| Ok((e.calibration.brier?, i.brier.ok())),
        ),
        (
            "brier_scaled",
            text!("Brier, scaled"),
            "1",
            text!(
                "How much of the prevalence's own Brier score the model takes away: 0 for nothing, 1 for all."
            ),
            |e, _| Ok((e.calibration.brier_scaled?, None)),
        ),
        (
            "ici",
            text!("ICI"),
            "0",
            text!(
                "Mean distance between the predicted probability and the smooth curve of the observed share. Interval: percentiles of 400 bootstrap resamples, which lie somewhat high as the figure cannot be negative."
            ),
            |e, i| Ok((e.calibration.ici?, i.ici.ok())),
        ),
    ]
}

/// Fills both tables; they depend on the model alone.
pub(super) fn build(model: &Model) {
    let shown = model.shown();
    let (Some((head, body)), Some((roc_head, roc_body))) = (table("calibration-table"), table("roc-table"))
    else {
        return;
    };
    let names = shown.iter().map(|i| model.summary.cohorts[*i].role.label());
    header(&head, [Text::default(), text!("Ideal")].into_iter().chain(names));
    let row = append(&body, "tr", "");
    append(&row, "th", text!("Newborns (HIE)"));
    append(&row, "td", "");
    for i in &shown {
        let cohort = &model.summary.cohorts[*i];
        let events = cohort.outcome.iter().filter(|y| **y).count();
        let cell = append(&row, "td", text!("{n} ({events})", n = cohort.outcome.len(), events));
        mark(&cell, cohort.role.as_str(), "n", cohort.outcome.len() as f64, None);
    }
    for (key, name, ideal, meaning, read) in figures() {
        let row = append(&body, "tr", "");
        let head = append(&row, "th", "");
        let button = append(&head, "button", name);
        attribute(&button, "type", "button");
        attribute(&button, "class", "help");
        attribute(&button, "aria-describedby", &format!("meaning-{key}"));
        let text = append(&head, "span", meaning);
        attribute(&text, "class", "meaning");
        attribute(&text, "role", "tooltip");
        attribute(&text, "id", &format!("meaning-{key}"));
        append(&row, "td", ideal);
        for i in &shown {
            let name = model.summary.cohorts[*i].role.as_str();
            let figures = model.figures.get(*i).and_then(Option::as_ref);
            match figures.ok_or(Undefined::Nobody).and_then(|(e, i)| read(e, i)) {
                Err(reason) => drop(append(&row, "td", not_defined(reason))),
                Ok((value, interval)) => {
                    let cell = append(&row, "td", decimals(value, 2));
                    if let Some([low, high]) = interval {
                        append(&cell, "small", span(decimals(low, 2), decimals(high, 2)));
                    }
                    mark(&cell, name, key, value, interval);
                }
            }
        }
    }
    header(&roc_head, [text!("Cohort"), text!("AUC"), text!("Sensitivity"), text!("Specificity")]);
    for i in shown {
        let cohort = &model.summary.cohorts[i];
        let row = append(&roc_body, "tr", "");
        append(&row, "th", cohort.role.label());
        let add = |key: &str, value: f64, interval: Option<[f64; 2]>| {
            let cell = append(&row, "td", decimals(value, 2));
            if let Some([low, high]) = interval {
                append(&cell, "small", span(decimals(low, 2), decimals(high, 2)));
            }
            mark(&cell, cohort.role.as_str(), key, value, interval);
        };
        match model.figures.get(i).and_then(Option::as_ref).ok_or(Undefined::Nobody).and_then(|(e, _)| e.auc)
        {
            Ok(auc) => add("auc", auc.value, auc.ci95_logit),
            Err(reason) => drop(append(&row, "td", not_defined(reason))),
        }
        let [false_alarms, sensitivity] = operating_point(&curve(cohort), model.summary.threshold);
        let events = cohort.outcome.iter().filter(|y| **y).count();
        let others = cohort.outcome.len() - events;
        let around = |share: f64, n: usize| wilson((share * n as f64).round() as usize, n);
        let add = |key: &str, value: Option<f64>, n: usize| {
            let Some(value) = value else {
                return drop(append(&row, "td", not_defined(Undefined::OneClass)));
            };
            let cell = append(&row, "td", decimals(value, 2));
            let interval = around(value, n);
            if let Some([low, high]) = interval {
                append(&cell, "small", span(decimals(low, 2), decimals(high, 2)));
            }
            mark(&cell, cohort.role.as_str(), key, value, interval);
        };
        add("sensitivity", sensitivity, events);
        add("specificity", false_alarms.map(|share| 1.0 - share), others);
    }
}

fn not_defined(reason: Undefined) -> Text {
    text!("not defined: {reason}", reason = reason.text())
}

fn mark(cell: &Element, cohort: &str, figure: &str, value: f64, interval: Option<[f64; 2]>) {
    attribute(cell, "data-cohort", cohort);
    attribute(cell, "data-figure", figure);
    number(cell, "data-value", value);
    if let Some([low, high]) = interval {
        number(cell, "data-low", low);
        number(cell, "data-high", high);
    }
}

fn table(id: &str) -> Option<(Element, Element)> {
    let part = |tag: &str| document().query_selector(&format!("#{id} {tag}")).ok().flatten();
    let (head, body) = (part("thead")?, part("tbody")?);
    clear(&head);
    clear(&body);
    Some((head, body))
}

fn header(head: &Element, names: impl IntoIterator<Item = Text>) {
    let row = append(head, "tr", "");
    for name in names {
        // A corner heads nothing.
        append(&row, if name.is_empty() { "td" } else { "th" }, name);
    }
}
