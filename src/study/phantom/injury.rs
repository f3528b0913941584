//! Where hypoxia-ischemia injured one newborn's brain, and what that changes in the images.

use super::contrast::{CENTRAL, CORTEX, KINDS, LENTIFORM, POSTERIOR_LIMB, THALAMUS, WHITE};
use super::noise::{Waves, generator, normal};
use super::participant::{Lesion, Participant, Pattern};
use super::shape::{Point, norm};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Age up to which injured deep grey matter is bright on T2w.
const OEDEMA_DAYS: u32 = 7;
/// What of the final change shows on day 1, 2, 3, 4; all of it later. In the first 24 h T1w was normal in 7 of 7
/// and T2w in 3 of 7 (PMC7974434); both are clear by the second half of week 1 (Diagnostics 2022;12:645).
const T1_BY_DAY: [f32; 4] = [0.1, 0.4, 0.65, 0.85];
const T2_BY_DAY: [f32; 4] = [0.45, 0.6, 0.8, 0.95];

/// Centres in atlas mm, the right one of each pair.
const POSTERIOR_PUTAMEN: Point = [17.5, -3.0, -3.0];
const VENTROLATERAL_THALAMUS: Point = [10.0, -9.0, 1.5];
const CAPSULE: Point = [13.5, -6.0, 2.0];
const PERIROLANDIC: Point = [25.0, -4.0, 26.0];
const POSTCENTRAL_LOW: Point = [35.0, -12.0, 14.0];
const ANTERIOR_BORDER_ZONE: Point = [18.0, 24.0, 24.0];
const POSTERIOR_BORDER_ZONE: Point = [21.0, -43.0, 20.0];

struct Focus {
    centre: Point,
    radius_mm: f32,
    strength: f32,
    /// Longer from front to back than across.
    elongated: f32,
}

/// One newborn's injury in the label map's space.
pub struct Injury {
    foci: Vec<Focus>,
    outline: Waves,
    severity: f32,
    /// Relative change at severity 1, per sequence and kind of tissue.
    effect: [[f32; KINDS]; 2],
}

impl Injury {
    /// Follows from the participant's seed, lesion and age; `None` without a lesion.
    pub fn of(participant: &Participant) -> Option<Self> {
        let lesion = participant.lesion?;
        let rng = &mut generator(participant.seed, 3);
        let outline = Waves::new(rng, 12, 8.0..15.0);
        Some(Self {
            foci: foci(lesion, rng),
            outline,
            severity: lesion.severity as f32,
            effect: effects(lesion.pattern, participant.age_days),
        })
    }

    /// How much of the injury is at a place of the map, 0 to 1; `depth_mm` below the brain's hull.
    pub fn at(&self, q: Point, depth_mm: f32) -> f32 {
        let mut most = 0.0_f32;
        let mut outline = None;
        for focus in &self.foci {
            let mut from = [q[0] - focus.centre[0], q[1] - focus.centre[1], q[2] - focus.centre[2]];
            from[1] /= focus.elongated;
            let d = norm(from) / focus.radius_mm;
            if d < 1.9 {
                let ragged = *outline.get_or_insert_with(|| self.outline.at(q));
                // Flat inside, gone at 1.4 radii.
                most = most.max(focus.strength * ((1.4 - d - 0.15 * ragged) / 0.7).clamp(0.0, 1.0));
            }
        }
        // The depths of the sulci suffer more than the crowns.
        most * (0.7 + 0.3 * (depth_mm / 7.0).clamp(0.0, 1.0))
    }

    /// Relative change of a kind's intensity in a fully injured place, T1w and T2w.
    pub fn change(&self, kind: usize) -> [f32; 2] {
        [self.severity * self.effect[0][kind], self.severity * self.effect[1][kind]]
    }

    /// Whether tissue of this kind is injured where the injury is.
    pub fn injures(&self, kind: usize) -> bool {
        self.effect.iter().any(|e| e[kind] != 0.0)
    }
}

