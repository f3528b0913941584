//! What one newborn's tissues look like in one scan, place by place.

use super::contrast::{
    BONE, BRAINSTEM, CEREBELLUM, CSF, Contrast, EYE, FAT, KINDS, LENTIFORM, LOBAR_WHITE, MUSCLE, SKIN,
    THALAMUS,
};
use super::injury::Injury;
use super::map::{Channels, Map, channel, refold};
use super::noise::Grain;
use super::shape::{Point, inside, norm, sub};

/// Step of the rendered head.
pub const VOXEL_MM: f32 = 0.7;

/// What a place of the head looks like.
pub struct Painted {
    pub signal: [f32; 2],
    /// The kind with the largest share.
    pub kind: u8,
    pub injured: f32,
}

pub struct Painter<'a> {
    contrast: &'a Contrast,
    grain: &'a Grain,
    map: Map,
    change: [[f32; 2]; KINDS],
    injures: [bool; KINDS],
}

impl<'a> Painter<'a> {
    pub fn new(map: Map, grain: &'a Grain, injury: Option<&Injury>, contrast: &'a Contrast) -> Self {
        Self {
            contrast,
            grain,
            map,
            change: std::array::from_fn(|kind| injury.map_or([0.0; 2], |i| i.change(kind))),
            injures: std::array::from_fn(|kind| injury.is_some_and(|i| i.injures(kind))),
        }
    }

    pub fn paint(&self, p: Point, c: &Channels) -> Painted {
        let within = |d: f32| inside(d, VOXEL_MM);
        let mut shares = [0.0; KINDS];
        let wall = c[channel::CAVITY];
        let mut outer = 0.0;
        if wall > -VOXEL_MM {
            // Air, eye, fat, muscle around the bone; each takes of what the one before left.
            let mut rest = 1.0 - within(wall);
            outer = rest;
            let mut give = |kind: usize, part: f32| {
                shares[kind] += rest * part;
                rest *= 1.0 - part;
            };
            let (skin, bone) = (c[channel::SKIN], wall - c[channel::BONE]);
            give(0, 1.0 - within(skin));
            give(BONE, within(bone));
            give(0, within(c[channel::AIRWAY]));
            give(EYE, within(c[channel::EYE]));
            give(SKIN, within(-1.2 - skin));
            give(
                FAT,
                within(-3.4 - skin).max(within(c[channel::EYE] - 3.0)).max(inside(-c[channel::FAT], 0.4)),
            );
            give(MUSCLE, 1.0);
        }
        if outer < 1.0 {
            let mut brain = [0.0; KINDS];
            self.map.shares(c, &mut brain);
            refold(c, &mut brain);
            if brain[CEREBELLUM] > 0.0 {
                // Folia run from side to side: their clefts are planes through a transverse axis.
                let place = [c[0], c[1], c[2]];
                let open = brain[CEREBELLUM] * 0.2 * cleft(place);
                brain[CEREBELLUM] -= open;
                brain[CSF] += open;
            }
            // What the map leaves open and nothing of it is near: the cord.
            let cord = brain[CSF] * within(c[channel::CORD]);
            brain[CSF] -= cord;
            brain[BRAINSTEM] += cord;
            for (share, own) in shares.iter_mut().zip(brain) {
                *share += (1.0 - outer) * own;
            }
        }
        let grain = self.grain.at(p);
        let unmyelinated = c[channel::UNMYELINATED].clamp(-0.7, 1.3);
        let injury = c[channel::INJURY].clamp(0.0, 1.0);
        let lateral = nuclei([c[0], c[1], c[2]]);
        let (mut signal, mut injured) = ([0.0; 2], 0.0);
        let mut largest = (0.0, 0);
        for (kind, share) in shares.into_iter().enumerate() {
            if share <= 0.0 {
                continue;
            }
            if share > largest.0 {
                largest = (share, kind as u8);
            }
            for (s, sum) in signal.iter_mut().enumerate() {
                // T2w texture is the inverse of T1w's, as tissues are.
                let texture = self.contrast.texture[s][kind] * if s == 0 { grain } else { -grain };
                let mut v = self.contrast.level[s][kind] * (1.0 + texture);
                if LOBAR_WHITE.contains(&kind) {
                    v *= 1.0 + self.contrast.unmyelinated[s] * unmyelinated;
                }
                if kind == THALAMUS || kind == LENTIFORM {
                    v *= 1.0 + [0.05, -0.08][s] * lateral;
                }
                *sum += share * v * (1.0 + injury * self.change[kind][s]);
            }
            if self.injures[kind] {
                injured += share * injury;
            }
        }
        Painted { signal, kind: largest.1, injured }
    }
}

/// How bright on T1w and dark on T2w the deep nuclei are against their mean, -1 to 1: ventrolateral thalamus,
/// posterior putamen and pallidum more, pulvinar and anterior putamen less.
fn nuclei(q: Point) -> f32 {
    let m = [q[0].abs(), q[1], q[2]];
    let near = |centre: Point, radius: f32| (1.0 - norm(sub(m, centre)) / radius).max(0.0);
    let bright =
        near([11.0, -8.0, 1.0], 7.0).max(near([18.0, -4.0, -2.0], 7.0)).max(near([11.5, 1.0, -6.0], 6.0));
    let dim = near([8.0, -19.0, 2.0], 8.0).max(near([15.0, 11.0, -2.0], 8.0));
    1.6 * (bright - dim)
}

/// Share of a cleft between folia of the cerebellum.
fn cleft(q: Point) -> f32 {
    let (back, up) = (-33.0 - q[1], q[2] + 25.5);
    let radius = (back * back + up * up).sqrt().max(6.0);
    let turn = up.atan2(back) + 0.012 * q[0].abs();
    let phase = (turn / 0.17).rem_euclid(1.0) - 0.5;
    inside((phase * 0.17 * radius).abs() - 0.3, 0.8)
}
