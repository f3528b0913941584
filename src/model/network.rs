//! The network: one 3-D convolutional branch per sequence, in Burn.
//!
//! Features `A_k(v)` -> one linear head per pattern of injury over the cells that hold brain -> a logit per
//! pattern. Where a change lies decides what it means, and a convolution alone cannot know.

use super::geometry::{FeatureGeometry, Layer};
use super::{Atlas, ModelError, recipe::Recipe};
use crate::text;
use burn::module::{Module, Param};
use burn::nn::PaddingConfig3d;
use burn::nn::conv::Conv3d;
use burn::tensor::{Device, Tensor, TensorData, activation::relu};
use std::collections::BTreeMap;

/// One sequence's branch.
#[derive(Module, Debug)]
pub struct Branch {
    convolutions: Vec<Conv3d>,
    /// `[channels * cells of the whole feature map, patterns]`: solved, never descended on.
    head: Tensor<2>,
    /// `[1, patterns]`.
    bias: Tensor<2>,
}

/// A named weight: shape and values, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Weights of one branch by name (`conv0.weight`, `conv0.bias`, ..., and those of its heads: [`Heads`]).
pub type Weights = BTreeMap<String, Weight>;

/// Names and meaning of the heads' weights: `head.weight` is `[patterns, channels, pairs of cells]`,
/// `head.bias` `[patterns]`.
pub const HEAD: [&str; 2] = ["head.weight", "head.bias"];

/// The cells of the feature map that hold brain, left and right paired: both have the same weight in a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells {
    /// Cells of the whole feature map, x, y, z.
    pub dims: [usize; 3],
    /// A cell and its mirror image, first axis fastest; twice the same on the midline.
    pub pairs: Vec<[usize; 2]>,
}

impl Cells {
    /// Those at whose centre most newborns of the atlas have brain tissue.
    #[must_use]
    pub fn of(atlas: &Atlas, layers: &[Layer], grid_dims: [usize; 3]) -> Self {
        let geometry = FeatureGeometry::of(layers);
        let dims = FeatureGeometry::feature_dims(layers, grid_dims);
        let [nx, ny, nz] = dims;
        let is_brain = |cell: [usize; 3]| {
            let voxel = cell.map(|i| (i as f64 * geometry.step + geometry.offset).round().max(0.0) as usize);
            let index = voxel[0] + grid_dims[0] * (voxel[1] + grid_dims[1] * voxel[2]);
            (0..3).all(|a| voxel[a] < grid_dims[a]) && atlas.spread.get(index).is_some_and(|s| *s > 0)
        };
        let mut pairs = Vec::new();
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx.div_ceil(2) {
                    let mirrored = nx - 1 - x;
                    if is_brain([x, y, z]) || is_brain([mirrored, y, z]) {
                        pairs.push([x, mirrored].map(|x| x + nx * (y + ny * z)));
                    }
                }
            }
        }
        Self { dims, pairs }
    }

    /// Cells of the whole feature map.
    #[must_use]
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }

    /// Sums of a pair's two cells (once on the midline), channel by channel: what a head weighs.
    /// `features` is `[channels, cells]` row-major.
    #[must_use]
    pub fn pool(&self, features: &[f32]) -> Vec<f32> {
        let channels = features.chunks_exact(self.count());
        channels
            .flat_map(|map| self.pairs.iter().map(|[a, b]| if a == b { map[*a] } else { map[*a] + map[*b] }))
            .collect()
    }

    /// Weights of the pairs, `[patterns, channels, pairs]`, as weights of all cells,
    /// `[channels, cells, patterns]`: 0 where there is no brain.
    fn spread_out(&self, weight: &[f32], channels: usize, patterns: usize) -> Vec<f32> {
        let mut dense = vec![0.0; channels * self.count() * patterns];
        let mut values = weight.iter();
        for pattern in 0..patterns {
            for channel in 0..channels {
                for (pair, value) in self.pairs.iter().zip(values.by_ref()) {
                    for cell in pair {
                        dense[(channel * self.count() + cell) * patterns + pattern] = *value;
                    }
                }
            }
        }
        dense
    }
}

