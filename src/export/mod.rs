//! Files for people and spreadsheets: a one-page report, a table of newborns, and their names.
//!
//! Everything is made from values and said in a language; what a browser does with it is `app::export`'s.

mod name;
mod node;
mod report;
mod table;

pub use name::file_name;
pub use node::Node;
pub use report::{Bar, Content, Drawing, Picture, Report, Verdict, svg_address};
pub use table::{Numbers, Row, csv};
