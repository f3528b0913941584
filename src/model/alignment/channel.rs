//! What two images of other protocols have in common: contrast, cut to what tissue has.

use super::lattice::{Lattice, median};
use crate::model::Sequence;

/// Relative intensities cut to what tissue has, about 0: a sequence's contrast for alignment. 0 outside the brain.
pub(in crate::model) fn channel(image: &Lattice, brain: &[bool], sequence: Sequence) -> Lattice {
    const FIELD_MM: f64 = 25.0;
    let (gain, [low, high]) = match sequence {
        Sequence::T1w => (6.0, [0.6_f32, 1.4]),
        Sequence::T2w => (3.0, [0.4_f32, 1.7]),
    };
    let mut weight =
        Lattice::new(image.dims, image.spacing_mm, brain.iter().map(|b| f32::from(u8::from(*b))).collect());
    let cap = 1.3 * median(image.values.iter().zip(brain).filter(|(_, b)| **b).map(|(v, _)| *v).collect());
    // CSF is twice as bright as brain on T2w: cut, so that it does not pull the field.
    let capped = image.values.iter().zip(brain).map(|(v, b)| if *b { v.min(cap) } else { 0.0 }).collect();
    let mut field = Lattice::new(image.dims, image.spacing_mm, capped);
    field.blur(FIELD_MM);
    weight.blur(FIELD_MM);
    let values = image.values.iter().zip(brain).zip(field.values.iter().zip(&weight.values));
    let values = values
        .map(
            |((v, b), (f, w))| {
                if *b && *f > 0.0 { gain * ((v * w / f).clamp(low, high) - 1.0) } else { 0.0 }
            },
        )
        .collect();
    Lattice::new(image.dims, image.spacing_mm, values)
}
