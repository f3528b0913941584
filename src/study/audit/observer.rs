//! How near does the model come to an observer who knows each newborn's twin?

use super::{AuditError, answer, config, prepare};
use crate::evaluation::auc;
use crate::model::{Predictor, Sequence};
use crate::study::phantom::{Participant, participant, scan};
use rayon::prelude::*;
use serde::Serialize;

/// AUC of HIE against healthy on the same newborns. The observer holds each image beside another scan of the same
/// head without its injury and looks for the largest difference; where HIE shows nothing, it is as blind as any.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observer {
    /// Newborns with a probability.
    pub n: usize,
    pub auc_observer: Option<f64>,
    pub auc_model: Option<f64>,
}

/// Compares both on `n` newborns, half of them with HIE.
pub fn compare(predictor: &Predictor, n: usize, seed: u64) -> Result<Option<Observer>, AuditError> {
    if n == 0 {
        return Ok(None);
    }
    let newborns: Vec<Participant> =
        (0..n).map(|i| participant(&config(seed.wrapping_add(2), n), i)).collect();
    let scores: Vec<Option<(bool, f64, f64)>> = newborns
        .par_iter()
        .map(|newborn| {
            let images = scan(newborn)?.images;
            let Some(assessment) = answer(predictor, &images, newborn)? else { return Ok(None) };
            let mut healthy = newborn.scanned_again(newborn.center, 7);
            healthy.lesion = None;
            let twin = scan(&healthy)?.images;
            let (Ok(own), Ok(twin)) = (prepare(predictor, &images), prepare(predictor, &twin)) else {
                return Ok(None);
            };
            let dims = predictor.manifest().recipe.grid_dims;
            let largest = Sequence::BOTH.map(|s| {
                let pairs = own.of(s).values.iter().zip(&twin.of(s).values);
                let difference: Vec<f32> =
                    pairs.map(|(a, b)| if *a == 0.0 || *b == 0.0 { 0.0 } else { a - b }).collect();
                largest_mean(&difference, dims)
            });
            Ok(Some((newborn.hie, largest[0].max(largest[1]), assessment.logit)))
        })
        .collect::<Result<_, AuditError>>()?;
    let known: Vec<(bool, f64, f64)> = scores.into_iter().flatten().collect();
    let outcome: Vec<bool> = known.iter().map(|k| k.0).collect();
    let of = |score: &dyn Fn(&(bool, f64, f64)) -> f64| {
        auc(&outcome, &known.iter().map(score).collect::<Vec<f64>>())
    };
    Ok(Some(Observer { n: known.len(), auc_observer: of(&|k| k.1), auc_model: of(&|k| k.2) }))
}

/// Largest mean (without its sign) over blocks of 5 x 5 x 5 voxels (1 cm).
fn largest_mean(values: &[f32], [nx, ny, nz]: [usize; 3]) -> f64 {
    const SIDE: usize = 5;
    let mut sums = values.to_vec();
    for (n, stride) in [(nx, 1), (ny, nx), (nz, nx * ny)] {
        for i in 0..sums.len() {
            // In place: what lies ahead has not been summed along this axis yet.
            let ahead = (n - i / stride % n).min(SIDE);
            sums[i] = (0..ahead).map(|k| sums[i + k * stride]).sum();
        }
    }
    f64::from(sums.iter().fold(0.0_f32, |m, v| m.max(v.abs()))) / SIDE.pow(3) as f64
}
