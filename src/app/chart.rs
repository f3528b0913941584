//! A chart on a canvas: sharp at any pixel ratio and width, with tooltips by pointer, touch and keys.

use super::dom::{canvas, current, document, element, listen, put, put_attribute, set_text, window};
use super::{saving, theme};
use crate::language::Language;
use crate::render::chart::{Anchor, Figure, Item, Palette};
use crate::text;
use js_sys::Array;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent};

/// How near a pointer must come to a place that says something, pixels.
const REACH: f64 = 26.0;
const FONT: &str = "12px system-ui, -apple-system, \"Segoe UI\", Roboto, \"DejaVu Sans\", sans-serif";

/// Width of a drawing for paper, pixels.
const SAVED_WIDTH: f64 = 520.0;

/// What lays a figure out for a width in CSS pixels, in a language.
type Plan = Box<dyn Fn(f64, &Language) -> Figure>;
/// What hears of a handle that is dragged: its term and the value.
type Drag = Box<dyn Fn(usize, f64)>;

/// A canvas, its tooltip and its words: the elements `ID`, `ID-tip` and `ID-words`.
pub struct Chart {
    id: &'static str,
    canvas: HtmlCanvasElement,
    tip: HtmlElement,
    /// Saves what is shown.
    save: HtmlElement,
    plan: RefCell<Option<Plan>>,
    figure: RefCell<Figure>,
    /// The width that it was laid out for.
    laid_out: Cell<f64>,
    /// The place whose tooltip is shown.
    chosen: Cell<Option<usize>>,
    /// The term whose axis is dragged.
    dragged: Cell<Option<usize>>,
    drag: RefCell<Option<Drag>>,
}

impl Chart {
    /// A chart without anything on it.
    pub fn new(id: &'static str) -> Rc<Self> {
        let chart = Rc::new(Self {
            id,
            canvas: canvas(id),
            tip: element(&format!("{id}-tip")),
            save: save_button(id),
            plan: RefCell::new(None),
            figure: RefCell::default(),
            laid_out: Cell::new(0.0),
            chosen: Cell::new(None),
            dragged: Cell::new(None),
            drag: RefCell::new(None),
        });
        chart.listen();
        chart
    }

    /// Hears of every handle that is dragged.
    pub fn on_drag(&self, heard: impl Fn(usize, f64) + 'static) {
        *self.drag.borrow_mut() = Some(Box::new(heard));
    }

    /// Shows a figure from now on.
    pub fn set(&self, plan: impl Fn(f64, &Language) -> Figure + 'static) {
        *self.plan.borrow_mut() = Some(Box::new(plan));
        self.redraw();
    }

    /// What is shown, laid out for another width.
    pub fn figure(&self, width: f64) -> Option<Figure> {
        self.plan.borrow().as_ref().map(|plan| plan(width, &current()))
    }

    /// Takes everything off it.
    pub fn clear(&self) {
        *self.plan.borrow_mut() = None;
        *self.figure.borrow_mut() = Figure::default();
        self.choose(None);
        set_text(&format!("{}-words", self.id), "");
        // An empty canvas has no pixels at all.
        self.canvas.set_width(0);
        self.canvas.set_height(0);
        self.save.set_hidden(true);
    }

    /// Saves what is shown as a drawing for paper, with the page's banner in it.
    fn save(&self) {
        let Some(figure) = self.figure(SAVED_WIDTH) else { return };
        saving::save_drawing(self.id, &figure.noted(&saving::banner()).svg(&Palette::LIGHT, self.id));
    }

    /// Lays the figure out again where the room for it has changed.
    pub fn fit(&self) {
        let width = self.canvas.parent_element().map_or(0.0, |p| f64::from(p.client_width()));
        if width > 0.0 && (width - self.laid_out.get()).abs() >= 1.0 {
            self.redraw();
        }
    }

    /// Lays the figure out for the canvas as it is now.
    pub fn redraw(&self) {
        let Some(parent) = self.canvas.parent_element() else { return };
        // In a panel that is not shown it is drawn for paper, and said in words.
        let width = match parent.client_width() {
            0 => SAVED_WIDTH,
            width => f64::from(width),
        };
        let Some(figure) = self.figure(width) else { return };
        self.laid_out.set(width);
        put_attribute(&self.save, "aria-label", text!("Save as SVG: {chart}", chart = &figure.title));
        self.save.set_hidden(false);
        set_text(&format!("{}-words", self.id), &figure.description);
        *self.figure.borrow_mut() = figure;
        self.paint();
    }

