//! Calibration: does a probability of 30 % mean three in ten?

use super::lowess::lowess;
use super::{Estimate, Figure, Undefined, both_classes, somebody};
use crate::nomogram::glm::{self, Likelihood, Until};
use crate::nomogram::{FitError, fit_until};
use crate::odds::{logit, two_sided_p};
use nalgebra::DMatrix;
use serde::Serialize;

/// Calibration of probabilities against outcomes. The names' traps: `citl` holds the slope at 1,
/// `joint_intercept` is the intercept beside the fitted slope (what `rms::val.prob` prints as "Intercept").
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    pub brier: Figure<f64>,
    /// `1 - brier / (y (1 - y))`: 0 for the prevalence alone, 1 for perfection.
    pub brier_scaled: Figure<f64>,
    /// Observed over expected events.
    pub oe_ratio: Figure<f64>,
    pub citl: Figure<Estimate>,
    pub slope: Figure<Estimate>,
    pub joint_intercept: Figure<f64>,
    /// Mean, median, 90th percentile and maximum of `|p - smooth(p)|`; the smoother is lowess, span 2/3.
    pub ici: Figure<f64>,
    pub e50: Figure<f64>,
    pub e90: Figure<f64>,
    pub emax: Figure<f64>,
    pub hosmer_lemeshow: Figure<HosmerLemeshow>,
    pub spiegelhalter: Figure<Spiegelhalter>,
}

/// Up to ten groups of near-equal size in the order of the probability; the same probabilities stay together.
/// It proves nothing: with few subjects it misses everything, with many it finds anything.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HosmerLemeshow {
    pub statistic: f64,
    /// The number of groups, less 2 on the table that the model was fitted on.
    pub df: u32,
    pub p: f64,
}

/// Spiegelhalter's test of the Brier score's calibration part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spiegelhalter {
    pub z: f64,
    pub p: f64,
}

const GROUPS: usize = 10;

/// Where statsmodels' GLM ends: its standard errors, which are those of the last step's weights, differ from those at
/// the solution in the sixth digit now and then; agreeing with what a statistician has at hand is worth more.
const AS_STATSMODELS: Until = Until::Deviance(1e-8);

/// All of it; every `p` lies strictly between 0 and 1, ascending, non-events first among the same. `fitted` says that
/// the model was fitted on this table.
pub(super) fn calibration(outcome: &[bool], p: &[f64], fitted: bool) -> Calibration {
    let y: Vec<f64> = outcome.iter().map(|y| f64::from(u8::from(*y))).collect();
    let n = y.len() as f64;
    let lp: Vec<f64> = p.iter().map(|p| logit(*p)).collect();
    let prevalence = y.iter().sum::<f64>() / n;
    let (anybody, both) = (somebody(outcome), both_classes(outcome));
    let brier = anybody.map(|()| y.iter().zip(p).map(|(y, p)| (p - y).powi(2)).sum::<f64>() / n);
    let joint = both.and_then(|()| slope(outcome, &lp));
    let mut apart = apart_from_smooth(&y, p);
    apart.sort_by(f64::total_cmp);
    Calibration {
        brier,
        brier_scaled: both.and(brier).map(|brier| 1.0 - brier / (prevalence * (1.0 - prevalence))),
        oe_ratio: anybody.map(|()| y.iter().sum::<f64>() / p.iter().sum::<f64>()),
        citl: both.and_then(|()| in_the_large(outcome, &lp)),
        slope: joint.map(|(_, slope)| slope),
        joint_intercept: joint.map(|(intercept, _)| intercept),
        ici: anybody.map(|()| apart.iter().sum::<f64>() / n),
        e50: anybody.map(|()| quantile(&apart, 0.5)),
        e90: anybody.map(|()| quantile(&apart, 0.9)),
        emax: anybody.map(|()| quantile(&apart, 1.0)),
        hosmer_lemeshow: anybody.and_then(|()| hosmer_lemeshow(&y, p, fitted)),
        spiegelhalter: anybody.and_then(|()| spiegelhalter(&y, p)),
    }
}

/// `|p - smooth(p)|` of every subject. A line may run beyond 0 and 1 where points are few, and no share lies there:
/// no distance is more than 1.
fn apart_from_smooth(y: &[f64], p: &[f64]) -> Vec<f64> {
    let smooth = lowess(p, y, 2.0 / 3.0, 0.01 * range(p));
    p.iter().zip(&smooth).map(|(p, s)| (p - s).abs().min(1.0)).collect()
}

/// The integrated calibration index alone (Austin and Steyerberg 2019), of somebody.
pub(super) fn ici(outcome: &[bool], p: &[f64]) -> f64 {
    let y: Vec<f64> = outcome.iter().map(|y| f64::from(u8::from(*y))).collect();
    apart_from_smooth(&y, p).iter().sum::<f64>() / y.len() as f64
}

