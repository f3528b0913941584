//! CSV tables whose every complaint names the line.

use super::support::{BadInput, read_bytes};
use anyhow::Result;
use hielight::bids::delimited;
use hielight::language::Text;
use std::path::{Path, PathBuf};

/// A table in memory: named columns of text.
pub struct Table {
    path: PathBuf,
    header: Vec<String>,
    /// Line in the file (the header is line 1) and cells.
    rows: Vec<(u64, Vec<String>)>,
}

impl Table {
    /// Reads a comma-separated table in UTF-8 with a header; spaces around a cell do not count.
    pub fn read(path: &Path) -> Result<Self> {
        let refuse = |reason: String| BadInput(format!("{}: {reason}", path.display()));
        let bytes = read_bytes(path)?;
        let text = delimited::text(&bytes).map_err(|e| refuse(e.to_string()))?;
        let cells = delimited::read(text, delimited::Kind::Csv).map_err(|all| refuse(joined(&all)))?;
        if !cells.complaints.is_empty() {
            return Err(refuse(joined(&cells.complaints)).into());
        }
        let table = Self { path: path.to_owned(), header: cells.header, rows: cells.rows };
        if table.rows.is_empty() {
            Err(table.refuse("it has no rows below its header").into())
        } else {
            Ok(table)
        }
    }

    /// Cells of a column with their lines; none may be empty.
    pub fn text(&self, name: &str) -> Result<Vec<(u64, &str)>> {
        let at = self.header.iter().position(|h| h == name).ok_or_else(|| {
            let missing = delimited::missing_column(&self.header, name);
            self.refuse(&format!("{missing}; it has {}", self.header.join(", ")))
        })?;
        let cells = self.rows.iter().map(|(line, cells)| (*line, cells[at].as_str()));
        cells
            .map(
                |(line, cell)| {
                    if cell.is_empty() { Err(self.at(line, name, "is empty")) } else { Ok((line, cell)) }
                },
            )
            .collect()
    }

    /// A column of finite numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let number = |(line, cell): (u64, &str)| {
            let parsed = cell.parse::<f64>().ok().filter(|v| v.is_finite());
            parsed.ok_or_else(|| {
                let comma = cell.contains(',').then_some("; decimals need a point, not a comma");
                let comma = comma.unwrap_or_default();
                self.at(line, name, &format!("is \"{cell}\" and not a number{comma}"))
            })
        };
        self.text(name)?.into_iter().map(number).collect()
    }

    /// A column of 0 and 1.
    pub fn outcomes(&self, name: &str) -> Result<Vec<bool>> {
        let outcome = |(line, cell): (u64, &str)| match cell {
            "1" => Ok(true),
            "0" => Ok(false),
            other => Err(self.at(line, name, &format!("is \"{other}\" instead of 0 or 1"))),
        };
        self.text(name)?.into_iter().map(outcome).collect()
    }

    /// A column of probabilities, 0 and 1 excluded: they have no logit.
    pub fn probabilities(&self, name: &str) -> Result<Vec<f64>> {
        let values = self.numbers(name)?;
        for (value, (line, _)) in values.iter().zip(&self.rows) {
            if !(*value > 0.0 && *value < 1.0) {
                let what = format!("is {value}, and a probability lies between 0 and 1, ends excluded");
                return Err(self.at(*line, name, &what));
            }
        }
        Ok(values)
    }

    /// A complaint about a cell.
    pub fn at(&self, line: u64, column: &str, what: &str) -> anyhow::Error {
        self.refuse(&format!("line {line}: {column} {what}")).into()
    }

    fn refuse(&self, reason: &str) -> BadInput {
        BadInput(format!("{}: {reason}", self.path.display()))
    }
}

fn joined(complaints: &[Text]) -> String {
    complaints.iter().map(Text::to_string).collect::<Vec<_>>().join("; ")
}
