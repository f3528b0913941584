//! What the state asks for, done.

use super::{Kept, Page, id};
use crate::app::dom::{append, clear, element, input, set_text, show};
use crate::app::moment::Moment;
use crate::app::{context, marks, result, series};
use crate::engine::message::{MapInfo, Opened};
use crate::model::Sequence;
use crate::state::{Answered, CohortView, Controls, Effect, Refused};
use crate::text;
use crate::volume::{Affine, Volume};
use js_sys::{ArrayBuffer, Float32Array, Uint8Array};
use wasm_bindgen::JsCast as _;
use web_sys::HtmlSelectElement;

impl Page {
    /// Carries an effect out; `in_hand` came with the event.
    pub(super) fn perform(&self, effect: Effect, in_hand: Option<&ArrayBuffer>) {
        match effect {
            Effect::StartEngine { run } => self.start_engine(run),
            Effect::Send { job, order, payload } => self.send(job, order, payload, in_hand),
            Effect::Read { ticket, files } => self.read(ticket, &files),
            Effect::ReadTable { ticket, file } => self.read_table(ticket, &file),
            Effect::Clear => self.clear(),
            Effect::ShowError(complaint) => {
                self.clear();
                result::show_error(complaint.message, complaint.next_step);
            }
            Effect::ShowAnswer(answered) => {
                self.keep(answered.made.job, || in_hand.map(floats).unwrap_or_default());
                self.show_answer(*answered);
            }
            Effect::ShowAnswerAgain(answered) => self.show_answer(*answered),
            Effect::ShowRefusal(refused) => {
                self.keep(refused.made.job, Vec::new);
                self.show_refusal(*refused);
            }
            Effect::FocusAnswer => result::take_focus(),
            Effect::ShowImage(opened) => self.show_image(&opened, in_hand),
            Effect::HoldImage(sequence) => *self.held.borrow_mut().of_mut(sequence) = in_hand.cloned(),
            Effect::ShowHeld(opened) => {
                let voxels = self.held.borrow_mut().of_mut(opened.sequence).take();
                self.show_image(&opened, voxels.as_ref());
            }
            Effect::ReleaseHeld => drop(self.held.take()),
            Effect::HideImage(sequence) => self.viewer.set_image(sequence, None),
            Effect::ShowModel { model, origin } => self.show_model(&model, &origin),
            Effect::SaveMap(sequence) => {
                if let Some(file) = in_hand {
                    self.exports.save_map(sequence, &Uint8Array::new(file).to_vec());
                }
            }
            Effect::ShowSeries(list) => series::show(&list),
            Effect::ShowPicture { at, size } => {
                if let Some(pixels) = in_hand {
                    series::show_picture(at, size, &Uint8Array::new(pixels).to_vec());
                }
            }
            Effect::HideSeries => series::hide(),
            Effect::ExportNote(note) => set_text("export-note", note),
            Effect::SetBirthWeight(typed) => input("birth-weight").set_value(&typed),
            Effect::SetLabel(label) => input("report-label").set_value(&label),
            Effect::ShowRows { lines, order } => self.exports.show_rows(lines, order),
            Effect::Cohort(view) => show_cohort(view),
            Effect::SetCovariates(all) => set_covariates(&all),
            Effect::Note(note) => set_text("intake-note", note),
            Effect::Keep(jobs) => self.kept.borrow_mut().retain(|kept| jobs.contains(&kept.job)),
            Effect::Marks(marks) => marks::show_marks(&marks),
            Effect::Status { phrase, fraction } => {
                set_text("status", phrase);
                // A valid attribute.
                let _ = element("progress").set_attribute("value", &fraction.clamp(0.0, 1.0).to_string());
            }
            Effect::Slot(sequence, view) => {
                set_text(&id(sequence, "facts"), view.facts);
                show(&id(sequence, "remove"), view.taken);
            }
            Effect::Controls(controls) => enable(controls),
            Effect::Device(words) => set_text("device", words),
        }
    }

    /// Takes number, curves and maps away.
    fn clear(&self) {
        self.viewer.clear_maps();
        self.context.clear();
        self.exports.clear();
        result::clear_all();
    }

    fn show_answer(&self, answered: Answered) {
        let kept = self.kept.borrow();
        let Some(kept) = kept.iter().find(|kept| kept.job == answered.made.job) else { return };
        self.lay_maps(&answered.maps, &kept.maps);
        result::show_assessment(&answered, &self.viewer);
        self.context.show(&answered.assessment, &answered.maps);
        self.exports.show_answer(answered, kept.moment.clone());
    }

