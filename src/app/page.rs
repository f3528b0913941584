//! The page's state and what happens when: loading, locking, files, analysis, answers.

use super::card;
use super::client::{Client, Event};
use super::context::{self, Context};
use super::dom::{element, input, listen, set_text, show, window};
use super::export::Exports;
use super::loader::{Assets, Demo, demo_name, load};
use super::trusted::Policy;
use super::viewer::Viewer;
use super::{help, intake, language, lock, offline, privacy, result};
use crate::engine::message::{Answer, MapInfo, ModelSummary, Opened, Order, Response};
use crate::language::{Text, Value};
use crate::model::{PerSequence, Sequence};
use crate::text;
use crate::volume::{Affine, Volume};
use js_sys::{ArrayBuffer, Float32Array, Uint8Array};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, File, KeyboardEvent};

mod model;

use model::Origin;

/// One image slot.
#[derive(Default)]
struct Slot {
    /// What was given, for a swap: the user's file, or `None` for the demo's.
    file: Option<File>,
    /// The job that reads it.
    job: u32,
    /// Name and hash, once read.
    source: Option<String>,
    /// The file's name.
    name: String,
    /// Why it was refused.
    refusal: Option<(Text, Text)>,
    /// It holds the demo case's image.
    demo: bool,
}

/// The page.
struct Page {
    client: RefCell<Option<Client>>,
    viewer: Rc<Viewer>,
    context: Rc<Context>,
    exports: Rc<Exports>,
    /// The bundle that came with the page.
    shipped: RefCell<Option<ArrayBuffer>>,
    /// Where the model that starts comes from, and a model of the user's own is one of this visit only.
    origin: RefCell<Origin>,
    /// A model is being replaced: nothing may be asked of either.
    replacing: Cell<bool>,
    /// The demo case, once it is loaded.
    demo: RefCell<Option<Demo>>,
    model: RefCell<Option<ModelSummary>>,
    slots: RefCell<PerSequence<Slot>>,
    start_job: Cell<u32>,
    analysis: Cell<Option<u32>>,
    /// Jobs that write the shown answer's maps.
    maps: RefCell<Vec<u32>>,
    /// Files that are being read, and whether an analysis waits for them.
    reading: Cell<u32>,
    wanted: Cell<bool>,
    /// Rises with every change of input, so that a read that is overtaken is dropped.
    edition: Cell<u32>,
}

/// Loads, locks, starts the engine.
pub async fn start() {
    let (viewer, context) = (Viewer::new(), Context::new());
    let page = Rc::new(Page {
        client: RefCell::new(None),
        exports: Exports::new(&viewer, &context),
        viewer,
        context,
        shipped: RefCell::new(None),
        origin: RefCell::default(),
        replacing: Cell::new(false),
        demo: RefCell::new(None),
        model: RefCell::new(None),
        slots: RefCell::default(),
        start_job: Cell::new(0),
        analysis: Cell::new(None),
        maps: RefCell::default(),
        reading: Cell::new(0),
        wanted: Cell::new(false),
        edition: Cell::new(0),
    });
    page.listen();
    language::start();
    help::start();
    // Files that were chosen before this module ran.
    Sequence::BOTH.into_iter().for_each(|sequence| page.take_chosen(sequence));
    privacy::watch();
    offline::offer_installation();
    let Ok(policy) = Policy::create() else {
        return result::show_error(
            text!("another script has changed this page, so it takes no images"),
            text!("Use a browser without extensions that change pages"),
        );
    };
    offline::keep(&policy).await;
    let assets = match load().await {
        Ok(assets) => assets,
        Err(message) => return result::show_error(message, text!("Reload the page")),
    };
    let locked = lock::engage();
    privacy::show_state(locked);
    if !locked {
        set_text("status", "No analysis");
        return result::show_error(
            "the page could not be locked, so it takes no images",
            "Use a current browser without extensions that change pages",
        );
    }
    let Assets { engine_script, engine_module, bundle, demo, licences } = assets;
    card::show_licences(licences.as_deref());
    *page.shipped.borrow_mut() = Some(bundle);
    *page.demo.borrow_mut() = Some(demo);
    set_text("status", "Starting the engine");
    let handler = {
        let page = Rc::clone(&page);
        move |event| page.receive(event)
    };
    match Client::start(&engine_script, &engine_module, &policy, handler) {
        Ok(client) => {
            privacy::include(client.worker());
            *page.client.borrow_mut() = Some(client);
        }
        Err(_) => page.died(),
    }
}

