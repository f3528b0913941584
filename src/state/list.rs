//! The newborns of this visit: those that were analysed, and those of a cohort that wait.

use super::files::Inputs;
use super::names::Newborn;
use super::{Before, Column, Effect, Handle, Made, SortOrder, State};
use crate::export::{Line, Numbers, Row, Status};
use crate::fault::Notice;
use crate::language::Text;
use crate::model::Assessment;
use std::cmp::Ordering;

/// The list, in memory only.
#[derive(Debug, Default)]
pub(super) struct List {
    /// In the order in which they are shown.
    pub entries: Vec<Entry>,
    last_id: u32,
    /// The one whose answer or refusal the page shows.
    shown: Option<u32>,
    /// What the reader calls that one.
    label: String,
    order: Option<SortOrder>,
}

/// One newborn.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub id: u32,
    pub line: Line,
    /// What a cohort's newborn is analysed from.
    pub member: Option<Member>,
    /// Its label is a participant's of a dataset, with a row of its own in the table.
    is_participant: bool,
    /// What it was analysed from, so that it can be opened again.
    pub inputs: Option<Inputs>,
}

/// What a newborn is analysed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub newborn: Newborn,
    pub source: Source,
}

/// Where its images are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The files of its T1w and of its T2w image; or why that cannot be told.
    Images(Result<[Vec<Handle>; 2], Text>),
    /// DICOM files, in batches that can be read at once.
    Dicom(Vec<Vec<Handle>>),
}

impl Entry {
    /// A cohort's newborn without an answer.
    pub fn is_unmade(&self) -> bool {
        self.member.is_some() && matches!(self.line, Line::Unmade { .. })
    }
}

impl SortOrder {
    /// Rows without a value stand last in either order.
    fn compare(self, a: &Line, b: &Line) -> Ordering {
        let key = |line: &Line| -> (Option<f64>, String) {
            let row = line.row();
            match self.column {
                Column::Label => (None, line.label().to_lowercase()),
                Column::Time => (None, row.map_or(String::new(), |row| row.time.clone())),
                Column::Probability => {
                    (row.and_then(|row| row.answer.as_ref()).map(|n| n.probability), String::new())
                }
                Column::BirthWeight => (line.birth_weight_g().parse().ok(), String::new()),
            }
        };
        let ((a, a_words), (b, b_words)) = (key(a), key(b));
        let turned = |order: Ordering| if self.descending { order.reverse() } else { order };
        match (a, b) {
            (Some(a), Some(b)) => turned(a.total_cmp(&b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a_words.is_empty().cmp(&b_words.is_empty()).then(turned(a_words.cmp(&b_words))),
        }
    }
}

impl List {
    /// Puts a newborn at the end; its number.
    pub fn push(&mut self, line: Line, member: Option<Member>) -> u32 {
        self.last_id += 1;
        let is_participant = member.is_some();
        self.entries.push(Entry { id: self.last_id, line, member, is_participant, inputs: None });
        self.last_id
    }

    pub fn entry_mut(&mut self, id: u32) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }
}

/// Whether a row is of that analysis, or of the same one repeated.
fn is_of(row: &Row, made: &Made) -> bool {
    row.provenance == made.record.provenance
        && row.model == made.model.identity
        && row.device == made.device.info
}

impl State {
    pub(super) fn list_answer(&mut self, a: &Assessment, made: &Made, time: String) {
        let numbers = Numbers {
            probability: a.probability,
            logit: a.logit,
            interval95: a.interval95,
            signatures: a.signatures,
        };
        self.list_one(Some(numbers), [&[], &a.warnings], made, time);
    }

    pub(super) fn list_refusal(&mut self, notices: [&[Notice]; 2], made: &Made, time: String) {
        self.list_one(None, notices, made, time);
    }

    fn list_one(
        &mut self,
        answer: Option<Numbers>,
        [reasons, warnings]: [&[Notice]; 2],
        made: &Made,
        time: String,
    ) {
        let mut row = Row {
            label: String::new(),
            time,
            provenance: made.record.provenance.clone(),
            device: made.device.info.clone(),
            model: made.model.identity.clone(),
            synthetic: made.model.synthetic,
            demo: self.is_demo(),
            answer,
            abstained: reasons.iter().map(|r| r.code.clone()).collect(),
            reasons: reasons.iter().map(|r| r.message.clone()).collect(),
            warnings: warnings.iter().map(|w| w.message.to_string()).collect(),
        };
        let (current, inputs) = (self.cohort.current(), self.inputs());
        let list = &mut self.list;
        let is_it = |entry: &&mut Entry| match current {
            Some(id) => entry.id == id,
            // The same images again: they have their label.
            None => entry.line.row().is_some_and(|other| is_of(other, made)),
        };
        let id = match list.entries.iter_mut().find(is_it) {
            Some(entry) => {
                entry.line.label().clone_into(&mut row.label);
                list.label.clone_from(&row.label);
                entry.line = Line::Made(Box::new(row));
                entry.id
            }
            None => {
                // Another attempt with the same images is of the same newborn; but a participant's name stands for
                // the files and the weight of the dataset alone.
                let before = list.entries.iter().rev().filter(|entry| !entry.is_participant);
                let before = before.filter_map(|entry| entry.line.row());
                let before = before.filter(|other| other.provenance.inputs == row.provenance.inputs);
                list.label = before.map(|other| other.label.clone()).next().unwrap_or_default();
                row.label.clone_from(&list.label);
                list.push(Line::Made(Box::new(row)), None)
            }
        };
        list.shown = Some(id);
        if let Some(entry) = list.entry_mut(id) {
            entry.inputs = Some(inputs);
        }
        self.effects.push(Effect::SetLabel(self.list.label.clone()));
        self.show_rows();
    }

