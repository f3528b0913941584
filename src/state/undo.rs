//! One step back: what a removal, a swap, a replacement or a clearing took away, with the answer that was its own.

use super::cohort::Cohort;
use super::files::{Given, Progress, Source};
use super::list::Entry;
use super::{Answered, Effect, Made, Panel, Refused, State};
use crate::model::{PerSequence, Sequence};

/// An answer or a refusal.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Answer(Box<Answered>),
    Refusal(Box<Refused>),
}

impl Outcome {
    fn made(&self) -> &Made {
        match self {
            Self::Answer(answered) => &answered.made,
            Self::Refusal(refused) => &refused.made,
        }
    }
}

/// What was there.
#[derive(Debug)]
pub(super) enum Before {
    Inputs(Box<Inputs>),
    List {
        entries: Vec<Entry>,
        /// Where all of the list went.
        cohort: Option<Box<Cohort>>,
    },
}

/// Images and values, and what was answered for them.
#[derive(Debug)]
pub(super) struct Inputs {
    slots: PerSequence<Option<(String, Source)>>,
    birth_weight: String,
    demo_weight: bool,
    covariates: Vec<(String, String)>,
    outcome: Option<Outcome>,
}

impl State {
    /// The inputs change in a way that can be taken back.
    pub(super) fn changed_undoably(&mut self) {
        let slots = self.slots.as_ref().map(|slot| slot.as_ref().map(|g| (g.name.clone(), g.source.clone())));
        let is_anything = Sequence::BOTH.into_iter().any(|s| slots.of(s).is_some());
        let inputs = Inputs {
            slots,
            birth_weight: self.birth_weight.clone(),
            demo_weight: self.demo_weight,
            covariates: self.covariates.clone(),
            outcome: self.outcome.take(),
        };
        self.changed();
        self.before = is_anything.then(|| Before::Inputs(Box::new(inputs)));
    }

    /// Brings back what was there: images that are read again, values, and, once these are its own, the answer.
    pub(super) fn undo(&mut self) {
        match self.before.take() {
            None => {}
            Some(Before::List { entries, cohort }) => {
                if let Some(cohort) = cohort {
                    self.cohort = *cohort;
                }
                self.put_rows_back(entries);
                if let Some(outcome) = &self.outcome {
                    let made = outcome.made().clone();
                    self.show_row_of(&made);
                }
            }
            Some(Before::Inputs(inputs)) => {
                let Inputs { slots, birth_weight, demo_weight, covariates, outcome } = *inputs;
                self.abandon_incoming();
                self.changed();
                self.revive();
                for (sequence, slot) in Sequence::BOTH.into_iter().zip([slots.T1w, slots.T2w]) {
                    self.vacate(sequence);
                    *self.slots.of_mut(sequence) = slot.map(|(name, source)| Given::new(source, name));
                }
                (self.birth_weight, self.demo_weight, self.covariates) =
                    (birth_weight, demo_weight, covariates);
                self.effects.push(Effect::SetBirthWeight(self.birth_weight.clone()));
                self.effects.push(Effect::SetCovariates(self.covariates.clone()));
                self.restoring = outcome;
            }
        }
    }

    /// Analyses whose answers are shown or may be again.
    pub(super) fn kept(&self) -> Vec<u32> {
        let before = match &self.before {
            Some(Before::Inputs(inputs)) => inputs.outcome.as_ref(),
            _ => None,
        };
        let all = [self.outcome.as_ref(), before, self.restoring.as_ref()];
        all.into_iter().flatten().map(|outcome| outcome.made().job).collect()
    }

    /// What is shown in the answer's place from now on.
    pub(super) fn stand(&mut self, outcome: Outcome) {
        self.panel = match &outcome {
            Outcome::Answer(_) => Panel::Answer,
            Outcome::Refusal(_) => Panel::Refusal,
        };
        self.answered_by = Some(outcome.made().device.clone());
        self.outcome = Some(outcome);
    }

    /// Shows what was answered, once both images stand there again; never beside others.
    pub(super) fn restore_outcome(&mut self) {
        let Some(outcome) = self.restoring.take() else { return };
        let slot = |s: Sequence| self.slots.of(s).as_ref();
        if self.panel != Panel::Empty || self.wanted || Sequence::BOTH.into_iter().any(|s| slot(s).is_none())
        {
            return;
        }
        if !Sequence::BOTH.into_iter().all(|s| slot(s).is_some_and(|g| g.progress == Progress::Open)) {
            self.restoring = Some(outcome);
            return;
        }
        let made = outcome.made().clone();
        let own = |s: Sequence| {
            slot(s).and_then(|g| g.shown.as_deref())
                == Some(made.record.provenance.inputs.of(s).sha256.as_str())
        };
        let same_model = self.model.as_ref().is_some_and(|m| m.summary.identity == made.model.identity);
        if Sequence::BOTH.into_iter().all(own) && same_model {
            self.show_row_of(&made);
            self.stand(outcome.clone());
            self.effects.push(match outcome {
                Outcome::Answer(answered) => Effect::ShowAnswerAgain(answered),
                Outcome::Refusal(refused) => Effect::ShowRefusal(refused),
            });
        }
    }
}
