//! The table of a session's newborns, for spreadsheets.

use crate::language::Text;
use crate::model::{DeviceInfo, ModelIdentity, PerSequence, Provenance};

/// One newborn.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// Answered, or refused by the model's checks.
    Made(Box<Row>),
    /// Of a cohort, without either.
    Unmade {
        label: String,
        /// As the cohort's table has it.
        birth_weight_g: String,
        status: Status,
    },
}

/// Why a newborn of a cohort has no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Status {
    Waiting,
    Running,
    /// One sentence, without its full stop.
    Failed(Text),
}

impl Line {
    /// What the newborn is called.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Made(row) => &row.label,
            Self::Unmade { label, .. } => label,
        }
    }

    /// In grams, as it was typed or as a table has it.
    #[must_use]
    pub fn birth_weight_g(&self) -> String {
        match self {
            Self::Made(row) => row.provenance.birth_weight_g.to_string(),
            Self::Unmade { birth_weight_g, .. } => birth_weight_g.clone(),
        }
    }

    /// The answer or refusal.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        if let Self::Made(row) = self { Some(row) } else { None }
    }

    /// In one word, and the reason where there is one.
    fn status(&self) -> [String; 2] {
        let (word, reason) = match self {
            Self::Made(row) if row.answer.is_some() => ("answered", String::new()),
            Self::Made(row) => ("abstained", row.abstained.join("; ")),
            Self::Unmade { status: Status::Waiting, .. } => ("waiting", String::new()),
            Self::Unmade { status: Status::Running, .. } => ("running", String::new()),
            Self::Unmade { status: Status::Failed(reason), .. } => ("refused", reason.to_string()),
        };
        [word.to_owned(), harmless(&reason)]
    }
}

/// An analysis that came to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What the user calls the newborn.
    pub label: String,
    /// Local time of the analysis with its distance from UTC, ISO 8601.
    pub time: String,
    pub provenance: Provenance,
    pub device: DeviceInfo,
    pub model: ModelIdentity,
    /// The model was trained on synthetic newborns.
    pub synthetic: bool,
    /// Of the demo case.
    pub demo: bool,
    /// `None`: no number was given.
    pub answer: Option<Numbers>,
    /// Codes of the reasons to give none, and the reasons in words.
    pub abstained: Vec<String>,
    pub reasons: Vec<Text>,
    pub warnings: Vec<String>,
}

/// Lines of one newborn together, by their places: those of the same images and label, in the order of the first of
/// each.
#[must_use]
pub fn attempts(lines: &[Line]) -> Vec<Vec<usize>> {
    let key = |line: &Line| {
        let row = line.row()?;
        let inputs = &row.provenance.inputs;
        Some((row.label.clone(), inputs.T1w.sha256.clone(), inputs.T2w.sha256.clone()))
    };
    let mut groups: Vec<(Option<_>, Vec<usize>)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let own = key(line);
        match groups.iter_mut().find(|(other, _)| own.is_some() && *other == own) {
            Some((_, places)) => places.push(at),
            None => groups.push((own, vec![at])),
        }
    }
    groups.into_iter().map(|(_, places)| places).collect()
}

/// The numbers of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numbers {
    pub probability: f64,
    pub logit: f64,
    pub interval95: [f64; 2],
    pub signatures: PerSequence<f64>,
}

const HEADER: [&str; 22] = [
    "label",
    "time",
    "probability",
    "logit",
    "interval95_low",
    "interval95_high",
    "signature_T1w",
    "signature_T2w",
    "birth_weight_g",
    "covariates",
    "abstained",
    "warnings",
    "sha256_T1w",
    "sha256_T2w",
    "model",
    "model_sha256",
    "training_data",
    "use",
    "device",
    "hielight",
    "status",
    "reason",
];

/// UTF-8 with its mark, so that spreadsheets read every script; text in quotes, numbers as they are.
#[must_use]
pub fn csv<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::NonNumeric)
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xef\xbb\xbf".to_vec());
    // Writing to memory cannot fail, and every record has the header's length.
    let _ = writer.write_record(HEADER);
    for line in lines {
        let own = match line {
            Line::Made(row) => record(row),
            Line::Unmade { label, birth_weight_g, .. } => {
                let mut own: [String; 20] = std::array::from_fn(|_| String::new());
                own[0] = harmless(label);
                own[8] = weight(birth_weight_g);
                own
            }
        };
        let _ = writer.write_record(own.iter().chain(&line.status()));
    }
    writer.into_inner().unwrap_or_default()
}

fn record(row: &Row) -> [String; 20] {
    let number =
        |pick: fn(&Numbers) -> f64| row.answer.as_ref().map_or(String::new(), |n| pick(n).to_string());
    let p = &row.provenance;
    let covariates: Vec<String> =
        p.covariates.iter().map(|(term, value)| format!("{term}={value}")).collect();
    [
        harmless(&row.label),
        row.time.clone(),
        number(|n| n.probability),
        number(|n| n.logit),
        number(|n| n.interval95[0]),
        number(|n| n.interval95[1]),
        number(|n| n.signatures.T1w),
        number(|n| n.signatures.T2w),
        p.birth_weight_g.to_string(),
        harmless(&covariates.join("; ")),
        harmless(&row.abstained.join("; ")),
        harmless(&row.warnings.join(" ")),
        text(&p.inputs.T1w.sha256),
        text(&p.inputs.T2w.sha256),
        harmless(&row.model.name),
        text(&row.model.sha256),
        if row.synthetic { "synthetic" } else { "the site's own" }.to_owned(),
        if row.synthetic { "research only; not valid on patients" } else { "research only" }.to_owned(),
        harmless(&row.device.name.to_string()),
        p.hielight.clone(),
    ]
}

