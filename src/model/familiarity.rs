//! How much an image is like those that the model was trained on.

use super::place::{PLACES, pool_places};
use nalgebra::{DMatrix, SymmetricEigen};
use serde::{Deserialize, Serialize};

/// Mahalanobis distance of an image's regional deviations from the training cohort's, in the directions in
/// which that cohort varies most.
///
/// The features are the mean deviation from the atlas and its mean size at every place of the brain: they
/// belong to the image and to no fold model. A number that comes from an image unlike all of training is no
/// probability, whatever the network says.
#[derive(Debug, Clone, PartialEq)]
pub struct Familiarity {
    /// Mean and standard deviation of each feature, then the directions, `[2 + directions, FEATURES]`
    /// row-major.
    pub rows: Vec<f32>,
    pub statistics: FamiliarityStatistics,
}

/// The part that travels in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FamiliarityStatistics {
    /// Variance of the training cohort along each direction.
    pub variances: Vec<f64>,
    /// Distances of the training newborns, each from a fit that had not seen them, ascending.
    pub distances: Vec<f64>,
}

impl Familiarity {
    /// Features of an image.
    pub const FEATURES: usize = 2 * PLACES;
    /// Beyond so many times the training cohort's largest distance, no number is shown. Another center's
    /// protocol alone comes to 1.7 times.
    pub const LIMIT: f64 = 2.5;
    const DIRECTIONS: usize = 10;

    /// Features of a deviation from the atlas on a grid of `dims`.
    #[must_use]
    pub fn features(deviation: &[f32], dims: [usize; 3]) -> Vec<f32> {
        let sizes: Vec<f32> = deviation.iter().map(|z| z.abs()).collect();
        let weight = pool_places(&vec![1.0; deviation.len()], dims);
        let mean = |values: &[f32]| -> Vec<f32> {
            // A place at the border has little brain: one voxel more keeps it calm.
            pool_places(values, dims).iter().zip(&weight).map(|(sum, w)| sum / (w + 1.0)).collect()
        };
        [mean(&sizes), mean(deviation)].concat()
    }

    /// From the features of the training cohort, and the fold of each newborn.
    #[must_use]
    pub fn of(features: &[Vec<f32>], fold: &[usize]) -> Self {
        let mut distances = Vec::with_capacity(features.len());
        for left_out in 0..=fold.iter().copied().max().unwrap_or(0) {
            let (own, others): (Vec<_>, Vec<_>) =
                features.iter().zip(fold).partition(|(_, f)| **f == left_out);
            let model = Self::fit(&others.into_iter().map(|(x, _)| x.as_slice()).collect::<Vec<_>>());
            distances.extend(own.into_iter().map(|(x, _)| model.distance(x)));
        }
        distances.sort_by(f64::total_cmp);
        let mut whole = Self::fit(&features.iter().map(Vec::as_slice).collect::<Vec<_>>());
        whole.statistics.distances = distances;
        whole
    }

    fn fit(rows: &[&[f32]]) -> Self {
        let n = rows.len() as f64;
        let x = DMatrix::from_fn(rows.len(), Self::FEATURES, |i, j| f64::from(rows[i][j]));
        let mean = x.row_mean();
        // Features that hardly vary say nothing, however far an image lies from them in their own unit.
        let scale = x.row_variance().map(|v| v.sqrt() + 1e-3);
        let z = DMatrix::from_fn(rows.len(), Self::FEATURES, |i, j| (x[(i, j)] - mean[j]) / scale[j]);
        let eigen = SymmetricEigen::new(&z * z.transpose());
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let mut stored: Vec<f32> = mean.iter().chain(scale.iter()).map(|v| *v as f32).collect();
        let mut variances = Vec::new();
        for k in order.into_iter().take(Self::DIRECTIONS).filter(|k| eigen.eigenvalues[*k] > 1e-9) {
            let direction = z.transpose() * eigen.eigenvectors.column(k) / eigen.eigenvalues[k].sqrt();
            stored.extend(direction.iter().map(|v| *v as f32));
            variances.push(eigen.eigenvalues[k] / n);
        }
        Self { rows: stored, statistics: FamiliarityStatistics { variances, distances: vec![] } }
    }

    /// Mahalanobis distance of an image's features.
    #[must_use]
    pub fn distance(&self, features: &[f32]) -> f64 {
        let mut rows = self.rows.chunks_exact(Self::FEATURES);
        let (Some(mean), Some(scale)) = (rows.next(), rows.next()) else { return 0.0 };
        let z: Vec<f64> = features
            .iter()
            .zip(mean.iter().zip(scale))
            .map(|(x, (m, s))| f64::from(x - m) / f64::from(*s))
            .collect();
        let along = |direction: &[f32]| direction.iter().zip(&z).map(|(d, z)| f64::from(*d) * z).sum::<f64>();
        rows.zip(&self.statistics.variances).map(|(d, v)| along(d).powi(2) / v).sum::<f64>().sqrt()
    }

    /// The distance beyond which no number is shown.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.statistics.distances.last().copied().unwrap_or(f64::INFINITY) * Self::LIMIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    #[test]
    fn is_a_newborn_of_the_cohort_near_and_a_stranger_far() {
        let rng = &mut rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let pattern: Vec<Vec<f32>> = (0..4)
            .map(|_| (0..Familiarity::FEATURES).map(|_| rng.random_range(-1.0..1.0)).collect())
            .collect();
        let mut newborn = |strength: f32| -> Vec<f32> {
            let share: [f32; 4] = std::array::from_fn(|_| strength * rng.random_range(-1.0..1.0));
            (0..Familiarity::FEATURES).map(|j| (0..4).map(|k| share[k] * pattern[k][j]).sum()).collect()
        };
        let cohort: Vec<Vec<f32>> = (0..60).map(|_| newborn(1.0)).collect();
        let fold: Vec<usize> = (0..60).map(|i| i % 5).collect();
        let familiarity = Familiarity::of(&cohort, &fold);
        assert_eq!(familiarity.statistics.distances.len(), 60);
        // Uniform shares have no tail: a fresh newborn is never much further than the furthest of 60.
        let fresh = familiarity.distance(&newborn(1.0));
        assert!(fresh < familiarity.limit(), "{fresh} of {}", familiarity.limit());
        let stranger: Vec<f32> = newborn(1.0).iter().map(|v| 20.0 * v).collect();
        assert!(familiarity.distance(&stranger) > familiarity.limit());
    }
}
