//! Does every file of other projects' test collections read as the reference reader reads it?
//!
//! `reference/corpus.json` is what nibabel 5.4.2 says of each file (written by the collection's own
//! `describe.py`). The files lie beside the repository; where they are absent, these tests say so and pass.

mod support;

use hielight::fault::Explained as _;
use hielight::volume::{Grid, read_nifti, resample};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn reference() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("reference/corpus.json")).unwrap()
}

/// The collection's files by name, or `None` with a word of it on the console.
fn files() -> Option<Vec<(String, PathBuf, Value)>> {
    let corpus = support::corpus()?;
    let files = reference().into_iter().map(|(name, facts)| {
        let path = corpus.join(&name);
        (name, path, facts)
    });
    Some(files.filter(|(_, path, _)| path.is_file()).collect())
}

/// What this version reads of what the reference reader reads: the rest it refuses.
fn is_in_scope(facts: &Value, path: &str) -> bool {
    let shape = facts["shape"].as_array().map(Vec::as_slice).unwrap_or_default();
    let single = shape.len() >= 3 && shape[3..].iter().all(|n| *n == 1);
    let pair = path.contains(".hdr") || path.contains(".img");
    facts.get("rejected").is_none() && facts["nifti"] == 1 && single && !pair
}

#[test]
fn is_every_supported_file_read_as_the_reference_reads_it() {
    let Some(files) = files() else { return };
    let mut read = 0;
    for (name, path, facts) in files.iter().filter(|(name, _, facts)| is_in_scope(facts, name)) {
        let image = read_nifti(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let ours = serde_json::to_value(&image.facts).unwrap();
        for key in ["nifti", "shape", "datatype", "endian", "sform_code", "qform_code", "axcodes"] {
            assert_eq!(ours[key], facts[key], "{name}: {key}");
        }
        // The reference rounds to six decimals; its statistics are sums in another order.
        for (key, tolerance) in [("zooms", 1e-6), ("affine", 1e-5), ("first_volume", 1e-6)] {
            let (ours, theirs) = (numbers(&ours[key]), numbers(&facts[key]));
            assert_eq!(ours.len(), theirs.len(), "{name}: {key}");
            for (ours, theirs) in ours.iter().zip(&theirs) {
                let scale = theirs.abs().max(1.0);
                assert!((ours - theirs).abs() <= tolerance * scale, "{name}: {key}: {ours} for {theirs}");
            }
        }
        read += 1;
    }
    assert!(read > 40, "only {read} files of the collection were read");
}

#[test]
fn is_every_other_file_refused_with_a_sentence_and_a_next_step() {
    let Some(files) = files() else { return };
    for (name, path, _) in files.iter().filter(|(name, _, facts)| !is_in_scope(facts, name)) {
        let error =
            read_nifti(&std::fs::read(path).unwrap()).err().unwrap_or_else(|| panic!("{name} was read"));
        assert!(
            error.to_string().len() > 15 && error.next_step().to_string().ends_with('.'),
            "{name}: {error}"
        );
    }
}

#[test]
fn do_other_readers_crash_files_end_in_an_error() {
    let Some(corpus) = support::corpus() else { return };
    for entry in std::fs::read_dir(corpus.join("nifti-rs/fuzz_artifacts")).unwrap() {
        let path = entry.unwrap().path();
        assert!(read_nifti(&std::fs::read(&path).unwrap()).is_err(), "{}", path.display());
    }
}

#[test]
fn are_the_24_storage_orders_one_image() {
    let Some(corpus) = support::corpus() else { return };
    let read = |name: &str| {
        let bytes = std::fs::read(corpus.join("orientations").join(name)).unwrap();
        read_nifti(&bytes).unwrap().volume
    };
    let reference = read("RAS.nii.gz").into_ras();
    let grid = Grid { dims: [40, 50, 42], affine: support::scaled_about(&reference, [40, 50, 42]) };
    let resampled = resample(&reference, &grid, 0.0);
    let mut orders = 0;
    for entry in std::fs::read_dir(corpus.join("orientations")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let volume = read(&name);
        assert_eq!(volume.affine().axcodes(), name[..3], "the file says how it is stored");
        let ras = volume.clone().into_ras();
        assert_eq!((ras.dims(), ras.voxels()), (reference.dims(), reference.voxels()), "{name}");
        let apart = numbers_apart(ras.affine().rows(), reference.affine().rows());
        // f32 header fields of some 100 mm.
        assert!(apart < 1e-4, "{name}: affine differs by {apart}");
        let again = resample(&volume, &grid, 0.0);
        // Interpolation weights of the same place, reached from another side, in f32.
        let worst =
            again.voxels().iter().zip(resampled.voxels()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.05, "{name}: resampled differs by {worst} of 255");
        orders += 1;
    }
    assert_eq!(orders, 24);
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        // By name: the two documents need not have the same order.
        Value::Object(fields) => {
            fields.iter().collect::<BTreeMap<_, _>>().into_values().flat_map(numbers).collect()
        }
        Value::Number(n) => n.as_f64().into_iter().collect(),
        _ => vec![],
    }
}

fn numbers_apart(a: [[f64; 4]; 3], b: [[f64; 4]; 3]) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
