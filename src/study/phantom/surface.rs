//! Signed distances to surfaces of a label map, in atlas space: the brain's hull and the lateral ventricles.

use super::shape::Point;
use crate::model::{Region, Side};
use crate::study::{Anatomy, Source};
use std::sync::LazyLock;

const STEP_MM: f32 = 2.0;
/// Around the label map.
const MARGIN_MM: f32 = 26.0;
/// Sulci, fissures and cisterns up to twice as wide are inside the hull.
const CLOSING_MM: f32 = 8.0;
const FAR_MM: f32 = 1.0e4;

/// Distances in mm, negative inside, on nodes of 2 mm.
pub struct Distance {
    origin: Point,
    dims: [usize; 3],
    nodes: Vec<f32>,
}

/// What a deformation and a head are drawn from.
pub struct Surfaces {
    /// The brain with its sulci and cisterns filled.
    pub hull: Distance,
    /// The lateral ventricle, left and right.
    pub ventricles: [Distance; 2],
}

static OF: [LazyLock<Surfaces>; 2] = [
    LazyLock::new(|| Surfaces::measure(Anatomy::of(Source::Average))),
    LazyLock::new(|| Surfaces::measure(Anatomy::of(Source::Individual))),
];

impl Surfaces {
    /// Those of a source, measured once.
    pub fn of(source: Source) -> &'static Self {
        &OF[source as usize]
    }

    fn measure(anatomy: &Anatomy) -> Self {
        let low = anatomy.affine().to_world([0.0; 3]).map(|v| v as f32 - MARGIN_MM);
        let spacing = anatomy.affine().spacing_mm().map(|v| v as f32);
        let dims: [usize; 3] = std::array::from_fn(|a| {
            ((anatomy.dims()[a] as f32 * spacing[a] + 2.0 * MARGIN_MM) / STEP_MM).ceil() as usize
        });
        let mut regions = Vec::with_capacity(dims.iter().product());
        for z in 0..dims[2] {
            for y in 0..dims[1] {
                for x in 0..dims[0] {
                    let node = [x, y, z];
                    let world = std::array::from_fn(|a| f64::from(low[a] + node[a] as f32 * STEP_MM));
                    let voxel = anatomy.affine().to_voxel(world).map(|v| v.round() as i64);
                    regions.push(anatomy.at(voxel));
                }
            }
        }
        let map = |nodes| Distance { origin: low, dims, nodes };
        let signed = |inside: &[bool]| {
            let outside: Vec<bool> = inside.iter().map(|i| !i).collect();
            let (out, into) = (distances(inside, dims), distances(&outside, dims));
            // Half a step: the surface lies between a node inside and one outside.
            out.iter()
                .zip(into)
                .map(|(o, i)| if i > 0.0 { 0.5 * STEP_MM - i } else { o - 0.5 * STEP_MM })
                .collect()
        };
        let brain: Vec<bool> =
            regions.iter().map(|r| r.is_brain() || matches!(r, Region::Ventricle(_))).collect();
        let near: Vec<bool> = distances(&brain, dims).iter().map(|d| *d > CLOSING_MM).collect();
        let closed: Vec<bool> = distances(&near, dims).iter().map(|d| *d > CLOSING_MM).collect();
        let ventricles = [Side::Left, Side::Right].map(|side| {
            let inside: Vec<bool> = regions.iter().map(|r| *r == Region::Ventricle(side)).collect();
            map(signed(&inside))
        });
        Self { hull: map(signed(&closed)), ventricles }
    }
}

impl Distance {
    /// Trilinear; the border's value beyond it.
    pub fn at(&self, p: Point) -> f32 {
        let mut base = [0_usize; 3];
        let mut t = [0.0; 3];
        for a in 0..3 {
            let x = ((p[a] - self.origin[a]) / STEP_MM).clamp(0.0, self.dims[a] as f32 - 1.001);
            base[a] = x as usize;
            t[a] = x - base[a] as f32;
        }
        let [nx, ny, _] = self.dims;
        let corner = base[0] + nx * (base[1] + ny * base[2]);
        let lerp = |a: f32, b: f32, t: f32| a + t * (b - a);
        let row = |i: usize| lerp(self.nodes[i], self.nodes[i + 1], t[0]);
        let sheet = |i: usize| lerp(row(i), row(i + nx), t[1]);
        lerp(sheet(corner), sheet(corner + nx * ny), t[2])
    }

    /// Direction in which the distance grows, from differences over 3 mm each way.
    pub fn slope(&self, p: Point) -> Point {
        std::array::from_fn(|a| {
            let mut ends = [p; 2];
            ends[0][a] -= 3.0;
            ends[1][a] += 3.0;
            (self.at(ends[1]) - self.at(ends[0])) / 6.0
        })
    }
}

/// Distance in mm from each node to the nearest that is `true`, exact: Felzenszwalb and Huttenlocher (2012), one
/// axis after the other.
fn distances(inside: &[bool], dims: [usize; 3]) -> Vec<f32> {
    let mut squared: Vec<f32> = inside.iter().map(|i| if *i { 0.0 } else { FAR_MM * FAR_MM }).collect();
    let strides = [1, dims[0], dims[0] * dims[1]];
    for axis in 0..3 {
        let (n, stride) = (dims[axis], strides[axis]);
        let mut line = vec![0.0; n];
        for start in (0..squared.len()).filter(|i| i / stride % n == 0) {
            (0..n).for_each(|i| line[i] = squared[start + i * stride]);
            envelope(&line, |i, value| squared[start + i * stride] = value);
        }
    }
    squared.into_iter().map(f32::sqrt).collect()
}

/// Lower envelope of the parabolas `line[j] + (STEP_MM (i - j))^2`.
fn envelope(line: &[f32], mut set: impl FnMut(usize, f32)) {
    let h = STEP_MM * STEP_MM;
    let mut seen: Vec<(usize, f32)> = Vec::with_capacity(line.len());
    for (q, value) in line.iter().enumerate() {
        let q2 = h * (q * q) as f32;
        loop {
            let Some(&(v, from)) = seen.last() else {
                seen.push((q, f32::NEG_INFINITY));
                break;
            };
            let s = ((value + q2) - (line[v] + h * (v * v) as f32)) / (2.0 * h * (q - v) as f32);
            if s > from {
                seen.push((q, s));
                break;
            }
            seen.pop();
        }
    }
    let mut k = 0;
    for i in 0..line.len() {
        while k + 1 < seen.len() && seen[k + 1].1 < i as f32 {
            k += 1;
        }
        let d = i as f32 - seen[k].0 as f32;
        set(i, line[seen[k].0] + h * d * d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_distances_those_of_looking_everywhere() {
        let dims = [7, 6, 5];
        let inside: Vec<bool> = (0..210).map(|i| i % 37 == 5).collect();
        let at = |i: usize| [i % 7, i / 7 % 6, i / 42].map(|v| v as f32 * STEP_MM);
        let found = distances(&inside, dims);
        for (i, d) in found.iter().enumerate() {
            let nearest = (0..210)
                .filter(|j| inside[*j])
                .map(|j| (0..3).map(|a| (at(i)[a] - at(j)[a]).powi(2)).sum::<f32>().sqrt())
                .fold(f32::INFINITY, f32::min);
            // Single precision.
            assert!((d - nearest).abs() < 1e-4, "{d} for {nearest}");
        }
    }
}
