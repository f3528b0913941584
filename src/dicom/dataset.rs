//! The elements of a DICOM file, one after the other, as slices of its bytes.
//!
//! Own code beside dicom-rs: its parser takes the memory that an element claims before it looks whether the file has
//! it, follows nested sequences by recursion without a limit, and keeps every attribute, the patient's with them. Here
//! nothing is copied, depth is limited, and who asks for nothing learns nothing.

use super::{DicomError, tag};
use flate2::read::DeflateDecoder;
use std::borrow::Cow;
use std::io::Read as _;

/// Sequences within sequences: a multi-frame object has four.
const DEEPEST: usize = 16;
/// No deflate stream expands more than this (about 1032 by its format).
const MOST: u64 = 1040;
/// Bytes of one inflated file.
const LIMIT: u64 = 1024 * 1024 * 1024;
/// How a transfer syntax's identifier begins.
const ROOT: &str = "1.2.840.10008.1.2";

/// How elements and voxels are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    Native,
    Rle,
    Jpeg,
    JpegLs,
    Jpeg2000,
}

/// A transfer syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    pub explicit: bool,
    pub big_endian: bool,
    /// `None`: an encoding of voxels that is not read; elements are.
    pub codec: Option<Codec>,
}

impl Syntax {
    const IMPLICIT: Self = Self { explicit: false, big_endian: false, codec: Some(Codec::Native) };
    const EXPLICIT: Self = Self { explicit: true, big_endian: false, codec: Some(Codec::Native) };

    fn of(uid: &str) -> Self {
        let codec = match uid.strip_prefix(ROOT) {
            Some("") => return Self::IMPLICIT,
            Some(".2") => return Self { big_endian: true, ..Self::EXPLICIT },
            Some(".1" | ".1.99") => Some(Codec::Native),
            Some(".5") => Some(Codec::Rle),
            // Baseline, extended, lossless, lossless of first order.
            Some(".4.50" | ".4.51" | ".4.57" | ".4.70") => Some(Codec::Jpeg),
            Some(".4.80" | ".4.81") => Some(Codec::JpegLs),
            Some(".4.90" | ".4.91") => Some(Codec::Jpeg2000),
            _ => None,
        };
        Self { codec, ..Self::EXPLICIT }
    }
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u32,
    pub vr: [u8; 2],
    /// Its bytes; of a sequence that is walked through, none.
    pub bytes: &'a [u8],
    pub big_endian: bool,
}

/// Where an element stands: the sequences around it, outermost first, with the number of the item in each.
pub type Path = [(u32, usize)];

/// Where the voxels are, in bytes of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pixels {
    /// As they are: where they start and how many bytes are said to follow.
    Native { start: usize, length: u64 },
    /// In fragments, from here.
    Fragments { start: usize },
    /// As floating point numbers.
    Float,
}

/// What is read of a file.
pub struct Content<'a> {
    pub bytes: Cow<'a, [u8]>,
    /// Where the elements after the file's own begin.
    start: usize,
    pub syntax: Syntax,
}

/// What stands around the elements that come.
struct Level {
    sequence: u32,
    item: Option<usize>,
    /// Where the sequence ends, if it says so.
    sequence_end: Option<usize>,
    /// Where the present item ends, if it says so.
    item_end: Option<usize>,
    explicit: bool,
    /// Fragments of encapsulated voxels, whose items hold no elements.
    fragments: bool,
}

