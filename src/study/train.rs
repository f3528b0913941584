//! Training of one branch: Burn's flex backend with autodiff, one thread per branch.

use super::ridge::ridge_logistic;
use crate::model::{Branch, Layer, ModelError, PLACES, Recipe, Weight, Weights};
use crate::nomogram::softplus;
use crate::text;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use nalgebra::{DMatrix, DVector};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use serde::Serialize;

/// How a branch is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Schedule {
    /// At most so many.
    pub epochs: usize,
    /// Epochs without a better loss on the inner split after which training ends.
    pub patience: usize,
    pub batch: usize,
    /// Peak of the learning rate, reached after a tenth of the steps and then let down by a cosine.
    pub learning_rate: f64,
    pub weight_decay: f32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { epochs: 10, patience: 3, batch: 8, learning_rate: 1e-3, weight_decay: 1e-2 }
    }
}

/// One training image: its deviation from the atlas (first axis fastest) and whether the newborn has HIE.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    pub values: &'a [f32],
    pub event: bool,
}

/// Trains a branch. Everything follows from `seed`; `after_step` hears the loss.
///
/// Kernels start as local means ([`initial_kernels`]) and the head as the ridge solution on what they
/// give; then all weights learn together on augmented images. A fifth of the samples is kept out of that
/// and says after each epoch whether the kernels have become better (early stopping); the best ones, which
/// may be the first, get a head solved on all samples. With two hundred newborns and thousands of head
/// weights, the penalty must be right from the first step: plain descent from random weights stayed at
/// chance.
///
/// # Errors
/// `ModelError` when the layers do not form a network or training leaves the finite numbers.
pub fn train_branch(
    layers: &[Layer],
    recipe: &Recipe,
    samples: &[Sample<'_>],
    schedule: Schedule,
    seed: u64,
    device: &Device,
    mut after_step: impl FnMut(f32),
) -> Result<Weights, ModelError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let device = device.clone().autodiff();
    let solve = |kernels: &Weights, samples: &[Sample<'_>]| solve_head(kernels, layers, recipe, samples);
    let mut kernels = initial_kernels(layers, &mut rng);
    if schedule.epochs > 0 {
        let (own, inner) = inner_split(samples, &mut rng);
        let (mut weights, scale) = solve(&kernels, &own)?;
        let mut least = inner_loss(&weights, layers, recipe, &inner)?;
        scale.unfold_from_head(&mut weights);
        let mut branch = Branch::from_weights(layers, &weights, &device)?;
        let mut optimizer = AdamWConfig::new().with_weight_decay(schedule.weight_decay).init();
        let total = (schedule.epochs * own.len().div_ceil(schedule.batch)) as f64;
        let mut order: Vec<usize> = (0..own.len()).collect();
        let (mut step, mut stale) = (0, 0);
        for _ in 0..schedule.epochs {
            order.shuffle(&mut rng);
            for chunk in order.chunks(schedule.batch) {
                let images: Vec<Vec<f32>> =
                    chunk.iter().map(|i| augment(own[*i].values, recipe.grid_dims, &mut rng)).collect();
                let outcome: Vec<f32> = chunk.iter().map(|i| f32::from(u8::from(own[*i].event))).collect();
                let y = Tensor::from_data(TensorData::new(outcome, [chunk.len(), 1]), &device);
                let pooled = branch.pool(branch.features(input(&images, recipe, &device)));
                let loss = cross_entropy(branch.head(scale.standardise(pooled)), y);
                let gradients = GradientsParams::from_grads(loss.backward(), &branch);
                let rate = learning_rate(schedule.learning_rate, f64::from(step), total);
                branch = optimizer.step(rate, branch, gradients);
                step += 1;
                after_step(loss.into_data().iter::<f32>().next().unwrap_or(f32::NAN));
            }
            let (candidate, _) = solve(&branch.weights(), &own)?;
            let loss = inner_loss(&candidate, layers, recipe, &inner)?;
            if loss < least {
                (least, kernels, stale) = (loss, candidate, 0);
            } else {
                stale += 1;
                if stale >= schedule.patience {
                    break;
                }
            }
        }
    }
    Ok(solve(&kernels, samples)?.0)
}

/// Share of a fold's samples that early stopping watches.
const INNER_SHARE: f64 = 0.2;

/// Splits samples class by class: those to train on and those to watch.
fn inner_split<'a>(samples: &[Sample<'a>], rng: &mut ChaCha8Rng) -> (Vec<Sample<'a>>, Vec<Sample<'a>>) {
    let (mut own, mut inner) = (Vec::new(), Vec::new());
    for class in [false, true] {
        let mut members: Vec<Sample<'a>> = samples.iter().filter(|s| s.event == class).copied().collect();
        members.shuffle(rng);
        // In small cohorts one at least, as long as one is left to train on.
        let share = (members.len() as f64 * INNER_SHARE).round() as usize;
        let kept = share.max(1).min(members.len().saturating_sub(1));
        inner.extend(members.drain(..kept));
        own.extend(members);
    }
    (own, inner)
}

