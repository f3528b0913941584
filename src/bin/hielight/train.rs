//! `hielight train`: a BIDS dataset to a model bundle.

use super::support::{DeviceChoice, progress_bar, write_whole};
use anyhow::{Context, Result};
use hielight::evaluation::{delong, paired_delong};
use hielight::model::Recipe;
use hielight::nomogram::Z_975;
use hielight::study::{Prediction, Schedule, Settings, Study, load, read_participants, run as run_study};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// The dataset: participants.tsv and sub-*/anat/*_T1w.nii.gz, *_T2w.nii.gz.
    dataset: PathBuf,
    /// The bundle to write.
    #[arg(long)]
    out: PathBuf,
    /// Folder for the predictions of every participant, by the nomogram and by simpler models.
    #[arg(long)]
    report: Option<PathBuf>,
    #[arg(long, default_value_t = 2015)]
    seed: u64,
    #[arg(long, default_value_t = Schedule::default().epochs)]
    epochs: usize,
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// Share of the development center kept for internal validation.
    #[arg(long, default_value_t = 0.3)]
    internal_share: f64,
    /// Name of the model in its card.
    #[arg(long, default_value = "HIELight")]
    name: String,
    /// Note the date and duration of this run in the card (the bytes then differ from run to run).
    #[arg(long)]
    record_time: bool,
    /// Where the branches are trained; their results differ in the last digits.
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Folder in which finished branches wait for an interrupted run to go on [default: beside the bundle,
    /// removed at the end].
    #[arg(long)]
    checkpoints: Option<PathBuf>,
    /// Branches trained at the same time.
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    threads: usize,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let started = std::time::Instant::now();
    let rows = read_participants(&arguments.dataset)?;
    let synthetic = is_synthetic(&arguments.dataset);
    let bar = progress_bar(rows.len() as u64).with_message("Preparing images");
    let subjects = load(&arguments.dataset, rows, &Recipe::default(), || bar.inc(1))?;
    bar.finish_and_clear();
    eprintln!("{} participants prepared in {} s", subjects.len(), started.elapsed().as_secs());

    let source = if synthetic {
        "Synthetic newborns made by `hielight phantom`. Not valid on patients: the difficulty of a phantom is chosen, \
         so its figures show that the pipeline works and nothing else."
    } else {
        "A site's own cohort."
    };
    let settings = Settings {
        seed: arguments.seed,
        folds: arguments.folds,
        internal_share: arguments.internal_share,
        schedule: Schedule { epochs: arguments.epochs, ..Schedule::default() },
        name: arguments.name.clone(),
        synthetic,
        card: vec![
            ("Intended use".into(), "Research only. Not a medical device.".into()),
            ("Data".into(), source.into()),
            ("Made by".into(), format!("hielight {} {}", env!("CARGO_PKG_VERSION"), command_line())),
        ],
        threads: arguments.threads,
        device: arguments.device.open()?.device,
        checkpoints: Some(arguments.checkpoints.clone().unwrap_or_else(|| beside(&arguments.out))),
    };
    let bar = progress_bar(1);
    let study = run_study(&subjects, &settings, &|done, total, what| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        bar.set_message(what.to_owned());
        if bar.is_hidden() && done % (total / 100).max(1) == 0 {
            eprintln!("{done}/{total} {what}");
        }
    })?;
    bar.finish_and_clear();
    let mut study = study;
    if arguments.record_time {
        let minutes = started.elapsed().as_secs_f64() / 60.0;
        study.manifest.card.push(("Duration of training".into(), format!("{minutes:.1} minutes")));
    }
    write_whole(&arguments.out, &study.bundle()?)?;
    if arguments.checkpoints.is_none() {
        // What cannot be removed does no harm: its names are of this study only.
        let _ = std::fs::remove_dir_all(beside(&arguments.out));
    }
    if let Some(folder) = &arguments.report {
        write_whole(&folder.join("predictions.csv"), &predictions_csv(&study.predictions)?)?;
        for arm in &study.arms {
            let name = format!("predictions_{}.csv", arm.name);
            write_whole(&folder.join(name), &predictions_csv(&arm.predictions)?)?;
        }
    }
    compare(&study);
    println!("{} written after {} s", arguments.out.display(), started.elapsed().as_secs());
    Ok(ExitCode::SUCCESS)
}

/// Where checkpoints lie unless told otherwise.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".checkpoints");
    name.into()
}

/// The dataset says itself that it is synthetic (`GeneratedBy` hielight in dataset_description.json).
fn is_synthetic(dataset: &Path) -> bool {
    std::fs::read_to_string(dataset.join("dataset_description.json"))
        .is_ok_and(|text| text.contains("hielight phantom"))
}

fn command_line() -> String {
    std::env::args().skip(1).collect::<Vec<_>>().join(" ")
}

/// AUC of every model in every cohort, and what the simpler ones lack (paired DeLong).
fn compare(study: &Study) {
    let of = |predictions: &[Prediction], cohort: &str| -> (Vec<bool>, Vec<f64>) {
        predictions.iter().filter(|p| p.cohort == cohort).map(|p| (p.event, p.probability)).unzip()
    };
    for cohort in &study.manifest.cohorts {
        println!("{}: n {}", cohort.name, cohort.outcome.len());
        let (outcome, whole) = of(&study.predictions, &cohort.name);
        let auc = |p: &[f64]| {
            let Some(auc) = delong(&outcome, p) else { return "not defined".to_owned() };
            let interval =
                auc.ci95_logit.map_or(String::new(), |[low, high]| format!(" ({low:.3} to {high:.3})"));
            format!("{:.3}{interval}", auc.value)
        };
        println!("  {:<14} AUC {}", "DLCRN", auc(&whole));
        for arm in &study.arms {
            let p = of(&arm.predictions, &cohort.name).1;
            let less = paired_delong(&outcome, &whole, &p).map_or(String::new(), |d| {
                format!(
                    "; less by {:.3} ({:.3} to {:.3})",
                    d.value,
                    d.value - Z_975 * d.se,
                    d.value + Z_975 * d.se
                )
            });
            println!("  {:<14} AUC {}{less}", arm.name, auc(&p));
        }
    }
}

fn predictions_csv(predictions: &[Prediction]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "cohort", "center", "y", "p"])?;
    for p in predictions {
        let (y, probability) = (u8::from(p.event).to_string(), p.probability.to_string());
        writer.write_record([&p.id, &p.cohort, &p.center, &y, &probability])?;
    }
    writer.into_inner().context("the predictions table")
}
