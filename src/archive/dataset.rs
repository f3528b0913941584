//! The dataset that is read: who is in it, with which images, weights and outcomes.

use super::filter::Filter;
use super::visit::{Failure, Visit};
use crate::bids::{Name, Participant, Table, delimited};
use crate::fault::Explained as _;
use crate::language::Text;
use crate::model::{PerSequence, Sequence};
use crate::nomogram::{BirthWeight, Clinical};
use crate::study::{folder_names, images_within};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A dataset in BIDS.
#[derive(Debug)]
pub struct Dataset {
    root: PathBuf,
    rows: BTreeMap<String, Rows>,
    /// What is wrong with single rows of the table of participants.
    pub complaints: Vec<String>,
}

/// A participant's row, and how many it has.
#[derive(Debug)]
struct Rows {
    first: Participant,
    count: usize,
}

/// Whom a run is about.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// With or without `sub-`; empty: everybody.
    pub participants: Vec<String>,
    /// With or without `ses-`; empty: every one.
    pub sessions: Vec<String>,
}

/// Why a dataset cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    #[error("{} is no folder: give the folder of a BIDS dataset", .0.display())]
    NoFolder(PathBuf),
    #[error("{}: {reason}; mend it, or skip this check with --skip-bids-validation", path.display())]
    Description { path: PathBuf, reason: String },
    #[error("{} cannot be used: {reason}", path.display())]
    Table { path: PathBuf, reason: String },
    #[error("the dataset has no {}: check the labels", .0.join(", "))]
    Unknown(Vec<String>),
}

/// The table of participants.
const TABLE: &str = "participants.tsv";
/// The column of weights, in the table of participants and in those of sessions.
const WEIGHT: &str = "birth_weight_g";
/// The column of outcomes: 1 with HIE, 0 without.
const OUTCOME: &str = "y";

impl Dataset {
    /// The dataset in a folder; `checked`: its description must be there and say what BIDS asks for.
    ///
    /// # Errors
    /// `DatasetError`, of a table that cannot be used as a whole.
    pub fn open(root: &Path, checked: bool) -> Result<Self, DatasetError> {
        if !root.is_dir() {
            return Err(DatasetError::NoFolder(root.to_owned()));
        }
        if checked {
            check_description(root)?;
        }
        let path = root.join(TABLE);
        let refuse = |reason: String| DatasetError::Table { path: path.clone(), reason };
        let table = match std::fs::read(&path) {
            Ok(bytes) => Table::without_weights(&bytes).map_err(|all| refuse(joined(&all)))?,
            Err(e) if checked => {
                return Err(refuse(format!("{e}; it states the birth weights (birth_weight_g)")));
            }
            Err(_) => Table { participants: vec![], complaints: vec![] },
        };
        let mut complaints: Vec<String> = table.complaints.iter().map(Text::to_string).collect();
        let mut rows = BTreeMap::new();
        for participant in table.participants {
            if let Some(problem) = &participant.problem {
                complaints.push(format!("line {}: {problem}", participant.line));
            }
            let name = participant.id.clone();
            rows.entry(name).or_insert(Rows { first: participant, count: 0 }).count += 1;
        }
        Ok(Self { root: root.to_owned(), rows, complaints })
    }

    /// Where it lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everybody who is meant, in order: those with a folder, and those with a row alone.
    ///
    /// # Errors
    /// `DatasetError::Unknown` with the labels that nobody has.
    pub fn visits(&self, selection: &Selection) -> Result<Vec<Visit>, DatasetError> {
        let with = |key: &str, label: &String| {
            if label.starts_with(key) { label.clone() } else { format!("{key}{label}") }
        };
        let asked: BTreeSet<String> = selection.participants.iter().map(|l| with("sub-", l)).collect();
        let sessions: Vec<String> = selection.sessions.iter().map(|l| with("ses-", l)).collect();
        let is_row = |id: &String| self.rows.get(id).is_some_and(|rows| is_label(&rows.first));
        let subjects: BTreeSet<String> = if asked.is_empty() {
            let rows = self.rows.keys().filter(|id| is_row(id)).cloned();
            folder_names(&self.root, "sub-").into_iter().chain(rows).collect()
        } else {
            let there = |id: &String| self.root.join(id).is_dir() || is_row(id);
            let unknown: Vec<String> = asked.iter().filter(|id| !there(id)).cloned().collect();
            if !unknown.is_empty() {
                return Err(DatasetError::Unknown(unknown));
            }
            asked
        };
        let all = subjects.into_iter().flat_map(|subject| self.visits_of(&subject));
        let meant = |visit: &Visit| {
            sessions.is_empty() || visit.session.as_ref().is_some_and(|s| sessions.contains(s))
        };
        Ok(all.filter(meant).collect())
    }

