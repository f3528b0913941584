//! The one fit of logistic models: maximum likelihood, or Firth's penalised likelihood.

use crate::odds::{expit, softplus};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// What is maximised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likelihood {
    Plain,
    /// With Jeffreys' prior added, so that a solution exists even for separated classes (Firth, Biometrika
    /// 1993;80:27-38; Heinze and Schemper, Stat Med 2002;21:2409-2419).
    Firth,
}

/// When the steps end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Until {
    /// The deviance changes by no more than this. At 1e-8 it is where statsmodels' GLM ends; as there, the
    /// covariance is that of the last step's weights.
    Deviance(f64),
    /// No row's log-odds moves by more than this.
    LogOdds(f64),
}

/// A logistic fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    pub coefficients: DVector<f64>,
    /// Inverse of the information `X' W X`.
    pub covariance: DMatrix<f64>,
    pub log_likelihood: f64,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFit {
    Collinear,
    /// Some rows' fitted probabilities run to 0 or 1.
    Separated,
}

/// Steps after which a plain fit whose rows still move is called separated: Newton's method with halved steps
/// needs a dozen, and each step moves a separated row by about 1 on the log-odds.
const MOST_STEPS: usize = 100;
/// Smallest eigenvalue of the columns' correlations that is more than rounding.
const RANK: f64 = 1e-10;
/// What is left of a direction that separates, as a share of the largest row's, by rounding and by
/// rows that have not settled.
const SETTLED: f64 = 1e-6;

/// Fits `logit P(y = 1) = offset + X b`. Columns of `x` should be of order 1; `event` holds both classes.
///
/// The first step starts at the probabilities `(y + 1/2) / 2`, as in statsmodels; steps that do not increase the
/// likelihood are halved.
///
/// # Errors
/// `NoFit`; Firth's likelihood always has a solution unless columns are collinear.
pub fn fit(
    x: &DMatrix<f64>,
    event: &[bool],
    offset: Option<&[f64]>,
    likelihood: Likelihood,
    until: Until,
) -> Result<Fit, NoFit> {
    let rows = event.len();
    if !full_rank(x) {
        return Err(NoFit::Collinear);
    }
    let offset = DVector::from_fn(rows, |i, _| offset.and_then(|o| o.get(i)).copied().unwrap_or(0.0));
    let problem = Problem { x, event, likelihood };
    let start = DVector::from_fn(rows, |i, _| (if event[i] { 3.0_f64 } else { 1.0 / 3.0 }).ln());
    let mut beta = match likelihood {
        Likelihood::Plain => {
            let at = problem.at(&start).ok_or(NoFit::Separated)?;
            // The working response, less the offset, regressed on the columns.
            let weight = start.map(|z| expit(z) * expit(-z));
            let response = (&start - &offset).component_mul(&weight) + at.residual;
            at.information.solve(&(x.transpose() * response))
        }
        Likelihood::Firth => DVector::zeros(x.ncols()),
    };
    let mut eta = x * &beta + &offset;
    let mut value = problem.value(&eta);
    // Of the starting probabilities, which no coefficient gives: only the first comparison sees it.
    let mut before = problem.log_likelihood(&start);
    let mut covariance = problem.at(&start).ok_or(NoFit::Separated)?.information.inverse();
    for round in 0..MOST_STEPS {
        if let Until::Deviance(least) = until
            && 2.0 * (value - before).abs() <= least
        {
            return Ok(Fit { coefficients: beta, covariance, log_likelihood: problem.log_likelihood(&eta) });
        }
        let at = problem.at(&eta).ok_or(NoFit::Separated)?;
        let mut step = at.information.solve(&(x.transpose() * at.score()));
        let (mut next, mut next_value);
        let mut halvings = 0;
        loop {
            next = x * (&beta + &step) + &offset;
            next_value = problem.value(&next);
            // Rounding of a sum of as many terms as there are rows.
            if next_value >= value - 1e-13 * (1.0 + value.abs()) || halvings == 40 {
                break;
            }
            step *= 0.5;
            halvings += 1;
        }
        let moved = &next - &eta;
        if likelihood == Likelihood::Plain && round >= 10 && problem.separates(&moved) {
            return Err(NoFit::Separated);
        }
        beta += step;
        covariance = at.information.inverse();
        (before, value, eta) = (value, next_value, next);
        if let Until::LogOdds(least) = until
            && moved.amax() <= least * (1.0 + 1e-3 * eta.amax())
        {
            let covariance = problem.at(&eta).ok_or(NoFit::Separated)?.information.inverse();
            return Ok(Fit { coefficients: beta, covariance, log_likelihood: problem.log_likelihood(&eta) });
        }
    }
    Err(NoFit::Separated)
}

/// Whether no column is a combination of others, whatever their units.
fn full_rank(x: &DMatrix<f64>) -> bool {
    let mut unit = x.clone();
    for mut column in unit.column_iter_mut() {
        let norm = column.norm();
        if norm == 0.0 {
            return false;
        }
        column /= norm;
    }
    (unit.transpose() * unit).symmetric_eigenvalues().min() > RANK
}

struct Problem<'a> {
    x: &'a DMatrix<f64>,
    event: &'a [bool],
    likelihood: Likelihood,
}

/// Derivatives at some log-odds.
struct At {
    information: Cholesky<f64, Dyn>,
    /// `y - p`.
    residual: DVector<f64>,
    /// Firth's addition to it.
    added: Option<DVector<f64>>,
}

