//! What is kept of one file: its images and how they are stored, and nothing that says who the patient is.

use super::dataset::{Content, Element, Path, Pixels, Syntax, text};
use super::mosaic::Mosaic;
use super::values::{Values, integer, unsigned};
use super::{DicomError, tag};

/// One file with images: what is needed to sort and to read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub(super) study: String,
    pub(super) series: String,
    /// The file's own identifier.
    pub(super) uid: String,
    pub(super) number: Option<i64>,
    pub(super) image_number: Option<i64>,
    /// What the scanner's operator called the series, and then the protocol; the patient's name and long numbers are
    /// taken out.
    pub(super) names: [String; 2],
    pub(super) modality: String,
    pub(super) is_philips: bool,
    pub(super) layout: Layout,
    pub(super) lossy: bool,
    pub(super) images_in_acquisition: Option<u32>,
    pub(super) mosaic: Option<Mosaic>,
    pub(super) slice_spacing_mm: Option<f64>,
    pub(super) frames: Vec<Values>,
    /// The file ends or is damaged before its voxels.
    pub(super) damaged: Option<DicomError>,
}

/// How voxels are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    pub syntax: Syntax,
    pub pixels: Option<Pixels>,
    pub columns: u32,
    pub rows: u32,
    pub samples: u32,
    pub photometric: String,
    pub bits_allocated: u32,
    pub bits_stored: u32,
    pub high_bit: u32,
    pub signed: bool,
    /// As the header has it.
    pub frames: Option<i64>,
}

/// What is collected on the way through a file.
#[derive(Default)]
struct Seen {
    texts: [String; 6],
    ints: [Option<u32>; 7],
    number: Option<i64>,
    image_number: Option<i64>,
    frames: Option<i64>,
    names: [String; 2],
    /// Kept only until they have been taken out of `names`.
    private: Vec<String>,
    slice_spacing: Values,
    lossy: bool,
    images_in_acquisition: Option<u32>,
    siemens: Option<Mosaic>,
    ge_component: Option<u32>,
    root: Values,
    shared: Values,
    per_frame: Vec<Values>,
}

const TEXTS: [u32; 6] =
    [tag::STUDY, tag::SERIES, tag::INSTANCE, tag::MODALITY, tag::PHOTOMETRIC, tag::MANUFACTURER];
const INTS: [u32; 7] = [
    tag::ROWS,
    tag::COLUMNS,
    tag::SAMPLES,
    tag::BITS_ALLOCATED,
    tag::BITS_STORED,
    tag::HIGH_BIT,
    tag::SIGNED,
];

impl Instance {
    /// Reads a file's header. Voxels may be missing: they are looked at when the series is read.
    ///
    /// # Errors
    /// `NotDicom`, `NoImage` (a directory, a report, a drawing), or `Damaged` where not even the series is known.
    pub fn read(bytes: &[u8]) -> Result<Self, DicomError> {
        Self::of(&Content::of(bytes)?)
    }

    pub(super) fn of(content: &Content<'_>) -> Result<Self, DicomError> {
        let mut seen = Seen::default();
        let mut is_dicom = false;
        let walked = content.walk(|path, element| {
            is_dicom |= element.tag == tag::CLASS && text(element.bytes).starts_with("1.2.840.10008.");
            seen.see(path, element);
        });
        let [study, series, uid, modality, photometric, manufacturer] = seen.texts;
        let (pixels, damaged) = match walked {
            Ok(pixels) => (pixels, None),
            Err(error) if !is_dicom => {
                let sure = matches!(content.bytes.get(128..132), Some(b"DICM"));
                return Err(if sure { error } else { DicomError::NotDicom });
            }
            Err(error) if series.is_empty() => return Err(error),
            Err(error) => (None, Some(error)),
        };
        if damaged.is_none() && pixels.is_none() {
            return Err(DicomError::NoImage);
        }
        let [rows, columns, samples, allocated, stored, high, signed] = seen.ints;
        let bits_allocated = allocated.unwrap_or_default();
        let bits_stored = stored.unwrap_or(bits_allocated);
        if manufacturer.to_uppercase().starts_with("GE") && seen.root.component.is_none() {
            let part = seen
                .ge_component
                .and_then(|n| ["PHASE", "REAL", "IMAGINARY"].get((n as usize).checked_sub(1)?));
            seen.root.component = part.map(|part| (*part).to_owned());
        }
        let frames: Vec<Values> = if seen.per_frame.is_empty() {
            vec![seen.root.clone()]
        } else {
            let common = seen.shared.or(&seen.root);
            seen.per_frame.into_iter().map(|values| values.or(&common)).collect()
        };
        Ok(Self {
            study,
            series,
            uid,
            number: seen.number,
            image_number: seen.image_number,
            names: seen.names.map(|name| without(&name, &seen.private)),
            modality: modality.to_uppercase(),
            is_philips: manufacturer.to_lowercase().contains("philips"),
            layout: Layout {
                syntax: content.syntax,
                pixels,
                columns: columns.unwrap_or_default(),
                rows: rows.unwrap_or_default(),
                samples: samples.unwrap_or(1),
                photometric: photometric.to_uppercase(),
                bits_allocated,
                bits_stored,
                high_bit: high.unwrap_or(bits_stored.saturating_sub(1)),
                signed: signed == Some(1),
                frames: seen.frames,
            },
            lossy: seen.lossy,
            images_in_acquisition: seen.images_in_acquisition,
            mosaic: seen.siemens,
            slice_spacing_mm: seen.slice_spacing.thickness_mm,
            frames,
            damaged,
        })
    }
}

