//! What several test files need.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod dicom;
pub mod head;
pub mod visit;

use hielight::volume::{Affine, Volume};
use std::path::{Path, PathBuf};

/// The folder of the tests' own data.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The affine of a grid of `dims` over the same box as `volume`, along its axes.
pub fn scaled_about(volume: &Volume, dims: [usize; 3]) -> Affine {
    let step: [f64; 3] = std::array::from_fn(|a| volume.dims()[a] as f64 / dims[a] as f64);
    let rows = volume.affine().rows();
    let first = volume.affine().to_world(step.map(|s| (s - 1.0) / 2.0));
    Affine::from_rows(std::array::from_fn(|r| {
        [rows[r][0] * step[0], rows[r][1] * step[1], rows[r][2] * step[2], first[r]]
    }))
    .unwrap()
}
