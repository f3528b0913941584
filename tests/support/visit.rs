//! A page without a browser: the state, an engine that is played, and a screen that remembers what stands on it.

use hielight::engine::message::{
    Answer, FoundSeries, MapInfo, ModelSummary, Opened, Order, Record, Response,
};
use hielight::evaluation::Neighbourhood;
use hielight::export::Line;
use hielight::fault::Fault;
use hielight::model::{
    Assessment, CamPeaks, DeviceChoice, DeviceInfo, Input, ModelIdentity, PerSequence, Points, Provenance,
    Sequence,
};
use hielight::nomogram::{BirthWeight, Clinical, Nomogram};
use hielight::state::{
    Answered, CohortView, Complaint, Controls, DemoCase, Effect, Event, Field, Handle, Made, Payload,
    SeriesList, SlotView, State,
};
use std::collections::{BTreeMap, VecDeque};

pub const DEMO_WEIGHT: &str = "4040";

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// An image; the number tells it from others.
    Image(u8),
    /// Nothing that the engine can use.
    Junk,
    /// The browser cannot read it: a folder, a file deleted since.
    Unreadable,
    /// The engine stops at it.
    Killer,
    /// Halves of pairs; the number tells them from others.
    Header(u8),
    Voxels(u8),
    /// A model that the engine takes: the first asks for the gestational age too, the second for the sex besides,
    /// the others for nothing but the birth weight.
    Model(u8),
    /// A DICOM file that is a whole series by itself, T1w where the number is odd.
    Series(u8),
}

impl Content {
    pub fn hash(self) -> String {
        format!("{self:?}")
    }
}

/// The hash of an image in these files; `None` where they hold none.
pub fn image(files: &[Content]) -> Option<String> {
    match files {
        [Content::Image(_) | Content::Series(_)] | [Content::Header(_), Content::Voxels(_)] => {
            Some(files.iter().map(|file| file.hash()).collect::<Vec<_>>().join(" + "))
        }
        _ => None,
    }
}

/// The worker, as far as the page can tell.
#[derive(Debug, Default)]
pub struct Engine {
    run: u32,
    queue: VecDeque<(u32, Order, Vec<Content>)>,
    pub images: PerSequence<Option<String>>,
    model: Option<String>,
    gpu: bool,
    /// DICOM files that it has looked through.
    looked: Vec<Content>,
}

/// What stands on the page.
#[derive(Debug, Default)]
pub struct Screen {
    pub images: PerSequence<Option<String>>,
    pub slots: PerSequence<Option<SlotView>>,
    pub weight: String,
    /// Terms that the shown model asks for, with what was typed.
    pub covariates: Vec<(String, String)>,
    pub label: String,
    pub model: Option<String>,
    pub answer: Option<Made>,
    pub refusal: Option<Made>,
    pub error: Option<String>,
    pub note: String,
    pub status: String,
    pub device: String,
    pub controls: Controls,
    /// Newborns that were answered or refused, and the whole list.
    pub rows: usize,
    pub lines: Vec<Line>,
    pub cohort: CohortView,
    pub maps_saved: usize,
    pub series: Option<SeriesList>,
    /// Series that were drawn, by their places in the list.
    pub pictures: Vec<usize>,
    /// Images whose voxels the page holds without showing them.
    pub held: PerSequence<bool>,
    pub marks: Vec<Field>,
    /// Answers whose maps the page still has.
    kept: Vec<u32>,
}

/// A visit to the page.
pub struct Visit {
    pub state: State,
    pub screen: Screen,
    pub engine: Option<Engine>,
    /// On their way from the engine.
    messages: VecDeque<Event>,
    reads: Vec<(u32, Vec<u32>)>,
    files: BTreeMap<u32, Content>,
    tables: Vec<(u32, u32)>,
    texts: BTreeMap<u32, String>,
    /// The machine has a graphics adapter that works.
    pub adapter: bool,
    /// How many analyses the engine was asked for.
    pub analyses: usize,
    pub starts: usize,
}

