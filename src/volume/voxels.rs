//! Stored voxels to `f32`: ten real types, both byte orders, scaling in `f64`.

use super::{FirstVolume, VolumeError};
use crate::text;
use nifti::{Endianness, NiftiHeader, NiftiType};

/// A real, scalar datatype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VoxelType(NiftiType);

impl VoxelType {
    /// By NIfTI's code.
    pub fn of(code: i16) -> Result<Self, VolumeError> {
        let known = NiftiHeader { datatype: code, ..NiftiHeader::default() }.data_type();
        let kind = known.map_err(|_| VolumeError::Datatype(text!("code {code}", code)))?;
        let voxel = Self(kind);
        if voxel.size() == 0 {
            return Err(VolumeError::Datatype(format!("{kind:?}").into()));
        }
        Ok(voxel)
    }

    /// Bytes of a voxel; 0 for what is no real number.
    pub fn size(self) -> usize {
        match self.0 {
            NiftiType::Uint8 | NiftiType::Int8 => 1,
            NiftiType::Uint16 | NiftiType::Int16 => 2,
            NiftiType::Uint32 | NiftiType::Int32 | NiftiType::Float32 => 4,
            NiftiType::Uint64 | NiftiType::Int64 | NiftiType::Float64 => 8,
            _ => 0,
        }
    }

    /// As nibabel and NumPy name it.
    pub fn name(self) -> String {
        format!("{:?}", self.0).to_lowercase()
    }
}

/// Voxels as `f32` after scaling in `f64`, and the statistics of the scaled values.
pub(super) fn decode(
    raw: &[u8],
    voxel: VoxelType,
    endian: Endianness,
    slope: f64,
    inter: f64,
) -> (Vec<f32>, FirstVolume) {
    macro_rules! values {
        ($t:ty) => {
            raw.chunks_exact(size_of::<$t>())
                .map(|c| {
                    let bytes = std::array::from_fn(|i| c[i]);
                    let stored = if endian == Endianness::Little {
                        <$t>::from_le_bytes(bytes)
                    } else {
                        <$t>::from_be_bytes(bytes)
                    };
                    stored as f64 * slope + inter
                })
                .collect::<Scaled>()
        };
    }
    let scaled = match voxel.0 {
        NiftiType::Uint8 => values!(u8),
        NiftiType::Int8 => values!(i8),
        NiftiType::Uint16 => values!(u16),
        NiftiType::Int16 => values!(i16),
        NiftiType::Uint32 => values!(u32),
        NiftiType::Int32 => values!(i32),
        NiftiType::Uint64 => values!(u64),
        NiftiType::Int64 => values!(i64),
        NiftiType::Float32 => values!(f32),
        // The only one left: `VoxelType` holds no other.
        _ => values!(f64),
    };
    let statistics = scaled.statistics();
    (scaled.voxels, statistics)
}

/// Collects scaled values into voxels and running sums.
struct Scaled {
    voxels: Vec<f32>,
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
    finite: usize,
    /// Shift that keeps the sum of squares well conditioned.
    origin: f64,
}

impl FromIterator<f64> for Scaled {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let values = values.into_iter();
        let mut s = Self {
            voxels: Vec::with_capacity(values.size_hint().0),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sum: 0.0,
            squares: 0.0,
            finite: 0,
            origin: 0.0,
        };
        for value in values {
            s.voxels.push(value as f32);
            // A huge slope can take a value beyond `f32`: as a voxel it is not finite.
            if (value as f32).is_finite() {
                if s.finite == 0 {
                    s.origin = value;
                }
                s.finite += 1;
                s.min = s.min.min(value);
                s.max = s.max.max(value);
                let shifted = value - s.origin;
                s.sum += shifted;
                s.squares += shifted * shifted;
            }
        }
        s
    }
}

impl Scaled {
    fn statistics(&self) -> FirstVolume {
        let n = self.finite as f64;
        let some = |v: f64| (self.finite > 0 && v.is_finite()).then_some(v);
        let mean = self.sum / n;
        FirstVolume {
            min: some(self.min),
            max: some(self.max),
            mean: some(mean + self.origin),
            std: some((self.squares / n - mean * mean).max(0.0).sqrt()),
            non_finite: self.voxels.len() - self.finite,
        }
    }
}
