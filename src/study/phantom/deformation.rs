//! One newborn's shape: from the mm of the head to the mm of the label map.

use super::noise::{Waves, normal};
use super::shape::{Point, norm, sub};
use super::surface::Surfaces;
use crate::study::Source;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// How much size, each axis and shear differ between newborns (SD; measured: real-newborns' trial).
const SIZE: f32 = 0.036;
const AXIS: f32 = 0.025;
const SHEAR: f32 = 0.018;
/// SD in mm of a displacement, its wavelengths in mm, how many waves.
const DISPLACEMENTS: [(f32, std::ops::Range<f32>, usize); 3] =
    [(1.5, 90.0..150.0, 5), (0.8, 40.0..75.0, 6), (0.55, 20.0..34.0, 10)];
/// How far from a ventricle's wall its width still moves the brain, mm.
const VENTRICLE_REACH_MM: f32 = 7.0;
/// What differs in size by itself: centre in the map (the right one of a pair), how far that reaches in mm, mean
/// linear size against the average's map and the individual's (whose small nuclei the labels cut short), SD.
const ORGANS: [(Point, f32, [f32; 2], f32); 5] = [
    ([0.0, -17.0, -27.0], 20.0, [0.99, 0.94], 0.015),
    ([0.0, -38.0, -26.0], 24.0, [1.03, 0.97], 0.05),
    ([9.0, -10.5, 0.5], 15.0, [1.0, 1.01], 0.02),
    ([15.0, 2.0, -4.0], 14.0, [1.01, 1.09], 0.025),
    ([10.5, 7.5, 3.0], 15.0, [1.04, 1.27], 0.01),
];

/// A smooth deformation, drawn alike for HIE and controls.
pub struct Deformation {
    mirrored: bool,
    linear: [Point; 3],
    waves: Vec<(f32, [Waves; 3])>,
    /// Widening of the lateral ventricle, left and right of the map, mm.
    ventricle_mm: [f32; 2],
    /// Relative size of each of [`ORGANS`].
    organs: [f32; 5],
    surfaces: &'static Surfaces,
}

impl Deformation {
    pub fn draw(rng: &mut ChaCha8Rng, source: Source) -> Self {
        let mut cut = |limit: f32| normal(rng).clamp(-limit, limit);
        let size = 1.01 + SIZE * cut(1.8);
        let mut linear = [[0.0; 3]; 3];
        for (r, row) in linear.iter_mut().enumerate() {
            for (c, value) in row.iter_mut().enumerate() {
                // Larger in the head is a shorter way in the map.
                *value = if r == c { 1.0 / (size * (1.0 + AXIS * cut(1.8))) } else { SHEAR * cut(2.0) };
            }
        }
        let mut ventricle_mm: [f32; 2] = std::array::from_fn(|_| 0.2 + 0.48 * cut(2.0));
        let organs = ORGANS.map(|(_, _, mean, sd)| mean[source as usize] + sd * cut(2.0));
        // One wide ventricle is a benign variant.
        if rng.random_bool(0.12) {
            ventricle_mm[usize::from(rng.random_bool(0.5))] += rng.random_range(0.8..2.0);
        }
        let waves = DISPLACEMENTS
            .into_iter()
            .map(|(sd, lengths, n)| (sd, std::array::from_fn(|_| Waves::new(rng, n, lengths.clone()))))
            .collect();
        Self {
            mirrored: rng.random_bool(0.5),
            linear,
            waves,
            ventricle_mm,
            organs,
            surfaces: Surfaces::of(source),
        }
    }

    pub fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// Where in the map the tissue at a place of the head comes from.
    pub fn to_atlas(&self, p: Point) -> Point {
        let mut q: Point = std::array::from_fn(|r| (0..3).map(|c| self.linear[r][c] * p[c]).sum());
        for (sd, fields) in &self.waves {
            for (v, field) in q.iter_mut().zip(fields) {
                *v += sd * field.at(p);
            }
        }
        if self.mirrored {
            q[0] = -q[0];
        }
        let right = if q[0] < 0.0 { -1.0 } else { 1.0 };
        for ((centre, reach, ..), size) in ORGANS.into_iter().zip(self.organs) {
            let from_centre = sub(q, [right * centre[0], centre[1], centre[2]]);
            let near = 1.0 - norm(from_centre) / reach;
            if near > 0.0 {
                // All of it in the middle, none at its reach.
                let pull = (1.0 / size - 1.0) * (1.8 * near).min(1.0);
                q = std::array::from_fn(|a| q[a] + pull * from_centre[a]);
            }
        }
        let side = usize::from(q[0] > 0.0);
        let ventricle = &self.surfaces.ventricles[side];
        let away = ventricle.at(q).abs();
        if away < 3.0 * VENTRICLE_REACH_MM {
            let push = self.ventricle_mm[side] * (-away / VENTRICLE_REACH_MM).exp();
            let slope = ventricle.slope(q);
            q = std::array::from_fn(|a| q[a] - push * slope[a]);
        }
        q
    }
}
