//! What the subcommands share: reading, writing, exit codes.

use anyhow::{Context, Result};
use hielight::archive::{DatasetError, Exit, OutputError};
use hielight::bids::Wanted;
use hielight::dicom::DicomError;
use hielight::fault::{Explained, Fault};
use hielight::model::{self as device, Bundle, ComputeDevice, ModelError};
use hielight::nomogram::{BirthWeightError, ClinicalError};
use hielight::study::{AuditError, CohortError, ImageFile, ImageFileError, StudyError};
use hielight::volume::{Image, VolumeError};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// An input that its giver can mend.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadInput(pub String);

/// Prints the error as one sentence with what to do, and picks the exit code.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    let (words, exit) = explained(error);
    eprintln!("hielight: {words}");
    exit.into()
}

/// An error as one sentence with what to do, and whose fault it is: bad input, or anything else.
pub fn explained(error: &anyhow::Error) -> (String, Exit) {
    let explained = error.chain().find_map(|e| {
        e.downcast_ref::<VolumeError>()
            .map(|e| e as &dyn Explained)
            .or_else(|| e.downcast_ref::<DicomError>().map(|e| e as &dyn Explained))
            .or_else(|| e.downcast_ref::<ModelError>().map(|e| e as &dyn Explained))
            .or_else(|| e.downcast_ref::<BirthWeightError>().map(|e| e as &dyn Explained))
            .or_else(|| e.downcast_ref::<ClinicalError>().map(|e| e as &dyn Explained))
    });
    let next = explained.map_or(String::new(), |e| format!(". {}", e.next_step()));
    let bad = explained.is_some_and(|e| e.fault().is_bad_input())
        || error.chain().any(|e| {
            let study = e.downcast_ref::<StudyError>().map(StudyError::fault);
            let fault = study.or_else(|| e.downcast_ref::<AuditError>().map(AuditError::fault));
            let is_input = e.is::<BadInput>()
                || e.is::<CohortError>()
                || e.is::<ImageFileError>()
                || e.is::<DatasetError>()
                || matches!(e.downcast_ref(), Some(OutputError::Another { .. }));
            is_input || fault.is_some_and(Fault::is_bad_input)
        });
    (format!("{error:#}{next}"), if bad { Exit::BadInput } else { Exit::Failed })
}

pub fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| BadInput(format!("{} cannot be read: {e}", path.display())).into())
}

/// An image and the bytes of its files.
pub fn read_image(path: &Path) -> Result<(Vec<u8>, Image)> {
    let file = ImageFile::open(path)?;
    let image = file.read()?;
    image.volume.check_extent().with_context(|| path.display().to_string())?;
    Ok((file.bytes, image))
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

/// Which images of a participant, where there are several.
#[derive(Debug, Clone, clap::Args)]
pub struct WantedImages {
    /// The session to take, such as 01 (`none`: images without one).
    #[arg(long)]
    session: Option<String>,
    /// The acquisition to take, such as mprage (`none`: images without one).
    #[arg(long)]
    acquisition: Option<String>,
    /// The run to take, such as 1 (`none`: images without one).
    #[arg(long)]
    run: Option<String>,
}

impl WantedImages {
    /// As they were typed.
    pub fn options(&self) -> String {
        let all = [("session", &self.session), ("acquisition", &self.acquisition), ("run", &self.run)];
        let given =
            all.into_iter().filter_map(|(name, value)| Some(format!(" --{name} {}", value.as_ref()?)));
        given.collect()
    }

    pub fn wanted(&self) -> Wanted {
        let Self { session, acquisition, run } = self.clone();
        Wanted { session, acquisition, run }
    }
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
