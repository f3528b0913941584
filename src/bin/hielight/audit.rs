//! `hielight audit`: a bundle against synthetic newborns that it has never seen.

use super::support::{read_bundle, write_output, write_whole};
use anyhow::{Context, Result};
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
    /// Newborns scanned with and without their injury, for the observer who knows both.
    #[arg(long, default_value_t = Extent::default().twins)]
    twins: usize,
    /// A folder of real pairs (`...T1w...nii.gz` and `...T2w...nii.gz`): answered or refused, and with injuries
    /// planted into them.
    #[arg(long)]
    real: Option<PathBuf>,
    /// Write the bundle with the repeatability measured here (between centers) to this file.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write the findings as JSON to this file (`-`: standard output).
    #[arg(long)]
    json: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bundle = read_bundle(&arguments.model)?;
    let extent = Extent {
        lesions: arguments.lesions,
        repeated: arguments.repeated,
        fresh: arguments.fresh,
        twins: arguments.twins,
    };
    let real = arguments.real.as_deref();
    let found = audit(&bundle, extent, arguments.seed, real, &|what| eprintln!("{what}"))?;
    if let Some(out) = &arguments.out {
        let across = found.repeatability.last();
        let across = across.context("no newborn was scanned twice: nothing to write into the bundle")?;
        let mut bundle = bundle;
        bundle.manifest.repeatability = Some(across.standard_error);
        write_whole(out, &bundle.to_bytes()?)?;
    }
    if let Some(path) = &arguments.json {
        write_output(path, format!("{}\n", serde_json::to_string_pretty(&found)?).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("Strongest peak in the lesion (within 8 mm)");
    for l in &found.localisation {
        println!(
            "  {:<22} severity {:.2}{}: {} of {} ({} answered, {} above the threshold); randomised weights {}; a \
             random place {:.0} %",
            l.pattern,
            l.severity,
            l.day.map_or(String::new(), |day| format!(", day {day}")),
            l.hits,
            l.n,
            l.answered,
            l.above,
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
    if let Some(o) = &found.observer {
        let area = |auc: Option<f64>| auc.map_or("not defined".to_owned(), |a| format!("{a:.3}"));
        println!("HIE against healthy, {} newborns whose twins are known", o.n);
        println!("  observer who knows the twins {}, model {}", area(o.auc_observer), area(o.auc_model));
    }
    for newborn in &found.real {
        let share = |p: Option<f64>| p.map_or("no number".to_owned(), |p| format!("{:.1} %", 100.0 * p));
        println!("{}: {}", newborn.name, share(newborn.probability));
        if let Some(reason) = &newborn.refused {
            println!("  refused: {reason}");
        }
        let rescans: Vec<String> =
            newborn.rescans.iter().map(|l| l.map_or("-".to_owned(), |l| format!("{l:.2}"))).collect();
        println!("  logits of rescans: {}", rescans.join(", "));
        for p in &newborn.planted {
            println!(
                "  {:<28} severity {:.2}: {}{}, peak {}",
                p.pattern,
                p.severity,
                share(p.probability),
                if p.above { ", above the threshold" } else { "" },
                if p.hit { "in it" } else { "elsewhere" }
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}
