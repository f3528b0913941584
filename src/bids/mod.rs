//! A cohort by BIDS: names of files, tables of participants. Shared by the study and the page.

pub mod delimited;
mod name;
mod participants;

pub use name::{Name, Wanted, newborn_of, without_zeros};
pub use participants::{Participant, Table};
