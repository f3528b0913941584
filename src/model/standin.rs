//! STAND-IN until the alignment is merged.
use super::{ModelError, Prepared, Recipe, Region, Sequence};
use crate::volume::Volume;

#[derive(Debug, Clone, PartialEq)]
pub struct Aligned {
    pub intensity: Vec<f32>,
    pub brain: Vec<bool>,
    pub brain_ml: f64,
    pub prepared: Prepared,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub regions: Vec<Region>,
}

impl Recipe {
    pub fn align(&self, images: [&Volume; 2], _template: &Template) -> Result<[Aligned; 2], ModelError> {
        let one = |s: Sequence| -> Result<Aligned, ModelError> {
            let (intensity, prepared) = self.apply_raw(images[s as usize], s)?;
            Ok(Aligned { intensity, brain: prepared.brain.clone(), brain_ml: prepared.brain_ml, prepared })
        };
        Ok([one(Sequence::T1w)?, one(Sequence::T2w)?])
    }

    pub fn normalise_aligned(&self, aligned: &Aligned, sequence: Sequence) -> Prepared {
        let mut values = aligned.intensity.clone();
        self.normalise(&mut values, &aligned.brain, *self.tissue_limits.of(sequence));
        Prepared { values, ..aligned.prepared.clone() }
    }
}