    /// A participant's visits with an image; without any, the participant as a whole.
    fn visits_of(&self, subject: &str) -> Vec<Visit> {
        let sessions = folder_names(&self.root.join(subject), "ses-").into_iter().map(Some);
        let all = std::iter::once(None).chain(sessions);
        let visits = all.map(|session| Visit { subject: subject.to_owned(), session });
        let found: Vec<Visit> =
            visits.filter(|v| !images_within(&self.root.join(v.anat()), subject).is_empty()).collect();
        if found.is_empty() { vec![Visit { subject: subject.to_owned(), session: None }] } else { found }
    }

    /// A visit's two images, as paths within the dataset; of several those that the filter means.
    ///
    /// # Errors
    /// A `Failure` that names what is missing, or the candidates.
    pub fn images(&self, visit: &Visit, filter: &Filter) -> Result<PerSequence<PathBuf>, Failure> {
        let all = images_within(&self.root.join(visit.anat()), &visit.subject);
        let session = visit.session.as_deref().and_then(|s| s.strip_prefix("ses-"));
        let listed = |images: &[&(PathBuf, Name)]| {
            let names = images.iter().filter_map(|(path, _)| path.file_name());
            names.map(|name| name.to_string_lossy().into_owned()).collect::<Vec<_>>().join(", ")
        };
        if let Some(other) = all.iter().find(|(_, name)| name.of("ses") != session) {
            let message = format!(
                "{} lies in {} and names another session: give it the name of its folder",
                listed(&[other]),
                visit.anat().display()
            );
            return Err(Failure::new("misnamed", message));
        }
        PerSequence::try_from_fn(|sequence| {
            let suffix = sequence.suffix();
            let own: Vec<&(PathBuf, Name)> = all.iter().filter(|(_, n)| n.sequence == sequence).collect();
            let meant: Vec<&(PathBuf, Name)> =
                own.iter().copied().filter(|(_, name)| filter.fits(name)).collect();
            match (meant.as_slice(), own.as_slice()) {
                ([(path, _)], _) => Ok(path.strip_prefix(&self.root).unwrap_or(path).to_owned()),
                ([], []) => {
                    let message = format!("there is no {suffix} image in {}", visit.anat().display());
                    Err(Failure::new("no_image", message))
                }
                ([], own) => {
                    let message =
                        format!("the filter file means no {suffix} image, but there is {}", listed(own));
                    Err(Failure::new("no_image", message))
                }
                (several, _) => {
                    let message = format!(
                        "{} {suffix} images fit ({}): choose one with --bids-filter-file",
                        several.len(),
                        listed(several)
                    );
                    Err(Failure::new("several_images", message))
                }
            }
        })
    }

