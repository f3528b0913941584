//! DICOM: files of several scanners and writers, and a converter's answers to them; what is refused, and how.

mod support;

use hielight::dicom::{DicomError, Doubt, Instance, Picture, Weighting, proposed};
use hielight::fault::Explained as _;
use hielight::render::thumbnail;
use hielight::volume::{Encoding, Volume, write_nifti_gz};
use proptest::prelude::*;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use support::data;
use support::dicom::{File, Set, head, slices, t1, t2};

fn expected() -> BTreeMap<String, Vec<Value>> {
    serde_json::from_slice(&std::fs::read(data().join("dicom/expected.json")).unwrap()).unwrap()
}

/// Least, largest, mean and standard deviation.
fn statistics(volumes: &[&Volume]) -> [f64; 4] {
    let voxels = || volumes.iter().flat_map(|volume| volume.voxels().iter().map(|v| f64::from(*v)));
    let n = voxels().count() as f64;
    let mean = voxels().sum::<f64>() / n;
    let deviation = (voxels().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    [voxels().fold(f64::INFINITY, f64::min), voxels().fold(f64::NEG_INFINITY, f64::max), mean, deviation]
}

/// Mean voxel index along each axis, weighted by magnitude.
fn centre(volume: &Volume) -> [f64; 3] {
    let dims = volume.dims();
    let weights = || volume.voxels().iter().map(|v| f64::from(v.abs()));
    let total: f64 = weights().sum();
    let strides = [1, dims[0], dims[0] * dims[1]];
    std::array::from_fn(|a| {
        let index = |i: usize| (i / strides[a] % dims[a]) as f64;
        weights().enumerate().map(|(i, w)| w * index(i)).sum::<f64>() / total
    })
}

#[test]
fn is_every_volume_what_the_reference_converter_makes_of_it() {
    for (name, answers) in expected() {
        // Here the converter writes what is no volume of one grid; the next tests say how they are refused.
        if ["colour", "one_slice", "uneven", "one_place", "tilted"].contains(&name.as_str()) {
            continue;
        }
        let set = Set::named(&name);
        let volumes = set.volumes();
        assert!(!volumes.is_empty(), "{name}");
        for answer in &answers {
            let wanted = ["min", "max", "mean", "std"].map(|key| answer[key].as_f64().unwrap());
            let shape: Vec<u64> =
                answer["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
            let same: Vec<&Volume> = volumes
                .iter()
                .filter(|(number, _)| Some(*number) == answer["series"].as_i64())
                .map(|v| &v.1)
                .collect();
            // A time series is one answer; two kinds of image in one file are two.
            let found: Vec<&Volume> = if shape.len() == 4 {
                assert_eq!(same.len() as u64, shape[3], "{name}");
                same
            } else {
                let near = |v: &&Volume| (statistics(&[v])[1] - wanted[1]).abs();
                same.into_iter().min_by(|a, b| near(a).total_cmp(&near(b))).into_iter().collect()
            };
            let volume = found[0];
            assert_eq!(volume.dims().map(|n| n as u64), shape[..3], "{name}");
            let rows = volume.affine().rows();
            for (r, row) in rows.iter().enumerate() {
                for (c, own) in row.iter().enumerate() {
                    // The converter keeps positions in float32 and its answers have six digits after the point.
                    let theirs = answer["affine"][r][c].as_f64().unwrap();
                    assert!((own - theirs).abs() < 1e-4, "{name}: {own} instead of {theirs}");
                }
            }
            // Whole numbers are the same; those that are scaled were rounded to float32 on both sides, and the map's
            // slope stands in its file twice, with five digits the one time.
            let scale = wanted[0].abs().max(wanted[1].abs());
            let tolerance = match (name.as_str(), wanted[0] < 0.0) {
                ("philips_two_kinds", true) => 2e-5 * scale,
                ("philips_two_kinds" | "philips_enhanced" | "scaled_slice_by_slice", _) => 1e-6 * scale,
                // Sums of many numbers in another order.
                _ => 1e-9 * scale,
            };
            for (own, theirs) in statistics(&found).into_iter().zip(wanted) {
                assert!((own - theirs).abs() <= tolerance, "{name}: {own} instead of {theirs}");
            }
            for (axis, own) in centre(volume).into_iter().enumerate().filter(|_| shape.len() == 3) {
                let theirs = answer["centre"][axis].as_f64().unwrap();
                // Voxels; scaled ones differ by 1e-5 of theirs, a mirrored image by far more.
                assert!(
                    (own - theirs).abs() < 1e-3,
                    "{name}: centre {own} instead of {theirs} along axis {axis}"
                );
            }
        }
    }
}

#[test]
fn is_one_image_the_same_in_nine_transfer_syntaxes() {
    let volumes = Set::named("syntaxes").volumes();
    let numbers: Vec<i64> = volumes.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=9).collect::<Vec<i64>>());
    for (number, volume) in &volumes {
        assert!(volume == &volumes[0].1, "series {number} differs");
    }
}

