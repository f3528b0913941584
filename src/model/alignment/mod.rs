//! Both images of a head into atlas space: an affine and a very smooth warp, fitted to the template on both
//! sequences together.

mod affine_fit;
pub(super) mod channel;
pub(super) mod lattice;
pub(super) mod placement;
mod warp;

use super::assessment::Sequence;
use super::error::ModelError;
use super::prepared::Aligned;
use super::recipe::{ATLAS_CENTRE_MM, Found, Recipe};
use super::template::Template;
use crate::text;
use crate::volume::{Affine, Grid, Volume, resample, smoothed};
use affine_fit::{Linear, Pair};
use channel::channel;
use lattice::Lattice;
use nalgebra::{Matrix3, Rotation3, Vector3};
use placement::Placement;
use warp::Field;

/// Spacing and size of the grid that a head is looked at on.
const HEAD_DIMS: [usize; 3] = [65, 77, 65];
/// Below this correlation with the template the images are no newborn's pair as the model knows them. Right pairs of
/// real newborns reach 0.40 to 0.63, pairs upside down, back to front, swapped or doubled at most 0.29.
const LEAST_FIT: f64 = 0.3;
/// Volume of a head's brain over the template's, and longest over shortest axis, that alignment may find.
const SCALES: [f64; 2] = [0.45, 1.9];
const MOST_STRETCH: f64 = 1.6;

impl Recipe {
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

/// Brain and CSF of the first template, ml.
const TEMPLATE_ML: f64 = 433.0;

fn head_grid(axes: &Matrix3<f64>, centre: &Vector3<f64>, spacing_mm: f64) -> Result<Grid, ModelError> {
    let half = Vector3::from(HEAD_DIMS.map(|n| (n as f64 - 1.0) / 2.0 * spacing_mm));
    let origin = centre - axes * half;
    let m = axes * spacing_mm;
    let rows = std::array::from_fn(|r| [m[(r, 0)], m[(r, 1)], m[(r, 2)], origin[r]]);
    let affine =
        Affine::from_rows(rows).map_err(|e| ModelError::Compute(crate::fault::Explained::text(&e)))?;
    Ok(Grid { dims: HEAD_DIMS, affine })
}
