//! A cohort: newborns of a dataset in BIDS that wait in the list and are analysed in the two slots, one after the other,
//! like any others.

use super::list::{Entry, Member};
use super::names::is_sidecar;
use super::{CohortView, Complaint, Effect, Handle, Panel, State};
use crate::bids::{Name, Table, without_zeros};
use crate::export::{Line, Status};
use crate::fault::Explained as _;
use crate::language::Text;
use crate::model::{ModelError, PerSequence, Sequence};
use crate::text;
use std::collections::BTreeMap;

/// The table of a dataset.
const TABLE: &str = "participants.tsv";
/// Folders of a dataset that hold no image as it was taken.
const DERIVED: [&str; 3] = ["derivatives", "sourcedata", "code"];

/// Where birth weights come from.
#[derive(Debug, Default)]
enum Weights {
    #[default]
    None,
    /// The table is being read, under this ticket.
    Reading(u32),
    Table(Table),
    Unusable(Complaint),
}

/// Which newborn is analysed, and whether the next one will be.
#[derive(Debug, Default)]
pub(super) struct Cohort {
    going: bool,
    /// The entry of the list that is in the slots.
    current: Option<u32>,
    weights: Weights,
    /// Files that were given with it and are none of its own.
    left_out: usize,
}

/// What was given, as a dataset.
struct Dataset {
    /// By participant and session.
    newborns: BTreeMap<(String, Option<String>), PerSequence<Vec<Handle>>>,
    tables: Vec<Handle>,
    left_out: usize,
    /// Among what is left out are images, by their names as far as these tell.
    is_more: bool,
}

impl Dataset {
    fn of(files: &[Handle]) -> Self {
        let mut dataset = Self { newborns: BTreeMap::new(), tables: vec![], left_out: 0, is_more: false };
        for file in files {
            let derived = file.folder.split('/').any(|part| DERIVED.contains(&part));
            match Name::parse(&file.name).filter(|_| !derived) {
                Some(name) => {
                    let key = (name.subject.clone(), name.of("ses").map(str::to_owned));
                    let newborn = dataset.newborns.entry(key).or_default();
                    newborn.of_mut(name.sequence).push(file.clone());
                }
                None if file.name == TABLE && !derived => dataset.tables.push(file.clone()),
                None => {
                    dataset.left_out += 1;
                    dataset.is_more |= !derived && !is_sidecar(&file.name);
                }
            }
        }
        dataset
    }

    /// Whether this is more than one newborn's pair: another one, or a table for what waits.
    fn is_cohort(&self) -> bool {
        let images: usize = self.newborns.values().map(|n| n.T1w.len() + n.T2w.len()).sum();
        images > 2 || !self.tables.is_empty() && (images > 0 || !self.is_more)
    }
}

/// The one image of each kind.
fn pair(files: &PerSequence<Vec<Handle>>) -> Result<[Handle; 2], Text> {
    let one = |sequence: Sequence| match files.of(sequence).as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(ModelError::Missing(sequence).text()),
        several => {
            let names: Vec<&str> = several.iter().map(|file| file.name.as_str()).collect();
            Err(text!(
                "{n} {sequence} images fit ({files}): leave one",
                n = several.len(),
                sequence = sequence.suffix(),
                files = names.join(", ")
            ))
        }
    };
    Ok([one(Sequence::T1w)?, one(Sequence::T2w)?])
}

impl Cohort {
    pub fn current(&self) -> Option<u32> {
        self.current
    }

    /// The newborn in the slots is none of the cohort's any more.
    pub fn leave(&mut self) {
        self.current = None;
    }
}

