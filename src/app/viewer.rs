//! Three linked planes of either image, with the map laid over them.

use super::dom::{canvas, element, input, listen, set_text, window};
use crate::model::{PerSequence, Sequence};
use crate::render::{Overlay, Plane, View, Viewport, diverging, sequential};
use crate::volume::Volume;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{Clamped, JsCast, closure::Closure};
use web_sys::{
    CanvasRenderingContext2d, HtmlCanvasElement, ImageData, KeyboardEvent, PointerEvent, WheelEvent,
};

const PLANES: [(Plane, &str); 3] =
    [(Plane::Axial, "plane-axial"), (Plane::Coronal, "plane-coronal"), (Plane::Sagittal, "plane-sagittal")];

/// An image as it is shown.
struct Shown {
    volume: Volume,
    window: [f32; 2],
}

/// A map and the end of its colour scale, log-odds per ml.
struct Map {
    volume: Volume,
    full_scale: f32,
}

/// The viewer's state; the controls in the document hold the rest.
#[derive(Default)]
pub struct Viewer {
    images: RefCell<PerSequence<Option<Shown>>>,
    maps: RefCell<PerSequence<Option<Map>>>,
    crosshair_mm: Cell<[f64; 3]>,
    /// A redraw is on its way.
    scheduled: Cell<bool>,
}

impl Viewer {
    /// A viewer that listens to its controls.
    pub fn new() -> Rc<Self> {
        let viewer = Rc::new(Self::default());
        for id in
            ["overlay-opacity", "overlay-threshold", "overlay-on", "overlay-signed", "show-t1", "show-t2"]
        {
            let this = Rc::clone(&viewer);
            listen(&input(id), "input", move |_| this.redraw());
        }
        let this = Rc::clone(&viewer);
        listen(&window(), "resize", move |_| this.redraw());
        for (plane, id) in PLANES {
            viewer.listen_to_plane(plane, &canvas(id));
        }
        viewer
    }

    fn listen_to_plane(self: &Rc<Self>, plane: Plane, canvas: &HtmlCanvasElement) {
        let (this, target) = (Rc::clone(self), canvas.clone());
        let point = move |event: &PointerEvent| this.point(plane, &target, event);
        let (down, target) = (point.clone(), canvas.clone());
        listen(canvas, "pointerdown", move |event| {
            if let Some(event) = event.dyn_ref::<PointerEvent>() {
                // Without capture a drag ends at the border: no harm.
                let _ = target.set_pointer_capture(event.pointer_id());
                down(event);
            }
        });
        listen(canvas, "pointermove", move |event| {
            if let Some(event) = event.dyn_ref::<PointerEvent>().filter(|e| e.buttons() & 1 == 1) {
                point(event);
            }
        });
        let this = Rc::clone(self);
        listen(canvas, "wheel", move |event| {
            if let Some(wheel) = event.dyn_ref::<WheelEvent>() {
                event.prevent_default();
                this.step(plane, [0.0, 0.0, -wheel.delta_y().signum()]);
            }
        });
        let this = Rc::clone(self);
        listen(canvas, "keydown", move |event| {
            let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
            // Left on the screen is towards higher first-axis indices in radiological convention.
            let step = match key.key().as_str() {
                "ArrowLeft" => [1.0, 0.0, 0.0],
                "ArrowRight" => [-1.0, 0.0, 0.0],
                "ArrowUp" => [0.0, 1.0, 0.0],
                "ArrowDown" => [0.0, -1.0, 0.0],
                "PageUp" => [0.0, 0.0, 1.0],
                "PageDown" => [0.0, 0.0, -1.0],
                _ => return,
            };
            event.prevent_default();
            this.step(plane, step);
        });
    }

    /// Shows another image (voxels, window, where to look first), or none.
    pub fn set_image(self: &Rc<Self>, sequence: Sequence, image: Option<(Volume, [f32; 2], [f64; 3])>) {
        if let Some((_, _, focus_mm)) = &image {
            self.crosshair_mm.set(*focus_mm);
            let other = if sequence == Sequence::T1w { Sequence::T2w } else { Sequence::T1w };
            if self.images.borrow().of(other).is_none() {
                select(sequence);
            }
        }
        *self.images.borrow_mut().of_mut(sequence) =
            image.map(|(volume, window, _)| Shown { volume, window });
        self.redraw();
    }

