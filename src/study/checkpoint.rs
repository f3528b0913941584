//! Trained fold models on disk, so that an interrupted study goes on where it was.

use super::cohort::Subject;
use super::settings::Settings;
use super::train::Trained;
use super::write_whole;
use crate::model::{Layer, Recipe, Sequence, Weight, Weights};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// A folder of trained branches. Their names hold a hash of all that training depends on: a branch of
/// another cohort, seed or schedule is never taken up.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
    key: String,
}

impl Checkpoints {
    /// The branches that `subjects` and `settings` would train.
    #[must_use]
    pub fn new(
        folder: PathBuf,
        subjects: &[Subject],
        settings: &Settings,
        recipe: &Recipe,
        layers: &[Layer],
    ) -> Self {
        let mut hash = Sha256::new();
        let share = settings.internal_share;
        let text = serde_json::json!([
            VERSION,
            settings.seed,
            settings.folds,
            settings.repeats,
            settings.center,
            share,
            settings.schedule,
            recipe,
            layers
        ]);
        hash.update(text.to_string());
        for subject in subjects {
            hash.update([u8::from(subject.row.event)]);
            hash.update(&subject.row.center);
            for (_, image) in subject.images.iter() {
                image.values.iter().for_each(|v| hash.update(v.to_le_bytes()));
            }
        }
        let key = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { folder, key }
    }

    fn path(&self, sequence: Sequence, model: usize) -> PathBuf {
        self.folder.join(format!("{}-{}-{}.safetensors", self.key, sequence.suffix(), model + 1))
    }

    /// A branch that was stored; `None` when there is none that can be read.
    #[must_use]
    pub fn load(&self, sequence: Sequence, model: usize) -> Option<Trained> {
        let bytes = std::fs::read(self.path(sequence, model)).ok()?;
        let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
        let (accepted, separation) = serde_json::from_str(header.metadata().as_ref()?.get(FIGURES)?).ok()?;
        let tensors = SafeTensors::deserialize(&bytes).ok()?;
        let part = |prefix: &str| -> Weights {
            let own = tensors.tensors().into_iter();
            own.filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), weight(&tensor))))
                .collect()
        };
        Some(Trained { weights: part(PARTS[0]), untrained: part(PARTS[1]), accepted, separation })
    }

    /// Stores a branch.
    ///
    /// # Errors
    /// The first input/output error.
    pub fn store(&self, sequence: Sequence, model: usize, trained: &Trained) -> std::io::Result<()> {
        let parts = PARTS.into_iter().zip([&trained.weights, &trained.untrained]);
        let bytes: Vec<(String, &[usize], Vec<u8>)> = parts
            .flat_map(|(prefix, weights)| {
                weights.iter().map(move |(name, w)| {
                    let bytes = w.values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    (format!("{prefix}{name}"), w.shape.as_slice(), bytes)
                })
            })
            .collect();
        let views = bytes
            .iter()
            .map(|(name, shape, data)| Ok((name, TensorView::new(Dtype::F32, shape.to_vec(), data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(std::io::Error::other)?;
        let figures = serde_json::to_string(&(trained.accepted, trained.separation))?;
        let metadata = std::collections::HashMap::from([(FIGURES.to_owned(), figures)]);
        let file = safetensors::serialize(views, Some(metadata)).map_err(std::io::Error::other)?;
        write_whole(&self.path(sequence, model), &file)
    }
}

fn weight(tensor: &TensorView<'_>) -> Weight {
    let values = tensor.data().chunks_exact(4);
    let values = values.map(|b| f32::from_le_bytes(std::array::from_fn(|i| b[i]))).collect();
    Weight { shape: tensor.shape().to_vec(), values }
}

/// Prefixes of a trained branch's and of its untrained twin's weights, and the key of its figures.
const PARTS: [&str; 2] = ["trained.", "untrained."];
const FIGURES: &str = "figures";

/// Changes when training does: older branches are not taken up.
const VERSION: u32 = 3;
