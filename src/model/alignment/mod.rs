//! Both images of a head into atlas space: an affine and a very smooth warp, fitted to the template on both
//! sequences together.

mod affine_fit;
pub(super) mod lattice;
mod warp;

use super::template::Template;
use super::{ModelError, Recipe, Sequence};
use crate::text;
use crate::volume::{Affine, Grid, Volume, resample, smoothed};
use affine_fit::{Linear, Pair};
use lattice::Lattice;
use nalgebra::{Matrix3, Rotation3, Vector3};
use warp::Field;

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

/// Where an image lies in the atlas.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Atlas mm of the model grid's centre, and the image's RAS mm of the brain's.
    atlas_centre: Vector3<f64>,
    image_centre: Vector3<f64>,
    /// The image's axes, closest to right, front, top: columns.
    axes: Matrix3<f64>,
    linear: Linear,
    inverse: Matrix3<f64>,
    field: Field,
    /// Correlation of the head's contrasts with the template's, mean of both sequences.
    pub fit: f64,
}

impl Placement {
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

/// Spacing and size of the grid that a head is looked at on.
const HEAD_DIMS: [usize; 3] = [65, 77, 65];
/// Below this correlation with the template the images are no newborn's pair as the model knows them. Right pairs of
/// real newborns reach 0.40 to 0.63, pairs upside down, back to front, swapped or doubled at most 0.29.
const LEAST_FIT: f64 = 0.3;
/// Volume of a head's brain over the template's, and longest over shortest axis, that alignment may find.
const SCALES: [f64; 2] = [0.45, 1.9];
const MOST_STRETCH: f64 = 1.6;

/// Relative intensities cut to what tissue has, about 0: a sequence's contrast for alignment. 0 outside the brain.
pub(super) fn channel(image: &Lattice, brain: &[bool], sequence: Sequence) -> Lattice {
    const FIELD_MM: f64 = 25.0;
    let (gain, [low, high]) = match sequence {
        Sequence::T1w => (6.0, [0.6_f32, 1.4]),
        Sequence::T2w => (3.0, [0.4_f32, 1.7]),
    };
    let mut weight =
        Lattice::new(image.dims, image.spacing_mm, brain.iter().map(|b| f32::from(u8::from(*b))).collect());
    let mut inside: Vec<f32> = image.values.iter().zip(brain).filter(|(_, b)| **b).map(|(v, _)| *v).collect();
    let middle = inside.len() / 2;
    let cap =
        if inside.is_empty() { 0.0 } else { 1.3 * *inside.select_nth_unstable_by(middle, f32::total_cmp).1 };
    // CSF is twice as bright as brain on T2w: cut, so that it does not pull the field.
    let capped = image.values.iter().zip(brain).map(|(v, b)| if *b { v.min(cap) } else { 0.0 }).collect();
    let mut field = Lattice::new(image.dims, image.spacing_mm, capped);
    field.blur(FIELD_MM);
    weight.blur(FIELD_MM);
    let values = image.values.iter().zip(brain).zip(field.values.iter().zip(&weight.values));
    let values = values
        .map(
            |((v, b), (f, w))| {
                if *b && *f > 0.0 { gain * ((v * w / f).clamp(low, high) - 1.0) } else { 0.0 }
            },
        )
        .collect();
    Lattice::new(image.dims, image.spacing_mm, values)
}

impl Recipe {
    /// The model grid in atlas space (RAS mm, the midline at x = 0).
    #[must_use]
    pub fn atlas_grid(&self) -> Grid {
        let row = |a: usize| {
            let mut row = [0.0; 4];
            row[a] = self.spacing_mm;
            row[3] = ATLAS_CENTRE_MM[a] - self.spacing_mm * (self.grid_dims[a] as f64 - 1.0) / 2.0;
            row
        };
        let affine = Affine::from_rows([row(0), row(1), row(2)]);
        // A positive spacing keeps it invertible: the bundle's reader has seen to that.
        Grid { dims: self.grid_dims, affine: affine.unwrap_or_else(|_| unreachable_affine()) }
    }

