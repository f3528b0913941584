//! The two images of a newborn.

use serde::{Deserialize, Serialize};

/// Which of the two images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sequence {
    /// T1-weighted.
    T1w,
    /// T2-weighted.
    T2w,
}

impl Sequence {
    /// Both, in the order in which the model takes them.
    pub const BOTH: [Self; 2] = [Self::T1w, Self::T2w];

    /// The one that this is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::T1w => Self::T2w,
            Self::T2w => Self::T1w,
        }
    }

    /// The BIDS suffix: `T1w` or `T2w`.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::T1w => "T1w",
            Self::T2w => "T2w",
        }
    }
}

/// One value for each sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[allow(non_snake_case, reason = "the keys are the BIDS suffixes")]
pub struct PerSequence<T> {
    pub T1w: T,
    pub T2w: T,
}

impl<T> PerSequence<T> {
    /// That sequence's value.
    pub fn of(&self, sequence: Sequence) -> &T {
        match sequence {
            Sequence::T1w => &self.T1w,
            Sequence::T2w => &self.T2w,
        }
    }

    /// That sequence's value, to be changed.
    pub fn of_mut(&mut self, sequence: Sequence) -> &mut T {
        match sequence {
            Sequence::T1w => &mut self.T1w,
            Sequence::T2w => &mut self.T2w,
        }
    }
}
