//! What the probability is worth: every panel beside it, from the model's cohorts and the answer.

mod calibration;
mod checks;
mod evidence;
mod prevalence;
mod tabs;
mod utility;
mod what_if;

pub use checks::show_checks_alone;

use checks::show_checks;

use super::chart::Chart;
use super::dom::{append, clear, document, element, listen, on_change, put, set_text, show, window};
use super::theme;
use crate::engine::message::{MapInfo, ModelSummary};
use crate::evaluation::{CohortRole, DecisionBand, Evaluation, Intervals, evaluate, intervals};
use crate::language::{Text, number as decimals, signed};
use crate::model::{Assessment, Cohort};
use crate::render::chart::{
    Curve, Figure, Reading, contributions, decision_curve, gauge, nomogram, reliability, risk_distribution,
    roc,
};
use crate::render::{percent_within, span};
use crate::text;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlSelectElement, ResizeObserver};

/// A model with what is computed once of its cohorts.
struct Model {
    summary: ModelSummary,
    /// For each of the summary's cohorts; `None` where it holds what is no probability.
    figures: Vec<Option<(Evaluation, Intervals)>>,
    /// `None` where a class is missing.
    bands: Vec<Option<DecisionBand>>,
    /// The same at the operating threshold alone.
    threshold_bands: Vec<Option<DecisionBand>>,
}

impl Model {
    fn new(summary: ModelSummary) -> Self {
        let figures = summary.cohorts.iter().map(|c| {
            let evaluation = evaluate(&c.outcome, &c.probability, c.role == CohortRole::Training).ok()?;
            let intervals = intervals(&c.outcome, &c.probability, &evaluation);
            Some((evaluation, intervals))
        });
        let figures = figures.collect();
        let band = |at: Vec<f64>| {
            let cohorts = summary.cohorts.iter();
            cohorts.map(|c| DecisionBand::of(&c.outcome, &c.probability, at.clone())).collect()
        };
        let bands = band((1..100).map(|i| f64::from(i) / 100.0).collect());
        let threshold_bands = band(vec![summary.threshold]);
        Self { summary, figures, bands, threshold_bands }
    }

    /// Cohorts that the nomogram has not seen; all of them where there is no other.
    fn shown(&self) -> Vec<usize> {
        let all = || 0..self.summary.cohorts.len();
        let validation: Vec<usize> =
            all().filter(|i| self.summary.cohorts[*i].role.is_validation()).collect();
        if validation.is_empty() { all().collect() } else { validation }
    }

    fn curves(&self) -> Vec<Curve<'_>> {
        self.shown().into_iter().map(|i| curve(&self.summary.cohorts[i])).collect()
    }
}

fn curve(cohort: &Cohort) -> Curve<'_> {
    Curve { role: &cohort.role, outcome: &cohort.outcome, probability: &cohort.probability }
}

/// The panels' state.
pub struct Context {
    gauge: Rc<Chart>,
    nomogram: Rc<Chart>,
    contributions: Rc<Chart>,
    reliability: Rc<Chart>,
    decision: Rc<Chart>,
    roc: Rc<Chart>,
    distribution: Rc<Chart>,
    model: RefCell<Option<Rc<Model>>>,
    case: RefCell<Option<Rc<Assessment>>>,
    /// What the terms would be.
    hypothetical: RefCell<Option<Vec<f64>>>,
    /// Prevalence that the user set; `None`: what is typed is none.
    prevalence: Cell<Option<f64>>,
    /// Which of the cohorts stands behind the single curves.
    cohort: Cell<usize>,
    /// A redraw of what a drag changes is on its way.
    scheduled: Cell<Option<Redraw>>,
}

/// What a drag changes.
#[derive(Clone, Copy, PartialEq)]
enum Redraw {
    Nomogram,
    Prevalence,
}

