//! What the viewer shows: two images with their maps, linked in the world, and what a reader does to them.

use super::colour::Colours;
use super::plane::{Convention, Frame, Plane, Viewport};
use super::readout::{Readout, full_range, largest};
use super::slice::{Overlay, Style, View};
use crate::volume::Volume;

/// How far a picture can be enlarged.
const MOST_ZOOM: f64 = 32.0;

/// How a map is laid over its image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lay {
    pub on: bool,
    /// For and against, or only what speaks for HIE.
    pub signed: bool,
    /// From 0 to 1.
    pub opacity: f32,
    /// Share of the full scale.
    pub threshold: f32,
    /// Fades in above the threshold.
    pub soft: bool,
    pub outline: bool,
    pub colours: Colours,
    /// Scaled to this map's own largest value instead of the bundle's scale: not comparable.
    pub own_scale: bool,
}

impl Default for Lay {
    fn default() -> Self {
        Self {
            on: true,
            signed: false,
            opacity: 0.6,
            threshold: 0.25,
            soft: true,
            outline: false,
            colours: Colours::default(),
            own_scale: false,
        }
    }
}

/// An image and how it is shown.
#[derive(Debug)]
pub struct Shown {
    pub volume: Volume,
    /// Intensities shown as black and white.
    pub window: [f32; 2],
    /// The same by robust percentiles, and from the smallest to the largest voxel.
    pub auto: [f32; 2],
    pub full: [f32; 2],
    /// Rises with every image, so that a picture knows whether it is of this one.
    edition: u32,
}

/// A map and the end of its colour scale, log-odds per ml.
#[derive(Debug)]
pub struct Map {
    pub volume: Volume,
    /// Fixed by the bundle.
    pub full_scale: f32,
    /// The largest value of this map.
    pub largest: f32,
    edition: u32,
}

/// The viewer's state. Images are numbered 0 (T1w) and 1 (T2w).
#[derive(Debug)]
pub struct Scene {
    pub images: [Option<Shown>; 2],
    pub maps: [Option<Map>; 2],
    pub lays: [Lay; 2],
    /// The image that is shown where one is, and whose controls are.
    pub active: usize,
    pub crosshair_mm: [f64; 3],
    pub crosshair_on: bool,
    /// Takes the overlays away for a moment, whatever their switches say: a flicker.
    pub bare: bool,
    pub convention: Convention,
    pub interpolate: bool,
    pub zoom: f64,
    /// World position in the middle of the pictures; without it the images' own middle.
    pub centre_mm: Option<[f64; 3]>,
    edition: u32,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            images: [None, None],
            maps: [None, None],
            lays: [Lay::default(); 2],
            active: 0,
            crosshair_mm: [0.0; 3],
            crosshair_on: true,
            bare: false,
            convention: Convention::default(),
            interpolate: true,
            zoom: 1.0,
            centre_mm: None,
            edition: 0,
        }
    }
}

/// All that a plane's pixels depend on: the same key, the same picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    image: u32,
    map: u32,
    viewport: Viewport,
    window: [f32; 2],
    lay: Option<Lay>,
    interpolate: bool,
    outline: usize,
}

impl Scene {
    /// Shows another image (voxels, window, where to look first), or none; its map goes.
    pub fn set_image(&mut self, image: usize, shown: Option<(Volume, [f32; 2], [f64; 3])>) {
        self.edition += 1;
        let edition = self.edition;
        if let Some((_, _, focus_mm)) = &shown {
            self.crosshair_mm = *focus_mm;
            if self.images[1 - image].is_none() {
                self.active = image;
            }
        }
        self.maps[image] = None;
        self.images[image] = shown.map(|(volume, auto, _)| {
            let full = full_range(&volume);
            Shown { volume, window: auto, auto, full, edition }
        });
    }

    /// Lays a map over an image.
    pub fn set_map(&mut self, image: usize, volume: Volume, full_scale: f32) {
        self.edition += 1;
        let largest = largest(&volume);
        self.maps[image] = Some(Map { volume, full_scale, largest, edition: self.edition });
    }

