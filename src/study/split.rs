//! Who belongs to which cohort: by subject, class by class, from one seed.

use super::Settings;
use super::cohort::Subject;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Which subjects (by index) form which cohort, and the fold of each training subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    pub training: Vec<usize>,
    pub fold: Vec<usize>,
    pub internal: Vec<usize>,
    pub independent: Vec<usize>,
}

/// The development center is the first in alphabetical order; all others are independent. Training,
/// internal validation and folds are drawn class by class.
pub fn split(subjects: &[Subject], settings: &Settings) -> Split {
    let development = subjects.iter().map(|s| s.row.center.as_str()).min().unwrap_or_default();
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut split = Split { training: vec![], fold: vec![], internal: vec![], independent: vec![] };
    for class in [false, true] {
        let (mut own, other): (Vec<usize>, Vec<usize>) = (0..subjects.len())
            .filter(|i| subjects[*i].row.event == class)
            .partition(|i| subjects[*i].row.center == development);
        own.shuffle(&mut rng);
        let internal = (own.len() as f64 * settings.internal_share).round() as usize;
        split.internal.extend(&own[..internal]);
        for (rank, i) in own[internal..].iter().enumerate() {
            split.training.push(*i);
            split.fold.push(rank % settings.folds);
        }
        split.independent.extend(other);
    }
    split
}
