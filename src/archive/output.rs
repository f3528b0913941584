//! The dataset of derivatives that is written: names, what stands beside the results, and what of it is there already.

use super::dataset::{Dataset, RAW, references};
use super::visit::{Failure, Visit};
use crate::model::{ModelIdentity, PerSequence, Provenance, Sequence};
use crate::study::{folder_names, write_whole};
use serde::Deserialize;
use serde_json::json;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A folder of derivatives.
#[derive(Debug)]
pub struct Output {
    root: PathBuf,
}

/// Why a folder cannot take derivatives.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("{} holds another dataset ({name}): give a folder of its own", path.display())]
    Another { path: PathBuf, name: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// The name by which a dataset's maker is told.
const MAKER: &str = "HIELight";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const DESCRIPTION: &str = "dataset_description.json";
/// What BIDS has no names for; every derivative that others write says so in the same way.
const IGNORED: &str = "*.html\nlogs/\n*.partial\ngroup_hielight.*\n*_assessment.json\n*_failure.json\n*_cam.json\n*_cam.nii.gz\n";

impl Output {
    /// A folder that is empty, is not there yet, or holds derivatives of this program; it gets its description.
    ///
    /// # Errors
    /// `OutputError::Another` where something else is described there.
    pub fn open(root: &Path, dataset: &Dataset) -> Result<Self, OutputError> {
        let io = |source| OutputError::Io { path: root.to_owned(), source };
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Described {
            name: String,
        }
        let path = root.join(DESCRIPTION);
        let before = std::fs::read(&path).ok();
        if let Some(before) = &before {
            let name = serde_json::from_slice::<Described>(before).map_or_else(|_| "?".into(), |d| d.name);
            if name != MAKER {
                return Err(OutputError::Another { path: root.to_owned(), name });
            }
        }
        std::fs::create_dir_all(root).map_err(io)?;
        let raw = relative(root, dataset.root()).map_err(io)?;
        if raw == "." {
            let name = "the one that is read".into();
            return Err(OutputError::Another { path: root.to_owned(), name });
        }
        let description = json!({
            "Name": MAKER,
            "BIDSVersion": "1.10.0",
            "DatasetType": "derivative",
            "GeneratedBy": [{
                "Name": MAKER,
                "Version": VERSION,
                "Description": "Probability of neonatal hypoxic-ischemic encephalopathy. Research use only."
            }],
            "SourceDatasets": [{ "URL": raw }],
            "DatasetLinks": { RAW: raw }
        });
        let text = pretty(&description);
        // Thousands of processes begin here, and all have the same to say.
        if before.as_deref() != Some(text.as_bytes()) {
            write_whole(&path, text.as_bytes()).map_err(io)?;
        }
        let ignore = root.join(".bidsignore");
        if std::fs::read(&ignore).ok().as_deref() != Some(IGNORED.as_bytes()) {
            write_whole(&ignore, IGNORED.as_bytes()).map_err(io)?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where logs lie unless told otherwise.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    fn anat(&self, visit: &Visit, rest: &str) -> PathBuf {
        self.root.join(visit.anat()).join(format!("{}_{rest}", visit.stem()))
    }

    /// Of an answer or a refusal: the document of `predict --json`.
    #[must_use]
    pub fn document(&self, visit: &Visit) -> PathBuf {
        self.anat(visit, "desc-hielight_assessment.json")
    }

    /// Why there is neither.
    #[must_use]
    pub fn failure(&self, visit: &Visit) -> PathBuf {
        self.anat(visit, "desc-hielight_failure.json")
    }

    fn report(&self, visit: &Visit) -> PathBuf {
        self.root.join(format!("{}.html", visit.stem()))
    }

    /// A map, `.nii.gz`, or what is said of it, `.json`.
    fn map(&self, visit: &Visit, sequence: Sequence, extension: &str) -> PathBuf {
        self.anat(visit, &format!("space-{}_desc-hielight_cam.{extension}", sequence.suffix()))
    }

    fn maps(&self, visit: &Visit) -> [PathBuf; 4] {
        [
            (Sequence::T1w, "nii.gz"),
            (Sequence::T2w, "nii.gz"),
            (Sequence::T1w, "json"),
            (Sequence::T2w, "json"),
        ]
        .map(|(sequence, extension)| self.map(visit, sequence, extension))
    }

    /// Whether the visit was answered or refused from the very same inputs by the same model and version, with all files in
    /// their places.
    #[must_use]
    pub fn is_done(
        &self,
        visit: &Visit,
        images: &PerSequence<PathBuf>,
        provenance: &Provenance,
        model: &ModelIdentity,
    ) -> bool {
        #[derive(Deserialize)]
        struct Made {
            probability: Option<f64>,
            provenance: Provenance,
            model: ModelIdentity,
        }
        let made = std::fs::read(self.document(visit)).ok();
        let Some(made) = made.and_then(|bytes| serde_json::from_slice::<Made>(&bytes).ok()) else {
            return false;
        };
        let mapped = |sequence| {
            let said = std::fs::read_to_string(self.map(visit, sequence, "json")).ok();
            said == Some(sidecar(sequence, images, model)) && self.map(visit, sequence, "nii.gz").is_file()
        };
        !self.failure(visit).exists()
            && made.provenance == *provenance
            && made.model == *model
            && self.report(visit).is_file()
            && (made.probability.is_none() || Sequence::BOTH.into_iter().all(mapped))
    }

    /// Writes an answer or, without maps, a refusal: the document of before goes first and the new one comes last, so that
    /// all that is there is its own, wherever a process is stopped.
    ///
    /// # Errors
    /// The first input/output error.
    pub fn write(&self, visit: &Visit, result: &Written<'_>) -> io::Result<()> {
        let Written { document, report, maps, images, model } = result;
        remove(&self.document(visit))?;
        if let Some(maps) = maps {
            for (sequence, map) in maps.iter() {
                write_whole(&self.map(visit, sequence, "nii.gz"), map)?;
                let text = sidecar(sequence, images, model);
                write_whole(&self.map(visit, sequence, "json"), text.as_bytes())?;
            }
        }
        write_whole(&self.report(visit), report.as_bytes())?;
        write_whole(&self.document(visit), document.as_bytes())?;
        let maps = if maps.is_none() { self.maps(visit).to_vec() } else { vec![] };
        maps.iter().chain([&self.failure(visit)]).try_for_each(|path| remove(path))
    }

    /// Writes why there is neither answer nor refusal; one of before goes, which was of other inputs.
    ///
    /// # Errors
    /// The first input/output error.
    pub fn write_failure(&self, visit: &Visit, failure: &Failure) -> io::Result<()> {
        let Failure { code, message } = failure;
        remove(&self.document(visit))?;
        let text = json!({ "failed": [{ "code": code, "message": message }], "hielight": VERSION });
        write_whole(&self.failure(visit), pretty(&text).as_bytes())?;
        self.maps(visit).iter().chain([&self.report(visit)]).try_for_each(|path| remove(path))
    }

    /// The visits that have left a document or a failure, in order, each with that file's path.
    #[must_use]
    pub fn visits(&self) -> Vec<(Visit, PathBuf)> {
        let of = |subject: String| {
            let sessions = folder_names(&self.root.join(&subject), "ses-").into_iter().map(Some);
            let all: Vec<Option<String>> = std::iter::once(None).chain(sessions).collect();
            all.into_iter().map(move |session| Visit { subject: subject.clone(), session })
        };
        let all = folder_names(&self.root, "sub-").into_iter().flat_map(of);
        all.filter_map(|visit| {
            let path = [self.document(&visit), self.failure(&visit)].into_iter().find(|p| p.is_file())?;
            Some((visit, path))
        })
        .collect()
    }
}

/// What a visit's outcome is written from.
#[derive(Debug)]
pub struct Written<'a> {
    pub document: &'a str,
    pub report: &'a str,
    /// The maps' files; `None` of a refusal.
    pub maps: Option<PerSequence<Vec<u8>>>,
    /// Within the dataset.
    pub images: &'a PerSequence<PathBuf>,
    pub model: &'a ModelIdentity,
}

/// What is said of a map beside it.
fn sidecar(sequence: Sequence, images: &PerSequence<PathBuf>, model: &ModelIdentity) -> String {
    let sources = references(images);
    pretty(&json!({
        "Description": format!(
            "Signed Grad-CAM of the {} image: contribution to the log-odds of HIE. Research use only.",
            sequence.suffix()
        ),
        "Units": "log-odds per ml",
        "Sources": [sources.T1w, sources.T2w],
        "SpatialReference": sources.of(sequence),
        "Model": model.name,
        "ModelSHA256": model.sha256,
        "GeneratedBy": format!("{MAKER} {VERSION}")
    }))
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// The way from one folder to another, so that both can be moved together.
fn relative(from: &Path, to: &Path) -> io::Result<String> {
    let (from, to) = (from.canonicalize()?, to.canonicalize()?);
    let [from, to]: [Vec<Component<'_>>; 2] = [&from, &to].map(|path| path.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = (common..from.len()).map(|_| "..".to_owned());
    let down = to[common..].iter().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    Ok(if parts.is_empty() { ".".into() } else { parts.join("/") })
}
