//! A BIDS dataset on disk to prepared images, participant by participant.

use super::cache::{Alignment, Cache};
use super::image_file::ImageFile;
use super::images::{LayoutError, find_images};
use crate::bids::{Table, Wanted};
use crate::language::Text;
use crate::model::{Aligned, PerSequence, Prepared, Recipe, Template};
use crate::nomogram::BirthWeight;
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
    /// Every other column by name, as it stands in the table; `n/a` and empty cells are left out.
    pub others: Vec<(String, String)>,
}

impl Row {
    /// Another column's cell.
    #[must_use]
    pub fn other(&self, column: &str) -> Option<&str> {
        self.others.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.as_str())
    }
}

/// A participant with both images on the model grid.
#[derive(Debug, Clone)]
pub struct Subject {
    pub row: Row,
    pub images: PerSequence<Prepared>,
    /// Before normalisation, of healthy newborns: what injuries are planted into.
    pub aligned: Option<PerSequence<Aligned>>,
}

/// Why a dataset cannot be used. Line numbers count from 1 and include the header.
#[derive(Debug, thiserror::Error)]
pub enum CohortError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: {}", path.display(), complaints.join("; "))]
    Table { path: PathBuf, complaints: Vec<String> },
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error("{} images are refused: {}", .0.len(), .0.join("; "))]
    Images(Vec<String>),
}

/// The columns that a cohort for training must have besides.
const FURTHER: [&str; 2] = ["center", "y"];

/// Reads `participants.tsv`: columns `participant_id`, `center`, `y` (1 HIE, 0 control) and
/// `birth_weight_g`, in any order; all others are kept as they are, for the report.
///
/// # Errors
/// `CohortError::Table` with every complaint at once, each with its line.
pub fn read_participants(dataset: &Path) -> Result<Vec<Row>, CohortError> {
    let path = dataset.join("participants.tsv");
    let text = std::fs::read(&path).map_err(|source| CohortError::Io { path: path.clone(), source })?;
    parse_participants(&text).map_err(|complaints| CohortError::Table { path, complaints })
}

fn parse_participants(bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let english = |all: Vec<Text>| all.iter().map(Text::to_string).collect::<Vec<_>>();
    let Table { participants, complaints } = Table::read(bytes, &FURTHER).map_err(english)?;
    let mut complaints = english(complaints);
    let mut rows = Vec::new();
    for participant in participants {
        let mut complain = |what: String| complaints.push(format!("line {}: {what}", participant.line));
        if let Some(problem) = &participant.problem {
            complain(problem.to_string());
        }
        let center = participant.other("center").unwrap_or_default().to_owned();
        if center.is_empty() {
            complain("center is empty".into());
        }
        let y = participant.other("y").unwrap_or_default();
        if !["0", "1"].contains(&y) {
            complain(format!("y is \"{y}\" instead of 0 or 1"));
        }
        let birth_weight_g = match BirthWeight::parse(&participant.birth_weight_g) {
            Ok(weight) => weight.grams(),
            Err(e) => {
                complain(e.to_string());
                0.0
            }
        };
        let event = y == "1";
        let mut others = participant.others;
        others.retain(|(name, _)| !FURTHER.contains(&name.as_str()));
        rows.push(Row { id: participant.id, center, event, birth_weight_g, others });
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

/// A cohort's images, aligned to a template and prepared.
#[derive(Debug)]
pub struct Loaded {
    /// In the order of the rows.
    pub subjects: Vec<Subject>,
    /// Who was left out, and why.
    pub refused: Vec<String>,
}

/// Where images lie, and what they are aligned by.
#[derive(Debug, Clone, Copy)]
pub struct Preparation<'a> {
    pub dataset: &'a Path,
    /// Which of several images.
    pub wanted: &'a Wanted,
    pub recipe: &'a Recipe,
    pub template: &'a Template,
    /// Where aligned newborns wait.
    pub cache: Option<&'a Cache>,
}

impl Preparation<'_> {
    /// A newborn's images in atlas space, or why they cannot be brought there.
    ///
    /// # Errors
    /// A sentence where an image cannot be read or the cache not be written.
    pub fn align(&self, paths: &PerSequence<PathBuf>) -> Result<Alignment, String> {
        let open = |sequence| ImageFile::open(paths.of(sequence)).map_err(|e| e.in_full());
        let files = PerSequence::try_from_fn(open)?;
        if let Some(stored) = self.cache.and_then(|cache| cache.load(&files)) {
            return Ok(stored);
        }
        let image = |sequence| files.of(sequence).read().map(|image| image.volume).map_err(|e| e.in_full());
        let volumes = PerSequence::try_from_fn(image)?;
        let alignment = self.recipe.align(volumes.as_ref(), self.template).map_err(|e| e.to_string());
        if let Some(cache) = self.cache {
            cache.store(&files, &alignment).map_err(|e| format!("the cache cannot be written: {e}"))?;
        }
        Ok(alignment)
    }
}

