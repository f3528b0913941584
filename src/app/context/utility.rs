//! Net benefit in words.

use super::{Model, number, strip};
use crate::app::dom::{element, set_text};
use crate::evaluation::{Undefined, both_classes, net_benefit_at};
use crate::language::number as decimals;
use crate::render::{percents, small_percent};
use crate::text;

/// Says what acting on the model at its threshold is worth per 100 newborns at this prevalence.
pub(super) fn tell(model: &Model, index: usize, prevalence: f64) {
    let cohort = &model.summary.cohorts[index];
    let threshold = model.summary.threshold;
    let panel = element("decision-curve");
    strip(&panel);
    let benefit = net_benefit_at(&cohort.outcome, &cohort.probability, threshold, prevalence);
    let band = model.threshold_bands.get(index).and_then(Option::as_ref).map(|b| b.at(prevalence));
    let (Some([benefit, all]), Some([low, high])) = (benefit, band.and_then(|b| b.first().copied())) else {
        let reason = both_classes(&cohort.outcome).err().unwrap_or(Undefined::OneClass).text();
        return set_text("decision-words", text!("not defined: {reason}", reason));
    };
    number(&panel, "data-prevalence", prevalence);
    number(&panel, "data-threshold", threshold);
    number(&panel, "data-model", benefit);
    number(&panel, "data-low", low);
    number(&panel, "data-high", high);
    number(&panel, "data-all", all);
    let best = if benefit >= all.max(0.0) {
        text!("more than treating all or none")
    } else if all > 0.0 {
        text!("less than treating all ({all})", all = decimals(100.0 * all, 1))
    } else {
        text!("less than treating none")
    };
    let gain = if benefit >= 0.0 {
        text!(
            "gains as much as finding {n} newborns with HIE and treating nobody in vain",
            n = decimals(100.0 * benefit, 1)
        )
    } else {
        text!("does the harm of {n} missed newborns with HIE", n = decimals(-100.0 * benefit, 1))
    };
    set_text(
        "decision-words",
        text!(
            "Of 100 newborns at a prevalence of {prevalence}, acting at the threshold of {threshold} {gain} (95 % {low} \
             to {high}): {best}. Treating all: {all}; none: 0. The curve weighs the model's own probabilities, not the \
             adjusted ones.",
            prevalence = small_percent(prevalence),
            threshold = percents(threshold, 0),
            gain,
            low = decimals(100.0 * low, 1),
            high = decimals(100.0 * high, 1),
            best,
            all = decimals(100.0 * all, 1)
        ),
    );
}
