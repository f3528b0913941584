//! What lies around the brain: CSF, skull, scalp, face, eyes, neck; drawn to fit the hull.

use super::noise::Waves;
use super::shape::{Point, ellipsoid, join, norm, rod, sub};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Distances in mm at a place, negative inside.
#[derive(Debug, Clone, Copy)]
pub struct Layers {
    pub skin: f32,
    /// Inside of skull and spinal canal.
    pub cavity: f32,
    /// Thickness of the bone around the cavity.
    pub bone: f32,
    pub eye: f32,
    pub airway: f32,
    /// The cord below the label map's brainstem.
    pub cord: f32,
    /// Above 0 in fat below the scalp: cheeks, orbits, neck.
    pub fat: f32,
}

/// One newborn's head without the brain.
pub struct Head {
    /// CSF over the convexity, and how much more in front, mm.
    gap_mm: f32,
    frontal_gap_mm: f32,
    bone_mm: f32,
    scalp_mm: f32,
    skin: Waves,
    gap: Waves,
    fat: Waves,
}

impl Head {
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let frontal_gap_mm = if rng.random_bool(0.25) { rng.random_range(0.8..3.0) } else { 0.0 };
        Self {
            gap_mm: rng.random_range(0.4..2.4),
            frontal_gap_mm,
            bone_mm: rng.random_range(1.4..2.2),
            scalp_mm: rng.random_range(3.0..5.0),
            skin: Waves::new(rng, 6, 45.0..80.0),
            gap: Waves::new(rng, 6, 30.0..60.0),
            fat: Waves::new(rng, 10, 12.0..24.0),
        }
    }

    /// At a place of the head; `q` is the same in the map, `hull` the distance to the brain's hull there.
    pub fn layers(&self, p: Point, q: Point, hull: f32) -> Layers {
        // Drawn about a point 12 mm behind and 2.5 mm above the map's origin.
        let m = [q[0].abs(), q[1] + 12.0, q[2] - 2.5];
        let in_front = ((q[1] - 5.0) / 30.0).clamp(0.0, 1.0) * ((q[2] + 15.0) / 15.0).clamp(0.0, 1.0);
        let gap = self.gap_mm + self.frontal_gap_mm * in_front + 0.5 * self.gap.at(p);
        let skull = hull - gap.max(0.3);
        let canal = rod(m, [0.0, -13.0, -42.0], 7.0, [0.0, -20.0, -110.0], 5.5);
        let bone = self.bone_mm + 0.12 * (-22.0 - q[2]).clamp(0.0, 20.0);
        let face = ellipsoid(sub(m, [0.0, 29.0, -42.0]), [37.0, 35.0, 30.0]);
        let neck = rod(m, [0.0, -12.0, -45.0], 25.0, [0.0, -16.0, -110.0], 24.0);
        let cranium = skull - self.bone_mm - self.scalp_mm - 0.5 * self.skin.at(p);
        let nose = rod(m, [0.0, 58.0, -36.0], 4.0, [0.0, 63.0, -46.0], 5.0);
        let airway = rod(m, [1.6, 62.0, -47.0], 1.6, [2.5, 20.0, -46.0], 3.0).min(rod(
            m,
            [0.0, 18.0, -46.0],
            3.5,
            [0.0, 6.0, -110.0],
            4.0,
        ));
        Layers {
            skin: join(join(join(cranium, face, 10.0), neck, 14.0), nose, 6.0),
            cavity: join(skull, canal, 3.0),
            bone,
            eye: norm(sub(m, [18.5, 50.0, -32.0])) - 8.3,
            airway,
            cord: rod(m, [0.0, -12.5, -43.0], 3.6, [0.0, -19.5, -110.0], 2.8),
            fat: self.fat.at(p) - 0.9,
        }
    }
}
