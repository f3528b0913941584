//! Exports: made in the page and handed to the browser's downloads or its print dialog. Nothing is stored.

mod list;
mod paper;

use super::context::Context;
use super::dom::{element, input, listen, set_text};
use super::moment::Moment;
use super::saving::{label, saved};
use super::viewer::Viewer;
use crate::engine::message::{MapInfo, ModelSummary, Record};
use crate::export::{Numbers, Row, csv, file_name};
use crate::fault::Notice;
use crate::language::Text;
use crate::model::{Assessment, Check, DeviceInfo, Sequence};
use crate::text;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlTextAreaElement};

/// What the page shows: an answer or a refusal, with what it was made from.
pub struct Shown {
    outcome: Outcome,
    warnings: Vec<Notice>,
    checks: Vec<Check>,
    record: Record,
    /// Names of the T1w and the T2w file.
    names: [String; 2],
    moment: Moment,
}

enum Outcome {
    Answer { assessment: Box<Assessment>, maps: Vec<MapInfo>, neighbours: Text },
    Refusal { reasons: Vec<Notice>, steps: Vec<Text> },
}

/// The exports' state.
pub struct Exports {
    viewer: Rc<Viewer>,
    context: Rc<Context>,
    model: RefCell<Option<(ModelSummary, DeviceInfo)>>,
    /// Nothing can be exported that is not shown.
    shown: RefCell<Option<Rc<Shown>>>,
    rows: RefCell<Vec<Row>>,
    /// The report on the screen, and how tight it is.
    paper: RefCell<Option<(crate::export::Report, &'static str)>>,
    /// The page's own title while the report's is in its place.
    title: RefCell<Option<String>>,
}

const OF_THE_SHOWN: [&str; 3] = ["export-report", "export-json", "export-cam"];

impl Exports {
    /// Exports that listen to their controls.
    pub fn new(viewer: &Rc<Viewer>, context: &Rc<Context>) -> Rc<Self> {
        let exports = Rc::new(Self {
            viewer: Rc::clone(viewer),
            context: Rc::clone(context),
            model: RefCell::new(None),
            shown: RefCell::new(None),
            rows: RefCell::default(),
            paper: RefCell::new(None),
            title: RefCell::new(None),
        });
        exports.on("export-json", Self::save_json);
        exports.on("export-csv", Self::save_csv);
        exports.on("export-report", Self::open_report);
        exports.on("print-report", Self::print_report);
        exports.on("save-report", Self::save_report);
        exports.on("close-report", Self::close_report);
        exports.on("clear-list", |this| {
            this.rows.borrow_mut().clear();
            list::show(this, &[]);
        });
        let this = Rc::clone(&exports);
        listen(&input("report-label"), "input", move |_| this.relabel());
        let this = Rc::clone(&exports);
        listen(&element("report"), "keydown", move |event| {
            let key = event.dyn_ref::<web_sys::KeyboardEvent>().map(web_sys::KeyboardEvent::key);
            if key.as_deref() == Some("Escape") {
                this.close_report();
            }
        });
        exports.clear();
        list::show(&exports, &[]);
        exports
    }

    fn on(self: &Rc<Self>, id: &str, action: impl Fn(&Rc<Self>) + 'static) {
        let this = Rc::clone(self);
        listen(&element(id), "click", move |_| action(&this));
    }

    /// Takes another model.
    pub fn set_model(&self, model: &ModelSummary, device: &DeviceInfo) {
        *self.model.borrow_mut() = Some((model.clone(), device.clone()));
    }

    /// Takes away what could be exported; the list of the visit stays.
    pub fn clear(self: &Rc<Self>) {
        self.close_report();
        *self.shown.borrow_mut() = None;
        self.enable(false);
        // The next newborn is another one.
        input("report-label").set_value("");
        comment().set_value("");
        set_text("export-note", "");
    }

    /// An answer is shown.
    pub fn show_answer(
        self: &Rc<Self>,
        assessment: &Assessment,
        maps: &[MapInfo],
        neighbours: Text,
        record: Record,
        names: [String; 2],
    ) {
        let outcome =
            Outcome::Answer { assessment: Box::new(assessment.clone()), maps: maps.to_vec(), neighbours };
        let (warnings, checks) = (assessment.warnings.clone(), assessment.checks.clone());
        self.take(Shown { outcome, warnings, checks, record, names, moment: Moment::now() });
    }

