//! A model fitted to a site: what is usual there, how healthy newborns vary there, and the nomogram's level, all from
//! the site's own scans. What it can do is judged on newborns that each step has left out.

mod heads;

use super::arms::largest_mean;
use super::cohort::{Row, Subject};
use super::cross_fit::self_test_logits;
use super::relatives::Relatives;
use super::train::Architecture;
use super::twins::{Injury, Planter, generator};
use crate::evaluation::auc;
use crate::model::{
    Atlas, Bundle, Cells, ModelError, PerSequence, Population, Sequence, card, correlation_of, own_anatomy,
};
use crate::nomogram::{FitError, Nomogram, expit, fit_logistic};
use heads::{Adjusted, Linear};
use rayon::prelude::*;

/// Fewer healthy newborns cannot say what is usual.
pub const LEAST_HEALTHY: usize = 15;
/// With fewer of either class the outcomes refit nothing but the level, and with fewer than half of it not even that.
pub const ENOUGH_OUTCOMES: usize = 20;
/// Of the site's scans at least this share must be answerable.
const ANSWERABLE: f64 = 0.67;
/// Site's newborns left out at a time.
const FOLDS: usize = 5;

/// Figures before and after, on newborns that were left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Of the healthy newborns, those below the operating threshold.
    pub healthy_below: usize,
    /// Mean log-odds of the healthy newborns.
    pub healthy_logit: f64,
    /// AUC of healthy newborns against the same with injuries planted.
    pub auc_planted: Option<f64>,
    /// AUC of the site's own outcomes.
    pub auc_outcomes: Option<f64>,
}

/// A calibrated model.
#[derive(Debug, Clone)]
pub struct Calibrated {
    pub bundle: Bundle,
    pub healthy: usize,
    pub events: usize,
    /// What became of the nomogram, in a sentence.
    pub refitted: String,
    pub old: Figures,
    pub new: Figures,
}

