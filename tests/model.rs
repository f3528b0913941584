//! Is the shipped model's answer the newborn's, and not the file's; and does its map show the lesion?

mod support;

use burn::tensor::{Device, Tensor, TensorData};
use hielight::evaluation::wilson;
use hielight::fault::Explained as _;
use hielight::fault::Fault;
use hielight::model::{
    Assessment, Branch, Bundle, Cells, ComputeDevice, ModelError, Outcome, PerSequence, Predictor, Prepared,
    Sequence, SignedMap, Weights, self_test_input,
};
use hielight::nomogram::BirthWeight;
use hielight::odds::Z_975;
use hielight::study::phantom::{Lesion, Newborn, Pattern, PhantomConfig, participant_with, scan, scan_onto};
use hielight::volume::{Affine, Encoding, Grid, Volume, read_nifti, write_nifti_gz};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::path::Path;

fn bundle_bytes() -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("www/model.safetensors")).unwrap()
}

fn bundle() -> Bundle {
    Bundle::read(&bundle_bytes()).unwrap()
}

fn predictor(bundle: &Bundle) -> Predictor {
    Predictor::new(bundle, ComputeDevice::cpu()).unwrap()
}

fn prepare(predictor: &Predictor, images: &PerSequence<Volume>) -> PerSequence<Prepared> {
    predictor.prepare(images.as_ref()).unwrap()
}

fn assess(predictor: &Predictor, prepared: &PerSequence<Prepared>) -> (Assessment, PerSequence<SignedMap>) {
    let weight = BirthWeight::parse("3200").unwrap();
    match pollster::block_on(predictor.assess(prepared, weight, vec![], &mut |_| ())).unwrap() {
        Outcome::Assessed { assessment, maps } => (*assessment, *maps),
        Outcome::Abstained { reasons, .. } => panic!("abstained: {reasons:?}"),
    }
}

/// Unseen newborns: another seed than the training cohort's, all of center A.
const UNSEEN: PhantomConfig = PhantomConfig { seed: 31_415, hie: 0, controls: 0, share_center_b: 0.0 };

fn newborn(index: usize, pattern: Pattern, severity: f64) -> hielight::study::phantom::Participant {
    participant_with(&UNSEEN, index, Some(Lesion { pattern, severity }))
}

/// What counts as in the lesion: twice a feature cell.
const NEAR_MM: f64 = 8.0;

// --- one newborn, many files -------------------------------------------------------------------

/// The same voxels with the stored axes permuted and flipped: axis `a` of the new image runs along axis
/// `order[a]` of the old one, backwards where `flip[a]`.
fn stored_as(volume: &Volume, order: [usize; 3], flip: [bool; 3]) -> Volume {
    let old = volume.dims();
    let dims = order.map(|axis| old[axis]);
    let old_index = |new: [usize; 3]| {
        let mut index = [0; 3];
        for a in 0..3 {
            index[order[a]] = if flip[a] { dims[a] - 1 - new[a] } else { new[a] };
        }
        index
    };
    let mut voxels = Vec::with_capacity(volume.voxels().len());
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let [i, j, k] = old_index([x, y, z]);
                voxels.push(volume.voxels()[i + old[0] * (j + old[1] * k)]);
            }
        }
    }
    let rows = volume.affine().rows();
    let origin = volume.affine().to_world(old_index([0; 3]).map(|i| i as f64));
    let affine = Affine::from_rows(std::array::from_fn(|r| {
        let step = |a: usize| rows[r][order[a]] * if flip[a] { -1.0 } else { 1.0 };
        [step(0), step(1), step(2), origin[r]]
    }));
    Volume::new(dims, voxels, affine.unwrap()).unwrap()
}

/// The same voxels, seen by a scanner whose axes are turned.
fn turned(volume: &Volume) -> Volume {
    let rotation = nalgebra::Rotation3::from_euler_angles(0.10, -0.07, 0.15);
    let rows = volume.affine().rows();
    let affine = Affine::from_rows(std::array::from_fn(|r| {
        std::array::from_fn(|c| (0..3).map(|k| rotation[(r, k)] * rows[k][c]).sum())
    }));
    Volume::new(volume.dims(), volume.voxels().to_vec(), affine.unwrap()).unwrap()
}

