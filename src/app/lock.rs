//! The lock: from now on the browser lets nothing out of the page and its workers.

use super::dom::{document, window};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// Added to the policy that the page starts with. A second policy can only forbid more.
const POLICY: &str = "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'none'; \
img-src blob: data:; style-src 'none'; worker-src blob:; frame-src 'none'; form-action 'none'; base-uri 'none'; \
object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'; webrtc 'block'";

/// Locks the page; whether the browser took the policy.
///
/// No policy reaches WebRTC in today's Chromium, so the page's constructors for it are taken away.
pub fn engage() -> bool {
    for name in ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel"] {
        // A name that does not exist is deleted without complaint.
        let _ = Reflect::delete_property(window().unchecked_ref::<js_sys::Object>(), &JsValue::from(name));
    }
    let document = document();
    let Ok(meta) = document.create_element("meta") else { return false };
    let named = meta.set_attribute("http-equiv", "Content-Security-Policy");
    let filled = meta.set_attribute("content", POLICY);
    let Some(head) = document.head() else { return false };
    named.is_ok() && filled.is_ok() && head.append_child(&meta).is_ok() && meta.is_connected()
}