#[test]
fn is_what_no_diagnosis_may_rest_on_refused_each_with_its_reason() {
    for (name, words) in [
        ("syntaxes", "echo-planar"),
        ("unused_bits", "echo-planar"),
        ("siemens_enhanced_series", "holds 2 images at every place"),
        ("scaled_slice_by_slice", "its type says MPR"),
        ("one_slice", "too few slices (1)"),
        ("colour", "in colour"),
        ("two_slices", "too few slices (2)"),
        ("uneven", "5.00 to 10.00 mm apart, so slices are missing (number: 1)"),
        ("two_orientations", "2 orientations"),
        ("one_place", "all 4 images of the series lie at one place"),
        ("tilted", "lean by 14.0°"),
        // Fragments of four to eight slices: they lie well, and are no head.
        ("siemens", "x 4.0 mm"),
        ("philips", "x 2.4 mm"),
        ("hitachi", "x 16.0 mm"),
    ] {
        let set = Set::named(name);
        assert!(!set.series.is_empty(), "{name}");
        for series in &set.series {
            let error = series.check().expect_err(name);
            assert!(error.to_string().contains(words), "{name}: {error}");
            assert!(error.next_step().to_string().ends_with('.'), "{name}");
            assert_eq!(series.weighting.filter(|_| series.refusal.is_some()), None, "{name}");
        }
    }
    // Of one file with a magnitude image and a map of the field, the map alone is refused.
    let set = Set::named("philips_two_kinds");
    let refused: Vec<Option<&DicomError>> = set.series.iter().map(|series| series.refusal.as_ref()).collect();
    assert_eq!(refused.len(), 2);
    assert!(refused.contains(&None) && refused.contains(&Some(&DicomError::Derived("B0"))), "{refused:?}");
}

#[test]
fn is_a_volume_the_same_along_every_axis_and_in_any_order_of_files() {
    let head = head();
    for axis in 0..3 {
        let mut files = slices(&head, axis, &t1(4));
        let forward = Set::written(&files);
        // Neither order nor the numbers of the images say where a slice lies.
        files.reverse();
        files.rotate_left(5);
        for (k, file) in files.iter_mut().enumerate() {
            *file = file.clone().text(0x0020_0013, b"IS", &(k * 31 % 17).to_string());
        }
        let shuffled = Set::written(&files);
        for set in [&forward, &shuffled] {
            assert_eq!(set.series.len(), 1);
            assert_eq!(set.series[0].check(), Ok(()));
            let volume = set.volume(&set.series[0], 0).unwrap();
            let wanted = head.clone().into_ras();
            assert_eq!(volume.dims(), wanted.dims());
            assert_eq!(volume.voxels(), wanted.voxels());
            let off = volume
                .affine()
                .rows()
                .into_iter()
                .flatten()
                .zip(wanted.affine().rows().into_iter().flatten());
            // Positions are written with nine digits after the point.
            assert!(off.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-6);
        }
        let bytes = |set: &Set| -> Vec<u8> {
            set.series[0].files().into_iter().flat_map(|n| set.files[n].clone()).collect()
        };
        assert_eq!(forward.series[0].id, shuffled.series[0].id);
        assert_eq!(forward.series[0].files().len(), head.dims()[axis]);
        assert_ne!(bytes(&forward).len(), 0);
    }
}

#[test]
fn is_a_file_without_its_preamble_or_its_own_elements_read() {
    let files: Vec<Vec<u8>> = slices(&head(), 2, &t1(4)).iter().map(File::bytes).collect();
    // The preamble and its mark; then the one element of the file's own, which names the encoding.
    for start in [132, 132 + 28] {
        let set = Set::of(files.iter().map(|bytes| bytes[start..].to_vec()).collect());
        assert_eq!(set.series.len(), 1, "{start}");
        assert_eq!(set.volume(&set.series[0], 0).unwrap().voxels(), head().into_ras().voxels());
    }
    let text = b"08 00 is how a text may begin too".to_vec();
    assert_eq!(Instance::read(&text), Err(DicomError::NotDicom));
}

