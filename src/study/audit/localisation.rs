//! Does the overlay find the lesion, and does the probability see it?

use super::{AuditError, HIT_MM, answer, config, peak_distance_mm, places};
use crate::model::Predictor;
use crate::study::phantom::{Lesion, Participant, Pattern, participant_with, scan};
use crate::volume::Volume;
use rayon::prelude::*;
use serde::Serialize;

/// How often the strongest peak lies in the lesion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Localisation {
    pub pattern: &'static str,
    pub severity: f64,
    /// Age at the scan, where it was chosen.
    pub day: Option<u32>,
    pub n: usize,
    /// Newborns with a probability.
    pub answered: usize,
    /// At least the operating threshold.
    pub above: usize,
    /// Strongest peak within [`HIT_MM`].
    pub hits: usize,
    /// The same network with shuffled weights of the same size.
    pub hits_randomised: usize,
    /// Mean share of the head's brain that lies within [`HIT_MM`] of the lesion: what a random place would hit.
    pub chance: f64,
}

const PATTERNS: [Pattern; 3] =
    [Pattern::BasalGangliaThalamus, Pattern::Watershed, Pattern::CorticalHighlighting];
/// Mild, moderate, severe.
const SEVERITIES: [f64; 3] = [0.45, 0.65, 0.9];
/// Days of life, at moderate severity.
const DAYS: [u32; 4] = [1, 3, 5, 10];

pub fn all(
    predictors: [&Predictor; 2],
    n: usize,
    seed: u64,
    progress: &dyn Fn(&str),
) -> Result<Vec<Localisation>, AuditError> {
    let mut found = Vec::new();
    for pattern in PATTERNS {
        for severity in SEVERITIES {
            progress(&format!("Lesions: {} of severity {severity}", pattern.name()));
            found.push(localise(predictors, n, Lesion { pattern, severity }, None, seed)?);
        }
    }
    for day in DAYS {
        for pattern in [Pattern::BasalGangliaThalamus, Pattern::Watershed] {
            progress(&format!("Lesions: {} on day {day}", pattern.name()));
            found.push(localise(predictors, n, Lesion { pattern, severity: 0.65 }, Some(day), seed)?);
        }
    }
    Ok(found)
}

fn localise(
    [predictor, randomised]: [&Predictor; 2],
    n: usize,
    lesion: Lesion,
    day: Option<u32>,
    seed: u64,
) -> Result<Localisation, AuditError> {
    let newborn = |i: usize| {
        let mut drawn = participant_with(&config(seed, n), i, Some(lesion));
        drawn.age_days = day.unwrap_or(drawn.age_days);
        drawn
    };
    let newborns: Vec<Participant> = (0..n).map(newborn).collect();
    let found: Vec<[f64; 5]> = newborns
        .par_iter()
        .map(|newborn| {
            let phantom = scan(newborn)?;
            let hit = |distance: Option<f64>| f64::from(u8::from(distance.is_some_and(|d| d <= HIT_MM)));
            let own = answer(predictor, &phantom.images, newborn)?;
            let random = answer(randomised, &phantom.images, newborn)?;
            let above = own.as_ref().is_some_and(|a| a.probability >= predictor.manifest().threshold);
            Ok([
                f64::from(u8::from(own.is_some())),
                f64::from(u8::from(above)),
                hit(own.and_then(|a| peak_distance_mm(&a, &phantom.lesions))),
                hit(random.and_then(|a| peak_distance_mm(&a, &phantom.lesions))),
                share_near(&phantom.lesions.T1w, BRAIN_ML),
            ])
        })
        .collect::<Result<_, AuditError>>()?;
    let sum = |k: usize| found.iter().map(|row| row[k]).sum::<f64>();
    let count = |k: usize| sum(k) as usize;
    let (pattern, severity) = (lesion.pattern.name(), lesion.severity);
    Ok(Localisation {
        pattern,
        severity,
        day,
        n,
        answered: count(0),
        above: count(1),
        hits: count(2),
        hits_randomised: count(3),
        chance: sum(4) / n.max(1) as f64,
    })
}

/// A term brain, ml.
const BRAIN_ML: f64 = 390.0;

/// Volume within [`HIT_MM`] of a mask, as a share of a brain of so many ml: an upper bound, because part of that
/// volume may lie outside the brain.
fn share_near(mask: &Volume, brain_ml: f64) -> f64 {
    const STEP_MM: f64 = 2.0;
    let reach = (HIT_MM / STEP_MM).ceil() as i64;
    let cell = |p: [f64; 3]| p.map(|v| (v / STEP_MM).round() as i64);
    // Many of the mask's voxels lie in one cell: each is looked at once.
    let seen: std::collections::BTreeSet<[i64; 3]> = places(mask).map(cell).collect();
    let mut near = std::collections::BTreeSet::new();
    for centre in seen {
        for z in -reach..=reach {
            for y in -reach..=reach {
                for x in -reach..=reach {
                    if ((x * x + y * y + z * z) as f64).sqrt() * STEP_MM <= HIT_MM {
                        near.insert([centre[0] + x, centre[1] + y, centre[2] + z]);
                    }
                }
            }
        }
    }
    (near.len() as f64 * STEP_MM.powi(3) / 1000.0 / brain_ml).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volume::Affine;

    #[test]
    fn is_the_share_near_a_point_that_of_a_ball() {
        let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
        let mut voxels = vec![0.0; 27];
        voxels[13] = 1.0;
        let mask = Volume::new([3; 3], voxels, Affine::from_rows(rows).unwrap()).unwrap();
        let ball_ml = 4.0 / 3.0 * std::f64::consts::PI * HIT_MM.powi(3) / 1000.0;
        // Cells of 2 mm make up a ball of 8 mm to some per cent.
        assert!((share_near(&mask, 100.0) * 100.0 / ball_ml - 1.0).abs() < 0.1);
    }
}
