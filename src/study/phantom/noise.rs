//! Seeded random fields: smooth waves for shape, grain for texture, and noise tied to a place.

use super::shape::Point;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal, UnitSphere};

/// An independent generator for one purpose of one participant.
pub fn generator(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose);
    rng
}

/// One number from two, well mixed (splitmix64's finaliser).
pub fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A standard normal number.
pub fn normal(rng: &mut ChaCha8Rng) -> f32 {
    StandardNormal.sample(rng)
}

/// Plane waves of random direction and phase: a smooth Gaussian-like field of unit variance.
pub struct Waves(Vec<(Point, f32)>);

impl Waves {
    /// `count` waves with wavelengths in mm drawn evenly from the range.
    pub fn new(rng: &mut ChaCha8Rng, count: usize, wavelengths_mm: std::ops::Range<f32>) -> Self {
        let wave = |_| {
            let direction: [f32; 3] = UnitSphere.sample(rng);
            let k = std::f32::consts::TAU / rng.random_range(wavelengths_mm.clone());
            (direction.map(|d| d * k), rng.random_range(0.0..std::f32::consts::TAU))
        };
        Self((0..count).map(wave).collect())
    }

    pub fn at(&self, p: Point) -> f32 {
        self.with_slope(p).0
    }

    /// Value and length of the gradient per mm.
    pub fn with_slope(&self, p: Point) -> (f32, f32) {
        let mut value = 0.0;
        let mut slope = [0.0; 3];
        for (k, phase) in &self.0 {
            let (s, c) = (k[0] * p[0] + k[1] * p[1] + k[2] * p[2] + phase).sin_cos();
            value += c;
            for axis in 0..3 {
                slope[axis] -= k[axis] * s;
            }
        }
        let unit = (2.0 / self.0.len() as f32).sqrt();
        (value * unit, super::shape::norm(slope) * unit)
    }
}

const GRAIN: usize = 32;

/// Texture: a periodic lattice of normal numbers, trilinear between them, about unit variance.
pub struct Grain {
    nodes: Vec<f32>,
    per_mm: f32,
}

impl Grain {
    /// Lattice step `size_mm`.
    pub fn new(rng: &mut ChaCha8Rng, size_mm: f32) -> Self {
        // Trilinear interpolation keeps (2/3)^3 of the variance on average.
        let unit = 1.5_f32.powf(1.5);
        Self {
            nodes: (0..GRAIN * GRAIN * GRAIN).map(|_| unit * normal(rng)).collect(),
            per_mm: 1.0 / size_mm,
        }
    }

    pub fn at(&self, p: Point) -> f32 {
        let mut base = [0_usize; 3];
        let mut t = [0.0; 3];
        for axis in 0..3 {
            let x = p[axis] * self.per_mm + 1024.0;
            let floor = x as usize;
            base[axis] = floor % GRAIN;
            t[axis] = x - floor as f32;
        }
        let next = base.map(|b| (b + 1) % GRAIN);
        let row = |y: usize, z: usize| {
            let start = GRAIN * (y + GRAIN * z);
            let (a, b) = (self.nodes[start + base[0]], self.nodes[start + next[0]]);
            a + t[0] * (b - a)
        };
        let lerp = |a: f32, b: f32, t: f32| a + t * (b - a);
        let low = lerp(row(base[1], base[2]), row(next[1], base[2]), t[1]);
        let high = lerp(row(base[1], next[2]), row(next[1], next[2]), t[1]);
        lerp(low, high, t[2])
    }
}

/// Two nearly normal numbers that belong to a place in the world, whatever grid asks: the same voxel
/// centre has the same noise in every storage order.
pub fn noise_at(seed: u64, world: [f64; 3]) -> [f32; 2] {
    // A step that no scanner uses, so that rounding never decides between two cells.
    let cell = world.map(|w| (w / 0.013_717 + 0.271_828).floor() as i64 as u64);
    let key = mix(mix(seed, cell[0]), cell[1] ^ cell[2].rotate_left(32));
    [key, mix(key, 1)].map(sum_of_four)
}

/// Sum of four uniform numbers, scaled to unit variance.
fn sum_of_four(bits: u64) -> f32 {
    let sum: u64 = (0..4).map(|i| bits >> (16 * i) & 0xffff).sum();
    (sum as f32 / 65_536.0 - 2.0) * 3.0_f32.sqrt()
}
