//! Twelve numbers that take the atlas to a head: Gauss-Newton on both sequences together.

use super::lattice::{Lattice, Slopes, median};
use crate::model::correlation::correlation;
use nalgebra::{Matrix3, SMatrix, SVector, Vector3};

/// Atlas mm (from the grid's centre) to head mm (from the brain's centre).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linear {
    pub matrix: Matrix3<f64>,
    pub shift: Vector3<f64>,
}

impl Linear {
    pub fn apply(&self, p: [f64; 3]) -> [f64; 3] {
        (self.matrix * Vector3::from(p) + self.shift).into()
    }
}

/// One step from coarse to fine.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Voxels of the model grid from one sample to the next.
    pub stride: usize,
    pub blur_mm: f64,
    /// Weight of the brain's outline.
    pub outline: f32,
}

pub const LEVELS: [Level; 3] = [
    Level { stride: 3, blur_mm: 3.5, outline: 1.2 },
    Level { stride: 2, blur_mm: 2.0, outline: 1.2 },
    Level { stride: 2, blur_mm: 1.0, outline: 0.6 },
];
/// Scale of the matrix's steps: as much motion at this distance as a shift of the same size.
const REACH_MM: f64 = 50.0;
/// Intensities are fitted by `a I + b`; contrasts of the wrong sign stay unlike.
const LEAST_SCALE: f32 = 0.15;

/// Atlas mm (from the grid's centre) of each sample and the template's three values there.
type Samples = Vec<([f32; 3], [f32; 3])>;

/// The template as every level sees it.
pub struct Target {
    levels: [Samples; 3],
}

impl Target {
    pub fn of(template: &[Lattice; 3]) -> Self {
        Self { levels: LEVELS.map(|level| samples(template, level)) }
    }
}

fn samples(template: &[Lattice; 3], level: Level) -> Samples {
    let template = [0, 1, 2].map(|c| blurred(&template[c], level.blur_mm));
    let [nx, ny, nz] = template[0].dims;
    let centre = template[0].dims.map(|n| (n as f32 - 1.0) / 2.0);
    let spacing = template[0].spacing_mm as f32;
    let mut samples = Vec::new();
    for z in (0..nz).step_by(level.stride) {
        for y in (0..ny).step_by(level.stride) {
            for x in (0..nx).step_by(level.stride) {
                let i = x + nx * (y + ny * z);
                // A margin around the brain sees heads that are larger.
                if template[2].values[i] > 0.01 {
                    let at = [x as f32, y as f32, z as f32];
                    let mm = std::array::from_fn(|a| (at[a] - centre[a]) * spacing);
                    samples.push((mm, [0, 1, 2].map(|c| template[c].values[i])));
                }
            }
        }
    }
    samples
}

pub fn blurred(lattice: &Lattice, blur_mm: f64) -> Lattice {
    let mut own = lattice.clone();
    own.blur(blur_mm);
    own
}

/// A head as one level sees it, and the template's samples of that level.
struct Scene<'a> {
    samples: &'a Samples,
    head: [Slopes; 3],
    head_centre: [f32; 3],
    head_per_mm: f32,
    outline: f32,
}

impl<'a> Scene<'a> {
    fn of(target: &'a Target, head: &[Lattice; 3], level: usize) -> Self {
        let Level { blur_mm, outline, .. } = LEVELS[level];
        Self {
            samples: &target.levels[level],
            head: [0, 1, 2].map(|c| blurred(&head[c], blur_mm).with_gradient()),
            head_centre: head[0].dims.map(|n| (n as f32 - 1.0) / 2.0),
            head_per_mm: (1.0 / head[0].spacing_mm) as f32,
            outline,
        }
    }

    /// The head's three values and gradients where `linear` takes each sample.
    fn look(&self, linear: &Linear) -> Vec<[[f32; 4]; 3]> {
        let m = linear.matrix.map(|v| v as f32);
        let t = linear.shift.map(|v| v as f32);
        self.samples
            .iter()
            .map(|(x, _)| {
                let voxel = std::array::from_fn(|r| {
                    (m[(r, 0)] * x[0] + m[(r, 1)] * x[1] + m[(r, 2)] * x[2] + t[r]) * self.head_per_mm
                        + self.head_centre[r]
                });
                [0, 1, 2].map(|c| self.head[c].at(voxel))
            })
            .collect()
    }

