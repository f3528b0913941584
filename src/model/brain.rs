//! Where the brain is: the largest bright object that survives erosion.

/// Brain mask of a coarse image, first axis fastest.
///
/// A voxel is bright above `fraction` of the median of what is above the mean. Eroding by
/// `erosion` voxels parts the brain from scalp and skull, whose shell is thinner than that; the
/// largest remaining object grows back within the bright voxels and its holes (CSF that is dark on
/// T1w) are filled. Works alike on skull-stripped images. Returns an all-false mask when nothing
/// survives.
#[must_use]
pub(super) fn brain_mask(values: &[f32], dims: [usize; 3], fraction: f32, erosion: usize) -> Vec<bool> {
    let bright = bright(values, fraction);
    let mut core = bright.clone();
    for step in 0..erosion {
        core = erode(&core, dims, Neighbours::alternate(step));
    }
    let mut brain = largest_component(&core, dims);
    for step in 0..erosion {
        brain = dilate(&brain, dims, Neighbours::alternate(step));
        brain.iter_mut().zip(&bright).for_each(|(b, inside)| *b &= inside);
    }
    // Closing over one voxel bridges dark sulci before the holes are filled.
    let closed = erode(&dilate(&brain, dims, Neighbours::Six), dims, Neighbours::Six);
    fill_holes(&closed, dims)
}

fn bright(values: &[f32], fraction: f32) -> Vec<bool> {
    let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len().max(1) as f64;
    let mut above: Vec<f32> = values.iter().copied().filter(|v| f64::from(*v) > mean).collect();
    if above.is_empty() {
        return vec![false; values.len()];
    }
    let middle = above.len() / 2;
    let median = *above.select_nth_unstable_by(middle, f32::total_cmp).1;
    values.iter().map(|v| *v > fraction * median).collect()
}

/// Which voxels touch: faces only, or faces, edges and corners. Alternating them keeps a grown or
/// eroded object round.
#[derive(Clone, Copy)]
enum Neighbours {
    Six,
    TwentySix,
}

impl Neighbours {
    fn alternate(step: usize) -> Self {
        if step.is_multiple_of(2) { Self::Six } else { Self::TwentySix }
    }
}

/// What is set with all its neighbours. Beyond the border nothing is set.
fn erode(mask: &[bool], dims: [usize; 3], neighbours: Neighbours) -> Vec<bool> {
    spread(mask, dims, neighbours, false, |own, other| *own &= other)
}

/// What is set or has a neighbour that is.
fn dilate(mask: &[bool], dims: [usize; 3], neighbours: Neighbours) -> Vec<bool> {
    spread(mask, dims, neighbours, true, |own, other| *own |= other)
}

/// Joins every voxel with its neighbours, whole rows at once; `open` says that what lies beyond the border changes
/// nothing.
fn spread(
    mask: &[bool],
    dims: [usize; 3],
    neighbours: Neighbours,
    open: bool,
    join: impl Fn(&mut bool, bool),
) -> Vec<bool> {
    let all = |own: &mut [bool], other: &[bool]| own.iter_mut().zip(other).for_each(|(o, v)| join(o, *v));
    let mut out = mask.to_vec();
    let mut source = mask.to_vec();
    let mut stride = 1;
    for n in dims {
        if matches!(neighbours, Neighbours::TwentySix) {
            // A cube is a row of rows of rows.
            source.copy_from_slice(&out);
        }
        for (from, to) in source.chunks_exact(n * stride).zip(out.chunks_exact_mut(n * stride)) {
            let inner = (n - 1) * stride;
            all(&mut to[stride..], &from[..inner]);
            all(&mut to[..inner], &from[stride..]);
            if !open {
                to[..stride].fill(false);
                to[inner..].fill(false);
            }
        }
        stride *= n;
    }
    out
}