/// The layers of the branch that this version trains: 2 mm voxels in, cells of 4 mm out.
#[must_use]
pub fn default_layers() -> Vec<Layer> {
    let layer = |channels_in, channels_out, kernel, stride, padding| Layer {
        channels_in,
        channels_out,
        kernel,
        stride,
        padding,
    };
    vec![layer(Recipe::CHANNELS, 8, 5, 2, 2), layer(8, 8, 3, 1, 1), layer(8, 4, 1, 1, 0)]
}

impl Branch {
    /// A branch with the given weights, its heads over the given cells.
    ///
    /// # Errors
    /// `ModelError::Bundle` when a weight is missing or has another shape.
    pub fn from_weights(
        layers: &[Layer],
        cells: &Cells,
        weights: &Weights,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let patterns = check_shapes(layers, cells, weights)?;
        let tensor = |name: &str| {
            let weight = &weights[name];
            TensorData::new(weight.values.clone(), weight.shape.clone())
        };
        let mut convolutions = Vec::with_capacity(layers.len());
        for (i, l) in layers.iter().enumerate() {
            let k = l.kernel;
            let weight = tensor(&format!("conv{i}.weight"));
            let bias = tensor(&format!("conv{i}.bias"));
            convolutions.push(Conv3d {
                weight: Param::from_tensor(Tensor::from_data(weight, device)),
                bias: Some(Param::from_tensor(Tensor::from_data(bias, device))),
                stride: [l.stride; 3],
                kernel_size: [k; 3],
                dilation: [1; 3],
                groups: 1,
                padding: padding(l),
            });
        }
        let channels = channels_out(layers);
        let dense = cells.spread_out(&weights[HEAD[0]].values, channels, patterns);
        let head = TensorData::new(dense, [channels * cells.count(), patterns]);
        let bias = TensorData::new(weights[HEAD[1]].values.clone(), [1, patterns]);
        let (head, bias) = (Tensor::from_data(head, device), Tensor::from_data(bias, device));
        Ok(Self { convolutions, head, bias })
    }

    /// The kernels' weights by name (blocking read: native only).
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn kernels(&self) -> Weights {
        fn read<const D: usize>(tensor: &Param<Tensor<D>>) -> Weight {
            let data = tensor.val().into_data();
            Weight { shape: data.shape().to_vec(), values: data.iter::<f32>().collect() }
        }
        let mut weights = Weights::new();
        for (i, conv) in self.convolutions.iter().enumerate() {
            weights.insert(format!("conv{i}.weight"), read(&conv.weight));
            if let Some(bias) = &conv.bias {
                weights.insert(format!("conv{i}.bias"), read(bias));
            }
        }
        weights
    }

    /// The same kernels with other heads: `weights` holds those of [`HEAD`].
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn with_heads(self, cells: &Cells, weights: &Weights) -> Self {
        let [count, patterns] = self.head.dims();
        let device = self.head.device();
        let dense = cells.spread_out(&weights[HEAD[0]].values, count / cells.count(), patterns);
        let head = Tensor::from_data(TensorData::new(dense, [count, patterns]), &device);
        let bias = TensorData::new(weights[HEAD[1]].values.clone(), [1, patterns]);
        Self { head, bias: Tensor::from_data(bias, &device), ..self }
    }

    /// The last feature maps, `[batch, channels, z, y, x]`, of inputs `[batch, 1, z, y, x]`.
    #[must_use]
    pub fn features(&self, input: Tensor<5>) -> Tensor<5> {
        self.convolutions.iter().fold(input, |x, conv| relu(conv.forward(x)))
    }

    /// A logit for each pattern, `[batch, patterns]`, of feature maps.
    #[must_use]
    pub fn logits(&self, features: Tensor<5>) -> Tensor<2> {
        let [batch, channels, d, h, w] = features.dims();
        features.reshape([batch, channels * d * h * w]).matmul(self.head.clone()) + self.bias.clone()
    }

