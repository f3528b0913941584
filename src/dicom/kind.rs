//! What is read but is no T1w or T2w image as a scanner takes it.

use super::DicomError;
use super::header::Instance;
use super::values::Values;

/// Words of an image's type that say that it was computed from others.
const DERIVED: [&str; 24] = [
    "DERIVED",
    "MPR",
    "CSA MPR",
    "CSA RESAMPLED",
    "CSA PARALLEL",
    "RESAMPLED",
    "PROJECTION IMAGE",
    "MIP",
    "MINIP",
    "MNIP",
    "ADC",
    "FA",
    "TRACEW",
    "TENSOR",
    "SUBTRACTION",
    "T1 MAP",
    "T2 MAP",
    "T2_STAR MAP",
    "R2 MAP",
    "B0",
    "B0 MAP",
    "B1 MAP",
    "FIELD_MAP",
    "PHASE MAP",
];
/// Of these what is a map of the field, computed from gradient echoes.
pub const FIELD_MAPS: [&str; 4] = ["B0", "B0 MAP", "FIELD_MAP", "PHASE MAP"];
const COMPONENTS: [&str; 8] = ["PHASE", "REAL", "IMAGINARY", "P", "R", "I", "PHASE_MAP", "VELOCITY"];

/// Why an image is none, by the words of its header.
pub fn not_wanted(instance: &Instance, values: &Values) -> Option<DicomError> {
    if instance.modality != "MR" {
        return Some(DicomError::Modality);
    }
    let localizer = ["localizer", "localiser", "scout", "survey", "loc"];
    let named = |name: &String| {
        name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|token| localizer.contains(&token))
    };
    if values.is_type("LOCALIZER") || instance.names.iter().any(named) {
        return Some(DicomError::Localizer);
    }
    let kind = values.philips_kind.as_deref().unwrap_or("M");
    let is = |word: &str| values.is_type(word) || kind == word;
    if let Some(word) = DERIVED.iter().find(|word| is(word)) {
        return Some(DicomError::Derived(word));
    }
    let part = values.component.as_deref().unwrap_or("MAGNITUDE");
    if let Some(word) = COMPONENTS.iter().find(|word| is(word) || part == **word) {
        return Some(DicomError::Component(match *word {
            "R" | "REAL" => "REAL",
            "I" | "IMAGINARY" => "IMAGINARY",
            _ => "PHASE",
        }));
    }
    let echo_planar = values.echo_planar.as_deref() == Some("YES")
        || values.scanning.as_ref().is_some_and(|words| words.split('\\').any(|w| w.trim() == "EP"));
    if echo_planar { Some(DicomError::EchoPlanar) } else { None }
}
