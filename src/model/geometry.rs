//! Where a cell of the last feature map lies in the input grid.

use serde::{Deserialize, Serialize};

/// One convolution: cubic kernel, same stride and zero padding along the three axes, then ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    pub channels_in: usize,
    pub channels_out: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Layer {
    /// Cells along an axis of `n` cells after this layer; 0 where the kernel does not fit.
    #[must_use]
    pub fn output_len(&self, n: usize) -> usize {
        let free = (n + 2 * self.padding).checked_sub(self.kernel).filter(|_| n > 0);
        free.map_or(0, |free| free / self.stride + 1)
    }
}

/// Feature index `i` is centred on input voxel `i * step + offset`, along every axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureGeometry {
    /// Input voxels per feature cell.
    pub step: f64,
    /// Input voxel at the centre of feature cell 0.
    pub offset: f64,
}

impl FeatureGeometry {
    /// Composes the layers: `j_l = j_(l-1) s`, `c_l = c_(l-1) + ((k-1)/2 - p) j_(l-1)` (method.md).
    #[must_use]
    pub fn of(layers: &[Layer]) -> Self {
        layers.iter().fold(Self { step: 1.0, offset: 0.0 }, |g, layer| Self {
            offset: g.offset + ((layer.kernel as f64 - 1.0) / 2.0 - layer.padding as f64) * g.step,
            step: g.step * layer.stride as f64,
        })
    }

    /// Feature cells along each axis for an input of `dims` voxels.
    #[must_use]
    pub fn feature_dims(layers: &[Layer], dims: [usize; 3]) -> [usize; 3] {
        layers.iter().fold(dims, |d, layer| d.map(|n| layer.output_len(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(kernel: usize, stride: usize, padding: usize) -> Layer {
        Layer { channels_in: 1, channels_out: 1, kernel, stride, padding }
    }

    #[test]
    fn is_a_strided_padded_cell_centred_on_a_voxel_and_not_half_a_cell_off() {
        let g = FeatureGeometry::of(&[layer(3, 2, 1), layer(3, 1, 1), layer(3, 2, 1)]);
        assert_eq!(g, FeatureGeometry { step: 4.0, offset: 0.0 });
    }

    #[test]
    fn does_an_unpadded_even_kernel_shift_the_cells() {
        let g = FeatureGeometry::of(&[layer(2, 2, 0), layer(2, 2, 0)]);
        assert_eq!(g, FeatureGeometry { step: 4.0, offset: 1.5 });
    }

    #[test]
    fn how_many_cells_are_left() {
        let layers = [layer(3, 2, 1), layer(3, 1, 1), layer(3, 2, 1)];
        assert_eq!(FeatureGeometry::feature_dims(&layers, [57, 65, 57]), [15, 17, 15]);
    }

    #[test]
    fn is_no_cell_left_where_the_kernel_does_not_fit() {
        // The second layer's padding must not bring back what the first took away.
        let layers = [layer(7, 1, 0), layer(3, 1, 2)];
        assert_eq!(FeatureGeometry::feature_dims(&layers, [6, 7, 8]), [0, 3, 4]);
    }
}