impl State {
    /// Takes files that are a dataset; `false` where they are none.
    pub(super) fn take_cohort(&mut self, files: &[Handle]) -> bool {
        let dataset = Dataset::of(files);
        if !dataset.is_cohort() {
            return false;
        }
        if self.cohort.going || self.cohort.current.is_some() {
            self.complain(Complaint::new(
                text!("a cohort is being analysed"),
                text!("Cancel it first, or wait until it is done"),
            ));
            return true;
        }
        let table = match dataset.tables.as_slice() {
            [] => None,
            [table] => Some(table.clone()),
            several => {
                self.complain(Complaint::new(
                    text!("{n} files are called participants.tsv", n = several.len()),
                    text!("Drop one dataset at a time"),
                ));
                return true;
            }
        };
        let waits = |entry: &Entry| entry.member.is_some() && matches!(entry.line, Line::Unmade { .. });
        self.before = None;
        if !dataset.newborns.is_empty() {
            // Those of the cohort before that have no answer leave with it.
            self.list.entries.retain(|entry| !waits(entry));
            self.list.entries.iter_mut().for_each(|entry| entry.member = None);
            self.cohort = Cohort { left_out: dataset.left_out, ..Cohort::default() };
            for ((subject, session), files) in dataset.newborns {
                let label = session.map_or_else(|| subject.clone(), |s| format!("{subject} ses-{s}"));
                let line = Line::Unmade { label, birth_weight_g: String::new(), status: Status::Waiting };
                self.list.push(line, Some(Member { subject, files: pair(&files) }));
            }
        } else if !self.list.entries.iter().any(waits) {
            self.complain(Complaint::new(
                text!("participants.tsv was dropped without images that wait for it"),
                text!("Drop the folder of the dataset"),
            ));
            return true;
        }
        if let Some(file) = table {
            let ticket = self.ticket();
            self.cohort.weights = Weights::Reading(ticket);
            self.effects.push(Effect::ReadTable { ticket, file });
        }
        self.effects.push(Effect::Note(Text::default()));
        self.show_rows();
        true
    }

    /// The table's bytes are in hand, or will never be.
    pub(super) fn table_was_read(&mut self, ticket: u32, result: Result<Vec<u8>, Complaint>) {
        if !matches!(self.cohort.weights, Weights::Reading(own) if own == ticket) {
            return;
        }
        let table = result.and_then(|bytes| {
            Table::read(&bytes, &[]).map_err(|complaints| {
                let reason = complaints.into_iter().next().unwrap_or_default();
                Complaint::new(
                    text!("participants.tsv cannot be used: {reason}", reason),
                    text!("Drop it again when it is mended"),
                )
            })
        });
        self.cohort.weights = match table {
            Ok(table) => Weights::Table(table),
            Err(complaint) => Weights::Unusable(complaint),
        };
        let Weights::Table(table) = &self.cohort.weights else { return };
        for entry in &mut self.list.entries {
            if let (Line::Unmade { birth_weight_g, status, .. }, Some(member)) =
                (&mut entry.line, &entry.member)
            {
                let row = table.participants.iter().find(|p| p.id == member.subject);
                *birth_weight_g = row.map_or(String::new(), |row| row.birth_weight_g.clone());
                // What was refused by the table before is tried anew.
                *status = Status::Waiting;
            }
        }
        self.show_rows();
    }

    pub(super) fn start_cohort(&mut self) {
        if self.cohort_view().start {
            self.cohort.going = true;
        }
    }

    /// The one that is analysed comes to its end, and no other one is begun.
    pub(super) fn pause_cohort(&mut self) {
        self.cohort.going = false;
    }

    /// The one that is analysed is stopped too.
    pub(super) fn cancel_cohort(&mut self) {
        let runs = self.cohort.current.is_some();
        self.interrupt();
        if runs {
            self.cancel();
        }
    }

    /// The reader does something else with the slots: the newborn in them waits again, and no other one is begun.
    pub(super) fn interrupt(&mut self) {
        self.cohort.going = false;
        if let Some(id) = self.cohort.current.take() {
            self.set_status(id, Status::Waiting);
            self.changed();
        }
    }

    /// Notes how the newborn in the slots ended, and begins the next one.
    pub(super) fn go_on(&mut self) {
        if let Some(id) = self.cohort.current {
            let made = self.list.entries.iter().any(|e| e.id == id && e.line.row().is_some());
            let busy = self.wanted || self.analysis.is_some();
            if made {
                self.cohort.leave();
            } else if busy {
                return;
            } else if self.panel == Panel::Error && self.engine.complaint().is_none() {
                let reason = self.error.clone().unwrap_or_default();
                self.cohort.leave();
                self.set_status(id, Status::Failed(reason));
            } else {
                // No engine: the others would fare no better.
                self.interrupt();
            }
        }
        while self.cohort.going && self.cohort.current.is_none() {
            self.begin_next();
        }
    }

