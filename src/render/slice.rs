//! One plane of a volume as RGBA pixels, with an overlay laid over it through world millimetres.

use super::colour::{diverging, sequential};
use crate::volume::{Affine, Volume};

/// A plane of a volume in closest-RAS voxel order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// Across: right-left and front-back.
    Axial,
    /// From the front: right-left and top-bottom.
    Coronal,
    /// From the side: front-back and top-bottom.
    Sagittal,
}

impl Plane {
    /// All three, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Axial, Self::Coronal, Self::Sagittal];

    /// Voxel axes shown across and upwards, and the axis that the plane cuts.
    #[must_use]
    pub fn axes(self) -> [usize; 3] {
        match self {
            Self::Axial => [0, 1, 2],
            Self::Coronal => [0, 2, 1],
            Self::Sagittal => [1, 2, 0],
        }
    }

    /// Letters at the left, right, top and bottom edge in radiological convention: the patient's
    /// left is on the right-hand side; sagittal planes face left.
    #[must_use]
    pub fn letters(self) -> [char; 4] {
        match self {
            Self::Axial => ['R', 'L', 'A', 'P'],
            Self::Coronal => ['R', 'L', 'S', 'I'],
            Self::Sagittal => ['A', 'P', 'S', 'I'],
        }
    }
}

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

/// Where a view's pixels lie: pixels are square in mm and the whole plane fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    pub width: usize,
    pub height: usize,
    plane: Plane,
    affine: Affine,
    /// Voxel index of the plane along the axis that it cuts.
    depth: f64,
    /// Voxel index at the middle of the picture, across and up.
    centre: [f64; 2],
    /// Voxels per pixel, across (negative: mirrored) and up.
    per_pixel: [f64; 2],
}

impl Viewport {
    /// Fits a plane of the volume into a picture.
    #[must_use]
    pub fn new(view: &View<'_>, width: usize, height: usize) -> Self {
        let [across, up, cut] = view.plane.axes();
        let (dims, affine) = (view.volume.dims(), view.volume.affine());
        let spacing = affine.spacing_mm();
        let size = |axis: usize| dims[axis] as f64 * spacing[axis];
        let mm = (size(across) / width.max(1) as f64).max(size(up) / height.max(1) as f64);
        let depth = affine.to_voxel(view.crosshair_mm)[cut].clamp(0.0, dims[cut] as f64 - 1.0);
        Self {
            width,
            height,
            plane: view.plane,
            affine: *affine,
            depth,
            centre: [across, up].map(|a| (dims[a] as f64 - 1.0) / 2.0),
            // Radiological: right and front on the left-hand side, so every first axis is mirrored.
            per_pixel: [-mm / spacing[across], mm / spacing[up]],
        }
    }

    /// Voxel index at the centre of a pixel (column, row from the top; fractions allowed).
    fn voxel(&self, column: f64, row: f64) -> [f64; 3] {
        let [across, up, cut] = self.plane.axes();
        let mut voxel = [0.0; 3];
        voxel[across] = self.centre[0] + (column + 0.5 - self.width as f64 / 2.0) * self.per_pixel[0];
        voxel[up] = self.centre[1] - (row + 0.5 - self.height as f64 / 2.0) * self.per_pixel[1];
        voxel[cut] = self.depth;
        voxel
    }

    /// World position of a pixel.
    #[must_use]
    pub fn to_world(&self, column: f64, row: f64) -> [f64; 3] {
        self.affine.to_world(self.voxel(column, row))
    }

    /// Column and row at which a world position is shown, projected along the cut axis.
    #[must_use]
    pub fn to_pixel(&self, ras_mm: [f64; 3]) -> [f64; 2] {
        let [across, up, _] = self.plane.axes();
        let voxel = self.affine.to_voxel(ras_mm);
        [
            (voxel[across] - self.centre[0]) / self.per_pixel[0] + self.width as f64 / 2.0 - 0.5,
            self.height as f64 / 2.0 - 0.5 - (voxel[up] - self.centre[1]) / self.per_pixel[1],
        ]
    }
}

impl View<'_> {
    /// Paints the plane: `4 * width * height` bytes, row by row from the top.
    #[must_use]
    pub fn paint(&self, viewport: &Viewport) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(4 * viewport.width * viewport.height);
        let [black, white] = self.window;
        let scale = 255.0 / (white - black).max(f32::MIN_POSITIVE);
        for row in 0..viewport.height {
            for column in 0..viewport.width {
                let voxel = viewport.voxel(column as f64, row as f64);
                let grey = self.volume.sample(voxel).map_or(0.0, |v| ((v - black) * scale).clamp(0.0, 255.0));
                let mut rgb = [grey; 3];
                if let Some(overlay) = &self.overlay {
                    overlay.blend(&mut rgb, self.volume.affine().to_world(voxel));
                }
                pixels.extend(rgb.map(|c| c.round() as u8));
                pixels.push(255);
            }
        }
        pixels
    }
}

impl Overlay<'_> {
    fn blend(&self, rgb: &mut [f32; 3], ras_mm: [f64; 3]) {
        let Some(value) = self.map.sample(self.map.affine().to_voxel(ras_mm)) else { return };
        let share = value / self.full_scale;
        let strength = if self.signed { share.abs() } else { share };
        if strength <= self.threshold || strength.is_nan() {
            return;
        }
        let colour = if self.signed { diverging(share) } else { sequential(share) };
        // Fades in above the threshold, so that no false edge is drawn.
        let fade = ((strength - self.threshold) / 0.15).min(1.0);
        let alpha = self.opacity * fade;
        for (c, o) in rgb.iter_mut().zip(colour) {
            *c += (f32::from(o) - *c) * alpha;
        }
    }
}
