//! The model bundle: one safetensors file with all that turns two images and a birth weight into
//! an answer.
//!
//! `__metadata__` has one key, `hielight`: JSON `{"content_sha256", "manifest"}`. The hash covers
//! the manifest's text as it stands in the file and every tensor's name, shape and bytes, so that a
//! changed file is told from the one that was written.

use super::atlas::Atlas;
use super::familiarity::{Familiarity, FamiliarityStatistics};
use super::geometry::{FeatureGeometry, Layer};
use super::network::{Cells, HEAD, Weight, Weights};
use super::{Cohort, ModelError, ModelIdentity, PerSequence, Population, Recipe, Region, Sequence, Template};
use crate::evaluation::{CohortRole, Neighbourhood, neighbourhood};
use crate::nomogram::{Clinical, Nomogram};
use crate::text;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// Generation of the format; a reader takes its own only.
pub const SCHEMA: u32 = 3;
const METADATA_KEY: &str = "hielight";

/// Everything in the bundle except the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: u32,
    pub name: String,
    /// Trained on synthetic newborns: not valid on patients.
    pub synthetic: bool,
    pub recipe: Recipe,
    pub layers: Vec<Layer>,
    /// Fold models per sequence.
    pub folds: usize,
    /// Patterns of injury that each fold model has a head for, in their order.
    pub patterns: Vec<String>,
    /// Healthy newborns behind the atlas.
    pub healthy: usize,
    /// Standard error of measurement of the logit between two scans of a newborn, where it was measured.
    pub repeatability: Option<f64>,
    pub nomogram: Nomogram,
    /// Operating threshold on the probability: what [`Manifest::SPECIFICITY`] of the healthy training newborns lie below,
    /// out of fold.
    pub threshold: f64,
    /// Share of HIE in the training cohort.
    pub training_share: f64,
    /// Colour-scale limit of each sequence's map, log-odds per ml.
    pub overlay_full_scale: PerSequence<f32>,
    /// What the training newborns were like.
    pub population: Population,
    /// What an image's likeness to the training cohort is measured with.
    pub familiarity: PerSequence<FamiliarityStatistics>,
    /// What every curve is drawn from.
    pub cohorts: Vec<Cohort>,
    pub self_test: SelfTest,
    /// The model card: (heading, text), in order.
    pub card: Vec<(String, String)>,
}

impl Manifest {
    /// Share of the training cohort's healthy newborns below the operating threshold.
    pub const SPECIFICITY: f64 = Cohort::SPECIFICITY;

    /// The cohort that the nomogram was fitted on.
    #[must_use]
    pub fn training(&self) -> Option<&Cohort> {
        self.cohorts.iter().find(|cohort| cohort.role == CohortRole::Training)
    }

    /// Mean log-odds of the controls of the training cohort.
    #[must_use]
    pub fn controls_mean_logit(&self) -> f64 {
        let logits: Vec<f64> = self
            .training()
            .into_iter()
            .flat_map(|cohort| cohort.outcome.iter().zip(&cohort.probability))
            .filter(|(event, _)| !**event)
            .map(|(_, p)| (p / (1.0 - p)).ln())
            .collect();
        logits.iter().sum::<f64>() / logits.len().max(1) as f64
    }

    /// What became of the validation subjects with about the same probability.
    #[must_use]
    pub fn neighbours(&self, probability: f64) -> Neighbourhood {
        let (outcome, all): (Vec<bool>, Vec<f64>) = self.validation().unzip();
        neighbourhood(&outcome, &all, probability)
    }

    /// Outcome and probability of every validation subject.
    pub fn validation(&self) -> impl Iterator<Item = (bool, f64)> + '_ {
        self.cohorts
            .iter()
            .filter(|cohort| cohort.role.is_validation())
            .flat_map(|cohort| cohort.outcome.iter().copied().zip(cohort.probability.iter().copied()))
    }
}

/// Stored answer of a computed input (see `Predictor::self_test`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// Logit of every pattern, fold model by fold model.
    pub logits: PerSequence<Vec<f64>>,
    /// Largest difference that a sound device may show.
    pub tolerance: f64,
}

