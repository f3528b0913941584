//! Does the engine keep its model when another one is refused, forget the images when one is taken, and say what computes?

use hielight::engine::message::{Answer, ModelSummary, Order};
use hielight::engine::{Session, Transfer};
use hielight::model::{Adapter, DeviceChoice, Sequence};
use std::io::Read as _;

const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/model.safetensors");
const T1W: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/demo/demo_T1w.nii.gz");

fn ask(session: &mut Session, order: Order, buffer: Option<Vec<u8>>) -> Answer {
    let (answer, _): Transfer = pollster::block_on(session.answer(order, buffer, &mut |_, _| ()));
    answer
}

fn started(answer: Answer) -> ModelSummary {
    match answer {
        Answer::Ready { model, .. } => *model,
        other => panic!("not ready: {other:?}"),
    }
}

fn message(answer: Answer) -> String {
    match answer {
        Answer::Failed { message, .. } => message.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn does_a_refused_bundle_leave_the_model_and_the_images_before() {
    let bytes = std::fs::read(BUNDLE).unwrap();
    let mut session = Session::default();
    let model = started(ask(&mut session, Order::Start, Some(bytes.clone())));
    assert_eq!(model.means.len(), model.nomogram.terms.len());
    let open = Order::Open { sequence: Sequence::T1w, name: "T1w".into(), starts: vec![], series: None };
    let opened = ask(&mut session, open, Some(std::fs::read(T1W).unwrap()));
    assert!(matches!(opened, Answer::Opened(_)), "{opened:?}");
    let analyse = || Order::Analyse { birth_weight_g: "3200".into(), covariates: vec![] };
    assert!(message(ask(&mut session, analyse(), None)).contains("T2w image is missing"));

    let mut altered = bytes.clone();
    let last = altered.len() - 9;
    altered[last] ^= 0x40;
    assert!(message(ask(&mut session, Order::Start, Some(altered))).contains("altered"));
    let text = b"not a bundle".to_vec();
    assert!(message(ask(&mut session, Order::Start, Some(text))).contains("no safetensors"));
    // The T1w image is still there: only the other one is missing.
    assert!(message(ask(&mut session, analyse(), None)).contains("T2w image is missing"));

    started(ask(&mut session, Order::Start, Some(bytes)));
    assert!(message(ask(&mut session, analyse(), None)).contains("T1w image is missing"));
}

#[test]
fn does_the_cpu_answer_at_once_and_every_choice_of_device_say_what_computes_and_why() {
    let bytes = std::fs::read(BUNDLE).unwrap();
    let mut session = Session::default();
    let choose = |session: &mut Session, choice| match ask(session, Order::Device { choice }, None) {
        Answer::Device { device, why } => (device.kind, why.to_string()),
        other => panic!("no device: {other:?}"),
    };
    match ask(&mut session, Order::Start, Some(bytes)) {
        Answer::Ready { device, .. } => assert_eq!(device.kind, "cpu"),
        other => panic!("not ready: {other:?}"),
    }
    // In software it is not even asked for an adapter.
    session.adapter = Some(Adapter::new(&["google", "swiftshader"], false));
    let (kind, why) = choose(&mut session, DeviceChoice::Auto);
    assert_eq!(kind, "cpu");
    assert!(why.contains("google, swiftshader") && why.contains("software"), "{why}");
    assert_eq!(choose(&mut session, DeviceChoice::Cpu), ("cpu".into(), "It was chosen.".into()));
    session.adapter = None;
    if cfg!(not(feature = "gpu")) {
        let (kind, why) = choose(&mut session, DeviceChoice::Gpu);
        assert_eq!(kind, "cpu");
        assert!(why.contains("WebGPU is not used, because"), "{why}");
    }
}

/// The demo's T1w image as a pair: a header and the voxels.
fn halves() -> [Vec<u8>; 2] {
    let mut whole = Vec::new();
    let packed = std::fs::read(T1W).unwrap();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut whole).unwrap();
    let voxels = whole.split_off(352);
    whole.truncate(348);
    whole[344..348].copy_from_slice(b"ni1\0");
    whole[108..112].copy_from_slice(&0_f32.to_le_bytes());
    [whole, voxels]
}

#[test]
fn is_a_pair_the_same_image_as_one_file_and_half_of_it_refused_by_the_other_halfs_name() {
    let mut session = Session::default();
    started(ask(&mut session, Order::Start, Some(std::fs::read(BUNDLE).unwrap())));
    let mut open = |name: &str, starts: Vec<u32>, bytes: Vec<u8>| {
        let order = Order::Open { sequence: Sequence::T1w, name: name.into(), starts, series: None };
        pollster::block_on(session.answer(order, Some(bytes), &mut |_, _| ()))
    };
    let (one, voxels) = open("a_T1w.nii.gz", vec![], std::fs::read(T1W).unwrap());
    let [header, raw] = halves();
    let (pair, again) =
        open("a_T1w.hdr + a_T1w.img", vec![header.len() as u32], [header.clone(), raw.clone()].concat());
    let (Answer::Opened(one), Answer::Opened(pair)) = (one, pair) else { panic!("not read") };
    assert!(voxels == again, "the voxels are others");
    assert_eq!((one.dims, one.affine, one.focus_mm), (pair.dims, pair.affine, pair.focus_mm));
    assert_ne!(one.sha256, pair.sha256);
    assert!(message(open("a_T1w.hdr", vec![], header).0).contains("a_T1w.img is missing"));
    assert!(message(open("a_T1w.IMG", vec![], raw).0).contains("a_T1w.HDR is missing"));
}