    /// Lays a map over an image.
    pub fn set_map(self: &Rc<Self>, sequence: Sequence, volume: Volume, full_scale: f32) {
        *self.maps.borrow_mut().of_mut(sequence) = Some(Map { volume, full_scale });
        self.redraw();
    }

    /// Takes both maps away.
    pub fn clear_maps(self: &Rc<Self>) {
        *self.maps.borrow_mut() = PerSequence::default();
        self.redraw();
    }

    /// Goes to a place in an image.
    pub fn jump(self: &Rc<Self>, sequence: Sequence, ras_mm: [f64; 3]) {
        select(sequence);
        self.crosshair_mm.set(ras_mm);
        self.redraw();
    }

    fn point(self: &Rc<Self>, plane: Plane, target: &HtmlCanvasElement, event: &PointerEvent) {
        let bounds = target.get_bounding_client_rect();
        if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
            return;
        }
        let column =
            (f64::from(event.client_x()) - bounds.left()) / bounds.width() * f64::from(target.width()) - 0.5;
        let row =
            (f64::from(event.client_y()) - bounds.top()) / bounds.height() * f64::from(target.height()) - 0.5;
        let moved = self.with_view(plane, |view| {
            let viewport = Viewport::new(view, target.width() as usize, target.height() as usize);
            viewport.to_world(column, row)
        });
        if let Some(world) = moved {
            self.crosshair_mm.set(self.within(world));
            self.redraw();
        }
    }

    /// Moves the crosshair by voxels across, up and through a plane.
    fn step(self: &Rc<Self>, plane: Plane, step: [f64; 3]) {
        let moved = self.with_view(plane, |view| {
            let affine = view.volume.affine();
            let mut voxel = affine.to_voxel(view.crosshair_mm);
            for (axis, step) in plane.axes().into_iter().zip(step) {
                voxel[axis] += step;
            }
            affine.to_world(voxel)
        });
        if let Some(world) = moved {
            self.crosshair_mm.set(self.within(world));
            self.redraw();
        }
    }

    /// The nearest place within the shown image.
    fn within(&self, ras_mm: [f64; 3]) -> [f64; 3] {
        let images = self.images.borrow();
        let Some(shown) = images.of(selected()).as_ref() else { return ras_mm };
        let (affine, dims) = (shown.volume.affine(), shown.volume.dims());
        let voxel = affine.to_voxel(ras_mm);
        affine.to_world(std::array::from_fn(|a| voxel[a].clamp(0.0, dims[a] as f64 - 1.0)))
    }

    fn with_view<T>(&self, plane: Plane, f: impl FnOnce(&View<'_>) -> T) -> Option<T> {
        let (images, maps) = (self.images.borrow(), self.maps.borrow());
        let shown = images.of(selected()).as_ref()?;
        let overlay =
            maps.of(selected()).as_ref().filter(|_| input("overlay-on").checked()).map(|map| Overlay {
                map: &map.volume,
                full_scale: map.full_scale,
                opacity: percent("overlay-opacity"),
                threshold: percent("overlay-threshold"),
                signed: input("overlay-signed").checked(),
            });
        let view = View {
            volume: &shown.volume,
            plane,
            crosshair_mm: self.crosshair_mm.get(),
            window: shown.window,
            overlay,
        };
        Some(f(&view))
    }

    /// Draws before the next frame, however often it is asked for.
    pub fn redraw(self: &Rc<Self>) {
        if self.scheduled.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        let draw = Closure::once_into_js(move || {
            this.scheduled.set(false);
            this.draw();
        });
        // A refused frame leaves the old picture; the next change asks again.
        if window().request_animation_frame(draw.unchecked_ref()).is_err() {
            self.scheduled.set(false);
        }
    }

    fn draw(&self) {
        for (plane, id) in PLANES {
            self.draw_plane(plane, &canvas(id));
        }
        self.draw_scale();
        self.describe();
    }

    fn draw_plane(&self, plane: Plane, target: &HtmlCanvasElement) {
        let size = (f64::from(target.client_width()) * window().device_pixel_ratio())
            .round()
            .clamp(64.0, 1024.0) as u32;
        if target.width() != size || target.height() != size {
            target.set_width(size);
            target.set_height(size);
        }
        let Some(context) = context(target) else { return };
        let side = f64::from(size);
        context.clear_rect(0.0, 0.0, side, side);
        let drawn = self.with_view(plane, |view| {
            let viewport = Viewport::new(view, size as usize, size as usize);
            let pixels = view.paint(&viewport);
            // The buffer has 4 bytes for each pixel by construction.
            if let Ok(data) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), size, size) {
                let _ = context.put_image_data(&data, 0.0, 0.0);
            }
            viewport.to_pixel(view.crosshair_mm)
        });
        let Some([x, y]) = drawn else { return };
        context.set_stroke_style_str("rgba(108, 178, 255, 0.75)");
        context.set_line_width(1.0);
        context.begin_path();
        context.move_to(x + 0.5, 0.0);
        context.line_to(x + 0.5, side);
        context.move_to(0.0, y + 0.5);
        context.line_to(side, y + 0.5);
        context.stroke();
        let letter = (side / 18.0).clamp(12.0, 28.0);
        context.set_font(&format!("600 {letter}px system-ui, sans-serif"));
        context.set_fill_style_str("#b9c4d0");
        context.set_text_align("center");
        context.set_text_baseline("middle");
        let [left, right, top, bottom] = plane.letters();
        let edge = letter * 0.8;
        for (text, x, y) in [
            (left, edge, side / 2.0),
            (right, side - edge, side / 2.0),
            (top, side / 2.0, edge),
            (bottom, side / 2.0, side - edge),
        ] {
            let _ = context.fill_text(&text.to_string(), x, y);
        }
    }

    fn draw_scale(&self) {
        let maps = self.maps.borrow();
        let signed = input("overlay-signed").checked();
        let bar = canvas("colourbar");
        let Some(context) = context(&bar) else { return };
        for x in 0..bar.width() {
            let t = x as f32 / (bar.width() - 1) as f32;
            let [r, g, b] = if signed { diverging(2.0 * t - 1.0) } else { sequential(t) };
            context.set_fill_style_str(&format!("rgb({r} {g} {b})"));
            context.fill_rect(f64::from(x), 0.0, 1.0, f64::from(bar.height()));
        }
        let text = match maps.of(selected()) {
            Some(map) => {
                let low = if signed { -map.full_scale } else { 0.0 };
                format!(
                    "Overlay: {low:.2} to {:.2} log-odds per ml, scale fixed by the model; cells of 8 mm. The patient's \
                     left is on the right-hand side.",
                    map.full_scale
                )
            }
            None => {
                "Overlay: none yet. Radiological convention: the patient's left is on the right-hand side."
                    .into()
            }
        };
        set_text("scale-text", &text);
    }

    /// Where the crosshair is, in words, for everybody and for screen readers.
    fn describe(&self) {
        let images = self.images.borrow();
        let Some(shown) = images.of(selected()).as_ref() else {
            set_text("position", "");
            for (plane, id) in PLANES {
                let _ = element(id).set_attribute("aria-label", &format!("{plane:?} plane, no image"));
            }
            return;
        };
        let [r, a, s] = self.crosshair_mm.get();
        let intensity = shown.volume.sample(shown.volume.affine().to_voxel([r, a, s]));
        let intensity = intensity.map_or(String::new(), |v| format!(", intensity {v:.1}"));
        let maps = self.maps.borrow();
        let value =
            maps.of(selected()).as_ref().and_then(|m| m.volume.sample(m.volume.affine().to_voxel([r, a, s])));
        let value = value.map_or(String::new(), |v| format!(", map {v:.3} log-odds per ml"));
        let place = format!("{}: RAS {r:.1}, {a:.1}, {s:.1} mm{intensity}{value}", selected().suffix());
        for (plane, id) in PLANES {
            let _ = element(id).set_attribute("aria-label", &format!("{plane:?} plane through {place}"));
        }
        set_text("position", &place);
    }
}

fn context(target: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    target.get_context("2d").ok().flatten().and_then(|c| c.dyn_into().ok())
}

fn percent(id: &str) -> f32 {
    (input(id).value_as_number() / 100.0) as f32
}

fn selected() -> Sequence {
    if input("show-t2").checked() { Sequence::T2w } else { Sequence::T1w }
}

fn select(sequence: Sequence) {
    input(if sequence == Sequence::T1w { "show-t1" } else { "show-t2" }).set_checked(true);
}
