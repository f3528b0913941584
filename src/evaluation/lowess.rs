//! Cleveland's locally weighted linear smoother.
//!
//! Own code beside the crates that have one: the figures must be those of statsmodels (no robustness iterations, the
//! interpolation within `delta`), ties must not depend on the order of rows, and the chart needs the weights for its
//! band, which no crate gives.

/// The smooth of `y` at every `x`, in the order given: a share `span` of the points weighs in (tricube), no
/// robustness iterations. Points within `delta` of the last one fitted are interpolated.
///
/// Cleveland 1979, with the shortcut of his Fortran program.
#[must_use]
pub fn lowess(x: &[f64], y: &[f64], span: f64, delta: f64) -> Vec<f64> {
    let n = x.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]).then(y[*a].total_cmp(&y[*b])));
    let xs: Vec<f64> = order.iter().map(|i| x[*i]).collect();
    let ys: Vec<f64> = order.iter().map(|i| y[*i]).collect();
    // The same rounding as the references': a span of 2/3 of 9 points is 6 of them, not 5.
    let neighbours = ((span * n as f64 + 1e-10) as usize).clamp(1.min(n), n);

    let range = xs.last().zip(xs.first()).map_or(0.0, |(high, low)| high - low);
    let mut smooth = vec![0.0; n];
    let (mut left, mut right) = (0, neighbours);
    let mut last: Option<usize> = None;
    let mut i = 0;
    while i < n {
        while right < n && xs[i] > f64::midpoint(xs[left], xs[right]) {
            left += 1;
            right += 1;
        }
        let (first, end) = with_ties(&xs, left, right);
        smooth[i] = local_line(&xs[first..end], &ys[first..end], xs[i], range).unwrap_or(ys[i]);
        if let Some(last) = last
            && last + 1 < i
        {
            let width = xs[i] - xs[last];
            for k in last + 1..i {
                let share = (xs[k] - xs[last]) / width;
                smooth[k] = share * smooth[i] + (1.0 - share) * smooth[last];
            }
        }
        // The next point to fit: the last one within delta, and never a tie.
        let mut fitted = i;
        let mut k = i;
        for next in i + 1..n {
            k = next;
            if xs[next] > xs[i] + delta {
                break;
            }
            if xs[next] == xs[fitted] {
                smooth[next] = smooth[fitted];
                fitted = next;
            }
        }
        last = Some(fitted);
        i = k.saturating_sub(1).max(fitted + 1);
    }
    let mut out = vec![0.0; n];
    for (rank, i) in order.into_iter().enumerate() {
        out[i] = smooth[rank];
    }
    out
}

/// A window that holds nothing but ties takes all of them: which of them it held would be a matter of their order.
/// Any other cuts ties at its edge only, where they weigh nothing.
fn with_ties(xs: &[f64], left: usize, right: usize) -> (usize, usize) {
    match xs.get(left..right) {
        Some([x, .., last]) if x == last => (xs.partition_point(|v| v < x), xs.partition_point(|v| v <= x)),
        _ => (left, right),
    }
}

/// The weighted least-squares line at `at`; `None` where all weight lies in nothing.
fn local_line(x: &[f64], y: &[f64], at: f64, range: f64) -> Option<f64> {
    Some(local_weights(x, at, range)?.iter().zip(y).map(|(w, y)| w * y).sum())
}

/// What each `y` contributes to the weighted least-squares line at `at`: the smoother is linear in `y`. Where the
/// weighted spread of `x` is below a thousandth of the `range` of all, the line is level, as in Cleveland's program:
/// such a spread may be no more than rounding.
fn local_weights(x: &[f64], at: f64, range: f64) -> Option<Vec<f64>> {
    let radius = (at - x.first()?).max(x.last()? - at);
    let tricube = |x: &f64| {
        let distance = (x - at).abs() / radius;
        if distance < 1.0 { (1.0 - distance.powi(3)).powi(3) } else { 0.0 }
    };
    // Where all neighbours are ties, each weighs the same.
    let weight: Vec<f64> = if radius > 0.0 { x.iter().map(tricube).collect() } else { vec![1.0; x.len()] };
    let total: f64 = weight.iter().sum();
    if total <= 1e-12 {
        return None;
    }
    let mean = weight.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() / total;
    let spread = weight.iter().zip(x).map(|(w, x)| w * (x - mean).powi(2)).sum::<f64>() / total;
    let tilt = |x: &f64| if spread.sqrt() > 1e-3 * range { (at - mean) * (x - mean) / spread } else { 0.0 };
    Some(weight.iter().zip(x).map(|(w, x)| w / total * (1.0 + tilt(x))).collect())
}

