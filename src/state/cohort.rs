//! A cohort: newborns of a dataset in BIDS that wait in the list and are analysed in the two slots, one after the other,
//! like any others.

use super::list::{Entry, Member, Source};
use super::names::{Newborn, is_sidecar};
use super::{Choice, CohortView, Complaint, Effect, Handle, Panel, State, names};
use crate::bids::{Name, Table, Wanted, newborn_of, without_zeros};
use crate::export::{Line, Status};
use crate::fault::Explained as _;
use crate::language::Text;
use crate::model::{ModelError, PerSequence, Sequence};
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

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
    newborns: BTreeMap<Newborn, Given>,
    /// Which of several images.
    wanted: Wanted,
    /// Files that were given with it and are none of its own.
    left_out: usize,
}

/// Images of each kind: the files of each, and what their name says.
type Images = PerSequence<Vec<(Vec<Handle>, Name)>>;

/// What was given of a newborn.
#[derive(Debug, Clone)]
enum Given {
    Images(Images),
    /// DICOM files, in batches that can be read at once.
    Dicom(Vec<Vec<Handle>>),
}

/// What was given, as a dataset.
struct Dataset {
    newborns: BTreeMap<Newborn, Given>,
    tables: Vec<Handle>,
    left_out: usize,
    /// Among what is left out are images, by their names as far as these tell.
    is_more: bool,
}

impl Dataset {
    fn of(files: &[Handle]) -> Self {
        let derived = |file: &&Handle| !file.folder.split('/').any(|part| DERIVED.contains(&part));
        let taken: Vec<Handle> = files.iter().filter(derived).cloned().collect();
        let tables: Vec<Handle> = taken.iter().filter(|file| file.name == TABLE).cloned().collect();
        let mut left_out = files.len() - tables.len();
        let mut newborns: BTreeMap<Newborn, Images> = BTreeMap::new();
        let mut named: BTreeSet<u32> = tables.iter().map(|table| table.id).collect();
        // The two files of a pair lie in one folder.
        for folder in taken.iter().map(|file| &file.folder).collect::<BTreeSet<_>>() {
            let inside: Vec<Handle> = taken.iter().filter(|file| file.folder == *folder).cloned().collect();
            for image in names::images(&inside) {
                let Some(name) = names::parsed(&image) else { continue };
                left_out -= image.len();
                named.extend(image.iter().map(|file| file.id));
                newborns.entry(names::newborn(&name)).or_default().of_mut(name.sequence).push((image, name));
            }
        }
        let newborns = newborns.into_iter().map(|(key, images)| (key, Given::Images(images))).collect();
        let is_more = taken.iter().any(|file| !named.contains(&file.id) && !is_sidecar(&file.name));
        Self { newborns, tables, left_out, is_more }
    }

    /// DICOM files, each batch of one folder, with what else was given; `None` where a folder names no participant.
    fn of_dicom(batches: &[Vec<Handle>], others: &[Handle]) -> Option<Self> {
        let mut newborns: BTreeMap<Newborn, Vec<Vec<Handle>>> = BTreeMap::new();
        for batch in batches {
            newborns.entry(newborn_of(&batch.first()?.folder)?).or_default().push(batch.clone());
        }
        let newborns = newborns.into_iter().map(|(key, batches)| (key, Given::Dicom(batches))).collect();
        let tables: Vec<Handle> = others.iter().filter(|file| file.name == TABLE).cloned().collect();
        Some(Self { newborns, left_out: others.len() - tables.len(), tables, is_more: false })
    }

    /// Whether this is more than one newborn's pair: another one, or a table for what waits.
    fn is_cohort(&self) -> bool {
        let images = |given: &Given| match given {
            Given::Images(images) => images.T1w.len() + images.T2w.len(),
            Given::Dicom(_) => 2,
        };
        let images: usize = self.newborns.values().map(images).sum();
        images > 2 || !self.tables.is_empty() && (images > 0 || !self.is_more)
    }
}

