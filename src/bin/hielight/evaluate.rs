//! `hielight evaluate`: predictions with outcomes to every figure of each cohort.

use super::support::{BadInput, write_output, write_whole};
use super::table::Table;
use anyhow::Result;
use hielight::evaluation::{CohortRole, Evaluation, Figure, Intervals, evaluate, intervals};
use hielight::model::sha256_hex;
use hielight::study_report::{CohortResult, evaluation_report};
use serde_json::{Map, json};
use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// A table with the columns id, cohort, center, y (0 or 1) and p.
    predictions: PathBuf,
    /// Write JSON to this file (- for standard output) instead of a summary.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write a report with tables and charts, one HTML file, into this folder.
    #[arg(long)]
    report: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let table = Table::read(&arguments.predictions)?;
    let (ids, cohorts) = (table.text("id")?, table.text("cohort")?);
    table.text("center")?;
    let (outcome, p) = (table.outcomes("y")?, table.probabilities("p")?);
    let mut seen = HashSet::new();
    for ((line, id), (_, cohort)) in ids.iter().zip(&cohorts) {
        if !seen.insert((*cohort, *id)) {
            return Err(table.at(*line, "id", &format!("{id} stands twice in the cohort {cohort}")));
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in &cohorts {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let members = || (0..p.len()).filter(|i| cohorts[*i].1 == name);
        let (outcome, p): (Vec<bool>, Vec<f64>) = members().map(|i| (outcome[i], p[i])).unzip();
        let role = CohortRole::from(name.to_owned());
        let evaluation = evaluate(&outcome, &p, role == CohortRole::Training)
            .map_err(|e| BadInput(format!("{}: cohort {name}: {e}", arguments.predictions.display())))?;
        all.push(CohortResult { role, outcome, probability: p, evaluation });
    }
    if let Some(folder) = &arguments.report {
        let bytes = std::fs::read(&arguments.predictions)?;
        // Not its path, which is this machine's.
        let name = arguments.predictions.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let provenance = [
            ("Predictions", name),
            ("SHA-256 of that file", sha256_hex(&bytes)),
            ("Made by", format!("hielight {} evaluate", env!("CARGO_PKG_VERSION"))),
        ]
        .map(|(what, value)| (what.to_owned(), value));
        let html = evaluation_report("Evaluation of predicted probabilities", &provenance, &all);
        write_whole(&folder.join("report.html"), html.as_bytes())?;
    }
    if let Some(path) = &arguments.json {
        let mut cohorts = Map::new();
        for cohort in &all {
            let mut figures = serde_json::to_value(&cohort.evaluation)?;
            if let Some(figures) = figures.as_object_mut() {
                figures.insert("intervals95".to_owned(), serde_json::to_value(around(cohort))?);
            }
            cohorts.insert(cohort.role.clone().into(), figures);
        }
        write_output(
            path,
            &[serde_json::to_string_pretty(&json!({ "cohorts": cohorts }))?.as_bytes(), b"\n"].concat(),
        )?;
    } else {
        all.iter().for_each(|cohort| print(cohort.role.as_str(), &cohort.evaluation, &around(cohort)));
    }
    Ok(ExitCode::SUCCESS)
}

fn around(cohort: &CohortResult) -> Intervals {
    intervals(&cohort.outcome, &cohort.probability, &cohort.evaluation)
}

fn print(name: &str, e: &Evaluation, i: &Intervals) {
    let c = &e.calibration;
    let ends = |interval: Option<[f64; 2]>| {
        interval.map_or(String::new(), |[low, high]| format!(" ({low:.3} to {high:.3})"))
    };
    let around = |value: f64, interval: Figure<[f64; 2]>| format!("{value:.3}{}", ends(interval.ok()));
    let row = |name: &str, figure: Figure<String>| {
        println!("  {name:<25} {}", figure.unwrap_or_else(|reason| format!("not defined: {reason}")));
    };
    println!("{name}: n {}, {} with HIE", e.n, e.events);
    row("AUC", e.auc.map(|auc| format!("{:.3}{}", auc.value, ends(auc.ci95_logit))));
    row("calibration in the large", c.citl.map(|citl| around(citl.value, i.citl)));
    row("calibration slope", c.slope.map(|slope| around(slope.value, i.slope)));
    row("observed / expected", c.oe_ratio.map(|ratio| around(ratio, i.oe_ratio)));
    row("Brier score", c.brier.map(|brier| around(brier, i.brier)));
    row("Brier score, scaled", c.brier_scaled.map(|brier| format!("{brier:.3}")));
    row("ICI", c.ici.map(|ici| around(ici, i.ici)));
    let three = || Ok(format!("{:.3}, {:.3}, {:.3}", c.e50?, c.e90?, c.emax?));
    row("E50, E90, Emax", three());
    let youden = e.youden.map(|y| {
        format!("{:.3}: sensitivity {:.3}, specificity {:.3}", y.threshold, y.sensitivity, y.specificity)
    });
    row("Youden threshold", youden);
}
