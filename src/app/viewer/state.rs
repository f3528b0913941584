//! The scene and how it is laid out on the page.

use super::plane_of;
use crate::app::preferences;
use crate::render::{Content, Convention, Lay, Measure, Mosaic, Plane, Scene, Shape};
use gloo::timers::callback::Interval;

/// What stands beside what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// One image.
    #[default]
    One,
    /// T1w and T2w.
    Both,
    /// Many slices of one plane of one image.
    Mosaic,
    /// T1w up to a border, T2w beyond it.
    Swipe,
}

impl Layout {
    const ALL: [(Self, &'static str); 4] =
        [(Self::One, "one"), (Self::Both, "both"), (Self::Mosaic, "mosaic"), (Self::Swipe, "swipe")];

    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(l, _)| *l == self).map_or("one", |(_, name)| name)
    }
}

/// One image with one plane, as the choice of layouts has it.
const SINGLE: &str = "single";

/// What a plain drag on a plane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drag {
    #[default]
    Crosshair,
    Window,
    Pan,
    Measure(Shape),
}

impl Drag {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Crosshair, "crosshair"),
        (Self::Window, "window"),
        (Self::Pan, "pan"),
        (Self::Measure(Shape::Ruler), "ruler"),
        (Self::Measure(Shape::Ellipse), "ellipse"),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(d, _)| *d == self).map_or("crosshair", |(_, name)| name)
    }

    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|(_, n)| *n == name).map_or(Self::Crosshair, |(drag, _)| drag)
    }
}

/// A peak that the reader can go to.
#[derive(Debug, Clone, Copy)]
pub struct Peak {
    pub image: usize,
    pub ras_mm: [f64; 3],
}

/// All that a reader can change.
pub struct State {
    pub scene: Scene,
    pub layout: Layout,
    /// One plane instead of three.
    pub only: Option<Plane>,
    /// The plane that was used last: which the cine plays and which is enlarged.
    pub used: Plane,
    pub tiles: usize,
    /// Share of the width that shows the T1w image.
    pub swipe: f64,
    pub drag: Drag,
    /// The overlay's controls are for both images.
    pub linked: bool,
    /// World position under the pointer.
    pub cursor_mm: Option<[f64; 3]>,
    pub flicker: Option<Interval>,
    pub cine: Option<Interval>,
    /// Where a measure by the keyboard begins: image, plane, RAS mm.
    pub anchor: Option<(usize, Plane, [f64; 3])>,
    /// Peaks of the maps as they are listed, and the one that was gone to last.
    pub peaks: Vec<Peak>,
    pub peak: Option<usize>,
    /// Keys work outside of the viewer too.
    pub keys_everywhere: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            scene: Scene::default(),
            layout: Layout::default(),
            only: None,
            used: Plane::Axial,
            tiles: 12,
            swipe: 0.5,
            drag: Drag::default(),
            linked: true,
            cursor_mm: None,
            flicker: None,
            cine: None,
            anchor: None,
            peaks: Vec::new(),
            peak: None,
            keys_everywhere: true,
        }
    }
}

impl State {
    /// What a canvas shows, if it is shown.
    pub fn content(&self, panel: usize) -> Option<Content> {
        if self.only.is_some_and(|plane| plane != plane_of(panel)) {
            return None;
        }
        match (self.layout, panel / 3) {
            (Layout::One, 0) => Some(Content::One(self.scene.leading())),
            (Layout::Both, image) => Some(Content::One(image)),
            (Layout::Swipe, 0) => Some(Content::Swipe(self.swipe)),
            _ => None,
        }
    }

    /// The image that a place on a canvas is of, by its share of the width.
    pub fn image_at(&self, panel: usize, share: f64) -> usize {
        match self.content(panel) {
            Some(Content::One(image)) => image,
            Some(Content::Swipe(_)) if self.scene.images.iter().all(Option::is_some) => {
                usize::from(share > self.swipe)
            }
            _ => self.scene.leading(),
        }
    }

    /// Whether an image's pixels are on the screen.
    pub fn shows(&self, image: usize) -> bool {
        match self.layout {
            Layout::One | Layout::Mosaic => self.scene.leading() == image,
            Layout::Both | Layout::Swipe => true,
        }
    }

    pub fn mosaic(&self) -> Mosaic {
        Mosaic::of(self.only.unwrap_or(Plane::Axial), self.tiles)
    }

    /// What the browser remembers of the reader's choices.
    pub fn preferences(&self) -> [(&'static str, &'static str); 4] {
        let neurological = self.scene.convention == Convention::Neurological;
        [
            (preferences::CONVENTION, if neurological { "neurological" } else { "radiological" }),
            (preferences::LAYOUT, self.layout_name()),
            // To draw is for now.
            (
                preferences::DRAG,
                if let Drag::Measure(_) = self.drag { "crosshair" } else { self.drag.name() },
            ),
            (preferences::KEYS, if self.keys_everywhere { "everywhere" } else { "viewer" }),
        ]
    }

