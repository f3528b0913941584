//! The probability where HIE is rarer or more frequent than in training.

use super::{Context, Model, Redraw, attribute, number, select, strip};
use crate::app::dom::{append, clear, element, forget, input, listen, put, recall, remember, set_text, show};
use crate::app::preferences::PREVALENCE;
use crate::evaluation::{Share, Undefined, predictive_values, prior_shift};
use crate::export::population_of_training;
use crate::language::Text;
use crate::model::Assessment;
use crate::render::{percent_within, percents, small_percent, span};
use crate::text;
use std::rc::Rc;

/// Share with HIE in the populations that a newborn may come from.
const SHARES: [f64; 4] = [0.0015, 0.01, 0.05, 0.5];

/// Their names, and what each share rests on.
fn populations() -> [[Text; 2]; 4] {
    [
        [
            text!("All term births, high-income countries: 1.5 per 1,000"),
            text!(
                "An estimate for high-income countries (Kurinczuk et al., Early Hum Dev 2010;86:329-338: 1.3 to 1.7 per \
                 1,000)."
            ),
        ],
        [
            text!("All term births, higher risk: 10 per 1,000"),
            text!(
                "An assumption of the order reported for low- and middle-income countries; take your region's own figure."
            ),
        ],
        [
            text!("Term newborns admitted to neonatal care: 5 %"),
            text!("An assumption; take your unit's own figure."),
        ],
        [
            text!("Newborns assessed for cooling: 50 %"),
            text!("An assumption; take your unit's own figure. Here spectrum bias is largest."),
        ],
    ]
}

/// Ends of the slider.
const LOWEST: f64 = 1e-4;
const HIGHEST: f64 = 0.9;
const STEPS: f64 = 1000.0;

fn from_slider(step: f64) -> f64 {
    LOWEST * (HIGHEST / LOWEST).powf(step / STEPS)
}

fn to_slider(prevalence: f64) -> f64 {
    (STEPS * (prevalence / LOWEST).ln() / (HIGHEST / LOWEST).ln()).clamp(0.0, STEPS)
}

/// What was typed, as a share.
fn parse(typed: &str) -> Result<f64, Text> {
    let number = typed.trim().trim_end_matches('%').trim();
    let percent: f64 = number.parse().map_err(|_| text!("Type a number of percent, for example 0.15."))?;
    if percent > 0.0 && percent < 100.0 {
        Ok(percent / 100.0)
    } else {
        Err(text!("A prevalence lies between 0 and 100 percent, ends excluded."))
    }
}

/// The probability in the population that was chosen, as it stands in the largest type.
pub struct Headline {
    pub number: Text,
    /// Which population that is, and what the number is where the model was trained.
    pub population: Text,
    /// The same in a few words.
    pub briefly: Text,
}

/// A probability with its 95 % interval, from one share with HIE to another; `None` where one of them is none.
fn shifted(case: &Assessment, from: f64, to: f64) -> Option<(f64, [f64; 2])> {
    let shift = |p: f64| prior_shift(p, from, to);
    let [low, high] = case.interval95.map(shift);
    Some((shift(case.probability)?, [low?, high?]))
}

impl Headline {
    /// `None` as prevalence: what was typed is none, and the training share stands.
    fn of(case: &Assessment, training: f64, prevalence: Option<f64>) -> Self {
        let original = percent_within(case.probability, case.interval95);
        let share = small_percent(training);
        let elsewhere = prevalence.filter(|p| (p - training).abs() > 1e-9);
        let there = elsewhere.and_then(|prevalence| Some((prevalence, shifted(case, training, prevalence)?)));
        if let Some((prevalence, (adjusted, [low, high]))) = there {
            let population = text!(
                "Where {prevalence} have HIE (95 % interval {range}). At the training share of {share} it is {original}; \
                 all that follows is at that share.",
                prevalence = small_percent(prevalence),
                range = span(small_percent(low), small_percent(high)),
                share,
                original
            );
            let briefly = text!("where {share} have HIE", share = small_percent(prevalence));
            return Self { number: small_percent(adjusted), population, briefly };
        }
        let briefly = text!("where {share} have HIE", share = &share);
        Self { number: original, population: population_of_training(&share), briefly }
    }
}

