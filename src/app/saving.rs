//! Files handed over to the browser's downloads from memory, their names, and the banner that goes into them.

use super::dom::{document, input, set_text};
use super::moment::Moment;
use crate::export::file_name;
use crate::language::Text;
use crate::text;
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

/// Hands a file to the browser's downloads, and says what became of it.
pub fn saved(name: &str, kind: &str, bytes: &[u8]) -> Text {
    if save(name, kind, bytes) {
        text!("Saved as {file}.", file = name)
    } else {
        text!("The browser did not take the file {file}.", file = name)
    }
}

/// Saves a chart.
pub fn save_drawing(chart: &str, svg: &str) {
    set_text("export-note", saved(&picture_name(chart, "svg"), "image/svg+xml", svg.as_bytes()));
}

/// The name of a picture of what is shown.
pub fn picture_name(part: &str, extension: &str) -> String {
    file_name(&label(), "newborn", &format!("{}-{part}", Moment::now().stamp()), extension)
}

/// The banner of the page, whatever the model makes it say.
pub fn banner() -> String {
    let found = document().query_selector(".banner").ok().flatten();
    let text = found.and_then(|e| e.text_content()).unwrap_or_default();
    format!("HIELight | {}", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What the user calls the newborn.
pub fn label() -> String {
    input("report-label").value()
}
