//! Does whatever a file holds end in an answer or a sentence, within the memory that the file's own size allows?
//!
//! A few hundred changed files of each kind on every run; `cargo xtask fuzz --cases N` tries more, from another seed.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use hielight::volume::read_nifti;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::io::Write as _;
use std::sync::Mutex;
use targets::{MEMORY, TARGETS, check, data, gzip};

/// Held by the test that measures: memory is counted for the whole process.
static MEASURED: Mutex<()> = Mutex::new(());

/// Values that readers trip over, of every width.
const EDGES: [u64; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000, 0x7f80_0000, u64::MAX];

fn changed(seeds: &[Vec<u8>], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = seeds.choose(rng).cloned().unwrap_or_default();
    for _ in 0..rng.random_range(1..5) {
        // Headers, where most goes wrong, are short.
        let end = if rng.random_bool(0.7) { bytes.len().min(560) } else { bytes.len() };
        let at = rng.random_range(0..end.max(1));
        match rng.random_range(0..7) {
            0 => bytes.truncate(at),
            1 => bytes.extend(bytes.clone().into_iter().skip(at).take(400)),
            2 => bytes.extend((0..rng.random_range(1..64)).map(|_| rng.random::<u8>())),
            3 => {
                let other = seeds.choose(rng).cloned().unwrap_or_default();
                bytes.truncate(at);
                bytes.extend(other.into_iter().skip(at));
            }
            4 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.random_range(0..8)),
            _ => {
                let value = EDGES.choose(rng).copied().unwrap_or_default();
                let width = [1, 2, 4, 8].choose(rng).copied().unwrap_or(1);
                let mut own = value.to_le_bytes()[..width].to_vec();
                if rng.random() {
                    own.reverse();
                }
                bytes.iter_mut().skip(at).zip(own).for_each(|(byte, new)| *byte = new);
            }
        }
    }
    bytes
}

#[test]
fn is_every_changed_file_survived_within_the_memory_that_its_size_allows() {
    let _alone = MEASURED.lock();
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let (cases, seed) = (number("HIELIGHT_FUZZ_CASES", 400), number("HIELIGHT_FUZZ_SEED", 1));
    for target in TARGETS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let seeds = (target.seeds)();
        let began = std::time::Instant::now();
        for case in 0..cases {
            let bytes = changed(&seeds, &mut rng);
            // Which one it was, if it is the last one.
            let last = Last(target.name, case, seed);
            check(target, &bytes);
            std::mem::forget(last);
        }
        println!("{}: {cases} files in {:.0} s", target.name, began.elapsed().as_secs_f64());
    }
}

/// Names the case that ends the test.
struct Last(&'static str, u64, u64);

impl Drop for Last {
    fn drop(&mut self) {
        let Self(target, case, seed) = self;
        println!("{target}: file {case} of seed {seed}");
    }
}

#[test]
fn is_every_file_to_begin_with_read() {
    let _alone = MEASURED.lock();
    // What is refused at its first byte would try nothing.
    let mut refused = Vec::new();
    for target in TARGETS {
        for (n, seed) in (target.seeds)().iter().enumerate() {
            if !(target.try_on)(seed) {
                refused.push((target.name, n));
            }
        }
    }
    // Zeros, which are there to be unpacked, and a picture in colour.
    assert_eq!(refused, [("gzip", 3), ("dicom", 4)]);
}

#[test]
fn is_every_file_cut_anywhere_and_every_edge_value_in_a_dicom_header_survived() {
    let _alone = MEASURED.lock();
    for target in TARGETS {
        for seed in (target.seeds)() {
            // Every byte of a header, then every 97; of a bundle, whose bytes are weights, fewer.
            let beyond = 97.max(seed.len() / 400);
            let lengths = (0..seed.len().min(4096)).chain((4096..seed.len()).step_by(beyond));
            lengths.for_each(|length| check(target, &seed[..length]));
            if !target.name.starts_with("dicom") {
                continue;
            }
            // Where the voxels of a whole file begin, or the pictures that its header describes.
            for at in (0..seed.len().min(1400)).step_by(2) {
                for value in EDGES {
                    for width in [2, 4] {
                        let mut bytes = seed.clone();
                        let own = value.to_le_bytes();
                        bytes.iter_mut().skip(at).zip(&own[..width]).for_each(|(byte, new)| *byte = *new);
                        check(target, &bytes);
                    }
                }
            }
        }
    }
}

/// Peak of memory while `work` runs.
fn peak(work: impl FnOnce()) -> usize {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    work();
    MEMORY.peak_usage().saturating_sub(before)
}

#[test]
fn is_no_file_read_beyond_what_its_header_asks_for() {
    let _alone = MEASURED.lock();
    // Room for a header, a buffer and a decoder; a tenth of the 64 MiB that the page may take beyond its own.
    const MOST: usize = 6 << 20;
    let minimal = data("tests/data/corpus/nifti-rs/minimal.nii");
    // 256 MiB of zeros, and a small image with as many after it.
    let zeros = vec![0; 1 << 20];
    let bomb = |start: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(start).unwrap();
        (0..256).for_each(|_| packed.write_all(&zeros).unwrap());
        packed.finish().unwrap()
    };
    let (zeros, trailing) = (bomb(&[]), bomb(&minimal));
    assert!(peak(|| assert!(read_nifti(&zeros).is_err())) < MOST);
    assert!(peak(|| assert!(read_nifti(&trailing).is_ok())) < MOST);
    // A header that announces 32767 voxels along each axis.
    let mut huge = minimal;
    (0..3).for_each(|axis| huge[42 + 2 * axis..][..2].copy_from_slice(&i16::MAX.to_be_bytes()));
    let packed = gzip(&huge);
    assert!(peak(|| assert!(read_nifti(&huge).is_err() && read_nifti(&packed).is_err())) < MOST);
}
