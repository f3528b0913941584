//! `hielight phantom`: a BIDS dataset of synthetic newborns.

use super::support::{BadInput, progress_bar, read_image, write_whole};
use anyhow::{Context, Result};
use hielight::model::PerSequence;
use hielight::study::phantom::{MODERATE, PhantomConfig, participant, write_dataset, write_newborns};
use hielight::study_report::contact_sheet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// Folder of the dataset.
    #[arg(long, required_unless_present = "sheet")]
    out: Option<PathBuf>,
    /// Write a page with pictures of every kind of newborn to this file (HTML).
    #[arg(long)]
    sheet: Option<PathBuf>,
    /// Two real images, T1w and T2w, to show on that page too; may be given several times.
    #[arg(long, num_args = 2, value_names = ["T1W", "T2W"], requires = "sheet")]
    beside: Vec<PathBuf>,
    /// Write one newborn only: the first with a moderate injury. So the demo case is chosen.
    #[arg(long)]
    first_moderate: bool,
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
    if let Some(sheet) = &arguments.sheet {
        let mut beside = Vec::new();
        for pair in arguments.beside.chunks_exact(2) {
            let [t1, t2] = pair else { continue };
            let name = format!("{} and {}", t1.display(), t2.display());
            let pair = PerSequence { T1w: t1, T2w: t2 };
            let read = |sequence| Ok::<_, anyhow::Error>(read_image(pair.of(sequence))?.1.volume.into_ras());
            beside.push((name, PerSequence::try_from_fn(read)?));
        }
        let page = contact_sheet(arguments.seed, &beside).map_err(anyhow::Error::msg)?;
        write_whole(sheet, page.as_bytes())?;
        println!("{} written", sheet.display());
    }
    let Some(out) = &arguments.out else { return Ok(ExitCode::SUCCESS) };
    let config = PhantomConfig {
        seed: arguments.seed,
        hie: arguments.hie,
        controls: arguments.controls,
        share_center_b: arguments.share_center_b,
    };
    if config.is_empty() || !(0.0..=1.0).contains(&config.share_center_b) {
        return Err(BadInput("ask for at least one newborn, and a share from 0 to 1".into()).into());
    }
    if arguments.first_moderate {
        let moderate = (0..config.len())
            .map(|i| participant(&config, i))
            .find(|p| p.lesion.is_some_and(|l| MODERATE.contains(&l.severity)));
        let Some(newborn) = moderate else {
            return Err(BadInput(
                "nobody of this cohort has a moderate injury: ask for more newborns with HIE".into(),
            )
            .into());
        };
        write_newborns(&[newborn], out, || ()).with_context(|| out.display().to_string())?;
        println!("One synthetic newborn written to {}", out.display());
        return Ok(ExitCode::SUCCESS);
    }
    let bar = progress_bar(config.len() as u64).with_message("Scanning synthetic newborns");
    write_dataset(&config, out, || bar.inc(1)).with_context(|| out.display().to_string())?;
    bar.finish_and_clear();
    println!("{} synthetic newborns written to {}", config.len(), out.display());
    Ok(ExitCode::SUCCESS)
}
