//! `hielight nomogram`: a logistic model on a table, and its points.

use super::support::{BadInput, write_output};
use super::table::Table;
use anyhow::Result;
use hielight::nomogram::{FitError, LogisticFit, fit_firth, fit_logistic};
use hielight::odds::Z_975;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// A table with one row per subject.
    table: PathBuf,
    /// The column of the outcome, 0 or 1.
    #[arg(long, default_value = "y")]
    outcome: String,
    /// The columns of the terms, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    terms: Vec<String>,
    /// Fit by Firth's penalised likelihood: finite where the terms separate the classes, less biased in small tables.
    #[arg(long)]
    firth: bool,
    /// Write JSON to this file (- for standard output) instead of a summary.
    #[arg(long)]
    json: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let table = Table::read(&arguments.table)?;
    let outcome = table.outcomes(&arguments.outcome)?;
    let columns = arguments.terms.iter().map(|term| table.numbers(term)).collect::<Result<Vec<_>>>()?;
    let method = if arguments.firth { fit_firth } else { fit_logistic };
    let fit = method(&arguments.terms, &columns, &outcome).map_err(|e| {
        let next = match e {
            FitError::Separated => ". Fit it with --firth, or leave that term out",
            FitError::Collinear => ". Leave one of them out",
            _ => "",
        };
        BadInput(format!("{}: {e}{next}", arguments.table.display()))
    })?;
    // An AIC compares maxima of the likelihood, and Firth's fit is none.
    let aic = (!arguments.firth).then_some(fit.aic);
    let method = if arguments.firth { "Firth's penalised likelihood" } else { "maximum likelihood" };
    let rows = rows(&fit);
    if let Some(path) = &arguments.json {
        let n = &fit.nomogram;
        let limits: Map<String, Value> =
            n.terms.iter().zip(&n.limits).map(|(term, limits)| (term.clone(), json!(limits))).collect();
        let terms: Vec<&str> = rows.iter().map(|row| row.0).collect();
        let coef: Vec<f64> = rows.iter().map(|row| row.1).collect();
        let se: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let all = json!({
            "fit": {
                "terms": terms, "coef": coef, "se": se, "covariance": n.covariance,
                "log_likelihood": fit.log_likelihood, "aic": aic, "method": method,
            },
            "nomogram": { "limits": limits, "points_per_logit": n.points_per_logit(), "base_logit": n.base_logit() },
        });
        write_output(path, &[serde_json::to_string_pretty(&all)?.as_bytes(), b"\n"].concat())?;
    } else {
        println!("{:<24} {:>12} {:>12} {:>26}", "term", "coefficient", "se", "95 % interval");
        for (term, coefficient, se) in rows {
            let [low, high] = [coefficient - Z_975 * se, coefficient + Z_975 * se];
            println!("{term:<24} {coefficient:>12.6} {se:>12.6} {:>26}", format!("{low:.6} to {high:.6}"));
        }
        let aic = aic.map_or(String::new(), |aic| format!(", AIC {aic:.3}"));
        println!("{method}, {} rows{aic}", outcome.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Name, coefficient and standard error, the intercept first.
fn rows(fit: &LogisticFit) -> Vec<(&str, f64, f64)> {
    let n = &fit.nomogram;
    let names = std::iter::once("intercept").chain(n.terms.iter().map(String::as_str));
    let coefficients = std::iter::once(n.intercept).chain(n.coefficients.iter().copied());
    let errors = n.covariance.iter().enumerate().map(|(i, row)| row[i].sqrt());
    names.zip(coefficients).zip(errors).map(|((name, b), se)| (name, b, se)).collect()
}
