//! Slices in space: ordered along their normal, evenly spaced, one at each place.

use super::DicomError;
use super::values::Values;
use crate::volume::{Affine, VolumeError};

/// Distances may differ by this much, mm.
const UNEVEN_MM: f64 = 0.2;
/// Closer than this, slices are at one place, mm.
const SAME_MM: f64 = 0.02;
/// A stack may lean sideways by this much over its height, mm.
const LEAN_MM: f64 = 0.5;
/// With fewer, nobody can say that distances are even.
const FEWEST: usize = 3;

/// A grid in DICOM's world: LPS mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// Columns, rows, slices.
    pub dims: [usize; 3],
    /// Centre of the first voxel.
    pub origin: [f64; 3],
    /// From one column, row, slice to the next.
    pub steps: [[f64; 3]; 3],
}

impl Geometry {
    /// Voxel index to RAS mm: left and right, back and front change sides.
    pub fn affine(&self) -> Result<Affine, VolumeError> {
        Affine::from_rows(std::array::from_fn(|r| {
            let sign = if r < 2 { -1.0 } else { 1.0 };
            [self.steps[0][r], self.steps[1][r], self.steps[2][r], self.origin[r]].map(|v| sign * v)
        }))
    }

    pub fn spacing_mm(&self) -> [f64; 3] {
        self.steps.map(length)
    }

    pub fn extent_mm(&self) -> [f64; 3] {
        let spacing = self.spacing_mm();
        std::array::from_fn(|a| spacing[a] * self.dims[a] as f64)
    }
}

/// One image's plane: where it begins and its two steps, LPS mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    pub origin: [f64; 3],
    pub steps: [[f64; 3]; 2],
    normal: [f64; 3],
}

impl Plane {
    /// Of an image's header; `None` where it does not say where it lies.
    pub fn of(values: &Values) -> Option<Self> {
        let (origin, spacing) = (values.position?, values.spacing_mm?);
        let [a, b, c, d, e, f] = values.orientation?;
        let (row, column) = ([a, b, c], [d, e, f]);
        let positive = spacing.iter().all(|mm| *mm > 0.0 && mm.is_finite());
        let finite = origin.iter().chain(&row).chain(&column).all(|v| v.is_finite());
        // Direction cosines are rounded to a few digits.
        let unit = |v: [f64; 3]| (length(v) - 1.0).abs() < 0.01;
        if !positive || !finite || !unit(row) || !unit(column) || dot(row, column).abs() > 0.01 {
            return None;
        }
        let scaled = |v: [f64; 3], by: f64| v.map(|x| x / length(v) * by);
        let normal = scaled(cross(row, column), 1.0);
        Some(Self { origin, steps: [scaled(row, spacing[1]), scaled(column, spacing[0])], normal })
    }

    /// Whether another image lies in the same direction.
    pub fn is_aligned(&self, other: &Self) -> bool {
        let unit = |v: [f64; 3]| v.map(|x| x / length(v));
        let along = |i: usize| dot(unit(self.steps[i]), unit(other.steps[i]));
        (0..2).all(|i| along(i) > 1.0 - 1e-5)
    }

    /// Whether another image lies in the same direction with the same spacing.
    pub fn is_parallel(&self, other: &Self) -> bool {
        let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        (0..2).all(|i| close(self.steps[i], other.steps[i]))
    }
}

/// Images at their places: `places[k]` are those at the `k`-th, in the order in which they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    pub places: Vec<Vec<usize>>,
    pub geometry: Geometry,
}

