//! Synthetic newborns side by side, and beside real images: does one recognise a newborn?

use super::document::Document;
use super::pictures::{SIZE, png_address};
use crate::model::PerSequence;
use crate::render::{Plane, View, Viewport, automatic_window};
use crate::study::phantom::{Lesion, Participant, Pattern, PhantomConfig, participant_with, scan};
use crate::volume::Volume;

/// A page with the pictures of newborns without injury, of one of each pattern of injury (mild and severe), and of each of `beside` (name, T1w, T2w), in three planes of both sequences.
///
/// # Errors
/// A sentence where a picture cannot be made.
pub fn contact_sheet(seed: u64, beside: &[(String, PerSequence<Volume>)]) -> Result<String, String> {
    let mut document = Document::new("Synthetic newborns");
    document.warning("Synthetic images. Patient's right on the left; every image on its own grey scale.");
    if !beside.is_empty() {
        document.section("real", "To compare with");
    }
    for (name, images) in beside {
        document.pictures(&row(images, &PerSequence::default())?, name);
    }
    document.section("synthetic", "Synthetic");
    let newborn = |index: usize, center_b: bool, lesion: Option<Lesion>| {
        let share_center_b = f64::from(u8::from(center_b));
        participant_with(&PhantomConfig { seed, hie: 0, controls: 1, share_center_b }, index, lesion)
    };
    // Another newborn in every row, but the same one with a mild and with a severe injury.
    let mut shown: Vec<(String, Participant)> = [(0, false), (1, false), (2, true)]
        .map(|(index, center_b)| {
            let center = if center_b { "B" } else { "A" };
            (format!("no injury, center {center}"), newborn(index, center_b, None))
        })
        .into();
    let patterns = [Pattern::BasalGangliaThalamus, Pattern::Watershed, Pattern::CorticalHighlighting];
    for (index, pattern) in (3..).zip(patterns) {
        for severity in [0.5, 0.95] {
            let caption = format!("{}, severity {severity}", pattern.name().replace('_', " "));
            shown.push((caption, newborn(index, index == 4, Some(Lesion { pattern, severity }))));
        }
    }
    for (caption, newborn) in shown {
        let phantom = scan(&newborn).map_err(|e| e.to_string())?;
        let places = phantom.lesions.as_ref().map(|mask| centroid(mask, 0.5));
        document.pictures(&row(&phantom.images, &places)?, &caption);
    }
    Ok(document.finish())
}

/// Six pictures through a place (the image's middle where there is none).
fn row(
    images: &PerSequence<Volume>,
    places: &PerSequence<Option<[f64; 3]>>,
) -> Result<Vec<(String, String)>, String> {
    let mut pictures = Vec::new();
    for (sequence, image) in images.iter() {
        let crosshair_mm = places.of(sequence).or_else(|| centroid(image, 0.3 * automatic_window(image)[1]));
        let middle = image.dims().map(|n| (n as f64 - 1.0) / 2.0);
        let crosshair_mm = crosshair_mm.unwrap_or_else(|| image.affine().to_world(middle));
        for plane in Plane::ALL {
            let view =
                View { volume: image, plane, crosshair_mm, window: automatic_window(image), overlay: None };
            let pixels = view.paint(&Viewport::new(&view, SIZE, SIZE));
            pictures.push((png_address(&pixels, SIZE, SIZE)?, format!("{}, {plane:?}", sequence.suffix())));
        }
    }
    Ok(pictures)
}

/// Where the voxels above a limit lie, RAS mm; `None` where there are none.
fn centroid(volume: &Volume, limit: f32) -> Option<[f64; 3]> {
    let [nx, ny, _] = volume.dims();
    let (mut sum, mut n) = ([0.0; 3], 0.0);
    for (i, _) in volume.voxels().iter().enumerate().filter(|(_, v)| **v > limit) {
        for (s, c) in sum.iter_mut().zip([i % nx, i / nx % ny, i / (nx * ny)]) {
            *s += c as f64;
        }
        n += 1.0;
    }
    (n > 0.0).then(|| volume.affine().to_world(sum.map(|s| s / n)))
}
