//! Does every message of the engine say the same in Chinese, with no English left in it?

use hielight::engine::Session;
use hielight::engine::message::{Answer, Order};
use hielight::fault::{Explained, Notice};
use hielight::language::{Language, Text};
use hielight::model::{Bundle, ModelError, Recipe, Sequence};
use hielight::nomogram::{BirthWeightError, ClinicalError};
use hielight::text;
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

/// A refusal, and the words of a value's own in it.
type Refusal = (Box<dyn Explained>, &'static [&'static str]);

fn refusal(error: impl Explained + 'static, stated: &'static [&'static str]) -> Refusal {
    (Box::new(error), stated)
}

/// Every refusal of an image file.
fn of_images() -> Vec<Refusal> {
    use Lookalike as L;
    use VolumeError as E;
    let others = [
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
    ];
    let others = others.map(|(kind, stated)| refusal(E::NotNifti { looks_like: Some(kind) }, stated));
    let plain = [
        E::NotNifti { looks_like: None },
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
    ];
    let mut all: Vec<Refusal> = plain.map(|error| refusal(error, &[])).into();
    all.extend(others);
    all.push(refusal(E::Pair { missing: Some("scan.img".into()) }, &["scan", "img"]));
    all.push(refusal(E::Gzip("corrupt deflate stream".into()), &["corrupt", "deflate", "stream"]));
    all.push(refusal(E::Datatype("Rgb24".into()), &["Rgb24"]));
    all
}

/// Every refusal of a model, or by it.
fn of_models() -> Vec<Refusal> {
    use ModelError as E;
    let dims = [20; 3];
    let rows = [[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]];
    let empty = Volume::new(dims, vec![0.0; 8_000], Affine::from_rows(rows).unwrap()).unwrap();
    let wide = rows.map(|row| row.map(|v| 90.0 * v));
    let wide = Volume::new(dims, vec![1.0; 8_000], Affine::from_rows(wide).unwrap()).unwrap();
    let no_brain = |volume: &Volume| Recipe::default().brain(volume, Sequence::T1w).err().unwrap();
    vec![
        refusal(Bundle::read(b"not a bundle").unwrap_err(), &[]),
        refusal(E::BundleHash { stated: "ab12".into(), found: "cd34".into() }, &["ab12", "cd34"]),
        refusal(E::BundleSchema { expected: 2, found: 7 }, &[]),
        refusal(no_brain(&empty), &[]),
        refusal(no_brain(&wide), &[]),
        refusal(not_aligned(), &[]),
        refusal(E::SameImage, &[]),
        refusal(E::Missing(Sequence::T2w), &[]),
        refusal(E::Clinical(ClinicalError::Missing("apgar5".into())), &["apgar5"]),
        refusal(E::NoAdapter("none".into()), &[]),
        refusal(
            E::SelfTest { device: "GPU (llvmpipe)".into(), expected: 1.5, found: -2.25 },
            &["GPU", "llvmpipe"],
        ),
        refusal(E::Compute("device lost".into()), &["device", "lost"]),
    ]
}

/// What two images without a head in common get.
fn not_aligned() -> ModelError {
    ModelError::NotAligned { reason: text!("the head has not the size and shape of a newborn's") }
}

/// Every refusal of what was typed.
fn of_what_was_typed() -> Vec<Refusal> {
    use BirthWeightError as B;
    use ClinicalError as C;
    vec![
        refusal(B::Empty, &[]),
        refusal(B::NotPositive(-5.5), &[]),
        refusal(B::Kilograms(3.2), &[]),
        refusal(B::Implausible { found: 99_999.0 }, &[]),
        refusal(B::NotANumber("abc".into()), &["abc"]),
        refusal(C::Missing("apgar5".into()), &["apgar5"]),
        refusal(C::NotANumber { term: "apgar5".into(), typed: "nine".into() }, &["apgar5", "nine"]),
        refusal(C::NotBinary("sex=M".into()), &["sex", "M"]),
        refusal(C::Unknown("apgar5".into()), &["apgar5"]),
    ]
}

fn all_refusals() -> Vec<Refusal> {
    of_images().into_iter().chain(of_models()).chain(of_what_was_typed()).collect()
}

#[test]
fn is_every_refusal_in_chinese() {
    for (error, stated) in all_refusals() {
        both(error.as_ref(), stated);
    }
}

/// The variants of an enum, by its source.
fn variants(file: &str, name: &str) -> Vec<String> {
    let path = format!("{}/src/{file}", env!("CARGO_MANIFEST_DIR"));
    let source = syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap();
    let found = source.items.iter().find_map(|item| match item {
        syn::Item::Enum(found) if found.ident == name => Some(found),
        _ => None,
    });
    found.unwrap().variants.iter().map(|variant| variant.ident.to_string()).collect()
}

#[test]
fn is_every_refusal_with_its_next_step_what_it_was() {
    let said: Vec<(String, Box<dyn Explained>)> =
        all_refusals().into_iter().map(|(error, _)| (format!("{error:?}"), error)).collect();
    for (file, name) in [
        ("volume/error.rs", "VolumeError"),
        ("volume/content.rs", "Lookalike"),
        ("model/error.rs", "ModelError"),
        ("nomogram/birth_weight.rs", "BirthWeightError"),
        ("nomogram/clinical.rs", "ClinicalError"),
    ] {
        for variant in variants(file, name) {
            let is_there = |(debug, _): &(String, _)| {
                debug.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == variant)
            };
            assert!(said.iter().any(is_there), "{name}::{variant} is not in the table");
        }
    }
    let table: Vec<String> = said
        .iter()
        .map(|(debug, error)| {
            format!(
                "{debug} ({:?})\n  {}\n  {}\n",
                error.fault(),
                error.in_full(),
                chinese().say(&error.in_full())
            )
        })
        .collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/refusals.txt");
    if std::env::var_os("HIELIGHT_WRITE_GOLDEN").is_some() {
        std::fs::write(path, table.join("\n")).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    assert_eq!(table.join("\n"), golden, "where this is meant, write it anew with HIELIGHT_WRITE_GOLDEN=1");
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
    let right = said([Sequence::T1w, Sequence::T2w], "5000");
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
