//! What the reader does, as events.

use super::{Page, asked_device, id};
use crate::app::dom::{element, input, listen, window};
use crate::app::{card, intake};
use crate::model::{DeviceChoice, Sequence};
use crate::state::{Event, Handle};
use gloo::timers::callback::Interval;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, File, HtmlInputElement, HtmlSelectElement, KeyboardEvent};

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
            if let Some(file) = chosen(&input("model-input")) {
                this.tell(Event::ModelChosen(this.handle(file)));
            }
        });
        self.on_click("restore-model", || Event::ModelRestored);
        self.on_click("swap", || Event::Swapped);
        self.on_click("analyse", || Event::AnalysisAsked);
        let this = Rc::clone(self);
        listen(&element("swap-analyse"), "click", move |_| {
            this.tell(Event::Swapped);
            this.tell(Event::AnalysisAsked);
        });
        self.on_click("load-demo", || Event::DemoAsked);
        self.on_click("cancel", || Event::Cancelled);
        self.on_click("export-cam", || Event::MapsAsked);
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
            let dropped =
                event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer).and_then(|d| d.files());
            let files: Vec<Handle> = intake::files(dropped).into_iter().map(|f| this.handle(f)).collect();
            let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
            let is_over = |s: &Sequence| element(&id(*s, "slot")).contains(target.as_ref());
            let over = Sequence::BOTH.into_iter().find(is_over);
            this.tell(Event::Dropped { files, over });
        });
    }

    /// Takes the file that was chosen with a slot's button.
    pub(super) fn take_chosen(&self, sequence: Sequence) {
        if let Some(file) = chosen(&input(&id(sequence, "input"))) {
            self.tell(Event::Chosen(sequence, self.handle(file)));
        }
    }

    /// Takes the birth weight that is typed.
    pub(super) fn take_typed(&self) {
        self.tell(Event::BirthWeight(input("birth-weight").value()));
    }
}

/// The file of a field, which is emptied, so that the same file can be chosen again.
fn chosen(field: &HtmlInputElement) -> Option<File> {
    let file = intake::files(field.files()).into_iter().next()?;
    field.set_value("");
    Some(file)
}

fn choice(value: &str) -> Option<DeviceChoice> {
    match value {
        "auto" => Some(DeviceChoice::Auto),
        "gpu" => Some(DeviceChoice::Gpu),
        "cpu" => Some(DeviceChoice::Cpu),
        _ => None,
    }
}