impl<'a> Content<'a> {
    /// Opens a file: by its preamble, or by elements that can only be DICOM's.
    pub fn of(bytes: &'a [u8]) -> Result<Self, DicomError> {
        let has_preamble = bytes.get(128..132) == Some(b"DICM");
        let start = if has_preamble { 132 } else { 0 };
        let begins = |at: usize| bytes.get(at..at + 8);
        let first = begins(start).ok_or(DicomError::NotDicom)?;
        let group = u16::from_le_bytes([first[0], first[1]]);
        if !has_preamble && group != 2 && group != 8 {
            return Err(DicomError::NotDicom);
        }
        let looks_explicit = first[4..6].iter().all(u8::is_ascii_uppercase);
        let mut at = start;
        let mut uid = None;
        // The file's own elements are always explicit and little endian.
        while begins(at).is_some_and(|head| head[..2] == [2, 0]) {
            if !looks_explicit {
                return Err(if has_preamble { DicomError::Damaged { at } } else { DicomError::NotDicom });
            }
            let damaged = DicomError::Damaged { at };
            let (tag, _, length, start) = header(bytes, at, Syntax::EXPLICIT)?;
            let length = length.ok_or(damaged.clone())?;
            let value = bytes.get(start..).and_then(|rest| rest.get(..length)).ok_or(damaged)?;
            if tag == tag::TRANSFER_SYNTAX {
                uid = Some(text(value));
            }
            at = start + length;
        }
        let syntax = match &uid {
            Some(uid) => Syntax::of(uid),
            None if looks_explicit => Syntax::EXPLICIT,
            None => Syntax::IMPLICIT,
        };
        if uid.as_deref() == Some("1.2.840.10008.1.2.1.99") {
            let packed = bytes.get(at..).unwrap_or_default();
            let most = LIMIT.min(MOST.saturating_mul(packed.len() as u64));
            let mut inflated = Vec::new();
            let read = DeflateDecoder::new(packed).take(most + 1).read_to_end(&mut inflated);
            read.map_err(|_| DicomError::Deflate)?;
            if inflated.len() as u64 > most {
                return Err(DicomError::TooLarge);
            }
            return Ok(Self { bytes: Cow::Owned(inflated), start: 0, syntax });
        }
        Ok(Self { bytes: Cow::Borrowed(bytes), start: at, syntax })
    }

