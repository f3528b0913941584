//! What the engine holds between messages, and how it answers each; knows no browser.

use super::message::{Answer, MapInfo, ModelSummary, Opened, Order, Record};
use crate::evaluation::neighbourhood;
use crate::fault::{Explained, Fault, Notice};
use crate::language::{Text, number};
use crate::model::{
    Adapter, Assessment, Bundle, ComputeDevice, DeviceChoice, ModelError, Outcome, PerSequence, Predictor,
    Provenance, Sequence, SignedMap, card, not_used, sha256_hex,
};
use crate::nomogram::{BirthWeight, Clinical};
use crate::render::automatic_window;
use crate::text;
use crate::volume::{Stored, Volume, read_nifti};

/// An answer and the buffer that goes with it, see [`Answer`].
pub type Transfer = (Answer, Option<Buffer>);

/// What travels as a transferred buffer.
#[derive(Debug, Clone, PartialEq)]
pub enum Buffer {
    /// Voxels or cells.
    Values(Vec<f32>),
    /// A file.
    Bytes(Vec<u8>),
}

/// The engine's state: a model on a device and up to two prepared images.
///
/// The voxels themselves go to the page; only what the model needs stays.
#[derive(Default)]
pub struct Session {
    model: Option<Model>,
    /// What the browser says of its graphics adapter; wgpu does not pass it on.
    pub adapter: Option<Adapter>,
    /// The graphics adapter, once it was asked for.
    gpu: Option<ComputeDevice>,
    images: PerSequence<Option<Slot>>,
    /// The last answer, as long as its images are there: what can be exported.
    answered: Option<(Assessment, Box<PerSequence<SignedMap>>)>,
}

/// A model on the devices that it was tested on.
struct Model {
    bundle: Bundle,
    cpu: Predictor,
    gpu: Option<Predictor>,
    on_gpu: bool,
}

impl Model {
    fn predictor(&self) -> &Predictor {
        self.gpu.as_ref().filter(|_| self.on_gpu).unwrap_or(&self.cpu)
    }
}

struct Slot {
    sha256: String,
    /// Where its voxels lie in the file.
    stored: Stored,
    /// Both images are aligned together, when the pair is analysed.
    volume: Volume,
    warnings: Vec<Notice>,
}

impl Session {
    /// Answers one order; `stage` hears what runs and how far the job is.
    pub async fn answer(
        &mut self,
        order: Order,
        buffer: Option<Vec<u8>>,
        stage: &mut dyn FnMut(Text, f64),
    ) -> Transfer {
        let bytes = buffer.unwrap_or_default();
        let answer = match order {
            Order::Start => self.start(&bytes, stage).await.map(|a| (a, None)),
            Order::Device { choice } => self.choose(choice).await.map(|a| (a, None)),
            Order::Open { sequence, name } => self.open(sequence, name, &bytes, stage),
            Order::Map { sequence } => self.map(sequence),
            Order::Close { sequence } => {
                self.answered = None;
                *self.images.of_mut(sequence) = None;
                Ok((Answer::Closed, None))
            }
            Order::Analyse { birth_weight_g, covariates } => {
                self.analyse(&birth_weight_g, &covariates, stage).await
            }
        };
        answer.unwrap_or_else(|failed| (failed, None))
    }

    /// Replaces the model, or leaves everything as it is. The CPU answers first: it is ready at once.
    async fn start(&mut self, bundle: &[u8], stage: &mut dyn FnMut(Text, f64)) -> Result<Answer, Answer> {
        stage(text!("Checking the model"), 0.1);
        let bundle = Bundle::read(bundle).map_err(|e| failed(&e))?;
        stage(text!("Testing the CPU"), 0.5);
        let predictor = tested(&bundle, ComputeDevice::cpu()).await.map_err(|e| failed(&e))?;
        let manifest = predictor.manifest();
        let model = Box::new(ModelSummary {
            identity: bundle.identity.clone(),
            synthetic: manifest.synthetic,
            threshold: manifest.threshold,
            birth_weight_limits_g: predictor.birth_weight_limits_g(),
            training_share: manifest.training_share,
            nomogram: manifest.nomogram.clone(),
            means: manifest.population.means.clone(),
            folds: manifest.folds,
            cohorts: manifest.cohorts.clone(),
            card: manifest.card.iter().map(|(heading, text)| card::read(heading, text)).collect(),
        });
        let device = predictor.device().info.clone();
        self.model = Some(Model { bundle, cpu: predictor, gpu: None, on_gpu: false });
        // Prepared by the recipe of the model before.
        self.images = PerSequence::default();
        self.answered = None;
        Ok(Answer::Ready { device, model })
    }

