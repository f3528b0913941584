//! The anatomy of one synthetic newborn: the real label map, deformed, in a head; and its intensities.
//!
//! Head coordinates are RAS mm and on average those of the label map. Smooth quantities are evaluated once on a
//! lattice; labels are read through it at full resolution, so that borders stay where the map has them.

use super::contrast::{
    BONE, BRAINSTEM, CEREBELLUM, CSF, Contrast, DURA, EYE, FAT, FRONTAL_CORTEX, KINDS, LENTIFORM, MUSCLE,
    SKIN, THALAMUS, VENTRICLE,
};
use super::deformation::Deformation;
use super::head::{Head, Layers};
use super::injury::Injury;
use super::lattice::Lattice;
use super::noise::{Grain, Waves, generator};
use super::participant::Participant;
use super::shape::{Point, inside, norm, sub};
use super::surface::Surfaces;
use crate::model::Region;
use crate::study::{Anatomy, Source};
use rand::Rng;

/// Share of the newborns that are made from the individual instead of the average.
const INDIVIDUALS: f64 = 0.4;
const STEP_MM: f32 = 2.5;
/// The box that holds the head.
const LOW_MM: Point = [-66.0, -90.0, -80.0];
const HIGH_MM: Point = [66.0, 76.0, 72.0];
/// Step of the rendered head.
const VOXEL_MM: f32 = 0.7;
const CORTEX_MM: f32 = 1.5;
/// Injured share of a voxel from which the truth mask counts it.
pub const INJURED: f32 = 0.3;
/// How deep the sulci that the map has not go, mm.
const DIMPLE_MM: f32 = 6.0;

mod channel {
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

/// One newborn's head.
pub struct Newborn {
    source: Source,
    mirrored: bool,
    lattice: Lattice<{ channel::COUNT }>,
    injury: Option<Injury>,
    grain: Grain,
}

/// A head's intensities on its own grid.
pub struct Rendered {
    pub origin_mm: Point,
    pub step_mm: f32,
    pub dims: [usize; 3],
    /// T1w, T2w; main white matter is about 1.
    pub signals: [Vec<f32>; 2],
    /// Share of visibly injured tissue; empty without an injury.
    pub injured: Vec<f32>,
    /// Distance to the brain's hull, mm.
    pub hull: Vec<f32>,
    /// The kind of tissue with the largest share, as [`kind_of`] numbers it.
    pub kinds: Vec<u8>,
}

/// ml of each kind of tissue.
pub type Volumes = [f64; KINDS];

impl Newborn {
    /// Everything follows from the participant's seed and lesion.
    pub fn new(participant: &Participant) -> Self {
        let rng = &mut generator(participant.seed, 1);
        let source = if rng.random_bool(INDIVIDUALS) { Source::Individual } else { Source::Average };
        let surfaces = Surfaces::of(source);
        let deformation = Deformation::draw(rng, source);
        let head = Head::draw(rng);
        let folds = Waves::new(rng, 24, 17.0..24.0);
        let where_folded = Waves::new(rng, 8, 40.0..70.0);
        let maturity = Waves::new(rng, 12, 22.0..50.0);
        let grain = Grain::new(rng, 2.2);
        let injury = Injury::of(participant);
        let lattice = Lattice::fill(LOW_MM, HIGH_MM, STEP_MM, |p| {
            let q = deformation.to_atlas(p);
            let hull = surfaces.hull.at(q);
            let Layers { skin, cavity, bone, eye, airway, cord, fat } = head.layers(p, q, hull);
            let mut c = [0.0; channel::COUNT];
            c[channel::PLACE..channel::PLACE + 3].copy_from_slice(&q);
            c[channel::HULL] = hull;
            c[channel::SKIN] = skin;
            c[channel::CAVITY] = cavity;
            c[channel::BONE] = bone;
            c[channel::EYE] = eye;
            c[channel::AIRWAY] = airway;
            c[channel::FAT] = fat;
            c[channel::CORD] = cord;
            c[channel::FOLD] = 8.0;
            if hull < 6.0 {
                let depth = -hull;
                c[channel::FOLD] = fold(&folds, q, depth);
                c[channel::SMOOTH] = (4.0 * where_folded.at(q)).clamp(0.0, 6.0);
                c[channel::UNMYELINATED] = unmyelinated(q, depth) + 0.45 * maturity.at(q);
                c[channel::INJURY] = injury.as_ref().map_or(0.0, |i| i.at(q, depth));
            }
            c
        });
        Self { source, mirrored: deformation.is_mirrored(), lattice, injury, grain }
    }

