//! The engine as the page sees it: what it was asked, in order, and what becomes of that when it answers or stops.

use super::{
    Answered, Complaint, Device, Effect, Made, Model, Origin, Outcome, Payload, Refused, Replacing, State,
};
use crate::engine::message::{Answer, ModelSummary, Order, Record, Response};
use crate::fault::Fault;
use crate::language::Text;
use crate::model::{DeviceChoice, DeviceInfo, Sequence};
use crate::text;
use std::collections::VecDeque;
use std::rc::Rc;

/// Seconds without a word after which an engine that was asked for something is taken to hang: on the slowest machines
/// that were tried the longest silence, the compilation of all shaders in software, was some 100.
const HUNG_S: u32 = 300;
/// How often an engine is started anew before the reader does something.
const MOST_DEATHS: u32 = 3;

/// What a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Start,
    Open(Sequence),
    Close,
    Analyse,
    /// The shown answer once more, for its maps.
    Repeat,
    Map,
    Device,
    Look,
    Draw,
}

/// How far it is.
#[derive(Debug, Clone, Default)]
enum Phase {
    /// The page is still being loaded.
    #[default]
    Loading,
    /// The page takes no images.
    Unusable,
    /// Started, not listening yet.
    Booting,
    /// Listening, without a model.
    Bare,
    Ready,
    /// It stopped too often, or no model can be used.
    Gone(Complaint),
}

/// Where the graphics adapter stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Gpu {
    #[default]
    Untested,
    Asked,
    Told,
}

/// The engine.
#[derive(Debug, Default)]
pub(super) struct Engine {
    phase: Phase,
    /// Which worker it is: another number for each one that was started.
    pub run: u32,
    last_job: u32,
    /// What it has been asked and has not answered, in order.
    queue: VecDeque<(u32, Work)>,
    /// What it does now, and how far it is.
    pub stage: Option<(Text, f64)>,
    /// Seconds since it was heard of.
    pub silent_s: u32,
    /// How often it stopped since the reader did something.
    pub deaths: u32,
    pub gpu: Gpu,
    /// The adapter failed when it was used: it is not tried again by itself.
    gpu_failed: Option<Text>,
}

impl Engine {
    pub fn is_unusable(&self) -> bool {
        matches!(self.phase, Phase::Unusable)
    }

    pub fn is_loading(&self) -> bool {
        matches!(self.phase, Phase::Loading)
    }

    pub fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Gone(_))
    }

    /// Why it was given up.
    pub fn complaint(&self) -> Option<&Complaint> {
        if let Phase::Gone(complaint) = &self.phase { Some(complaint) } else { None }
    }

    /// It has a model and can be asked.
    pub fn has_model(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// It is being started, with or without a model.
    pub fn is_starting(&self) -> bool {
        matches!(self.phase, Phase::Booting | Phase::Bare)
    }

    pub fn give_up_for_good(&mut self) {
        self.phase = Phase::Unusable;
    }

    /// A step of loading the page.
    pub fn loads(&mut self, step: Text) {
        (self.stage, self.silent_s) = (Some((step, 0.0)), 0);
    }

    /// Notes a job that is being sent.
    pub fn enqueue(&mut self, work: Work) -> u32 {
        if self.queue.is_empty() {
            self.silent_s = 0;
        }
        self.last_job += 1;
        self.queue.push_back((self.last_job, work));
        self.last_job
    }

    /// Whether such a job has been sent and not been answered.
    pub fn is_about(&self, work: &Work) -> bool {
        self.queue.iter().any(|(_, other)| other == work)
    }

    /// Whether it has been asked for anything, and for anything that the reader waits for.
    pub fn is_asked(&self) -> bool {
        !self.queue.is_empty()
    }

    pub fn is_busy(&self) -> bool {
        self.queue.iter().any(|(_, work)| !matches!(work, Work::Close | Work::Device | Work::Draw))
    }

    /// Whether it has been asked for what leaves it without the images that it has.
    pub fn will_change_images(&self) -> bool {
        self.queue.iter().any(|(_, work)| matches!(work, Work::Start | Work::Open(_) | Work::Close))
    }

    /// What it does now.
    pub fn current(&self) -> Option<Work> {
        self.queue.front().map(|(_, work)| *work)
    }
}

