//! Hands a file over to the browser's downloads, from memory.

use crate::app::dom::document;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlElement, Url};

/// How long an address lives: until the download has begun.
const ADDRESS_MS: u32 = 10_000;

/// Offers bytes as a file; whether the browser took them.
pub fn save(name: &str, kind: &str, bytes: &[u8]) -> bool {
    let bag = BlobPropertyBag::new();
    bag.set_type(kind);
    let parts = Array::of1(&Uint8Array::from(bytes));
    Blob::new_with_u8_array_sequence_and_options(&parts, &bag).is_ok_and(|blob| save_blob(name, &blob))
}

/// The same of a blob.
pub fn save_blob(name: &str, blob: &Blob) -> bool {
    let Ok(address) = Url::create_object_url_with_blob(blob) else { return false };
    let clicked = document().create_element("a").ok().is_some_and(|link| {
        let named = link.set_attribute("href", &address).and(link.set_attribute("download", name));
        let link = link.dyn_into::<HtmlElement>();
        named.is_ok() && link.map(|link| link.click()).is_ok()
    });
    gloo::timers::callback::Timeout::new(ADDRESS_MS, move || {
        // It frees memory, and cannot fail for an address that was made.
        let _ = Url::revoke_object_url(&address);
    })
    .forget();
    clicked
}
