//! Means over places of the brain: a smooth basis over a grid.

/// Knots along the distance from the midline, along front-back and along top-bottom.
const KNOTS: [usize; 3] = [5, 8, 7];

/// Number of basis functions.
pub const PLACES: usize = KNOTS[0] * KNOTS[1] * KNOTS[2];

/// Sums of `values` (on a grid of `dims`, first axis fastest) weighted by each place's hat function.
///
/// The hats are mirror-symmetric about the midline, never negative, and sum to 1 in every voxel.
#[must_use]
pub fn pool_places(values: &[f32], dims: [usize; 3]) -> Vec<f32> {
    // The lower of the two knots beside every index, and the upper one's share.
    let knots = |axis: usize| -> Vec<(usize, f32)> {
        let last = (dims[axis] as f32 - 1.0).max(1.0);
        (0..dims[axis])
            .map(|i| {
                let along = if axis == 0 { (2.0 * i as f32 / last - 1.0).abs() } else { i as f32 / last };
                let at = along * (KNOTS[axis] as f32 - 1.0);
                let low = (at as usize).min(KNOTS[axis] - 2);
                (low, at - low as f32)
            })
            .collect()
    };
    let axes = [knots(0), knots(1), knots(2)];
    let mut sums = vec![0.0_f64; PLACES];
    for (i, value) in values.iter().enumerate().filter(|(_, v)| **v != 0.0) {
        let at = [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])];
        for corner in 0..8 {
            let (mut place, mut share, mut stride) = (0, 1.0, 1);
            for axis in 0..3 {
                let (low, upper) = axes[axis][at[axis]];
                let up = corner >> axis & 1;
                place += (low + up) * stride;
                share *= if up == 1 { upper } else { 1.0 - upper };
                stride *= KNOTS[axis];
            }
            sums[place] += f64::from(share * value);
        }
    }
    sums.into_iter().map(|s| s as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_the_places_share_what_they_pool_and_mirror_left_and_right() {
        let dims = [9, 11, 8];
        let n = dims.iter().product::<usize>();
        let values: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let mirrored: Vec<f32> = (0..n).map(|i| values[i - i % 9 + 8 - i % 9]).collect();
        let (pooled, other) = (pool_places(&values, dims), pool_places(&mirrored, dims));
        // f32 sums of some hundred terms of at most 1.
        assert!((pooled.iter().sum::<f32>() - values.iter().sum::<f32>()).abs() < 1e-3);
        assert!(pooled.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-4));
    }
}
