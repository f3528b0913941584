//! Signed distances to simple solids, in mm: negative inside, exact near the surface.

/// A point or vector in mm.
pub type Point = [f32; 3];

pub fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

pub fn norm(a: Point) -> f32 {
    (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt()
}

/// Distance to an ellipsoid around the origin: first order in the distance, which is all that partial
/// volume needs.
pub fn ellipsoid(p: Point, half: Point) -> f32 {
    let k0 = norm([p[0] / half[0], p[1] / half[1], p[2] / half[2]]);
    let k1 = norm([p[0] / (half[0] * half[0]), p[1] / (half[1] * half[1]), p[2] / (half[2] * half[2])]);
    if k1 < 1e-6 { -half[0].min(half[1]).min(half[2]) } else { k0 * (k0 - 1.0) / k1 }
}

/// Distance to a rod whose radius goes from `ra` at `a` to `rb` at `b`.
pub fn rod(p: Point, a: Point, ra: f32, b: Point, rb: f32) -> f32 {
    let (pa, ba) = (sub(p, a), sub(b, a));
    let along =
        (pa[0] * ba[0] + pa[1] * ba[1] + pa[2] * ba[2]) / (ba[0] * ba[0] + ba[1] * ba[1] + ba[2] * ba[2]);
    let t = along.clamp(0.0, 1.0);
    norm([pa[0] - t * ba[0], pa[1] - t * ba[1], pa[2] - t * ba[2]]) - (ra + t * (rb - ra))
}

/// Union of two solids whose crease is filled over about `k` mm.
pub fn join(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - 0.25 * h * h * k
}

/// Share of a voxel of width `w` mm that lies inside.
pub fn inside(distance: f32, w: f32) -> f32 {
    (0.5 - distance / w).clamp(0.0, 1.0)
}
