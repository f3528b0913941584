//! DICOM files: looked through by the engine, batch by batch, then chosen from by the reader.

use super::engine::Work;
use super::{Complaint, Effect, Handle, Payload, SeriesList, State};
use crate::engine::message::{FoundSeries, Order};
use crate::language::Text;
use crate::model::{PerSequence, Sequence};
use crate::text;
use std::collections::VecDeque;

/// DICOM files that the engine looks through.
#[derive(Debug, Clone)]
pub(super) struct Search {
    /// All of them, in the order in which they are numbered.
    files: Vec<Handle>,
    batches: Vec<Vec<Handle>>,
    waiting: VecDeque<Vec<Handle>>,
    step: Step,
    /// They are a cohort's newborn: nobody is asked.
    of_cohort: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The next batch is to be read.
    Idle,
    Reading(u32),
    Looking(u32),
}

impl Search {
    fn new(batches: Vec<Vec<Handle>>) -> Self {
        let waiting = batches.iter().cloned().collect();
        Self { files: batches.concat(), batches, waiting, step: Step::Idle, of_cohort: false }
    }

    /// The engine has forgotten what it saw.
    pub fn begin_again(&mut self) {
        (self.waiting, self.step) = (self.batches.iter().cloned().collect(), Step::Idle);
    }

    /// The share that is done.
    pub fn fraction(&self) -> f64 {
        1.0 - self.waiting.len() as f64 / self.batches.len().max(1) as f64
    }
}

/// What was found, as long as the reader chooses.
#[derive(Debug, Clone)]
pub(super) struct Found {
    files: Vec<Handle>,
    series: Vec<FoundSeries>,
    /// The series that is drawn next, and how far that is.
    next: usize,
    step: Step,
}

impl Found {
    /// The file with the next picture, and its frame; series without one are passed over.
    fn next_picture(&mut self) -> Option<(Handle, usize)> {
        while let Some(series) = self.series.get(self.next) {
            if let Some((file, frame)) = series.middle
                && let Some(file) = self.files.get(file)
            {
                return Some((file.clone(), frame));
            }
            self.next += 1;
        }
        None
    }

    /// The engine that comes draws what this one had not.
    pub fn begin_again(&mut self) {
        self.step = Step::Idle;
    }

    /// A picture is there, or will never be.
    pub fn go_on(&mut self) {
        (self.next, self.step) = (self.next + 1, Step::Idle);
    }
}

impl State {
    /// Takes DICOM files as a cohort, or has them looked through: what is in the slots stays until a series is chosen
    /// for them.
    pub(super) fn take_dicom(&mut self, batches: Vec<Vec<Handle>>, others: &[Handle]) {
        if self.take_dicom_cohort(&batches, others) {
            return;
        }
        self.interrupt();
        self.revive();
        self.dismiss_series();
        self.search = Some(Search::new(batches));
    }

    /// The same for a cohort's newborn: the slots are empty until its series are known.
    pub(super) fn search_for_newborn(&mut self, batches: Vec<Vec<Handle>>) {
        self.put(vec![]);
        Sequence::BOTH.into_iter().for_each(|sequence| self.vacate(sequence));
        self.dismiss_series();
        self.search = Some(Search { of_cohort: true, ..Search::new(batches) });
    }

    /// Opens the series of a cohort's newborn that are proposed, where each is the only one.
    fn take_proposed(&mut self, files: Vec<Handle>, series: Vec<FoundSeries>) {
        let one = |sequence: Sequence| {
            let of_it: Vec<usize> =
                (0..series.len()).filter(|at| series[*at].proposed == Some(sequence)).collect();
            let names = || of_it.iter().map(|at| series[*at].name.to_string()).collect::<Vec<_>>().join(", ");
            match of_it.as_slice() {
                [one] => Ok(*one),
                [] => Err(text!("no DICOM series is proposed as {sequence}", sequence = sequence.suffix())),
                several => Err(text!(
                    "{n} DICOM series could be {sequence} ({names})",
                    n = several.len(),
                    sequence = sequence.suffix(),
                    names = names()
                )),
            }
        };
        match (one(Sequence::T1w), one(Sequence::T2w)) {
            (Ok(t1), Ok(t2)) => {
                self.found = Some(Found { files, series, next: usize::MAX, step: Step::Idle });
                self.choose_series(PerSequence { T1w: Some(t1), T2w: Some(t2) });
                self.wanted = true;
            }
            (Err(reason), _) | (_, Err(reason)) => {
                self.show_error(Complaint::new(
                    reason,
                    text!("Drop this newborn's folder alone, and choose"),
                ));
            }
        }
    }

    /// Has the next batch read.
    pub(super) fn read_batch(&mut self) {
        let ticket = self.last_ticket + 1;
        let Some(search) = self.search.as_mut().filter(|search| search.step == Step::Idle) else { return };
        let Some(files) = search.waiting.front().cloned() else { return };
        search.step = Step::Reading(ticket);
        self.last_ticket = ticket;
        self.effects.push(Effect::Read { ticket, files });
    }

