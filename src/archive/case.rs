//! The report of one visit, as the page makes it: one page of HTML with pictures.

use super::visit::Visit;
use crate::export::{
    Bar, CaseReport, Content, Drawing, Picture, REPORT_STYLE, Verdict, card_excerpt, caution, facts,
    neighbours_sentence, next_steps, population_of_training,
};
use crate::language::{Language, Text};
use crate::model::{
    Assessment, Manifest, ModelIdentity, Outcome, PerSequence, Predictor, Provenance, SignedMap, card,
};
use crate::render::chart::{Curve, Reading, gauge, reliability};
use crate::render::{Pixels, Scene, automatic_window, percent_within, small_percent};
use crate::study_report::png_address;
use crate::text;
use crate::volume::Volume;

/// How tight it is (`www/report.css`): nothing measures it here, and with this most take one page of A4.
const FIT: &str = "3";

/// The file's text; `images` in RAS.
///
/// # Errors
/// A sentence where a picture cannot be made.
pub fn report(
    visit: &Visit,
    predictor: &Predictor,
    model: &ModelIdentity,
    images: PerSequence<Volume>,
    outcome: &Outcome,
    provenance: &Provenance,
) -> Result<String, String> {
    let manifest = predictor.manifest();
    let language = Language::default();
    let mut scene = Scene::default();
    for (at, image) in [images.T1w, images.T2w].into_iter().enumerate() {
        let window = automatic_window(&image);
        scene.set_image(at, Some((image, window, [0.0; 3])));
    }
    let (content, warnings, checks, at_mm) = match outcome {
        Outcome::Abstained { reasons, warnings, checks } => {
            let steps = next_steps(reasons);
            let reasons = reasons.iter().map(|r| r.message.clone()).chain(steps).collect();
            (Content::Refusal(reasons), warnings, checks, None)
        }
        Outcome::Assessed { assessment, maps } => {
            for (at, (sequence, map)) in maps.iter().enumerate() {
                scene.set_map(at, map.map.clone(), *manifest.overlay_full_scale.of(sequence));
            }
            let verdict = verdict(manifest, assessment, maps, &language);
            let peak = assessment.cam_peaks.strongest().map(|peak| peak.ras_mm);
            (Content::Answer(Box::new(verdict)), &assessment.warnings, &assessment.checks, peak)
        }
    };
    let plates = scene.plates(at_mm.or_else(|| scene.middle_mm()));
    let address = |pixels: &Pixels| png_address(&pixels.values, pixels.size[0], pixels.size[1]);
    let pictures = plates
        .planes
        .iter()
        .map(|(pixels, caption)| Ok(Picture { address: address(pixels)?, caption: caption.clone() }));
    let bars = plates.bars.iter().map(|(pixels, scale)| {
        let (low, high, words) = (scale.low.clone(), scale.high.clone(), scale.words.clone());
        Ok(Bar { address: address(pixels)?, low, high, words })
    });
    let card: Vec<(Text, Text)> =
        manifest.card.iter().map(|(heading, text)| card::read(heading, text)).collect();
    let report = CaseReport {
        label: visit.stem(),
        comment: String::new(),
        files: None,
        scan_date: String::new(),
        scan_age: String::new(),
        // The same inputs give the same bytes.
        time: String::new(),
        caution: caution(manifest.synthetic),
        content,
        warnings: warnings.clone(),
        checks: checks.clone(),
        device: predictor.device().info.name.clone(),
        model: model.clone(),
        card: card_excerpt(&card),
        provenance: provenance.clone(),
        pictures: pictures.collect::<Result<_, String>>()?,
        pictures_words: plates.words.clone(),
        bars: bars.collect::<Result<_, String>>()?,
    };
    let page = report.page(&language, FIT);
    Ok(report.file(page, &language, &format!("HIELight, {}", visit.stem()), REPORT_STYLE))
}

fn verdict(
    manifest: &Manifest,
    a: &Assessment,
    maps: &PerSequence<SignedMap>,
    language: &Language,
) -> Verdict {
    // Cohorts that the nomogram has not seen; all of them where there is no other.
    let any = manifest.cohorts.iter().any(|cohort| cohort.role.is_validation());
    let shown = manifest.cohorts.iter().filter(|cohort| !any || cohort.role.is_validation());
    let curves: Vec<Curve<'_>> =
        shown.map(|c| Curve { role: &c.role, outcome: &c.outcome, probability: &c.probability }).collect();
    let reading =
        Reading { probability: a.probability, interval95: a.interval95, ensemble_range: a.ensemble_range };
    let gauge = curves.last().map(|last| gauge(*last, &reading, manifest.threshold, 360.0, language));
    let contributions = maps.iter().map(|(sequence, map)| (sequence, map.contribution()));
    Verdict {
        probability: percent_within(a.probability, a.interval95),
        void: manifest.synthetic.then(|| text!("not valid")),
        population: population_of_training(&small_percent(manifest.training_share)),
        facts: facts(a, contributions, manifest.threshold),
        neighbours: neighbours_sentence(&manifest.neighbours(a.probability), manifest.synthetic),
        points: a.points.clone(),
        peaks: a.cam_peaks.clone(),
        gauge: Drawing::of(gauge.unwrap_or_default(), "gauge"),
        reliability: Drawing::of(reliability(&curves, Some(a.probability), 300.0, language), "reliability"),
    }
}
