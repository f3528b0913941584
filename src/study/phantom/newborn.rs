//! The anatomy of one synthetic newborn: the real label map, deformed, in a head; and its intensities.
//!
//! Head coordinates are RAS mm and on average those of the label map. Smooth quantities are evaluated once on a
//! lattice; labels are read through it at full resolution, so that borders stay where the map has them.

use super::contrast::{CSF, Contrast, DURA, KINDS, VENTRICLE};
use super::deformation::Deformation;
use super::head::{Head, Layers};
use super::injury::Injury;
use super::lattice::Lattice;
use super::map::{Channels, Map, channel, refold};
use super::noise::{Grain, Waves, generator};
use super::paint::{Painter, VOXEL_MM};
use super::participant::Participant;
use super::shape::{Point, norm, sub};
use super::surface::Surfaces;
use crate::model::PerSequence;
use crate::study::Source;
use rand::Rng;

/// Share of the newborns that are made from the individual instead of the average.
const INDIVIDUALS: f64 = 0.4;
const STEP_MM: f32 = 2.5;
/// The box that holds the head.
const LOW_MM: Point = [-66.0, -90.0, -80.0];
const HIGH_MM: Point = [66.0, 76.0, 72.0];
/// Injured share of a voxel from which the truth mask counts it.
pub const INJURED: f32 = 0.3;

/// One newborn's head.
pub struct Newborn {
    source: Source,
    mirrored: bool,
    lattice: Lattice<{ channel::COUNT }>,
    injury: Option<Injury>,
    grain: Grain,
}

/// A head's intensities on its own grid.
pub struct Rendered {
    pub origin_mm: Point,
    pub step_mm: f32,
    pub dims: [usize; 3],
    /// T1w, T2w; main white matter is about 1.
    pub signals: PerSequence<Vec<f32>>,
    /// Share of visibly injured tissue; empty without an injury.
    pub injured: Vec<f32>,
    /// Distance to the brain's hull, mm.
    pub hull: Vec<f32>,
    /// The kind of tissue with the largest share, as [`kind_of`] numbers it.
    pub kinds: Vec<u8>,
}

/// ml of each kind of tissue.
pub type Volumes = [f64; KINDS];

impl Newborn {
    /// Everything follows from the participant's seed and lesion.
    pub fn new(participant: &Participant) -> Self {
        let rng = &mut generator(participant.seed, 1);
        let source = if rng.random_bool(INDIVIDUALS) { Source::Individual } else { Source::Average };
        let surfaces = Surfaces::of(source);
        let deformation = Deformation::draw(rng, source);
        let head = Head::draw(rng);
        let folds = Waves::new(rng, 24, 17.0..24.0);
        let where_folded = Waves::new(rng, 8, 40.0..70.0);
        let maturity = Waves::new(rng, 12, 22.0..50.0);
        let grain = Grain::new(rng, 2.2);
        let injury = Injury::of(participant);
        let lattice = Lattice::fill(LOW_MM, HIGH_MM, STEP_MM, |p| {
            let q = deformation.to_atlas(p);
            let hull = surfaces.hull.at(q);
            let Layers { skin, cavity, bone, eye, airway, cord, fat } = head.layers(p, q, hull);
            let mut c = [0.0; channel::COUNT];
            c[channel::PLACE..channel::PLACE + 3].copy_from_slice(&q);
            c[channel::HULL] = hull;
            c[channel::SKIN] = skin;
            c[channel::CAVITY] = cavity;
            c[channel::BONE] = bone;
            c[channel::EYE] = eye;
            c[channel::AIRWAY] = airway;
            c[channel::FAT] = fat;
            c[channel::CORD] = cord;
            c[channel::FOLD] = 8.0;
            if hull < 6.0 {
                let depth = -hull;
                c[channel::FOLD] = fold(&folds, q, depth);
                c[channel::SMOOTH] = (4.0 * where_folded.at(q)).clamp(0.0, 6.0);
                c[channel::UNMYELINATED] = unmyelinated(q, depth) + 0.45 * maturity.at(q);
                c[channel::INJURY] = injury.as_ref().map_or(0.0, |i| i.at(q, depth));
            }
            c
        });
        Self { source, mirrored: deformation.is_mirrored(), lattice, injury, grain }
    }