/// A change to the files of a head's series, and words of the reason with which it is refused.
type Change = (&'static str, fn(&mut Vec<File>), &'static str);

#[test]
fn is_each_fault_of_a_stack_named() {
    let changes: [Change; 18] = [
        (
            "it is GE's real part",
            |files| all(files, |f| f.text(0x0008_0070, b"LO", "GE MEDICAL SYSTEMS").short(0x0043_102f, 2)),
            "type REAL",
        ),
        ("a slice is missing", |files| drop(files.remove(7)), "missing (number: 1)"),
        ("three are missing", |files| drop(files.drain(7..10)), "missing (number: 3)"),
        ("a slice is there twice", |files| files.push(files[5].clone()), "number of places: 1"),
        ("all are there twice", |files| files.extend(files.clone()), "2 images at every place"),
        ("two are left", |files| files.truncate(2), "too few slices (2)"),
        ("a file is cut", |files| files[3] = files[3].clone().voxels([1, 2]), "holds 4 bytes of voxels"),
        (
            "a position is none",
            |files| files[3] = files[3].clone().text(0x0020_0032, b"DS", "1\\x\\2"),
            "where they lie",
        ),
        ("a slope is 0", |files| all(files, |f| f.text(0x0028_1053, b"DS", "0")), "scaling"),
        (
            "a slope is nonsense",
            |files| files[2] = files[2].clone().text(0x0028_1053, b"DS", "1,5"),
            "scaling",
        ),
        ("it is CT", |files| all(files, |f| f.text(0x0008_0060, b"CS", "CT")), "not MRI"),
        (
            "it is for planning",
            |files| all(files, |f| f.text(0x0008_103e, b"LO", "T1 localizer")),
            "localizer",
        ),
        (
            "it is derived",
            |files| all(files, |f| f.text(0x0008_0008, b"CS", "DERIVED\\SECONDARY")),
            "says DERIVED",
        ),
        (
            "it is the phase",
            |files| all(files, |f| f.text(0x0008_0008, b"CS", "ORIGINAL\\PRIMARY\\P")),
            "type PHASE",
        ),
        (
            "it is in colour",
            |files| all(files, |f| f.text(0x0028_0004, b"CS", "RGB").short(0x0028_0002, 3)),
            "colour",
        ),
        (
            "its encoding is unknown",
            |files| all(files, |f| f.text(0x0002_0010, b"UI", "1.2.840.10008.1.2.4.201")),
            "compressed in a way",
        ),
        (
            "it says to be longer",
            |files| all(files, |f| f.text(0x0028_0008, b"IS", "9")),
            "says that it holds 9",
        ),
        ("bits lie outside", |files| all(files, |f| f.short(0x0028_0102, 3)), "up to bit 3"),
    ];
    for (what, change, words) in changes {
        let mut files = slices(&head(), 2, &t1(4));
        change(&mut files);
        // Another series beside it.
        files.extend(slices(&head(), 2, &t2(6)));
        let set = Set::written(&files);
        let (mut refused, mut read) = (0, 0);
        for series in &set.series {
            match series.read(&mut |n| set.files.get(n).map(Cow::from)) {
                Err(error) => {
                    assert_eq!(series.number, Some(4), "{what}: {error}");
                    assert!(error.to_string().contains(words), "{what}: {error}");
                    refused += 1;
                }
                Ok(_) => {
                    assert_eq!(series.number, Some(6), "{what}");
                    read += 1;
                }
            }
        }
        assert!(refused > 0, "{what} passed");
        assert_eq!(read, 1, "{what}: a refusal takes no other series along");
    }
}

fn all(files: &mut [File], change: impl Fn(File) -> File) {
    for file in files {
        *file = change(file.clone());
    }
}

#[test]
fn is_a_slice_out_of_line_told_beyond_two_tenths_of_a_millimetre() {
    // 4.2 mm apart: a fifth of a millimetre is what the reference converter lets pass too.
    for (mm, passes) in [(0.15, true), (0.3, false)] {
        let head = head();
        let mut files = slices(&head, 2, &t1(4));
        let moved = head.affine().to_world([0.0, 0.0, 6.0 + mm / 4.2]);
        let position = format!("{:.6}\\{:.6}\\{:.6}", -moved[0], -moved[1], moved[2]);
        files[6] = files[6].clone().text(0x0020_0032, b"DS", &position);
        let set = Set::written(&files);
        assert_eq!(set.series[0].check().is_ok(), passes, "{mm} mm: {:?}", set.series[0].check());
    }
}

