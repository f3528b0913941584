//! The engine, seen from the page: a worker that answers numbered requests.

use super::dom::listen;
use super::trusted::Policy;
use crate::engine::message::{Order, Request, Response};
use js_sys::{Array, ArrayBuffer, Function, Object, Reflect, WebAssembly};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, MessageEvent, Url, Worker};

/// What comes from the worker.
pub enum Event {
    /// It listens.
    Started,
    /// An answer and its buffer.
    Answer(Response, Option<ArrayBuffer>),
    /// It died.
    Died,
}

/// A running engine.
pub struct Client {
    worker: Worker,
    next_job: Cell<u32>,
}

impl Client {
    /// Starts the worker from a blob: URL, so that it inherits the page's lock.
    ///
    /// # Errors
    /// What the browser says when it refuses.
    pub fn start(
        script: &str,
        module: &WebAssembly::Module,
        policy: &Policy,
        mut handler: impl FnMut(Event) + Clone + 'static,
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
        let mut died = handler.clone();
        listen(&worker, "message", move |event| {
            if let Some(event) = event.dyn_ref::<MessageEvent>().and_then(|e| decode(&e.data())) {
                handler(event);
            }
        });
        listen(&worker, "error", move |_| died(Event::Died));
        let start = Object::new();
        Reflect::set(&start, &"module".into(), module)?;
        worker.post_message(&start)?;
        Ok(Self { worker, next_job: Cell::new(1) })
    }

    /// The worker itself, for the lock panel's test.
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Sends an order with its buffer, which is given away, and returns the job's number.
    ///
    /// # Errors
    /// What the browser says when the message cannot be sent.
    pub fn send(&self, order: Order, buffer: Option<&ArrayBuffer>) -> Result<u32, JsValue> {
        let job = self.next_job.get();
        self.next_job.set(job + 1);
        let message = Object::new();
        let body = serde_wasm_bindgen::to_value(&Request { job, order })?;
        Reflect::set(&message, &"body".into(), &body)?;
        let transfer = Array::new();
        if let Some(buffer) = buffer {
            Reflect::set(&message, &"buffer".into(), buffer)?;
            transfer.push(buffer);
        }
        self.worker.post_message_with_transfer(&message, &transfer)?;
        Ok(job)
    }
}

fn decode(data: &JsValue) -> Option<Event> {
    if data.as_string().as_deref() == Some("engine-ready") {
        return Some(Event::Started);
    }
    let body = Reflect::get(data, &"body".into()).ok()?;
    let response = serde_wasm_bindgen::from_value(body).ok()?;
    let buffer = Reflect::get(data, &"buffer".into()).ok().and_then(|b| b.dyn_into::<ArrayBuffer>().ok());
    Some(Event::Answer(response, buffer))
}
