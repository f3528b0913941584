//! Trilinear resampling onto any grid.

use super::{Affine, Volume};

/// Where voxels lie: dims and affine, no values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Voxels along each axis.
    pub dims: [usize; 3],
    /// Voxel index to RAS mm.
    pub affine: Affine,
}

/// The volume's values at the grid's voxels, trilinear between voxel centres; `outside` beyond them.
#[must_use]
pub fn resample(volume: &Volume, grid: &Grid, outside: f32) -> Volume {
    // The composition is affine: index = origin + i a + j b + k c.
    let origin = volume.affine().to_voxel(grid.affine.to_world([0.0; 3]));
    let step: [[f64; 3]; 3] = std::array::from_fn(|axis| {
        let mut unit = [0.0; 3];
        unit[axis] = 1.0;
        let at = volume.affine().to_voxel(grid.affine.to_world(unit));
        std::array::from_fn(|r| at[r] - origin[r])
    });
    let [nx, ny, nz] = grid.dims;
    let mut voxels = Vec::with_capacity(nx * ny * nz);
    for k in 0..nz {
        for j in 0..ny {
            for i in 0..nx {
                let at = std::array::from_fn(|r| {
                    origin[r] + i as f64 * step[0][r] + j as f64 * step[1][r] + k as f64 * step[2][r]
                });
                voxels.push(volume.sample(at).unwrap_or(outside));
            }
        }
    }
    Volume { dims: grid.dims, voxels, affine: grid.affine }
}

/// As [`resample`], after a Gaussian along each stored axis that keeps detail finer than the grid from
/// aliasing: sigma is 0.425 voxels (full width at half maximum: one voxel) times
/// `sqrt((target / spacing)^2 - 1)`.
#[must_use]
pub fn resample_smooth(volume: &Volume, grid: &Grid, outside: f32) -> Volume {
    let target = grid.affine.spacing_mm().into_iter().sum::<f64>() / 3.0;
    resample(&smoothed(volume, target), grid, outside)
}

/// The volume after that Gaussian for a grid of `target` mm.
#[must_use]
pub fn smoothed(volume: &Volume, target: f64) -> Volume {
    let spacing = volume.affine().spacing_mm();
    let mut smoothed = volume.clone();
    for (axis, spacing) in spacing.into_iter().enumerate() {
        let ratio = target / spacing;
        if ratio > 1.0 {
            smooth_axis(&mut smoothed.voxels, smoothed.dims, axis, 0.425 * (ratio * ratio - 1.0).sqrt());
        }
    }
    smoothed
}

/// Gaussian along one axis; values beyond the border repeat the last one.
fn smooth_axis(voxels: &mut [f32], dims: [usize; 3], axis: usize, sigma: f64) {
    let radius = (3.0 * sigma).ceil() as usize;
    let weights: Vec<f32> = (0..=radius).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp() as f32).collect();
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let n = dims[axis];
    // Rows of the fastest axis below `axis` are smoothed side by side, so that memory is read in order.
    let stride: usize = dims[..axis].iter().product();
    let mut source = vec![0.0; n * stride];
    for block in voxels.chunks_exact_mut(n * stride) {
        source.copy_from_slice(block);
        for i in 0..n {
            let out = &mut block[i * stride..(i + 1) * stride];
            out.fill(0.0);
            for (d, weight) in weights.iter().enumerate() {
                let (low, high) = (i.saturating_sub(d), (i + d).min(n - 1));
                // The centre counts once.
                let w = weight / total * if d == 0 { 0.5 } else { 1.0 };
                let (a, b) = (&source[low * stride..][..stride], &source[high * stride..][..stride]);
                // The sum of the pair first: mirrored input then gives mirrored output to the last bit.
                out.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (a, b))| *o += w * (a + b));
            }
        }
    }
}

/// Trilinear value at a voxel index; points up to half a voxel beyond the outermost centres take the
/// border's value, further ones have none.
pub(super) fn sample(voxels: &[f32], dims: [usize; 3], index: [f64; 3]) -> Option<f32> {
    let mut low = [0; 3];
    let mut share = [0.0_f32; 3];
    for axis in 0..3 {
        let last = dims[axis] as f64 - 1.0;
        if !(-0.5..=last + 0.5).contains(&index[axis]) {
            return None;
        }
        let inside = index[axis].clamp(0.0, last);
        low[axis] = (inside as usize).min(dims[axis].saturating_sub(2));
        share[axis] = (inside - low[axis] as f64) as f32;
    }
    let [nx, ny, _] = dims;
    let step = |axis: usize, stride: usize| if dims[axis] > 1 { stride } else { 0 };
    let (dx, dy, dz) = (step(0, 1), step(1, nx), step(2, nx * ny));
    let base = low[0] + nx * (low[1] + ny * low[2]);
    let v = |o: usize| voxels[base + o];
    let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
    let row = |o: usize| mix(v(o), v(o + dx), share[0]);
    let plane = |o: usize| mix(row(o), row(o + dy), share[1]);
    Some(mix(plane(0), plane(dz), share[2]))
}
