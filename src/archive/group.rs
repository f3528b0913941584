//! The group level: a table of all visits with its dictionary, and a report over the cohort.

use super::dataset::{Dataset, DatasetError, Selection};
use super::journal::Journal;
use super::output::Output;
use super::visit::Visit;
use crate::evaluation::{CohortRole, evaluate};
use crate::model::{Check, ModelIdentity, PerSequence, Points, Provenance, Sequence, sha256_hex};
use crate::study::Description;
use crate::study_report::{ArchiveReport, CohortResult, archive_report};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the group level writes, and how many ended how.
#[derive(Debug)]
pub struct Group {
    /// `group_hielight.tsv`, its dictionary and the report, `.html`.
    pub table: String,
    pub dictionary: String,
    pub report: String,
    /// Visits by their status, in its order.
    pub counts: Vec<(&'static str, usize)>,
}

/// What became of a visit, with its meaning in the dictionary.
const STATUS: [(&str, &str); 4] = [
    ("answered", "A probability is given"),
    ("refused", "The model's checks allow none"),
    ("failed", "An image or a number is missing or cannot be read"),
    ("not_run", "The participant level has not come to it"),
];

/// A document of the participant level: an answer, a refusal or a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    failed: Option<Vec<Told>>,
    abstained: Option<Vec<Told>>,
    probability: Option<f64>,
    logit: Option<f64>,
    interval95: Option<[f64; 2]>,
    rescan_interval95: Option<[f64; 2]>,
    ensemble_range: Option<[f64; 2]>,
    signatures: Option<PerSequence<f64>>,
    patterns: Option<PerSequence<String>>,
    points: Option<Points>,
    warnings: Vec<Told>,
    checks: Vec<Check>,
    cam_peaks: Vec<Peak>,
    model: Option<ModelIdentity>,
    provenance: Option<Provenance>,
}

#[derive(Debug, Clone, Deserialize)]
struct Told {
    code: String,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Peak {
    sequence: Sequence,
    ras_mm: [f64; 3],
    value: f64,
    region: Option<String>,
}

/// A row of the table.
struct Row {
    visit: Visit,
    document: Document,
    outcome: Option<bool>,
}

impl Row {
    fn status(&self) -> &'static str {
        let d = &self.document;
        match (&d.probability, &d.abstained, &d.failed) {
            (Some(_), ..) => STATUS[0].0,
            (_, Some(_), _) => STATUS[1].0,
            (.., Some(_)) => STATUS[2].0,
            _ => STATUS[3].0,
        }
    }

    fn reasons(&self) -> &[Told] {
        self.document.abstained.as_ref().or(self.document.failed.as_ref()).map_or(&[], Vec::as_slice)
    }

    fn peak(&self, sequence: Sequence) -> Option<&Peak> {
        self.document.cam_peaks.iter().find(|peak| peak.sequence == sequence)
    }
}

/// A column with its entry in the dictionary.
struct Column {
    name: String,
    about: Map<String, Value>,
    cells: Vec<Option<String>>,
}

/// The table's columns, each with all its cells.
struct Columns<'a> {
    rows: &'a [Row],
    all: Vec<Column>,
}

impl Columns<'_> {
    fn add<T: ToString>(
        &mut self,
        name: &str,
        description: &str,
        cell: impl Fn(&Row) -> Option<T>,
    ) -> &mut Self {
        let about = Map::from_iter([("Description".to_owned(), description.into())]);
        let cells = self.rows.iter().map(|row| cell(row).map(|value| value.to_string())).collect();
        self.all.push(Column { name: name.to_owned(), about, cells });
        self
    }

    /// Says more of the last column: its units, its levels.
    fn with(&mut self, key: &str, value: Value) -> &mut Self {
        if let Some(column) = self.all.last_mut() {
            column.about.insert(key.to_owned(), value);
        }
        self
    }

    fn interval(&mut self, name: &str, description: &str, ends: fn(&Document) -> Option<[f64; 2]>) {
        for (end, side) in ["low", "high"].into_iter().enumerate() {
            let about = format!("{description}, {side} end");
            self.add(&format!("{name}_{side}"), &about, |row| Some(ends(&row.document)?[end]));
        }
    }
}

