//! Both images of a head into atlas space: an affine and a very smooth warp, fitted to the template on both
//! sequences together.

mod affine_fit;
pub(super) mod channel;
pub(super) mod lattice;
pub(super) mod placement;
mod warp;

use super::error::ModelError;
use super::prepared::Aligned;
use super::recipe::{ATLAS_CENTRE_MM, Found, Recipe};
use super::sequence::{PerSequence, Sequence};
use super::template::Template;
use crate::text;
use crate::volume::{Affine, Grid, Volume, resample, smoothed};
use affine_fit::{Linear, Target};
use channel::channel;
use lattice::{Lattice, median};
use nalgebra::{Matrix3, Rotation3, Vector3};
use placement::Placement;
use warp::Field;

/// Spacing and size of the grid that a head is looked at on.
const HEAD_DIMS: [usize; 3] = [65, 77, 65];
/// The same head at twice the spacing, for first looks.
const COARSE_HEAD_DIMS: [usize; 3] = [33, 39, 33];
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
    pub fn align(
        &self,
        images: PerSequence<&Volume>,
        template: &Template,
    ) -> Result<PerSequence<Aligned>, ModelError> {
        let smooth = images.map(|image| smoothed(image, self.spacing_mm));
        let fixed = |values: Vec<f32>| Lattice::new(self.grid_dims, self.spacing_mm, values);
        let of_template =
            |s: Sequence| template.channels.of(s).iter().map(|v| f32::from(*v) * Template::STEP).collect();
        let brain = template.brain.iter().map(|w| f32::from(*w) / 255.0).collect();
        let mean = [fixed(of_template(Sequence::T1w)), fixed(of_template(Sequence::T2w)), fixed(brain)];
        let target = Target::of(&mean);
        let Looks { looks, without_brain } = self.first_looks(&smooth, &target, &mean[2])?;
        let mut best: Option<(f64, View, Linear)> = None;
        for look in looks {
            let linear = look.linear;
            let mut view = View::of(self.spacing_mm, HEAD_DIMS, &smooth, look.masks.as_ref())?;
            if look.anew {
                view.look_again(&linear, &mean[2]);
            }
            // Scalp and skull that were taken for brain, or brain that was not: the atlas knows better.
            let (linear, _) = affine_fit::refine(&target, &view.channels, linear);
            view.look_again(&linear, &mean[2]);
            let (linear, fit) = affine_fit::refine(&target, &view.channels, linear);
            if best.as_ref().is_none_or(|b| fit > b.0) {
                best = Some((fit, view, linear));
            }
            if fit > GOOD_FIT {
                break;
            }
        }
        // An image in which no brain was found at all may still be of a newborn whose other image shows where it is.
        let refuse = |reason| Err(without_brain.clone().unwrap_or(ModelError::NotAligned { reason }));
        let Some((fit, view, linear)) = best else { return refuse(text!("no brain was found")) };
        let scales = linear.matrix.singular_values();
        let stretch = scales.max() / scales.min().max(1e-6);
        let volume = linear.matrix.determinant();
        let Some(inverse) = linear
            .matrix
            .try_inverse()
            .filter(|_| (SCALES[0]..=SCALES[1]).contains(&volume) && stretch <= MOST_STRETCH)
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
        let field = Field::fit(&mean, &view.channels, &linear);
        let place = |s: Sequence| Placement {
            atlas_centre: Vector3::from(ATLAS_CENTRE_MM),
            image_centre: *view.centres.of(s),
            axes: view.axes,
            linear,
            inverse,
            field: field.clone(),
            fit,
        };
        Ok(PerSequence::from_fn(|s| self.bring(smooth.of(s), place(s), volume * TEMPLATE_ML, template)))
    }

    /// The head by the brain mask that fits the template best, with the coarse fit; then, where that is not good, by
    /// the mask drawn anew from where the head seems to lie. On heads with their scalp one threshold is not right for
    /// all.
    fn first_looks(
        &self,
        smooth: &PerSequence<Volume>,
        target: &Target,
        brain: &Lattice,
    ) -> Result<Looks, ModelError> {
        let (mut plain, mut anew): (Option<Look>, Option<Look>) = (None, None);
        let keep = |best: &mut Option<Look>,
                    masks: PerSequence<&Found>,
                    (linear, fit): (Linear, f64),
                    anew: bool| {
            if best.as_ref().is_none_or(|b| fit > b.fit) {
                *best = Some(Look { fit, masks: masks.map(Clone::clone), linear, anew });
            }
        };
        let mut refusals: PerSequence<Option<ModelError>> = PerSequence::default();
        let mut seen = PerSequence { T1w: false, T2w: false };
        let coarse = PerSequence::from_fn(|s| self.coarse(smooth.of(s), s));
        'masks: for (fraction, erosion) in MASKS {
            let found = PerSequence::from_fn(|s| match coarse.of(s) {
                Ok(coarse) => self.find(coarse, fraction, erosion),
                Err(error) => Err(error.clone()),
            });
            for (s, found) in found.iter() {
                match found {
                    Ok(_) => *seen.of_mut(s) = true,
                    Err(error) => _ = refusals.of_mut(s).get_or_insert_with(|| error.clone()),
                }
            }
            let twice = |found| PerSequence { T1w: found, T2w: found };
            let pairs = match (&found.T1w, &found.T2w) {
                (Ok(t1), Ok(t2)) => vec![PerSequence { T1w: t1, T2w: t2 }, twice(t1), twice(t2)],
                (Ok(one), _) | (_, Ok(one)) => vec![twice(one)],
                _ => vec![],
            };
            for masks in pairs {
                let mut view = View::of(2.0 * self.spacing_mm, COARSE_HEAD_DIMS, smooth, masks)?;
                let size =
                    (masks.T2w.brain_ml.max(masks.T1w.brain_ml) / TEMPLATE_ML).cbrt().clamp(0.75, 1.25);
                let starts = [0.0_f64, 12.0, -12.0].map(|pitch| {
                    let turn = Rotation3::from_axis_angle(&Vector3::x_axis(), pitch.to_radians());
                    Linear { matrix: turn.matrix() * size, shift: Vector3::zeros() }
                });
                let (mut linear, mut fit) = affine_fit::coarse(target, &view.channels, &starts);
                keep(&mut plain, masks, (linear, fit), false);
                if fit > GOOD_FIT {
                    break 'masks;
                }
                for _ in 0..LOOKS_AGAIN {
                    view.look_again(&linear, brain);
                    let before = fit;
                    (linear, fit) = affine_fit::coarse(target, &view.channels, &[linear]);
                    keep(&mut anew, masks, (linear, fit), true);
                    if fit <= before {
                        break;
                    }
                }
            }
        }
        let unseen = |s: Sequence| refusals.of(s).clone().filter(|_| !seen.of(s));
        let without_brain = Sequence::BOTH.into_iter().find_map(unseen);
        match without_brain {
            Some(refusal) if plain.is_none() => Err(refusal),
            without_brain => {
                Ok(Looks { looks: [plain, anew].into_iter().flatten().collect(), without_brain })
            }
        }
    }

    /// An image's voxels on the model grid in atlas space; brain is what is brain in the atlas and no air.
    fn bring(&self, smooth: &Volume, placement: Placement, brain_ml: f64, template: &Template) -> Aligned {
        let grid = self.atlas_grid();
        let [nx, ny, _] = grid.dims;
        let cells: usize = grid.dims.iter().product();
        let mut intensity = vec![0.0; cells];
        for i in (0..cells).filter(|i| template.brain[*i] > 0) {
            let at = [i % nx, i / nx % ny, i / (nx * ny)].map(|v| v as f64);
            let mm = placement.to_image(grid.affine.to_world(at));
            intensity[i] = smooth.sample(smooth.affine().to_voxel(mm)).unwrap_or(0.0);
        }
        let within = |i: usize| template.brain[i] > 110;
        let air = AIR * median((0..cells).filter(|i| within(*i)).map(|i| intensity[i]).collect());
        let brain = (0..cells).map(|i| within(i) && intensity[i] > air).collect();
        Aligned { intensity, brain, brain_ml, placement }
    }
}

