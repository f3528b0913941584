//! The page's thread: loads everything, locks the page, starts the engine, shows what it answers.

mod client;
mod dom;
mod intake;
mod loader;
mod lock;
mod page;
mod result;
mod viewer;

/// Starts the page.
pub fn run() {
    dom::install_panic_panel();
    wasm_bindgen_futures::spawn_local(page::start());
}
