//! `hielight model`: a bundle's card, hash and self-test.

use super::support::{DeviceChoice, read_bundle};
use anyhow::Result;
use hielight::model::Predictor;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle file.
    model: PathBuf,
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceChoice,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bundle = read_bundle(&arguments.model)?;
    println!("{}\nSHA-256 {}\n", bundle.identity.name, bundle.identity.sha256);
    for (heading, text) in &bundle.manifest.card {
        println!("{heading}: {text}");
    }
    let nomogram = &bundle.manifest.nomogram;
    println!("Intercept: {}", nomogram.intercept);
    for ((term, coefficient), [low, high]) in
        nomogram.terms.iter().zip(&nomogram.coefficients).zip(&nomogram.limits)
    {
        println!("Coefficient of {term}: {coefficient} (training range {low} to {high})");
    }
    println!("Threshold: {}", bundle.manifest.threshold);
    let predictor = Predictor::new(&bundle, arguments.device.open()?)?;
    let worst = pollster::block_on(predictor.self_test())?;
    println!(
        "Self-test on {}: passed, largest difference {worst:.1e} on the logit",
        predictor.device().info.name
    );
    Ok(ExitCode::SUCCESS)
}
