//! What a healthy newborn's twins and rescans look like to the network.

use super::train::Images;
use super::twins::{Injury, Planter};
use crate::model::{Aligned, Atlas, PerSequence, Recipe, Sequence};
use rand_chacha::ChaCha8Rng;

/// Deviations from the atlas (first axis fastest) of one healthy newborn's relatives, T1w and T2w.
#[derive(Debug, Clone)]
pub struct Relatives {
    pub rescan: PerSequence<Vec<f32>>,
    /// One for each pattern of [`Injury::ALL`].
    pub twins: Vec<PerSequence<Vec<f32>>>,
    /// Severity of each twin's injury.
    pub severity: Vec<f64>,
}

impl Relatives {
    /// Those of one newborn.
    #[must_use]
    pub fn of(
        aligned: &PerSequence<Aligned>,
        planter: &Planter,
        recipe: &Recipe,
        atlas: &PerSequence<Atlas>,
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let deviations = |images: &PerSequence<Aligned>| {
            PerSequence::from_fn(|sequence| {
                let prepared = recipe.normalise(images.of(sequence), sequence);
                atlas.of(sequence).deviation(&prepared.values)
            })
        };
        let rescan = deviations(&planter.rescan(aligned, rng));
        let (mut twins, mut severity) = (Vec::new(), Vec::new());
        for injury in Injury::ALL {
            let (twin, s) = planter.twin(aligned, injury, rng);
            twins.push(deviations(&twin));
            severity.push(s);
        }
        Self { rescan, twins, severity }
    }

    /// What a branch is trained on, beside the newborn's own deviation.
    #[must_use]
    pub fn images<'a>(&'a self, healthy: &'a [f32], sequence: Sequence) -> Images<'a> {
        Images {
            healthy,
            rescan: self.rescan.of(sequence),
            twins: self.twins.iter().map(|twin| twin.of(sequence).as_slice()).collect(),
            severity: &self.severity,
        }
    }
}