/// Through a file and back, as every image comes.
fn filed(volume: &Volume) -> Volume {
    read_nifti(&write_nifti_gz(volume, Encoding::I16)).unwrap().volume
}

fn strongest(assessment: &Assessment) -> (Sequence, [f64; 3]) {
    let peak = assessment.cam_peaks.strongest().unwrap();
    (peak.sequence, peak.ras_mm)
}

#[test]
fn is_the_answer_the_same_however_the_file_is_stored() {
    let predictor = predictor(&bundle());
    let phantom = scan(&newborn(0, Pattern::BasalGangliaThalamus, 0.8)).unwrap();
    let ras = phantom.images.clone().map(|image| filed(&image.into_ras()));
    assert!(ras.iter().all(|(_, image)| image.affine().axcodes() == "RAS"));
    let (reference, _) = assess(&predictor, &prepare(&predictor, &ras));
    let (sequence, peak) = strongest(&reference);
    let grid_voxel_mm = predictor.manifest().recipe.spacing_mm;
    for (codes, order, flip) in [
        ("LAS", [0, 1, 2], [true, false, false]),
        ("RPI", [0, 1, 2], [false, true, true]),
        ("PIL", [1, 2, 0], [true; 3]),
    ] {
        let stored = ras.clone().map(|image| filed(&stored_as(&image, order, flip)));
        assert!(stored.iter().all(|(_, image)| image.affine().axcodes() == codes));
        let (found, _) = assess(&predictor, &prepare(&predictor, &stored));
        // The resampling reaches the same places from another side: sums of f32 in another order.
        assert!(
            (found.logit - reference.logit).abs() < 1e-3,
            "{codes}: {} for {}",
            found.logit,
            reference.logit
        );
        let (of, at) = strongest(&found);
        assert!(of == sequence && distance(at, peak) <= grid_voxel_mm, "{codes}: {at:?} for {peak:?}");
    }
    // An angulated head: the peak turns with it.
    let oblique = ras.clone().map(|image| filed(&turned(&image)));
    let (found, _) = assess(&predictor, &prepare(&predictor, &oblique));
    assert!((found.logit - reference.logit).abs() < 1e-3, "oblique: {} for {}", found.logit, reference.logit);
    let expected = nalgebra::Rotation3::from_euler_angles(0.10, -0.07, 0.15) * nalgebra::Vector3::from(peak);
    let (of, at) = strongest(&found);
    assert!(
        of == sequence && distance(at, expected.into()) <= grid_voxel_mm,
        "oblique: {at:?} for {expected}"
    );
}

#[test]
fn do_thick_slices_give_the_answer_of_another_scan() {
    let predictor = predictor(&bundle());
    let participant = newborn(0, Pattern::BasalGangliaThalamus, 0.8);
    let anatomy = Newborn::new(&participant);
    let affine =
        Affine::from_rows([[0.5, 0.0, 0.0, -64.0], [0.0, 0.5, 0.0, -72.0], [0.0, 0.0, 4.0, -62.0]]).unwrap();
    let grid = Grid { dims: [256, 288, 32], affine };
    let images = scan_onto(&anatomy, &participant, &grid).unwrap().map(|(image, _)| filed(&image));
    let (thick, _) = assess(&predictor, &prepare(&predictor, &images));
    let (thin, _) = assess(&predictor, &prepare(&predictor, &scan(&participant).unwrap().images));
    // What 95 % of two scans of one newborn differ by at most, by the model's measured repeatability.
    let most = Z_975 * f64::sqrt(2.0) * predictor.manifest().repeatability.unwrap();
    println!("thick {:.3}, thin {:.3}, at most {most:.3} apart", thick.logit, thin.logit);
    assert!((thick.logit - thin.logit).abs() < most, "{} and {}", thick.logit, thin.logit);
    assert!(thick.cam_peaks.strongest().is_some());
}

// --- the map -----------------------------------------------------------------------------------

