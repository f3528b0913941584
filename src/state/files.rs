//! The two image slots: what is in them, and how far the engine is with it.

use super::engine::Work;
use super::names::{self, Sorted};
use super::{Complaint, Effect, Handle, Payload, State};
use crate::engine::message::{FoundSeries, Opened, Order};
use crate::language::Text;
use crate::model::{PerSequence, Sequence};
use crate::text;
use crate::volume::{Affine, Half};

/// An image that was given.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub source: Source,
    pub name: String,
    pub progress: Progress,
    /// SHA-256 of the image that the viewer shows.
    pub shown: Option<String>,
    /// What is known of it, once it is open.
    pub facts: Text,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// One file, or the two of a pair, header first.
    Files(Vec<Handle>),
    /// The files of a DICOM series, by its identifier.
    Series { files: Vec<Handle>, id: String },
    /// The demo's image of that sequence.
    Demo(Sequence),
}

/// What became of images that were given.
enum Taken {
    /// It was said why they are not taken.
    Refused,
    AsNamed,
    /// Their names do not say which is which.
    Guessed,
}

/// All that an analysis is asked with: files by their handles, nothing of what is in them.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    slots: PerSequence<Option<(Source, String)>>,
    birth_weight: String,
    demo_weight: bool,
    covariates: Vec<(String, String)>,
}

impl Inputs {
    /// Whether any image is among them.
    pub fn has_images(&self) -> bool {
        self.slots.iter().any(|(_, slot)| slot.is_some())
    }
}

/// How far the engine is with an image. Only an open one can be analysed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Progress {
    /// For an engine with a model.
    Waiting,
    /// Its file is being read, under this ticket.
    Reading(u32),
    /// The engine has its bytes, under this job.
    Opening(u32),
    Open,
    /// It could not be used.
    Failed(Complaint),
}

impl Given {
    pub fn new(source: Source, name: String) -> Self {
        Self { source, name, progress: Progress::Waiting, shown: None, facts: Text::default() }
    }

    pub fn is_demo(&self) -> bool {
        matches!(self.source, Source::Demo(_))
    }

    /// Why it cannot be used, said of its file.
    pub fn complaint(&self, sequence: Sequence) -> Option<Complaint> {
        match &self.progress {
            Progress::Failed(Complaint { message, next_step }) => {
                let (file, sequence) = (&self.name, sequence.suffix());
                let message = text!("\"{file}\", given as {sequence}: {message}", file, sequence, message);
                Some(Complaint::new(message, next_step))
            }
            _ => None,
        }
    }

    /// The half of a pair that it is, alone.
    fn lone_half(&self) -> Option<Half<'_>> {
        match &self.source {
            Source::Files(files) if files.len() == 1 => Half::of(&self.name),
            _ => None,
        }
    }

    /// The engine has read it.
    pub fn is_open(&mut self, opened: &Opened) {
        let doubts = opened.warnings.iter().map(|w| w.message.clone());
        self.facts = Text::sentences(std::iter::once(opened.description.clone()).chain(doubts));
        self.progress = Progress::Open;
    }

    /// The engine has forgotten it: it is given again.
    pub fn wait_again(&mut self) {
        if !matches!(self.progress, Progress::Failed(_)) {
            self.progress = Progress::Waiting;
        }
    }
}

impl State {
    /// Takes images, at the reader's wish.
    fn choose(&mut self, images: Vec<(Sequence, Vec<Handle>)>) {
        self.interrupt();
        let image = |(sequence, files)| {
            let files = self.completed(sequence, files);
            (sequence, names::of(&files), Source::Files(files))
        };
        let images = images.into_iter().map(image).collect();
        self.offer(images);
    }

    /// Takes a cohort's next newborn into the slots.
    pub(super) fn put(&mut self, images: Vec<(Sequence, Vec<Handle>)>) {
        self.abandon_incoming();
        let image = |(sequence, files): (_, Vec<Handle>)| (sequence, names::of(&files), Source::Files(files));
        self.place(images.into_iter().map(image).collect());
    }

