//! Does every message of the engine say the same in Chinese, with no English left in it?

use hielight::engine::Session;
use hielight::engine::message::{Answer, Order};
use hielight::fault::{Explained, Notice};
use hielight::language::{Language, Text};
use hielight::model::{ModelError, Sequence};
use hielight::nomogram::{BirthWeightError, ClinicalError};
use hielight::volume::{Affine, Encoding, Lookalike, Volume, VolumeError, read_nifti, write_nifti};

/// What is the same in every language: names, formats, units.
const NAMES: [&str; 34] = [
    "T1",
    "T2",
    "T1w",
    "T2w",
    "NIfTI",
    "DICOM",
    "SHA",
    "WebGPU",
    "CPU",
    "dcm2niix",
    "Git",
    "LFS",
    "Analyze",
    "nii",
    "gz",
    "hdr",
    "img",
    "HIELight",
    "mm",
    "ml",
    "g",
    "kg",
    "sform",
    "qform",
    "D",
    "safetensors",
    "x",
    "git",
    "lfs",
    "pull",
    "ZIP",
    "PDF",
    "macOS",
    "MiB",
];

fn chinese() -> Language {
    Language::all().into_iter().find(|l| l.tag() == "zh-Hans").unwrap()
}

/// Latin words, figures aside.
fn words(text: &str) -> Vec<&str> {
    let all = text.split(|c: char| !c.is_ascii_alphanumeric());
    all.filter(|w| w.chars().any(|c| c.is_ascii_alphabetic())).collect()
}

/// The numbers of a text, in order of size.
fn numbers(text: &str) -> Vec<&str> {
    let all = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    let mut all: Vec<&str> = all.map(|n| n.trim_matches('.')).filter(|n| !n.is_empty()).collect();
    all.sort_unstable();
    all
}

/// Whether a text is Chinese throughout and keeps what the English one states; `stated` are words of a value's own.
fn check(text: &Text, stated: &[&str]) {
    let (english, own) = (text.to_string(), chinese().say(text));
    assert!(own.chars().any(|c| c > '\u{4e00}'), "{english} is not translated: {own}");
    let foreign: Vec<&str> = words(&own).into_iter().filter(|w| !NAMES.contains(w)).collect();
    assert!(foreign.iter().all(|w| stated.contains(w)), "{foreign:?} in {own:?}");
    assert!(stated.iter().all(|w| own.contains(w)), "{stated:?} is not in {own:?}");
    assert_eq!(numbers(&english), numbers(&own), "{english:?} and {own:?}");
    assert!(!own.contains(['{', '}']), "{own}");
}

fn both(error: &dyn Explained, stated: &[&str]) {
    check(&error.text(), stated);
    check(&error.next_step(), &[]);
    check(&error.in_full(), stated);
    assert_eq!(error.to_string(), error.text().to_string());
}

#[test]
fn are_the_refusals_of_an_image_in_chinese() {
    use VolumeError as E;
    both(&E::NotNifti { looks_like: None }, &[]);
    use Lookalike as L;
    for (kind, stated) in [
        (L::Dicom, &[][..]),
        (L::LfsPointer, &[]),
        (L::Text, &[]),
        (L::Html, &[]),
        (L::Analyze, &[]),
        (L::Zip, &[]),
        (L::Packed("bzip2"), &["bzip2"]),
        (L::GzipTwice, &[]),
        (L::Pdf, &[]),
        (L::Picture("PNG"), &["PNG"]),
        (L::AppleDouble, &[]),
        (L::FolderNotes, &[]),
        (L::OtherImage("NRRD"), &["NRRD"]),
    ] {
        both(&E::NotNifti { looks_like: Some(kind) }, stated);
    }
    for error in [
        E::Empty,
        E::LineEnds,
        E::Pair { missing: None },
        E::NoPair,
        E::Truncated { expected: 5_000, found: 352 },
        E::Dimensions(2),
        E::DimensionSize { axis: 3, size: -7 },
        E::Series(120),
        E::VoxOffset { found: 12.5, least: 352 },
        E::VoxelSize { axis: 2, size: -0.5 },
        E::TooLarge { limit: 512 * 1024 * 1024 },
        E::Extent { mm: [0.2, 180.0, 1000.0] },
        E::NothingFinite,
        E::VoxelCount { expected: 504, found: 503 },
        E::Affine,
    ] {
        both(&error, &[]);
    }
    both(&E::Pair { missing: Some("scan.img".into()) }, &["scan", "img"]);
    both(&E::Gzip("corrupt deflate stream".into()), &["corrupt", "deflate", "stream"]);
    both(&E::Datatype("Rgb24".into()), &["Rgb24"]);
}

