//! The colour scale of an overlay.

use super::colour::Ramp;
use super::scene::Lay;

/// A bar of the scale that a map is painted with, from 0 (or minus) to the full scale: RGBA, row by row
/// from the top. What the threshold hides is dark, with the scale's colours as a thin line below it.
#[must_use]
pub fn colourbar(lay: &Lay, width: usize, height: usize) -> Vec<u8> {
    let ramp = Ramp::new(lay.colours, lay.signed);
    let mut pixels = Vec::with_capacity(4 * width * height);
    for row in 0..height {
        for column in 0..width {
            let t = (column as f32 + 0.5) / width as f32;
            let share = if lay.signed { 2.0 * t - 1.0 } else { t };
            let strength = if lay.signed { share.abs() } else { share };
            let hidden = strength <= lay.threshold && row + 2 < height;
            let colour = if hidden { [22, 27, 34] } else { ramp.at(share) };
            pixels.extend(colour.map(|c| c as u8));
            pixels.push(255);
        }
    }
    pixels
}
