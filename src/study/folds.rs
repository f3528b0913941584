//! The fold models of both sequences, several at a time.

use super::checkpoint::Checkpoints;
use super::detector::Family;
use super::settings::{Settings, StudyError};
use super::split::Split;
use super::train::{Architecture, Images, Trained, steps_per_epoch, train_branch};
use crate::model::{ModelError, PerSequence, Sequence};
use crate::text;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the fold models are trained on and with.
pub struct Folds<'a> {
    pub architecture: PerSequence<Architecture<'a>>,
    /// Of each healthy training newborn: which of `split.training` it is, and its images of both sequences.
    pub newborns: &'a [(usize, PerSequence<Images<'a>>)],
    /// Their features with the first kernels.
    pub start: PerSequence<&'a [Family]>,
    pub split: &'a Split,
    pub settings: &'a Settings,
    /// Where finished branches wait.
    pub checkpoints: Option<&'a Checkpoints>,
    /// The one branch that is trained, and none else.
    pub only: Option<(Sequence, usize)>,
}

impl Folds<'_> {
    /// Trains every fold model of both sequences, `settings.threads` at a time, each on one thread, so that
    /// the result does not depend on how many run. In the order of the repeats, folds within; nothing where only one
    /// branch is trained, which waits among the checkpoints.
    ///
    /// # Errors
    /// The first branch's error, or that of its checkpoint.
    pub fn train(
        &self,
        progress: &(dyn Fn(usize, usize, &str) + Sync),
    ) -> Result<PerSequence<Vec<Trained>>, StudyError> {
        let models = self.settings.folds * self.split.folds.len();
        let members = |model: usize| -> Vec<usize> {
            let (repeat, fold) = (model / self.settings.folds, model % self.settings.folds);
            let of = &self.split.folds[repeat];
            (0..self.newborns.len()).filter(|i| of[self.newborns[*i].0] != fold).collect()
        };
        let jobs: Vec<(Sequence, usize)> =
            Sequence::BOTH.into_iter().flat_map(|s| (0..models).map(move |m| (s, m))).collect();
        let schedule = self.settings.schedule;
        let steps =
            |job: &(Sequence, usize)| steps_per_epoch(members(job.1).len(), schedule.batch) * schedule.epochs;
        let total: usize = jobs.iter().map(steps).sum();
        let (done, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let results: Mutex<Vec<Option<Result<Trained, StudyError>>>> =
            Mutex::new(jobs.iter().map(|_| None).collect());
        let train = |sequence: Sequence, model: usize, index: usize| -> Result<Trained, StudyError> {
            let what = format!("{} model {} of {models}", sequence.suffix(), model + 1);
            let mut smooth: Option<f32> = None;
            let mut own = 0;
            let mut tell = |steps: usize, state: String| {
                own += steps;
                progress(
                    done.fetch_add(steps, Ordering::Relaxed) + steps,
                    total,
                    &format!("{what}: {state}"),
                );
                own
            };
            let stored = self.checkpoints.and_then(|c| c.load(sequence, model));
            let trained = if let Some(trained) = stored {
                trained
            } else {
                let seed = self.settings.seed.wrapping_mul(1_000_003).wrapping_add(index as u64);
                let members = members(model);
                let images: Vec<Images<'_>> =
                    members.iter().map(|i| self.newborns[*i].1.of(sequence).clone()).collect();
                let start = members.iter().map(|i| self.start.of(sequence)[*i].clone()).collect();
                let trained = train_branch(
                    self.architecture.of(sequence),
                    &images,
                    start,
                    schedule,
                    seed,
                    &self.settings.device,
                    |loss| {
                        let mean = smooth.map_or(loss, |s| 0.8 * s + 0.2 * loss);
                        smooth = Some(mean);
                        tell(1, format!("loss {mean:.3}"));
                    },
                )?;
                if let Some(checkpoints) = self.checkpoints {
                    checkpoints.store(sequence, model, &trained)?;
                }
                trained
            };
            // Steps that early stopping or a checkpoint has saved.
            let rest = steps(&(sequence, model)).saturating_sub(tell(0, "done".into()));
            let [first, chosen] = trained.separation;
            tell(rest, format!("{} epochs accepted, separation {first:.3} -> {chosen:.3}", trained.accepted));
            Ok(trained)
        };
        let work = || {
            while let Some((index, &(sequence, model))) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, jobs.get(i)?)))
            {
                if self.only.is_some_and(|only| only != (sequence, model)) {
                    continue;
                }
                let trained = train(sequence, model, index);
                if let Ok(mut results) = results.lock() {
                    results[index] = Some(trained);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.settings.threads.max(1) {
                // A pool of one thread: the backend's own parallelism would only contend with the other branches.
                scope.spawn(|| match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                    Ok(pool) => pool.install(work),
                    Err(_) => work(),
                });
            }
        });
        let results = results.into_inner().unwrap_or_default();
        if self.only.is_some() {
            results.into_iter().flatten().try_for_each(|trained| trained.map(drop))?;
            return Ok(PerSequence::default());
        }
        let mut trained = results.into_iter().map(|r| {
            r.unwrap_or_else(|| Err(ModelError::Compute(text!("a training thread ended early")).into()))
        });
        let mut take = || trained.by_ref().take(models).collect::<Result<Vec<_>, _>>();
        PerSequence::try_from_fn(|_| take())
    }
}
