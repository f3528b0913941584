//! What is said beside an answer, or in place of one, on the page and in a report.

use crate::evaluation::{ENOUGH_NEIGHBOURS, NEAR, Neighbourhood};
use crate::fault::Notice;
use crate::language::{Text, number, signed};
use crate::model::{Assessment, Sequence};
use crate::render::{percent, span};
use crate::text;

/// What to do about reasons to abstain, each once.
#[must_use]
pub fn next_steps(reasons: &[Notice]) -> Vec<Text> {
    let mut steps: Vec<_> = reasons.iter().filter_map(|r| next_step(&r.code)).collect();
    steps.dedup();
    steps
}

/// What to do about a reason to abstain; `None` where its sentence says so itself.
fn next_step(code: &str) -> Option<Text> {
    match code {
        "contrast" | "same_contrast" => {
            Some(text!("Check which image is the T1w and which the T2w one, and swap them if need be."))
        }
        "two_newborns" => Some(text!("Check that both files are of the same newborn and the same visit.")),
        "unfamiliar" | "signature_outside_training" => Some(text!(
            "Check that both images show a term newborn's whole head without artefact. If they do, this model does not know \
             such images: judge without it, or use a model that was trained on your site's."
        )),
        _ => None,
    }
}

/// What stands beside a probability: names and values. `contributions` are each map's log-odds, `threshold` is the
/// model's operating one.
#[must_use]
pub fn facts(
    a: &Assessment,
    contributions: impl IntoIterator<Item = (Sequence, f64)>,
    threshold: f64,
) -> Vec<(Text, Text)> {
    let range = |[low, high]: [f64; 2]| span(percent(low), percent(high));
    let operating = if a.probability >= threshold {
        text!("Operating threshold (at or above it)")
    } else {
        text!("Operating threshold (below it)")
    };
    let mut facts = vec![
        (text!("Coefficients, 95 % interval"), range(a.interval95)),
        (text!("Fold models, lowest to highest"), range(a.ensemble_range)),
    ];
    let again = a.rescan_interval95.map_or_else(|| text!("not measured for this model"), range);
    facts.push((text!("The same newborn scanned again, 95 % interval"), again));
    facts.push((operating, percent(threshold)));
    facts.extend(contributions.into_iter().map(|(sequence, log_odds)| {
        let name = text!("Log-odds from the {sequence} map", sequence = sequence.suffix());
        (name, signed(log_odds, 2).into())
    }));
    facts
}

/// What became of the validation newborns who were given about the same probability.
#[must_use]
pub fn neighbours_sentence(near: &Neighbourhood, synthetic: bool) -> Text {
    let whose = if synthetic { text!("synthetic validation newborns") } else { text!("validation newborns") };
    let points = number(100.0 * NEAR, 0);
    match near.wilson95 {
        Some([low, high]) if near.n >= ENOUGH_NEIGHBOURS => text!(
            "Of {n} {whose} with a probability within {points} points of this one, {events} had HIE (95 % interval {low} \
             to {high}).",
            n = near.n,
            whose,
            points,
            events = near.events,
            low = percent(low),
            high = percent(high)
        ),
        _ => text!(
            "Only {n} {whose} had a probability within {points} points of this one: too few to say what it is worth.",
            n = near.n,
            whose,
            points
        ),
    }
}

/// What every number of a model says beside itself.
#[must_use]
pub fn caution(synthetic: bool) -> Text {
    if synthetic {
        text!("Synthetic training data: not valid on patients.")
    } else {
        text!("Research use only.")
    }
}

/// In which population a probability holds that was not shifted to another.
#[must_use]
pub fn population_of_training(share: &Text) -> Text {
    text!("Where {share} have HIE, as in training: elsewhere it is another number.", share)
}

/// Entries of a model card that say nothing of its use.
const NOT_IN_EXCERPT: [&str; 4] = ["Made by", "Training", "Duration of training", "Network"];
const CARD_ENTRIES: usize = 6;

/// Of a model card what a report of one page has room for.
#[must_use]
pub fn card_excerpt(card: &[(Text, Text)]) -> Vec<(Text, Text)> {
    let own = card.iter().filter(|(heading, _)| !NOT_IN_EXCERPT.contains(&heading.to_string().as_str()));
    own.take(CARD_ENTRIES).cloned().collect()
}