#[test]
fn are_t1w_and_t2w_proposed_by_names_and_timing_and_never_against_either() {
    use Weighting::{T1, T2};
    for (name, repetition, echo, wanted) in [
        ("T1 TSE", 600.0, 12.0, Some(T1)),
        ("t2_tse_tra", 5500.0, 140.0, Some(T2)),
        // Names alone, timing alone.
        ("AX T2 FSE", 0.0, 0.0, Some(T2)),
        ("tra 2mm", 600.0, 10.0, Some(T1)),
        ("tra 2mm", 6000.0, 150.0, Some(T2)),
        // They contradict each other.
        ("T1 TSE", 6000.0, 150.0, None),
        ("T2 TSE", 500.0, 10.0, None),
        // Neither.
        ("T2 FLAIR", 9000.0, 120.0, None),
        ("T2* GRE", 600.0, 20.0, None),
        ("ep2d_diff", 5000.0, 90.0, None),
        ("PD TSE", 3000.0, 15.0, None),
        ("tra", 3000.0, 15.0, None),
        ("T1 T2 map", 0.0, 0.0, None),
    ] {
        let set = Set::written(&slices(&head(), 2, &support::dicom::series(4, name, repetition, echo)));
        assert_eq!(set.series[0].weighting, wanted, "{name}, TR {repetition}, TE {echo}");
    }
    // One of each kind is proposed; of two, none.
    let mut files = slices(&head(), 2, &t1(3));
    files.extend(slices(&head(), 2, &t2(5)));
    let number = |set: &Set, w| proposed(&set.series, w).and_then(|series| series.number);
    let set = Set::written(&files);
    assert_eq!((number(&set, T1), number(&set, T2)), (Some(3), Some(5)));
    files.extend(slices(&head(), 2, &t2(7)));
    let set = Set::written(&files);
    assert_eq!((number(&set, T1), number(&set, T2)), (Some(3), None));
}

#[test]
fn is_a_gradient_echo_proposed_only_where_it_can_be_nothing_but_t1w() {
    use Weighting::T1;
    let echo = |number, name: &str, echo: f64, degrees: &str| {
        support::dicom::series(number, name, 20.0, echo).text(0x0018_0020, b"CS", "GR").text(
            0x0018_1314,
            b"DS",
            degrees,
        )
    };
    let found = |files: &[File]| {
        let all: Vec<File> = files.iter().flat_map(|file| slices(&head(), 2, file)).collect();
        let set = Set::written(&all);
        set.series.iter().map(|series| (series.weighting, series.doubt)).collect::<Vec<_>>()
    };
    assert_eq!(found(&[echo(4, "tra", 4.9, "25")]), [(Some(T1), None)]);
    // A low flip angle shows proton density, unless a name says more.
    assert_eq!(found(&[echo(4, "tra", 4.9, "5")]), [(None, Some(Doubt::Unclear))]);
    assert_eq!(found(&[echo(4, "T1 3D", 4.9, "8")]), [(Some(T1), None)]);
    assert_eq!(found(&[echo(4, "T2 FIESTA", 2.0, "8")]), [(None, Some(Doubt::Contradiction))]);
    assert_eq!(found(&[echo(4, "fmap", 4.9, "25")]), [(None, None)]);
    // Two short echoes, of one series or of two; magnitude and phase.
    let none = (None, Some(Doubt::FieldMap));
    for numbers in [[4, 4], [4, 5]] {
        let pair = [echo(numbers[0], "T1 tra", 4.92, "25"), echo(numbers[1], "T1 tra", 7.38, "25")];
        assert_eq!(found(&pair), [none, none], "{numbers:?}");
    }
    let phase = echo(5, "T1 tra", 4.92, "25").text(0x0008_0008, b"CS", "ORIGINAL\\PRIMARY\\P");
    assert_eq!(found(&[echo(4, "T1 tra", 4.92, "25"), phase]), [none, (None, None)]);
    // What the scanner made of it besides is no sign of a field map.
    let reformat = echo(5, "T1 tra", 4.92, "25").text(0x0008_0008, b"CS", "DERIVED\\SECONDARY\\MPR");
    assert_eq!(found(&[echo(4, "T1 tra", 4.92, "25"), reformat])[0], (Some(T1), None));
    // Spin echoes at two times are proton density and T2w, and the late one is proposed.
    let dual = [t2(4).text(0x0018_0081, b"DS", "15"), t2(4)];
    assert_eq!(found(&dual).iter().filter(|(weighting, _)| weighting.is_some()).count(), 1);
    // Names and timing that contradict each other are told.
    let wrong = support::dicom::series(4, "T1 TSE", 6000.0, 150.0);
    assert_eq!(found(&[wrong]), [(None, Some(Doubt::Contradiction))]);
}

