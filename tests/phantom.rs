//! Is the synthetic cohort what its seed and its table say, and is a newborn's contrast a newborn's?

use hielight::model::{Recipe, Sequence};
use hielight::study::phantom::{
    Center, Lesion, Newborn, Pattern, PhantomConfig, Pose, Tissue, participant, participant_with, scan,
    scan_onto, write_dataset,
};
use hielight::volume::{Affine, Grid};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SMALL: PhantomConfig = PhantomConfig { seed: 77, hie: 2, controls: 2, share_center_b: 0.5 };

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn is_the_dataset_the_same_bytes_on_one_thread_and_on_several() {
    let write = |name: &str, threads: usize| {
        let folder = folder(name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| write_dataset(&SMALL, &folder, || ())).unwrap();
        files(&folder)
    };
    let (one, three) = (write("one-thread", 1), write("three-threads", 3));
    assert_eq!(one.keys().collect::<Vec<_>>(), three.keys().collect::<Vec<_>>());
    // Two images and two lesion masks each, the table, its dictionary, the description.
    assert_eq!(one.len(), 4 * 4 + 3);
    assert!(one == three, "the bytes differ");
    let other = PhantomConfig { seed: 78, ..SMALL };
    assert_ne!(scan(&participant(&SMALL, 0)).unwrap().images, scan(&participant(&other, 0)).unwrap().images);
}

#[test]
fn has_the_cohort_the_sizes_asked_for_in_both_centers() {
    let config = PhantomConfig::default();
    let cohort: Vec<_> = (0..config.len()).map(|i| participant(&config, i)).collect();
    let count =
        |hie: bool, center: Center| cohort.iter().filter(|p| p.hie == hie && p.center == center).count();
    assert_eq!(count(true, Center::A) + count(true, Center::B), 186);
    assert_eq!(count(false, Center::A) + count(false, Center::B), 219);
    assert_eq!(count(true, Center::B), 56, "0.3 of 186, rounded");
    assert!(cohort.iter().all(|p| p.hie || p.lesion.is_none()), "a control has no injury");
    let normal = cohort.iter().filter(|p| p.hie && p.lesion.is_none()).count() as f64 / 186.0;
    // A quarter is drawn; three standard errors of 186 draws are 0.095.
    assert!((normal - 0.25).abs() < 0.095, "{normal} of HIE look normal");
    assert!(cohort.iter().all(|p| (2000.0..=5000.0).contains(&p.birth_weight_g)));
}

#[test]
fn are_t1w_and_t2w_near_to_inverse_as_in_every_newborn() {
    let recipe = Recipe::default();
    for index in 0..4 {
        let phantom = scan(&participant(&SMALL, index)).unwrap();
        let [t1, t2] = Sequence::BOTH
            .map(|sequence| recipe.apply(&phantom.images[sequence as usize], sequence).unwrap());
        // Both grids are centred on the same brain; the two are compared voxel by voxel.
        let pairs: Vec<[f64; 2]> = t1
            .values
            .iter()
            .zip(&t2.values)
            .zip(t1.brain.iter().zip(&t2.brain))
            .filter(|(_, (a, b))| **a && **b)
            .map(|((a, b), _)| [f64::from(*a), f64::from(*b)])
            .collect();
        let mean = |f: &dyn Fn(&[f64; 2]) -> f64| pairs.iter().map(f).sum::<f64>() / pairs.len() as f64;
        let (x, y) = (mean(&|p| p[0]), mean(&|p| p[1]));
        let covariance = mean(&|p| (p[0] - x) * (p[1] - y));
        assert!(covariance < 0.0, "newborn {index}: covariance {covariance}");
        assert!((200.0..900.0).contains(&t1.brain_ml), "newborn {index}: brain of {} ml", t1.brain_ml);
    }
}

#[test]
fn does_a_lesion_change_its_place_and_little_else() {
    let config = PhantomConfig { share_center_b: 0.0, ..SMALL };
    for pattern in [Pattern::BasalGangliaThalamus, Pattern::Watershed, Pattern::CorticalHighlighting] {
        let injured = scan(&participant_with(&config, 1, Some(Lesion { pattern, severity: 0.8 }))).unwrap();
        let healthy = scan(&participant_with(&config, 1, None)).unwrap();
        for ((image, before), mask) in injured.images.iter().zip(&healthy.images).zip(&injured.lesions) {
            let change = |inside: bool| {
                let values = image.voxels().iter().zip(before.voxels()).zip(mask.voxels());
                let chosen: Vec<f64> = values
                    .filter(|(_, m)| (**m > 0.5) == inside)
                    .map(|((a, b), _)| f64::from((a - b).abs()))
                    .collect();
                assert!(!chosen.is_empty(), "{pattern:?}");
                chosen.iter().sum::<f64>() / chosen.len() as f64
            };
            // Outside, only the soft edge of the injury differs: anatomy, pose and noise are the same draw.
            assert!(
                change(true) > 10.0 * change(false),
                "{pattern:?}: {} and {}",
                change(true),
                change(false)
            );
        }
        assert!(healthy.lesions.iter().all(|mask| mask.voxels().iter().all(|v| *v < 0.5)));
    }
}

