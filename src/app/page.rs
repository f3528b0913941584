//! The page: turns what happens into events of its state, and carries out what the state asks for.

use super::client::Client;
use super::context::Context;
use super::dom::{show, window};
use super::export::Exports;
use super::intake::Given;
use super::loader::{Assets, Demo, demo_name, load};
use super::moment::Moment;
use super::trusted::Policy;
use super::viewer::Viewer;
use super::{bar, card, help, intake, language, lock, offline, preferences, privacy, skip};
use crate::engine::message::Order;
use crate::model::{PerSequence, Sequence};
use crate::state::{Complaint, DemoCase, Event, Handle, Payload, State};
use crate::text;
use js_sys::{ArrayBuffer, Uint8Array, WebAssembly};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

mod listen;
mod model;
mod perform;

/// What engines are started with, for as long as the page lives.
struct Kit {
    script: String,
    module: WebAssembly::Module,
    policy: Policy,
    bundle: ArrayBuffer,
    demo: Option<Demo>,
}

/// The page.
struct Page {
    own: Weak<Self>,
    state: RefCell<State>,
    /// Events that wait, each with the buffer that came with it.
    events: RefCell<VecDeque<(Event, Option<ArrayBuffer>)>>,
    /// Events are being taken.
    taking: Cell<bool>,
    kit: OnceCell<Kit>,
    client: RefCell<Option<Client>>,
    /// The reader's files, by the numbers that the state knows them by.
    files: RefCell<Vec<File>>,
    /// Voxels of images that may be shown later.
    held: RefCell<PerSequence<Option<ArrayBuffer>>>,
    /// What answers are shown with, of those that may be shown again.
    kept: RefCell<Vec<Kept>>,
    viewer: Rc<Viewer>,
    context: Rc<Context>,
    exports: Rc<Exports>,
}

/// What an answer is shown with, and the state does not hold.
struct Kept {
    /// The answer's analysis.
    job: u32,
    /// Both maps, one after the other.
    maps: Vec<f32>,
    moment: Moment,
}

/// Loads, locks, starts the engine.
pub async fn start() {
    let (viewer, context) = (Viewer::new(), Context::new());
    let page = Rc::new_cyclic(|own: &Weak<Page>| {
        let tell = own.clone();
        let tell = move |event| {
            if let Some(page) = tell.upgrade() {
                page.tell(event);
            }
        };
        Page {
            own: own.clone(),
            state: RefCell::default(),
            events: RefCell::default(),
            taking: Cell::new(false),
            kit: OnceCell::new(),
            client: RefCell::new(None),
            files: RefCell::default(),
            held: RefCell::default(),
            kept: RefCell::default(),
            exports: Exports::new(&viewer, &context, tell),
            viewer,
            context,
        }
    });
    show("incomplete", false);
    page.listen();
    language::start();
    help::start();
    bar::watch();
    preferences::listen_to_button();
    skip::listen_to_links();
    // Files that were chosen before this module ran.
    Sequence::BOTH.into_iter().for_each(|sequence| page.take_chosen(sequence));
    page.take_typed();
    page.take_device();
    privacy::watch();
    offline::offer_installation();
    if let Err(complaint) = page.load().await {
        page.tell(Event::Unusable(complaint));
    }
}

impl Page {
    async fn load(&self) -> Result<(), Complaint> {
        let policy = Policy::create().map_err(|_| {
            Complaint::new(
                text!("another script has changed this page, so it takes no images"),
                text!("Use a browser without extensions that change pages"),
            )
        })?;
        offline::keep(&policy).await;
        let assets = load(&|step| self.tell(Event::Loading(step))).await;
        let assets = assets.map_err(|message| Complaint::new(message, text!("Reload the page")))?;
        let locked = lock::engage();
        privacy::show_state(locked);
        if !locked {
            return Err(Complaint::new(
                text!("the page could not be locked, so it takes no images"),
                text!("Use a current browser without extensions that change pages"),
            ));
        }
        let Assets { engine_script: script, engine_module: module, bundle, demo, licences } = assets;
        card::show_licences(licences.as_deref());
        let case = demo.as_ref().map(|demo| DemoCase {
            names: Sequence::BOTH.map(demo_name),
            birth_weight_g: demo.birth_weight_g.to_string(),
        });
        // The page is loaded once.
        let _ = self.kit.set(Kit { script, module, policy, bundle, demo });
        self.tell(Event::Loaded { demo: case });
        Ok(())
    }

