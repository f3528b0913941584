//! Exports: made in the page and handed to the browser's downloads or its print dialog. Nothing is stored.

mod list;
mod paper;

use super::context::Context;
use super::dom::{element, input, listen, on_change, set_text};
use super::moment::Moment;
use super::saving::{label, saved};
use super::viewer::Viewer;
use crate::engine::message::MapInfo;
use crate::export::{Line, csv, file_name, neighbours_sentence, next_steps};
use crate::fault::Notice;
use crate::language::Text;
use crate::model::{Assessment, Check, Sequence};
use crate::state::{Answered, Event, Made, Refused, SortOrder};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{HtmlButtonElement, HtmlTextAreaElement};

/// What the page shows: an answer or a refusal, with what it was made from.
pub struct Shown {
    outcome: Outcome,
    warnings: Vec<Notice>,
    checks: Vec<Check>,
    made: Made,
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
    /// Nothing can be exported that is not shown.
    shown: RefCell<Option<Rc<Shown>>>,
    /// The newborns of this visit, as the table on the page has them.
    lines: RefCell<(Vec<Line>, Option<SortOrder>)>,
    /// Small pictures of T1w images as addresses, by the image's SHA-256.
    thumbnails: RefCell<VecDeque<(String, String)>>,
    /// Tells the page what the reader does.
    tell: Box<dyn Fn(Event)>,
    /// The report on the screen, and how tight it is.
    paper: RefCell<Option<(crate::export::CaseReport, &'static str)>>,
    /// The page's own title while the report's is in its place.
    title: RefCell<Option<String>>,
}

/// Most small pictures that are kept: some KB each.
const MOST_THUMBNAILS: usize = 200;
const OF_THE_SHOWN: [&str; 3] = ["export-report", "export-json", "export-cam"];

impl Exports {
    /// Exports that listen to their controls.
    pub fn new(viewer: &Rc<Viewer>, context: &Rc<Context>, tell: impl Fn(Event) + 'static) -> Rc<Self> {
        let exports = Rc::new(Self {
            viewer: Rc::clone(viewer),
            context: Rc::clone(context),
            shown: RefCell::new(None),
            lines: RefCell::default(),
            thumbnails: RefCell::default(),
            tell: Box::new(tell),
            paper: RefCell::new(None),
            title: RefCell::new(None),
        });
        exports.on("export-json", Self::save_json);
        exports.on("export-csv", Self::save_csv);
        exports.on("export-report", Self::open_report);
        exports.on("print-report", Self::print_report);
        exports.on("save-report", Self::save_report);
        exports.on("close-report", Self::close_report);
        exports.on("clear-list", |this| (this.tell)(Event::ListCleared));
        let this = Rc::clone(&exports);
        listen(&input("report-label"), "input", move |_| (this.tell)(Event::Label(label())));
        let this = Rc::clone(&exports);
        listen(&element("report"), "keydown", move |event| {
            let key = event.dyn_ref::<web_sys::KeyboardEvent>().map(web_sys::KeyboardEvent::key);
            if key.as_deref() == Some("Escape") {
                this.close_report();
            }
        });
        exports.listen_to_printing();
        exports.clear();
        for (id, column) in list::COLUMNS {
            exports.on(id, move |this| (this.tell)(Event::ListSorted(column)));
        }
        exports.show_rows(vec![], None);
        let this = Rc::clone(&exports);
        // Times are written as the language does.
        on_change(move || list::show(&this));
        exports
    }

    fn on(self: &Rc<Self>, id: &str, action: impl Fn(&Rc<Self>) + 'static) {
        let this = Rc::clone(self);
        listen(&element(id), "click", move |_| action(&this));
    }

    /// Takes away what could be exported; the list of the visit stays.
    pub fn clear(self: &Rc<Self>) {
        self.close_report();
        *self.shown.borrow_mut() = None;
        self.enable(false);
        // The next newborn is another one.
        comment().set_value("");
        for id in ["scan-date", "scan-age"] {
            input(id).set_value("");
        }
        set_text("export-note", "");
    }

    /// An answer is shown.
    pub fn show_answer(&self, answered: Answered, moment: Moment) {
        let Answered { assessment, maps, neighbours, made } = answered;
        let (warnings, checks) = (assessment.warnings.clone(), assessment.checks.clone());
        let neighbours = neighbours_sentence(&neighbours, made.model.synthetic);
        let outcome = Outcome::Answer { assessment, maps, neighbours };
        self.take(Shown { outcome, warnings, checks, made, moment });
    }

    /// A refusal is shown, with what to do about it.
    pub fn show_refusal(&self, refused: Refused, moment: Moment) {
        let Refused { reasons, warnings, checks, made } = refused;
        let steps = next_steps(&reasons);
        let outcome = Outcome::Refusal { reasons, steps };
        self.take(Shown { outcome, warnings, checks, made, moment });
    }

    fn take(&self, shown: Shown) {
        *self.shown.borrow_mut() = Some(Rc::new(shown));
        self.enable(true);
    }

    /// Shows the newborns of this visit.
    pub fn show_rows(self: &Rc<Self>, lines: Vec<Line>, order: Option<SortOrder>) {
        *self.lines.borrow_mut() = (lines, order);
        list::show(self);
    }

    /// Keeps a small picture of a newborn for the list, and gives up the oldest where there are too many.
    pub fn keep_thumbnail(&self, sha256: &str, address: Option<String>) {
        let Some(address) = address else { return };
        let mut kept = self.thumbnails.borrow_mut();
        kept.retain(|(own, _)| own != sha256);
        if kept.len() >= MOST_THUMBNAILS {
            kept.pop_front();
        }
        kept.push_back((sha256.to_owned(), address));
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
        for id in ["report-label", "report-names", "scan-date", "scan-age"] {
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
        self.save(&self.name(&shown, "", "json"), "application/json", shown.made.record.document.as_bytes());
    }

    fn save_csv(self: &Rc<Self>) {
        let name = file_name("", "cohort", &Moment::now().stamp(), "csv");
        self.save(&name, "text/csv;charset=utf-8", &csv(&self.lines.borrow().0));
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
