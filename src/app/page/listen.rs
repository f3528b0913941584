//! What the reader does, as events.

use super::{Page, asked_device, id};
use crate::app::dom::{element, input, listen, window};
use crate::app::intake::Given;
use crate::app::{card, intake};
use crate::model::{DeviceChoice, Sequence};
use crate::state::Event;
use gloo::timers::callback::Interval;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, HtmlInputElement, HtmlSelectElement, KeyboardEvent};

impl Page {
    pub(super) fn listen(self: &Rc<Self>) {
        for sequence in Sequence::BOTH {
            let this = Rc::clone(self);
            listen(&input(&id(sequence, "input")), "change", move |_| this.take_chosen(sequence));
            self.on_click(&id(sequence, "remove"), move || Event::Removed(sequence));
        }
        card::listen_to_buttons();
        let this = Rc::clone(self);
        listen(&input("model-input"), "change", move |_| {
            if let Some(file) = chosen(&input("model-input")).into_iter().next() {
                this.tell(Event::ModelChosen(this.handle(file)));
            }
        });
        self.on_click("restore-model", || Event::ModelRestored);
        self.on_click("swap", || Event::Swapped);
        self.on_click("analyse", || Event::AnalysisAsked);
        self.on_click("load-demo", || Event::DemoAsked);
        self.on_click("cancel", || Event::Cancelled);
        self.on_click("export-cam", || Event::MapsAsked);
        self.on_click("cohort-start", || Event::CohortStarted);
        self.on_click("cohort-pause", || Event::CohortPaused);
        self.on_click("cohort-cancel", || Event::CohortCancelled);
        let this = Rc::clone(self);
        listen(&input("folder-input"), "change", move |_| this.give(chosen(&input("folder-input")), None));
        let this = Rc::clone(self);
        listen(&input("birth-weight"), "input", move |_| this.take_typed());
        let this = Rc::clone(self);
        listen(&input("birth-weight"), "keydown", move |event| {
            if event.dyn_ref::<KeyboardEvent>().is_some_and(|key| key.key() == "Enter") {
                this.tell(Event::AnalysisAsked);
            }
        });
        self.listen_to_drops();
        let this = Rc::clone(self);
        Interval::new(1000, move || this.tell(Event::Second)).forget();
    }

    fn on_click(self: &Rc<Self>, id: &str, event: impl Fn() -> Event + 'static) {
        let this = Rc::clone(self);
        listen(&element(id), "click", move |_| this.tell(event()));
    }

    /// Takes the device that is chosen, in the page's address too, and listens to the choice.
    pub(super) fn take_device(self: &Rc<Self>) {
        let select: HtmlSelectElement = element("device-choice").unchecked_into();
        if let Some(asked) = asked_device().filter(|asked| choice(asked).is_some()) {
            select.set_value(&asked);
        }
        if let Some(choice) = choice(&select.value()) {
            self.tell(Event::DeviceChosen(choice));
        }
        let this = Rc::clone(self);
        listen(&element("device-choice"), "change", move |_| {
            if let Some(choice) = choice(&select.value()) {
                this.tell(Event::DeviceChosen(choice));
            }
        });
    }

    fn listen_to_drops(self: &Rc<Self>) {
        listen(&window(), "dragover", web_sys::Event::prevent_default);
        let this = Rc::clone(self);
        listen(&window(), "drop", move |event| {
            event.prevent_default();
            let Some(data) = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer) else { return };
            let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
            let is_over = |s: &Sequence| element(&id(*s, "slot")).contains(target.as_ref());
            let over = Sequence::BOTH.into_iter().find(is_over);
            let (this, dropped) = (Rc::clone(&this), intake::Dropped::take(&data));
            spawn_local(async move {
                match dropped.files().await {
                    Ok(files) => this.give(files, over),
                    Err(complaint) => this.tell(Event::NotGiven(complaint)),
                }
            });
        });
    }

    /// Takes the files that were chosen with a slot's button.
    pub(super) fn take_chosen(&self, sequence: Sequence) {
        let chosen = chosen(&input(&id(sequence, "input")));
        if !chosen.is_empty() {
            self.give(chosen, Some(sequence));
        }
    }

    fn give(&self, files: Vec<Given>, over: Option<Sequence>) {
        let files = files.into_iter().map(|file| self.handle(file)).collect();
        self.tell(Event::Given { files, over });
    }

    /// Takes the birth weight that is typed.
    pub(super) fn take_typed(&self) {
        self.tell(Event::BirthWeight(input("birth-weight").value()));
    }
}

/// The files of a field, which is emptied, so that the same ones can be chosen again.
fn chosen(field: &HtmlInputElement) -> Vec<Given> {
    let files = intake::files(field.files());
    if !files.is_empty() {
        field.set_value("");
    }
    files
}

fn choice(value: &str) -> Option<DeviceChoice> {
    match value {
        "auto" => Some(DeviceChoice::Auto),
        "gpu" => Some(DeviceChoice::Gpu),
        "cpu" => Some(DeviceChoice::Cpu),
        _ => None,
    }
}
