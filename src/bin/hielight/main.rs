//! The command line: synthetic cohorts, training, prediction, inspection.
#![cfg_attr(target_arch = "wasm32", allow(unused, reason = "the command line exists natively only"))]

#[cfg(not(target_arch = "wasm32"))]
mod audit;
#[cfg(not(target_arch = "wasm32"))]
mod bids;
#[cfg(not(target_arch = "wasm32"))]
mod calibrate;
#[cfg(not(target_arch = "wasm32"))]
mod convert;
#[cfg(not(target_arch = "wasm32"))]
mod dicom;
#[cfg(not(target_arch = "wasm32"))]
mod evaluate;
#[cfg(not(target_arch = "wasm32"))]
mod inspect;
#[cfg(not(target_arch = "wasm32"))]
mod model;
#[cfg(not(target_arch = "wasm32"))]
mod nomogram;
#[cfg(not(target_arch = "wasm32"))]
mod phantom;
#[cfg(not(target_arch = "wasm32"))]
mod predict;
#[cfg(not(target_arch = "wasm32"))]
mod support;
#[cfg(not(target_arch = "wasm32"))]
mod table;
#[cfg(not(target_arch = "wasm32"))]
mod train;

#[cfg(not(target_arch = "wasm32"))]
#[derive(clap::Parser)]
#[command(
    version,
    about = "Probability of neonatal hypoxic-ischemic encephalopathy from T1w, T2w and birth weight. \
Research use only."
)]
enum Command {
    /// Write a BIDS dataset of synthetic newborns.
    Phantom(phantom::Arguments),
    /// Train the model on a BIDS dataset and write its bundle.
    Train(train::Arguments),
    /// Try a bundle on unseen synthetic newborns: overlay, repeatability, refusals.
    Audit(audit::Arguments),
    /// Fit a model to a site by its own healthy scans.
    Calibrate(calibrate::Arguments),
    /// Assess one newborn.
    Predict(predict::Arguments),
    /// Assess an archive in BIDS, as a BIDS-App: hielight BIDS_DIR OUTPUT_DIR participant is the same.
    Bids(bids::Arguments),
    /// Evaluate predictions: discrimination, calibration, net benefit, per cohort.
    Evaluate(evaluate::Arguments),
    /// Fit a logistic model on a table and print its coefficients and points.
    Nomogram(nomogram::Arguments),
    /// Print what is read from image files, and the series in folders of DICOM files.
    Inspect(inspect::Arguments),
    /// Write the DICOM series of a folder as NIfTI files.
    Convert(convert::Arguments),
    /// Print a bundle's card and hash and run its self-test.
    Model(model::Arguments),
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    let commands = <Command as clap::CommandFactory>::command();
    let commands: Vec<String> = commands.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let arguments = bids::with_command(std::env::args_os().collect(), &commands);
    let outcome = match <Command as clap::Parser>::parse_from(arguments) {
        Command::Phantom(arguments) => phantom::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Predict(arguments) => predict::run(&arguments),
        Command::Bids(arguments) => bids::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Nomogram(arguments) => nomogram::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Model(arguments) => model::run(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => support::exit_code(&error),
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
