//! Which of several images is meant: the filter file of BIDS-Apps, such as `{"t1w": {"acquisition": "mprage"}}`.

use crate::bids::Name;
use crate::model::{PerSequence, Sequence};
use serde_json::{Map, Value};

/// What an entity's label must be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Anything,
    /// `None`: the image has no such entity.
    OneOf(Vec<Option<String>>),
}

/// For each image the entities that its name must have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    wanted: PerSequence<Vec<(&'static str, Wanted)>>,
    /// Queries of other programs' images, which say nothing to this one.
    pub left: Vec<String>,
}

/// Why a filter file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("it is no JSON: {0}")]
    Json(String),
    #[error("it is not an object of queries, such as {{\"t1w\": {{\"acquisition\": \"mprage\"}}}}")]
    Shape,
    #[error("{query} asks for a session: choose sessions with --session-id")]
    Session { query: String },
    #[error("{query} asks for {entity}, but T1w and T2w images are chosen by {}", names())]
    Entity { query: String, entity: String },
    #[error("{query}: {entity} is neither a label, a list of labels nor null")]
    Label { query: String, entity: String },
}

/// Entities by their names in a filter file, and their keys in a file's name.
const ENTITIES: [(&str, &str); 8] = [
    ("acquisition", "acq"),
    ("run", "run"),
    ("reconstruction", "rec"),
    ("ceagent", "ce"),
    ("part", "part"),
    ("echo", "echo"),
    ("inversion", "inv"),
    ("chunk", "chunk"),
];
/// What every T1w and T2w image of a dataset has; other programs write it into their queries.
const GIVEN: [&str; 3] = ["datatype", "suffix", "extension"];
/// Any label, or none.
const ANYTHING: &str = "*";

fn names() -> String {
    ENTITIES.map(|(name, _)| name).join(", ")
}

impl Filter {
    /// Reads the file's bytes.
    ///
    /// # Errors
    /// `FilterError`, one variant per cause.
    pub fn parse(bytes: &[u8]) -> Result<Self, FilterError> {
        let file: Value = serde_json::from_slice(bytes).map_err(|e| FilterError::Json(e.to_string()))?;
        let mut filter = Self::default();
        for (query, entities) in file.as_object().ok_or(FilterError::Shape)? {
            let own = Sequence::BOTH.into_iter().find(|s| s.suffix().eq_ignore_ascii_case(query));
            match own {
                Some(sequence) => {
                    let entities = entities.as_object().ok_or(FilterError::Shape)?;
                    *filter.wanted.of_mut(sequence) = wanted(query, entities)?;
                }
                None => filter.left.push(query.clone()),
            }
        }
        Ok(filter)
    }

    /// Whether an image is one of those that are meant.
    #[must_use]
    pub fn fits(&self, name: &Name) -> bool {
        self.wanted.of(name.sequence).iter().all(|(key, wanted)| match wanted {
            Wanted::Anything => true,
            Wanted::OneOf(labels) => labels.iter().any(|label| match label {
                Some(label) => name.has(key, label),
                None => name.of(key).is_none(),
            }),
        })
    }
}

fn wanted(query: &str, entities: &Map<String, Value>) -> Result<Vec<(&'static str, Wanted)>, FilterError> {
    let own = entities.iter().filter(|(entity, _)| !GIVEN.contains(&entity.as_str()));
    own.map(|(entity, value)| {
        let named = || (query.to_owned(), entity.clone());
        // Of an image that is not of it a session would make a failure, not a visit that is not meant.
        if entity == "session" {
            return Err(FilterError::Session { query: query.to_owned() });
        }
        let Some((_, key)) = ENTITIES.into_iter().find(|(name, _)| name == entity) else {
            let (query, entity) = named();
            return Err(FilterError::Entity { query, entity });
        };
        let label = |value: &Value| match value {
            Value::String(label) => Some(Some(label.clone())),
            Value::Number(number) => Some(Some(number.to_string())),
            Value::Null => Some(None),
            _ => None,
        };
        let labels = match value {
            Value::String(any) if any == ANYTHING => return Ok((key, Wanted::Anything)),
            Value::Array(labels) => labels.iter().map(label).collect(),
            one => label(one).map(|label| vec![label]),
        };
        let (query, entity) = named();
        Ok((key, Wanted::OneOf(labels.ok_or(FilterError::Label { query, entity })?)))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(filter: &str, name: &str) -> bool {
        Filter::parse(filter.as_bytes()).unwrap().fits(&Name::parse(name).unwrap())
    }

    #[test]
    fn is_an_image_chosen_by_its_entities_and_the_other_sequence_left_alone() {
        let filter = r#"{"t1w": {"acquisition": "mprage", "run": 1, "datatype": "anat", "suffix": "T1w"}}"#;
        assert!(fits(filter, "sub-1_acq-mprage_run-01_T1w.nii.gz"));
        assert!(!fits(filter, "sub-1_acq-mprage_run-02_T1w.nii.gz"));
        assert!(!fits(filter, "sub-1_run-01_T1w.nii.gz"), "the acquisition is asked for");
        assert!(fits(filter, "sub-1_acq-tse_T2w.nii.gz"));
        assert!(fits(r#"{"t1w": {"acquisition": null}}"#, "sub-1_T1w.nii"));
        assert!(fits(r#"{"t1w": {"run": [1, null]}}"#, "sub-1_T1w.nii"), "the first, or the only one");
        assert!(!fits(r#"{"t1w": {"acquisition": null}}"#, "sub-1_acq-a_T1w.nii"));
        assert!(fits(r#"{"T2W": {"acquisition": ["a", "acq-b"]}}"#, "sub-1_acq-b_T2w.nii"));
        assert!(fits(r#"{"t2w": {"reconstruction": "*"}}"#, "sub-1_T2w.nii"));
    }

    #[test]
    fn is_what_a_filter_asks_for_refused_by_name_where_nothing_can_come_of_it() {
        let error = |filter: &str| Filter::parse(filter.as_bytes()).unwrap_err().to_string();
        assert!(error("{").contains("no JSON"));
        assert!(error("[1]").contains("acquisition"));
        assert!(error(r#"{"t1w": {"acquisiton": "a"}}"#).contains("acquisiton"));
        assert!(error(r#"{"t1w": {"run": {}}}"#).contains("run"));
        assert!(error(r#"{"t1w": {"session": "01"}}"#).contains("--session-id"));
        assert_eq!(Filter::parse(br#"{"bold": {"task": "rest"}}"#).unwrap().left, ["bold"]);
    }
}
