//! By whose fault something failed, and what travels with a result that is doubtful.

use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};

/// By whose fault an operation failed; decides the exit code and the tone of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// A valid input of a kind that is not taken.
    Unsupported,
    /// An input that contradicts its own format.
    Malformed,
    /// An input beyond the limits on memory.
    TooLarge,
    /// Readable, but not what the model was made for.
    OutOfScope,
    /// The graphics adapter or its driver.
    Device,
    /// HIELight itself.
    Internal,
}

impl Fault {
    /// Whether the person who supplied the input can mend it (exit code 2 on the command line).
    #[must_use]
    pub fn is_bad_input(self) -> bool {
        !matches!(self, Self::Device | Self::Internal)
    }
}

/// An error that can be shown to a person: `Display` is the English of its text.
pub trait Explained: std::error::Error {
    /// By whose fault.
    fn fault(&self) -> Fault;
    /// One plain sentence, without capital letter and full stop.
    fn text(&self) -> Text;
    /// One sentence: what to do next.
    fn next_step(&self) -> Text;
    /// Both.
    fn in_full(&self) -> Text {
        text!("{what}. {next_step}", what = self.text(), next_step = self.next_step())
    }
}

/// Something survivable or a reason to abstain, carried with a result into every export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Stable identifier, such as `no_sform`.
    pub code: String,
    /// One plain sentence.
    pub message: Text,
}

/// A notice as documents for other programs have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnglishNotice<'a> {
    /// Stable identifier.
    pub code: &'a str,
    /// One plain sentence, in English.
    pub message: String,
}

impl Notice {
    /// A notice from its stable code and its sentence.
    #[must_use]
    pub fn new(code: &str, message: impl Into<Text>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }

    /// The notice in the language of documents: English.
    #[must_use]
    pub fn in_english(&self) -> EnglishNotice<'_> {
        EnglishNotice { code: &self.code, message: self.message.to_string() }
    }

    /// The same, with what it is about before it.
    #[must_use]
    pub fn labelled(&self, label: &str) -> Self {
        Self::new(&self.code, text!("{label}: {message}", label, message = &self.message))
    }
}
