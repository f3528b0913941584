//! Is what leaves HIELight the same from the command line and from the engine, as documented, and laid over its image?

use hielight::engine::message::{Answer, Order, Record};
use hielight::engine::{Buffer, Session};
use hielight::model::{Bundle, FeatureGeometry, Sequence};
use hielight::volume::{Affine, Encoding, Volume, read_nifti, write_nifti_gz};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn at(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

/// What the command line makes of two files: exit code, JSON text, folder of the maps.
fn predict(name: &str, [t1, t2]: [&Path; 2]) -> (i32, String, PathBuf) {
    let maps = scratch(name);
    let run = Command::new(env!("CARGO_BIN_EXE_hielight"))
        .args(["predict", "--birth-weight-g", "3200", "--json", "-", "--device", "cpu", "--model"])
        .arg(at("www/model.safetensors"))
        .arg("--t1w")
        .arg(t1)
        .arg("--t2w")
        .arg(t2)
        .arg("--cam-out")
        .arg(&maps)
        .output()
        .unwrap();
    (run.status.code().unwrap(), String::from_utf8(run.stdout).unwrap(), maps)
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn ask(session: &mut Session, order: Order, buffer: Option<Vec<u8>>) -> (Answer, Option<Buffer>) {
    pollster::block_on(session.answer(order, buffer, &mut |_, _| ()))
}

/// What the engine, as the page asks it, makes of the same files.
fn engine(images: [&Path; 2]) -> (Session, Record, bool) {
    let mut session = Session::default();
    let model = std::fs::read(at("www/model.safetensors")).unwrap();
    assert!(matches!(ask(&mut session, Order::Start, Some(model)).0, Answer::Ready { .. }));
    for (sequence, path) in Sequence::BOTH.into_iter().zip(images) {
        let open = Order::Open { sequence, name: "image".into(), starts: vec![], series: None };
        let opened = ask(&mut session, open, Some(std::fs::read(path).unwrap())).0;
        assert!(matches!(opened, Answer::Opened(_)), "{opened:?}");
    }
    let order = Order::Analyse { birth_weight_g: "3200".into(), covariates: vec![] };
    match ask(&mut session, order, None).0 {
        Answer::Assessed { record, .. } => (session, *record, true),
        Answer::Abstained { record, .. } => (session, *record, false),
        other => panic!("no outcome: {other:?}"),
    }
}

/// The engine takes a graphics adapter where there is one, and the command line was told not to.
fn on_the_cpu(record: &Record) -> bool {
    let document: Value = serde_json::from_str(&record.document).unwrap();
    document["device"]["kind"] == "cpu"
}

#[test]
fn is_the_engines_document_the_command_lines_to_the_byte() {
    let images = [&*at("www/demo/demo_T1w.nii.gz"), &*at("www/demo/demo_T2w.nii.gz")];
    let (code, text, maps) = predict("demo", images);
    assert_eq!(code, 0);
    let (mut session, record, answered) = engine(images);
    assert!(answered);
    if on_the_cpu(&record) {
        assert_eq!(record.document, text);
    }
    // The maps too, byte by byte; and none is left once an image is gone.
    for sequence in Sequence::BOTH {
        let (answer, file) = ask(&mut session, Order::Map { sequence }, None);
        assert!(matches!(answer, Answer::Map { sequence: of } if of == sequence), "{answer:?}");
        let Some(Buffer::Bytes(file)) = file else { panic!("no file") };
        if on_the_cpu(&record) {
            let native = std::fs::read(maps.join(format!("{}_cam.nii.gz", sequence.suffix()))).unwrap();
            assert!(file == native, "the {} map", sequence.suffix());
        }
    }
    ask(&mut session, Order::Close { sequence: Sequence::T2w }, None);
    for sequence in Sequence::BOTH {
        assert!(matches!(ask(&mut session, Order::Map { sequence }, None).0, Answer::Failed { .. }));
    }
}

#[test]
fn is_a_refusal_the_same_document_too_and_without_a_number() {
    // In each other's place, and an image without a brain.
    let [t1, t2] = [at("www/demo/demo_T1w.nii.gz"), at("www/demo/demo_T2w.nii.gz")];
    let air = scratch("air").join("air.nii.gz");
    let affine =
        Affine::from_rows([[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]]).unwrap();
    let noise = (0..64_000).map(|i| (i * 7919 % 13) as f32).collect();
    let noise = Volume::new([40, 40, 40], noise, affine).unwrap();
    std::fs::write(&air, write_nifti_gz(&noise, Encoding::I16)).unwrap();
    for (images, reason) in [([&*t2, &*t1], "swapped"), ([&*t1, &*air], "no_brain")] {
        let (code, text, maps) = predict(&format!("refusal-{reason}"), images);
        assert_eq!(code, 2);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["abstained"][0]["code"], reason);
        assert!(document.get("probability").is_none());
        let (mut session, record, answered) = engine(images);
        assert!(!answered);
        if on_the_cpu(&record) {
            assert_eq!(record.document, text);
        }
        assert!(!maps.join("T1w_cam.nii.gz").exists(), "a map without an answer");
        let map = ask(&mut session, Order::Map { sequence: Sequence::T1w }, None).0;
        assert!(matches!(map, Answer::Failed { .. }));
    }
}

#[test]
fn do_the_documents_keys_stand_in_the_order_that_is_documented() {
    let schema = std::fs::read_to_string(at("docs/predict.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let [t1, t2] = [at("www/demo/demo_T1w.nii.gz"), at("www/demo/demo_T2w.nii.gz")];
    for (name, images) in [("answer", [&*t1, &*t2]), ("refusal", [&*t2, &*t1])] {
        let (_, text, _) = predict(&format!("order-{name}"), images);
        let keys = schema["$defs"][name]["required"].as_array().unwrap().iter();
        let places = keys.map(|key| text.find(&format!("\n  {key}:")).unwrap_or_else(|| panic!("no {key}")));
        assert!(places.collect::<Vec<_>>().is_sorted(), "{text}");
    }
}

/// A newborn whose image is stored in another way: axes permuted and flipped, turned, thick.
fn variants() -> Vec<(&'static str, [Vec<u8>; 2])> {
    let phantom = |name| std::fs::read(at(name)).unwrap();
    let images = ["www/demo/demo_T1w.nii.gz", "www/demo/demo_T2w.nii.gz"].map(phantom);
    let volumes = images.clone().map(|bytes| read_nifti(&bytes).unwrap().volume);
    let with = |change: &dyn Fn(&Volume) -> Volume| {
        [0, 1].map(|i| write_nifti_gz(&change(&volumes[i]), Encoding::F32))
    };
    vec![
        ("as it is", images),
        ("LAS", with(&|v| reordered(v, [0, 1, 2], [true, false, false]))),
        ("PSR, oblique", with(&|v| turned(&reordered(v, [1, 2, 0], [true, false, false])))),
        ("thick slices", with(&|v| thinned(v, 3))),
    ]
}

/// Axis `a` of the result is the stored axis `order[a]`, backwards where `flip[a]`.
fn reordered(volume: &Volume, order: [usize; 3], flip: [bool; 3]) -> Volume {
    let (from, rows) = (volume.dims(), volume.affine().rows());
    let dims = order.map(|a| from[a]);
    let source = |index: [usize; 3]| {
        let mut at = [0; 3];
        for a in 0..3 {
            at[order[a]] = if flip[a] { dims[a] - 1 - index[a] } else { index[a] };
        }
        at
    };
    let first = volume.affine().to_world(source([0; 3]).map(|i| i as f64));
    let affine = Affine::from_rows(std::array::from_fn(|r| {
        let step = |a: usize| rows[r][order[a]] * if flip[a] { -1.0 } else { 1.0 };
        [step(0), step(1), step(2), first[r]]
    }));
    let mut voxels = Vec::with_capacity(volume.voxels().len());
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let [i, j, k] = source([x, y, z]);
                voxels.push(volume.voxels()[i + from[0] * (j + from[1] * k)]);
            }
        }
    }
    Volume::new(dims, voxels, affine.unwrap()).unwrap()
}

