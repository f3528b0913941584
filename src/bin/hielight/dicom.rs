//! Folders of DICOM files: found, sorted into series, one of them chosen.

use super::support::{BadInput, read_bytes};
use anyhow::{Context as _, Result};
use hielight::dicom::{DicomError, Instance, Series, Weighting, is_directory, proposed, series};
use hielight::fault::{Explained as _, Notice};
use hielight::study::{ImageFileError, whole};
use hielight::text;
use hielight::volume::{self, Scan};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// DICOM files, of a folder or of several.
pub struct Folder {
    paths: Vec<PathBuf>,
    pub series: Vec<Series>,
    /// DICOM files that are damaged so early that their series is not known.
    pub damaged: usize,
}

/// What is kept of a file. One that does not begin as DICOM does is not read: it may be larger than the memory.
fn instance(path: &Path) -> Result<Result<Instance, DicomError>> {
    let unreadable = |error| unreadable(path, &error);
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(132).read_to_end(&mut start).map_err(unreadable)?;
    if !volume::is_dicom(&start) {
        return Ok(Err(DicomError::NotDicom));
    }
    match whole(path) {
        Ok(bytes) => Ok(Instance::read(&bytes)),
        Err(ImageFileError::Volume { .. }) => Ok(Err(DicomError::TooLarge)),
        Err(error) => Err(error.into()),
    }
}

/// Whether a file is DICOM, also one that is damaged or holds no image.
pub fn is_dicom(path: &Path) -> Result<bool> {
    Ok(!matches!(instance(path)?, Err(DicomError::NotDicom)))
}

impl Folder {
    /// Looks through folders and files; `None` where nothing is DICOM.
    pub fn open(roots: &[PathBuf]) -> Result<Option<Self>> {
        let mut paths = Vec::new();
        for root in roots {
            collect(root, &mut paths)?;
        }
        let (mut instances, mut damaged, mut others) = (Vec::new(), 0, 0);
        for (n, path) in paths.iter().enumerate() {
            match instance(path)? {
                Ok(instance) => instances.push((n, Arc::new(instance))),
                Err(DicomError::NotDicom) => {}
                // A directory, a report.
                Err(DicomError::NoImage) => others += 1,
                // Damaged, it takes no slice along.
                Err(_) if path.file_name().and_then(|name| name.to_str()).is_some_and(is_directory) => {
                    others += 1;
                }
                Err(_) => damaged += 1,
            }
        }
        if instances.is_empty() && damaged + others == 0 {
            return Ok(None);
        }
        Ok(Some(Self { paths, series: series(&instances), damaged }))
    }

    /// [`Folder::open`] of one folder in which there must be DICOM.
    pub fn of(root: &Path) -> Result<Self> {
        let found = Self::open(&[root.to_path_buf()])?;
        Ok(found.ok_or_else(|| {
            BadInput(format!(
                "{} holds no DICOM file. Give the folder that was exported from the PACS, or NIfTI files",
                root.display()
            ))
        })?)
    }

    /// The volume of a series, and the bytes of its files in the order of its slices.
    pub fn read(&self, series: &Series) -> Result<(Vec<u8>, Scan)> {
        let order = series.files();
        let read = |n: &usize| Ok((*n, read_bytes(&self.paths[*n])?));
        let mut files = order.iter().map(read).collect::<Result<BTreeMap<usize, Vec<u8>>>>()?;
        let mut scan = series
            .read(&mut |n| files.get(&n).map(Cow::from))
            .with_context(|| format!("series {}", label(series)))?;
        if self.damaged > 0 {
            let message = text!(
                "DICOM files too damaged to know their series: {n}. Slices may be missing.",
                n = self.damaged
            );
            scan.warnings.push(Notice::new("damaged_files", message));
        }
        let bytes = order.iter().filter_map(|n| files.remove(n)).flatten().collect();
        Ok((bytes, scan))
    }

    /// The series that was asked for, by its number or its identifier, else the one that is proposed.
    pub fn choose(&self, weighting: Weighting, asked: Option<&str>) -> Result<&Series> {
        let suffix = weighting.suffix();
        let option = match weighting {
            Weighting::T1 => "--t1-series",
            Weighting::T2 => "--t2-series",
        };
        let candidates: Vec<&Series> = match asked {
            None => match proposed(&self.series, weighting) {
                Some(series) => return Ok(series),
                None => self.series.iter().filter(|series| series.check().is_ok()).collect(),
            },
            Some(asked) => {
                let is_it = |series: &&Series| {
                    series.id == asked || series.number.is_some_and(|number| number.to_string() == asked)
                };
                let found: Vec<&Series> = self.series.iter().filter(is_it).collect();
                let readable: Vec<&Series> =
                    found.iter().copied().filter(|series| series.check().is_ok()).collect();
                match (readable.as_slice(), found.as_slice()) {
                    ([series], _) => return Ok(series),
                    ([], [refused, ..]) => {
                        // One sentence, and what to do.
                        let why = refused.check().err().map(|e| e.in_full().to_string()).unwrap_or_default();
                        return Err(BadInput(format!("series {}: {why}", label(refused))).into());
                    }
                    ([], []) => self.series.iter().filter(|series| series.check().is_ok()).collect(),
                    (several, _) => several.to_vec(),
                }
            }
        };
        if candidates.is_empty() {
            return Err(BadInput(format!(
                "no series of the folder can be read as {suffix}; `hielight inspect FOLDER` says why of each"
            ))
            .into());
        }
        let list: Vec<String> = candidates.iter().map(|series| label(series)).collect();
        Err(BadInput(format!(
            "it is not clear which series is {suffix}: {}. Choose one by its number or identifier with {option}",
            list.join("; ")
        ))
        .into())
    }
}

/// What a person knows a series by.
pub fn label(series: &Series) -> String {
    let number = series.number.map_or_else(|| "without number".to_owned(), |n| n.to_string());
    let [x, y, z] = series.dims;
    let name = if series.description.is_empty() { "unnamed" } else { series.description.as_str() };
    format!("{number} ({name}, {x} x {y} x {z}, {})", series.id)
}

fn unreadable(path: &Path, error: &std::io::Error) -> BadInput {
    BadInput(format!("{} cannot be read: {error}", path.display()))
}

/// Every file in a folder and the folders in it, in the order of their names.
fn collect(path: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    let unreadable = |error| unreadable(path, &error);
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A link may lead back to where it lies.
        if !entry.file_type().map_err(unreadable)?.is_symlink() {
            inside.push(entry.path());
        }
    }
    inside.sort();
    inside.iter().try_for_each(|path| collect(path, found))
}
