//! Intensities of tissues: mean and spread between newborns, T1w and T2w, as multiples of the main white matter's.

use super::noise::normal;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Kinds of [`crate::model::Region`]'s code, and above them what is not brain.
pub const KINDS: usize = 48;
pub const CSF: usize = 1;
pub const VENTRICLE: usize = 2;
/// Frontal, parietal, temporal, occipital, insula, cingulate, perirolandic.
pub const CORTEX: Range<usize> = 10..17;
pub const OCCIPITAL_CORTEX: usize = 13;
pub const PERIROLANDIC: usize = 16;
/// White matter of the same lobes, frontal to occipital, and all of it but the tracts below.
pub const LOBAR_WHITE: Range<usize> = 20..24;
pub const WHITE: Range<usize> = 20..26;
pub const POSTERIOR_LIMB: usize = 26;
pub const ANTERIOR_LIMB: usize = 27;
pub const CENTRAL: usize = 28;
pub const CALLOSUM: usize = 29;
pub const THALAMUS: usize = 30;
pub const LENTIFORM: usize = 31;
pub const CAUDATE: usize = 32;
pub const HIPPOCAMPUS: usize = 33;
pub const AMYGDALA: usize = 34;
pub const BRAINSTEM: usize = 35;
pub const CEREBELLUM: usize = 36;
pub const BASAL_FOREBRAIN: usize = 37;
pub const BONE: usize = 40;
pub const FAT: usize = 41;
pub const MUSCLE: usize = 42;
pub const EYE: usize = 43;
pub const SKIN: usize = 44;
/// Tentorium, falx, veins.
pub const DURA: usize = 45;

/// One kind's intensity: first kind, last kind, then T1w and T2w as mean, SD between newborns, SD of its texture.
type Row = (usize, usize, [f32; 3], [f32; 3]);

/// Pure tissue: borders and the scanner's blur bring them to the medians that were measured on 20 newborns (the
/// table in method.md and its continuation). What is not brain is ours.
const TABLE: [Row; 25] = [
    (CSF, CSF, [0.77, 0.04, 0.10], [1.85, 0.21, 0.12]),
    (VENTRICLE, VENTRICLE, [0.78, 0.07, 0.04], [2.00, 0.29, 0.04]),
    (CORTEX.start, OCCIPITAL_CORTEX - 1, [1.12, 0.02, 0.035], [0.65, 0.02, 0.06]),
    (OCCIPITAL_CORTEX, OCCIPITAL_CORTEX, [1.14, 0.02, 0.035], [0.62, 0.02, 0.06]),
    (OCCIPITAL_CORTEX + 1, PERIROLANDIC - 1, [1.12, 0.02, 0.035], [0.65, 0.02, 0.06]),
    (PERIROLANDIC, PERIROLANDIC, [1.17, 0.02, 0.035], [0.60, 0.02, 0.06]),
    (LOBAR_WHITE.start, LOBAR_WHITE.end - 1, [1.00, 0.00, 0.02], [1.00, 0.00, 0.035]),
    (LOBAR_WHITE.end, WHITE.end - 1, [1.00, 0.01, 0.02], [0.97, 0.02, 0.03]),
    // Myelinating: the posterior limb more than the radiation above it.
    (POSTERIOR_LIMB, POSTERIOR_LIMB, [1.17, 0.03, 0.02], [0.74, 0.02, 0.02]),
    (ANTERIOR_LIMB, ANTERIOR_LIMB, [1.03, 0.02, 0.02], [0.88, 0.02, 0.02]),
    (CENTRAL, CENTRAL, [1.08, 0.02, 0.02], [0.82, 0.02, 0.03]),
    (CALLOSUM, CALLOSUM, [1.00, 0.02, 0.02], [0.92, 0.03, 0.03]),
    (THALAMUS, THALAMUS, [1.10, 0.03, 0.025], [0.70, 0.03, 0.035]),
    (LENTIFORM, LENTIFORM, [1.15, 0.03, 0.025], [0.67, 0.03, 0.035]),
    (CAUDATE, CAUDATE, [1.12, 0.02, 0.02], [0.74, 0.03, 0.03]),
    (HIPPOCAMPUS, AMYGDALA, [1.07, 0.02, 0.03], [0.78, 0.03, 0.04]),
    (BRAINSTEM, BRAINSTEM, [1.19, 0.03, 0.05], [0.59, 0.02, 0.06]),
    (CEREBELLUM, CEREBELLUM, [1.04, 0.04, 0.05], [0.67, 0.06, 0.07]),
    (BASAL_FOREBRAIN, BASAL_FOREBRAIN, [1.08, 0.02, 0.03], [0.80, 0.03, 0.04]),
    (BONE, BONE, [0.34, 0.06, 0.05], [0.28, 0.05, 0.04]),
    (FAT, FAT, [1.55, 0.15, 0.10], [1.05, 0.15, 0.10]),
    (MUSCLE, MUSCLE, [0.85, 0.08, 0.08], [0.50, 0.06, 0.07]),
    (EYE, EYE, [0.40, 0.04, 0.02], [2.30, 0.20, 0.03]),
    (SKIN, SKIN, [1.05, 0.08, 0.06], [0.75, 0.08, 0.06]),
    (DURA, DURA, [0.80, 0.06, 0.08], [0.75, 0.08, 0.10]),
];

