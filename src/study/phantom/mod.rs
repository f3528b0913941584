//! Synthetic newborns: real anatomy deformed, a head around it, injury, scanner, dataset.
//!
//! The difficulty of a phantom is ours to choose, so figures on it show that the pipeline works and
//! say nothing of clinical performance.

mod contrast;
mod dataset;
mod deformation;
mod head;
mod injury;
mod lattice;
mod map;
mod newborn;
mod noise;
mod paint;
mod participant;
mod protocol;
mod scanner;
mod shape;
mod surface;

pub use contrast::KINDS;
pub use dataset::{write_dataset, write_newborns};
pub use map::kind_of;
pub use newborn::{Newborn, Rendered, Volumes};
pub use participant::{
    Center, Lesion, MODERATE, Participant, Pattern, PhantomConfig, participant, participant_with,
};
pub use scanner::{Phantom, scan, scan_onto, still};