#[test]
fn have_the_tissues_the_volumes_of_a_term_newborn() {
    // Tissue, ml in method.md's table (mean of 20 newborns).
    let table = [
        (Tissue::WhiteMatter, 155.0),
        (Tissue::Cortex, 174.0),
        (Tissue::Thalamus, 10.0),
        (Tissue::Caudate, 2.7),
        (Tissue::Putamen, 3.5),
        (Tissue::Pallidum, 1.3),
        (Tissue::Brainstem, 6.2),
        (Tissue::Cerebellum, 25.0),
        (Tissue::Ventricle, 8.2),
    ];
    const NEWBORNS: usize = 6;
    let mut ml = [0.0_f64; Tissue::COUNT];
    for index in 0..NEWBORNS {
        let newborn = Newborn::new(&participant_with(&SMALL, index, None));
        for x in -64..64 {
            for y in -80..80 {
                // The cord below the skull is no part of the table's brainstem.
                for z in -46..64 {
                    if let Some(here) = newborn.at([x as f32, y as f32, z as f32], 1.0) {
                        for (sum, share) in ml.iter_mut().zip(here.share) {
                            *sum += f64::from(share) / 1000.0 / NEWBORNS as f64;
                        }
                    }
                }
            }
        }
    }
    for tissue in Tissue::ALL {
        println!("{tissue:?} {:.1}", ml[tissue as usize]);
    }
    for (tissue, expected) in table {
        // Newborns differ by 10 to 15 % in volume (sd); the mean of a few should lie within one sd.
        let relative = ml[tissue as usize] / expected - 1.0;
        assert!(relative.abs() < 0.15, "{tissue:?}: {:.1} ml instead of {expected}", ml[tissue as usize]);
    }
}

#[test]
fn has_each_tissue_the_signal_of_a_newborn_s() {
    // Tissue, ratio to white matter and its spread, T1w and T2w (method.md's table).
    let table = [
        (Tissue::Cortex, (1.07, 0.11), (0.75, 0.22)),
        (Tissue::Thalamus, (1.10, 0.06), (0.72, 0.17)),
        (Tissue::Caudate, (1.10, 0.06), (0.76, 0.13)),
        (Tissue::Putamen, (1.13, 0.04), (0.69, 0.07)),
        (Tissue::Pallidum, (1.18, 0.05), (0.66, 0.07)),
        (Tissue::Brainstem, (1.17, 0.13), (0.63, 0.30)),
        (Tissue::Cerebellum, (1.00, 0.15), (0.83, 0.26)),
        (Tissue::Ventricle, (0.82, 0.14), (1.93, 0.50)),
    ];
    let still = PhantomConfig { share_center_b: 0.0, ..SMALL };
    let healthy = participant_with(&still, 0, None);
    let newborn = Newborn::new(&healthy);
    let centred =
        Affine::from_rows([[1.0, 0.0, 0.0, -64.0], [0.0, 1.0, 0.0, -78.0], [0.0, 0.0, 1.0, -60.0]]).unwrap();
    let grid = Grid { dims: [129, 157, 121], affine: centred };
    for sequence in Sequence::BOTH {
        let pose = Pose::draw(&healthy, sequence);
        let (image, _) = scan_onto(&newborn, &healthy, sequence, &grid).unwrap();
        let mut values: Vec<Vec<f32>> = vec![Vec::new(); Tissue::COUNT];
        for (i, value) in image.voxels().iter().enumerate() {
            let index = [i % 129, i / 129 % 157, i / (129 * 157)].map(|n| n as f64);
            let Some(here) = newborn.at(pose.to_head(grid.affine.to_world(index)), 1.0) else { continue };
            // Nearly pure voxels, as a segmentation that avoids borders would take them.
            if let Some(tissue) = Tissue::ALL.into_iter().find(|t| here.share[*t as usize] > 0.9) {
                values[tissue as usize].push(*value);
            }
        }
        let white = &mut values[Tissue::WhiteMatter as usize];
        let middle = white.len() / 2;
        let median = f64::from(*white.select_nth_unstable_by(middle, f32::total_cmp).1);
        for (tissue, t1, t2) in table {
            let (expected, spread) = if sequence == Sequence::T1w { t1 } else { t2 };
            let own = &values[tissue as usize];
            let ratio = own.iter().map(|v| f64::from(*v)).sum::<f64>() / own.len() as f64 / median;
            // The table's own spread; receive-coil bias moves a small nucleus by some percent.
            assert!(
                (ratio - expected).abs() < spread,
                "{tissue:?} {sequence:?}: {ratio:.2} instead of {expected}"
            );
        }
    }
}