/// Every voxel that `from` reaches over faces within `open`.
fn flood(open: &[bool], dims: [usize; 3], from: Vec<usize>, reached: &mut [bool]) -> usize {
    let mut stack = from;
    let mut count = 0;
    stack.retain(|i| open[*i] && !std::mem::replace(&mut reached[*i], true));
    let strides = [1, dims[0], dims[0] * dims[1]];
    while let Some(i) = stack.pop() {
        count += 1;
        for (n, stride) in dims.into_iter().zip(strides) {
            let at = i / stride % n;
            let before = (at > 0).then(|| i - stride);
            let after = (at + 1 < n).then(|| i + stride);
            for j in before.into_iter().chain(after) {
                if open[j] && !reached[j] {
                    reached[j] = true;
                    stack.push(j);
                }
            }
        }
    }
    count
}

fn largest_component(mask: &[bool], dims: [usize; 3]) -> Vec<bool> {
    let mut seen = vec![false; mask.len()];
    let mut largest = (0, None);
    for i in 0..mask.len() {
        if mask[i] && !seen[i] {
            let size = flood(mask, dims, vec![i], &mut seen);
            if size > largest.0 {
                largest = (size, Some(i));
            }
        }
    }
    let mut component = vec![false; mask.len()];
    if let Some(seed) = largest.1 {
        flood(mask, dims, vec![seed], &mut component);
    }
    component
}

fn fill_holes(mask: &[bool], dims: [usize; 3]) -> Vec<bool> {
    let open: Vec<bool> = mask.iter().map(|m| !m).collect();
    let on_border = |i: &usize| {
        let mut rest = *i;
        dims.into_iter().any(|n| {
            let at = rest % n;
            rest /= n;
            at == 0 || at + 1 == n
        })
    };
    let border = (0..mask.len()).filter(on_border).collect();
    let mut outside = vec![false; mask.len()];
    flood(&open, dims, border, &mut outside);
    outside.iter().map(|o| !o).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bright ball of radius 12 with a dark core of radius 4, in a dark gap, in a bright shell of
    /// 2 voxels, with a bridge between ball and shell: a brain with a ventricle in a scalp.
    fn head() -> (Vec<f32>, [usize; 3]) {
        let dims = [41, 41, 41];
        let mut values = vec![0.0; 41 * 41 * 41];
        for (i, value) in values.iter_mut().enumerate() {
            let [x, y, z] = [i % 41, i / 41 % 41, i / (41 * 41)].map(|c| c as f32 - 20.0);
            let r = (x * x + y * y + z * z).sqrt();
            let bridge = x > 0.0 && y.abs() < 2.0 && z.abs() < 2.0;
            *value = match r {
                r if r < 4.0 => 0.1,
                r if r < 12.0 => 1.0,
                r if r < 15.0 => f32::from(u8::from(bridge)),
                r if r < 17.0 => 1.2,
                _ => 0.0,
            };
        }
        (values, dims)
    }

    #[test]
    fn is_the_brain_parted_from_the_scalp_and_its_ventricle_kept() {
        let (values, dims) = head();
        let mask = brain_mask(&values, dims, 0.45, 2);
        let at = |x: usize, y: usize, z: usize| mask[x + 41 * (y + 41 * z)];
        assert!(at(20, 20, 20), "the dark core belongs to the brain");
        assert!(at(20, 29, 20), "the ball does");
        assert!(!at(20, 36, 20), "the shell does not");
        let volume = mask.iter().filter(|m| **m).count() as f64;
        let ball = 4.0 / 3.0 * std::f64::consts::PI * 12.0_f64.powi(3);
        // A digital ball and a stub of the bridge: within 5 % of the true volume.
        assert!((volume / ball - 1.0).abs() < 0.05, "{volume} of {ball}");
    }

    #[test]
    fn is_nothing_found_in_a_uniform_or_empty_image() {
        assert!(brain_mask(&[0.0; 1000], [10; 3], 0.45, 2).iter().all(|m| !m));
        assert!(brain_mask(&[7.0; 1000], [10; 3], 0.45, 2).iter().all(|m| !m));
    }
}
