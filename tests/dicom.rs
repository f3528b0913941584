//! DICOM: files of several scanners and writers against a reference converter's answers.

use hielight::dicom::{DicomError, Instance, Series, series};
use hielight::fault::Explained as _;
use hielight::volume::Volume;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Sets of files with `expected.json` beside them; another folder of the same form may be named.
fn root() -> PathBuf {
    std::env::var_os("HIELIGHT_DICOM_SETS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dicom"), PathBuf::from)
}

struct Set {
    files: Vec<PathBuf>,
    series: Vec<Series>,
}

impl Set {
    fn of(folder: &Path) -> Self {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        let read = |(n, path): (usize, &PathBuf)| {
            Instance::read(&std::fs::read(path).unwrap()).ok().map(|instance| (n, instance))
        };
        let instances: Vec<(usize, Instance)> = files.iter().enumerate().filter_map(read).collect();
        Self { series: series(&instances), files }
    }

    fn load(&self) -> impl FnMut(usize) -> Option<Vec<u8>> {
        |n| std::fs::read(&self.files[n]).ok()
    }
}

/// Least, largest, mean and standard deviation.
fn statistics(volume: &Volume) -> [f64; 4] {
    let voxels = || volume.voxels().iter().map(|v| f64::from(*v));
    let n = volume.voxels().len() as f64;
    let mean = voxels().sum::<f64>() / n;
    let deviation = (voxels().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    [voxels().fold(f64::INFINITY, f64::min), voxels().fold(f64::NEG_INFINITY, f64::max), mean, deviation]
}

#[test]
fn is_every_volume_what_the_reference_converter_makes_of_it() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(root().join("expected.json")).unwrap()).unwrap();
    for (name, answers) in expected.as_object().unwrap() {
        if name.contains("failing") {
            continue;
        }
        let set = Set::of(&root().join(name));
        let read = |series: &Series| -> Vec<(String, Volume)> {
            (0..series.volumes())
                .map(|v| {
                    let volume = series.read_volume(v, &mut set.load()).map(|scan| scan.volume.into_ras());
                    let kind = format!("{} {:?} {:?}", series.number.unwrap(), series.description, series.refusal);
                    (kind, volume.unwrap_or_else(|e| panic!("{name} {e}")))
                })
                .collect()
        };
        let volumes: Vec<(String, Volume)> = set.series.iter().flat_map(read).collect();
        for series in &set.series {
            println!("{name}: {:?} {:?} {:?} {:?}", series.number, series.weighting, series.refusal, series.check());
        }
        for answer in answers["volumes"].as_array().unwrap() {
            if answer["colour"] == true {
                continue;
            }
            let numbers = |key: &str| -> Vec<f64> {
                answer[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
            };
            let wanted = ["min", "max", "mean", "std"].map(|key| answer[key].as_f64().unwrap());
            let shape = numbers("shape");
            // The number that the converter's file name begins with.
            let file = answer["name"].as_str().unwrap();
            let number = file.split('_').next().unwrap();
            let found: Vec<(&str, f64, f64)> = volumes
                .iter()
                .filter(|(kind, volume)| {
                    kind.split(' ').next() == Some(number)
                        && volume.dims().iter().zip(&shape).all(|(a, b)| *a as f64 == *b)
                })
                .map(|(kind, volume)| {
                    let rows = volume.affine().rows();
                    let off = (0..3).flat_map(|r| (0..4).map(move |c| (r, c))).map(|(r, c)| {
                        (rows[r][c] - answer["affine"][r][c].as_f64().unwrap()).abs()
                    });
                    let found = statistics(volume);
                    let scale = wanted[1].abs().max(wanted[0].abs()).max(1.0);
                    let apart = found.iter().zip(wanted).map(|(a, b)| (a - b).abs() / scale);
                    (kind.as_str(), off.fold(0.0, f64::max), apart.fold(0.0, f64::max))
                })
                .collect();
            println!("  {file} {shape:?}: {found:?}");
        }
    }
}

#[test]
fn print_failing() {
    for name in ["sliceincrement", "sliceorientation", "slicecount", "notavolume", "gantrytilting"] {
        let set = Set::of(&root().join("dicom2nifti/failing").join(name).join("001"));
        for series in &set.series {
            println!("{name}: {}", series.check().map_or_else(|e: DicomError| e.in_full().to_string(), |()| "READ".into()));
        }
    }
}
