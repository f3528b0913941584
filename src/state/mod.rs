//! What the page holds and what it does when something happens; knows no browser and no bytes.
//!
//! `app` turns the document's and the worker's events into [`Event`]s and carries [`Effect`]s out. What holds at every
//! moment: an answer stands on the page only while everything that it was computed from stands there too (both files,
//! birth weight and covariates as they were typed, model, device), and the engine holds no image that the page neither
//! shows nor is about to show.

mod cohort;
mod dicom;
mod engine;
mod event;
mod files;
mod incoming;
mod list;
pub mod names;
mod undo;
mod view;

pub use event::{
    Answered, Choice, CohortView, Column, Complaint, Controls, DemoCase, Device, Effect, Event, Field,
    Handle, Made, Origin, Payload, Refused, SeriesList, SlotView, SortOrder,
};

use crate::engine::message::{ModelSummary, Order};
use crate::export::Line;
use crate::fault::Explained;
use crate::language::Text;
use crate::model::{DeviceChoice, ModelError, PerSequence, Sequence};
use crate::nomogram::{BirthWeight, Clinical};
use crate::text;
use cohort::Cohort;
use dicom::{Found, Search};
use engine::{Engine, Work};
use files::{Given, Progress};
use incoming::Incoming;
use list::List;
use std::rc::Rc;
use undo::{Before, Outcome};
use view::Shown;

/// A model that the engine answers with.
#[derive(Debug, Clone)]
struct Model {
    origin: Origin,
    summary: Rc<ModelSummary>,
}

/// A model that is being replaced: nothing may be asked of either.
#[derive(Debug, Clone)]
struct Replacing {
    origin: Origin,
    /// What reads its file, until the engine has it.
    ticket: Option<u32>,
}

/// What stands where the answer stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Panel {
    #[default]
    Empty,
    Error,
    Answer,
    Refusal,
}

/// The page's state.
#[derive(Debug, Default)]
pub struct State {
    engine: Engine,
    /// The model that is shown.
    model: Option<Model>,
    replacing: Option<Replacing>,
    /// What the reader wants to compute on, and what does.
    choice: DeviceChoice,
    device: Option<Device>,
    slots: PerSequence<Option<Given>>,
    /// Images that may take the place of those in the slots.
    incoming: PerSequence<Option<Incoming>>,
    /// DICOM files that are being looked through, and what the last ones held.
    search: Option<Search>,
    found: Option<Found>,
    demo: Option<DemoCase>,
    birth_weight: String,
    /// The birth weight is the demo's: nobody typed it.
    demo_weight: bool,
    /// Terms of a site's own model, with what was typed.
    covariates: Vec<(String, String)>,
    /// An analysis is asked for and waits for its images.
    wanted: bool,
    /// The job of the analysis whose answer will be shown.
    analysis: Option<u32>,
    /// Jobs that write the shown answer's maps.
    maps: Vec<u32>,
    panel: Panel,
    /// What computed the shown answer.
    answered_by: Option<Device>,
    /// The engine still has the shown answer, with its maps.
    in_engine: bool,
    /// The answer or the refusal that is shown.
    outcome: Option<Outcome>,
    /// What the last removal, swap, replacement or clearing took away.
    before: Option<Before>,
    /// What was answered for the images that come back.
    restoring: Option<Outcome>,
    /// Fields that lacked something when an analysis was asked for.
    marks: Vec<(Field, Complaint)>,
    list: List,
    cohort: Cohort,
    /// What the error that stands says.
    error: Option<Text>,
    last_ticket: u32,
    shown: Shown,
    effects: Vec<Effect>,
}

