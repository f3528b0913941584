//! Named regions of the newborn's brain, and how a label map stores them.

use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};

/// Side of the head, the newborn's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// On the midline, or one structure across it.
    Mid,
    Left,
    Right,
}

/// Part of the cerebral cortex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lobe {
    Frontal,
    Parietal,
    Temporal,
    Occipital,
    Insula,
    Cingulate,
    /// Precentral and postcentral gyrus and paracentral lobule, in none of the lobes above.
    Perirolandic,
}

/// Part of the white matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum White {
    Frontal,
    Parietal,
    Temporal,
    Occipital,
    /// External and extreme capsule.
    Insular,
    Cingulate,
    /// Posterior limb of the internal capsule: myelinates at term.
    PosteriorLimb,
    AnteriorLimb,
    /// From the posterior limb up to the perirolandic cortex: myelinates at term.
    Central,
    CorpusCallosum,
}

/// A region of the head in atlas space. Stored as one byte (a label map's code): kind, plus 64 on the left and
/// 128 on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Region {
    Outside,
    /// Around the brain.
    Csf,
    /// Lateral on the left and right, third and fourth in the middle.
    Ventricle(Side),
    Cortex(Lobe, Side),
    WhiteMatter(White, Side),
    Thalamus(Side),
    /// Putamen and pallidum.
    Lentiform(Side),
    Caudate(Side),
    Hippocampus(Side),
    Amygdala(Side),
    Brainstem,
    /// The vermis in the middle where it is told apart.
    Cerebellum(Side),
    BasalForebrain(Side),
}

const LOBES: [Lobe; 7] = [
    Lobe::Frontal,
    Lobe::Parietal,
    Lobe::Temporal,
    Lobe::Occipital,
    Lobe::Insula,
    Lobe::Cingulate,
    Lobe::Perirolandic,
];
const WHITES: [White; 10] = [
    White::Frontal,
    White::Parietal,
    White::Temporal,
    White::Occipital,
    White::Insular,
    White::Cingulate,
    White::PosteriorLimb,
    White::AnteriorLimb,
    White::Central,
    White::CorpusCallosum,
];
const FIRST_LOBE: u8 = 10;
const FIRST_WHITE: u8 = 20;

impl Region {
    /// Side of the head; `Mid` where there is none.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::Outside | Self::Csf | Self::Brainstem => Side::Mid,
            Self::Ventricle(side)
            | Self::Cortex(_, side)
            | Self::WhiteMatter(_, side)
            | Self::Thalamus(side)
            | Self::Lentiform(side)
            | Self::Caudate(side)
            | Self::Hippocampus(side)
            | Self::Amygdala(side)
            | Self::Cerebellum(side)
            | Self::BasalForebrain(side) => side,
        }
    }

    /// Whether it is brain: neither CSF nor outside.
    #[must_use]
    pub fn is_brain(self) -> bool {
        !matches!(self, Self::Outside | Self::Csf | Self::Ventricle(_))
    }

    /// As a reader of images names it, such as "left thalamus".
    #[must_use]
    pub fn name(self) -> Text {
        let structure = match self {
            Self::Outside => text!("outside the brain"),
            Self::Csf => text!("cerebrospinal fluid"),
            Self::Ventricle(_) => text!("ventricle"),
            Self::Cortex(lobe, _) => match lobe {
                Lobe::Frontal => text!("frontal cortex"),
                Lobe::Parietal => text!("parietal cortex"),
                Lobe::Temporal => text!("temporal cortex"),
                Lobe::Occipital => text!("occipital cortex"),
                Lobe::Insula => text!("insula"),
                Lobe::Cingulate => text!("cingulate cortex"),
                Lobe::Perirolandic => text!("perirolandic cortex"),
            },
            Self::WhiteMatter(white, _) => match white {
                White::Frontal => text!("frontal white matter"),
                White::Parietal => text!("parietal white matter"),
                White::Temporal => text!("temporal white matter"),
                White::Occipital => text!("occipital white matter"),
                White::Insular => text!("external capsule"),
                White::Cingulate => text!("cingulate white matter"),
                White::PosteriorLimb => text!("posterior limb of the internal capsule"),
                White::AnteriorLimb => text!("anterior limb of the internal capsule"),
                White::Central => text!("central corona radiata"),
                White::CorpusCallosum => text!("corpus callosum"),
            },
            Self::Thalamus(_) => text!("thalamus"),
            Self::Lentiform(_) => text!("lentiform nucleus"),
            Self::Caudate(_) => text!("caudate nucleus"),
            Self::Hippocampus(_) => text!("hippocampus"),
            Self::Amygdala(_) => text!("amygdala"),
            Self::Brainstem => text!("brainstem"),
            Self::Cerebellum(_) => text!("cerebellum"),
            Self::BasalForebrain(_) => text!("basal forebrain"),
        };
        match self.side() {
            Side::Mid => structure,
            Side::Left => text!("left {structure}", structure),
            Side::Right => text!("right {structure}", structure),
        }
    }
}

