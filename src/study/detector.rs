//! Paired linear discriminants: what a newborn's twin with an injury differs in, against how healthy newborns
//! differ from each other and from themselves on another day.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// Features of one healthy newborn: as scanned, scanned again, and with each pattern of injury planted.
#[derive(Debug, Clone)]
pub struct Family {
    pub healthy: Vec<f32>,
    pub rescan: Vec<f32>,
    /// One for each pattern.
    pub twins: Vec<Vec<f32>>,
    /// Severity of each twin's injury, above 0.
    pub severity: Vec<f64>,
}

/// The discriminants of all patterns: `weights[p] . features + bias[p]` has mean 0 and standard deviation 1 in
/// healthy newborns that it has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Detectors {
    pub weights: Vec<Vec<f32>>,
    pub bias: Vec<f32>,
    /// How the covariance was shrunk.
    pub shrinkage: Shrinkage,
}

/// The covariance of healthy newborns from fewer newborns than features: so many components as they are, and
/// beyond them the same variance in all directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrinkage {
    /// Components kept, as a share of the newborns.
    pub components: f64,
    /// Variance beyond them, as a multiple of the mean of what they leave.
    pub residual: f64,
}

/// What cross-validation chooses from.
const COMPONENTS: [f64; 3] = [0.15, 0.35, 0.7];
const RESIDUALS: [f64; 3] = [1.5, 5.0, 15.0];
/// Inner folds of that choice, and of the healthy spread of what they have not seen.
const INNER_FOLDS: usize = 5;

/// Features of families and their inner products: all fits happen among these.
pub struct Gram<'a> {
    families: &'a [Family],
    /// Rows: for each family healthy, rescan, twins; less `centre`.
    products: DMatrix<f64>,
    /// Mean of all healthy newborns: only there to keep the products small.
    centre: Vec<f32>,
}

/// A fit: each pattern's weights as a combination of the families' rows, and the healthy mean as one.
struct Fit {
    weights: Vec<DVector<f64>>,
    mean: DVector<f64>,
}

/// What detectors make of families that they have not seen, pattern by pattern.
#[derive(Debug, Clone, Default)]
struct Scores {
    healthy: Vec<f64>,
    /// Rescan less first scan.
    repeated: Vec<f64>,
    /// Twin less healthy, by unit of severity.
    injured: Vec<f64>,
}

impl Scores {
    fn spread(&self) -> f64 {
        let n = self.healthy.len() as f64;
        let mean = self.healthy.iter().sum::<f64>() / n;
        (self.healthy.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt()
    }

    /// Log of the mean effect over what healthy newborns and their rescans vary by.
    fn separation(&self) -> f64 {
        let n = self.healthy.len().max(1) as f64;
        let effect = self.injured.iter().sum::<f64>() / n;
        let noise = self.repeated.iter().map(|x| x * x).sum::<f64>() / (2.0 * n);
        let spread = (self.spread().powi(2) + noise).sqrt();
        (effect / spread.max(1e-12)).max(1e-3).ln()
    }
}

impl<'a> Gram<'a> {
    /// Of families whose features have the same length.
    #[must_use]
    pub fn of(families: &'a [Family]) -> Self {
        let d = families.first().map_or(0, |f| f.healthy.len());
        let mut centre = vec![0.0_f32; d];
        for family in families {
            let share = 1.0 / families.len() as f32;
            centre.iter_mut().zip(&family.healthy).for_each(|(c, x)| *c += share * x);
        }
        let rows: Vec<&Vec<f32>> = families.iter().flat_map(Family::rows).collect();
        let x = DMatrix::from_fn(d, rows.len(), |j, i| rows[i][j] - centre[j]);
        let products = (x.transpose() * &x).map(f64::from);
        Self { families, products, centre }
    }

    fn patterns(&self) -> usize {
        self.families.first().map_or(0, |f| f.twins.len())
    }

    /// Row of a family's healthy image; its rescan and twins follow.
    fn row(&self, family: usize) -> usize {
        family * (2 + self.patterns())
    }

