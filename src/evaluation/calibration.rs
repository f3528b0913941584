//! Calibration: does a probability of 30 % mean three in ten?

use super::lowess::lowess;
use super::{Estimate, EvaluationError};
use serde::Serialize;

/// Calibration of probabilities against outcomes. The names' traps: `citl` holds the slope at 1,
/// `joint_intercept` is the intercept beside the fitted slope (what `rms::val.prob` prints as "Intercept").
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    pub brier: f64,
    /// `1 - brier / (y (1 - y))`: 0 for the prevalence alone, 1 for perfection.
    pub brier_scaled: f64,
    /// Observed over expected events.
    pub oe_ratio: f64,
    pub citl: Estimate,
    pub slope: Estimate,
    pub joint_intercept: f64,
    /// Mean, median, 90th percentile and maximum of `|p - smooth(p)|`; the smoother is lowess, span 2/3.
    pub ici: f64,
    pub e50: f64,
    pub e90: f64,
    pub emax: f64,
    pub hosmer_lemeshow: HosmerLemeshow,
    pub spiegelhalter: Spiegelhalter,
}

/// Ten groups of near-equal size in the order of the probability. It proves nothing: with few subjects it
/// misses everything, with many it finds anything.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HosmerLemeshow {
    pub statistic: f64,
    /// 8 on the table that the model was fitted on, 10 on any other.
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

/// All of it; every `p` lies strictly between 0 and 1. `fitted` says that the model was fitted on this table.
///
/// # Errors
/// `EvaluationError` where the slope does not exist.
pub fn calibration(outcome: &[bool], p: &[f64], fitted: bool) -> Result<Calibration, EvaluationError> {
    let y: Vec<f64> = outcome.iter().map(|y| f64::from(u8::from(*y))).collect();
    let n = y.len() as f64;
    let lp: Vec<f64> = p.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let prevalence = y.iter().sum::<f64>() / n;
    let brier = y.iter().zip(p).map(|(y, p)| (p - y).powi(2)).sum::<f64>() / n;
    let (joint_intercept, slope) = logistic_slope(&y, &lp)?;
    let mut apart = apart_from_smooth(&y, p);
    apart.sort_by(f64::total_cmp);
    Ok(Calibration {
        brier,
        brier_scaled: 1.0 - brier / (prevalence * (1.0 - prevalence)),
        oe_ratio: y.iter().sum::<f64>() / p.iter().sum::<f64>(),
        citl: in_the_large(&y, &lp),
        slope,
        joint_intercept,
        ici: apart.iter().sum::<f64>() / n,
        e50: quantile(&apart, 0.5),
        e90: quantile(&apart, 0.9),
        emax: quantile(&apart, 1.0),
        hosmer_lemeshow: hosmer_lemeshow(&y, p, if fitted { 8 } else { 10 }),
        spiegelhalter: spiegelhalter(&y, p),
    })
}

/// `|p - smooth(p)|` of every subject.
fn apart_from_smooth(y: &[f64], p: &[f64]) -> Vec<f64> {
    let smooth = lowess(p, y, 2.0 / 3.0, 0.01 * range(p));
    p.iter().zip(&smooth).map(|(p, s)| (p - s).abs()).collect()
}

/// The integrated calibration index alone (Austin and Steyerberg 2019).
pub(super) fn ici(outcome: &[bool], p: &[f64]) -> f64 {
    let y: Vec<f64> = outcome.iter().map(|y| f64::from(u8::from(*y))).collect();
    apart_from_smooth(&y, p).iter().sum::<f64>() / y.len() as f64
}

