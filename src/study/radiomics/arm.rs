//! The arm of the study: features of both sequences, a LASSO logistic model, cross-fitted.

use super::{RadiomicsError, features};
use crate::model::Recipe;
use crate::nomogram::expit;
use crate::study::cohort::Subject;
use crate::study::lasso::{Lasso, LassoError, lasso_cross_validated};
use crate::study::split::Split;
use rayon::prelude::*;

/// Folds of the cross-validation that chooses a penalty, within what a model may see.
const INNER_FOLDS: usize = 10;

/// Log-odds of every row, none from a model that has seen it.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossFitted {
    /// In the order of the rows.
    pub logits: Vec<f64>,
    /// The model of the whole training cohort.
    pub whole: Lasso,
    /// The models without one fold each.
    pub folds: Vec<Lasso>,
}

/// Fits a model on the training rows without each fold in turn, and one on all of them. A training row
/// gets the answer of the model without its fold, every other row that of the whole model.
///
/// `training` holds row numbers; `fold` and `outcome` go with it. `fit` receives columns and outcomes of
/// the rows that it may see and nothing else, so whatever it does (standardise, choose a penalty) is
/// blind to the others.
///
/// # Errors
/// The first of `fit`.
pub fn cross_fit(
    rows: &[Vec<f64>],
    training: &[usize],
    fold: &[usize],
    outcome: &[bool],
    fit: impl Fn(&[Vec<f64>], &[bool]) -> Result<Lasso, LassoError> + Sync,
) -> Result<CrossFitted, LassoError> {
    let width = rows.first().map_or(0, Vec::len);
    let without = |out: Option<usize>| {
        let kept: Vec<usize> = (0..training.len()).filter(|k| Some(fold[*k]) != out).collect();
        let columns: Vec<Vec<f64>> =
            (0..width).map(|j| kept.iter().map(|k| rows[training[*k]][j]).collect()).collect();
        fit(&columns, &kept.iter().map(|k| outcome[*k]).collect::<Vec<bool>>())
    };
    let folds = fold.iter().max().map_or(0, |last| last + 1);
    let models: Vec<Lasso> = (0..=folds)
        .into_par_iter()
        .map(|out| without((out < folds).then_some(out)))
        .collect::<Result<_, _>>()?;
    let (whole, folds) = (&models[folds], &models[..folds]);
    let mut logits: Vec<f64> = rows.iter().map(|row| whole.logit(row)).collect();
    for (i, fold) in training.iter().zip(fold) {
        logits[*i] = folds[*fold].logit(&rows[*i]);
    }
    Ok(CrossFitted { logits, whole: whole.clone(), folds: folds.to_vec() })
}

/// Probability of every subject, and what the model is made of, in sentences.
pub(in crate::study) fn arm(
    subjects: &[Subject],
    split: &Split,
    recipe: &Recipe,
    seed: u64,
) -> Result<(Vec<f64>, Vec<String>), RadiomicsError> {
    let described: Vec<Vec<(String, f64)>> =
        subjects.par_iter().map(|subject| describe(subject, recipe)).collect::<Result<_, _>>()?;
    let rows: Vec<Vec<f64>> = described.iter().map(|row| row.iter().map(|(_, v)| *v).collect()).collect();
    let outcome: Vec<bool> = split.training.iter().map(|i| subjects[*i].row.event).collect();
    let fitted = cross_fit(&rows, &split.training, split.fold(), &outcome, |columns, outcome| {
        lasso_cross_validated(columns, outcome, INNER_FOLDS, seed)
    })?;
    let names = described.first().into_iter().flatten().map(|(name, _)| name.as_str());
    let notes = notes(&fitted, &names.collect::<Vec<_>>());
    Ok((fitted.logits.into_iter().map(expit).collect(), notes))
}

/// Both sequences' features by name.
fn describe(subject: &Subject, recipe: &Recipe) -> Result<Vec<(String, f64)>, RadiomicsError> {
    let mut row = Vec::new();
    for (sequence, image) in subject.images.iter() {
        let named = features(image, recipe).map_err(|source| RadiomicsError::Image {
            id: subject.row.id.clone(),
            sequence: sequence.suffix(),
            source: Box::new(source),
        })?;
        row.extend(named.into_iter().map(|(name, v)| (format!("{} {name}", sequence.suffix()), v)));
    }
    Ok(row)
}

/// How the model came about, then each selected feature, the strongest first.
fn notes(fitted: &CrossFitted, names: &[&str]) -> Vec<String> {
    let count = |model: &Lasso| model.coefficients.iter().filter(|b| **b != 0.0).count();
    let whole = &fitted.whole;
    let folds: Vec<String> = fitted.folds.iter().map(|model| count(model).to_string()).collect();
    let mut notes = vec![format!(
        "LASSO logistic regression on {} IBSI features; penalty {:.4} by {INNER_FOLDS}-fold cross-validation; {} selected ({} without one fold each)",
        names.len(),
        whole.penalty,
        count(whole),
        folds.join(", ")
    )];
    let mut selected: Vec<(&str, f64)> =
        names.iter().copied().zip(whole.coefficients.iter().copied()).filter(|(_, b)| *b != 0.0).collect();
    selected.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    notes.extend(selected.iter().map(|(name, b)| format!("{name}: {b:+.3} log-odds per standard deviation")));
    notes
}
