//! What a header says of one image, in numbers.

use super::dataset::{Element, text};
use super::tag;

/// What may differ between the frames of one file. A number that is given but cannot be read is not a number, and
/// whoever needs it refuses it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Values {
    /// Centre of the first voxel, LPS mm.
    pub position: Option<[f64; 3]>,
    /// Direction of a row, then of a column, LPS.
    pub orientation: Option<[f64; 6]>,
    /// Between rows, then between columns.
    pub spacing_mm: Option<[f64; 2]>,
    pub thickness_mm: Option<f64>,
    pub slope: Option<f64>,
    pub intercept: Option<f64>,
    pub philips_slope: Option<f64>,
    pub echo_number: Option<i64>,
    pub echo_ms: Option<f64>,
    pub repetition_ms: Option<f64>,
    pub inversion_ms: Option<f64>,
    pub flip_degrees: Option<f64>,
    /// Capital words, a backslash between them.
    pub image_type: Option<String>,
    pub component: Option<String>,
    pub philips_kind: Option<String>,
    pub scanning: Option<String>,
    pub echo_pulse: Option<String>,
    pub echo_planar: Option<String>,
    pub time: Option<i64>,
}

impl Values {
    /// Takes an element that it knows.
    pub fn see(&mut self, element: &Element<'_>) {
        let bytes = element.bytes;
        let decimal = || decimals::<1>(bytes).map(|[v]| v);
        let words = || Some(text(bytes).to_uppercase()).filter(|words| !words.is_empty());
        match element.tag {
            tag::POSITION => self.position = decimals(bytes),
            tag::ORIENTATION => self.orientation = decimals(bytes),
            tag::PIXEL_SPACING => self.spacing_mm = decimals(bytes),
            tag::THICKNESS => self.thickness_mm = decimal(),
            tag::SLOPE => self.slope = decimal(),
            tag::INTERCEPT => self.intercept = decimal(),
            tag::PHILIPS_SLOPE => self.philips_slope = float32(element),
            tag::ECHO_NUMBER => self.echo_number = integer(bytes),
            tag::ECHO_TIME => self.echo_ms = decimal(),
            tag::EFFECTIVE_ECHO_TIME => self.echo_ms = float64(element),
            tag::REPETITION_TIME => self.repetition_ms = decimal(),
            tag::INVERSION_TIME => self.inversion_ms = decimal(),
            tag::FLIP_ANGLE => self.flip_degrees = decimal(),
            tag::INVERSION_TIMES => self.inversion_ms = float64(element),
            tag::IMAGE_TYPE | tag::FRAME_TYPE => self.image_type = words(),
            tag::COMPLEX_COMPONENT => self.component = words(),
            tag::PHILIPS_KIND => self.philips_kind = words(),
            tag::SCANNING_SEQUENCE => self.scanning = words(),
            tag::ECHO_PULSE_SEQUENCE => self.echo_pulse = words(),
            tag::ECHO_PLANAR => self.echo_planar = words(),
            tag::TEMPORAL_POSITION => self.time = integer(bytes),
            tag::TEMPORAL_POSITION_INDEX => self.time = unsigned(element).map(i64::from),
            _ => {}
        }
    }

    /// These, and where they say nothing those.
    pub fn or(self, other: &Self) -> Self {
        let words = |own: Option<String>, other: &Option<String>| own.or_else(|| other.clone());
        Self {
            position: self.position.or(other.position),
            orientation: self.orientation.or(other.orientation),
            spacing_mm: self.spacing_mm.or(other.spacing_mm),
            thickness_mm: self.thickness_mm.or(other.thickness_mm),
            slope: self.slope.or(other.slope),
            intercept: self.intercept.or(other.intercept),
            philips_slope: self.philips_slope.or(other.philips_slope),
            echo_number: self.echo_number.or(other.echo_number),
            echo_ms: self.echo_ms.or(other.echo_ms),
            repetition_ms: self.repetition_ms.or(other.repetition_ms),
            inversion_ms: self.inversion_ms.or(other.inversion_ms),
            flip_degrees: self.flip_degrees.or(other.flip_degrees),
            image_type: words(self.image_type, &other.image_type),
            component: words(self.component, &other.component),
            philips_kind: words(self.philips_kind, &other.philips_kind),
            scanning: words(self.scanning, &other.scanning),
            echo_pulse: words(self.echo_pulse, &other.echo_pulse),
            echo_planar: words(self.echo_planar, &other.echo_planar),
            time: self.time.or(other.time),
        }
    }

    /// Whether its type has one of these words.
    pub fn is_type(&self, word: &str) -> bool {
        self.image_type.as_ref().is_some_and(|words| words.split('\\').any(|w| w.trim() == word))
    }
}

/// The first `N` numbers of a decimal string; `None` where there is none at all.
fn decimals<const N: usize>(bytes: &[u8]) -> Option<[f64; N]> {
    let text = text(bytes);
    if text.is_empty() {
        return None;
    }
    let mut parts = text.split('\\');
    Some(std::array::from_fn(|_| parts.next().and_then(|part| part.trim().parse().ok()).unwrap_or(f64::NAN)))
}

/// The first number of an integer string.
pub fn integer(bytes: &[u8]) -> Option<i64> {
    text(bytes).split('\\').next().and_then(|part| part.trim().parse().ok())
}

/// A 16-bit or 32-bit unsigned number.
pub fn unsigned(element: &Element<'_>) -> Option<u32> {
    let big = element.big_endian;
    if let Ok(b) = <[u8; 2]>::try_from(element.bytes) {
        return Some(u32::from(if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) }));
    }
    let b = *element.bytes.first_chunk::<4>()?;
    Some(if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
}

fn float32(element: &Element<'_>) -> Option<f64> {
    let b = *element.bytes.first_chunk::<4>()?;
    Some(f64::from(if element.big_endian { f32::from_be_bytes(b) } else { f32::from_le_bytes(b) }))
}

fn float64(element: &Element<'_>) -> Option<f64> {
    let b = *element.bytes.first_chunk::<8>()?;
    Some(if element.big_endian { f64::from_be_bytes(b) } else { f64::from_le_bytes(b) })
}