/// Thresholds (see [`Recipe::foreground_fraction`]) and voxels of erosion that are tried.
const MASKS: [(f32, usize); 5] = [(0.52, 3), (0.52, 4), (0.65, 3), (0.75, 4), (0.4, 5)];
/// With this correlation no other mask is tried.
const GOOD_FIT: f64 = 0.45;
/// Times that a mask is drawn anew from where the head seems to lie.
const LOOKS_AGAIN: usize = 3;
/// Of the median of the brain: what is darker is air or was cut off.
const AIR: f32 = 0.25;

/// Where a head seems to lie, the likeliest first.
struct Looks {
    looks: Vec<Look>,
    /// Why one of the images has no brain of its own by any mask.
    without_brain: Option<ModelError>,
}

/// Where a head seems to lie at the coarsest level.
struct Look {
    fit: f64,
    masks: PerSequence<Found>,
    linear: Linear,
    /// Found with masks that were drawn anew.
    anew: bool,
}

/// A head on its own grid, along the image's axes.
struct View {
    /// T1w and T2w contrast, outline of the brain.
    channels: [Lattice; 3],
    /// Both images' voxels.
    images: PerSequence<Lattice>,
    /// RAS mm of the grid's centre in each image.
    centres: PerSequence<Vector3<f64>>,
    axes: Matrix3<f64>,
}

