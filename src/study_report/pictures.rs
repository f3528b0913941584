//! Slices with their overlay as PNG data addresses, for the newborns whom the model got wrong.

use super::study::FailureCase;
use crate::bids::Wanted;
use crate::model::{Bundle, ComputeDevice, Outcome, PerSequence, Predictor};
use crate::nomogram::{BirthWeight, Clinical};
use crate::render::{Overlay, Plane, View, Viewport, automatic_window};
use crate::study::{ImageFile, Prediction, Row, Study, find_images};
use crate::volume::Volume;
use base64::Engine as _;
use std::path::Path;

/// Cases of each kind.
const CASES: usize = 3;
/// Width and height of a picture, pixels.
pub(super) const SIZE: usize = 240;

/// The validation newborns whom the model got most wrong, with pictures through the strongest peaks.
///
/// # Errors
/// A sentence that names the newborn whose images could not be read again.
pub fn failure_cases(
    dataset: &Path,
    wanted: &Wanted,
    bundle: &Bundle,
    study: &Study,
    rows: &[Row],
) -> Result<Vec<FailureCase>, String> {
    let predictor = Predictor::new(bundle, ComputeDevice::cpu()).map_err(|e| e.to_string())?;
    let mut cases = Vec::new();
    for event in [true, false] {
        let validation = study.predictions.iter().zip(&study.values);
        let mut own: Vec<(&Prediction, &Vec<f64>)> =
            validation.filter(|(p, _)| p.cohort.is_validation() && p.event == event).collect();
        own.sort_by(|(a, _), (b, _)| a.probability.total_cmp(&b.probability));
        if !event {
            own.reverse();
        }
        for (prediction, values) in own.into_iter().take(CASES) {
            let Some(row) = rows.iter().find(|row| row.id == prediction.id) else { continue };
            cases.push(
                case(dataset, wanted, &predictor, prediction, values, row)
                    .map_err(|e| format!("{}: {e}", row.id))?,
            );
        }
    }
    Ok(cases)
}

fn case(
    dataset: &Path,
    wanted: &Wanted,
    predictor: &Predictor,
    prediction: &Prediction,
    values: &[f64],
    row: &Row,
) -> Result<FailureCase, String> {
    let read = |sequence| -> Result<Volume, String> {
        let found = find_images(dataset, &[&row.id], wanted).map_err(|e| e.to_string())?;
        let path = found.first().ok_or("no such image")?.of(sequence);
        let image = ImageFile::open(path).and_then(|file| file.read());
        Ok(image.map_err(|e| e.in_full())?.volume.into_ras())
    };
    let images = PerSequence::try_from_fn(read)?;
    let weight = BirthWeight::parse(&row.birth_weight_g.to_string()).map_err(|e| e.to_string())?;
    let terms = &predictor.manifest().nomogram.terms;
    let named = terms.iter().cloned().zip(values.iter().map(f64::to_string));
    let covariates: Vec<(String, String)> = named.skip(Clinical::BEFORE).collect();
    let clinical = Clinical::parse(weight, &covariates, terms).map_err(|e| e.to_string())?;
    let outcome = pollster::block_on(predictor.assess_images(images.as_ref(), clinical, vec![], &mut |_| ()))
        .map_err(|e| e.to_string())?;
    let kind = if prediction.event { "HIE" } else { "control" };
    let injury = match (row.other("pattern"), row.other("severity")) {
        (Some(pattern), Some(severity)) => format!(", {} of severity {severity}", pattern.replace('_', " ")),
        _ if prediction.event => ", no visible injury stated".into(),
        _ => String::new(),
    };
    let mut caption = format!(
        "{kind} with a probability of {:.0} %{injury} ({}, center {})",
        100.0 * prediction.probability,
        prediction.cohort.as_str(),
        prediction.center
    );
    let mut pictures = Vec::new();
    match outcome {
        Outcome::Abstained { .. } => caption.push_str("; the model abstains from this newborn"),
        Outcome::Assessed { assessment, maps } => {
            for (sequence, map) in maps.iter() {
                let (volume, suffix) = (images.of(sequence), sequence.suffix());
                let peak = assessment.cam_peaks.strongest_of(sequence);
                let middle = volume.dims().map(|n| (n as f64 - 1.0) / 2.0);
                let crosshair_mm = peak.map_or_else(|| volume.affine().to_world(middle), |p| p.ras_mm);
                let overlay = Overlay {
                    map: &map.map,
                    full_scale: *predictor.manifest().overlay_full_scale.of(sequence),
                    opacity: 0.6,
                    threshold: 0.1,
                    signed: false,
                };
                for plane in Plane::ALL {
                    let view = View {
                        volume,
                        plane,
                        crosshair_mm,
                        window: automatic_window(volume),
                        overlay: Some(overlay),
                    };
                    let pixels = view.paint(&Viewport::new(&view, SIZE, SIZE));
                    let [x, y, z] = crosshair_mm;
                    let text = format!("{suffix}, {plane:?} through {x:.0}, {y:.0}, {z:.0} mm (RAS)");
                    pictures.push((png_address(&pixels, SIZE, SIZE)?, text));
                }
            }
        }
    }
    Ok(FailureCase { id: row.id.clone(), caption, pictures })
}

/// RGBA pixels, row by row from the top, as a PNG data address.
///
/// # Errors
/// A sentence where the sizes do not fit.
pub fn png_address(pixels: &[u8], width: usize, height: usize) -> Result<String, String> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| e.to_string())?;
    writer.write_image_data(pixels).map_err(|e| e.to_string())?;
    writer.finish().map_err(|e| e.to_string())?;
    Ok(format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(&file)))
}
