//! Training of one branch: Burn's flex backend with autodiff, one thread per branch.

use super::detector::{Detectors, Family, Gram};
use crate::model::{Branch, Cells, HEAD, Layer, ModelError, Recipe, Weight, Weights, as_stored};
use crate::text;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// How a branch is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Schedule {
    /// At most so many; with 0 the kernels stay as they start.
    pub epochs: usize,
    /// Epochs without a better separation of the newborns kept out after which training ends.
    pub patience: usize,
    /// Families in a batch: each gives its healthy image, its rescan and a twin.
    pub batch: usize,
    /// Peak of the learning rate, reached after a tenth of the steps and then let down by a cosine.
    pub learning_rate: f64,
    pub weight_decay: f32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { epochs: 3, patience: 2, batch: 12, learning_rate: 3e-3, weight_decay: 1e-3 }
    }
}

/// Deviations from the atlas (first axis fastest) of one healthy newborn: as scanned, scanned again, and with
/// each pattern of injury.
#[derive(Debug, Clone)]
pub struct Images<'a> {
    pub healthy: &'a [f32],
    pub rescan: &'a [f32],
    pub twins: Vec<&'a [f32]>,
    /// Severity of each twin's injury, above 0.
    pub severity: &'a [f64],
}

impl<'a> Images<'a> {
    fn all(&self) -> impl Iterator<Item = &'a [f32]> {
        [self.healthy, self.rescan].into_iter().chain(self.twins.clone())
    }
}

/// A trained branch.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    pub weights: Weights,
    /// The heads that the first kernels would have: what training is measured against.
    pub untrained: Weights,
    /// Epochs whose kernels told the kept-out newborns' twins better than all before.
    pub accepted: usize,
    /// Separation of the newborns kept out (log of effect over spread) with the first and with the chosen
    /// kernels.
    pub separation: [f64; 2],
}

/// What all branches of a sequence have in common.
#[derive(Debug, Clone, Copy)]
pub struct Architecture<'a> {
    pub layers: &'a [Layer],
    pub recipe: &'a Recipe,
    pub cells: &'a Cells,
}

impl Architecture<'_> {
    /// Pooled features of an image: what heads weigh.
    ///
    /// # Errors
    /// `ModelError` when the kernels do not fit.
    pub fn pooled(&self, kernels: &Weights, images: &[&[f32]]) -> Result<Vec<Vec<f32>>, ModelError> {
        let device = Device::flex();
        let branch = Branch::from_weights(self.layers, self.cells, &self.with_zero_heads(kernels), &device)?;
        let pooled = |image: &&[f32]| {
            let features = branch.features(self.input(&[image], &device)).into_data();
            self.cells.pool(&features.iter::<f32>().collect::<Vec<f32>>())
        };
        Ok(images.iter().map(pooled).collect())
    }

    /// Pooled features of families.
    ///
    /// # Errors
    /// As [`Self::pooled`].
    pub fn families(&self, kernels: &Weights, newborns: &[&Images<'_>]) -> Result<Vec<Family>, ModelError> {
        let family = |images: &&Images<'_>| {
            let mut pooled = self.pooled(kernels, &images.all().collect::<Vec<_>>())?.into_iter();
            Ok(Family {
                healthy: pooled.next().unwrap_or_default(),
                rescan: pooled.next().unwrap_or_default(),
                twins: pooled.collect(),
                severity: images.severity.to_vec(),
            })
        };
        newborns.iter().map(family).collect()
    }

    /// Kernels with detectors as heads.
    #[must_use]
    pub fn with_heads(&self, kernels: &Weights, detectors: &Detectors) -> Weights {
        let channels = self.layers.last().map_or(Recipe::CHANNELS, |l| l.channels_out);
        let shape = vec![detectors.weights.len(), channels, self.cells.pairs.len()];
        let mut weights = kernels.clone();
        weights.insert(
            HEAD[0].into(),
            Weight { shape, values: detectors.weights.concat().into_iter().map(as_stored).collect() },
        );
        let bias = Weight { shape: vec![detectors.bias.len()], values: detectors.bias.clone() };
        weights.insert(HEAD[1].into(), bias);
        weights
    }

    fn with_zero_heads(&self, kernels: &Weights) -> Weights {
        let channels = self.layers.last().map_or(Recipe::CHANNELS, |l| l.channels_out);
        let mut weights = kernels.clone();
        let values = vec![0.0; channels * self.cells.pairs.len()];
        weights.insert(HEAD[0].into(), Weight { shape: vec![1, channels, self.cells.pairs.len()], values });
        weights.insert(HEAD[1].into(), Weight { shape: vec![1], values: vec![0.0] });
        weights
    }

    /// Images (first axis fastest) as one batch `[batch, 1, z, y, x]`.
    fn input(&self, images: &[&[f32]], device: &Device) -> Tensor<5> {
        let [nx, ny, nz] = self.recipe.grid_dims;
        let values = images.concat();
        Tensor::from_data(TensorData::new(values, [images.len(), Recipe::CHANNELS, nz, ny, nx]), device)
    }
}

