//! Heads that ignore how healthy newborns vary at a site.
//!
//! A head is `w = Sigma^-1 delta`. The parent's covariance does not travel in its bundle, its heads do. For a few
//! site's newborns, whose directions lie mostly where the parent has seen little, `Sigma` is taken as even there:
//! then joining their covariance takes from `w` its part along them, `w - U' (U U' + c)^-1 U w`, with the rows of
//! `U` their differences from their mean and from their rescans. The one unknown, `c`, is chosen by what it does to
//! newborns left out; not changing anything is among the choices.

use crate::model::{HEAD, Weights, as_stored};
use crate::study::detector::Family;
use nalgebra::{DMatrix, DVector};

/// Pooled features with one fold model's kernels.
#[derive(Debug, Clone)]
pub struct Features {
    pub subjects: Vec<Vec<f32>>,
    /// Of the healthy ones.
    pub families: Vec<Family>,
}

/// One fold model's heads: a weight vector and a bias for each pattern.
#[derive(Debug, Clone)]
pub struct Linear {
    weights: Vec<Vec<f32>>,
    bias: Vec<f64>,
}

impl Linear {
    pub fn of(weights: &Weights) -> Self {
        let [weight, bias] = HEAD.map(|name| &weights[name]);
        let length = weight.values.len() / bias.values.len().max(1);
        let own = weight.values.chunks_exact(length.max(1)).map(<[f32]>::to_vec).collect();
        Self { weights: own, bias: bias.values.iter().map(|b| f64::from(*b)).collect() }
    }

    pub fn logits(&self, pooled: &[f32]) -> Vec<f64> {
        self.weights.iter().zip(&self.bias).map(|(w, b)| dot(w, pooled) + b).collect()
    }

