//! A head's image in atlas space.

use super::alignment::placement::Placement;
#[cfg(feature = "engine")]
use super::correlation::correlation;
#[cfg(feature = "engine")]
use super::sequence::PerSequence;

/// An image of a head in atlas space, not yet normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Aligned {
    /// On the model grid, first axis fastest; 0 outside the brain and its surroundings.
    pub intensity: Vec<f32>,
    pub brain: Vec<bool>,
    /// Of the head, before alignment.
    pub brain_ml: f64,
    pub placement: Placement,
}

/// An image on the model grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Intensity less the mean of its surroundings in units of their spread, 0 outside the brain and in CSF; first
    /// axis fastest.
    pub values: Vec<f32>,
    /// Which voxels are brain.
    pub brain: Vec<bool>,
    /// Of the head, before alignment.
    pub brain_ml: f64,
    /// Where the image lies in the atlas: the way back.
    pub placement: Placement,
}

/// Correlation of both prepared images over the voxels that are brain in both; 0 where there are none.
#[cfg(feature = "engine")]
pub(crate) fn correlation_of(images: &PerSequence<Prepared>) -> f64 {
    let PerSequence { T1w: a, T2w: b } = images;
    correlation(|| {
        let inside = a.brain.iter().zip(&b.brain).map(|(x, y)| *x && *y);
        let pairs = a.values.iter().zip(&b.values).map(|(x, y)| [f64::from(*x), f64::from(*y)]);
        inside.zip(pairs).filter(|(inside, _)| *inside).map(|(_, pair)| pair)
    })
}
