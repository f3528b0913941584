//! What the reader does, as events.

use super::perform::CHOICES;
use super::{Page, asked_device, id};
use crate::app::dom::{element, input, is_taken, listen, window};
use crate::app::intake::Given;
use crate::app::{card, intake, series};
use crate::bids::newborn_of;
use crate::dicom::is_directory;
use crate::model::{DeviceChoice, Sequence};
use crate::state::Event;
use gloo::timers::callback::Interval;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, HtmlInputElement, HtmlSelectElement, KeyboardEvent};

/// DICOM files are looked through so many bytes at a time, or one by one where they are larger.
const BATCH_BYTES: f64 = 64e6;

impl Page {
    pub(super) fn listen(self: &Rc<Self>) {
        for sequence in Sequence::BOTH {
            let this = Rc::clone(self);
            listen(&input(&id(sequence, "input")), "change", move |_| this.take_chosen(sequence));
            self.on_click(&id(sequence, "remove"), move || Event::Removed(sequence));
        }
        let this = Rc::clone(self);
        listen(&input("dicom-input"), "change", move |_| this.give_chosen("dicom-input", None));
        self.on_click("use-series", || Event::SeriesChosen(series::chosen()));
        self.on_click("dismiss-series", || Event::SeriesDismissed);
        card::listen_to_buttons();
        let this = Rc::clone(self);
        listen(&input("model-input"), "change", move |_| {
            if let Some(file) = chosen(&input("model-input")).into_iter().next() {
                this.tell(Event::ModelChosen(this.handle(file)));
            }
        });
        self.on_click("restore-model", || Event::ModelRestored);
        self.on_click("swap", || Event::Swapped);
        self.on_click("undo", || Event::Undone);
        let this = Rc::clone(self);
        listen(&window(), "keydown", move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
            let asks = (key.ctrl_key() || key.meta_key()) && !key.shift_key() && key.key() == "z";
            if asks && !is_taken(event) {
                event.prevent_default();
                this.tell(Event::Undone);
            }
        });
        self.on_click("analyse", || Event::AnalysisAsked);
        let this = Rc::clone(self);
        listen(&element("swap-analyse"), "click", move |_| {
            this.tell(Event::Swapped);
            this.tell(Event::AnalysisAsked);
        });
        self.on_click("load-demo", || Event::DemoAsked);
        self.on_click("cancel", || Event::Cancelled);
        self.on_click("export-cam", || Event::MapsAsked);
        self.on_click("cohort-start", || Event::CohortStarted);
        self.on_click("cohort-pause", || Event::CohortPaused);
        self.on_click("cohort-cancel", || Event::CohortCancelled);
        for key in CHOICES {
            let select: HtmlSelectElement = element(&format!("cohort-{key}")).unchecked_into();
            let this = Rc::clone(self);
            listen(&select.clone(), "change", move |_| {
                let label = Some(select.value()).filter(|label| !label.is_empty());
                this.tell(Event::CohortChosen { key: key.to_owned(), label });
            });
        }
        let this = Rc::clone(self);
        listen(&input("folder-input"), "change", move |_| this.give_chosen("folder-input", None));
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
                    Ok(files) => this.give(files, over).await,
                    Err(complaint) => this.tell(Event::NotGiven(complaint)),
                }
            });
        });
    }

    /// Takes the files that were chosen with a slot's button.
    pub(super) fn take_chosen(self: &Rc<Self>, sequence: Sequence) {
        self.give_chosen(&id(sequence, "input"), Some(sequence));
    }

    /// Takes the files of a field.
    pub(super) fn give_chosen(self: &Rc<Self>, field: &str, over: Option<Sequence>) {
        let chosen = chosen(&input(field));
        // Images are in their slot before the reader's next click: only what is named otherwise is looked into first.
        if over.is_some() && chosen.iter().all(|given| is_named_as_image(&given.file.name())) {
            self.give_images(chosen, over);
        } else {
            let this = Rc::clone(self);
            spawn_local(async move { this.give(chosen, over).await });
        }
    }

    fn give_images(&self, files: Vec<Given>, over: Option<Sequence>) {
        if !files.is_empty() {
            let files = files.into_iter().map(|file| self.handle(file)).collect();
            self.tell(Event::Given { files, over });
        }
    }

    /// Files are images by themselves, unless some of them are DICOM: then those are one export of a PACS.
    async fn give(&self, files: Vec<Given>, over: Option<Sequence>) {
        let mut dicom = Vec::new();
        for given in &files {
            dicom.push(intake::is_dicom(&given.file).await);
        }
        // A list of the others is none of them, and taken by itself it is told so.
        let lists: Vec<bool> = files.iter().map(|given| is_directory(&given.file.name())).collect();
        if dicom.iter().zip(&lists).any(|(is_dicom, is_list)| *is_dicom && !is_list) {
            dicom.iter_mut().zip(lists).for_each(|(is_dicom, is_list)| *is_dicom &= !is_list);
        }
        if !dicom.contains(&true) {
            return self.give_images(files, over);
        }
        let (mut batches, mut room, mut newborn, mut others) = (Vec::new(), 0.0, None, Vec::new());
        for (given, is_dicom) in files.into_iter().zip(dicom) {
            if !is_dicom {
                others.push(self.handle(given));
                continue;
            }
            let own = newborn_of(&given.folder);
            if batches.is_empty() || given.file.size() > room || own != newborn {
                batches.push(Vec::new());
                (room, newborn) = (BATCH_BYTES, own);
            }
            room -= given.file.size();
            let handle = self.handle(given);
            if let Some(batch) = batches.last_mut() {
                batch.push(handle);
            }
        }
        self.tell(Event::DicomGiven { batches, others });
    }

    /// Takes the birth weight that is typed.
    pub(super) fn take_typed(&self) {
        self.tell(Event::BirthWeight(input("birth-weight").value()));
    }
}

fn is_named_as_image(name: &str) -> bool {
    let name = name.to_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    [".nii", ".hdr", ".img", ".safetensors"].iter().any(|end| plain.ends_with(end))
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
