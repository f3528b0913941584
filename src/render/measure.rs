//! What a reader measures on a slice: a distance, or the intensities within an ellipse.

use super::plane::Plane;
use crate::volume::Volume;
use nalgebra::Vector3;
use std::f64::consts::PI;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// From one end to the other.
    Ruler,
    /// Within a rectangle with sides across and up the plane, from one corner to the opposite one.
    Ellipse,
}

/// A measure on a stored slice of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub image: usize,
    pub plane: Plane,
    /// The stored slice, from 0.
    pub slice: usize,
    pub shape: Shape,
    /// Both ends, or opposite corners, RAS mm.
    pub ends_mm: [[f64; 3]; 2],
    pub found: Found,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Found {
    Length {
        mm: f64,
    },
    /// Of the voxels whose centres lie within, in the image's own intensities.
    Region {
        voxels: usize,
        /// `None` without a voxel.
        mean: Option<f64>,
        /// Of a sample (n - 1); `None` with fewer than two voxels.
        sd: Option<f64>,
        area_mm2: f64,
    },
}

impl Measure {
    /// On the stored slice that the first end is nearest to. Distances are those of the world: true for voxels that are
    /// oblique, sheared or no cubes.
    #[must_use]
    pub fn new(image: usize, volume: &Volume, plane: Plane, shape: Shape, ends_mm: [[f64; 3]; 2]) -> Self {
        let (affine, cut) = (volume.affine(), plane.axes()[2]);
        let last = volume.dims()[cut] as f64 - 1.0;
        let slice = affine.to_voxel(ends_mm[0])[cut].round().clamp(0.0, last);
        let ends_mm = ends_mm.map(|end| {
            let mut voxel = affine.to_voxel(end);
            voxel[cut] = slice;
            affine.to_world(voxel)
        });
        let slice = slice as usize;
        let found = match shape {
            Shape::Ruler => {
                Found::Length { mm: (Vector3::from(ends_mm[1]) - Vector3::from(ends_mm[0])).norm() }
            }
            Shape::Ellipse => region(volume, plane, slice, ends_mm),
        };
        Self { image, plane, slice, shape, ends_mm, found }
    }

    /// Points along what is drawn, from its first to its last, RAS mm.
    #[must_use]
    pub fn outline(&self, volume: &Volume) -> Vec<[f64; 3]> {
        if self.shape == Shape::Ruler {
            return self.ends_mm.to_vec();
        }
        let Ellipse { centre, right, up, semi } = Ellipse::of(volume, self.plane, self.ends_mm);
        let at = |k: usize| {
            let (sin, cos) = (2.0 * PI * k as f64 / 72.0).sin_cos();
            (centre + right * (semi[0] * cos) + up * (semi[1] * sin)).into()
        };
        (0..=72).map(at).collect()
    }

    /// What stands beside it in a picture, in figures alone.
    #[must_use]
    pub fn figures(&self) -> String {
        match self.found {
            Found::Length { mm } => format!("{mm:.1} mm"),
            Found::Region { mean: Some(mean), sd: Some(sd), .. } => format!("{mean:.1}±{sd:.1}"),
            Found::Region { mean: Some(mean), .. } => format!("{mean:.1}"),
            Found::Region { .. } => String::new(),
        }
    }
}

/// An ellipse with axes across and up a plane.
struct Ellipse {
    centre: Vector3<f64>,
    right: Vector3<f64>,
    up: Vector3<f64>,
    /// Half its width and height, mm.
    semi: [f64; 2],
}

impl Ellipse {
    fn of(volume: &Volume, plane: Plane, ends_mm: [[f64; 3]; 2]) -> Self {
        let [a, b] = ends_mm.map(Vector3::from);
        let [right, up] = plane.directions(volume.affine());
        let across = b - a;
        let semi = [across.dot(&right).abs() / 2.0, across.dot(&up).abs() / 2.0];
        Self { centre: (a + b) / 2.0, right, up, semi }
    }

    fn holds(&self, mm: Vector3<f64>) -> bool {
        let from = mm - self.centre;
        let [x, y] = [from.dot(&self.right) / self.semi[0], from.dot(&self.up) / self.semi[1]];
        // Not a number where the ellipse has no width: nothing lies within.
        x * x + y * y <= 1.0
    }
}

fn region(volume: &Volume, plane: Plane, slice: usize, ends_mm: [[f64; 3]; 2]) -> Found {
    let ellipse = Ellipse::of(volume, plane, ends_mm);
    let ([across, up, cut], dims, affine) = (plane.axes(), volume.dims(), volume.affine());
    let [w, h] = ellipse.semi;
    let corners = [[w, h], [w, -h], [-w, h], [-w, -h]]
        .map(|[x, y]| affine.to_voxel((ellipse.centre + ellipse.right * x + ellipse.up * y).into()));
    let bounds = |axis: usize| {
        let of = |pick: fn(f64, f64) -> f64, start: f64| corners.iter().map(|c| c[axis]).fold(start, pick);
        let (low, high) = (of(f64::min, f64::INFINITY), of(f64::max, f64::NEG_INFINITY));
        (low.floor().max(0.0) as usize)..((high.ceil() + 1.0).clamp(0.0, dims[axis] as f64) as usize)
    };
    let mut values = Vec::new();
    for j in bounds(up) {
        for i in bounds(across) {
            let mut at = [0; 3];
            (at[across], at[up], at[cut]) = (i, j, slice);
            if ellipse.holds(affine.to_world(at.map(|v| v as f64)).into()) {
                values.push(f64::from(volume.voxels()[at[0] + dims[0] * (at[1] + dims[1] * at[2])]));
            }
        }
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    Found::Region {
        voxels: values.len(),
        mean: (n >= 1.0).then_some(mean),
        sd: (n >= 2.0).then(|| (squares / (n - 1.0)).sqrt()),
        area_mm2: PI * w * h,
    }
}
