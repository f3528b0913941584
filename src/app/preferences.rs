//! What the browser remembers of the reader's choices, never of a newborn; and the button that forgets it.

use super::dom::{element, forget, listen, remembered, set_text};
use crate::language::{Text, Value};
use crate::text;

pub const LANGUAGE: &str = "hielight-language";
/// That the tour was seen to its end.
pub const TOUR: &str = "hielight-tour";
pub const THEME: &str = "hielight-theme";
pub const CONVENTION: &str = "hielight-convention";
pub const LAYOUT: &str = "hielight-layout";
pub const DRAG: &str = "hielight-drag";
pub const KEYS: &str = "hielight-keys";
/// A population's share with HIE.
pub const PREVALENCE: &str = "hielight-prevalence";

/// Listens to the button.
pub fn listen_to_button() {
    listen(&element("forget-preferences"), "click", |_| {
        remembered().iter().for_each(|key| forget(key));
        show();
    });
}

/// Says what is remembered now.
pub fn show() {
    let keys = remembered();
    let names = [
        (LANGUAGE, text!("language")),
        (THEME, text!("light or dark")),
        (CONVENTION, text!("convention")),
        (LAYOUT, text!("layout")),
        (DRAG, text!("what a drag does")),
        (KEYS, text!("where keys work")),
        (PREVALENCE, text!("prevalence")),
        (TOUR, text!("that the first steps were seen")),
    ];
    let named = names.into_iter().filter(|(key, _)| keys.iter().any(|k| k == key));
    let mut parts = Vec::new();
    for (at, (_, name)) in named.enumerate() {
        if at > 0 {
            parts.push(Value::from(text!(", ")));
        }
        parts.push(Value::from(name));
    }
    set_text(
        "remembered",
        if parts.is_empty() {
            text!("Nothing is remembered now.")
        } else {
            text!("Remembered now: {choices}.", choices = Text::joined(parts))
        },
    );
}
