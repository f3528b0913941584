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

/// The volume after that Gaussian for a grid of `target` mm. Where voxels are at most a fourth of that, the smooth
/// volume holds every second voxel or fewer (two at least to a target's width): nothing finer is left in it.
#[must_use]
pub fn smoothed(volume: &Volume, target: f64) -> Volume {
    let spacing = volume.affine().spacing_mm();
    let mut smoothed = volume.clone();
    for (axis, spacing) in spacing.into_iter().enumerate() {
        let ratio = target / spacing;
        if ratio > 1.0 {
            let step = ((ratio / 2.0) as usize).max(1);
            smoothed = smooth_axis(&smoothed, axis, 0.425 * (ratio * ratio - 1.0).sqrt(), step);
        }
    }
    smoothed
}

/// Gaussian along one axis, at every `step`-th voxel around the axis's middle; values beyond the border repeat the
/// last one.
fn smooth_axis(volume: &Volume, axis: usize, sigma: f64, step: usize) -> Volume {
    let n = volume.dims[axis];
    let kept = (n - 1) / step + 1;
    // Voxels kept lie the same way from both ends: halfway between two, where the numbers do not work out.
    let left_over = n - 1 - step * (kept - 1);
    let (first, half) = (left_over / 2, left_over % 2);
    let offset = |d: usize| d as f64 + half as f64 / 2.0;
    let radius = (3.0 * sigma).ceil() as usize;
    let weights: Vec<f32> = (0..=radius).map(|d| (-0.5 * (offset(d) / sigma).powi(2)).exp() as f32).collect();
    let centre = if half == 0 { weights[0] } else { 0.0 };
    let total = 2.0 * weights.iter().sum::<f32>() - centre;
    // The sum of each pair first: mirrored input then gives mirrored output to the last bit.
    let pairs: Vec<(usize, f32)> = weights
        .iter()
        .enumerate()
        // The centre counts once.
        .map(|(d, w)| (d, w / total * if d == 0 && half == 0 { 0.5 } else { 1.0 }))
        .collect();
    let stride: usize = volume.dims[..axis].iter().product();
    let mut dims = volume.dims;
    dims[axis] = kept;
    let mut voxels = vec![0.0; dims.iter().product()];
    let blocks = volume.voxels.chunks_exact(n * stride).zip(voxels.chunks_exact_mut(kept * stride));
    if axis == 0 {
        // A row with its borders repeated, so that both voxels of a pair are read in order.
        let mut row = vec![0.0; n + 2 * radius + 1];
        for (source, out) in blocks {
            row[..radius].fill(source[0]);
            row[radius..radius + n].copy_from_slice(source);
            row[radius + n..].fill(source[n - 1]);
            for (d, weight) in &pairs {
                let low = row[first + radius - d..].iter().step_by(step);
                let high = row[first + radius + half + d..].iter().step_by(step);
                out.iter_mut().zip(low.zip(high)).for_each(|(o, (a, b))| *o += weight * (a + b));
            }
        }
    } else {
        // Rows of the faster axes are smoothed side by side, so that memory is read in order.
        for (source, out) in blocks {
            for (j, out) in out.chunks_exact_mut(stride).enumerate() {
                let at = first + j * step;
                for (d, weight) in &pairs {
                    let (low, high) = (at.saturating_sub(*d), (at + half + d).min(n - 1));
                    let (a, b) = (&source[low * stride..][..stride], &source[high * stride..][..stride]);
                    out.iter_mut().zip(a.iter().zip(b)).for_each(|(o, (a, b))| *o += weight * (a + b));
                }
            }
        }
    }
    let from = first as f64 + half as f64 / 2.0;
    Volume { dims, voxels, affine: volume.affine.every(axis, step, from) }
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