    /// Lays it out in another language.
    pub fn say_again(&self) {
        self.choose(None);
        self.redraw();
    }

    fn paint(&self) {
        let figure = self.figure.borrow();
        let ratio = window().device_pixel_ratio();
        // Setting the size empties the canvas.
        self.canvas.set_width((figure.width * ratio).round() as u32);
        self.canvas.set_height((figure.height * ratio).round() as u32);
        let Some(context) = context_2d(&self.canvas) else { return };
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        let palette = theme::palette();
        for item in &figure.items {
            draw(&context, item, &palette);
        }
        if let Some(hit) = self.chosen.get().and_then(|i| figure.hits.get(i)) {
            context.set_stroke_style_str(palette.colour(crate::render::chart::Ink::Text));
            context.set_line_width(1.5);
            circle(&context, hit.at, 8.0);
            context.stroke();
        }
    }

    fn choose(&self, chosen: Option<usize>) {
        if self.chosen.replace(chosen) == chosen {
            return;
        }
        let figure = self.figure.borrow();
        match chosen.and_then(|i| figure.hits.get(i)) {
            None => self.tip.set_hidden(true),
            Some(hit) => {
                self.tip.set_text_content(Some(&hit.text));
                self.tip.set_hidden(false);
                let scale = f64::from(self.canvas.client_width()) / figure.width.max(1.0);
                let (width, height) =
                    (f64::from(self.tip.offset_width()), f64::from(self.tip.offset_height()));
                let left =
                    (hit.at[0] * scale - width / 2.0).clamp(0.0, (figure.width * scale - width).max(0.0));
                let above = hit.at[1] * scale - height - 12.0;
                let top = if above >= 0.0 { above } else { hit.at[1] * scale + 14.0 };
                // Pixels are valid lengths.
                let _ = self.tip.style().set_property("left", &format!("{left}px"));
                let _ = self.tip.style().set_property("top", &format!("{top}px"));
            }
        }
        drop(figure);
        if self.plan.borrow().is_some() {
            self.paint();
        }
    }

    fn listen(self: &Rc<Self>) {
        for event in ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"] {
            let this = Rc::clone(self);
            listen(&self.canvas, event, move |e| {
                if let Some(e) = e.dyn_ref::<PointerEvent>() {
                    this.pointer(event, e);
                }
            });
        }
        let this = Rc::clone(self);
        listen(&self.canvas, "keydown", move |event| {
            if let Some(key) = event.dyn_ref::<KeyboardEvent>()
                && this.key(&key.key())
            {
                event.prevent_default();
            }
        });
        let this = Rc::clone(self);
        listen(&self.canvas, "blur", move |_| this.choose(None));
        let this = Rc::clone(self);
        listen(&self.save, "click", move |_| this.save());
    }

    fn pointer(&self, kind: &str, event: &PointerEvent) {
        let scale = self.figure.borrow().width / f64::from(self.canvas.client_width().max(1));
        let at = [f64::from(event.offset_x()) * scale, f64::from(event.offset_y()) * scale];
        match kind {
            "pointerdown" => {
                let handle = self.handle_at(at);
                self.dragged.set(handle);
                if handle.is_some() && self.drag.borrow().is_some() {
                    // Without capture a drag ends at the border: no harm.
                    let _ = self.canvas.set_pointer_capture(event.pointer_id());
                    self.choose(None);
                    return self.drag_to(at[0]);
                }
                self.choose(self.nearest(at));
            }
            "pointermove" if self.dragged.get().is_some() => self.drag_to(at[0]),
            "pointermove" => self.choose(self.nearest(at)),
            "pointerleave" if event.pointer_type() == "mouse" => self.choose(None),
            _ => self.dragged.set(None),
        }
    }

    fn handle_at(&self, [x, y]: [f64; 2]) -> Option<usize> {
        let figure = self.figure.borrow();
        let near = |h: &&crate::render::chart::Handle| {
            let [from, to] = [h.x[0].min(h.x[1]), h.x[0].max(h.x[1])];
            (h.y - y).abs() <= 20.0 && (from - REACH..=to + REACH).contains(&x)
        };
        figure.handles.iter().find(near).map(|h| h.term)
    }

    fn drag_to(&self, x: f64) {
        let Some(term) = self.dragged.get() else { return };
        let value = self.figure.borrow().handles.iter().find(|h| h.term == term).map(|h| h.value_at(x));
        if let (Some(value), Some(drag)) = (value, self.drag.borrow().as_ref()) {
            drag(term, value);
        }
    }

    fn nearest(&self, [x, y]: [f64; 2]) -> Option<usize> {
        let figure = self.figure.borrow();
        let distance = |at: [f64; 2]| (at[0] - x).hypot(at[1] - y);
        let all = figure.hits.iter().map(|h| distance(h.at)).enumerate();
        all.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, d)| *d <= REACH).map(|(i, _)| i)
    }

    /// Steps through the places that say something; whether the key was one of the chart's.
    fn key(&self, key: &str) -> bool {
        let last = self.figure.borrow().hits.len();
        if last == 0 {
            return false;
        }
        let now = self.chosen.get();
        let next = match key {
            "ArrowRight" | "ArrowDown" => now.map_or(0, |i| (i + 1) % last),
            "ArrowLeft" | "ArrowUp" => now.map_or(last - 1, |i| (i + last - 1) % last),
            "Home" => 0,
            "End" => last - 1,
            "Escape" if now.is_some() => {
                self.choose(None);
                return true;
            }
            _ => return false,
        };
        self.choose(Some(next));
        true
    }
}