impl State {
    /// Starts a worker, in place of the one that there may be.
    pub(super) fn start_engine(&mut self) {
        self.forget_engine(Phase::Booting);
        self.effects.push(Effect::StartEngine { run: self.engine.run });
    }

    /// Whatever the worker was asked and has been told is gone with it.
    fn forget_engine(&mut self, phase: Phase) {
        if !self.maps.is_empty() {
            self.maps.clear();
            self.effects.push(Effect::ExportNote(text!("The maps could not be written: analyse again.")));
        }
        self.in_engine = false;
        self.give_again();
        if let Some(search) = &mut self.search {
            search.begin_again();
        }
        if let Some(found) = &mut self.found {
            found.begin_again();
        }
        let engine = &mut self.engine;
        engine.run += 1;
        engine.phase = phase;
        engine.queue.clear();
        (engine.stage, engine.silent_s, engine.gpu) = (None, 0, Gpu::Untested);
        self.device = None;
    }

    /// The worker listens: it gets the model that was wanted, or the one before.
    pub(super) fn listening(&mut self, run: u32) {
        if run == self.engine.run && matches!(self.engine.phase, Phase::Booting) {
            self.engine.phase = Phase::Bare;
            self.engine.silent_s = 0;
            let wanted = self.replacing.take().map(|r| r.origin);
            let origin = wanted.or_else(|| self.model.as_ref().map(|m| m.origin.clone()));
            self.begin(origin.unwrap_or_default());
        }
    }

    /// Replaces the model at the reader's wish.
    pub(super) fn replace_model(&mut self, origin: Origin) {
        if self.is_ready() {
            self.begin(origin);
        } else {
            self.complain(Complaint::new(
                text!("another model is still being looked at"),
                text!("Wait until it is ready"),
            ));
        }
    }

    /// Hands the engine a bundle, once its file is read.
    fn begin(&mut self, origin: Origin) {
        let ticket = if let Origin::Own(file) = &origin {
            let (files, ticket) = (vec![file.clone()], self.ticket());
            self.effects.push(Effect::Read { ticket, files });
            Some(ticket)
        } else {
            self.send_with(Order::Start, Work::Start, Payload::ShippedModel);
            None
        };
        self.replacing = Some(Replacing { origin, ticket });
    }

    /// A file's bytes are in hand, or will never be.
    pub(super) fn was_read(&mut self, ticket: u32, result: Result<Vec<u32>, Complaint>) {
        let taken = self.image_was_read(ticket, &result)
            || self.batch_was_read(ticket, &result)
            || self.picture_was_read(ticket, &result);
        if taken {
            return;
        }
        let Some(replacing) = self.replacing.as_mut().filter(|r| r.ticket == Some(ticket)) else { return };
        match result {
            // The engine that comes reads it again.
            Ok(_) if !matches!(self.engine.phase, Phase::Bare | Phase::Ready) => {}
            Ok(_) => {
                replacing.ticket = None;
                self.send_with(Order::Start, Work::Start, Payload::InHand);
            }
            Err(complaint) => self.model_refused(complaint),
        }
    }

    /// A bundle cannot be used: the model before it stays, or comes back to an engine that has none.
    fn model_refused(&mut self, complaint: Complaint) {
        let Some(Replacing { origin, .. }) = self.replacing.take() else { return };
        let complaint = match &origin {
            Origin::Own(file) => complaint.about(&file.name),
            Origin::Shipped => complaint,
        };
        if self.model.is_some() || origin != Origin::Shipped {
            let Complaint { message, next_step } = complaint.clone();
            let kept = text!("The model before it stays in use.");
            self.complain(Complaint::new(message, Text::sentences([next_step, kept])));
        }
        if self.engine.has_model() {
            return;
        }
        let before = self.model.as_ref().map(|m| m.origin.clone()).unwrap_or_default();
        if before != origin {
            self.begin(before);
        } else if origin != Origin::Shipped {
            self.begin(Origin::Shipped);
        } else {
            self.forget_engine(Phase::Gone(complaint));
        }
    }