    /// Puts these heads into a branch's weights.
    pub fn write(self, weights: &mut Weights) {
        let stored: Vec<f32> = self.weights.concat().into_iter().map(as_stored).collect();
        let values = [stored, self.bias.iter().map(|b| *b as f32).collect()];
        for (name, values) in HEAD.into_iter().zip(values) {
            if let Some(weight) = weights.get_mut(name) {
                weight.values = values;
            }
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// A fold model's heads and how the site's healthy newborns look to it.
pub struct Adjusted<'a> {
    parent: &'a Linear,
    families: &'a [Family],
    /// Features of healthy scans, then of rescans, each less the mean of the healthy ones.
    rows: Vec<Vec<f32>>,
    products: DMatrix<f64>,
}

/// How much the site's variation is taken off: `c` as a multiple of the mean squared length of a row.
const DAMPINGS: [f64; 5] = [0.03, 0.1, 0.3, 1.0, 3.0];

impl<'a> Adjusted<'a> {
    pub fn new(parent: &'a Linear, families: &'a [Family]) -> Self {
        let n = families.len() as f32;
        let width = families.first().map_or(0, |f| f.healthy.len());
        let mean: Vec<f32> =
            (0..width).map(|j| families.iter().map(|f| f.healthy[j]).sum::<f32>() / n).collect();
        let less = |x: &Vec<f32>| x.iter().zip(&mean).map(|(x, m)| x - m).collect::<Vec<f32>>();
        let rows: Vec<Vec<f32>> = families
            .iter()
            .map(|f| less(&f.healthy))
            .chain(families.iter().map(|f| less(&f.rescan)))
            .collect();
        let products =
            DMatrix::from_fn(
                rows.len(),
                rows.len(),
                |i, j| if i <= j { dot(&rows[i], &rows[j]) } else { 0.0 },
            );
        let products = DMatrix::from_fn(rows.len(), rows.len(), |i, j| products[(i.min(j), i.max(j))]);
        Self { parent, families, rows, products }
    }

    /// The directions of the members as combinations of the rows.
    fn directions(&self, members: &[usize]) -> DMatrix<f64> {
        let (n, m) = (self.families.len(), members.len());
        let mut u = DMatrix::zeros(2 * m, 2 * n);
        for (k, i) in members.iter().enumerate() {
            for j in members {
                u[(2 * k, *j)] -= 1.0 / m as f64;
            }
            u[(2 * k, *i)] += 1.0;
            u[(2 * k + 1, n + i)] = 1.0;
            u[(2 * k + 1, *i)] = -1.0;
        }
        u
    }

    /// What is taken off each pattern's weights, as a combination of the rows; nothing without a damping.
    fn taken_off(&self, members: &[usize], damping: Option<f64>) -> Vec<DVector<f64>> {
        let patterns = self.parent.weights.len();
        let nothing = || vec![DVector::zeros(self.rows.len()); patterns];
        let Some(damping) = damping else { return nothing() };
        let u = self.directions(members);
        let mut kernel = &u * &self.products * u.transpose();
        let c = damping * kernel.trace() / kernel.nrows() as f64;
        (0..kernel.nrows()).for_each(|i| kernel[(i, i)] += c);
        let Some(cholesky) = kernel.cholesky() else { return nothing() };
        (0..patterns)
            .map(|p| {
                let along = DVector::from_iterator(
                    self.rows.len(),
                    self.rows.iter().map(|row| dot(&self.parent.weights[p], row)),
                );
                u.tr_mul(&cholesky.solve(&(&u * along)))
            })
            .collect()
    }

    /// Heads without the members' variation; their mean is 0 and the spread that of newborns left out, joined with
    /// the parent's.
    pub fn solve(&self, members: &[usize], damping: Option<f64>, parent_healthy: usize) -> Linear {
        let taken_off = self.taken_off(members, damping);
        let spreads = self.left_out(members, damping).into_iter().map(|s| s.spread);
        let (n0, n1) = (parent_healthy as f64, members.len() as f64);
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for ((parent, off), spread) in self.parent.weights.iter().zip(taken_off).zip(spreads) {
            let mut own = parent.clone();
            for (row, share) in self.rows.iter().zip(off.iter()).filter(|(_, share)| **share != 0.0) {
                own.iter_mut().zip(row).for_each(|(w, x)| *w -= *share as f32 * x);
            }
            let joined = ((n0 + n1 * spread * spread) / (n0 + n1)).sqrt().max(1e-6);
            own.iter_mut().for_each(|w| *w /= joined as f32);
            let mean = members.iter().map(|i| dot(&own, &self.families[*i].healthy)).sum::<f64>() / n1;
            bias.push(-mean);
            weights.push(own);
        }
        Linear { weights, bias }
    }

    /// What members left out of the directions, a fifth at a time, get from each pattern.
    fn left_out(&self, members: &[usize], damping: Option<f64>) -> Vec<LeftOut> {
        const FOLDS: usize = 5;
        let patterns = self.parent.weights.len();
        let (mut healthy, mut effects, mut repeated) =
            (vec![Vec::new(); patterns], vec![0.0; patterns], vec![0.0; patterns]);
        for fold in 0..FOLDS {
            let part = |inside: bool| -> Vec<usize> {
                let own = members.iter().enumerate().filter(|(k, _)| (k % FOLDS == fold) == inside);
                own.map(|(_, i)| *i).collect()
            };
            let (out, others) = (part(true), part(false));
            for (p, off) in self.taken_off(&others, damping).iter().enumerate() {
                let of_rows = &self.products * off;
                let parent = &self.parent.weights[p];
                for i in &out {
                    let family = &self.families[*i];
                    let first = dot(parent, &self.rows[*i]) - of_rows[*i];
                    let again = self.families.len() + i;
                    let second = dot(parent, &self.rows[again]) - of_rows[again];
                    let change: Vec<f32> =
                        family.twins[p].iter().zip(&family.healthy).map(|(t, h)| t - h).collect();
                    let off_change: f64 = self
                        .rows
                        .iter()
                        .zip(off.iter())
                        .filter(|(_, share)| **share != 0.0)
                        .map(|(row, share)| share * dot(row, &change))
                        .sum();
                    healthy[p].push(first);
                    effects[p] +=
                        (dot(parent, &change) - off_change) / family.severity[p] / members.len() as f64;
                    repeated[p] += (second - first).powi(2) / (2.0 * members.len() as f64);
                }
            }
        }
        (0..patterns)
            .map(|p| {
                let n = healthy[p].len().max(2) as f64;
                let mean = healthy[p].iter().sum::<f64>() / n;
                let variance = healthy[p].iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
                LeftOut { spread: variance.sqrt(), effect: effects[p], noise: repeated[p] }
            })
            .collect()
    }
}

struct LeftOut {
    spread: f64,
    effect: f64,
    noise: f64,
}

/// The damping that tells twins best from healthy newborns left out, over all fold models and patterns; `None` where
/// the parent's heads are best as they are.
pub fn choose(adjusted: &[Adjusted<'_>]) -> Option<f64> {
    let merit = |damping: Option<f64>| -> f64 {
        let of = |a: &Adjusted<'_>| -> f64 {
            let everyone: Vec<usize> = (0..a.families.len()).collect();
            let all = a.left_out(&everyone, damping);
            all.iter()
                .map(|s| (s.effect / (s.spread.powi(2) + s.noise).sqrt().max(1e-12)).max(1e-3).ln())
                .sum()
        };
        adjusted.iter().map(of).sum()
    };
    let choices = std::iter::once(None).chain(DAMPINGS.map(Some));
    choices.map(|d| (d, merit(d))).max_by(|a, b| a.1.total_cmp(&b.1)).and_then(|(d, _)| d)
}
