//! Is this newborn like those of training? Each check with its percentile, answered or not.

use super::{attribute, number};
use crate::app::dom::{append, clear, document, element, show};
use crate::language::{Text, number as decimals};
use crate::model::{Check, Verdict};
use crate::render::span;
use crate::text;

/// What a check compares.
pub fn check_name(code: &str) -> Text {
    match code {
        "brain_ml" => text!("brain volume, ml"),
        "contrast" => text!("contrast, correlation with the atlas"),
        "familiarity" => text!("distance from the training images"),
        "signature" => text!("signature"),
        "same_contrast" => text!("T1w and T2w alike, correlation"),
        "birth_weight_g" => text!("Birth weight, g"),
        other => other.into(),
    }
}

/// Lists the checks.
pub fn show_checks(checks: &[Check]) {
    let Ok(Some(body)) = document().query_selector("#checks-table tbody") else { return };
    clear(&body);
    for check in checks {
        let row = append(&body, "tr", "");
        attribute(&row, "data-code", &check.code);
        attribute(&row, "data-sequence", check.sequence.map_or("", |s| s.suffix()));
        number(&row, "data-value", check.value);
        number(&row, "data-percentile", check.percentile);
        let verdict = match check.verdict {
            Verdict::Within => "within",
            Verdict::Edge => "edge",
            Verdict::Beyond => "beyond",
        };
        attribute(&row, "data-verdict", verdict);
        let digits = if check.value.abs() >= 100.0 { 0 } else { 2 };
        let [low, high] = check.training;
        let name = check_name(&check.code);
        let named = match check.sequence {
            Some(sequence) => text!("{sequence} {what}", sequence = sequence.suffix(), what = name),
            None => name,
        };
        let what = append(&row, "td", named);
        if check.verdict != Verdict::Within {
            append(
                &what,
                "span",
                if check.verdict == Verdict::Edge { text!(" (at the edge)") } else { text!(" (beyond)") },
            );
        }
        let range = |low: f64, high: f64| span(decimals(low, digits), decimals(high, digits));
        append(&what, "small", text!("training {range}", range = range(low, high)));
        append(&row, "td", decimals(check.value, digits));
        append(&row, "td", decimals(check.percentile, 0));
        let limit = match check.limits {
            [Some(low), Some(high)] => range(low, high),
            [Some(low), None] => Text::joined(["\u{2265} ".into(), decimals(low, digits)]),
            [None, Some(high)] => Text::joined(["\u{2264} ".into(), decimals(high, digits)]),
            [None, None] => text!("none"),
        };
        append(&row, "td", limit);
    }
}

/// Shows them alone: a newborn without an answer has nothing else to be seen.
pub fn show_checks_alone(checks: &[Check]) {
    show_checks(checks);
    attribute(&element("context"), "data-state", "abstained");
    show("context", !checks.is_empty());
}