    /// The active image, or the other where only that one is there.
    #[must_use]
    pub fn leading(&self) -> usize {
        let other = 1 - self.active;
        if self.images[self.active].is_none() && self.images[other].is_some() { other } else { self.active }
    }

    /// End of an image's colour scale as it is shown, log-odds per ml.
    #[must_use]
    pub fn scale_of(&self, image: usize) -> Option<f32> {
        let map = self.maps[image].as_ref()?;
        Some(if self.lays[image].own_scale { map.largest } else { map.full_scale })
    }

    /// What is shown of an image on a plane through a world position.
    #[must_use]
    pub fn view(&self, image: usize, plane: Plane, through_mm: [f64; 3]) -> Option<View<'_>> {
        let shown = self.images[image].as_ref()?;
        let lay = self.lays[image];
        let map = self.maps[image].as_ref().filter(|_| lay.on && !self.bare);
        let overlay = map.zip(self.scale_of(image)).map(|(map, full_scale)| Overlay {
            map: &map.volume,
            full_scale,
            opacity: lay.opacity,
            threshold: lay.threshold,
            signed: lay.signed,
        });
        Some(View { volume: &shown.volume, plane, crosshair_mm: through_mm, window: shown.window, overlay })
    }

    /// How an image is painted; `line` is the thickness of an outline in pixels.
    #[must_use]
    pub fn style(&self, image: usize, line: usize) -> Style {
        let Lay { soft, colours, outline, .. } = self.lays[image];
        Style { interpolate: self.interpolate, colours, soft, outline: if outline { line.max(1) } else { 0 } }
    }

    /// Where an image's plane through a world position lies in a picture. Both images have the same scale and
    /// middle, so that what is compared stands at the same place.
    #[must_use]
    pub fn viewport(
        &self,
        image: usize,
        plane: Plane,
        through_mm: [f64; 3],
        [width, height]: [usize; 2],
    ) -> Option<Viewport> {
        let shown = self.images[image].as_ref()?;
        let frame = Frame {
            convention: self.convention,
            zoom: self.zoom,
            centre_mm: self.centre_mm,
            beside: self.images[1 - image].as_ref().map(|other| &other.volume),
        };
        Some(Viewport::of(&shown.volume, plane, through_mm, &frame, width, height))
    }

    /// What the pixels of an image in a viewport depend on.
    #[must_use]
    pub fn key(&self, image: usize, viewport: Viewport, line: usize) -> Option<Key> {
        let shown = self.images[image].as_ref()?;
        let map = self.maps[image].as_ref();
        let lay = self.lays[image];
        let visible = map.is_some() && lay.on && !self.bare;
        Some(Key {
            image: shown.edition,
            map: map.map_or(0, |m| m.edition),
            viewport,
            window: shown.window,
            lay: visible.then_some(lay),
            interpolate: self.interpolate,
            outline: line,
        })
    }

    /// Puts the crosshair at a place, or at the nearest one within the leading image.
    pub fn go_to(&mut self, ras_mm: [f64; 3]) {
        self.crosshair_mm = self.images[self.leading()].as_ref().map_or(ras_mm, |shown| {
            let (affine, dims) = (shown.volume.affine(), shown.volume.dims());
            let voxel = affine.to_voxel(ras_mm);
            affine.to_world(std::array::from_fn(|a| voxel[a].clamp(0.0, dims[a] as f64 - 1.0)))
        });
    }

    /// Moves the crosshair by voxels of an image to the right-hand side, up and through a plane. The axes that
    /// move land on voxel centres.
    pub fn step(&mut self, image: usize, plane: Plane, [right, up, through]: [f64; 3]) {
        let Some(shown) = self.images[image].as_ref() else { return };
        let mirrored = plane == Plane::Sagittal || self.convention == Convention::Radiological;
        let steps = [if mirrored { -right } else { right }, up, through];
        let affine = shown.volume.affine();
        let mut voxel = affine.to_voxel(self.crosshair_mm);
        for (axis, step) in plane.axes().into_iter().zip(steps) {
            if step != 0.0 {
                voxel[axis] = (voxel[axis] + step).round();
            }
            voxel[axis] = voxel[axis].clamp(0.0, shown.volume.dims()[axis] as f64 - 1.0);
        }
        self.crosshair_mm = affine.to_world(voxel);
    }

    /// The middle of the images' common box, along the leading one's axes.
    #[must_use]
    pub fn middle_mm(&self) -> Option<[f64; 3]> {
        let lead = self.images[self.leading()].as_ref()?;
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for shown in self.images.iter().flatten() {
            let dims = shown.volume.dims();
            for corner in 0..8 {
                let at =
                    std::array::from_fn(|a| if corner >> a & 1 == 1 { dims[a] as f64 - 0.5 } else { -0.5 });
                let voxel = lead.volume.affine().to_voxel(shown.volume.affine().to_world(at));
                for a in 0..3 {
                    low[a] = low[a].min(voxel[a]);
                    high[a] = high[a].max(voxel[a]);
                }
            }
        }
        Some(lead.volume.affine().to_world(std::array::from_fn(|a| (low[a] + high[a]) / 2.0)))
    }

    /// Enlarges by a factor; a world position stays where it is in its picture.
    pub fn zoom_at(&mut self, factor: f64, at_mm: [f64; 3]) {
        let Some(middle) = self.centre_mm.or_else(|| self.middle_mm()) else { return };
        let zoom = (self.zoom * factor).clamp(1.0, MOST_ZOOM);
        let applied = zoom / self.zoom;
        self.centre_mm = Some(std::array::from_fn(|a| at_mm[a] + (middle[a] - at_mm[a]) / applied));
        self.zoom = zoom;
        if zoom == 1.0 && factor < 1.0 {
            self.centre_mm = None;
        }
    }

    /// Moves the pictures by pixels of a viewport to the right and down.
    pub fn pan(&mut self, viewport: &Viewport, [right, down]: [f64; 2]) {
        let Some(middle) = self.centre_mm.or_else(|| self.middle_mm()) else { return };
        let (from, to) = (viewport.to_world(0.0, 0.0), viewport.to_world(-right, -down));
        self.centre_mm = Some(std::array::from_fn(|a| middle[a] + to[a] - from[a]));
    }

    /// The whole planes again.
    pub fn reset_frame(&mut self) {
        self.zoom = 1.0;
        self.centre_mm = None;
    }

    /// Sets an image's window; black stays below white.
    pub fn set_window(&mut self, image: usize, [black, white]: [f32; 2]) {
        if let Some(shown) = self.images[image].as_mut().filter(|_| black.is_finite() && white.is_finite()) {
            let least = ((shown.full[1] - shown.full[0]) * 1e-4).max(f32::MIN_POSITIVE);
            shown.window = [black, white.max(black + least)];
        }
    }

    /// Changes an image's window by a drag, as shares of the automatic window: to the right makes it wider, down
    /// makes it darker in level.
    pub fn drag_window(&mut self, image: usize, [right, down]: [f32; 2]) {
        let Some(shown) = self.images[image].as_ref() else { return };
        let unit = shown.auto[1] - shown.auto[0];
        let [black, white] = shown.window;
        let width = (white - black + right * unit).max(0.01 * unit);
        let level = (black + white) / 2.0 + down * unit;
        self.set_window(image, [level - width / 2.0, level + width / 2.0]);
    }

    /// What lies at a place in an image.
    #[must_use]
    pub fn readout(&self, image: usize, ras_mm: [f64; 3]) -> Option<Readout> {
        let shown = self.images[image].as_ref()?;
        let map = self.maps[image].as_ref().map(|m| &m.volume);
        Some(Readout::at(&shown.volume, map, ras_mm, self.interpolate))
    }
}
