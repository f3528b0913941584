//! What a healthy newborn's twins and rescans look like to the network.

use super::train::Images;
use super::twins::{Injury, Planter};
use crate::model::{Aligned, Atlas, PerSequence, Recipe, Sequence};
use rand_chacha::ChaCha8Rng;

/// Deviations from the atlas (first axis fastest) of one healthy newborn's relatives, T1w and T2w.
#[derive(Debug, Clone)]
pub struct Relatives {
    pub rescan: [Vec<f32>; 2],
    /// One for each pattern of [`Injury::ALL`].
    pub twins: Vec<[Vec<f32>; 2]>,
    /// Severity of each twin's injury.
    pub severity: Vec<f64>,
}

impl Relatives {
    /// Those of one newborn.
    #[must_use]
    pub fn of(
        aligned: [&Aligned; 2],
        planter: &Planter,
        recipe: &Recipe,
        atlas: &PerSequence<Atlas>,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let deviations = |images: [&Aligned; 2]| {
            Sequence::BOTH.map(|sequence| {
                let prepared = recipe.normalise(images[sequence as usize], sequence);
                atlas.of(sequence).deviation(&prepared.values)
            })
        };
        let again = planter.rescan(aligned, rng);
        let rescan = deviations([&again[0], &again[1]]);
        let (mut twins, mut severity) = (Vec::new(), Vec::new());
        for injury in Injury::ALL {
            let ([t1, t2], s) = planter.twin(aligned, injury, rng);
            let t1 = Aligned { intensity: t1, ..aligned[0].clone() };
            let t2 = Aligned { intensity: t2, ..aligned[1].clone() };
            twins.push(deviations([&t1, &t2]));
            severity.push(s);
        }
        Self { rescan, twins, severity }
    }

    /// What a branch is trained on, beside the newborn's own deviation.
    #[must_use]
    pub fn images<'a>(&'a self, healthy: &'a [f32], sequence: Sequence) -> Images<'a> {
        Images {
            healthy,
            rescan: &self.rescan[sequence as usize],
            twins: self.twins.iter().map(|twin| twin[sequence as usize].as_slice()).collect(),
            severity: &self.severity,
        }
    }
}