    /// Chooses what computes: the graphics adapter if it passes the bundle's self-test, and is hardware or chosen.
    async fn choose(&mut self, choice: DeviceChoice) -> Result<Answer, Answer> {
        let used = match choice {
            DeviceChoice::Cpu => None,
            DeviceChoice::Auto | DeviceChoice::Gpu => Some(self.test_gpu(choice).await),
        };
        let model = self.model.as_mut().ok_or_else(not_started)?;
        model.on_gpu = matches!(used, Some(Ok(_)));
        let why = used.map_or_else(DeviceChoice::chosen, |used| used.unwrap_or_else(|reason| reason));
        Ok(Answer::Device { device: model.predictor().device().info.clone(), why })
    }

    /// Makes the adapter ready for this model; in one sentence why it is used, or why not.
    async fn test_gpu(&mut self, choice: DeviceChoice) -> Result<Text, Text> {
        let refused = |adapter: Option<&Adapter>| {
            adapter.filter(|a| a.software && choice == DeviceChoice::Auto).map(Adapter::refusal)
        };
        if let Some(reason) = refused(self.adapter.as_ref()) {
            return Err(reason);
        }
        let device = match self.gpu.clone() {
            Some(device) => device,
            None => ComputeDevice::gpu(self.adapter.as_ref()).await.map_err(|e| not_used(&e))?,
        };
        self.gpu = Some(device.clone());
        if let Some(reason) = refused(device.adapter.as_ref()) {
            return Err(reason);
        }
        if let Some(model) = self.model.as_mut().filter(|model| model.gpu.is_none()) {
            model.gpu = Some(tested(&model.bundle, device).await.map_err(|e| not_used(&e))?);
        }
        Ok(if choice == DeviceChoice::Gpu {
            DeviceChoice::chosen()
        } else {
            text!("The graphics adapter gives the model's stored answer.")
        })
    }

    /// What answers now.
    fn predictor(&self) -> Result<&Predictor, Answer> {
        self.model.as_ref().map(Model::predictor).ok_or_else(not_started)
    }

    fn open(
        &mut self,
        sequence: Sequence,
        name: String,
        bytes: &[u8],
        stage: &mut dyn FnMut(Text, f64),
    ) -> Result<Transfer, Answer> {
        *self.images.of_mut(sequence) = None;
        self.answered = None;
        let recipe = &self.predictor()?.manifest().recipe;
        stage(text!("Reading the {sequence} image", sequence = sequence.suffix()), 0.1);
        let image = read_nifti(bytes).map_err(|e| failed(&e))?;
        image.volume.check_extent().map_err(|e| failed(&e))?;
        stage(text!("Finding the brain in the {sequence} image", sequence = sequence.suffix()), 0.5);
        let brain = recipe.brain_centre(&image.volume, sequence);
        let mut warnings = image.warnings.clone();
        if let Err(error) = &brain {
            warnings.push(Notice::new("no_brain", error.in_full()));
        }
        let middle = image.volume.dims().map(|n| (n as f64 - 1.0) / 2.0);
        let focus_mm = brain.unwrap_or_else(|_| image.volume.affine().to_world(middle));
        let spacing = image.volume.affine().spacing_mm();
        let dims = image.volume.dims();
        // Moved where it can be: an image of 320³ voxels is 131 MB.
        let ras = image.volume.into_ras();
        let opened = Opened {
            sequence,
            name,
            sha256: sha256_hex(bytes),
            dims: ras.dims(),
            affine: ras.affine().rows(),
            window: automatic_window(&ras),
            focus_mm,
            description: text!(
                "{voxels} voxels of {spacing} mm, stored {orientation}",
                voxels = dims.map(|n| n.to_string()).join(" x "),
                spacing = Text::joined([
                    number(spacing[0], 2),
                    " x ".into(),
                    number(spacing[1], 2),
                    " x ".into(),
                    number(spacing[2], 2)
                ]),
                orientation = &image.facts.axcodes
            ),
            warnings,
        };
        let labelled = image.warnings.iter().map(|w| w.labelled(sequence.suffix()));
        *self.images.of_mut(sequence) = Some(Slot {
            sha256: opened.sha256.clone(),
            stored: image.stored,
            volume: ras.clone(),
            warnings: labelled.collect(),
        });
        Ok((Answer::Opened(Box::new(opened)), Some(Buffer::Values(ras.into_voxels()))))
    }