    /// Intensities of both sequences and truth on the head's own grid.
    pub fn render(&self, contrast: &Contrast) -> Rendered {
        let dims: [usize; 3] =
            std::array::from_fn(|a| ((HIGH_MM[a] - LOW_MM[a] - 0.1) / VOXEL_MM).floor() as usize);
        let voxels = dims.iter().product();
        let mut out = Rendered {
            origin_mm: LOW_MM.map(|v| v + 0.05),
            step_mm: VOXEL_MM,
            dims,
            signals: [vec![0.0; voxels], vec![0.0; voxels]],
            injured: if self.injury.is_some() { vec![0.0; voxels] } else { Vec::new() },
            hull: vec![f32::MAX; voxels],
            kinds: vec![0; voxels],
        };
        let painter = Painter::new(self, contrast);
        for i in 0..voxels {
            let node = [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])];
            let p: Point = std::array::from_fn(|a| out.origin_mm[a] + node[a] as f32 * VOXEL_MM);
            let Some(c) = self.lattice.at(p) else { continue };
            if c[channel::SKIN] > VOXEL_MM {
                continue;
            }
            out.hull[i] = c[channel::HULL];
            let here = painter.paint(p, &c);
            out.signals[0][i] = here.signal[0];
            out.signals[1][i] = here.signal[1];
            out.kinds[i] = here.kind;
            if let Some(injured) = out.injured.get_mut(i) {
                *injured = here.injured;
            }
        }
        out
    }

    /// Whether left and right of the label map are exchanged.
    #[must_use]
    pub fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// ml of each kind of tissue within the skull, counted on points `step_mm` apart.
    #[must_use]
    pub fn volumes(&self, step_mm: f32) -> Volumes {
        let mut out = [0.0; KINDS];
        self.within_skull(step_mm, |_, shares| {
            for (sum, share) in out.iter_mut().zip(shares) {
                *sum += f64::from(share * step_mm.powi(3)) / 1000.0;
            }
        });
        out
    }

    /// Share of the brain that the truth mask of thin slices would count, on points `step_mm` apart.
    #[must_use]
    pub fn injured_share(&self, step_mm: f32) -> f64 {
        let Some(injury) = &self.injury else { return 0.0 };
        let (mut injured, mut brain) = (0, 0);
        self.within_skull(step_mm, |c, shares| {
            let own: f32 = (0..KINDS).filter(|k| injury.injures(*k)).map(|k| shares[k]).sum();
            injured += usize::from(own * c[channel::INJURY] > INJURED);
            brain += usize::from(shares[CSF] + shares[VENTRICLE] + shares[DURA] < 0.5);
        });
        injured as f64 / brain.max(1) as f64
    }

    fn within_skull(&self, step_mm: f32, mut each: impl FnMut(&[f32; channel::COUNT], &[f32; KINDS])) {
        let map = Map::of(self.source);
        let n: [usize; 3] = std::array::from_fn(|a| ((HIGH_MM[a] - LOW_MM[a]) / step_mm) as usize);
        for i in 0..n.iter().product() {
            let node = [i % n[0], i / n[0] % n[1], i / (n[0] * n[1])];
            let p: Point = std::array::from_fn(|a| LOW_MM[a] + (node[a] as f32 + 0.5) * step_mm);
            let Some(c) = self.lattice.at(p).filter(|c| c[channel::CAVITY] < 0.0) else { continue };
            let mut shares = [0.0; KINDS];
            map.shares(&c, &mut shares);
            refold(&c, &mut shares);
            each(&c, &shares);
        }
    }
}

/// The label map, for reading through the lattice.
struct Map {
    codes: &'static [u8],
    dims: [usize; 3],
    low: Point,
    per_mm: f32,
}

