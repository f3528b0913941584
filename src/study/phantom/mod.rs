//! Synthetic newborns: anatomy, injury, scanner, dataset.
//!
//! The difficulty of a phantom is ours to choose, so figures on it show that the pipeline works and
//! say nothing of clinical performance.

mod dataset;
mod lattice;
mod newborn;
mod noise;
mod participant;
mod scanner;
mod shape;

pub use dataset::write_dataset;
pub use newborn::{Here, Newborn, Tissue};
pub use participant::{Center, Lesion, Participant, Pattern, PhantomConfig, participant, participant_with};
pub use scanner::{Phantom, Pose, scan, scan_onto};
pub use shape::Point;