/// Why a model cannot be calibrated.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    #[error(
        "{found} healthy newborns are too few to say what is usual at a site: at least {LEAST_HEALTHY} are needed"
    )]
    TooFew { found: usize },
    #[error(
        "only {answered} of {all} newborns have images that the model can align: they are not what it was made for"
    )]
    Unlike { answered: usize, all: usize },
    #[error("the model is calibrated for a site already: start from the model that it came from")]
    Twice,
    #[error("{id} has no value for the term {term} of the model")]
    Covariate { id: String, term: String },
    #[error("the nomogram cannot be refitted: {0}")]
    Fit(#[from] FitError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Fits `bundle` to a site's newborns; `all` counts them before those that could not be aligned were left out.
///
/// # Errors
/// `CalibrateError` where the sample supports no calibration.
pub fn calibrate(
    bundle: &Bundle,
    subjects: &[Subject],
    all: usize,
    seed: u64,
    progress: &dyn Fn(&str),
) -> Result<Calibrated, CalibrateError> {
    let parent = &bundle.manifest;
    if parent.card.iter().any(|(heading, _)| heading == card::CALIBRATED) {
        return Err(CalibrateError::Twice);
    }
    let healthy: Vec<usize> = (0..subjects.len()).filter(|i| !subjects[*i].row.event).collect();
    if healthy.len() < LEAST_HEALTHY {
        return Err(CalibrateError::TooFew { found: healthy.len() });
    }
    if (subjects.len() as f64) < ANSWERABLE * all as f64 {
        return Err(CalibrateError::Unlike { answered: subjects.len(), all });
    }
    let clinical: Vec<Vec<f64>> =
        subjects.iter().map(|s| clinical(&s.row, &parent.nomogram.terms)).collect::<Result<_, _>>()?;

    progress("What is usual at the site");
    let atlas = PerSequence::from_fn(|s| {
        let own = healthy.iter().map(|i| subjects[*i].images.of(s));
        bundle.atlas.of(s).joined(parent.healthy, parent.recipe.grid_dims, own)
    });
    let scene = Scene { bundle, subjects, healthy: &healthy, seed };
    progress("The model as it was");
    let before = scene.features(&bundle.atlas)?;
    progress("The model with what is usual at the site");
    let after = scene.features(&atlas)?;

    progress("How healthy newborns vary at the site");
    let fold_of = |i: usize| i % FOLDS;
    let mut old = Table::new(subjects.len());
    let mut new = Table::new(subjects.len());
    let mut weights = bundle.weights.clone();
    for s in Sequence::BOTH {
        let (before, after) = (before.of(s), after.of(s));
        let parents: Vec<Linear> = bundle.weights.of(s).iter().map(Linear::of).collect();
        let adjusted: Vec<Adjusted<'_>> =
            parents.iter().zip(after).map(|(head, own)| Adjusted::new(head, &own.families)).collect();
        let damping = heads::choose(&adjusted);
        let everyone: Vec<usize> = (0..healthy.len()).collect();
        let whole: Vec<Linear> =
            adjusted.iter().map(|a| a.solve(&everyone, damping, parent.healthy)).collect();
        // Who is judged has no part in the heads that judge.
        let without: Vec<Vec<Linear>> = (0..FOLDS.min(healthy.len()))
            .map(|fold| {
                let others: Vec<usize> = everyone.iter().copied().filter(|i| fold_of(*i) != fold).collect();
                adjusted.iter().map(|a| a.solve(&others, damping, parent.healthy)).collect()
            })
            .collect();
        let judge = |subject: usize| {
            healthy.iter().position(|h| *h == subject).map_or(&whole, |place| &without[fold_of(place)])
        };
        for i in 0..subjects.len() {
            let of = |heads: &[Linear], own: &[heads::Features]| {
                let logits = heads.iter().zip(own).map(|(head, own)| head.logits(&own.subjects[i]));
                largest_mean(logits.collect())
            };
            *old.signatures[i].of_mut(s) = of(&parents, before);
            *new.signatures[i].of_mut(s) = of(judge(i), after);
        }
        for (place, subject) in healthy.iter().enumerate() {
            for pattern in 0..Injury::ALL.len() {
                let of = |heads: &[Linear], own: &[heads::Features]| {
                    let twin = heads.iter().zip(own);
                    largest_mean(twin.map(|(h, own)| h.logits(&own.families[place].twins[pattern])).collect())
                };
                let own = [of(&parents, before), of(judge(*subject), after)];
                for (table, signature) in [&mut old, &mut new].into_iter().zip(own) {
                    *table.twin(place, pattern).of_mut(s) = signature;
                }
            }
        }
        for (weights, head) in weights.of_mut(s).iter_mut().zip(whole) {
            head.write(weights);
        }
    }

    progress("The nomogram");
    let outcome: Vec<bool> = subjects.iter().map(|s| s.row.event).collect();
    let logits = |nomogram: &Nomogram, table: &Table| -> Vec<f64> {
        table.signatures.iter().zip(&clinical).map(|(s, c)| logit(nomogram, s, c)).collect()
    };
    let events = outcome.iter().filter(|y| **y).count();
    let (nomogram, refitted) =
        refit(&parent.nomogram, &logits(&parent.nomogram, &new), &outcome, parent.controls_mean_logit())?;
    let figures = |nomogram: &Nomogram, table: &Table| {
        let own = logits(nomogram, table);
        let of_healthy: Vec<f64> = healthy.iter().map(|i| own[*i]).collect();
        let planted =
            table.twins.iter().enumerate().map(|(k, signatures)| {
                logit(nomogram, signatures, &clinical[healthy[k / Injury::ALL.len()]])
            });
        let planted: Vec<f64> = planted.collect();
        let labels = [vec![false; of_healthy.len()], vec![true; planted.len()]].concat();
        Figures {
            healthy_below: of_healthy.iter().filter(|l| expit(**l) < parent.threshold).count(),
            healthy_logit: of_healthy.iter().sum::<f64>() / of_healthy.len() as f64,
            auc_planted: auc(&labels, &[of_healthy, planted].concat()),
            auc_outcomes: auc(&outcome, &own),
        }
    };
    let (before, after) = (figures(&parent.nomogram, &old), figures(&nomogram, &new));
    let mut calibrated = bundle.clone();
    calibrated.atlas = atlas;
    calibrated.weights = weights;
    let manifest = &mut calibrated.manifest;
    manifest.nomogram = nomogram;
    manifest.healthy += healthy.len();
    // Another place's scans, and another model: what was measured no longer holds.
    manifest.repeatability = None;
    widen(&mut manifest.population, &calibrated.atlas, subjects, &new.signatures);
    manifest.card.push((
        card::CALIBRATED.to_owned(),
        card::calibrated(healthy.len(), events, bundle.identity.sha256.clone()).to_string(),
    ));
    calibrated.manifest.self_test.logits = PerSequence::try_from_fn(|s| {
        self_test_logits(&calibrated.manifest, calibrated.weights.of(s), calibrated.atlas.of(s))
    })?;
    Ok(Calibrated { bundle: calibrated, healthy: healthy.len(), events, refitted, old: before, new: after })
}

/// Joins the site's newborns to the distributions that a newborn is compared with.
fn widen(
    population: &mut Population,
    atlas: &PerSequence<Atlas>,
    subjects: &[Subject],
    signatures: &[PerSequence<f64>],
) {
    for images in subjects.iter().map(|s| &s.images) {
        for (s, image) in images.iter() {
            population.brain_ml.of_mut(s).push(image.brain_ml);
            population.contrast.of_mut(s).push(atlas.of(s).correlation(&image.values));
        }
        population.same_contrast.push(correlation_of(images));
        population.same_newborn.push(own_anatomy(atlas, images));
    }
    for pair in signatures {
        for (s, value) in pair.iter() {
            population.terms[s.term()].push(*value);
        }
    }
    let pairs = [&mut population.same_contrast, &mut population.same_newborn];
    let lists = population.terms.iter_mut().chain(pairs);
    let both = [&mut population.brain_ml, &mut population.contrast]
        .into_iter()
        .flat_map(|p| [&mut p.T1w, &mut p.T2w]);
    lists.chain(both).for_each(|list| list.sort_by(f64::total_cmp));
}

fn logit(nomogram: &Nomogram, signatures: &PerSequence<f64>, clinical: &[f64]) -> f64 {
    nomogram.logit(&[&signatures.into_pair(), clinical].concat())
}

/// Birth weight and covariates of a row, in the order of the terms.
fn clinical(row: &Row, terms: &[String]) -> Result<Vec<f64>, CalibrateError> {
    let value = |term: &String| {
        if term == "birth_weight_g" {
            return Some(row.birth_weight_g);
        }
        match term.split_once('=') {
            Some((column, word)) => row.other(column).map(|cell| f64::from(u8::from(cell == word))),
            None => row.other(term)?.parse().ok().filter(|v: &f64| v.is_finite()),
        }
    };
    let missing = |term: &String| CalibrateError::Covariate { id: row.id.clone(), term: term.clone() };
    terms.iter().skip(2).map(|term| value(term).ok_or_else(|| missing(term))).collect()
}

/// Signatures of every subject and of the healthy ones' twins.
struct Table {
    signatures: Vec<PerSequence<f64>>,
    twins: Vec<PerSequence<f64>>,
}

impl Table {
    fn new(subjects: usize) -> Self {
        Self { signatures: vec![PerSequence::default(); subjects], twins: vec![] }
    }

    fn twin(&mut self, healthy: usize, pattern: usize) -> &mut PerSequence<f64> {
        let index = healthy * Injury::ALL.len() + pattern;
        if self.twins.len() <= index {
            self.twins.resize(index + 1, PerSequence::default());
        }
        &mut self.twins[index]
    }
}

struct Scene<'a> {
    bundle: &'a Bundle,
    subjects: &'a [Subject],
    healthy: &'a [usize],
    seed: u64,
}

