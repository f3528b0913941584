//! What predictions are worth: discrimination, calibration, clinical utility, context.

mod calibration;
mod context;
mod discrimination;
mod lowess;
mod resample;
mod sample_size;
mod utility;

pub use calibration::{Calibration, HosmerLemeshow, Spiegelhalter};
pub use context::{ENOUGH_NEIGHBOURS, NEAR, Neighbourhood, cohort_name, neighbourhood, prior_shift, wilson};
pub use discrimination::{Auc, Youden, auc, delong, paired_delong, youden, youden_threshold};
pub use lowess::{Smooth, calibration_curve, lowess};
pub use resample::{
    DecisionBand, Intervals, PredictiveValues, RESAMPLES, Share, intervals, net_benefit_at, predictive_values,
};
pub use sample_size::SampleSize;
pub use utility::{NetBenefit, THRESHOLDS, net_benefit};

use serde::Serialize;

/// A number with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub se: f64,
}

/// Everything of one cohort.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    pub n: usize,
    pub events: usize,
    pub auc: Auc,
    #[serde(flatten)]
    pub calibration: Calibration,
    pub youden: Youden,
    pub net_benefit: Vec<NetBenefit>,
}

/// Why a cohort cannot be evaluated. Rows count from 1.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    #[error("it has {0} rows, and at least two of each class are needed")]
    TooFew(usize),
    #[error(
        "all of its {0} rows but at most one have the same outcome, and at least two of each class are needed"
    )]
    OneClass(usize),
    #[error("the probability {value} in its row {row} does not lie between 0 and 1, ends excluded")]
    NotAProbability { row: usize, value: f64 },
    #[error(
        "its probabilities are all the same or part the classes completely, so no calibration slope exists"
    )]
    NoSlope,
}

/// Every figure of one cohort; `fitted` says that the model was fitted on it.
///
/// # Errors
/// `EvaluationError`: no figure is ever NaN.
pub fn evaluate(outcome: &[bool], p: &[f64], fitted: bool) -> Result<Evaluation, EvaluationError> {
    let n = outcome.len().min(p.len());
    if n < 4 {
        return Err(EvaluationError::TooFew(n));
    }
    if let Some(row) = p.iter().position(|p| !(*p > 0.0 && *p < 1.0)) {
        return Err(EvaluationError::NotAProbability { row: row + 1, value: p[row] });
    }
    let auc = delong(outcome, p).ok_or(EvaluationError::OneClass(n))?;
    let youden = youden(outcome, p).ok_or(EvaluationError::OneClass(n))?;
    Ok(Evaluation {
        n,
        events: outcome.iter().filter(|y| **y).count(),
        auc,
        calibration: calibration::calibration(outcome, p, fitted)?,
        youden,
        net_benefit: THRESHOLDS.map(|t| net_benefit(outcome, p, t)).to_vec(),
    })
}
