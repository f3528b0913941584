//! The anatomy of one synthetic newborn in head coordinates: tissue shares and injury at any point.
//!
//! Head coordinates are RAS mm from the brain's centroid. Smooth quantities (signed distances, fold
//! phases) are sampled once on a lattice; thin sheets (sulci, fissures) are cut where a point is asked
//! for, so that the lattice does not blunt them. Sizes and places follow method.md, "The synthetic
//! newborn"; the folding follows what a surface of this area must do, not one child's gyri.

use super::lattice::Lattice;
use super::noise::{Waves, generator, normal};
use super::participant::{Lesion, Participant, Pattern};
use super::shape::{Point, ellipsoid, inside, join, norm, rod, sub, turn_z};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Tissues in the order of the intensity tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tissue {
    Air,
    /// Skin and the fat under it, and around the eyes.
    Fat,
    Muscle,
    Eye,
    /// Skull and vertebrae.
    Bone,
    OuterCsf,
    Cortex,
    WhiteMatter,
    Thalamus,
    Putamen,
    Pallidum,
    Caudate,
    /// Posterior limb of the internal capsule, myelinated at term.
    Plic,
    Ventricle,
    Cerebellum,
    Brainstem,
}

impl Tissue {
    pub const COUNT: usize = 16;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Air,
        Self::Fat,
        Self::Muscle,
        Self::Eye,
        Self::Bone,
        Self::OuterCsf,
        Self::Cortex,
        Self::WhiteMatter,
        Self::Thalamus,
        Self::Putamen,
        Self::Pallidum,
        Self::Caudate,
        Self::Plic,
        Self::Ventricle,
        Self::Cerebellum,
        Self::Brainstem,
    ];
}

/// What is at a point.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    /// Share of each tissue; they sum to 1.
    pub share: [f32; Tissue::COUNT],
    /// How much of the injury is there, 0 to 1.
    pub injury: f32,
    /// How much of a small old bleeding is there, 0 to 1.
    pub bleeding: f32,
    /// Myelin and cell density of the white matter against its mean, about -1 to 1.
    pub maturity: f32,
}

/// Lattice channels: signed distances in mm unless said otherwise.
mod channel {
    /// Skin.
    pub const HEAD: usize = 0;
    /// Inside of skull and spinal canal.
    pub const CAVITY: usize = 1;
    /// Thickness of the bone around the cavity, mm.
    pub const BONE: usize = 2;
    pub const EYE: usize = 3;
    pub const AIRWAY: usize = 4;
    /// Both hemispheres without folds.
    pub const HULL: usize = 5;
    /// Distance to the right of the midline surface.
    pub const MIDLINE: usize = 6;
    /// What joins the hemispheres.
    pub const CORE: usize = 7;
    /// Distance to the nearest deep and shallow sulcus, with a sign.
    pub const FOLD: usize = 8;
    pub const DIMPLE: usize = 9;
    /// How deep the deep sulci go here, mm.
    pub const DEPTH: usize = 10;
    pub const SYLVIAN: usize = 11;
    pub const SYLVIAN_EXTENT: usize = 12;
    pub const INSULA: usize = 13;
    pub const INSULA_EXTENT: usize = 14;
    pub const VENTRICLE: usize = 15;
    pub const THIRD_EXTENT: usize = 16;
    pub const THALAMUS: usize = 17;
    pub const PUTAMEN: usize = 18;
    pub const PALLIDUM: usize = 19;
    pub const CAUDATE: usize = 20;
    pub const PLIC: usize = 21;
    pub const HIPPOCAMPUS: usize = 22;
    pub const CEREBELLUM: usize = 23;
    /// Distance to the nearest cleft between folia, with a sign.
    pub const FOLIA: usize = 24;
    pub const BRAINSTEM: usize = 25;
    /// Share of the injury, 0 to 1.
    pub const INJURY: usize = 26;
    /// As in `Here`.
    pub const MATURITY: usize = 27;
    pub const COUNT: usize = 28;
}

const STEP_MM: f32 = 1.6;
/// Half of the box that holds the head.
const BOX_MM: Point = [64.0, 80.0, 78.0];
const CORTEX_MM: f32 = 1.8;
/// How deep the shallow sulci go.
const DIMPLE_MM: f32 = 5.5;
const FAT_MM: f32 = 2.6;
const SCALP_MM: f32 = 4.2;

