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

    /// Place of its signature among the nomogram's terms (`Clinical::FIRST`).
    #[must_use]
    pub fn term(self) -> usize {
        match self {
            Self::T1w => 0,
            Self::T2w => 1,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(non_snake_case, reason = "the keys are the BIDS suffixes")]
pub struct PerSequence<T> {
    pub T1w: T,
    pub T2w: T,
}

impl<T> PerSequence<T> {
    /// What a function makes of each sequence, T1w first.
    pub fn from_fn(mut value: impl FnMut(Sequence) -> T) -> Self {
        Self { T1w: value(Sequence::T1w), T2w: value(Sequence::T2w) }
    }

    /// The same with a function that may fail.
    ///
    /// # Errors
    /// The first error.
    pub fn try_from_fn<E>(mut value: impl FnMut(Sequence) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { T1w: value(Sequence::T1w)?, T2w: value(Sequence::T2w)? })
    }

    /// References to both.
    pub fn as_ref(&self) -> PerSequence<&T> {
        PerSequence { T1w: &self.T1w, T2w: &self.T2w }
    }

    /// What a function makes of each value, T1w's first.
    pub fn map<U>(self, mut value: impl FnMut(T) -> U) -> PerSequence<U> {
        PerSequence { T1w: value(self.T1w), T2w: value(self.T2w) }
    }

    /// Each sequence with its value, T1w first.
    pub fn iter(&self) -> std::array::IntoIter<(Sequence, &T), 2> {
        [(Sequence::T1w, &self.T1w), (Sequence::T2w, &self.T2w)].into_iter()
    }

    /// Both values, T1w first.
    pub fn into_pair(self) -> [T; 2] {
        [self.T1w, self.T2w]
    }

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
