//! `hielight convert`: DICOM series as NIfTI files.

use super::dicom::{Folder, label};
use super::support::write_whole;
use anyhow::Result;
use hielight::dicom::{Series, Weighting};
use hielight::fault::Explained as _;
use hielight::volume::{Encoding, write_nifti_gz};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// A folder of DICOM files.
    folder: PathBuf,
    /// The folder for the NIfTI files, such as `3_T1w.nii.gz`: the number of a series and its proposed contrast. They
    /// say nothing of the patient.
    #[arg(long)]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = Folder::of(&arguments.folder)?;
    let mut written = BTreeSet::new();
    for series in &folder.series {
        let name = file_name(series, &written);
        // A refusal of one takes no other along.
        match folder.read(series) {
            Ok((_, scan)) => {
                write_whole(&arguments.out.join(&name), &write_nifti_gz(&scan.volume, Encoding::F32))?;
                println!("{name}: series {}", label(series));
                for warning in &scan.warnings {
                    println!("  Warning: {}", warning.message);
                }
                written.insert(name);
            }
            Err(error) => {
                let next = error
                    .downcast_ref::<hielight::dicom::DicomError>()
                    .map_or(String::new(), |e| format!(". {}", e.next_step()));
                println!("refused: {error:#}{next}");
            }
        }
    }
    Ok(ExitCode::from(if written.is_empty() { 2 } else { 0 }))
}

fn file_name(series: &Series, taken: &BTreeSet<String>) -> String {
    let number = series.number.map_or_else(|| "series".to_owned(), |n| n.to_string());
    let contrast = series.weighting.map_or("MR", Weighting::suffix);
    let name = format!("{number}_{contrast}.nii.gz");
    if taken.contains(&name) { format!("{number}_{contrast}_{}.nii.gz", series.id) } else { name }
}
