//! The way between an image's millimetres and the atlas.

use super::affine_fit::Linear;
use super::lattice::Lattice;
use super::warp::Field;
use crate::volume::Grid;
use nalgebra::{Matrix3, Vector3};

/// Where an image lies in the atlas.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Atlas mm of the model grid's centre, and the image's RAS mm of the brain's.
    pub(super) atlas_centre: Vector3<f64>,
    pub(super) image_centre: Vector3<f64>,
    /// The image's axes, closest to right, front, top: columns.
    pub(super) axes: Matrix3<f64>,
    pub(super) linear: Linear,
    pub(super) inverse: Matrix3<f64>,
    pub(super) field: Field,
    /// Correlation of the head's contrasts with the template's, mean of both sequences.
    pub fit: f64,
}

impl Placement {
    /// Of an image that lies in the atlas as it is, whose model grid this is.
    #[must_use]
    pub fn identity(grid: &Grid) -> Self {
        let middle = grid.dims.map(|n| (n as f64 - 1.0) / 2.0);
        let centre = Vector3::from(grid.affine.to_world(middle));
        let (matrix, shift) = (Matrix3::identity(), Vector3::zeros());
        let nowhere = Lattice::new(grid.dims, grid.affine.spacing_mm()[0], vec![]);
        Self {
            atlas_centre: centre,
            image_centre: centre,
            axes: matrix,
            linear: Linear { matrix, shift },
            inverse: matrix,
            field: Field::none(&nowhere),
            fit: 1.0,
        }
    }

    /// All of it as numbers: what [`Self::from_numbers`] reads back exactly.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let centres = self.atlas_centre.iter().chain(self.image_centre.iter());
        let matrices = self.axes.iter().chain(self.linear.matrix.iter()).chain(self.inverse.iter());
        let own = centres.chain(matrices).chain(self.linear.shift.iter()).copied();
        own.chain([self.fit]).chain(self.field.numbers()).collect()
    }

    /// `None` where numbers are missing or left over.
    #[must_use]
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let (own, field) = numbers.split_at_checked(37)?;
        let vector = |at: usize| Vector3::from_column_slice(&own[at..at + 3]);
        let matrix = |at: usize| Matrix3::from_column_slice(&own[at..at + 9]);
        Some(Self {
            atlas_centre: vector(0),
            image_centre: vector(3),
            axes: matrix(6),
            linear: Linear { matrix: matrix(15), shift: vector(33) },
            inverse: matrix(24),
            fit: own[36],
            field: Field::from_numbers(field)?,
        })
    }

    /// Atlas RAS mm to the image's RAS mm.
    #[must_use]
    pub fn to_image(&self, atlas_mm: [f64; 3]) -> [f64; 3] {
        let x = Vector3::from(atlas_mm) - self.atlas_centre;
        let u = Vector3::from(self.field.at(x.into()));
        let head = self.linear.apply((x + u).into());
        (self.axes * Vector3::from(head) + self.image_centre).into()
    }

    /// The image's RAS mm to atlas RAS mm: the warp is so smooth that a few steps invert it.
    #[must_use]
    pub fn to_atlas(&self, image_mm: [f64; 3]) -> [f64; 3] {
        let head = self.axes.transpose() * (Vector3::from(image_mm) - self.image_centre);
        let moved = self.inverse * (head - self.linear.shift);
        let mut x = moved;
        for _ in 0..6 {
            x = moved - Vector3::from(self.field.at(x.into()));
        }
        (x + self.atlas_centre).into()
    }

    /// Volume in the image per volume in the atlas.
    #[must_use]
    pub fn volume_scale(&self) -> f64 {
        self.linear.matrix.determinant().abs()
    }

    /// The image's axes, closest to right, front, top, as unit columns.
    #[must_use]
    pub fn axes(&self) -> Matrix3<f64> {
        self.axes
    }
}
