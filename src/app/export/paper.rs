//! The report on the screen as it will be printed: fitted to one page of A4 and of Letter where it can be.

use super::{Exports, Outcome, Shown, comment, label, saved};
use crate::app::dom::current;
use crate::app::dom::{clear, document, element, input, listen, set_text, show, window};
use crate::app::result::contributions;
use crate::export::{
    CaseReport, Content, Drawing, Node, REPORT_STYLE, Verdict, card_excerpt, caution, facts,
};
use crate::language::Text;
use crate::text;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, HtmlImageElement, KeyboardEvent};

/// How tight the report may be, from wide to the smallest that is read with ease; then it takes a second page.
const FITS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];
const PAGES: &str = "pages";
/// Height of Letter, the lower of the two, between margins of 10 mm, less 2 mm for a printer's letters.
const PAGE_MM: f64 = 279.4 - 20.0 - 2.0;
const PX_PER_MM: f64 = 96.0 / 25.4;

impl Exports {
    /// Lays the report out.
    pub(super) fn open_report(self: &Rc<Self>) {
        let Some(shown) = self.shown.borrow().clone() else { return };
        let report = self.case_report(&shown);
        let paper = element("report-paper");
        clear(&paper);
        mount(&paper, &report.page(&current(), FITS[0]));
        if let Some(root) = document().document_element() {
            // A valid attribute.
            let _ = root.set_attribute("data-view", "report");
        }
        show("report", true);
        set_text("report-note", "");
        let fit = fitted(&paper);
        if fit == PAGES {
            set_text("report-note", text!("This report takes more than one page."));
        }
        *self.paper.borrow_mut() = Some((report, fit));
        // The name that browsers offer for a PDF.
        let name = self.name(&shown, "", "");
        let before = self.title.take().unwrap_or_else(|| document().title());
        *self.title.borrow_mut() = Some(before);
        document().set_title(name.trim_end_matches('.'));
        window().scroll_to_with_x_and_y(0.0, 0.0);
        // A button takes the focus.
        let _ = element("print-report").focus();
    }