    /// One Gauss-Newton step; gives the cost before it.
    fn step(&self, linear: &mut Linear) -> f64 {
        let seen = self.look(linear);
        let fits = [0, 1, 2].map(|c| if c < 2 { self.intensity(&seen, c) } else { (1.0, 0.0) });
        let residual = |c: usize, t: &[f32; 3], s: &[[f32; 4]; 3]| t[c] - fits[c].0 * s[c][0] - fits[c].1;
        // Geman-McClure: what fits nowhere (skull, CSF, an injury) pulls little.
        let widths = [0, 1, 2].map(|c| {
            if c == 2 {
                return f32::INFINITY;
            }
            let sizes = self.samples.iter().zip(&seen).map(|((_, t), s)| residual(c, t, s).abs());
            2.5 * (1.48 * median(sizes.collect()) + 0.05)
        });
        let mut cost = 0.0;
        // A sample's slopes are its gradient times its place, so the twelve by twelve sums are those of the
        // gradients' products (x, y, z) times those of the places' (x, y, z, 1).
        let mut curvature = [[0.0_f64; 10]; 6];
        let mut slope = [[0.0_f64; 4]; 3];
        for ((x, t), s) in self.samples.iter().zip(&seen) {
            let mut products = [0.0_f32; 6];
            let mut pull = [0.0_f32; 3];
            for c in 0..3 {
                let r = residual(c, t, s);
                let w = (1.0 + (r / widths[c]).powi(2)).powi(-2) * if c < 2 { 1.0 } else { self.outline };
                cost += f64::from(w * r * r);
                let g = [1, 2, 3].map(|k| fits[c].0 * s[c][k]);
                PAIRS_3.iter().zip(&mut products).for_each(|((a, b), sum)| *sum += w * g[*a] * g[*b]);
                g.iter().zip(&mut pull).for_each(|(g, sum)| *sum += w * r * g);
            }
            let reach = REACH_MM as f32;
            let near = [x[0] / reach, x[1] / reach, x[2] / reach, 1.0];
            let places: [f32; 10] = std::array::from_fn(|k| near[PAIRS_4[k].0] * near[PAIRS_4[k].1]);
            for (product, row) in products.iter().zip(&mut curvature) {
                row.iter_mut().zip(&places).for_each(|(sum, place)| *sum += f64::from(product * place));
            }
            for (pull, row) in pull.iter().zip(&mut slope) {
                row.iter_mut().zip(&near).for_each(|(sum, near)| *sum += f64::from(pull * near));
            }
        }
        let mut hessian = SMatrix::<f64, 12, 12>::zeros();
        for ((a, b), row) in PAIRS_3.iter().zip(&curvature) {
            for ((c, d), sum) in PAIRS_4.iter().zip(row) {
                for (r, k) in [(a, b), (b, a)] {
                    hessian[(4 * r + c, 4 * k + d)] = *sum;
                    hessian[(4 * r + d, 4 * k + c)] = *sum;
                }
            }
        }
        for a in 0..12 {
            hessian[(a, a)] = hessian[(a, a)] * (1.0 + 1e-3) + 1e-9;
        }
        let gradient = SVector::<f64, 12>::from_fn(|k, _| slope[k / 4][k % 4]);
        if let Some(cholesky) = hessian.cholesky() {
            let step = cholesky.solve(&gradient);
            for k in 0..12 {
                let (r, c) = (k / 4, k % 4);
                if c < 3 {
                    linear.matrix[(r, c)] += step[k] / REACH_MM;
                } else {
                    linear.shift[r] += step[k];
                }
            }
        }
        cost / self.samples.len().max(1) as f64
    }

    /// Scale and offset of the head's intensities by least squares.
    fn intensity(&self, seen: &[[[f32; 4]; 3]], c: usize) -> (f32, f32) {
        let n = self.samples.len().max(1) as f64;
        let (mut si, mut st, mut sii, mut sit) = (0.0, 0.0, 0.0, 0.0);
        for ((_, t), s) in self.samples.iter().zip(seen) {
            let (i, t) = (f64::from(s[c][0]), f64::from(t[c]));
            si += i;
            st += t;
            sii += i * i;
            sit += i * t;
        }
        let variance = sii / n - (si / n).powi(2);
        let scale = if variance > 1e-9 { (sit / n - si / n * st / n) / variance } else { 0.0 };
        let scale = (scale as f32).max(LEAST_SCALE);
        (scale, (st / n) as f32 - scale * (si / n) as f32)
    }

    /// Correlation of the template's and the head's contrasts, mean of both sequences.
    pub fn correlation(&self, linear: &Linear) -> f64 {
        let seen = self.look(linear);
        let of = |c: usize| {
            correlation(|| {
                let pairs = self.samples.iter().zip(&seen);
                let inside = pairs.filter(|((_, t), s)| t[2] > 0.5 && s[2][0] > 0.5);
                inside.map(move |((_, t), s)| [f64::from(t[c]), f64::from(s[c][0])])
            })
        };
        (of(0) + of(1)) / 2.0
    }
}

/// Places of the upper triangle of a matrix of 3 and of 4 rows.
const PAIRS_3: [(usize, usize); 6] = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
const PAIRS_4: [(usize, usize); 10] =
    [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)];

const ITERATIONS: [usize; 3] = [12, 8, 6];

/// The best of the starts after the coarsest level, and its correlation.
pub fn coarse(target: &Target, head: &[Lattice; 3], starts: &[Linear]) -> (Linear, f64) {
    let scene = Scene::of(target, head, 0);
    let run = |start: &Linear| {
        let mut linear = *start;
        let mut cost = f64::INFINITY;
        for _ in 0..ITERATIONS[0] {
            cost = scene.step(&mut linear);
        }
        (linear, cost)
    };
    let best = starts.iter().map(run).min_by(|a, b| a.1.total_cmp(&b.1));
    let none = Linear { matrix: Matrix3::identity(), shift: Vector3::zeros() };
    best.map_or((none, 0.0), |(linear, _)| (linear, scene.correlation(&linear)))
}

/// On through the finer levels; gives the correlation at the finest.
pub fn refine(target: &Target, head: &[Lattice; 3], mut linear: Linear) -> (Linear, f64) {
    let mut correlation = 0.0;
    for (level, iterations) in ITERATIONS.into_iter().enumerate().skip(1) {
        let scene = Scene::of(target, head, level);
        for _ in 0..iterations {
            scene.step(&mut linear);
        }
        correlation = scene.correlation(&linear);
    }
    (linear, correlation)
}
