//! Trusted Types: the page's one policy, which lets only addresses become code that the page has just made.

use super::dom::window;
use js_sys::{Function, Object, Reflect};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Its name stands in index.html's policy; no other can be created, and the lock allows none at all.
const NAME: &str = "hielight";

thread_local! {
    /// The address that is being trusted.
    static EXPECTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The policy; browsers without Trusted Types take plain addresses.
pub struct Policy(Option<(JsValue, Function)>);

impl Policy {
    /// Creates it; once, before the lock.
    ///
    /// # Errors
    /// What the browser says when it refuses: another script has taken the name.
    pub fn create() -> Result<Self, JsValue> {
        let factory = Reflect::get(&window(), &"trustedTypes".into())?;
        if factory.is_undefined() {
            return Ok(Self(None));
        }
        let check = Closure::<dyn Fn(String) -> JsValue>::new(|address: String| {
            let expected = EXPECTED.take();
            // A policy that answers `null` makes an address that leads nowhere.
            if expected.as_deref() == Some(&address) { address.into() } else { JsValue::NULL }
        });
        let rules = Object::new();
        Reflect::set(&rules, &"createScriptURL".into(), check.as_ref())?;
        // The policy lives as long as the page.
        check.forget();
        let create: Function = Reflect::get(&factory, &"createPolicy".into())?.dyn_into()?;
        let policy = create.call2(&factory, &NAME.into(), &rules)?;
        let trust = Reflect::get(&policy, &"createScriptURL".into())?.dyn_into()?;
        Ok(Self(Some((policy, trust))))
    }

    /// An address of the page's own as the browser takes it for a worker.
    ///
    /// # Errors
    /// What the browser says when it refuses.
    pub fn script_url(&self, address: &str) -> Result<JsValue, JsValue> {
        let Some((policy, trust)) = &self.0 else { return Ok(address.into()) };
        EXPECTED.replace(Some(address.to_owned()));
        trust.call1(policy, &address.into())
    }
}
