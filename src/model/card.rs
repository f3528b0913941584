//! The model card: what HIELight writes there itself is read back as texts, what a site writes stays as it is.

use crate::evaluation::CohortRole;
use crate::language::{Text, Value};
use crate::text;

/// Figures of a cohort; `out_of_fold`: of the cohort that the nomogram was fitted on.
#[must_use]
pub fn cohort(
    out_of_fold: bool,
    center: impl Into<Value>,
    hie: impl Into<Value>,
    controls: impl Into<Value>,
    auc: impl Into<Value>,
) -> Text {
    if out_of_fold {
        text!(
            "center {center}, {hie} with HIE, {controls} controls; AUC (out of fold) {auc}",
            center,
            hie,
            controls,
            auc
        )
    } else {
        text!("center {center}, {hie} with HIE, {controls} controls; AUC {auc}", center, hie, controls, auc)
    }
}

/// Heading of a cohort's figures.
#[must_use]
pub fn cohort_heading(role: &CohortRole) -> Text {
    text!("Cohort: {name}", name = role.label())
}

/// Whether an entry holds figures of a subgroup, which a bundle's maker may add: by pattern, severity, size, day of life.
#[must_use]
pub fn is_performance(heading: &Text) -> bool {
    heading.to_string().starts_with("Performance: ")
}

/// The network: fold models, spacing and dims of its grid, dims and spacing of its feature map.
#[must_use]
pub fn network(
    folds: impl Into<Value>,
    mm: impl Into<Value>,
    voxels: impl Into<Value>,
    cells: impl Into<Value>,
    step: impl Into<Value>,
) -> Text {
    text!(
        "{folds} fold models per sequence; {mm} mm grid of {voxels} voxels; feature map of {cells} cells of {step} mm",
        folds,
        mm,
        voxels,
        cells,
        step
    )
}

/// How it was trained.
#[must_use]
pub fn training(
    seed: impl Into<Value>,
    epochs: impl Into<Value>,
    batch: impl Into<Value>,
    rate: impl Into<Value>,
    models: impl Into<Value>,
) -> Text {
    text!(
        "seed {seed}; heads solved from twins of the healthy training newborns, kernels trained for at most {epochs} \
         epochs in batches of {batch} families, AdamW with a learning rate of {rate}; signatures of training \
         newborns: mean of {models} models that had not seen them",
        seed,
        epochs,
        batch,
        rate,
        models
    )
}

/// Epochs that made each branch's kernels better for newborns kept out, fold by fold.
#[must_use]
pub fn accepted(t1w: impl Into<Value>, t2w: impl Into<Value>) -> Text {
    text!("T1w branches: {t1w}; T2w branches: {t2w}; 0 means that the first kernels were the best", t1w, t2w)
}

/// How long that took.
#[must_use]
pub fn duration(minutes: impl Into<Value>) -> Text {
    text!("{minutes} minutes", minutes)
}

/// Heading of what a calibrated model's card says of it.
pub const CALIBRATED: &str = "Calibrated for a site";

/// On whom a model was calibrated, and from which model (SHA-256 of its file).
#[must_use]
pub fn calibrated(healthy: impl Into<Value>, hie: impl Into<Value>, parent: impl Into<Value>) -> Text {
    text!(
        "on {healthy} healthy newborns and {hie} with HIE of that site, from the model with SHA-256 {parent}",
        healthy,
        hie,
        parent
    )
}

/// What it is for.
#[must_use]
pub fn intended_use() -> Text {
    text!("Research only. Not a medical device.")
}

/// What it was trained on.
#[must_use]
pub fn data(synthetic: bool) -> Text {
    if synthetic {
        text!(
            "Synthetic newborns made by `hielight phantom`. Not valid on patients: the difficulty of a phantom is \
             chosen, so its figures show that the pipeline works and nothing else."
        )
    } else {
        text!("A site's own cohort.")
    }
}

/// An entry of a bundle's card.
#[must_use]
pub fn read(heading: &str, text: &str) -> (Text, Text) {
    let headings = [
        text!("Intended use"),
        text!("Data"),
        text!("Made by"),
        text!("Network"),
        text!("Training"),
        text!("Epochs accepted"),
        text!("Calibrated for a site"),
        text!("Duration of training"),
    ];
    let texts = [
        intended_use(),
        data(true),
        data(false),
        cohort(true, "", "", "", ""),
        cohort(false, "", "", "", ""),
        network("", "", "", "", ""),
        training("", "", "", "", ""),
        accepted("", ""),
        calibrated("", "", ""),
        duration(""),
    ];
    let known = |texts: &[Text], words: &str| {
        texts.iter().find_map(|t| t.read(words)).unwrap_or_else(|| words.into())
    };
    let cohort = heading.strip_prefix("Cohort: ").map(|name| cohort_heading(&name.to_owned().into()));
    (cohort.unwrap_or_else(|| known(&headings, heading)), known(&texts, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_hielight_writes_read_back_and_a_sites_own_text_left() {
        let (heading, text) = read("Cohort: internal", "center A, 39 with HIE, 46 controls; AUC 0.739");
        assert_eq!(heading, cohort_heading(&CohortRole::Internal));
        assert_eq!(text, cohort(false, "A", 39.0, 46.0, 0.739));
        let (heading, text) =
            read("Cohort: training", "center A, 9 with HIE, 4 controls; AUC (out of fold) 0.77");
        assert_eq!(
            (heading, text),
            (cohort_heading(&CohortRole::Training), cohort(true, "A", 9.0, 4.0, 0.77))
        );
        let own = ("Ethics", "Approved by the board: 12 minutes of discussion");
        assert_eq!(read(own.0, own.1), (own.0.into(), own.1.into()));
        let (_, synthetic) = read("Data", &data(true).to_string());
        assert_eq!(synthetic, data(true));
    }
}
