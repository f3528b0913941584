//! Head-like phantoms on grids of every kind, a map over each, and small pictures of them.

#![allow(dead_code, reason = "each test file uses its own part")]

use hielight::render::{Frame, Overlay, Painter, Plane, Style, View, Viewport};
use hielight::volume::{Affine, Volume};

/// Side of a small picture.
pub const SIDE: usize = 96;

/// A head-like phantom with these axes: an ellipsoid with two "ventricles", and a bright ball in the patient's left
/// front. The first axis runs to the right.
pub fn phantom(dims: [usize; 3], rows: [[f64; 4]; 3]) -> Volume {
    let affine = Affine::from_rows(rows).unwrap();
    let centre = affine.to_world(dims.map(|n| (n as f64 - 1.0) / 2.0));
    let mut voxels = Vec::new();
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let p = affine.to_world([x as f64, y as f64, z as f64]);
                let [r, a, s] = std::array::from_fn(|i| p[i] - centre[i]);
                let inside = (r / 30.0).powi(2) + (a / 38.0).powi(2) + (s / 28.0).powi(2) < 1.0;
                let ventricle = (r.abs() - 5.0).powi(2) / 9.0 + (a / 14.0).powi(2) + (s / 8.0).powi(2) < 1.0;
                let ball = (r + 15.0).powi(2) + (a - 14.0).powi(2) + (s - 6.0).powi(2) < 49.0;
                voxels.push(match (inside, ball, ventricle) {
                    (false, ..) => 0.0,
                    (_, true, _) => 200.0,
                    (_, _, true) => 40.0,
                    _ => 100.0 + 0.5 * a as f32,
                });
            }
        }
    }
    Volume::new(dims, voxels, affine).unwrap()
}

/// Where the phantom's ball is.
pub fn ball_of(volume: &Volume) -> [f64; 3] {
    let [r, a, s] = volume.affine().to_world(volume.dims().map(|n| (n as f64 - 1.0) / 2.0));
    [r - 15.0, a + 14.0, s + 6.0]
}

pub fn upright() -> Volume {
    phantom([44, 52, 40], [[1.6, 0.0, 0.0, -34.0], [0.0, 1.6, 0.0, -41.0], [0.0, 0.0, 1.6, -30.0]])
}

/// Thick slices: 0.9 x 0.9 x 4.5 mm.
pub fn thick() -> Volume {
    phantom([76, 92, 15], [[0.9, 0.0, 0.0, -34.0], [0.0, 0.9, 0.0, -41.0], [0.0, 0.0, 4.5, -31.0]])
}

/// Turned by the 3-4-5 triangle about the left-right axis; no angle whose sine differs between machines.
pub fn oblique() -> Volume {
    phantom([44, 52, 48], [[1.6, 0.0, 0.0, -34.0], [0.0, 1.28, -0.96, -12.0], [0.0, 0.96, 1.28, -54.0]])
}

/// Axes that are not at right angles.
pub fn sheared() -> Volume {
    phantom([52, 52, 40], [[1.6, 0.4, 0.0, -51.0], [0.0, 1.6, 0.3, -46.0], [0.0, 0.0, 1.6, -30.0]])
}

pub fn all() -> [(&'static str, Volume); 4] {
    [("upright", upright()), ("anisotropic", thick()), ("oblique", oblique()), ("sheared", sheared())]
}

/// A map of 8 mm cells over the box of a volume, along its axes: a hot cell at the ball, a cold one opposite.
pub fn map_over(volume: &Volume) -> Volume {
    let spacing = volume.affine().spacing_mm();
    let dims = std::array::from_fn(|a| (volume.dims()[a] as f64 * spacing[a] / 8.0).ceil() as usize);
    let rows = volume.affine().rows();
    let affine = Affine::from_rows(std::array::from_fn(|r| {
        let step = |c: usize| rows[r][c] * 8.0 / spacing[c];
        [step(0), step(1), step(2), rows[r][3]]
    }))
    .unwrap();
    let ball = ball_of(volume);
    let centre = volume.affine().to_world(volume.dims().map(|n| (n as f64 - 1.0) / 2.0));
    let opposite: [f64; 3] = std::array::from_fn(|a| 2.0 * centre[a] - ball[a]);
    let mut cells = Vec::new();
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let p = affine.to_world([x as f64, y as f64, z as f64]);
                let near = |q: [f64; 3]| (-(0..3).map(|a| (p[a] - q[a]).powi(2)).sum::<f64>() / 200.0).exp();
                cells.push((0.12 * near(ball) - 0.09 * near(opposite)) as f32);
            }
        }
    }
    Volume::new(dims, cells, affine).unwrap()
}

pub fn painted(
    volume: &Volume,
    plane: Plane,
    through: [f64; 3],
    frame: &Frame<'_>,
    overlay: Option<Overlay<'_>>,
    style: Style,
) -> (Vec<u8>, Viewport) {
    let view = View { volume, plane, crosshair_mm: through, window: [0.0, 200.0], overlay };
    let viewport = Viewport::of(volume, plane, through, frame, SIDE, SIDE);
    let mut pixels = vec![0; 4 * SIDE * SIDE];
    Painter::default().paint(&view, &viewport, &style, &mut pixels);
    (pixels, viewport)
}

/// Numbers from 0 to 1, the same on every machine.
pub fn uniform(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}
