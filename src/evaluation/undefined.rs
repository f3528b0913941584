//! Figures that may not exist.

use crate::language::Text;
use crate::text;
use serde::{Serialize, Serializer};

/// A figure, or why there is none. It takes no other figure along.
pub type Figure<T> = Result<T, Undefined>;

/// Why a figure does not exist in a cohort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub enum Undefined {
    /// Nobody is in the cohort.
    Nobody,
    /// Everybody has the same outcome.
    OneClass,
    /// All probabilities are the same.
    Constant,
    /// Some threshold parts the classes without an error.
    Separated,
    /// A test of more groups than there are distinct probabilities.
    FewGroups,
    /// Every probability is one half.
    Half,
    /// The estimate lies at an end of its scale, or does not vary.
    NoSpread,
}

impl Undefined {
    /// The reason, to stand behind "not defined: ".
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Nobody => text!("nobody is in the cohort"),
            Self::OneClass => text!("all newborns have the same outcome"),
            Self::Constant => text!("all probabilities are the same"),
            Self::Separated => text!("the probabilities part the classes completely"),
            Self::FewGroups => text!("there are too few distinct probabilities"),
            Self::Half => text!("every probability is 50 %"),
            Self::NoSpread => text!("the figure has no spread here"),
        }
    }
}

impl Serialize for Undefined {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}