impl View {
    fn of(
        spacing_mm: f64,
        dims: [usize; 3],
        smooth: &PerSequence<Volume>,
        found: PerSequence<&Found>,
    ) -> Result<Self, ModelError> {
        let axes = found.T2w.axes;
        let centre = found.T2w.centre;
        // Two files of one visit share the scanner's millimetres unless somebody moved far or a header lies.
        let apart = axes.transpose() * (found.T1w.centre - centre);
        let own_shift = if apart.norm() > 8.0 { apart } else { Vector3::zeros() };
        let centres = PerSequence { T1w: centre + axes * own_shift, T2w: centre };
        let grids = PerSequence::try_from_fn(|s| head_grid(&axes, centres.of(s), spacing_mm, dims))?;
        let lattice = |values: Vec<f32>| Lattice::new(dims, spacing_mm, values);
        let images =
            PerSequence::from_fn(|s| lattice(resample(smooth.of(s), grids.of(s), 0.0).into_voxels()));
        let brains = PerSequence::from_fn(|s| {
            let mask = resample(&found.of(s).mask, grids.of(s), 0.0);
            mask.voxels().iter().map(|v| *v > 0.5).collect::<Vec<bool>>()
        });
        let channels = Self::channels(&images, &brains);
        Ok(Self { channels, images, centres, axes })
    }

    fn channels(images: &PerSequence<Lattice>, brains: &PerSequence<Vec<bool>>) -> [Lattice; 3] {
        let either = brains.T1w.iter().zip(&brains.T2w).map(|(a, b)| f32::from(u8::from(*a || *b))).collect();
        let mut outline = Lattice::new(images.T1w.dims, images.T1w.spacing_mm, either);
        outline.blur(1.5);
        let of = |s: Sequence| channel(images.of(s), brains.of(s), s);
        [of(Sequence::T1w), of(Sequence::T2w), outline]
    }

    /// Takes for brain what `linear` says is brain in the atlas, a voxel around it, and no air.
    fn look_again(&mut self, linear: &Linear, brain: &Lattice) {
        let Some(inverse) = linear.matrix.try_inverse() else { return };
        let centre = brain.dims.map(|n| (n as f64 - 1.0) / 2.0);
        let Lattice { dims, spacing_mm, .. } = self.images.T1w;
        let own_centre = dims.map(|n| (n as f64 - 1.0) / 2.0);
        let [nx, ny, _] = dims;
        let within: Vec<bool> = (0..dims.iter().product())
            .map(|i: usize| {
                let at = [i % nx, i / nx % ny, i / (nx * ny)];
                let mm = Vector3::from(std::array::from_fn::<f64, 3, _>(|a| {
                    (at[a] as f64 - own_centre[a]) * spacing_mm
                }));
                let x = inverse * (mm - linear.shift);
                // To the nearest voxel.
                let voxel: [f64; 3] = std::array::from_fn(|a| x[a] / brain.spacing_mm + centre[a] + 0.5);
                let inside = (0..3).all(|a| voxel[a] >= 0.0 && voxel[a] < brain.dims[a] as f64);
                let [x, y, z] = voxel.map(|v| v as usize);
                inside && brain.values[x + brain.dims[0] * (y + brain.dims[1] * z)] > 0.3
            })
            .collect();
        let brains = PerSequence::from_fn(|s| {
            let values = &self.images.of(s).values;
            let inside = values.iter().zip(&within).filter(|(_, w)| **w).map(|(v, _)| *v);
            let air = AIR * median(inside.collect());
            values.iter().zip(&within).map(|(v, w)| *w && *v > air).collect::<Vec<bool>>()
        });
        self.channels = Self::channels(&self.images, &brains);
    }
}

/// Brain and CSF of the first template, ml.
const TEMPLATE_ML: f64 = 433.0;

fn head_grid(
    axes: &Matrix3<f64>,
    centre: &Vector3<f64>,
    spacing_mm: f64,
    dims: [usize; 3],
) -> Result<Grid, ModelError> {
    let half = Vector3::from(dims.map(|n| (n as f64 - 1.0) / 2.0 * spacing_mm));
    let origin = centre - axes * half;
    let m = axes * spacing_mm;
    let rows = std::array::from_fn(|r| [m[(r, 0)], m[(r, 1)], m[(r, 2)], origin[r]]);
    let affine =
        Affine::from_rows(rows).map_err(|e| ModelError::Compute(crate::fault::Explained::text(&e)))?;
    Ok(Grid { dims, affine })
}