impl Seen {
    fn see(&mut self, path: &Path, element: &Element<'_>) {
        match path {
            [] => self.see_root(element),
            // Within a functional group: its own values, not those of what it refers to.
            [(tag::SHARED_GROUPS, 0), (group, 0)] if tag::is_group_sequence(*group) => {
                self.shared.see(element);
            }
            [(tag::FRAME_GROUPS, frame), inner @ ..] => {
                // Items come one by one, so this adds at most one for each.
                if *frame >= self.per_frame.len() {
                    self.per_frame.resize_with(frame + 1, Values::default);
                }
                let values = &mut self.per_frame[*frame];
                match inner {
                    [(tag::PHILIPS_FRAME, 0)] => {
                        // The scale and the kind only: what else is there repeats the frame's own groups, or differs.
                        let wanted = [tag::PHILIPS_SLOPE, tag::PHILIPS_KIND, tag::ECHO_NUMBER];
                        if wanted.contains(&element.tag) {
                            values.see(element);
                        }
                    }
                    [(group, 0)] if tag::is_group_sequence(*group) => values.see(element),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn see_root(&mut self, element: &Element<'_>) {
        let bytes = element.bytes;
        self.root.see(element);
        if let Some(at) = TEXTS.iter().position(|tag| *tag == element.tag) {
            self.texts[at] = text(bytes);
        }
        if let Some(at) = INTS.iter().position(|tag| *tag == element.tag) {
            self.ints[at] = unsigned(element);
        }
        match element.tag {
            tag::SERIES_DESCRIPTION => self.names[0] = text(bytes),
            tag::PROTOCOL => self.names[1] = text(bytes),
            tag::SERIES_NUMBER => self.number = integer(bytes),
            tag::INSTANCE_NUMBER => self.image_number = integer(bytes),
            tag::FRAMES => self.frames = integer(bytes),
            tag::LOSSY => self.lossy = text(bytes) == "01",
            tag::IMAGES_IN_ACQUISITION => {
                self.images_in_acquisition = integer(bytes).and_then(|n| n.try_into().ok());
            }
            tag::GE_COMPONENT => self.ge_component = unsigned(element),
            // Parsed as the other lengths are.
            tag::SLICE_SPACING => {
                self.slice_spacing.see(&Element { tag: tag::THICKNESS, ..*element });
            }
            tag::ACCESSION_NUMBER => self.private.push(text(bytes)),
            tag if tag >> 16 == tag::PATIENT_GROUP => self.private.push(text(bytes)),
            tag if tag::is_siemens_header(tag) => {
                if let Some(mosaic) = Mosaic::of(bytes) {
                    self.siemens = Some(mosaic);
                }
            }
            _ => {}
        }
    }
}

/// Characters of a name that are shown.
const LONGEST: usize = 64;
/// So many digits in a row are a date or somebody's number.
const DIGITS: usize = 5;

/// The words of a name that neither say who the patient is nor can be a date or a number of somebody.
fn without(name: &str, private: &[String]) -> String {
    let parts: Vec<String> = private
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .map(str::to_lowercase)
        .filter(|part| part.chars().count() > 1 || !part.is_ascii())
        .collect();
    let is_private = |word: &str| {
        let lower = word.to_lowercase();
        let digits = lower.chars().filter(char::is_ascii_digit).count();
        let within = |part: &String| {
            let long = part.chars().count() > 3 || !part.is_ascii();
            lower == *part || (long && lower.contains(part.as_str()))
        };
        digits >= DIGITS || lower.contains(char::REPLACEMENT_CHARACTER) || parts.iter().any(within)
    };
    let words = name.split(|c: char| c.is_whitespace() || c.is_control() || "_^,;=\\".contains(c));
    let kept: Vec<&str> = words
        .filter(|word| {
            !word.is_empty() && !word.split(['-', '.', '/', ':']).any(is_private) && !is_private(word)
        })
        .collect();
    kept.join(" ").chars().take(LONGEST).collect()
}