    /// Shows every element before the voxels to `see`, with where it stands; answers where the voxels are.
    ///
    /// # Errors
    /// `DicomError::Damaged` where an element cannot be; what came before was shown.
    pub fn walk(&self, mut see: impl FnMut(&Path, &Element<'_>)) -> Result<Option<Pixels>, DicomError> {
        let bytes: &[u8] = &self.bytes;
        let mut levels: Vec<Level> = Vec::new();
        let mut path: Vec<(u32, usize)> = Vec::new();
        let mut at = self.start;
        loop {
            // What says where it ends has ended there.
            loop {
                let depth = levels.len();
                let Some(level) = levels.last_mut() else { break };
                if level.item_end.is_some_and(|end| at >= end) {
                    (level.item_end, level.item) = (None, level.item.map(|n| n + 1));
                    path.truncate(depth - 1);
                } else if path.len() < depth && level.sequence_end.is_some_and(|end| at >= end) {
                    levels.pop();
                } else {
                    break;
                }
            }
            if at == bytes.len() && levels.is_empty() {
                return Ok(None);
            }
            let damaged = DicomError::Damaged { at };
            let explicit = levels.last().map_or(self.syntax.explicit, |level| level.explicit);
            let (tag, vr, length, value) = header(bytes, at, Syntax { explicit, ..self.syntax })?;
            let rest = bytes.len() - value;
            match tag {
                tag::ITEM => {
                    let depth = levels.len();
                    let level = levels.last_mut().filter(|_| path.len() < depth).ok_or(damaged.clone())?;
                    if level.fragments {
                        at = value + length.filter(|n| *n <= rest).ok_or(damaged)?;
                        continue;
                    }
                    let end = match length {
                        Some(length) if length > rest => return Err(damaged),
                        length => length.map(|length| value + length),
                    };
                    let number = *level.item.get_or_insert(0);
                    level.item_end = end;
                    path.push((level.sequence, number));
                    // An item's own element, so that an empty one is counted too.
                    see(&path, &Element { tag, vr, bytes: &[], big_endian: self.syntax.big_endian });
                    at = value;
                }
                tag::ITEM_END => {
                    let depth = levels.len();
                    let level = levels.last_mut().filter(|_| path.len() == depth).ok_or(damaged)?;
                    (level.item_end, level.item) = (None, level.item.map(|n| n + 1));
                    path.truncate(depth - 1);
                    at = value;
                }
                tag::SEQUENCE_END => {
                    if levels.is_empty() || path.len() == levels.len() {
                        return Err(damaged);
                    }
                    levels.pop();
                    at = value;
                }
                // Between items stands nothing else.
                _ if path.len() < levels.len() => return Err(damaged),
                tag::PIXELS if levels.is_empty() => {
                    return Ok(Some(match length {
                        Some(length) => Pixels::Native { start: value, length: length as u64 },
                        None => Pixels::Fragments { start: value },
                    }));
                }
                tag::FLOAT_PIXELS | tag::DOUBLE_PIXELS if levels.is_empty() => {
                    return Ok(Some(Pixels::Float));
                }
                _ => {
                    let is_sequence = vr == *b"SQ" || (vr == [0, 0] && tag::is_group_sequence(tag));
                    let entered = match length {
                        None => true,
                        Some(_) => is_sequence && tag::is_group_sequence(tag),
                    };
                    if length.is_some_and(|length| length > rest) {
                        return Err(damaged);
                    }
                    if entered {
                        if levels.len() == DEEPEST {
                            return Err(damaged);
                        }
                        levels.push(Level {
                            sequence: tag,
                            item: None,
                            sequence_end: length.map(|length| value + length),
                            item_end: None,
                            // A sequence whose VR was not known to a program on its way is implicit inside.
                            explicit: explicit && vr != *b"UN",
                            fragments: matches!(&vr, b"OB" | b"OW"),
                        });
                        at = value;
                    } else {
                        let length = length.unwrap_or_default();
                        let bytes = &bytes[value..value + length];
                        see(&path, &Element { tag, vr, bytes, big_endian: self.syntax.big_endian });
                        at = value + length;
                    }
                }
            }
        }
    }

    /// The fragments of encapsulated voxels, the table of offsets first.
    pub fn fragments(&self, start: usize) -> Result<Vec<&[u8]>, DicomError> {
        let mut found = Vec::new();
        let mut at = start;
        loop {
            let (tag, _, length, value) = header(&self.bytes, at, self.syntax)?;
            match (tag, length) {
                (tag::ITEM, Some(length)) => {
                    let fragment = self.bytes.get(value..).and_then(|rest| rest.get(..length));
                    let cut = DicomError::Truncated {
                        expected: value as u64 + length as u64,
                        found: self.bytes.len() as u64,
                    };
                    found.push(fragment.ok_or(cut)?);
                    at = value + length;
                }
                (tag::SEQUENCE_END, _) => return Ok(found),
                _ => return Err(DicomError::Damaged { at }),
            }
        }
    }
}

/// Text without the blanks and zeros that fill it up.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}

/// Tag, VR (zeros where there is none), length (`None`: open) and where the value starts.
type Head = (u32, [u8; 2], Option<usize>, usize);

fn header(bytes: &[u8], at: usize, syntax: Syntax) -> Result<Head, DicomError> {
    let damaged = DicomError::Damaged { at };
    let head: [u8; 8] =
        bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()).copied().ok_or(damaged.clone())?;
    let two = |b: [u8; 2]| if syntax.big_endian { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) };
    let four = |b: [u8; 4]| if syntax.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) };
    let tag = u32::from(two([head[0], head[1]])) << 16 | u32::from(two([head[2], head[3]]));
    let vr = [head[4], head[5]];
    let (vr, length, value) = if !syntax.explicit || tag >> 16 == 0xfffe {
        ([0, 0], four([head[4], head[5], head[6], head[7]]), at + 8)
    } else if !vr.iter().all(u8::is_ascii_uppercase) {
        return Err(damaged);
    } else if matches!(
        &vr,
        b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV"
    ) {
        let long = bytes.get(at + 8..).and_then(|rest| rest.first_chunk::<4>()).copied().ok_or(damaged)?;
        (vr, four(long), at + 12)
    } else {
        (vr, u32::from(two([head[6], head[7]])), at + 8)
    };
    Ok((tag, vr, (length != u32::MAX).then_some(length as usize), value))
}