    /// Intensities of both sequences and truth on the head's own grid.
    pub fn render(&self, contrast: &Contrast) -> Rendered {
        let dims: [usize; 3] =
            std::array::from_fn(|a| ((HIGH_MM[a] - LOW_MM[a] - 0.1) / VOXEL_MM).floor() as usize);
        let voxels = dims.iter().product();
        let mut out = Rendered {
            origin_mm: LOW_MM.map(|v| v + 0.05),
            step_mm: VOXEL_MM,
            dims,
            signals: PerSequence::from_fn(|_| vec![0.0; voxels]),
            injured: if self.injury.is_some() { vec![0.0; voxels] } else { Vec::new() },
            hull: vec![f32::MAX; voxels],
            kinds: vec![0; voxels],
        };
        let painter = Painter::new(Map::of(self.source), &self.grain, self.injury.as_ref(), contrast);
        for i in 0..voxels {
            let node = [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])];
            let p: Point = std::array::from_fn(|a| out.origin_mm[a] + node[a] as f32 * VOXEL_MM);
            let Some(c) = self.lattice.at(p) else { continue };
            if c[channel::SKIN] > VOXEL_MM {
                continue;
            }
            out.hull[i] = c[channel::HULL];
            let here = painter.paint(p, &c);
            out.signals.T1w[i] = here.signal[0];
            out.signals.T2w[i] = here.signal[1];
            out.kinds[i] = here.kind;
            if let Some(injured) = out.injured.get_mut(i) {
                *injured = here.injured;
            }
        }
        out
    }

    /// Whether left and right of the label map are exchanged.
    #[must_use]
    pub fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// ml of each kind of tissue within the skull, counted on points `step_mm` apart.
    #[must_use]
    pub fn volumes(&self, step_mm: f32) -> Volumes {
        let mut out = [0.0; KINDS];
        self.within_skull(step_mm, |_, shares| {
            for (sum, share) in out.iter_mut().zip(shares) {
                *sum += f64::from(share * step_mm.powi(3)) / 1000.0;
            }
        });
        out
    }

    /// Share of the brain that the truth mask of thin slices would count, on points `step_mm` apart.
    #[must_use]
    pub fn injured_share(&self, step_mm: f32) -> f64 {
        let Some(injury) = &self.injury else { return 0.0 };
        let (mut injured, mut brain) = (0, 0);
        self.within_skull(step_mm, |c, shares| {
            let own: f32 = (0..KINDS).filter(|k| injury.injures(*k)).map(|k| shares[k]).sum();
            injured += usize::from(own * c[channel::INJURY] > INJURED);
            brain += usize::from(shares[CSF] + shares[VENTRICLE] + shares[DURA] < 0.5);
        });
        injured as f64 / brain.max(1) as f64
    }

    fn within_skull(&self, step_mm: f32, mut each: impl FnMut(&Channels, &[f32; KINDS])) {
        let map = Map::of(self.source);
        let n: [usize; 3] = std::array::from_fn(|a| ((HIGH_MM[a] - LOW_MM[a]) / step_mm) as usize);
        for i in 0..n.iter().product() {
            let node = [i % n[0], i / n[0] % n[1], i / (n[0] * n[1])];
            let p: Point = std::array::from_fn(|a| LOW_MM[a] + (node[a] as f32 + 0.5) * step_mm);
            let Some(c) = self.lattice.at(p).filter(|c| c[channel::CAVITY] < 0.0) else { continue };
            let mut shares = [0.0; KINDS];
            map.shares(&c, &mut shares);
            refold(&c, &mut shares);
            each(&c, &shares);
        }
    }
}

/// Distance to the zero of a field of waves, drawn from the surface towards the middle of the hemisphere.
fn fold(waves: &Waves, q: Point, depth: f32) -> f32 {
    let middle = [18.0 * q[0].signum(), -8.0, 2.0];
    let from_middle = sub(q, middle);
    let stretch = 1.0 + 0.6 * depth.max(0.0) / norm(from_middle).max(8.0);
    let surface: Point = std::array::from_fn(|a| middle[a] + from_middle[a] * stretch);
    let (value, slope) = waves.with_slope(surface);
    (value / (slope * stretch).max(0.05)).clamp(-8.0, 8.0)
}

/// Frontal and parieto-occipital white matter is the last to myelinate; around the central radiation it is
/// is nearer than the main one. -1 to about 1.
fn unmyelinated(q: Point, depth: f32) -> f32 {
    let bump = |centre: Point, radius: f32| {
        let m = [q[0].abs(), q[1], q[2]];
        (1.5 - norm(sub(m, centre)) / radius).clamp(0.0, 1.0)
    };
    let frontal = bump([18.0, 26.0, 12.0], 14.0);
    let posterior = bump([22.0, -38.0, 12.0], 14.0);
    let temporal = 0.6 * bump([32.0, 2.0, -16.0], 10.0);
    let central = bump([20.0, -6.0, 16.0], 11.0);
    let deep = ((depth - 5.0) / 6.0).clamp(0.0, 1.0);
    deep * (frontal.max(posterior).max(temporal) - 0.9 * central)
}
