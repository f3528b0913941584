//! Is a bundle whose numbers no network can be run with refused when it is read, in a sentence?

use hielight::fault::{Explained as _, Fault};
use hielight::model::{Bundle, Layer, Manifest, PerSequence};
use std::path::Path;

/// What is changed in a manifest.
type Change = fn(&mut Manifest);

fn shipped() -> Bundle {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/model.safetensors");
    Bundle::read(&std::fs::read(path).unwrap()).unwrap()
}

/// What reading says of the shipped bundle with a changed manifest: hash and tensors are sound.
fn refusal(bundle: &Bundle, change: impl FnOnce(&mut Manifest)) -> Option<String> {
    let mut manifest = bundle.manifest.clone();
    change(&mut manifest);
    let bytes =
        Bundle::write(&manifest, &bundle.weights, &bundle.atlas, &bundle.familiarity, &bundle.template)
            .unwrap();
    let error = Bundle::read(&bytes).err()?;
    assert_eq!(error.fault(), Fault::Malformed, "{error}");
    Some(error.to_string())
}

#[test]
fn is_a_recipe_refused_that_preprocessing_cannot_be_run_with() {
    let bundle = shipped();
    assert_eq!(refusal(&bundle, |_| ()), None, "an unchanged manifest");
    let changes: [(&str, Change); 11] = [
        ("negative clamp", |m| m.recipe.clamp = -3.0),
        ("no clamp", |m| m.recipe.clamp = 0.0),
        ("huge clamp", |m| m.recipe.clamp = f32::MAX),
        ("huge erosion", |m| m.recipe.erosion_voxels = usize::MAX),
        ("negative foreground", |m| m.recipe.foreground_fraction = -0.5),
        ("huge foreground", |m| m.recipe.foreground_fraction = 1e30),
        ("no field", |m| m.recipe.field_sigma_mm = 0.0),
        ("huge field", |m| m.recipe.field_sigma_mm = 1e300),
        ("no least brain", |m| m.recipe.brain_limits_ml = [0.0, 900.0]),
        ("brain limits reversed", |m| m.recipe.brain_limits_ml.reverse()),
        ("tissue limits reversed", |m| m.recipe.tissue_limits.T2w.reverse()),
    ];
    for (name, change) in changes {
        let said = refusal(&bundle, change).unwrap_or_else(|| panic!("{name} passed"));
        assert!(said.contains("preprocessing is out of bounds"), "{name}: {said}");
    }
}

#[test]
fn are_terms_in_another_order_or_of_another_name_refused() {
    let bundle = shipped();
    for change in [
        (|m: &mut Manifest| m.nomogram.terms.swap(0, 1)) as Change,
        |m| m.nomogram.terms.swap(1, 2),
        |m| m.nomogram.terms[2] = "length_cm".into(),
    ] {
        let said = refusal(&bundle, change).expect("other terms passed");
        assert!(said.contains("does not begin with the two signatures"), "{said}");
    }
}

#[test]
fn are_layers_refused_that_leave_no_feature_map() {
    let bundle = shipped();
    // Seven voxels less a layer, eight times: an axis of 57 ends after the eighth, not at one cell for ever.
    let shrinking = |channels_in| Layer { channels_in, channels_out: 1, kernel: 7, stride: 1, padding: 0 };
    let said = refusal(&bundle, |m| m.layers = (0..12).map(|_| shrinking(1)).collect()).expect("passed");
    assert!(said.contains("leave no feature map"), "{said}");
    let said = refusal(&bundle, |m| {
        m.layers[0].channels_out = 0;
        m.layers[1].channels_in = 0;
    });
    assert!(said.expect("no channels passed").contains("do not form a network"));
    let said = refusal(&bundle, |m| m.overlay_full_scale = PerSequence { T1w: 0.0, T2w: 1.0 });
    assert!(said.expect("no scale passed").contains("overlay scale"));
}