    /// Fits every pattern's discriminant on the members, for each of the shrinkages.
    fn fit(&self, members: &[usize], shrinkages: &[Shrinkage]) -> Vec<Fit> {
        let (n, m) = (self.products.nrows(), members.len() as f64);
        let mut mean = DVector::zeros(n);
        members.iter().for_each(|i| mean[self.row(*i)] = 1.0 / m);
        // Rows whose products are the covariance: newborns about their mean, and rescans about newborns.
        let mut spread = DMatrix::zeros(2 * members.len(), n);
        for (k, i) in members.iter().enumerate() {
            let row = self.row(*i);
            spread.row_mut(2 * k).copy_from(&(-mean.transpose() / m.sqrt()));
            spread[(2 * k, row)] += 1.0 / m.sqrt();
            spread[(2 * k + 1, row)] -= 1.0 / m.sqrt();
            spread[(2 * k + 1, row + 1)] += 1.0 / m.sqrt();
        }
        let with_all = &spread * &self.products;
        let eigen = SymmetricEigen::new(&with_all * spread.transpose());
        let mut order: Vec<usize> = (0..2 * members.len()).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let total: f64 = eigen.eigenvalues.sum();
        let effects: Vec<DVector<f64>> = (0..self.patterns())
            .map(|pattern| {
                let mut effect = DVector::zeros(n);
                for i in members {
                    let share = 1.0 / (m * self.families[*i].severity[pattern]);
                    effect[self.row(*i) + 2 + pattern] += share;
                    effect[self.row(*i)] -= share;
                }
                effect
            })
            .collect();
        shrinkages
            .iter()
            .map(|shrinkage| {
                let kept = (shrinkage.components * m).round().max(1.0) as usize;
                let kept = &order[..kept.min(order.len())];
                let rest = total - kept.iter().map(|k| eigen.eigenvalues[*k]).sum::<f64>();
                let features = self.centre.len().max(1) as f64;
                let residual = (shrinkage.residual * rest / features).max(1e-9 * total / features);
                let weights = effects.iter().map(|effect| {
                    // Sigma^-1 delta = delta / r + sum_k (1 / l_k - 1 / r) v_k v_k' delta.
                    let along = &with_all * effect;
                    let mut weights = effect / residual;
                    for k in kept {
                        let (value, vector) = (eigen.eigenvalues[*k], eigen.eigenvectors.column(*k));
                        if value > residual {
                            let share = (1.0 / value - 1.0 / residual) * vector.dot(&along) / value;
                            weights += spread.tr_mul(&vector) * share;
                        }
                    }
                    let length = weights.dot(&(&self.products * effect)).max(1e-12).sqrt();
                    weights / length
                });
                Fit { weights: weights.collect(), mean: mean.clone() }
            })
            .collect()
    }

    /// Adds to each pattern's scores those of families.
    fn score(&self, fit: &Fit, families: &[usize], scores: &mut [Scores]) {
        for (pattern, (weights, scores)) in fit.weights.iter().zip(scores).enumerate() {
            let of_row = &self.products * weights;
            let mean = of_row.dot(&fit.mean);
            for i in families {
                let row = self.row(*i);
                scores.healthy.push(of_row[row] - mean);
                scores.repeated.push(of_row[row + 1] - of_row[row]);
                let severity = self.families[*i].severity[pattern];
                scores.injured.push((of_row[row + 2 + pattern] - of_row[row]) / severity);
            }
        }
    }

