//! `hielight train`: a BIDS dataset to a model bundle.

use super::support::{BadInput, DeviceChoice, WantedImages, progress_bar, write_whole};
use anyhow::{Context, Result};
use hielight::bids::Wanted;
use hielight::evaluation::{CohortRole, SampleSize, delong, paired_delong};
use hielight::language::number;
use hielight::model::{Bundle, Recipe, Sequence, Template, card, default_layers, sha256_hex};
use hielight::nomogram::Z_975;
use hielight::study::{
    Anatomy, Cache, CohortError, Description, Prediction, Preparation, Row, Schedule, Settings, Source,
    Study, find_images, folders_without_row, load, optimism, read_participants, run as run_study, run_branch,
};
use hielight::study_report::{StudyReport, failure_cases};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// The dataset: participants.tsv and sub-*[/ses-*]/anat/*_T1w.nii[.gz], *_T2w.nii[.gz].
    dataset: PathBuf,
    #[command(flatten)]
    images: WantedImages,
    /// The bundle to write.
    #[arg(long)]
    out: PathBuf,
    /// Folder for the study's report (report.html), the table that the nomogram was fitted on (table.csv) and
    /// the predictions of every participant, by the nomogram and by simpler models.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Columns of the participants table that may join the signatures and the birth weight in the nomogram; the
    /// subset with the least AIC on the training cohort does. Numbers or two words.
    #[arg(long, value_delimiter = ',')]
    candidates: Vec<String>,
    #[arg(long, default_value_t = 2015)]
    seed: u64,
    #[arg(long, default_value_t = Schedule::default().epochs)]
    epochs: usize,
    #[arg(long, default_value_t = 5)]
    folds: usize,
    /// Times that the folds are drawn anew; the nomogram is fitted on the mean of as many unseen signatures.
    #[arg(long, default_value_t = 3)]
    repeats: usize,
    /// The center that training and internal validation are drawn from; all others are independent [default: the
    /// first in alphabetical order].
    #[arg(long)]
    center: Option<String>,
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
    /// Folder in which aligned newborns wait, to be read instead of aligned again.
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Only one part of the training, so that many jobs of a cluster can share it (workflow/train.smk): `template`,
    /// `newborn:LABEL` or `branch:SEQUENCE:NUMBER`. What it makes waits in the cache or among the checkpoints.
    #[arg(long, value_name = "PART", requires = "cache")]
    only: Option<Part>,
    /// Branches trained at the same time.
    #[arg(long, default_value_t = std::thread::available_parallelism().map_or(1, usize::from))]
    threads: usize,
}

/// A part of the training.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// Alignment of the newborns whose mean becomes the template.
    Template,
    /// Alignment of one newborn to the template.
    Newborn(String),
    /// Training of one branch, by its number from 0.
    Branch(Sequence, usize),
}

impl std::str::FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(':').collect();
        let sequence = |word: &str| Sequence::BOTH.into_iter().find(|s| s.suffix() == word);
        let number = |word: &str| word.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let part = match words.as_slice() {
            ["template"] => Some(Self::Template),
            ["newborn", id] => Some(Self::Newborn(format!("sub-{}", id.trim_start_matches("sub-")))),
            ["branch", word, at] => sequence(word).zip(number(at)).map(|(s, n)| Self::Branch(s, n)),
            _ => None,
        };
        part.ok_or_else(|| "it is none of template, newborn:LABEL, branch:T1w:1".to_owned())
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let started = std::time::Instant::now();
    let rows = read_participants(&arguments.dataset)?;
    let description = Description::of(&arguments.dataset);
    // Before the images, which take their time.
    let settings = settings(arguments, description.synthetic)?;
    settings.check()?;
    let development = settings.development(rows.iter().map(|row| row.center.as_str()))?;
    eprintln!("Development center: {development}; the others are the independent cohort");
    let bar = progress_bar(rows.len() as u64).with_message("Preparing images");
    let recipe = Recipe::default();
    let wanted = arguments.images.wanted();
    // All that is missing at once, not the healthy newborns' alone.
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    find_images(&arguments.dataset, &ids, &wanted).map_err(CohortError::from)?;
    let template = template(arguments, &rows, &wanted, &recipe)?;
    let cache = arguments.cache.as_ref().map(|folder| Cache::new(folder.clone(), &recipe, &template));
    let (dataset, recipe, cache) = (arguments.dataset.as_path(), &recipe, cache.as_ref());
    let preparation = Preparation { dataset, wanted: &wanted, recipe, template: &template, cache };
    match &arguments.only {
        Some(Part::Template) => return Ok(ExitCode::SUCCESS),
        Some(Part::Newborn(id)) => return align_one(&preparation, &ids, id),
        Some(Part::Branch(..)) | None => {}
    }
    let loaded = load(&preparation, rows.clone(), || bar.inc(1))?;
    bar.finish_and_clear();
    let subjects = loaded.subjects;
    eprintln!("{} participants prepared in {} s", subjects.len(), started.elapsed().as_secs());
    loaded.refused.iter().for_each(|reason| eprintln!("left out: {reason}"));
    let rest = folders_without_row(&arguments.dataset, &ids);
    if !rest.is_empty() {
        eprintln!("{} folders have no row in the table and are left out: {}", rest.len(), rest.join(", "));
    }

    let bar = progress_bar(1);
    let progress = |done: usize, total: usize, what: &str| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        bar.set_message(what.to_owned());
        if bar.is_hidden() && done.is_multiple_of((total / 100).max(1)) {
            eprintln!("{done}/{total} {what}");
        }
    };
    if let Some(Part::Branch(sequence, model)) = arguments.only {
        run_branch(&subjects, &template, &settings, (sequence, model), &progress)?;
        return Ok(ExitCode::SUCCESS);
    }
    let study = run_study(&subjects, &template, &settings, &progress)?;
    bar.finish_and_clear();
    let mut study = study;
    if arguments.record_time {
        let minutes = started.elapsed().as_secs_f64() / 60.0;
        study
            .manifest
            .card
            .push(("Duration of training".into(), card::duration(number(minutes, 1)).to_string()));
    }
    let bytes = study.bundle()?;
    write_whole(&arguments.out, &bytes)?;
    if arguments.checkpoints.is_none() {
        // What cannot be removed does no harm: its names are of this study only.
        let _ = std::fs::remove_dir_all(beside(&arguments.out));
    }
    if let Some(folder) = &arguments.report {
        write_report(folder, arguments, &description, &study, &bytes, &rows)?;
    }
    compare(&study);
    println!("{} written after {} s", arguments.out.display(), started.elapsed().as_secs());
    Ok(ExitCode::SUCCESS)
}

