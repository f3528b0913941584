//! What images are aligned to: the mean newborn of both sequences, and where its regions are.

use super::alignment::channel::channel;
use super::alignment::lattice::Lattice;
use super::prepared::Aligned;
use super::recipe::Recipe;
use super::region::{Region, White};
use super::sequence::PerSequence;

/// The mean newborn on the model grid in atlas space, first axis fastest. Quantised to bytes: it travels in the
/// bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Contrast channels (see `alignment`) in steps of [`Template::STEP`].
    pub channels: PerSequence<Vec<i8>>,
    /// Share of newborns with brain or CSF there, in 255ths.
    pub brain: Vec<u8>,
    pub regions: Vec<Region>,
}

/// T1w and T2w relative to white matter (20 newborns at term; `data/anatomy`'s table).
fn contrast(region: Region) -> Option<PerSequence<f32>> {
    let [t1, t2] = match region {
        Region::Outside => return None,
        Region::Csf => [0.82, 1.59],
        Region::Ventricle(_) => [0.82, 1.94],
        Region::Cortex(..) => [1.08, 0.74],
        Region::WhiteMatter(White::Frontal | White::Occipital, _) => [0.96, 1.14],
        Region::WhiteMatter(White::PosteriorLimb | White::Central, _) => [1.09, 0.80],
        Region::WhiteMatter(..) => [1.0, 1.0],
        Region::Thalamus(_) => [1.10, 0.73],
        Region::Lentiform(_) => [1.14, 0.70],
        Region::Caudate(_) => [1.10, 0.78],
        Region::Hippocampus(_) | Region::Amygdala(_) => [1.08, 0.76],
        Region::BasalForebrain(_) => [1.08, 0.78],
        Region::Brainstem => [1.17, 0.63],
        Region::Cerebellum(_) => [1.01, 0.83],
    };
    Some(PerSequence { T1w: t1, T2w: t2 })
}

impl Template {
    /// Channel value per step.
    pub const STEP: f32 = 0.02;

    /// The first template: every region with its usual contrast, blurred to the sharpness of an image.
    #[must_use]
    pub fn from_regions(regions: &[Region], recipe: &Recipe) -> Self {
        let dims = recipe.grid_dims;
        let brain: Vec<bool> = regions.iter().map(|r| *r != Region::Outside).collect();
        let channels = PerSequence::from_fn(|s| {
            let values: Vec<f32> = regions.iter().map(|r| contrast(*r).map_or(0.0, |c| *c.of(s))).collect();
            let mut lattice = Lattice::new(dims, recipe.spacing_mm, values);
            lattice.blur(1.5);
            quantised(&channel(&lattice, &brain, s).values)
        });
        let mut weight =
            Lattice::new(dims, recipe.spacing_mm, brain.iter().map(|b| f32::from(u8::from(*b))).collect());
        weight.blur(1.5);
        let brain = weight.values.iter().map(|w| (255.0 * w).round() as u8).collect();
        Self { channels, brain, regions: regions.to_vec() }
    }

    /// The next template: the mean of aligned newborns.
    #[must_use]
    pub fn of<'a>(&self, cohort: impl Iterator<Item = &'a PerSequence<Aligned>>, recipe: &Recipe) -> Self {
        let dims = recipe.grid_dims;
        let n: usize = dims.iter().product();
        let mut sums = PerSequence::from_fn(|_| vec![0.0_f32; n]);
        let (mut inside, mut count) = (vec![0.0_f32; n], 0.0_f32);
        for pair in cohort {
            count += 1.0;
            for (s, image) in pair.iter() {
                let lattice = Lattice::new(dims, recipe.spacing_mm, image.intensity.clone());
                let own = channel(&lattice, &image.brain, s).values;
                sums.of_mut(s).iter_mut().zip(own).for_each(|(sum, v)| *sum += v);
            }
            let brains = pair.T1w.brain.iter().zip(&pair.T2w.brain);
            inside.iter_mut().zip(brains).for_each(|(w, (a, b))| *w += f32::from(u8::from(*a || *b)));
        }
        if count == 0.0 {
            return self.clone();
        }
        let channels = sums.map(|sum| quantised(&sum.into_iter().map(|v| v / count).collect::<Vec<_>>()));
        let brain = inside.into_iter().map(|w| (255.0 * w / count).round() as u8).collect();
        Self { channels, brain, regions: self.regions.clone() }
    }
}

fn quantised(values: &[f32]) -> Vec<i8> {
    // `as` saturates.
    values.iter().map(|v| (v / Template::STEP).round() as i8).collect()
}
