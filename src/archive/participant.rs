//! The participant level: each visit by itself, several at a time.

use super::case::report;
use super::dataset::Dataset;
use super::filter::Filter;
use super::journal::Journal;
use super::output::{Output, Written};
use super::visit::{Failure, Visit};
use crate::fault::{Explained as _, Notice};
use crate::model::{
    Bundle, ComputeDevice, ModelError, ModelIdentity, Outcome, PerSequence, Predictor, Provenance, sha256_hex,
};
use crate::study::{ImageFile, ImageFileError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Memory of a process without a newborn, MiB, and of each newborn that is assessed at the same time: as measured, see
/// `docs/archive.md`.
pub const MIB_BASE: usize = 100;
pub const MIB_EACH: usize = 400;

/// A model that has passed its self-test.
#[derive(Debug)]
pub struct Engine {
    predictor: Predictor,
    model: ModelIdentity,
}

impl Engine {
    /// Puts a bundle onto the CPU: on it the same inputs give the same bytes, whichever machine of a cluster it is.
    ///
    /// # Errors
    /// `ModelError` when the bundle does not pass its self-test.
    pub fn new(bundle: &Bundle) -> Result<Self, ModelError> {
        let predictor = Predictor::new(bundle, ComputeDevice::cpu())?;
        pollster::block_on(predictor.self_test())?;
        Ok(Self { predictor, model: bundle.identity.clone() })
    }
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    Answered(f64),
    /// By the model's checks, with their sentences.
    Refused(Vec<String>),
    Failed(Failure),
    /// As it was in a run before.
    Kept,
}

/// Assesses visits, `workers` at a time; ends early when `stop` is set, or at the first failure where `first_failure` is.
/// Returns how many failed; who was not reached is not among them.
///
/// # Errors
/// The first input/output error of the output, after which nothing more is begun.
pub fn run(
    visits: &[Visit],
    workers: usize,
    stop: &AtomicBool,
    first_failure: bool,
    journal: &Journal,
    process: impl Fn(&Visit) -> io::Result<Ending> + Sync,
) -> io::Result<usize> {
    let (next, failed, ending) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let error: Mutex<Option<io::Error>> = Mutex::new(None);
    let work = || {
        while !stop.load(Ordering::Relaxed) && !ending.load(Ordering::Relaxed) {
            let Some(visit) = visits.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let name = visit.stem();
            match process(visit) {
                Ok(Ending::Answered(p)) => journal.note(&format!("{name}: answered, {p:.3}")),
                Ok(Ending::Refused(reasons)) => {
                    journal.note(&format!("{name}: no probability is given. {}", reasons.join(" ")));
                }
                Ok(Ending::Kept) => journal.note(&format!("{name}: done before")),
                Ok(Ending::Failed(failure)) => {
                    journal.warn(&format!("{name}: {} ({})", failure.message, failure.code));
                    failed.fetch_add(1, Ordering::Relaxed);
                    ending.fetch_or(first_failure, Ordering::Relaxed);
                }
                Err(e) => {
                    ending.store(true, Ordering::Relaxed);
                    if let Ok(mut error) = error.lock() {
                        let told = format!("{name}: its results cannot be written: {e}");
                        error.get_or_insert_with(|| io::Error::new(e.kind(), told));
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, visits.len().max(1)) {
            // A pool of one thread: the parallelism within a newborn would only contend with the others.
            scope.spawn(|| match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => pool.install(work),
                Err(_) => work(),
            });
        }
    });
    match error.into_inner().ok().flatten() {
        Some(e) => Err(e),
        None => Ok(failed.into_inner()),
    }
}

/// Why a visit comes to no end of its own: a reason that is told, or an output that cannot be written.
enum Stop {
    Failed(Failure),
    Io(io::Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Engine {
    /// Assesses one visit and writes what comes of it.
    ///
    /// # Errors
    /// The first input/output error of the output.
    pub fn process(
        &self,
        dataset: &Dataset,
        filter: &Filter,
        output: &Output,
        visit: &Visit,
    ) -> io::Result<Ending> {
        let made = catch_unwind(AssertUnwindSafe(|| self.assess(dataset, filter, output, visit)));
        let failure = match made {
            Ok(Ok(ending)) => return Ok(ending),
            Ok(Err(Stop::Io(error))) => return Err(error),
            Ok(Err(Stop::Failed(failure))) => failure,
            Err(_) => Failure::new("internal", "HIELight itself failed on it: please report this"),
        };
        output.write_failure(visit, &failure)?;
        Ok(Ending::Failed(failure))
    }

    fn assess(
        &self,
        dataset: &Dataset,
        filter: &Filter,
        output: &Output,
        visit: &Visit,
    ) -> Result<Ending, Stop> {
        let paths = dataset.images(visit, filter)?;
        let clinical = dataset.clinical(visit, &self.predictor.manifest().nomogram.terms)?;
        let unreadable = |e: ImageFileError| Failure::new("unreadable_image", told(dataset, &e));
        let open = |sequence| ImageFile::open(&dataset.root().join(paths.of(sequence)));
        let files = PerSequence::try_from_fn(open).map_err(unreadable)?;
        let provenance = Provenance::new(files.as_ref().map(|file| sha256_hex(&file.bytes)), &clinical);
        if provenance.inputs.T1w == provenance.inputs.T2w {
            return Err(Failure::new("same_image", ModelError::SameImage.in_full().to_string()).into());
        }
        if output.is_done(visit, &paths, &provenance, &self.model) {
            return Ok(Ending::Kept);
        }
        let images = PerSequence::try_from_fn(|sequence| files.of(sequence).read()).map_err(unreadable)?;
        drop(files);
        for (sequence, image) in images.iter() {
            image.volume.check_extent().map_err(|e| {
                Failure::new("unreadable_image", format!("{}: {}", sequence.suffix(), e.in_full()))
            })?;
        }
        let warnings: Vec<Notice> = images
            .iter()
            .flat_map(|(sequence, image)| image.warnings.iter().map(move |w| w.labelled(sequence.suffix())))
            .collect();
        let volumes = images.as_ref().map(|image| &image.volume);
        let mut unheard = |_| ();
        let outcome = self.predictor.assess_images(volumes, clinical, warnings, &mut unheard);
        let outcome =
            pollster::block_on(outcome).map_err(|e| Failure::new("computation", e.in_full().to_string()))?;
        let document = self.predictor.document(&outcome, &provenance);
        let maps = match &outcome {
            Outcome::Assessed { assessment, maps } => Some(PerSequence::from_fn(|sequence| {
                self.predictor.map_file(maps.of(sequence), &images.of(sequence).stored, assessment)
            })),
            Outcome::Abstained { .. } => None,
        };
        let volumes = images.map(|image| image.volume.into_ras());
        let report = report(visit, &self.predictor, &self.model, volumes, &outcome, &provenance)
            .map_err(|reason| Failure::new("report", reason))?;
        let (document, report) = (document.as_str(), report.as_str());
        output.write(visit, &Written { document, report, maps, images: &paths, model: &self.model })?;
        Ok(match outcome {
            Outcome::Assessed { assessment, .. } => Ending::Answered(assessment.probability),
            Outcome::Abstained { reasons, .. } => {
                Ending::Refused(reasons.iter().map(|reason| reason.message.to_string()).collect())
            }
        })
    }
}

/// Why an image cannot be read, and what to do, with its path within the dataset.
fn told(dataset: &Dataset, error: &ImageFileError) -> String {
    let (ImageFileError::Io { path, .. } | ImageFileError::Volume { path, .. }) = error;
    let within = path.strip_prefix(dataset.root()).unwrap_or(path);
    let reason = match error {
        ImageFileError::Io { reason, .. } => format!("it cannot be read: {reason}"),
        ImageFileError::Volume { source, .. } => source.in_full().to_string(),
    };
    format!("{}: {reason}", within.display())
}
