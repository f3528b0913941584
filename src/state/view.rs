//! What follows from the state alone: status, slots, controls, device. It is shown when it changes, so that no sentence
//! overwrites another.

use super::engine::{Gpu, Work};
use super::files::{Given, Progress};
use super::{CohortView, Complaint, Controls, Effect, Field, Panel, SlotView, State};
use crate::language::{Text, Value};
use crate::model::{PerSequence, Sequence};
use crate::text;

/// Seconds without a sign of life after which the page says so.
const SILENT_S: u32 = 20;

/// What was shown last.
#[derive(Debug, Default)]
pub(super) struct Shown {
    status: Option<(Text, f64)>,
    slots: PerSequence<Option<SlotView>>,
    controls: Option<Controls>,
    device: Option<Text>,
    cohort: Option<CohortView>,
    marks: Vec<(Field, Complaint)>,
    kept: Vec<u32>,
}

impl State {
    pub(super) fn show_changes(&mut self) {
        let status = self.status();
        if self.shown.status.as_ref() != Some(&status) {
            let (phrase, fraction) = status.clone();
            self.effects.push(Effect::Status { phrase, fraction });
            self.shown.status = Some(status);
        }
        for sequence in Sequence::BOTH {
            let view = self.slot_view(sequence);
            let shown = self.shown.slots.of_mut(sequence);
            if shown.as_ref() != Some(&view) {
                *shown = Some(view.clone());
                self.effects.push(Effect::Slot(sequence, view));
            }
        }
        let controls = self.controls();
        if self.shown.controls != Some(controls) {
            self.shown.controls = Some(controls);
            self.effects.push(Effect::Controls(controls));
        }
        if self.shown.marks != self.marks {
            self.shown.marks.clone_from(&self.marks);
            let told = |(field, complaint): &(Field, Complaint)| {
                (*field, Text::sentences([complaint.message.clone(), complaint.next_step.clone()]))
            };
            self.effects.push(Effect::Marks(self.marks.iter().map(told).collect()));
        }
        let kept = self.kept();
        if self.shown.kept != kept {
            self.shown.kept.clone_from(&kept);
            self.effects.push(Effect::Keep(kept));
        }
        let cohort = self.cohort_view();
        if self.shown.cohort.as_ref() != Some(&cohort) {
            self.shown.cohort = Some(cohort.clone());
            self.effects.push(Effect::Cohort(cohort));
        }
        let device = self.device_words();
        if self.shown.device.as_ref() != Some(&device) {
            self.shown.device = Some(device.clone());
            self.effects.push(Effect::Device(device));
        }
    }

    /// What happens now, and the share of it that is done.
    fn status(&self) -> (Text, f64) {
        let engine = &self.engine;
        let silent = engine.silent_s >= SILENT_S;
        let stage = |otherwise: Text| engine.stage.clone().unwrap_or((otherwise, 0.0));
        if engine.is_unusable() {
            (text!("No analysis"), 0.0)
        } else if engine.is_loading() {
            let (step, _) = stage(text!("Loading the page"));
            if silent {
                let slow = text!("{step}: it takes long. Check the connection, or reload the page.", step);
                (slow, 0.0)
            } else {
                (step, 0.0)
            }
        } else if engine.is_gone() {
            (if self.model.is_some() { text!("Stopped") } else { text!("No model") }, 0.0)
        } else if silent && self.is_waiting() {
            (text!("The engine has been silent for a while: wait, or cancel and try again."), 0.0)
        } else if engine.is_starting() {
            stage(text!("Starting the engine"))
        } else if let Some(search) = &self.search {
            (text!("Looking through the DICOM files"), search.fraction())
        } else if engine.is_busy() {
            let current = engine.current();
            if matches!(current, Some(Work::Device | Work::Close | Work::Draw)) {
                (text!("Waiting for the engine"), 0.0)
            } else {
                stage(text!("Waiting for the engine"))
            }
        } else if self.replacing.is_some() {
            (text!("Reading the model"), 0.0)
        } else if self.wanted || self.is_reading() {
            (text!("Reading the images"), 0.0)
        } else {
            match self.panel {
                Panel::Answer => (text!("Done"), 1.0),
                Panel::Refusal => (text!("No probability"), 0.0),
                Panel::Error => (text!("No result"), 0.0),
                Panel::Empty => (text!("Ready"), 0.0),
            }
        }
    }

