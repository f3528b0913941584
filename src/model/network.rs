//! The network: one 3-D convolutional branch per sequence, in Burn.
//!
//! Features `A_k(v)`, placed in the brain by a smooth basis `B_r(v)`, -> global average pooling -> linear
//! -> signature logit. Where a change lies decides what it means, and a convolution alone cannot know.

use super::geometry::Layer;
use super::place::{PLACES, basis};
use super::{ModelError, recipe::Recipe};
use crate::text;
use burn::module::{Module, Param};
use burn::nn::conv::Conv3d;
use burn::nn::{Linear, PaddingConfig3d};
use burn::tensor::{Device, Tensor, TensorData, activation::relu};
use std::collections::BTreeMap;

/// One sequence's branch.
#[derive(Module, Debug)]
pub struct Branch {
    convolutions: Vec<Conv3d>,
    head: Linear,
}

/// A named weight: shape and values, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// Weights of one branch by name (`conv0.weight`, `conv0.bias`, ..., `head.weight`, `head.bias`).
pub type Weights = BTreeMap<String, Weight>;

/// The layers of the branch that this version trains: 2 mm voxels in, cells of 8 mm out.
///
/// Two strided layers first keep the cost down; the pointwise last layer keeps the receptive field at 15
/// voxels (30 mm), so that what a cell says is said of its surroundings.
#[must_use]
pub fn default_layers() -> Vec<Layer> {
    let layer = |channels_in, channels_out, kernel, stride, padding| Layer {
        channels_in,
        channels_out,
        kernel,
        stride,
        padding,
    };
    vec![
        layer(Recipe::CHANNELS, 8, 3, 2, 1),
        layer(8, 16, 3, 2, 1),
        layer(16, 32, 3, 1, 1),
        layer(32, 8, 1, 1, 0),
    ]
}

impl Branch {
    /// A branch with the given weights.
    ///
    /// # Errors
    /// `ModelError::Bundle` when a weight is missing or has another shape.
    pub fn from_weights(layers: &[Layer], weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        check_shapes(layers, weights)?;
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
        let head = Linear {
            weight: Param::from_tensor(Tensor::from_data(tensor("head.weight"), device)),
            bias: Some(Param::from_tensor(Tensor::from_data(tensor("head.bias"), device))),
        };
        Ok(Self { convolutions, head })
    }

    /// The weights by name (blocking read: native only).
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn weights(&self) -> Weights {
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
        weights.insert("head.weight".into(), read(&self.head.weight));
        if let Some(bias) = &self.head.bias {
            weights.insert("head.bias".into(), read(bias));
        }
        weights
    }

    /// The last feature maps, `[batch, channels, z, y, x]`, of inputs `[batch, 1, z, y, x]`.
    #[must_use]
    pub fn features(&self, input: Tensor<5>) -> Tensor<5> {
        self.convolutions.iter().fold(input, |x, conv| relu(conv.forward(x)))
    }

    /// Global average pooling of the placed feature maps `A_k(v) B_r(v)`: `[batch, channels * PLACES]`.
    #[must_use]
    pub fn pool(&self, features: Tensor<5>) -> Tensor<2> {
        let [batch, channels, d, h, w] = features.dims();
        let cells = d * h * w;
        let places = places([w, h, d], &features.device()).reshape([1, cells, PLACES]);
        let pooled = features.reshape([batch, channels, cells]).matmul(places) / cells as f32;
        pooled.reshape([batch, channels * PLACES])
    }

    /// Signature logits `[batch, 1]` of pooled features.
    #[must_use]
    pub fn head(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.head.forward(pooled)
    }

    /// Signature logits `[batch, 1]` of feature maps: global average pooling, then linear.
    #[must_use]
    pub fn logit(&self, features: Tensor<5>) -> Tensor<2> {
        self.head(self.pool(features))
    }

    /// The signed Grad-CAM `[batch, z, y, x]` of the signature logit before the ReLU.
    ///
    /// With pooling and a linear head the gradient on a placed feature map is `w_kr / N` in every cell, so
    /// the map is `sum_kr w_kr A_k(v) B_r(v) / N` and its sum over the `N` cells is the logit less the
    /// head's bias (HiResCAM and CAM up to scale).
    #[must_use]
    pub fn signed_map(&self, features: Tensor<5>) -> Tensor<4> {
        let [batch, channels, d, h, w] = features.dims();
        let cells = d * h * w;
        let places = places([w, h, d], &features.device());
        let weight =
            self.head.weight.val().reshape([channels, PLACES]).matmul(places.transpose()) / cells as f32;
        let placed = features.reshape([batch, channels, cells]) * weight.reshape([1, channels, cells]);
        placed.sum_dim(1).reshape([batch, d, h, w])
    }
}

/// The places' basis as `[cells, PLACES]`.
fn places(dims: [usize; 3], device: &Device) -> Tensor<2> {
    let cells = dims.iter().product::<usize>();
    Tensor::from_data(TensorData::new(basis(dims), [cells, PLACES]), device)
}

fn padding(layer: &Layer) -> PaddingConfig3d {
    let p = layer.padding;
    PaddingConfig3d::Explicit(p, p, p)
}

/// Whether `weights` has all that `layers` needs, in the right shapes.
///
/// # Errors
/// `ModelError::Bundle` naming the first weight that does not fit.
pub fn check_shapes(layers: &[Layer], weights: &Weights) -> Result<(), ModelError> {
    let channels = layers.last().map_or(Recipe::CHANNELS, |l| l.channels_out);
    let convolutions = layers.iter().enumerate().flat_map(|(i, l)| {
        let k = l.kernel;
        [
            (format!("conv{i}.weight"), vec![l.channels_out, l.channels_in, k, k, k]),
            (format!("conv{i}.bias"), vec![l.channels_out]),
        ]
    });
    let head = [("head.weight".to_owned(), vec![channels * PLACES, 1]), ("head.bias".to_owned(), vec![1])];
    for (name, shape) in convolutions.chain(head) {
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
    Ok(())
}
