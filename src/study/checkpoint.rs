//! Trained fold models on disk, so that an interrupted study goes on where it was.

use super::{Settings, Subject, write_whole};
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
            for image in &subject.images {
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
    pub fn load(&self, sequence: Sequence, model: usize) -> Option<Weights> {
        let bytes = std::fs::read(self.path(sequence, model)).ok()?;
        let tensors = SafeTensors::deserialize(&bytes).ok()?;
        let weight = |tensor: &TensorView<'_>| {
            let values = tensor.data().chunks_exact(4);
            let values = values.map(|b| f32::from_le_bytes(std::array::from_fn(|i| b[i]))).collect();
            Weight { shape: tensor.shape().to_vec(), values }
        };
        Some(tensors.tensors().iter().map(|(name, tensor)| (name.clone(), weight(tensor))).collect())
    }

    /// Stores a branch.
    ///
    /// # Errors
    /// The first input/output error.
    pub fn store(&self, sequence: Sequence, model: usize, weights: &Weights) -> std::io::Result<()> {
        let bytes: Vec<(&String, &[usize], Vec<u8>)> = weights
            .iter()
            .map(|(name, w)| {
                let bytes = w.values.iter().flat_map(|v| v.to_le_bytes()).collect();
                (name, w.shape.as_slice(), bytes)
            })
            .collect();
        let views = bytes
            .iter()
            .map(|(name, shape, data)| Ok((*name, TensorView::new(Dtype::F32, shape.to_vec(), data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(std::io::Error::other)?;
        let file = safetensors::serialize(views, None).map_err(std::io::Error::other)?;
        write_whole(&self.path(sequence, model), &file)
    }
}

/// Changes when training does: older branches are not taken up.
const VERSION: u32 = 2;
