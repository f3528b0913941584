//! `hielight inspect`: what is read from image files.

use super::dicom::{Folder, is_dicom};
use anyhow::Result;
use hielight::dicom::{Series, Weighting};
use hielight::fault::Explained as _;
use hielight::study::{ImageFile, ImageFileError};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// NIfTI files, folders of DICOM files, or DICOM files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut all = Map::new();
    let mut refused = false;
    let mut dicom = Vec::new();
    for path in &arguments.files {
        if path.is_dir() {
            let folder = Folder::of(path)?;
            refused |= !folder.series.iter().any(|series| series.check().is_ok());
            all.insert(path.display().to_string(), described(&folder));
            continue;
        }
        if is_dicom(path)? {
            dicom.push(path.clone());
            continue;
        }
        let entry = match ImageFile::open(path) {
            Ok(file) => file.inspect(),
            Err(ImageFileError::Volume { source, .. }) => source.inspection(),
            Err(error) => return Err(error.into()),
        };
        refused |= entry.get("rejected").is_some();
        all.insert(path.display().to_string(), entry);
    }
    if let Some(folder) = Folder::open(&dicom)? {
        refused |= !folder.series.iter().any(|series| series.check().is_ok());
        all.insert("DICOM files".to_owned(), described(&folder));
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        for (path, entry) in &all {
            println!("{path}");
            print_entry(entry, 1);
        }
    }
    Ok(ExitCode::from(if refused { 2 } else { 0 }))
}

/// The series of a folder; what the files say of the patient is not read.
fn described(folder: &Folder) -> Value {
    let mut entry = Map::new();
    for series in &folder.series {
        let number = series.number.map_or_else(|| "without number".to_owned(), |n| n.to_string());
        let mut name = format!("series {number}");
        if entry.contains_key(&name) {
            name = format!("{name} {}", series.id);
        }
        entry.insert(name, facts(series));
    }
    if folder.damaged > 0 {
        entry.insert("damaged_files".to_owned(), folder.damaged.into());
    }
    Value::Object(entry)
}

fn facts(series: &Series) -> Value {
    let mut facts = json!({
        "description": series.description,
        "id": series.id,
        "sequence": series.weighting.map(Weighting::suffix),
        "shape": series.dims,
        "zooms": series.spacing_mm,
        "thickness_mm": series.thickness_mm,
    });
    if let Some(doubt) = series.doubt {
        facts["doubt"] = doubt.text().to_string().into();
    }
    if let Err(error) = series.check() {
        facts["rejected"] = error.in_full().to_string().into();
    }
    facts
}

fn print_entry(entry: &Value, depth: usize) {
    let Value::Object(fields) = entry else { return };
    for (key, value) in fields {
        match value {
            Value::Object(_) => {
                println!("{:1$}{key}", "", 2 * depth);
                print_entry(value, depth + 1);
            }
            Value::String(text) => println!("{:1$}{key}: {text}", "", 2 * depth),
            other => println!("{:1$}{key}: {other}", "", 2 * depth),
        }
    }
}
