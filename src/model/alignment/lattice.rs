//! Numbers on an isotropic grid in voxel coordinates: blurred, differentiated, sampled.

/// Values on a grid of `dims` (first axis fastest) with one spacing.
#[derive(Debug, Clone)]
pub struct Lattice {
    pub dims: [usize; 3],
    pub spacing_mm: f64,
    pub values: Vec<f32>,
}

impl Lattice {
    pub fn new(dims: [usize; 3], spacing_mm: f64, values: Vec<f32>) -> Self {
        Self { dims, spacing_mm, values }
    }

    fn strides(&self) -> [usize; 3] {
        [1, self.dims[0], self.dims[0] * self.dims[1]]
    }

    /// Gaussian of `sigma_mm`; beyond the border lies zero. Narrow ones are summed tap by tap, wide ones are three
    /// boxes.
    pub fn blur(&mut self, sigma_mm: f64) {
        let sigma = sigma_mm / self.spacing_mm;
        if sigma > 2.0 {
            blur(&mut self.values, self.dims, sigma);
            return;
        }
        let radius = (3.0 * sigma).ceil() as usize;
        let taps: Vec<f32> = (0..=radius).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp() as f32).collect();
        let total = taps[0] + 2.0 * taps[1..].iter().sum::<f32>();
        let mut source = vec![0.0; self.values.len()];
        for (n, stride) in self.dims.into_iter().zip(self.strides()) {
            source.copy_from_slice(&self.values);
            self.values.iter_mut().for_each(|v| *v *= taps[0] / total);
            // Whole rows at once; along the first axis a row is shifted against itself.
            for (out, source) in self.values.chunks_exact_mut(n * stride).zip(source.chunks_exact(n * stride))
            {
                for (d, tap) in taps.iter().enumerate().skip(1).take_while(|(d, _)| *d < n) {
                    let (shift, weight) = (d * stride, tap / total);
                    let kept = n * stride - shift;
                    let add = |out: &mut [f32], other: &[f32]| {
                        out.iter_mut().zip(other).for_each(|(o, v)| *o += weight * v);
                    };
                    add(&mut out[shift..], &source[..kept]);
                    add(&mut out[..kept], &source[shift..]);
                }
            }
        }
    }

    /// Value and gradient (per mm) at every voxel, side by side, so that one look-up gives both.
    pub fn with_gradient(&self) -> Slopes {
        let half = (0.5 / self.spacing_mm) as f32;
        let mut values: Vec<[f32; 4]> = self.values.iter().map(|v| [*v, 0.0, 0.0, 0.0]).collect();
        for (axis, (n, stride)) in self.dims.into_iter().zip(self.strides()).enumerate() {
            // At the border the voxel stands in for the neighbour that is not there.
            let blocks = values.chunks_exact_mut(n * stride).zip(self.values.chunks_exact(n * stride));
            for (out, own) in blocks {
                for i in 0..n {
                    let (before, after) = (i.saturating_sub(1) * stride, (i + 1).min(n - 1) * stride);
                    let pair = own[before..before + stride].iter().zip(&own[after..after + stride]);
                    let out = &mut out[i * stride..(i + 1) * stride];
                    out.iter_mut().zip(pair).for_each(|(o, (a, b))| o[axis + 1] = half * (b - a));
                }
            }
        }
        Slopes { dims: self.dims, values }
    }
}

/// Value and gradient on a grid.
pub struct Slopes {
    dims: [usize; 3],
    values: Vec<[f32; 4]>,
}

impl Slopes {
    /// Trilinear value and gradient at a voxel coordinate; zero beyond the grid.
    pub fn at(&self, voxel: [f32; 3]) -> [f32; 4] {
        let mut low = [0_usize; 3];
        let mut share = [0.0_f32; 3];
        for a in 0..3 {
            if !(voxel[a] >= 0.0 && voxel[a] < self.dims[a] as f32 - 1.0) {
                return [0.0; 4];
            }
            low[a] = voxel[a] as usize;
            share[a] = voxel[a] - low[a] as f32;
        }
        let (dy, dz) = (self.dims[0], self.dims[0] * self.dims[1]);
        let base = low[0] + dy * low[1] + dz * low[2];
        let mix = |a: [f32; 4], b: [f32; 4], t: f32| -> [f32; 4] {
            std::array::from_fn(|k| a[k] + t * (b[k] - a[k]))
        };
        let row = |o: usize| mix(self.values[base + o], self.values[base + o + 1], share[0]);
        let plane = |o: usize| mix(row(o), row(o + dy), share[1]);
        mix(plane(0), plane(dz), share[2])
    }
}

/// Gaussian blur by three box blurs along each axis; beyond the border lies zero.
pub(in crate::model) fn blur(values: &mut [f32], dims: [usize; 3], sigma_voxels: f64) {
    // Three boxes of width w have variance (w^2 - 1) / 4.
    let radius = (((4.0 * sigma_voxels * sigma_voxels + 1.0).sqrt() - 1.0) / 2.0).round() as usize;
    let share = 1.0 / (2 * radius + 1) as f64;
    let mut source = values.to_vec();
    let mut stride = 1;
    for n in dims {
        // Sums that move along, one for every voxel of a row of the faster axes.
        let mut sums = vec![0.0_f64; stride];
        for _ in 0..3 {
            source.copy_from_slice(values);
            let blocks = values.chunks_exact_mut(n * stride).zip(source.chunks_exact(n * stride));
            for (out, source) in blocks {
                let row = |i: usize| &source[i * stride..(i + 1) * stride];
                sums.fill(0.0);
                let add = |sums: &mut [f64], i: usize, sign: f64| {
                    sums.iter_mut().zip(row(i)).for_each(|(sum, v)| *sum += sign * f64::from(*v));
                };
                (0..radius.min(n)).for_each(|i| add(&mut sums, i, 1.0));
                for i in 0..n {
                    if i + radius < n {
                        add(&mut sums, i + radius, 1.0);
                    }
                    if i > radius {
                        add(&mut sums, i - radius - 1, -1.0);
                    }
                    let out = &mut out[i * stride..(i + 1) * stride];
                    out.iter_mut().zip(&sums).for_each(|(o, sum)| *o = (sum * share) as f32);
                }
            }
        }
        stride *= n;
    }
}

/// The value in the middle (the upper of two); 0 of nothing.
pub(in crate::model) fn median(mut values: Vec<f32>) -> f32 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f32::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_blurring_keep_the_mass_and_spread_it_by_sigma() {
        let dims = [81, 81, 81];
        let mut values = vec![0.0; 81 * 81 * 81];
        values[40 + 81 * (40 + 81 * 40)] = 1.0;
        blur(&mut values, dims, 5.0);
        let line: Vec<f64> =
            (0..81).map(|x| values.iter().skip(x).step_by(81).map(|v| f64::from(*v)).sum()).collect();
        let mass: f64 = line.iter().sum();
        let variance: f64 =
            line.iter().enumerate().map(|(x, v)| v * (x as f64 - 40.0).powi(2)).sum::<f64>() / mass;
        // The radius is a whole number of voxels, so sigma is met within half a voxel.
        assert!((variance.sqrt() - 5.0).abs() < 0.5, "{}", variance.sqrt());
        // f32 sums over half a million voxels.
        assert!((mass - 1.0).abs() < 1e-4, "{mass}");
    }
}