/// A bundle in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    pub manifest: Manifest,
    /// Weights of the fold models of each sequence.
    pub weights: PerSequence<Vec<Weights>>,
    /// What is usual in each sequence.
    pub atlas: PerSequence<Atlas>,
    /// How much an image is like them.
    pub familiarity: PerSequence<Familiarity>,
    /// What images are aligned to.
    pub template: Template,
    /// Name and hash of the file.
    pub identity: ModelIdentity,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    content_sha256: String,
    manifest: Box<RawValue>,
}

impl Bundle {
    /// The file's bytes for a manifest and its weights; the same input gives the same bytes.
    ///
    /// # Errors
    /// `ModelError::Bundle` when the parts cannot be written.
    pub fn write(
        manifest: &Manifest,
        weights: &PerSequence<Vec<Weights>>,
        atlas: &PerSequence<Atlas>,
        familiarity: &PerSequence<Familiarity>,
        template: &Template,
    ) -> Result<Vec<u8>, ModelError> {
        let failed = |e: &dyn std::fmt::Display| ModelError::Bundle(e.to_string().into());
        let mut tensors = BTreeMap::new();
        for sequence in Sequence::BOTH {
            for (fold, branch) in weights.of(sequence).iter().enumerate() {
                for (name, weight) in branch {
                    let name = tensor_name(sequence, fold, name);
                    let (kind, bytes): (_, Vec<u8>) = if name.ends_with(HEAD[0]) {
                        (Dtype::BF16, weight.values.iter().flat_map(|v| to_bf16(*v).to_le_bytes()).collect())
                    } else {
                        (Dtype::F32, weight.values.iter().flat_map(|v| v.to_le_bytes()).collect())
                    };
                    tensors.insert(name, (kind, weight.shape.clone(), bytes));
                }
            }
            let [nx, ny, nz] = manifest.recipe.grid_dims;
            let [mean, spread] = atlas_names(sequence);
            let bytes = atlas.of(sequence).mean.iter().map(|v| v.cast_unsigned()).collect();
            tensors.insert(mean, (Dtype::I8, vec![nz, ny, nx], bytes));
            tensors.insert(spread, (Dtype::U8, vec![nz, ny, nx], atlas.of(sequence).spread.clone()));
            let rows = &familiarity.of(sequence).rows;
            let bytes = rows.iter().flat_map(|v| v.to_le_bytes()).collect();
            let shape = vec![rows.len() / Familiarity::FEATURES, Familiarity::FEATURES];
            tensors.insert(familiarity_name(sequence), (Dtype::F32, shape, bytes));
        }
        let [nx, ny, nz] = manifest.recipe.grid_dims;
        let PerSequence { T1w: t1, T2w: t2 } = &template.channels;
        let signed = |values: &[i8]| values.iter().map(|v| v.cast_unsigned()).collect::<Vec<u8>>();
        let codes = template.regions.iter().map(|r| u8::from(*r)).collect();
        let parts = [
            (Dtype::I8, signed(t1)),
            (Dtype::I8, signed(t2)),
            (Dtype::U8, template.brain.clone()),
            (Dtype::U8, codes),
        ];
        for (name, (kind, bytes)) in TEMPLATE.into_iter().zip(parts) {
            tensors.insert(name.to_owned(), (kind, vec![nz, ny, nx], bytes));
        }
        let text = serde_json::to_string(manifest).map_err(|e| failed(&e))?;
        let hash = content_hash(
            &text,
            tensors.iter().map(|(n, (_, s, b))| (n.as_str(), s.as_slice(), b.as_slice())),
        );
        let manifest = RawValue::from_string(text).map_err(|e| failed(&e))?;
        let envelope =
            serde_json::to_string(&Envelope { content_sha256: hash, manifest }).map_err(|e| failed(&e))?;
        let views = tensors
            .iter()
            .map(|(name, (kind, shape, bytes))| Ok((name, TensorView::new(*kind, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| failed(&e))?;
        let metadata = HashMap::from([(METADATA_KEY.to_owned(), envelope)]);
        safetensors::serialize(views, Some(metadata)).map_err(|e| failed(&e))
    }

    /// This bundle's bytes as it is now.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        Self::write(&self.manifest, &self.weights, &self.atlas, &self.familiarity, &self.template)
    }

    /// Reads and checks a bundle: schema, hash, every tensor's shape, finite numbers.
    ///
    /// # Errors
    /// `ModelError::{Bundle, BundleHash, BundleSchema}` with the reason.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let refuse = ModelError::Bundle;
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|_| refuse(text!("it is no safetensors file")))?;
        let tensors =
            SafeTensors::deserialize(bytes).map_err(|_| refuse(text!("it is no safetensors file")))?;
        let envelope = header
            .metadata()
            .as_ref()
            .and_then(|m| m.get(METADATA_KEY))
            .ok_or_else(|| refuse(text!("it holds no HIELight manifest")))?;
        let envelope: Envelope = serde_json::from_str(envelope)
            .map_err(|e| refuse(text!("its manifest is unreadable ({e})", e = e.to_string())))?;
        let text = envelope.manifest.get();

        #[derive(Deserialize)]
        struct SchemaOnly {
            schema: u32,
        }
        let SchemaOnly { schema } = serde_json::from_str(text)
            .map_err(|e| refuse(text!("its manifest is unreadable ({e})", e = e.to_string())))?;
        if schema != SCHEMA {
            return Err(ModelError::BundleSchema { expected: SCHEMA, found: schema });
        }
        let sorted: BTreeMap<String, TensorView<'_>> = tensors.tensors().into_iter().collect();
        let found = content_hash(text, sorted.iter().map(|(n, t)| (n.as_str(), t.shape(), t.data())));
        if found != envelope.content_sha256 {
            return Err(ModelError::BundleHash { stated: envelope.content_sha256, found });
        }
        let raw: RawManifest = serde_json::from_str(text)
            .map_err(|e| refuse(text!("its manifest is unreadable ({e})", e = e.to_string())))?;
        let manifest = Manifest::try_from(raw)?;
        let identity = ModelIdentity { name: manifest.name.clone(), sha256: hex(&Sha256::digest(bytes)) };
        let atlas = |sequence| read_atlas(&sorted, sequence, manifest.recipe.grid_dims);
        let atlas = PerSequence { T1w: atlas(Sequence::T1w)?, T2w: atlas(Sequence::T2w)? };
        let read = |sequence| -> Result<Vec<Weights>, ModelError> {
            let cells = Cells::of(atlas.of(sequence), &manifest.layers, manifest.recipe.grid_dims);
            (0..manifest.folds).map(|fold| read_branch(&sorted, sequence, fold, &manifest, &cells)).collect()
        };
        let weights = PerSequence { T1w: read(Sequence::T1w)?, T2w: read(Sequence::T2w)? };
        let familiarity = |sequence| read_familiarity(&sorted, sequence, manifest.familiarity.of(sequence));
        let familiarity = PerSequence { T1w: familiarity(Sequence::T1w)?, T2w: familiarity(Sequence::T2w)? };
        let template = read_template(&sorted, manifest.recipe.grid_dims)?;
        Ok(Self { manifest, weights, atlas, familiarity, template, identity })
    }
}

