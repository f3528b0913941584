//! `hielight phantom`: a BIDS dataset of synthetic newborns.

use super::support::{BadInput, progress_bar};
use anyhow::{Context, Result};
use hielight::study::phantom::{PhantomConfig, write_dataset};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of the dataset.
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value_t = PhantomConfig::default().seed)]
    seed: u64,
    /// Newborns with HIE.
    #[arg(long, default_value_t = PhantomConfig::default().hie)]
    hie: usize,
    /// Healthy newborns.
    #[arg(long, default_value_t = PhantomConfig::default().controls)]
    controls: usize,
    /// Share of each group that center B scanned.
    #[arg(long, default_value_t = PhantomConfig::default().share_center_b)]
    share_center_b: f64,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let config = PhantomConfig {
        seed: arguments.seed,
        hie: arguments.hie,
        controls: arguments.controls,
        share_center_b: arguments.share_center_b,
    };
    if config.is_empty() || !(0.0..=1.0).contains(&config.share_center_b) {
        return Err(BadInput("ask for at least one newborn, and a share from 0 to 1".into()).into());
    }
    let bar = progress_bar(config.len() as u64).with_message("Scanning synthetic newborns");
    write_dataset(&config, &arguments.out, || bar.inc(1))
        .with_context(|| arguments.out.display().to_string())?;
    bar.finish_and_clear();
    println!("{} synthetic newborns written to {}", config.len(), arguments.out.display());
    Ok(ExitCode::SUCCESS)
}
