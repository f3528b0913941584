//! A small grey picture of one image.

use super::readout::window_of;

/// Pixels along its longer side.
const SIDE: f64 = 96.0;

/// `voxels`, first along a row of `size[0]`, in their automatic window: columns, rows and a byte a pixel, black 0. Each
/// is the mean of the voxels that it covers; a pixel is as wide as it is high, whatever a voxel is.
#[must_use]
pub fn thumbnail(voxels: &[f32], size: [usize; 2], spacing_mm: [f64; 2]) -> ([usize; 2], Vec<u8>) {
    let [black, white] = window_of(voxels);
    let mm = [0, 1].map(|a| size[a] as f64 * spacing_mm[a]);
    let scale = SIDE / mm[0].max(mm[1]);
    let small = mm.map(|mm| (mm * scale).round().clamp(1.0, SIDE) as usize);
    // The voxels of one pixel along an axis: at least one.
    let covered = |axis: usize, at: usize| {
        let from = at * size[axis] / small[axis];
        from..((at + 1) * size[axis] / small[axis]).clamp(from + 1, size[axis].max(from + 1))
    };
    let grey = |x: usize, y: usize| {
        let rows = covered(1, y).filter_map(|row| voxels.get(row * size[0]..)?.get(covered(0, x)));
        let (sum, n) = rows.flatten().fold((0.0, 0_u32), |(sum, n), v| (sum + f64::from(*v), n + 1));
        let share = (sum / f64::from(n.max(1)) - f64::from(black)) / f64::from(white - black);
        (255.0 * share).round().clamp(0.0, 255.0) as u8
    };
    (small, (0..small[1]).flat_map(|y| (0..small[0]).map(move |x| grey(x, y))).collect())
}
