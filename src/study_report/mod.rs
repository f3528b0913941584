//! The report of a study, of a table of predictions or of an archive: one HTML file, native only.

mod archive;
mod checklist;
mod contact_sheet;
mod document;
mod performance;
mod pictures;
mod study;

pub use archive::{ArchiveReport, archive_report};
pub use contact_sheet::contact_sheet;
pub use performance::{CohortResult, evaluation_report};
pub use pictures::{failure_cases, png_address};
pub use study::{FailureCase, StudyReport};

/// Rounds for reading: three decimals.
fn decimals(value: f64) -> String {
    format!("{value:.3}")
}

/// A number with its interval.
fn interval(value: f64, [low, high]: [f64; 2]) -> String {
    format!("{value:.3} ({low:.3} to {high:.3})")
}

/// A p-value: never 0.
fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") }
}
