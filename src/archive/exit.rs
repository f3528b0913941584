//! How `hielight` ends: the one table of its exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    Failed,
    BadInput,
    Interrupted,
    SomeFailed,
    Nobody,
}

impl Exit {
    /// All, by their code.
    pub const ALL: [Self; 6] =
        [Self::Done, Self::Failed, Self::BadInput, Self::Interrupted, Self::SomeFailed, Self::Nobody];

    /// What the process returns.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::BadInput => 2,
            Self::Interrupted => 130,
            Self::SomeFailed => 161,
            Self::Nobody => 162,
        }
    }

    /// What it means, without full stop: the last line of a log, the tables in the descriptors and in `docs/archive.md`.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "Done; a refusal by the model's checks is a result",
            Self::Failed => "HIELight or the machine failed: the last lines of the log say how",
            Self::BadInput => "The command line, the dataset or the model cannot be used",
            Self::Interrupted => "Interrupted; the same command goes on where it was",
            Self::SomeFailed => "Some participants failed, each with its reason; all others are done",
            Self::Nobody => "Nobody to run: no participant or session is left by the options",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
