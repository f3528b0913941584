//! Other values of the nomogram's terms, and what would come of them.

use super::{Context, Model, Redraw, attribute, number, strip};
use crate::app::dom::put;
use crate::app::dom::{append, clear, element, input, listen, set_text};
use crate::language::number as decimals;
use crate::model::Assessment;
use crate::nomogram::{Nomogram, expit};
use crate::render::chart::term_label;
use crate::render::{percent_within, places};
use crate::text;
use std::rc::Rc;

fn slider(term: usize) -> String {
    format!("what-if-{term}")
}

/// Steps of a slider over an axis.
const STEPS: f64 = 200.0;

fn digits([low, high]: [f64; 2]) -> usize {
    places(high - low)
}

impl Context {
    pub(super) fn listen_to_what_if(self: &Rc<Self>) {
        let this = Rc::clone(self);
        self.nomogram.on_drag(move |term, value| this.suppose(term, value));
        let this = Rc::clone(self);
        listen(&element("what-if-reset"), "click", move |_| {
            *this.hypothetical.borrow_mut() = None;
            this.draw_nomogram();
        });
    }

    /// A slider for each term.
    pub(super) fn build_what_if(self: &Rc<Self>, nomogram: &Nomogram) {
        let list = element("what-if-terms");
        clear(&list);
        for (j, (term, limits)) in nomogram.terms.iter().zip(&nomogram.limits).enumerate() {
            let label = append(&list, "label", term_label(term));
            attribute(&label, "for", &slider(j));
            let range = append(&list, "input", "");
            for (name, value) in [
                ("type", "range".to_owned()),
                ("id", slider(j)),
                ("data-testid", slider(j)),
                ("min", limits[0].to_string()),
                ("max", limits[1].to_string()),
                ("step", ((limits[1] - limits[0]) / STEPS).to_string()),
            ] {
                attribute(&range, name, &value);
            }
            let output = append(&list, "output", "");
            attribute(&output, "id", &format!("{}-value", slider(j)));
            attribute(&output, "for", &slider(j));
            let this = Rc::clone(self);
            // The listener goes with the slider when another model comes.
            listen(&range, "input", move |_| {
                let value = input(&slider(j)).value_as_number();
                if value.is_finite() {
                    this.suppose(j, value);
                }
            });
        }
    }

    /// One term has another value.
    fn suppose(self: &Rc<Self>, term: usize, value: f64) {
        let Some((_, case)) = self.parts() else { return };
        let mut values = self
            .hypothetical
            .borrow()
            .clone()
            .unwrap_or_else(|| case.points.terms.iter().map(|t| t.value).collect());
        if let Some(own) = values.get_mut(term) {
            *own = value;
        }
        *self.hypothetical.borrow_mut() = Some(values);
        self.schedule(Redraw::Nomogram);
    }

    /// Sliders, sentence and machine-readable values.
    pub(super) fn tell_hypothetical(&self, model: &Model, case: &Assessment) {
        let nomogram = &model.summary.nomogram;
        let panel = element("nomogram");
        number(&panel, "data-total", case.points.total);
        number(&panel, "data-probability", case.probability);
        let own: Vec<f64> = case.points.terms.iter().map(|t| t.value).collect();
        let hypothetical = self.hypothetical.borrow();
        let values = hypothetical.as_ref().unwrap_or(&own);
        for (j, value) in values.iter().enumerate() {
            let range = input(&slider(j));
            range.set_value_as_number(*value);
            let digits = digits(nomogram.limits[j]);
            set_text(&format!("{}-value", slider(j)), decimals(*value, digits));
            attribute(&range, "aria-valuetext", &format!("{value:.digits$}"));
        }
        let told = element("hypothetical");
        let reset = element("what-if-reset");
        if hypothetical.is_none() {
            strip(&told);
            put(&told, text!("No hypothetical values: the sliders stand at this newborn's."));
            attribute(&reset, "disabled", "");
            return;
        }
        // Disabled or not, the button is there.
        let _ = reset.remove_attribute("disabled");
        let points = nomogram.points(values);
        let p = expit(nomogram.logit(values));
        let interval = nomogram.interval95(values);
        number(&told, "data-value", p);
        number(&told, "data-total", points.iter().sum());
        attribute(&told, "data-terms", &values.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
        let [low, high] = interval.map(|q| percent_within(q, interval));
        let told_text = text!(
            "Hypothetical: {p} ({low} to {high}), {points} points. This newborn: {own}, {own_points} points.",
            p = percent_within(p, interval),
            low,
            high,
            points = decimals(points.iter().sum::<f64>(), 1),
            own = percent_within(case.probability, case.interval95),
            own_points = decimals(case.points.total, 1)
        );
        put(&told, told_text);
    }
}
