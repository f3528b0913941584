//! LASSO logistic regression: few of many features, the penalty by cross-validation.
//!
//! Source: Tibshirani, J R Stat Soc B 1996;58:267-288; coordinate descent along a path of penalties as in
//! Friedman, Hastie and Tibshirani, J Stat Softw 2010;33(1).
//!
//! Own code: of the known crates linfa-logistic and smartcore penalise squares only, and linfa-elasticnet fits linear, not
//! logistic, models; none gives the whole path that the cross-validation compares.

use crate::odds::{expit, softplus};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// A linear predictor on standardised features.
#[derive(Debug, Clone, PartialEq)]
pub struct Lasso {
    /// Log-odds at the means.
    pub intercept: f64,
    /// Log-odds per standard deviation; 0 for what was not selected.
    pub coefficients: Vec<f64>,
    pub means: Vec<f64>,
    /// Standard deviations (denominator n); 0 for a constant feature, whose coefficient is 0.
    pub deviations: Vec<f64>,
    pub penalty: f64,
}

/// Why there is no fit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LassoError {
    #[error("it has {events} newborns with HIE and {controls} without; at least {least} of each are needed")]
    TooFew { events: usize, controls: usize, least: usize },
    #[error("feature {0} has another number of rows than the outcome")]
    Shape(usize),
    #[error("feature {0} has a value that is not a finite number")]
    NotFinite(usize),
}

/// Log-odds within which a fit is at its minimum, and within which it is good enough to compare penalties.
const EXACT: f64 = 1e-9;
const ROUGH: f64 = 1e-6;

/// Penalties that are tried, from the one that leaves no feature down to `LEAST` of it.
const PENALTIES: usize = 60;
const LEAST: f64 = 0.01;

impl Lasso {
    /// Log-odds of a row of features.
    #[must_use]
    pub fn logit(&self, row: &[f64]) -> f64 {
        let term = |j: usize| {
            let b = self.coefficients[j];
            // A constant feature has no scale, and what was not selected must not turn infinity into NaN.
            if b == 0.0 { 0.0 } else { b * (row[j] - self.means[j]) / self.deviations[j] }
        };
        self.intercept + (0..self.coefficients.len()).map(term).sum::<f64>()
    }
}

/// Fits one model per penalty, each starting from the one before: minimises the mean of
/// `log(1 + exp(-s f))` plus `penalty` times the sum of the absolute coefficients of the standardised
/// features; the intercept is free. `columns` holds one feature each.
///
/// # Errors
/// `LassoError` when a class is missing or a value is not finite.
pub fn lasso(columns: &[Vec<f64>], outcome: &[bool], penalties: &[f64]) -> Result<Vec<Lasso>, LassoError> {
    check(columns, outcome, 1)?;
    Ok(Standardised::of(columns, outcome).path(penalties, EXACT))
}

/// The penalties to try: evenly spaced on a logarithmic scale, from the least one that leaves no feature.
///
/// # Errors
/// As `lasso`.
pub fn penalties(columns: &[Vec<f64>], outcome: &[bool]) -> Result<Vec<f64>, LassoError> {
    check(columns, outcome, 1)?;
    let table = Standardised::of(columns, outcome);
    let share = table.y.iter().sum::<f64>() / table.y.len() as f64;
    let residual: Vec<f64> = table.y.iter().map(|y| y - share).collect();
    // A hair more, so that rounding lets no feature in.
    let largest = table.z.iter().map(|z| dot(z, &residual).abs()).fold(0.0, f64::max) / residual.len() as f64
        * (1.0 + 1e-9);
    Ok((0..PENALTIES).map(|k| largest * LEAST.powf(k as f64 / (PENALTIES - 1) as f64)).collect())
}

/// The model whose penalty has the least deviance in stratified cross-validation with up to `folds` folds;
/// of equal penalties the largest. Features are standardised anew without each fold.
///
/// # Errors
/// As `lasso`; each class needs two rows.
pub fn lasso_cross_validated(
    columns: &[Vec<f64>],
    outcome: &[bool],
    folds: usize,
    seed: u64,
) -> Result<Lasso, LassoError> {
    check(columns, outcome, 2)?;
    let penalties = penalties(columns, outcome)?;
    let events = outcome.iter().filter(|y| **y).count();
    let folds = folds.min(events).min(outcome.len() - events).max(2);
    let fold = stratified(outcome, folds, seed);
    let deviance: Vec<Vec<f64>> = (0..folds)
        .into_par_iter()
        .map(|out| {
            let kept: Vec<usize> = (0..outcome.len()).filter(|i| fold[*i] != out).collect();
            let held: Vec<usize> = (0..outcome.len()).filter(|i| fold[*i] == out).collect();
            let inner: Vec<Vec<f64>> = columns.iter().map(|c| kept.iter().map(|i| c[*i]).collect()).collect();
            let inner_outcome: Vec<bool> = kept.iter().map(|i| outcome[*i]).collect();
            let rows: Vec<Vec<f64>> = held.iter().map(|i| columns.iter().map(|c| c[*i]).collect()).collect();
            let loss = |model: &Lasso| {
                let one = |(row, i): (&Vec<f64>, &usize)| softplus_loss(model.logit(row), outcome[*i]);
                rows.iter().zip(&held).map(one).sum::<f64>()
            };
            Standardised::of(&inner, &inner_outcome).path(&penalties, ROUGH).iter().map(loss).collect()
        })
        .collect();
    let total = |k: usize| deviance.iter().map(|d| d[k]).sum::<f64>();
    let best = (0..penalties.len()).min_by(|a, b| total(*a).total_cmp(&total(*b))).unwrap_or(0);
    let mut path = lasso(columns, outcome, &penalties[..=best])?;
    Ok(path.swap_remove(best))
}

