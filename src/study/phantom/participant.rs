//! Who the synthetic newborns are: diagnosis, clinical characteristics, lesion.

use super::noise::{generator, mix, normal};
use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Size and seed of a synthetic cohort.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhantomConfig {
    /// Everything follows from it.
    pub seed: u64,
    /// Newborns with HIE.
    pub hie: usize,
    /// Healthy newborns.
    pub controls: usize,
    /// Share of each group that center B scanned.
    pub share_center_b: f64,
}

impl Default for PhantomConfig {
    /// The group sizes of Tian et al. (Neonatology 2023;120:441-449); how the centers shared them is
    /// not known, so that share is ours.
    fn default() -> Self {
        Self { seed: 20_150_101, hie: 186, controls: 219, share_center_b: 0.3 }
    }
}

impl PhantomConfig {
    /// All participants.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hie + self.controls
    }

    /// Whether the cohort has nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a newborn was scanned: the centers differ in spacing, contrast, noise and gain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Center {
    A,
    B,
}

impl Center {
    /// As in `participants.tsv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// Where hypoxia-ischemia injured the brain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Thalami, posterior putamina, posterior limb of the internal capsule, perirolandic cortex.
    BasalGangliaThalamus,
    /// Parasagittal border zones: cortex and the white matter below.
    Watershed,
    /// Patches of bright cortex on T1w.
    CorticalHighlighting,
}

impl Pattern {
    /// As in `participants.tsv`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BasalGangliaThalamus => "basal_ganglia_thalamus",
            Self::Watershed => "watershed",
            Self::CorticalHighlighting => "cortical_highlighting",
        }
    }
}

/// An injury that shows on the images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lesion {
    pub pattern: Pattern,
    /// 0 (invisible) to 1 (worst).
    pub severity: f64,
}

/// One synthetic newborn. Its anatomy, pose and noise follow from `seed`.
#[derive(Debug, Clone, PartialEq)]
pub struct Participant {
    /// `sub-001` and so on; the order says nothing about the diagnosis.
    pub id: String,
    pub center: Center,
    /// HIE or healthy.
    pub hie: bool,
    pub birth_weight_g: f64,
    pub gestational_age_weeks: f64,
    pub female: bool,
    /// Age when scanned.
    pub age_days: u32,
    /// Apgar score at five minutes.
    pub apgar5: u32,
    pub cesarean: bool,
    /// `None` in controls and in HIE with a normal-looking MRI.
    pub lesion: Option<Lesion>,
    /// Of the anatomy.
    pub(super) seed: u64,
    /// Of the pose, the movement, the bias field and the noise.
    pub(super) scan_seed: u64,
}

impl Participant {
    /// Characteristics that a model may ask for, by the names of its terms.
    #[must_use]
    pub fn covariates(&self) -> [(String, String); 5] {
        let flag = |yes: bool| u8::from(yes).to_string();
        [
            ("gestational_age_weeks", self.gestational_age_weeks.to_string()),
            ("age_days", self.age_days.to_string()),
            ("apgar5", self.apgar5.to_string()),
            ("sex=M", flag(!self.female)),
            ("delivery=vaginal", flag(!self.cesarean)),
        ]
        .map(|(term, value)| (term.to_owned(), value))
    }

    /// The same newborn in the same scan with another injury, or none: what differs is the injury.
    #[must_use]
    pub fn twin(&self, lesion: Option<Lesion>) -> Self {
        Self { lesion, ..self.clone() }
    }

    /// The same newborn on another visit, perhaps to another center: new pose, bias field and noise.
    #[must_use]
    pub fn scanned_again(&self, center: Center, visit: u64) -> Self {
        Self { center, scan_seed: mix(self.seed, visit.wrapping_add(1)), ..self.clone() }
    }
}

/// Severity of a moderate injury.
pub const MODERATE: std::ops::Range<f64> = 0.6..0.8;

/// Share of HIE with a normal-looking MRI (Miller, J Pediatr 2005: 30 % of 173).
const MRI_NORMAL: f64 = 0.30;

/// Participant number `index` (from 0) of the cohort: depends on seed, index and group sizes only.
#[must_use]
pub fn participant(config: &PhantomConfig, index: usize) -> Participant {
    let mut places: Vec<usize> = (0..config.len()).collect();
    places.shuffle(&mut generator(config.seed, u64::MAX));
    // Beyond the cohort: more controls, for tests that want unseen newborns.
    let place = places.get(index).copied().unwrap_or(index);
    let hie = place < config.hie;
    let (rank, group) = if hie { (place, config.hie) } else { (place - config.hie, config.controls) };
    let center_b = (rank as f64 + 0.5) < config.share_center_b * group as f64;

    let seed = mix(config.seed, index as u64);
    let rng = &mut generator(seed, 0);
    let mut around =
        |mean: f64, sd: f64, low: f64, high: f64| (mean + sd * f64::from(normal(rng))).clamp(low, high);
    // HIE: Bao, Sci Data 2025, n = 144; controls: method.md.
    let (weight, spread) = if hie { (3294.0, 604.0) } else { (3320.0, 420.0) };
    let birth_weight_g = (around(weight, spread, 2000.0, 5200.0) / 10.0).round() * 10.0;
    let gestational_age_weeks = (around(39.3, 1.2, 37.0, 42.0) * 10.0).round() / 10.0;
    // Cohort of 237: day 3.5 +- 2.4.
    let age_days = around(3.5, 2.4, 1.0, 14.0).round() as u32;
    let apgar5 = if hie { around(6.2, 2.2, 0.0, 10.0) } else { around(9.0, 0.8, 5.0, 10.0) }.round() as u32;
    let female = rng.random_bool(if hie { 0.42 } else { 0.49 });
    let cesarean = rng.random_bool(if hie { 0.48 } else { 0.38 });
    let lesion = hie.then(|| injury(rng)).flatten();
    Participant {
        id: format!("sub-{:03}", index + 1),
        center: if center_b { Center::B } else { Center::A },
        hie,
        birth_weight_g,
        gestational_age_weeks,
        female,
        age_days,
        apgar5,
        cesarean,
        lesion,
        seed,
        scan_seed: seed,
    }
}

/// The same newborn with a chosen lesion (or none), for planted-lesion tests.
#[must_use]
pub fn participant_with(config: &PhantomConfig, index: usize, lesion: Option<Lesion>) -> Participant {
    let healthy = participant(config, index);
    Participant { hie: lesion.is_some() || healthy.hie, lesion, ..healthy }
}

fn injury(rng: &mut ChaCha8Rng) -> Option<Lesion> {
    if rng.random_bool(MRI_NORMAL) {
        return None;
    }
    let pattern = match rng.random_range(0.0..1.0) {
        // The same 173: watershed 45 %, basal ganglia and thalamus 25 %; of both, some show in the cortex only.
        x if x < 0.34 => Pattern::BasalGangliaThalamus,
        x if x < 0.87 => Pattern::Watershed,
        _ => Pattern::CorticalHighlighting,
    };
    // From 0.4, below which nobody would call it an injury, to 1; half above 0.8, because HIE that comes to be scanned is
    // moderate or severe. The changes span the ranges of method.md.
    let severity = 0.4 + 0.6 * rng.random_range(0.0_f64..1.0).powf(0.6);
    Some(Lesion { pattern, severity })
}
