//! Bytes to voxels: NIfTI intake, geometry, orientation, resampling.

mod affine;
mod content;
mod error;
mod facts;
mod gunzip;
mod header;
mod nifti_file;
mod pair;
mod position;
mod resample;
mod stored;
mod voxels;
mod write;

pub use affine::Affine;
pub use content::{Lookalike, is_dicom};
pub use error::VolumeError;
pub use facts::{Facts, FirstVolume};
pub(crate) use nifti_file::thick_slices;
pub use nifti_file::{FILE_LIMIT, Image, describe_nifti, is_pair_header, read_nifti, read_nifti_pair};
pub use pair::{Files, Half};
pub use resample::{Grid, resample, resample_smooth, smoothed};
pub use stored::Stored;
pub use write::{Encoding, Meaning, write_nifti, write_nifti_gz, write_over};

use crate::fault::Notice;

/// Least and most that a scan of a newborn's head spans along an axis, mm.
pub const HEAD_MM: [f64; 2] = [40.0, 600.0];

/// A volume with what exports and answers need of its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Scan {
    /// Voxels as stored.
    pub volume: Volume,
    /// How maps that are laid over it are written.
    pub stored: Stored,
    pub warnings: Vec<Notice>,
}

impl From<Image> for Scan {
    fn from(image: Image) -> Self {
        Self { volume: image.volume, stored: image.stored, warnings: image.warnings }
    }
}

/// A scalar image: `f32` voxels, first axis fastest, and where they lie in the world.
///
/// Invariants: `voxels.len() == dims.product()`, every dim >= 1, the affine is finite and
/// invertible (by [`Affine`]'s own construction).
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    dims: [usize; 3],
    voxels: Vec<f32>,
    affine: Affine,
}

impl Volume {
    /// `voxels` with the first axis fastest; `affine` maps voxel indices to RAS millimetres.
    ///
    /// # Errors
    /// `VolumeError::VoxelCount` when the number of voxels is not the product of the dims.
    pub fn new(dims: [usize; 3], voxels: Vec<f32>, affine: Affine) -> Result<Self, VolumeError> {
        let expected = dims.iter().product();
        if voxels.len() != expected || expected == 0 {
            return Err(VolumeError::VoxelCount { expected, found: voxels.len() });
        }
        Ok(Self { dims, voxels, affine })
    }

    /// Voxels along each stored axis.
    #[must_use]
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }

    /// That the image spans what a scan of a head can span: a wrong unit of length is told here, before anything is
    /// computed on millimetres.
    ///
    /// # Errors
    /// `VolumeError::Extent` with what it spans.
    pub fn check_extent(&self) -> Result<(), VolumeError> {
        let spacing = self.affine.spacing_mm();
        let mm: [f64; 3] = std::array::from_fn(|a| spacing[a] * self.dims[a] as f64);
        let [low, high] = HEAD_MM;
        if mm.iter().all(|mm| (low..=high).contains(mm)) { Ok(()) } else { Err(VolumeError::Extent { mm }) }
    }

    /// All voxels, first axis fastest.
    #[must_use]
    pub fn voxels(&self) -> &[f32] {
        &self.voxels
    }

    /// Gives up the voxels (to transfer them without a copy).
    #[must_use]
    pub fn into_voxels(self) -> Vec<f32> {
        self.voxels
    }

    /// The same image with its axes permuted and flipped to run closest to right, front and top.
    /// Every voxel keeps its value and its place in the world; an image that is stored so is given back.
    #[must_use]
    pub fn into_ras(self) -> Self {
        let closest = self.affine.closest_axes();
        if (0..3).all(|a| closest[a].0 == a && closest[a].1 > 0.0) {
            return self;
        }
        // source[a]: the stored axis that runs along world axis a, and whether it runs backwards.
        let source: [(usize, bool); 3] = std::array::from_fn(|a| {
            let stored = (0..3).find(|c| closest[*c].0 == a).unwrap_or(a);
            (stored, closest[stored].1 < 0.0)
        });
        let rows = self.affine.rows();
        let first: [f64; 3] = std::array::from_fn(|c| {
            let flipped = source.iter().any(|(stored, flip)| *stored == c && *flip);
            if flipped { self.dims[c] as f64 - 1.0 } else { 0.0 }
        });
        let origin = self.affine.to_world(first);
        let affine = Affine::from_rows(std::array::from_fn(|r| {
            let step = |a: usize| rows[r][source[a].0] * if source[a].1 { -1.0 } else { 1.0 };
            [step(0), step(1), step(2), origin[r]]
        }));
        let strides = [1, self.dims[0], self.dims[0] * self.dims[1]];
        let dims: [usize; 3] = std::array::from_fn(|a| self.dims[source[a].0]);
        let offset = |a: usize, i: usize| {
            let (stored, flip) = source[a];
            strides[stored] * if flip { dims[a] - 1 - i } else { i }
        };
        let mut voxels = Vec::with_capacity(self.voxels.len());
        for z in 0..dims[2] {
            for y in 0..dims[1] {
                let base = offset(2, z) + offset(1, y);
                voxels.extend((0..dims[0]).map(|x| self.voxels[base + offset(0, x)]));
            }
        }
        // A signed permutation of an invertible map is invertible.
        Self { dims, voxels, affine: affine.unwrap_or(self.affine) }
    }

    /// Trilinear value at a voxel index, `None` more than half a voxel beyond the outermost centres.
    #[must_use]
    pub fn sample(&self, voxel: [f64; 3]) -> Option<f32> {
        resample::sample(&self.voxels, self.dims, voxel)
    }

    /// Voxel index to RAS millimetres.
    #[must_use]
    pub fn affine(&self) -> &Affine {
        &self.affine
    }
}