/// Makes table, dictionary and report of what the participant level has written; of the dataset only the tables and the
/// names of folders are read.
///
/// # Errors
/// As [`Dataset::visits`].
pub fn group(
    dataset: &Dataset,
    output: &Output,
    selection: &Selection,
    journal: &Journal,
) -> Result<Group, DatasetError> {
    let written: BTreeMap<Visit, std::path::PathBuf> = output.visits().into_iter().collect();
    // Who is in it says the dataset: what was written of others before is of others.
    let visits: BTreeSet<Visit> = dataset.visits(selection)?.into_iter().collect();
    let rows: Vec<Row> = visits
        .into_iter()
        .map(|visit| {
            let document = written.get(&visit).map_or_else(Document::default, |path| read(path, journal));
            let outcome = dataset.outcome(&visit.subject);
            Row { visit, document, outcome }
        })
        .collect();
    let columns = columns(&rows);
    let table = table(&columns);
    let dictionary: Map<String, Value> =
        columns.iter().map(|column| (column.name.clone(), Value::Object(column.about.clone()))).collect();
    let counts: Vec<(&'static str, usize)> = STATUS
        .iter()
        .map(|(name, _)| (*name, rows.iter().filter(|row| row.status() == *name).count()))
        .collect();
    let report = report(dataset, &rows, &counts, &table);
    Ok(Group { table, dictionary: format!("{:#}\n", Value::Object(dictionary)), report, counts })
}

fn read(path: &Path, journal: &Journal) -> Document {
    let document = std::fs::read(path).map_err(|e| e.to_string());
    let document = document.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
    document.unwrap_or_else(|reason| {
        let message = format!("{} cannot be read: {reason}", path.display());
        journal.warn(&message);
        let told = Told { code: "unreadable_output".into(), message };
        Document { failed: Some(vec![told]), ..Document::default() }
    })
}

fn codes(notices: &[Told]) -> Option<String> {
    let codes: Vec<&str> = notices.iter().map(|told| told.code.as_str()).collect();
    (!codes.is_empty()).then(|| codes.join("; "))
}

/// A check and the image that it is of, as a column's name has them.
fn check_name(check: &Check) -> String {
    let sequence = check.sequence.map_or(String::new(), |s| format!("_{}", s.suffix()));
    format!("{}{sequence}", check.code.as_str().replace('=', "_"))
}

/// The checks that any row has: their columns' names, and what they compare.
fn checks_met(rows: &[Row]) -> Vec<(String, String)> {
    met(rows, |row| {
        row.document.checks.iter().map(|check| (check_name(check), check.name().to_string())).collect()
    })
}

/// What any row has, in the order in which it is met first.
fn met<T>(rows: &[Row], of: impl Fn(&Row) -> Vec<(String, T)>) -> Vec<(String, T)> {
    let mut all: Vec<(String, T)> = Vec::new();
    for (name, value) in rows.iter().flat_map(of) {
        if !all.iter().any(|(own, _)| *own == name) {
            all.push((name, value));
        }
    }
    all
}

fn columns(rows: &[Row]) -> Vec<Column> {
    let mut c = Columns { rows, all: vec![] };
    c.add("participant_id", "The participant", |r| Some(r.visit.subject.clone()));
    c.add("session_id", "The session; n/a where the images lie in none", |r| r.visit.session.clone());
    let levels: Map<String, Value> =
        STATUS.iter().map(|(name, about)| ((*name).into(), (*about).into())).collect();
    c.add("status", "What became of the visit", |r| Some(r.status())).with("Levels", Value::Object(levels));
    c.add("reasons", "Codes of the reasons for no probability", |r| codes(r.reasons()));
    c.add("reasons_in_words", "The same as sentences", |r| {
        let words: Vec<&str> = r.reasons().iter().map(|told| told.message.as_str()).collect();
        (!words.is_empty()).then(|| words.join(" "))
    });
    if rows.iter().any(|row| row.outcome.is_some()) {
        c.add("y", "Outcome as the dataset states it", |r| r.outcome.map(u8::from))
            .with("Levels", json!({ "1": "HIE", "0": "no HIE" }));
    }
    c.add("probability", "Probability of HIE at the training cohort's share", |r| r.document.probability);
    c.interval("interval95", "95 % interval of the probability, nomogram coefficients only", |d| {
        d.interval95
    });
    c.interval("rescan95", "95 % interval of the probability of another scan", |d| d.rescan_interval95);
    c.interval("ensemble", "Range of the probability over the fold models", |d| d.ensemble_range);
    c.add("logit", "Log-odds of HIE", |r| r.document.logit);
    for sequence in Sequence::BOTH {
        let s = sequence.suffix();
        c.add(&format!("signature_{s}"), &format!("Signature of the {s} image"), |r| {
            r.document.signatures.map(|both| *both.of(sequence))
        });
        c.add(&format!("pattern_{s}"), "Pattern of injury that this signature speaks for", |r| {
            r.document.patterns.as_ref().map(|both| both.of(sequence).clone())
        });
    }
    let terms = met(rows, |row| {
        row.document.points.iter().flat_map(|p| &p.terms).map(|t| (t.term.clone(), ())).collect()
    });
    for (term, ()) in terms {
        c.add(&format!("points_{}", term.replace('=', "_")), &format!("Nomogram points of {term}"), |r| {
            r.document.points.as_ref()?.terms.iter().find(|t| t.term == term).map(|t| t.points)
        });
    }
    c.add("points_total", "Nomogram points in all", |r| r.document.points.as_ref().map(|p| p.total));
    for (name, about) in checks_met(rows) {
        let own = |r: &Row| r.document.checks.iter().find(|check| check_name(check) == name).cloned();
        c.add(&format!("check_{name}"), &format!("Check: {about}"), |r| own(r).map(|check| check.value));
        let percentile = format!("Percent of the training newborns with a smaller one: {about}");
        c.add(&format!("check_{name}_percentile"), &percentile, |r| own(r).map(|check| check.percentile));
        c.add(&format!("check_{name}_verdict"), &format!("Against the training newborns: {about}"), |r| {
            serde_json::to_value(own(r)?.verdict).ok()?.as_str().map(str::to_owned)
        })
        .with(
            "Levels",
            json!({
                "within": "As some training newborns were",
                "edge": "As none of them was",
                "beyond": "Beyond the limit: no number is given"
            }),
        );
    }
    c.add("warnings", "Codes of what is doubtful", |r| codes(&r.document.warnings));
    for sequence in Sequence::BOTH {
        let s = sequence.suffix();
        for (axis, letter) in ["r", "a", "s"].into_iter().enumerate() {
            let about = format!("Strongest peak of the {s} map, {} coordinate", letter.to_uppercase());
            c.add(&format!("peak_{s}_{letter}"), &about, |r| Some(r.peak(sequence)?.ras_mm[axis]))
                .with("Units", "mm".into());
        }
        c.add(&format!("peak_{s}_value"), "Its value", |r| Some(r.peak(sequence)?.value))
            .with("Units", "log-odds per ml".into());
        c.add(&format!("peak_{s}_region"), "Where that is in the atlas", |r| {
            r.peak(sequence)?.region.clone()
        });
    }
    fn provenance(row: &Row) -> Option<&Provenance> {
        row.document.provenance.as_ref()
    }
    c.add("birth_weight_g", "Birth weight", |r| Some(provenance(r)?.birth_weight_g))
        .with("Units", "g".into());
    for sequence in Sequence::BOTH {
        let s = sequence.suffix();
        c.add(&format!("sha256_{s}"), &format!("SHA-256 of the {s} image's file"), |r| {
            Some(provenance(r)?.inputs.of(sequence).sha256.clone())
        });
    }
    c.add("model", "Name of the model", |r| Some(r.document.model.as_ref()?.name.clone()));
    c.add("model_sha256", "SHA-256 of the model", |r| Some(r.document.model.as_ref()?.sha256.clone()));
    c.add("hielight", "Version of HIELight", |r| Some(provenance(r)?.hielight.clone()));
    c.all
}

fn table(columns: &[Column]) -> String {
    let line = |cells: Vec<&str>| cells.join("\t") + "\n";
    let mut out = line(columns.iter().map(|column| column.name.as_str()).collect());
    let rows = columns.first().map_or(0, |column| column.cells.len());
    for row in 0..rows {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| match &column.cells[row] {
                // A cell has one line and no tab.
                Some(cell) if !cell.is_empty() => cell.split_whitespace().collect::<Vec<_>>().join(" "),
                _ => "n/a".to_owned(),
            })
            .collect();
        out.push_str(&line(cells.iter().map(String::as_str).collect()));
    }
    out
}

