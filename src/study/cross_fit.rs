//! The study design: splits by subject, cross-fitted signatures, the nomogram on them, the bundle.

use super::arms;
use super::checkpoint::Checkpoints;
use super::cohort::Subject;
use super::detector::Family;
use super::folds::Folds;
use super::radiomics;
use super::relatives::Relatives;
use super::selection::{Selection, candidate_columns, select};
use super::settings::{Settings, StudyError};
use super::split::split;
use super::train::{Architecture, Images, Trained, initial_kernels};
use super::twins::{Injury, Planter, generator};
use crate::evaluation::{CohortRole, auc, specificity_threshold};
use crate::model::{
    Atlas, Branch, Bundle, Cells, Cohort, Familiarity, FeatureGeometry, Layer, Manifest, ModelError,
    PerSequence, Population, Prepared, Recipe, SCHEMA, SelfTest, Sequence, SignedMap, Template, Weights,
    card, correlation_of, ensemble, own_anatomy, self_test_input,
};
use crate::nomogram::{Clinical, FitError, expit, fit_logistic};
use crate::text;
use burn::tensor::Device;
use rayon::prelude::*;
use std::ops::Range;

/// The outcome of a study.
#[derive(Debug, Clone)]
pub struct Study {
    pub manifest: Manifest,
    pub weights: PerSequence<Vec<Weights>>,
    /// Every fold model's training, the first repeat's first.
    pub trained: PerSequence<Vec<Trained>>,
    pub template: Template,
    pub atlas: PerSequence<Atlas>,
    pub familiarity: PerSequence<Familiarity>,
    /// Every participant's, in the order of the cohorts.
    pub predictions: Vec<Prediction>,
    /// Values of the nomogram's terms, participant by participant in the order of `predictions`.
    pub values: Vec<Vec<f64>>,
    /// How the terms were chosen; `None` where there was no candidate.
    pub selection: Option<Selection>,
    /// Simpler models on the same splits, to be compared with; their predictions are in the same order.
    pub arms: Vec<Arm>,
}

/// A simpler model: logistic on some of the terms, or radiomics.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    pub name: &'static str,
    pub predictions: Vec<Prediction>,
    /// What it is made of, a sentence each, where its name does not say it.
    pub notes: Vec<String>,
}

/// The simpler models by name, and which of the nomogram's terms each has; there is no end to the clinical.
const ARMS: [(&str, Range<usize>); 4] =
    [("clinical", 2..usize::MAX), ("signature_t1", 0..1), ("signature_t2", 1..2), ("signatures", 0..2)];

/// One participant's probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub id: String,
    pub cohort: CohortRole,
    pub center: String,
    pub event: bool,
    pub probability: f64,
}

/// Newborns of each class that the training cohort needs at the least, so that every fold model has one to learn
/// from and one to be watched by when two folds halve it.
const LEAST: usize = 4;

/// Runs the study; `progress` hears (steps done, steps in all, what runs).
///
/// The logistic model is fitted on out-of-fold signatures only: each training subject's signature
/// is the mean of the models that have not seen it, one for each repeat. Validation subjects get the mean of
/// the first repeat's models, as every later newborn does.
///
/// # Errors
/// `StudyError` when the cohort is too small or the nomogram has no finite fit.
pub fn run(
    subjects: &[Subject],
    template: &Template,
    settings: &Settings,
    progress: &(dyn Fn(usize, usize, &str) + Sync),
) -> Result<Study, StudyError> {
    let whole = study(subjects, template, settings, None, progress)?;
    whole.ok_or_else(|| ModelError::Compute(text!("a training thread ended early")).into())
}

/// Trains one of the study's branches, by its sequence and its number from 0, and leaves it among the checkpoints, where
/// [`run`] finds it.
///
/// # Errors
/// As [`run`]; `StudyError::Branch` where there is no such branch or no folder for it.
pub fn run_branch(
    subjects: &[Subject],
    template: &Template,
    settings: &Settings,
    branch: (Sequence, usize),
    progress: &(dyn Fn(usize, usize, &str) + Sync),
) -> Result<(), StudyError> {
    let models = settings.folds * settings.repeats.max(1);
    if branch.1 >= models || settings.checkpoints.is_none() {
        return Err(StudyError::Branch { number: branch.1 + 1, models });
    }
    study(subjects, template, settings, Some(branch), progress).map(drop)
}