fn device(gpu: bool) -> DeviceInfo {
    let kind = if gpu { "webgpu" } else { "cpu" };
    DeviceInfo { kind: kind.into(), name: kind.to_uppercase().into() }
}

fn summary(model: &str) -> ModelSummary {
    let asked: &[&str] = match model {
        "Model(1)" => &["gestational_age_weeks"],
        "Model(2)" => &["gestational_age_weeks", "sex=M"],
        _ => &[],
    };
    let terms: Vec<String> = Clinical::FIRST.iter().chain(asked).map(|&term| term.into()).collect();
    let n = terms.len();
    ModelSummary {
        identity: ModelIdentity { name: model.into(), sha256: model.into() },
        synthetic: true,
        threshold: 0.5,
        training_share: 0.5,
        nomogram: Nomogram {
            intercept: 0.0,
            coefficients: vec![0.0; n],
            covariance: vec![vec![0.0; n + 1]; n + 1],
            limits: vec![[0.0, 1.0]; n],
            terms,
        },
        means: vec![0.0; n],
        folds: 1,
        cohorts: vec![],
        card: vec![],
    }
}

impl Visit {
    /// A page that has been loaded, with an engine that listens and nothing else yet.
    pub fn begun() -> Self {
        let mut visit = Self {
            state: State::default(),
            screen: Screen::default(),
            engine: None,
            messages: VecDeque::new(),
            reads: vec![],
            files: BTreeMap::new(),
            tables: vec![],
            texts: BTreeMap::new(),
            adapter: false,
            analyses: 0,
            starts: 0,
        };
        let names = ["demo_T1w.nii.gz".into(), "demo_T2w.nii.gz".into()];
        visit.tell(Event::Loaded { demo: Some(DemoCase { names, birth_weight_g: DEMO_WEIGHT.into() }) });
        visit
    }

    /// The same, ready.
    pub fn ready() -> Self {
        let mut visit = Self::begun();
        visit.finish();
        assert!(visit.screen.controls.ready, "{:?}", visit.screen);
        visit
    }

    /// With images 1 and 2 and a birth weight, and answered.
    pub fn answered() -> Self {
        let mut visit = Self::ready();
        visit.choose(Sequence::T1w, Content::Image(1));
        visit.choose(Sequence::T2w, Content::Image(2));
        visit.type_weight("3200");
        visit.tell(Event::AnalysisAsked);
        visit.finish();
        assert!(visit.screen.answer.is_some(), "{:?}", visit.screen);
        visit
    }

    /// Answered by a model of the reader's own.
    pub fn answered_by(model: u8) -> Self {
        let mut visit = Self::answered();
        let own = visit.file("own.safetensors", Content::Model(model));
        visit.tell(Event::ModelChosen(own));
        visit.finish();
        (0..visit.screen.covariates.len()).for_each(|at| visit.type_covariate(at, "1"));
        visit.tell(Event::AnalysisAsked);
        visit.finish();
        assert!(visit.screen.answer.is_some(), "{:?}", visit.screen);
        visit
    }

    /// A file to be given.
    pub fn file(&mut self, name: &str, content: Content) -> Handle {
        let id = self.files.len() as u32;
        self.files.insert(id, content);
        Handle { id, name: name.into(), folder: String::new() }
    }

    /// A table to be given.
    pub fn table(&mut self, text: &str) -> Handle {
        let file = self.file("participants.tsv", Content::Junk);
        self.texts.insert(file.id, text.to_owned());
        file
    }

    pub fn choose(&mut self, sequence: Sequence, content: Content) {
        let file = self.file(&format!("a_{}.nii.gz", sequence.suffix()), content);
        self.tell(Event::Given { files: vec![file], over: Some(sequence) });
    }

