//! Does the study keep what it must keep apart, and do its intervals cover what is true?

use burn::tensor::Device;
use hielight::evaluation::{CohortRole, delong, evaluate};
use hielight::model::{Aligned, Layer, PerSequence, Placement, Recipe, Sequence, Template};
use hielight::nomogram::fit_logistic;
use hielight::odds::{Z_975, expit};
use hielight::study::radiomics::cross_fit;
use hielight::study::{
    Alignment, Anatomy, Cache, Checkpoints, ImageFile, Row, Schedule, Settings, Source, Subject, lasso,
    lasso_cross_validated, penalties, run, run_branch,
};
use hielight::study_report::StudyReport;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::path::Path;

/// Images of coarse noise within the brain of the label map, and outcomes that have nothing to do with them.
fn null_cohort(n: usize, seed: u64) -> (Vec<Subject>, Template) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let recipe = Recipe::default();
    let grid = recipe.atlas_grid();
    let [nx, ny, _] = grid.dims;
    let regions = Anatomy::of(Source::Average).on_grid(&grid);
    let template = Template::from_regions(&regions, &recipe);
    let cells: usize = grid.dims.iter().product();
    let image = |rng: &mut ChaCha8Rng| {
        let coarse: Vec<f32> = (0..20 * 20 * 20).map(|_| rng.random_range(0.8..1.2)).collect();
        let value = |i: usize| {
            let [x, y, z] = [i % nx, i / nx % ny, i / (nx * ny)].map(|v| v / 4);
            if regions[i].is_brain() { 100.0 * coarse[x + 20 * (y + 20 * z)] } else { 0.0 }
        };
        let intensity: Vec<f32> = (0..cells).map(value).collect();
        let brain = intensity.iter().map(|v| *v != 0.0).collect();
        Aligned { intensity, brain, brain_ml: 400.0, placement: Placement::identity(&grid) }
    };
    let subject = |i: usize| {
        let row = Row {
            id: format!("sub-{i:03}"),
            center: if i % 2 == 1 { "B" } else { "A" }.into(),
            event: rng.random(),
            birth_weight_g: rng.random_range(2500.0..4000.0),
            others: vec![("sex".into(), if rng.random() { "F" } else { "M" }.into())],
        };
        let aligned = PerSequence::from_fn(|_| image(rng));
        let images = recipe.normalise_both(&aligned);
        let aligned = (!row.event).then_some(aligned);
        Subject { row, images, aligned }
    };
    ((0..n).map(subject).collect(), template)
}

/// Cells of 8 mm: the study is the same, and its tests are quick.
fn small_layers() -> Vec<Layer> {
    let layer = |channels_in, channels_out, kernel, stride, padding| Layer {
        channels_in,
        channels_out,
        kernel,
        stride,
        padding,
    };
    vec![layer(1, 4, 5, 4, 2), layer(4, 2, 1, 1, 0)]
}

#[test]
fn is_nothing_learnt_where_there_is_nothing_to_learn() {
    let (subjects, template) = null_cohort(110, 4);
    let settings = Settings {
        seed: 3,
        folds: 4,
        repeats: 1,
        center: None,
        internal_share: 0.3,
        layers: small_layers(),
        schedule: Schedule { epochs: 0, ..Schedule::default() },
        name: "null".into(),
        synthetic: true,
        card: vec![],
        threads: 2,
        device: Device::flex(),
        checkpoints: None,
        candidates: vec![],
    };
    let study = run(&subjects, &template, &settings, &|_, _, _| ()).unwrap();
    for cohort in &study.manifest.cohorts {
        let evaluation =
            evaluate(&cohort.outcome, &cohort.probability, cohort.role == CohortRole::Training).unwrap();
        // In-sample signatures of more features than subjects part the classes nearly completely: if one
        // reached the nomogram's fit, the training cohort's interval would lie far above 0.5. The nomogram
        // has three coefficients to fit noise with on its own table, hence its margin.
        let [low, high] = evaluation.auc.unwrap().ci95_logit.unwrap();
        let margin = if cohort.role == CohortRole::Training { 0.1 } else { 0.0 };
        assert!(low - margin <= 0.5 && 0.5 <= high + margin, "{:?}: AUC {low} to {high}", cohort.role);
    }
    let radiomics = study.arms.iter().find(|arm| arm.name == "radiomics").unwrap();
    assert_eq!(radiomics.predictions.len(), subjects.len());
    for cohort in &study.manifest.cohorts {
        let own = || radiomics.predictions.iter().filter(|p| p.cohort == cohort.role);
        let probability: Vec<f64> = own().map(|p| p.probability).collect();
        // From below only: where LASSO selects nothing, a fold with more events is judged by models that
        // have seen fewer, so the out-of-fold AUC of pure noise lies a little below 0.5.
        let (auc, [low, _]) = area(&cohort.outcome, &probability);
        assert!(low <= 0.5, "{:?}: radiomics has AUC {auc} from {low}", cohort.role);
    }
}

