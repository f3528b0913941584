//! Aligned newborns on disk: a cohort is prepared newborn by newborn, by as many processes as there are, and a study reads
//! what they have made.

use super::image_file::ImageFile;
use super::write_whole;
use crate::model::{Aligned, PerSequence, Placement, Recipe, Sequence, Template};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;

/// A folder of aligned newborns. Their names hold a hash of all that alignment depends on: of the images' bytes, the recipe
/// and the template.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    /// Of recipe and template.
    before: Sha256,
}

/// A newborn in atlas space, or why it cannot be brought there.
pub type Alignment = Result<PerSequence<Aligned>, String>;

/// Changes when alignment does: older ones are not taken up.
const VERSION: u32 = 1;
/// The key of a refusal's sentence.
const REFUSED: &str = "refused";
/// Parts of an image: intensities, brain, and brain volume with placement.
const PARTS: [&str; 3] = ["intensity", "brain", "numbers"];

impl Cache {
    /// Of newborns that are aligned to a template.
    #[must_use]
    pub fn new(folder: PathBuf, recipe: &Recipe, template: &Template) -> Self {
        let mut before = Sha256::new();
        before.update(serde_json::json!([VERSION, recipe]).to_string());
        for (_, channels) in template.channels.iter() {
            channels.iter().for_each(|v| before.update(v.to_le_bytes()));
        }
        before.update(&template.brain);
        Self { folder, before }
    }

    fn path(&self, files: &PerSequence<ImageFile>) -> PathBuf {
        let mut hash = self.before.clone();
        files.iter().for_each(|(_, file)| hash.update(Sha256::digest(&file.bytes)));
        let name: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.safetensors"))
    }

    /// What was stored of these files; `None` when there is nothing that can be read.
    #[must_use]
    pub fn load(&self, files: &PerSequence<ImageFile>) -> Option<Alignment> {
        let bytes = std::fs::read(self.path(files)).ok()?;
        let (_, header) = SafeTensors::read_metadata(&bytes).ok()?;
        if let Some(reason) = header.metadata().as_ref().and_then(|all| all.get(REFUSED)) {
            return Some(Err(reason.clone()));
        }
        let tensors = SafeTensors::deserialize(&bytes).ok()?;
        let part =
            |sequence: Sequence, part: &str| tensors.tensor(&format!("{}.{part}", sequence.suffix())).ok();
        let aligned = |sequence: Sequence| {
            let [intensity, brain, numbers] = PARTS.map(|name| part(sequence, name));
            let (intensity, brain, numbers) = (intensity?, brain?, numbers?);
            let numbers =
                numbers.data().chunks_exact(8).map(|b| f64::from_le_bytes(std::array::from_fn(|i| b[i])));
            let numbers: Vec<f64> = numbers.collect();
            let (brain_ml, placement) = numbers.split_first()?;
            let intensity = intensity.data().chunks_exact(4);
            Some(Aligned {
                intensity: intensity.map(|b| f32::from_le_bytes(std::array::from_fn(|i| b[i]))).collect(),
                brain: brain.data().iter().map(|b| *b == 1).collect(),
                brain_ml: *brain_ml,
                placement: Placement::from_numbers(placement)?,
            })
        };
        Some(Ok(PerSequence { T1w: aligned(Sequence::T1w)?, T2w: aligned(Sequence::T2w)? }))
    }

    /// Stores a newborn.
    ///
    /// # Errors
    /// The first input/output error.
    pub fn store(&self, files: &PerSequence<ImageFile>, alignment: &Alignment) -> std::io::Result<()> {
        let mut metadata = HashMap::new();
        let mut parts: Vec<(String, Dtype, usize, Vec<u8>)> = Vec::new();
        match alignment {
            Err(reason) => drop(metadata.insert(REFUSED.to_owned(), reason.clone())),
            Ok(aligned) => {
                for (sequence, image) in aligned.iter() {
                    let numbers: Vec<f64> =
                        std::iter::once(image.brain_ml).chain(image.placement.numbers()).collect();
                    let bytes: [(Dtype, usize, Vec<u8>); 3] = [
                        (
                            Dtype::F32,
                            image.intensity.len(),
                            image.intensity.iter().flat_map(|v| v.to_le_bytes()).collect(),
                        ),
                        (Dtype::U8, image.brain.len(), image.brain.iter().map(|b| u8::from(*b)).collect()),
                        (Dtype::F64, numbers.len(), numbers.iter().flat_map(|v| v.to_le_bytes()).collect()),
                    ];
                    for (name, (dtype, length, bytes)) in PARTS.into_iter().zip(bytes) {
                        parts.push((format!("{}.{name}", sequence.suffix()), dtype, length, bytes));
                    }
                }
            }
        }
        let views = parts
            .iter()
            .map(|(name, dtype, length, data)| Ok((name, TensorView::new(*dtype, vec![*length], data)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(std::io::Error::other)?;
        let metadata = (!metadata.is_empty()).then_some(metadata);
        let file = safetensors::serialize(views, metadata).map_err(std::io::Error::other)?;
        write_whole(&self.path(files), &file)
    }
}
