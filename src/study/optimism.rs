//! How much the nomogram's fit flatters itself on its own table.

use crate::evaluation::auc;
use crate::nomogram::{Nomogram, fit_logistic};
use crate::odds::expit;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Bootstrap optimism (Harrell 1996) of the logistic stage. The signatures are given and out of fold, so
/// what training the networks adds is not in here: cross-fitting has removed that already.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Optimism {
    /// Resamples in which the model could be fitted.
    pub resamples: usize,
    /// AUC on the table itself, and how much of it is optimism.
    pub auc_apparent: f64,
    pub auc_optimism: f64,
    /// Mean calibration slope of a resample's model on the original table; 1 means no overfitting.
    pub slope_corrected: f64,
}

/// Optimism of a logistic model on `columns` (one per term) and `outcome`; `None` where it cannot be fitted.
#[must_use]
pub fn optimism(columns: &[Vec<f64>], outcome: &[bool], resamples: usize, seed: u64) -> Option<Optimism> {
    let terms: Vec<String> = (0..columns.len()).map(|j| j.to_string()).collect();
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let n = outcome.len();
    let logits = |model: &Nomogram, columns: &[Vec<f64>]| -> Vec<f64> {
        (0..n).map(|i| model.logit(&columns.iter().map(|c| c[i]).collect::<Vec<f64>>())).collect()
    };
    let discrimination = |outcome: &[bool], logits: &[f64]| {
        auc(outcome, &logits.iter().map(|z| expit(*z)).collect::<Vec<f64>>())
    };
    let apparent = fit_logistic(&terms, columns, outcome).ok()?.nomogram;
    let auc_apparent = discrimination(outcome, &logits(&apparent, columns))?;
    let (mut fitted, mut auc_sum, mut slope_sum) = (0_usize, 0.0, 0.0);
    for _ in 0..resamples {
        let rows: Vec<usize> = (0..n).map(|_| rng.random_range(0..n)).collect();
        let drawn: Vec<Vec<f64>> = columns.iter().map(|c| rows.iter().map(|i| c[*i]).collect()).collect();
        let drawn_outcome: Vec<bool> = rows.iter().map(|i| outcome[*i]).collect();
        // A resample of one class or of separated ones has no model: it is left out and counted.
        let Ok(model) = fit_logistic(&terms, &drawn, &drawn_outcome).map(|fit| fit.nomogram) else {
            continue;
        };
        let original = logits(&model, columns);
        let slope = fit_logistic(&["slope".to_owned()], std::slice::from_ref(&original), outcome);
        let own = discrimination(&drawn_outcome, &logits(&model, &drawn));
        if let (Ok(slope), Some(own), Some(there)) = (slope, own, discrimination(outcome, &original)) {
            fitted += 1;
            auc_sum += own - there;
            slope_sum += slope.nomogram.coefficients[0];
        }
    }
    (fitted > 0).then(|| Optimism {
        resamples: fitted,
        auc_apparent,
        auc_optimism: auc_sum / fitted as f64,
        slope_corrected: slope_sum / fitted as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_model_of_noise_all_optimism() {
        let rng = &mut ChaCha8Rng::seed_from_u64(3);
        let columns: Vec<Vec<f64>> =
            (0..5).map(|_| (0..120).map(|_| rng.random_range(-1.0..1.0)).collect()).collect();
        let outcome: Vec<bool> = (0..120).map(|_| rng.random()).collect();
        let found = optimism(&columns, &outcome, 200, 1).unwrap();
        // Five terms of noise: whatever the apparent AUC is, what is left of it is near 0.5.
        let corrected = found.auc_apparent - found.auc_optimism;
        assert!(found.auc_apparent > 0.55 && (corrected - 0.5).abs() < 0.06, "{found:?}");
        assert!(found.slope_corrected < 0.6, "{found:?}");
        assert_eq!(found, optimism(&columns, &outcome, 200, 1).unwrap());
    }
}
