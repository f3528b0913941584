//! The offline copy: the service worker's registration, its updates, and the offer to install the page.
//!
//! # The offline copy
//!
//! `cargo xtask build` ends with `seal`: it writes every file's SHA-256 and a version, a hash over all of them and the
//! worker itself, into `sw.js`. The service worker installs all files or none, each verified; serves each from its own
//! version's copy, verified again; mends a damaged one from the network, verified, or answers 503 with what to do. A
//! page is served by one worker and so by one version. The next one waits until no page is open; it takes over at once
//! only if the page that asks is the only one, which has loaded all that it needs and reloads then. Copies of other
//! versions are deleted when a version takes over.
//!
//! What the service worker can do: download the files of its own list from its own site, and answer the page's
//! requests for them. It is outside of the lock, so it gets nothing to carry: the only message that it understands is
//! `take over`, it takes no address from anybody, and requests of a locked page end at `connect-src` before they reach
//! it. Where the server sends the headers of the README, the worker has a policy of its own and can connect to its own
//! site alone. The page registers it before the lock and waits until a first copy is complete: its downloads fill the
//! browser's cache, from which the page then loads, so that no request of this site follows the lock. Later, after a
//! visit, the browser itself asks for `sw.js` and, if it changed, the worker for the new files; nothing of the
//! visit is in these requests. `file://` has no service worker.

use super::dom::{append, element, listen, set_text, show, window};
use super::loader;
use super::trusted::Policy;
use crate::text;
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MessageEvent, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState,
};

const SCRIPT: &str = "sw.js";

/// Registers the service worker and waits until a first copy is complete or refused: what it downloads is then in
/// the browser's cache for the page, and nothing at all is downloaded after the lock.
pub async fn keep(policy: &Policy) {
    if loader::is_one_file() {
        return set_text("offline", text!("This one file works offline."));
    }
    let Some(container) = container() else {
        return set_text(
            "offline",
            text!(
                "No offline copy: this browser offers none here (an address without https, or a private window)."
            ),
        );
    };
    set_text("offline", text!("Offline copy is being made"));
    match register(&container, policy).await {
        Ok(registration) => follow(&container, registration).await,
        Err(_) => set_text("offline", text!("No offline copy: the browser does not keep one here.")),
    }
}

/// Absent on insecure origins, in some private windows, and for a page opened from a file.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    let found = Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    let web = window().location().protocol().is_ok_and(|protocol| protocol.starts_with("http"));
    found.dyn_into().ok().filter(|_| web)
}

async fn register(
    container: &ServiceWorkerContainer,
    policy: &Policy,
) -> Result<ServiceWorkerRegistration, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"updateViaCache".into(), &"none".into())?;
    // web-sys takes a plain string, which Trusted Types refuse.
    let register: Function = Reflect::get(container, &"register".into())?.dyn_into()?;
    let promise: Promise = register.call2(container, &policy.script_url(SCRIPT)?, &options)?.dyn_into()?;
    JsFuture::from(promise).await?.dyn_into()
}

async fn follow(container: &ServiceWorkerContainer, registration: ServiceWorkerRegistration) {
    if let (None, Some(first)) = (registration.active(), registration.installing().or(registration.waiting()))
    {
        installed(&first).await;
        if first.state() == ServiceWorkerState::Redundant {
            return set_text(
                "offline",
                text!("No offline copy: the site's files do not fit each other, or could not be kept."),
            );
        }
    }
    set_text("offline", text!("Ready for offline use"));
    let updates = Rc::new(Updates { registration, asked: Cell::new(false), followed: RefCell::default() });
    updates.clone().listen(container);
    updates.look();
}

/// Resolves when a worker is no longer installing.
async fn installed(worker: &ServiceWorker) {
    let promise = Promise::new(&mut |resolve, _| {
        let watched = worker.clone();
        let look = move || {
            if watched.state() != ServiceWorkerState::Installing {
                // Resolving cannot fail.
                let _ = resolve.call0(&JsValue::UNDEFINED);
            }
        };
        look();
        listen(worker, "statechange", move |_| look());
    });
    // It is never rejected.
    let _ = JsFuture::from(promise).await;
}

/// New versions, while this page stays with its own.
struct Updates {
    registration: ServiceWorkerRegistration,
    /// The user asked for the new version.
    asked: Cell<bool>,
    /// The worker whose state is listened to.
    followed: RefCell<Option<ServiceWorker>>,
}

impl Updates {
    fn listen(self: Rc<Self>, container: &ServiceWorkerContainer) {
        let this = Rc::clone(&self);
        listen(&self.registration, "updatefound", move |_| this.look());
        let this = Rc::clone(&self);
        listen(&element("update-now"), "click", move |_| this.ask());
        let this = Rc::clone(&self);
        listen(container, "controllerchange", move |_| {
            if this.asked.get() {
                // A page that cannot be reloaded keeps its version.
                let _ = window().location().reload();
            }
        });
        let this = Rc::clone(&self);
        listen(container, "message", move |event| this.refused(event));
    }

    /// Shows whether a new version waits; follows one that is on its way.
    fn look(self: &Rc<Self>) {
        // The first worker passes through here, too, on its way to being the active one.
        let waits = self.registration.waiting().is_some() && self.registration.active().is_some();
        show("update", waits);
        if let Some(worker) = self.registration.installing()
            && self.followed.borrow().as_ref() != Some(&worker)
        {
            let this = Rc::clone(self);
            listen(&worker, "statechange", move |_| this.look());
            self.followed.replace(Some(worker));
        }
    }

    fn ask(&self) {
        if let Some(waiting) = self.registration.waiting() {
            self.asked.set(true);
            // A worker that is gone by now answers nothing, and the page stays as it is.
            let _ = waiting.post_message(&"take over".into());
        }
    }

    /// The worker does not take over while another page would be served by two versions.
    fn refused(&self, event: &web_sys::Event) {
        let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data).unwrap_or_default();
        let others = Reflect::get(&data, &"others".into()).ok().and_then(|others| others.as_f64());
        if let Some(others) = others {
            self.asked.set(false);
            let windows = others as u32;
            set_text(
                "update-note",
                text!("Close HIELight's other windows first ({windows} open), then reload.", windows),
            );
        }
    }
}

/// Shows an install button if the browser offers it, now or later.
pub fn offer_installation() {
    if offer().is_some() {
        show_offer();
    }
    listen(&window(), "hielight-offer", |_| show_offer());
}

/// What the browser offered; kept by www/install.js.
fn offer() -> Option<JsValue> {
    let own = Reflect::get(&window(), &"hielight".into()).ok()?;
    Reflect::get(&own, &"offer".into()).ok().filter(JsValue::is_object)
}

fn show_offer() {
    let place = element("install-place");
    if place.first_element_child().is_some() {
        return;
    }
    let button = append(&place, "button", text!("Install"));
    for (name, value) in [("type", "button"), ("data-testid", "install")] {
        // Both are valid on a button.
        let _ = button.set_attribute(name, value);
    }
    let shown = button.clone();
    listen(&button, "click", move |_| {
        shown.remove();
        let Some(offer) = offer() else { return };
        if let Ok(prompt) = Reflect::get(&offer, &"prompt".into()).and_then(JsCast::dyn_into::<Function>) {
            // An offer can be used once; a second try is refused and changes nothing.
            let _ = prompt.call0(&offer);
        }
    });
}
