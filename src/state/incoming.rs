//! Images that are given for slots which hold some: each is read beside what is there, and all of them take their places
//! together once the engine has read each. What cannot be used destroys nothing.

use super::engine::Work;
use super::files::{Given, Progress, Source, is_sound};
use super::{Complaint, Effect, Panel, Payload, State};
use crate::engine::message::{Opened, Order};
use crate::language::Text;
use crate::model::Sequence;

/// An image beside a slot.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    pub given: Given,
    /// What the engine read; the page holds its voxels.
    opened: Option<Box<Opened>>,
}

impl Incoming {
    fn is_refused(&self) -> bool {
        matches!(self.given.progress, Progress::Failed(_))
    }
}

impl State {
    /// Whether an image is on its way to that slot.
    pub(super) fn is_incoming(&self, sequence: Sequence) -> bool {
        self.incoming.of(sequence).as_ref().is_some_and(|incoming| !incoming.is_refused())
    }

    pub(super) fn is_anything_incoming(&self) -> bool {
        Sequence::BOTH.into_iter().any(|sequence| self.is_incoming(sequence))
    }

    /// Takes images: at once where none that is shown would leave for them.
    pub(super) fn offer(&mut self, images: Vec<(Sequence, String, Source)>) {
        let is_shown = |s: Sequence| self.slots.of(s).as_ref().is_some_and(|given| given.shown.is_some());
        let leaving = self.demo_slots().into_iter().chain(images.iter().map(|image| image.0));
        if !leaving.into_iter().any(is_shown) && !self.is_anything_incoming() {
            return self.place(images);
        }
        self.revive();
        self.forget_refused();
        self.effects.push(Effect::Note(Text::default()));
        for (sequence, name, source) in images {
            self.drop_incoming(sequence);
            self.stop_reading(sequence);
            let incoming = Incoming { given: Given::new(source, name), opened: None };
            *self.incoming.of_mut(sequence) = Some(incoming);
        }
    }

    /// What a slot's image has not come to yet waits for the image beside it.
    fn stop_reading(&mut self, sequence: Sequence) {
        let Some(given) = self.slots.of_mut(sequence) else { return };
        let opening = matches!(given.progress, Progress::Opening(_));
        if given.progress != Progress::Open {
            given.wait_again();
        }
        if opening {
            self.send(Order::Close { sequence }, Work::Close);
        }
    }

    /// Has those read that wait for it.
    pub(super) fn read_incoming(&mut self) {
        for sequence in Sequence::BOTH {
            let waiting = self.incoming.of(sequence).as_ref().map(|incoming| incoming.given.clone());
            let Some(given) = waiting.filter(|given| given.progress == Progress::Waiting) else { continue };
            let progress = self.read_given(sequence, &given);
            self.set_incoming(sequence, progress);
        }
    }

    fn set_incoming(&mut self, sequence: Sequence, progress: Progress) {
        if let Some(incoming) = self.incoming.of_mut(sequence) {
            incoming.given.progress = progress;
        }
    }

    fn beside(&self, progress: &Progress) -> Option<Sequence> {
        let own = |s: &Sequence| {
            self.incoming.of(*s).as_ref().is_some_and(|incoming| incoming.given.progress == *progress)
        };
        Sequence::BOTH.into_iter().find(own)
    }

    /// A file's bytes are in hand, or will never be; `false` where none waits for them.
    pub(super) fn read_beside(&mut self, ticket: u32, result: &Result<Vec<u32>, Complaint>) -> bool {
        let Some(sequence) = self.beside(&Progress::Reading(ticket)) else { return false };
        match result {
            Err(complaint) => self.refuse_incoming(sequence, complaint.clone()),
            Ok(starts) => {
                let given = self.incoming.of(sequence).as_ref().map(|incoming| incoming.given.clone());
                let progress = given.filter(|_| self.is_ready()).map_or(Progress::Waiting, |given| {
                    self.open(sequence, &given, starts.clone(), Payload::InHand)
                });
                self.set_incoming(sequence, progress);
            }
        }
        true
    }