    /// Tells the state what happened, and does what it asks for.
    fn tell(&self, event: Event) {
        self.tell_with(event, None);
    }

    /// The same with a buffer that came along.
    fn tell_with(&self, event: Event, buffer: Option<ArrayBuffer>) {
        self.events.borrow_mut().push_back((event, buffer));
        // What an effect brings about waits until all of its event's effects are done.
        if self.taking.replace(true) {
            return;
        }
        loop {
            let Some((event, buffer)) = self.events.borrow_mut().pop_front() else { break };
            let effects = self.state.borrow_mut().update(event);
            for effect in effects {
                self.perform(effect, buffer.as_ref());
            }
        }
        self.taking.set(false);
    }

    /// The number that the state knows a file by.
    fn handle(&self, Given { file, folder }: Given) -> Handle {
        let name = file.name();
        let mut files = self.files.borrow_mut();
        files.push(file);
        Handle { id: files.len() as u32 - 1, name, folder }
    }

    /// Starts a worker in place of the one before.
    fn start_engine(&self, run: u32) {
        self.client.take();
        let Some(kit) = self.kit.get() else { return };
        let own = self.own.clone();
        let heard = move |event, buffer| {
            if let Some(page) = own.upgrade() {
                page.tell_with(event, buffer);
            }
        };
        match Client::start(run, &kit.script, &kit.module, &kit.policy, heard) {
            Ok(client) => {
                privacy::include(client.worker());
                *self.client.borrow_mut() = Some(client);
            }
            Err(_) => self.tell(Event::Died { run }),
        }
    }

    /// Sends an order with its bytes, which are given away: what is kept goes as a copy.
    fn send(&self, job: u32, order: Order, payload: Payload, in_hand: Option<&ArrayBuffer>) {
        let client = self.client.borrow();
        let (Some(kit), Some(client)) = (self.kit.get(), client.as_ref()) else { return };
        let bytes = match payload {
            Payload::Nothing => None,
            Payload::InHand => in_hand.cloned(),
            Payload::ShippedModel => Some(kit.bundle.slice(0)),
            Payload::Demo(sequence) => kit.demo.as_ref().map(|demo| demo.files.of(sequence).slice(0)),
        };
        if client.send(job, order, bytes.as_ref()).is_err() {
            self.tell(Event::Died { run: client.run() });
        }
    }

    /// Reads a cohort's table; an event has it.
    fn read_table(&self, ticket: u32, file: &Handle) {
        let file = self.files.borrow().get(file.id as usize).cloned();
        let Some(this) = self.own.upgrade() else { return };
        spawn_local(async move {
            this.tell(Event::TableRead { ticket, result: table(file).await });
        });
    }

    /// Reads files; an event says when they are in hand.
    fn read(&self, ticket: u32, files: &[Handle]) {
        let known = self.files.borrow();
        let files: Vec<File> = files.iter().filter_map(|file| known.get(file.id as usize).cloned()).collect();
        let Some(this) = self.own.upgrade() else { return };
        spawn_local(async move {
            let (result, buffer) = match intake::bytes(&files).await {
                Ok((bytes, starts)) => (Ok(starts), Some(bytes)),
                Err(complaint) => (Err(complaint), None),
            };
            this.tell_with(Event::Read { ticket, result }, buffer);
        });
    }
}

/// The bytes of a cohort's table.
async fn table(file: Option<File>) -> Result<Vec<u8>, Complaint> {
    let (bytes, _) = intake::bytes(&Vec::from_iter(file)).await?;
    Ok(Uint8Array::new(&bytes).to_vec())
}

/// The id of a slot's part: `t1-input`.
fn id(sequence: Sequence, part: &str) -> String {
    format!("{}-{part}", if sequence == Sequence::T1w { "t1" } else { "t2" })
}

/// What stands in the page's address after `?device=`.
fn asked_device() -> Option<String> {
    let search = window().location().search().ok()?;
    let asked = search.trim_start_matches('?').split('&').find_map(|part| part.strip_prefix("device="))?;
    Some(asked.to_owned())
}
