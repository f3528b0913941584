//! Siemens mosaics: the slices of one volume as tiles of one picture.

use super::dataset::text;
use super::stack::Geometry;

/// How a picture is laid out, from the scanner's own header.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mosaic {
    pub slices: usize,
    /// Direction in which slices follow, LPS.
    pub normal: [f64; 3],
}

const START: &[u8] = b"SV10";
/// A name, then multiplicity, VR, type, number of items, a mark.
const TAG: usize = 84;
const ITEM: usize = 16;
/// Slices of one volume.
const MOST: usize = 1024;

impl Mosaic {
    /// Reads the two fields that it needs; `None` where one is missing.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(START) {
            return None;
        }
        let number = |at: usize| bytes.get(at..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b) as usize);
        let mut at = 16_usize;
        let (mut slices, mut normal) = (None, None);
        for _ in 0..number(8)? {
            let name = bytes.get(at..at.checked_add(64)?)?;
            let name = name.split(|b| *b == 0).next().unwrap_or_default();
            let items = number(at + 76)?;
            at += TAG;
            let mut values: Vec<f64> = Vec::new();
            for _ in 0..items {
                let length = number(at)?;
                at += ITEM;
                let value = bytes.get(at..at.checked_add(length)?)?;
                values.extend(text(value.split(|b| *b == 0).next().unwrap_or_default()).parse::<f64>());
                at += length.div_ceil(4) * 4;
            }
            match name {
                b"NumberOfImagesInMosaic" => {
                    slices = values.first().map(|n| *n as usize).filter(|n| (2..=MOST).contains(n));
                }
                b"SliceNormalVector" => normal = <[f64; 3]>::try_from(values).ok(),
                _ => {}
            }
        }
        Some(Self { slices: slices?, normal: normal? })
    }

    /// Tiles along each edge.
    pub fn edge(&self) -> usize {
        (1..=self.slices).find(|n| n.saturating_mul(*n) >= self.slices).unwrap_or(1)
    }

    /// Columns and rows of one slice; `None` where the picture is not made of such tiles.
    pub fn tile(&self, columns: usize, rows: usize) -> Option<[usize; 2]> {
        let edge = self.edge();
        let whole = columns.is_multiple_of(edge) && rows.is_multiple_of(edge);
        (whole && columns >= edge && rows >= edge).then_some([columns / edge, rows / edge])
    }

    /// Where the tiles lie: a mosaic's position is that of the whole picture, around the same centre as its slices.
    pub fn place(&self, picture: &Geometry, tile: [usize; 2], spacing_mm: f64) -> Geometry {
        let lost = [picture.dims[0] - tile[0], picture.dims[1] - tile[1]].map(|n| n as f64 / 2.0);
        let step = self.normal.map(|n| n * spacing_mm);
        Geometry {
            dims: [tile[0], tile[1], self.slices],
            origin: std::array::from_fn(|i| {
                picture.origin[i] + lost[0] * picture.steps[0][i] + lost[1] * picture.steps[1][i]
            }),
            steps: [picture.steps[0], picture.steps[1], step],
        }
    }

    /// The slices of a picture, one after the other.
    pub fn unfold(&self, picture: &[f32], columns: usize, tile: [usize; 2]) -> Vec<f32> {
        let edge = self.edge();
        let mut out = Vec::with_capacity(tile[0] * tile[1] * self.slices);
        for slice in 0..self.slices {
            let (left, top) = ((slice % edge) * tile[0], (slice / edge) * tile[1]);
            for row in 0..tile[1] {
                let start = (top + row) * columns + left;
                out.extend_from_slice(&picture[start..start + tile[0]]);
            }
        }
        out
    }
}
