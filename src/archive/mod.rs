//! An archive: a BIDS dataset to a dataset of derivatives, by the conventions of BIDS-Apps. Native only.
//!
//! # The archive
//!
//! HIELight has no scheduler. `hielight bids` is what the engines of a site call: the participant level writes each
//! newborn's answer for itself, the group level makes tables of what lies there. A visit is a participant, or one of its
//! sessions; it ends answered, refused by the model's checks, or failed with a reason, and each of the three leaves a
//! file that says so. Files are written under another name and renamed, the document last: where it is, all is. It holds
//! the hashes of all that it was made from, and by these a later run tells what is done already. Nothing of a clock is
//! in a result, so that any number of processes, in any order, interrupted or not, end with the same bytes.
//! `docs/archive.md` is the user's page.

mod case;
mod dataset;
mod exit;
mod filter;
mod group;
mod journal;
mod output;
mod participant;
mod visit;

pub use dataset::{Dataset, DatasetError, Selection};
pub use exit::Exit;
pub use filter::{Filter, FilterError};
pub use group::{Group, group};
pub use journal::Journal;
pub use output::{Output, OutputError};
pub use participant::{Ending, Engine, MIB_BASE, MIB_EACH, run};
pub use visit::{Failure, Visit};