    /// A batch is in hand, or will never be; `false` where none waits for it.
    pub(super) fn batch_was_read(&mut self, ticket: u32, result: &Result<Vec<u32>, Complaint>) -> bool {
        let ready = self.is_ready();
        let Some(search) = self.search.as_mut().filter(|s| s.step == Step::Reading(ticket)) else {
            return false;
        };
        match result {
            Err(complaint) => {
                self.search = None;
                self.complain(complaint.clone());
            }
            // The engine that comes reads it again.
            Ok(_) if !ready => search.step = Step::Idle,
            Ok(starts) => {
                let first = search.waiting.len() == search.batches.len();
                search.waiting.pop_front();
                let order = Order::Look { starts: starts.clone(), first };
                let job = self.send_with(order, Work::Look, Payload::InHand);
                if let Some(search) = &mut self.search {
                    search.step = Step::Looking(job);
                }
            }
        }
        true
    }

    /// The engine has looked through a batch; `false` where it names files that there are not.
    pub(super) fn looked(&mut self, job: u32, series: Vec<FoundSeries>, damaged: usize) -> bool {
        let Some(search) = self.search.as_mut().filter(|s| s.step == Step::Looking(job)) else { return true };
        if series.iter().flat_map(|series| &series.files).any(|n| *n >= search.files.len()) {
            return false;
        }
        search.step = Step::Idle;
        if !search.waiting.is_empty() {
            return true;
        }
        let Some(Search { files, of_cohort, .. }) = self.search.take() else { return true };
        if series.is_empty() {
            self.complain(Complaint::new(
                text!("no image was found in the DICOM files"),
                text!("Choose the folder that was exported from the PACS"),
            ));
            return true;
        }
        if of_cohort {
            self.take_proposed(files, series);
            return true;
        }
        let only = |sequence: Sequence| {
            let mut of_it = series.iter().enumerate().filter(|(_, s)| s.proposed == Some(sequence));
            of_it.next().map(|(at, _)| at).filter(|_| of_it.next().is_none())
        };
        let proposed = PerSequence { T1w: only(Sequence::T1w), T2w: only(Sequence::T2w) };
        let note = if damaged == 0 {
            Text::default()
        } else {
            text!("DICOM files too damaged to know their series: {n}. Slices may be missing.", n = damaged)
        };
        let list = SeriesList { series: series.clone(), proposed, note };
        self.effects.push(Effect::ShowSeries(Box::new(list)));
        self.found = Some(Found { files, series, next: 0, step: Step::Idle });
        true
    }

    /// Has the file read that the next picture is in, while nothing else is to be done.
    pub(super) fn read_picture(&mut self) {
        if self.engine.is_asked() || self.wanted || self.is_reading() || self.search.is_some() {
            return;
        }
        let ticket = self.last_ticket + 1;
        let Some(found) = self.found.as_mut().filter(|found| found.step == Step::Idle) else { return };
        let Some((file, _)) = found.next_picture() else { return };
        found.step = Step::Reading(ticket);
        self.last_ticket = ticket;
        self.effects.push(Effect::Read { ticket, files: vec![file] });
    }

    /// That file is in hand, or will never be; `false` where no picture waits for it.
    pub(super) fn picture_was_read(&mut self, ticket: u32, result: &Result<Vec<u32>, Complaint>) -> bool {
        let ready = self.is_ready();
        let Some(found) = self.found.as_mut().filter(|found| found.step == Step::Reading(ticket)) else {
            return false;
        };
        match (result, found.next_picture()) {
            (Ok(_), Some((_, frame))) if ready => {
                let job = self.send_with(Order::Draw { frame }, Work::Draw, Payload::InHand);
                if let Some(found) = &mut self.found {
                    found.step = Step::Looking(job);
                }
            }
            // The engine that comes reads it again.
            (Ok(_), _) => found.begin_again(),
            // Who chooses the series is told that a file has gone.
            (Err(_), _) => found.go_on(),
        }
        true
    }

    /// The engine has drawn a picture; `false` where its pixels are not what it says.
    pub(super) fn drawn(&mut self, job: u32, size: [usize; 2], bytes: usize) -> bool {
        if size[0].checked_mul(size[1]) != Some(bytes) {
            return false;
        }
        if let Some(found) = self.found.as_mut().filter(|found| found.step == Step::Looking(job)) {
            self.effects.push(Effect::ShowPicture { at: found.next, size });
            found.go_on();
        }
        true
    }

    /// The engine could not draw it.
    pub(super) fn give_up_picture(&mut self, job: u32) {
        if let Some(found) = self.found.as_mut().filter(|found| found.step == Step::Looking(job)) {
            found.go_on();
        }
    }

    /// The engine could not look through them.
    pub(super) fn give_up_search(&mut self, complaint: Complaint) {
        if self.search.take().is_some() {
            self.complain(complaint);
        }
    }

    /// Puts series into slots.
    pub(super) fn choose_series(&mut self, chosen: PerSequence<Option<usize>>) {
        let Some(Found { files, series, .. }) = self.found.clone() else { return };
        let image = |sequence: Sequence| {
            let series = series.get((*chosen.of(sequence))?).filter(|series| series.refusal.is_none())?;
            let own = series.files.iter().filter_map(|n| files.get(*n).cloned()).collect();
            Some((sequence, own, series.clone()))
        };
        let images: Vec<_> = Sequence::BOTH.into_iter().filter_map(image).collect();
        if !images.is_empty() {
            self.dismiss_series();
            self.take_series(images);
        }
    }

    /// Takes the list away.
    pub(super) fn dismiss_series(&mut self) {
        if self.found.take().is_some() {
            self.effects.push(Effect::HideSeries);
        }
    }
}