    /// The newborn of an answer that is shown again is the shown one, if the list still has it.
    pub(super) fn show_row_of(&mut self, made: &Made) {
        let entry =
            self.list.entries.iter().find(|entry| entry.line.row().is_some_and(|row| is_of(row, made)));
        if let Some((id, label)) = entry.map(|entry| (entry.id, entry.line.label().to_owned())) {
            (self.list.shown, self.list.label) = (Some(id), label);
            self.effects.push(Effect::SetLabel(self.list.label.clone()));
        }
    }

    /// Puts entries back that were taken out.
    pub(super) fn put_rows_back(&mut self, entries: Vec<Entry>) {
        let list = &mut self.list;
        for mut entry in entries {
            // What was being analysed waits.
            if let Line::Unmade { status: status @ Status::Running, .. } = &mut entry.line {
                *status = Status::Waiting;
            }
            if list.entries.iter().all(|other| other.id != entry.id) {
                list.entries.push(entry);
            }
        }
        list.entries.sort_by_key(|entry| entry.id);
        self.show_rows();
    }

    /// The next newborn is another one.
    pub(super) fn forget_shown_row(&mut self) {
        self.list.shown = None;
        if !std::mem::take(&mut self.list.label).is_empty() {
            self.effects.push(Effect::SetLabel(String::new()));
        }
    }

    pub(super) fn relabel(&mut self, label: String) {
        let shown = self.list.shown;
        let entry = self.list.entries.iter_mut().find(|entry| Some(entry.id) == shown);
        if let Some(Line::Made(row)) = entry.map(|entry| &mut entry.line) {
            row.label.clone_from(&label);
            self.list.label = label;
            self.show_rows();
        }
    }

    pub(super) fn remove_row(&mut self, at: usize) {
        if at < self.list.entries.len() {
            let removed = self.list.entries.remove(at);
            self.list.shown = self.list.shown.filter(|shown| *shown != removed.id);
            if self.cohort.current() == Some(removed.id) {
                self.cohort.leave();
                self.changed();
            }
            self.before = Some(Before::List { entries: vec![removed], cohort: None });
            self.show_rows();
        }
    }

    /// Puts a newborn back as it was analysed, and analyses it again: its answer is shown with all its inputs or not at
    /// all.
    pub(super) fn reopen(&mut self, at: usize) {
        let entry = self.list.entries.get(at);
        if let Some(inputs) = entry.and_then(|entry| entry.inputs.clone()) {
            self.abandon_incoming();
            self.changed_undoably();
            self.put_back(inputs);
            self.wanted = true;
        }
    }

    pub(super) fn clear_list(&mut self) {
        self.interrupt();
        let entries = std::mem::take(&mut self.list.entries);
        self.list.shown = None;
        let cohort = std::mem::take(&mut self.cohort);
        self.before =
            (!entries.is_empty()).then_some(Before::List { entries, cohort: Some(Box::new(cohort)) });
        self.show_rows();
    }

    /// Sorts by a column; again, the other way round.
    pub(super) fn sort_list(&mut self, column: Column) {
        let descending = self.list.order == Some(SortOrder { column, descending: false });
        self.list.order = Some(SortOrder { column, descending });
        self.show_rows();
    }

    pub(super) fn show_rows(&mut self) {
        let list = &mut self.list;
        if let Some(order) = list.order {
            list.entries.sort_by(|a, b| order.compare(&a.line, &b.line));
        }
        let lines = list.entries.iter().map(|entry| entry.line.clone()).collect();
        self.effects.push(Effect::ShowRows { lines, order: list.order });
    }

    /// Gives a cohort's newborn another status.
    pub(super) fn set_status(&mut self, id: u32, new: Status) {
        if let Some(Entry { line: Line::Unmade { status, .. }, .. }) = self.list.entry_mut(id) {
            *status = new;
            self.show_rows();
        }
    }
}