impl Scene<'_> {
    /// Pooled features of every subject, and of the healthy ones' families, fold model by fold model.
    fn features(&self, atlas: &PerSequence<Atlas>) -> Result<PerSequence<Vec<heads::Features>>, ModelError> {
        let manifest = &self.bundle.manifest;
        let recipe = &manifest.recipe;
        let planter = Planter::new(&self.bundle.template.regions, &recipe.atlas_grid());
        let deviations: Vec<PerSequence<Vec<f32>>> = self
            .subjects
            .par_iter()
            .map(|s| PerSequence::from_fn(|q| atlas.of(q).deviation(&s.images.of(q).values)))
            .collect();
        let relatives: Vec<Relatives> = self
            .healthy
            .par_iter()
            .filter_map(|i| {
                let aligned = self.subjects[*i].aligned.as_ref()?;
                let rng = &mut generator(self.seed, *i);
                Some(Relatives::of(aligned, &planter, recipe, atlas, rng))
            })
            .collect();
        PerSequence::try_from_fn(|s| -> Result<Vec<heads::Features>, ModelError> {
            // The parent's cells: the joined atlas has brain where it has.
            let cells = Cells::of(self.bundle.atlas.of(s), &manifest.layers, recipe.grid_dims);
            let architecture = Architecture { layers: &manifest.layers, recipe, cells: &cells };
            let folds = self.bundle.weights.of(s).par_iter();
            folds
                .map(|kernels| {
                    let images: Vec<&[f32]> = deviations.iter().map(|d| d.of(s).as_slice()).collect();
                    let subjects = architecture.pooled(kernels, &images)?;
                    let newborns: Vec<_> = self
                        .healthy
                        .iter()
                        .zip(&relatives)
                        .map(|(i, relatives)| relatives.images(deviations[*i].of(s), s))
                        .collect();
                    let families = architecture.families(kernels, &newborns.iter().collect::<Vec<_>>())?;
                    Ok(heads::Features { subjects, families })
                })
                .collect()
        })
    }
}