    /// The file in a slot is another one on disk from now on.
    pub fn change(&mut self, sequence: Sequence, content: Content) {
        let shown = self.screen.images.of(sequence).clone();
        let file = self.files.values_mut().rev().find(|own| Some(own.hash()) == shown);
        *file.expect("a file is in the slot") = content;
    }

    pub fn type_weight(&mut self, weight: &str) {
        self.screen.weight = weight.into();
        self.tell(Event::BirthWeight(weight.into()));
    }

    /// Types into one of the fields that the shown model asks for, if there is one.
    pub fn type_covariate(&mut self, at: usize, typed: &str) {
        let fields = self.screen.covariates.len();
        if fields > 0 {
            let (term, own) = &mut self.screen.covariates[at % fields];
            *own = typed.into();
            let term = term.clone();
            self.tell(Event::Covariate { term, typed: typed.into() });
        }
    }

    /// The numbers of the files that hold that.
    pub fn files_of(&self, content: Content) -> Vec<u32> {
        self.files.iter().filter(|(_, own)| **own == content).map(|(id, _)| *id).collect()
    }

    /// A file is another one by now.
    pub fn rewrite(&mut self, id: u32, content: Content) {
        self.files.insert(id, content);
    }

    /// An event and what the page does about it.
    pub fn tell(&mut self, event: Event) {
        // The bytes in hand are those of the file that was read.
        let in_hand = match &event {
            Event::Read { ticket, .. } => {
                let at = self.reads.iter().position(|(t, _)| t == ticket);
                let ids = at.map(|at| self.reads.remove(at).1).unwrap_or_default();
                ids.iter().map(|id| self.files[id]).collect()
            }
            _ => vec![],
        };
        for effect in self.state.update(event) {
            self.perform(effect, &in_hand);
        }
        self.check();
    }