#[test]
fn is_the_picture_of_a_series_its_middle_image_in_true_proportion() {
    let head = head();
    for axis in 0..3 {
        let files = slices(&head, axis, &t1(4));
        let set = Set::written(&files);
        let (file, frame) = set.series[0].middle().unwrap();
        assert_eq!(frame, 0);
        let picture = Picture::read(&set.files[file], frame).unwrap();
        let others: Vec<usize> = (0..3).filter(|a| *a != axis).collect();
        assert_eq!(picture.size, [head.dims()[others[0]], head.dims()[others[1]]]);
        let strides = [1, head.dims()[0], head.dims()[0] * head.dims()[1]];
        let middle = head.dims()[axis] / 2;
        // Along the normal, which may run against the stored axis.
        let places = [middle, head.dims()[axis] - 1 - middle].map(|k| k * strides[axis]);
        assert!(places.iter().any(|at| head.voxels()[*at] == picture.voxels[0]), "axis {axis}");
        let (size, pixels) = thumbnail(&picture.voxels, picture.size, picture.spacing_mm);
        assert_eq!(pixels.len(), size[0] * size[1]);
        let mm = [0, 1].map(|a| picture.size[a] as f64 * picture.spacing_mm[a]);
        // Rounded to whole pixels of 96.
        assert!((size[0] as f64 / size[1] as f64 - mm[0] / mm[1]).abs() < 0.02, "{size:?} for {mm:?} mm");
    }
    // Of several frames the one that is asked for, and of no file a sentence.
    let set = Set::named("hyperfine");
    let (_, frame) = set.series[0].middle().unwrap();
    assert_eq!(frame, 4);
    let volume = set.series[0].read(&mut |n| set.files.get(n).map(Cow::from)).unwrap().volume;
    let picture = Picture::read(&set.files[0], frame).unwrap();
    let own = volume.voxels().chunks(picture.voxels.len()).position(|slice| *slice == picture.voxels[..]);
    assert!(own.is_some_and(|k| k == 3 || k == 4), "slice {own:?}");
    assert_eq!(Picture::read(&set.files[0], 99), Err(DicomError::Changed));
    assert_eq!(Picture::read(b"no", 0), Err(DicomError::NotDicom));
}

#[test]
fn is_a_file_that_was_exchanged_after_the_search_refused() {
    let set = Set::written(&slices(&head(), 2, &t1(4)));
    let other = Set::written(&slices(&head(), 2, &t2(4)));
    let mut exchanged = |n: usize| Some(Cow::from(if n == 3 { &other.files[n] } else { &set.files[n] }));
    assert_eq!(set.series[0].read(&mut exchanged), Err(DicomError::Changed));
    assert_eq!(set.series[0].read(&mut |_| None), Err(DicomError::Changed));
}

/// Whatever a file holds: an answer or a sentence, and no voxel that is no number.
fn survive(files: Vec<Vec<u8>>) {
    let set = Set::of(files);
    for series in &set.series {
        for v in 0..series.volumes().min(2) {
            match set.volume(series, v) {
                Ok(volume) => assert!(volume.voxels().iter().all(|v| v.is_finite())),
                Err(error) => assert!(error.in_full().to_string().ends_with('.'), "{error}"),
            }
        }
        if let Err(error) = series.check() {
            assert!(error.in_full().to_string().ends_with('.'), "{error}");
        }
    }
}

/// One small file of each kind: explicit, enhanced, implicit, each encoding.
fn kinds() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> =
        ["siemens", "philips_enhanced", "hyperfine", "hitachi", "colour", "siemens_enhanced_series"]
            .into_iter()
            .map(|name| Set::named(name).files.swap_remove(0))
            .collect();
    found.extend(Set::named("syntaxes").files);
    found
}