    /// Takes DICOM series into their slots.
    pub(super) fn take_series(&mut self, images: Vec<(Sequence, Vec<Handle>, FoundSeries)>) {
        let image = |(sequence, files, series): (_, _, FoundSeries)| {
            (sequence, series.name.to_string(), Source::Series { files, id: series.id })
        };
        self.offer(images.into_iter().map(image).collect());
    }

    /// Images into their slots, at once. The demo leaves whole: no image and no weight of it stays beside another
    /// newborn's.
    pub(super) fn place(&mut self, images: Vec<(Sequence, String, Source)>) {
        self.changed();
        self.revive();
        let demo = self.demo_slots();
        self.forget_demo_weight();
        for sequence in demo.into_iter().chain(images.iter().map(|f| f.0)) {
            self.vacate(sequence);
        }
        for (sequence, name, source) in images {
            *self.slots.of_mut(sequence) = Some(Given::new(source, name));
        }
    }

    /// Slots that hold the demo's images.
    pub(super) fn demo_slots(&self) -> Vec<Sequence> {
        let is_demo = |s: &Sequence| self.slots.of(*s).as_ref().is_some_and(Given::is_demo);
        Sequence::BOTH.into_iter().filter(is_demo).collect()
    }

    pub(super) fn forget_demo_weight(&mut self) {
        if std::mem::take(&mut self.demo_weight) {
            self.birth_weight.clear();
            self.effects.push(Effect::SetBirthWeight(String::new()));
        }
    }

    /// What waits for its other half in a slot, or was refused beside it.
    fn waiting_half(&self, sequence: Sequence) -> Option<&Given> {
        let refused = self.incoming.of(sequence).as_ref().map(|incoming| &incoming.given);
        let given = refused.or(self.slots.of(sequence).as_ref());
        given.filter(|given| given.lone_half().is_some())
    }

    /// The pair, where a half comes to the slot that its other half waits in.
    fn completed(&self, sequence: Sequence, mut files: Vec<Handle>) -> Vec<Handle> {
        if let ([own], Some(given)) = (files.as_slice(), self.waiting_half(sequence))
            && let (Some(half), Some(waiting)) = (Half::of(&own.name), given.lone_half())
            && half.fits(&waiting)
            && let Source::Files(before) = &given.source
        {
            let at = if half.is_header { files.len() } else { 0 };
            files.splice(at..at, before.iter().cloned());
        }
        files
    }

    /// Sorts what was given: a model, one image over a slot, or images by their names. What fits nowhere destroys
    /// nothing.
    pub(super) fn take_files(&mut self, files: &[Handle], over: Option<Sequence>) {
        if self.take_cohort(files) {
            return;
        }
        let (beside, files): (Vec<Handle>, Vec<Handle>) =
            files.iter().cloned().partition(|file| names::is_sidecar(&file.name));
        let mut images = names::images(&files);
        let (mut unused, mut two) = (beside.iter().map(|file| file.name.clone()).collect::<Vec<_>>(), None);
        if images.len() > 2 {
            let [chosen, others] = names::only_pair(images);
            if chosen.is_empty() {
                return self.complain(Complaint::new(
                    text!(
                        "{n} files were dropped, and two are needed ({files})",
                        n = others.len(),
                        files = names::list(others.iter().map(|image| names::of(image)))
                    ),
                    text!(
                        "Drop one T1w and one T2w file, or a dataset with names by BIDS (sub-01_T1w.nii.gz)"
                    ),
                ));
            }
            unused.splice(0..0, others.iter().map(|image| names::of(image)));
            images = chosen;
        }
        if let Ok(pair) = <[Vec<Handle>; 2]>::try_from(images.clone()) {
            two = Some(pair);
        }
        let taken = match (images.pop(), two) {
            (_, Some(images)) => self.take_two(images),
            (Some(image), None) => self.take_one(image, over),
            (None, None) if unused.is_empty() => return,
            (None, None) => {
                let files = names::list(unused.drain(..));
                return self.complain(Complaint::new(
                    text!("no image is among what was given ({files})", files),
                    text!("Drop it together with the T1w and the T2w image, or leave it"),
                ));
            }
        };
        let doubt = match taken {
            Taken::Refused => return,
            Taken::AsNamed => Text::default(),
            Taken::Guessed => text!(
                "The names do not say which image is which: check the slots, and swap them if they are wrong."
            ),
        };
        if !(doubt.is_empty() && unused.is_empty()) {
            let rest = match unused.as_slice() {
                [] => Text::default(),
                _ => text!("Not used: {files}.", files = names::list(unused)),
            };
            self.effects.push(Effect::Note(Text::sentences([doubt, rest])));
        }
    }

