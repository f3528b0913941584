//! The study, native only: synthetic cohort, cross-fitting, training.
//!
//! # The study
//!
//! Training and internal validation come from the first center, independent validation is every other one; all
//! splits are by subject and follow from one seed. Signatures need no newborn with an injury: heads and kernels learn
//! from healthy newborns, their twins with planted injuries ([`Planter`]) and their simulated rescans. The logistic
//! model alone sees diagnoses, and out-of-fold signatures only. A fifth of each fold's healthy newborns decides after
//! every epoch whether the kernels became better, and the first ones may be the best. Simpler models (birth weight,
//! either signature, both, untrained kernels, labels instead of twins, IBSI features with LASSO) get the same splits
//! and the same cross-fitting. Finished branches wait on disk under a hash of all that they depend on, so that an
//! interrupted study ends with the same bytes; aligned newborns may wait in the same way ([`Cache`]), so that a cluster
//! makes both as jobs of their own. `docs/study.md` holds what the shipped study found.

mod anatomy;
mod arms;
mod audit;
mod cache;
mod calibrate;
mod checkpoint;
mod cohort;
mod cross_fit;
mod description;
mod detector;
mod folds;
mod image_file;
mod images;
mod lasso;
mod optimism;
pub mod phantom;
pub mod radiomics;
mod relatives;
mod ridge;
mod selection;
mod settings;
mod split;
mod train;
mod twins;

pub use anatomy::{Anatomy, Source};
pub use audit::{
    Audit, AuditError, Extent, HIT_MM, Localisation, Observer, Planted, RealNewborn, Refusals, Repeatability,
    audit,
};
pub use cache::{Alignment, Cache};
pub use calibrate::{CalibrateError, Calibrated, Figures, calibrate};
pub use checkpoint::Checkpoints;
pub use cohort::{CohortError, Loaded, Preparation, Row, Subject, load, read_participants};
pub use cross_fit::{Arm, Prediction, Study, run, run_branch};
pub use description::Description;
pub use detector::{Detectors, Family, Gram, Shrinkage};
pub use image_file::{ImageFile, ImageFileError, whole};
pub use images::{LayoutError, find_images, folder_names, folders_without_row, image_path, images_within};
pub use lasso::{Lasso, LassoError, lasso, lasso_cross_validated, penalties};
pub use optimism::{Optimism, optimism};
pub use selection::{CandidateError, Selection};
pub use settings::{Settings, StudyError};
pub use train::{Architecture, Images, Schedule, Trained, initial_kernels, train_branch};
pub use twins::{Injury, Planter};

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

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
    // No other process has it, of this machine or of another that writes into the same folder.
    name.push(format!(".{:016x}.partial", RandomState::new().build_hasher().finish()));
    let written = std::fs::write(&name, bytes).and_then(|()| std::fs::rename(&name, path));
    if written.is_err() {
        // Of a full disk it is of no use, and what cannot be removed stays.
        let _ = std::fs::remove_file(&name);
    }
    written
}