/// Newborns of a pattern who get a number from the first model, and of them those whose strongest peak lies in the
/// lesion, model by model.
fn hits(models: &[Predictor], seed: u64, pattern: Pattern) -> (usize, Vec<usize>) {
    let config = PhantomConfig { seed, ..UNSEEN };
    let newborn = |i: usize| {
        let phantom = scan(&participant_with(&config, i, Some(Lesion { pattern, severity: 0.75 }))).unwrap();
        let prepared = models[0].prepare(phantom.images.as_ref()).ok()?;
        let weight = BirthWeight::parse("3200").unwrap();
        let hit = |model: &Predictor| match pollster::block_on(model.assess(
            &prepared,
            weight,
            vec![],
            &mut |_| (),
        ))
        .unwrap()
        {
            Outcome::Assessed { assessment, .. } => {
                Some(assessment.cam_peaks.strongest().is_some_and(|peak| {
                    distance_to(phantom.lesions.of(peak.sequence), peak.ras_mm) <= NEAR_MM
                }))
            }
            Outcome::Abstained { .. } => None,
        };
        let own = hit(&models[0])?;
        let random = models[1..].iter().map(|model| hit(model).unwrap_or(false));
        Some(std::iter::once(own).chain(random).collect())
    };
    let answered: Vec<Vec<bool>> = (0..NEWBORNS).into_par_iter().filter_map(newborn).collect();
    let of = |model: usize| answered.iter().filter(|hit| hit[model]).count();
    (answered.len(), (0..models.len()).map(of).collect())
}

/// Newborns of each pattern.
const NEWBORNS: usize = 16;

#[test]
fn does_the_peak_lie_in_the_planted_lesion_and_not_by_chance() {
    let shipped = bundle();
    let mut models = vec![predictor(&shipped)];
    // One draw alone proves nothing: by chance its heads may point where the lesions are.
    for draw in 9..14 {
        let mut randomised = shipped.clone();
        let rng = &mut ChaCha8Rng::seed_from_u64(draw);
        for sequence in Sequence::BOTH {
            randomised.weights.of_mut(sequence).iter_mut().for_each(|fold| randomise(fold, rng));
            // What signatures they have is no question here.
            randomised.manifest.population.terms[sequence.term()] = vec![-1e9, 1e9];
        }
        models.push(predictor(&randomised));
    }
    // Hits among 16 newborns of the seed 31 415, and the mean of these random weights (15, 2, 2, 0, 0; 0, 2, 7, 3, 0;
    // 13, 3, 1, 0, 1). Tried on another seed: the share must lie above the lower end of the 95 % interval of the first,
    // and half of the first seed's gap to random weights must be left. Of cortical highlighting, thin patches that show
    // on T1w alone, no gap can be claimed: 0.44 less 0.23 with a standard error of 0.12 (see LIMITATIONS.md).
    let first = [
        (Pattern::BasalGangliaThalamus, 15, Some(3.8)),
        (Pattern::Watershed, 9, Some(2.4)),
        (Pattern::CorticalHighlighting, 7, None),
    ];
    let of_first = NEWBORNS as f64;
    for (pattern, found, by_chance) in first {
        let [least, _] = wilson(found, NEWBORNS).unwrap();
        let gap = by_chance.map(|by_chance: f64| (found as f64 - by_chance) / of_first / 2.0);
        let (answered, hits) = hits(&models, 27_182, pattern);
        println!("{pattern:?}: trained {} of {answered}, random weights {:?}", hits[0], &hits[1..]);
        let share = |hits: usize| hits as f64 / answered as f64;
        let random = hits[1..].iter().map(|n| share(*n)).sum::<f64>() / (hits.len() - 1) as f64;
        // Of the newborns that the model was made for some are refused: 1 of 40 in the audit.
        assert!(answered >= NEWBORNS - 2, "{pattern:?}: {answered} of {NEWBORNS} answered");
        assert!(share(hits[0]) >= least, "{pattern:?}: {} of {answered} peaks in the lesion", hits[0]);
        if let Some(gap) = gap {
            assert!(share(hits[0]) - random >= gap, "{pattern:?}: {} against {random:.2} by chance", hits[0]);
        }
    }
}

