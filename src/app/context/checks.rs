//! Is this newborn like those of training? Each check with its percentile, answered or not.

use super::{attribute, number, tabs};
use crate::app::dom::{append, clear, document, show};
use crate::language::{Text, number as decimals};
use crate::model::{Check, Verdict};
use crate::render::{places, span};
use crate::text;

/// Lists the checks.
pub fn show_checks(checks: &[Check]) {
    let Ok(Some(body)) = document().query_selector("#checks-table tbody") else { return };
    clear(&body);
    for check in checks {
        let row = append(&body, "tr", "");
        attribute(&row, "data-code", check.code.as_str());
        attribute(&row, "data-sequence", check.sequence.map_or("", |s| s.suffix()));
        number(&row, "data-value", check.value);
        number(&row, "data-percentile", check.percentile);
        let verdict = match check.verdict {
            Verdict::Within => "within",
            Verdict::Edge => "edge",
            Verdict::Beyond => "beyond",
        };
        attribute(&row, "data-verdict", verdict);
        let shown = |v: f64| decimals(v, places(check.value));
        let [low, high] = check.training;
        let what = append(&row, "td", check.name());
        if let Some(doubt) = check.doubt() {
            append(&what, "span", text!(" ({doubt})", doubt));
        }
        let range = |low: f64, high: f64| span(shown(low), shown(high));
        append(&what, "small", text!("training {range}", range = range(low, high)));
        append(&row, "td", shown(check.value));
        append(&row, "td", decimals(check.percentile, 0));
        let limit = match check.limits {
            [Some(low), Some(high)] => range(low, high),
            [Some(low), None] => Text::joined(["\u{2265} ".into(), shown(low)]),
            [None, Some(high)] => Text::joined(["\u{2264} ".into(), shown(high)]),
            [None, None] => text!("none"),
        };
        append(&row, "td", limit);
    }
}

/// Shows them alone: a newborn without an answer has nothing else to be seen.
pub fn show_checks_alone(checks: &[Check]) {
    show_checks(checks);
    tabs::offer(false);
    show("context", !checks.is_empty());
}