/// A fold for every row, class by class in random order.
fn stratified(outcome: &[bool], folds: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut fold = vec![0; outcome.len()];
    let mut next = 0;
    for class in [false, true] {
        let mut own: Vec<usize> = (0..outcome.len()).filter(|i| outcome[*i] == class).collect();
        own.shuffle(&mut rng);
        for i in own {
            fold[i] = next % folds;
            next += 1;
        }
    }
    fold
}

fn check(columns: &[Vec<f64>], outcome: &[bool], least: usize) -> Result<(), LassoError> {
    let events = outcome.iter().filter(|y| **y).count();
    let controls = outcome.len() - events;
    if events.min(controls) < least {
        return Err(LassoError::TooFew { events, controls, least });
    }
    for (j, column) in columns.iter().enumerate() {
        if column.len() != outcome.len() {
            return Err(LassoError::Shape(j + 1));
        }
        if column.iter().any(|x| !x.is_finite()) {
            return Err(LassoError::NotFinite(j + 1));
        }
    }
    Ok(())
}

/// In eight sums at once, which the compiler turns into vector instructions.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; 8];
    for (a, b) in a.zip(b) {
        (0..8).for_each(|k| sums[k] += a[k] * b[k]);
    }
    rest + sums.iter().sum::<f64>()
}

/// `log(1 + exp(-s f))`.
fn softplus_loss(logit: f64, event: bool) -> f64 {
    softplus(if event { -logit } else { logit })
}

