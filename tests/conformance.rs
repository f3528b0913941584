//! Does every file of other projects' test collections read as the reference reader reads it?
//!
//! `reference/corpus.json` is what nibabel 5.4.2 says of each file; `data/cases/cases.json` what the format's own header
//! file, nibabel or exact arithmetic say of small inputs after public bug reports (`data/README.md`).

mod support;

use hielight::fault::Explained as _;
use hielight::volume::{
    Facts, Grid, VolumeError, describe_nifti, is_pair_header, read_nifti, read_nifti_pair, resample,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files of the reference that are too large for the repository.
const LEFT_OUT: [&str; 10] = [
    "neonatal/Template-Month0-T1w.nii.gz",
    "neonatal/Template-Month0-T2w.nii.gz",
    "nibabel/example4d.nii.gz",
    "nifti-reader-js/5D_zeros.nii.gz",
    "nifti-reader-js/air.img.gz",
    "nifti-reader-js/air2.img.gz",
    "nifti-reader-js/avg152T1_LR_nifti.nii",
    "nifti-reader-js/avg152T1_LR_nifti.nii.gz",
    "nifti-reader-js/avg152T1_LR_nifti2.nii.gz",
    "nifti-rs/avg152T1_LR_nifti.nii.gz",
];

fn corpus() -> PathBuf {
    support::data().join("corpus")
}

/// The files by name with what the reference says of them. `HIELIGHT_CORPUS` names a folder with all of them.
fn files() -> Vec<(String, PathBuf, Value)> {
    let reference: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("reference/corpus.json")).unwrap();
    let folder = std::env::var_os("HIELIGHT_CORPUS").map_or_else(corpus, PathBuf::from);
    let files = reference.into_iter().map(|(name, facts)| {
        let path = folder.join(&name);
        (name, path, facts)
    });
    let (there, missing): (Vec<_>, Vec<_>) = files.partition(|(_, path, _)| path.is_file());
    for (name, ..) in &missing {
        assert!(LEFT_OUT.contains(&name.as_str()), "{name} is missing");
    }
    there
}

/// The other half of a pair, where there is one.
fn other_half(path: &Path) -> Option<PathBuf> {
    let name = path.to_str()?;
    let swapped =
        if name.contains(".hdr") { name.replace(".hdr", ".img") } else { name.replace(".img", ".hdr") };
    Some(PathBuf::from(swapped)).filter(|other| other != path && other.is_file())
}

fn read(path: &Path) -> Result<Facts, VolumeError> {
    let bytes = std::fs::read(path).unwrap();
    let other = other_half(path).map(|other| std::fs::read(other).unwrap());
    let read = match &other {
        Some(other) if is_pair_header(&bytes) => describe_nifti(&bytes, Some(other)),
        Some(other) => describe_nifti(other, Some(&bytes)),
        None => describe_nifti(&bytes, None),
    };
    read.map(|(facts, _)| facts)
}

#[test]
fn is_every_file_read_as_the_reference_reads_it() {
    let mut seen = 0;
    for (name, path, facts) in files() {
        // A half whose other one is too large for the repository.
        let is_half = name.contains("air") && other_half(&path).is_none();
        let is_flat = facts["shape"].as_array().is_some_and(|shape| shape.len() < 3);
        if facts.get("rejected").is_some() || is_half || is_flat {
            continue;
        }
        let ours = serde_json::to_value(read(&path).unwrap_or_else(|e| panic!("{name}: {e}"))).unwrap();
        check(&name, &ours, &facts);
        seen += 1;
    }
    assert!(seen > 45, "only {seen} files were read");
}

/// That what was read is what was expected, key by key.
fn check(name: &str, ours: &Value, expected: &Value) {
    for key in ["nifti", "shape", "datatype", "endian", "sform_code", "qform_code", "axcodes"] {
        if let Some(expected) = expected.get(key) {
            assert_eq!(&ours[key], expected, "{name}: {key}");
        }
    }
    // The reference rounds to six decimals; its statistics are sums in another order.
    for (key, tolerance) in [("zooms", 1e-5), ("affine", 1e-5), ("first_volume", 1e-6)] {
        let Some(expected) = expected.get(key) else { continue };
        let (ours, theirs) = (numbers(&ours[key]), numbers(expected));
        assert_eq!(ours.len(), theirs.len(), "{name}: {key}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let scale = theirs.abs().max(1.0);
            assert!((ours - theirs).abs() <= tolerance * scale, "{name}: {key}: {ours} for {theirs}");
        }
    }
}

