//! What happens to the page, and what it then does.

use crate::engine::message::{FoundSeries, MapInfo, ModelSummary, Opened, Order, Record, Response};
use crate::evaluation::Neighbourhood;
use crate::export::Line;
use crate::fault::Notice;
use crate::language::Text;
use crate::model::{Assessment, Check, DeviceChoice, DeviceInfo, PerSequence, Sequence};
use crate::text;
use std::rc::Rc;

/// A file that the reader gave: its number, its name and where it lay. The page keeps its bytes where the browser has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// Another for each file given, also for the same one given twice.
    pub id: u32,
    pub name: String,
    /// The folder that it came in, with those above it; empty where it was given by itself.
    pub folder: String,
}

/// A message and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// One sentence, without its full stop.
    pub message: Text,
    pub next_step: Text,
}

impl Complaint {
    /// From both.
    #[must_use]
    pub fn new(message: impl Into<Text>, next_step: impl Into<Text>) -> Self {
        Self { message: message.into(), next_step: next_step.into() }
    }

    /// The same, said of a file.
    #[must_use]
    pub fn about(self, file: &str) -> Self {
        let Self { message, next_step } = self;
        Self { message: text!("\"{file}\": {message}", file, message), next_step }
    }
}

/// The demo case, as far as the state needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct DemoCase {
    pub names: [String; 2],
    pub birth_weight_g: String,
}

/// What happens: the reader's doing, the engine's messages, files that were read, time.
#[derive(Debug, Clone)]
pub enum Event {
    /// A step of loading begins.
    Loading(Text),
    /// Everything is there and the page is locked.
    Loaded {
        demo: Option<DemoCase>,
    },
    /// The page takes no images.
    Unusable(Complaint),

    /// The worker of that run listens.
    Listening {
        run: u32,
    },
    /// It stopped, or could not be started, or took no message.
    Died {
        run: u32,
    },
    /// It said something that cannot be read.
    Garbled {
        run: u32,
    },
    /// It answered, with a buffer of so many bytes in hand; `time` as the list of newborns has it.
    Said {
        run: u32,
        response: Box<Response>,
        bytes: usize,
        time: String,
    },
    /// What `Effect::Read` asked for: the bytes are in hand, one file after the other, with where each after the first
    /// begins; or why not.
    Read {
        ticket: u32,
        result: Result<Vec<u32>, Complaint>,
    },
    /// A second has passed.
    Second,

    /// Files were chosen for a slot, or dropped, over a slot or elsewhere.
    Given {
        files: Vec<Handle>,
        over: Option<Sequence>,
    },
    /// DICOM files were chosen or dropped, in batches that can be read at once.
    DicomGiven {
        /// Each of one participant's folder, where folders are named so.
        batches: Vec<Vec<Handle>>,
        /// What was given with them.
        others: Vec<Handle>,
    },
    /// Series were chosen from the list, by their places in it.
    SeriesChosen(PerSequence<Option<usize>>),
    SeriesDismissed,
    /// What was given cannot be taken.
    NotGiven(Complaint),
    Removed(Sequence),
    Swapped,
    /// Take the last removal, swap, replacement or clearing back.
    Undone,
    DemoAsked,
    AnalysisAsked,
    /// Stop what runs; where the engine has been given up, start it again.
    Cancelled,
    BirthWeight(String),
    Covariate {
        term: String,
        typed: String,
    },
    ModelChosen(Handle),
    ModelRestored,
    DeviceChosen(DeviceChoice),
    MapsAsked,
    Label(String),
    RowRemoved(usize),
    /// A newborn of the list is to be looked at again.
    Reopened(usize),
    ListCleared,
    ListSorted(Column),
    /// What `Effect::ReadTable` asked for.
    TableRead {
        ticket: u32,
        result: Result<Vec<u8>, Complaint>,
    },
    /// Narrow the cohort to a session, an acquisition or a run, by the entity's key; `None`: whichever there is.
    CohortChosen {
        key: String,
        label: Option<String>,
    },
    /// Analyse the newborns that wait.
    CohortStarted,
    /// Finish the one that is analysed, and begin no other.
    CohortPaused,
    /// Stop that one too.
    CohortCancelled,
}

/// What goes with a request to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    Nothing,
    /// The bytes that came with the event.
    InHand,
    /// A copy of the demo's image.
    Demo(Sequence),
    /// A copy of the bundle that came with the page.
    ShippedModel,
}

/// Where a model comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Shipped,
    /// The reader's own file, for this visit.
    Own(Handle),
}

/// What ran, and why that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub info: DeviceInfo,
    /// One sentence.
    pub why: Text,
}

/// An answer with all that it was made from, all of which is shown.
#[derive(Debug, Clone)]
pub struct Answered {
    pub assessment: Box<Assessment>,
    pub maps: Vec<MapInfo>,
    pub neighbours: Neighbourhood,
    pub made: Made,
}

