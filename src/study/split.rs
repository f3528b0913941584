//! Who belongs to which cohort: by subject, class by class, from one seed.

use super::cohort::Subject;
use super::settings::Settings;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Which subjects (by index) form which cohort, and the folds of the training subjects.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    pub training: Vec<usize>,
    /// Repeat by repeat the fold of each training subject.
    pub folds: Vec<Vec<usize>>,
    pub internal: Vec<usize>,
    pub independent: Vec<usize>,
}

impl Split {
    /// The first repeat's fold of each training subject.
    pub fn fold(&self) -> &[usize] {
        &self.folds[0]
    }
}

/// The development center is the first in alphabetical order; all others are independent. Training,
/// internal validation and folds are drawn class by class.
pub fn split(subjects: &[Subject], settings: &Settings) -> Split {
    let development = subjects.iter().map(|s| s.row.center.as_str()).min().unwrap_or_default();
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    // Of its own: who belongs to which cohort must not depend on how often the folds are drawn.
    let mut again = ChaCha8Rng::seed_from_u64(settings.seed.wrapping_add(1));
    let repeats = settings.repeats.max(1);
    let folds = vec![vec![]; repeats];
    let mut split = Split { training: vec![], folds, internal: vec![], independent: vec![] };
    for class in [false, true] {
        let (mut own, other): (Vec<usize>, Vec<usize>) = (0..subjects.len())
            .filter(|i| subjects[*i].row.event == class)
            .partition(|i| subjects[*i].row.center == development);
        own.shuffle(&mut rng);
        let internal = (own.len() as f64 * settings.internal_share).round() as usize;
        split.internal.extend(&own[..internal]);
        let mut ranks: Vec<usize> = (0..own.len() - internal).collect();
        split.training.extend(&own[internal..]);
        for folds in &mut split.folds {
            folds.extend(ranks.iter().map(|rank| rank % settings.folds));
            ranks.shuffle(&mut again);
        }
        split.independent.extend(other);
    }
    split
}