    /// Prints what is shown as a report, from whatever the page shows.
    pub(super) fn listen_to_printing(self: &Rc<Self>) {
        let this = Rc::clone(self);
        listen(&window(), "keydown", move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
            let asks = (key.ctrl_key() || key.meta_key()) && !key.shift_key() && key.key() == "p";
            if asks && this.shown.borrow().is_some() && this.paper.borrow().is_none() {
                event.prevent_default();
                this.open_report();
                let this = Rc::clone(&this);
                spawn_local(async move {
                    pictures_are_there().await;
                    this.print_report();
                });
            }
        });
        let (this, for_print) = (Rc::clone(self), Rc::new(Cell::new(false)));
        let opened = Rc::clone(&for_print);
        listen(&window(), "beforeprint", move |_| {
            if this.paper.borrow().is_none() {
                this.open_report();
                opened.set(this.paper.borrow().is_some());
            }
        });
        let this = Rc::clone(self);
        listen(&window(), "afterprint", move |_| {
            if for_print.take() {
                this.close_report();
            }
        });
    }

    /// Back to the page, which is as it was.
    pub(super) fn close_report(self: &Rc<Self>) {
        if self.paper.borrow_mut().take().is_none() {
            return;
        }
        if let Some(title) = self.title.take() {
            document().set_title(&title);
        }
        show("report", false);
        clear(&element("report-paper"));
        if let Some(root) = document().document_element() {
            let _ = root.remove_attribute("data-view");
        }
        self.viewer.redraw();
        self.context.redraw();
        let _ = element("export-report").focus();
    }

    pub(super) fn print_report(self: &Rc<Self>) {
        if window().print().is_err() {
            set_text("report-note", text!("This browser cannot print: save the report as HTML instead."));
        }
    }

    pub(super) fn save_report(self: &Rc<Self>) {
        let Some(shown) = self.shown.borrow().clone() else { return };
        let paper = self.paper.borrow();
        let Some((report, fit)) = paper.as_ref() else { return };
        let (name, language) = (self.name(&shown, "", "html"), current());
        let page = report.page(&language, fit);
        let file = report.file(page, &language, name.trim_end_matches(".html"), REPORT_STYLE);
        set_text("report-note", saved(&name, "text/html;charset=utf-8", file.as_bytes()));
    }

    fn case_report(self: &Rc<Self>, shown: &Shown) -> CaseReport {
        let made = &shown.made;
        let model = &*made.model;
        let (content, at_mm) = match &shown.outcome {
            Outcome::Refusal { reasons, steps } => {
                let reasons = reasons.iter().map(|r| Text::from(&r.message));
                (Content::Refusal(reasons.chain(steps.iter().cloned()).collect()), None)
            }
            Outcome::Answer { assessment: a, maps, neighbours } => {
                let headline = self.context.headline();
                let (number, population) = headline.map(|h| (h.number, h.population)).unwrap_or_default();
                let strongest = a.cam_peaks.strongest();
                let verdict = Verdict {
                    probability: number,
                    void: model.synthetic.then(|| text!("not valid")),
                    population,
                    facts: facts(a, contributions(maps), model.threshold),
                    neighbours: neighbours.clone(),
                    points: a.points.clone(),
                    peaks: a.cam_peaks.clone(),
                    gauge: Drawing::of(self.context.gauge_figure(360.0).unwrap_or_default(), "gauge"),
                    reliability: Drawing::of(
                        self.context.reliability_figure(300.0).unwrap_or_default(),
                        "reliability",
                    ),
                };
                (Content::Answer(Box::new(verdict)), strongest.map(|p| p.ras_mm))
            }
        };
        let pictures = self.viewer.pictures(at_mm);
        CaseReport {
            label: label(),
            comment: comment().value(),
            files: input("report-names").checked().then(|| made.names.clone()),
            scan_date: input("scan-date").value(),
            scan_age: input("scan-age").value(),
            time: shown.moment.said(),
            caution: caution(model.synthetic),
            content,
            warnings: shown.warnings.clone(),
            checks: shown.checks.clone(),
            device: made.device.info.name.clone(),
            model: model.identity.clone(),
            card: card_excerpt(&model.card),
            provenance: made.record.provenance.clone(),
            pictures: pictures.pictures,
            pictures_words: pictures.words,
            bars: pictures.bars,
        }
    }
}

/// Waits until the report's pictures can be painted.
async fn pictures_are_there() {
    let Ok(pictures) = document().query_selector_all("#report-paper img") else { return };
    for picture in (0..pictures.length()).filter_map(|at| pictures.get(at)) {
        if let Some(picture) = picture.dyn_ref::<HtmlImageElement>() {
            // One that cannot be painted is printed by its words.
            let _ = JsFuture::from(picture.decode()).await;
        }
    }
}

/// Makes the laid-out report as tight as it must be for one page, and no tighter.
fn fitted(paper: &Element) -> &'static str {
    let page = paper.first_element_child().and_then(|e| e.dyn_into::<HtmlElement>().ok());
    let Some(page) = page else { return FITS[0] };
    let set = |fit: &str| {
        // A valid attribute.
        let _ = page.set_attribute("data-fit", fit);
    };
    for fit in FITS {
        set(fit);
        if page.get_bounding_client_rect().height() <= PAGE_MM * PX_PER_MM {
            return fit;
        }
    }
    set(PAGES);
    PAGES
}

/// Makes elements of a tree.
fn mount(parent: &Element, node: &Node) {
    match node {
        // Appending to an element of this document cannot fail.
        Node::Words(words) => drop(parent.append_with_str_1(words)),
        Node::Element { tag, attributes, children } => {
            let Ok(element) = document().create_element(tag) else { return };
            for (name, value) in attributes {
                // The names are valid.
                let _ = element.set_attribute(name, value);
            }
            children.iter().for_each(|child| mount(&element, child));
            let _ = parent.append_child(&element);
        }
    }
}
