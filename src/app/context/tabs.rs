//! The panels as tabs, by the pattern of the ARIA Authoring Practices: one is shown, arrows go from tab to tab.

use super::attribute;
use crate::app::dom::{element, listen, show};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

/// In the order in which they stand.
const TABS: [&str; 6] = ["nomogram", "prevalence", "calibration", "decision", "checks", "evidence"];
/// Those that say something of a newborn without an answer.
const WITHOUT_ANSWER: [&str; 2] = ["checks", "evidence"];

/// Listens to them; `shown` hears that another panel is shown.
pub(super) fn listen_to_tabs(shown: impl Fn() + 'static) {
    let shown = Rc::new(shown);
    for name in TABS {
        let tab = element(&format!("tab-{name}"));
        let heard = Rc::clone(&shown);
        listen(&tab, "click", move |_| {
            select(name);
            heard();
        });
        let heard = Rc::clone(&shown);
        listen(&tab, "keydown", move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
            let offered: Vec<&str> = TABS.into_iter().filter(|name| is_offered(name)).collect();
            let (at, last) =
                (offered.iter().position(|other| *other == name).unwrap_or(0), offered.len().max(1));
            let next = match key.key().as_str() {
                "ArrowRight" => (at + 1) % last,
                "ArrowLeft" => (at + last - 1) % last,
                "Home" => 0,
                "End" => last - 1,
                _ => return,
            };
            event.prevent_default();
            if let Some(next) = offered.get(next) {
                select(next);
                heard();
                // A button takes the focus.
                let _ = element(&format!("tab-{next}")).focus();
            }
        });
    }
}

fn is_offered(name: &str) -> bool {
    !element(&format!("tab-{name}")).hidden()
}

fn select(chosen: &str) {
    for name in TABS {
        let tab = element(&format!("tab-{name}"));
        let own = name == chosen;
        attribute(&tab, "aria-selected", if own { "true" } else { "false" });
        attribute(&tab, "tabindex", if own { "0" } else { "-1" });
        show(&format!("panel-{name}"), own);
    }
}

/// Offers those that say something of a newborn with an answer, or of one without.
pub(super) fn offer(answered: bool) {
    let was_answered = TABS.into_iter().all(is_offered);
    for name in TABS {
        show(&format!("tab-{name}"), answered || WITHOUT_ANSWER.contains(&name));
    }
    match (was_answered, answered) {
        (false, true) => select(TABS[0]),
        (_, false) => select(WITHOUT_ANSWER[0]),
        (true, true) => {}
    }
}