    fn perform(&mut self, effect: Effect, in_hand: &[Content]) {
        let screen = &mut self.screen;
        match effect {
            Effect::StartEngine { run } => {
                self.starts += 1;
                self.engine = Some(Engine { run, ..Engine::default() });
                self.messages.push_back(Event::Listening { run });
            }
            Effect::Send { job, order, payload } => {
                if matches!(order, Order::Analyse { .. }) {
                    self.analyses += 1;
                }
                let content = match payload {
                    Payload::Nothing => vec![],
                    Payload::InHand => in_hand.to_vec(),
                    Payload::Demo(sequence) => vec![Content::Image(200 + sequence as u8)],
                    Payload::ShippedModel => vec![Content::Model(0)],
                };
                assert_eq!(payload == Payload::Nothing, content.is_empty(), "no bytes are in hand");
                if let Order::Open { starts, .. } | Order::Look { starts, .. } = &order {
                    assert_eq!(starts.len() + 1, content.len(), "the files' bounds are not the files'");
                }
                // To a worker that has gone a message is lost.
                if let Some(engine) = &mut self.engine {
                    engine.queue.push_back((job, order, content));
                    let analyses = engine.queue.iter().filter(|q| matches!(q.1, Order::Analyse { .. }));
                    assert!(analyses.count() <= 1, "two analyses wait in the engine");
                }
            }
            Effect::Read { ticket, files } => {
                self.reads.push((ticket, files.into_iter().map(|file| file.id).collect()));
            }
            Effect::Clear => (screen.answer, screen.refusal, screen.error) = (None, None, None),
            Effect::ShowError(complaint) => {
                (screen.answer, screen.refusal) = (None, None);
                screen.error = Some(complaint.message.to_string());
            }
            Effect::ShowAnswerAgain(answered) => {
                assert!(screen.kept.contains(&answered.made.job), "its maps are gone");
                (screen.answer, screen.refusal, screen.error) = (Some(answered.made), None, None);
            }
            Effect::ShowAnswer(answered) => {
                let Answered { assessment, made, .. } = *answered;
                screen.kept.push(made.job);
                assert_eq!(
                    assessment.device, made.device.info,
                    "the device that is named did not compute it"
                );
                (screen.answer, screen.refusal, screen.error) = (Some(made), None, None);
            }
            Effect::ShowRefusal(refused) => {
                (screen.answer, screen.refusal, screen.error) = (None, Some(refused.made), None);
            }
            Effect::FocusAnswer => {
                assert!(screen.answer.is_some() || screen.refusal.is_some(), "nothing stands there");
            }
            Effect::ShowImage(opened) => *screen.images.of_mut(opened.sequence) = Some(opened.sha256),
            Effect::Keep(jobs) => screen.kept.retain(|job| jobs.contains(job)),
            Effect::HoldImage(sequence) => *screen.held.of_mut(sequence) = true,
            Effect::ShowHeld(opened) => {
                let held = std::mem::take(screen.held.of_mut(opened.sequence));
                assert!(held, "no voxels are held");
                *screen.images.of_mut(opened.sequence) = Some(opened.sha256);
            }
            Effect::ReleaseHeld => screen.held = PerSequence::default(),
            Effect::Marks(marks) => screen.marks = marks.into_iter().map(|(field, _)| field).collect(),
            Effect::HideImage(sequence) => *screen.images.of_mut(sequence) = None,
            Effect::ShowModel { model, .. } => {
                screen.model = Some(model.identity.sha256.clone());
                let asked = model.nomogram.terms.iter().skip(Clinical::BEFORE);
                screen.covariates = asked.map(|term| (term.clone(), String::new())).collect();
            }
            Effect::SaveMap(_) => screen.maps_saved += 1,
            Effect::ExportNote(_) => {}
            Effect::ShowSeries(list) => screen.series = Some(*list),
            Effect::HideSeries => (screen.series, screen.pictures) = (None, vec![]),
            Effect::ShowPicture { at, size } => {
                assert_eq!(size, [2, 3]);
                assert!(screen.series.as_ref().is_some_and(|list| at < list.series.len()), "no such series");
                screen.pictures.push(at);
            }
            Effect::SetBirthWeight(weight) => screen.weight = weight,
            Effect::SetLabel(label) => screen.label = label,
            Effect::ShowRows { lines, .. } => {
                screen.rows = lines.iter().filter(|line| line.row().is_some()).count();
                screen.lines = lines;
            }
            Effect::ReadTable { ticket, file } => self.tables.push((ticket, file.id)),
            Effect::SetCovariates(all) => screen.covariates = all,
            Effect::Cohort(view) => screen.cohort = view,
            Effect::Note(note) => screen.note = note.to_string(),
            Effect::Status { phrase, .. } => screen.status = phrase.to_string(),
            Effect::Slot(sequence, view) => *screen.slots.of_mut(sequence) = Some(view),
            Effect::Controls(controls) => screen.controls = controls,
            Effect::Device(words) => screen.device = words.to_string(),
        }
    }

    /// What must hold at every moment.
    fn check(&self) {
        let screen = &self.screen;
        for made in screen.answer.iter().chain(&screen.refusal) {
            let provenance = &made.record.provenance;
            for sequence in Sequence::BOTH {
                let shown = screen.images.of(sequence).as_deref();
                let from = provenance.inputs.of(sequence).sha256.as_str();
                assert_eq!(shown, Some(from), "the {} image is not the answer's", sequence.suffix());
            }
            assert_eq!(
                screen.weight,
                provenance.birth_weight_g.to_string(),
                "the weight is not the answer's"
            );
            let typed = screen.covariates.iter().map(|(term, typed)| (term.clone(), typed.parse().ok()));
            let from = provenance.covariates.iter().map(|(term, value)| (term.clone(), Some(*value)));
            assert_eq!(
                typed.collect::<BTreeMap<String, Option<f64>>>(),
                from.collect(),
                "a covariate is not the answer's"
            );
            assert_eq!(screen.model.as_ref(), Some(&made.model.identity.sha256));
            assert!(screen.device.starts_with(&made.device.info.name.to_string()), "{screen:?}");
        }
        let shown = [screen.answer.is_some(), screen.refusal.is_some(), screen.error.is_some()];
        assert!(shown.into_iter().filter(|s| *s).count() <= 1, "one thing stands in the answer's place");
    }