impl Map {
    fn of(source: Source) -> Self {
        let anatomy = Anatomy::of(source);
        Self {
            codes: anatomy.codes(),
            dims: anatomy.dims(),
            low: anatomy.affine().to_world([0.0; 3]).map(|v| v as f32),
            per_mm: 1.0 / anatomy.affine().spacing_mm()[0] as f32,
        }
    }

    /// Trilinear share of each kind at a place. Outside the map's brain it is CSF: what is not is the head's.
    fn shares(&self, c: &[f32; channel::COUNT], shares: &mut [f32; KINDS]) {
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
fn refold(c: &[f32; channel::COUNT], shares: &mut [f32; KINDS]) {
    let from_sheet = c[channel::FOLD].abs() + c[channel::SMOOTH];
    let depth = -c[channel::HULL];
    if from_sheet > CORTEX_MM + 1.0 || depth > DIMPLE_MM + 3.0 {
        return;
    }
    let bank = inside(from_sheet - CORTEX_MM, 0.8) * inside(depth - DIMPLE_MM, 2.0);
    let cleft = 0.7 * inside(from_sheet - 0.1, 0.8) * inside(depth - DIMPLE_MM + 1.5, 2.0);
    for lobe in 0..4 {
        let white = shares[20 + lobe] * bank;
        shares[20 + lobe] -= white;
        shares[FRONTAL_CORTEX + lobe] += white;
    }
    for kind in [10, 11, 12, 13, 16] {
        let open = shares[kind] * cleft;
        shares[kind] -= open;
        shares[CSF] += open;
    }
}

/// What a place of the head looks like.
struct Painted {
    signal: [f32; 2],
    /// The kind with the largest share.
    kind: u8,
    injured: f32,
}

struct Painter<'a> {
    newborn: &'a Newborn,
    contrast: &'a Contrast,
    map: Map,
    change: [[f32; 2]; KINDS],
    injures: [bool; KINDS],
}

impl<'a> Painter<'a> {
    fn new(newborn: &'a Newborn, contrast: &'a Contrast) -> Self {
        let injury = newborn.injury.as_ref();
        Self {
            newborn,
            contrast,
            map: Map::of(newborn.source),
            change: std::array::from_fn(|kind| injury.map_or([0.0; 2], |i| i.change(kind))),
            injures: std::array::from_fn(|kind| injury.is_some_and(|i| i.injures(kind))),
        }
    }

