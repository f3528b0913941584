//! What is known of such a number: by whose method, what differs from it, and what the model's own card has of its worth.

use crate::app::dom::{append, clear, element, set_text};
use crate::engine::message::ModelSummary;
use crate::language::Text;
use crate::model::card;
use crate::text;

/// Fills the panel; it depends on the model alone.
pub(super) fn build(model: &ModelSummary) {
    let list = element("differs");
    clear(&list);
    for line in differences(model.synthetic) {
        append(&list, "li", line);
    }
    let list = element("performance");
    clear(&list);
    let cohorts: Vec<Text> = model.cohorts.iter().map(|cohort| card::cohort_heading(&cohort.role)).collect();
    let (mut listed, mut subgroups) = (0, 0);
    for (heading, text) in &model.card {
        let is_subgroup = card::is_performance(heading);
        if cohorts.contains(heading) || is_subgroup {
            append(&list, "dt", heading);
            append(&list, "dd", text);
            (listed, subgroups) = (listed + 1, subgroups + usize::from(is_subgroup));
        }
    }
    if listed == 0 {
        append(&list, "dt", text!("None: the card holds no figures."));
    }
    let rest = if subgroups == 0 {
        text!(
            "The card holds no figures by pattern of injury, severity, lesion size or day of life: docs/study.md has those \
             of the study behind the shipped model."
        )
    } else {
        Text::default()
    };
    set_text("performance-rest", rest);
}

/// What is otherwise than in the paper.
fn differences(synthetic: bool) -> Vec<Text> {
    let data = if synthetic {
        text!(
            "The training data: synthetic newborns, as no cohort with HIE is public. The paper's are patients."
        )
    } else {
        text!("The training data: a cohort of your own.")
    };
    vec![
        data,
        text!(
            "The network, the preprocessing, the alignment and all coefficients: the paper's abstract does not state them, \
             those here are our own."
        ),
        text!(
            "The clinical characteristics: the birth weight, and what a site's own model asks for besides."
        ),
        text!("The figures: none of the paper's holds for this model."),
    ]
}
