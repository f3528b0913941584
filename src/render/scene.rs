//! What the viewer shows: two images with their maps, linked in the world, and what a reader does to them.

use super::colour::Colours;
use super::head::{Brain, head_corners};
use super::measure::{Measure, Shape};
use super::plane::{Convention, Frame, Plane, Viewport};
use super::readout::{Readout, full_range, largest};
use super::slice::{Overlay, Style, View};
use crate::volume::Volume;

/// How far a picture can be enlarged, and made smaller: the field of view may be far larger than the head.
const MOST_ZOOM: f64 = 32.0;
const LEAST_ZOOM: f64 = 0.25;

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
    /// Where to look first, RAS mm.
    pub focus_mm: [f64; 3],
    /// Where the brain is, where it was found.
    pub brain: Option<Brain>,
    /// Corners of the head's box, RAS mm.
    head_mm: [[f64; 3]; 8],
    /// Rises with every image, so that a picture knows whether it is of this one.
    edition: u32,
}

impl Shown {
    /// Corners of the head's box, RAS mm.
    pub(super) fn head(&self) -> &[[f64; 3]] {
        &self.head_mm
    }
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
    /// Black for white, in both images.
    pub inverted: bool,
    /// What was measured, in the order in which it was drawn.
    pub measures: Vec<Measure>,
    /// The one that was drawn or chosen last.
    pub selected: Option<usize>,
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
            inverted: false,
            measures: Vec::new(),
            selected: None,
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
    inverted: bool,
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
        // What was measured in another image is none of this one's.
        self.measures.retain(|measure| measure.image != image);
        self.selected = None;
        self.images[image] = shown.map(|(volume, auto, focus_mm)| {
            let (full, head_mm) = (full_range(&volume), head_corners(&volume));
            Shown { volume, window: auto, auto, full, focus_mm, brain: None, head_mm, edition }
        });
    }

    /// Says where the brain is in an image.
    pub fn set_brain(&mut self, image: usize, brain: Option<Brain>) {
        if let Some(shown) = self.images[image].as_mut() {
            shown.brain = brain;
        }
    }

    /// Corners of both images' heads.
    fn heads_mm(&self) -> Vec<[f64; 3]> {
        self.images.iter().flatten().flat_map(|shown| shown.head_mm).collect()
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
        let Lay { soft, colours, outline, signed, .. } = self.lays[image];
        // A signed map's colours stand out less from grey.
        let outline = if outline { line.max(1) + usize::from(signed) } else { 0 };
        Style { interpolate: self.interpolate, colours, soft, outline, inverted: self.inverted }
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
        let fit = self.heads_mm();
        let frame =
            Frame { convention: self.convention, zoom: self.zoom, centre_mm: self.centre_mm, fit: &fit };
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
            inverted: self.inverted,
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

    /// The middle of both heads' common box, along the leading image's axes.
    #[must_use]
    pub fn middle_mm(&self) -> Option<[f64; 3]> {
        let lead = self.images[self.leading()].as_ref()?;
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for corner in self.heads_mm() {
            let voxel = lead.volume.affine().to_voxel(corner);
            for a in 0..3 {
                low[a] = low[a].min(voxel[a]);
                high[a] = high[a].max(voxel[a]);
            }
        }
        Some(lead.volume.affine().to_world(std::array::from_fn(|a| (low[a] + high[a]) / 2.0)))
    }

    /// Enlarges by a factor; a world position stays where it is in its picture.
    pub fn zoom_at(&mut self, factor: f64, at_mm: [f64; 3]) {
        let Some(middle) = self.centre_mm.or_else(|| self.middle_mm()) else { return };
        let zoom = (self.zoom * factor).clamp(LEAST_ZOOM, MOST_ZOOM);
        let applied = zoom / self.zoom;
        self.centre_mm = Some(std::array::from_fn(|a| at_mm[a] + (middle[a] - at_mm[a]) / applied));
        self.zoom = zoom;
        // The whole head, in the middle.
        if zoom <= 1.0 && factor < 1.0 {
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

    /// Which stored slice of an image a place lies in along the axis that a plane cuts, from 0, and how many there are.
    #[must_use]
    pub fn slice(&self, image: usize, plane: Plane, at_mm: [f64; 3]) -> Option<[usize; 2]> {
        let volume = &self.images[image].as_ref()?.volume;
        let axis = plane.axes()[2];
        let all = volume.dims()[axis];
        let at = volume.affine().to_voxel(at_mm)[axis].round().clamp(0.0, all as f64 - 1.0);
        Some([at as usize, all])
    }

    /// Goes to a stored slice of an image, from 0, and leaves the place within it.
    pub fn go_to_slice(&mut self, image: usize, plane: Plane, slice: usize) {
        let Some(shown) = self.images[image].as_ref() else { return };
        let affine = shown.volume.affine();
        let mut voxel = affine.to_voxel(self.crosshair_mm);
        let last = shown.volume.dims().map(|n| n - 1);
        for a in 0..3 {
            voxel[a] = voxel[a].clamp(0.0, last[a] as f64);
        }
        let axis = plane.axes()[2];
        voxel[axis] = slice.min(last[axis]) as f64;
        self.crosshair_mm = affine.to_world(voxel);
    }

    /// Stored slices of an image that hold brain along the axis that a plane cuts, first and last from 0; all of them
    /// where no brain was found.
    #[must_use]
    pub fn brain_slices(&self, image: usize, plane: Plane) -> Option<[usize; 2]> {
        let shown = self.images[image].as_ref()?;
        let axis = plane.axes()[2];
        let last = shown.volume.dims()[axis] as f64 - 1.0;
        let Some(brain) = shown.brain else { return Some([0, last as usize]) };
        let ends = brain.corners_mm.map(|mm| shown.volume.affine().to_voxel(mm)[axis]);
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        // A brain that lies between two thick slices is on the next one.
        let first = low.ceil().clamp(0.0, last);
        Some([first as usize, high.floor().clamp(first, last) as usize])
    }

    /// Draws a measure on an image between two places on a plane, and selects it.
    pub fn measure(&mut self, image: usize, plane: Plane, shape: Shape, ends_mm: [[f64; 3]; 2]) {
        let Some(shown) = self.images[image].as_ref() else { return };
        self.measures.push(Measure::new(image, &shown.volume, plane, shape, ends_mm));
        self.selected = Some(self.measures.len() - 1);
    }

    /// Draws the selected one from its first end to another place.
    pub fn stretch_measure(&mut self, to_mm: [f64; 3]) {
        let Some(measure) = self.selected.and_then(|at| self.measures.get_mut(at)) else { return };
        let Some(shown) = self.images[measure.image].as_ref() else { return };
        let Measure { image, plane, shape, ends_mm, .. } = *measure;
        *measure = Measure::new(image, &shown.volume, plane, shape, [ends_mm[0], to_mm]);
    }

    /// Takes a measure away; the last one of those that are left is selected.
    pub fn remove_measure(&mut self, at: usize) {
        if at < self.measures.len() {
            self.measures.remove(at);
            self.selected = self.measures.len().checked_sub(1);
        }
    }

    /// The measures on the slice of an image that a plane shows, each with its number from 0.
    pub fn measures_on(&self, image: usize, plane: Plane) -> impl Iterator<Item = (usize, &Measure)> {
        let slice = self.slice(image, plane, self.crosshair_mm).map(|[slice, _]| slice);
        let on = move |m: &Measure| m.image == image && m.plane == plane && Some(m.slice) == slice;
        self.measures.iter().enumerate().filter(move |(_, measure)| on(measure))
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
