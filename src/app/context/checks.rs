//! Is this newborn like those of training? Each check with its percentile, answered or not.

use super::{attribute, number};
use crate::app::dom::{append, clear, document, element, show};
use crate::language::Text;
use crate::model::{Check, Verdict};

/// What a check compares.
fn name(code: &str) -> &str {
    match code {
        "brain_ml" => "brain volume, ml",
        "contrast" => "contrast, correlation with the atlas",
        "familiarity" => "distance from the training images",
        "signature" => "signature",
        "same_contrast" => "T1w and T2w alike, correlation",
        "birth_weight_g" => "Birth weight, g",
        other => other,
    }
}

/// The same, as a text.
pub fn check_name(code: &str) -> Text {
    Text::from(name(code))
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
        let image = check.sequence.map_or(String::new(), |s| format!("{} ", s.suffix()));
        let digits = if check.value.abs() >= 100.0 { 0 } else { 2 };
        let [low, high] = check.training;
        let what = append(&row, "td", &format!("{image}{}", name(&check.code)));
        if check.verdict != Verdict::Within {
            append(
                &what,
                "span",
                if check.verdict == Verdict::Edge { " (at the edge)" } else { " (beyond)" },
            );
        }
        append(&what, "small", &format!("training {low:.digits$} to {high:.digits$}"));
        append(&row, "td", &format!("{:.digits$}", check.value));
        append(&row, "td", &format!("{:.0}", check.percentile));
        let limit = match check.limits {
            [Some(low), Some(high)] => format!("{low:.digits$} to {high:.digits$}"),
            [Some(low), None] => format!("\u{2265} {low:.digits$}"),
            [None, Some(high)] => format!("\u{2264} {high:.digits$}"),
            [None, None] => "none".to_owned(),
        };
        append(&row, "td", &limit);
    }
}

/// Shows them alone: a newborn without an answer has nothing else to be seen.
pub fn show_checks_alone(checks: &[Check]) {
    show_checks(checks);
    attribute(&element("context"), "data-state", "abstained");
    show("context", !checks.is_empty());
}