#[test]
fn does_an_interrupted_study_end_with_the_same_bundle_and_its_report_stand_alone() {
    let (subjects, template) = null_cohort(90, 9);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interrupted");
    let _ = std::fs::remove_dir_all(&folder);
    let settings = |threads, checkpoints| Settings {
        seed: 5,
        folds: 2,
        repeats: 2,
        center: None,
        internal_share: 0.3,
        layers: small_layers(),
        schedule: Schedule { epochs: 1, ..Schedule::default() },
        name: "<null>".into(),
        synthetic: true,
        card: vec![],
        threads,
        device: Device::flex(),
        checkpoints,
        candidates: vec!["sex".into()],
    };
    let whole = run(&subjects, &template, &settings(2, None), &|_, _, _| ()).unwrap();
    run(&subjects, &template, &settings(2, Some(folder.clone())), &|_, _, _| ()).unwrap();
    // As if killed: one branch was never stored, one file is cut off.
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 8, "two folds of two sequences, twice");
    std::fs::remove_file(&files[0]).unwrap();
    let bytes = std::fs::read(&files[1]).unwrap();
    std::fs::write(&files[1], &bytes[..bytes.len() / 2]).unwrap();
    let stored = std::fs::metadata(&files[2]).unwrap().modified().unwrap();
    // The first one as a job of its own.
    let own = settings(1, Some(folder.clone()));
    run_branch(&subjects, &template, &own, (Sequence::T1w, 0), &|_, _, _| ()).unwrap();
    assert!(
        files[0].is_file() && std::fs::read(&files[1]).unwrap().len() == bytes.len() / 2,
        "that one alone"
    );
    for none in [(own.clone(), 4), (settings(1, None), 0)] {
        assert!(run_branch(&subjects, &template, &none.0, (Sequence::T2w, none.1), &|_, _, _| ()).is_err());
    }
    let resumed = run(&subjects, &template, &settings(1, Some(folder.clone())), &|_, _, _| ()).unwrap();
    assert_eq!(
        std::fs::metadata(&files[2]).unwrap().modified().unwrap(),
        stored,
        "a finished branch is kept"
    );
    assert!(whole.bundle().unwrap() == resumed.bundle().unwrap(), "the bytes differ");
    // One voxel of one newborn, or another outcome, is another cohort: nothing stored is taken up.
    let stored = |subjects: &[Subject]| {
        let settings = settings(1, None);
        let layers = small_layers();
        Checkpoints::new(folder.clone(), subjects, &settings, &Recipe::default(), &layers)
            .load(Sequence::T1w, 0)
    };
    assert!(stored(&subjects).is_some());
    for sequence in Sequence::BOTH {
        let mut other = subjects.clone();
        other[7].images.of_mut(sequence).values[1234] += 0.5;
        assert!(stored(&other).is_none(), "{sequence:?}: a branch of other images is taken up");
    }
    let mut other = subjects.clone();
    other[7].row.event = !other[7].row.event;
    assert!(stored(&other).is_none(), "a branch of other outcomes is taken up");

    let selection = whole.selection.as_ref().unwrap();
    assert_eq!(selection.compared.len(), 2, "without and with sex");
    let rows: Vec<Row> = subjects.iter().map(|s| s.row.clone()).collect();
    let html = StudyReport {
        study: &whole,
        rows: &rows,
        provenance: vec![("Dataset".into(), "a & b".into())],
        optimism: None,
        sample_size: None,
        failures: vec![],
    }
    .html();
    for part in ["participants", "specification", "performance", "arms", "subgroups", "optimism", "checklist"]
    {
        assert_eq!(html.matches(&format!("<h2 id=\"{part}\">")).count(), 1, "{part}");
    }
    assert!(html.contains("not valid on patients") && html.contains("a &amp; b"));
    // Nothing is loaded and nothing runs.
    for foreign in ["<script", "<link", "http:", "https:", "url(", "@import", "NaN"] {
        let allowed = if foreign == "http:" { html.matches("http://www.w3.org/2000/svg").count() } else { 0 };
        assert_eq!(html.matches(foreign).count(), allowed, "{foreign}");
    }
    // Every chart's title and text are found by their own ids.
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands twice");
}

