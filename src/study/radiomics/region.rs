//! The region of interest: intensities, and their discretisation.

use super::RadiomicsError;
use crate::model::{Prepared, Recipe, Sequence};

/// A region of interest on a grid; has at least one voxel, and all are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    dims: [usize; 3],
    /// `None` outside; first axis fastest.
    voxels: Vec<Option<f64>>,
}

/// Bins of a fixed size: level 1 starts at `lower`.
///
/// A fixed size, and not a fixed number, because a prepared image has a unit (the local mean of the brain
/// is 1) and limits that the recipe sets: a level means the same in every newborn, and one bright voxel
/// does not move the others. IBSI advises so for intensities with a meaning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bins {
    pub lower: f64,
    pub width: f64,
}

impl Bins {
    /// Relative intensity: some 40 levels over what brain tissue has, within the 16 to 64 that are usual.
    const WIDTH: f64 = 0.025;

    /// From the lowest relative intensity that the recipe leaves.
    #[must_use]
    pub fn of(recipe: &Recipe, sequence: Sequence) -> Self {
        let cut = 1.0 - recipe.clamp / recipe.gain;
        Self { lower: f64::from(recipe.tissue_limits.of(sequence)[0].max(cut)), width: Self::WIDTH }
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

    /// The brain without CSF, in relative intensity: 1 is the local mean of the brain.
    ///
    /// # Errors
    /// As `new`.
    pub fn brain(prepared: &Prepared, recipe: &Recipe) -> Result<Self, RadiomicsError> {
        let gain = f64::from(recipe.gain);
        let voxel =
            |(value, brain): (&f32, &bool)| (*brain && *value != 0.0).then(|| 1.0 + f64::from(*value) / gain);
        Self::new(prepared.grid.dims, prepared.values.iter().zip(&prepared.brain).map(voxel).collect())
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