/// A manifest as it stands in a file: of the right form, but with any numbers.
#[derive(Deserialize)]
#[serde(transparent)]
struct RawManifest(Manifest);

impl TryFrom<RawManifest> for Manifest {
    type Error = ModelError;

    fn try_from(RawManifest(manifest): RawManifest) -> Result<Self, ModelError> {
        check(&manifest)?;
        Ok(manifest)
    }
}

fn check(manifest: &Manifest) -> Result<(), ModelError> {
    let refuse = |reason| Err(ModelError::Bundle(reason));
    let (first, last) = (manifest.layers.first(), manifest.layers.last());
    let chained = manifest.layers.windows(2).all(|w| w[0].channels_out == w[1].channels_in);
    let sound =
        |l: &Layer| (1..=7).contains(&l.kernel) && (1..=4).contains(&l.stride) && l.padding < l.kernel;
    if first.map(|l| l.channels_in) != Some(Recipe::CHANNELS)
        || last.is_none()
        || !chained
        || manifest.layers.len() > 32
        || !manifest.layers.iter().all(|l| sound(l) && (1..=512).contains(&l.channels_out))
    {
        return refuse(text!("its layers do not form a network"));
    }
    let recipe = &manifest.recipe;
    if !recipe.grid_dims.iter().all(|n| (8..=256).contains(n)) || !(0.5..=8.0).contains(&recipe.spacing_mm) {
        return refuse(text!("its grid is out of bounds"));
    }
    if !recipe.is_bounded() {
        return refuse(text!("its preprocessing is out of bounds"));
    }
    if FeatureGeometry::feature_dims(&manifest.layers, recipe.grid_dims).contains(&0) {
        return refuse(text!("its layers leave no feature map"));
    }
    if !(1..=20).contains(&manifest.folds) {
        return refuse(text!("its number of fold models is out of bounds"));
    }
    if !(1..=16).contains(&manifest.patterns.len()) {
        return refuse(text!("its number of patterns of injury is out of bounds"));
    }
    if manifest.repeatability.is_some_and(|error| !(error.is_finite() && error >= 0.0)) {
        return refuse(text!("its repeatability is no standard error"));
    }
    if !manifest.nomogram.is_consistent() || manifest.nomogram.terms.len() < Clinical::BEFORE {
        return refuse(text!("its nomogram is incomplete"));
    }
    if !manifest.nomogram.terms.starts_with(&Clinical::FIRST.map(str::to_owned)) {
        return refuse(text!("its nomogram does not begin with the two signatures and the birth weight"));
    }
    if !manifest.population.is_consistent(manifest.nomogram.terms.len()) {
        return refuse(text!("its distributions of the training cohort are incomplete"));
    }
    let sound = |c: &Cohort| {
        c.outcome.len() == c.probability.len() && c.probability.iter().all(|p| *p > 0.0 && *p < 1.0)
    };
    if !manifest.cohorts.iter().all(sound) {
        return refuse(text!("the predictions of one of its cohorts are incomplete"));
    }
    if !(0.0..=1.0).contains(&manifest.threshold)
        || manifest.training_share <= 0.0
        || manifest.training_share >= 1.0
        || manifest.training_share.is_nan()
    {
        return refuse(text!("its threshold or training share is no probability"));
    }
    if Sequence::BOTH.iter().any(|s| {
        let scale = *manifest.overlay_full_scale.of(*s);
        !(scale.is_finite() && scale > 0.0)
    }) {
        return refuse(text!("its overlay scale is not positive"));
    }
    let answers = &manifest.self_test;
    if Sequence::BOTH.iter().any(|s| answers.logits.of(*s).len() != manifest.folds * manifest.patterns.len())
        || answers.tolerance <= 0.0
        || answers.tolerance.is_nan()
    {
        return refuse(text!("its self-test is incomplete"));
    }
    Ok(())
}