/// The nomogram for a site whose newborns get these log-odds from the parent's, and what was done.
fn refit(
    parent: &Nomogram,
    logits: &[f64],
    outcome: &[bool],
    controls_mean: f64,
) -> Result<(Nomogram, String), CalibrateError> {
    let healthy: Vec<f64> = logits.iter().zip(outcome).filter(|(_, y)| !**y).map(|(l, _)| *l).collect();
    let n = healthy.len() as f64;
    let mean = healthy.iter().sum::<f64>() / n;
    let variance = healthy.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n;
    let events = outcome.len() - healthy.len();
    let mut nomogram = parent.clone();
    if events.min(healthy.len()) >= ENOUGH_OUTCOMES {
        let fit = fit_logistic(&["logit".to_owned()], &[logits.to_vec()], outcome)?.nomogram;
        let (shift, slope) = (fit.intercept, fit.coefficients[0]);
        nomogram.intercept = shift + slope * parent.intercept;
        nomogram.coefficients.iter_mut().for_each(|b| *b *= slope);
        nomogram.covariance.iter_mut().flatten().for_each(|v| *v *= slope * slope);
        nomogram.covariance[0][0] += fit.covariance[0][0];
        let done = format!("slope {slope:.2} and intercept {shift:+.2} refitted on the site's outcomes");
        return Ok((nomogram, done));
    }
    let shift = controls_mean - mean;
    nomogram.intercept += shift;
    nomogram.covariance[0][0] += variance;
    let done = format!(
        "intercept moved by {shift:+.2} so that healthy newborns of the site get the log-odds of those of training; \
         {events} outcomes of HIE are too few to refit a slope ({ENOUGH_OUTCOMES} are needed)"
    );
    Ok((nomogram, done))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent() -> Nomogram {
        Nomogram {
            terms: vec!["signature_t1".into()],
            intercept: -1.0,
            coefficients: vec![2.0],
            covariance: vec![vec![0.1, 0.0], vec![0.0, 0.1]],
            limits: vec![[-3.0, 3.0]],
        }
    }

    #[test]
    fn do_healthy_newborns_alone_move_the_level_and_nothing_else() {
        let logits: Vec<f64> = (0..16).map(|i| f64::from(i) / 8.0).collect();
        let (refitted, said) = refit(&parent(), &logits, &[false; 16], -2.0).unwrap();
        // Their mean is 15 / 16: the shift takes it to -2.
        assert!((refitted.intercept - (-1.0 - 2.0 - 15.0 / 16.0)).abs() < 1e-12);
        assert_eq!(refitted.coefficients, parent().coefficients);
        assert!(refitted.covariance[0][0] > 0.1 && said.contains("too few"), "{said}");
    }

    #[test]
    fn do_enough_outcomes_refit_the_slope_too() {
        // Twice too bold: the truth is half of each log-odds.
        let logits: Vec<f64> = (0..400).map(|i| f64::from(i % 40) / 4.0 - 5.0).collect();
        let outcome: Vec<bool> =
            logits.iter().enumerate().map(|(i, l)| expit(l / 2.0) > (i / 40) as f64 / 10.0 + 0.05).collect();
        let (refitted, said) = refit(&parent(), &logits, &outcome, -2.0).unwrap();
        // Ten rows at each of forty log-odds: the slope's standard error is below 0.1.
        assert!((refitted.coefficients[0] - 1.0).abs() < 0.2, "{refitted:?} {said}");
    }
}
