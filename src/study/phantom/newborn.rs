//! The anatomy of one synthetic newborn in head coordinates: tissue shares and injury at any point.
//!
//! Head coordinates are RAS mm from the brain's centroid. Shapes are signed distances sampled once on a
//! lattice; sizes and places follow method.md, "The synthetic newborn".

use super::lattice::Lattice;
use super::noise::{Waves, generator, normal};
use super::participant::{Lesion, Participant, Pattern};
use super::shape::{Point, ellipsoid, inside, join, norm, rod, sub, turn_z};
use rand::Rng;

/// Tissues in the order of the intensity tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tissue {
    Air,
    Scalp,
    Skull,
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
    pub const COUNT: usize = 14;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Air,
        Self::Scalp,
        Self::Skull,
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

/// Shares of each tissue at a point (they sum to 1) and how much of the injury is there (0 to 1).
#[derive(Debug, Clone, Copy)]
pub struct Here {
    pub share: [f32; Tissue::COUNT],
    pub injury: f32,
}

/// Lattice channels.
const HEAD: usize = 0;
const PIAL: usize = 1;
const VENTRICLE: usize = 2;
const THALAMUS: usize = 3;
const PUTAMEN: usize = 4;
const PALLIDUM: usize = 5;
const CAUDATE: usize = 6;
const PLIC: usize = 7;
const CEREBELLUM: usize = 8;
const BRAINSTEM: usize = 9;
const INJURY: usize = 10;
const CHANNELS: usize = 11;

const STEP_MM: f32 = 1.6;
/// Half of the box that holds the head.
const BOX_MM: Point = [64.0, 76.0, 64.0];
const CORTEX_MM: f32 = 2.5;
const SULCUS_DEPTH_MM: f32 = 11.0;
const SCALP_MM: f32 = 4.0;
const SKULL_MM: f32 = 2.6;

/// One newborn's head.
pub struct Newborn {
    lattice: Lattice<CHANNELS>,
    lesion: Option<Lesion>,
}

impl Newborn {
    /// Everything follows from the participant's seed and lesion.
    pub fn new(participant: &Participant) -> Self {
        let rng = &mut generator(participant.seed, 1);
        let size = 1.0 + 0.025 * normal(rng).clamp(-2.0, 2.0);
        let stretch: Point = std::array::from_fn(|_| size * (1.0 + 0.015 * normal(rng).clamp(-2.0, 2.0)));
        let bend: [Waves; 3] = std::array::from_fn(|_| Waves::new(rng, 6, 45.0..90.0));
        let folds = Waves::new(rng, 28, 15.0..24.0);
        let ripple = Waves::new(rng, 10, 30.0..50.0);
        // Ventricles vary most, side by side: benign asymmetry.
        let ventricle: [f32; 2] = std::array::from_fn(|_| 0.8 * normal(rng).clamp(-1.0, 1.8));
        let gap = 2.2 + 0.7 * normal(rng).abs().min(2.0);
        let side: [f32; 2] = std::array::from_fn(|_| rng.random_range(0.65..1.0));
        let jitter: [Point; 4] =
            std::array::from_fn(|_| std::array::from_fn(|_| 2.0 * normal(rng).clamp(-1.5, 1.5)));

        let lattice = Lattice::fill(BOX_MM.map(|b| -b), BOX_MM, STEP_MM, |place| {
            let q: Point = std::array::from_fn(|a| place[a] / stretch[a] + 1.3 * bend[a].at(place));
            let right = q[0] > 0.0;
            let m = [q[0].abs(), q[1], q[2]];
            let mut channels = [0.0; CHANNELS];
            let hull = cerebrum(m);
            channels[HEAD] = join(hull, hind_hull(m), 12.0) - gap - SKULL_MM - SCALP_MM - 0.6 * ripple.at(q);
            channels[PIAL] = pial(m, q, hull, &folds);
            channels[VENTRICLE] = ventricles(m) - ventricle[usize::from(right)];
            channels[THALAMUS] = ellipsoid(turn_z(sub(m, [9.3, 1.0, -2.0]), 0.35), [7.0, 12.5, 7.5]);
            channels[PUTAMEN] = ellipsoid(turn_z(sub(m, [18.5, 15.0, -4.0]), 0.3), [3.4, 10.5, 6.0]);
            channels[PALLIDUM] = ellipsoid(turn_z(sub(m, [13.2, 12.5, -6.5]), 0.4), [2.9, 6.5, 4.4]);
            channels[CAUDATE] = join(
                ellipsoid(sub(m, [10.0, 23.5, 2.0]), [3.6, 6.0, 6.0]),
                rod(m, [10.5, 19.0, 6.5], 2.2, [14.0, 2.0, 11.0], 1.4),
                4.0,
            );
            channels[PLIC] =
                rod(m, [13.0, 7.0, -3.0], 1.7, [20.5, -5.5, 0.0], 1.9).max((m[2] + 3.0).abs() - 9.0);
            channels[CEREBELLUM] = ellipsoid(sub(m, [9.0, -31.0, -27.0]), [16.5, 15.0, 12.0]);
            channels[BRAINSTEM] = rod(m, [0.0, -9.0, -15.0], 9.5, [0.0, -21.0, -42.0], 6.0);
            channels[INJURY] = participant
                .lesion
                .map_or(0.0, |lesion| side[usize::from(right)] * spread(lesion.pattern, m, &jitter));
            channels
        });
        Self { lattice, lesion: participant.lesion }
    }