fn read_branch(
    tensors: &BTreeMap<String, TensorView<'_>>,
    sequence: Sequence,
    fold: usize,
    manifest: &Manifest,
    cells: &Cells,
) -> Result<Weights, ModelError> {
    let names = (0..manifest.layers.len())
        .flat_map(|i| [format!("conv{i}.weight"), format!("conv{i}.bias")])
        .chain(HEAD.map(str::to_owned));
    let mut weights = Weights::new();
    for name in names {
        let full = tensor_name(sequence, fold, &name);
        weights.insert(name, read_floats(tensors, &full)?);
    }
    if super::network::check_shapes(&manifest.layers, cells, &weights)? != manifest.patterns.len() {
        return Err(ModelError::Bundle(text!("its heads are not one for each pattern of injury")));
    }
    Ok(weights)
}

/// The nearest number that has the upper half of a float32's bits: its relative error is at most 2^-9.
fn to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    // Half of what is cut off, and the last kept bit: ties go to even.
    (bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// A head's weight as a bundle keeps it: whoever trains counts with this one, so that what is shipped is what was
/// judged.
#[must_use]
pub fn as_stored(value: f32) -> f32 {
    from_bf16(to_bf16(value))
}

/// A tensor of finite numbers, float32 or bfloat16.
fn read_floats(tensors: &BTreeMap<String, TensorView<'_>>, name: &str) -> Result<Weight, ModelError> {
    let refuse = ModelError::Bundle;
    let tensor = tensors.get(name).ok_or_else(|| refuse(text!("the tensor {name} is missing", name)))?;
    let data = tensor.data();
    let values: Vec<f32> = match tensor.dtype() {
        Dtype::F32 => {
            data.chunks_exact(4).map(|b| f32::from_le_bytes(std::array::from_fn(|i| b[i]))).collect()
        }
        Dtype::BF16 => {
            let pairs = data.chunks_exact(2);
            pairs.map(|b| from_bf16(u16::from_le_bytes(std::array::from_fn(|i| b[i])))).collect()
        }
        _ => return Err(refuse(text!("the tensor {name} is not float32", name))),
    };
    if values.iter().any(|v| !v.is_finite()) {
        return Err(refuse(text!("the tensor {name} holds a number that is not finite", name)));
    }
    Ok(Weight { shape: tensor.shape().to_vec(), values })
}

fn read_familiarity(
    tensors: &BTreeMap<String, TensorView<'_>>,
    sequence: Sequence,
    statistics: &FamiliarityStatistics,
) -> Result<Familiarity, ModelError> {
    let name = familiarity_name(sequence);
    let tensor = read_floats(tensors, &name)?;
    let sound = tensor.shape == [2 + statistics.variances.len(), Familiarity::FEATURES]
        && statistics.variances.iter().all(|v| v.is_finite() && *v > 0.0)
        && !statistics.distances.is_empty()
        && statistics.distances.iter().all(|d| d.is_finite());
    if !sound {
        return Err(ModelError::Bundle(text!("the tensor {name} does not match the manifest", name)));
    }
    Ok(Familiarity { rows: tensor.values, statistics: statistics.clone() })
}

fn familiarity_name(sequence: Sequence) -> String {
    format!("{}.familiarity", sequence.suffix())
}

/// Names of the template's parts.
const TEMPLATE: [&str; 4] = ["template.T1w", "template.T2w", "template.brain", "template.regions"];

/// A tensor of bytes over the model grid.
fn read_bytes(
    tensors: &BTreeMap<String, TensorView<'_>>,
    name: &str,
    [nx, ny, nz]: [usize; 3],
) -> Result<Vec<u8>, ModelError> {
    let fits = |t: &&TensorView<'_>| t.shape() == [nz, ny, nx] && t.data().len() == nx * ny * nz;
    tensors
        .get(name)
        .filter(fits)
        .map(|t| t.data().to_vec())
        .ok_or_else(|| ModelError::Bundle(text!("the tensor {name} is missing or has the wrong shape", name)))
}

fn read_template(
    tensors: &BTreeMap<String, TensorView<'_>>,
    dims: [usize; 3],
) -> Result<Template, ModelError> {
    let read = |part: usize| read_bytes(tensors, TEMPLATE[part], dims);
    let signed = |bytes: Vec<u8>| bytes.into_iter().map(u8::cast_signed).collect();
    let regions = read(3)?.into_iter().map(Region::try_from).collect::<Result<_, _>>();
    let regions = regions
        .map_err(|e| ModelError::Bundle(text!("its regions cannot be read ({e})", e = e.to_string())))?;
    Ok(Template {
        channels: PerSequence { T1w: signed(read(0)?), T2w: signed(read(1)?) },
        brain: read(2)?,
        regions,
    })
}

fn read_atlas(
    tensors: &BTreeMap<String, TensorView<'_>>,
    sequence: Sequence,
    dims: [usize; 3],
) -> Result<Atlas, ModelError> {
    let [mean, spread] = atlas_names(sequence).map(|name| read_bytes(tensors, &name, dims));
    Ok(Atlas { mean: mean?.into_iter().map(u8::cast_signed).collect(), spread: spread? })
}

/// Names of an atlas's mean and spread.
fn atlas_names(sequence: Sequence) -> [String; 2] {
    ["mean", "spread"].map(|part| format!("{}.atlas.{part}", sequence.suffix()))
}

fn tensor_name(sequence: Sequence, fold: usize, name: &str) -> String {
    format!("{}.{fold}.{name}", sequence.suffix())
}

fn content_hash<'a>(
    manifest: &str,
    tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>,
) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(manifest.as_bytes());
    for (name, shape, bytes) in tensors {
        part(name.as_bytes());
        part(format!("{shape:?}").as_bytes());
        part(bytes);
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 of a file's bytes, lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
