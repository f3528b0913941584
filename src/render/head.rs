//! Where the head is in an image: what pictures are fitted to, whatever the field of view.

use super::readout::automatic_window;
use crate::volume::Volume;
use serde::{Deserialize, Serialize};

/// Share of the bright end of the automatic window above which a voxel is head: scalp and brain are brighter on T1w and
/// T2w, the air's noise is darker.
const BRIGHT: f32 = 0.15;
/// A slice with less than this share of the fullest slice's bright voxels holds noise alone.
const FULL: f64 = 0.03;
/// Most samples along an axis.
const SAMPLES: usize = 96;
/// Left around the head, mm.
const MARGIN_MM: f64 = 3.0;

/// Where the brain is in an image, and the windows that show it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Brain {
    /// Opposite corners of its box along the image's axes, RAS mm.
    pub corners_mm: [[f64; 3]; 2],
    /// Black and white for the whole brain, and for the deep grey nuclei.
    pub whole: [f32; 2],
    pub deep_grey: [f32; 2],
}

impl Brain {
    /// From the box and the brain's intensities in rising order; `None` without any. `bright_csf`: as on T2w.
    ///
    /// Windows are quantiles of the newborn's own brain, as intensities have no unit. Relative to white matter (the
    /// table in `model::template`) T1w has CSF at 0.8, cortex at 1.08 and deep grey at 1.1 to 1.2; T2w has brainstem and
    /// deep grey at 0.6 to 0.8, cortex at 0.74 and CSF at 1.6 to 1.9. CSF is a sixth of what lies in a term brain's
    /// outline, deep grey and brainstem a tenth. So on T1w the brain reaches from its darkest CSF to its brightest
    /// nuclei, with nothing cut off above; deep grey is the upper half. On T2w CSF may be white, so that grey and white
    /// matter get the scale; deep grey is the lower half.
    #[must_use]
    pub fn of(corners_mm: [[f64; 3]; 2], rising: &[f32], bright_csf: bool) -> Option<Self> {
        let last = rising.len().checked_sub(1)?;
        let at = |share: f64| rising[(share * last as f64).round() as usize];
        let window = |low: f64, high: f64| {
            let (black, white) = (at(low), at(high));
            [black, if white > black { white } else { black + 1.0 }]
        };
        let (whole, deep_grey) = if bright_csf {
            (window(0.005, 0.92), window(0.002, 0.55))
        } else {
            (window(0.02, 0.999), window(0.45, 0.9995))
        };
        Some(Self { corners_mm, whole, deep_grey })
    }
}

/// Corners of the head's box along the voxels' axes, RAS mm; of the whole image where nothing is told from air.
#[must_use]
pub(super) fn head_corners(volume: &Volume) -> [[f64; 3]; 8] {
    let [low, high] = head_box(volume);
    let affine = volume.affine();
    std::array::from_fn(|corner| {
        affine.to_world(std::array::from_fn(|a| if corner >> a & 1 == 1 { high[a] } else { low[a] }))
    })
}

/// The head's box in voxels, with its margin, within the image.
fn head_box(volume: &Volume) -> [[f64; 3]; 2] {
    let dims = volume.dims();
    let stride = dims.map(|n| n.div_ceil(SAMPLES).max(1));
    let threshold = BRIGHT * automatic_window(volume)[1];
    let mut counts = dims.map(|n| vec![0_u32; n]);
    for z in (0..dims[2]).step_by(stride[2]) {
        for y in (0..dims[1]).step_by(stride[1]) {
            let line = dims[0] * (y + dims[1] * z);
            let bright = (0..dims[0]).step_by(stride[0]).filter(|x| volume.voxels()[line + x] > threshold);
            for x in bright {
                counts[0][x] += 1;
                counts[1][y] += 1;
                counts[2][z] += 1;
            }
        }
    }
    let spacing = volume.affine().spacing_mm();
    let (mut low, mut high) = ([0.0; 3], [0.0; 3]);
    for a in 0..3 {
        let last = dims[a] as f64 - 0.5;
        let least = FULL * f64::from(counts[a].iter().copied().max().unwrap_or_default());
        let full = |n: &u32| f64::from(*n) > least;
        (low[a], high[a]) = match (counts[a].iter().position(full), counts[a].iter().rposition(full)) {
            (Some(first), Some(end)) => {
                let around = MARGIN_MM / spacing[a] + stride[a] as f64 - 0.5;
                ((first as f64 - around).max(-0.5), (end as f64 + around).min(last))
            }
            _ => (-0.5, last),
        };
    }
    [low, high]
}
