//! `hielight calibrate`: a model and a site's own scans to the site's model.

use super::support::{BadInput, WantedImages, progress_bar, read_bundle, write_whole};
use anyhow::Result;
use hielight::study::{CalibrateError, Figures, Preparation, calibrate, load, read_participants};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// The site's dataset: participants.tsv (y: 0 healthy, 1 HIE) and sub-*/anat/*_T1w.nii.gz, *_T2w.nii.gz. At least
    /// 15 healthy newborns; who has HIE may be missing.
    dataset: PathBuf,
    #[command(flatten)]
    images: WantedImages,
    /// The model to start from.
    #[arg(long)]
    model: PathBuf,
    /// The site's model to write.
    #[arg(long)]
    out: PathBuf,
    /// Of the injuries planted into the healthy scans.
    #[arg(long, default_value_t = 2015)]
    seed: u64,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bundle = read_bundle(&arguments.model)?;
    let rows = read_participants(&arguments.dataset)?;
    let (all, wanted) = (rows.len(), arguments.images.wanted());
    let bar = progress_bar(all as u64).with_message("Aligning images");
    let preparation = Preparation {
        dataset: &arguments.dataset,
        wanted: &wanted,
        recipe: &bundle.manifest.recipe,
        template: &bundle.template,
        cache: None,
    };
    let loaded = load(&preparation, rows, || bar.inc(1))?;
    bar.finish_and_clear();
    loaded.refused.iter().for_each(|reason| eprintln!("left out: {reason}"));
    let found = calibrate(&bundle, &loaded.subjects, all, arguments.seed, &|what| eprintln!("{what}"));
    let found = found.map_err(|e| match e {
        CalibrateError::Model(e) => anyhow::Error::from(e),
        e => BadInput(e.to_string()).into(),
    })?;
    write_whole(&arguments.out, &found.bundle.to_bytes()?)?;
    println!("{} healthy newborns, {} with HIE; {}", found.healthy, found.events, found.refitted);
    println!("On newborns left out of what judges them     before     after");
    let area = |a: Option<f64>| a.map_or("-".to_owned(), |a| format!("{a:.3}"));
    let line = |what: &str, figure: &dyn Fn(&Figures) -> String| {
        println!("  {what:<42} {:>8} {:>9}", figure(&found.old), figure(&found.new));
    };
    line("healthy below the threshold", &|f| format!("{}/{}", f.healthy_below, found.healthy));
    line("mean log-odds of healthy newborns", &|f| format!("{:.2}", f.healthy_logit));
    line("AUC, healthy against planted injuries", &|f| area(f.auc_planted));
    line("AUC, the site's outcomes", &|f| area(f.auc_outcomes));
    println!("{} written", arguments.out.display());
    Ok(ExitCode::SUCCESS)
}