    /// What a model with `terms` asks for besides the images: of the visit's session, else of its participant.
    ///
    /// # Errors
    /// A `Failure` that says which table lacks what.
    pub fn clinical(&self, visit: &Visit, terms: &[String]) -> Result<Clinical, Failure> {
        let row = self.row(visit)?;
        let session = self.session_row(visit)?;
        let cell = |column: &str| -> Option<String> {
            let own = session.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.clone());
            own.or_else(|| match column {
                WEIGHT => row.map(|row| row.birth_weight_g.clone()).filter(|cell| is_given(cell)),
                term => row.and_then(|row| row.other(term).map(str::to_owned)),
            })
        };
        let Some(weight) = cell(WEIGHT) else {
            let what = if row.is_some() { "no birth weight" } else { "no row and so no birth weight" };
            let message = format!("{TABLE} has {what} for {}: write birth_weight_g there", visit.subject);
            return Err(Failure::new("no_birth_weight", message));
        };
        let birth_weight =
            BirthWeight::parse(&weight).map_err(|e| Failure::new("birth_weight", e.in_full().to_string()))?;
        let asked = terms.get(Clinical::BEFORE..).unwrap_or_default();
        let typed: Vec<(String, String)> = asked
            .iter()
            .filter_map(|term| {
                let value = match term.split_once('=') {
                    Some((column, word)) => u8::from(cell(column)? == word).to_string(),
                    None => cell(term)?,
                };
                Some((term.clone(), value))
            })
            .collect();
        Clinical::parse(birth_weight, &typed, terms)
            .map_err(|e| Failure::new("covariate", e.in_full().to_string()))
    }

    /// Whether a participant has HIE, where the table says so.
    #[must_use]
    pub fn outcome(&self, subject: &str) -> Option<bool> {
        let rows = self.rows.get(subject).filter(|rows| rows.count == 1)?;
        match rows.first.other(OUTCOME)? {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        }
    }

    fn row(&self, visit: &Visit) -> Result<Option<&Participant>, Failure> {
        match self.rows.get(&visit.subject) {
            Some(Rows { count, .. }) if *count > 1 => {
                let message = format!("{} stands {count} times in {TABLE}: leave one row", visit.subject);
                Err(Failure::new("duplicate_row", message))
            }
            rows => Ok(rows.map(|rows| &rows.first)),
        }
    }

    /// What the participant's own table says of the visit's session, by column; nothing where there is none.
    fn session_row(&self, visit: &Visit) -> Result<Vec<(String, String)>, Failure> {
        let (subject, Some(session)) = (&visit.subject, &visit.session) else { return Ok(vec![]) };
        let name = format!("{subject}_sessions.tsv");
        let Ok(bytes) = std::fs::read(self.root.join(subject).join(&name)) else { return Ok(vec![]) };
        let refuse = |reason: String| Failure::new("sessions", format!("{name} cannot be used: {reason}"));
        let text = delimited::text(&bytes).map_err(|e| refuse(e.to_string()))?;
        let cells = delimited::read(text, delimited::Kind::Tsv).map_err(|all| refuse(joined(&all)))?;
        let Some(id) = cells.header.iter().position(|column| column == "session_id") else {
            return Err(refuse(delimited::missing_column(&cells.header, "session_id").to_string()));
        };
        let own: Vec<_> = cells.rows.iter().filter(|(_, row)| row.get(id) == Some(session)).collect();
        match own.as_slice() {
            [] => Ok(vec![]),
            [(_, row)] => {
                let given = cells.header.iter().zip(row).filter(|(_, cell)| is_given(cell));
                Ok(given.map(|(column, cell)| (column.clone(), cell.clone())).collect())
            }
            several => Err(refuse(format!("{session} stands {} times: leave one row", several.len()))),
        }
    }
}

fn is_given(cell: &str) -> bool {
    !cell.is_empty() && cell != "n/a"
}

/// Whether a row's identifier names a participant, in that row or in one before.
fn is_label(row: &Participant) -> bool {
    row.problem.is_none()
}

fn joined(complaints: &[Text]) -> String {
    complaints.iter().map(Text::to_string).collect::<Vec<_>>().join("; ")
}

fn check_description(root: &Path) -> Result<(), DatasetError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Required {
        #[serde(rename = "Name")]
        _name: String,
        #[serde(rename = "BIDSVersion")]
        _version: String,
        #[serde(default)]
        dataset_type: String,
    }
    let path = root.join("dataset_description.json");
    let refuse = |reason: String| DatasetError::Description { path: path.clone(), reason };
    let bytes = std::fs::read(&path).map_err(|e| refuse(e.to_string()))?;
    let stated: Required = serde_json::from_slice(&bytes).map_err(|e| refuse(e.to_string()))?;
    if stated.dataset_type == "derivative" {
        return Err(refuse("it is a dataset of derivatives, whose images are not as they were taken".into()));
    }
    Ok(())
}

/// Which image a path is of, as others refer to it: `bids:raw:sub-01/anat/sub-01_T1w.nii.gz`.
#[must_use]
pub fn reference(path: &Path) -> String {
    let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    format!("bids:{RAW}:{}", parts.join("/"))
}

/// What this dataset is called in references to it.
pub const RAW: &str = "raw";

/// Both images' references.
#[must_use]
pub fn references(images: &PerSequence<PathBuf>) -> PerSequence<String> {
    PerSequence::from_fn(|sequence: Sequence| reference(images.of(sequence)))
}
