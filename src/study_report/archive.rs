//! The report over an archive: how many were answered, what was refused and why, how far it is from the training cohort.

use super::decimals;
use super::document::Document;
use super::performance::{CohortResult, performance_section, provenance_section};
use crate::language::Language;
use crate::model::{Check, Verdict};
use crate::render::chart::{Palette, REPORT_WIDTH, probabilities};

/// What it is made of.
#[derive(Debug)]
pub struct ArchiveReport {
    pub provenance: Vec<(String, String)>,
    /// The model was trained on synthetic newborns.
    pub synthetic: bool,
    /// Not all answers are of one model.
    pub several_models: bool,
    /// Visits by their status.
    pub counts: Vec<(String, usize)>,
    /// Status, code of the reason, visits and the first of them in words.
    pub reasons: Vec<[String; 4]>,
    /// Of the answered visits.
    pub probability: Vec<f64>,
    /// Each check by its name, of every visit that it was made of.
    pub checks: Vec<(String, Vec<Check>)>,
    /// Where outcomes are given; a sentence where nothing can be computed of them.
    pub performance: Option<Result<CohortResult, String>>,
}

/// One self-contained HTML file.
#[must_use]
pub fn archive_report(report: &ArchiveReport) -> String {
    let mut document = Document::new("Probability of hypoxic-ischemic encephalopathy over an archive");
    document.warning("Research use only. Not a medical device.");
    if report.synthetic {
        document.warning("The model was trained on synthetic newborns: it is not valid on patients.");
    }
    if report.several_models {
        document.warning(
            "The answers are of several models, and not to be compared: run the participant level again.",
        );
    }
    provenance_section(&mut document, &report.provenance);
    document.section("flow", "Flow");
    let all: usize = report.counts.iter().map(|(_, n)| n).sum();
    let rows: Vec<Vec<String>> = report
        .counts
        .iter()
        .map(|(status, n)| {
            vec![
                status.replace('_', " "),
                n.to_string(),
                format!("{:.1} %", 100.0 * *n as f64 / all.max(1) as f64),
            ]
        })
        .collect();
    document.table(&format!("What became of {all} visits"), &["Status", "Visits", "Share"], &rows);
    let rows: Vec<Vec<String>> = report.reasons.iter().map(|row| row.to_vec()).collect();
    if !rows.is_empty() {
        let header = ["Status", "Reason", "Visits", "The first of them"];
        document.table("Reasons for no probability; a visit may have several", &header, &rows);
    }
    document.section("distribution", "Distribution");
    if report.probability.is_empty() {
        document.paragraph("No visit has a probability.");
    } else {
        let figure = probabilities(&report.probability, REPORT_WIDTH, &Language::default());
        document.chart(figure.svg(&Palette::LIGHT, "probabilities"));
    }
    drift(&mut document, &report.checks);
    let without = |document: &mut Document, words: &str| {
        document.section("performance", "Performance");
        document.paragraph(words);
    };
    match &report.performance {
        None => without(&mut document, "No outcomes are given (column y of participants.tsv)."),
        Some(Err(reason)) => {
            without(&mut document, &format!("Nothing can be computed of the outcomes: {reason}."));
        }
        Some(Ok(cohort)) => {
            document.paragraph("Of participants with several answered visits the first counts.");
            let threshold = cohort.evaluation.youden.as_ref().map_or(0.5, |y| y.threshold);
            performance_section(&mut document, std::slice::from_ref(cohort), threshold);
        }
    }
    document.finish()
}

/// Two-sided 5 % point of Kolmogorov's distribution: beyond it, over the root of n, chance is a poor explanation.
const KOLMOGOROV_95: f64 = 1.358;

fn drift(document: &mut Document, checks: &[(String, Vec<Check>)]) {
    document.section("drift", "Drift");
    document.paragraph(
        "Each check as a percentile of the training newborns: an archive like the training cohort has a median of 50 and \
         one in ten outside of 5 to 95. The distance is Kolmogorov's and Smirnov's, from 0 (the same distribution) to 1; \
         by chance it exceeds the number beside it in one cohort of twenty. Refused visits are among them.",
    );
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|(name, own)| {
            let mut percentiles: Vec<f64> = own.iter().map(|check| check.percentile).collect();
            percentiles.sort_by(f64::total_cmp);
            let n = percentiles.len();
            let share = |of: &dyn Fn(&Check) -> bool| {
                format!("{:.1} %", 100.0 * own.iter().filter(|c| of(c)).count() as f64 / n.max(1) as f64)
            };
            let distance = percentiles.iter().enumerate().map(|(i, p)| {
                let [below, above] = [i, i + 1].map(|k| (k as f64 / n as f64 - p / 100.0).abs());
                below.max(above)
            });
            let median = match n {
                0 => String::new(),
                _ => format!("{:.0}", f64::midpoint(percentiles[(n - 1) / 2], percentiles[n / 2])),
            };
            vec![
                name.clone(),
                n.to_string(),
                median,
                share(&|c| c.percentile < 5.0),
                share(&|c| c.percentile > 95.0),
                decimals(distance.fold(0.0, f64::max)),
                decimals((KOLMOGOROV_95 / (n.max(1) as f64).sqrt()).min(1.0)),
                share(&|c| c.verdict == Verdict::Edge),
                share(&|c| c.verdict == Verdict::Beyond),
            ]
        })
        .collect();
    let header = [
        "Check",
        "Visits",
        "Median",
        "Below 5",
        "Above 95",
        "Distance",
        "By chance",
        "Outside of training",
        "Beyond the limit",
    ];
    document.table("Checks against the training population", &header, &rows);
}