/// The button behind a chart that saves it.
fn save_button(id: &str) -> HtmlElement {
    let button = document().create_element("button").expect("a valid tag name");
    for (name, value) in
        [("type", "button"), ("class", "save-chart"), ("data-testid", &*format!("save-{id}")), ("hidden", "")]
    {
        // The names are valid.
        let _ = button.set_attribute(name, value);
    }
    put(&button, text!("SVG"));
    if let Some(plot) = canvas(id).parent_element() {
        // It stands behind what is in the document.
        let _ = plot.insert_adjacent_element("afterend", &button);
    }
    button.unchecked_into()
}

fn context_2d(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn circle(context: &CanvasRenderingContext2d, [x, y]: [f64; 2], radius: f64) {
    context.begin_path();
    // The radius is positive.
    let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
}

fn trace(context: &CanvasRenderingContext2d, points: &[[f64; 2]]) {
    context.begin_path();
    for (i, [x, y]) in points.iter().enumerate() {
        if i == 0 {
            context.move_to(*x, *y);
        } else {
            context.line_to(*x, *y);
        }
    }
}

fn draw(context: &CanvasRenderingContext2d, item: &Item, palette: &Palette) {
    let dashes = |dash: &[f64]| {
        let pattern: Array = dash.iter().map(|d| JsValue::from_f64(*d)).collect();
        // Positive lengths are a valid pattern.
        let _ = context.set_line_dash(&pattern);
    };
    match item {
        Item::Line { points, ink, width, dash } => {
            context.set_stroke_style_str(palette.colour(*ink));
            context.set_line_width(*width);
            dashes(dash);
            trace(context, points);
            context.stroke();
            dashes(&[]);
        }
        Item::Area { points, ink } => {
            context.set_fill_style_str(palette.colour(*ink));
            context.set_global_alpha(palette.opacity(*ink));
            trace(context, points);
            context.fill();
            context.set_global_alpha(1.0);
        }
        Item::Dot { at, radius, ink } => {
            context.set_fill_style_str(palette.colour(*ink));
            circle(context, *at, *radius);
            context.fill();
        }
        Item::Ring { at, radius, ink } => {
            context.set_stroke_style_str(palette.colour(*ink));
            context.set_line_width(2.0);
            circle(context, *at, *radius);
            context.stroke();
        }
        Item::Word { at: [x, y], text, ink, size: _, anchor, upright } => {
            context.set_fill_style_str(palette.colour(*ink));
            context.set_font(FONT);
            context.set_text_baseline("middle");
            context.set_text_align(match anchor {
                Anchor::Start => "left",
                Anchor::Middle => "center",
                Anchor::End => "right",
            });
            context.save();
            // Finite numbers; a text that does not fit is drawn all the same.
            let _ = context.translate(*x, *y);
            if *upright {
                let _ = context.rotate(-std::f64::consts::FRAC_PI_2);
            }
            let _ = context.fill_text(text, 0.0, 0.0);
            context.restore();
        }
    }
}