    /// The file that was asked for is read; whether there was one.
    pub fn read_one(&mut self, at: usize) -> bool {
        if let Some((ticket, id)) = self.tables.pop() {
            let result = Ok(self.texts[&id].clone().into_bytes());
            self.tell(Event::TableRead { ticket, result });
            return true;
        }
        let Some((ticket, ids)) = self.reads.get(at % self.reads.len().max(1)) else { return false };
        let ticket = *ticket;
        let result = if ids.iter().any(|id| self.files[id] == Content::Unreadable) {
            Err(Complaint::new("it could not be read", "Choose it again"))
        } else {
            Ok((1..ids.len() as u32).collect())
        };
        self.tell(Event::Read { ticket, result });
        true
    }

    /// The engine does the next thing; whether there was one. `abstains`: of an analysis.
    pub fn work(&mut self, abstains: bool) -> bool {
        let adapter = self.adapter;
        let Some(engine) = &mut self.engine else { return false };
        let Some((job, order, content)) = engine.queue.pop_front() else { return false };
        let run = engine.run;
        if content.contains(&Content::Killer) {
            self.die();
            return true;
        }
        let (answer, bytes) = engine.answer(order, &content, adapter, abstains);
        let said = |answer, bytes| Event::Said {
            run,
            response: Box::new(Response { job, answer }),
            bytes,
            time: "2026-11-27T12:00:00+00:00".into(),
        };
        self.messages.push_back(said(Answer::Stage { phrase: "Working".into(), fraction: 0.5 }, 0));
        self.messages.push_back(said(answer, bytes));
        true
    }

    /// The next message arrives; whether there was one.
    pub fn deliver(&mut self) -> bool {
        let Some(event) = self.messages.pop_front() else { return false };
        self.tell(event);
        true
    }

    /// The worker is gone, and the page will hear of it.
    pub fn die(&mut self) {
        if let Some(engine) = self.engine.take() {
            self.messages.push_back(Event::Died { run: engine.run });
        }
    }

    /// It says something that cannot be read.
    pub fn garble(&mut self) {
        if let Some(engine) = &self.engine {
            self.messages.push_back(Event::Garbled { run: engine.run });
        }
    }

    /// Lets everything that is on its way happen.
    pub fn finish(&mut self) {
        for _ in 0..1000 {
            if !(self.deliver() || self.read_one(0) || self.work(false)) {
                return;
            }
        }
        panic!("it never ends: {:?}", self.screen);
    }
}

