//! The lock: from now on the browser lets nothing out of the page and its workers.

use super::dom::{document, window};
use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// Added to the policy that the page starts with. A second policy can only forbid more.
const POLICY: &str = "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'none'; \
img-src blob: data:; style-src 'none'; worker-src blob:; frame-src 'none'; form-action 'none'; base-uri 'none'; \
object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Locks the page; whether the browser took the policy and the page took away what no policy reaches
/// (www/close.js: WebRTC, and the windows and frames in which it would be there again). The policy's directive
/// `webrtc` is in no browser yet.
pub fn engage() -> bool {
    let close = Reflect::get(&window(), &"closeWays".into()).ok().and_then(|f| f.dyn_into::<Function>().ok());
    let document = document();
    let Ok(meta) = document.create_element("meta") else { return false };
    let named = meta.set_attribute("http-equiv", "Content-Security-Policy");
    let filled = meta.set_attribute("content", POLICY);
    let Some(head) = document.head() else { return false };
    let added = named.is_ok() && filled.is_ok() && head.append_child(&meta).is_ok() && meta.is_connected();
    // After the policy's own element was made.
    let taken = close.is_some_and(|close| close.call0(&JsValue::UNDEFINED).is_ok());
    added && taken
}