    /// The engine has started a model.
    fn ready(&mut self, info: DeviceInfo, summary: ModelSummary) {
        let origin = self.replacing.take().map(|r| r.origin).unwrap_or_default();
        self.engine.phase = Phase::Ready;
        let (told, why) = match (self.choice, self.engine.gpu_failed.clone()) {
            (DeviceChoice::Cpu, _) => (Gpu::Told, DeviceChoice::chosen()),
            (_, Some(why)) => (Gpu::Told, why),
            (DeviceChoice::Auto | DeviceChoice::Gpu, None) => (Gpu::Untested, Text::default()),
        };
        self.engine.gpu = told;
        self.device = Some(Device { info, why });
        // The engine has forgotten what the model before had read.
        self.give_again();
        let same = |m: &Model| m.summary.identity == summary.identity;
        if self.model.as_ref().is_some_and(same) {
            return;
        }
        let wanted = self.wanted;
        self.changed();
        // The demo may have been asked for before.
        self.wanted = wanted;
        self.ask_for_covariates(&summary);
        let summary = Rc::new(summary);
        self.effects.push(Effect::ShowModel { model: Rc::clone(&summary), origin: origin.clone() });
        self.model = Some(Model { origin, summary });
    }

    /// Another device answers from now on: a chosen one is an input like others.
    pub(super) fn choose_device(&mut self, choice: DeviceChoice) {
        if choice != self.choice {
            self.changed();
            self.choice = choice;
            self.engine.gpu_failed = None;
            self.engine.gpu = Gpu::Untested;
        }
    }

    /// What was chosen is asked for at once; a GPU that nobody asked for is tested while nothing else is to be done.
    pub(super) fn ask_for_device(&mut self) {
        let idle = || !self.engine.is_asked() && !self.wanted && !self.is_reading();
        if self.engine.gpu == Gpu::Untested && (self.choice != DeviceChoice::Auto || idle()) {
            self.engine.gpu = Gpu::Asked;
            self.send(Order::Device { choice: self.choice }, Work::Device);
        }
    }

    /// The reader stops what runs, or starts what was given up.
    pub(super) fn cancel(&mut self) {
        if self.engine.is_loading() {
            return;
        }
        self.interrupt();
        self.engine.deaths = 0;
        (self.wanted, self.analysis) = (false, None);
        match self.engine.queue.front().copied() {
            Some((job, Work::Open(_))) => {
                let next_step = text!("Choose it again, or another one");
                self.fail_opening(job, Complaint::new(text!("reading was stopped"), next_step));
            }
            Some((_, Work::Device)) => {
                self.engine.gpu_failed = Some(text!("The test of the graphics adapter was stopped."));
            }
            Some((_, Work::Start)) => self.replacing = None,
            Some((_, Work::Look)) => self.search = None,
            _ => {}
        }
        if self.engine.is_gone() {
            self.clear();
        }
        self.start_engine();
    }

    /// A second has passed.
    pub(super) fn second(&mut self) {
        self.engine.silent_s += 1;
        if self.engine.silent_s >= HUNG_S && self.is_waiting() {
            self.died();
        }
    }