/// Mean cross-entropy of a branch on samples.
fn inner_loss(
    weights: &Weights,
    layers: &[Layer],
    recipe: &Recipe,
    samples: &[Sample<'_>],
) -> Result<f64, ModelError> {
    let pooled = pooled(layers, weights, recipe, samples)?;
    let head: Vec<f64> = weights["head.weight"].values.iter().map(|w| f64::from(*w)).collect();
    let bias = f64::from(weights["head.bias"].values[0]);
    let logits = pooled * DVector::from_vec(head);
    let losses = logits
        .iter()
        .zip(samples)
        .map(|(z, sample)| softplus(if sample.event { -z - bias } else { z + bias }));
    Ok(losses.sum::<f64>() / samples.len().max(1) as f64)
}

/// Images (first axis fastest) as one batch `[batch, 1, z, y, x]`.
fn input<V: AsRef<[f32]>>(images: &[V], recipe: &Recipe, device: &Device) -> Tensor<5> {
    let [nx, ny, nz] = recipe.grid_dims;
    let values = images.iter().flat_map(AsRef::as_ref).copied().collect::<Vec<f32>>();
    Tensor::from_data(TensorData::new(values, [images.len(), Recipe::CHANNELS, nz, ny, nx]), device)
}

/// Pooled features of every sample, `[samples, channels * PLACES]`.
fn pooled(
    layers: &[Layer],
    weights: &Weights,
    recipe: &Recipe,
    samples: &[Sample<'_>],
) -> Result<DMatrix<f64>, ModelError> {
    let device = Device::flex();
    let branch = Branch::from_weights(layers, weights, &device)?;
    let rows = samples.iter().flat_map(|sample| {
        branch
            .pool(branch.features(input(&[sample.values], recipe, &device)))
            .into_data()
            .iter::<f32>()
            .map(f64::from)
            .collect::<Vec<f64>>()
    });
    let values: Vec<f64> = rows.collect();
    Ok(DMatrix::from_row_slice(samples.len(), values.len() / samples.len().max(1), &values))
}

/// The kernels with the ridge solution on their pooled features as head, and those features' scale.
fn solve_head(
    kernels: &Weights,
    layers: &[Layer],
    recipe: &Recipe,
    samples: &[Sample<'_>],
) -> Result<(Weights, PooledScale), ModelError> {
    let mut x = pooled(layers, kernels, recipe, samples)?;
    let scale = PooledScale::of(&x);
    for (j, mut column) in x.column_iter_mut().enumerate() {
        column.add_scalar_mut(-f64::from(scale.mean[j]));
        column.scale_mut(1.0 / f64::from(scale.deviation));
    }
    let outcome: Vec<bool> = samples.iter().map(|s| s.event).collect();
    // As much as a subject's mean squared feature length: the scale of the penalty follows the features.
    let penalty = x.norm_squared() / samples.len() as f64 * PENALTY;
    let ridge = ridge_logistic(&x, &outcome, penalty)
        .ok_or_else(|| ModelError::Compute(text!("training left the finite numbers")))?;
    let values = ridge.weights.iter().map(|w| *w as f32).collect();
    let mut weights = kernels.clone();
    weights.insert("head.weight".into(), Weight { shape: vec![x.ncols(), 1], values });
    weights.insert("head.bias".into(), Weight { shape: vec![1], values: vec![ridge.intercept as f32] });
    scale.fold_into_head(&mut weights);
    Ok((weights, scale))
}

/// Mean of each pooled feature over the training samples, and one deviation common to all.
///
/// A lesion fills a hundredth of the cells, so the pooled features of two newborns differ little; the
/// head learns on standardised ones. The standardisation is affine and is folded into the head's weights
/// at the end: what is shipped is pooling and a linear head.
struct PooledScale {
    mean: Vec<f32>,
    deviation: f32,
}

impl PooledScale {
    fn of(pooled: &DMatrix<f64>) -> Self {
        let mean = pooled.row_mean();
        let variance = pooled.row_variance().mean();
        Self { mean: mean.iter().map(|m| *m as f32).collect(), deviation: variance.sqrt().max(1e-12) as f32 }
    }

    fn standardise(&self, pooled: Tensor<2>) -> Tensor<2> {
        let mean = TensorData::new(self.mean.clone(), [1, self.mean.len()]);
        let device = pooled.device();
        (pooled - Tensor::from_data(mean, &device)) / self.deviation
    }

    /// `w . (x - m) / s + b` as one linear map of `x`.
    fn fold_into_head(&self, weights: &mut Weights) {
        self.change_head(weights, |w| w / self.deviation, |w, m| -w * m);
    }

    /// The way back.
    fn unfold_from_head(&self, weights: &mut Weights) {
        self.change_head(weights, |w| w * self.deviation, |w, m| w * m / self.deviation);
    }

    /// Rescales every weight and adds to the bias what the new weights and the means give.
    fn change_head(
        &self,
        weights: &mut Weights,
        rescale: impl Fn(f32) -> f32,
        shift: impl Fn(f32, f32) -> f32,
    ) {
        let mut moved = 0.0;
        if let Some(head) = weights.get_mut("head.weight") {
            for (w, m) in head.values.iter_mut().zip(&self.mean) {
                *w = rescale(*w);
                moved += f64::from(shift(*w, *m));
            }
        }
        if let Some(bias) = weights.get_mut("head.bias") {
            bias.values.iter_mut().for_each(|b| *b += moved as f32);
        }
    }
}

/// Mean of `log(1 + exp(z)) - y z`, written so that it cannot overflow.
fn cross_entropy(logit: Tensor<2>, outcome: Tensor<2>) -> Tensor<1> {
    let softplus = relu(logit.clone()) + (-logit.clone().abs()).exp().add_scalar(1.0).log();
    (softplus - logit * outcome).mean()
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

/// Kernels that start as local means of what is above and what is below the usual (even and odd
/// channels), each pair beyond a higher threshold, with noise to part them; the head is zero.
fn initial_kernels(layers: &[Layer], rng: &mut ChaCha8Rng) -> Weights {
    let mut weights = Weights::new();
    let mut channels = Recipe::CHANNELS;
    for (i, l) in layers.iter().enumerate() {
        let cube = l.kernel.pow(3);
        let noise = Normal::new(0.0, NOISE * (2.0 / (l.channels_in * cube) as f32).sqrt());
        let noise = noise.expect("a finite positive deviation");
        let mut values = Vec::with_capacity(l.channels_out * l.channels_in * cube);
        for out in 0..l.channels_out {
            for input in 0..l.channels_in {
                // A stride averages what it skips; without one, the voxel itself goes on.
                let own = i == 0 || out % l.channels_in == input || input % l.channels_out == out;
                let share = l.channels_out as f32 / l.channels_in.max(l.channels_out) as f32;
                let sign = if i == 0 && out % 2 == 1 { -1.0 } else { 1.0 };
                let mean = |tap: usize| match (own, l.stride > 1, tap == cube / 2) {
                    (true, true, _) => sign * share / cube as f32,
                    (true, false, true) => sign * share,
                    _ => 0.0,
                };
                values.extend((0..cube).map(|tap| mean(tap) + noise.sample(rng)));
            }
        }
        let shape = vec![l.channels_out, l.channels_in, l.kernel, l.kernel, l.kernel];
        weights.insert(format!("conv{i}.weight"), Weight { shape, values });
        let threshold = |out: usize| if i == 0 { -THRESHOLD * (out / 2) as f32 } else { 0.0 };
        let values = (0..l.channels_out).map(threshold).collect();
        weights.insert(format!("conv{i}.bias"), Weight { shape: vec![l.channels_out], values });
        channels = l.channels_out;
    }
    let zeros = Weight { shape: vec![channels * PLACES, 1], values: vec![0.0; channels * PLACES] };
    weights.insert("head.weight".into(), zeros);
    weights.insert("head.bias".into(), Weight { shape: vec![1], values: vec![0.0] });
    weights
}

/// Noise of the first kernels, as a share of He's.
const NOISE: f32 = 0.1;

/// Step between the first layer's thresholds, in standard deviations of the usual.
const THRESHOLD: f32 = 0.4;

/// The head's ridge penalty, as a share of the mean squared length of a subject's features.
const PENALTY: f64 = 0.6;

/// Mirrors left and right half of the time, shifts by up to a voxel, varies contrast and adds noise.
fn augment(values: &[f32], dims: [usize; 3], rng: &mut ChaCha8Rng) -> Vec<f32> {
    let [nx, ny, nz] = dims;
    let mirror: bool = rng.random();
    let shift: [isize; 3] = std::array::from_fn(|_| rng.random_range(-1_i32..=1) as isize);
    let contrast: f32 = rng.random_range(0.9..1.1);
    let noise = Normal::new(0.0_f32, 0.08).expect("a finite positive deviation");
    let mut out = Vec::with_capacity(values.len());
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let from = |i: usize, s: isize, n: usize| i.checked_add_signed(s).filter(|j| *j < n);
                let x = if mirror { nx - 1 - x } else { x };
                let source = from(x, shift[0], nx).zip(from(y, shift[1], ny)).zip(from(z, shift[2], nz));
                let value = source.map_or(0.0, |((x, y), z)| values[x + nx * (y + ny * z)]);
                // Outside the brain the input is exactly 0 and stays so.
                out.push(if value == 0.0 { 0.0 } else { value * contrast + noise.sample(rng) });
            }
        }
    }
    out
}
