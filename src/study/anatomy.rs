//! Real newborn anatomy: the label maps of `data/anatomy/` (sources and licences: its README).

use crate::model::Region;
use crate::volume::{Affine, Grid, read_nifti};
use std::sync::LazyLock;

/// Whose anatomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The group average of the dHCP at 40 weeks: gyri are smooth, the finest folds are missing.
    Average,
    /// One infant at 1 month, brought to the average's size and place by an affine.
    Individual,
}

/// A label map in atlas space: RAS mm, the midline at x = 0.
pub struct Anatomy {
    dims: [usize; 3],
    affine: Affine,
    /// Codes of [`Region`], first axis fastest.
    codes: Vec<u8>,
}

const FILES: [&[u8]; 2] = [
    include_bytes!("../../data/anatomy/dhcp-40w.nii.gz"),
    include_bytes!("../../data/anatomy/bobs-1mo.nii.gz"),
];

static MAPS: [LazyLock<Anatomy>; 2] =
    [LazyLock::new(|| Anatomy::read(FILES[0])), LazyLock::new(|| Anatomy::read(FILES[1]))];

impl Anatomy {
    /// The map of a source, read once.
    #[must_use]
    pub fn of(source: Source) -> &'static Self {
        &MAPS[source as usize]
    }

    fn read(bytes: &[u8]) -> Self {
        let volume = read_nifti(bytes).expect("the built-in label map is a NIfTI file").volume.into_ras();
        let (dims, affine) = (volume.dims(), *volume.affine());
        let codes: Vec<u8> = volume.into_voxels().into_iter().map(|v| v as u8).collect();
        assert!(codes.iter().all(|c| Region::try_from(*c).is_ok()), "the built-in label map has its codes");
        Self { dims, affine, codes }
    }

    /// Voxels along x, y, z.
    #[must_use]
    pub fn dims(&self) -> [usize; 3] {
        self.dims
    }

    /// Voxel index to atlas mm: the axes are those of the world.
    #[must_use]
    pub fn affine(&self) -> &Affine {
        &self.affine
    }

    /// Codes of [`Region`], first axis fastest.
    #[must_use]
    pub fn codes(&self) -> &[u8] {
        &self.codes
    }

    /// The region at a voxel; outside beyond the map.
    #[must_use]
    pub fn at(&self, voxel: [i64; 3]) -> Region {
        let inside = voxel.iter().zip(self.dims).all(|(v, n)| (0..n as i64).contains(v));
        if !inside {
            return Region::Outside;
        }
        let [x, y, z] = voxel.map(|v| v as usize);
        self.codes
            .get(x + self.dims[0] * (y + self.dims[1] * z))
            .and_then(|code| Region::try_from(*code).ok())
            .unwrap_or(Region::Outside)
    }

    /// The most frequent region within each voxel of a grid in atlas space (ties: the smaller code).
    #[must_use]
    pub fn on_grid(&self, grid: &Grid) -> Vec<Region> {
        let fine = self.affine.spacing_mm();
        let coarse = grid.affine.spacing_mm();
        // Samples along each axis of a voxel: one for every voxel of the map across it.
        let samples: [usize; 3] = std::array::from_fn(|a| ((coarse[a] / fine[a]).round() as usize).max(1));
        let [nx, ny, nz] = grid.dims;
        let mut out = Vec::with_capacity(nx * ny * nz);
        for index in (0..nx * ny * nz).map(|i| [i % nx, i / nx % ny, i / (nx * ny)]) {
            let mut votes = [0_u16; 256];
            for s in 0..samples.iter().product::<usize>() {
                let part = [s % samples[0], s / samples[0] % samples[1], s / (samples[0] * samples[1])];
                let at = std::array::from_fn(|a| {
                    index[a] as f64 + (part[a] as f64 + 0.5) / samples[a] as f64 - 0.5
                });
                let voxel = self.affine.to_voxel(grid.affine.to_world(at)).map(|v| v.round() as i64);
                votes[usize::from(u8::from(self.at(voxel)))] += 1;
            }
            let most = (0_u8..=255).rev().max_by_key(|code| votes[usize::from(*code)]).unwrap_or(0);
            out.push(Region::try_from(most).unwrap_or(Region::Outside));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;

    /// ml of a kind of region in a map.
    fn ml(source: Source, of: impl Fn(Region) -> bool) -> f64 {
        let anatomy = Anatomy::of(source);
        let count = anatomy.codes().iter().filter(|c| Region::try_from(**c).is_ok_and(&of)).count();
        count as f64 * anatomy.affine().spacing_mm().iter().product::<f64>() / 1000.0
    }

    #[test]
    fn have_the_maps_the_volumes_of_a_newborn() {
        // method.md's table of 20 newborns, mean +- 2.5 SD.
        for source in [Source::Average, Source::Individual] {
            let thalami = ml(source, |r| matches!(r, Region::Thalamus(_)));
            assert!((8.9_f64 - 3.75..8.9 + 3.75).contains(&thalami), "{source:?}: thalami {thalami} ml");
            let cortex = ml(source, |r| matches!(r, Region::Cortex(..)));
            assert!((153.0_f64 - 82.5..153.0 + 82.5).contains(&cortex), "{source:?}: cortex {cortex} ml");
            let brainstem = ml(source, |r| r == Region::Brainstem);
            assert!((4.0..9.0).contains(&brainstem), "{source:?}: brainstem {brainstem} ml");
        }
    }

    #[test]
    fn is_left_at_negative_x_and_as_large_as_right() {
        let affine =
            Affine::from_rows([[2.0, 0.0, 0.0, -56.0], [0.0, 2.0, 0.0, -66.0], [0.0, 0.0, 2.0, -52.0]])
                .unwrap();
        let grid = Grid { dims: [57, 65, 57], affine };
        for source in [Source::Average, Source::Individual] {
            let regions = Anatomy::of(source).on_grid(&grid);
            let mut counts = [0.0_f64; 3];
            for (i, region) in regions.iter().enumerate() {
                let x = grid.affine.to_world([(i % 57) as f64, 0.0, 0.0])[0];
                match region {
                    // The two touch at the midline: a voxel there belongs to either.
                    Region::Thalamus(side) if x != 0.0 => {
                        counts[*side as usize] += 1.0;
                        assert_eq!(x < 0.0, *side == Side::Left, "{source:?}: thalamus at x = {x}");
                    }
                    Region::Brainstem => assert!(x.abs() < 20.0),
                    _ => {}
                }
            }
            // The infant's source has 6.7 and 6.1 ml: 10 %; half a voxel's rounding on top.
            assert!((counts[1] / counts[2] - 1.0).abs() < 0.15, "{counts:?}");
        }
    }
}