impl Context {
    /// Panels that listen to their controls.
    pub fn new() -> Rc<Self> {
        let context = Rc::new(Self {
            gauge: Chart::new("gauge"),
            nomogram: Chart::new("nomogram-chart"),
            contributions: Chart::new("contributions-chart"),
            reliability: Chart::new("reliability-chart"),
            decision: Chart::new("decision-chart"),
            roc: Chart::new("roc-chart"),
            distribution: Chart::new("distribution-chart"),
            model: RefCell::new(None),
            case: RefCell::new(None),
            hypothetical: RefCell::new(None),
            prevalence: Cell::new(None),
            cohort: Cell::new(0),
            scheduled: Cell::new(None),
        });
        let this = Rc::clone(&context);
        let redraw = move || this.charts().into_iter().for_each(|chart| chart.redraw());
        let resized = redraw.clone();
        listen(&window(), "resize", move |_| resized());
        theme::listen_to_changes(redraw);
        let this = Rc::clone(&context);
        on_change(move || this.charts().into_iter().for_each(|chart| chart.say_again()));
        let this = Rc::clone(&context);
        observe_width(move || this.charts().into_iter().for_each(|chart| chart.fit()));
        let this = Rc::clone(&context);
        listen(&element("cohort"), "change", move |_| {
            if let Ok(index) = select("cohort").value().parse() {
                this.cohort.set(index);
                this.draw_all();
            }
        });
        let this = Rc::clone(&context);
        tabs::listen_to_tabs(move || this.redraw());
        context.listen_to_what_if();
        context.listen_to_prevalence();
        context
    }

    fn charts(&self) -> [&Rc<Chart>; 7] {
        [
            &self.gauge,
            &self.nomogram,
            &self.contributions,
            &self.reliability,
            &self.decision,
            &self.roc,
            &self.distribution,
        ]
    }

    /// Takes another model: nothing of the one before is left.
    pub fn set_model(self: &Rc<Self>, summary: &ModelSummary) {
        self.clear();
        let model = Rc::new(Model::new(summary.clone()));
        let cohorts = element("cohort");
        clear(&cohorts);
        // The newest evidence last, as the bundle has it: another center's, where there is one.
        let chosen = model.shown().last().copied().unwrap_or(0);
        for (i, cohort) in summary.cohorts.iter().enumerate() {
            let named =
                text!("{cohort}, center {center}", cohort = cohort.role.label(), center = &cohort.center);
            let option = append(&cohorts, "option", named);
            attribute(&option, "value", &i.to_string());
        }
        select("cohort").set_value(&chosen.to_string());
        self.cohort.set(chosen);
        self.prevalence.set(Some(summary.training_share));
        self.build_what_if(&summary.nomogram);
        calibration::build(&model);
        evidence::build(summary);
        *self.model.borrow_mut() = Some(model);
        self.offer_prevalences();
    }

    /// Shows an answer in every panel.
    pub fn show(self: &Rc<Self>, assessment: &Assessment, maps: &[MapInfo]) {
        *self.case.borrow_mut() = Some(Rc::new(assessment.clone()));
        *self.hypothetical.borrow_mut() = None;
        show_checks(&assessment.checks);
        if let Some(model) = self.model.borrow().as_ref() {
            reconcile(model, assessment, maps);
        }
        tabs::offer(true);
        show("context", true);
        self.tell_headline();
        self.draw_all();
    }

    /// Takes the answer away: no curve is left.
    pub fn clear(&self) {
        *self.case.borrow_mut() = None;
        *self.hypothetical.borrow_mut() = None;
        show("context", false);
        self.charts().into_iter().for_each(|chart| chart.clear());
        for id in
            ["nomogram", "prevalence", "decision-curve", "hypothetical", "calibration", "roc", "neighbours"]
        {
            strip(&element(id));
        }
        for id in [
            "reconciled",
            "uncertainty",
            "prevalence-pair",
            "prevalence-facts",
            "decision-words",
            "hypothetical",
        ] {
            set_text(id, "");
        }
        show_checks(&[]);
    }

    /// The gauge as it is shown, laid out for another width.
    pub fn gauge_figure(&self, width: f64) -> Option<Figure> {
        self.gauge.figure(width)
    }