/// The same voxels, the patient turned by the 7-24-25 triangle (16 degrees) about the left-right axis.
fn turned(volume: &Volume) -> Volume {
    let [x, y, z] = volume.affine().rows();
    let (cos, sin) = (0.96, 0.28);
    let mix = |a: f64, b: f64| std::array::from_fn(|c| a * y[c] + b * z[c]);
    let affine = Affine::from_rows([x, mix(cos, -sin), mix(sin, cos)]).unwrap();
    Volume::new(volume.dims(), volume.voxels().to_vec(), affine).unwrap()
}

/// Every so many slices along the third axis.
fn thinned(volume: &Volume, every: usize) -> Volume {
    let [nx, ny, nz] = volume.dims();
    let rows = volume.affine().rows().map(|[a, b, c, d]| [a, b, c * every as f64, d]);
    let slices = volume.voxels().chunks_exact(nx * ny).step_by(every).flatten().copied().collect();
    Volume::new([nx, ny, nz.div_ceil(every)], slices, Affine::from_rows(rows).unwrap()).unwrap()
}

#[test]
fn do_maps_lie_on_the_voxels_of_their_images_with_the_peak_where_it_is_stated() {
    let manifest = Bundle::read(&std::fs::read(at("www/model.safetensors")).unwrap()).unwrap().manifest;
    let cell_mm = FeatureGeometry::of(&manifest.layers).step * manifest.recipe.spacing_mm;
    for (name, files) in variants() {
        let folder = scratch("variants");
        let slug = name.replace([' ', ','], "-");
        let paths = ["T1w", "T2w"].map(|suffix| folder.join(format!("{slug}_{suffix}.nii.gz")));
        for (path, bytes) in paths.iter().zip(&files) {
            std::fs::write(path, bytes).unwrap();
        }
        let (code, text, maps) = predict(&slug, [&paths[0], &paths[1]]);
        assert_eq!(code, 0, "{name}");
        let document: Value = serde_json::from_str(&text).unwrap();
        for (i, sequence) in Sequence::BOTH.into_iter().enumerate() {
            let suffix = sequence.suffix();
            let map_path = maps.join(format!("{suffix}_cam.nii.gz"));
            let map = read_nifti(&std::fs::read(&map_path).unwrap()).unwrap();
            let image = read_nifti(&files[i]).unwrap();
            // The header's own fields, so equal to the bit.
            assert_eq!(map.stored, image.stored, "{name}, {suffix}");
            let (stated, value) = strongest(&document, suffix);
            let (peak, found) = highest(&map.volume);
            // Interpolated values fall off from the cell's centre, to each side with another slope: either
            // neighbour of the centre can be the highest voxel, and none further away. The rest is rounding.
            let voxel = map.volume.affine().to_voxel(stated);
            for a in 0..3 {
                let apart = (voxel[a] - peak[a] as f64).abs();
                assert!(apart < 1.0 + 1e-4, "{name}, {suffix}: voxel {peak:?}, stated {voxel:?}");
            }
            // The stated peak is a cell's own value: no voxel is higher, and the nearest voxel's centre is at most half
            // a voxel away along each axis, over which interpolation between cells that speak for HIE too loses at
            // most that share of a cell. 1e-5: the file has f32.
            let spacing = map.volume.affine().spacing_mm();
            let least: f64 = spacing.iter().map(|mm| 1.0 - mm / (2.0 * cell_mm)).product();
            println!("{name}, {suffix}: the highest voxel is {:.3} of the stated peak", found / value);
            assert!(found <= value * (1.0 + 1e-5) && found >= least * value, "{name}: {found} for {value}");
            compare_with_nibabel(&paths[i], &map_path, stated);
        }
    }
}