/// Trains a branch. Everything follows from `seed`; `after_step` hears the loss.
///
/// Kernels start as local means ([`initial_kernels`]), with which a head is a linear detector on the smoothed
/// deviations; `start` are the families' features with these. Then the kernels descend on the ratio of what
/// healthy newborns and their rescans vary by to what twins differ by. Heads are never descended on: they are
/// solved ([`Gram::solve`]) on one half of the newborns while the kernels learn from the other, and the other
/// way round, because a head has always told apart what it was solved on. A fifth of the newborns is kept out
/// of all that and says after each epoch whether the kernels have become better; the best ones, which may be the
/// first, get heads solved on all newborns.
///
/// # Errors
/// `ModelError` when the layers do not form a network or training leaves the finite numbers.
pub fn train_branch(
    architecture: &Architecture<'_>,
    newborns: &[Images<'_>],
    start: Vec<Family>,
    schedule: Schedule,
    seed: u64,
    device: &Device,
    mut after_step: impl FnMut(f32),
) -> Result<Trained, ModelError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let device = device.clone().autodiff();
    let everyone: Vec<usize> = (0..newborns.len()).collect();
    let mut kernels = initial_kernels(architecture.layers);
    let untrained = architecture.with_heads(&kernels, &Gram::of(&start).solve(&everyone));
    let mut order = everyone.clone();
    order.shuffle(&mut rng);
    let watched = order.split_off(newborns.len() - newborns.len() / 5);
    let judge = |families: &[Family]| {
        let gram = Gram::of(families);
        gram.separation(&order, gram.solve(&order).shrinkage, &watched)
    };
    let first = judge(&start);
    if schedule.epochs == 0 {
        return Ok(Trained { weights: untrained.clone(), untrained, accepted: 0, separation: [first; 2] });
    }
    let (mut best, mut accepted, mut stale) = (first, 0, 0);
    let mut chosen = start;
    let mut branch = Branch::from_weights(architecture.layers, architecture.cells, &untrained, &device)?;
    let mut optimizer = AdamWConfig::new().with_weight_decay(schedule.weight_decay).init();
    let own = order.len();
    let total = (schedule.epochs * steps_per_epoch(newborns.len(), schedule.batch)) as f64;
    let mut step = 0_usize;
    let mut shuffled = order.clone();
    for _ in 0..schedule.epochs {
        shuffled.shuffle(&mut rng);
        let halves = shuffled.split_at(own / 2);
        for (solved_on, learnt_from) in [halves, (halves.1, halves.0)] {
            let images: Vec<&Images<'_>> = solved_on.iter().map(|i| &newborns[*i]).collect();
            let half = architecture.families(&branch.kernels(), &images)?;
            let detectors = Gram::of(&half).solve(&(0..half.len()).collect::<Vec<_>>());
            branch =
                branch.with_heads(architecture.cells, &architecture.with_heads(&Weights::new(), &detectors));
            for chunk in learnt_from.chunks(schedule.batch).filter(|chunk| chunk.len() > 2) {
                let pattern = step % detectors.weights.len();
                let loss = loss(architecture, &branch, chunk, newborns, pattern, &device);
                let gradients = GradientsParams::from_grads(loss.backward(), &branch);
                let rate = learning_rate(schedule.learning_rate, step as f64, total);
                branch = optimizer.step(rate, branch, gradients);
                step += 1;
                let value = loss.into_data().iter::<f32>().next().unwrap_or(f32::NAN);
                if !value.is_finite() {
                    return Err(ModelError::Compute(text!("training left the finite numbers")));
                }
                after_step(value);
            }
        }
        let images: Vec<&Images<'_>> = newborns.iter().collect();
        let families = architecture.families(&branch.kernels(), &images)?;
        let separation = judge(&families);
        if separation > best {
            (best, chosen, kernels) = (separation, families, branch.kernels());
            accepted += 1;
            stale = 0;
        } else {
            stale += 1;
            if stale >= schedule.patience {
                break;
            }
        }
    }
    let weights = architecture.with_heads(&kernels, &Gram::of(&chosen).solve(&everyone));
    Ok(Trained { weights, untrained, accepted, separation: [first, best] })
}

