//! Dark, light or paper: which colours the canvases take.

use super::dom::{document, element, listen, recall, remember, set_text, window};
use super::preferences::THEME;
use crate::render::chart::Palette;
use crate::text;
use std::cell::Cell;

thread_local! {
    static LIGHT: Cell<bool> = const { Cell::new(false) };
    static PAPER: Cell<bool> = const { Cell::new(false) };
    /// The system forces its own colours: whether its ground is a light one.
    static FORCED: Cell<Option<bool>> = const { Cell::new(None) };
}

/// The palette in force.
pub fn palette() -> Palette {
    if PAPER.get() || FORCED.get().unwrap_or(LIGHT.get()) { Palette::LIGHT } else { Palette::DARK }
}

/// What asks whether the system is light.
const SYSTEM_IS_LIGHT: &str = "(prefers-color-scheme: light)";

fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|m| m.matches())
}

fn put_on(light: bool) {
    LIGHT.set(light);
    let (theme, other) = if light { ("light", text!("Dark")) } else { ("dark", text!("Light")) };
    if let Some(root) = document().document_element() {
        // Any value is valid.
        let _ = root.set_attribute("data-theme", theme);
    }
    set_text("theme", other);
}

/// Takes the theme that was chosen before, else the system's; listens to the switch, the system and printing; `changed`
/// redraws.
pub fn listen_to_changes(changed: impl Fn() + Clone + 'static) {
    put_on(recall(THEME).map_or_else(|| matches(SYSTEM_IS_LIGHT), |theme| theme == "light"));
    let redraw = changed.clone();
    listen(&element("theme"), "click", move |_| {
        put_on(!LIGHT.get());
        remember(THEME, if LIGHT.get() { "light" } else { "dark" });
        redraw();
    });
    for (event, paper) in [("beforeprint", true), ("afterprint", false)] {
        let redraw = changed.clone();
        listen(&window(), event, move |_| {
            PAPER.set(paper);
            redraw();
        });
    }
    let forced = || matches("(forced-colors: active)").then(|| matches(SYSTEM_IS_LIGHT));
    FORCED.set(forced());
    for query in ["(forced-colors: active)", SYSTEM_IS_LIGHT] {
        if let Ok(Some(query)) = window().match_media(query) {
            let redraw = changed.clone();
            listen(&query, "change", move |_| {
                FORCED.set(forced());
                if recall(THEME).is_none() {
                    put_on(matches(SYSTEM_IS_LIGHT));
                }
                redraw();
            });
        }
    }
    // Print previews that only switch the medium.
    if let Ok(Some(medium)) = window().match_media("print") {
        PAPER.set(medium.matches());
        let query = medium.clone();
        listen(&medium, "change", move |_| {
            PAPER.set(query.matches());
            changed();
        });
    }
}
