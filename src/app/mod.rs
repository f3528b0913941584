//! The page's thread: loads everything, locks the page, starts the engine, shows what it answers.

mod bar;
mod card;
mod chart;
mod client;
mod context;
mod dom;
mod export;
mod help;
mod intake;
mod language;
mod loader;
mod lock;
mod marks;
mod moment;
mod offline;
mod page;
mod preferences;
mod privacy;
mod result;
mod saving;
mod series;
mod skip;
mod theme;
mod trusted;
mod viewer;

/// Starts the page.
pub fn run() {
    dom::install_panic_panel();
    wasm_bindgen_futures::spawn_local(page::start());
}
