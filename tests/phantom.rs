//! Is the synthetic cohort what its seed and its table say, and is a newborn's contrast a newborn's?

use hielight::model::{Recipe, Sequence};
use hielight::study::phantom::{
    Center, Lesion, Pattern, PhantomConfig, participant, participant_with, scan, write_dataset,
};
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