    /// The signed Grad-CAM of each pattern's logit before the ReLU, `[patterns, z * y * x]`, of one image's
    /// features `[1, channels, z, y, x]`.
    ///
    /// With linear heads over the cells the gradient on `A_k(v)` is the weight `w_k(v)`, so the map is
    /// `sum_k w_k(v) A_k(v)` (HiResCAM) and its sum over the cells is the logit less the head's bias.
    #[must_use]
    pub fn signed_maps(&self, features: Tensor<5>) -> Tensor<2> {
        let [_, channels, d, h, w] = features.dims();
        let patterns = self.bias.dims()[1];
        let weighted = features.reshape([channels * d * h * w, 1]) * self.head.clone();
        weighted
            .reshape([channels, d * h * w, patterns])
            .sum_dim(0)
            .reshape([d * h * w, patterns])
            .transpose()
    }
}

fn padding(layer: &Layer) -> PaddingConfig3d {
    let p = layer.padding;
    PaddingConfig3d::Explicit(p, p, p)
}

fn channels_out(layers: &[Layer]) -> usize {
    layers.last().map_or(Recipe::CHANNELS, |l| l.channels_out)
}

/// Whether `weights` has all that `layers` and `cells` need, in the right shapes; says how many patterns have
/// a head.
///
/// # Errors
/// `ModelError::Bundle` naming the first weight that does not fit.
pub fn check_shapes(layers: &[Layer], cells: &Cells, weights: &Weights) -> Result<usize, ModelError> {
    let channels = channels_out(layers);
    let patterns = weights.get(HEAD[1]).map_or(0, |bias| bias.values.len());
    if !(1..=16).contains(&patterns) {
        return Err(ModelError::Bundle(text!("its heads are missing")));
    }
    let convolutions = layers.iter().enumerate().flat_map(|(i, l)| {
        let k = l.kernel;
        [
            (format!("conv{i}.weight"), vec![l.channels_out, l.channels_in, k, k, k]),
            (format!("conv{i}.bias"), vec![l.channels_out]),
        ]
    });
    let heads = [
        (HEAD[0].to_owned(), vec![patterns, channels, cells.pairs.len()]),
        (HEAD[1].to_owned(), vec![patterns]),
    ];
    for (name, shape) in convolutions.chain(heads) {
        let fits = weights
            .get(&name)
            .is_some_and(|w| w.shape == shape && w.values.len() == shape.iter().product::<usize>());
        if !fits {
            let found = weights.get(&name).map(|w| w.shape.clone());
            return Err(ModelError::Bundle(text!(
                "the weight {name} has shape {found} instead of {expected}",
                name,
                found = format!("{found:?}"),
                expected = format!("{shape:?}")
            )));
        }
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_left_and_right_cells_weighed_alike_and_the_midline_once() {
        let dims = [5, 1, 1];
        let atlas = Atlas { mean: vec![0; 5], spread: vec![1, 0, 1, 0, 1] };
        let layers = [Layer { channels_in: 1, channels_out: 2, kernel: 1, stride: 1, padding: 0 }];
        let cells = Cells::of(&atlas, &layers, dims);
        assert_eq!(cells.pairs, [[0, 4], [2, 2]]);
        let features = [1.0, 9.0, 2.0, 9.0, 3.0, 10.0, 90.0, 20.0, 90.0, 30.0];
        assert_eq!(cells.pool(&features), [4.0, 2.0, 40.0, 20.0]);
        // Two patterns; a logit is the same by the pooled and by the spread-out weights.
        let weight = [1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.0, 1.0];
        let dense = cells.spread_out(&weight, 2, 2);
        for pattern in 0..2 {
            let pooled: f32 =
                cells.pool(&features).iter().zip(&weight[4 * pattern..]).map(|(f, w)| f * w).sum();
            let whole: f32 = features.iter().enumerate().map(|(i, f)| f * dense[2 * i + pattern]).sum();
            assert_eq!(pooled, whole);
        }
    }
}
