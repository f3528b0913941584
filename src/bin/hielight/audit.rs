//! `hielight audit`: a bundle against synthetic newborns that it has never seen.

use super::support::{read_bundle, write_output};
use anyhow::Result;
use hielight::study::{Extent, audit};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// The model bundle.
    #[arg(long)]
    model: PathBuf,
    /// Newborns for each pattern and severity of injury.
    #[arg(long, default_value_t = Extent::default().lesions)]
    lesions: usize,
    /// Newborns that are scanned three times.
    #[arg(long, default_value_t = Extent::default().repeated)]
    repeated: usize,
    /// Fresh newborns that should get an answer.
    #[arg(long, default_value_t = Extent::default().fresh)]
    fresh: usize,
    /// Of the newborns; must differ from the training cohort's.
    #[arg(long, default_value_t = 31_415)]
    seed: u64,
    /// Write the findings as JSON to this file (`-`: standard output).
    #[arg(long)]
    json: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bundle = read_bundle(&arguments.model)?;
    let extent = Extent { lesions: arguments.lesions, repeated: arguments.repeated, fresh: arguments.fresh };
    let found = audit(&bundle, extent, arguments.seed, &|what| eprintln!("{what}"))?;
    if let Some(path) = &arguments.json {
        write_output(path, format!("{}\n", serde_json::to_string_pretty(&found)?).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("Strongest peak in the lesion (within 8 mm)");
    for l in &found.localisation {
        println!(
            "  {:<22} severity {:.2}: {} of {}; randomised weights {}; a random place {:.0} %",
            l.pattern,
            l.severity,
            l.hits,
            l.n,
            l.hits_randomised,
            100.0 * l.chance
        );
    }
    println!("Repeated scans");
    for r in &found.repeatability {
        println!(
            "  centers {}: ICC of the logit {:.3}, standard error {:.2}, bias {:+.2}; {} of {} change class",
            r.between, r.icc, r.standard_error, r.bias, r.class_changes, r.n
        );
    }
    println!("Refused");
    for r in &found.refusals {
        let wanted = if r.wanted { "all should be" } else { "none should be" };
        println!("  {:<24} {} of {} ({wanted})", r.input, r.refused, r.n);
    }
    Ok(ExitCode::SUCCESS)
}
