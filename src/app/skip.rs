//! Links past the head of the page.

use super::dom::{document, element, listen};
use wasm_bindgen::JsCast;
use web_sys::Element;

/// Gives the focus to what a link names, without another address: a browser would ask for the page's icon again, which
/// the lock refuses.
pub fn listen_to_links() {
    let Ok(links) = document().query_selector_all(".skip") else { return };
    for link in (0..links.length()).filter_map(|at| links.item(at)) {
        listen(&link, "click", |event| {
            event.prevent_default();
            let link = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            if let Some(id) = link.and_then(|link| link.get_attribute("href")) {
                let target = element(id.trim_start_matches('#'));
                target.scroll_into_view();
                // It takes the focus: it has a tabindex.
                let _ = target.focus();
            }
        });
    }
}