    /// The engine stopped, or cannot be understood: another one is started, which gets what this one had, but for what
    /// it stopped at.
    pub(super) fn died(&mut self) {
        if self.engine.is_gone() || self.engine.is_loading() {
            return;
        }
        let culprit = self.engine.queue.front().copied();
        let on_gpu = self.device.as_ref().is_some_and(|d| d.info.kind != "cpu");
        let analysis = self.analysis.take().map(|job| (job, Work::Analyse));
        match culprit {
            Some((_, Work::Start)) => self.drop_own_model(),
            Some((_, Work::Look)) => self.give_up_search(Complaint::new(
                text!("the engine stopped while it looked through the DICOM files"),
                text!("Give the folder again"),
            )),
            Some((job, Work::Draw)) => self.give_up_picture(job),
            Some((job, Work::Open(sequence))) => {
                let sequence = sequence.suffix();
                let message = text!("the engine stopped while it read the {sequence} image", sequence);
                self.fail_opening(
                    job,
                    Complaint::new(message, text!("Choose another file, or this one again")),
                );
            }
            Some(analysed) if analysis == culprit && analysed.1 == Work::Analyse => {
                self.show_error(Complaint::new(
                    text!("the engine stopped during the analysis and is being started again"),
                    text!("Analyse again when it is ready"),
                ));
            }
            _ => {}
        }
        // An analysis that only waited is asked for again.
        self.wanted |= analysis.is_some() && analysis != culprit;
        let by_adapter = culprit.is_some_and(|(_, w)| w == Work::Device || on_gpu && w == Work::Analyse);
        if by_adapter {
            let why = text!("The engine stopped with the graphics adapter. The CPU answers instead.");
            self.engine.gpu_failed = Some(why);
        }
        self.engine.deaths += 1;
        if self.engine.deaths <= MOST_DEATHS {
            return self.start_engine();
        }
        self.wanted = false;
        self.forget_engine(Phase::Gone(Complaint::new(
            text!("the engine stopped several times"),
            text!("Start it again, or reload the page"),
        )));
    }

    /// The image that the job opens cannot be used.
    fn fail_opening(&mut self, job: u32, complaint: Complaint) {
        if let Some(sequence) = self.opens(job) {
            self.fail(sequence, complaint);
        } else if let Some(sequence) = self.opens_beside(job) {
            self.refuse_incoming(sequence, complaint);
        }
    }

    /// The engine stopped at a model of the reader's own: the one before comes back, or the shipped one.
    fn drop_own_model(&mut self) {
        let Some(Replacing { origin, .. }) = self.replacing.take() else { return };
        if origin == Origin::Shipped {
            return;
        }
        if self.model.as_ref().is_some_and(|m| m.origin == origin) {
            self.replacing = Some(Replacing { origin: Origin::Shipped, ticket: None });
        }
        self.complain(Complaint::new(
            text!("the engine stopped while it looked at your model"),
            text!("Another one stays in use"),
        ));
    }

    /// An answer with a buffer of so many bytes in hand.
    pub(super) fn said(&mut self, response: Response, bytes: usize, time: String) {
        let Response { job, answer } = response;
        self.engine.silent_s = 0;
        if let Answer::Stage { phrase, fraction } = answer {
            if self.engine.queue.front().is_some_and(|(front, _)| *front == job) {
                self.engine.stage = Some((phrase, fraction));
            }
            return;
        }
        // Requests are answered in order: anything else is no answer of this page's.
        match self.engine.queue.front().copied() {
            Some((front, work)) if front == job => {
                if self.answered(job, work, answer, bytes, time) {
                    self.engine.queue.pop_front();
                    self.engine.stage = None;
                } else {
                    self.died();
                }
            }
            _ => self.died(),
        }
    }