impl From<Region> for u8 {
    fn from(region: Region) -> Self {
        let kind = match region {
            Region::Outside => 0,
            Region::Csf => 1,
            Region::Ventricle(_) => 2,
            Region::Cortex(lobe, _) => FIRST_LOBE + lobe as u8,
            Region::WhiteMatter(white, _) => FIRST_WHITE + white as u8,
            Region::Thalamus(_) => 30,
            Region::Lentiform(_) => 31,
            Region::Caudate(_) => 32,
            Region::Hippocampus(_) => 33,
            Region::Amygdala(_) => 34,
            Region::Brainstem => 35,
            Region::Cerebellum(_) => 36,
            Region::BasalForebrain(_) => 37,
        };
        kind + 64 * region.side() as u8
    }
}

/// A byte that stands for no region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is the code of no region")]
pub struct NoRegion(pub u8);

impl TryFrom<u8> for Region {
    type Error = NoRegion;

    fn try_from(code: u8) -> Result<Self, NoRegion> {
        let side = match code >> 6 {
            0 => Side::Mid,
            1 => Side::Left,
            2 => Side::Right,
            _ => return Err(NoRegion(code)),
        };
        let kind = code & 63;
        let region = match kind {
            0 => Self::Outside,
            1 => Self::Csf,
            2 => Self::Ventricle(side),
            30 => Self::Thalamus(side),
            31 => Self::Lentiform(side),
            32 => Self::Caudate(side),
            33 => Self::Hippocampus(side),
            34 => Self::Amygdala(side),
            35 => Self::Brainstem,
            36 => Self::Cerebellum(side),
            37 => Self::BasalForebrain(side),
            FIRST_WHITE.. => match WHITES.get(usize::from(kind - FIRST_WHITE)) {
                Some(white) => Self::WhiteMatter(*white, side),
                None => return Err(NoRegion(code)),
            },
            FIRST_LOBE.. => match LOBES.get(usize::from(kind - FIRST_LOBE)) {
                Some(lobe) => Self::Cortex(*lobe, side),
                None => return Err(NoRegion(code)),
            },
            _ => return Err(NoRegion(code)),
        };
        // What has no side has one code only.
        if region.side() == side { Ok(region) } else { Err(NoRegion(code)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn does_every_code_come_back_as_itself() {
        let regions: Vec<(u8, Region)> =
            (0..=255).filter_map(|code| Some((code, Region::try_from(code).ok()?))).collect();
        // 3 without a side, 25 kinds with each of three.
        assert_eq!(regions.len(), 3 + 3 * 25);
        for (code, region) in regions {
            assert_eq!(u8::from(region), code, "{region:?}");
        }
        assert_eq!(u8::from(Region::Thalamus(Side::Left)), 94);
        assert_eq!(Region::Thalamus(Side::Left).name().to_string(), "left thalamus");
    }
}
