//! Planes through a volume, and where on a picture they lie.

use crate::volume::{Affine, Volume};
use nalgebra::Vector3;

/// A plane of a volume in closest-RAS voxel order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// Across: right-left and front-back.
    Axial,
    /// From the front: right-left and top-bottom.
    Coronal,
    /// From the side: front-back and top-bottom.
    Sagittal,
}

impl Plane {
    /// All three, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Axial, Self::Coronal, Self::Sagittal];

    /// Voxel axes shown across and upwards, and the axis that the plane cuts.
    #[must_use]
    pub fn axes(self) -> [usize; 3] {
        match self {
            Self::Axial => [0, 1, 2],
            Self::Coronal => [0, 2, 1],
            Self::Sagittal => [1, 2, 0],
        }
    }

    /// To the right-hand side (as in neurological convention) and up, of length 1 and at right angles, in the world:
    /// sheared axes are drawn as they are there, not straightened.
    pub(super) fn directions(self, affine: &Affine) -> [Vector3<f64>; 2] {
        let [across, up, _] = self.axes();
        let linear = affine.linear();
        let right = linear.column(across).normalize();
        let raw = linear.column(up).into_owned();
        [right, (raw - right * raw.dot(&right)).normalize()]
    }

    /// Letters at the left, right, top and bottom edge.
    #[must_use]
    pub fn letters(self, convention: Convention) -> [char; 4] {
        let [left, right] = match convention {
            Convention::Radiological => ['R', 'L'],
            Convention::Neurological => ['L', 'R'],
        };
        match self {
            Self::Axial => [left, right, 'A', 'P'],
            Self::Coronal => [left, right, 'S', 'I'],
            Self::Sagittal => ['A', 'P', 'S', 'I'],
        }
    }
}

/// On which side of the picture the patient's left is. Sagittal planes look to the left in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Convention {
    /// As seen from the feet: the patient's left is on the right-hand side.
    #[default]
    Radiological,
    /// As seen from above: the patient's left is on the left-hand side.
    Neurological,
}

/// Which part of a plane is shown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Frame<'a> {
    pub convention: Convention,
    /// How many times larger than the whole plane; 0 counts as 1.
    pub zoom: f64,
    /// World position projected onto the picture's middle; without it the middle of what is shown.
    pub centre_mm: Option<[f64; 3]>,
    /// World positions that fit into the whole plane; without any those of the volume's own box.
    pub fit: &'a [[f64; 3]],
}

/// Where the pixels of a picture lie in the world: squares in the plane's own millimetres, also
/// where the voxels are oblique, sheared or not cubes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    pub width: usize,
    pub height: usize,
    plane: Plane,
    convention: Convention,
    /// Column, row (of pixel centres) and voxels along the cut axis to RAS mm.
    frame: Affine,
    mm_per_pixel: f64,
}