/// One newborn's head.
pub struct Newborn {
    lattice: Lattice<{ channel::COUNT }>,
    sulcus_mm: f32,
    third_mm: f32,
    bleedings: Vec<(Point, f32)>,
}

/// What differs between newborns, in health; drawn alike for HIE and controls.
struct Individual {
    stretch: Point,
    bend: [Waves; 3],
    folds: Waves,
    dimples: Waves,
    depth: Waves,
    skin: Waves,
    maturity: Waves,
    outline: Waves,
    /// Widening of the ventricle, left and right, mm.
    ventricle: [f32; 2],
    /// Half width of a cavum septi pellucidi, mm; negative where there is none.
    cavum: f32,
    /// CSF over the convexity, and how much more in front, mm.
    gap: f32,
    frontal_gap: f32,
    /// How much of the injury each side has.
    side: [f32; 2],
    jitter: [Point; 4],
}

impl Individual {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut cut = |limit: f32| normal(rng).clamp(-limit, limit);
        let size = 1.0 + 0.025 * cut(2.0);
        let stretch: Point = std::array::from_fn(|_| size * (1.0 + 0.015 * cut(2.0)));
        let mut ventricle: [f32; 2] = std::array::from_fn(|_| 0.45 * cut(1.6));
        let gap = 1.4 + 0.6 * cut(2.0).abs();
        let jitter = std::array::from_fn(|_| std::array::from_fn(|_| 2.0 * cut(1.5)));
        // Benign variants: one wide ventricle, a cavum, wide frontal spaces.
        if rng.random_bool(0.15) {
            ventricle[usize::from(rng.random_bool(0.5))] += rng.random_range(0.8..1.8);
        }
        let cavum = if rng.random_bool(0.3) { rng.random_range(0.8..2.2) } else { -2.0 };
        let frontal_gap = if rng.random_bool(0.2) { rng.random_range(1.0..3.5) } else { 0.0 };
        Self {
            stretch,
            bend: std::array::from_fn(|_| Waves::new(rng, 6, 45.0..90.0)),
            folds: Waves::new(rng, 28, 12.5..17.0),
            dimples: Waves::new(rng, 20, 13.0..18.0),
            depth: Waves::new(rng, 8, 24.0..45.0),
            skin: Waves::new(rng, 8, 40.0..70.0),
            maturity: Waves::new(rng, 12, 22.0..50.0),
            outline: Waves::new(rng, 12, 9.0..16.0),
            ventricle,
            cavum,
            gap,
            frontal_gap,
            side: std::array::from_fn(|_| rng.random_range(0.75..1.0)),
            jitter,
        }
    }
}

impl Newborn {
    /// Everything follows from the participant's seed and lesion.
    pub fn new(participant: &Participant) -> Self {
        let rng = &mut generator(participant.seed, 1);
        let own = Individual::draw(rng);
        let sulcus_mm = rng.random_range(-0.35..0.1);
        let third_mm = rng.random_range(0.5..1.1);
        let bleedings = bleedings(rng);
        let lattice = Lattice::fill(BOX_MM.map(|b| -b), BOX_MM, STEP_MM, |place| {
            let q: Point = std::array::from_fn(|a| place[a] / own.stretch[a] + 1.2 * own.bend[a].at(place));
            channels(q, &own, participant.lesion)
        });
        Self { lattice, sulcus_mm, third_mm, bleedings }
    }

