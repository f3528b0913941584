//! Which series is T1-weighted and which T2-weighted, as a proposal: by its names and by its timing.

use super::values::Values;
use crate::language::Text;
use crate::text;

/// A series' contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weighting {
    T1,
    T2,
}

impl Weighting {
    /// As BIDS names such images.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::T1 => "T1w",
            Self::T2 => "T2w",
        }
    }
}

/// Why neither is proposed of a series that might be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    Contradiction,
    Unclear,
    FieldMap,
}

impl Doubt {
    /// One sentence.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Contradiction => text!("Not proposed: its name and its timing say different things."),
            Self::Unclear => {
                text!("Not proposed: its timing allows several contrasts, and its name says none.")
            }
            Self::FieldMap => text!(
                "Not proposed: it is one of several echoes, or has a phase image, as magnitude images of a field map."
            ),
        }
    }
}

/// What one source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    /// Another contrast than either.
    Neither,
    This(Weighting),
    /// That contrast or neither.
    AtMost(Weighting),
}

/// Parts of names that say that a series is neither, whatever else stands there.
const NEITHER: [&str; 29] = [
    "flair",
    "stir",
    "dwi",
    "dti",
    "adc",
    "trace",
    "diffusion",
    "ep2d",
    "epi",
    "fmap",
    "b0map",
    "b1map",
    "shim",
    "bold",
    "fmri",
    "asl",
    "pcasl",
    "swi",
    "swan",
    "venbold",
    "t2star",
    "tof",
    "mra",
    "mrv",
    "angio",
    "pd",
    "field",
    "spectro",
    "perfusion",
];

/// A gradient echo with a lower flip angle is doubtful.
const LOW_DEGREES: f64 = 12.0;

/// The contrast, where names and timing do not contradict each other; else why none is proposed.
pub fn proposed(names: &[String; 2], values: &Values) -> Result<Weighting, Option<Doubt>> {
    match (by_name(names), by_timing(values)) {
        (Says::Neither, _) | (Says::Nothing, Says::Neither | Says::Nothing) => Err(None),
        (Says::This(weighting), Says::Nothing) | (Says::Nothing, Says::This(weighting)) => Ok(weighting),
        (Says::Nothing, Says::AtMost(_)) => Err(Some(Doubt::Unclear)),
        (Says::This(name), Says::This(timing) | Says::AtMost(timing)) if name == timing => Ok(name),
        _ => Err(Some(Doubt::Contradiction)),
    }
}

fn by_name(names: &[String; 2]) -> Says {
    // The protocol only where the description says nothing: one protocol may give several series.
    let one = |name: &String| {
        let name = name.to_lowercase().replace("t2*", "t2star");
        let tokens: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        if tokens.iter().any(|token| NEITHER.iter().any(|word| is_word(token, word))) {
            return Says::Neither;
        }
        let has = |words: &[&str]| tokens.iter().any(|token| words.iter().any(|word| is_word(token, word)));
        match (has(&["t1", "t1w", "mprage", "mp2rage", "bravo", "fspgr", "spgr"]), has(&["t2", "t2w"])) {
            (true, false) => Says::This(Weighting::T1),
            (false, true) => Says::This(Weighting::T2),
            (true, true) => Says::Neither,
            (false, false) => Says::Nothing,
        }
    };
    match one(&names[0]) {
        Says::Nothing => one(&names[1]),
        said => said,
    }
}

/// A word, or the word with a number after it (`ep2d`, `flair3d`), but not within another.
fn is_word(token: &str, word: &str) -> bool {
    token.strip_prefix(word).is_some_and(|rest| {
        let ends_in_digit = word.ends_with(|c: char| c.is_ascii_digit());
        rest.is_empty()
            || (!ends_in_digit && rest.starts_with(|c: char| c.is_ascii_digit()))
            || (word.len() > 4 && !ends_in_digit)
    })
}

/// By repetition, echo and inversion time: newborns' T1w has short echoes, their T2w long ones and long repetitions.
fn by_timing(values: &Values) -> Says {
    let known = |ms: Option<f64>| ms.filter(|ms| ms.is_finite() && *ms > 0.0);
    let (Some(echo), Some(repetition)) = (known(values.echo_ms), known(values.repetition_ms)) else {
        return Says::Nothing;
    };
    let inversion = known(values.inversion_ms).unwrap_or(0.0);
    let gradient = is_gradient(values);
    // Short repetitions weight by T1 at flip angles well above Ernst's: 8° at 20 ms and a newborn's 2 s. Below, it is
    // proton density, as in field maps. What was prepared is weighted by that.
    let low = inversion == 0.0 && known(values.flip_degrees).is_some_and(|degrees| degrees < LOW_DEGREES);
    match () {
        // Fluid is suppressed.
        () if inversion >= 1500.0 && echo >= 60.0 => Says::Neither,
        () if echo >= 60.0 && repetition >= 1500.0 && !gradient && inversion == 0.0 => {
            Says::This(Weighting::T2)
        }
        () if gradient && echo <= 8.0 && low => Says::AtMost(Weighting::T1),
        () if gradient && echo <= 8.0 && (repetition <= 60.0 || inversion > 0.0) => Says::This(Weighting::T1),
        // The repetition of a magnetisation-prepared sequence is that of its preparation, which may go unnamed.
        () if gradient && echo <= 8.0 => Says::AtMost(Weighting::T1),
        () if !gradient && echo <= 35.0 && (repetition <= 1200.0 || (200.0..1500.0).contains(&inversion)) => {
            Says::This(Weighting::T1)
        }
        () => Says::Neither,
    }
}

/// A gradient echo rather than a spin echo.
pub fn is_gradient(values: &Values) -> bool {
    let spoken = |words: &Option<String>, word: &str| {
        words.as_ref().is_some_and(|words| words.split('\\').any(|w| w.trim() == word))
    };
    spoken(&values.scanning, "GR") || spoken(&values.echo_pulse, "GRADIENT")
}