fn report(dataset: &Dataset, rows: &[Row], counts: &[(&'static str, usize)], table: &str) -> String {
    let models: BTreeSet<String> = rows
        .iter()
        .filter_map(|row| row.document.model.as_ref())
        .map(|model| format!("{} (SHA-256 {})", model.name, model.sha256))
        .collect();
    let mut provenance = vec![
        ("Dataset".to_owned(), Description::of(dataset.root()).name),
        ("SHA-256 of group_hielight.tsv".to_owned(), sha256_hex(table.as_bytes())),
        ("Made by".to_owned(), format!("hielight {} bids", env!("CARGO_PKG_VERSION"))),
    ];
    provenance.extend(models.iter().map(|model| ("Model".to_owned(), model.clone())));
    let mut reasons: BTreeMap<(&str, String), (usize, String)> = BTreeMap::new();
    for row in rows {
        // Both images may be refused for the same.
        let codes: BTreeMap<&str, &str> =
            row.reasons().iter().rev().map(|told| (told.code.as_str(), told.message.as_str())).collect();
        for (code, message) in codes {
            let first = format!("{}: {message}", row.visit.stem());
            reasons.entry((row.status(), code.to_owned())).or_insert((0, first)).0 += 1;
        }
    }
    let checks = checks_met(rows).into_iter().map(|(name, about)| {
        let own = rows.iter().flat_map(|row| &row.document.checks).filter(|check| check_name(check) == name);
        (about, own.cloned().collect())
    });
    let answered: Vec<&Row> = rows.iter().filter(|row| row.document.probability.is_some()).collect();
    // Of several visits the first: newborns must not count twice.
    let mut seen = BTreeSet::new();
    let known: Vec<(bool, f64)> = answered
        .iter()
        .filter(|row| seen.insert(row.visit.subject.as_str()))
        .filter_map(|row| Some((row.outcome?, row.document.probability?)))
        .collect();
    let performance = (!known.is_empty()).then(|| {
        let (outcome, probability): (Vec<bool>, Vec<f64>) = known.into_iter().unzip();
        let evaluation = evaluate(&outcome, &probability, false).map_err(|e| e.to_string())?;
        let role = CohortRole::Other("archive".into());
        Ok(CohortResult { role, outcome, probability, evaluation })
    });
    archive_report(&ArchiveReport {
        provenance,
        synthetic: rows.iter().any(|row| row.document.warnings.iter().any(|w| w.code == "synthetic_model")),
        several_models: models.len() > 1,
        counts: counts.iter().map(|(status, n)| ((*status).to_owned(), *n)).collect(),
        reasons: reasons
            .into_iter()
            .map(|((status, code), (n, example))| [status.to_owned(), code, n.to_string(), example])
            .collect(),
        probability: answered.iter().filter_map(|row| row.document.probability).collect(),
        checks: checks.collect(),
        performance,
    })
}
