//! What a picture shows, in words: its plane, its convention, its overlay's scale.

use super::measure::{Found, Measure};
use super::plane::{Convention, Plane};
use super::scene::Scene;
use crate::language::{Text, number};
use crate::text;

/// The images by their number in a [`Scene`].
pub const NAMES: [&str; 2] = ["T1w", "T2w"];

/// A plane's name.
#[must_use]
pub fn plane_name(plane: Plane) -> Text {
    match plane {
        Plane::Axial => text!("Axial"),
        Plane::Coronal => text!("Coronal"),
        Plane::Sagittal => text!("Sagittal"),
    }
}

/// The ends of an overlay's scale, log-odds per ml, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    pub low: Text,
    pub high: Text,
    pub words: Text,
}

/// The scale of an image's overlay, where it has one.
#[must_use]
pub fn scale(scene: &Scene, image: usize) -> Option<Scale> {
    let (map, full) = (scene.maps[image].as_ref()?, scene.scale_of(image)?);
    let lay = scene.lays[image];
    let [full, threshold] = [full, full * lay.threshold].map(f64::from);
    let low = if lay.signed { number(-full, 3) } else { "0".into() };
    let [x, y, z] = map.volume.affine().spacing_mm();
    let cells = if (x - y).abs() + (x - z).abs() < 0.05 {
        text!("{x} mm cells", x = number(x, 0))
    } else {
        text!("{x} x {y} x {z} mm cells", x = number(x, 1), y = number(y, 1), z = number(z, 1))
    };
    let scale = if lay.own_scale {
        text!("SCALED TO THIS IMAGE'S OWN LARGEST VALUE: not comparable between images")
    } else {
        text!("scale fixed by the model")
    };
    let sign = if lay.signed { text!("for (orange) and against (blue) HIE") } else { text!("for HIE only") };
    let edge = if lay.soft { text!("soft") } else { text!("hard") };
    let hidden = if !lay.on || scene.bare { text!("; HIDDEN") } else { Text::from("") };
    let words = text!(
        "{image} overlay: log-odds per ml, {sign}; {scale}; native resolution {cells}; {edge} threshold \
         {threshold}; opacity {opacity} %{hidden}",
        image = NAMES[image],
        sign,
        scale,
        cells,
        edge,
        threshold = number(threshold, 3),
        opacity = number(100.0 * f64::from(lay.opacity), 0),
        hidden
    );
    Some(Scale { low: low.into(), high: number(full, 3).into(), words })
}

/// Which side is left.
#[must_use]
pub fn convention(scene: &Scene) -> Text {
    match scene.convention {
        Convention::Radiological => {
            text!("Radiological convention: the patient's left is on the right-hand side.")
        }
        Convention::Neurological => {
            text!("Neurological convention: the patient's left is on the left-hand side.")
        }
    }
}

/// A measure in words.
#[must_use]
pub fn measured(at: usize, measure: &Measure) -> Text {
    let place = text!(
        "{plane}, {name}, slice {slice}",
        plane = plane_name(measure.plane),
        name = NAMES[measure.image],
        slice = measure.slice + 1
    );
    let n = at + 1;
    match measure.found {
        Found::Length { mm } => text!("{n}: {mm} mm ({place})", n, mm = number(mm, 1), place),
        Found::Region { voxels, mean, sd, area_mm2 } => text!(
            "{n}: mean {mean}, SD {sd}, {voxels} voxels, {area} mm² ({place})",
            n,
            mean = mean.map_or(text!("none"), |v| number(v, 1).into()),
            sd = sd.map_or(text!("none"), |v| number(v, 1).into()),
            voxels,
            area = number(area_mm2, 0),
            place
        ),
    }
}
