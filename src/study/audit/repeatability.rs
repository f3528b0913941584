//! Does a newborn get the same answer on another scan?

use super::{AuditError, answer, config};
use crate::model::Predictor;
use crate::study::phantom::{Center, Participant, participant, scan};
use rayon::prelude::*;
use serde::Serialize;

/// Agreement of two scans of the same newborns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repeatability {
    /// Which centers the two scans come from.
    pub between: &'static str,
    /// Newborns of whom both scans got a probability.
    pub n: usize,
    /// Intraclass correlation of the logit, two-way random effects, absolute agreement, single scan
    /// (Shrout and Fleiss 1979, ICC(2,1)).
    pub icc: f64,
    /// Standard error of measurement of the logit: the standard deviation of the differences over the
    /// square root of 2.
    pub standard_error: f64,
    /// Mean difference of the logit, second scan less first.
    pub bias: f64,
    /// Newborns on the other side of the operating threshold in the second scan.
    pub class_changes: usize,
}

/// Scans newborns three times, twice at center A and once at B.
pub fn all(predictor: &Predictor, n: usize, seed: u64) -> Result<Vec<Repeatability>, AuditError> {
    let visits = [Center::A, Center::A, Center::B];
    let newborns: Vec<Participant> = (0..n).map(|i| participant(&config(seed, n), i)).collect();
    let logits: Vec<[Option<f64>; 3]> = newborns
        .par_iter()
        .map(|newborn| {
            let mut own = [None; 3];
            for ((visit, center), logit) in visits.into_iter().enumerate().zip(&mut own) {
                let phantom = scan(&newborn.scanned_again(center, visit as u64))?;
                *logit = answer(predictor, &phantom.images, newborn)?.map(|a| a.logit);
            }
            Ok(own)
        })
        .collect::<Result<_, AuditError>>()?;
    let threshold = predictor.manifest().threshold;
    let threshold = (threshold / (1.0 - threshold)).ln();
    let compare = |between, second: usize| {
        let pairs: Vec<[f64; 2]> = logits.iter().filter_map(|l| Some([l[0]?, l[second]?])).collect();
        (pairs.len() > 2).then(|| agreement(between, &pairs, threshold))
    };
    Ok([compare("A and A", 1), compare("A and B", 2)].into_iter().flatten().collect())
}

/// ICC(2,1), standard error and bias of pairs of logits.
pub fn agreement(between: &'static str, pairs: &[[f64; 2]], threshold: f64) -> Repeatability {
    let n = pairs.len() as f64;
    let mean = pairs.iter().flatten().sum::<f64>() / (2.0 * n);
    let bias = pairs.iter().map(|[a, b]| b - a).sum::<f64>() / n;
    // Mean squares of the two-way table with two columns: rows, columns, error.
    let rows = pairs.iter().map(|[a, b]| 2.0 * ((a + b) / 2.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let columns = n * bias * bias / 2.0;
    let spread = pairs.iter().map(|[a, b]| (b - a - bias).powi(2)).sum::<f64>() / (n - 1.0);
    let error = spread / 2.0;
    Repeatability {
        between,
        n: pairs.len(),
        icc: (rows - error) / (rows + error + 2.0 / n * (columns - error)),
        standard_error: error.sqrt(),
        bias,
        class_changes: pairs.iter().filter(|[a, b]| (*a >= threshold) != (*b >= threshold)).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_agreement_that_of_a_textbook() {
        // Six targets, two raters; mean squares of rows, columns and error computed with numpy.
        let pairs = [[2.0, 5.0], [1.0, 3.0], [4.0, 6.0], [1.0, 2.0], [5.0, 6.0], [2.0, 4.0]];
        let found = agreement("raters", &pairs, 3.5);
        let (rows, columns, error) = (61.0 / 12.0, 121.0 / 12.0, 3.4 / 12.0);
        let expected = (rows - error) / (rows + error + 2.0 / 6.0 * (columns - error));
        assert!((found.icc - expected).abs() < 1e-12, "{} for {expected}", found.icc);
        assert!((found.standard_error - f64::sqrt(error)).abs() < 1e-12);
        assert_eq!(found.class_changes, 2);
    }
}
