//! Twelve numbers that take the atlas to a head: Gauss-Newton on both sequences together.

use super::lattice::{Lattice, Slopes};
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

/// What is aligned: T1w channel, T2w channel, brain. The template's on the model grid, the head's on its own.
pub struct Pair<'a> {
    pub template: &'a [Lattice; 3],
    pub head: &'a [Lattice; 3],
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

/// A level's blurred images and samples.
pub struct Scene {
    /// Atlas mm of each sample and the template's three values there.
    samples: Vec<([f32; 3], [f32; 3])>,
    head: [Slopes; 3],
    head_centre: [f32; 3],
    head_per_mm: f32,
    outline: f32,
}

impl Scene {
    pub fn of(pair: &Pair<'_>, level: Level) -> Self {
        let blurred = |lattice: &Lattice| {
            let mut own = lattice.clone();
            own.blur(level.blur_mm);
            own
        };
        let template = [0, 1, 2].map(|c| blurred(&pair.template[c]));
        let head = [0, 1, 2].map(|c| blurred(&pair.head[c]).with_gradient());
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
        let head_centre = pair.head[0].dims.map(|n| (n as f32 - 1.0) / 2.0);
        let head_per_mm = (1.0 / pair.head[0].spacing_mm) as f32;
        Self { samples, head, head_centre, head_per_mm, outline: level.outline }
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
        let mut hessian = SMatrix::<f64, 12, 12>::zeros();
        let mut gradient = SVector::<f64, 12>::zeros();
        let mut cost = 0.0;
        for c in 0..3 {
            let (scale, offset) = if c < 2 { self.intensity(&seen, c) } else { (1.0, 0.0) };
            let residual: Vec<f32> =
                self.samples.iter().zip(&seen).map(|((_, t), s)| t[c] - scale * s[c][0] - offset).collect();
            // Geman-McClure: what fits nowhere (skull, CSF, an injury) pulls little.
            let width = if c < 2 { 2.5 * (1.48 * median_size(&residual) + 0.05) } else { f32::INFINITY };
            let (mut part, mut slope) = ([[0.0_f32; 12]; 12], [0.0_f32; 12]);
            for (((x, _), seen), r) in self.samples.iter().zip(&seen).zip(&residual) {
                let robust = (1.0 + (r / width).powi(2)).powi(-2);
                let w = robust * if c < 2 { 1.0 } else { self.outline };
                cost += f64::from(w * r * r);
                let g = [1, 2, 3].map(|k| scale * seen[c][k]);
                if w < 1e-4 || g == [0.0; 3] {
                    continue;
                }
                let near = x.map(|v| v / REACH_MM as f32);
                let j: [f32; 12] =
                    std::array::from_fn(|k| g[k / 4] * if k % 4 < 3 { near[k % 4] } else { 1.0 });
                for a in 0..12 {
                    slope[a] += w * r * j[a];
                    for b in a..12 {
                        part[a][b] += w * j[a] * j[b];
                    }
                }
            }
            for a in 0..12 {
                gradient[a] += f64::from(slope[a]);
                for b in a..12 {
                    hessian[(a, b)] += f64::from(part[a][b]);
                }
            }
        }
        for a in 0..12 {
            for b in 0..a {
                hessian[(a, b)] = hessian[(b, a)];
            }
            hessian[(a, a)] *= 1.0 + 1e-3;
            hessian[(a, a)] += 1e-9;
        }
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

fn median_size(values: &[f32]) -> f32 {
    let mut sizes: Vec<f32> = values.iter().map(|v| v.abs()).collect();
    let middle = sizes.len() / 2;
    if sizes.is_empty() { 0.0 } else { *sizes.select_nth_unstable_by(middle, f32::total_cmp).1 }
}

const ITERATIONS: [usize; 3] = [12, 8, 6];

/// The best of the starts after the coarsest level, and its correlation.
pub fn coarse(pair: &Pair<'_>, starts: &[Linear]) -> (Linear, f64) {
    let scene = Scene::of(pair, LEVELS[0]);
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
pub fn refine(pair: &Pair<'_>, mut linear: Linear) -> (Linear, f64) {
    let mut correlation = 0.0;
    for (level, iterations) in LEVELS.into_iter().zip(ITERATIONS).skip(1) {
        let scene = Scene::of(pair, level);
        for _ in 0..iterations {
            scene.step(&mut linear);
        }
        correlation = scene.correlation(&linear);
    }
    (linear, correlation)
}
