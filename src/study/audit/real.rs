//! Real newborns, healthy and with injuries planted into their own images: answered or refused, found or not.

use super::{AuditError, HIT_MM, ask, peak_distance_mm, prepare};
use crate::model::{Bundle, PerSequence, Predictor};
use crate::nomogram::BirthWeight;
use crate::study::image_file::{ImageFile, ImageFileError};
use crate::study::twins::{Injury, Planter, generator};
use crate::volume::{Affine, Volume, VolumeError};
use nalgebra::Rotation3;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// One real pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RealNewborn {
    /// The T1w file's name.
    pub name: String,
    /// The probability as it is; `None` where it is refused.
    pub probability: Option<f64>,
    /// Why there is none.
    pub refused: Option<String>,
    /// Logits of the pair as it is, turned by some degrees and with new noise.
    pub rescans: Vec<Option<f64>>,
    pub planted: Vec<Planted>,
}

/// A real pair with an injury planted in its own millimetres.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planted {
    pub pattern: &'static str,
    pub severity: f64,
    pub probability: Option<f64>,
    /// At least the operating threshold.
    pub above: bool,
    /// The strongest peak lies within [`HIT_MM`] of it.
    pub hit: bool,
}

/// Moderate and severe.
const SEVERITIES: [f64; 2] = [0.55, 0.9];
/// A newborn whose weight is not known: near the mean of both groups.
const BIRTH_WEIGHT_G: &str = "3300";
/// Other scans of the same pair.
const RESCANS: usize = 3;

/// Every pair of a folder: a NIfTI file with `T1w` in its name and one with `T2w` in the same place.
pub fn all(
    bundle: &Bundle,
    predictor: &Predictor,
    folder: &Path,
    seed: u64,
) -> Result<Vec<RealNewborn>, AuditError> {
    let refuse = |reason: String| AuditError::Real { path: folder.to_owned(), reason };
    let entries = std::fs::read_dir(folder).map_err(|e| refuse(e.to_string()))?;
    let is_image = |name: &String| {
        !name.starts_with('.')
            && (name.ends_with(".nii") || name.ends_with(".nii.gz"))
            && name.contains("T1w")
    };
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).filter(is_image).collect();
    names.sort();
    let pair = |name: String| {
        let stem = name.trim_end_matches(".gz").trim_end_matches(".nii").replace("T1w", "T2w");
        let beside = [".nii.gz", ".nii"].map(|end| folder.join(format!("{stem}{end}")));
        match beside.into_iter().filter(|path| path.is_file()).collect::<Vec<_>>().as_slice() {
            [other] => Ok((name.clone(), PerSequence { T1w: folder.join(name), T2w: other.clone() })),
            [] => Err(refuse(format!("{name} has no {stem}.nii or .nii.gz beside it"))),
            _ => Err(refuse(format!("{name} has two, {stem}.nii and .nii.gz, beside it: leave one"))),
        }
    };
    let pairs: Vec<(String, PerSequence<PathBuf>)> = names.into_iter().map(pair).collect::<Result<_, _>>()?;
    if pairs.is_empty() {
        return Err(refuse("it has no pair of NIfTI files named ...T1w... and ...T2w...".into()));
    }
    let planter = Planter::new(&bundle.template.regions, &predictor.manifest().recipe.atlas_grid());
    let newborn = |(index, (name, paths)): (usize, &(String, PerSequence<PathBuf>))| {
        let read = |path: &PathBuf| -> Result<Volume, AuditError> {
            let image = ImageFile::open(path).and_then(|file| file.read());
            let refuse = |e: ImageFileError| AuditError::Real { path: path.clone(), reason: e.reason() };
            Ok(image.map_err(refuse)?.volume)
        };
        let images = PerSequence::try_from_fn(|sequence| read(paths.of(sequence)))?;
        one(predictor, &planter, name, &images, seed, index)
    };
    pairs.iter().enumerate().map(newborn).collect()
}

fn one(
    predictor: &Predictor,
    planter: &Planter,
    name: &str,
    images: &PerSequence<Volume>,
    seed: u64,
    index: usize,
) -> Result<RealNewborn, AuditError> {
    let threshold = predictor.manifest().threshold;
    let weight = BirthWeight::parse(BIRTH_WEIGHT_G)
        .map_err(|e| AuditError::Real { path: name.into(), reason: e.to_string() })?;
    let ask = |images: &PerSequence<Volume>| ask(predictor, images, weight.into());
    let mut newborn = RealNewborn {
        name: name.to_owned(),
        probability: None,
        refused: None,
        rescans: vec![],
        planted: vec![],
    };
    match ask(images)? {
        Ok(answer) => newborn.probability = Some(answer.probability),
        Err(reason) => newborn.refused = Some(reason),
    }
    let rng = &mut generator(seed, index);
    for _ in 0..RESCANS {
        let again = scanned_again(images, rng)?;
        newborn.rescans.push(ask(&again)?.ok().map(|a| a.logit));
    }
    let Ok(prepared) = prepare(predictor, images) else { return Ok(newborn) };
    let placements = prepared.as_ref().map(|image| &image.placement);
    for injury in Injury::ALL {
        for severity in SEVERITIES {
            let planted = planter.plant(images, placements, injury, severity, rng)?;
            let lesions = planted.as_ref().map(|(_, lesion)| lesion.clone());
            let answer = ask(&planted.map(|(image, _)| image))?.ok();
            let distance = answer.as_ref().and_then(|a| peak_distance_mm(a, &lesions));
            newborn.planted.push(Planted {
                pattern: injury.name(),
                severity,
                probability: answer.as_ref().map(|a| a.probability),
                above: answer.is_some_and(|a| a.probability >= threshold),
                hit: distance.is_some_and(|mm| mm <= HIT_MM),
            });
        }
    }
    Ok(newborn)
}

/// The same head turned and moved in the scanner, with another gain and 2 % more noise.
fn scanned_again(
    images: &PerSequence<Volume>,
    rng: &mut rand_chacha::ChaCha8Rng,
) -> Result<PerSequence<Volume>, VolumeError> {
    let angles: [f64; 3] = std::array::from_fn(|_| rng.random_range(-0.12..0.12));
    let turn = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]);
    PerSequence::try_from_fn(|sequence| {
        let volume = images.of(sequence);
        let inside = || volume.voxels().iter().filter(|v| **v > 0.0);
        let level = inside().sum::<f32>() / inside().count().max(1) as f32;
        let gain = rng.random_range(0.7..1.4);
        let noisy = |v: &f32| {
            let grain: f32 = StandardNormal.sample(rng);
            if *v > 0.0 { gain * (v + 0.02 * level * grain).max(0.0) } else { *v }
        };
        let voxels = volume.voxels().iter().map(noisy).collect();
        let rows = volume.affine().rows();
        let turned =
            std::array::from_fn(|r| std::array::from_fn(|c| (0..3).map(|k| turn[(r, k)] * rows[k][c]).sum()));
        Volume::new(volume.dims(), voxels, Affine::from_rows(turned)?)
    })
}
