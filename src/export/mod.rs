//! Files for people and spreadsheets: a one-page report, a table of newborns, and their names.
//!
//! Everything is made from values and said in a language; what a browser does with it is `app::export`'s.
//!
//! # Exports
//!
//! The engine makes the JSON with the answer, by the function that `predict --json` calls (`model/document.rs`), and the
//! page saves that text. A map is written by the engine too: the reader keeps the fields of an image's header that place
//! it (`volume::Stored`), and the map's header repeats them bit for bit, so that it lies on the image's voxels in every
//! viewer, whether that believes the sform, the qform or neither. Its values are trilinear between the network's cells:
//! the highest voxel is one of the eight around the stated peak. Warnings stand in a header extension.
//!
//! The report of a case is a tree of nodes that `CaseReport` makes of texts; the page makes elements of it (no HTML is ever
//! parsed there), a saved file its text with `www/report.css` in it and a policy that allows nothing else. Charts and
//! planes in it are pictures with `data:` addresses. The page shows it as it is printed, measures it and makes it tighter until
//! it fits the lower of A4 and Letter; what does not fit at the smallest size that is read with ease flows onto another
//! page. What is exported is what is shown: with the answer go the buttons, the label and the report.

mod case_report;
mod name;
mod node;
mod table;
mod words;

pub use case_report::{Bar, CaseReport, Content, Drawing, Picture, REPORT_STYLE, Verdict};
pub use name::file_name;
pub use node::{Node, html_file};
pub use table::{Line, Numbers, Row, Status, attempts, csv};
pub use words::{card_excerpt, caution, facts, neighbours_sentence, next_steps, population_of_training};