impl Engine {
    fn answer(
        &mut self,
        order: Order,
        content: &[Content],
        adapter: bool,
        abstains: bool,
    ) -> (Answer, usize) {
        let failed = |fault, message: &str| {
            let message = message.into();
            (Answer::Failed { fault, message, next_step: "Do something".into() }, 0)
        };
        match order {
            Order::Start => match content {
                [model @ Content::Model(_)] => {
                    let model = model.hash();
                    let answer = Answer::Ready { device: device(false), model: Box::new(summary(&model)) };
                    (self.model, self.images, self.gpu) = (Some(model), PerSequence::default(), false);
                    (answer, 0)
                }
                _ => failed(Fault::Malformed, "no model"),
            },
            Order::Device { choice } => {
                self.gpu = adapter && choice != DeviceChoice::Cpu;
                (Answer::Device { device: device(self.gpu), why: "That is why.".into() }, 0)
            }
            Order::Close { sequence } => {
                *self.images.of_mut(sequence) = None;
                (Answer::Closed, 0)
            }
            Order::Look { first, .. } => {
                if first {
                    self.looked.clear();
                }
                self.looked.extend(content);
                let found = |(n, content): (usize, &Content)| match content {
                    Content::Series(number) => Some(FoundSeries {
                        id: content.hash(),
                        name: content.hash().into(),
                        description: "A series".into(),
                        doubt: None,
                        middle: Some((n, usize::from(*number))),
                        proposed: Some(if number % 2 == 1 { Sequence::T1w } else { Sequence::T2w }),
                        files: vec![n],
                        refusal: None,
                    }),
                    _ => None,
                };
                let series = self.looked.iter().enumerate().filter_map(found).collect();
                (Answer::Looked { series, damaged: 0 }, 0)
            }
            Order::Inspect { .. } => unreachable!("the page asks for no such thing"),
            Order::Draw { frame } => match content {
                [Content::Series(number)] if frame == usize::from(*number) => {
                    (Answer::Picture { size: [2, 3] }, 6)
                }
                _ => failed(Fault::Malformed, "no such frame"),
            },
            Order::Open { sequence, name, series, .. } => {
                let is_series = matches!(content, [Content::Series(_)]);
                assert_eq!(series.is_some(), is_series, "a series is opened as one, an image as none");
                *self.images.of_mut(sequence) = None;
                let Some(sha256) = image(content) else { return failed(Fault::Malformed, "no image") };
                *self.images.of_mut(sequence) = Some(sha256.clone());
                let opened = Opened {
                    sequence,
                    name,
                    sha256,
                    dims: [2, 3, 4],
                    affine: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]],
                    window: [0.0, 1.0],
                    focus_mm: [0.0; 3],
                    brain: None,
                    description: "An image".into(),
                    warnings: vec![],
                };
                (Answer::Opened(Box::new(opened)), 4 * 2 * 3 * 4)
            }
            Order::Map { sequence } => (Answer::Map { sequence }, 9),
            Order::Analyse { birth_weight_g, covariates } => {
                let Ok(weight) = BirthWeight::parse(&birth_weight_g) else {
                    return failed(Fault::Malformed, "no weight");
                };
                let terms = summary(self.model.as_deref().unwrap_or_default()).nomogram.terms;
                let Ok(clinical) = Clinical::parse(weight, &covariates, &terms) else {
                    return failed(Fault::Malformed, "a covariate is missing");
                };
                let (Some(t1), Some(t2)) = (self.images.T1w.clone(), self.images.T2w.clone()) else {
                    return failed(Fault::Malformed, "an image is missing");
                };
                self.assess([t1, t2], &clinical, abstains)
            }
        }
    }

    fn assess(&self, [t1, t2]: [String; 2], clinical: &Clinical, abstains: bool) -> (Answer, usize) {
        let provenance = Provenance {
            hielight: String::new(),
            inputs: PerSequence { T1w: Input { sha256: t1 }, T2w: Input { sha256: t2 } },
            birth_weight_g: clinical.birth_weight.grams(),
            covariates: clinical.covariates().iter().cloned().collect(),
        };
        let record = Box::new(Record { provenance, document: String::new() });
        if abstains {
            return (Answer::Abstained { reasons: vec![], warnings: vec![], checks: vec![], record }, 0);
        }
        let model = summary(self.model.as_deref().unwrap_or_default()).identity;
        let assessment = Box::new(Assessment {
            probability: 0.5,
            logit: 0.0,
            interval95: [0.0, 1.0],
            rescan_interval95: None,
            patterns: PerSequence { T1w: "watershed".into(), T2w: "watershed".into() },
            ensemble_range: [0.0, 1.0],
            signatures: PerSequence { T1w: 0.0, T2w: 0.0 },
            points: Points { terms: vec![], total: 0.0 },
            device: device(self.gpu),
            warnings: vec![],
            checks: vec![],
            model,
            cam_peaks: CamPeaks::default(),
        });
        let neighbours = Neighbourhood { p: 0.5, n: 0, events: 0, wilson95: None };
        let maps: Vec<MapInfo> = vec![];
        (Answer::Assessed { assessment, maps, neighbours, record }, 0)
    }
}
