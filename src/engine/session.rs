//! What the engine holds between messages, and how it answers each; knows no browser.

use super::message::{Answer, FoundSeries, MapInfo, ModelSummary, Opened, Order, Record};
use crate::dicom::{self, DicomError, Doubt, Instance, Picture, Series, Weighting};
use crate::fault::{Explained, Fault, Notice};
use crate::language::{Text, Value, number};
use crate::model::{
    Adapter, Assessment, Bundle, ComputeDevice, DeviceChoice, ModelError, Outcome, PerSequence, Predictor,
    Provenance, Sequence, SignedMap, card, not_used, sha256_hex,
};
use crate::nomogram::{BirthWeight, Clinical};
use crate::render::{automatic_window, thumbnail};
use crate::text;
use crate::volume::{Files, Scan, Stored, Volume};
use std::borrow::Cow;
use std::sync::Arc;

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
    /// DICOM files that were looked through: those with images, by their numbers.
    instances: Vec<(usize, Arc<Instance>)>,
    /// How many were looked through, and how many were damaged beyond telling.
    looked: usize,
    damaged: usize,
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
            Order::Open { sequence, name, starts, series } => {
                let image = match series {
                    Some(id) => read_series(&id, &parts(&bytes, &starts)).map_err(|e| failed(&e)),
                    None => files(&name, &bytes, &starts).read().map(Scan::from).map_err(|e| failed(&e)),
                };
                self.open(sequence, name, &bytes, image, stage)
            }
            Order::Look { starts, first } => Ok((self.look(&parts(&bytes, &starts), first), None)),
            Order::Inspect { name, starts } => {
                let document = files(&name, &bytes, &starts).inspect().to_string();
                Ok((Answer::Inspected { document }, None))
            }
            Order::Draw { frame } => draw(&bytes, frame).map_err(|e| failed(&e)),
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
        image: Result<Scan, Answer>,
        stage: &mut dyn FnMut(Text, f64),
    ) -> Result<Transfer, Answer> {
        *self.images.of_mut(sequence) = None;
        self.answered = None;
        let recipe = &self.predictor()?.manifest().recipe;
        stage(text!("Reading the {sequence} image", sequence = sequence.suffix()), 0.1);
        let image = image?;
        image.volume.check_extent().map_err(|e| failed(&e))?;
        stage(text!("Finding the brain in the {sequence} image", sequence = sequence.suffix()), 0.5);
        let brain = recipe.brain(&image.volume, sequence);
        let mut warnings = image.warnings.clone();
        if let Err(error) = &brain {
            warnings.push(Notice::new("no_brain", error.in_full()));
        }
        let middle = image.volume.dims().map(|n| (n as f64 - 1.0) / 2.0);
        let focus_mm =
            brain.as_ref().map_or_else(|_| image.volume.affine().to_world(middle), |brain| brain.centre_mm);
        let brain = brain
            .ok()
            .and_then(|b| crate::render::Brain::of(b.corners_mm, &b.intensities, sequence == Sequence::T2w));
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
            brain,
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
                orientation = image.stored.grid().affine.axcodes()
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

    /// Looks through DICOM files, and says what all of them hold.
    fn look(&mut self, files: &[&[u8]], first: bool) -> Answer {
        if first {
            (self.instances, self.looked, self.damaged) = (Vec::new(), 0, 0);
        }
        for bytes in files {
            match Instance::read(bytes) {
                Ok(instance) => self.instances.push((self.looked, Arc::new(instance))),
                Err(DicomError::NotDicom | DicomError::NoImage) => {}
                Err(_) => self.damaged += 1,
            }
            self.looked += 1;
        }
        let series = dicom::series(&self.instances).iter().map(found).collect();
        Answer::Looked { series, damaged: self.damaged }
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
                let neighbours = predictor.manifest().neighbours(assessment.probability);
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

/// An image's files.
fn files<'a>(name: &'a str, bytes: &'a [u8], starts: &[u32]) -> Files<'a> {
    Files { name, bytes, second: starts.first().map(|at| *at as usize) }
}

/// The files of a buffer.
fn parts<'a>(bytes: &'a [u8], starts: &[u32]) -> Vec<&'a [u8]> {
    let from = std::iter::once(0).chain(starts.iter().map(|at| *at as usize));
    let to = starts.iter().map(|at| *at as usize).chain([bytes.len()]);
    from.zip(to).map(|(from, to)| bytes.get(from..to).unwrap_or_default()).collect()
}

/// One series of DICOM files.
fn read_series(id: &str, files: &[&[u8]]) -> Result<Scan, DicomError> {
    let read = |(n, bytes): (usize, &&[u8])| Instance::read(bytes).map(|instance| (n, Arc::new(instance)));
    let instances = files.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?;
    let series = dicom::series(&instances);
    let series = series.iter().find(|series| series.id == id).ok_or(DicomError::Changed)?;
    series.read(&mut |n| files.get(n).map(|bytes| Cow::Borrowed(*bytes)))
}

/// One image of a DICOM file.
fn draw(bytes: &[u8], frame: usize) -> Result<Transfer, DicomError> {
    let picture = Picture::read(bytes, frame)?;
    let (size, pixels) = thumbnail(&picture.voxels, picture.size, picture.spacing_mm);
    Ok((Answer::Picture { size }, Some(Buffer::Bytes(pixels))))
}

/// A series as the page lists it.
fn found(series: &Series) -> FoundSeries {
    let refusal = series.check().err().map(|error| error.in_full());
    let number = series.number.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let dims = series.dims.map(|n| n.to_string()).join(" x ");
    let mm = series
        .spacing_mm
        .map(|mm| [number_of(mm[0]), " x ".into(), number_of(mm[1]), " x ".into(), number_of(mm[2])]);
    FoundSeries {
        id: series.id.clone(),
        name: if series.description.is_empty() {
            text!("Series {number}", number)
        } else {
            text!("Series {number}: {name}", number, name = &series.description)
        },
        description: match (mm, series.thickness_mm) {
            (Some(mm), Some(thickness)) => text!(
                "{voxels} voxels of {spacing} mm, slices {thickness} mm thick",
                voxels = dims,
                spacing = Text::joined(mm),
                thickness = number_of(thickness)
            ),
            (Some(mm), None) => {
                text!("{voxels} voxels of {spacing} mm", voxels = dims, spacing = Text::joined(mm))
            }
            (None, _) => text!("{voxels} voxels", voxels = dims),
        },
        proposed: series.weighting.filter(|_| refusal.is_none()).map(|weighting| match weighting {
            Weighting::T1 => Sequence::T1w,
            Weighting::T2 => Sequence::T2w,
        }),
        doubt: series.doubt.filter(|_| refusal.is_none()).map(Doubt::text),
        middle: series.middle(),
        files: series.files(),
        refusal,
    }
}

fn number_of(mm: f64) -> Value {
    number(mm, 2)
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