    fn take_one(&mut self, image: Vec<Handle>, over: Option<Sequence>) -> Taken {
        let name = names::of(&image);
        if let [file] = image.as_slice()
            && name.to_lowercase().ends_with(".safetensors")
        {
            self.interrupt();
            self.replace_model(super::Origin::Own(file.clone()));
            return Taken::AsNamed;
        }
        let waits = |s: &Sequence| {
            let given = self.waiting_half(*s);
            let halves = given.and_then(Given::lone_half).zip(Half::of(&name));
            image.len() == 1 && halves.is_some_and(|(waiting, half)| waiting.fits(&half))
        };
        let waiting = Sequence::BOTH.into_iter().find(waits);
        if let Some(sequence) = over.or(waiting).or_else(|| names::sequence(&name)) {
            self.choose(vec![(sequence, image)]);
            return Taken::AsNamed;
        }
        let own = |s: Sequence| self.slots.of(s).as_ref().is_some_and(|given| !given.is_demo());
        match Sequence::BOTH.into_iter().find(|s| !own(*s)) {
            Some(sequence) => {
                self.choose(vec![(sequence, image)]);
                Taken::Guessed
            }
            None => {
                self.complain(Complaint::new(
                    text!("the name of {file} does not say whether it is a T1w or a T2w image", file = name),
                    text!("Drop it onto its slot"),
                ));
                Taken::Refused
            }
        }
    }

    fn take_two(&mut self, images: [Vec<Handle>; 2]) -> Taken {
        let named = [names::of(&images[0]), names::of(&images[1])];
        if names::are_of_two(&images[0], &images[1]) {
            self.complain(Complaint::new(
                text!(
                    "by their names {files} are of different newborns or sessions",
                    files = names::list(named)
                ),
                text!("Drop one newborn's T1w and T2w file"),
            ));
            return Taken::Refused;
        }
        let (slots, taken) = match names::sort([&named[0], &named[1]]) {
            Sorted::Clear(slots) => (slots, Taken::AsNamed),
            Sorted::Guessed(slots) => (slots, Taken::Guessed),
            Sorted::Twice(sequence) => {
                self.complain(Complaint::new(
                    text!(
                        "by their names {files} are both {sequence} images",
                        files = names::list(named),
                        sequence = sequence.suffix()
                    ),
                    text!("Drop one T1w and one T2w file"),
                ));
                return Taken::Refused;
            }
        };
        self.choose(slots.into_iter().zip(images).collect());
        taken
    }

    /// Empties a slot, here and in the engine.
    pub(super) fn vacate(&mut self, sequence: Sequence) {
        let Some(given) = self.slots.of_mut(sequence).take() else { return };
        if given.shown.is_some() {
            self.effects.push(Effect::HideImage(sequence));
        }
        if matches!(given.progress, Progress::Open | Progress::Opening(_)) {
            self.send(Order::Close { sequence }, Work::Close);
        }
    }