    /// A file is still to be read.
    pub(super) fn is_reading(&self) -> bool {
        let reading = |s: &Sequence| {
            let progress = self.slots.of(*s).as_ref().map(|given: &Given| &given.progress);
            matches!(progress, Some(Progress::Waiting | Progress::Reading(_)))
        };
        Sequence::BOTH.iter().any(reading) || self.is_anything_incoming()
    }

    /// Something is expected of the engine.
    pub(super) fn is_waiting(&self) -> bool {
        self.engine.is_asked() || self.engine.is_starting()
    }

    fn slot_view(&self, sequence: Sequence) -> SlotView {
        let incoming = self.incoming.of(sequence).as_ref().map(|incoming| Self::given_words(&incoming.given));
        match (self.slots.of(sequence), incoming) {
            (None, None) => SlotView { facts: text!("Choose or drop a file."), taken: false },
            (None, Some(facts)) => SlotView { facts, taken: false },
            (Some(given), incoming) => {
                let incoming = incoming.into_iter().flat_map(|words| [" ".into(), Value::from(&words)]);
                let facts = std::iter::once(Value::from(&Self::given_words(given))).chain(incoming);
                SlotView { facts: Text::joined(facts), taken: true }
            }
        }
    }

    /// How far an image is, or why it is not.
    fn given_words(given: &Given) -> Text {
        let file = &given.name;
        match &given.progress {
            Progress::Open => text!("{name}: {facts}", name = file, facts = &given.facts),
            Progress::Failed(complaint) => {
                let reason = Value::sentence(&complaint.message);
                text!("{file}: refused. {reason}", file, reason)
            }
            Progress::Waiting => text!("{file}: waiting for the engine.", file),
            Progress::Reading(_) | Progress::Opening(_) => text!("{file}: being read.", file),
        }
    }

    fn controls(&self) -> Controls {
        let ready = self.is_ready();
        let stuck = self.engine.silent_s >= SILENT_S && self.is_waiting();
        let taken = |s: &Sequence| self.slots.of(*s).is_some();
        Controls {
            ready,
            swap: ready && Sequence::BOTH.iter().any(taken),
            complete: ready && self.lacks().is_empty(),
            running: self.wanted || self.analysis.is_some(),
            undo: self.before.is_some(),
            demo: ready && self.demo.is_some(),
            cancel: self.engine.is_busy() && self.engine.has_model() || stuck,
            revive: self.engine.is_gone(),
        }
    }

    /// What computed the answer that is shown, and what computes the next one, with the reason.
    fn device_words(&self) -> Text {
        let Some(now) = &self.device else {
            let shown = self.answered_by.as_ref().map(|d| d.info.name.clone());
            return shown.unwrap_or_else(|| text!("not chosen yet"));
        };
        let testing = (self.engine.gpu == Gpu::Asked).then(|| text!("The graphics adapter is being tested."));
        match &self.answered_by {
            Some(shown) if shown.info != now.info => {
                let next = text!("From the next analysis on: {device}.", device = &now.info.name);
                Text::sentences([shown.info.name.clone(), shown.why.clone(), next].into_iter().chain(testing))
            }
            Some(shown) => {
                Text::sentences([shown.info.name.clone(), shown.why.clone()].into_iter().chain(testing))
            }
            None => Text::sentences([now.info.name.clone(), now.why.clone()].into_iter().chain(testing)),
        }
    }
}
