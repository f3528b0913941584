//! The scene and how it is laid out on the page.

use super::plane_of;
use crate::render::{Content, Lay, Mosaic, Plane, Scene};
use gloo::timers::callback::Interval;

/// What stands beside what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// One image, large.
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
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::One, "one"), (Self::Both, "both"), (Self::Mosaic, "mosaic"), (Self::Swipe, "swipe")];

    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(l, _)| *l == self).map_or("one", |(_, name)| name)
    }

    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|(_, n)| *n == name).map_or(Self::One, |(l, _)| l)
    }
}

/// What a plain drag on a plane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drag {
    #[default]
    Crosshair,
    Window,
    Pan,
}

impl Drag {
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Crosshair, "crosshair"), (Self::Window, "window"), (Self::Pan, "pan")];
}

/// All that a reader can change.
pub struct State {
    pub scene: Scene,
    pub layout: Layout,
    /// One plane instead of three.
    pub only: Option<Plane>,
    pub tiles: usize,
    /// Share of the width that shows the T1w image.
    pub swipe: f64,
    pub drag: Drag,
    /// The overlay's controls are for both images.
    pub linked: bool,
    /// World position under the pointer.
    pub cursor_mm: Option<[f64; 3]>,
    pub flicker: Option<Interval>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            scene: Scene::default(),
            layout: Layout::default(),
            only: None,
            tiles: 12,
            swipe: 0.5,
            drag: Drag::default(),
            linked: true,
            cursor_mm: None,
            flicker: None,
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

    /// Shows a plane alone and large, or all three again.
    pub fn enlarge(&mut self, plane: Plane) {
        self.only = if self.only == Some(plane) { None } else { Some(plane) };
    }

    /// From many slices to the one under the crosshair.
    pub fn open_tile(&mut self) {
        self.only = Some(self.mosaic().plane);
        self.layout = Layout::One;
    }

    /// As after an image was opened: whole planes, all of them, automatic windows. What the reader chose for good
    /// (convention, drag, overlay) stays.
    pub fn reset(&mut self) {
        self.scene.reset_frame();
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

    pub fn stop_flicker(&mut self) {
        self.flicker = None;
        self.scene.bare = false;
    }
}
