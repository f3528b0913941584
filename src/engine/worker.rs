//! The engine as a dedicated worker: messages in, answers out.

use super::message::{Answer, Request, Response};
use super::{Buffer, Session, Transfer};
use crate::fault::Fault;
use crate::language::Text;
use crate::text;
use js_sys::{Array, ArrayBuffer, Float32Array, Object, Reflect, Uint8Array};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Requests that wait, and the session while it is free: they are answered one after the other.
#[derive(Default)]
struct Queue {
    waiting: RefCell<VecDeque<(Request, Option<Vec<u8>>)>>,
    session: RefCell<Option<Session>>,
}

thread_local! {
    /// The job that runs, for the panic hook.
    static JOB: Cell<u32> = const { Cell::new(0) };
}

/// Listens for requests until the worker ends.
pub fn run() {
    std::panic::set_hook(Box::new(|info| {
        let message = text!("the engine stopped: {reason}", reason = info.to_string());
        web_sys::console::error_1(&message.to_string().into());
        let next_step = text!("Reload the page.");
        post(JOB.get(), &Answer::Failed { fault: Fault::Internal, message, next_step }, None);
    }));
    let queue = Rc::new(Queue { session: RefCell::new(Some(Session::default())), ..Queue::default() });
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(request) = decode(&event.data()) else { return };
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
        JOB.set(job);
        let mut stage = |phrase: Text, fraction: f64| {
            post(job, &Answer::Stage { phrase, fraction }, None);
        };
        let (answer, buffer): Transfer = session.answer(request.order, buffer, &mut stage).await;
        post(job, &answer, buffer.as_ref());
    }
    queue.session.replace(Some(session));
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

fn decode(data: &JsValue) -> Option<(Request, Option<Vec<u8>>)> {
    let body = Reflect::get(data, &"body".into()).ok()?;
    let request = serde_wasm_bindgen::from_value(body).ok()?;
    let buffer = Reflect::get(data, &"buffer".into()).ok().and_then(|b| b.dyn_into::<ArrayBuffer>().ok());
    Some((request, buffer.map(|b| Uint8Array::new(&b).to_vec())))
}

fn post(job: u32, answer: &Answer, buffer: Option<&Buffer>) {
    let message = Object::new();
    let transfer = Array::new();
    let response = Response { job, answer: answer.clone() };
    let Ok(body) = serde_wasm_bindgen::to_value(&response) else { return };
    // Setting a field of a fresh object cannot fail, and a failed post has nobody to tell.
    let _ = Reflect::set(&message, &"body".into(), &body);
    if let Some(buffer) = buffer {
        let buffer = match buffer {
            Buffer::Values(values) => Float32Array::from(values.as_slice()).buffer(),
            Buffer::Bytes(bytes) => Uint8Array::from(bytes.as_slice()).buffer(),
        };
        let _ = Reflect::set(&message, &"buffer".into(), &buffer);
        transfer.push(&buffer);
    }
    let _ = scope().post_message_with_transfer(&message, &transfer);
}
