//! One plane of a volume as RGBA pixels, with an overlay laid over it through world millimetres.

use super::colour::{Colours, Ramp};
use super::plane::{Frame, Plane, Viewport};
use super::rows::Rows;
use crate::volume::Volume;

/// A signed map on its own coarse grid.
#[derive(Debug, Clone, Copy)]
pub struct Overlay<'a> {
    /// Values in log-odds per ml.
    pub map: &'a Volume,
    /// Value at the end of the colour scale, fixed by the model bundle.
    pub full_scale: f32,
    /// From 0 (hidden) to 1.
    pub opacity: f32,
    /// Share of the full scale below which nothing is painted.
    pub threshold: f32,
    /// Both signs, or only what speaks for HIE.
    pub signed: bool,
}

/// What is shown of a volume on one plane.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub volume: &'a Volume,
    pub plane: Plane,
    /// World position of the crosshair: the plane passes through it.
    pub crosshair_mm: [f64; 3],
    /// Intensities shown as black and white.
    pub window: [f32; 2],
    pub overlay: Option<Overlay<'a>>,
}

/// How a view is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Between voxel centres (and between the map's cells), or each as the block that it is.
    pub interpolate: bool,
    /// Colours of what speaks for HIE; a signed map has its own.
    pub colours: Colours,
    /// Fades the overlay in above the threshold, so that no false edge is drawn; else it is cut off.
    pub soft: bool,
    /// Lines of this many pixels round the map's levels instead of a tint; 0 for the tint.
    pub outline: usize,
    /// Black for white.
    pub inverted: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { interpolate: true, colours: Colours::default(), soft: true, outline: 0, inverted: false }
    }
}

impl Viewport {
    /// Fits a plane of the volume into a picture, in radiological convention.
    #[must_use]
    pub fn new(view: &View<'_>, width: usize, height: usize) -> Self {
        Self::of(view.volume, view.plane, view.crosshair_mm, &Frame::default(), width, height)
    }
}

impl View<'_> {
    /// Paints the plane: `4 * width * height` bytes, row by row from the top.
    #[must_use]
    pub fn paint(&self, viewport: &Viewport) -> Vec<u8> {
        let mut pixels = vec![0; 4 * viewport.width * viewport.height];
        Painter::default().paint(self, viewport, &Style::default(), &mut pixels);
        pixels
    }
}

/// Share of a signed scale that every line has at least.
const LEAST_LINE: f32 = 0.75;

/// Paints views and keeps its buffers between them.
#[derive(Debug, Default)]
pub struct Painter {
    image: Rows,
    map: Rows,
    grey: Vec<f32>,
    /// The map at the pixels, as shares of the full scale: one row, or the whole picture for outlines.
    shares: Vec<f32>,
    ramp: Option<(Colours, bool, Ramp)>,
}

impl Painter {
    /// Paints a view into `4 * width * height` bytes, row by row from the top; bytes beyond are left.
    pub fn paint(&mut self, view: &View<'_>, viewport: &Viewport, style: &Style, pixels: &mut [u8]) {
        let (width, height) = (viewport.width, viewport.height);
        if width == 0 {
            return;
        }
        self.image.prepare(view.volume, viewport, style.interpolate);
        self.grey.resize(width, 0.0);
        let overlay = view.overlay.filter(|o| o.opacity > 0.0 && o.full_scale > 0.0);
        if let Some(overlay) = &overlay {
            self.map.prepare(overlay.map, viewport, style.interpolate);
            let rows = if style.outline > 0 { height } else { 1 };
            self.shares.resize(width * rows, 0.0);
            if style.outline > 0 {
                for (row, line) in self.shares.chunks_exact_mut(width).enumerate() {
                    self.map.row(overlay.map, row, line);
                    line.iter_mut().for_each(|v| *v /= overlay.full_scale);
                }
            }
            self.set_ramp(style.colours, overlay.signed);
        }
        let [black, white] = view.window;
        let scale = 255.0 / (white - black).max(f32::MIN_POSITIVE);
        let (zero, scale) = if style.inverted { (white, -scale) } else { (black, scale) };
        for (row, line) in pixels.chunks_exact_mut(4 * width).take(height).enumerate() {
            self.image.row(view.volume, row, &mut self.grey);
            for (pixel, v) in line.chunks_exact_mut(4).zip(&self.grey) {
                // Saturating: outside (NaN) is black.
                let grey = (((v - zero) * scale + 0.5) as i32).clamp(0, 255) as u8;
                pixel.copy_from_slice(&[grey, grey, grey, 255]);
            }
            if let Some(overlay) = &overlay {
                if style.outline > 0 {
                    self.outline(overlay, style, [width, height, row], line);
                } else {
                    self.tint(overlay, style, row, line);
                }
            }
        }
    }

