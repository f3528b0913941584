//! `hielight inspect`: what is read from image files.

use anyhow::Result;
use hielight::fault::{Explained as _, Notice};
use hielight::study::{ImageFile, ImageFileError};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    /// NIfTI files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut all = Map::new();
    let mut refused = false;
    for path in &arguments.files {
        let entry = match ImageFile::open(path).and_then(|file| file.describe()) {
            Ok((facts, warnings)) => {
                let mut entry = serde_json::to_value(&facts)?;
                if !warnings.is_empty() {
                    let warnings: Vec<_> = warnings.iter().map(Notice::in_english).collect();
                    entry["warnings"] = serde_json::to_value(warnings)?;
                }
                entry
            }
            Err(ImageFileError::Volume { source, .. }) => {
                refused = true;
                json!({ "rejected": source.in_full().to_string() })
            }
            Err(error) => return Err(error.into()),
        };
        all.insert(path.display().to_string(), entry);
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
