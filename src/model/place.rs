//! Where in the brain a feature lies: a smooth basis over the feature grid.

/// Knots along the distance from the midline, along front-back and along top-bottom.
const KNOTS: [usize; 3] = [5, 8, 7];

/// Number of basis functions.
pub const PLACES: usize = KNOTS[0] * KNOTS[1] * KNOTS[2];

/// Hat functions over a feature grid of `dims` (x, y, z): `[cells, PLACES]` row-major, cells with the first
/// axis fastest.
///
/// They are mirror-symmetric about the midline, never negative, and sum to 1 in every cell, so that
/// `A_k(v) B_r(v)` summed over `r` is the feature map `A_k(v)` itself.
#[must_use]
pub fn basis(dims: [usize; 3]) -> Vec<f32> {
    let [nx, ny, nz] = dims;
    // From 0 at the midline to 1 at the edge; from 0 to 1 along the others.
    let across = |x: usize| (2.0 * x as f32 / (nx as f32 - 1.0).max(1.0) - 1.0).abs();
    let along = |i: usize, n: usize| i as f32 / (n as f32 - 1.0).max(1.0);
    let mut out = Vec::with_capacity(nx * ny * nz * PLACES);
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                for r in 0..PLACES {
                    let knot = [r % KNOTS[0], r / KNOTS[0] % KNOTS[1], r / (KNOTS[0] * KNOTS[1])];
                    let at = [across(x), along(y, ny), along(z, nz)];
                    let hat =
                        |a: usize| (1.0 - (at[a] * (KNOTS[a] as f32 - 1.0) - knot[a] as f32).abs()).max(0.0);
                    out.push(hat(0) * hat(1) * hat(2));
                }
            }
        }
    }
    out
}

/// Sums of `values` (on a grid of `dims`, first axis fastest) weighted by each place's hat function:
/// `basis` transposed times the values, without the matrix.
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
    fn do_the_places_share_every_cell_and_mirror_left_and_right() {
        let dims = [15, 17, 15];
        let basis = basis(dims);
        for (cell, shares) in basis.chunks(PLACES).enumerate() {
            let sum: f32 = shares.iter().sum();
            // Products of f32 fractions.
            assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            let x = cell % 15;
            let mirrored = cell - x + 14 - x;
            let twin = &basis[mirrored * PLACES..][..PLACES];
            assert!(shares.iter().zip(twin).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }

    #[test]
    fn is_pooling_the_product_with_the_basis() {
        let dims = [9, 11, 8];
        let n = dims.iter().product::<usize>();
        let values: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let basis = basis(dims);
        for (place, pooled) in pool_places(&values, dims).into_iter().enumerate() {
            let expected: f32 = (0..n).map(|i| values[i] * basis[i * PLACES + place]).sum();
            // f32 sums of some dozen terms of at most 1.
            assert!((pooled - expected).abs() < 1e-5, "{place}: {pooled} {expected}");
        }
    }
}
