//! STAND-IN until the alignment is merged.
use super::{ModelError, Prepared, Recipe, Region, Sequence};
use crate::volume::{Affine, Grid, Volume};

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

#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    grid: Grid,
    atlas: Grid,
}

impl Placement {
    pub fn to_atlas(&self, image_mm: [f64; 3]) -> [f64; 3] {
        self.atlas.affine.to_world(self.grid.affine.to_voxel(image_mm))
    }
}

impl Prepared {
    pub fn placement(&self) -> Placement {
        Placement { grid: self.grid, atlas: Recipe::default().atlas_grid() }
    }
}

impl Recipe {
    pub fn atlas_grid(&self) -> Grid {
        let h = self.spacing_mm;
        let centre = [0.0, -8.0, 4.0];
        let row = |a: usize| {
            let mut row = [0.0; 4];
            row[a] = h;
            row[3] = centre[a] - h * (self.grid_dims[a] as f64 - 1.0) / 2.0;
            row
        };
        Grid {
            dims: self.grid_dims,
            affine: Affine::from_rows([row(0), row(1), row(2)]).expect("invertible"),
        }
    }

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