    /// The reliability chart as it is shown, laid out for another width.
    pub fn reliability_figure(&self, width: f64) -> Option<Figure> {
        self.reliability.figure(width)
    }

    /// Draws what is shown again.
    pub fn redraw(&self) {
        self.charts().into_iter().for_each(|chart| chart.redraw());
    }

    fn parts(&self) -> Option<(Rc<Model>, Rc<Assessment>)> {
        Some((self.model.borrow().clone()?, self.case.borrow().clone()?))
    }

    fn draw_all(self: &Rc<Self>) {
        let Some((model, case)) = self.parts() else { return };
        let (p, threshold, index) = (case.probability, model.summary.threshold, self.cohort.get());
        if index >= model.summary.cohorts.len() {
            return;
        }
        let reading =
            Reading { probability: p, interval95: case.interval95, ensemble_range: case.ensemble_range };
        let m = Rc::clone(&model);
        self.gauge.set(move |width, language| {
            gauge(curve(&m.summary.cohorts[index]), &reading, threshold, width, language)
        });
        let m = Rc::clone(&model);
        self.reliability.set(move |width, language| reliability(&m.curves(), Some(p), width, language));
        let m = Rc::clone(&model);
        self.roc.set(move |width, language| roc(&m.curves(), threshold, Some(p), width, language));
        let m = Rc::clone(&model);
        self.distribution.set(move |width, language| {
            risk_distribution(curve(&m.summary.cohorts[index]), threshold, Some(p), width, language)
        });
        let values: Vec<f64> = case.points.terms.iter().map(|t| t.value).collect();
        let m = Rc::clone(&model);
        self.contributions.set(move |width, language| {
            contributions(&m.summary.nomogram, &values, &m.summary.means, width, language)
        });
        list_contributions(&model, &case);
        list_uncertainty(&model, &case);
        self.draw_nomogram();
        self.draw_prevalence();
    }

    fn draw_nomogram(&self) {
        let Some((model, case)) = self.parts() else { return };
        let values: Vec<f64> = case.points.terms.iter().map(|t| t.value).collect();
        let hypothetical = self.hypothetical.borrow().clone();
        self.tell_hypothetical(&model, &case);
        self.nomogram.set(move |width, language| {
            nomogram(&model.summary.nomogram, Some(&values), hypothetical.as_deref(), width, language)
        });
    }

    fn draw_prevalence(&self) {
        let Some((model, case)) = self.parts() else { return };
        let (index, prevalence) = (self.cohort.get(), self.prevalence.get());
        self.tell_prevalence(&model, &case);
        let Some(prevalence) = prevalence else {
            self.decision.clear();
            strip(&element("decision-curve"));
            return set_text("decision-words", text!("No prevalence is set."));
        };
        utility::tell(&model, index, prevalence);
        self.decision.set(move |width, language| {
            let cohort = curve(&model.summary.cohorts[index]);
            let band = model.bands.get(index).and_then(Option::as_ref);
            decision_curve(cohort, band, Some(prevalence), Some(model.summary.threshold), width, language)
        });
    }

    /// Redraws on the next frame, once, however many events ask for it.
    fn schedule(self: &Rc<Self>, what: Redraw) {
        if self.scheduled.replace(Some(what)).is_some() {
            return;
        }
        let this = Rc::clone(self);
        let draw = Closure::once_into_js(move || match this.scheduled.take() {
            Some(Redraw::Nomogram) => this.draw_nomogram(),
            Some(Redraw::Prevalence) => {
                this.tell_headline();
                this.draw_prevalence();
            }
            None => {}
        });
        // A window always takes a callback.
        let _ = window().request_animation_frame(draw.unchecked_ref());
    }
}

fn list_contributions(model: &Model, case: &Assessment) {
    let values: Vec<f64> = case.points.terms.iter().map(|t| t.value).collect();
    let parts = model.summary.nomogram.contributions(&values, &model.summary.means);
    let text: Vec<String> = parts.iter().map(f64::to_string).collect();
    attribute(&element("contributions"), "data-log-odds", &text.join(" "));
}