impl Context {
    /// What stands in the largest type; `None` without an answer.
    pub fn headline(&self) -> Option<Headline> {
        let (model, case) = self.parts()?;
        Some(Headline::of(&case, model.summary.training_share, self.prevalence.get()))
    }

    /// Writes it.
    pub(super) fn tell_headline(&self) {
        if let Some(headline) = self.headline() {
            set_text("bar-probability", &headline.number);
            set_text("bar-population", headline.briefly);
            put(&element("probability"), headline.number);
            set_text("population", headline.population);
        }
    }

    pub(super) fn listen_to_prevalence(self: &Rc<Self>) {
        let this = Rc::clone(self);
        listen(&element("prevalence-slider"), "input", move |_| {
            let prevalence = from_slider(input("prevalence-slider").value_as_number());
            input("prevalence-entry").set_value(&entry(prevalence));
            this.take(parse(&entry(prevalence)));
            this.remember_prevalence();
        });
        let this = Rc::clone(self);
        listen(&element("prevalence-entry"), "input", move |_| {
            let typed = parse(&input("prevalence-entry").value());
            if let Ok(prevalence) = typed {
                input("prevalence-slider").set_value_as_number(to_slider(prevalence));
            }
            this.take(typed);
            this.remember_prevalence();
        });
        let this = Rc::clone(self);
        listen(&element("prevalence-preset"), "change", move |_| {
            let chosen = select("prevalence-preset").value();
            let training = this.model.borrow().as_ref().map(|m| m.summary.training_share);
            let preset = chosen.parse::<usize>().ok().and_then(|i| SHARES.get(i)).copied();
            let share = if chosen == "training" { training } else { preset };
            if let Some(prevalence) = share {
                input("prevalence-entry").set_value(&entry(prevalence));
                input("prevalence-slider").set_value_as_number(to_slider(prevalence));
                this.take(Ok(prevalence));
                this.remember_prevalence();
            }
        });
    }

    /// For the next visit: the reader's own choice, and none where it is the training share.
    fn remember_prevalence(&self) {
        let training = self.model.borrow().as_ref().map(|m| m.summary.training_share);
        match self.prevalence.get() {
            Some(share) if training.is_none_or(|t| (share - t).abs() > 1e-9) => {
                remember(PREVALENCE, &share.to_string());
            }
            Some(_) => forget(PREVALENCE),
            None => {}
        }
    }

    /// Sets it, or takes what was set away.
    fn take(self: &Rc<Self>, prevalence: Result<f64, Text>) {
        self.prevalence.set(prevalence.as_ref().ok().copied());
        let refusal = prevalence.err().unwrap_or_default();
        set_text("prevalence-refusal", &refusal);
        show("prevalence-refusal", !refusal.is_empty());
        let typed = input("prevalence-entry");
        attribute(&typed, "aria-invalid", if refusal.is_empty() { "false" } else { "true" });
        self.name_population();
        self.schedule(Redraw::Prevalence);
    }

    /// The presets and the controls at the training share.
    pub(super) fn offer_prevalences(self: &Rc<Self>) {
        let Some(share) = self.model.borrow().as_ref().map(|m| m.summary.training_share) else { return };
        let presets = element("prevalence-preset");
        clear(&presets);
        let offer = |value: &str, text: Text| {
            let option = append(&presets, "option", text);
            attribute(&option, "value", value);
        };
        offer("training", text!("The training cohort (case-control): {share}", share = small_percent(share)));
        for (i, [name, _]) in populations().into_iter().enumerate() {
            offer(&i.to_string(), name);
        }
        offer("own", text!("Your own figure"));
        let remembered = recall(PREVALENCE).and_then(|share| share.parse().ok());
        let share = remembered.filter(|p| *p > 0.0 && *p < 1.0).unwrap_or(share);
        input("prevalence-entry").set_value(&entry(share));
        input("prevalence-slider").set_value_as_number(to_slider(share));
        self.take(Ok(share));
    }

