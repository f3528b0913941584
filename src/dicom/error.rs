//! What can be wrong with DICOM files and series, each with its sentence and its next step.
//!
//! No sentence repeats a word from a file: it may be the patient's name.

use crate::fault::{Explained, Fault};
use crate::language::{Text, number};
use crate::text;
use crate::volume::VolumeError;

/// Why a file or a series was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.text())]
#[non_exhaustive]
pub enum DicomError {
    NotDicom,
    /// A directory, a report or a drawing.
    NoImage,
    /// An element that cannot be, at that byte.
    Damaged {
        at: usize,
    },
    Truncated {
        expected: u64,
        found: u64,
    },
    Deflate,
    Decoding,
    /// Another file than the one whose header was read.
    Changed,
    TooLarge,
    TransferSyntax,
    PixelType {
        allocated: u32,
        stored: u32,
        high: u32,
    },
    Dimensions {
        columns: u32,
        rows: u32,
    },
    Frames {
        said: i64,
        described: usize,
    },
    Colour,
    /// White is 0.
    Inverted,
    Rescale,
    NoPosition,
    FewSlices(usize),
    OnePlace(usize),
    Orientations(usize),
    Tilted {
        degrees: f64,
    },
    Uneven {
        least: f64,
        most: f64,
    },
    Missing {
        slices: usize,
        least: f64,
        most: f64,
    },
    Shifted {
        mm: f64,
    },
    /// Places with more than one image, while others have one.
    Doubled(usize),
    /// Images at every place.
    TimeSeries(usize),
    Localizer,
    /// The word of its type that says so.
    Derived(&'static str),
    /// Phase, real or imaginary part.
    Component(&'static str),
    EchoPlanar,
    Mosaic,
    Modality,
    Volume(VolumeError),
}

impl From<VolumeError> for DicomError {
    fn from(error: VolumeError) -> Self {
        Self::Volume(error)
    }
}

impl Explained for DicomError {
    fn fault(&self) -> Fault {
        match self {
            Self::NotDicom
            | Self::Damaged { .. }
            | Self::Truncated { .. }
            | Self::Deflate
            | Self::Decoding
            | Self::Changed
            | Self::Dimensions { .. }
            | Self::Frames { .. }
            | Self::Rescale => Fault::Malformed,
            Self::TooLarge => Fault::TooLarge,
            Self::Volume(error) => error.fault(),
            _ => Fault::Unsupported,
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::NotDicom => text!("the file is not a DICOM file"),
            Self::NoImage => text!("the DICOM file holds no image"),
            Self::Damaged { at } => text!("a DICOM file is damaged or cut short at byte {at}", at = *at),
            Self::Truncated { expected, found } => text!(
                "a DICOM file holds {found} bytes of voxels, but its header needs {expected}",
                found = *found,
                expected = *expected
            ),
            Self::Deflate => text!("a compressed DICOM file is damaged or cut short"),
            Self::Decoding => {
                text!("the compressed voxels of a DICOM image are damaged or of an unusual kind")
            }
            Self::Changed => {
                text!("a DICOM file is not the one that was there when the folder was looked through")
            }
            Self::TooLarge => text!("the series needs more than 512 MiB, which is the most that is read"),
            Self::TransferSyntax => text!("the voxels are compressed in a way that is not read"),
            Self::PixelType { allocated, stored, high } => text!(
                "the voxels have {stored} of {allocated} bits up to bit {high}, \
                 and whole numbers of 8, 16 or 32 bits are read",
                stored = *stored,
                allocated = *allocated,
                high = *high
            ),
            Self::Dimensions { columns, rows } => text!(
                "the header gives an image {columns} columns and {rows} rows",
                columns = *columns,
                rows = *rows
            ),
            Self::Frames { said, described } => text!(
                "a multi-frame file says that it holds {said} images, but describes {described}",
                said = *said,
                described = *described
            ),
            Self::Colour => text!("the images are in colour, and an MRI in grey levels is needed"),
            Self::Inverted => text!("the images are stored with white as 0, as MRI is not"),
            Self::Rescale => {
                text!("the scaling of the voxels is not finite or takes every voxel to one value")
            }
            Self::NoPosition => text!("the images do not say where they lie in the patient"),
            Self::FewSlices(n) => {
                text!(
                    "the series has too few slices ({n}): 3 or more are needed to know that they are evenly spaced",
                    n = *n
                )
            }
            Self::OnePlace(n) => {
                text!("all {n} images of the series lie at one place, and a volume is needed", n = *n)
            }
            Self::Orientations(n) => {
                text!("the series holds images in {n} orientations, and one is needed", n = *n)
            }
            Self::Tilted { degrees } => text!(
                "the slices lean by {degrees}° against their own plane, as with a tilted gantry, \
                 and upright ones are needed",
                degrees = number(*degrees, 1)
            ),
            Self::Uneven { least, most } => text!(
                "neighbouring slices are {least} to {most} mm apart, and even distances are needed",
                least = number(*least, 2),
                most = number(*most, 2)
            ),
            Self::Missing { slices, least, most } => text!(
                "neighbouring slices are {least} to {most} mm apart, so slices are missing (number: {n})",
                least = number(*least, 2),
                most = number(*most, 2),
                n = *slices
            ),
            Self::Shifted { mm } => text!(
                "an image lies {mm} mm beside the line of the others, and all must lie on one",
                mm = number(*mm, 2)
            ),
            Self::Doubled(n) => {
                text!(
                    "some places of the series have more images than others (number of places: {n}), \
                 and each needs exactly one",
                    n = *n
                )
            }
            Self::TimeSeries(n) => {
                text!("the series holds {n} images at every place, and a single volume is needed", n = *n)
            }
            Self::Localizer => text!("the series is a localizer, made for planning"),
            Self::Derived(word) => text!(
                "the series was computed from other images (its type says {word}), and an acquired one is needed",
                word = *word
            ),
            Self::Component(part) => {
                text!("the images are of type {part}, and a magnitude image is needed", part = *part)
            }
            Self::EchoPlanar => {
                text!(
                    "the series is echo-planar, as functional and diffusion MRI are, and is neither T1w nor T2w"
                )
            }
            Self::Mosaic => text!("the images are mosaics whose layout is not known"),
            Self::Modality => text!("the series is not MRI"),
            Self::Volume(error) => error.text(),
        }
    }

    fn next_step(&self) -> Text {
        match self {
            Self::NotDicom | Self::NoImage => text!("Choose the folder that was exported from the PACS."),
            Self::Damaged { .. }
            | Self::Truncated { .. }
            | Self::Deflate
            | Self::Frames { .. }
            | Self::Dimensions { .. } => text!("Export the series again."),
            Self::Decoding | Self::TransferSyntax => {
                text!("Export the series again without compression (explicit VR little endian).")
            }
            Self::Changed => text!("Choose the folder again."),
            Self::TooLarge => text!("Choose a series of a lower resolution."),
            Self::Missing { .. } | Self::Uneven { .. } | Self::Shifted { .. } => {
                text!("Export the whole series again, or choose another.")
            }
            Self::Doubled(_) => text!("Remove the copies from the folder, or export the series again."),
            Self::Volume(error) => error.next_step(),
            _ => text!("Choose an anatomical T1w or T2w series as the scanner made it."),
        }
    }
}