    /// Takes an answer to a job; `false` where it cannot be one.
    fn answered(&mut self, job: u32, work: Work, answer: Answer, bytes: usize, time: String) -> bool {
        match (work, answer) {
            (Work::Start, Answer::Ready { device, model }) => self.ready(device, *model),
            (Work::Device, Answer::Device { device, why }) => {
                let why = self.engine.gpu_failed.clone().unwrap_or(why);
                self.device = Some(Device { info: device, why });
                // A choice that was changed meanwhile is asked for again.
                if self.engine.gpu == Gpu::Asked {
                    self.engine.gpu = Gpu::Told;
                }
            }
            (Work::Close, Answer::Closed) => {}
            (Work::Open(_), Answer::Opened(opened)) => {
                if let Some(sequence) = self.opens(job) {
                    return opened.sequence == sequence && self.opened(sequence, opened, bytes);
                }
                if let Some(sequence) = self.opens_beside(job) {
                    return opened.sequence == sequence && self.opened_beside(sequence, opened, bytes);
                }
            }
            (Work::Look, Answer::Looked { series, damaged }) => return self.looked(job, series, damaged),
            (Work::Draw, Answer::Picture { size }) => return self.drawn(job, size, bytes),
            (Work::Map, Answer::Map { sequence }) => {
                if self.maps.contains(&job) {
                    self.maps.retain(|other| *other != job);
                    self.effects.push(Effect::SaveMap(sequence));
                }
            }
            (Work::Analyse, Answer::Assessed { assessment, maps, neighbours, record }) => {
                if self.analysis == Some(job) {
                    let Some(made) = self.made(job, record) else { return false };
                    self.analysis = None;
                    self.in_engine = !self.engine.will_change_images();
                    self.list_answer(&assessment, &made, time);
                    let answered = Box::new(Answered { assessment, maps, neighbours, made });
                    self.stand(Outcome::Answer(answered.clone()));
                    self.effects.push(Effect::ShowAnswer(answered));
                    self.focus_answer();
                }
            }
            (Work::Analyse, Answer::Abstained { reasons, warnings, checks, record }) => {
                if self.analysis == Some(job) {
                    let Some(made) = self.made(job, record) else { return false };
                    self.analysis = None;
                    self.list_refusal([&reasons, &warnings], &made, time);
                    let refused = Box::new(Refused { reasons, warnings, checks, made });
                    self.stand(Outcome::Refusal(refused.clone()));
                    self.effects.push(Effect::ShowRefusal(refused));
                    self.focus_answer();
                }
            }
            (Work::Repeat, Answer::Assessed { .. } | Answer::Abstained { .. }) => self.in_engine = true,
            (work, Answer::Failed { fault, message, next_step }) => {
                self.failed(job, work, fault, Complaint { message, next_step });
            }
            _ => return false,
        }
        true
    }

    /// From what an answer was made; `None` where it is not what the page shows.
    /// The reader waited for it; who watches a cohort go on is left where they are.
    fn focus_answer(&mut self) {
        if self.cohort.current().is_none() {
            self.effects.push(Effect::FocusAnswer);
        }
    }

    fn made(&self, job: u32, record: Box<Record>) -> Option<Made> {
        let inputs = &record.provenance.inputs;
        let shown = |s: Sequence| {
            let given = self.slots.of(s).as_ref();
            given.and_then(|g| g.shown.as_deref()) == Some(inputs.of(s).sha256.as_str())
        };
        if !Sequence::BOTH.into_iter().all(shown) {
            return None;
        }
        let (model, device) = (Rc::clone(&self.model.as_ref()?.summary), self.device.clone()?);
        Some(Made { job, record, names: self.names(), device, model })
    }

    fn failed(&mut self, job: u32, work: Work, fault: Fault, complaint: Complaint) {
        match work {
            Work::Start => self.model_refused(complaint),
            Work::Open(_) => self.fail_opening(job, complaint),
            Work::Map => {
                if self.maps.contains(&job) {
                    self.maps.clear();
                    let note = Text::sentences([complaint.message, complaint.next_step]);
                    self.effects.push(Effect::ExportNote(note));
                }
            }
            Work::Device => self.engine.gpu = Gpu::Told,
            Work::Close | Work::Repeat => {}
            Work::Draw => self.give_up_picture(job),
            Work::Look => self.give_up_search(complaint),
            Work::Analyse => {
                if self.analysis == Some(job) {
                    self.analysis = None;
                    let on_gpu = self.device.as_ref().is_some_and(|d| d.info.kind != "cpu");
                    if fault == Fault::Device && on_gpu {
                        return self.leave_gpu(complaint.message);
                    }
                    self.show_error(complaint);
                }
            }
        }
    }

    /// The adapter failed in mid-analysis: the CPU does it again.
    fn leave_gpu(&mut self, reason: Text) {
        let why = text!("WebGPU is not used, because {reason}. The CPU answers instead.", reason);
        self.engine.gpu_failed = Some(why);
        self.wanted = true;
        self.send(Order::Device { choice: DeviceChoice::Cpu }, Work::Device);
    }
}
