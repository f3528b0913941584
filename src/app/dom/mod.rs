//! The document: elements by id, text, listeners.

mod binding;
mod storage;

pub use binding::{bind_all, current, on_change, put, put_attribute, say, say_all_in};
pub use storage::{forget, recall, remember, remembered};

use crate::language::Text;
use wasm_bindgen::JsCast;
use web_sys::{
    Document, Element, HtmlCanvasElement, HtmlDialogElement, HtmlElement, HtmlInputElement, Window,
};

/// The window; the page's thread always has one.
pub fn window() -> Window {
    web_sys::window().expect("the page's thread has a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// The element with that id; index.html holds every id that is asked for.
pub fn element(id: &str) -> HtmlElement {
    find(id)
}

pub fn input(id: &str) -> HtmlInputElement {
    find(id)
}

pub fn dialog(id: &str) -> HtmlDialogElement {
    find(id)
}

pub fn canvas(id: &str) -> HtmlCanvasElement {
    find(id)
}

fn find<T: JsCast>(id: &str) -> T {
    let found = document().get_element_by_id(id).and_then(|e| e.dyn_into().ok());
    found.unwrap_or_else(|| panic!("index.html has no {id} of that kind"))
}

/// Writes a text into the element with that id, in whatever language the page speaks, then and later.
pub fn set_text(id: &str, text: impl Into<Text>) {
    put(&element(id), text);
}

/// Whether a key is not the page's own: it goes to a field, or a dialog or the report lies over the page.
pub fn is_taken(event: &web_sys::Event) -> bool {
    let field = "input:not([type=\"checkbox\"], [type=\"radio\"], [type=\"range\"], [type=\"file\"]), textarea, select";
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let is_typed = target.is_some_and(|element| element.matches(field).unwrap_or(false));
    is_typed
        || !element("report").hidden()
        || document().query_selector("dialog[open]").ok().flatten().is_some()
}

pub fn show(id: &str, visible: bool) {
    element(id).set_hidden(!visible);
}

/// A new element with text, appended to `parent`.
pub fn append(parent: &Element, tag: &str, text: impl Into<Text>) -> Element {
    let child = document().create_element(tag).expect("a valid tag name");
    // Appending to an element of this document cannot fail.
    let _ = parent.append_child(&child);
    put(&child, text);
    child
}

/// Removes all children.
pub fn clear(parent: &Element) {
    parent.set_text_content(None);
}

/// Listens for as long as the page lives.
pub fn listen(
    target: &web_sys::EventTarget,
    event: &'static str,
    handler: impl FnMut(&web_sys::Event) + 'static,
) {
    let options = gloo::events::EventListenerOptions::enable_prevent_default();
    gloo::events::EventListener::new_with_options(target, event, options, handler).forget();
}

/// Shows a fault of the page itself, once, and takes the answer away.
pub fn install_panic_panel() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
        let Some(document) = web_sys::window().and_then(|w| w.document()) else { return };
        for id in ["answer", "context"] {
            if let Some(answer) = document.get_element_by_id(id) {
                answer.set_attribute("hidden", "").ok();
            }
        }
        if let Some(panel) = document.get_element_by_id("error") {
            panel.remove_attribute("hidden").ok();
            panel.set_text_content(Some(
                "The page stopped because of a fault of its own. Reload it and try again.",
            ));
        }
    }));
}
