//! Training of one branch: Burn's flex backend with autodiff, one thread per branch.

use crate::model::{Branch, Layer, ModelError, PLACES, Recipe, Weight, Weights};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

/// How a branch is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Schedule {
    pub epochs: usize,
    pub batch: usize,
    /// Peak of the learning rate, reached after a tenth of the steps and then let down by a cosine.
    pub learning_rate: f64,
    pub weight_decay: f32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { epochs: 30, batch: 8, learning_rate: 1e-2, weight_decay: 1e-2 }
    }
}

/// One training image: its deviation from the atlas (first axis fastest) and whether the newborn has HIE.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    pub values: &'a [f32],
    pub event: bool,
}

/// Trains a branch from random weights. Everything follows from `seed`; `after_step` hears the loss.
///
/// # Errors
/// `ModelError` when the layers do not form a network.
pub fn train_branch(
    layers: &[Layer],
    recipe: &Recipe,
    samples: &[Sample<'_>],
    schedule: Schedule,
    seed: u64,
    mut after_step: impl FnMut(f32),
) -> Result<Weights, ModelError> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let device = Device::flex().autodiff();
    let mut branch = Branch::from_weights(layers, &initial_weights(layers, &mut rng), &device)?;
    let mut optimizer = AdamWConfig::new().with_weight_decay(schedule.weight_decay).init();
    let steps_per_epoch = samples.len().div_ceil(schedule.batch);
    let total = (schedule.epochs * steps_per_epoch) as f64;
    let mut order: Vec<usize> = (0..samples.len()).collect();
    let mut scale = PooledScale::default();
    let mut step = 0;
    for _ in 0..schedule.epochs {
        order.shuffle(&mut rng);
        for chunk in order.chunks(schedule.batch) {
            let [nx, ny, nz] = recipe.grid_dims;
            let mut input = Vec::with_capacity(chunk.len() * Recipe::CHANNELS * nx * ny * nz);
            for &i in chunk {
                input.extend(augment(samples[i].values, recipe.grid_dims, &mut rng));
            }
            let outcome: Vec<f32> = chunk.iter().map(|i| f32::from(u8::from(samples[*i].event))).collect();
            let x = Tensor::from_data(
                TensorData::new(input, [chunk.len(), Recipe::CHANNELS, nz, ny, nx]),
                &device,
            );
            let y = Tensor::from_data(TensorData::new(outcome, [chunk.len(), 1]), &device);
            let pooled = branch.pool(branch.features(x));
            scale.observe(&pooled);
            let loss = cross_entropy(branch.head(scale.standardise(pooled)), y);
            let gradients = GradientsParams::from_grads(loss.backward(), &branch);
            branch = optimizer.step(
                learning_rate(schedule.learning_rate, f64::from(step), total),
                branch,
                gradients,
            );
            step += 1;
            after_step(loss.into_data().iter::<f32>().next().unwrap_or(f32::NAN));
        }
    }
    let mut weights = branch.weights();
    scale.fold_into_head(&mut weights);
    Ok(weights)
}

/// Running mean and deviation of the pooled features.
///
/// A lesion fills a hundredth of the cells, so the pooled features of two newborns differ little; the
/// head learns on standardised ones. The standardisation is affine and is folded into the head's weights
/// at the end: what is shipped is pooling and a linear head.
#[derive(Default)]
struct PooledScale {
    mean: Vec<f32>,
    variance: Vec<f32>,
}

impl PooledScale {
    const MOMENTUM: f32 = 0.05;
    /// Features that never vary (dead ones) stay at zero weight.
    const FLOOR: f32 = 1e-12;

    fn observe(&mut self, pooled: &Tensor<2>) {
        let [batch, channels] = pooled.dims();
        let values: Vec<f32> = pooled.clone().detach().into_data().iter::<f32>().collect();
        let column = |c: usize| values.iter().skip(c).step_by(channels).copied();
        for c in 0..channels {
            let mean = column(c).sum::<f32>() / batch as f32;
            if self.mean.len() == c {
                self.mean.push(mean);
                self.variance.push(column(c).map(|v| (v - mean).powi(2)).sum::<f32>() / batch as f32);
            }
            let spread = column(c).map(|v| (v - self.mean[c]).powi(2)).sum::<f32>() / batch as f32;
            self.variance[c] += Self::MOMENTUM * (spread - self.variance[c]);
            self.mean[c] += Self::MOMENTUM * (mean - self.mean[c]);
        }
    }

    fn deviation(&self) -> Vec<f32> {
        self.variance.iter().map(|v| (v + Self::FLOOR).sqrt()).collect()
    }

    fn standardise(&self, pooled: Tensor<2>) -> Tensor<2> {
        let device = pooled.device();
        let row = |values: Vec<f32>| {
            let channels = values.len();
            Tensor::<2>::from_data(TensorData::new(values, [1, channels]), &device)
        };
        (pooled - row(self.mean.clone())) / row(self.deviation())
    }

    /// `w . (x - m) / s + b` as one linear map of `x`.
    fn fold_into_head(&self, weights: &mut Weights) {
        let mut shift = 0.0;
        if let Some(head) = weights.get_mut("head.weight") {
            for ((w, m), s) in head.values.iter_mut().zip(&self.mean).zip(self.deviation()) {
                *w /= s;
                shift += *w * m;
            }
        }
        if let Some(bias) = weights.get_mut("head.bias") {
            bias.values.iter_mut().for_each(|b| *b -= shift);
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
/// channels), with noise to part them; a small head; zero biases.
///
/// From random kernels the pooled features of a small cohort say nothing at first and training idles for
/// hundreds of steps; from these it learns at once.
fn initial_weights(layers: &[Layer], rng: &mut ChaCha8Rng) -> Weights {
    let mut weights = Weights::new();
    let mut channels = Recipe::CHANNELS;
    for (i, l) in layers.iter().enumerate() {
        let cube = l.kernel.pow(3);
        let noise = Normal::new(0.0, NOISE * (2.0 / (l.channels_in * cube) as f32).sqrt());
        let noise = noise.expect("a finite positive deviation");
        let mut values = Vec::with_capacity(l.channels_out * l.channels_in * cube);
        for out in 0..l.channels_out {
            let sign = if out % 2 == 0 { 1.0 } else { -1.0 };
            for input in 0..l.channels_in {
                let mean = match i {
                    0 => sign / cube as f32,
                    _ if out % 2 == input % 2 => 2.0 / (l.channels_in * cube) as f32,
                    _ => 0.0,
                };
                values.extend((0..cube).map(|_| mean + noise.sample(rng)));
            }
        }
        let shape = vec![l.channels_out, l.channels_in, l.kernel, l.kernel, l.kernel];
        weights.insert(format!("conv{i}.weight"), Weight { shape, values });
        let zeros = Weight { shape: vec![l.channels_out], values: vec![0.0; l.channels_out] };
        weights.insert(format!("conv{i}.bias"), zeros);
        channels = l.channels_out;
    }
    let small = Normal::new(0.0, 0.01).expect("a finite positive deviation");
    let head = (0..channels * PLACES).map(|_| small.sample(rng)).collect();
    weights.insert("head.weight".into(), Weight { shape: vec![channels * PLACES, 1], values: head });
    weights.insert("head.bias".into(), Weight { shape: vec![1], values: vec![0.0] });
    weights
}

/// Noise of the first kernels, as a share of He's.
const NOISE: f32 = 0.3;

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