    /// What is at a point of the head; `width_mm` is the voxel's, for the partial volume at borders.
    pub fn at(&self, p: Point, width_mm: f32) -> Option<Here> {
        use channel::{
            AIRWAY, BONE, BRAINSTEM, CAUDATE, CAVITY, CEREBELLUM, EYE, FOLIA, HEAD, HIPPOCAMPUS, INJURY,
            MATURITY, MIDLINE, PALLIDUM, PLIC, PUTAMEN, THALAMUS, THIRD_EXTENT, VENTRICLE,
        };
        let c = self.lattice.at(p)?;
        if c[HEAD] > width_mm {
            return None;
        }
        let within = |d: f32| inside(d, width_mm);
        let mut share = [0.0; Tissue::COUNT];
        let mut rest = 1.0;
        let mut give = |tissue: Tissue, part: f32| {
            share[tissue as usize] += rest * part;
            rest *= 1.0 - part;
        };
        give(Tissue::Air, 1.0 - within(c[HEAD]));
        let wall = c[CAVITY];
        if wall > width_mm {
            give(Tissue::Bone, within(wall - c[BONE]));
            give(Tissue::Air, within(c[AIRWAY]));
            give(Tissue::Eye, within(c[EYE]));
            give(Tissue::Fat, within(-FAT_MM - c[HEAD]).max(within(c[EYE] - 2.5)));
            give(Tissue::Muscle, 1.0);
        } else {
            give(Tissue::Bone, 1.0 - within(wall));
            let midline = c[MIDLINE].abs();
            // Ependyma, nuclei and capsule have softer borders than a voxel's.
            let soft = |d: f32| inside(d, width_mm + 1.2);
            let third = (midline - self.third_mm).max(c[THIRD_EXTENT]);
            give(Tissue::Ventricle, within(c[VENTRICLE].min(third)));
            give(Tissue::Plic, soft(c[PLIC]));
            give(Tissue::Pallidum, soft(c[PALLIDUM]));
            give(Tissue::Putamen, soft(c[PUTAMEN]));
            give(Tissue::Caudate, soft(c[CAUDATE]));
            give(Tissue::Thalamus, soft(c[THALAMUS]));
            give(Tissue::Brainstem, soft(c[BRAINSTEM]));
            let cleft = 0.12 - c[FOLIA].abs() - (-3.5 - c[CEREBELLUM]).max(0.0);
            give(Tissue::Cerebellum, within(c[CEREBELLUM].max(cleft)));
            give(Tissue::Cortex, within(c[HIPPOCAMPUS]));
            let pial = self.pial(&c, midline);
            give(Tissue::WhiteMatter, inside(pial + CORTEX_MM, width_mm + 0.4));
            give(Tissue::Cortex, within(pial));
            give(Tissue::OuterCsf, 1.0);
        }
        let bleeding = self.bleedings.iter().map(|(at, r)| inside(norm(sub(p, *at)) - r, width_mm + 0.6));
        Some(Here {
            share,
            injury: c[INJURY].clamp(0.0, 1.0),
            bleeding: bleeding.fold(0.0, f32::max),
            maturity: c[MATURITY],
        })
    }

    /// Distance to the folded surface of the hemispheres: their hull, cut by sulci and fissures.
    fn pial(&self, c: &[f32; channel::COUNT], midline: f32) -> f32 {
        use channel::{CORE, DEPTH, DIMPLE, FOLD, HULL, INSULA, INSULA_EXTENT, SYLVIAN, SYLVIAN_EXTENT};
        let too_deep = |limit: f32| (-c[HULL].max(0.9 - midline) - limit).max(0.0);
        // The banks touch, but for a wedge where the sulcus opens.
        let width = self.sulcus_mm + 0.7 * (1.0 + c[HULL] / 4.0).clamp(0.0, 1.0);
        let sulcus = width - c[FOLD].abs() - too_deep(c[DEPTH]);
        let dimple = width - 0.2 - c[DIMPLE].abs() - too_deep(DIMPLE_MM);
        let fissure = (0.5 - midline).min(c[CORE]);
        // A newborn's opercula do not meet yet: the fissure gapes at the surface.
        let gape = 0.45 + 1.2 * (1.0 + c[HULL] / 8.0).clamp(0.0, 1.0);
        let sylvian = (gape - c[SYLVIAN].abs()).min(-c[SYLVIAN_EXTENT]);
        let insula = (0.35 - c[INSULA].abs()).min(-c[INSULA_EXTENT]);
        // Nothing folds what lies below the insula and next to the core.
        let folds = sulcus.max(dimple).min(c[CORE] - 2.0);
        c[HULL].max(folds).max(fissure).max(sylvian).max(insula)
    }
}

