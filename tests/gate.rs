//! Where exactly does an answer end and a refusal begin?
//!
//! The demo case against copies of the shipped bundle whose training newborns were moved nearer or further away, so that
//! each limit is met from both sides.

use hielight::fault::Notice;
use hielight::model::{Bundle, Check, ComputeDevice, Outcome, PerSequence, Predictor, Sequence};
use hielight::nomogram::BirthWeight;
use hielight::volume::{Volume, read_nifti};
use std::path::Path;

fn www(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("www").join(name)).unwrap()
}

fn shipped() -> Bundle {
    Bundle::read(&www("model.safetensors")).unwrap()
}

/// What a bundle says of the demo case: reasons to abstain, warnings, checks.
fn verdict(bundle: &Bundle) -> (Vec<Notice>, Vec<Notice>, Vec<Check>) {
    let predictor = Predictor::new(bundle, ComputeDevice::cpu()).unwrap();
    let demo = |sequence: Sequence| -> Volume {
        read_nifti(&www(&format!("demo/demo_{}.nii.gz", sequence.suffix()))).unwrap().volume
    };
    let prepared = predictor.prepare(PerSequence::from_fn(demo).as_ref()).unwrap();
    let weight = BirthWeight::parse("3200").unwrap();
    match pollster::block_on(predictor.assess(&prepared, weight, vec![], &mut |_| ())).unwrap() {
        Outcome::Assessed { assessment, .. } => (vec![], assessment.warnings, assessment.checks),
        Outcome::Abstained { reasons, warnings, checks } => (reasons, warnings, checks),
    }
}

fn codes(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.code.as_str()).collect()
}

fn value(checks: &[Check], code: &str) -> f64 {
    checks.iter().find(|c| c.code.as_str() == code && c.sequence == Some(Sequence::T1w)).unwrap().value
}

#[test]
fn is_an_image_refused_as_unfamiliar_beyond_two_and_a_half_times_the_furthest_newborn() {
    let mut bundle = shipped();
    let (reasons, _, checks) = verdict(&bundle);
    assert_eq!(codes(&reasons), [""; 0], "the demo case is answered");
    let distance = value(&checks, "familiarity");
    let mut with_furthest = |furthest: f64| {
        bundle.familiarity.T1w.statistics.distances = vec![furthest / 2.0, furthest];
        verdict(&bundle)
    };
    // A twentieth on either side of the limit.
    let (reasons, ..) = with_furthest(distance / 2.5 / 1.05);
    assert_eq!(codes(&reasons), ["unfamiliar"]);
    let (reasons, warnings, _) = with_furthest(distance / 2.5 * 1.05);
    assert_eq!(codes(&reasons), [""; 0]);
    assert!(codes(&warnings).contains(&"unfamiliar"), "{:?}", codes(&warnings));
}

#[test]
fn is_a_signature_refused_beyond_the_training_range_s_own_width() {
    let mut bundle = shipped();
    let (.., checks) = verdict(&bundle);
    let signature = value(&checks, "signature");
    let mut with_range = |low: f64, high: f64| {
        bundle.manifest.population.terms[0] = vec![low, high];
        verdict(&bundle)
    };
    // A range of 1 that ends a little less and a little more than 1 below the signature.
    let (reasons, warnings, _) = with_range(signature - 1.98, signature - 0.98);
    assert_eq!(codes(&reasons), [""; 0]);
    assert!(codes(&warnings).contains(&"signature_outside_training"), "{:?}", codes(&warnings));
    let (reasons, ..) = with_range(signature - 2.02, signature - 1.02);
    assert_eq!(codes(&reasons), ["signature_outside_training"]);
    let (reasons, ..) = with_range(signature + 1.02, signature + 2.02);
    assert_eq!(codes(&reasons), ["signature_outside_training"]);
}