#[test]
fn is_every_other_file_refused_with_a_sentence_and_a_next_step() {
    for (name, path, _) in files().into_iter().filter(|(.., facts)| facts.get("rejected").is_some()) {
        let error = read(&path).err().unwrap_or_else(|| panic!("{name} was read"));
        assert!(
            error.to_string().len() > 15 && error.next_step().to_string().ends_with('.'),
            "{name}: {error}"
        );
    }
}

#[test]
fn is_a_half_of_a_pair_refused_alone_and_read_with_the_other_in_either_order() {
    let folder = corpus().join("nifti-rs");
    for ending in ["", ".gz"] {
        let half = |kind: &str| std::fs::read(folder.join(format!("minimal.{kind}{ending}"))).unwrap();
        let (header, voxels) = (half("hdr"), half("img"));
        assert!(matches!(read_nifti(&header), Err(VolumeError::Pair { missing: None })));
        assert!(read_nifti(&voxels).is_err());
        assert!(is_pair_header(&header) && !is_pair_header(&voxels));
        let image = read_nifti_pair(&header, &voxels).unwrap();
        assert_eq!(image.volume.dims(), [64, 64, 10]);
    }
    let whole = std::fs::read(folder.join("minimal.nii")).unwrap();
    let voxels = std::fs::read(folder.join("minimal.img")).unwrap();
    assert!(matches!(read_nifti_pair(&whole, &voxels), Err(VolumeError::NoPair)));
}

#[test]
fn is_a_series_described_and_not_taken_for_an_image() {
    let bytes = std::fs::read(corpus().join("nibabel/functional.nii")).unwrap();
    assert!(matches!(read_nifti(&bytes), Err(VolumeError::Series(20))));
    assert_eq!(describe_nifti(&bytes, None).unwrap().0.shape, [17, 21, 3, 20]);
}

#[test]
fn do_other_readers_crash_files_end_in_an_error() {
    for entry in std::fs::read_dir(corpus().join("nifti-rs/fuzz_artifacts")).unwrap() {
        let path = entry.unwrap().path();
        assert!(read_nifti(&std::fs::read(&path).unwrap()).is_err(), "{}", path.display());
    }
}

#[test]
fn is_every_odd_file_of_a_bug_report_read_or_refused_rightly() {
    let folder = support::data().join("cases");
    let cases: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("cases.json")).unwrap()).unwrap();
    let mut seen = 0;
    for (name, case) in cases.iter().filter(|(name, _)| name.starts_with('H')) {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let expected = &case["expected"];
        let read = describe_nifti(&bytes, None);
        match expected.get("read") {
            Some(facts) => {
                let (ours, warnings) = read.unwrap_or_else(|e| panic!("{name}: {e}"));
                check(name, &serde_json::to_value(ours).unwrap(), facts);
                if expected.get("warn").is_some() {
                    assert!(!warnings.is_empty(), "{name}: no warning");
                }
            }
            None => {
                let error = read.err().unwrap_or_else(|| panic!("{name} was read"));
                // What is no image has never been DICOM.
                let is_image = name.starts_with("H08");
                let advice = error.next_step().to_string();
                assert!(is_image || !advice.contains("DICOM"), "{name}: {}", error.in_full());
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 37);
}

#[test]
fn are_the_24_storage_orders_one_image() {
    let folder = corpus().join("orientations");
    let read = |name: &str| read_nifti(&std::fs::read(folder.join(name)).unwrap()).unwrap().volume;
    let reference = read("RAS.nii.gz").into_ras();
    let grid = Grid { dims: [40, 50, 42], affine: support::scaled_about(&reference, [40, 50, 42]) };
    let resampled = resample(&reference, &grid, 0.0);
    let mut orders = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
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
