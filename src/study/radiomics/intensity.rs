//! Intensity-based statistics, and what of the intensity histogram they do not say already.

use super::{Feature, Levels, Region};

/// IBSI's eighteen intensity-based statistics. Percentiles are interpolated linearly between order
/// statistics.
///
/// Of a constant region, skewness and kurtosis are 0. The coefficients of variation and of dispersion are
/// 0 where their denominator is.
#[must_use]
pub fn intensity(region: &Region) -> Vec<Feature> {
    let mut x: Vec<f64> = region.intensities().collect();
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let mean_of = |f: &dyn Fn(f64) -> f64| x.iter().map(|x| f(*x)).sum::<f64>() / n;
    let percentile = |share: f64| {
        let at = share * (n - 1.0);
        let below = at.floor() as usize;
        let above = x[(below + 1).min(x.len() - 1)];
        x[below] + (above - x[below]) * (at - below as f64)
    };
    let (minimum, maximum) = (x[0], x[x.len() - 1]);
    // Of a constant region the sum's rounding would leave a spread that is not there.
    let mean = if minimum < maximum { mean_of(&|x| x) } else { minimum };
    let variance = mean_of(&|x| (x - mean).powi(2));
    let ratio = |numerator: f64, denominator: f64| {
        let ratio = numerator / denominator;
        if ratio.is_finite() { ratio } else { 0.0 }
    };
    let kurtosis =
        if variance > 0.0 { ratio(mean_of(&|x| (x - mean).powi(4)), variance.powi(2)) - 3.0 } else { 0.0 };
    let (p10, p25, median, p75, p90) =
        (percentile(0.1), percentile(0.25), percentile(0.5), percentile(0.75), percentile(0.9));
    let inner: Vec<f64> = x.iter().copied().filter(|x| (p10..=p90).contains(x)).collect();
    let inner_n = inner.len() as f64;
    let inner_mean = inner.iter().sum::<f64>() / inner_n;
    let robust = ratio(inner.iter().map(|x| (x - inner_mean).abs()).sum::<f64>(), inner_n);
    vec![
        ("mean", mean),
        ("variance", variance),
        ("skewness", ratio(mean_of(&|x| (x - mean).powi(3)), variance.powf(1.5))),
        ("(excess) kurtosis", kurtosis),
        ("median", median),
        ("minimum", minimum),
        ("10th percentile", p10),
        ("90th percentile", p90),
        ("maximum", maximum),
        ("interquartile range", p75 - p25),
        ("range", maximum - minimum),
        ("mean absolute deviation", mean_of(&|x| (x - mean).abs())),
        ("robust mean absolute deviation", robust),
        // About the median; IBSI's name for a mean.
        ("median absolute deviation", mean_of(&|x| (x - median).abs())),
        ("coefficient of variation", ratio(variance.sqrt(), mean)),
        ("quartile coefficient of dispersion", ratio(p75 - p25, p75 + p25)),
        ("energy", x.iter().map(|x| x * x).sum()),
        ("root mean square", mean_of(&|x| x * x).sqrt()),
    ]
}

/// Mode, entropy (bits) and uniformity of the grey levels. With bins of a fixed size, the other features
/// of IBSI's intensity histogram repeat the intensity-based statistics. Of several modes, the one
/// closest to the mean level is taken.
#[must_use]
pub fn histogram(levels: &Levels) -> Vec<Feature> {
    let mut counts = vec![0_usize; levels.highest + 1];
    levels.levels.iter().for_each(|level| counts[*level] += 1);
    let counts = &counts[1..];
    let n = counts.iter().sum::<usize>() as f64;
    let mean = counts.iter().zip(1..).map(|(count, level)| *count as f64 * f64::from(level)).sum::<f64>() / n;
    let far = |level: usize| (level as f64 - mean).abs();
    let mode = (1..=counts.len())
        .min_by(|a, b| counts[b - 1].cmp(&counts[a - 1]).then(far(*a).total_cmp(&far(*b))))
        .unwrap_or(1);
    let shares = || counts.iter().filter(|c| **c > 0).map(|c| *c as f64 / n);
    vec![
        ("intensity histogram mode", mode as f64),
        ("discretised intensity entropy", shares().map(|p| -p * p.log2()).sum()),
        ("discretised intensity uniformity", shares().map(|p| p * p).sum()),
    ]
}
