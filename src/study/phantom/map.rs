//! Tissue shares at a place of one newborn's head: the label map, read through the lattice.

use super::contrast::{CORTEX, CSF, DURA, KINDS, LOBAR_WHITE};
use super::shape::{Point, inside};
use crate::model::Region;
use crate::study::{Anatomy, Source};

const CORTEX_MM: f32 = 1.5;
/// How deep the sulci that the map has not go, mm.
const DIMPLE_MM: f32 = 6.0;

/// What the lattice holds at a place: distances in mm, negative inside, unless said otherwise.
pub mod channel {
    /// Place in the map, mm: three channels.
    pub const PLACE: usize = 0;
    pub const HULL: usize = 3;
    pub const SKIN: usize = 4;
    pub const CAVITY: usize = 5;
    pub const BONE: usize = 6;
    pub const EYE: usize = 7;
    pub const AIRWAY: usize = 8;
    pub const FAT: usize = 9;
    /// Distance to the nearest sulcus that the map has not, with a sign.
    pub const FOLD: usize = 10;
    /// How much farther the white matter is from myelination than the main one, about -1 to 1.
    pub const UNMYELINATED: usize = 11;
    pub const INJURY: usize = 12;
    /// How much farther that sulcus is for want of folding here, mm.
    pub const SMOOTH: usize = 13;
    pub const CORD: usize = 14;
    pub const COUNT: usize = 15;
}

/// The lattice's values at a place.
pub type Channels = [f32; channel::COUNT];

/// The part of a region's code that contrasts are told by.
#[must_use]
pub fn kind_of(region: Region) -> usize {
    kind(u8::from(region))
}

/// The label map, for reading through the lattice.
pub struct Map {
    codes: &'static [u8],
    dims: [usize; 3],
    low: Point,
    per_mm: f32,
}

impl Map {
    pub fn of(source: Source) -> Self {
        let anatomy = Anatomy::of(source);
        Self {
            codes: anatomy.codes(),
            dims: anatomy.dims(),
            low: anatomy.affine().to_world([0.0; 3]).map(|v| v as f32),
            per_mm: 1.0 / anatomy.affine().spacing_mm()[0] as f32,
        }
    }

    /// Trilinear share of each kind at a place. Outside the map's brain it is CSF: what is not is the head's.
    pub fn shares(&self, c: &Channels, shares: &mut [f32; KINDS]) {
        let mut base = [0_usize; 3];
        let mut t = [0.0; 3];
        for a in 0..3 {
            let x = (c[channel::PLACE + a] - self.low[a]) * self.per_mm;
            if !(x >= 0.0 && x < (self.dims[a] - 1) as f32) {
                shares[CSF] = 1.0;
                return;
            }
            base[a] = x as usize;
            t[a] = x - base[a] as f32;
        }
        let [nx, ny, _] = self.dims;
        let corner = base[0] + nx * (base[1] + ny * base[2]);
        shares[CSF] = 0.0;
        for (dz, wz) in [(0, 1.0 - t[2]), (nx * ny, t[2])] {
            for (dy, wy) in [(0, 1.0 - t[1]), (nx, t[1])] {
                let (first, w) = (corner + dy + dz, wy * wz);
                shares[kind(self.codes[first])] += w * (1.0 - t[0]);
                shares[kind(self.codes[first + 1])] += w * t[0];
            }
        }
        // Deep within the hull, what the map leaves out is dura and veins: tentorium, straight sinus.
        let outside = std::mem::take(&mut shares[0]);
        let dura = inside(c[channel::HULL] + 5.0, 3.0);
        shares[DURA] += dura * outside;
        shares[CSF] += (1.0 - dura) * outside;
    }
}

/// Kind of a label map's code.
fn kind(code: u8) -> usize {
    usize::from(code & 63)
}

/// Cuts the sulci that the map has not into the outer white matter: cortex along their banks, CSF between.
pub fn refold(c: &Channels, shares: &mut [f32; KINDS]) {
    let from_sheet = c[channel::FOLD].abs() + c[channel::SMOOTH];
    let depth = -c[channel::HULL];
    if from_sheet > CORTEX_MM + 1.0 || depth > DIMPLE_MM + 3.0 {
        return;
    }
    let bank = inside(from_sheet - CORTEX_MM, 0.8) * inside(depth - DIMPLE_MM, 2.0);
    let cleft = 0.7 * inside(from_sheet - 0.1, 0.8) * inside(depth - DIMPLE_MM + 1.5, 2.0);
    for (white, cortex) in LOBAR_WHITE.zip(CORTEX) {
        let turned = shares[white] * bank;
        shares[white] -= turned;
        shares[cortex] += turned;
    }
    for kind in CORTEX {
        let open = shares[kind] * cleft;
        shares[kind] -= open;
        shares[CSF] += open;
    }
}
