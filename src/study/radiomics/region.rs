//! The region of interest: intensities, and their discretisation.

use super::RadiomicsError;
use crate::model::{Prepared, Recipe};

/// A region of interest on a grid; has at least one voxel, and all are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    dims: [usize; 3],
    /// `None` outside; first axis fastest.
    voxels: Vec<Option<f64>>,
}

/// Bins of a fixed size: level 1 starts at `lower`.
///
/// A fixed size, and not a fixed number, because a prepared image has a unit (the spread of its
/// surroundings) and limits that the recipe sets: a level means the same in every newborn, and one bright voxel
/// does not move the others. IBSI advises so for intensities with a meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bins {
    pub lower: f64,
    pub width: f64,
}

impl Bins {
    /// Standard deviations: 30 levels over what the recipe leaves, within the 16 to 64 that are usual.
    const WIDTH: f64 = 0.2;

    /// From the lowest value that the recipe leaves.
    #[must_use]
    pub fn of(recipe: &Recipe) -> Self {
        Self { lower: -f64::from(recipe.clamp), width: Self::WIDTH }
    }
}

/// A region's grey levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    pub(super) dims: [usize; 3],
    /// From 1; 0 is outside of the region. First axis fastest.
    pub(super) levels: Vec<usize>,
    /// The highest level present, IBSI's number of grey levels.
    pub(super) highest: usize,
}

impl Levels {
    /// More levels than that make a sparse and useless matrix.
    const LIMIT: usize = 1024;
}

impl Region {
    /// # Errors
    /// `Shape`, `Empty` or `NotFinite`.
    pub fn new(dims: [usize; 3], voxels: Vec<Option<f64>>) -> Result<Self, RadiomicsError> {
        let expected = dims.iter().product();
        if voxels.len() != expected {
            return Err(RadiomicsError::Shape { found: voxels.len(), expected });
        }
        if voxels.iter().flatten().any(|v| !v.is_finite()) {
            return Err(RadiomicsError::NotFinite);
        }
        if voxels.iter().flatten().next().is_none() {
            return Err(RadiomicsError::Empty);
        }
        Ok(Self { dims, voxels })
    }

    /// The brain without CSF, in standard deviations of its surroundings.
    ///
    /// # Errors
    /// As `new`.
    pub fn brain(prepared: &Prepared, recipe: &Recipe) -> Result<Self, RadiomicsError> {
        let voxel = |(value, brain): (&f32, &bool)| (*brain && *value != 0.0).then(|| f64::from(*value));
        Self::new(recipe.grid_dims, prepared.values.iter().zip(&prepared.brain).map(voxel).collect())
    }

    /// The intensities of the region's voxels.
    pub fn intensities(&self) -> impl Iterator<Item = f64> {
        self.voxels.iter().flatten().copied()
    }

    /// Grey levels: `floor((x - lower) / width) + 1`; what lies below the lower bound is in level 1.
    ///
    /// # Errors
    /// `Bins` when the width is not positive or the levels are too many.
    pub fn levels(&self, bins: Bins) -> Result<Levels, RadiomicsError> {
        let Bins { lower, width } = bins;
        let level = |x: f64| ((x - lower) / width).floor().max(0.0) + 1.0;
        let highest = self.intensities().fold(f64::NEG_INFINITY, f64::max);
        let within = width > 0.0 && lower.is_finite() && level(highest) <= Levels::LIMIT as f64;
        if !within {
            return Err(RadiomicsError::Bins { lower, width, highest, limit: Levels::LIMIT });
        }
        Ok(Levels {
            dims: self.dims,
            levels: self.voxels.iter().map(|v| v.map_or(0, |x| level(x) as usize)).collect(),
            highest: level(highest) as usize,
        })
    }
}
