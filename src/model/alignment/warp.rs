//! The very smooth warp that follows the affine: what remains of a head's shape.

use super::affine_fit::{LEVELS, Linear, blurred};
use super::lattice::Lattice;

/// A displacement in atlas space, mm, on a grid of `dims` over the model grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    dims: [usize; 3],
    step_mm: f32,
    /// Atlas mm (from the model grid's centre) of the first node.
    origin: [f32; 3],
    displacement: Vec<[f32; 3]>,
}

const ITERATIONS: usize = 25;
const SIGMA_MM: f64 = 22.0;
const MOST_MM: f32 = 10.0;

impl Field {
    pub fn none(template: &Lattice) -> Self {
        let dims = template.dims.map(|n| n.div_ceil(2));
        let step_mm = 2.0 * template.spacing_mm as f32;
        let origin = template.dims.map(|n| -(n as f32 - 1.0) / 2.0 * template.spacing_mm as f32);
        Self { dims, step_mm, origin, displacement: vec![[0.0; 3]; dims.iter().product()] }
    }

    /// All of it as numbers: what [`Self::from_numbers`] reads back exactly.
    pub fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let dims = self.dims.into_iter().map(|n| n as f64);
        let place = std::iter::once(self.step_mm).chain(self.origin);
        dims.chain(place.chain(self.displacement.iter().copied().flatten()).map(f64::from))
    }

    /// `None` where numbers are missing or left over.
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let (first, displacement) = numbers.split_at_checked(7)?;
        let dims: [usize; 3] = std::array::from_fn(|a| first[a] as usize);
        let displacement: Vec<[f32; 3]> =
            displacement.chunks_exact(3).map(|node| std::array::from_fn(|a| node[a] as f32)).collect();
        let origin = std::array::from_fn(|a| first[4 + a] as f32);
        let whole = displacement.len() == dims.iter().product::<usize>()
            && numbers.len() == 7 + 3 * displacement.len();
        whole.then_some(Self { dims, step_mm: first[3] as f32, origin, displacement })
    }

    /// Displacement at atlas mm (from the centre); that of the border beyond it.
    pub fn at(&self, mm: [f64; 3]) -> [f64; 3] {
        let mut low = [0_usize; 3];
        let mut share = [0.0_f32; 3];
        for a in 0..3 {
            let last = self.dims[a] as f32 - 1.0;
            let x = ((mm[a] as f32 - self.origin[a]) / self.step_mm).clamp(0.0, last);
            low[a] = (x as usize).min(self.dims[a].saturating_sub(2));
            share[a] = x - low[a] as f32;
        }
        let mut sum = [0.0_f64; 3];
        for corner in 0..8 {
            let up: [usize; 3] = std::array::from_fn(|a| corner >> a & 1);
            let weight: f32 = (0..3).map(|a| if up[a] == 1 { share[a] } else { 1.0 - share[a] }).product();
            let [x, y, z] = std::array::from_fn(|a| (low[a] + up[a]).min(self.dims[a] - 1));
            let node = self.displacement[x + self.dims[0] * (y + self.dims[1] * z)];
            (0..3).for_each(|a| sum[a] += f64::from(weight * node[a]));
        }
        sum
    }

    /// Fits the warp by 25 smoothed steps along what the template lacks.
    pub fn fit(template: &[Lattice; 3], head: &[Lattice; 3], linear: &Linear) -> Self {
        let mut field = Self::none(&template[0]);
        let blur = LEVELS[2].blur_mm;
        let template = [0, 1, 2].map(|c| blurred(&template[c], blur));
        let head_centre = head[0].dims.map(|n| (n as f32 - 1.0) / 2.0);
        let per_mm = (1.0 / head[0].spacing_mm) as f32;
        let head = [0, 1].map(|c| blurred(&head[c], blur).with_gradient());
        let (m, t) = (linear.matrix.map(|v| v as f32), linear.shift.map(|v| v as f32));
        let [nx, ny, _] = field.dims;
        let nodes = field.displacement.len();
        let at = |i: usize| [i % nx, i / nx % ny, i / (nx * ny)];
        let inside: Vec<(usize, [f32; 3], [f32; 2])> = (0..nodes)
            .filter_map(|i| {
                let [x, y, z] = at(i).map(|v| 2 * v);
                let dims = template[0].dims;
                let j = x + dims[0] * (y + dims[1] * z);
                let mm = std::array::from_fn(|a| field.origin[a] + at(i)[a] as f32 * field.step_mm);
                (template[2].values[j] > 0.05).then(|| (i, mm, [0, 1].map(|c| template[c].values[j])))
            })
            .collect();
        let lattice = || Lattice::new(field.dims, f64::from(field.step_mm), vec![0.0; nodes]);
        for _ in 0..ITERATIONS {
            let look = |(i, mm, _): &(usize, [f32; 3], [f32; 2])| {
                let u = field.displacement[*i];
                let x: [f32; 3] = std::array::from_fn(|a| mm[a] + u[a]);
                let voxel = std::array::from_fn(|r| {
                    (m[(r, 0)] * x[0] + m[(r, 1)] * x[1] + m[(r, 2)] * x[2] + t[r]) * per_mm + head_centre[r]
                });
                [0, 1].map(|c| head[c].at(voxel))
            };
            let seen: Vec<[[f32; 4]; 2]> = inside.iter().map(look).collect();
            let mut force = [lattice(), lattice(), lattice()];
            let mut stiffness = lattice();
            for c in 0..2 {
                let (scale, offset) = intensity(inside.iter().zip(&seen).map(|(n, s)| (n.2[c], s[c][0])));
                for ((i, _, t), s) in inside.iter().zip(&seen) {
                    let r = t[c] - scale * s[c][0] - offset;
                    // The gradient in atlas space.
                    let g: [f32; 3] = std::array::from_fn(|a| {
                        scale * (m[(0, a)] * s[c][1] + m[(1, a)] * s[c][2] + m[(2, a)] * s[c][3])
                    });
                    (0..3).for_each(|a| force[a].values[*i] += r * g[a]);
                    stiffness.values[*i] += g.iter().map(|g| g * g).sum::<f32>();
                }
            }
            force.iter_mut().for_each(|f| f.blur(SIGMA_MM));
            stiffness.blur(SIGMA_MM);
            let mean = inside.iter().map(|n| stiffness.values[n.0]).sum::<f32>() / inside.len().max(1) as f32;
            for (i, u) in field.displacement.iter_mut().enumerate() {
                for a in 0..3 {
                    u[a] += force[a].values[i] / (stiffness.values[i] + 0.15 * mean + 1e-12);
                }
                let length = u.iter().map(|v| v * v).sum::<f32>().sqrt();
                if length > MOST_MM {
                    u.iter_mut().for_each(|v| *v *= MOST_MM / length);
                }
            }
        }
        field
    }
}

/// Scale and offset that take the second of each pair to the first, by least squares.
fn intensity(pairs: impl Iterator<Item = (f32, f32)>) -> (f32, f32) {
    let (mut n, mut si, mut st, mut sii, mut sit) = (0.0_f64, 0.0, 0.0, 0.0, 0.0);
    for (t, i) in pairs.map(|(t, i)| (f64::from(t), f64::from(i))) {
        n += 1.0;
        si += i;
        st += t;
        sii += i * i;
        sit += i * t;
    }
    let n = n.max(1.0);
    let variance = sii / n - (si / n).powi(2);
    let scale = if variance > 1e-9 { (sit / n - si / n * st / n) / variance } else { 0.0 };
    let scale = (scale as f32).max(0.15);
    (scale, (st / n) as f32 - scale * (si / n) as f32)
}