/// A table with columns of mean 0 and standard deviation 1 (constant ones are all 0).
struct Standardised {
    z: Vec<Vec<f64>>,
    y: Vec<f64>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

/// Where coordinate descent stands.
#[derive(Clone)]
struct State {
    intercept: f64,
    w: Vec<f64>,
    /// Log-odds of every row.
    f: Vec<f64>,
}

impl Standardised {
    fn of(columns: &[Vec<f64>], outcome: &[bool]) -> Self {
        let n = outcome.len() as f64;
        let y = outcome.iter().map(|y| f64::from(u8::from(*y))).collect();
        let mut table = Self { z: vec![], y, means: vec![], deviations: vec![] };
        for column in columns {
            let mean = column.iter().sum::<f64>() / n;
            let spread = (column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            let largest = column.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
            // Less than rounding of the values themselves is no spread.
            let deviation = if spread > 1e-12 * largest { spread } else { 0.0 };
            let z = |x: &f64| if deviation > 0.0 { (x - mean) / deviation } else { 0.0 };
            table.z.push(column.iter().map(z).collect());
            table.means.push(mean);
            table.deviations.push(deviation);
        }
        table
    }

    fn path(&self, penalties: &[f64], tolerance: f64) -> Vec<Lasso> {
        let n = self.y.len();
        let share = self.y.iter().sum::<f64>() / n as f64;
        let intercept = (share / (1.0 - share)).ln();
        let mut state = State { intercept, w: vec![0.0; self.z.len()], f: vec![intercept; n] };
        penalties
            .iter()
            .map(|penalty| {
                self.descend(&mut state, *penalty, tolerance);
                Lasso {
                    intercept: state.intercept,
                    coefficients: state.w.clone(),
                    means: self.means.clone(),
                    deviations: self.deviations.clone(),
                    penalty: *penalty,
                }
            })
            .collect()
    }

    fn objective(&self, state: &State, penalty: f64) -> f64 {
        let loss = |(f, y): (&f64, &f64)| softplus_loss(*f, *y > 0.5);
        let mean = state.f.iter().zip(&self.y).map(loss).sum::<f64>() / self.y.len() as f64;
        mean + penalty * state.w.iter().map(|w| w.abs()).sum::<f64>()
    }

    /// Newton's method, each step a penalised least-squares problem; a step that does not descend is halved.
    /// The first steps are solved roughly, as the next one starts elsewhere anyway.
    fn descend(&self, state: &mut State, penalty: f64, tolerance: f64) {
        let mut before = self.objective(state, penalty);
        for round in 0..100 {
            let mut next = self.step(state, penalty, (1e-3 * 0.01_f64.powi(round)).max(tolerance));
            let moved = |next: &State| {
                next.f.iter().zip(&state.f).fold(0.0_f64, |a, (next, f)| a.max((next - f).abs()))
            };
            // Rounding of the objective, which is of order 1.
            let mut after = self.objective(&next, penalty);
            let mut halvings = 0;
            while after > before + 1e-13 && halvings < 30 {
                next = next.towards(state);
                after = self.objective(&next, penalty);
                halvings += 1;
            }
            let moved = moved(&next);
            *state = next;
            before = after;
            if moved < tolerance {
                break;
            }
        }
    }

    /// Coordinate descent on the quadratic approximation at `state`.
    fn step(&self, state: &State, penalty: f64, tolerance: f64) -> State {
        let n = self.y.len() as f64;
        let p: Vec<f64> = state.f.iter().map(|f| expit(*f)).collect();
        let weight: Vec<f64> = p.iter().map(|p| (p * (1.0 - p)).max(1e-5)).collect();
        // weight x (working response - predictor), kept up to date.
        let mut pull: Vec<f64> = self.y.iter().zip(&p).map(|(y, p)| y - p).collect();
        let curvature: Vec<f64> =
            self.z.iter().map(|z| z.iter().zip(&weight).map(|(z, v)| z * z * v).sum::<f64>() / n).collect();
        let total = weight.iter().sum::<f64>();
        let mut next = state.clone();
        let mut sweep = |next: &mut State, members: &[usize]| -> f64 {
            let shift = pull.iter().sum::<f64>() / total;
            next.intercept += shift;
            pull.iter_mut().zip(&weight).for_each(|(r, v)| *r -= v * shift);
            let mut most = shift.abs();
            for &j in members {
                let old = next.w[j];
                let gradient = dot(&self.z[j], &pull) / n + curvature[j] * old;
                let new = gradient.signum() * (gradient.abs() - penalty).max(0.0) / curvature[j];
                if new != old {
                    let change = new - old;
                    next.w[j] = new;
                    let row = pull.iter_mut().zip(&weight).zip(&self.z[j]);
                    row.for_each(|((r, v), z)| *r -= v * z * change);
                    most = most.max(change.abs());
                }
            }
            most
        };
        let all: Vec<usize> = (0..self.z.len()).filter(|j| curvature[*j] > 0.0).collect();
        for _ in 0..100 {
            if sweep(&mut next, &all) < tolerance {
                break;
            }
            let active: Vec<usize> = all.iter().copied().filter(|j| next.w[*j] != 0.0).collect();
            for _ in 0..1000 {
                if sweep(&mut next, &active) < tolerance {
                    break;
                }
            }
        }
        next.f.iter_mut().for_each(|f| *f = next.intercept);
        for (z, w) in self.z.iter().zip(&next.w).filter(|(_, w)| **w != 0.0) {
            next.f.iter_mut().zip(z).for_each(|(f, z)| *f += w * z);
        }
        next
    }
}

impl State {
    /// Half way to another state.
    fn towards(&self, other: &Self) -> Self {
        let half = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| f64::midpoint(*a, *b)).collect();
        Self {
            intercept: f64::midpoint(self.intercept, other.intercept),
            w: half(&self.w, &other.w),
            f: half(&self.f, &other.f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// A stored table of 24 rows and 5 columns of different scales.
    fn stored() -> (Vec<Vec<f64>>, Vec<bool>) {
        let mut state = 7_u64;
        let mut draw = || {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            ((state >> 16) % 2001) as f64 / 1000.0 - 1.0
        };
        let rows: Vec<Vec<f64>> = (0..24).map(|_| (0..6).map(|_| draw()).collect()).collect();
        let (scale, offset) = ([1.0, 10.0, 0.1, 3.0, 1.0], [0.0, 5.0, 2.0, -3.0, 0.0]);
        let columns = (0..5).map(|j| rows.iter().map(|r| r[j] * scale[j] + offset[j]).collect()).collect();
        (columns, rows.iter().map(|r| r[0] - 0.8 * r[2] + 0.6 * r[5] > 0.05).collect())
    }

    /// Many correlated columns, few of which matter.
    fn simulated(n: usize, p: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<bool>) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let common: Vec<f64> = (0..n).map(|_| rng.random_range(-1.0..1.0)).collect();
        let columns: Vec<Vec<f64>> =
            (0..p).map(|_| common.iter().map(|c| c + rng.random_range(-1.0..1.0)).collect()).collect();
        let outcome =
            (0..n).map(|i| rng.random_bool(expit(2.0 * columns[0][i] - 2.0 * columns[1][i]))).collect();
        (columns, outcome)
    }

    #[test]
    fn does_another_program_find_the_same_coefficients() {
        let (columns, outcome) = stored();
        // scikit-learn 1.9.1, LogisticRegression(penalty "l1", solver "saga", C = 1 / (24 penalty),
        // tol 1e-14) on the standardised columns.
        let expected = [
            (0.15, [0.571_381_913, 0.682_873_156, 0.0, -0.572_529_940, 0.0, 0.0]),
            (0.05, [0.656_296_732, 1.586_602_489, 0.0, -1.682_621_297, -0.379_924_929, 0.0]),
            (0.01, [0.961_871_164, 3.418_018_732, 0.0, -4.146_991_030, -1.452_703_180, -0.209_339_362]),
        ];
        let path = lasso(&columns, &outcome, &expected.map(|(penalty, _)| penalty)).unwrap();
        for (model, (penalty, expected)) in path.iter().zip(expected) {
            let found = std::iter::once(&model.intercept).chain(&model.coefficients);
            for (found, expected) in found.zip(expected) {
                // Nine digits are stored, and both stop within 1e-8 of the minimum.
                assert!((found - expected).abs() < 1e-6, "{penalty}: {found} instead of {expected}");
            }
        }
        let largest = penalties(&columns, &outcome).unwrap()[0];
        // numpy: the largest |Z' (y - mean y)| / n.
        assert!((largest - 0.318_677_129_856_693_83).abs() < 1e-8, "{largest}");
    }

    #[test]
    fn do_the_conditions_of_the_minimum_hold_along_the_path() {
        // More columns than rows.
        let (columns, outcome) = simulated(60, 90, 2);
        let penalties = penalties(&columns, &outcome).unwrap();
        let table = Standardised::of(&columns, &outcome);
        let path = lasso(&columns, &outcome, &penalties).unwrap();
        let mut selected = 0;
        for model in &path {
            let row = |i: usize| columns.iter().map(|c| c[i]).collect::<Vec<f64>>();
            let residual: Vec<f64> = (0..60).map(|i| table.y[i] - expit(model.logit(&row(i)))).collect();
            // Descent ends when no log-odds moves by more than 1e-9; its slope is at most 1/4.
            assert!(residual.iter().sum::<f64>().abs() / 60.0 < 1e-7);
            for (z, w) in table.z.iter().zip(&model.coefficients) {
                let gradient = dot(z, &residual) / 60.0;
                if *w == 0.0 {
                    assert!(gradient.abs() <= model.penalty + 1e-7, "{gradient} {}", model.penalty);
                } else {
                    assert!((gradient - model.penalty * w.signum()).abs() < 1e-7, "{gradient} {w}");
                    selected += 1;
                }
            }
        }
        assert!(selected > 100, "{selected}");
    }

    #[test]
    fn is_nothing_selected_at_the_largest_penalty_and_something_below() {
        let (columns, outcome) = simulated(80, 20, 5);
        let largest = penalties(&columns, &outcome).unwrap()[0];
        let path = lasso(&columns, &outcome, &[largest, 0.999 * largest]).unwrap();
        assert!(path[0].coefficients.iter().all(|w| *w == 0.0), "{path:?}");
        assert_eq!(path[1].coefficients.iter().filter(|w| **w != 0.0).count(), 1);
    }

    #[test]
    fn does_cross_validation_find_what_matters_and_repeat_itself() {
        let (columns, outcome) = simulated(200, 30, 1);
        let model = lasso_cross_validated(&columns, &outcome, 10, 4).unwrap();
        assert!(model.coefficients[0] > 0.3 && model.coefficients[1] < -0.3, "{model:?}");
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| lasso_cross_validated(&columns, &outcome, 10, 4)).unwrap(), model);
    }

    #[test]
    fn are_tables_without_an_answer_refused_and_constant_columns_left_out() {
        let (mut columns, outcome) = simulated(40, 4, 3);
        let few = lasso_cross_validated(&columns, &[true; 40], 5, 1);
        assert_eq!(few, Err(LassoError::TooFew { events: 40, controls: 0, least: 2 }));
        columns[2] = vec![0.1; 40];
        let model = lasso(&columns, &outcome, &[0.001]).unwrap().remove(0);
        assert_eq!((model.coefficients[2], model.deviations[2]), (0.0, 0.0));
        columns[3][7] = f64::NAN;
        assert_eq!(lasso(&columns, &outcome, &[0.1]), Err(LassoError::NotFinite(4)));
        columns[1].pop();
        assert_eq!(lasso(&columns, &outcome, &[0.1]), Err(LassoError::Shape(2)));
    }
}