    /// The slot beside which that job opens an image.
    pub(super) fn opens_beside(&self, job: u32) -> Option<Sequence> {
        self.beside(&Progress::Opening(job))
    }

    /// The engine has read one; `false` where its voxels are not what it says.
    pub(super) fn opened_beside(&mut self, sequence: Sequence, opened: Box<Opened>, bytes: usize) -> bool {
        if !is_sound(&opened, bytes) {
            return false;
        }
        self.effects.push(Effect::HoldImage(sequence));
        if let Some(incoming) = self.incoming.of_mut(sequence) {
            incoming.given.is_open(&opened);
            incoming.opened = Some(opened);
        }
        let ready = |s: &Sequence| self.incoming.of(*s).as_ref().is_none_or(|i| i.opened.is_some());
        if Sequence::BOTH.iter().all(ready) {
            self.let_in();
        }
        true
    }

    /// All of them take their places; what was there leaves, and can be brought back.
    fn let_in(&mut self) {
        let (demo, wanted) = (self.demo_slots(), self.wanted);
        self.outdate_undoably();
        self.wanted = wanted;
        self.forget_demo_weight();
        for sequence in demo {
            if self.incoming.of(sequence).is_none() {
                self.vacate(sequence);
            }
        }
        for sequence in Sequence::BOTH {
            let Some(Incoming { mut given, opened: Some(opened) }) = self.incoming.of_mut(sequence).take()
            else {
                continue;
            };
            given.shown = Some(opened.sha256.clone());
            // The engine has this one in the place of the one before.
            let before = self.slots.of_mut(sequence).replace(given);
            if before.is_some_and(|before| before.shown.is_some()) {
                self.effects.push(Effect::HideImage(sequence));
            }
            self.effects.push(Effect::ShowHeld(opened));
        }
    }

    /// One of them cannot be used: none takes its place, and what is there stays.
    pub(super) fn refuse_incoming(&mut self, sequence: Sequence, complaint: Complaint) {
        let Some(mut refused) = self.drop_incoming(sequence) else { return };
        self.abandon_incoming();
        refused.given.progress = Progress::Failed(complaint);
        let told = refused.given.complaint(sequence);
        *self.incoming.of_mut(sequence) = Some(refused);
        let Some(told) = told else { return };
        if std::mem::take(&mut self.wanted) || self.panel == Panel::Error {
            // The reader waits for an answer from it.
            self.show_error(told);
        } else {
            self.effects.push(Effect::Note(Text::sentences([told.message, told.next_step])));
        }
    }

    /// None of them is wanted any more.
    pub(super) fn abandon_incoming(&mut self) {
        for sequence in Sequence::BOTH {
            drop(self.drop_incoming(sequence));
        }
        self.effects.push(Effect::ReleaseHeld);
    }

    /// Takes one away; the engine, if it has got that far, gets again what the slot holds.
    fn drop_incoming(&mut self, sequence: Sequence) -> Option<Incoming> {
        let incoming = self.incoming.of_mut(sequence).take()?;
        if matches!(incoming.given.progress, Progress::Opening(_) | Progress::Open) {
            self.send(Order::Close { sequence }, Work::Close);
            if let Some(given) = self.slots.of_mut(sequence) {
                given.wait_again();
            }
        }
        Some(incoming)
    }

    /// What was refused is no longer said.
    pub(super) fn forget_refused(&mut self) {
        for sequence in Sequence::BOTH {
            let slot = self.incoming.of_mut(sequence);
            if slot.as_ref().is_some_and(Incoming::is_refused) {
                *slot = None;
            }
        }
    }

    /// A fresh engine gets everything again.
    pub(super) fn give_again(&mut self) {
        for sequence in Sequence::BOTH {
            if let Some(given) = self.slots.of_mut(sequence) {
                given.wait_again();
            }
            if let Some(incoming) = self.incoming.of_mut(sequence) {
                incoming.given.wait_again();
                incoming.opened = None;
            }
        }
    }
}
