//! Who gets no probability, and should?

use super::{AuditError, answer, config};
use crate::model::{ModelError, PerSequence, Predictor};
use crate::study::phantom::{Participant, participant, scan};
use crate::volume::{Affine, Volume, VolumeError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// How many pairs of images of a kind get no probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refusals {
    pub input: &'static str,
    /// Whether they should.
    pub wanted: bool,
    pub n: usize,
    pub refused: usize,
}

/// T1w of one newborn, T2w of another.
const TWO_NEWBORNS: &str = "T1w and T2w of two newborns";

/// Ways to spoil a pair of images.
type Spoil = fn(PerSequence<Volume>, &mut ChaCha8Rng) -> Result<PerSequence<Volume>, VolumeError>;

pub fn all(predictor: &Predictor, fresh: usize, seed: u64) -> Result<Vec<Refusals>, AuditError> {
    let spoilt: [(&'static str, Spoil); 6] = [
        ("T1w and T2w swapped", |PerSequence { T1w, T2w }, _| Ok(PerSequence { T1w: T2w, T2w: T1w })),
        ("T1w as both", |pair, _| Ok(PerSequence { T1w: pair.T1w.clone(), T2w: pair.T1w })),
        ("shuffled voxels", |images, rng| both(&images, |v| shuffled(v, rng))),
        ("noise", |images, rng| both(&images, |v| refilled(v, |_, _| rng.random_range(0.0..500.0)))),
        ("uniform block", |images, _| both(&images, |v| refilled(v, block))),
        ("head 1.6 times as large", |images, _| both(&images, |v| enlarged(v, 1.6))),
    ];
    let newborns: Vec<Participant> =
        (0..fresh).map(|i| participant(&config(seed.wrapping_add(1), fresh), i)).collect();
    let mut refusals = vec![Refusals { input: "fresh newborns", wanted: false, n: fresh, refused: 0 }];
    let inputs = spoilt.iter().map(|(input, _)| *input).chain([TWO_NEWBORNS]);
    refusals.extend(inputs.map(|input| Refusals { input, wanted: true, n: 0, refused: 0 }));
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    for (chunk, newborns) in newborns.chunks(10).enumerate() {
        let scans = newborns.par_iter().map(scan).collect::<Result<Vec<_>, _>>()?;
        for (i, (newborn, phantom)) in newborns.iter().zip(&scans).enumerate() {
            let ask = |images: &PerSequence<Volume>| -> Result<usize, ModelError> {
                Ok(usize::from(answer(predictor, images, newborn)?.is_none()))
            };
            refusals[0].refused += ask(&phantom.images)?;
            // A tenth of the newborns is spoilt in each way, half of them from each center.
            if i == chunk % 10 {
                let mut pairs = Vec::new();
                for (_, spoil) in spoilt {
                    pairs.push(spoil(phantom.images.clone(), rng)?);
                }
                // The T2w image of the next one.
                let next = &scans[(i + 1) % scans.len()].images;
                pairs.push(PerSequence { T1w: phantom.images.T1w.clone(), T2w: next.T2w.clone() });
                for (pair, counted) in pairs.iter().zip(&mut refusals[1..]) {
                    counted.n += 1;
                    counted.refused += ask(pair)?;
                }
            }
        }
    }
    Ok(refusals)
}

fn both(
    images: &PerSequence<Volume>,
    mut change: impl FnMut(&Volume) -> Result<Volume, VolumeError>,
) -> Result<PerSequence<Volume>, VolumeError> {
    PerSequence::try_from_fn(|sequence| change(images.of(sequence)))
}

/// The voxels of the head in no order.
fn shuffled(volume: &Volume, rng: &mut ChaCha8Rng) -> Result<Volume, VolumeError> {
    let mut voxels = volume.voxels().to_vec();
    let bright = 0.3 * voxels.iter().copied().fold(0.0, f32::max);
    let head: Vec<usize> = (0..voxels.len()).filter(|i| voxels[*i] > bright).collect();
    for &i in &head {
        voxels.swap(i, head[rng.random_range(0..head.len())]);
    }
    Volume::new(volume.dims(), voxels, *volume.affine())
}

fn refilled(
    volume: &Volume,
    mut value: impl FnMut([usize; 3], [usize; 3]) -> f32,
) -> Result<Volume, VolumeError> {
    let dims = volume.dims();
    let at = |i: usize| [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])];
    let voxels = (0..volume.voxels().len()).map(|i| value(at(i), dims)).collect();
    Volume::new(dims, voxels, *volume.affine())
}

/// A block of the size of a brain in the middle.
fn block(at: [usize; 3], dims: [usize; 3]) -> f32 {
    let inside = (0..3).all(|a| (0.22..0.78).contains(&(at[a] as f64 / dims[a] as f64)));
    if inside { 300.0 } else { 0.0 }
}

fn enlarged(volume: &Volume, factor: f64) -> Result<Volume, VolumeError> {
    let rows = volume.affine().rows().map(|row| row.map(|v| v * factor));
    Volume::new(volume.dims(), volume.voxels().to_vec(), Affine::from_rows(rows)?)
}
