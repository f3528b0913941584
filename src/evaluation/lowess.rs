//! Cleveland's locally weighted linear smoother.

/// The smooth of `y` at every `x`, in the order given: a share `span` of the points weighs in (tricube), no
/// robustness iterations. Points within `delta` of the last one fitted are interpolated.
///
/// Cleveland 1979, with the shortcut of his Fortran program.
#[must_use]
pub fn lowess(x: &[f64], y: &[f64], span: f64, delta: f64) -> Vec<f64> {
    let n = x.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    let xs: Vec<f64> = order.iter().map(|i| x[*i]).collect();
    let ys: Vec<f64> = order.iter().map(|i| y[*i]).collect();
    // The same rounding as the references': a span of 2/3 of 9 points is 6 of them, not 5.
    let neighbours = ((span * n as f64 + 1e-10) as usize).clamp(1.min(n), n);

    let mut smooth = vec![0.0; n];
    let (mut left, mut right) = (0, neighbours);
    let mut last: Option<usize> = None;
    let mut i = 0;
    while i < n {
        while right < n && xs[i] > f64::midpoint(xs[left], xs[right]) {
            left += 1;
            right += 1;
        }
        smooth[i] = local_line(&xs[left..right], &ys[left..right], xs[i]).unwrap_or(ys[i]);
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

/// The weighted least-squares line at `at`; `None` where all weight lies in nothing.
fn local_line(x: &[f64], y: &[f64], at: f64) -> Option<f64> {
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
    let mean = |v: &[f64]| weight.iter().zip(v).map(|(w, v)| w * v).sum::<f64>() / total;
    let (mx, my) = (mean(x), mean(y));
    let spread = weight.iter().zip(x).map(|(w, x)| w * (x - mx).powi(2)).sum::<f64>() / total;
    let joint = weight.iter().zip(x).zip(y).map(|((w, x), y)| w * (x - mx) * y).sum::<f64>() / total;
    Some(if spread > 0.0 { my + (at - mx) * joint / spread } else { my })
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
        let smooth = lowess(&[1.0; 4], &[0.0, 1.0, 1.0, 0.0], 2.0 / 3.0, 0.0);
        assert!(smooth.iter().all(|v| v.is_finite()));
    }
}