    /// Puts the next newborn into the slots, or notes why it cannot be.
    fn begin_next(&mut self) {
        let waits = |entry: &&Entry| matches!(entry.line, Line::Unmade { status: Status::Waiting, .. });
        // In the order in which they came, whatever the list is sorted by.
        let next = self.list.entries.iter().filter(waits).min_by_key(|entry| entry.id);
        let Some((id, member)) = next.and_then(|entry| Some((entry.id, entry.member.clone()?))) else {
            self.cohort.going = false;
            return;
        };
        let given = member.files.clone().and_then(|files| Ok((files, self.typed(&member.subject)?)));
        match given {
            Err(reason) => self.set_status(id, Status::Failed(reason)),
            Ok(([t1, t2], (birth_weight, covariates))) => {
                self.put(vec![(Sequence::T1w, vec![t1]), (Sequence::T2w, vec![t2])]);
                (self.birth_weight, self.demo_weight) = (birth_weight, false);
                self.covariates = covariates;
                self.effects.push(Effect::SetBirthWeight(self.birth_weight.clone()));
                self.effects.push(Effect::SetCovariates(self.covariates.clone()));
                self.engine.deaths = 0;
                self.wanted = true;
                self.cohort.current = Some(id);
                self.set_status(id, Status::Running);
                if self.is_ready() {
                    self.read_waiting();
                }
            }
        }
    }

    /// What the table says of a participant: the birth weight, and the model's further terms.
    #[allow(clippy::type_complexity, reason = "the two fields of the state that it becomes")]
    fn typed(&self, subject: &str) -> Result<(String, Vec<(String, String)>), Text> {
        let Weights::Table(table) = &self.cohort.weights else {
            return Err(text!("participants.tsv gives no birth weight"));
        };
        let rows: Vec<_> = table.participants.iter().filter(|p| p.id == subject).collect();
        match rows.as_slice() {
            [row] => {
                let term = |term: &String| (term.clone(), row.term(term).unwrap_or_default());
                let covariates = self.covariates.iter().map(|(name, _)| term(name)).collect();
                Ok((row.birth_weight_g.clone(), covariates))
            }
            [] => {
                let near = table.participants.iter().find(|p| without_zeros(&p.id) == without_zeros(subject));
                Err(match near {
                    Some(near) => text!(
                        "participants.tsv has no row {subject}, but {near}: write the same name in both",
                        subject,
                        near = &near.id
                    ),
                    None => text!("participants.tsv has no row {subject}", subject),
                })
            }
            _ => Err(text!("{subject} stands twice in participants.tsv: keep the right row", subject)),
        }
    }

    /// How far the cohort is.
    pub(super) fn cohort_view(&self) -> CohortView {
        let cohort = &self.cohort;
        let members =
            || self.list.entries.iter().filter(|entry| entry.member.is_some()).map(|entry| &entry.line);
        let total = members().count();
        let count = |is: fn(&Line) -> bool| members().filter(|line| is(line)).count();
        let waiting = count(|l| matches!(l, Line::Unmade { status: Status::Waiting, .. }));
        let running = count(|l| matches!(l, Line::Unmade { status: Status::Running, .. }));
        let answered = count(|l| l.row().is_some_and(|row| row.answer.is_some()));
        let done = total - waiting - running;
        let told = text!(
            "{done} of {total} newborns done: {answered} answered, {without} without a probability.",
            done,
            total,
            answered,
            without = done - answered
        );
        let current = self.list.entries.iter().find(|entry| Some(entry.id) == cohort.current);
        let now = match (&cohort.weights, current) {
            _ if total == 0 => return CohortView::default(),
            (_, Some(entry)) if cohort.going => {
                text!("{newborn} is being analysed.", newborn = entry.line.label())
            }
            (_, Some(entry)) => {
                text!("{newborn} is the last one before the pause.", newborn = entry.line.label())
            }
            _ if waiting == 0 => Text::default(),
            (Weights::None, _) => text!("Drop participants.tsv too: it gives the birth weights."),
            (Weights::Reading(_), _) => text!("participants.tsv is being read."),
            (Weights::Unusable(complaint), _) => {
                Text::sentences([complaint.message.clone(), complaint.next_step.clone()])
            }
            (Weights::Table(_), _) => text!("{n} newborns wait.", n = waiting),
        };
        let left_out = match cohort.left_out {
            0 => Text::default(),
            n => text!("{n} other files were left out.", n),
        };
        let has_table = matches!(cohort.weights, Weights::Table(_));
        CohortView {
            phrase: Text::sentences([told, now, left_out]),
            done,
            total,
            start: waiting > 0 && has_table && !cohort.going && self.is_ready(),
            pause: cohort.going,
            cancel: cohort.going || cohort.current.is_some(),
        }
    }
}