impl Stack {
    /// Puts parallel planes in order.
    ///
    /// # Errors
    /// Why they are no single volume. The stack comes with it where every place holds as many images as any other:
    /// then each is a volume by itself.
    pub fn of(planes: &[Plane], [columns, rows]: [usize; 2]) -> (Option<Self>, Result<(), DicomError>) {
        let Some(first) = planes.first() else { return (None, Err(DicomError::FewSlices(0))) };
        let height = |i: &usize| dot(planes[*i].origin, first.normal);
        let mut order: Vec<usize> = (0..planes.len()).collect();
        order.sort_by(|a, b| height(a).total_cmp(&height(b)));
        let mut places: Vec<Vec<usize>> = Vec::new();
        for i in order {
            match places.last_mut() {
                Some(place) if height(&i) - height(&place[0]) < SAME_MM => place.push(i),
                _ => places.push(vec![i]),
            }
        }
        places.iter_mut().for_each(|place| place.sort_unstable());
        let n = places.len();
        if n == 1 {
            let error =
                if planes.len() == 1 { DicomError::FewSlices(1) } else { DicomError::OnePlace(planes.len()) };
            return (None, Err(error));
        }
        let at = |k: usize| planes[places[k][0]].origin;
        let span = minus(at(n - 1), at(0));
        let step = span.map(|v| v / (n - 1) as f64);
        let geometry = Geometry {
            dims: [columns, rows, n],
            origin: at(0),
            steps: [first.steps[0], first.steps[1], step],
        };
        let copies = places.iter().map(Vec::len).max().unwrap_or(1);
        let is_full = places.iter().all(|place| place.len() == copies);
        let error = placed(planes, &places, first.normal, step)
            .and_then(|()| match (copies, is_full) {
                (1, _) => Ok(()),
                (_, true) => Err(DicomError::TimeSeries(copies)),
                (_, false) => Err(DicomError::Doubled(places.iter().filter(|place| place.len() > 1).count())),
            })
            .and(if n < FEWEST { Err(DicomError::FewSlices(n)) } else { Ok(()) });
        let usable = is_full && geometry.affine().is_ok();
        (usable.then_some(Self { places, geometry }), error)
    }
}

/// That places lie on one line along the normal, evenly.
fn placed(
    planes: &[Plane],
    places: &[Vec<usize>],
    normal: [f64; 3],
    step: [f64; 3],
) -> Result<(), DicomError> {
    let n = places.len();
    let first = planes[places[0][0]].origin;
    let along = dot(step, normal);
    let sideways = length(minus(step, normal.map(|v| v * along)));
    if sideways * (n - 1) as f64 > LEAN_MM {
        return Err(DicomError::Tilted { degrees: libm::atan2(sideways, along).to_degrees() });
    }
    let height = |k: usize| dot(planes[places[k][0]].origin, normal);
    let gaps: Vec<f64> = (1..n).map(|k| height(k) - height(k - 1)).collect();
    let least = gaps.iter().copied().fold(f64::INFINITY, f64::min);
    let most = gaps.iter().copied().fold(0.0, f64::max);
    if gaps.iter().any(|gap| (gap - along).abs() > UNEVEN_MM) {
        let steps: Vec<f64> = gaps.iter().map(|gap| (gap / least).round()).collect();
        let whole = gaps.iter().zip(&steps).all(|(gap, steps)| (gap - steps * least).abs() < UNEVEN_MM);
        let missing = steps.iter().sum::<f64>() - steps.len() as f64;
        return Err(if whole && missing >= 1.0 && missing < n as f64 {
            DicomError::Missing { slices: missing as usize, least, most }
        } else {
            DicomError::Uneven { least, most }
        });
    }
    // Every image, so that none is shifted within its plane.
    let off = |k: usize, i: usize| {
        let even: [f64; 3] = std::array::from_fn(|a| first[a] + step[a] * k as f64);
        length(minus(planes[i].origin, even))
    };
    let worst = places
        .iter()
        .enumerate()
        .flat_map(|(k, place)| place.iter().map(move |i| off(k, *i)))
        .fold(0.0, f64::max);
    if worst > UNEVEN_MM { Err(DicomError::Shifted { mm: worst }) } else { Ok(()) }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}

fn length(v: [f64; 3]) -> f64 {
    dot(v, v).sqrt()
}