/// The one image of each kind.
fn pair(images: &Images, wanted: &Wanted) -> Result<[Vec<Handle>; 2], Text> {
    let one = |sequence: Sequence| {
        let all: Vec<&(Vec<Handle>, Name)> = images.of(sequence).iter().collect();
        // One alone needs no choice.
        let meant = if all.len() > 1 { wanted.among(&all) } else { all.clone() };
        match (meant.as_slice(), all.len()) {
            ([(files, _)], _) => Ok(files.clone()),
            ([], 0) => Err(ModelError::Missing(sequence).text()),
            ([], n) => Err(text!(
                "none of the {n} {sequence} images is of the chosen acquisition and run",
                n,
                sequence = sequence.suffix()
            )),
            (several, n) => {
                let names: Vec<String> = several.iter().map(|(files, _)| names::of(files)).collect();
                Err(text!(
                    "{n} {sequence} images fit ({files}): choose an acquisition or a run, or leave one",
                    n,
                    sequence = sequence.suffix(),
                    files = names.join(", ")
                ))
            }
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
        self.take_dataset(Dataset::of(files))
    }

    /// The same of DICOM files, whose folders are those of participants.
    pub(super) fn take_dicom_cohort(&mut self, batches: &[Vec<Handle>], others: &[Handle]) -> bool {
        Dataset::of_dicom(batches, others).is_some_and(|dataset| self.take_dataset(dataset))
    }

    fn take_dataset(&mut self, dataset: Dataset) -> bool {
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
        if !dataset.newborns.is_empty() {
            // Those of the cohort before that have no answer leave with it.
            self.list.entries.retain(|entry| !entry.is_unmade());
            self.list.entries.iter_mut().for_each(|entry| entry.member = None);
            let (newborns, left_out) = (dataset.newborns, dataset.left_out);
            self.cohort = Cohort { newborns, left_out, ..Cohort::default() };
            self.list_newborns();
        } else if !self.list.entries.iter().any(Entry::is_unmade) {
            self.complain(Complaint::new(
                text!("participants.tsv was dropped without images that wait for it"),
                text!("Drop the folder of the dataset"),
            ));
            return true;
        }
        self.before = None;
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
        self.weigh();
        self.show_rows();
    }

    /// Puts those that have no answer into the list, as far as they are wanted.
    fn list_newborns(&mut self) {
        self.list.entries.retain(|entry| !entry.is_unmade());
        let made: BTreeSet<Newborn> =
            self.list.entries.iter().filter_map(|e| e.member.as_ref().map(|m| m.newborn.clone())).collect();
        let wanted = self.cohort.wanted.clone();
        for (newborn, given) in self.cohort.newborns.clone() {
            let (subject, session) = &newborn;
            if made.contains(&newborn) || !wanted.takes_session(session.as_deref()) {
                continue;
            }
            let label = session.as_ref().map_or_else(|| subject.clone(), |s| format!("{subject} ses-{s}"));
            let line = Line::Unmade { label, birth_weight_g: String::new(), status: Status::Waiting };
            let source = match given {
                Given::Images(images) => Source::Images(pair(&images, &wanted)),
                Given::Dicom(batches) => Source::Dicom(batches),
            };
            self.list.push(line, Some(Member { newborn, source }));
        }
    }

    /// Chooses between sessions, acquisitions or runs; `None`: whichever there is.
    pub(super) fn choose_of_cohort(&mut self, key: &str, label: Option<String>) {
        if self.cohort.going || self.cohort.current.is_some() {
            return;
        }
        if let Some(wanted) = self.cohort.wanted.of_mut(key) {
            *wanted = label;
            self.before = None;
            self.list_newborns();
            self.weigh();
            self.show_rows();
        }
    }

    /// What the list can be narrowed to.
    fn choices(&self) -> Vec<Choice> {
        let newborns = self.cohort.newborns.values();
        let images = newborns.filter_map(|given| match given {
            Given::Images(images) => Some(images),
            Given::Dicom(_) => None,
        });
        let lists = images.flat_map(|images| [&images.T1w, &images.T2w]);
        let mut labels: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for list in lists {
            // Of one kind and one newborn: they would both fit.
            for (key, own) in Wanted::choices(&list.iter().map(|(_, name)| name).collect::<Vec<_>>()) {
                labels.entry(key).or_default().extend(own.into_iter().map(str::to_owned));
            }
        }
        let sessions = self.cohort.newborns.keys().map(|(_, session)| Wanted::label(session.as_deref()));
        let sessions: BTreeSet<String> = sessions.map(str::to_owned).collect();
        if sessions.len() > 1 {
            labels.insert("ses", sessions);
        }
        let mut wanted = self.cohort.wanted.clone();
        let choice = |(key, labels): (&str, BTreeSet<String>)| {
            let chosen = wanted.of_mut(key).and_then(|chosen| chosen.clone());
            Choice { key: key.to_owned(), labels: labels.into_iter().collect(), chosen }
        };
        labels.into_iter().map(choice).collect()
    }

    /// Gives those that wait the table's weights.
    fn weigh(&mut self) {
        let Weights::Table(table) = &self.cohort.weights else { return };
        for entry in &mut self.list.entries {
            if let (Line::Unmade { birth_weight_g, status, .. }, Some(member)) =
                (&mut entry.line, &entry.member)
            {
                let row = table.participants.iter().find(|p| p.id == member.newborn.0);
                *birth_weight_g = row.map_or(String::new(), |row| row.birth_weight_g.clone());
                // What was refused by the table before is tried anew.
                *status = Status::Waiting;
            }
        }
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
            self.search = None;
            self.set_status(id, Status::Waiting);
            self.changed();
        }
    }

    /// Notes how the newborn in the slots ended, and begins the next one.
    pub(super) fn go_on(&mut self) {
        if let Some(id) = self.cohort.current {
            let made = self.list.entries.iter().any(|e| e.id == id && e.line.row().is_some());
            let busy = self.wanted || self.analysis.is_some() || self.search.is_some();
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
        let typed = self.typed(&member.newborn.0);
        let given = match member.source {
            Source::Images(images) => images.map(|images| (Some(images), vec![])),
            Source::Dicom(batches) => Ok((None, batches)),
        };
        match given.and_then(|given| Ok((given, typed?))) {
            Err(reason) => self.set_status(id, Status::Failed(reason)),
            Ok(((images, batches), (birth_weight, covariates))) => {
                let is_known = images.is_some();
                match images {
                    Some([t1, t2]) => self.put(vec![(Sequence::T1w, t1), (Sequence::T2w, t2)]),
                    None => self.search_for_newborn(batches),
                }
                (self.birth_weight, self.demo_weight) = (birth_weight, false);
                self.covariates = covariates;
                self.effects.push(Effect::SetBirthWeight(self.birth_weight.clone()));
                self.effects.push(Effect::SetCovariates(self.covariates.clone()));
                self.engine.deaths = 0;
                // Of DICOM files as soon as its series are known.
                self.wanted = is_known;
                self.cohort.current = Some(id);
                self.set_status(id, Status::Running);
                if self.is_ready() {
                    self.read_waiting();
                    self.read_batch();
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
            choices: if cohort.going || cohort.current.is_some() { vec![] } else { self.choices() },
            phrase: Text::sentences([told, now, left_out]),
            done,
            total,
            start: waiting > 0 && has_table && !cohort.going && self.is_ready(),
            pause: cohort.going,
            cancel: cohort.going || cohort.current.is_some(),
        }
    }
}