fn expit(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The `a` of `logit P(y) = a + offset(lp)`, by Newton's method: concave, one unknown, both classes there.
fn in_the_large(y: &[f64], lp: &[f64]) -> Estimate {
    let mut a = 0.0;
    let mut information = 0.0;
    for _ in 0..100 {
        let fitted: Vec<f64> = lp.iter().map(|lp| expit(a + lp)).collect();
        information = fitted.iter().map(|p| p * (1.0 - p)).sum::<f64>();
        let gradient = y.iter().zip(&fitted).map(|(y, p)| y - p).sum::<f64>();
        // Far from the solution a full step may overshoot where the curve is flat.
        let step = (gradient / information).clamp(-2.0, 2.0);
        a += step;
        if step.abs() < 1e-13 {
            break;
        }
    }
    Estimate { value: a, se: information.sqrt().recip() }
}

/// `a` and `b` of `logit P(y) = a + b lp`.
fn logistic_slope(y: &[f64], lp: &[f64]) -> Result<(f64, Estimate), EvaluationError> {
    let (mut a, mut b) = (0.0, 1.0);
    for _ in 0..100 {
        // Information [[s0, s1], [s1, s2]] and gradient (g0, g1).
        let (mut s0, mut s1, mut s2, mut g0, mut g1) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (y, x) in y.iter().zip(lp) {
            let p = expit(a + b * x);
            let w = p * (1.0 - p);
            s0 += w;
            s1 += w * x;
            s2 += w * x * x;
            g0 += y - p;
            g1 += (y - p) * x;
        }
        let determinant = s0 * s2 - s1 * s1;
        if determinant <= 1e-12 * s0 * s2 || b.abs() > 1e6 {
            return Err(EvaluationError::NoSlope);
        }
        let (da, db) = ((s2 * g0 - s1 * g1) / determinant, (s0 * g1 - s1 * g0) / determinant);
        a += da;
        b += db;
        if da.abs().max(db.abs()) < 1e-12 * (1.0 + b.abs()) {
            return Ok((a, Estimate { value: b, se: glm_standard_error(y, lp) }));
        }
    }
    Err(EvaluationError::NoSlope)
}

/// The standard error of `b` as statsmodels' GLM gives it: from the weights of the last of its iterations, which
/// start at `(y + 1/2) / 2` and end when the deviance changes by less than 1e-8. At the solution itself it
/// differs in the sixth digit now and then; agreeing with what a statistician has at hand is worth more.
fn glm_standard_error(y: &[f64], lp: &[f64]) -> f64 {
    let mut mu: Vec<f64> = y.iter().map(|y| f64::midpoint(*y, 0.5)).collect();
    let mut eta: Vec<f64> = mu.iter().map(|m| (m / (1.0 - m)).ln()).collect();
    let deviance = |mu: &[f64]| -> f64 {
        -2.0 * y.iter().zip(mu).map(|(y, m)| if *y > 0.5 { m.ln() } else { (-m).ln_1p() }).sum::<f64>()
    };
    let (mut before, mut se) = (deviance(&mu), f64::NAN);
    for _ in 0..100 {
        // Weighted least squares of the working response on (1, lp).
        let (mut s0, mut s1, mut s2, mut t0, mut t1) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (((y, x), m), e) in y.iter().zip(lp).zip(&mu).zip(&eta) {
            let w = m * (1.0 - m);
            let z = e + (y - m) / w;
            s0 += w;
            s1 += w * x;
            s2 += w * x * x;
            t0 += w * z;
            t1 += w * x * z;
        }
        let determinant = s0 * s2 - s1 * s1;
        let (a, b) = ((s2 * t0 - s1 * t1) / determinant, (s0 * t1 - s1 * t0) / determinant);
        se = (s0 / determinant).sqrt();
        eta = lp.iter().map(|x| a + b * x).collect();
        mu = eta.iter().map(|e| expit(*e).clamp(f64::EPSILON, 1.0 - f64::EPSILON)).collect();
        let now = deviance(&mu);
        if (now - before).abs() <= 1e-8 {
            break;
        }
        before = now;
    }
    se
}

fn hosmer_lemeshow(y: &[f64], p: &[f64], df: u32) -> HosmerLemeshow {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (size, larger) = (p.len() / GROUPS, p.len() % GROUPS);
    let mut rest = order.as_slice();
    let mut statistic = 0.0;
    for group in 0..GROUPS {
        let (members, after) = rest.split_at(size + usize::from(group < larger));
        rest = after;
        if members.is_empty() {
            continue;
        }
        let n = members.len() as f64;
        let observed: f64 = members.iter().map(|i| y[*i]).sum();
        let expected: f64 = members.iter().map(|i| p[*i]).sum();
        statistic += (observed - expected).powi(2) / (expected * (1.0 - expected / n));
    }
    HosmerLemeshow { statistic, df, p: chi_squared_tail(statistic, df) }
}

/// `P(X > x)` of the chi-squared distribution with an even number of degrees of freedom: a finite sum.
fn chi_squared_tail(x: f64, df: u32) -> f64 {
    let half = x / 2.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..df / 2 {
        term *= half / f64::from(k);
        sum += term;
    }
    (-half).exp() * sum
}

fn spiegelhalter(y: &[f64], p: &[f64]) -> Spiegelhalter {
    let numerator: f64 = y.iter().zip(p).map(|(y, p)| (y - p) * (1.0 - 2.0 * p)).sum();
    let variance: f64 = p.iter().map(|p| (1.0 - 2.0 * p).powi(2) * p * (1.0 - p)).sum();
    let z = if variance > 0.0 { numerator / variance.sqrt() } else { 0.0 };
    Spiegelhalter { z, p: libm::erfc(z.abs() / std::f64::consts::SQRT_2) }
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
    }
}
