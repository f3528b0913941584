//! What a file is, by its first bytes and never by its name.

use crate::language::Text;
use crate::text;

/// What a file is that is given for a NIfTI image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookalike {
    Dicom,
    /// What Git keeps in the place of a large file that was not fetched.
    LfsPointer,
    Text,
    /// A web page, such as the sign-in form that came instead of a download.
    Html,
    Analyze,
    Zip,
    /// An archive or compressed file of another kind than gzip, by its usual name.
    Packed(&'static str),
    /// gzip within gzip.
    GzipTwice,
    Pdf,
    /// A picture, by its usual name.
    Picture(&'static str),
    /// macOS's companion of another file (`._name`).
    AppleDouble,
    /// What a desktop keeps about a folder (`.DS_Store`, `Thumbs.db`, `desktop.ini`).
    FolderNotes,
    /// Another format of brain images, by its usual name.
    OtherImage(&'static str),
}

/// First bytes of what hospitals, desktops and downloads leave beside images.
const SIGNATURES: [(&[u8], Lookalike); 26] = [
    (b"version https://git-lfs", Lookalike::LfsPointer),
    (b"PK\x03\x04", Lookalike::Zip),
    (b"PK\x05\x06", Lookalike::Zip),
    (b"BZh", Lookalike::Packed("bzip2")),
    (b"\xfd7zXZ\0", Lookalike::Packed("xz")),
    (b"\x28\xb5\x2f\xfd", Lookalike::Packed("zstd")),
    (b"7z\xbc\xaf\x27\x1c", Lookalike::Packed("7z")),
    (b"Rar!\x1a\x07", Lookalike::Packed("RAR")),
    (b"\x1f\x9d", Lookalike::Packed("compress (.Z)")),
    (b"%PDF-", Lookalike::Pdf),
    (b"\x89PNG\r\n\x1a\n", Lookalike::Picture("PNG")),
    (b"\xff\xd8\xff", Lookalike::Picture("JPEG")),
    (b"GIF8", Lookalike::Picture("GIF")),
    (b"II*\0", Lookalike::Picture("TIFF")),
    (b"MM\0*", Lookalike::Picture("TIFF")),
    (b"\0\x05\x16\x07", Lookalike::AppleDouble),
    (b"\0\0\0\x01Bud1", Lookalike::FolderNotes),
    // OLE, as in Thumbs.db.
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Lookalike::FolderNotes),
    (b"\x89HDF\r\n\x1a\n", Lookalike::OtherImage("HDF5 or MINC")),
    (b"CDF\x01", Lookalike::OtherImage("MINC")),
    (b"NRRD", Lookalike::OtherImage("NRRD")),
    (b"\0\0\0\x01", Lookalike::OtherImage("MGH (FreeSurfer)")),
    (b"ObjectType", Lookalike::OtherImage("MetaImage")),
    (b"MATLAB 5.0", Lookalike::OtherImage("MATLAB")),
    (b"\x04\x22\x4d\x18", Lookalike::Packed("lz4")),
    (b"LZIP", Lookalike::Packed("lzip")),
];

/// Whether a file is DICOM, by its first 132 bytes: the preamble's mark, or without it an element of the group with
/// which such files begin, little endian.
#[must_use]
pub fn is_dicom(start: &[u8]) -> bool {
    let group = start.first_chunk::<4>();
    start.get(128..132) == Some(b"DICM")
        || matches!(group, Some([0x08 | 0x02, 0, 0x00 | 0x05 | 0x08 | 0x16, 0]))
}

impl Lookalike {
    /// What the bytes are, where it is known and is no NIfTI.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if is_dicom(bytes) {
            return Some(Self::Dicom);
        }
        if let Some((_, found)) = SIGNATURES.iter().find(|(start, _)| bytes.starts_with(start)) {
            return Some(*found);
        }
        if bytes.get(257..262) == Some(b"ustar") {
            return Some(Self::Packed("tar"));
        }
        let start = &bytes[..bytes.len().min(256)];
        let is_text = !start.is_empty() && start.iter().all(|b| matches!(b, 9 | 10 | 13 | 32..=126 | 128..));
        if !is_text {
            return None;
        }
        let words = String::from_utf8_lossy(start).to_lowercase();
        if words.starts_with("[.shellclassinfo]") {
            return Some(Self::FolderNotes);
        }
        let begins = words.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let is_html = begins.starts_with("<!doctype html") || words.contains("<html");
        Some(if is_html { Self::Html } else { Self::Text })
    }

    /// It, as in "not a NIfTI image but ...".
    pub(super) fn what(self) -> Text {
        match self {
            Self::Dicom => text!("a DICOM file"),
            Self::LfsPointer => text!("a Git LFS pointer to one"),
            Self::Text => text!("a text file"),
            Self::Html => text!("a web page"),
            Self::Analyze => text!("an Analyze header"),
            Self::Zip => text!("a ZIP archive"),
            Self::Packed(kind) => text!("a file packed by {kind}", kind),
            Self::GzipTwice => text!("a file that was compressed twice"),
            Self::Pdf => text!("a PDF document"),
            Self::Picture(kind) => text!("a {kind} picture", kind),
            Self::AppleDouble => text!("macOS's companion of another file"),
            Self::FolderNotes => text!("what a desktop keeps about a folder"),
            Self::OtherImage(kind) => text!("an image of the format {kind}", kind),
        }
    }

    pub(super) fn next_step(self) -> Text {
        match self {
            Self::Dicom => {
                text!("Give the whole DICOM folder: its series are found by their content.")
            }
            Self::LfsPointer => text!("Fetch the image itself, for example with git lfs pull."),
            Self::Html => text!("Download the image again: a sign-in may have been needed."),
            Self::Zip | Self::Packed(_) => text!("Unpack it and choose the image in it."),
            Self::GzipTwice => text!("Unpack it once."),
            Self::AppleDouble => text!("Choose the file of the same name without ._ before it."),
            Self::Text | Self::Pdf | Self::Picture(_) | Self::FolderNotes => {
                text!("Choose the image as NIfTI (.nii or .nii.gz).")
            }
            Self::Analyze | Self::OtherImage(_) => text!("Convert it to NIfTI (.nii or .nii.gz)."),
        }
    }
}
