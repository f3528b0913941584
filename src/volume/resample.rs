//! Trilinear resampling onto any grid.

use super::Affine;

/// Where voxels lie: dims and affine, no values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub dims: [usize; 3],
    pub affine: Affine,
}
