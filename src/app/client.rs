//! The engine, seen from the page: a worker that answers numbered requests.

use super::dom::listen;
use super::moment::Moment;
use super::trusted::Policy;
use crate::engine::message::{LISTENING, Order, Request, STOPPED};
use crate::state::Event;
use js_sys::{Array, ArrayBuffer, Function, Object, Reflect, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, MessageEvent, Url, Worker};

/// A running engine, which ends with this.
pub struct Client {
    worker: Worker,
    run: u32,
}

impl Drop for Client {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Client {
    /// Starts the worker from a blob: URL, so that it inherits the page's lock.
    ///
    /// # Errors
    /// What the browser says when it refuses.
    pub fn start(
        run: u32,
        script: &str,
        module: &WebAssembly::Module,
        policy: &Policy,
        heard: impl Fn(Event, Option<ArrayBuffer>) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let bag = BlobPropertyBag::new();
        bag.set_type("text/javascript");
        let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&script.into()), &bag)?;
        let url = Url::create_object_url_with_blob(&blob)?;
        // web-sys takes a plain string, which Trusted Types refuse.
        let constructor: Function = Reflect::get(&js_sys::global(), &"Worker".into())?.dyn_into()?;
        // A classic script: a page opened from a file gets no module as its worker.
        let arguments = Array::of1(&policy.script_url(&url)?);
        let worker: Worker = Reflect::construct(&constructor, &arguments)?.dyn_into()?;
        let (died, garbled) = (heard.clone(), heard.clone());
        listen(&worker, "message", move |event| {
            if let Some(event) = event.dyn_ref::<MessageEvent>()
                && let Some((event, buffer)) = decode(run, &event.data())
            {
                heard(event, buffer);
            }
        });
        listen(&worker, "messageerror", move |_| garbled(Event::Garbled { run }, None));
        listen(&worker, "error", move |_| died(Event::Died { run }, None));
        let start = Object::new();
        Reflect::set(&start, &"module".into(), module)?;
        worker.post_message(&start)?;
        Ok(Self { worker, run })
    }

    /// The worker itself, for the lock panel's test.
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Which of the engines it is.
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Sends an order with its buffer, which is given away.
    ///
    /// # Errors
    /// What the browser says when the message cannot be sent.
    pub fn send(&self, job: u32, order: Order, buffer: Option<&ArrayBuffer>) -> Result<(), JsValue> {
        let message = Object::new();
        let body = serde_wasm_bindgen::to_value(&Request { job, order })?;
        Reflect::set(&message, &"body".into(), &body)?;
        let transfer = Array::new();
        if let Some(buffer) = buffer {
            Reflect::set(&message, &"buffer".into(), buffer)?;
            transfer.push(buffer);
        }
        self.worker.post_message_with_transfer(&message, &transfer)
    }
}

/// What a message says; `None` for one that is not for the page, such as of the lock panel's test.
fn decode(run: u32, data: &JsValue) -> Option<(Event, Option<ArrayBuffer>)> {
    match data.as_string().as_deref() {
        Some(LISTENING) => return Some((Event::Listening { run }, None)),
        Some(STOPPED) => return Some((Event::Died { run }, None)),
        _ => {}
    }
    if Reflect::has(data, &"tried".into()).unwrap_or(false) {
        return None;
    }
    let body = Reflect::get(data, &"body".into()).ok();
    let Some(response) = body.and_then(|body| serde_wasm_bindgen::from_value(body).ok()) else {
        return Some((Event::Garbled { run }, None));
    };
    let buffer = Reflect::get(data, &"buffer".into()).ok().and_then(|b| b.dyn_into::<ArrayBuffer>().ok());
    let bytes = buffer.as_ref().map_or(0, |buffer| buffer.byte_length() as usize);
    Some((Event::Said { run, response: Box::new(response), bytes, time: Moment::now().iso() }, buffer))
}
