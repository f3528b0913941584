//! The study, native only: synthetic cohort, cross-fitting, training.

mod cohort;
mod cross_fit;
pub mod phantom;
mod ridge;
mod train;

pub use cohort::{CohortError, Row, Subject, image_path, load, read_participants};
pub use cross_fit::{Settings, Study, StudyError, run};
pub use train::{Sample, Schedule, train_branch};