/// How much wider than between 20 newborns of one protocol, and the share that is drawn again in every scan.
const WIDER: f32 = 1.5;
const PER_SCAN: f32 = 0.6;
/// T1w and T2w of white matter that is not myelinated against the main one (table: 0.95, 1.17), with their SD.
const UNMYELINATED: [[f32; 2]; 2] = [[-0.06, 0.015], [0.20, 0.04]];

/// What myelination changes together, relative: tracts first, then what they run through; T1w and T2w by unit of a
/// newborn's own maturity. Infants of one month lie at 1 to 2 (their images beside newborns': `docs/study.md`).
const MATURING: [(usize, [f32; 2]); 8] = [
    (POSTERIOR_LIMB, [0.05, -0.06]),
    (CENTRAL, [0.07, -0.08]),
    (ANTERIOR_LIMB, [0.04, -0.04]),
    (CALLOSUM, [0.03, -0.03]),
    (BRAINSTEM, [0.03, -0.03]),
    (CEREBELLUM, [0.05, -0.03]),
    (LENTIFORM, [0.02, -0.01]),
    (THALAMUS, [0.02, -0.03]),
];

/// The intensities of one newborn in one scan.
#[derive(Debug, Clone)]
pub struct Contrast {
    /// Per sequence and kind.
    pub level: [[f32; KINDS]; 2],
    /// SD of the texture within the tissue, relative.
    pub texture: [[f32; KINDS]; 2],
    /// Relative change where the white matter is not myelinated at all.
    pub unmyelinated: [f32; 2],
}

impl Contrast {
    /// `exponents`: of the ratios, above 1 for stronger contrast; one per sequence.
    pub fn draw(newborn: &mut ChaCha8Rng, scan: &mut ChaCha8Rng, exponents: [f32; 2]) -> Self {
        let mut out = Self { level: [[0.0; KINDS]; 2], texture: [[0.0; KINDS]; 2], unmyelinated: [0.0; 2] };
        let maturity = normal(newborn).clamp(-1.2, 2.5);
        let mut deviate =
            || WIDER * (normal(newborn).clamp(-1.7, 1.7) + PER_SCAN * normal(scan).clamp(-1.7, 1.7));
        for (first, last, t1, t2) in TABLE {
            for (s, [mean, sd, texture]) in [t1, t2].into_iter().enumerate() {
                let ratio: f32 = (mean + sd * deviate()).max(0.0);
                for kind in first..=last {
                    out.level[s][kind] = ratio.powf(exponents[s]);
                    out.texture[s][kind] = texture * exponents[s].min(1.2);
                }
            }
        }
        for (kind, change) in MATURING {
            for s in 0..2 {
                out.level[s][kind] *= (1.0 + maturity * change[s]).powf(exponents[s]);
            }
        }
        for s in 0..2 {
            let [mean, sd] = UNMYELINATED[s];
            out.unmyelinated[s] = (1.0 + mean + sd * deviate()).max(0.5).powf(exponents[s]) - 1.0;
        }
        out
    }

    /// Exponents of T1w and T2w: widely spread, and now and then the flat T2w of a longer echo train or of a
    /// 1-month infant.
    pub fn exponents(rng: &mut ChaCha8Rng, usual: [f32; 2]) -> [f32; 2] {
        let mut out = usual.map(|u| (u * (0.22 * normal(rng)).exp()).clamp(0.65, 1.7));
        if rng.random_bool(0.12) {
            out[1] = rng.random_range(0.3..0.65);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Lobe, Region, Side, White};
    use crate::study::phantom::kind_of;

    #[test]
    fn are_the_kinds_those_of_the_label_maps() {
        let side = Side::Right;
        let pairs = [
            (Region::Csf, CSF),
            (Region::Ventricle(side), VENTRICLE),
            (Region::Cortex(Lobe::Frontal, side), CORTEX.start),
            (Region::Cortex(Lobe::Occipital, side), OCCIPITAL_CORTEX),
            (Region::Cortex(Lobe::Perirolandic, side), PERIROLANDIC),
            (Region::WhiteMatter(White::Frontal, side), LOBAR_WHITE.start),
            (Region::WhiteMatter(White::Occipital, side), LOBAR_WHITE.end - 1),
            (Region::WhiteMatter(White::Cingulate, side), WHITE.end - 1),
            (Region::WhiteMatter(White::PosteriorLimb, side), POSTERIOR_LIMB),
            (Region::WhiteMatter(White::AnteriorLimb, side), ANTERIOR_LIMB),
            (Region::WhiteMatter(White::Central, side), CENTRAL),
            (Region::WhiteMatter(White::CorpusCallosum, side), CALLOSUM),
            (Region::Thalamus(side), THALAMUS),
            (Region::Lentiform(side), LENTIFORM),
            (Region::Caudate(side), CAUDATE),
            (Region::Hippocampus(side), HIPPOCAMPUS),
            (Region::Amygdala(side), AMYGDALA),
            (Region::Brainstem, BRAINSTEM),
            (Region::Cerebellum(side), CEREBELLUM),
            (Region::BasalForebrain(side), BASAL_FOREBRAIN),
        ];
        for (region, kind) in pairs {
            assert_eq!(kind_of(region), kind, "{region:?}");
        }
    }
}