/// The whole study, or `None` after the only branch that was asked for.
fn study(
    subjects: &[Subject],
    template: &Template,
    settings: &Settings,
    only: Option<(Sequence, usize)>,
    progress: &(dyn Fn(usize, usize, &str) + Sync),
) -> Result<Option<Study>, StudyError> {
    let recipe = Recipe::default();
    let layers = settings.layers.clone();
    settings.check()?;
    let development = settings.development(subjects.iter().map(|s| s.row.center.as_str()))?;
    let split = split(subjects, settings, development);
    let events = split.training.iter().filter(|i| subjects[**i].row.event).count();
    let controls = split.training.len() - events;
    let least = settings.folds.max(LEAST);
    if events.min(controls) < least {
        return Err(StudyError::TooFew { events, controls, least });
    }
    // What is usual is what healthy newborns are. Whoever is judged by models that have not seen it still has a
    // share in the mean of a hundred.
    let healthy: Vec<usize> = split.training.iter().copied().filter(|i| !subjects[*i].row.event).collect();
    let atlas = PerSequence::from_fn(|q| {
        Atlas::of(recipe.grid_dims, healthy.iter().map(|i| subjects[*i].images.of(q)))
    });
    // Subject by subject: what the networks see.
    let deviations: Vec<PerSequence<Vec<f32>>> = subjects
        .par_iter()
        .map(|s| PerSequence::from_fn(|q| atlas.of(q).deviation(&s.images.of(q).values)))
        .collect();
    progress(0, 1, "Planting injuries");
    let planter = Planter::new(&template.regions, &recipe.atlas_grid());
    let relatives: Vec<Relatives> = healthy
        .par_iter()
        .map(|i| {
            let subject = &subjects[*i];
            let aligned =
                subject.aligned.as_ref().ok_or_else(|| StudyError::NotAligned(subject.row.id.clone()))?;
            let rng = &mut generator(settings.seed, *i);
            Ok(Relatives::of(aligned, &planter, &recipe, &atlas, rng))
        })
        .collect::<Result<_, StudyError>>()?;
    let newborns: Vec<(usize, PerSequence<Images<'_>>)> = healthy
        .iter()
        .zip(&relatives)
        .map(|(i, relatives)| {
            let place = split.training.iter().position(|j| j == i).unwrap_or_default();
            (place, PerSequence::from_fn(|q| relatives.images(deviations[*i].of(q), q)))
        })
        .collect();
    let cells = PerSequence::from_fn(|q| Cells::of(atlas.of(q), &layers, recipe.grid_dims));
    let architecture =
        PerSequence::from_fn(|q| Architecture { layers: &layers, recipe: &recipe, cells: cells.of(q) });
    progress(0, 1, "Computing first features");
    let first = initial_kernels(&layers);
    let start = PerSequence::try_from_fn(|q| -> Result<Vec<Family>, ModelError> {
        let own = newborns.par_iter().map(|(_, images)| architecture.of(q).families(&first, &[images.of(q)]));
        Ok(own.collect::<Result<Vec<_>, _>>()?.concat())
    })?;
    let checkpoints = settings
        .checkpoints
        .as_ref()
        .map(|folder| Checkpoints::new(folder.clone(), subjects, settings, &recipe, &layers));
    let folds = Folds {
        architecture,
        newborns: &newborns,
        start: start.as_ref().map(Vec::as_slice),
        split: &split,
        settings,
        checkpoints: checkpoints.as_ref(),
        only,
    };
    let trained = folds.train(progress)?;
    if only.is_some() {
        return Ok(None);
    }

    progress(1, 1, "Computing signatures");
    // Models that a subject is judged by.
    let unseen = |subject: usize| -> Vec<usize> {
        let Some(k) = split.training.iter().position(|i| *i == subject) else {
            return (0..settings.folds).collect();
        };
        let own = split.folds.iter().enumerate();
        own.map(|(repeat, fold)| repeat * settings.folds + fold[k]).collect()
    };
    let signatures = PerSequence::try_from_fn(|sequence| -> Result<Vec<Speech>, ModelError> {
        let device = Device::flex();
        let models: Vec<Branch> = trained
            .of(sequence)
            .iter()
            .map(|t| Branch::from_weights(&layers, cells.of(sequence), &t.weights, &device))
            .collect::<Result<_, _>>()?;
        (0..subjects.len())
            .into_par_iter()
            .map(|i| {
                let own: Vec<Branch> = unseen(i).into_iter().map(|model| models[model].clone()).collect();
                let deviation = deviations[i].of(sequence);
                let signature = pollster::block_on(ensemble(&own, &recipe, deviation, &device, &mut |_| ()))?;
                Ok(Speech { logit: signature.logit(), map: signature.map().to_vec() })
            })
            .collect()
    })?;
    progress(1, 1, "Computing simpler signatures");
    let simpler = PerSequence::try_from_fn(|q| -> Result<[Vec<f64>; 2], ModelError> {
        let own = deviations.par_iter().map(|d| architecture.of(q).pooled(&first, &[d.of(q)]));
        let pooled = own.collect::<Result<Vec<_>, _>>()?.concat();
        let labels = arms::from_labels(subjects, &split, settings.folds, &pooled, &unseen)?;
        Ok([arms::untrained(trained.of(q), &pooled, &unseen), labels])
    })?;
    // What is shipped is the first repeat's.
    let weights = trained
        .as_ref()
        .map(|all| -> Vec<Weights> { all.iter().take(settings.folds).map(|t| t.weights.clone()).collect() });
    let outcome: Vec<bool> = split.training.iter().map(|i| subjects[*i].row.event).collect();
    let candidates = candidate_columns(subjects, &settings.candidates)?;
    let mut terms = Clinical::FIRST.map(str::to_owned).to_vec();
    let forced =
        |i: usize| vec![signatures.T1w[i].logit, signatures.T2w[i].logit, subjects[i].row.birth_weight_g];
    let mut table: Vec<Vec<f64>> = (0..subjects.len()).map(forced).collect();
    let selection = if candidates.is_empty() {
        None
    } else {
        let of =
            |column: &dyn Fn(usize) -> f64| split.training.iter().map(|i| column(*i)).collect::<Vec<f64>>();
        let own: Vec<Vec<f64>> = (0..terms.len()).map(|j| of(&|i| table[i][j])).collect();
        let offered: Vec<(String, Vec<f64>)> =
            candidates.iter().map(|(name, column)| (name.clone(), of(&|i| column[i]))).collect();
        let selection = select(&terms, &own, &offered, &outcome)?;
        for (name, column) in candidates.iter().filter(|(name, _)| selection.chosen.contains(name)) {
            terms.push(name.clone());
            table.iter_mut().zip(column).for_each(|(row, value)| row.push(*value));
        }
        Some(selection)
    };
    let columns: Vec<Vec<f64>> =
        (0..terms.len()).map(|term| split.training.iter().map(|i| table[*i][term]).collect()).collect();
    let nomogram = fit_logistic(&terms, &columns, &outcome)?.nomogram;

    let parts = [
        (CohortRole::Training, &split.training),
        (CohortRole::Internal, &split.internal),
        (CohortRole::Independent, &split.independent),
    ];
    let predict = |probability: &dyn Fn(usize) -> f64| -> Vec<Prediction> {
        let members = parts.iter().flat_map(|(cohort, members)| members.iter().map(move |i| (cohort, *i)));
        members
            .map(|(cohort, i)| Prediction {
                id: subjects[i].row.id.clone(),
                cohort: cohort.clone(),
                center: subjects[i].row.center.clone(),
                event: subjects[i].row.event,
                probability: probability(i),
            })
            .collect()
    };
    let predictions = predict(&|i| expit(nomogram.logit(&table[i])));
    let values = parts.iter().flat_map(|(_, members)| members.iter().map(|i| table[*i].clone())).collect();
    let mut arms = ARMS
        .into_iter()
        .map(|(name, has)| {
            let own: Vec<usize> = (0..terms.len()).filter(|term| has.contains(term)).collect();
            let chosen: Vec<String> = own.iter().map(|term| terms[*term].clone()).collect();
            let columns: Vec<Vec<f64>> = own.iter().map(|term| columns[*term].clone()).collect();
            let fit = fit_logistic(&chosen, &columns, &outcome)?.nomogram;
            let logit = |i: usize| fit.logit(&own.iter().map(|term| table[i][*term]).collect::<Vec<f64>>());
            Ok(Arm { name, predictions: predict(&|i| expit(logit(i))), notes: vec![] })
        })
        .collect::<Result<Vec<Arm>, FitError>>()?;
    for (k, name) in ["untrained_kernels", "labels_without_twins"].into_iter().enumerate() {
        let term = |i: usize, term: usize| {
            let sequence = Sequence::BOTH.into_iter().find(|q| q.term() == term);
            sequence.map_or(table[i][term], |q| simpler.of(q)[k][i])
        };
        let columns: Vec<Vec<f64>> =
            (0..terms.len()).map(|j| split.training.iter().map(|i| term(*i, j)).collect()).collect();
        let fit = fit_logistic(&terms, &columns, &outcome)?.nomogram;
        let logit = |i: usize| fit.logit(&(0..terms.len()).map(|j| term(i, j)).collect::<Vec<f64>>());
        let notes = vec![
            match k {
                0 => "The same terms; the network's kernels as they start, heads solved on the same twins",
                _ => "The same terms; kernels as they start, ridge regression on the diagnoses instead of twins",
            }
            .to_owned(),
        ];
        arms.push(Arm { name, predictions: predict(&|i| expit(logit(i))), notes });
    }
    progress(1, 1, "Computing radiomics");
    let (probability, notes) = radiomics::arm(subjects, &split, &recipe, settings.seed)?;
    arms.push(Arm { name: "radiomics", predictions: predict(&|i| probability[i]), notes });
    let cohorts: Vec<Cohort> = parts
        .iter()
        .map(|(role, members)| {
            let own = || predictions.iter().filter(|p| p.cohort == *role);
            Cohort {
                role: role.clone(),
                center: members.iter().map(|i| subjects[*i].row.center.clone()).min().unwrap_or_default(),
                outcome: own().map(|p| p.event).collect(),
                probability: own().map(|p| p.probability).collect(),
            }
        })
        .collect();
    let threshold =
        specificity_threshold(&outcome, &cohorts[0].probability, Manifest::SPECIFICITY).unwrap_or(0.5);
    let overlay_full_scale = PerSequence::try_from_fn(|sequence| {
        let speech = signatures.of(sequence);
        let controls: Vec<(&Prepared, &Speech)> =
            healthy.iter().map(|i| (subjects[*i].images.of(sequence), &speech[*i])).collect();
        let coefficient = nomogram.coefficients[sequence.term()];
        overlay_full_scale(&controls, sequence, coefficient, &layers, &recipe, template)
    })?;
    let familiarity = PerSequence::from_fn(|sequence| {
        let features = |i: &usize| Familiarity::features(deviations[*i].of(sequence), recipe.grid_dims);
        Familiarity::of(&split.training.iter().map(features).collect::<Vec<_>>(), split.fold())
    });
    let population = population(subjects, &split.training, &columns, &atlas);
    let mut manifest = Manifest {
        schema: SCHEMA,
        name: settings.name.clone(),
        synthetic: settings.synthetic,
        card: model_card(settings, &cohorts, &layers, &recipe, &trained),
        recipe,
        layers,
        folds: settings.folds,
        patterns: Injury::ALL.map(|injury| injury.name().to_owned()).to_vec(),
        healthy: healthy.len(),
        repeatability: None,
        threshold,
        training_share: events as f64 / split.training.len() as f64,
        overlay_full_scale,
        population,
        familiarity: familiarity.as_ref().map(|own| own.statistics.clone()),
        nomogram,
        cohorts,
        // Filled below: the input depends on the grid that the manifest states.
        self_test: SelfTest { logits: PerSequence::default(), tolerance: 1e-3 },
    };
    manifest.self_test.logits =
        PerSequence::try_from_fn(|q| self_test_logits(&manifest, weights.of(q), atlas.of(q)))?;
    let template = template.clone();
    Ok(Some(Study {
        manifest,
        weights,
        trained,
        template,
        atlas,
        familiarity,
        predictions,
        values,
        selection,
        arms,
    }))
}

/// What the training newborns were like: `columns` are the nomogram's terms, newborn by newborn.
fn population(
    subjects: &[Subject],
    training: &[usize],
    columns: &[Vec<f64>],
    atlas: &PerSequence<Atlas>,
) -> Population {
    let ascending = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let of_images = |value: &dyn Fn(Sequence, &Prepared) -> f64| {
        PerSequence::from_fn(|s| {
            ascending(training.iter().map(|i| value(s, subjects[*i].images.of(s))).collect())
        })
    };
    let of_pairs = |value: &dyn Fn(&PerSequence<Prepared>) -> f64| {
        ascending(training.iter().map(|i| value(&subjects[*i].images)).collect())
    };
    Population {
        means: columns.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect(),
        terms: columns.iter().cloned().map(ascending).collect(),
        brain_ml: of_images(&|_, image| image.brain_ml),
        contrast: of_images(&|s, image| atlas.of(s).correlation(&image.values)),
        same_contrast: of_pairs(&correlation_of),
        same_newborn: of_pairs(&|images| own_anatomy(atlas, images)),
    }
}

impl Study {
    /// The bundle file.
    ///
    /// # Errors
    /// `ModelError::Bundle` when it cannot be written.
    pub fn bundle(&self) -> Result<Vec<u8>, ModelError> {
        Bundle::write(&self.manifest, &self.weights, &self.atlas, &self.familiarity, &self.template)
    }
}

/// A subject's signature and its map.
struct Speech {
    logit: f64,
    map: Vec<f32>,
}

/// 95th percentile, over the training controls, of the highest value of the positive map: a normal
/// brain seldom reaches the top of the scale.
fn overlay_full_scale(
    controls: &[(&Prepared, &Speech)],
    sequence: Sequence,
    coefficient: f64,
    layers: &[Layer],
    recipe: &Recipe,
    template: &Template,
) -> Result<f32, StudyError> {
    let mut maxima = Vec::with_capacity(controls.len());
    for (prepared, speech) in controls {
        let map = SignedMap::new(sequence, &speech.map, coefficient, layers, recipe, &prepared.placement)?;
        maxima.push(map.peaks(prepared, recipe, template, 1).strongest().map_or(0.0, |p| p.value));
    }
    maxima.sort_by(f64::total_cmp);
    let rank = ((maxima.len() as f64 * 0.95).ceil() as usize).clamp(1, maxima.len().max(1)) - 1;
    let percentile = maxima.get(rank).copied().unwrap_or(0.0);
    // A map that is nowhere positive in controls leaves no scale: any positive one will do.
    Ok(if percentile > 0.0 { percentile as f32 } else { 1.0 })
}

/// The answers that a bundle's fold models give to its self-test: each pattern's logit, fold by fold.
pub(super) fn self_test_logits(
    manifest: &Manifest,
    weights: &[Weights],
    atlas: &Atlas,
) -> Result<Vec<f64>, ModelError> {
    let device = Device::flex();
    let cells = Cells::of(atlas, &manifest.layers, manifest.recipe.grid_dims);
    let branches: Vec<Branch> = weights
        .iter()
        .map(|w| Branch::from_weights(&manifest.layers, &cells, w, &device))
        .collect::<Result<_, _>>()?;
    let input = atlas.deviation(&self_test_input(manifest));
    let answer = pollster::block_on(ensemble(&branches, &manifest.recipe, &input, &device, &mut |_| ()))?;
    Ok(answer.fold_logits.concat())
}

fn model_card(
    settings: &Settings,
    cohorts: &[Cohort],
    layers: &[Layer],
    recipe: &Recipe,
    trained: &PerSequence<Vec<Trained>>,
) -> Vec<(String, String)> {
    let mut card = settings.card.clone();
    for cohort in cohorts {
        let events = cohort.outcome.iter().filter(|y| **y).count();
        let auc =
            auc(&cohort.outcome, &cohort.probability).map_or("not defined".to_owned(), |a| format!("{a:.3}"));
        let figures = card::cohort(
            cohort.role == CohortRole::Training,
            &cohort.center,
            events,
            cohort.outcome.len() - events,
            auc,
        );
        card.push((card::cohort_heading(&cohort.role).to_string(), figures.to_string()));
    }
    let step = FeatureGeometry::of(layers).step * recipe.spacing_mm;
    let dims = |[x, y, z]: [usize; 3]| format!("{x} x {y} x {z}");
    let network = card::network(
        settings.folds,
        recipe.spacing_mm,
        dims(recipe.grid_dims),
        dims(FeatureGeometry::feature_dims(layers, recipe.grid_dims)),
        step,
    );
    let schedule = &settings.schedule;
    let training = card::training(
        settings.seed,
        schedule.epochs,
        schedule.batch,
        schedule.learning_rate,
        settings.repeats.max(1),
    );
    let accepted = |q: Sequence| {
        let own = trained.of(q).iter().take(settings.folds).map(|t| t.accepted.to_string());
        own.collect::<Vec<_>>().join(", ")
    };
    let epochs = card::accepted(accepted(Sequence::T1w), accepted(Sequence::T2w));
    card.extend([
        ("Network".to_owned(), network.to_string()),
        ("Training".to_owned(), training.to_string()),
        ("Epochs accepted".to_owned(), epochs.to_string()),
    ]);
    card
}
