//! The engine as a dedicated worker: messages in, answers out.

use super::message::{Answer, Order, Request, Response, STOPPED};
use super::{Buffer, Session, Transfer};
use crate::language::Text;
use crate::model::Adapter;
use js_sys::{Array, ArrayBuffer, Float32Array, Function, Object, Promise, Reflect, Uint8Array};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Requests that wait, and the session while it is free: they are answered one after the other.
#[derive(Default)]
struct Queue {
    waiting: RefCell<VecDeque<(Request, Option<Vec<u8>>)>>,
    session: RefCell<Option<Session>>,
}

/// Listens for requests until the worker ends.
pub fn run() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&format!("the engine stopped: {info}").into());
        stopped();
    }));
    let queue = Rc::new(Queue { session: RefCell::new(Some(Session::default())), ..Queue::default() });
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // Without a body it is not for the engine, such as of the lock panel's test.
        let body = Reflect::get(&event.data(), &"body".into()).unwrap_or_default();
        if body.is_undefined() {
            return;
        }
        let Some(request) = decode(&event.data(), body) else { return stopped() };
        queue.waiting.borrow_mut().push_back(request);
        // While another request is being answered, that task finds this one.
        if let Some(session) = queue.session.take() {
            spawn_local(answer_all(Rc::clone(&queue), session));
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    listener.forget();
}

async fn answer_all(queue: Rc<Queue>, mut session: Session) {
    loop {
        let Some((request, buffer)) = queue.waiting.borrow_mut().pop_front() else { break };
        let job = request.job;
        if matches!(request.order, Order::Device { .. }) {
            session.adapter = adapter().await;
        }
        let mut stage = |phrase: Text, fraction: f64| {
            post(job, &Answer::Stage { phrase, fraction }, None);
        };
        let (answer, buffer): Transfer = session.answer(request.order, buffer, &mut stage).await;
        post(job, &answer, buffer.as_ref());
    }
    queue.session.replace(Some(session));
}

/// What the browser says of the adapter that it would give; `None` without one.
async fn adapter() -> Option<Adapter> {
    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let gpu = get(&get(&scope(), "navigator")?, "gpu").filter(|gpu| !gpu.is_undefined())?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call0(&gpu).ok()?.dyn_into().ok()?;
    let adapter = JsFuture::from(promise).await.ok().filter(|adapter| !adapter.is_null())?;
    let info = get(&adapter, "info")?;
    let words = |name| get(&info, name).and_then(|fact| fact.as_string()).unwrap_or_default();
    // Chromium had it on the adapter itself before it was specified to be in its info.
    let fallback = [&info, &adapter]
        .into_iter()
        .any(|o| get(o, "isFallbackAdapter").is_some_and(|fallback| fallback.is_truthy()));
    let facts = ["vendor", "architecture", "device", "description"].map(words);
    Some(Adapter::new(&facts.each_ref().map(String::as_str), fallback))
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Its last word: the page starts another one.
fn stopped() {
    // A failed post has nobody to tell.
    let _ = scope().post_message(&STOPPED.into());
}

fn decode(data: &JsValue, body: JsValue) -> Option<(Request, Option<Vec<u8>>)> {
    let request = serde_wasm_bindgen::from_value(body).ok()?;
    let buffer = Reflect::get(data, &"buffer".into()).ok().and_then(|b| b.dyn_into::<ArrayBuffer>().ok());
    Some((request, buffer.map(|b| Uint8Array::new(&b).to_vec())))
}

fn post(job: u32, answer: &Answer, buffer: Option<&Buffer>) {
    let message = Object::new();
    let transfer = Array::new();
    let response = Response { job, answer: answer.clone() };
    let Ok(body) = serde_wasm_bindgen::to_value(&response) else { return stopped() };
    // Setting a field of a fresh object cannot fail.
    let _ = Reflect::set(&message, &"body".into(), &body);
    if let Some(buffer) = buffer {
        let buffer = match buffer {
            Buffer::Values(values) => Float32Array::from(values.as_slice()).buffer(),
            Buffer::Bytes(bytes) => Uint8Array::from(bytes.as_slice()).buffer(),
        };
        let _ = Reflect::set(&message, &"buffer".into(), &buffer);
        transfer.push(&buffer);
    }
    if scope().post_message_with_transfer(&message, &transfer).is_err() {
        stopped();
    }
}
