//! What became of an assessment.

use super::assessment::Assessment;
use super::explain::SignedMap;
use super::population::Check;
use super::sequence::PerSequence;
use crate::fault::Notice;

/// The outcome of an assessment.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer with its explanation.
    Assessed { assessment: Box<Assessment>, maps: Box<PerSequence<SignedMap>> },
    /// Outside what the model was made for: no number.
    Abstained { reasons: Vec<Notice>, warnings: Vec<Notice>, checks: Vec<Check> },
}