impl State {
    /// Takes an event; what is to be done about it, in this order.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        if !self.engine.is_unusable() {
            self.take(event);
            self.settle();
        }
        self.show_changes();
        std::mem::take(&mut self.effects)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Loading(step) => self.engine.loads(step),
            Event::Loaded { demo } => {
                self.demo = demo;
                self.start_engine();
            }
            Event::Unusable(complaint) => {
                self.engine.give_up_for_good();
                self.show_error(complaint);
            }
            Event::Listening { run } => self.listening(run),
            Event::Died { run } | Event::Garbled { run } if run == self.engine.run => self.died(),
            Event::Died { .. } | Event::Garbled { .. } => {}
            Event::Said { run, response, bytes, time } if run == self.engine.run => {
                self.said(*response, bytes, time);
            }
            Event::Said { .. } => {}
            Event::Read { ticket, result } => self.was_read(ticket, result),
            Event::Second => self.second(),
            Event::Cancelled => self.cancel(),
            Event::Label(label) => self.relabel(label),
            Event::RowRemoved(at) => self.remove_row(at),
            Event::ListCleared => self.clear_list(),
            Event::ListSorted(column) => self.sort_list(column),
            Event::TableRead { ticket, result } => self.table_was_read(ticket, result),
            Event::CohortChosen { key, label } => self.choose_of_cohort(&key, label),
            Event::CohortStarted => self.start_cohort(),
            Event::CohortPaused => self.pause_cohort(),
            Event::CohortCancelled => self.cancel_cohort(),
            Event::MapsAsked => self.ask_for_maps(),
            change => {
                // The reader goes on: an engine that stopped again and again gets another chance.
                self.engine.deaths = 0;
                self.take_change(change);
            }
        }
    }

    /// What the reader does to the inputs.
    fn take_change(&mut self, event: Event) {
        // Files may be for elsewhere, and an analysis is already asked for.
        if !matches!(
            event,
            Event::Given { .. }
                | Event::DicomGiven { .. }
                | Event::NotGiven(_)
                | Event::SeriesDismissed
                | Event::AnalysisAsked
                | Event::Undone
        ) {
            self.interrupt();
        }
        match event {
            Event::Given { files, over } => self.take_files(&files, over),
            Event::DicomGiven { batches, others } => self.take_dicom(batches, &others),
            Event::SeriesChosen(chosen) => self.choose_series(chosen),
            Event::SeriesDismissed => self.dismiss_series(),
            Event::NotGiven(complaint) => self.complain(complaint),
            Event::Removed(sequence) => {
                self.abandon_incoming();
                self.changed_undoably();
                self.vacate(sequence);
            }
            Event::Swapped => self.swap(),
            Event::Undone => self.undo(),
            Event::DemoAsked => self.take_demo(),
            Event::AnalysisAsked => self.ask_for_analysis(),
            Event::Reopened(at) => self.reopen(at),
            Event::BirthWeight(typed) => {
                (self.birth_weight, self.demo_weight) = (typed, false);
                self.changed();
            }
            Event::Covariate { term, typed } => {
                if let Some(own) = self.covariates.iter_mut().find(|(t, _)| *t == term) {
                    own.1 = typed;
                }
                self.changed();
            }
            Event::ModelChosen(file) => self.replace_model(Origin::Own(file)),
            Event::ModelRestored => self.replace_model(Origin::Shipped),
            Event::DeviceChosen(choice) => self.choose_device(choice),
            _ => {}
        }
    }

    /// Images want an engine: one that was given up gets another chance.
    fn revive(&mut self) {
        if self.engine.is_gone() {
            self.start_engine();
        }
    }

    /// The engine can be asked.
    fn is_ready(&self) -> bool {
        self.engine.has_model() && self.replacing.is_none()
    }

    /// An input changed: whatever was answered is no longer true, and what is being computed no longer wanted.
    fn changed(&mut self) {
        self.outdate();
        self.effects.push(Effect::Note(Text::default()));
    }

    /// The same where what was noted of the change still holds.
    fn outdate(&mut self) {
        self.analysis = None;
        self.wanted = false;
        (self.before, self.restoring) = (None, None);
        self.marks.clear();
        self.forget_refused();
        self.clear();
    }

    /// Takes number, curves and maps away, or what stands in their place.
    fn clear(&mut self) {
        self.forget_answer();
        if self.panel != Panel::Empty {
            self.panel = Panel::Empty;
            self.effects.push(Effect::Clear);
        }
    }

    fn forget_answer(&mut self) {
        self.maps.clear();
        self.answered_by = None;
        self.outcome = None;
        self.forget_shown_row();
    }

    fn show_error(&mut self, complaint: Complaint) {
        self.forget_answer();
        self.panel = Panel::Error;
        self.error = Some(complaint.message.clone());
        self.effects.push(Effect::ShowError(complaint));
    }

    /// Refuses something that destroys nothing: beside what is there, or, where nothing is, in its place.
    fn complain(&mut self, complaint: Complaint) {
        if matches!(self.panel, Panel::Empty | Panel::Error) && self.analysis.is_none() && !self.wanted {
            self.show_error(complaint);
        } else {
            self.effects.push(Effect::Note(Text::sentences([complaint.message, complaint.next_step])));
        }
    }

    /// However often it is pressed, one analysis runs; none where something is missing, all of which is marked.
    fn ask_for_analysis(&mut self) {
        if !self.is_ready() || self.wanted || self.analysis.is_some() {
            return;
        }
        self.marks = self.lacks();
        match self.marks.as_slice() {
            [] => {
                self.clear();
                self.wanted = true;
            }
            [(_, only)] => self.show_error(only.clone()),
            [(_, first), ..] => {
                let next_step = text!("{n} fields are marked: each says what it lacks", n = self.marks.len());
                self.show_error(Complaint::new(first.message.clone(), next_step));
            }
        }
    }

    /// What an analysis needs and has not, field by field.
    fn lacks(&self) -> Vec<(Field, Complaint)> {
        fn of(error: &impl Explained) -> Complaint {
            Complaint::new(error.text(), error.next_step())
        }
        let image = |sequence: Sequence| {
            let complaint = match self.slots.of(sequence) {
                _ if self.is_incoming(sequence) => None,
                // Nothing, or what was refused beside nothing.
                None => {
                    let refused = self.incoming.of(sequence).as_ref();
                    let complaint = refused.and_then(|incoming| incoming.given.complaint(sequence));
                    Some(complaint.unwrap_or_else(|| of(&ModelError::Missing(sequence))))
                }
                Some(given) => given.complaint(sequence),
            };
            complaint.map(|complaint| (Field::Image(sequence), complaint))
        };
        let weight = BirthWeight::parse(&self.birth_weight).err().map(|e| (Field::BirthWeight, of(&e)));
        let covariate = |(at, (term, typed)): (usize, &(String, String))| {
            Clinical::value(term, typed).err().map(|e| (Field::Covariate(at), of(&e)))
        };
        let images = Sequence::BOTH.into_iter().filter_map(image);
        images.chain(weight).chain(self.covariates.iter().enumerate().filter_map(covariate)).collect()
    }

    fn ask_for_maps(&mut self) {
        let is_open = |s: &Sequence| matches!(self.slots.of(*s), Some(g) if g.progress == Progress::Open);
        let settled = Sequence::BOTH.iter().all(is_open) && !self.is_anything_incoming();
        if self.panel == Panel::Answer && self.maps.is_empty() && self.is_ready() && settled {
            self.effects.push(Effect::ExportNote(text!("Writing the maps")));
            if !self.in_engine {
                // It computes the same once more: its images were closed since.
                self.send(self.analysis_order(), Work::Repeat);
            }
            self.maps = Sequence::BOTH.map(|s| self.send(Order::Map { sequence: s }, Work::Map)).to_vec();
        }
    }

    /// Asks for whatever can be asked for by now.
    fn settle(&mut self) {
        if self.is_ready() {
            self.ask_for_device();
            self.read_waiting();
            self.read_incoming();
            self.read_batch();
            self.analyse_wanted();
            self.read_picture();
            self.restore_outcome();
        }
        self.show_standing_error();
        self.go_on();
        self.show_standing_error();
    }

    /// Sends the analysis as soon as both images are in the engine; not while it still computes an overtaken one.
    fn analyse_wanted(&mut self) {
        if !self.wanted {
            return;
        }
        let is_open = |s: &Sequence| matches!(self.slots.of(*s), Some(g) if g.progress == Progress::Open);
        let runs = self.engine.is_about(&Work::Analyse) || self.engine.is_about(&Work::Repeat);
        if Sequence::BOTH.iter().all(is_open) && !self.is_anything_incoming() && !runs {
            self.wanted = false;
            self.analysis = Some(self.send(self.analysis_order(), Work::Analyse));
        }
    }

    fn analysis_order(&self) -> Order {
        Order::Analyse { birth_weight_g: self.birth_weight.clone(), covariates: self.covariates.clone() }
    }

    /// As long as there is no engine, or a slot's file cannot be used, that is what the page says.
    fn show_standing_error(&mut self) {
        if self.panel != Panel::Empty || self.wanted || self.analysis.is_some() {
            return;
        }
        let failed = |s| self.slots.of(s).as_ref().and_then(|given: &Given| given.complaint(s));
        let standing = self.engine.complaint().cloned();
        if let Some(complaint) = standing.or_else(|| Sequence::BOTH.into_iter().find_map(failed)) {
            self.show_error(complaint);
        }
    }

    fn ticket(&mut self) -> u32 {
        self.last_ticket += 1;
        self.last_ticket
    }

    /// Sends an order without a buffer.
    fn send(&mut self, order: Order, work: Work) -> u32 {
        self.send_with(order, work, Payload::Nothing)
    }

    fn send_with(&mut self, order: Order, work: Work, payload: Payload) -> u32 {
        if matches!(work, Work::Start | Work::Open(_) | Work::Close | Work::Analyse) {
            self.in_engine = false;
        }
        let job = self.engine.enqueue(work);
        self.effects.push(Effect::Send { job, order, payload });
        job
    }

    /// The terms that a model asks for besides the birth weight; another model's are none of its own.
    fn ask_for_covariates(&mut self, model: &ModelSummary) {
        let terms = model.nomogram.terms.iter().skip(Clinical::BEFORE);
        self.covariates = terms.map(|term| (term.clone(), String::new())).collect();
    }

    /// The newborns of this visit.
    #[must_use]
    pub fn lines(&self) -> Vec<&Line> {
        self.list.entries.iter().map(|entry| &entry.line).collect()
    }
}