    /// What is at a point of the head; `width_mm` is the voxel's, for the partial volume at borders.
    pub fn at(&self, p: Point, width_mm: f32) -> Option<Here> {
        let c = self.lattice.at(p)?;
        let within = |d: f32| inside(d, width_mm);
        let mut share = [0.0; Tissue::COUNT];
        let mut rest = 1.0;
        let mut give = |tissue: Tissue, part: f32| {
            share[tissue as usize] += rest * part;
            rest *= 1.0 - part;
        };
        give(Tissue::Air, 1.0 - within(c[HEAD]));
        give(Tissue::Scalp, 1.0 - within(c[HEAD] + SCALP_MM));
        give(Tissue::Skull, 1.0 - within(c[HEAD] + SCALP_MM + SKULL_MM));
        give(Tissue::Ventricle, within(c[VENTRICLE]));
        give(Tissue::Plic, within(c[PLIC]));
        give(Tissue::Pallidum, within(c[PALLIDUM]));
        give(Tissue::Putamen, within(c[PUTAMEN]));
        give(Tissue::Caudate, within(c[CAUDATE]));
        give(Tissue::Thalamus, within(c[THALAMUS]));
        give(Tissue::Brainstem, within(c[BRAINSTEM]));
        give(Tissue::Cerebellum, within(c[CEREBELLUM]));
        give(Tissue::WhiteMatter, within(c[PIAL] + CORTEX_MM));
        give(Tissue::Cortex, within(c[PIAL]));
        give(Tissue::OuterCsf, 1.0);
        Some(Here { share, injury: c[INJURY].clamp(0.0, 1.0) })
    }

    /// The injury, if there is one.
    pub fn lesion(&self) -> Option<Lesion> {
        self.lesion
    }
}

/// Both hemispheres without their folds: an ellipsoid with a flat base, `m` mirrored to the right.
fn cerebrum(m: Point) -> f32 {
    let whole = ellipsoid(sub(m, [0.0, 2.0, 3.0]), [46.5, 57.0, 41.5]);
    let temporal = ellipsoid(sub(m, [28.0, 8.0, -20.0]), [15.0, 26.0, 13.0]);
    join(whole.max(-20.0 - m[2]), temporal, 6.0)
}

/// Cerebellum and brainstem for the skull's inside.
fn hind_hull(m: Point) -> f32 {
    ellipsoid(sub(m, [0.0, -28.0, -26.0]), [28.0, 20.0, 17.0])
}

/// Distance to the folded surface: the hull, cut by sulci (sheets where a wave field is zero), the
/// interhemispheric and the Sylvian fissure.
fn pial(m: Point, q: Point, hull: f32, folds: &Waves) -> f32 {
    let (value, slope) = folds.with_slope(q);
    let too_deep = (-hull - SULCUS_DEPTH_MM).max(0.0);
    let sulcus = 0.55 - value.abs() / slope.max(0.02) - too_deep;
    // The callosum and what lies below it join the hemispheres.
    let core = ellipsoid(sub(m, [0.0, 1.0, -4.0]), [30.0, 34.0, 19.0]);
    let fissure = (0.9 - m[0]).min(core);
    let sylvian = -rod(m, [33.0, 14.0, -6.0], 1.6, [47.0, -8.0, 5.0], 2.4);
    hull.max(sulcus).max(fissure).max(sylvian)
}

/// Lateral ventricles: frontal horn, body, atrium; and the third.
fn ventricles(m: Point) -> f32 {
    let frontal = rod(m, [5.5, 27.0, 4.0], 1.7, [5.5, 8.0, 11.5], 2.0);
    let body = rod(m, [5.5, 8.0, 11.5], 2.0, [13.5, -20.0, 9.0], 3.2);
    let atrium = rod(m, [13.5, -20.0, 9.0], 3.2, [16.0, -34.0, 3.0], 2.0);
    let third = (m[0] - 0.8).max(ellipsoid(sub(m, [0.0, 4.0, -4.0]), [4.0, 11.0, 8.0]));
    frontal.min(body).min(atrium).min(third)
}

/// How strongly a pattern injures a place, from 0 to 1.
fn spread(pattern: Pattern, m: Point, jitter: &[Point; 4]) -> f32 {
    let bump = |centre: Point, shift: usize, radius: f32| {
        let centre: Point = std::array::from_fn(|a| centre[a] + jitter[shift][a]);
        let d = norm(sub(m, centre)) / radius;
        // Flat inside, gone at 1.4 radii.
        ((1.4 - d) / 0.7).clamp(0.0, 1.0)
    };
    match pattern {
        Pattern::BasalGangliaThalamus => {
            bump([14.0, 5.0, -3.0], 0, 11.0).max(bump([26.0, 6.0, 24.0], 1, 9.0))
        }
        Pattern::Watershed => bump([19.0, 36.0, 22.0], 0, 12.0).max(bump([20.0, -36.0, 20.0], 1, 13.0)),
        Pattern::CorticalHighlighting => {
            bump([29.0, 4.0, 24.0], 0, 15.0).max(bump([36.0, -18.0, 8.0], 1, 12.0))
        }
    }
}