    fn set_ramp(&mut self, colours: Colours, signed: bool) {
        let kept = self.ramp.as_ref().is_some_and(|(c, s, _)| (*c, *s) == (colours, signed));
        if !kept {
            self.ramp = Some((colours, signed, Ramp::new(colours, signed)));
        }
    }

    fn tint(&mut self, overlay: &Overlay<'_>, style: &Style, row: usize, line: &mut [u8]) {
        let Some((_, signed, ramp)) = &self.ramp else { return };
        let least = overlay.threshold * overlay.full_scale;
        if !self.map.row_above(overlay.map, row, least, *signed, &mut self.shares) {
            return;
        }
        let per_value = 1.0 / overlay.full_scale;
        // Of the full scale over which a soft threshold fades.
        let per_fade = if style.soft { 1.0 / 0.15 } else { f32::INFINITY };
        for (pixel, value) in line.chunks_exact_mut(4).zip(&self.shares) {
            let share = value * per_value;
            let strength = if *signed { share.abs() } else { share };
            let above = strength - overlay.threshold;
            // Also false outside the map, where the value is NaN.
            if above > 0.0 {
                blend(pixel, ramp.at(share), overlay.opacity * (above * per_fade).min(1.0));
            }
        }
    }

    /// Draws the border of every level inside the higher one: the threshold, and each quarter of the
    /// full scale above it.
    fn outline(
        &self,
        overlay: &Overlay<'_>,
        style: &Style,
        [width, height, row]: [usize; 3],
        line: &mut [u8],
    ) {
        let Some((_, signed, ramp)) = &self.ramp else { return };
        let level = |share: f32| {
            let strength = if *signed { share.abs() } else { share };
            let above = strength - overlay.threshold;
            if above > 0.0 { ((4.0 * above) as i32 + 1) * share.signum() as i32 } else { 0 }
        };
        let at = |column: usize, row: usize| level(self.shares[row * width + column]);
        let reach = style.outline;
        for (column, pixel) in line.chunks_exact_mut(4).enumerate() {
            let share = self.shares[row * width + column];
            let own = level(share);
            if own == 0 {
                continue;
            }
            // The picture's edge is no border.
            let around = [
                at(column.saturating_sub(reach), row),
                at((column + reach).min(width - 1), row),
                at(column, row.saturating_sub(reach)),
                at(column, (row + reach).min(height - 1)),
            ];
            if around.iter().any(|other| other.signum() != own.signum() || other.abs() < own.abs()) {
                // In the dark middle of a signed scale a thin faint line would not be seen.
                let (seen, opacity) = if *signed {
                    (share.abs().max(LEAST_LINE) * share.signum(), overlay.opacity.sqrt())
                } else {
                    (share, overlay.opacity)
                };
                blend(pixel, ramp.at(seen), opacity);
            }
        }
    }
}

/// Lays a colour over a grey pixel, in whole numbers: one conversion for three channels.
fn blend(pixel: &mut [u8], colour: [i32; 3], alpha: f32) {
    let alpha = (alpha * 65536.0) as i32;
    let grey = i32::from(pixel[0]);
    for (c, o) in pixel.iter_mut().zip(colour) {
        // From 0 to 255, as both ends are.
        *c = (grey + (((o - grey) * alpha + 0x8000) >> 16)) as u8;
    }
}
