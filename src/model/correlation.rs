//! Pearson's correlation.

/// Pearson's correlation of pairs; 0 where either side is constant or absent.
pub(in crate::model) fn correlation<I: Iterator<Item = [f64; 2]>>(pairs: impl Fn() -> I) -> f64 {
    let n = pairs().count() as f64;
    let mean = pairs().fold([0.0, 0.0], |[x, y], p| [x + p[0] / n, y + p[1] / n]);
    let (xx, yy, xy) = pairs().fold((0.0, 0.0, 0.0), |(xx, yy, xy), p| {
        let (dx, dy) = (p[0] - mean[0], p[1] - mean[1]);
        (xx + dx * dx, yy + dy * dy, xy + dx * dy)
    });
    if xx > 0.0 && yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}
