//! Simpler signatures, to be compared with the network's: the same heads on kernels as they start, and heads that
//! learnt from labels instead of twins.

use super::cohort::Subject;
use super::ridge::ridge_logistic;
use super::split::Split;
use super::train::Trained;
use crate::model::{HEAD, ModelError};
use crate::text;
use nalgebra::DMatrix;

/// A linear head for each pattern on pooled features.
#[derive(Debug, Clone)]
struct Heads {
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

impl Heads {
    fn logits(&self, pooled: &[f32]) -> Vec<f64> {
        let dot =
            |w: &Vec<f32>| w.iter().zip(pooled).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>();
        self.weights.iter().zip(&self.bias).map(|(w, b)| dot(w) + f64::from(*b)).collect()
    }
}

/// The signature of logits by model and pattern: the largest over the patterns of the mean over the models.
pub fn largest_mean(by_model: Vec<Vec<f64>>) -> f64 {
    let models = by_model.len() as f64;
    let mut means: Vec<f64> = vec![];
    for logits in by_model {
        means.resize(logits.len(), 0.0);
        means.iter_mut().zip(logits).for_each(|(mean, z)| *mean += z / models);
    }
    means.into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// Every subject's signature by heads on its pooled features: the largest over the patterns of the mean over the
/// models that have not seen it (`unseen`).
fn signatures(heads: &[Heads], pooled: &[Vec<f32>], unseen: &dyn Fn(usize) -> Vec<usize>) -> Vec<f64> {
    let signature = |(subject, pooled): (usize, &Vec<f32>)| {
        largest_mean(unseen(subject).into_iter().map(|model| heads[model].logits(pooled)).collect())
    };
    pooled.iter().enumerate().map(signature).collect()
}

/// Signatures of the heads that the first kernels would have; `pooled` are all subjects' features with these.
pub fn untrained(trained: &[Trained], pooled: &[Vec<f32>], unseen: &dyn Fn(usize) -> Vec<usize>) -> Vec<f64> {
    let heads: Vec<Heads> = trained
        .iter()
        .map(|branch| {
            let [weight, bias] = HEAD.map(|name| &branch.untrained[name]);
            let length = weight.values.len() / bias.values.len().max(1);
            let weights = weight.values.chunks_exact(length.max(1)).map(<[f32]>::to_vec).collect();
            Heads { weights, bias: bias.values.clone() }
        })
        .collect();
    signatures(&heads, pooled, unseen)
}

/// The ridge penalty, as a share of the mean squared length of a subject's features.
const PENALTY: f64 = 0.6;

/// Signatures of ridge regression on the diagnoses of the training newborns: no twins.
///
/// # Errors
/// `ModelError::Compute` when a fit leaves the finite numbers.
pub fn from_labels(
    subjects: &[Subject],
    split: &Split,
    folds: usize,
    pooled: &[Vec<f32>],
    unseen: &dyn Fn(usize) -> Vec<usize>,
) -> Result<Vec<f64>, ModelError> {
    let mut heads = Vec::new();
    for model in 0..folds * split.folds.len() {
        let (repeat, fold) = (model / folds, model % folds);
        let own = split.training.iter().zip(&split.folds[repeat]).filter(|(_, f)| **f != fold);
        let own: Vec<usize> = own.map(|(i, _)| *i).collect();
        let width = pooled.first().map_or(0, Vec::len);
        let mean: Vec<f64> = (0..width)
            .map(|j| own.iter().map(|i| f64::from(pooled[*i][j])).sum::<f64>() / own.len() as f64)
            .collect();
        let x = DMatrix::from_fn(own.len(), width, |i, j| f64::from(pooled[own[i]][j]) - mean[j]);
        let outcome: Vec<bool> = own.iter().map(|i| subjects[*i].row.event).collect();
        // The scale of the penalty follows the features.
        let penalty = x.norm_squared() / own.len() as f64 * PENALTY;
        let ridge = ridge_logistic(&x, &outcome, penalty)
            .ok_or_else(|| ModelError::Compute(text!("training left the finite numbers")))?;
        let moved: f64 = ridge.weights.iter().zip(&mean).map(|(w, m)| w * m).sum();
        heads.push(Heads {
            weights: vec![ridge.weights.iter().map(|w| *w as f32).collect()],
            bias: vec![(ridge.intercept - moved) as f32],
        });
    }
    Ok(signatures(&heads, pooled, unseen))
}