#[test]
fn is_the_sum_of_the_map_the_sequences_contribution() {
    let bundle = bundle();
    let predictor = predictor(&bundle);
    let phantom = scan(&newborn(1, Pattern::Watershed, 0.7)).unwrap();
    let (assessment, maps) = assess(&predictor, &prepare(&predictor, &phantom.images));
    for (sequence, map) in maps.iter() {
        let coefficient = bundle.manifest.nomogram.coefficients[sequence.term()];
        let folds = bundle.weights.of(sequence);
        let pattern = bundle.manifest.patterns.iter().position(|p| p == assessment.patterns.of(sequence));
        // The stated constant: what the heads of the pattern add to every newborn alike.
        let bias =
            folds.iter().map(|fold| f64::from(fold["head.bias"].values[pattern.unwrap()])).sum::<f64>()
                / folds.len() as f64;
        let signature = assessment.signatures.of(sequence);
        let expected = coefficient * (signature - bias);
        // f32 sums over some thousand cells of a few units.
        assert!((map.contribution() - expected).abs() < 1e-4, "{} for {expected}", map.contribution());
    }
}

#[test]
fn is_the_analytic_map_what_autodiff_gives() {
    let bundle = bundle();
    let [nx, ny, nz] = bundle.manifest.recipe.grid_dims;
    let input = bundle.atlas.T1w.deviation(&self_test_input(&bundle.manifest));
    let device = Device::flex().autodiff();
    let layers = &bundle.manifest.layers;
    let cells = Cells::of(&bundle.atlas.T1w, layers, bundle.manifest.recipe.grid_dims);
    // Every pattern's head on the first fold model, one on the others.
    let patterns = bundle.manifest.patterns.len();
    let asked = (0..patterns).map(|p| (0, p)).chain((1..bundle.manifest.folds).map(|fold| (fold, 0)));
    for (fold, pattern) in asked {
        let branch = Branch::from_weights(layers, &cells, &bundle.weights.T1w[fold], &device).unwrap();
        let input = Tensor::<5>::from_data(TensorData::new(input.clone(), [1, 1, nz, ny, nx]), &device);
        let features = branch.features(input).detach().require_grad();
        let logit = branch.logits(features.clone()).slice([0..1, pattern..pattern + 1]);
        let gradients = logit.sum().backward();
        let gradient = features.grad(&gradients).unwrap();
        let by_autodiff = (features.clone().inner() * gradient).sum_dim(1);
        let analytic = branch.signed_maps(features).inner().slice_dim(0, pattern..pattern + 1);
        let a: Vec<f32> = by_autodiff.into_data().iter::<f32>().collect();
        let b: Vec<f32> = analytic.into_data().iter::<f32>().collect();
        let scale = b.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
        let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // The same products, summed in another order.
        assert!(scale > 0.0 && worst <= 1e-4 * scale, "{worst} of {scale}");
    }
}

