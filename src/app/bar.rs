//! The answer's bar: number, population and caution, wherever the page is scrolled to.

use super::dom::{document, element};
use js_sys::Array;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{IntersectionObserver, IntersectionObserverEntry};

/// Says on the root element whether the number itself is out of sight; `www/style.css` shows the bar then.
pub fn watch() {
    let heard = Closure::<dyn FnMut(Array)>::new(|entries: Array| {
        let last = entries.iter().last().map(JsCast::unchecked_into::<IntersectionObserverEntry>);
        if let (Some(entry), Some(root)) = (last, document().document_element()) {
            // A valid attribute.
            let _ = root.toggle_attribute_with_force("data-number-away", !entry.is_intersecting());
        }
    });
    if let Ok(observer) = IntersectionObserver::new(heard.as_ref().unchecked_ref()) {
        observer.observe(&element("probability"));
    }
    // It is heard for as long as the page lives.
    heard.forget();
}
