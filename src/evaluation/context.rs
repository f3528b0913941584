//! What a probability means for one newborn: the neighbours, and another prevalence.

use crate::odds::{Z_975, expit, logit};
use serde::{Deserialize, Serialize};

/// Validation subjects whose probability is near to one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Neighbourhood {
    pub p: f64,
    pub n: usize,
    pub events: usize,
    /// Wilson interval of the share of events; `None` without neighbours.
    pub wilson95: Option<[f64; 2]>,
}

/// Fewer neighbours than this say nothing.
pub const ENOUGH_NEIGHBOURS: usize = 10;

/// Half the width of the neighbourhood, in probability.
pub const NEAR: f64 = 0.05;

/// The subjects within [`NEAR`] of `p0`.
#[must_use]
pub fn neighbourhood(outcome: &[bool], p: &[f64], p0: f64) -> Neighbourhood {
    let near = || outcome.iter().zip(p).filter(|(_, p)| (*p - p0).abs() <= NEAR);
    let (n, events) = (near().count(), near().filter(|(y, _)| **y).count());
    Neighbourhood { p: p0, n, events, wilson95: wilson(events, n) }
}

/// Wilson's interval of a share; `None` of nobody.
#[must_use]
pub fn wilson(events: usize, n: usize) -> Option<[f64; 2]> {
    if n == 0 {
        return None;
    }
    let (n, z2) = (n as f64, Z_975 * Z_975);
    let share = events as f64 / n;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_975 / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    Some([centre - half, centre + half])
}

/// The probability where the prevalence is `to` instead of `from`: the odds times the ratio of their odds. `None`
/// unless all three lie between 0 and 1, ends excluded: nothing can be said of a probability where everybody or
/// nobody has HIE.
#[must_use]
pub fn prior_shift(p: f64, from: f64, to: f64) -> Option<f64> {
    let inside = |v: f64| v > 0.0 && v < 1.0;
    (inside(p) && inside(from) && inside(to)).then(|| expit(logit(p) + logit(to) - logit(from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_there_no_shift_from_or_to_where_everybody_or_nobody_has_it() {
        // Odds of 1 become 1/4 of them: the same share again. Rounding only.
        assert!((prior_shift(0.5, 0.5, 0.2).unwrap() - 0.2).abs() < 1e-15);
        for (p, from, to) in
            [(0.3, 1.0, 0.1), (0.3, 0.4, 1.0), (0.3, 0.4, 0.0), (1.0, 0.4, 0.1), (0.3, f64::NAN, 0.1)]
        {
            assert_eq!(prior_shift(p, from, to), None);
        }
    }
}
