//! The study, native only: synthetic cohort, cross-fitting, training.

mod anatomy;
mod audit;
mod checkpoint;
mod cohort;
mod cross_fit;
mod folds;
mod lasso;
mod optimism;
pub mod phantom;
pub mod radiomics;
mod ridge;
mod selection;
mod split;
mod train;

pub use anatomy::{Anatomy, Source};
pub use audit::{Audit, AuditError, Extent, HIT_MM, audit};
pub use checkpoint::Checkpoints;
pub use cohort::{CohortError, Row, Subject, image_path, load, read_participants};
pub use cross_fit::{Arm, Prediction, Settings, Study, StudyError, run};
pub use lasso::{Lasso, LassoError, lasso, lasso_cross_validated, penalties};
pub use optimism::{Optimism, optimism};
pub use selection::{CandidateError, Selection};
pub use train::{Sample, Schedule, train_branch};

/// Writes a file under a neighbouring temporary name and renames it, so that an interrupted run leaves
/// either the old file or the new one; makes the folders above it.
///
/// # Errors
/// The first input/output error.
pub fn write_whole(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    std::fs::write(&name, bytes)?;
    std::fs::rename(&name, path)
}
