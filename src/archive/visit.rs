//! What is assessed: a participant, or one of its sessions.

use std::path::PathBuf;

/// A participant, or one of its sessions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Visit {
    /// With its `sub-`.
    pub subject: String,
    /// With its `ses-`; `None` where the participant's images lie in no session.
    pub session: Option<String>,
}

impl Visit {
    /// How its files' names begin: `sub-01_ses-a`.
    #[must_use]
    pub fn stem(&self) -> String {
        match &self.session {
            Some(session) => format!("{}_{session}", self.subject),
            None => self.subject.clone(),
        }
    }

    /// Its folder of images within a dataset: `sub-01/ses-a/anat`.
    #[must_use]
    pub fn anat(&self) -> PathBuf {
        let mut folder = PathBuf::from(&self.subject);
        folder.extend(&self.session);
        folder.join("anat")
    }
}

/// Why a visit has neither an answer nor a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable identifier, such as `no_image`.
    pub code: &'static str,
    /// One sentence, with what to do.
    pub message: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