#[test]
fn is_an_aligned_newborn_read_from_the_cache_as_it_was_stored_and_from_nothing_else() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let _ = std::fs::remove_dir_all(&folder);
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/demo");
    let open = |sequence: Sequence| {
        ImageFile::open(&demo.join(format!("demo_{}.nii.gz", sequence.suffix()))).unwrap()
    };
    let (files, recipe) = (PerSequence::from_fn(open), Recipe::default());
    let template =
        Template::from_regions(&Anatomy::of(Source::Average).on_grid(&recipe.atlas_grid()), &recipe);
    let images = files.as_ref().map(|file| file.read().unwrap().volume);
    let aligned: Alignment = Ok(recipe.align(images.as_ref(), &template).unwrap());
    let cache = Cache::new(folder.clone(), &recipe, &template);
    assert!(cache.load(&files).is_none());
    cache.store(&files, &aligned).unwrap();
    assert!(cache.load(&files) == Some(aligned), "another newborn came back");
    let mut other = template.clone();
    other.brain[1234] ^= 1;
    assert!(Cache::new(folder.clone(), &recipe, &other).load(&files).is_none(), "of another template");
    let swapped = PerSequence { T1w: files.T2w.clone(), T2w: files.T1w.clone() };
    assert!(cache.load(&swapped).is_none(), "of other images");
    let stored = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(&stored).unwrap();
    std::fs::write(&stored, &bytes[..bytes.len() / 2]).unwrap();
    assert!(cache.load(&files).is_none(), "half a file");
    cache.store(&swapped, &Err("it does not fit".into())).unwrap();
    assert!(cache.load(&swapped) == Some(Err("it does not fit".into())), "a refusal is kept too");
}

