//! Where exactly does an answer end and a refusal begin?
//!
//! The demo case against copies of the shipped bundle whose training newborns were moved nearer or further away, so that
//! each limit is met from both sides.

use hielight::fault::Notice;
use hielight::model::{Bundle, Check, ComputeDevice, Outcome, PerSequence, Predictor, Sequence, Verdict};
use hielight::nomogram::{BirthWeight, Clinical};
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
    verdict_of(bundle, "3200", &[])
}

/// The same, of another birth weight and with further terms.
fn verdict_of(
    bundle: &Bundle,
    grams: &str,
    covariates: &[(&str, &str)],
) -> (Vec<Notice>, Vec<Notice>, Vec<Check>) {
    let predictor = Predictor::new(bundle, ComputeDevice::cpu()).unwrap();
    let demo = |sequence: Sequence| -> Volume {
        read_nifti(&www(&format!("demo/demo_{}.nii.gz", sequence.suffix()))).unwrap().volume
    };
    let prepared = predictor.prepare(PerSequence::from_fn(demo).as_ref()).unwrap();
    let typed: Vec<_> = covariates.iter().map(|(term, typed)| ((*term).into(), (*typed).into())).collect();
    let weight = BirthWeight::parse(grams).unwrap();
    let clinical = Clinical::parse(weight, &typed, &bundle.manifest.nomogram.terms).unwrap();
    match pollster::block_on(predictor.assess(&prepared, clinical, vec![], &mut |_| ())).unwrap() {
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
fn is_every_check_at_the_edge_among_the_warnings() {
    let mut bundle = shipped();
    let (.., checks) = verdict(&bundle);
    let (brain, contrast) = (value(&checks, "brain_ml"), value(&checks, "contrast"));
    let population = &mut bundle.manifest.population;
    population.brain_ml.T1w = vec![brain + 1.0, brain + 2.0];
    population.contrast.T1w = vec![contrast - 0.2, contrast - 0.1];
    let (reasons, warnings, checks) = verdict(&bundle);
    assert_eq!(codes(&reasons), [""; 0]);
    let at_the_edge = checks.iter().filter(|check| check.verdict == Verdict::Edge).count();
    assert_eq!(codes(&warnings).iter().filter(|code| **code == "at_the_edge").count(), at_the_edge);
    assert!(at_the_edge >= 2, "{checks:?}");
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

#[test]
fn is_a_newborn_refused_for_a_weight_or_an_age_that_the_model_cannot_answer_for() {
    let mut bundle = shipped();
    bundle.manifest.nomogram.limits[2] = [2400.0, 4400.0];
    // A quarter of 2000 g beyond, and never below 2000 g.
    for (grams, answered) in
        [("900", false), ("1899", false), ("1999", false), ("2000", true), ("4900", true), ("4901", false)]
    {
        let (reasons, _, checks) = verdict_of(&bundle, grams, &[]);
        assert_eq!(
            codes(&reasons),
            if answered { vec![] } else { vec!["outside_intended_use"] },
            "{grams} g"
        );
        let verdict = checks.iter().find(|c| c.code.as_str() == "birth_weight_g").unwrap().verdict;
        assert_eq!(verdict == Verdict::Beyond, !answered, "{grams} g");
        if let [reason] = reasons.as_slice() {
            let said = reason.message.to_string();
            for part in [&*format!("{grams} g"), "2000 g to 4900 g", "check it in the record"] {
                assert!(said.contains(part), "{said}");
            }
        }
    }
    // A model of a site that was trained on preterm newborns too.
    let term = "gestational_age_weeks";
    let n = &mut bundle.manifest.nomogram;
    n.terms.push(term.into());
    n.coefficients.push(0.0);
    n.limits.push([30.0, 42.0]);
    n.covariance.iter_mut().for_each(|row| row.push(0.0));
    n.covariance.push(vec![0.0; 5]);
    n.covariance[4][4] = 1e-6;
    bundle.manifest.population.means.push(39.0);
    bundle.manifest.population.terms.push(vec![30.0, 39.0, 42.0]);
    for (weeks, answered) in [("35.9", false), ("36", true), ("45", true), ("45.1", false)] {
        let (reasons, ..) = verdict_of(&bundle, "3200", &[(term, weeks)]);
        assert_eq!(
            codes(&reasons),
            if answered { vec![] } else { vec!["outside_intended_use"] },
            "{weeks} weeks"
        );
    }
}