    /// Keeps what is not in an analysis's outcome itself, for when it is shown again.
    fn keep(&self, job: u32, maps: impl FnOnce() -> Vec<f32>) {
        let mut kept = self.kept.borrow_mut();
        if kept.iter().all(|kept| kept.job != job) {
            kept.push(Kept { job, maps: maps(), moment: Moment::now() });
        }
    }

    fn show_refusal(&self, refused: Refused) {
        let kept = self.kept.borrow();
        let Some(kept) = kept.iter().find(|kept| kept.job == refused.made.job) else { return };
        result::show_abstention(&refused);
        context::show_checks_alone(&refused.checks);
        self.exports.show_refusal(refused, kept.moment.clone());
    }

    fn show_image(&self, opened: &Opened, voxels: Option<&ArrayBuffer>) {
        let values = voxels.map(floats).unwrap_or_default();
        let volume = Affine::from_rows(opened.affine).and_then(|a| Volume::new(opened.dims, values, a));
        // The state has held both against each other.
        if let Ok(volume) = volume {
            let shown = (volume, opened.window, opened.focus_mm);
            self.viewer.set_image(opened.sequence, Some(shown));
            self.viewer.set_brain(opened.sequence, opened.brain);
            if opened.sequence == Sequence::T1w {
                self.exports.keep_thumbnail(&opened.sha256, self.viewer.thumbnail(opened.sequence));
            }
        }
    }

    fn lay_maps(&self, maps: &[MapInfo], values: &[f32]) {
        let mut rest = values;
        for info in maps {
            let (own, others) = rest.split_at(info.dims.iter().product::<usize>().min(rest.len()));
            rest = others;
            let volume = Affine::from_rows(info.affine).and_then(|a| Volume::new(info.dims, own.to_vec(), a));
            if let Ok(volume) = volume {
                self.viewer.set_map(info.sequence, volume, info.full_scale);
            }
        }
    }
}

fn enable(controls: Controls) {
    // Where something is missing it can be pressed, and says what.
    let _ = element("analyse").class_list().toggle_with_force("primary", controls.complete);
    let empty = if controls.running {
        text!("The analysis runs. Its answer will stand here.")
    } else {
        text!("No result. Give both images and the birth weight, then analyse.")
    };
    set_text("no-result", empty);
    show("undo", controls.undo);
    for (id, allowed) in [
        ("analyse", controls.ready),
        ("swap", controls.swap),
        ("load-demo", controls.demo),
        ("cancel", controls.cancel || controls.revive),
    ] {
        allow(id, allowed);
    }
    set_text("cancel", if controls.revive { text!("Start the engine again") } else { text!("Cancel") });
}

fn allow(id: &str, allowed: bool) {
    let button = element(id);
    // Both are valid on any element.
    let _ = if allowed { button.remove_attribute("disabled") } else { button.set_attribute("disabled", "") };
}

fn show_cohort(view: CohortView) {
    show("worklist", view.total > 0);
    set_text("cohort-status", view.phrase);
    for (id, allowed) in
        [("cohort-start", view.start), ("cohort-pause", view.pause), ("cohort-cancel", view.cancel)]
    {
        allow(id, allowed);
    }
    for key in CHOICES {
        let choice = view.choices.iter().find(|choice| choice.key == key);
        show(&format!("cohort-{key}-field"), choice.is_some());
        let Some(choice) = choice else { continue };
        let select: HtmlSelectElement = element(&format!("cohort-{key}")).unchecked_into();
        clear(&select);
        for label in std::iter::once("").chain(choice.labels.iter().map(String::as_str)) {
            let option =
                append(&select, "option", if label.is_empty() { text!("any") } else { label.into() });
            // A valid attribute.
            let _ = option.set_attribute("value", label);
        }
        select.set_value(choice.chosen.as_deref().unwrap_or_default());
    }
    let progress = element("cohort-progress");
    for (name, value) in [("max", view.total.max(1)), ("value", view.done)] {
        // Valid attributes.
        let _ = progress.set_attribute(name, &value.to_string());
    }
}

/// The entities that a cohort is narrowed by, by their keys.
pub(super) const CHOICES: [&str; 3] = ["ses", "acq", "run"];

/// Fields stand in the order of the model's terms.
fn set_covariates(all: &[(String, String)]) {
    for (j, (_, typed)) in all.iter().enumerate() {
        input(&format!("covariate-{j}")).set_value(typed);
    }
}

/// The floats of a buffer.
fn floats(buffer: &ArrayBuffer) -> Vec<f32> {
    Float32Array::new(buffer).to_vec()
}
