//! Logistic regression on named columns.

use super::Nomogram;
use super::glm::{self, Likelihood, NoFit, Until};
use nalgebra::DMatrix;

/// A fit with what its report needs.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticFit {
    pub nomogram: Nomogram,
    /// Of the outcomes alone, without a penalty.
    pub log_likelihood: f64,
    /// `2 k - 2 log L`, with `k` counting the intercept; means nothing of a penalised fit.
    pub aic: f64,
}

/// Why no fit exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    #[error("the outcome has only one class in {0} rows")]
    OneClass(usize),
    #[error("the term {0} is constant")]
    Constant(String),
    #[error("the term {0} holds a value that is not finite")]
    NotFinite(String),
    #[error("the term {0} is named twice")]
    Twice(String),
    #[error("{coefficients} coefficients cannot be fitted to {rows} rows")]
    TooFewRows { coefficients: usize, rows: usize },
    #[error(
        "a combination of the terms separates the classes in all rows or in some, so no finite coefficient fits best"
    )]
    Separated,
    #[error("the terms are collinear: one is a combination of the others")]
    Collinear,
}

/// Fits `logit P(y = 1) = b0 + sum b_j x_j` by maximum likelihood.
///
/// `columns[j]` holds the values of `terms[j]`, one per row of `outcome`. Columns are standardised
/// inside and the solution is mapped back, so grams and logits may stand side by side. The axis
/// limits of the nomogram are each column's range.
///
/// # Errors
/// `FitError`, one variant per cause.
pub fn fit_logistic(
    terms: &[String],
    columns: &[Vec<f64>],
    outcome: &[bool],
) -> Result<LogisticFit, FitError> {
    fit_until(terms, columns, outcome, Likelihood::Plain, EXACT)
}

/// As [`fit_logistic`], by Firth's penalised likelihood: coefficients are drawn towards 0 by about one half of an
/// observation per coefficient, and are finite where the classes are separated. The standard errors are Wald's.
///
/// # Errors
/// `FitError`, but never `Separated` by the data.
pub fn fit_firth(terms: &[String], columns: &[Vec<f64>], outcome: &[bool]) -> Result<LogisticFit, FitError> {
    fit_until(terms, columns, outcome, Likelihood::Firth, EXACT)
}

/// Log-odds within which a fit is at its maximum; the next step would move by the square of it.
const EXACT: Until = Until::LogOdds(1e-10);

/// The fit of `likelihood`, ended by `until`.
pub(crate) fn fit_until(
    terms: &[String],
    columns: &[Vec<f64>],
    outcome: &[bool],
    likelihood: Likelihood,
    until: Until,
) -> Result<LogisticFit, FitError> {
    let n = outcome.len();
    let events = outcome.iter().filter(|y| **y).count();
    if events == 0 || events == n {
        return Err(FitError::OneClass(n));
    }
    let k = columns.len() + 1;
    let mut limits = Vec::with_capacity(columns.len());
    let (mut means, mut scales) = (vec![0.0], vec![1.0]);
    for (j, (term, column)) in terms.iter().zip(columns).enumerate() {
        if terms[..j].contains(term) {
            return Err(FitError::Twice(term.clone()));
        }
        if column.iter().any(|v| !v.is_finite()) {
            return Err(FitError::NotFinite(term.clone()));
        }
        let (lo, hi) =
            column.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let mean = column.iter().sum::<f64>() / n as f64;
        let scale = (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64).sqrt();
        // Less than rounding of the values themselves is no spread.
        if lo >= hi || scale <= 1e-12 * lo.abs().max(hi.abs()) {
            return Err(FitError::Constant(term.clone()));
        }
        means.push(mean);
        scales.push(scale);
        limits.push([lo, hi]);
    }
    if n < k {
        return Err(FitError::TooFewRows { coefficients: k, rows: n });
    }
    let x =
        DMatrix::from_fn(n, k, |i, j| if j == 0 { 1.0 } else { (columns[j - 1][i] - means[j]) / scales[j] });
    let fit = glm::fit(&x, outcome, None, likelihood, until).map_err(|why| match why {
        NoFit::Collinear => FitError::Collinear,
        NoFit::Separated => FitError::Separated,
    })?;

    // b_j = beta_j / s_j and b_0 = beta_0 - sum beta_j m_j / s_j: a linear map, so V = T C T'.
    let map = DMatrix::from_fn(k, k, |i, j| match (i, j) {
        (0, 0) => 1.0,
        (0, j) => -means[j] / scales[j],
        (i, j) if i == j => 1.0 / scales[i],
        _ => 0.0,
    });
    let coefficients = &map * &fit.coefficients;
    let covariance = &map * fit.covariance * map.transpose();
    Ok(LogisticFit {
        nomogram: Nomogram {
            terms: terms.to_vec(),
            intercept: coefficients[0],
            coefficients: coefficients.iter().skip(1).copied().collect(),
            covariance: covariance.row_iter().map(|r| r.iter().copied().collect()).collect(),
            limits,
        },
        log_likelihood: fit.log_likelihood,
        aic: 2.0 * k as f64 - 2.0 * fit.log_likelihood,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_separable_table_refused() {
        let x = vec![vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]];
        let y = [false, false, false, true, true, true];
        assert_eq!(fit_logistic(&["x".into()], &x, &y), Err(FitError::Separated));
    }

    #[test]
    fn is_one_class_refused() {
        assert_eq!(fit_logistic(&["x".into()], &[vec![1.0, 2.0]], &[true, true]), Err(FitError::OneClass(2)));
    }

    #[test]
    fn does_a_two_by_two_table_give_the_log_odds_ratio() {
        // 30/10 exposed, 15/25 unexposed: closed form, so only rounding of Newton's last step is left.
        let mut x = Vec::new();
        let mut y = Vec::new();
        for (exposed, event, count) in [(1.0, true, 30), (1.0, false, 10), (0.0, true, 15), (0.0, false, 25)]
        {
            x.extend(std::iter::repeat_n(exposed, count));
            y.extend(std::iter::repeat_n(event, count));
        }
        let fit = fit_logistic(&["exposed".into()], &[x], &y).unwrap().nomogram;
        assert!((fit.intercept - (15.0_f64 / 25.0).ln()).abs() < 1e-10);
        assert!((fit.coefficients[0] - (30.0_f64 * 25.0 / (10.0 * 15.0)).ln()).abs() < 1e-10);
        let variance = 1.0 / 30.0 + 1.0 / 10.0 + 1.0 / 15.0 + 1.0 / 25.0;
        assert!((fit.covariance[1][1] - variance).abs() < 1e-10);
    }
}
