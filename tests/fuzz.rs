//! Does whatever a file holds end in an answer or a sentence, within the memory that the file's own size allows?
//!
//! A few hundred changed files of each kind on every run; `cargo xtask fuzz --cases N` tries more, from another seed.

use hielight::bids::{Name, Table, delimited};
use hielight::model::Bundle;
use hielight::volume::{Files, read_nifti};
use peak_alloc::PeakAlloc;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::io::Write as _;
use std::sync::Mutex;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
/// Held by the test that measures: memory is counted for the whole process.
static MEASURED: Mutex<()> = Mutex::new(());

/// What is tried: its name, the function, files to begin with, and the most memory that a byte of a file may take.
struct Target {
    name: &'static str,
    try_on: fn(&[u8]),
    seeds: Vec<Vec<u8>>,
    /// Of a file that is not compressed.
    per_byte: usize,
}

/// Working memory that any file may take: buffers, error texts.
const CONSTANT: usize = 1 << 20;
/// No gzip stream expands more.
const GZIP: usize = 1040;

fn data(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// The first four bytes say where the second file begins.
fn pair(header: &[u8], voxels: &[u8]) -> Vec<u8> {
    [&(header.len() as u32).to_le_bytes()[..], header, voxels].concat()
}

fn targets() -> Vec<Target> {
    let corpus = |name: &str| data(&format!("tests/data/corpus/{name}"));
    let minimal = corpus("nifti-rs/minimal.nii");
    let table = b"participant_id\tbirth_weight_g\tsex\nsub-01\t3200\tF\nsub-02\t3300.5\tn/a\n".to_vec();
    vec![
        Target {
            name: "image",
            try_on: |bytes| drop(read_nifti(bytes)),
            seeds: vec![
                minimal.clone(),
                corpus("nifti-rs/minimal_extended_hdr.nii"),
                corpus("nibabel/anatomical.nii"),
            ],
            // A voxel of one byte becomes one of four; a vector may double as it grows.
            per_byte: 10,
        },
        Target {
            name: "compressed image",
            try_on: |bytes| drop(read_nifti(bytes)),
            seeds: vec![
                gzip(&minimal),
                [gzip(&minimal[..400]), gzip(&minimal[400..])].concat(),
                corpus("nibabel/example_nifti2.nii.gz"),
                gzip(&vec![0; 1 << 20]),
            ],
            per_byte: 10,
        },
        Target {
            name: "pair",
            try_on: |bytes| {
                let Some((at, bytes)) = bytes.split_first_chunk::<4>() else { return };
                let second = Some(u32::from_le_bytes(*at) as usize);
                drop(Files { name: "a.hdr", bytes, second }.read());
            },
            seeds: vec![
                pair(&corpus("nifti-rs/minimal.hdr"), &corpus("nifti-rs/minimal.img")),
                pair(&corpus("nifti-rs/minimal.hdr.gz"), &corpus("nifti-rs/minimal.img.gz")),
            ],
            // Either half may be compressed, wherever it begins.
            per_byte: 10 * GZIP,
        },
        Target {
            name: "bundle",
            try_on: |bytes| drop(Bundle::read(bytes)),
            seeds: vec![data("www/model.safetensors")],
            // JSON in memory is some tens of times its text.
            per_byte: 64,
        },
        Target {
            name: "tables",
            try_on: |bytes| {
                drop(Table::read(bytes, &["sex"]));
                if let Ok(text) = delimited::text(bytes) {
                    drop(delimited::read(text, delimited::Kind::Csv));
                    drop(Name::parse(text));
                }
            },
            seeds: vec![
                table,
                b"id,p\n\"a, \"\"b\"\"\",0.2\n\"c\nd\",0.3\n".to_vec(),
                b"sub-01_ses-2_T1w.nii.gz".to_vec(),
            ],
            // A cell of one letter and its separator becomes two strings and its column's name, of at most 200 letters.
            per_byte: 256,
        },
    ]
}

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
    for target in targets() {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for case in 0..cases {
            let bytes = changed(&target.seeds, &mut rng);
            let packed = bytes.starts_with(&[0x1f, 0x8b]);
            let most = CONSTANT + bytes.len() * target.per_byte * if packed { GZIP } else { 1 };
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            (target.try_on)(&bytes);
            let taken = MEMORY.peak_usage().saturating_sub(before);
            assert!(
                taken <= most,
                "{} {case} of seed {seed}: {taken} bytes for a file of {}",
                target.name,
                bytes.len()
            );
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
