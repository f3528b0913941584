//! `hielight bids`: an archive in BIDS to derivatives, by the command line of BIDS-Apps.

use super::support::{BadInput, explained, read_bundle, read_bytes, write_whole};
use anyhow::{Context as _, Result};
use hielight::archive::{
    Dataset, Engine, Exit, Filter, Journal, MIB_BASE, MIB_EACH, Output, Selection, group as summarise,
    run as assess,
};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(clap::Args)]
#[command(version)]
pub struct Arguments {
    /// The dataset: participants.tsv and sub-*[/ses-*]/anat/*_T1w.nii[.gz], *_T2w.nii[.gz]. It is only read.
    bids_dir: PathBuf,
    /// The folder of the derivatives.
    output_dir: PathBuf,
    /// participant: assess each newborn. group: tables and a report of all that were assessed.
    #[arg(value_enum)]
    level: Level,
    /// Only these participants, with or without sub-.
    #[arg(long, alias = "participant_label", num_args = 1.., value_name = "LABEL")]
    participant_label: Vec<String>,
    /// Only these sessions, with or without ses-.
    #[arg(long, alias = "session_id", alias = "session-label", num_args = 1.., value_name = "LABEL")]
    session_id: Vec<String>,
    /// Which of several images: JSON such as {"t1w": {"acquisition": "mprage"}, "t2w": {"run": 1}}.
    #[arg(long, alias = "bids_filter_file", value_name = "FILE")]
    bids_filter_file: Option<PathBuf>,
    /// Take a dataset whose dataset_description.json or participants.tsv is missing.
    #[arg(long, alias = "skip_bids_validation")]
    skip_bids_validation: bool,
    /// The model bundle; the participant level needs one.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Newborns assessed at the same time.
    #[arg(
        long,
        visible_alias = "nprocs",
        alias = "n_cpus",
        value_name = "N",
        default_value_t = std::thread::available_parallelism().map_or(1, usize::from)
    )]
    n_cpus: usize,
    /// Memory that may be used, MB: fewer newborns at the same time where it is short.
    #[arg(long, alias = "mem_mb", value_name = "MB")]
    mem_mb: Option<usize>,
    /// The folder of what is no result, the logs [default: OUTPUT_DIR/logs].
    #[arg(short, long, alias = "work_dir", value_name = "FOLDER")]
    work_dir: Option<PathBuf>,
    /// Begin no other newborn after one has failed.
    #[arg(long, alias = "stop_on_first_crash")]
    stop_on_first_crash: bool,
    /// Say what goes well, too.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    Participant,
    Group,
}

/// `hielight BIDS_DIR OUTPUT_DIR participant` as BIDS-Apps are called: the same with `bids` before it.
pub fn with_command(mut arguments: Vec<OsString>, commands: &[String]) -> Vec<OsString> {
    let is_level = |word: &OsString| word == "participant" || word == "group";
    let first = arguments.get(1).and_then(|word| word.to_str());
    let is_folder = first.is_some_and(|word| !word.starts_with('-') && !commands.iter().any(|c| c == word));
    if is_folder && arguments.get(3).is_some_and(is_level) {
        arguments.insert(1, "bids".into());
    }
    arguments
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let dataset = Dataset::open(&arguments.bids_dir, !arguments.skip_bids_validation)?;
    let output = Output::open(&arguments.output_dir, &dataset)?;
    let (participants, sessions) = (arguments.participant_label.clone(), arguments.session_id.clone());
    let selection = Selection { participants, sessions };
    let level = match arguments.level {
        Level::Participant => "participant",
        Level::Group => "group",
    };
    let logs = arguments.work_dir.clone().unwrap_or_else(|| output.logs());
    let journal = Journal::begin(&logs, level, arguments.verbose > 0)
        .with_context(|| format!("no log can be written in {}", logs.display()))?;
    dataset.complaints.iter().for_each(|words| journal.warn(&format!("participants.tsv: {words}")));
    let exit = match arguments.level {
        Level::Participant => assess_all(arguments, &dataset, &output, &selection, &journal),
        Level::Group => group(&dataset, &output, &selection, &journal),
    };
    let exit = exit.unwrap_or_else(|error| {
        let (words, exit) = explained(&error);
        journal.warn(&words);
        exit
    });
    journal.end(exit);
    Ok(exit.into())
}

fn assess_all(
    arguments: &Arguments,
    dataset: &Dataset,
    output: &Output,
    selection: &Selection,
    journal: &Journal,
) -> Result<Exit> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Newborns that are begun are finished: that takes seconds, and nothing is lost.
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed)).context("signals cannot be heard")?;
    let filter = match &arguments.bids_filter_file {
        Some(path) => Filter::parse(&read_bytes(path)?)
            .map_err(|e| BadInput(format!("{} cannot be used: {e}", path.display())))?,
        None => Filter::default(),
    };
    for query in &filter.left {
        journal.note(&format!("the filter file's query {query} is of no image of these"));
    }
    let visits = dataset.visits(selection)?;
    if visits.is_empty() {
        return Ok(Exit::Nobody);
    }
    let model = arguments.model.as_ref().ok_or_else(|| {
        BadInput("the participant level needs a model: give the bundle with --model".to_owned())
    })?;
    let bundle = read_bundle(model)?;
    journal.note(&format!("model {}, SHA-256 {}", bundle.identity.name, bundle.identity.sha256));
    let engine = Engine::new(&bundle)?;
    drop(bundle);
    let workers = workers(arguments, journal);
    journal.note(&format!("{} to assess, {workers} at a time", visits.len()));
    let failed = assess(&visits, workers, &stop, arguments.stop_on_first_crash, journal, |visit| {
        engine.process(dataset, &filter, output, visit)
    })?;
    if stop.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    if failed > 0 {
        journal.warn(&format!("{failed} of {} failed", visits.len()));
        return Ok(Exit::SomeFailed);
    }
    Ok(Exit::Done)
}

/// Newborns at a time: as many as were asked for and as the memory holds, but one.
fn workers(arguments: &Arguments, journal: &Journal) -> usize {
    let asked = arguments.n_cpus.max(1);
    let Some(mem) = arguments.mem_mb else { return asked };
    let held = mem.saturating_sub(MIB_BASE) / MIB_EACH;
    if held == 0 {
        let least = MIB_BASE + MIB_EACH;
        journal.warn(&format!("{mem} MB are less than the {least} MB that one newborn may take"));
    }
    asked.min(held.max(1))
}

fn group(dataset: &Dataset, output: &Output, selection: &Selection, journal: &Journal) -> Result<Exit> {
    let made = summarise(dataset, output, selection, journal)?;
    if made.counts.iter().all(|(_, n)| *n == 0) {
        return Ok(Exit::Nobody);
    }
    for (extension, text) in [("json", &made.dictionary), ("html", &made.report), ("tsv", &made.table)] {
        write_whole(&output.root().join(format!("group_hielight.{extension}")), text.as_bytes())?;
    }
    let counts: Vec<String> = made.counts.iter().map(|(status, n)| format!("{n} {status}")).collect();
    journal.warn(&counts.join(", "));
    Ok(Exit::Done)
}
