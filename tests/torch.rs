//! Does PyTorch, from the shipped file alone, get the same signatures and the same maps?

use burn::tensor::{Device, Tensor, TensorData};
use hielight::model::{Branch, Bundle, Cells, Recipe, Sequence};
use rand::{Rng, SeedableRng};
use std::path::Path;
use std::process::Command;

#[derive(serde::Deserialize)]
struct Answer {
    logit: f64,
    map: Vec<f64>,
}

/// The one that the test command names, which must have it; else the first that does.
fn python_with_torch() -> Option<String> {
    std::env::var("HIELIGHT_PYTHON").ok().or_else(|| {
        ["python3", "/usr/bin/python3"].map(str::to_owned).into_iter().find(|python| {
            let output = Command::new(python).args(["-c", "import numpy, torch"]).output();
            output.is_ok_and(|output| output.status.success())
        })
    })
}

#[test]
fn does_an_independent_implementation_agree_on_the_shipped_weights() {
    let Some(python) = python_with_torch() else {
        println!("skipped: no python3 with PyTorch");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = root.join("www/model.safetensors");
    let bundle = Bundle::read(&std::fs::read(&model).unwrap()).unwrap();
    let [nx, ny, nz] = bundle.manifest.recipe.grid_dims;
    // As wide as deviations from the atlas are; every voxel differs.
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(12);
    let image: Vec<f32> = (0..nx * ny * nz).map(|_| rng.random_range(-3.0..3.0)).collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("torch-input.f32");
    std::fs::write(&file, image.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    let script = root.join("tests/reference/network.py");
    let output = Command::new(python).arg(script).arg(model).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: std::collections::BTreeMap<String, Vec<Vec<Answer>>> =
        serde_json::from_slice(&output.stdout).unwrap();

    let device = Device::flex();
    for sequence in Sequence::BOTH {
        let folds = bundle.weights.of(sequence);
        let cells = Cells::of(bundle.atlas.of(sequence), &bundle.manifest.layers, [nx, ny, nz]);
        let theirs = &answers[sequence.suffix()];
        assert_eq!(theirs.len(), folds.len());
        for (weights, theirs) in folds.iter().zip(theirs) {
            let branch = Branch::from_weights(&bundle.manifest.layers, &cells, weights, &device).unwrap();
            let data = TensorData::new(image.clone(), [1, Recipe::CHANNELS, nz, ny, nx]);
            let features = branch.features(Tensor::from_data(data, &device));
            let logits: Vec<f64> = branch.logits(features.clone()).into_data().iter::<f64>().collect();
            let maps: Vec<f64> = branch.signed_maps(features).into_data().iter::<f64>().collect();
            assert_eq!((logits.len(), theirs.len()), (bundle.manifest.patterns.len(), logits.len()));
            for ((logit, map), theirs) in logits.iter().zip(maps.chunks(cells.count())).zip(theirs) {
                // f32 sums of tens of thousands of terms in another order: 1e-4 of their total size, which for a
                // logit is that of its map without signs.
                let size: f64 = theirs.map.iter().map(|v| v.abs()).sum();
                assert!((logit - theirs.logit).abs() < 1e-4 * size.max(1.0), "{logit} {}", theirs.logit);
                let scale = theirs.map.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
                assert_eq!(map.len(), theirs.map.len());
                assert!(scale > 0.0);
                for (own, other) in map.iter().zip(&theirs.map) {
                    assert!((own - other).abs() < 1e-4 * scale, "{own} {other} of {scale}");
                }
            }
        }
    }
}
