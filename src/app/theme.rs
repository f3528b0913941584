//! Dark, light or paper: which colours the canvases take.

use super::dom::{document, element, listen, set_text, window};
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

/// Listens to the switch and to printing; `changed` redraws.
pub fn listen_to_changes(changed: impl Fn() + Clone + 'static) {
    let redraw = changed.clone();
    listen(&element("theme"), "click", move |_| {
        LIGHT.set(!LIGHT.get());
        let (theme, other) = if LIGHT.get() { ("light", text!("Dark")) } else { ("dark", text!("Light")) };
        if let Some(root) = document().document_element() {
            // Any value is valid.
            let _ = root.set_attribute("data-theme", theme);
        }
        set_text("theme", other);
        redraw();
    });
    for (event, paper) in [("beforeprint", true), ("afterprint", false)] {
        let redraw = changed.clone();
        listen(&window(), event, move |_| {
            PAPER.set(paper);
            redraw();
        });
    }
    let matches = |query: &str| window().match_media(query).ok().flatten().is_some_and(|m| m.matches());
    let forced = move || matches("(forced-colors: active)").then(|| matches("(prefers-color-scheme: light)"));
    FORCED.set(forced());
    for query in ["(forced-colors: active)", "(prefers-color-scheme: light)"] {
        if let Ok(Some(query)) = window().match_media(query) {
            let redraw = changed.clone();
            listen(&query, "change", move |_| {
                FORCED.set(forced());
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
