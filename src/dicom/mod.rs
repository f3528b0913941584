//! DICOM intake: files as a PACS exports them into series, and a series into a volume.
//!
//! Files are told by content. [`Instance::read`] keeps of each what sorting and reading need, [`series`] puts them
//! together and says of each series what it is or why it is refused, [`Series::read`] decodes the voxels. Where a
//! converter would warn and go on, a series is refused. Nothing that says who the patient is leaves this module.

mod dataset;
mod error;
mod header;
mod jpeg_ls;
mod kind;
mod mosaic;
mod picture;
mod pixels;
mod series;
mod stack;
mod tag;
mod values;
mod weighting;

/// Whether a file of that name is a list of other files, whatever is in it: the name is kept for that (PS3.10).
#[must_use]
pub fn is_directory(name: &str) -> bool {
    name.eq_ignore_ascii_case("DICOMDIR")
}

pub use error::DicomError;
pub use header::Instance;
pub use picture::Picture;
pub use series::{Series, proposed, series};
pub use weighting::{Doubt, Weighting};