/// Where the strongest peak is stated, RAS mm, and its value.
fn strongest(document: &Value, suffix: &str) -> ([f64; 3], f64) {
    let peaks = document["cam_peaks"].as_array().unwrap();
    let peak = peaks.iter().find(|p| p["sequence"] == suffix).expect("a peak");
    (std::array::from_fn(|a| peak["ras_mm"][a].as_f64().unwrap()), peak["value"].as_f64().unwrap())
}

/// The highest voxel and its value.
fn highest(volume: &Volume) -> ([usize; 3], f64) {
    let voxels = volume.voxels().iter().enumerate();
    let (at, value) = voxels.max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
    let [nx, ny, _] = volume.dims();
    ([at % nx, at / nx % ny, at / nx / ny], f64::from(*value))
}

/// Another reader's word on the same; says so where it is not installed.
fn compare_with_nibabel(image: &Path, map: &Path, peak: [f64; 3]) {
    let named = std::env::var("HIELIGHT_PYTHON").unwrap_or_default();
    let python = [&*named, "python3", "/usr/bin/python3"].into_iter().find(|python| {
        Command::new(python).args(["-c", "import nibabel"]).output().is_ok_and(|o| o.status.success())
    });
    let Some(python) = python else { return println!("skipped: no Python with nibabel") };
    let run = Command::new(python)
        .arg(at("tests/reference/overlay.py"))
        .args([image, map])
        .args(peak.map(|mm| mm.to_string()))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
