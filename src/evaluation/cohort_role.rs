//! What a study has a cohort for.

use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};

/// What a study has a cohort for; in documents and tables by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CohortRole {
    /// Of the development center: the nomogram was fitted on it, so that its predictions flatter the model.
    Training,
    /// Of the development center, kept for validation.
    Internal,
    /// Of every other center.
    Independent,
    /// A cohort that a site names itself: a validation.
    Other(String),
}

impl CohortRole {
    /// As in documents and tables.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Training => "training",
            Self::Internal => "internal",
            Self::Independent => "independent",
            Self::Other(name) => name,
        }
    }

    /// Whether the nomogram has not seen it.
    #[must_use]
    pub fn is_validation(&self) -> bool {
        *self != Self::Training
    }

    /// As readers know it: a site's own name stays as it is.
    #[must_use]
    pub fn label(&self) -> Text {
        match self {
            Self::Training => text!("training"),
            Self::Internal => text!("internal"),
            Self::Independent => text!("independent"),
            Self::Other(name) => name.as_str().into(),
        }
    }
}

impl From<String> for CohortRole {
    fn from(name: String) -> Self {
        let known = [Self::Training, Self::Internal, Self::Independent];
        known.into_iter().find(|role| role.as_str() == name).unwrap_or(Self::Other(name))
    }
}

impl From<CohortRole> for String {
    fn from(role: CohortRole) -> Self {
        role.as_str().to_owned()
    }
}
