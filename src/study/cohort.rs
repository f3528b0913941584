//! A BIDS dataset on disk to prepared images, participant by participant.

use crate::fault::Explained;
use crate::model::{Prepared, Recipe, Sequence};
use crate::nomogram::BirthWeight;
use crate::volume::read_nifti;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// One row of `participants.tsv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub id: String,
    pub center: String,
    /// Has HIE.
    pub event: bool,
    pub birth_weight_g: f64,
}

/// A participant with both images on the model grid.
#[derive(Debug, Clone)]
pub struct Subject {
    pub row: Row,
    /// T1w, T2w.
    pub images: [Prepared; 2],
}

/// Why a dataset cannot be used. Line numbers count from 1 and include the header.
#[derive(Debug, thiserror::Error)]
pub enum CohortError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Table { path: PathBuf, reason: String },
    #[error("{} images are missing: {}", .0.len(), .0.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", "))]
    Missing(Vec<PathBuf>),
    #[error("{}: {reason}", path.display())]
    Image { path: PathBuf, reason: String },
}

/// Reads `participants.tsv`: columns `participant_id`, `center`, `y` (1 HIE, 0 control) and
/// `birth_weight_g`, in any order among others.
///
/// # Errors
/// `CohortError::Table` naming the line of the first complaint.
pub fn read_participants(dataset: &Path) -> Result<Vec<Row>, CohortError> {
    let path = dataset.join("participants.tsv");
    let refuse = |reason: String| CohortError::Table { path: path.clone(), reason };
    let text = std::fs::read(&path).map_err(|source| CohortError::Io { path: path.clone(), source })?;
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(text.as_slice());
    let header = reader.headers().map_err(|e| refuse(e.to_string()))?.clone();
    let column = |name: &str| {
        header.iter().position(|h| h == name).ok_or_else(|| refuse(format!("the column {name} is missing")))
    };
    let (id, center) = (column("participant_id")?, column("center")?);
    let (y, weight) = (column("y")?, column("birth_weight_g")?);
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| refuse(e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |i: usize| record.get(i).unwrap_or_default();
        let event = match cell(y) {
            "1" => true,
            "0" => false,
            other => return Err(refuse(format!("line {line}: y is \"{other}\" instead of 0 or 1"))),
        };
        let birth_weight =
            BirthWeight::parse(cell(weight)).map_err(|e| refuse(format!("line {line}: {e}")))?;
        if rows.iter().any(|r| r.id == cell(id)) {
            return Err(refuse(format!("line {line}: {} stands twice", cell(id))));
        }
        rows.push(Row {
            id: cell(id).to_owned(),
            center: cell(center).to_owned(),
            event,
            birth_weight_g: birth_weight.grams(),
        });
    }
    Ok(rows)
}

/// Where a participant's image lies: `sub-X/anat/sub-X_T1w.nii.gz`.
#[must_use]
pub fn image_path(dataset: &Path, id: &str, sequence: Sequence) -> PathBuf {
    dataset.join(id).join("anat").join(format!("{id}_{}.nii.gz", sequence.suffix()))
}

/// Reads and prepares every participant's images, in the order of the rows.
///
/// # Errors
/// `CohortError::Missing` with all missing images at once, or the first image that is refused.
pub fn load(
    dataset: &Path,
    rows: Vec<Row>,
    recipe: &Recipe,
    each: impl Fn() + Sync,
) -> Result<Vec<Subject>, CohortError> {
    let missing: Vec<PathBuf> = rows
        .iter()
        .flat_map(|row| Sequence::BOTH.map(|s| image_path(dataset, &row.id, s)))
        .filter(|path| !path.is_file())
        .collect();
    if !missing.is_empty() {
        return Err(CohortError::Missing(missing));
    }
    rows.into_par_iter()
        .map(|row| {
            let image = |sequence| {
                let path = image_path(dataset, &row.id, sequence);
                let bytes =
                    std::fs::read(&path).map_err(|source| CohortError::Io { path: path.clone(), source })?;
                let refuse =
                    |e: &dyn Explained| CohortError::Image { path: path.clone(), reason: e.to_string() };
                let image = read_nifti(&bytes).map_err(|e| refuse(&e))?;
                recipe.apply(&image.volume, sequence).map_err(|e| refuse(&e))
            };
            let images = [image(Sequence::T1w)?, image(Sequence::T2w)?];
            each();
            Ok(Subject { row, images })
        })
        .collect()
}
