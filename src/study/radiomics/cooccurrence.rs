//! Grey level co-occurrence: how often two levels are neighbours.

use super::{Feature, Levels, RadiomicsError};

/// Features that another one implies exactly: dissimilarity is the difference average, the sum average
/// twice the joint average, cluster tendency the sum variance.
pub const IMPLIED: [&str; 3] = ["dissimilarity", "sum average", "cluster tendency"];

/// IBSI's twenty-five co-occurrence features: distance 1, 13 directions, symmetric, merged by volume.
///
/// Of a constant region, correlation is 1 and both measures of information correlation are 0.
///
/// # Errors
/// `NoNeighbours` when no two voxels of the region touch.
pub fn cooccurrence(levels: &Levels) -> Result<Vec<Feature>, RadiomicsError> {
    let n = levels.highest;
    let counts = counts(levels);
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return Err(RadiomicsError::NoNeighbours);
    }
    // (i, j, their share), levels from 1; only pairs that occur.
    let cells: Vec<(f64, f64, f64)> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(at, count)| ((at / n + 1) as f64, (at % n + 1) as f64, *count as f64 / total as f64))
        .collect();
    let mut single = vec![0.0; n + 1];
    let mut difference = vec![0.0; n];
    let mut sum = vec![0.0; 2 * n + 1];
    for (i, j, p) in &cells {
        single[*i as usize] += p;
        difference[(i - j).abs() as usize] += p;
        sum[(i + j) as usize] += p;
    }
    let over = |f: &dyn Fn(f64, f64) -> f64| cells.iter().map(|(i, j, p)| f(*i, *j) * p).sum::<f64>();
    let gap = |f: &dyn Fn(f64) -> f64| over(&|i, j| f((i - j).abs()));
    let average = over(&|i, _| i);
    let variance = over(&|i, _| (i - average).powi(2));
    let joint_entropy = entropy(cells.iter().map(|(_, _, p)| *p));
    let own_entropy = entropy(single.iter().copied());
    let (difference_average, difference_variance) = moments(&difference);
    let (sum_average, sum_variance) = moments(&sum);
    let cluster = |power: i32| over(&|i, j| (i + j - 2.0 * average).powi(power));
    let covariance = over(&|i, j| (i - average) * (j - average));
    // The matrix is symmetric: rows and columns have the same shares, and were they independent, the joint
    // entropy would be twice their entropy, which IBSI calls HXY1 and HXY2.
    let shared = (2.0 * own_entropy - joint_entropy).max(0.0);
    let levels_n = n as f64;
    Ok(vec![
        ("joint maximum", cells.iter().map(|(_, _, p)| *p).fold(0.0, f64::max)),
        ("joint average", average),
        ("joint variance", variance),
        ("joint entropy", joint_entropy),
        ("difference average", difference_average),
        ("difference variance", difference_variance),
        ("difference entropy", entropy(difference.iter().copied())),
        ("sum average", sum_average),
        ("sum variance", sum_variance),
        ("sum entropy", entropy(sum.iter().copied())),
        ("angular second moment", cells.iter().map(|(_, _, p)| p * p).sum()),
        ("contrast", gap(&|d| d * d)),
        ("dissimilarity", gap(&|d| d)),
        ("inverse difference", gap(&|d| 1.0 / (1.0 + d))),
        ("normalised inverse difference", gap(&|d| 1.0 / (1.0 + d / levels_n))),
        ("inverse difference moment", gap(&|d| 1.0 / (1.0 + d * d))),
        ("normalised inverse difference moment", gap(&|d| 1.0 / (1.0 + (d / levels_n).powi(2)))),
        ("inverse variance", gap(&|d| if d > 0.0 { 1.0 / (d * d) } else { 0.0 })),
        ("correlation", if variance > 0.0 { covariance / variance } else { 1.0 }),
        ("autocorrelation", over(&|i, j| i * j)),
        ("cluster tendency", cluster(2)),
        ("cluster shade", cluster(3)),
        ("cluster prominence", cluster(4)),
        (
            "first measure of information correlation",
            if own_entropy > 0.0 { -shared / own_entropy } else { 0.0 },
        ),
        ("second measure of information correlation", (1.0 - (-2.0 * shared).exp()).sqrt()),
    ])
}

/// Pairs of neighbours by level, counted both ways; row by row.
fn counts(levels: &Levels) -> Vec<u64> {
    let Levels { dims, levels: voxels, highest: n } = levels;
    let mut counts = vec![0; n * n];
    // One of each pair of opposite directions.
    let directions: Vec<[i64; 3]> = (-1..=1)
        .flat_map(|z| (-1..=1).flat_map(move |y| (-1..=1).map(move |x| [x, y, z])))
        .filter(|[x, y, z]| (*z, *y, *x) > (0, 0, 0))
        .collect();
    for (at, level) in voxels.iter().enumerate().filter(|(_, level)| **level > 0) {
        let here = [at % dims[0], at / dims[0] % dims[1], at / (dims[0] * dims[1])];
        for direction in &directions {
            let there: [i64; 3] = std::array::from_fn(|a| here[a] as i64 + direction[a]);
            if (0..3).all(|a| (0..dims[a] as i64).contains(&there[a])) {
                let [x, y, z] = there.map(|c| c as usize);
                let other = voxels[x + dims[0] * (y + dims[1] * z)];
                if other > 0 {
                    counts[(level - 1) * n + other - 1] += 1;
                    counts[(other - 1) * n + level - 1] += 1;
                }
            }
        }
    }
    counts
}

/// Bits.
fn entropy(shares: impl Iterator<Item = f64>) -> f64 {
    shares.filter(|p| *p > 0.0).map(|p| -p * p.log2()).sum()
}

/// Mean and variance of the index.
fn moments(shares: &[f64]) -> (f64, f64) {
    let mean: f64 = shares.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
    (mean, shares.iter().enumerate().map(|(k, p)| (k as f64 - mean).powi(2) * p).sum())
}
