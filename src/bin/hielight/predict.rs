//! `hielight predict`: one newborn.

use super::dicom::{Folder, is_dicom, label};
use super::support::{BadInput, DeviceChoice, read_bundle, read_image, write_output, write_whole};
use anyhow::Result;
use hielight::dicom::Weighting;
use hielight::fault::{Explained as _, Notice};
use hielight::model::{
    Assessment, ComputeDevice, ModelError, Outcome, PerSequence, Predictor, Provenance, Sequence, map_name,
    sha256_hex,
};
use hielight::nomogram::{BirthWeight, Clinical};
use hielight::text;
use hielight::volume::Scan;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// The model bundle.
    #[arg(long)]
    model: PathBuf,
    /// The T1-weighted image: a NIfTI file, or a folder of DICOM files.
    #[arg(long, required_unless_present = "dicom")]
    t1w: Option<PathBuf>,
    /// The T2-weighted image: a NIfTI file, or a folder of DICOM files.
    #[arg(long, required_unless_present = "dicom")]
    t2w: Option<PathBuf>,
    /// A folder of DICOM files with both images.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["t1w", "t2w"])]
    dicom: Option<PathBuf>,
    /// Which DICOM series is the T1-weighted image, by its number or its identifier (`hielight inspect`); without it
    /// the one whose names and timing say so, if it is one.
    #[arg(long, value_name = "SERIES")]
    t1_series: Option<String>,
    /// Which DICOM series is the T2-weighted image.
    #[arg(long, value_name = "SERIES")]
    t2_series: Option<String>,
    /// The birth weight in grams.
    #[arg(long, allow_hyphen_values = true)]
    birth_weight_g: String,
    /// A further term that the model's card lists, as TERM=NUMBER; once for each.
    #[arg(long, value_name = "TERM=NUMBER", allow_hyphen_values = true)]
    covariate: Vec<String>,
    /// Write the answer as JSON to this file (`-`: standard output).
    #[arg(long)]
    json: Option<PathBuf>,
    /// Write the signed Grad-CAM of each sequence, in the stored grid of that image's file, into this folder.
    #[arg(long)]
    cam_out: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceChoice,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let birth_weight = BirthWeight::parse(&arguments.birth_weight_g)?;
    let bundle = read_bundle(&arguments.model)?;
    let typed = arguments.covariate.iter().map(|text| match text.rsplit_once('=') {
        Some((term, number)) => Ok((term.to_owned(), number.to_owned())),
        None => Err(BadInput(format!("\"{text}\" is not TERM=NUMBER, such as gestational_age_weeks=39.5"))),
    });
    let typed: Vec<(String, String)> = typed.collect::<Result<_, _>>()?;
    let clinical = Clinical::parse(birth_weight, &typed, &bundle.manifest.nomogram.terms)?;
    let paths = PerSequence { T1w: &arguments.t1w, T2w: &arguments.t2w };
    let asked = PerSequence { T1w: &arguments.t1_series, T2w: &arguments.t2_series };
    let weighting = PerSequence { T1w: Weighting::T1, T2w: Weighting::T2 };
    let read = PerSequence::try_from_fn(|sequence| {
        let path =
            paths.of(sequence).as_ref().cloned().or_else(|| arguments.dicom.clone()).unwrap_or_default();
        read_scan(&path, *weighting.of(sequence), asked.of(sequence).as_deref())
    })?;
    if read.T1w.0 == read.T2w.0 {
        return Err(ModelError::SameImage.into());
    }
    let provenance = Provenance::new(read.as_ref().map(|(bytes, _)| sha256_hex(bytes)), &clinical);
    let images = read.map(|(_, image)| image);
    let mut warnings: Vec<Notice> =
        images.iter().flat_map(|(sequence, image)| labelled(sequence, image)).collect();

    let device = arguments.device.open()?;
    let fallback = arguments.device == DeviceChoice::Auto && device.info.kind != "cpu";
    let predictor = Predictor::new(&bundle, device)?;
    let predictor = match pollster::block_on(predictor.self_test()) {
        Ok(_) => predictor,
        Err(error) if fallback => {
            let message = text!("{reason}: the CPU answers instead.", reason = error.text());
            warnings.push(Notice::new("self_test_failed", message));
            let cpu = Predictor::new(&bundle, ComputeDevice::cpu())?;
            pollster::block_on(cpu.self_test())?;
            cpu
        }
        Err(error) => return Err(error.into()),
    };
    let mut unheard = |_| ();
    let outcome =
        predictor.assess_images(images.as_ref().map(|image| &image.volume), clinical, warnings, &mut unheard);
    let outcome = pollster::block_on(outcome)?;
    if let Some(path) = &arguments.json {
        write_output(path, predictor.document(&outcome, &provenance).as_bytes())?;
    }
    match outcome {
        Outcome::Abstained { reasons, .. } => {
            let sentences: Vec<String> = reasons.iter().map(|r| r.message.to_string()).collect();
            eprintln!("hielight: no probability is given. {}", sentences.join(" "));
            Ok(ExitCode::from(2))
        }
        Outcome::Assessed { assessment, maps } => {
            if arguments.json.is_none() {
                print(&assessment);
            }
            if let Some(folder) = &arguments.cam_out {
                for (sequence, map) in maps.iter() {
                    let file = predictor.map_file(map, &images.of(sequence).stored, &assessment);
                    write_whole(&folder.join(map_name(sequence)), &file)?;
                }
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// An image and the bytes that it was read from: of a file, or of a folder's DICOM series.
fn read_scan(path: &Path, weighting: Weighting, asked: Option<&str>) -> Result<(Vec<u8>, Scan)> {
    let folder = if path.is_dir() {
        Some(Folder::of(path)?)
    } else if is_dicom(path)? {
        Folder::open(&[path.to_path_buf()])?
    } else {
        None
    };
    let Some(folder) = folder else {
        let (bytes, image) = read_image(path)?;
        return Ok((bytes, image.into()));
    };
    let series = folder.choose(weighting, asked)?;
    let (bytes, mut scan) = folder.read(series)?;
    scan.volume.check_extent()?;
    if asked.is_none() {
        let message =
            text!("DICOM series {series} was taken, by its names and its timing.", series = label(series));
        scan.warnings.push(Notice::new("dicom_series", message));
    }
    Ok((bytes, scan))
}

/// Warnings of one image, named after its sequence.
fn labelled(sequence: Sequence, image: &Scan) -> Vec<Notice> {
    image.warnings.iter().map(|w| w.labelled(sequence.suffix())).collect()
}

fn print(assessment: &Assessment) {
    let percent = |p: f64| format!("{:.1} %", 100.0 * p);
    println!("Probability of HIE: {}", percent(assessment.probability));
    let [low, high] = assessment.interval95;
    println!("95 % interval (nomogram coefficients only): {} to {}", percent(low), percent(high));
    if let Some([low, high]) = assessment.rescan_interval95 {
        println!("95 % interval of another scan: {} to {}", percent(low), percent(high));
    }
    let [low, high] = assessment.ensemble_range;
    println!("Range over the fold models: {} to {}", percent(low), percent(high));
    for term in &assessment.points.terms {
        println!("{}: {:.3}, {:.1} points", term.term, term.value, term.points);
    }
    for peak in &assessment.cam_peaks.0 {
        let [r, a, s] = peak.ras_mm;
        let region = peak.region.map_or(String::new(), |region| format!(", {}", region.name()));
        println!(
            "Peak {}: RAS {r:.1} {a:.1} {s:.1} mm{region}, {:.3} log-odds per ml",
            peak.sequence.suffix(),
            peak.value
        );
    }
    for warning in &assessment.warnings {
        println!("Warning: {}", warning.message);
    }
    println!(
        "Model {} ({}), {}",
        assessment.model.name,
        &assessment.model.sha256[..12],
        assessment.device.name
    );
}