    /// A refusal is shown, with what to do about it.
    pub fn show_refusal(
        self: &Rc<Self>,
        [reasons, warnings]: [&[Notice]; 2],
        steps: Vec<Text>,
        checks: &[Check],
        record: Record,
        names: [String; 2],
    ) {
        let outcome = Outcome::Refusal { reasons: reasons.to_vec(), steps };
        let (warnings, checks) = (warnings.to_vec(), checks.to_vec());
        self.take(Shown { outcome, warnings, checks, record, names, moment: Moment::now() });
    }

    fn take(self: &Rc<Self>, shown: Shown) {
        if let Some(mut row) = self.row(&shown) {
            let mut rows = self.rows.borrow_mut();
            match rows.iter().position(|other| list::same(other, &row)) {
                // The same images again: they have their label.
                Some(at) => {
                    row.label.clone_from(&rows[at].label);
                    input("report-label").set_value(&row.label);
                    rows[at] = row;
                }
                None => rows.push(row),
            }
            list::show(self, &rows);
        }
        *self.shown.borrow_mut() = Some(Rc::new(shown));
        self.enable(true);
    }

    fn row(&self, shown: &Shown) -> Option<Row> {
        let model = self.model.borrow();
        let (model, device) = model.as_ref()?;
        let (answer, abstained) = match &shown.outcome {
            Outcome::Answer { assessment: a, .. } => {
                let numbers = Numbers {
                    probability: a.probability,
                    logit: a.logit,
                    interval95: a.interval95,
                    signatures: a.signatures,
                };
                (Some(numbers), vec![])
            }
            Outcome::Refusal { reasons, .. } => (None, reasons.iter().map(|r| r.code.clone()).collect()),
        };
        Some(Row {
            label: input("report-label").value(),
            time: shown.moment.iso(),
            provenance: shown.record.provenance.clone(),
            device: device.clone(),
            model: model.identity.clone(),
            synthetic: model.synthetic,
            answer,
            abstained,
            warnings: shown.warnings.iter().map(|w| w.message.to_string()).collect(),
        })
    }

    /// Gives the shown newborn's row the label that is typed.
    fn relabel(self: &Rc<Self>) {
        let Some(shown) = self.shown.borrow().clone() else { return };
        let Some(row) = self.row(&shown) else { return };
        let mut rows = self.rows.borrow_mut();
        if let Some(own) = rows.iter_mut().find(|other| list::same(other, &row)) {
            own.label.clone_from(&row.label);
            list::show(self, &rows);
        }
    }

    fn remove(self: &Rc<Self>, at: usize) {
        let mut rows = self.rows.borrow_mut();
        if at < rows.len() {
            rows.remove(at);
        }
        list::show(self, &rows);
    }

    fn enable(&self, anything: bool) {
        let answer =
            matches!(self.shown.borrow().as_deref(), Some(Shown { outcome: Outcome::Answer { .. }, .. }));
        for id in OF_THE_SHOWN {
            let allowed = anything && (id != "export-cam" || answer);
            if let Some(button) = element(id).dyn_ref::<HtmlButtonElement>() {
                button.set_disabled(!allowed);
            }
        }
        for id in ["report-label", "report-names"] {
            input(id).set_disabled(!anything);
        }
        comment().set_disabled(!anything);
    }

    /// The name of a file of what is shown.
    fn name(&self, shown: &Shown, part: &str, extension: &str) -> String {
        file_name(&label(), "newborn", &format!("{}{part}", shown.moment.stamp()), extension)
    }

    fn save_json(self: &Rc<Self>) {
        let Some(shown) = self.shown.borrow().clone() else { return };
        self.save(&self.name(&shown, "", "json"), "application/json", shown.record.document.as_bytes());
    }

    fn save_csv(self: &Rc<Self>) {
        let name = file_name("", "cohort", &Moment::now().stamp(), "csv");
        self.save(&name, "text/csv;charset=utf-8", &csv(self.rows.borrow().iter()));
    }

    /// Says that maps are being made.
    pub fn await_maps(&self) {
        set_text("export-note", text!("Writing the maps"));
    }

    /// Saves a map's file.
    pub fn save_map(&self, sequence: Sequence, file: &[u8]) {
        let Some(shown) = self.shown.borrow().clone() else { return };
        let part = format!("-{}_cam", sequence.suffix());
        self.save(&self.name(&shown, &part, "nii.gz"), "application/gzip", file);
    }

    fn save(&self, name: &str, kind: &str, bytes: &[u8]) {
        set_text("export-note", saved(name, kind, bytes));
    }
}

fn comment() -> HtmlTextAreaElement {
    // index.html has it as one.
    element("report-comment").unchecked_into()
}
