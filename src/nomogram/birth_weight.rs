//! The birth weight as a person types it.

use crate::fault::{Explained, Fault};
use crate::language::Text;
use crate::text;

/// A plausible birth weight of a newborn, in grams.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct BirthWeight(f64);

/// Why what was typed is no birth weight.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.text())]
pub enum BirthWeightError {
    Empty,
    NotANumber(String),
    NotPositive(f64),
    Kilograms(f64),
    Implausible { found: f64 },
}

impl Explained for BirthWeightError {
    fn fault(&self) -> Fault {
        match self {
            Self::Empty | Self::NotANumber(_) | Self::NotPositive(_) | Self::Kilograms(_) => Fault::Malformed,
            Self::Implausible { .. } => Fault::OutOfScope,
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::Empty => text!("the birth weight is empty"),
            Self::NotANumber(typed) => text!("the birth weight \"{typed}\" is not a number of grams", typed),
            Self::NotPositive(found) => text!("the birth weight {found} is not above zero", found = *found),
            Self::Kilograms(found) => {
                text!(
                    "the birth weight {found} looks like kilograms, but grams are asked for",
                    found = *found
                )
            }
            Self::Implausible { found } => text!(
                "the birth weight {found} g is not between {low} g and {high} g",
                found = *found,
                low = BirthWeight::LIMITS_G[0],
                high = BirthWeight::LIMITS_G[1]
            ),
        }
    }

    fn next_step(&self) -> Text {
        match self {
            Self::Empty => text!("Type the birth weight in grams, for example 3200."),
            Self::NotANumber(_) | Self::NotPositive(_) => {
                text!("Type grams in digits only, for example 3200.")
            }
            Self::Kilograms(_) => text!("Multiply by 1000: 3.2 kg is 3200."),
            Self::Implausible { .. } => text!("Check the birth weight in the record and type it in grams."),
        }
    }
}

impl BirthWeight {
    /// What a liveborn child can weigh at birth, in grams; wider than any cohort's range.
    pub const LIMITS_G: [f64; 2] = [300.0, 7000.0];

    /// Reads what was typed: digits, a decimal point allowed, nothing else.
    ///
    /// # Errors
    /// `BirthWeightError`, one variant per cause.
    pub fn parse(typed: &str) -> Result<Self, BirthWeightError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(BirthWeightError::Empty);
        }
        // What Rust reads as a number is more: `3.2e3`, `+3200`, `inf`.
        let digits = typed.strip_prefix('-').unwrap_or(typed);
        let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
        let grams = typed
            .parse::<f64>()
            .ok()
            .filter(|_| plain)
            .ok_or_else(|| BirthWeightError::NotANumber(typed.chars().take(40).collect()))?;
        if grams <= 0.0 {
            return Err(BirthWeightError::NotPositive(grams));
        }
        if (0.3..10.0).contains(&grams) {
            return Err(BirthWeightError::Kilograms(grams));
        }
        if !(Self::LIMITS_G[0]..=Self::LIMITS_G[1]).contains(&grams) {
            return Err(BirthWeightError::Implausible { found: grams });
        }
        Ok(Self(grams))
    }

    /// In grams.
    #[must_use]
    pub fn grams(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_birth_weight() {
        use BirthWeightError as E;
        assert_eq!(BirthWeight::parse("  "), Err(E::Empty));
        assert_eq!(BirthWeight::parse("0"), Err(E::NotPositive(0.0)));
        assert_eq!(BirthWeight::parse("-5"), Err(E::NotPositive(-5.0)));
        assert_eq!(BirthWeight::parse("3.2"), Err(E::Kilograms(3.2)));
        assert_eq!(BirthWeight::parse("99999"), Err(E::Implausible { found: 99999.0 }));
        for typed in ["abc", "NaN", "inf", "3200 g", "3,2", "0x10", "3.2e3", "+3200", "3200e0", "\u{663}200"]
        {
            assert_eq!(BirthWeight::parse(typed), Err(E::NotANumber(typed.into())));
        }
    }

    #[test]
    fn what_is_one() {
        for (typed, grams) in [("3200", 3200.0), (" 2950.5 ", 2950.5), ("300", 300.0), ("7000", 7000.0)] {
            assert_eq!(BirthWeight::parse(typed).map(BirthWeight::grams), Ok(grams));
        }
    }
}