#[test]
fn do_the_coefficients_intervals_cover_the_truth() {
    let truth = [2.2, 1.1, 0.6, -0.0009];
    let terms = ["signature_t1", "signature_t2", "birth_weight_g"].map(str::to_owned);
    let rng = &mut ChaCha8Rng::seed_from_u64(8);
    let tables = 200;
    let mut covered = [0; 4];
    for _ in 0..tables {
        let mut columns = vec![Vec::new(); 3];
        let mut outcome = Vec::new();
        for _ in 0..283 {
            let values = [Normal::new(0.0, 1.1), Normal::new(0.0, 0.9), Normal::new(3240.0, 460.0)]
                .map(|normal| normal.unwrap().sample(rng));
            let logit = truth[0] + values.iter().zip(&truth[1..]).map(|(x, b)| x * b).sum::<f64>();
            outcome.push(rng.random_bool(expit(logit)));
            columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        let fit = fit_logistic(&terms, &columns, &outcome).unwrap().nomogram;
        let found = std::iter::once(fit.intercept).chain(fit.coefficients.iter().copied());
        for (j, (found, truth)) in found.zip(truth).enumerate() {
            let half = Z_975 * fit.covariance[j][j].sqrt();
            covered[j] += usize::from((found - truth).abs() <= half);
        }
    }
    println!("of {tables} tables, covered: {covered:?} (intercept, T1w, T2w, birth weight)");
    for (j, covered) in covered.into_iter().enumerate() {
        let share = covered as f64 / f64::from(tables);
        // 95 % is nominal; 200 tables have a standard error of 1.5 %.
        assert!((0.90..=0.98).contains(&share), "coefficient {j}: {share}");
    }
}

/// Rows of noise, a fold for each, and outcomes of which the last `signal` columns know something.
fn table(n: usize, p: usize, signal: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<usize>, Vec<bool>) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let outcome: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
    let rows = outcome
        .iter()
        .map(|y| {
            let shift = |j: usize| if j + signal >= p && *y { 1.0 } else { 0.0 };
            (0..p).map(|j| Normal::new(shift(j), 1.0).unwrap().sample(rng)).collect()
        })
        .collect();
    (rows, (0..n).map(|i| i / 2 % 5).collect(), outcome)
}

/// AUC and its interval.
fn area(outcome: &[bool], logits: &[f64]) -> (f64, [f64; 2]) {
    let auc = delong(outcome, logits).unwrap();
    (auc.value, auc.ci95_logit.unwrap_or([auc.value; 2]))
}

#[test]
fn does_radiomics_learn_nothing_from_the_newborn_it_judges() {
    // More columns of noise than rows, and a penalty weak enough to learn them by heart.
    let (rows, fold, outcome) = table(100, 300, 0, 6);
    let training: Vec<usize> = (0..100).collect();
    let weak = |columns: &[Vec<f64>], outcome: &[bool]| {
        let penalties = penalties(columns, outcome)?;
        Ok(lasso(columns, outcome, &penalties)?.remove(penalties.len() / 2))
    };
    let fitted = cross_fit(&rows, &training, &fold, &outcome, weak).unwrap();
    let in_sample: Vec<f64> = rows.iter().map(|row| fitted.whole.logit(row)).collect();
    let (in_sample, _) = area(&outcome, &in_sample);
    assert!(in_sample > 0.95, "the probe is blunt: in-sample AUC {in_sample}");
    let (auc, [low, high]) = area(&outcome, &fitted.logits);
    assert!(low <= 0.5 && 0.5 <= high, "AUC {auc} ({low} to {high}) out of noise");
}

#[test]
fn are_standardisation_and_penalty_of_radiomics_blind_to_the_fold_too() {
    let (rows, fold, outcome) = table(80, 40, 4, 2);
    let training: Vec<usize> = (0..60).collect();
    let (fold, outcome) = (&fold[..60], &outcome[..60]);
    let choose = |columns: &[Vec<f64>], outcome: &[bool]| lasso_cross_validated(columns, outcome, 5, 9);
    let fitted = cross_fit(&rows, &training, fold, outcome, choose).unwrap();
    // The other outcome for all of fold 3, and in place of one of its newborns an outlier.
    let changed: Vec<bool> = outcome.iter().zip(fold).map(|(y, f)| *y != (*f == 3)).collect();
    let outlier = fold.iter().position(|f| *f == 3).unwrap();
    let mut rows_changed = rows.clone();
    rows_changed[outlier].iter_mut().for_each(|x| *x += 40.0);
    let again = cross_fit(&rows_changed, &training, fold, &changed, choose).unwrap();
    for i in (0..80).filter(|i| *i != outlier) {
        let same = fitted.logits[i] == again.logits[i];
        // Fold 3 is judged as before, to the last bit; all others have seen the change.
        assert_eq!(same, i < 60 && fold[i] == 3, "row {i}");
    }
    // There was something to learn: a table of constants would pass the above.
    assert!(area(outcome, &fitted.logits[..60]).1[0] > 0.5);
}