#[test]
fn are_the_models_refusals_in_chinese() {
    use ModelError as E;
    let bundle = |bytes: &[u8]| hielight::model::Bundle::read(bytes).unwrap_err();
    both(&bundle(b"not a bundle"), &[]);
    both(&E::BundleHash { stated: "ab12".into(), found: "cd34".into() }, &["ab12", "cd34"]);
    both(&E::BundleSchema { expected: 2, found: 7 }, &[]);
    both(&E::SameImage, &[]);
    both(&E::Missing(Sequence::T2w), &[]);
    both(&E::NoAdapter("none".into()), &[]);
    both(&E::SelfTest { device: "GPU (llvmpipe)".into(), expected: 1.5, found: -2.25 }, &["GPU", "llvmpipe"]);
    both(&E::Compute("device lost".into()), &["device", "lost"]);
    let dims = [20; 3];
    let rows = [[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]];
    let empty = Volume::new(dims, vec![0.0; 8_000], Affine::from_rows(rows).unwrap()).unwrap();
    both(&hielight::model::Recipe::default().brain_centre(&empty, Sequence::T1w).err().unwrap(), &[]);
    let wide = rows.map(|row| row.map(|v| 90.0 * v));
    let wide = Volume::new(dims, vec![1.0; 8_000], Affine::from_rows(wide).unwrap()).unwrap();
    both(&hielight::model::Recipe::default().brain_centre(&wide, Sequence::T1w).err().unwrap(), &[]);
}

#[test]
fn are_the_refusals_of_what_was_typed_in_chinese() {
    use BirthWeightError as B;
    for error in [B::Empty, B::NotPositive(-5.5), B::Kilograms(3.2), B::Implausible { found: 99_999.0 }] {
        both(&error, &[]);
    }
    both(&B::NotANumber("abc".into()), &["abc"]);
    use ClinicalError as C;
    both(&C::Missing("apgar5".into()), &["apgar5"]);
    both(&C::NotANumber { term: "apgar5".into(), typed: "nine".into() }, &["apgar5", "nine"]);
    both(&C::NotBinary("sex=M".into()), &["sex", "M"]);
    both(&C::Unknown("apgar5".into()), &["apgar5"]);
}

#[test]
fn are_the_doubts_about_a_file_in_chinese() {
    let rows = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 4.5, 0.0]];
    let volume = Volume::new([9, 8, 7], vec![1.0; 504], Affine::from_rows(rows).unwrap()).unwrap();
    let mut bytes = write_nifti(&volume, Encoding::F32);
    // Inches do not exist in NIfTI.
    bytes[123] = 4;
    // One voxel is no number.
    bytes[352..356].copy_from_slice(&f32::NAN.to_le_bytes());
    let doubts = read_nifti(&bytes).unwrap().warnings;
    let codes: Vec<&str> = doubts.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["non_finite_voxels", "not_millimetres", "thick_slices"]);
    doubts.iter().for_each(|d| check(&d.message, &[]));
    // No position at all: both codes of the header are 0.
    bytes[252..256].fill(0);
    let doubts = read_nifti(&bytes).unwrap().warnings;
    let lost: Vec<&Notice> = doubts.iter().filter(|d| d.code == "no_orientation").collect();
    assert_eq!(lost.len(), 1);
    check(&lost[0].message, &[]);
    check(&lost[0].labelled("T1w").message, &[]);
}

/// What a session says of the demo images, each given as `given` says, and the birth weight in grams.
fn said(given: [Sequence; 2], grams: &str) -> Vec<Text> {
    let mut session = Session::default();
    let mut texts = Vec::new();
    let mut ask = |order, buffer| {
        let (answer, _) =
            pollster::block_on(session.answer(order, buffer, &mut |phrase, _| texts.push(phrase)));
        answer
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/www");
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
    let mut answers = vec![ask(Order::Start, Some(read("model.safetensors")))];
    for (sequence, file) in given.into_iter().zip(["demo/demo_T1w.nii.gz", "demo/demo_T2w.nii.gz"]) {
        answers.push(ask(
            Order::Open { sequence, name: file.into(), starts: vec![], series: None },
            Some(read(file)),
        ));
    }
    answers.push(ask(Order::Analyse { birth_weight_g: grams.into(), covariates: vec![] }, None));
    for answer in answers {
        let notices = match answer {
            // The device may be any machine's; its name is no sentence.
            Answer::Ready { model, .. } => {
                texts.extend(
                    model.card.into_iter().filter(|(h, _)| h.to_string() != "Made by").map(|(_, t)| t),
                );
                vec![]
            }
            Answer::Opened(opened) => {
                texts.push(opened.description);
                opened.warnings
            }
            Answer::Assessed { assessment, .. } => assessment.warnings,
            Answer::Abstained { reasons, warnings, .. } => {
                assert!(!reasons.is_empty());
                [reasons, warnings].concat()
            }
            other => panic!("{other:?}"),
        };
        texts.extend(notices.into_iter().map(|n| n.message));
    }
    texts
}

#[test]
fn is_all_that_a_session_says_in_chinese() {
    let right = said([Sequence::T1w, Sequence::T2w], "5400");
    let swapped = said([Sequence::T2w, Sequence::T1w], "3200");
    let holds = |texts: &[Text], words: &str| texts.iter().any(|t| t.to_string().contains(words));
    assert!(
        holds(&right, "outside the training range") && holds(&right, "not valid on patients"),
        "{right:?}"
    );
    assert!(holds(&swapped, "swap them"), "{swapped:?}");
    for text in right.iter().chain(&swapped) {
        let names = ["RAS", "A", "B", "HIE", "AUC", "AdamW", "hielight", "phantom"];
        let stated: Vec<&str> = names.into_iter().filter(|n| words(&text.to_string()).contains(n)).collect();
        check(text, &stated);
    }
}