    /// Gives each image to the other slot.
    pub(super) fn swap(&mut self) {
        // Those that are on their way are meant, and the demo leaves for them.
        let leaves = |given: &Given| self.is_anything_incoming() && given.is_demo();
        let given = |s: Sequence| {
            let incoming = self.incoming.of(s).as_ref().filter(|_| self.is_incoming(s));
            let slot = self.slots.of(s).as_ref().filter(|given| !leaves(given));
            incoming.map(|incoming| &incoming.given).or(slot).cloned()
        };
        let (swapped, comes) = ([given(Sequence::T2w), given(Sequence::T1w)], self.is_anything_incoming());
        self.abandon_incoming();
        self.changed_undoably();
        if comes {
            self.forget_demo_weight();
        }
        for (sequence, given) in Sequence::BOTH.into_iter().zip(swapped) {
            self.vacate(sequence);
            *self.slots.of_mut(sequence) = given.map(|given| Given::new(given.source, given.name));
        }
    }

    /// What is in the slots and the fields.
    pub(super) fn inputs(&self) -> Inputs {
        let image = |given: &Given| (given.source.clone(), given.name.clone());
        Inputs {
            slots: self.slots.as_ref().map(|slot| slot.as_ref().map(image)),
            birth_weight: self.birth_weight.clone(),
            demo_weight: self.demo_weight,
            covariates: self.covariates.clone(),
        }
    }

    /// Whether both images are the demo's.
    pub(super) fn is_demo(&self) -> bool {
        Sequence::BOTH.iter().all(|s| self.slots.of(*s).as_ref().is_some_and(Given::is_demo))
    }

    /// Puts everything in as it was; of the further terms those that the shown model asks for.
    pub(super) fn put_back(&mut self, inputs: Inputs) {
        self.revive();
        for (sequence, slot) in Sequence::BOTH.into_iter().zip([inputs.slots.T1w, inputs.slots.T2w]) {
            self.vacate(sequence);
            *self.slots.of_mut(sequence) = slot.map(|(source, name)| Given::new(source, name));
        }
        (self.birth_weight, self.demo_weight) = (inputs.birth_weight, inputs.demo_weight);
        for (term, typed) in &mut self.covariates {
            let before = inputs.covariates.iter().find(|(name, _)| name == term);
            *typed = before.map_or_else(String::new, |(_, typed)| typed.clone());
        }
        self.effects.push(Effect::SetBirthWeight(self.birth_weight.clone()));
        self.effects.push(Effect::SetCovariates(self.covariates.clone()));
    }

    /// Puts the demo's images and weight in, and analyses them.
    pub(super) fn take_demo(&mut self) {
        let Some(demo) = self.demo.clone() else { return };
        self.abandon_incoming();
        self.changed_undoably();
        self.birth_weight.clone_from(&demo.birth_weight_g);
        self.demo_weight = true;
        self.effects.push(Effect::SetBirthWeight(demo.birth_weight_g));
        for (sequence, name) in Sequence::BOTH.into_iter().zip(demo.names) {
            self.vacate(sequence);
            *self.slots.of_mut(sequence) = Some(Given::new(Source::Demo(sequence), name));
        }
        self.wanted = true;
    }

    /// Has the files read that wait for it.
    pub(super) fn read_waiting(&mut self) {
        for sequence in Sequence::BOTH {
            let Some(given) = self.slots.of(sequence).as_ref() else { continue };
            // The engine's slot is that of the image which comes.
            if given.progress != Progress::Waiting || self.is_incoming(sequence) {
                continue;
            }
            let given = given.clone();
            let progress = self.read_given(sequence, &given);
            if let Some(given) = self.slots.of_mut(sequence) {
                given.progress = progress;
            }
        }
    }