/// Aligns one newborn, which then waits in the cache; one that cannot be aligned waits there too.
fn align_one(preparation: &Preparation<'_>, ids: &[&str], id: &str) -> Result<ExitCode> {
    if !ids.contains(&id) {
        return Err(BadInput(format!("{id} is not in the table")).into());
    }
    let paths = find_images(preparation.dataset, &[id], preparation.wanted).map_err(CohortError::from)?;
    for paths in paths {
        if let Err(reason) = preparation.align(&paths).map_err(BadInput)? {
            eprintln!("left out: {id}: {reason}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the study is run with.
fn settings(arguments: &Arguments, synthetic: bool) -> Result<Settings> {
    Ok(Settings {
        seed: arguments.seed,
        folds: arguments.folds,
        repeats: arguments.repeats,
        center: arguments.center.clone(),
        internal_share: arguments.internal_share,
        layers: default_layers(),
        schedule: Schedule { epochs: arguments.epochs, ..Schedule::default() },
        name: arguments.name.clone(),
        synthetic,
        card: vec![
            ("Intended use".into(), card::intended_use().to_string()),
            ("Data".into(), card::data(synthetic).to_string()),
            ("Made by".into(), format!("hielight {} {}", env!("CARGO_PKG_VERSION"), command_line(arguments))),
        ],
        threads: arguments.threads,
        device: arguments.device.open()?.device,
        checkpoints: Some(arguments.checkpoints.clone().unwrap_or_else(|| beside(&arguments.out))),
        candidates: arguments.candidates.clone(),
    })
}

/// The report's files; `bundle` are the bytes that were written.
fn write_report(
    folder: &Path,
    arguments: &Arguments,
    description: &Description,
    study: &Study,
    bundle: &[u8],
    rows: &[Row],
) -> Result<()> {
    write_whole(&folder.join("predictions.csv"), &predictions_csv(&study.predictions)?)?;
    for arm in &study.arms {
        let name = format!("predictions_{}.csv", arm.name);
        write_whole(&folder.join(name), &predictions_csv(&arm.predictions)?)?;
    }
    write_whole(&folder.join("table.csv"), &table_csv(study)?)?;
    let training = || {
        let own = study.predictions.iter().zip(&study.values);
        own.filter(|(p, _)| p.cohort == CohortRole::Training)
    };
    let outcome: Vec<bool> = training().map(|(p, _)| p.event).collect();
    let terms = study.manifest.nomogram.terms.len();
    let columns: Vec<Vec<f64>> = (0..terms).map(|j| training().map(|(_, v)| v[j]).collect()).collect();
    let provenance = [
        ("Dataset", description.name.clone()),
        ("Made by", format!("hielight {} {}", env!("CARGO_PKG_VERSION"), command_line(arguments))),
        ("Seed", arguments.seed.to_string()),
        ("Bundle (SHA-256)", sha256_hex(bundle)),
        ("Network", format!("Burn {}", burn_version())),
    ];
    let report = StudyReport {
        study,
        rows,
        provenance: provenance.map(|(what, value)| (what.to_owned(), value)).to_vec(),
        optimism: optimism(&columns, &outcome, RESAMPLES, arguments.seed),
        sample_size: sample_size(study, &outcome),
        failures: failure_cases(
            &arguments.dataset,
            &arguments.images.wanted(),
            &Bundle::read(bundle)?,
            study,
            rows,
        )
        .map_err(anyhow::Error::msg)?,
    };
    write_whole(&folder.join("report.html"), report.html().as_bytes())
}

/// The version that Cargo.toml pins.
fn burn_version() -> &'static str {
    let lines = include_str!("../../../Cargo.toml").lines();
    let mut pinned = lines.filter_map(|line| line.strip_prefix("burn = { version = \"=")?.split('"').next());
    pinned.next().unwrap_or("of an unknown version")
}

/// Bootstrap resamples for the optimism.
const RESAMPLES: usize = 500;

/// The size that a study with the R² (Cox-Snell) of this one would need.
fn sample_size(study: &Study, outcome: &[bool]) -> Option<SampleSize> {
    let n = outcome.len() as f64;
    let share = outcome.iter().filter(|y| **y).count() as f64 / n;
    let null = n * (share * share.ln() + (1.0 - share) * (1.0 - share).ln());
    let training = study.predictions.iter().filter(|p| p.cohort == CohortRole::Training);
    let fitted: f64 =
        training.map(|p| if p.event { p.probability.ln() } else { (1.0 - p.probability).ln() }).sum();
    SampleSize::of(study.manifest.nomogram.terms.len(), 1.0 - (2.0 * (null - fitted) / n).exp(), share)
}

/// Where checkpoints lie unless told otherwise.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".checkpoints");
    name.into()
}

/// The options that the result follows from: a card travels, and says nothing of the folders of this machine.
fn command_line(arguments: &Arguments) -> String {
    let Arguments { seed, epochs, folds, repeats, internal_share, .. } = arguments;
    let mut line = format!(
        "train --seed {seed} --epochs {epochs} --folds {folds} --repeats {repeats} --internal-share {internal_share}"
    );
    if let Some(center) = &arguments.center {
        line.push_str(&format!(" --center {center}"));
    }
    line.push_str(&arguments.images.options());
    if !arguments.candidates.is_empty() {
        line.push_str(&format!(" --candidates {}", arguments.candidates.join(",")));
    }
    line
}

/// AUC of every model in every cohort, and what the simpler ones lack (paired DeLong).
fn compare(study: &Study) {
    let of = |predictions: &[Prediction], cohort: &CohortRole| -> (Vec<bool>, Vec<f64>) {
        predictions.iter().filter(|p| p.cohort == *cohort).map(|p| (p.event, p.probability)).unzip()
    };
    for cohort in &study.manifest.cohorts {
        println!("{}: n {}", cohort.role.as_str(), cohort.outcome.len());
        let (outcome, whole) = of(&study.predictions, &cohort.role);
        let auc = |p: &[f64]| {
            let Some(auc) = delong(&outcome, p) else { return "not defined".to_owned() };
            let interval =
                auc.ci95_logit.map_or(String::new(), |[low, high]| format!(" ({low:.3} to {high:.3})"));
            format!("{:.3}{interval}", auc.value)
        };
        println!("  {:<14} AUC {}", "DLCRN", auc(&whole));
        for arm in &study.arms {
            let p = of(&arm.predictions, &cohort.role).1;
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

/// What the nomogram was fitted on and applied to: `hielight nomogram` takes the training rows of it.
fn table_csv(study: &Study) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let terms = &study.manifest.nomogram.terms;
    writer
        .write_record(["id", "cohort", "center", "y"].into_iter().chain(terms.iter().map(String::as_str)))?;
    for (p, values) in study.predictions.iter().zip(&study.values) {
        let own = [p.id.clone(), p.cohort.clone().into(), p.center.clone(), u8::from(p.event).to_string()];
        writer.write_record(own.into_iter().chain(values.iter().map(f64::to_string)))?;
    }
    writer.into_inner().context("the table of the nomogram's terms")
}

fn predictions_csv(predictions: &[Prediction]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "cohort", "center", "y", "p"])?;
    for p in predictions {
        let (y, probability) = (u8::from(p.event).to_string(), p.probability.to_string());
        writer.write_record([p.id.as_str(), p.cohort.as_str(), &p.center, &y, &probability])?;
    }
    writer.into_inner().context("the predictions table")
}

/// The mean of these many healthy newborns becomes the template.
const TEMPLATE_NEWBORNS: usize = 24;

/// The template that images are aligned to: the label map with each region's usual contrast first, then the mean of
/// healthy newborns aligned to that.
fn template(arguments: &Arguments, rows: &[Row], wanted: &Wanted, recipe: &Recipe) -> Result<Template> {
    let regions = Anatomy::of(Source::Average).on_grid(&recipe.atlas_grid());
    let first = Template::from_regions(&regions, recipe);
    let healthy = rows.iter().filter(|row| !row.event).take(TEMPLATE_NEWBORNS).cloned().collect();
    let cache = arguments.cache.as_ref().map(|folder| Cache::new(folder.clone(), recipe, &first));
    let (dataset, cache) = (arguments.dataset.as_path(), cache.as_ref());
    let loaded = load(&Preparation { dataset, wanted, recipe, template: &first, cache }, healthy, || ())?;
    Ok(first.of(loaded.subjects.iter().filter_map(|s| s.aligned.as_ref()), recipe))
}