/// How the sum of each map, the signature and the contribution hang together.
fn reconcile(model: &Model, case: &Assessment, maps: &[MapInfo]) {
    let list = element("reconciled");
    clear(&list);
    let nomogram = &model.summary.nomogram;
    for map in maps {
        let term = map.sequence.term();
        let signature = *case.signatures.of(map.sequence);
        let (Some(b), Some(mean)) = (nomogram.coefficients.get(term), model.summary.means.get(term)) else {
            return;
        };
        let whole = b * signature;
        let (constant, part) = (whole - map.contribution, whole - b * mean);
        let line = text!(
            "{sequence}: the map's sum {map} and the network's constant {constant} are the signature {signature} times its \
             coefficient {coefficient}, {whole}; less that of the training mean it contributes {part}.",
            sequence = map.sequence.suffix(),
            map = signed(map.contribution, 3),
            constant = signed(constant, 3),
            signature = decimals(signature, 3),
            coefficient = decimals(*b, 3),
            whole = signed(whole, 3),
            part = signed(part, 3)
        );
        let line = append(&list, "p", line);
        attribute(&line, "data-sequence", map.sequence.suffix());
        for (name, value) in
            [("data-map", map.contribution), ("data-constant", constant), ("data-part", part)]
        {
            number(&line, name, value);
        }
    }
}

fn list_uncertainty(model: &Model, case: &Assessment) {
    let list = element("uncertainty");
    clear(&list);
    let range =
        |[low, high]: [f64; 2]| span(percent_within(low, [low, high]), percent_within(high, [low, high]));
    let intervals = [
        (
            "interval",
            text!("Coefficients, 95 % interval: the nomogram's, as if the signatures were exact"),
            case.interval95,
        ),
        (
            "ensemble",
            text!(
                "Fold models, lowest to highest of {folds}: what another split of the training newborns gives",
                folds = model.summary.folds
            ),
            case.ensemble_range,
        ),
    ];
    let rescan = case.rescan_interval95.map(|ends| {
        (
            "rescan",
            text!("The same newborn scanned again, 95 % interval: the model's measured repeatability"),
            ends,
        )
    });
    for (name, what, ends) in intervals.into_iter().chain(rescan) {
        append(&list, "dt", what);
        let text = append(&list, "dd", range(ends));
        attribute(&text, "data-name", name);
        number(&text, "data-low", ends[0]);
        number(&text, "data-high", ends[1]);
    }
}

fn select(id: &str) -> HtmlSelectElement {
    // index.html has these as selects.
    element(id).unchecked_into()
}

fn attribute(target: &Element, name: &str, value: &str) {
    // The names are valid.
    let _ = target.set_attribute(name, value);
}

/// A number for machines: Rust's shortest decimal reads back as the same one.
fn number(target: &Element, name: &str, value: f64) {
    attribute(target, name, &value.to_string());
}

/// Takes the machine-readable values off an element; its test hook stays.
fn strip(target: &Element) {
    for name in target.get_attribute_names().iter().filter_map(|n| n.as_string()) {
        if name.starts_with("data-") && name != "data-testid" {
            let _ = target.remove_attribute(&name);
        }
    }
}

/// Calls back whenever the panels or the answer get another size: a scroll bar that appears is no resizing of
/// the window.
fn observe_width(resized: impl FnMut() + 'static) {
    let heard = Closure::<dyn FnMut()>::new(resized);
    if let Ok(observer) = ResizeObserver::new(heard.as_ref().unchecked_ref()) {
        observer.observe(&element("context"));
        observer.observe(&element("answer"));
    }
    // It is heard for as long as the page lives.
    heard.forget();
}

/// Says beside every panel what the model's numbers are.
pub fn label_all(text: impl Into<Text>) {
    let text = text.into();
    let Ok(labels) = document().query_selector_all("[data-label]") else { return };
    for i in 0..labels.length() {
        if let Some(label) = labels.get(i) {
            put(&label, &text);
        }
    }
}
