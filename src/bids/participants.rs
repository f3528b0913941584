//! `participants.tsv`: one row for each participant.

use super::delimited;
use crate::language::Text;
use crate::text;
use std::collections::BTreeSet;

/// The table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub participants: Vec<Participant>,
    /// Of rows with another number of cells, which are not among the participants; each with its line.
    pub complaints: Vec<Text>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Counts from 1 and includes the header.
    pub line: u64,
    /// `sub-` and letters or digits, where there is no problem.
    pub id: String,
    /// What is wrong with the identifier: it is none, or stands in a row before.
    pub problem: Option<Text>,
    /// The cell as it stands.
    pub birth_weight_g: String,
    /// Every other column by name, as it stands in the table; `n/a` and empty cells are left out.
    pub others: Vec<(String, String)>,
}

impl Participant {
    /// Another column's cell.
    #[must_use]
    pub fn other(&self, column: &str) -> Option<&str> {
        self.others.iter().find(|(name, _)| name == column).map(|(_, cell)| cell.as_str())
    }
}

impl Participant {
    /// What the table says of a nomogram's term: a column's cell, or 1 and 0 for a term such as `sex=M`.
    #[must_use]
    pub fn term(&self, term: &str) -> Option<String> {
        match term.split_once('=') {
            Some((column, word)) => self.other(column).map(|cell| u8::from(cell == word).to_string()),
            None => self.other(term).map(str::to_owned),
        }
    }
}

/// The columns that the newborns of a cohort are told and weighed by.
const ID: &str = "participant_id";
const WEIGHT: &str = "birth_weight_g";

impl Table {
    /// Reads the table's bytes; `further` columns must be there too.
    ///
    /// # Errors
    /// All complaints about the table as a whole.
    pub fn read(bytes: &[u8], further: &[&str]) -> Result<Self, Vec<Text>> {
        Self::with_columns(bytes, &[&[ID, WEIGHT], further].concat())
    }

    /// Reads the table's bytes where birth weights may stand elsewhere; without that column their cells are empty.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn without_weights(bytes: &[u8]) -> Result<Self, Vec<Text>> {
        Self::with_columns(bytes, &[ID])
    }

    fn with_columns(bytes: &[u8], columns: &[&str]) -> Result<Self, Vec<Text>> {
        let text = delimited::text(bytes).map_err(|complaint| vec![complaint])?;
        let delimited::Cells { header, rows, mut complaints } = delimited::read(text, delimited::Kind::Tsv)?;
        let absent: Vec<Text> = columns
            .iter()
            .filter(|name| !header.iter().any(|h| h == **name))
            .map(|name| delimited::missing_column(&header, name))
            .collect();
        if !absent.is_empty() {
            return Err(absent);
        }
        let [id, weight] = [ID, WEIGHT].map(|name| header.iter().position(|h| h == name));
        let mut participants: Vec<Participant> = Vec::new();
        let mut seen = BTreeSet::new();
        for (line, record) in rows {
            let cell = |i: Option<usize>| i.and_then(|i| record.get(i)).map_or("", String::as_str);
            // The identifier becomes part of paths.
            let name = cell(id);
            let plain = name
                .strip_prefix("sub-")
                .is_some_and(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric()));
            let problem = if !plain {
                Some(text!("participant_id \"{name}\" is not sub- and letters or digits", name))
            } else if !seen.insert(name.to_owned()) {
                Some(text!("{name} stands twice", name))
            } else {
                None
            };
            let others = header
                .iter()
                .zip(&record)
                .filter(|(name, cell)| {
                    ![ID, WEIGHT].contains(&name.as_str()) && !cell.is_empty() && *cell != "n/a"
                })
                .map(|(name, cell)| (name.clone(), cell.clone()))
                .collect();
            participants.push(Participant {
                line,
                id: name.to_owned(),
                problem,
                birth_weight_g: cell(weight).to_owned(),
                others,
            });
        }
        if participants.is_empty() && complaints.is_empty() {
            complaints.push(text!("it has no participant"));
        }
        Ok(Self { participants, complaints })
    }
}