fn randomise(weights: &mut Weights, rng: &mut ChaCha8Rng) {
    for weight in weights.values_mut() {
        let scale = (weight.values.iter().map(|v| v * v).sum::<f32>() / weight.values.len() as f32).sqrt();
        weight.values.iter_mut().for_each(|v| *v = scale * rng.random_range(-1.7..1.7));
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

/// From a place to the nearest voxel of a mask, mm.
fn distance_to(mask: &Volume, at: [f64; 3]) -> f64 {
    let [nx, ny, _] = mask.dims();
    let inside = mask.voxels().iter().enumerate().filter(|(_, v)| **v > 0.5);
    inside
        .map(|(i, _)| [i % nx, i / nx % ny, i / (nx * ny)].map(|v| v as f64))
        .map(|voxel| distance(mask.affine().to_world(voxel), at))
        .fold(f64::INFINITY, f64::min)
}

// --- when not to believe it --------------------------------------------------------------------

#[test]
fn does_it_abstain_where_a_signature_is_unlike_all_of_training() {
    let mut bundle = bundle();
    let phantom = scan(&newborn(2, Pattern::BasalGangliaThalamus, 0.9)).unwrap();
    let prepared = prepare(&predictor(&bundle), &phantom.images);
    let (assessment, _) = assess(&predictor(&bundle), &prepared);
    // A training cohort whose signatures were all lower than this newborn's.
    let value = assessment.signatures.T1w;
    for (high, abstains) in [(value - 2.4, true), (value - 0.1, false)] {
        bundle.manifest.population.terms[0] = vec![high - 2.0, high];
        let predictor = predictor(&bundle);
        let weight = BirthWeight::parse("3200").unwrap();
        let outcome = pollster::block_on(predictor.assess(&prepared, weight, vec![], &mut |_| ())).unwrap();
        let told = match (abstains, outcome) {
            (true, Outcome::Abstained { reasons, .. }) => reasons,
            (false, Outcome::Assessed { assessment, .. }) => assessment.warnings,
            (_, other) => panic!("{other:?}"),
        };
        assert!(told.iter().any(|n| n.code == "signature_outside_training"), "{told:?}");
    }
}

#[test]
fn are_swapped_images_and_other_contrasts_refused() {
    let predictor = predictor(&bundle());
    let reasons = |prepared: &PerSequence<Prepared>| {
        let weight = BirthWeight::parse("3200").unwrap();
        match pollster::block_on(predictor.assess(prepared, weight, vec![], &mut |_| ())).unwrap() {
            Outcome::Abstained { reasons, .. } => {
                reasons.into_iter().map(|n| n.message.to_string()).collect()
            }
            Outcome::Assessed { .. } => vec![],
        }
    };
    for index in 3..7 {
        let images = scan(&newborn(index, Pattern::BasalGangliaThalamus, 0.5)).unwrap().images;
        let PerSequence { T1w: t1, T2w: t2 } = images.as_ref();
        let refused = |images| predictor.prepare(images).is_err();
        assert!(refused(PerSequence { T1w: t2, T2w: t1 }), "swapped");
        assert!(refused(PerSequence { T1w: t1, T2w: t1 }), "T1w as both");
        // The same grey values in the same head, in no order.
        let rng = &mut ChaCha8Rng::seed_from_u64(index as u64);
        let mut prepared = prepare(&predictor, &images);
        let inside: Vec<usize> = (0..prepared.T1w.values.len()).filter(|i| prepared.T1w.brain[*i]).collect();
        for i in 0..inside.len() {
            let j = rng.random_range(0..inside.len());
            prepared.T1w.values.swap(inside[i], inside[j]);
        }
        assert!(!reasons(&prepared).is_empty(), "shuffled voxels");
    }
}

// --- the bundle --------------------------------------------------------------------------------

#[test]
fn is_every_altered_byte_of_a_bundle_noticed() {
    let good = bundle_bytes();
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    for _ in 0..60 {
        let mut bad = good.clone();
        let at = rng.random_range(0..bad.len());
        bad[at] ^= 1 << rng.random_range(0..8);
        let error = Bundle::read(&bad).err().unwrap_or_else(|| panic!("a changed byte {at} passed"));
        assert!(matches!(error.fault(), Fault::Malformed | Fault::Unsupported), "byte {at}: {error}");
    }
    for length in [0, 1, 7, 8, 100, good.len() / 2, good.len() - 1] {
        assert!(Bundle::read(&good[..length]).is_err(), "{length} bytes passed");
    }
}

#[test]
fn does_the_shipped_bundle_pass_its_own_self_test_and_a_changed_weight_fail_it() {
    let mut bundle = bundle();
    let worst = pollster::block_on(predictor(&bundle).self_test()).unwrap();
    // The same arithmetic on the machine that trained it, perhaps with other vector instructions.
    assert!(worst <= bundle.manifest.self_test.tolerance);
    let bias = bundle.weights.T2w[0].get_mut("head.bias").unwrap();
    bias.values[0] += 0.1;
    let failed = pollster::block_on(predictor(&bundle).self_test());
    assert!(matches!(failed, Err(ModelError::SelfTest { .. })), "{failed:?}");
}

#[test]
fn is_the_shipped_bundle_small_and_honest() {
    assert!(bundle_bytes().len() <= 4 << 20, "at most 4 MB");
    let bundle = bundle();
    assert!(bundle.manifest.synthetic);
    let card = format!("{:?}", bundle.manifest.card);
    assert!(card.contains("Not valid on patients") && card.contains("--seed"), "{card}");
    let PerSequence { T1w, T2w } = bundle.manifest.overlay_full_scale;
    assert!(T1w > 0.0 && T2w > 0.0);
}