    fn paint(&self, p: Point, c: &[f32; channel::COUNT]) -> Painted {
        let within = |d: f32| inside(d, VOXEL_MM);
        let mut shares = [0.0; KINDS];
        let wall = c[channel::CAVITY];
        let mut outer = 0.0;
        if wall > -VOXEL_MM {
            // Air, eye, fat, muscle around the bone; each takes of what the one before left.
            let mut rest = 1.0 - within(wall);
            outer = rest;
            let mut give = |kind: usize, part: f32| {
                shares[kind] += rest * part;
                rest *= 1.0 - part;
            };
            let (skin, bone) = (c[channel::SKIN], wall - c[channel::BONE]);
            give(0, 1.0 - within(skin));
            give(BONE, within(bone));
            give(0, within(c[channel::AIRWAY]));
            give(EYE, within(c[channel::EYE]));
            give(SKIN, within(-1.2 - skin));
            give(
                FAT,
                within(-3.4 - skin).max(within(c[channel::EYE] - 3.0)).max(inside(-c[channel::FAT], 0.4)),
            );
            give(MUSCLE, 1.0);
        }
        if outer < 1.0 {
            let mut brain = [0.0; KINDS];
            self.map.shares(c, &mut brain);
            refold(c, &mut brain);
            if brain[CEREBELLUM] > 0.0 {
                // Folia run from side to side: their clefts are planes through a transverse axis.
                let place = [c[0], c[1], c[2]];
                let open = brain[CEREBELLUM] * 0.2 * cleft(place);
                brain[CEREBELLUM] -= open;
                brain[CSF] += open;
            }
            // What the map leaves open and nothing of it is near: the cord.
            let cord = brain[CSF] * within(c[channel::CORD]);
            brain[CSF] -= cord;
            brain[BRAINSTEM] += cord;
            for (share, own) in shares.iter_mut().zip(brain) {
                *share += (1.0 - outer) * own;
            }
        }
        let grain = self.newborn.grain.at(p);
        let unmyelinated = c[channel::UNMYELINATED].clamp(-0.7, 1.3);
        let injury = c[channel::INJURY].clamp(0.0, 1.0);
        let lateral = nuclei([c[0], c[1], c[2]]);
        let (mut signal, mut injured) = ([0.0; 2], 0.0);
        let mut largest = (0.0, 0);
        for (kind, share) in shares.into_iter().enumerate() {
            if share <= 0.0 {
                continue;
            }
            if share > largest.0 {
                largest = (share, kind as u8);
            }
            for (s, sum) in signal.iter_mut().enumerate() {
                // T2w texture is the inverse of T1w's, as tissues are.
                let texture = self.contrast.texture[s][kind] * if s == 0 { grain } else { -grain };
                let mut v = self.contrast.level[s][kind] * (1.0 + texture);
                if (20..24).contains(&kind) {
                    v *= 1.0 + self.contrast.unmyelinated[s] * unmyelinated;
                }
                if kind == THALAMUS || kind == LENTIFORM {
                    v *= 1.0 + [0.05, -0.08][s] * lateral;
                }
                *sum += share * v * (1.0 + injury * self.change[kind][s]);
            }
            if self.injures[kind] {
                injured += share * injury;
            }
        }
        Painted { signal, kind: largest.1, injured }
    }
}

/// How bright on T1w and dark on T2w the deep nuclei are against their mean, -1 to 1: ventrolateral thalamus,
/// posterior putamen and pallidum more, pulvinar and anterior putamen less.
fn nuclei(q: Point) -> f32 {
    let m = [q[0].abs(), q[1], q[2]];
    let near = |centre: Point, radius: f32| (1.0 - norm(sub(m, centre)) / radius).max(0.0);
    let bright =
        near([11.0, -8.0, 1.0], 7.0).max(near([18.0, -4.0, -2.0], 7.0)).max(near([11.5, 1.0, -6.0], 6.0));
    let dim = near([8.0, -19.0, 2.0], 8.0).max(near([15.0, 11.0, -2.0], 8.0));
    1.6 * (bright - dim)
}

/// Share of a cleft between folia of the cerebellum.
fn cleft(q: Point) -> f32 {
    let (back, up) = (-33.0 - q[1], q[2] + 25.5);
    let radius = (back * back + up * up).sqrt().max(6.0);
    let turn = up.atan2(back) + 0.012 * q[0].abs();
    let phase = (turn / 0.17).rem_euclid(1.0) - 0.5;
    inside((phase * 0.17 * radius).abs() - 0.3, 0.8)
}

/// Distance to the zero of a field of waves, drawn from the surface towards the middle of the hemisphere.
fn fold(waves: &Waves, q: Point, depth: f32) -> f32 {
    let middle = [18.0 * q[0].signum(), -8.0, 2.0];
    let from_middle = sub(q, middle);
    let stretch = 1.0 + 0.6 * depth.max(0.0) / norm(from_middle).max(8.0);
    let surface: Point = std::array::from_fn(|a| middle[a] + from_middle[a] * stretch);
    let (value, slope) = waves.with_slope(surface);
    (value / (slope * stretch).max(0.05)).clamp(-8.0, 8.0)
}

/// Frontal and parieto-occipital white matter is the last to myelinate; around the central radiation it is
/// is nearer than the main one. -1 to about 1.
fn unmyelinated(q: Point, depth: f32) -> f32 {
    let bump = |centre: Point, radius: f32| {
        let m = [q[0].abs(), q[1], q[2]];
        (1.5 - norm(sub(m, centre)) / radius).clamp(0.0, 1.0)
    };
    let frontal = bump([18.0, 26.0, 12.0], 14.0);
    let posterior = bump([22.0, -38.0, 12.0], 14.0);
    let temporal = 0.6 * bump([32.0, 2.0, -16.0], 10.0);
    let central = bump([20.0, -6.0, 16.0], 11.0);
    let deep = ((depth - 5.0) / 6.0).clamp(0.0, 1.0);
    deep * (frontal.max(posterior).max(temporal) - 0.9 * central)
}

/// The part of a region's code that contrasts are told by.
#[must_use]
pub fn kind_of(region: Region) -> usize {
    kind(u8::from(region))
}
