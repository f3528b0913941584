//! From aligned images to the network's input.

use super::alignment::lattice::{blur, median};
use super::error::ModelError;
use super::prepared::{Aligned, Prepared};
use super::recipe::Recipe;
use super::sequence::{PerSequence, Sequence};
use super::template::Template;
use crate::volume::Volume;

impl Recipe {
    /// Both images into atlas space and normalised.
    ///
    /// # Errors
    /// As [`Recipe::align`].
    pub fn apply(
        &self,
        images: PerSequence<&Volume>,
        template: &Template,
    ) -> Result<PerSequence<Prepared>, ModelError> {
        let aligned = self.align(images, template)?;
        Ok(self.normalise_both(&aligned))
    }

    /// Both images normalised.
    #[must_use]
    pub fn normalise_both(&self, aligned: &PerSequence<Aligned>) -> PerSequence<Prepared> {
        PerSequence::from_fn(|s| self.normalise(aligned.of(s), s))
    }

    /// Divides by the smooth field of the brain (receive-coil bias, scanner gain), cuts CSF and tells every voxel by
    /// the mean and the spread of its surroundings: contrasts of other protocols become alike.
    #[must_use]
    pub fn normalise(&self, aligned: &Aligned, sequence: Sequence) -> Prepared {
        let tissue = *self.tissue_limits.of(sequence);
        let sigma = self.field_sigma_mm / self.spacing_mm;
        let blurred = |mut values: Vec<f32>| {
            blur(&mut values, self.grid_dims, sigma);
            values
        };
        let brain = &aligned.brain;
        // CSF is twice as bright as brain on T2w: cut, so that it does not pull the field.
        let inside = aligned.intensity.iter().zip(brain).filter(|(_, b)| **b).map(|(v, _)| *v);
        let cap = 1.3 * median(inside.collect());
        let weight = blurred(brain.iter().map(|b| f32::from(u8::from(*b))).collect());
        let capped = aligned.intensity.iter().zip(brain).map(|(v, b)| if *b { v.min(cap) } else { 0.0 });
        let field = blurred(capped.collect());
        let relative: Vec<f32> = aligned
            .intensity
            .iter()
            .zip(brain)
            .zip(field.iter().zip(&weight))
            .map(|((v, inside), (f, w))| if *inside && *f > 0.0 { v * w / f } else { 0.0 })
            .collect();
        let tissue: Vec<bool> = relative.iter().map(|r| (tissue[0]..=tissue[1]).contains(r)).collect();
        let of_tissue = |f: &dyn Fn(f32) -> f32| {
            blurred(relative.iter().zip(&tissue).map(|(r, t)| if *t { f(*r - 1.0) } else { 0.0 }).collect())
        };
        let (count, sum, squares) = (of_tissue(&|_| 1.0), of_tissue(&|r| r), of_tissue(&|r| r * r));
        let values = (0..relative.len())
            .map(|i| {
                if !tissue[i] || count[i] <= 0.0 {
                    return 0.0;
                }
                let mean = sum[i] / count[i];
                let spread = (squares[i] / count[i] - mean * mean).max(0.0).sqrt().max(LEAST_SPREAD);
                ((relative[i] - 1.0 - mean) / spread).clamp(-self.clamp, self.clamp)
            })
            .collect();
        Prepared {
            values,
            brain: brain.clone(),
            brain_ml: aligned.brain_ml,
            placement: aligned.placement.clone(),
        }
    }
}

/// Relative spread of the surroundings below which it is noise.
const LEAST_SPREAD: f32 = 0.02;
