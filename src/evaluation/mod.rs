//! What predictions are worth: discrimination, calibration, clinical utility, context.

mod calibration;
mod cohort_role;
mod context;
mod discrimination;
mod lowess;
mod resample;
mod sample_size;
mod undefined;
mod utility;

pub use calibration::{Calibration, HosmerLemeshow, Spiegelhalter};
pub use cohort_role::CohortRole;
pub use context::{ENOUGH_NEIGHBOURS, NEAR, Neighbourhood, neighbourhood, prior_shift, wilson};
pub use discrimination::{
    Auc, Youden, auc, delong, paired_delong, specificity_threshold, youden, youden_threshold,
};
pub use lowess::{Smooth, calibration_curve, lowess};
pub use resample::{
    DecisionBand, Intervals, PredictiveValues, RESAMPLES, Share, intervals, net_benefit_at, predictive_values,
};
pub use sample_size::SampleSize;
pub use undefined::{Figure, Undefined};
pub use utility::{NetBenefit, THRESHOLDS, net_benefit};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A number with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    pub se: f64,
}

/// Everything of one cohort.
///
/// As JSON each figure that does not exist is null, and `not_defined` holds its reason by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub n: usize,
    pub events: usize,
    pub auc: Figure<Auc>,
    pub calibration: Calibration,
    pub youden: Figure<Youden>,
    pub net_benefit: Figure<Vec<NetBenefit>>,
}

/// Why a table cannot be evaluated. Rows count from 1.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum EvaluationError {
    #[error("the probability {value} in its row {row} does not lie between 0 and 1, ends excluded")]
    NotAProbability { row: usize, value: f64 },
}

/// Every figure of one cohort; `fitted` says that the model was fitted on it. The order of rows plays no part.
///
/// # Errors
/// `EvaluationError`: no figure is ever NaN.
pub fn evaluate(outcome: &[bool], p: &[f64], fitted: bool) -> Result<Evaluation, EvaluationError> {
    if let Some(row) = p.iter().position(|p| !(*p > 0.0 && *p < 1.0)) {
        return Err(EvaluationError::NotAProbability { row: row + 1, value: p[row] });
    }
    let (outcome, p) = &sorted(outcome, p);
    Ok(Evaluation {
        n: p.len(),
        events: outcome.iter().filter(|y| **y).count(),
        auc: both_classes(outcome).and_then(|()| delong(outcome, p).ok_or(Undefined::OneClass)),
        calibration: calibration::calibration(outcome, p, fitted),
        youden: both_classes(outcome).and_then(|()| youden(outcome, p).ok_or(Undefined::OneClass)),
        net_benefit: somebody(outcome).map(|()| THRESHOLDS.map(|t| net_benefit(outcome, p, t)).to_vec()),
    })
}

/// A cohort in the order of its probabilities, events last among the same: no figure depends on the order of
/// rows, not even by rounding.
fn sorted(outcome: &[bool], p: &[f64]) -> (Vec<bool>, Vec<f64>) {
    let mut pairs: Vec<(bool, f64)> = outcome.iter().copied().zip(p.iter().copied()).collect();
    pairs.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    pairs.into_iter().unzip()
}

fn somebody(outcome: &[bool]) -> Figure<()> {
    if outcome.is_empty() { Err(Undefined::Nobody) } else { Ok(()) }
}

/// Whether a cohort holds what most figures need.
///
/// # Errors
/// `Undefined::Nobody` or `Undefined::OneClass`.
pub fn both_classes(outcome: &[bool]) -> Figure<()> {
    somebody(outcome)?;
    if outcome.contains(&true) && outcome.contains(&false) { Ok(()) } else { Err(Undefined::OneClass) }
}

/// Writes figures one by one: null where there is none, and the reasons behind them.
struct Figures<'a, S: Serializer> {
    map: S::SerializeMap,
    reasons: BTreeMap<&'a str, Undefined>,
}

impl<'a, S: Serializer> Figures<'a, S> {
    fn new(serializer: S) -> Result<Self, S::Error> {
        Ok(Self { map: serializer.serialize_map(None)?, reasons: BTreeMap::new() })
    }

    fn add<T: Serialize>(&mut self, name: &'a str, figure: &Figure<T>) -> Result<(), S::Error> {
        if let Err(reason) = figure {
            self.reasons.insert(name, *reason);
        }
        self.map.serialize_entry(name, &figure.as_ref().ok())
    }

    fn end(mut self) -> Result<S::Ok, S::Error> {
        self.map.serialize_entry("not_defined", &self.reasons)?;
        self.map.end()
    }
}

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut figures = Figures::<S>::new(serializer)?;
        let c = &self.calibration;
        figures.map.serialize_entry("n", &self.n)?;
        figures.map.serialize_entry("events", &self.events)?;
        figures.add("auc", &self.auc)?;
        figures.add("brier", &c.brier)?;
        figures.add("brier_scaled", &c.brier_scaled)?;
        figures.add("oe_ratio", &c.oe_ratio)?;
        figures.add("citl", &c.citl)?;
        figures.add("slope", &c.slope)?;
        figures.add("joint_intercept", &c.joint_intercept)?;
        figures.add("ici", &c.ici)?;
        figures.add("e50", &c.e50)?;
        figures.add("e90", &c.e90)?;
        figures.add("emax", &c.emax)?;
        figures.add("hosmer_lemeshow", &c.hosmer_lemeshow)?;
        figures.add("spiegelhalter", &c.spiegelhalter)?;
        figures.add("youden", &self.youden)?;
        figures.add("net_benefit", &self.net_benefit)?;
        figures.end()
    }
}
