//! What is usual at each voxel of the model grid: the training cohort's mean and spread.

use super::correlation::correlation;
use super::prepared::Prepared;

/// Usual relative intensity at every voxel of the model grid, mirror-symmetric, first axis fastest.
///
/// The network sees how far a newborn deviates from it, in standard deviations: a lesion is then
/// large wherever it lies, however bright that place is in everybody. Both classes of the training
/// cohort go into it alike, so it knows no diagnosis. Quantised to bytes: it travels in the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atlas {
    /// Mean in steps of [`Atlas::MEAN_STEP`].
    pub mean: Vec<i8>,
    /// Standard deviation in steps of [`Atlas::SPREAD_STEP`]; 0 where most newborns have no brain tissue.
    pub spread: Vec<u8>,
}

impl Atlas {
    const MEAN_STEP: f32 = 0.025;
    const SPREAD_STEP: f32 = 0.01;
    /// Spreads below this are noise of their own estimate.
    const LEAST_SPREAD: f32 = 0.1;
    /// Deviations are cut at plus and minus this many standard deviations.
    const CUT: f32 = 4.0;

    /// From the prepared images of a cohort on a grid of `dims`.
    #[must_use]
    pub fn of<'a>(dims: [usize; 3], cohort: impl Iterator<Item = &'a Prepared>) -> Self {
        let n: usize = dims.iter().product();
        let (mut count, mut sum, mut squares) = (vec![0.0_f32; n], vec![0.0_f32; n], vec![0.0_f32; n]);
        let mut subjects = 0.0;
        for prepared in cohort {
            subjects += 1.0;
            for (i, value) in prepared.values.iter().enumerate() {
                if *value != 0.0 {
                    for j in [i, mirror(i, dims)] {
                        count[j] += 0.5;
                        sum[j] += 0.5 * value;
                        squares[j] += 0.5 * value * value;
                    }
                }
            }
        }
        let (mut mean, mut spread) = (vec![0; n], vec![0; n]);
        for i in 0..n {
            if count[i] > subjects / 2.0 {
                let m = sum[i] / count[i];
                let deviation = (squares[i] / count[i] - m * m).max(0.0).sqrt().max(Self::LEAST_SPREAD);
                // `as` saturates.
                mean[i] = (m / Self::MEAN_STEP).round() as i8;
                spread[i] = (deviation / Self::SPREAD_STEP).round() as u8;
            }
        }
        Self { mean, spread }
    }

    /// This atlas, which `parents` newborns are behind, with those of a site joined. Where it has no brain tissue,
    /// or most of the site's newborns have none, it stays as it is.
    #[must_use]
    pub fn joined<'a>(
        &self,
        parents: usize,
        dims: [usize; 3],
        cohort: impl Iterator<Item = &'a Prepared> + Clone,
    ) -> Self {
        let (n0, n1) = (parents as f32, cohort.clone().count() as f32);
        let own = Self::of(dims, cohort);
        let mut joined = self.clone();
        for i in (0..self.mean.len()).filter(|i| self.spread[*i] > 0 && own.spread[*i] > 0) {
            let part = |atlas: &Self| {
                let mean = f32::from(atlas.mean[i]) * Self::MEAN_STEP;
                (mean, (f32::from(atlas.spread[i]) * Self::SPREAD_STEP).powi(2))
            };
            let ((m0, v0), (m1, v1)) = (part(self), part(&own));
            let mean = (n0 * m0 + n1 * m1) / (n0 + n1);
            let variance = (n0 * (v0 + m0 * m0) + n1 * (v1 + m1 * m1)) / (n0 + n1) - mean * mean;
            // `as` saturates.
            joined.mean[i] = (mean / Self::MEAN_STEP).round() as i8;
            joined.spread[i] = (variance.max(0.0).sqrt() / Self::SPREAD_STEP).round().max(1.0) as u8;
        }
        joined
    }

    /// Deviation of prepared values from the usual, in standard deviations; 0 outside the brain.
    #[must_use]
    pub fn deviation(&self, values: &[f32]) -> Vec<f32> {
        values
            .iter()
            .zip(self.mean.iter().zip(&self.spread))
            .map(|(value, (mean, spread))| {
                if *value == 0.0 || *spread == 0 {
                    return 0.0;
                }
                let z =
                    (value - f32::from(*mean) * Self::MEAN_STEP) / (f32::from(*spread) * Self::SPREAD_STEP);
                z.clamp(-Self::CUT, Self::CUT)
            })
            .collect()
    }

    /// Correlation of prepared values with the usual, over the brain: how much an image's contrast is that
    /// of this sequence. 0 where there is nothing to compare.
    #[must_use]
    pub fn correlation(&self, values: &[f32]) -> f64 {
        let pairs = || {
            let usual = self.mean.iter().zip(&self.spread);
            values
                .iter()
                .zip(usual)
                .filter(|(value, (_, spread))| **value != 0.0 && **spread > 0)
                .map(|(value, (mean, _))| [f64::from(*value), f64::from(*mean)])
        };
        correlation(pairs)
    }
}

fn mirror(i: usize, [nx, ..]: [usize; 3]) -> usize {
    let x = i % nx;
    i - x + (nx - 1 - x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Placement, Recipe};

    #[test]
    fn is_a_lesion_far_from_the_usual_and_the_usual_is_near() {
        let placement = Placement::identity(&Recipe::default().atlas_grid());
        let newborn = |v: f32| Prepared {
            values: vec![v, 1.0, v],
            brain: vec![true; 3],
            brain_ml: 1.0,
            placement: placement.clone(),
        };
        let cohort = [newborn(0.3), newborn(0.5), newborn(0.7)];
        let atlas = Atlas::of([3, 1, 1], cohort.iter());
        let [low, _, high] = atlas.deviation(&[0.5, 1.0, 0.9])[..] else { panic!() };
        // Mean 0.5, standard deviation 0.163: quantisation moves it by less than a tenth.
        assert!(low.abs() < 0.1, "{low}");
        assert!((high - 0.4 / 0.163).abs() < 0.1, "{high}");
    }
}