/// All lattice channels at a point `q` of the average head.
fn channels(q: Point, own: &Individual, lesion: Option<Lesion>) -> [f32; channel::COUNT] {
    use channel::{
        AIRWAY, BONE, BRAINSTEM, CAUDATE, CAVITY, CEREBELLUM, CORE, COUNT, DEPTH, DIMPLE, EYE, FOLD, FOLIA,
        HEAD, HIPPOCAMPUS, HULL, INJURY, INSULA, INSULA_EXTENT, MATURITY, MIDLINE, PALLIDUM, PLIC, PUTAMEN,
        SYLVIAN, SYLVIAN_EXTENT, THALAMUS, THIRD_EXTENT, VENTRICLE,
    };
    let right = usize::from(q[0] > 0.0);
    let m = [q[0].abs(), q[1], q[2]];
    let mut c = [0.0; COUNT];
    let hull = cerebrum(m);
    c[HULL] = hull;
    let in_front = ((q[1] - 15.0) / 30.0).clamp(0.0, 1.0) * ((q[2] + 15.0) / 15.0).clamp(0.0, 1.0);
    let canal = rod(m, [0.0, -22.0, -44.0], 8.5, [0.0, -26.0, -95.0], 6.5);
    let skull = join(hull, hind(m) - 0.5, 6.0) - own.gap - own.frontal_gap * in_front;
    c[CAVITY] = join(skull, canal, 4.0);
    c[BONE] = 2.0 + 0.12 * (-18.0 - q[2]).clamp(0.0, 20.0);
    let face = ellipsoid(sub(m, [0.0, 27.0, -42.0]), [37.0, 35.0, 30.0]);
    let neck = rod(m, [0.0, -12.0, -45.0], 25.0, [0.0, -16.0, -100.0], 24.0);
    let cranium = skull - 2.0 - SCALP_MM - 0.5 * own.skin.at(q);
    let nose = rod(m, [0.0, 56.0, -36.0], 4.0, [0.0, 61.0, -46.0], 5.0);
    c[HEAD] = join(join(join(cranium, face, 10.0), neck, 14.0), nose, 6.0);
    c[EYE] = norm(sub(m, [18.5, 47.0, -32.0])) - 8.3;
    c[AIRWAY] = rod(m, [1.6, 62.0, -47.0], 1.6, [2.5, 20.0, -46.0], 3.0).min(rod(
        m,
        [0.0, 18.0, -46.0],
        3.5,
        [0.0, 6.0, -100.0],
        4.0,
    ));

    c[MIDLINE] = q[0];
    c[CORE] = ellipsoid(sub(m, [0.0, 1.0, -6.0]), [31.0, 33.0, 21.0]);
    // Sulci run from the surface towards the middle of their hemisphere.
    let middle = [18.0 * q[0].signum(), 0.0, 0.0];
    let from_middle = sub(q, middle);
    let depth = -hull.max(0.9 - m[0]);
    let stretch = 1.0 + 0.5 * depth.max(0.0) / norm(from_middle).max(8.0);
    let surface: Point = std::array::from_fn(|a| middle[a] + from_middle[a] * stretch);
    let sheet = |waves: &Waves, at: Point, stretch: f32| {
        let (value, slope) = waves.with_slope(at);
        (value / (slope * stretch).max(0.05)).clamp(-8.0, 8.0)
    };
    c[FOLD] = sheet(&own.folds, surface, stretch);
    c[DIMPLE] = sheet(&own.dimples, surface, stretch);
    c[DEPTH] = 11.5 + 3.0 * own.depth.at(surface).clamp(-2.0, 1.5);

    let level = -5.0 - 0.42 * (q[1] - 4.0);
    c[SYLVIAN] = 0.92 * (q[2] - level) + 1.2 * own.depth.at(q);
    c[SYLVIAN_EXTENT] = (28.0 - m[0]).max((q[1] - 5.0).abs() - 21.0);
    let (along, across) = ((q[1] - 6.0) / 17.0, (q[2] - level) / 9.0);
    let bulge = 0.010 * ((q[1] - 6.0).powi(2) + (q[2] - level).powi(2));
    c[INSULA] = m[0] - 28.5 + bulge + 1.3 * own.depth.at(q);
    c[INSULA_EXTENT] = 9.0 * ((along * along + across * across).sqrt() - 1.0);

    let cavum = ellipsoid(sub(m, [0.0, 14.0, 6.0]), [own.cavum.max(0.1), 13.0, 4.0]);
    let lateral = lateral_ventricle(m) - 0.3 - own.ventricle[right];
    c[VENTRICLE] = lateral.min(fourth_ventricle(m)).min(if own.cavum > 0.0 { cavum } else { f32::MAX });
    c[THIRD_EXTENT] =
        ellipsoid(sub(m, [0.0, 4.0, -5.0]), [6.0, 12.0, 8.5]).max(4.0 - norm(sub(m, [0.0, 3.0, -2.0])));
    c[THALAMUS] = ellipsoid(turn_z(sub(m, [9.8, 1.0, -2.0]), 0.4), [8.8, 15.0, 10.2]);
    c[PUTAMEN] = ellipsoid(turn_z(sub(m, [19.3, 15.0, -4.0]), 0.25), [4.3, 13.0, 8.2]);
    c[PALLIDUM] = ellipsoid(turn_z(sub(m, [13.8, 12.0, -7.0]), 0.4), [3.4, 8.0, 5.4]);
    c[CAUDATE] = join(
        ellipsoid(sub(m, [10.6, 23.0, 1.5]), [4.2, 7.4, 7.4]),
        rod(m, [11.0, 19.0, 7.0], 2.6, [15.0, 0.0, 11.5], 1.6),
        4.0,
    );
    let limb = rod(m, [13.2, 8.5, -4.0], 1.8, [21.5, -6.5, -1.0], 2.3);
    c[PLIC] = limb.max((q[2] + 2.0).abs() - 8.0);
    c[HIPPOCAMPUS] = rod(m, [22.0, 2.0, -19.0], 4.0, [23.0, -20.0, -8.0], 3.0);
    c[CEREBELLUM] = cerebellum(m);
    // Folia run from side to side: their clefts are planes through a transverse axis.
    let (back, up) = (-21.0 - q[1], q[2] + 28.0);
    let radius = (back * back + up * up).sqrt().max(6.0);
    let turn = up.atan2(back) + 0.012 * m[0];
    let phase = (turn / 0.16).rem_euclid(1.0) - 0.5;
    c[FOLIA] = phase * 0.16 * radius;
    let pons = ellipsoid(sub(m, [0.0, -9.0, -26.0]), [11.5, 7.2, 8.8]);
    let stem = rod(m, [0.0, -9.0, -13.0], 7.4, [0.0, -20.0, -44.0], 4.6);
    let cord = rod(m, [0.0, -20.0, -44.0], 4.6, [0.0, -26.0, -95.0], 3.2);
    c[BRAINSTEM] = join(join(stem, pons, 4.0), cord, 3.0);
    c[INJURY] = lesion.map_or(0.0, |l| own.side[right] * spread(l, m, &own.jitter, own.outline.at(q)));
    c[MATURITY] = maturity(m) + 0.35 * own.maturity.at(q);
    c
}

