//! What lies at a world position, peaks of a map, and the intensities that a picture spans.

use crate::language::Text;
use crate::text;
use crate::volume::Volume;

/// What an image and its map are at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Readout {
    /// Voxel index in the volume's own order (closest to right, front, top); fractions between centres.
    pub voxel: [f64; 3],
    /// Trilinear intensity, or that of the voxel; `None` outside the image.
    pub intensity: Option<f32>,
    /// Of the map, log-odds per ml; `None` outside it or without one.
    pub map: Option<f32>,
}

impl Readout {
    /// At a world position.
    #[must_use]
    pub fn at(volume: &Volume, map: Option<&Volume>, ras_mm: [f64; 3], interpolate: bool) -> Self {
        let take = |volume: &Volume| {
            let voxel = volume.affine().to_voxel(ras_mm);
            if interpolate {
                return volume.sample(voxel);
            }
            // Only what is within the voxels: they reach half a voxel beyond their centres.
            volume.sample(voxel)?;
            let last = volume.dims().map(|n| n as f64 - 1.0);
            volume.sample(std::array::from_fn(|a| (voxel[a] + 0.5).floor().clamp(0.0, last[a])))
        };
        Self { voxel: volume.affine().to_voxel(ras_mm), intensity: take(volume), map: map.and_then(take) }
    }
}

/// Intensities shown as black and white: the 1st and 99.5th percentile of what is above zero.
#[must_use]
pub fn automatic_window(volume: &Volume) -> [f32; 2] {
    window_of(volume.voxels())
}

/// The same of voxels by themselves.
pub(super) fn window_of(voxels: &[f32]) -> [f32; 2] {
    // A sample of at most 100,000 voxels is exact enough to look at.
    let step = (voxels.len() / 100_000).max(1);
    let mut values: Vec<f32> = voxels.iter().step_by(step).copied().filter(|v| *v > 0.0).collect();
    values.sort_by(f32::total_cmp);
    let at = |share: f64| values.get((share * values.len() as f64) as usize).copied();
    let (low, high) = (at(0.01).unwrap_or(0.0), at(0.995).unwrap_or(1.0));
    if high > low { [low, high] } else { [low, low + 1.0] }
}

/// Smallest and largest voxel.
#[must_use]
pub fn full_range(volume: &Volume) -> [f32; 2] {
    let fold = |f: fn(f32, f32) -> f32, start| volume.voxels().iter().copied().fold(start, f);
    [fold(f32::min, f32::INFINITY), fold(f32::max, f32::NEG_INFINITY)]
}

/// The largest value of a map without its sign.
#[must_use]
pub fn largest(map: &Volume) -> f32 {
    map.voxels().iter().fold(0.0, |most, v| most.max(v.abs()))
}

/// The side of the brain on which a place lies, by a map whose grid is centred on it: the world's
/// origin may lie anywhere. Within half a cell of the middle it is neither.
#[must_use]
pub fn side(map: &Volume, ras_mm: [f64; 3]) -> Text {
    let cells = map.affine().to_voxel(ras_mm)[0] - (map.dims()[0] as f64 - 1.0) / 2.0;
    match cells {
        c if c < -0.5 => text!("left"),
        c if c > 0.5 => text!("right"),
        _ => text!("midline"),
    }
}

/// The share of everything in a map that speaks for HIE which belongs to the peak at a place: of all
/// positive cells, those from which the steepest way up (over the 26 neighbours) ends there. The shares of
/// all local maxima add up to 1. `None` where no cell is positive.
#[must_use]
pub fn share_of_peak(map: &Volume, ras_mm: [f64; 3]) -> Option<f64> {
    let dims = map.dims();
    let last = dims.map(|n| n as f64 - 1.0);
    let voxel = map.affine().to_voxel(ras_mm);
    let cell: [usize; 3] = std::array::from_fn(|a| voxel[a].round().clamp(0.0, last[a]) as usize);
    let index = |[x, y, z]: [usize; 3]| x + dims[0] * (y + dims[1] * z);
    let top = index(ascend(map, cell));
    let (mut own, mut all) = (0.0, 0.0);
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let value = f64::from(map.voxels()[index([x, y, z])]);
                if value > 0.0 {
                    all += value;
                    if index(ascend(map, [x, y, z])) == top {
                        own += value;
                    }
                }
            }
        }
    }
    (all > 0.0).then(|| own / all)
}

/// The local maximum that the steepest ascent from a cell ends at.
fn ascend(map: &Volume, mut cell: [usize; 3]) -> [usize; 3] {
    let dims = map.dims();
    let value = |[x, y, z]: [usize; 3]| map.voxels()[x + dims[0] * (y + dims[1] * z)];
    let around = |c: usize, n: usize| c.saturating_sub(1)..(c + 2).min(n);
    loop {
        let mut best = cell;
        for z in around(cell[2], dims[2]) {
            for y in around(cell[1], dims[1]) {
                for x in around(cell[0], dims[0]) {
                    if value([x, y, z]) > value(best) {
                        best = [x, y, z];
                    }
                }
            }
        }
        if best == cell {
            return cell;
        }
        // Strictly higher each time, so it ends.
        cell = best;
    }
}
