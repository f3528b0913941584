//! DICOM intake: files as a PACS exports them into series, and a series into a volume.
//!
//! Files are told by content. [`Instance::read`] keeps of each what sorting and reading need, [`series`] puts them
//! together and says of each series what it is or why it is refused, [`Series::read`] decodes the voxels. Where a
//! converter would warn and go on, a series is refused. Nothing that says who the patient is leaves this module.

mod dataset;
mod error;
mod header;
mod jpeg_ls;
mod mosaic;
mod pixels;
mod series;
mod stack;
mod tag;
mod values;
mod weighting;

pub use error::DicomError;
pub use header::Instance;
pub use series::{Series, proposed, series};
pub use weighting::Weighting;

use sha2::{Digest as _, Sha256};
use stack::Geometry;

/// Sixteen hexadecimal digits that stand for a text.
fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect()
}
