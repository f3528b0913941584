//! What the subcommands share: reading, writing, exit codes.

use anyhow::{Context, Result};
use hielight::fault::{Explained, Fault};
use hielight::model::{self as device, Bundle, ComputeDevice, ModelError};
use hielight::nomogram::{BirthWeightError, ClinicalError};
use hielight::study::{AuditError, CohortError, StudyError};
use hielight::volume::{Image, VolumeError, read_nifti, read_nifti_pair};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// An input that its giver can mend.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// Prints the error as one sentence with what to do, and picks the exit code: 2 for bad input, 1
/// for anything else.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let explained = error.chain().find_map(|e| {
        e.downcast_ref::<VolumeError>()
            .map(|e| e as &dyn Explained)
            .or_else(|| e.downcast_ref::<ModelError>().map(|e| e as &dyn Explained))
            .or_else(|| e.downcast_ref::<BirthWeightError>().map(|e| e as &dyn Explained))
            .or_else(|| e.downcast_ref::<ClinicalError>().map(|e| e as &dyn Explained))
    });
    let next = explained.map_or(String::new(), |e| format!(". {}", e.next_step()));
    eprintln!("hielight: {error:#}{next}");
    let bad = explained.is_some_and(|e| e.fault().is_bad_input())
        || error.chain().any(|e| {
            let study = e.downcast_ref::<StudyError>().map(StudyError::fault);
            let fault = study.or_else(|| e.downcast_ref::<AuditError>().map(AuditError::fault));
            e.is::<BadInput>() || e.is::<CohortError>() || fault.is_some_and(Fault::is_bad_input)
        });
    ExitCode::from(if bad { 2 } else { 1 })
}

pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| BadInput(format!("{} cannot be read: {e}", path.display())).into())
}

pub fn read_image(path: &Path) -> Result<(Vec<u8>, Image)> {
    let bytes = read_bytes(path)?;
    let read = match pair_of(path, &bytes)? {
        Some([header, voxels]) => read_nifti_pair(&header, &voxels),
        None => read_nifti(&bytes),
    };
    let image = read.and_then(|image| image.volume.check_extent().map(|()| image));
    Ok((bytes, image.with_context(|| path.display().to_string())?))
}

/// Both halves of a pair, header first, where `path` is one and the other lies beside it.
pub fn pair_of(path: &Path, bytes: &[u8]) -> Result<Option<[Vec<u8>; 2]>> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(None) };
    let lower = name.to_lowercase();
    let Some((at, kind)) = [".hdr", ".img"].iter().find_map(|kind| {
        let at = lower.rfind(kind).filter(|at| ["", ".gz"].contains(&&lower[at + 4..]))?;
        Some((at, *kind))
    }) else {
        return Ok(None);
    };
    let Some(stem) = name.get(..at) else { return Ok(None) };
    let wanted = if kind == ".hdr" { ".img" } else { ".hdr" };
    let beside = ["", ".gz"].map(|ending| path.with_file_name(format!("{stem}{wanted}{ending}")));
    let Some(other) = beside.iter().find(|other| other.is_file()) else { return Ok(None) };
    let (own, other) = (bytes.to_vec(), read_bytes(other)?);
    Ok(Some(if kind == ".hdr" { [own, other] } else { [other, own] }))
}

pub fn read_bundle(path: &Path) -> Result<Bundle> {
    let bytes = read_bytes(path)?;
    Bundle::read(&bytes).with_context(|| path.display().to_string())
}

/// [`hielight::study::write_whole`], whose error names the file.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    hielight::study::write_whole(path, bytes).with_context(|| path.display().to_string())
}

/// Writes to a file, or to standard output where the path is `-`.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<()> {
    if path == Path::new("-") { Ok(std::io::stdout().write_all(bytes)?) } else { write_whole(path, bytes) }
}

/// Which device to compute on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DeviceChoice {
    /// The graphics adapter where there is one that is hardware, else the CPU.
    Auto,
    Cpu,
    Gpu,
}

impl DeviceChoice {
    pub fn open(self) -> Result<ComputeDevice> {
        let choice = match self {
            Self::Auto => device::DeviceChoice::Auto,
            Self::Cpu => device::DeviceChoice::Cpu,
            Self::Gpu => device::DeviceChoice::Gpu,
        };
        Ok(pollster::block_on(ComputeDevice::open(choice))?.0)
    }
}

/// A progress bar with the time left, hidden where standard error is no terminal.
pub fn progress_bar(length: u64) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(length);
    if let Ok(style) =
        indicatif::ProgressStyle::with_template("{msg:40} {wide_bar} {pos}/{len} {elapsed}, {eta} left")
    {
        bar.set_style(style);
    }
    bar
}