    /// Finds the brain in both images and aligns them together.
    ///
    /// # Errors
    /// `ModelError::NoBrain` when an image has nothing of a newborn brain's size, `ModelError::NotAligned` when
    /// both together do not fit the template.
    pub fn align(&self, images: [&Volume; 2], template: &Template) -> Result<[Aligned; 2], ModelError> {
        let smooth = images.map(|image| smoothed(image, self.spacing_mm));
        let found = [self.find(&smooth[0], Sequence::T1w)?, self.find(&smooth[1], Sequence::T2w)?];
        let axes = found[1].axes;
        let centre = found[1].centre;
        // Two files of one visit share the scanner's millimetres unless somebody moved far or a header lies.
        let apart = axes.transpose() * (found[0].centre - centre);
        let own_shift = if apart.norm() > 8.0 { apart } else { Vector3::zeros() };
        let centres = [centre + axes * own_shift, centre];
        let head_grid = |c: Vector3<f64>| head_grid(&axes, &c, self.spacing_mm);
        let grids = [head_grid(centres[0])?, head_grid(centres[1])?];
        let masks = Sequence::BOTH.map(|s| resample(&found[s as usize].mask, &grids[s as usize], 0.0));
        let brains = [0, 1].map(|s| masks[s].voxels().iter().map(|v| *v > 0.5).collect::<Vec<bool>>());
        let lattice = |values: Vec<f32>| Lattice::new(HEAD_DIMS, self.spacing_mm, values);
        let contrast = |s: Sequence| {
            let image = resample(&smooth[s as usize], &grids[s as usize], 0.0).into_voxels();
            channel(&lattice(image), &brains[s as usize], s)
        };
        let either = brains[0].iter().zip(&brains[1]).map(|(a, b)| f32::from(u8::from(*a || *b))).collect();
        let mut outline = lattice(either);
        outline.blur(1.5);
        let head = [contrast(Sequence::T1w), contrast(Sequence::T2w), outline];
        let fixed = |values: Vec<f32>| Lattice::new(self.grid_dims, self.spacing_mm, values);
        let of_template =
            |c: usize| template.channels[c].iter().map(|v| f32::from(*v) * Template::STEP).collect();
        let brain = template.brain.iter().map(|w| f32::from(*w) / 255.0).collect();
        let template_channels = [fixed(of_template(0)), fixed(of_template(1)), fixed(brain)];
        let pair = Pair { template: &template_channels, head: &head };
        let size = (found[1].brain_ml.max(found[0].brain_ml) / TEMPLATE_ML).cbrt().clamp(0.75, 1.25);
        let starts: Vec<Linear> = [0.0_f64, 12.0, -12.0]
            .into_iter()
            .map(|pitch| {
                let turn = Rotation3::from_axis_angle(&Vector3::x_axis(), pitch.to_radians());
                Linear { matrix: turn.matrix() * size, shift: Vector3::zeros() }
            })
            .collect();
        let (linear, fit) = affine_fit::fit(&pair, &starts);
        let scales = linear.matrix.singular_values();
        let stretch = scales.max() / scales.min().max(1e-6);
        let volume = linear.matrix.determinant();
        let inverse = linear.matrix.try_inverse();
        let refuse = |reason| Err(ModelError::NotAligned { reason });
        let Some(inverse) =
            inverse.filter(|_| (SCALES[0]..=SCALES[1]).contains(&volume) && stretch <= MOST_STRETCH)
        else {
            return refuse(text!("the head has not the size and shape of a newborn's"));
        };
        if fit < LEAST_FIT {
            return refuse(text!(
                "together they do not look like a newborn's brain (correlation {fit}, at least {least})",
                fit = crate::language::number(fit, 2),
                least = crate::language::number(LEAST_FIT, 2)
            ));
        }
        let field = Field::fit(&pair, &linear);
        let place = |s: usize| Placement {
            atlas_centre: Vector3::from(ATLAS_CENTRE_MM),
            image_centre: centres[s],
            axes,
            linear,
            inverse,
            field: field.clone(),
            fit,
        };
        Ok([0, 1].map(|s| self.bring(&smooth[s], &found[s], place(s), template)))
    }

    /// An image's voxels on the model grid in atlas space.
    fn bring(&self, smooth: &Volume, found: &Found, placement: Placement, template: &Template) -> Aligned {
        let grid = self.atlas_grid();
        let [nx, ny, _] = grid.dims;
        let cells: usize = grid.dims.iter().product();
        let (mut intensity, mut brain) = (vec![0.0; cells], vec![false; cells]);
        for i in (0..cells).filter(|i| template.brain[*i] > 0) {
            let at = [i % nx, i / nx % ny, i / (nx * ny)].map(|v| v as f64);
            let mm = placement.to_image(grid.affine.to_world(at));
            intensity[i] = smooth.sample(smooth.affine().to_voxel(mm)).unwrap_or(0.0);
            brain[i] = found.mask.sample(found.mask.affine().to_voxel(mm)).is_some_and(|v| v > 0.5);
        }
        Aligned { intensity, brain, brain_ml: found.brain_ml, placement }
    }
}

/// Centre of the model grid in atlas mm.
const ATLAS_CENTRE_MM: [f64; 3] = [0.0, -9.0, -2.0];
/// Brain and CSF of the first template, ml.
const TEMPLATE_ML: f64 = 433.0;

fn unreachable_affine() -> Affine {
    unreachable!("a positive spacing gives an invertible affine")
}

/// A brain found in an image.
pub(in crate::model) struct Found {
    /// 0 or 1, on the recipe's spacing along the image's own axes.
    pub mask: Volume,
    pub brain_ml: f64,
    /// RAS mm.
    pub centre: Vector3<f64>,
    pub axes: Matrix3<f64>,
}

fn head_grid(axes: &Matrix3<f64>, centre: &Vector3<f64>, spacing_mm: f64) -> Result<Grid, ModelError> {
    let half = Vector3::from(HEAD_DIMS.map(|n| (n as f64 - 1.0) / 2.0 * spacing_mm));
    let origin = centre - axes * half;
    let m = axes * spacing_mm;
    let rows = std::array::from_fn(|r| [m[(r, 0)], m[(r, 1)], m[(r, 2)], origin[r]]);
    let affine =
        Affine::from_rows(rows).map_err(|e| ModelError::Compute(crate::fault::Explained::text(&e)))?;
    Ok(Grid { dims: HEAD_DIMS, affine })
}