/// The smooth of outcomes over probabilities at a place, with its pointwise standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smooth {
    pub at: f64,
    pub value: f64,
    /// Binomial: the square root of the weights' squares times `share (1 - share)`, where `share` is `value` with
    /// one event and one non-event added.
    pub se: f64,
}

/// The curve of [`lowess`] for outcomes, span 2/3, at most `points` places from the smallest to the largest
/// probability, in steps of equal numbers of subjects.
#[must_use]
pub fn calibration_curve(p: &[f64], outcome: &[bool], points: usize) -> Vec<Smooth> {
    let mut pairs: Vec<(f64, f64)> =
        p.iter().copied().zip(outcome.iter().map(|y| f64::from(u8::from(*y)))).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let n = xs.len();
    let neighbours = ((2.0 / 3.0 * n as f64 + 1e-10) as usize).clamp(1.min(n), n);
    let range = xs.last().zip(xs.first()).map_or(0.0, |(high, low)| high - low);
    let (mut left, mut curve) = (0, Vec::<Smooth>::new());
    for step in 0..points.min(n) {
        let i = step * (n - 1) / (points.min(n) - 1).max(1);
        let at = xs[i];
        while left + neighbours < n && at > f64::midpoint(xs[left], xs[left + neighbours]) {
            left += 1;
        }
        let (first, end) = with_ties(&xs, left, left + neighbours);
        let window = first..end;
        if curve.last().is_some_and(|last| last.at >= at) {
            continue;
        }
        if let Some(weights) = local_weights(&xs[window.clone()], at, range) {
            let value = weights.iter().zip(&ys[window]).map(|(w, y)| w * y).sum::<f64>().clamp(0.0, 1.0);
            let squares: f64 = weights.iter().map(|w| w * w).sum();
            // Of a share that an event and a non-event more have drawn towards one half: at 0 and at 1 the
            // binomial's own error is 0, however few newborns stand there.
            let effective = squares.recip();
            let share = (value * effective + 1.0) / (effective + 2.0);
            curve.push(Smooth { at, value, se: (share * (1.0 - share) * squares).sqrt() });
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_line_its_own_smooth() {
        let x: Vec<f64> = (0..40).map(|i| f64::from(i * i % 37)).collect();
        let y: Vec<f64> = x.iter().map(|x| 2.0 * x - 3.0).collect();
        for delta in [0.0, 2.0] {
            let smooth = lowess(&x, &y, 0.5, delta);
            // A weighted line through points of a line; rounding only.
            assert!(smooth.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }

    #[test]
    fn are_ties_smoothed_to_their_mean() {
        // The window holds four of the six; whichever those were, the mean is that of all.
        for y in [[0.0, 1.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]] {
            // Rounding only.
            assert!(lowess(&[1.0; 6], &y, 2.0 / 3.0, 0.0).iter().all(|v| (v - 1.0 / 3.0).abs() < 1e-15));
        }
        // Two places with 3 and 7 points: each its own mean, whatever the spread is by rounding.
        let x: Vec<f64> = (0..10).map(|i| if i % 3 == 1 { 0.1 + 0.2 } else { 0.8 }).collect();
        let y: Vec<f64> = (0..10).map(|i| f64::from(u8::from(i < 5))).collect();
        let smooth = lowess(&x, &y, 2.0 / 3.0, 0.0);
        for (x, s) in x.iter().zip(&smooth) {
            let mean = if *x < 0.5 { 2.0 / 3.0 } else { 3.0 / 7.0 };
            assert!((s - mean).abs() < 1e-12, "{x}: {s} instead of {mean}");
        }
    }

    #[test]
    fn is_the_calibration_curve_the_smooth_that_the_figures_come_from() {
        let p: Vec<f64> = (0..90).map(|i| 0.05 + 0.9 * f64::from(i * i % 89) / 89.0).collect();
        let outcome: Vec<bool> = (0..90).map(|i| (i * 7 % 10) as f64 / 10.0 < p[i as usize]).collect();
        let y: Vec<f64> = outcome.iter().map(|y| f64::from(u8::from(*y))).collect();
        let smooth = lowess(&p, &y, 2.0 / 3.0, 0.0);
        let curve = calibration_curve(&p, &outcome, 30);
        assert!(curve.len() > 20 && curve.windows(2).all(|w| w[0].at < w[1].at));
        for place in curve {
            let i = p.iter().position(|x| *x == place.at).unwrap();
            // The same weights in another order.
            assert!((place.value - smooth[i].clamp(0.0, 1.0)).abs() < 1e-9);
            // Between a single subject's and that of all of them.
            assert!(place.se > 0.0 && place.se < 0.5);
        }
    }
}