impl Page {
    fn listen(self: &Rc<Self>) {
        for sequence in Sequence::BOTH {
            let this = Rc::clone(self);
            listen(&input(&id(sequence, "input")), "change", move |_| this.take_chosen(sequence));
            let this = Rc::clone(self);
            listen(&element(&id(sequence, "remove")), "click", move |_| this.remove(sequence));
        }
        card::listen_to_buttons();
        let this = Rc::clone(self);
        listen(&input("model-input"), "change", move |_| {
            let field = input("model-input");
            if let Some(file) = intake::files(field.files()).into_iter().next() {
                this.take_model(file);
                // So that the same file can be chosen again.
                field.set_value("");
            }
        });
        self.on("restore-model", |page| page.start_model(Origin::Shipped, None));
        self.on("swap", Page::swap);
        self.on("analyse", Page::analyse);
        self.on("load-demo", Page::load_demo);
        self.on("export-cam", Page::ask_for_maps);
        let this = Rc::clone(self);
        listen(&input("birth-weight"), "input", move |_| this.changed());
        let this = Rc::clone(self);
        listen(&input("birth-weight"), "keydown", move |event| {
            if event.dyn_ref::<KeyboardEvent>().is_some_and(|key| key.key() == "Enter") && this.is_ready() {
                this.analyse();
            }
        });
        listen(&window(), "dragover", web_sys::Event::prevent_default);
        let this = Rc::clone(self);
        listen(&window(), "drop", move |event| {
            event.prevent_default();
            let dropped =
                event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer).and_then(|d| d.files());
            this.dropped(event, intake::files(dropped));
        });
    }

    fn on(self: &Rc<Self>, id: &str, action: impl Fn(&Rc<Self>) + 'static) {
        let this = Rc::clone(self);
        listen(&element(id), "click", move |_| action(&this));
    }

    fn is_ready(&self) -> bool {
        self.model.borrow().is_some() && !self.replacing.get()
    }

    /// An input changed: whatever was answered is no longer true.
    fn changed(&self) {
        self.edition.set(self.edition.get() + 1);
        self.analysis.set(None);
        self.wanted.set(false);
        self.clear();
        if self.is_ready() {
            self.idle();
        }
    }

    /// Takes number, curves and maps away.
    fn clear(&self) {
        self.viewer.clear_maps();
        self.context.clear();
        self.clear_exports();
        result::clear_all();
    }

    fn clear_exports(&self) {
        self.maps.borrow_mut().clear();
        self.exports.clear();
    }

    /// One sentence and one next step, instead of everything else.
    fn show_error(&self, message: impl Into<Text>, next_step: impl Into<Text>) {
        self.context.clear();
        self.clear_exports();
        result::show_error(message, next_step);
    }

    fn idle(&self) {
        set_text("status", "Ready");
        progress(0.0);
    }

    /// Takes the file that was chosen with a slot's button.
    fn take_chosen(self: &Rc<Self>, sequence: Sequence) {
        let field = input(&id(sequence, "input"));
        if let Some(file) = intake::files(field.files()).into_iter().next() {
            self.choose(vec![(sequence, file)]);
            // So that the same file can be chosen again.
            field.set_value("");
        }
    }

    /// Files dropped anywhere: onto a slot if one file was dropped there, else sorted by name.
    fn dropped(self: &Rc<Self>, event: &web_sys::Event, files: Vec<File>) {
        if files.is_empty() {
            return;
        }
        if let [file] = files.as_slice()
            && file.name().to_lowercase().ends_with(".safetensors")
        {
            return self.take_model(file.clone());
        }
        if files.len() > 2 {
            return self.show_error(
                format!("{} files were dropped, and two are needed", files.len()),
                "Drop one T1w and one T2w file",
            );
        }
        let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        let over = Sequence::BOTH.into_iter().find(|s| element(&id(*s, "slot")).contains(target.as_ref()));
        if let (Some(sequence), [file]) = (over, files.as_slice()) {
            return self.choose(vec![(sequence, file.clone())]);
        }
        let (sorted, note) = intake::sort(files);
        self.choose(sorted);
        if let Some(note) = note {
            set_text("status", note);
        }
    }

    /// Takes the user's files into their slots.
    fn choose(self: &Rc<Self>, files: Vec<(Sequence, File)>) {
        self.changed();
        for (sequence, file) in files {
            self.empty(sequence);
            set_text(&id(sequence, "facts"), &format!("{}: waiting for the engine.", file.name()));
            self.slots.borrow_mut().of_mut(sequence).file = Some(file.clone());
            // Before the engine is ready the file only waits: `Ready` reads it.
            if self.is_ready() {
                self.read(sequence, file);
            }
        }
    }

    /// Hands a file's bytes to the engine.
    fn read(self: &Rc<Self>, sequence: Sequence, file: File) {
        let (this, edition) = (Rc::clone(self), self.edition.get());
        self.reading.set(self.reading.get() + 1);
        spawn_local(async move {
            let bytes = intake::bytes(&file).await;
            this.reading.set(this.reading.get() - 1);
            let still = this.slots.borrow().of(sequence).file.as_ref() == Some(&file);
            match bytes {
                Ok(bytes) if still => this.open(sequence, file.name(), &bytes),
                Err(message) if still && edition == this.edition.get() => {
                    this.show_error(message, "Choose it again");
                }
                _ => {}
            }
            if this.reading.get() == 0 && this.wanted.take() {
                this.analyse();
            }
        });
    }

    fn open(&self, sequence: Sequence, name: String, bytes: &ArrayBuffer) {
        let job = self.send(Order::Open { sequence, name }, Some(bytes));
        self.slots.borrow_mut().of_mut(sequence).job = job;
    }

    /// Forgets a slot's image here; the engine's copy goes with the next order.
    fn empty(&self, sequence: Sequence) {
        *self.slots.borrow_mut().of_mut(sequence) = Slot::default();
        self.viewer.set_image(sequence, None);
        set_text(&id(sequence, "facts"), "Choose or drop a file.");
        show(&id(sequence, "remove"), false);
    }

    fn remove(&self, sequence: Sequence) {
        self.changed();
        self.empty(sequence);
        self.send(Order::Close { sequence }, None);
    }

    /// Gives each image to the other slot.
    fn swap(self: &Rc<Self>) {
        let (t1, t2) = {
            let slots = self.slots.borrow();
            (slots.T1w.file.clone(), slots.T2w.file.clone())
        };
        for sequence in Sequence::BOTH {
            self.remove(sequence);
        }
        let swapped = [(Sequence::T2w, t1), (Sequence::T1w, t2)];
        self.choose(swapped.into_iter().filter_map(|(sequence, file)| Some((sequence, file?))).collect());
    }

    fn load_demo(self: &Rc<Self>) {
        self.changed();
        let demo = self.demo.borrow();
        let Some(demo) = demo.as_ref() else { return };
        input("birth-weight").set_value(&demo.birth_weight_g.to_string());
        for (sequence, file) in Sequence::BOTH.into_iter().zip(&demo.files) {
            self.empty(sequence);
            // A copy: what is sent is given away.
            self.slots.borrow_mut().of_mut(sequence).demo = true;
            self.open(sequence, demo_name(sequence), &file.slice(0));
        }
        self.analyse();
    }

    fn analyse(self: &Rc<Self>) {
        self.analysis.set(None);
        self.clear();
        if self.reading.get() > 0 {
            self.wanted.set(true);
            return;
        }
        let refusal = Sequence::BOTH.iter().find_map(|s| self.slots.borrow().of(*s).refusal.clone());
        if let Some((message, next_step)) = refusal {
            return self.show_error(message, next_step);
        }
        let birth_weight_g = input("birth-weight").value();
        let covariates = self.covariates();
        self.analysis.set(Some(self.send(Order::Analyse { birth_weight_g, covariates }, None)));
        set_text("status", "Analysing");
    }

    fn send(&self, order: Order, buffer: Option<&ArrayBuffer>) -> u32 {
        let sent = self.client.borrow().as_ref().map(|client| client.send(order, buffer));
        match sent {
            Some(Ok(job)) => job,
            _ => {
                self.died();
                0
            }
        }
    }

    fn died(&self) {
        self.analysis.set(None);
        *self.model.borrow_mut() = None;
        self.enable();
        self.viewer.clear_maps();
        set_text("status", "Stopped");
        self.show_error("the engine stopped", "Reload the page and try again");
    }

    fn receive(self: &Rc<Self>, event: Event) {
        match event {
            Event::Started => self.start_model(Origin::Shipped, None),
            Event::Died => self.died(),
            Event::Answer(response, buffer) => self.answer(response, buffer),
        }
    }

    fn answer(self: &Rc<Self>, response: Response, buffer: Option<ArrayBuffer>) {
        let Response { job, answer } = response;
        let opening = Sequence::BOTH.into_iter().find(|s| self.slots.borrow().of(*s).job == job && job != 0);
        let analysing = self.analysis.get() == Some(job);
        match answer {
            Answer::Stage { phrase, fraction } => {
                if opening.is_some() || analysing || job == self.start_job.get() {
                    set_text("status", phrase);
                    progress(fraction);
                }
            }
            Answer::Ready { device, model, warnings } => self.ready(&device, *model, &warnings),
            Answer::Opened(opened) => {
                if let (Some(sequence), Some(buffer)) = (opening, buffer) {
                    self.opened(sequence, &opened, values(&buffer));
                }
            }
            Answer::Closed => {}
            Answer::Map { sequence } => {
                if let (true, Some(file)) = (self.maps.borrow().contains(&job), buffer) {
                    self.exports.save_map(sequence, &Uint8Array::new(&file).to_vec());
                }
            }
            Answer::Assessed { assessment, maps, neighbours, record } if analysing => {
                self.analysis.set(None);
                self.lay_maps(&maps, &buffer.as_ref().map(values).unwrap_or_default());
                let sources: Vec<String> =
                    Sequence::BOTH.iter().filter_map(|s| self.slots.borrow().of(*s).source.clone()).collect();
                if let Some(model) = self.model.borrow().as_ref() {
                    let sources = sources.join(" ");
                    result::show_assessment(&assessment, &maps, &neighbours, model, &sources, &self.viewer);
                    self.context.show(&assessment);
                    let near = result::neighbours_sentence(&neighbours, model).into();
                    self.exports.show_answer(&assessment, &maps, near, *record, self.names());
                }
                set_text("status", "Done");
                progress(1.0);
            }
            Answer::Abstained { reasons, warnings, checks, record } if analysing => {
                self.analysis.set(None);
                self.clear();
                result::show_abstention(&reasons, &warnings);
                context::show_checks_alone(&checks);
                let steps = result::next_steps(&reasons);
                let notices = [&*reasons, &*warnings];
                self.exports.show_refusal(notices, steps, &checks, *record, self.names());
                set_text("status", "No probability");
                progress(0.0);
            }
            Answer::Failed { message, next_step, .. } => self.failed(job, opening, &message, &next_step),
            Answer::Assessed { .. } | Answer::Abstained { .. } => {}
        }
    }

    fn failed(self: &Rc<Self>, job: u32, opening: Option<Sequence>, message: &Text, next_step: &Text) {
        if let Some(sequence) = opening {
            set_text(&id(sequence, "facts"), Text::joined(["Refused: ".into(), Value::sentence(message)]));
            show(&id(sequence, "remove"), true);
            let named = Text::joined([format!("{}: ", sequence.suffix()).into(), message.into()]);
            self.slots.borrow_mut().of_mut(sequence).refusal = Some((named.clone(), next_step.clone()));
            // An analysis of what was refused has nothing to wait for.
            self.analysis.set(None);
            self.show_error(named, next_step);
            set_text("status", "Refused");
        } else if job == self.start_job.get() {
            return self.refused_model(message, next_step);
        } else if self.maps.borrow().contains(&job) {
            return set_text("export-note", Text::sentences([message.clone(), next_step.clone()]));
        } else if self.analysis.get() == Some(job) {
            self.analysis.set(None);
            self.show_error(message, next_step);
            set_text("status", "No result");
        }
        progress(0.0);
    }

    fn opened(&self, sequence: Sequence, opened: &Opened, values: Vec<f32>) {
        let volume =
            Affine::from_rows(opened.affine).and_then(|affine| Volume::new(opened.dims, values, affine));
        let Ok(volume) = volume else {
            return self.show_error("the engine sent an image that does not fit", "Reload the page");
        };
        self.viewer.set_image(sequence, Some((volume, opened.window, opened.focus_mm)));
        let doubts = opened.warnings.iter().map(|w| w.message.clone());
        let facts = Text::sentences(std::iter::once(opened.description.clone()).chain(doubts));
        set_text(&id(sequence, "facts"), text!("{name}: {facts}", name = &opened.name, facts));
        show(&id(sequence, "remove"), true);
        let source = format!("{}: {} (SHA-256 {}).", sequence.suffix(), opened.name, opened.sha256);
        let mut slots = self.slots.borrow_mut();
        let slot = slots.of_mut(sequence);
        (slot.source, slot.name) = (Some(source), opened.name.clone());
        drop(slots);
        if self.analysis.get().is_none() {
            self.idle();
        }
    }

    /// Names of the two files.
    fn names(&self) -> [String; 2] {
        let slots = self.slots.borrow();
        [slots.T1w.name.clone(), slots.T2w.name.clone()]
    }

    /// Has the engine write the shown answer's maps as files.
    fn ask_for_maps(self: &Rc<Self>) {
        self.exports.await_maps();
        let jobs = Sequence::BOTH.map(|sequence| self.send(Order::Map { sequence }, None));
        self.maps.borrow_mut().extend(jobs);
    }

    fn lay_maps(&self, maps: &[MapInfo], values: &[f32]) {
        let mut rest = values;
        for info in maps {
            let (own, others) = rest.split_at(info.dims.iter().product::<usize>().min(rest.len()));
            rest = others;
            let volume = Affine::from_rows(info.affine).and_then(|a| Volume::new(info.dims, own.to_vec(), a));
            if let Ok(volume) = volume {
                self.viewer.set_map(info.sequence, volume, info.full_scale);
            }
        }
    }

    fn enable(&self) {
        for id in ["analyse", "load-demo", "swap"] {
            let button = element(id);
            let allowed = if self.is_ready() {
                button.remove_attribute("disabled")
            } else {
                button.set_attribute("disabled", "")
            };
            // Both are valid on any element.
            let _ = allowed;
        }
    }
}

/// The id of a slot's part: `t1-input`.
fn id(sequence: Sequence, part: &str) -> String {
    format!("{}-{part}", if sequence == Sequence::T1w { "t1" } else { "t2" })
}

fn progress(share: f64) {
    let _ = element("progress").set_attribute("value", &share.clamp(0.0, 1.0).to_string());
}

/// The floats of a buffer.
fn values(buffer: &ArrayBuffer) -> Vec<f32> {
    Float32Array::new(buffer).to_vec()
}
