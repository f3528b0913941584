//! Ridge-penalised logistic regression for many more features than rows.
//!
//! Beside `nomogram::glm`, which solves for the coefficients: here they are thousands and the rows are few, so the same
//! Newton steps are taken on the rows' side.

use crate::nomogram::expit;
use nalgebra::{DMatrix, DVector};

/// A linear predictor `w . x + intercept`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    pub weights: DVector<f64>,
    pub intercept: f64,
}

/// Minimises `sum_i log(1 + exp(-s_i f_i)) + penalty / 2 |w|^2` with `f = X w + intercept`, `s = +-1`.
///
/// `x` holds one row per subject. Newton's method on the rows' side: `w = X' a`, so each step solves a
/// system of as many unknowns as there are rows (Green and Yandell 1985). `None` when that has no solution,
/// as with values that are not finite.
#[must_use]
pub fn ridge_logistic(x: &DMatrix<f64>, outcome: &[bool], penalty: f64) -> Option<Ridge> {
    let n = outcome.len();
    let y = DVector::from_iterator(n, outcome.iter().map(|y| f64::from(u8::from(*y))));
    let ones = DVector::from_element(n, 1.0);
    let kernel = x * x.transpose();
    let (mut f, mut a, mut intercept) = (DVector::zeros(n), DVector::zeros(n), 0.0);
    for _ in 0..100 {
        let p = f.map(expit);
        let weight = p.map(|p| (p * (1.0 - p)).max(1e-9));
        let working = &f + (&y - &p).component_div(&weight);
        let mut system = kernel.clone();
        for i in 0..n {
            system[(i, i)] += penalty / weight[i];
        }
        let cholesky = system.cholesky()?;
        let (u, v) = (cholesky.solve(&working), cholesky.solve(&ones));
        intercept = u.sum() / v.sum();
        a = u - v * intercept;
        let next = &kernel * &a + &ones * intercept;
        let moved = (&next - &f).amax();
        f = next;
        if moved < 1e-9 {
            break;
        }
    }
    f.iter().all(|v| v.is_finite()).then(|| Ridge { weights: x.transpose() * a, intercept })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    #[test]
    fn is_the_gradient_zero_at_the_solution() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let x = DMatrix::from_fn(30, 80, |_, _| rng.random_range(-1.0..1.0));
        let outcome: Vec<bool> = (0..30).map(|i| x[(i, 3)] + 0.2 * x[(i, 7)] > 0.1).collect();
        let ridge = ridge_logistic(&x, &outcome, 2.0).unwrap();
        let residual = DVector::from_fn(30, |i, _| {
            f64::from(u8::from(outcome[i])) - expit((x.row(i) * &ridge.weights)[0] + ridge.intercept)
        });
        let gradient = x.transpose() * &residual - &ridge.weights * 2.0;
        // Newton's last step moved no predictor by more than 1e-9.
        assert!(gradient.amax() < 1e-6 && residual.sum().abs() < 1e-6, "{gradient} {}", residual.sum());
    }

    #[test]
    fn are_values_that_are_not_finite_refused() {
        let x = DMatrix::from_element(4, 2, f64::NAN);
        assert_eq!(ridge_logistic(&x, &[true, false, true, false], 1.0), None);
    }
}