    /// Has the file of an image read.
    pub(super) fn read_given(&mut self, sequence: Sequence, given: &Given) -> Progress {
        match &given.source {
            Source::Files(files) | Source::Series { files, .. } => {
                let (files, ticket) = (files.clone(), self.ticket());
                self.effects.push(Effect::Read { ticket, files });
                Progress::Reading(ticket)
            }
            Source::Demo(image) => self.open(sequence, given, vec![], Payload::Demo(*image)),
        }
    }

    /// Hands an image's bytes to the engine.
    pub(super) fn open(
        &mut self,
        sequence: Sequence,
        given: &Given,
        starts: Vec<u32>,
        payload: Payload,
    ) -> Progress {
        let series = match &given.source {
            Source::Series { id, .. } => Some(id.clone()),
            Source::Files(_) | Source::Demo(_) => None,
        };
        let name = given.name.clone();
        let order = Order::Open { sequence, name, starts, series };
        Progress::Opening(self.send_with(order, Work::Open(sequence), payload))
    }

    /// A file's bytes are in hand, or will never be; `false` where no slot waits for them.
    pub(super) fn image_was_read(&mut self, ticket: u32, result: &Result<Vec<u32>, Complaint>) -> bool {
        let waits =
            |s: &Sequence| matches!(self.slots.of(*s), Some(g) if g.progress == Progress::Reading(ticket));
        let Some(sequence) = Sequence::BOTH.into_iter().find(waits) else {
            return self.read_beside(ticket, result);
        };
        match result {
            Err(complaint) => self.fail(sequence, complaint.clone()),
            Ok(starts) => {
                let given = self.slots.of(sequence).clone().filter(|_| self.is_ready());
                let progress = given.map_or(Progress::Waiting, |given| {
                    self.open(sequence, &given, starts.clone(), Payload::InHand)
                });
                if let Some(given) = self.slots.of_mut(sequence) {
                    given.progress = progress;
                }
            }
        }
        true
    }

    /// An image cannot be used: nothing that was made from it may stay.
    pub(super) fn fail(&mut self, sequence: Sequence, complaint: Complaint) {
        self.changed();
        let Some(given) = self.slots.of_mut(sequence) else { return };
        given.progress = Progress::Failed(complaint);
        if given.shown.take().is_some() {
            self.effects.push(Effect::HideImage(sequence));
        }
    }

    /// The slot whose image that job opens.
    pub(super) fn opens(&self, job: u32) -> Option<Sequence> {
        let opening =
            |s: &Sequence| matches!(self.slots.of(*s), Some(g) if g.progress == Progress::Opening(job));
        Sequence::BOTH.into_iter().find(opening)
    }

    /// The engine has read an image; `false` where its voxels are not what it says.
    pub(super) fn opened(&mut self, sequence: Sequence, opened: Box<Opened>, bytes: usize) -> bool {
        if !is_sound(&opened, bytes) {
            return false;
        }
        let before = self.slots.of(sequence).as_ref().and_then(|given| given.shown.clone());
        if before.as_ref().is_some_and(|hash| *hash != opened.sha256) {
            // Read again, and another file by now.
            self.changed();
        }
        let Some(given) = self.slots.of_mut(sequence) else { return true };
        given.is_open(&opened);
        // Read again after the engine was started anew: it is shown already.
        if before.as_ref() != Some(&opened.sha256) {
            given.shown = Some(opened.sha256.clone());
            self.effects.push(Effect::ShowImage(opened));
        }
        true
    }

    /// Names of the two files.
    pub(super) fn names(&self) -> [String; 2] {
        Sequence::BOTH.map(|s| self.slots.of(s).as_ref().map(|g| g.name.clone()).unwrap_or_default())
    }
}

/// Whether an image's voxels are what it says.
pub(super) fn is_sound(opened: &Opened, bytes: usize) -> bool {
    let voxels = opened.dims.iter().try_fold(size_of::<f32>(), |n, dim| n.checked_mul(*dim));
    voxels == Some(bytes) && Affine::from_rows(opened.affine).is_ok()
}
