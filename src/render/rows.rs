//! A volume's values at the pixels of a picture, row by row.

use super::plane::{Lattice, Viewport};
use crate::volume::Volume;

/// Where along an axis a value is taken: the voxel below, and the share of the next one; the share is
/// NaN outside, which makes every mix NaN.
#[derive(Debug, Clone, Copy, Default)]
struct Tap {
    low: u32,
    share: f32,
}

impl Tap {
    /// As [`Volume::sample`]: the border's value up to half a voxel beyond the outermost centres.
    fn new(index: f64, n: usize, interpolate: bool) -> Self {
        let last = n as f64 - 1.0;
        if !(-0.5..=last + 0.5).contains(&index) {
            return Self { low: 0, share: f32::NAN };
        }
        let inside = index.clamp(0.0, last);
        let low = (inside as usize).min(n.saturating_sub(2));
        let share = (inside - low as f64) as f32;
        // Scrolled to a stored slice, rounding must not cost a second one.
        if !interpolate || (share - share.round()).abs() < 1e-5 {
            return Self { low: (low + (share + 0.5) as usize) as u32, share: 0.0 };
        }
        Self { low: low as u32, share }
    }
}

/// Samples rows of pixels. Along the volume's own axes a slice is taken out once and each row is mixed
/// from two of its lines; any other lattice is sampled point by point. Buffers are kept between pictures.
#[derive(Debug, Default)]
pub(super) struct Rows {
    path: Path,
    /// The plane's slice, across the picture fastest.
    slice: Vec<f32>,
    /// Voxels across and down of the slice.
    size: [usize; 2],
    columns: Vec<Tap>,
    /// One line of the slice, mixed for a row of pixels; the last voxel twice.
    line: Vec<f32>,
    lattice: Option<Lattice>,
    interpolate: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Path {
    /// No pixel lies in the volume.
    #[default]
    Outside,
    Aligned {
        down: usize,
    },
    Free,
}

impl Rows {
    /// Gets ready for a picture.
    pub fn prepare(&mut self, volume: &Volume, viewport: &Viewport, interpolate: bool) {
        let lattice = viewport.lattice(volume);
        self.lattice = Some(lattice);
        self.interpolate = interpolate;
        let Some((across, down)) = lattice.aligned() else {
            self.path = Path::Free;
            return;
        };
        let dims = volume.dims();
        self.size = [dims[across], dims[down]];
        let cut = 3 - across - down;
        let depth = Tap::new(lattice.origin[cut], dims[cut], interpolate);
        if depth.share.is_nan() {
            self.path = Path::Outside;
            return;
        }
        self.path = Path::Aligned { down };
        self.take_slice(volume, [across, down, cut], depth);
        self.columns.clear();
        self.columns.extend((0..viewport.width).map(|c| {
            let index = lattice.origin[across] + c as f64 * lattice.column[across];
            Tap::new(index, dims[across], interpolate)
        }));
    }

    fn take_slice(&mut self, volume: &Volume, [across, down, cut]: [usize; 3], depth: Tap) {
        let dims = volume.dims();
        let strides = [1, dims[0], dims[0] * dims[1]];
        let voxels = volume.voxels();
        let [nx, ny] = self.size;
        let (base, next) = (depth.low as usize * strides[cut], strides[cut]);
        self.slice.resize(nx * ny, 0.0);
        for (j, line) in self.slice.chunks_exact_mut(nx).enumerate() {
            let start = base + j * strides[down];
            if depth.share != 0.0 {
                for (i, v) in line.iter_mut().enumerate() {
                    let at = start + i * strides[across];
                    *v = mix(voxels[at], voxels[at + next], depth.share);
                }
            } else if across == 0 {
                line.copy_from_slice(&voxels[start..start + nx]);
            } else {
                let along = voxels[start..].iter().step_by(strides[across]);
                line.iter_mut().zip(along).for_each(|(v, voxel)| *v = *voxel);
            }
        }
    }

    /// The values of a row of pixels, NaN outside the volume.
    pub fn row(&mut self, volume: &Volume, row: usize, out: &mut [f32]) {
        if !self.mix_line(row) {
            match self.lattice.filter(|_| self.path == Path::Free) {
                Some(lattice) => self.free_row(volume, &lattice, row, out),
                None => out.fill(f32::NAN),
            }
            return;
        }
        let line = self.line.as_slice();
        for (v, tap) in out.iter_mut().zip(&self.columns) {
            let low = tap.low as usize;
            // A pair in one slice: bounds are checked once.
            *v = match line.get(low..low + 2) {
                Some(&[a, b]) => mix(a, b, tap.share),
                _ => f32::NAN,
            };
        }
    }

    /// As [`Rows::row`], unless no value of the row can exceed a threshold (by its size, where `signed`):
    /// then `out` is left as it is. Values between two others never exceed both.
    pub fn row_above(
        &mut self,
        volume: &Volume,
        row: usize,
        threshold: f32,
        signed: bool,
        out: &mut [f32],
    ) -> bool {
        match self.path {
            Path::Outside => return false,
            Path::Free => {}
            Path::Aligned { .. } => {
                let above = |v: &f32| if signed { v.abs() > threshold } else { *v > threshold };
                if !self.mix_line(row) || !self.line.iter().any(above) {
                    return false;
                }
            }
        }
        self.row(volume, row, out);
        true
    }

    /// Mixes the slice's line for a row of pixels; `false` where there is none.
    fn mix_line(&mut self, row: usize) -> bool {
        let (Path::Aligned { down }, Some(lattice)) = (self.path, self.lattice) else { return false };
        let [nx, ny] = self.size;
        let tap = Tap::new(lattice.origin[down] + row as f64 * lattice.row[down], ny, self.interpolate);
        if tap.share.is_nan() {
            return false;
        }
        let lines = &self.slice[tap.low as usize * nx..];
        self.line.clear();
        if tap.share == 0.0 {
            self.line.extend_from_slice(&lines[..nx]);
        } else {
            let (above, below) = (&lines[..nx], &lines[nx..2 * nx]);
            self.line.extend(above.iter().zip(below).map(|(a, b)| mix(*a, *b, tap.share)));
        }
        if let Some(last) = self.line.last().copied() {
            self.line.push(last);
        }
        true
    }

    fn free_row(&self, volume: &Volume, lattice: &Lattice, row: usize, out: &mut [f32]) {
        let start: [f64; 3] = std::array::from_fn(|a| lattice.origin[a] + row as f64 * lattice.row[a]);
        for (column, v) in out.iter_mut().enumerate() {
            let mut at: [f64; 3] = std::array::from_fn(|a| start[a] + column as f64 * lattice.column[a]);
            if !self.interpolate {
                let last = volume.dims().map(|n| n as f64 - 1.0);
                for a in 0..3 {
                    if at[a] > -0.5 && at[a] < last[a] + 0.5 {
                        at[a] = (at[a] + 0.5).floor().clamp(0.0, last[a]);
                    }
                }
            }
            *v = volume.sample(at).unwrap_or(f32::NAN);
        }
    }
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}
