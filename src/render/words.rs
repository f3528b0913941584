//! Numbers in words, with no more digits than they deserve.

use crate::language::{Text, number};
use crate::text;

/// A share in percent, with that many digits.
#[must_use]
pub fn percents(share: f64, digits: usize) -> Text {
    text!("{n} %", n = number(100.0 * share, digits))
}

/// Decimal places of a figure of that size: none from a hundred on, else two.
#[must_use]
pub fn places(size: f64) -> usize {
    if size.abs() >= 100.0 { 0 } else { 2 }
}

/// From one to another.
#[must_use]
pub fn span(low: impl Into<Text>, high: impl Into<Text>) -> Text {
    text!("{low} to {high}", low = low.into(), high = high.into())
}

/// A probability in whole percents, and the tails as such.
#[must_use]
pub fn percent(p: f64) -> Text {
    match 100.0 * p {
        x if x < 1.0 => text!("< 1 %"),
        x if x > 99.0 => text!("> 99 %"),
        _ => percents(p, 0),
    }
}

/// A probability with the digits that its interval supports: whole percents, and tenths only where half the
/// interval is narrower than one percent (at most two digits of the uncertainty, as the GUM, 7.2.6, has it).
#[must_use]
pub fn percent_within(p: f64, [low, high]: [f64; 2]) -> Text {
    let half = 100.0 * (high - low) / 2.0;
    let tail = !(0.01..=0.99).contains(&p);
    if half < 1.0 && !tail { percents(p, 1) } else { percent(p) }
}

/// A probability that may be small, as another prevalence makes it: two digits that count below ten percent.
#[must_use]
pub fn small_percent(p: f64) -> Text {
    let x = 100.0 * p;
    if x > 99.0 {
        text!("> 99 %")
    } else if x >= 10.0 {
        percents(p, 0)
    } else if x >= 1.0 {
        percents(p, 1)
    } else if x >= 0.001 {
        percents(p, (1 - x.log10().floor() as i32).max(1) as usize)
    } else {
        text!("< 0.001 %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_there_no_more_digits_than_the_interval_supports() {
        assert_eq!(percent_within(0.4312, [0.28, 0.62]).to_string(), "43 %");
        assert_eq!(percent_within(0.4312, [0.427, 0.435]).to_string(), "43.1 %");
        assert_eq!(percent_within(0.0012, [0.001, 0.002]).to_string(), "< 1 %");
        assert_eq!(percent_within(0.9987, [0.99, 0.9999]).to_string(), "> 99 %");
    }

    #[test]
    fn are_small_probabilities_told_apart() {
        let text = [0.5, 0.04321, 0.004321, 0.00012, 0.000_001, 0.999]
            .map(|p| small_percent(p).to_string())
            .join(", ");
        assert_eq!(text, "50 %, 4.3 %, 0.43 %, 0.012 %, < 0.001 %, > 99 %");
    }
}
