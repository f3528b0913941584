//! The lock: from now on the browser lets nothing out of the page and its workers.
//!
//! # The lock
//!
//! The page starts under a strict policy in `index.html` (no inline script, no other origin). It
//! fetches engine, model and demo case, inserts a second policy that closes every connection
//! (`default-src 'none'`, `connect-src 'none'`, `form-action 'none'`, images from memory only), and
//! only then starts the engine from a `blob:` URL: such a worker inherits the policies of the page that
//! made it, one with an address of its own would not. Policies add up, so no later code can lift it.
//! Chromium does not know the directive `webrtc` and would still contact a STUN server, so the page
//! removes WebRTC's constructors with the lock. Navigation is outside of what a policy in a page can
//! close; no code of ours navigates but for the reload that the user asks for. The lock guards against our own
//! mistakes and those of our dependencies; who serves the page can serve another one.
//!
//! Trusted Types are on from the first byte: no string becomes markup or code. The one policy, `hielight`
//! (`app::trusted`), accepts the address that the page is just about to use (`sw.js`, the engine's `blob:`) and
//! nothing else, no second one can be created, and the lock allows none at all. The panel (`app::privacy`) reads
//! the browser's own record of requests and of refusals; its test is `www/attempts.js`, run in page and worker.

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
