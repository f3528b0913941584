//! Does anything that a broken or hostile file holds end in an answer or a sentence, never in a panic?

use hielight::fault::{Explained as _, Fault};
use hielight::model::{Recipe, Sequence};
use hielight::volume::{Affine, Encoding, Volume, VolumeError, read_nifti, write_nifti, write_nifti_gz};
use proptest::prelude::*;

fn image() -> Volume {
    let dims = [9, 8, 7];
    let voxels = (0..dims.iter().product()).map(|i| ((i * 37) % 251) as f32).collect();
    let rows = [[1.0, 0.0, 0.1, -4.0], [0.0, 1.2, 0.0, -5.0], [-0.1, 0.0, 1.5, -5.0]];
    Volume::new(dims, voxels, Affine::from_rows(rows).unwrap()).unwrap()
}

/// What was read keeps its promises; what was refused says why and what to do.
fn check(bytes: &[u8]) {
    match read_nifti(bytes) {
        Ok(image) => {
            let count: usize = image.volume.dims().iter().product();
            assert_eq!(image.volume.voxels().len(), count);
            assert!(image.volume.voxels().iter().all(|v| v.is_finite()));
            let corner = image.volume.affine().to_world([1.0; 3]);
            assert!(corner.iter().all(|v| v.is_finite()));
        }
        Err(error) => {
            assert!(!error.to_string().is_empty() && error.next_step().to_string().ends_with('.'), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn are_changed_bytes_survived(changes in prop::collection::vec((0..352_usize, any::<u8>()), 1..8)) {
        let mut bytes = write_nifti(&image(), Encoding::I16);
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        check(&bytes);
    }

    #[test]
    fn are_whole_fields_of_nonsense_survived(
        at in 0..88_usize,
        field in prop_oneof![
            any::<u32>(),
            any::<f32>().prop_map(f32::to_bits),
            prop::sample::select(vec![0, 1, 0x7fff_7fff, 0x8000_8000, u32::MAX, f32::NAN.to_bits(),
                f32::INFINITY.to_bits(), f32::MIN_POSITIVE.to_bits(), f32::MAX.to_bits()]),
        ],
    ) {
        let mut bytes = write_nifti(&image(), Encoding::F32);
        bytes[4 * at..][..4].copy_from_slice(&field.to_le_bytes());
        check(&bytes);
    }

    #[test]
    fn is_noise_survived(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
        check(&bytes);
    }
}

#[test]
fn is_every_edge_value_at_every_place_of_a_header_survived() {
    let edges = [0_u64, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000, 0x7f80_0000, u64::MAX];
    let whole = write_nifti(&image(), Encoding::I16);
    for at in 0..352 {
        for width in [1, 2, 4, 8] {
            for edge in edges {
                let mut bytes = whole.clone();
                bytes[at..at + width].copy_from_slice(&edge.to_le_bytes()[..width]);
                check(&bytes);
                bytes[at..at + width].reverse();
                check(&bytes);
            }
        }
    }
}

#[test]
fn is_a_file_cut_anywhere_refused() {
    for whole in [write_nifti(&image(), Encoding::U8), write_nifti_gz(&image(), Encoding::U8)] {
        check(&whole);
        for length in 0..whole.len() {
            assert!(read_nifti(&whole[..length]).is_err(), "{length} of {} bytes passed", whole.len());
        }
    }
}

#[test]
fn is_a_header_that_announces_more_than_memory_refused_before_it_is_believed() {
    let mut bytes = write_nifti(&image(), Encoding::F32);
    for axis in 0..3 {
        bytes[42 + 2 * axis..][..2].copy_from_slice(&i16::MAX.to_le_bytes());
    }
    let error = read_nifti(&bytes).unwrap_err();
    assert!(matches!(error, VolumeError::TooLarge { .. }), "{error}");
    assert_eq!(error.fault(), Fault::TooLarge);
}

#[test]
fn are_millimetres_that_no_head_has_refused_before_anything_is_computed_on_them() {
    for mm in [1e-20, 1e-10, 1e-5, 0.0008, 0.1, 90.0, 1e6] {
        let affine = [[mm, 0.0, 0.0, 0.0], [0.0, mm, 0.0, 0.0], [0.0, 0.0, mm, 0.0]];
        let Ok(affine) = Affine::from_rows(affine) else { continue };
        let error =
            Volume::new([60; 3], vec![1.0; 60 * 60 * 60], affine).unwrap().check_extent().unwrap_err();
        assert!(matches!(error, VolumeError::Extent { .. }), "{mm}: {error}");
    }
    let affine =
        Affine::from_rows([[0.8, 0.0, 0.0, 0.0], [0.0, 0.8, 0.0, 0.0], [0.0, 0.0, 0.8, 0.0]]).unwrap();
    assert!(Volume::new([160; 3], vec![1.0; 160 * 160 * 160], affine).unwrap().check_extent().is_ok());
}

#[test]
fn is_a_bomb_refused_at_its_limit_and_not_unpacked_further() {
    // A gigabyte of zeros in a megabyte, behind a header and without one.
    let zeros = vec![0_u8; 1 << 20];
    let bomb = |start: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(start.to_vec(), flate2::Compression::fast());
        for _ in 0..1024 {
            std::io::Write::write_all(&mut packed, &zeros).unwrap();
        }
        packed.finish().unwrap()
    };
    let error = read_nifti(&bomb(&write_nifti_gz(&image(), Encoding::U8))).unwrap_err();
    assert!(matches!(error, VolumeError::TooLarge { .. }), "{error}");
    // The first bytes say that it is no image: no more is unpacked.
    let error = read_nifti(&bomb(&[])).unwrap_err();
    assert!(matches!(error, VolumeError::NotNifti { .. }), "{error}");
}

/// The value of voxel `i`.
type Voxel = fn(usize) -> f32;

#[test]
fn is_an_image_without_a_brain_refused_with_a_reason() {
    let recipe = Recipe::default();
    let affine =
        |mm: f64| Affine::from_rows([[mm, 0.0, 0.0, 0.0], [0.0, mm, 0.0, 0.0], [0.0, 0.0, mm, 0.0]]).unwrap();
    let n = 60;
    let cases: [(&str, f64, Voxel); 5] = [
        ("all zero", 2.0, |_| 0.0),
        ("one value", 2.0, |_| 7.0),
        ("all negative", 2.0, |i| -1.0 - (i % 5) as f32),
        ("a doll's size", 0.1, |i| (i % 11) as f32),
        ("an elephant's size", 90.0, |i| (i % 11) as f32),
    ];
    for (name, mm, value) in cases {
        let voxels = (0..n * n * n).map(value).collect();
        let volume = Volume::new([n; 3], voxels, affine(mm)).unwrap();
        let error = recipe.brain(&volume, Sequence::T1w).err().unwrap_or_else(|| panic!("{name} passed"));
        assert_eq!(error.fault(), Fault::OutOfScope, "{name}: {error}");
    }
}