    async fn analyse(
        &mut self,
        typed: &str,
        covariates: &[(String, String)],
        stage: &mut dyn FnMut(Text, f64),
    ) -> Result<Transfer, Answer> {
        self.answered = None;
        let predictor = self.predictor()?;
        let birth_weight = BirthWeight::parse(typed).map_err(|e| failed(&e))?;
        let terms = &predictor.manifest().nomogram.terms;
        let clinical = Clinical::parse(birth_weight, covariates, terms).map_err(|e| failed(&e))?;
        let slot = |sequence| {
            self.images.of(sequence).as_ref().ok_or_else(|| failed(&ModelError::Missing(sequence)))
        };
        let (t1, t2) = (slot(Sequence::T1w)?, slot(Sequence::T2w)?);
        if t1.sha256 == t2.sha256 {
            return Err(failed(&ModelError::SameImage));
        }
        let provenance =
            Provenance::new(PerSequence { T1w: t1.sha256.clone(), T2w: t2.sha256.clone() }, &clinical);
        let warnings: Vec<Notice> = t1.warnings.iter().chain(&t2.warnings).cloned().collect();
        stage(text!("Running the network"), 0.0);
        let outcome = predictor
            .assess_images(
                PerSequence { T1w: &t1.volume, T2w: &t2.volume },
                clinical,
                warnings,
                &mut |share| {
                    stage(text!("Running the network"), share);
                },
            )
            .await
            .map_err(|e| failed(&e))?;
        let document = predictor.document(&outcome, &provenance);
        let record = Box::new(Record { provenance, document });
        match outcome {
            Outcome::Abstained { reasons, warnings, checks } => {
                Ok((Answer::Abstained { reasons, warnings, checks, record }, None))
            }
            Outcome::Assessed { assessment, maps } => {
                let scale = predictor.manifest().overlay_full_scale;
                let infos = maps
                    .iter()
                    .map(|(sequence, m)| MapInfo {
                        sequence,
                        dims: m.map.dims(),
                        affine: m.map.affine().rows(),
                        full_scale: *scale.of(sequence),
                        contribution: m.contribution(),
                    })
                    .collect();
                let values = maps.iter().flat_map(|(_, m)| m.map.voxels().iter().copied()).collect();
                let (outcome, p): (Vec<bool>, Vec<f64>) = predictor.manifest().validation().unzip();
                let neighbours = neighbourhood(&outcome, &p, assessment.probability);
                self.answered = Some(((*assessment).clone(), maps));
                let answer = Answer::Assessed { assessment, maps: infos, neighbours, record };
                Ok((answer, Some(Buffer::Values(values))))
            }
        }
    }

    /// The last answer's map as a file.
    fn map(&self, sequence: Sequence) -> Result<Transfer, Answer> {
        let predictor = self.predictor()?;
        let (answered, image) = (self.answered.as_ref(), self.images.of(sequence).as_ref());
        let (Some((assessment, maps)), Some(image)) = (answered, image) else {
            return Err(nothing_to_export());
        };
        let file = predictor.map_file(maps.of(sequence), &image.stored, assessment);
        Ok((Answer::Map { sequence }, Some(Buffer::Bytes(file))))
    }
}

/// A device that gives the bundle's stored answers.
async fn tested(bundle: &Bundle, device: ComputeDevice) -> Result<Predictor, ModelError> {
    let predictor = Predictor::new(bundle, device)?;
    predictor.self_test().await?;
    Ok(predictor)
}

fn failed(error: &dyn Explained) -> Answer {
    Answer::Failed { fault: error.fault(), message: error.text(), next_step: error.next_step() }
}

fn not_started() -> Answer {
    Answer::Failed {
        fault: Fault::Internal,
        message: text!("the engine has no model yet"),
        next_step: text!("Reload the page."),
    }
}

fn nothing_to_export() -> Answer {
    Answer::Failed {
        fault: Fault::Internal,
        message: text!("there is no map to export"),
        next_step: text!("Analyse the newborn again."),
    }
}