    /// The discriminants of the members: shrunk as an inner cross-validation finds best, and scaled by the
    /// spread that it finds in healthy newborns not seen.
    #[must_use]
    pub fn solve(&self, members: &[usize]) -> Detectors {
        let shrinkages: Vec<Shrinkage> = COMPONENTS
            .iter()
            .flat_map(|components| RESIDUALS.map(|residual| Shrinkage { components: *components, residual }))
            .collect();
        let mut scores = vec![vec![Scores::default(); self.patterns()]; shrinkages.len()];
        let folds = INNER_FOLDS.min(members.len());
        for fold in 0..folds {
            let part = |inside: bool| -> Vec<usize> {
                let own = members.iter().enumerate().filter(|(k, _)| (k % folds == fold) == inside);
                own.map(|(_, i)| *i).collect()
            };
            let (held_out, others) = (part(true), part(false));
            for (fit, scores) in self.fit(&others, &shrinkages).iter().zip(&mut scores) {
                self.score(fit, &held_out, scores);
            }
        }
        let merit = |scores: &[Scores]| scores.iter().map(Scores::separation).sum::<f64>();
        let best = (0..shrinkages.len())
            .max_by(|a, b| merit(&scores[*a]).total_cmp(&merit(&scores[*b])))
            .unwrap_or(0);
        let fit = self.fit(members, &shrinkages[best..=best]).remove(0);
        let rows: Vec<&Vec<f32>> = self.families.iter().flat_map(Family::rows).collect();
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for (combination, scores) in fit.weights.iter().zip(&scores[best]) {
            let spread = scores.spread().max(1e-12);
            let mut own = vec![0.0_f64; self.centre.len()];
            // The combination's parts sum to 0 (differences only), so that the centre drops out.
            for (row, share) in rows.iter().zip(combination.iter()).filter(|(_, share)| **share != 0.0) {
                own.iter_mut().zip(*row).for_each(|(w, x)| *w += share / spread * f64::from(*x));
            }
            let own: Vec<f32> = own.into_iter().map(|w| w as f32).collect();
            let of = |x: &[f32]| own.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>();
            let mean = members.iter().map(|i| of(&self.families[*i].healthy)).sum::<f64>();
            bias.push((-mean / members.len().max(1) as f64) as f32);
            weights.push(own);
        }
        Detectors { weights, bias, shrinkage: shrinkages[best] }
    }

    /// How well discriminants of the members tell the twins of families that they have not seen: the log of
    /// effect over spread, mean over the patterns.
    #[must_use]
    pub fn separation(&self, members: &[usize], shrinkage: Shrinkage, unseen: &[usize]) -> f64 {
        let fit = self.fit(members, &[shrinkage]).remove(0);
        let mut scores = vec![Scores::default(); self.patterns()];
        self.score(&fit, unseen, &mut scores);
        scores.iter().map(Scores::separation).sum::<f64>() / self.patterns().max(1) as f64
    }
}

impl Family {
    fn rows(&self) -> impl Iterator<Item = &Vec<f32>> {
        [&self.healthy, &self.rescan].into_iter().chain(&self.twins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    /// Newborns that vary strongly along one direction, which the injury has a part in.
    fn families(n: usize, rng: &mut rand_chacha::ChaCha8Rng) -> Vec<Family> {
        let nuisance: Vec<f32> = (0..300).map(|_| rng.random_range(-1.0..1.0)).collect();
        (0..n)
            .map(|_| {
                let share: f32 = rng.random_range(-3.0..3.0);
                let mut noisy = |x: f32| x + rng.random_range(-0.5..0.5);
                let healthy: Vec<f32> = nuisance.iter().map(|v| noisy(share * v)).collect();
                let rescan = healthy.iter().map(|v| v + 0.3 * noisy(0.0)).collect();
                let severity = vec![0.5, 0.8];
                let twin = |p: usize| -> Vec<f32> {
                    let injured = |j: usize| if j / 10 == p { severity[p] as f32 } else { 0.0 };
                    healthy.iter().enumerate().map(|(j, v)| v + injured(j)).collect()
                };
                let twins = vec![twin(0), twin(1)];
                Family { healthy, rescan, twins, severity }
            })
            .collect()
    }

    #[test]
    fn have_unseen_healthy_newborns_mean_0_and_deviation_1_and_twins_more() {
        let rng = &mut rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let all = families(260, rng);
        let gram = Gram::of(&all[..60]);
        let found = gram.solve(&(0..60).collect::<Vec<_>>());
        for pattern in 0..2 {
            let z = |x: &[f32]| {
                x.iter().zip(&found.weights[pattern]).map(|(x, w)| x * w).sum::<f32>() + found.bias[pattern]
            };
            let scores: Vec<f32> = all[60..].iter().map(|f| z(&f.healthy)).collect();
            let n = scores.len() as f32;
            let mean = scores.iter().sum::<f32>() / n;
            let spread = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / n).sqrt();
            // Sixty newborns tell a mean to 1 / sqrt(60) = 0.13, and a spread to 10 %.
            assert!(mean.abs() < 0.4 && (0.75..1.35).contains(&spread), "{mean} {spread}");
            // The nuisance, six times the noise of a feature, no longer hides ten features of 0.5.
            let twin = all[60..].iter().map(|f| z(&f.twins[pattern])).sum::<f32>() / n;
            assert!(twin - mean > 2.0, "pattern {pattern}: {twin}");
        }
    }
}
