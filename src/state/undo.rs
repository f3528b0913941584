//! One step back: what a removal, a swap, a replacement or a clearing took away, with the answer that was its own.

use super::cohort::Cohort;
use super::files::{Inputs, Progress};
use super::list::Entry;
use super::{Answered, Effect, Made, Panel, Refused, State};
use crate::language::Text;
use crate::model::Sequence;

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
    /// Images and values, and what was answered for them.
    Inputs(Box<(Inputs, Option<Outcome>)>),
    List {
        entries: Vec<Entry>,
        /// Where all of the list went.
        cohort: Option<Box<Cohort>>,
    },
}

impl State {
    /// The inputs change in a way that can be taken back.
    pub(super) fn changed_undoably(&mut self) {
        self.outdate_undoably();
        self.effects.push(Effect::Note(Text::default()));
    }

    /// The same where what was noted of the change still holds.
    pub(super) fn outdate_undoably(&mut self) {
        let (inputs, outcome) = (self.inputs(), self.outcome.take());
        self.outdate();
        self.before = inputs.has_images().then(|| Before::Inputs(Box::new((inputs, outcome))));
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
                let (inputs, outcome) = *inputs;
                self.abandon_incoming();
                self.changed();
                self.put_back(inputs);
                self.restoring = outcome;
            }
        }
    }

    /// Analyses whose answers are shown or may be again.
    pub(super) fn kept(&self) -> Vec<u32> {
        let before = match &self.before {
            Some(Before::Inputs(inputs)) => inputs.1.as_ref(),
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
            self.effects.push(Effect::FocusAnswer);
        }
    }
}
