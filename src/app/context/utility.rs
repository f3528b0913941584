//! Net benefit in words.

use super::{Model, number};
use crate::app::dom::{element, set_text};
use crate::evaluation::net_benefit_at;
use crate::render::small_percent;

/// Says what acting on the model at its threshold is worth per 100 newborns at this prevalence.
pub(super) fn tell(model: &Model, index: usize, prevalence: f64) {
    let cohort = &model.summary.cohorts[index];
    let threshold = model.summary.threshold;
    let [benefit, all] = net_benefit_at(&cohort.outcome, &cohort.probability, threshold, prevalence);
    let band = model.threshold_bands.get(index).map(|b| b.at(prevalence)).unwrap_or_default();
    let [low, high] = band.first().copied().unwrap_or([benefit, benefit]);
    let panel = element("decision-curve");
    number(&panel, "data-prevalence", prevalence);
    number(&panel, "data-threshold", threshold);
    number(&panel, "data-model", benefit);
    number(&panel, "data-low", low);
    number(&panel, "data-high", high);
    number(&panel, "data-all", all);
    let best = if benefit >= all.max(0.0) {
        "more than treating all or none".to_owned()
    } else if all > 0.0 {
        format!("less than treating all ({:.1})", 100.0 * all)
    } else {
        "less than treating none".to_owned()
    };
    let gain = if benefit >= 0.0 {
        format!(
            "gains as much as finding {:.1} newborns with HIE and treating nobody in vain",
            100.0 * benefit
        )
    } else {
        format!("does the harm of {:.1} missed newborns with HIE", -100.0 * benefit)
    };
    set_text(
        "decision-words",
        &format!(
            "Of 100 newborns at a prevalence of {}, acting at the threshold of {:.0} % {gain} (95 % {:.1} to {:.1}): \
             {best}. Treating all: {:.1}; none: 0. The curve weighs the model's own probabilities, not the adjusted ones.",
            small_percent(prevalence),
            100.0 * threshold,
            100.0 * low,
            100.0 * high,
            100.0 * all
        ),
    );
}