/// Both hemispheres without their folds, `m` mirrored to the right: narrower in front, flat base that
/// rises over the cerebellum, temporal lobes.
fn cerebrum(m: Point) -> f32 {
    let taper = 1.0 + 0.0024 * (m[1] + 8.0).clamp(-30.0, 60.0);
    let whole = ellipsoid([m[0] * taper, m[1] - 1.0, m[2] - 3.0], [45.6, 55.0, 40.2]);
    let orbit = ellipsoid(sub(m, [18.0, 38.0, -24.0]), [15.0, 18.0, 10.0]);
    let base = (-19.0 - m[2] + 0.22 * (-12.0 - m[1]).max(0.0)).max(-orbit);
    let temporal = ellipsoid(turn_z(sub(m, [29.0, 7.0, -19.0]), -0.12), [14.5, 27.0, 13.5]);
    // The fissure is wide where it meets the surface.
    join(whole.max(base), temporal, 5.0)
}

/// Cerebellum and brainstem for the skull's inside.
fn hind(m: Point) -> f32 {
    join(cerebellum(m), ellipsoid(sub(m, [0.0, -14.0, -26.0]), [15.0, 13.0, 15.0]), 10.0)
}

fn cerebellum(m: Point) -> f32 {
    let lobe = ellipsoid(sub(m, [12.5, -30.5, -28.0]), [17.5, 15.5, 13.0]);
    let vermis = ellipsoid(sub(m, [0.0, -30.0, -27.0]), [7.5, 13.5, 14.5]);
    join(lobe, vermis, 3.0)
}