/// Why there is no number.
#[derive(Debug, Clone)]
pub struct Refused {
    pub reasons: Vec<Notice>,
    pub warnings: Vec<Notice>,
    pub checks: Vec<Check>,
    pub made: Made,
}

/// From what an answer or a refusal was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The analysis: another number for each.
    pub job: u32,
    pub record: Box<Record>,
    /// Names of the T1w and the T2w file.
    pub names: [String; 2],
    pub device: Device,
    pub model: Rc<ModelSummary>,
}

/// What the reader chooses from.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesList {
    pub series: Vec<FoundSeries>,
    /// For each slot the one that is proposed, where it is one.
    pub proposed: PerSequence<Option<usize>>,
    /// What was left out, or nothing.
    pub note: Text,
}

/// What a slot says.
#[derive(Debug, Clone, PartialEq)]
pub struct SlotView {
    pub facts: Text,
    /// Something is in it.
    pub taken: bool,
}

/// A field of the intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Image(Sequence),
    BirthWeight,
    /// By its place among the model's further terms.
    Covariate(usize),
}

/// What can be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a button's")]
pub struct Controls {
    /// The engine has a model.
    pub ready: bool,
    /// Something is in a slot.
    pub swap: bool,
    /// All that an analysis needs is given.
    pub complete: bool,
    /// An analysis runs, or waits for its images.
    pub running: bool,
    pub undo: bool,
    pub demo: bool,
    /// Something runs that can be stopped.
    pub cancel: bool,
    /// The engine has been given up and can be started again.
    pub revive: bool,
}

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Label,
    Time,
    Probability,
    BirthWeight,
}

/// How it is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortOrder {
    pub column: Column,
    pub descending: bool,
}

/// What a cohort can be narrowed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// `ses`, `acq` or `run`.
    pub key: String,
    pub labels: Vec<String>,
    pub chosen: Option<String>,
}

/// How far a cohort is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CohortView {
    /// Empty where there is no cohort.
    pub phrase: Text,
    pub done: usize,
    pub total: usize,
    pub start: bool,
    pub pause: bool,
    pub cancel: bool,
    /// While none of it is analysed.
    pub choices: Vec<Choice>,
}

/// What the page does.
#[derive(Debug, Clone)]
pub enum Effect {
    /// End the worker that there is and start another.
    StartEngine {
        run: u32,
    },
    Send {
        job: u32,
        order: Order,
        payload: Payload,
    },
    /// Read the bytes of an image's files, or of a model's; `Event::Read` answers.
    Read {
        ticket: u32,
        files: Vec<Handle>,
    },
    /// Read a table's bytes; `Event::TableRead` answers.
    ReadTable {
        ticket: u32,
        file: Handle,
    },
    /// Take number, curves and maps away, and whatever error or refusal stands there.
    Clear,
    /// The same, and one sentence with one next step instead.
    ShowError(Complaint),
    /// The maps are in hand.
    ShowAnswer(Box<Answered>),
    ShowRefusal(Box<Refused>),
    /// An answer again; its maps were in hand when it was shown first.
    ShowAnswerAgain(Box<Answered>),
    /// The focus goes to what stands in the answer's place.
    FocusAnswer,
    /// The voxels are in hand.
    ShowImage(Box<Opened>),
    /// The voxels in hand are of an image that may be shown later.
    HoldImage(Sequence),
    /// It is: its voxels are held.
    ShowHeld(Box<Opened>),
    /// Nothing that is held will be shown.
    ReleaseHeld,
    HideImage(Sequence),
    ShowModel {
        model: Rc<ModelSummary>,
        origin: Origin,
    },
    /// The map's file is in hand.
    SaveMap(Sequence),
    ExportNote(Text),
    /// The series of the DICOM files, to choose from.
    ShowSeries(Box<SeriesList>),
    /// The pixels of one of them are in hand: a byte each, black 0, first along a row.
    ShowPicture {
        at: usize,
        size: [usize; 2],
    },
    HideSeries,
    SetBirthWeight(String),
    SetLabel(String),
    /// What the model's further terms were given as.
    SetCovariates(Vec<(String, String)>),
    ShowRows {
        lines: Vec<Line>,
        order: Option<SortOrder>,
    },
    Cohort(CohortView),
    /// Of the answers so far only these, by their analyses, may be shown again.
    Keep(Vec<u32>),
    /// A sentence beside everything else; empty: none.
    Note(Text),
    /// Fields that lack something, with what; the first gets the focus.
    Marks(Vec<(Field, Text)>),
    Status {
        phrase: Text,
        fraction: f64,
    },
    Slot(Sequence, SlotView),
    Controls(Controls),
    Device(Text),
}