impl At {
    fn score(&self) -> DVector<f64> {
        self.added.as_ref().map_or_else(|| self.residual.clone(), |added| &self.residual + added)
    }
}

impl Problem<'_> {
    fn log_likelihood(&self, eta: &DVector<f64>) -> f64 {
        eta.iter().zip(self.event).map(|(z, event)| -softplus(if *event { -z } else { *z })).sum()
    }

    /// What is maximised.
    fn value(&self, eta: &DVector<f64>) -> f64 {
        let plain = self.log_likelihood(eta);
        match self.likelihood {
            Likelihood::Plain => plain,
            Likelihood::Firth => self.information(eta).map_or(f64::NEG_INFINITY, |c| {
                // Half the log of the determinant is the sum of the logs of the factor's diagonal.
                plain + c.l().diagonal().iter().map(|d| d.ln()).sum::<f64>()
            }),
        }
    }

    fn information(&self, eta: &DVector<f64>) -> Option<Cholesky<f64, Dyn>> {
        // Both factors without cancellation: a row at 1 keeps its weight.
        let root = eta.map(|z| (expit(z) * expit(-z)).sqrt());
        let weighted = DMatrix::from_fn(self.x.nrows(), self.x.ncols(), |i, j| self.x[(i, j)] * root[i]);
        (weighted.transpose() * weighted).cholesky()
    }

    fn at(&self, eta: &DVector<f64>) -> Option<At> {
        let information = self.information(eta)?;
        let residual =
            DVector::from_fn(eta.len(), |i, _| if self.event[i] { expit(-eta[i]) } else { -expit(eta[i]) });
        let added = (self.likelihood == Likelihood::Firth).then(|| {
            let covariance = information.inverse();
            DVector::from_fn(eta.len(), |i, _| {
                let row = self.x.row(i);
                let p = expit(eta[i]);
                let leverage = (row * &covariance * row.transpose())[0] * p * expit(-eta[i]);
                leverage * (0.5 - p)
            })
        });
        Some(At { information, residual, added })
    }

    /// Whether a movement of the log-odds takes every row towards its own class and some of them without end:
    /// then no finite coefficients are the best (Albert and Anderson, Biometrika 1984;71:1-10).
    fn separates(&self, moved: &DVector<f64>) -> bool {
        let largest = moved.amax();
        let own = |(m, event): (&f64, &bool)| if *event { *m } else { -*m };
        largest > 0.1 && moved.iter().zip(self.event).map(own).all(|m| m >= -SETTLED * largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Until = Until::LogOdds(1e-10);

    fn design(columns: &[&[f64]]) -> DMatrix<f64> {
        DMatrix::from_fn(
            columns[0].len(),
            columns.len() + 1,
            |i, j| if j == 0 { 1.0 } else { columns[j - 1][i] },
        )
    }

    #[test]
    fn is_a_two_by_two_table_with_an_empty_cell_separated_and_given_by_firth_in_closed_form() {
        // 3 of 8 unexposed and 6 of 6 exposed have the event.
        let exposed: Vec<f64> = (0..14).map(|i| f64::from(u8::from(i >= 8))).collect();
        let event: Vec<bool> = (0..14).map(|i| !(3..8).contains(&i)).collect();
        let x = design(&[&exposed]);
        assert_eq!(fit(&x, &event, None, Likelihood::Plain, EXACT), Err(NoFit::Separated));
        // Of a saturated model Firth's fit adds one half to every cell.
        let found = fit(&x, &event, None, Likelihood::Firth, EXACT).unwrap();
        let expected = [(3.5_f64 / 5.5).ln(), (6.5_f64 / 0.5).ln() - (3.5_f64 / 5.5).ln()];
        for (found, expected) in found.coefficients.iter().zip(expected) {
            // Steps ended below 1e-10.
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
    }

    #[test]
    fn are_an_offset_and_one_constant_the_share_where_the_offset_is_constant() {
        let event: Vec<bool> = (0..40).map(|i| i % 4 == 0).collect();
        let ones = DMatrix::from_element(40, 1, 1.0);
        let found = fit(&ones, &event, Some(&[0.7; 40]), Likelihood::Plain, EXACT).unwrap();
        assert!((found.coefficients[0] + 0.7 - (0.25_f64 / 0.75).ln()).abs() < 1e-10);
        assert!((found.covariance[(0, 0)] - 1.0 / (40.0 * 0.25 * 0.75)).abs() < 1e-10);
    }

    #[test]
    fn are_rows_far_out_no_separation() {
        // One row at -600 beside ordinary ones that overlap.
        let mut x: Vec<f64> = (0..30).map(|i| f64::from(i % 10) - 4.5).collect();
        let mut event: Vec<bool> = (0..30).map(|i| i * 7 % 10 < i % 10).collect();
        x.push(-600.0);
        event.push(false);
        let found = fit(&design(&[&x]), &event, None, Likelihood::Plain, EXACT).unwrap();
        assert!(found.coefficients.iter().all(|b| b.abs() < 5.0), "{found:?}");
    }

    #[test]
    fn are_collinear_columns_told_from_separated_ones() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let twice: Vec<f64> = x.iter().map(|x| 2.0 * x).collect();
        let event: Vec<bool> = (0..20).map(|i| i >= 10).collect();
        assert_eq!(
            fit(&design(&[&x, &twice]), &event, None, Likelihood::Plain, EXACT),
            Err(NoFit::Collinear)
        );
        assert_eq!(fit(&design(&[&x]), &event, None, Likelihood::Plain, EXACT), Err(NoFit::Separated));
    }
}