/// Frontal horn, body, atrium, occipital and temporal horn.
fn lateral_ventricle(m: Point) -> f32 {
    // Horn and body are wings, not tubes: an inner and an outer rod.
    let wing = |inner: f32, outer: f32| join(inner, outer, 5.0);
    let frontal = wing(
        rod(m, [3.5, 29.0, 3.0], 1.2, [3.5, 10.0, 10.5], 1.6),
        rod(m, [8.5, 31.0, 6.0], 1.2, [9.5, 10.0, 13.5], 1.6),
    );
    let body = wing(
        rod(m, [3.5, 10.0, 10.5], 1.6, [11.5, -18.0, 9.0], 3.0),
        rod(m, [9.5, 10.0, 13.5], 1.6, [15.0, -18.0, 11.0], 3.0),
    );
    let atrium = rod(m, [12.5, -18.0, 10.0], 4.0, [17.5, -30.0, 2.0], 3.8);
    let occipital = rod(m, [17.5, -30.0, 2.0], 3.2, [16.0, -41.0, 2.0], 1.0);
    let temporal = rod(m, [18.0, -28.0, 0.0], 2.8, [27.5, -4.0, -16.0], 0.9);
    frontal.min(body).min(atrium).min(occipital).min(temporal)
}

fn fourth_ventricle(m: Point) -> f32 {
    let aqueduct = rod(m, [0.0, -9.0, -9.0], 0.8, [0.0, -17.5, -24.0], 1.2);
    ellipsoid(sub(m, [0.0, -18.5, -28.0]), [4.5, 2.6, 6.0]).min(aqueduct)
}

/// Tracts that myelinate first are more mature than the mean; frontal and parietal crossroads less.
fn maturity(m: Point) -> f32 {
    let bump = |d: f32, width: f32| (1.0 - d.max(0.0) / width).max(0.0);
    let corona = bump(rod(m, [19.0, -1.0, 2.0], 2.5, [25.0, 0.0, 24.0], 4.0), 7.0);
    let optic = bump(rod(m, [22.0, -12.0, -1.0], 2.0, [21.0, -42.0, 3.0], 2.5), 6.0);
    let frontal = bump(norm(sub(m, [17.0, 33.0, 12.0])) - 8.0, 14.0);
    let parietal = bump(norm(sub(m, [23.0, -26.0, 18.0])) - 8.0, 14.0);
    1.2 * corona.max(0.7 * optic) - 0.9 * frontal.max(parietal)
}

/// Small old bleedings without consequence: a quarter of all newborns have some, in the white matter
/// beside the ventricles or over the cerebellum.
fn bleedings(rng: &mut ChaCha8Rng) -> Vec<(Point, f32)> {
    let count = if rng.random_bool(0.25) { rng.random_range(1..=4) } else { 0 };
    (0..count)
        .map(|_| {
            let side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
            let at = if rng.random_bool(0.6) {
                [
                    side * rng.random_range(12.0..24.0),
                    rng.random_range(-30.0..32.0),
                    rng.random_range(10.0..22.0),
                ]
            } else {
                [
                    side * rng.random_range(2.0..24.0),
                    rng.random_range(-46.0..-38.0),
                    rng.random_range(-34.0..-18.0),
                ]
            };
            (at, rng.random_range(0.8..2.2))
        })
        .collect()
}

/// How strongly a lesion injures a place, from 0 to 1; severe injury is also wider.
fn spread(lesion: Lesion, m: Point, jitter: &[Point; 4], outline: f32) -> f32 {
    let widen = 0.8 + 0.35 * lesion.severity as f32;
    let bump = |centre: Point, shift: usize, radius: f32| {
        let centre: Point = std::array::from_fn(|a| centre[a] + jitter[shift][a]);
        let d = norm(sub(m, centre)) / (radius * widen) + 0.10 * outline;
        // Flat inside, gone at 1.4 radii.
        ((1.4 - d) / 0.7).clamp(0.0, 1.0)
    };
    match lesion.pattern {
        Pattern::BasalGangliaThalamus => {
            bump([15.0, 4.0, -3.0], 0, 11.0).max(bump([27.0, 5.0, 25.0], 1, 9.0))
        }
        Pattern::Watershed => bump([19.0, 36.0, 22.0], 0, 12.0).max(bump([20.0, -36.0, 20.0], 1, 13.0)),
        Pattern::CorticalHighlighting => {
            bump([29.0, 4.0, 24.0], 0, 15.0).max(bump([36.0, -18.0, 8.0], 1, 12.0))
        }
    }
}