/// A number as it is, anything else as text.
fn weight(cell: &str) -> String {
    if cell.parse::<f64>().is_ok() { cell.to_owned() } else { harmless(cell) }
}

/// Text that a spreadsheet takes for no formula: those begin with one of these, full width included, or with white
/// space before it. The apostrophe makes it text.
fn harmless(text: &str) -> String {
    let starts = |c: char| matches!(c, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠');
    let formula = text.trim_start().starts_with(starts) || text.starts_with(['\t', '\r', '\n']);
    let numeric = text.trim().parse::<f64>().is_ok();
    if formula || numeric { format!("'{text}") } else { text.to_owned() }
}

/// A hash of digits alone, or of digits and one e, would be read as a number.
fn text(hash: &str) -> String {
    if hash.parse::<f64>().is_ok() { format!("'{hash}") } else { hash.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Input, PerSequence};

    fn row(label: &str) -> Row {
        let input = |digit: &str| Input { sha256: digit.repeat(64) };
        Row {
            label: label.into(),
            time: "2026-11-25T03:10:00+08:00".into(),
            provenance: Provenance {
                hielight: "0.1.0".into(),
                inputs: PerSequence { T1w: input("a"), T2w: input("1") },
                birth_weight_g: 3200.0,
                covariates: std::collections::BTreeMap::new(),
            },
            device: DeviceInfo { kind: "cpu".into(), name: "CPU".into() },
            model: ModelIdentity { name: "m".into(), sha256: "b".repeat(64) },
            synthetic: true,
            demo: false,
            answer: Some(Numbers {
                probability: 0.25,
                logit: -1.5,
                interval95: [0.125, 0.5],
                signatures: PerSequence { T1w: -2.0, T2w: 1e-7 },
            }),
            abstained: vec![],
            reasons: vec![],
            warnings: vec!["Thick, \"thick\" slices.".into()],
        }
    }

    fn made(label: &str) -> Line {
        Line::Made(Box::new(row(label)))
    }

    fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn are_numbers_numbers_and_texts_texts() {
        let file = csv([&made("Baby 7, \"the second\"\nof two")]);
        assert!(file.starts_with(b"\xef\xbb\xbf\"label\",\"time\""));
        let text = String::from_utf8(file.clone()).unwrap();
        assert!(text.contains(",0.25,-1.5,0.125,0.5,-2,0.0000001,3200,"), "{text}");
        assert!(text.contains("\"Thick, \"\"thick\"\" slices.\""), "{text}");
        assert!(text.ends_with("\r\n"));
        let cells = cells(&file[3..]);
        assert_eq!(cells.len(), 2);
        assert_eq!(cells[1][0], "Baby 7, \"the second\"\nof two");
        assert_eq!(cells[1][16], "synthetic");
        // Sixty-four ones are no number either.
        assert_eq!(cells[1][13], format!("'{}", "1".repeat(64)));
    }

    #[test]
    fn is_no_label_a_formula() {
        for label in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            " =1",
            "\t=1",
            "\r=1",
            "＝1",
            "=HYPERLINK(\"http://x\",\"y\")",
            "007",
        ] {
            let cells = cells(&csv([&made(label)])[3..]);
            assert_eq!(cells[1][0], format!("'{label}"));
        }
        assert_eq!(cells(&csv([&made("Baby-7")])[3..])[1][0], "Baby-7");
    }

    #[test]
    fn do_attempts_with_the_same_images_stand_together_and_other_newborns_apart() {
        let of = |label: &str, t1: &str| {
            let mut row = row(label);
            row.provenance.inputs.T1w = Input { sha256: t1.into() };
            Line::Made(Box::new(row))
        };
        let waits =
            || Line::Unmade { label: "a".into(), birth_weight_g: String::new(), status: Status::Waiting };
        let lines = [of("a", "1"), of("a", "2"), waits(), of("a", "1"), of("b", "1"), waits()];
        assert_eq!(attempts(&lines), [vec![0, 3], vec![1], vec![2], vec![4], vec![5]]);
    }

    #[test]
    fn has_a_refusal_no_number() {
        let refused = Row { answer: None, abstained: vec!["contrast".into()], ..row("x") };
        let cells = cells(&csv([&Line::Made(Box::new(refused))])[3..]);
        assert!(cells[1][2..8].iter().all(String::is_empty), "{cells:?}");
        assert_eq!(cells[1][10], "contrast");
        assert_eq!(cells[1][20..], ["abstained", "contrast"]);
    }

    #[test]
    fn has_a_newborn_without_an_answer_its_status_and_reason_alone() {
        let line = |birth_weight_g: &str, status| Line::Unmade {
            label: "sub-01".into(),
            birth_weight_g: birth_weight_g.into(),
            status,
        };
        let lines = [
            line("3200", Status::Waiting),
            line("=1+1", Status::Failed("the file is empty".into())),
            made("x"),
        ];
        let cells = cells(&csv(&lines)[3..]);
        assert_eq!((cells[0].len(), cells[1][0].as_str(), cells[1][8].as_str()), (22, "sub-01", "3200"));
        assert_eq!(cells[1][20..], ["waiting", ""]);
        assert_eq!(
            (cells[2][8].as_str(), &cells[2][20..]),
            ("'=1+1", &["refused".into(), "the file is empty".into()][..])
        );
        assert!(cells[1].iter().enumerate().all(|(i, cell)| [0, 8, 20].contains(&i) || cell.is_empty()));
        assert_eq!(cells[3][20..], ["answered", ""]);
    }
}