    /// Takes what was remembered; what is unknown by now leaves everything as it is.
    pub fn prefer(&mut self, recall: impl Fn(&str) -> Option<String>) {
        if recall(preferences::CONVENTION).as_deref() == Some("neurological") {
            self.scene.convention = Convention::Neurological;
        }
        if let Some(layout) = recall(preferences::LAYOUT) {
            self.lay_out(&layout);
        }
        if let Some(drag) = recall(preferences::DRAG) {
            self.drag = Drag::named(&drag);
        }
        self.keys_everywhere = recall(preferences::KEYS).as_deref() != Some("viewer");
    }

    /// The name of the layout in the choice of layouts.
    pub fn layout_name(&self) -> &'static str {
        if self.layout == Layout::One && self.only.is_some() { SINGLE } else { self.layout.name() }
    }

    /// Takes a layout by its name.
    pub fn lay_out(&mut self, name: &str) {
        let found = Layout::ALL.into_iter().find(|(_, n)| *n == name);
        self.layout = found.map_or(Layout::One, |(layout, _)| layout);
        if name == SINGLE {
            self.only = self.only.or(Some(self.used));
        } else if self.layout == Layout::One {
            self.only = None;
        }
    }

    /// Shows the next slice of the brain on the plane that was used last, and after the last one the first.
    pub fn play_on(&mut self) {
        let (image, plane) = (self.scene.leading(), self.used);
        let Some([first, last]) = self.scene.brain_slices(image, plane) else { return };
        let now = self.scene.slice(image, plane, self.scene.crosshair_mm).map_or(first, |[slice, _]| slice);
        let next = if (first..last).contains(&now) { now + 1 } else { first };
        self.scene.go_to_slice(image, plane, next);
        self.cursor_mm = None;
    }

    /// Begins a measure on a canvas, on the stored slice that is shown: the crosshair goes onto it.
    pub fn begin_measure(&mut self, image: usize, panel: usize, shape: Shape, at_mm: [f64; 3]) {
        let plane = plane_of(panel);
        if let Some([slice, _]) = self.scene.slice(image, plane, self.scene.crosshair_mm) {
            self.scene.go_to_slice(image, plane, slice);
            self.scene.measure(image, plane, shape, [at_mm, at_mm]);
        }
    }

    /// A press without a drag measured nothing.
    pub fn drop_empty_measure(&mut self) {
        let scene = &mut self.scene;
        let empty = |m: &Measure| m.ends_mm[0] == m.ends_mm[1];
        if let Some(at) = scene.selected.filter(|at| scene.measures.get(*at).is_some_and(empty)) {
            scene.remove_measure(at);
        }
    }

    /// By the keyboard: the first time it notes where the crosshair is, the second time it measures from there.
    pub fn mark(&mut self, panel: usize, shape: Shape) {
        let (image, plane) = (self.image_at(panel, 0.0), plane_of(panel));
        let here = self.scene.crosshair_mm;
        match self.anchor.take() {
            Some((from, on, start)) if (from, on) == (image, plane) => {
                self.begin_measure(image, panel, shape, start);
                self.scene.stretch_measure(here);
            }
            _ => self.anchor = Some((image, plane, here)),
        }
    }

    /// Goes to the next peak of the list, or to the one before.
    pub fn other_peak(&mut self, forward: bool) {
        let n = self.peaks.len();
        let Some(last) = n.checked_sub(1) else { return };
        let next = match self.peak {
            Some(at) if forward => (at + 1) % n,
            Some(at) => at.checked_sub(1).unwrap_or(last),
            None if forward => 0,
            None => last,
        };
        self.go_to_peak(next);
    }

    /// Goes to a peak of the list.
    pub fn go_to_peak(&mut self, at: usize) {
        let Some(peak) = self.peaks.get(at).copied() else { return };
        self.peak = Some(at);
        self.scene.active = peak.image;
        self.scene.go_to(peak.ras_mm);
        self.cursor_mm = None;
    }

    /// Shows a plane alone and large, or all three again.
    pub fn enlarge(&mut self, plane: Plane) {
        self.used = plane;
        self.only = if self.only == Some(plane) { None } else { Some(plane) };
    }

    /// From many slices to the one under the crosshair.
    pub fn open_tile(&mut self) {
        self.only = Some(self.mosaic().plane);
        self.layout = Layout::One;
    }

    /// As after an image was opened: whole heads, all planes, automatic windows, the brain's centre. What the reader
    /// chose for good (convention, drag, overlay) and what was measured stays.
    pub fn reset(&mut self) {
        self.stop_cine();
        self.scene.reset_frame();
        self.scene.inverted = false;
        if let Some(shown) = &self.scene.images[self.scene.leading()] {
            self.scene.crosshair_mm = shown.focus_mm;
        }
        (self.layout, self.only, self.swipe) = (Layout::One, None, 0.5);
        for image in [0, 1] {
            if let Some(auto) = self.scene.images[image].as_ref().map(|shown| shown.auto) {
                self.scene.set_window(image, auto);
            }
        }
    }

    /// Changes how the active image's map is laid, or both.
    pub fn lay(&mut self, change: impl Fn(&mut Lay)) {
        for image in [0, 1] {
            if self.linked || image == self.scene.active {
                change(&mut self.scene.lays[image]);
            }
        }
    }

    pub fn stop_cine(&mut self) {
        self.cine = None;
    }

    pub fn stop_flicker(&mut self) {
        self.flicker = None;
        self.scene.bare = false;
    }
}