#[test]
fn is_a_file_cut_anywhere_no_volume() {
    for whole in kinds() {
        // Every few bytes of the header, then now and then.
        let mut length = 0;
        while length < whole.len() {
            survive(vec![whole[..length].to_vec()]);
            length += if length < 4096 { 13 } else { 1 + whole.len() / 40 };
        }
    }
    let files = slices(&head(), 2, &t1(4));
    let set = Set::written(&files);
    for length in (0..set.files[3].len()).step_by(7) {
        let mut cut = set.files.clone();
        // One within, and the first, which no gap betrays: from where its series is known.
        let at = if length % 2 == 0 || length < 600 { 3 } else { 0 };
        cut[at].truncate(length);
        let set = Set::of(cut);
        let read: Vec<_> =
            set.series.iter().map(|series| series.read(&mut |n| set.files.get(n).map(Cow::from))).collect();
        assert!(read.iter().all(Result::is_err), "{length} bytes of a slice passed");
    }
}

#[test]
fn does_a_claim_beyond_the_file_take_no_memory() {
    let file = |change: fn(File) -> File| change(slices(&head(), 2, &t1(4))[0].clone()).bytes();
    let whole = file(|f| f);
    // Elements of 4 GiB, open sequences within each other, a million of frames, pictures of 65535².
    let mut long = whole[..132].to_vec();
    long.extend(b"\x08\x00\x16\x00UI\x1a\x001.2.840.10008.5.1.4.1.1.4\0");
    let mut huge = long.clone();
    huge.extend(b"\x08\x00\x18\x00OB\0\0\xf0\xff\xff\xff");
    let mut deep = long.clone();
    for _ in 0..100_000 {
        deep.extend(b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
    }
    for bytes in [
        huge,
        deep,
        file(|f| f.text(0x0028_0008, b"IS", "2147483647")),
        file(|f| f.short(0x0028_0010, 65535).short(0x0028_0011, 65535)),
        file(|f| f.short(0x0028_0010, 8192).short(0x0028_0011, 8192)),
        file(|f| {
            f.short(0x0028_0010, 8192).short(0x0028_0011, 8192).text(
                0x0002_0010,
                b"UI",
                "1.2.840.10008.1.2.5",
            )
        }),
    ] {
        let mut three = vec![bytes.clone()];
        // Two more slices, so that it is read.
        for position in ["0\\0\\50", "0\\0\\100"] {
            let name = format!("{position}\\");
            let at = bytes.windows(12).position(|w| w.starts_with(b"\x20\x00\x32\x00DS"));
            let mut other = bytes.clone();
            if let Some(at) = at {
                let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
                let text = format!("{:<length$}", name.trim_end_matches('\\'));
                other[at + 8..at + 8 + length].copy_from_slice(text.as_bytes());
            }
            three.push(other);
        }
        survive(three);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn are_changed_bytes_survived(
        kind in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        thread_local!(static KINDS: Vec<Vec<u8>> = kinds());
        let mut bytes = KINDS.with(|kinds| kinds[kind].clone());
        for (at, byte) in changes {
            // Headers are where everything is decided.
            let at = at.index(bytes.len().min(6000));
            bytes[at] = byte;
        }
        survive(vec![bytes]);
    }

    #[test]
    fn are_changed_bytes_of_compressed_voxels_survived(
        kind in 9..15_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        thread_local!(static KINDS: Vec<Vec<u8>> = kinds());
        let mut bytes = KINDS.with(|kinds| kinds[kind].clone());
        // The encoding's own header and its first codes.
        let start = bytes.windows(8).rposition(|w| w == b"\xe0\x7f\x10\x00OB\0\0").unwrap_or(0);
        for (at, byte) in changes {
            let at = start + at.index((bytes.len() - start).min(2000));
            bytes[at] = byte;
        }
        survive(vec![bytes]);
    }

    #[test]
    fn is_noise_survived(mut noise in prop::collection::vec(any::<u8>(), 0..900), preamble: bool) {
        if preamble && noise.len() > 140 {
            noise[128..140].copy_from_slice(b"DICM\x08\x00\x16\x00UI\x02\x00");
        }
        survive(vec![noise]);
    }
}

#[test]
fn is_what_is_written_the_same_in_every_run() {
    let set = Set::written(&slices(&head(), 1, &t1(4)));
    let write = || write_nifti_gz(&set.volume(&set.series[0], 0).unwrap(), Encoding::F32);
    assert_eq!(write(), write());
}