/// Sizes so that over half of the lesions are below 1 % of the brain (Bao, Sci Data 2025).
fn foci(lesion: Lesion, rng: &mut ChaCha8Rng) -> Vec<Focus> {
    let severity = lesion.severity as f32;
    // Weaker injuries are smaller ones, by and large.
    let extent = (severity - 0.12) * (0.38 * normal(rng).clamp(-2.0, 2.0)).exp();
    // Mostly on both sides, more on one; now and then nearly on one side alone.
    let mut side: [f32; 2] = std::array::from_fn(|_| rng.random_range(0.65..1.0));
    if rng.random_bool(0.12) {
        side[usize::from(rng.random_bool(0.5))] = 0.25;
    }
    let mut out = Vec::new();
    let mut add = |rng: &mut ChaCha8Rng, centre: Point, radius_mm: f32, jitter_mm: f32, elongated: f32| {
        for (strength, sign) in side.into_iter().zip([-1.0, 1.0]) {
            let mut at: Point = std::array::from_fn(|a| centre[a] + jitter_mm * normal(rng).clamp(-2.0, 2.0));
            at[0] *= sign;
            out.push(Focus { centre: at, radius_mm: radius_mm * extent, strength, elongated });
        }
    };
    match lesion.pattern {
        Pattern::BasalGangliaThalamus => {
            add(rng, POSTERIOR_PUTAMEN, 3.0 + 5.0 * severity, 1.2, 1.3);
            add(rng, VENTROLATERAL_THALAMUS, 3.0 + 5.5 * severity, 1.2, 1.2);
            add(rng, CAPSULE, 4.0 + 4.0 * severity, 0.8, 1.2);
            if severity > 0.6 {
                add(rng, PERIROLANDIC, 2.0 + 7.0 * severity, 2.0, 1.0);
            }
        }
        Pattern::Watershed => {
            let (front, back) = [(true, true), (true, false), (false, true)][rng.random_range(0..3)];
            for (wanted, centre) in [(front, ANTERIOR_BORDER_ZONE), (back, POSTERIOR_BORDER_ZONE)] {
                if wanted {
                    add(rng, centre, 3.0 + 8.5 * severity, 2.5, 1.8);
                }
            }
        }
        Pattern::CorticalHighlighting => {
            add(rng, PERIROLANDIC, 5.0 + 10.0 * severity, 2.0, 1.0);
            if rng.random_bool(0.5) {
                add(rng, POSTCENTRAL_LOW, 4.0 + 8.0 * severity, 2.0, 1.0);
            }
        }
    }
    out
}

/// Over the mean of an injury, whose borders are soft, how much stronger its middle is: so its mean change, which is what
/// was published, spans method.md's ranges.
const MIDDLE: f32 = 1.7;

/// Relative change in the middle of an injury of severity 1, on the day of the scan.
fn effects(pattern: Pattern, age_days: u32) -> [[f32; KINDS]; 2] {
    let mut out = [[0.0; KINDS]; 2];
    let day = (age_days.max(1) - 1) as usize;
    let shown = [T1_BY_DAY, T2_BY_DAY].map(|table| table.get(day).copied().unwrap_or(1.0));
    let mut set = |kinds: Range<usize>, t1: f32, t2: f32| {
        for kind in kinds {
            out[0][kind] = MIDDLE * shown[0] * t1;
            out[1][kind] = MIDDLE * shown[1] * t2;
        }
    };
    match pattern {
        Pattern::BasalGangliaThalamus => {
            // Swollen and bright on T2w in the first week, dark later.
            set(THALAMUS..LENTIFORM + 1, 0.20, if age_days <= OEDEMA_DAYS { 0.15 } else { -0.15 });
            // The healthy bright signal is lost.
            set(POSTERIOR_LIMB..POSTERIOR_LIMB + 1, -0.22, 0.25);
            set(CENTRAL..CENTRAL + 1, -0.08, 0.10);
            set(CORTEX, 0.16, -0.08);
        }
        Pattern::Watershed => {
            set(CORTEX, -0.10, 0.25);
            set(WHITE, -0.10, 0.25);
        }
        Pattern::CorticalHighlighting => set(CORTEX, 0.13, -0.08),
    }
    out
}