    /// Which population the prevalence is that of.
    fn name_population(&self) {
        let Some(training) = self.model.borrow().as_ref().map(|m| m.summary.training_share) else { return };
        let now = self.prevalence.get();
        let is = |share: f64| now.is_some_and(|p| (p - share).abs() < 1e-9);
        let preset = SHARES.iter().position(|p| is(*p));
        let (value, source) = match preset {
            _ if is(training) => {
                ("training".to_owned(), text!("The share in the training cohort: the default."))
            }
            Some(i) => {
                let [_, source] = populations()[i].clone();
                (i.to_string(), source)
            }
            None => ("own".to_owned(), text!("Your own figure.")),
        };
        select("prevalence-preset").set_value(&value);
        set_text("prevalence-source", source);
    }

    pub(super) fn tell_prevalence(&self, model: &Model, case: &Assessment) {
        let panel = element("prevalence");
        let (pair, facts) = (element("prevalence-pair"), element("prevalence-facts"));
        clear(&pair);
        clear(&facts);
        strip(&panel);
        let Some(prevalence) = self.prevalence.get() else { return };
        let from = model.summary.training_share;
        let Some((adjusted, interval)) = shifted(case, from, prevalence) else {
            return drop(append(
                &pair,
                "dd",
                text!("not defined: {reason}", reason = Undefined::OneClass.text()),
            ));
        };
        let cohort = &model.summary.cohorts[self.cohort.get()];
        let values =
            predictive_values(&cohort.outcome, &cohort.probability, model.summary.threshold, prevalence);
        number(&panel, "data-from", from);
        number(&panel, "data-to", prevalence);
        number(&panel, "data-original", case.probability);
        number(&panel, "data-adjusted", adjusted);
        let shares = values.map(|v| [("positive", v.positive), ("negative", v.negative)]);
        for (key, share) in shares.into_iter().flatten() {
            number(&panel, &format!("data-{key}"), share.value);
            number(&panel, &format!("data-{key}-low"), share.ci95[0]);
            number(&panel, &format!("data-{key}-high"), share.ci95[1]);
        }
        append(&pair, "dt", text!("Original, at {share} (training)", share = small_percent(from)));
        append(&pair, "dd", small_percent(case.probability));
        append(&pair, "dt", text!("Adjusted, at {share}", share = small_percent(prevalence)));
        append(&pair, "dd", small_percent(adjusted));
        let range = |[low, high]: [f64; 2]| span(small_percent(low), small_percent(high));
        let fact = |name: Text, text: Text| {
            append(&facts, "dt", name);
            append(&facts, "dd", text);
        };
        fact(text!("Adjusted 95 % interval (coefficients only)"), range(interval));
        let told = |share: Option<Share>| match share {
            Some(s) => text!("{share} ({range})", share = small_percent(s.value), range = range(s.ci95)),
            None => text!("not defined: {reason}", reason = Undefined::OneClass.text()),
        };
        let threshold = &percents(model.summary.threshold, 0);
        fact(
            text!("HIE among those at or above {threshold} (PPV)", threshold),
            told(values.map(|v| v.positive)),
        );
        fact(
            text!("No HIE among those below {threshold} (NPV)", threshold),
            told(values.map(|v| v.negative)),
        );
        fact(text!("Sensitivity and specificity from"), cohort.role.label());
    }
}

/// A share as it would be typed.
fn entry(prevalence: f64) -> String {
    let percent = 100.0 * prevalence;
    let digits = (3 - percent.log10().floor() as i32).clamp(0, 8) as usize;
    let text = format!("{percent:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
