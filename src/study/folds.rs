//! The fold models of both sequences, several at a time.

use super::checkpoint::Checkpoints;
use super::cohort::Subject;
use super::settings::{Settings, StudyError};
use super::split::Split;
use super::train::{Sample, train_branch};
use crate::model::{Layer, ModelError, PerSequence, Recipe, Sequence, Weights};
use crate::text;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the fold models are trained on and with.
pub struct Folds<'a> {
    pub subjects: &'a [Subject],
    /// Subject by subject, T1w and T2w: deviations from the atlas.
    pub deviations: &'a [[Vec<f32>; 2]],
    pub split: &'a Split,
    pub recipe: &'a Recipe,
    pub layers: &'a [Layer],
    pub settings: &'a Settings,
    /// Where finished branches wait.
    pub checkpoints: Option<&'a Checkpoints>,
}

impl Folds<'_> {
    /// Trains every fold model of both sequences, `settings.threads` at a time, each on one thread, so that
    /// the result does not depend on how many run. In the order of the repeats, folds within.
    ///
    /// # Errors
    /// The first branch's error, or that of its checkpoint.
    pub fn train(
        &self,
        progress: &(dyn Fn(usize, usize, &str) + Sync),
    ) -> Result<PerSequence<Vec<Weights>>, StudyError> {
        let models = self.settings.folds * self.split.folds.len();
        let samples = |sequence: Sequence, model: usize| -> Vec<Sample<'_>> {
            let (repeat, fold) = (model / self.settings.folds, model % self.settings.folds);
            let members =
                self.split.training.iter().zip(&self.split.folds[repeat]).filter(|(_, f)| **f != fold);
            members
                .map(|(i, _)| Sample {
                    values: &self.deviations[*i][sequence as usize],
                    event: self.subjects[*i].row.event,
                })
                .collect()
        };
        let jobs: Vec<(Sequence, usize)> =
            Sequence::BOTH.into_iter().flat_map(|s| (0..models).map(move |m| (s, m))).collect();
        let steps = |job: &(Sequence, usize)| {
            samples(job.0, job.1).len().div_ceil(self.settings.schedule.batch) * self.settings.schedule.epochs
        };
        let total: usize = jobs.iter().map(steps).sum();
        let (done, next) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let results: Mutex<Vec<Option<Result<Weights, StudyError>>>> =
            Mutex::new(jobs.iter().map(|_| None).collect());
        let train = |sequence: Sequence, model: usize, index: usize| -> Result<Weights, StudyError> {
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
            let weights = if let Some(weights) = stored {
                weights
            } else {
                let seed = self.settings.seed.wrapping_mul(1_000_003).wrapping_add(index as u64);
                let samples = samples(sequence, model);
                let weights = train_branch(
                    self.layers,
                    self.recipe,
                    &samples,
                    self.settings.schedule,
                    seed,
                    &self.settings.device,
                    |loss| {
                        let mean = smooth.map_or(loss, |s| 0.95 * s + 0.05 * loss);
                        smooth = Some(mean);
                        tell(1, format!("loss {mean:.3}"));
                    },
                )?;
                if let Some(checkpoints) = self.checkpoints {
                    checkpoints.store(sequence, model, &weights)?;
                }
                weights
            };
            // Steps that early stopping or a checkpoint has saved.
            let rest = steps(&(sequence, model)).saturating_sub(tell(0, "done".into()));
            tell(rest, "done".into());
            Ok(weights)
        };
        let work = || {
            while let Some((index, &(sequence, model))) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, jobs.get(i)?)))
            {
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
        let mut trained = results.into_inner().unwrap_or_default().into_iter().map(|r| {
            r.unwrap_or_else(|| Err(ModelError::Compute(text!("a training thread ended early")).into()))
        });
        let mut take = || trained.by_ref().take(models).collect::<Result<Vec<_>, _>>();
        Ok(PerSequence { T1w: take()?, T2w: take()? })
    }
}