/// Reads, aligns and prepares every participant's images, of several those that are wanted. Who has images that no newborn's
/// answer could be given to is left out.
///
/// # Errors
/// As `find_images`, or `CohortError::Images` with all that cannot be read, or when nobody is left.
pub fn load(
    preparation: &Preparation<'_>,
    rows: Vec<Row>,
    each: impl Fn() + Sync,
) -> Result<Loaded, CohortError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let paths = find_images(preparation.dataset, &ids, preparation.wanted)?;
    let prepared: Vec<Result<Result<Subject, String>, String>> = rows
        .into_par_iter()
        .zip(&paths)
        .map(|(row, paths)| {
            let subject = match preparation.align(paths)? {
                Ok(aligned) => {
                    let images = preparation.recipe.normalise_both(&aligned);
                    let aligned = (!row.event).then_some(aligned);
                    Ok(Subject { row, images, aligned })
                }
                Err(e) => Err(format!("{}: {e}", row.id)),
            };
            each();
            Ok(subject)
        })
        .collect();
    let (mut subjects, mut refused, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for pair in prepared {
        match pair {
            Ok(Ok(subject)) => subjects.push(subject),
            Ok(Err(reason)) => refused.push(reason),
            Err(reason) => unreadable.push(reason),
        }
    }
    if !unreadable.is_empty() {
        return Err(CohortError::Images(unreadable));
    }
    if subjects.is_empty() { Err(CohortError::Images(refused)) } else { Ok(Loaded { subjects, refused }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_all_complaints_about_a_table_made_at_once_and_by_line() {
        let table = "participant_id\tcenter\ty\tbirth_weight_g\tsex\n\
                     sub-01\tA\t1\t3200\tF\n\
                     sub-01\tA\tyes\t3200\tF\n\
                     ../03\tn/a\t0\t40\tM\n\
                     sub-04\tA\t0\n";
        let complaints = parse_participants(table.as_bytes()).unwrap_err();
        let about =
            |line: usize| complaints.iter().filter(|c| c.starts_with(&format!("line {line}:"))).count();
        assert_eq!([about(2), about(3), about(4), about(5)], [0, 2, 3, 1], "{complaints:#?}");
    }

    #[test]
    fn are_other_columns_kept_but_for_missing_cells() {
        let table = "sex\tparticipant_id\ty\tseverity\tcenter\tbirth_weight_g\nF\tsub-7\t1\tn/a\tB\t3200\n";
        let rows = parse_participants(table.as_bytes()).unwrap();
        assert_eq!(rows[0].others, [("sex".to_owned(), "F".to_owned())]);
        assert_eq!((rows[0].other("sex"), rows[0].other("severity")), (Some("F"), None));
    }

    #[test]
    fn are_rows_and_columns_kept_whatever_marks_they_hold() {
        let table = "participant_id\tcenter\ty\tbirth_weight_g\tnotes\nsub-1\tA\t1\t3200\t\"floppy\nsub-2\tA\t0\t3300\tn/a\n";
        let rows = parse_participants(table.as_bytes()).unwrap();
        assert_eq!((rows.len(), rows[0].other("notes")), (2, Some("\"floppy")));
        let twice = parse_participants(table.replace("notes", "birth_weight_g").as_bytes()).unwrap_err();
        assert_eq!(twice, ["the column birth_weight_g stands twice: keep the right one"]);
        let capital = parse_participants(table.replace("participant_id", "Participant_ID").as_bytes());
        assert!(capital.unwrap_err()[0].contains("Participant_ID is there"));
    }

    #[test]
    fn does_a_table_without_its_columns_say_which() {
        let complaints = parse_participants(b"participant_id\tage\nsub-1\t3\n").unwrap_err();
        assert_eq!(complaints.len(), 3, "{complaints:?}");
    }
}