/// The `a` of `logit P(y) = a + offset(lp)`; both classes are there.
fn in_the_large(outcome: &[bool], lp: &[f64]) -> Figure<Estimate> {
    let ones = DMatrix::from_element(lp.len(), 1, 1.0);
    let fit = glm::fit(&ones, outcome, Some(lp), Likelihood::Plain, AS_STATSMODELS);
    let fit = fit.map_err(|_| Undefined::NoSpread)?;
    Ok(Estimate { value: fit.coefficients[0], se: fit.covariance[(0, 0)].sqrt() })
}

/// `a` and `b` of `logit P(y) = a + b lp`.
fn slope(outcome: &[bool], lp: &[f64]) -> Figure<(f64, Estimate)> {
    let fit = fit_until(&["lp".into()], &[lp.to_vec()], outcome, Likelihood::Plain, AS_STATSMODELS);
    let found = fit.map_err(|why| match why {
        FitError::OneClass(_) => Undefined::OneClass,
        FitError::Separated => Undefined::Separated,
        FitError::Constant(_)
        | FitError::NotFinite(_)
        | FitError::Twice(_)
        | FitError::TooFewRows { .. }
        | FitError::Collinear => Undefined::Constant,
    })?;
    let n = found.nomogram;
    Ok((n.intercept, Estimate { value: n.coefficients[0], se: n.covariance[1][1].sqrt() }))
}

/// `p` ascends.
fn hosmer_lemeshow(y: &[f64], p: &[f64], fitted: bool) -> Figure<HosmerLemeshow> {
    let (size, larger) = (p.len() / GROUPS, p.len() % GROUPS);
    let (mut start, mut statistic, mut df) = (0, 0.0, 0_u32);
    for group in 0..GROUPS {
        let mut end = (group + 1) * size + larger.min(group + 1);
        // The same probabilities stay with the first of them. No group of a table with rows ends before its first.
        while end < p.len() && p[end] == p[end - 1] {
            end += 1;
        }
        if end <= start {
            continue;
        }
        let n = (end - start) as f64;
        let observed: f64 = y[start..end].iter().sum();
        let expected: f64 = p[start..end].iter().sum();
        statistic += (observed - expected).powi(2) / (expected * (1.0 - expected / n));
        (start, df) = (end, df + 1);
    }
    let df = df.saturating_sub(if fitted { 2 } else { 0 });
    // Probabilities within rounding of 1 have no variance.
    if df == 0 || !statistic.is_finite() {
        return Err(Undefined::FewGroups);
    }
    Ok(HosmerLemeshow { statistic, df, p: chi_squared_tail(statistic, df) })
}

/// `P(X > x)` of the chi-squared distribution: a finite sum (Abramowitz and Stegun 26.4.4 and 26.4.5).
fn chi_squared_tail(x: f64, df: u32) -> f64 {
    let half = x / 2.0;
    let odd = df % 2 == 1;
    // Terms `half^k / Gamma(k + 1)` for k = 0, 1, ... or k = 1/2, 3/2, ...
    let first = if odd { 0.5 } else { 0.0 };
    let mut term = if odd { (half / std::f64::consts::PI).sqrt() * 2.0 } else { 1.0 };
    let mut sum = 0.0;
    for i in 0..df / 2 {
        sum += term;
        term *= half / (first + f64::from(i) + 1.0);
    }
    (-half).exp() * sum + if odd { libm::erfc(half.sqrt()) } else { 0.0 }
}

fn spiegelhalter(y: &[f64], p: &[f64]) -> Figure<Spiegelhalter> {
    let numerator: f64 = y.iter().zip(p).map(|(y, p)| (y - p) * (1.0 - 2.0 * p)).sum();
    let variance: f64 = p.iter().map(|p| (1.0 - 2.0 * p).powi(2) * p * (1.0 - p)).sum();
    if variance > 0.0 {
        let z = numerator / variance.sqrt();
        Ok(Spiegelhalter { z, p: two_sided_p(z) })
    } else {
        Err(Undefined::Half)
    }
}

fn range(values: &[f64]) -> f64 {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    high - low
}

/// Linear between order statistics (Hyndman and Fan's type 7).
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() as f64 - 1.0);
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (at - at.floor()) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_tail_of_two_degrees_the_exponential() {
        assert!((chi_squared_tail(3.0, 2) - (-1.5_f64).exp()).abs() < 1e-15);
        // Tabulated 95 % points.
        assert!((chi_squared_tail(15.507_313_055_865_453, 8) - 0.05).abs() < 1e-12);
        assert!((chi_squared_tail(18.307_038_053_275_146, 10) - 0.05).abs() < 1e-12);
        for (df, point) in
            [(1, 3.841_458_820_694_124), (3, 7.814_727_903_251_179), (7, 14.067_140_449_340_169)]
        {
            assert!((chi_squared_tail(point, df) - 0.05).abs() < 1e-12, "{df}");
        }
    }
}