/// Steps of an epoch on so many newborns, at most.
#[must_use]
pub fn steps_per_epoch(newborns: usize, batch: usize) -> usize {
    2 * (newborns - newborns / 5).div_ceil(2).div_ceil(batch)
}

/// Log of the variance of healthy newborns and of their rescans over the squared mean effect of twins.
fn loss(
    architecture: &Architecture<'_>,
    branch: &Branch,
    chunk: &[usize],
    newborns: &[Images<'_>],
    pattern: usize,
    device: &Device,
) -> Tensor<1> {
    let n = chunk.len();
    let own = || chunk.iter().map(|i| &newborns[*i]);
    let images: Vec<&[f32]> = own()
        .map(|f| f.healthy)
        .chain(own().map(|f| f.rescan))
        .chain(own().map(|f| f.twins[pattern]))
        .collect();
    let logits = branch.logits(branch.features(architecture.input(&images, device)));
    let of = |kind: usize| logits.clone().slice([kind * n..(kind + 1) * n, pattern..pattern + 1]);
    let (healthy, rescan, twin) = (of(0), of(1), of(2));
    let by_severity: Vec<f32> = own().map(|f| (1.0 / f.severity[pattern]) as f32).collect();
    let by_severity = Tensor::<2>::from_data(TensorData::new(by_severity, [n, 1]), device);
    let effect = ((twin - healthy.clone()) * by_severity).mean();
    let variance = healthy.clone().sub(healthy.clone().mean().reshape([1, 1])).powi_scalar(2).mean();
    let repeated = (rescan - healthy).powi_scalar(2).mean() / 2.0;
    (variance + repeated).add_scalar(1e-4).log() - effect.clamp_min(1e-2).log() * 2.0
}

fn learning_rate(peak: f64, step: f64, total: f64) -> f64 {
    let warm = total / 10.0;
    if step < warm {
        peak * (step + 1.0) / warm.max(1.0)
    } else {
        peak * 0.5 * (1.0 + (std::f64::consts::PI * (step - warm) / (total - warm)).cos())
    }
    .clamp(peak * 1e-3, peak)
}

/// The first layer's channels, each once for what is above and once for what is below the usual: width of the
/// local mean in voxels, width of a wider one to be taken off it (0: none), and what must be exceeded.
const FIRST: [[f32; 3]; 4] = [[1.5, 0.0, 0.0], [0.8, 0.0, 0.8], [0.8, 2.5, 0.0], [2.5, 0.0, 0.3]];

/// Kernels that start as local means (Gaussians) of what is above and what is below the usual; deeper layers pass
/// on what they get.
#[must_use]
pub fn initial_kernels(layers: &[Layer]) -> Weights {
    let mut weights = Weights::new();
    for (i, l) in layers.iter().enumerate() {
        let (k, cube) = (l.kernel, l.kernel.pow(3));
        let mut values = Vec::with_capacity(l.channels_out * l.channels_in * cube);
        for out in 0..l.channels_out {
            let [narrow, wide, _] = FIRST[out / 2 % FIRST.len()];
            let sign = if out % 2 == 1 { -1.0 } else { 1.0 };
            for input in 0..l.channels_in {
                if i == 0 {
                    let wide = if wide > 0.0 { gaussian(k, wide) } else { vec![0.0; cube] };
                    values.extend(gaussian(k, narrow).iter().zip(wide).map(|(n, w)| sign * (n - w)));
                } else {
                    values.extend((0..cube).map(|tap| f32::from(u8::from(input == out && tap == cube / 2))));
                }
            }
        }
        let shape = vec![l.channels_out, l.channels_in, k, k, k];
        weights.insert(format!("conv{i}.weight"), Weight { shape, values });
        let exceeded = |out: usize| if i == 0 { -FIRST[out / 2 % FIRST.len()][2] } else { 0.0 };
        let values = (0..l.channels_out).map(exceeded).collect();
        weights.insert(format!("conv{i}.bias"), Weight { shape: vec![l.channels_out], values });
    }
    weights
}

/// A Gaussian over a cube of `k` voxels, with sum 1.
fn gaussian(k: usize, sigma: f32) -> Vec<f32> {
    let middle = (k as f32 - 1.0) / 2.0;
    let along: Vec<f32> = (0..k).map(|i| (-0.5 * ((i as f32 - middle) / sigma).powi(2)).exp()).collect();
    let sum = along.iter().sum::<f32>().powi(3);
    (0..k.pow(3)).map(|tap| along[tap % k] * along[tap / k % k] * along[tap / (k * k)] / sum).collect()
}