impl Viewport {
    /// A plane of the volume through a world position, in a picture.
    #[must_use]
    pub fn of(
        volume: &Volume,
        plane: Plane,
        through_mm: [f64; 3],
        frame: &Frame<'_>,
        width: usize,
        height: usize,
    ) -> Self {
        let cut = plane.axes()[2];
        let affine = volume.affine();
        let [right, upward] = plane.directions(affine);

        let last = volume.dims()[cut] as f64 - 1.0;
        let mut first = [0.0; 3];
        // To a millionth of a voxel: the way to the world and back must not make another plane of it.
        first[cut] = (affine.to_voxel(through_mm)[cut].clamp(0.0, last) * 1e6).round() / 1e6;
        let anchor = Vector3::from(affine.to_world(first));
        let project = |p: Vector3<f64>| [(p - anchor).dot(&right), (p - anchor).dot(&upward)];

        let whole: [[f64; 3]; 8] = std::array::from_fn(|corner| {
            affine.to_world(std::array::from_fn(|a| {
                if corner >> a & 1 == 1 { volume.dims()[a] as f64 - 0.5 } else { -0.5 }
            }))
        });
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for shown in if frame.fit.is_empty() { &whole } else { frame.fit } {
            let p = project(Vector3::from(*shown));
            for a in 0..2 {
                low[a] = low[a].min(p[a]);
                high[a] = high[a].max(p[a]);
            }
        }
        let zoom = if frame.zoom > 0.0 { frame.zoom } else { 1.0 };
        let (columns, rows) = (width.max(1) as f64, height.max(1) as f64);
        let mm = ((high[0] - low[0]) / columns).max((high[1] - low[1]) / rows) / zoom;
        let middle = frame.centre_mm.map_or_else(
            || [0, 1].map(|a| (low[a] + high[a]) / 2.0),
            |centre| project(Vector3::from(centre)),
        );
        let mirrored = plane == Plane::Sagittal || frame.convention == Convention::Radiological;
        let column = right * if mirrored { -mm } else { mm };
        let row = upward * -mm;
        let origin = anchor + right * middle[0] + upward * middle[1]
            - column * ((columns - 1.0) / 2.0)
            - row * ((rows - 1.0) / 2.0);
        let through = affine.linear().column(cut).into_owned();
        let rows = std::array::from_fn(|r| [column[r], row[r], through[r], origin[r]]);
        Self {
            width,
            height,
            plane,
            convention: frame.convention,
            // Three independent directions: invertible because the volume's own affine is.
            frame: Affine::from_rows(rows).unwrap_or(*affine),
            mm_per_pixel: mm,
        }
    }

    /// World position of a pixel (column, row from the top; integers are centres, fractions allowed).
    #[must_use]
    pub fn to_world(&self, column: f64, row: f64) -> [f64; 3] {
        self.frame.to_world([column, row, 0.0])
    }

    /// Column and row at which a world position is shown, projected along the cut axis.
    #[must_use]
    pub fn to_pixel(&self, ras_mm: [f64; 3]) -> [f64; 2] {
        let [column, row, _] = self.frame.to_voxel(ras_mm);
        [column, row]
    }

    /// Length of a pixel's side.
    #[must_use]
    pub fn mm_per_pixel(&self) -> f64 {
        self.mm_per_pixel
    }

    /// Letters at the left, right, top and bottom edge.
    #[must_use]
    pub fn letters(&self) -> [char; 4] {
        self.plane.letters(self.convention)
    }

    /// The pixels' centres as voxel indices of a volume.
    pub(super) fn lattice(&self, volume: &Volume) -> Lattice {
        let at = |pixel: [f64; 3]| volume.affine().to_voxel(self.frame.to_world(pixel));
        let origin = at([0.0; 3]);
        let span = self.width.max(self.height).max(1) as f64;
        let step = |pixel: [f64; 3]| {
            let end = at(pixel.map(|p| p * span));
            std::array::from_fn(|a| {
                let drift = end[a] - origin[a];
                // Axes that a header's rounding turned: less than a hundredth of a voxel over the whole picture.
                if drift.abs() < 0.01 { 0.0 } else { drift / span }
            })
        };
        Lattice { origin, column: step([1.0, 0.0, 0.0]), row: step([0.0, 1.0, 0.0]) }
    }
}

/// Voxel indices of a picture's pixels: `origin + column * c + row * r`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lattice {
    pub origin: [f64; 3],
    pub column: [f64; 3],
    pub row: [f64; 3],
}

impl Lattice {
    /// The voxel axes that run across and down the picture, where no other does.
    pub fn aligned(&self) -> Option<(usize, usize)> {
        let only = |step: &[f64; 3]| {
            let mut axes = (0..3).filter(|a| step[*a] != 0.0);
            axes.next().filter(|_| axes.next().is_none())
        };
        let (across, down) = (only(&self.column)?, only(&self.row)?);
        (across != down).then_some((across, down))
    }
}
