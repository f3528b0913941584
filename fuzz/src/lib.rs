//! What is tried with changed files: everything that reads what others wrote. `tests/fuzz.rs` changes them at random,
//! `cargo fuzz` by the code that they reach; both by what stands here.

use hielight::bids::{Name, Table, delimited};
use hielight::dicom::{Instance, Picture, series};
#[cfg(feature = "engine")]
use hielight::model::Bundle;
use hielight::render::thumbnail;
use hielight::volume::{Files, read_nifti};
use peak_alloc::PeakAlloc;
use std::borrow::Cow;
use std::io::Write as _;
use std::sync::Arc;

#[global_allocator]
pub static MEMORY: PeakAlloc = PeakAlloc;

/// One kind of file.
pub struct Target {
    pub name: &'static str,
    /// Whether it is read.
    pub try_on: fn(&[u8]) -> bool,
    /// Whole files to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The most memory that a byte of a file may take.
    per_byte: usize,
}

/// Working memory that any file may take: buffers, error texts.
const CONSTANT: usize = 1 << 20;
/// No gzip stream expands more.
const GZIP: usize = 1040;
/// A voxel of one byte becomes one of four; a vector may double as it grows.
const VOXELS: usize = 10;
/// A cell of one letter and its separator becomes two strings and its column's name, of at most 200 letters.
const CELLS: usize = 256;
/// Stored words, their values and real values, of a file that is in memory.
const DICOM: usize = 32;
/// So many voxels may a byte of an encoding be, and a decoder keeps 40 bytes for each.
const ENCODED: usize = 40 << 14;

pub static TARGETS: &[Target] = &[
    Target { name: "nifti_1", try_on: image, seeds: nifti_1, per_byte: VOXELS },
    Target { name: "nifti_2", try_on: image, seeds: nifti_2, per_byte: VOXELS },
    Target { name: "gzip", try_on: image, seeds: packed, per_byte: VOXELS * GZIP },
    Target { name: "pair", try_on: pair, seeds: pairs, per_byte: VOXELS * GZIP },
    Target { name: "dicom", try_on: dicom, seeds: dicom_files, per_byte: DICOM },
    Target { name: "dicom_deflated", try_on: dicom, seeds: deflated, per_byte: DICOM * GZIP },
    Target { name: "dicom_rle", try_on: rle, seeds: || stream("rle"), per_byte: ENCODED },
    Target { name: "dicom_jpeg", try_on: jpeg, seeds: || stream("jpeg"), per_byte: ENCODED },
    Target {
        name: "dicom_jpeg_lossless",
        try_on: jpeg_lossless,
        seeds: || stream("jpeg_lossless"),
        per_byte: ENCODED,
    },
    Target { name: "dicom_jpeg_ls", try_on: jpeg_ls, seeds: || stream("jpeg_ls"), per_byte: ENCODED },
    Target { name: "dicom_jpeg_2000", try_on: jpeg_2000, seeds: || stream("jpeg_2000"), per_byte: ENCODED },
    // JSON in memory is some tens of times its text.
    #[cfg(feature = "engine")]
    Target { name: "bundle", try_on: bundle, seeds: bundles, per_byte: 64 },
    Target { name: "participants", try_on: participants, seeds: participants_tables, per_byte: CELLS },
    Target { name: "tables", try_on: tables, seeds: csv_tables, per_byte: CELLS },
];

/// Tries one file.
///
/// # Panics
/// Where it takes more memory than its size allows, or the reader panics.
pub fn check(target: &Target, bytes: &[u8]) {
    let most = CONSTANT + bytes.len() * target.per_byte;
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    (target.try_on)(bytes);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    assert!(taken <= most, "{}: {taken} bytes for a file of {}", target.name, bytes.len());
}

/// A file of the repository.
pub fn data(path: &str) -> Vec<u8> {
    let root = env!("CARGO_MANIFEST_DIR").trim_end_matches("/fuzz");
    std::fs::read(format!("{root}/{path}")).expect("the repository is whole")
}

fn corpus(name: &str) -> Vec<u8> {
    data(&format!("tests/data/corpus/{name}"))
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(bytes), &mut unpacked).expect("it is gzip");
    unpacked
}

/// Packed, as fast as can be.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("memory takes it");
    packed.finish().expect("memory takes it")
}

fn image(bytes: &[u8]) -> bool {
    read_nifti(bytes).is_ok()
}

/// A small image under a header of another one: cases are tried faster. `four`: that number as the file writes it.
fn small(mut file: Vec<u8>, dims_at: usize, four: &[u8], voxels: usize) -> Vec<u8> {
    file[dims_at..][..3 * four.len()].copy_from_slice(&four.repeat(3));
    file.truncate(voxels + 4 * 4 * 4 * 8);
    file
}

fn nifti_1() -> Vec<Vec<u8>> {
    let mut flat = corpus("nifti-rs/minimal_extended_hdr.nii");
    flat[40] = 3;
    vec![
        small(corpus("nifti-rs/minimal.nii"), 42, &[0, 4], 352),
        small(flat, 42, &[4, 0], 384),
        corpus("nibabel/anatomical.nii"),
    ]
}

fn nifti_2() -> Vec<Vec<u8>> {
    let mut series = gunzip(&corpus("nibabel/example_nifti2.nii.gz"));
    // The first volume alone.
    series[16] = 3;
    vec![small(series, 24, &[4, 0, 0, 0, 0, 0, 0, 0], 544)]
}

fn packed() -> Vec<Vec<u8>> {
    let image = &nifti_1()[0];
    vec![
        gzip(image),
        [gzip(&image[..400]), gzip(&image[400..])].concat(),
        gzip(&nifti_2()[0]),
        gzip(&vec![0; 1 << 20]),
    ]
}

/// The first four bytes say where the second file begins.
fn pair(bytes: &[u8]) -> bool {
    let Some((at, bytes)) = bytes.split_first_chunk::<4>() else { return false };
    let second = Some(u32::from_le_bytes(*at) as usize);
    Files { name: "a.hdr", bytes, second }.read().is_ok()
}

fn pairs() -> Vec<Vec<u8>> {
    let joined =
        |header: &[u8], voxels: &[u8]| [&(header.len() as u32).to_le_bytes()[..], header, voxels].concat();
    ["", ".gz"]
        .map(|end| {
            let half = |kind: &str| corpus(&format!("nifti-rs/minimal.{kind}{end}"));
            joined(&half("hdr"), &half("img"))
        })
        .to_vec()
}

/// One file, which may be a series by itself.
fn dicom(bytes: &[u8]) -> bool {
    read_series(&[bytes])
}

/// Whether a volume of them, or a picture, is read: also of what is refused for what it is.
fn read_series(files: &[&[u8]]) -> bool {
    let read = |(n, bytes): (usize, &&[u8])| Some((n, Arc::new(Instance::read(bytes).ok()?)));
    let instances: Vec<(usize, Arc<Instance>)> = files.iter().enumerate().filter_map(read).collect();
    let mut any = false;
    for series in series(&instances) {
        drop(series.check());
        if let Some((n, frame)) = series.middle()
            && let Ok(picture) = Picture::read(files[n], frame)
        {
            drop(thumbnail(&picture.voxels, picture.size, picture.spacing_mm));
            any = true;
        }
        any |= series.read_volume(0, &mut |n| files.get(n).map(|bytes| Cow::Borrowed(*bytes))).is_ok();
    }
    any
}

fn dicom_files() -> Vec<Vec<u8>> {
    [
        "hyperfine/001",
        "hitachi/001",
        "siemens/IM-0001-0112-0001",
        "siemens_enhanced_series/6_1",
        "colour/IM-0001-0001-0001",
    ]
    .map(|name| gunzip(&data(&format!("tests/data/dicom/{name}.dcm.gz"))))
    .to_vec()
}

fn deflated() -> Vec<Vec<u8>> {
    let voxels = data("tests/data/codecs/voxels");
    let plain = file("1.2.840.10008.1.2.1.99", [16, 12], &voxels, 0);
    let start = 132 + 8 + 22;
    let mut packed = flate2::write::DeflateEncoder::new(plain[..start].to_vec(), flate2::Compression::fast());
    packed.write_all(&plain[start..]).expect("memory takes it");
    vec![packed.finish().expect("memory takes it")]
}

/// A series of three files around one encoded image, whose first two bytes are its columns and rows.
fn encoded(syntax: &str, bytes: &[u8]) -> bool {
    let Some(([columns, rows], stream)) = bytes.split_first_chunk::<2>() else { return false };
    // Both to 16 and a little, and up to the largest that is read.
    let size = [*columns, *rows].map(|n| if n < 32 { u16::from(n) } else { (u16::from(n) - 31) * 37 });
    let files = [0, 1, 2].map(|k| file(syntax, size, stream, k));
    read_series(&files.each_ref().map(Vec::as_slice))
}

fn stream(name: &str) -> Vec<Vec<u8>> {
    vec![[&[16, 12][..], &data(&format!("tests/data/codecs/{name}"))].concat()]
}

fn rle(bytes: &[u8]) -> bool {
    encoded("1.2.840.10008.1.2.5", bytes)
}

fn jpeg(bytes: &[u8]) -> bool {
    encoded("1.2.840.10008.1.2.4.50", bytes)
}

fn jpeg_lossless(bytes: &[u8]) -> bool {
    encoded("1.2.840.10008.1.2.4.70", bytes)
}

fn jpeg_ls(bytes: &[u8]) -> bool {
    encoded("1.2.840.10008.1.2.4.80", bytes)
}

fn jpeg_2000(bytes: &[u8]) -> bool {
    encoded("1.2.840.10008.1.2.4.90", bytes)
}

/// One slice of a head, explicit and little endian; voxels as they are where its syntax is deflated, else one fragment.
fn file(syntax: &str, [columns, rows]: [u16; 2], voxels: &[u8], slice: u32) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    let mut element = |tag: u32, vr: &[u8; 2], value: &[u8]| {
        let fill = value.len() % 2;
        out.extend(((tag >> 16) as u16).to_le_bytes());
        out.extend((tag as u16).to_le_bytes());
        out.extend(vr);
        out.extend(((value.len() + fill) as u16).to_le_bytes());
        out.extend(value);
        out.extend(&[0][..fill]);
    };
    element(0x0002_0010, b"UI", syntax.as_bytes());
    let position = format!("0\\0\\{}", 50 * slice);
    for (tag, vr, value) in [
        (0x0008_0008, b"CS", "ORIGINAL\\PRIMARY\\M"),
        (0x0008_0016, b"UI", "1.2.840.10008.5.1.4.1.1.4"),
        (0x0008_0060, b"CS", "MR"),
        (0x0020_000d, b"UI", "1.2.3"),
        (0x0020_000e, b"UI", "1.2.3.4"),
        (0x0020_0032, b"DS", &position),
        (0x0020_0037, b"DS", "1\\0\\0\\0\\1\\0"),
    ] {
        element(tag, vr, value.as_bytes());
    }
    element(0x0028_0002, b"US", &[1, 0]);
    element(0x0028_0004, b"CS", b"MONOCHROME2");
    element(0x0028_0010, b"US", &rows.to_le_bytes());
    element(0x0028_0011, b"US", &columns.to_le_bytes());
    element(0x0028_0030, b"DS", b"10\\10");
    for (tag, bits) in [(0x0028_0100, 16), (0x0028_0101, 16), (0x0028_0102, 15), (0x0028_0103, 0)] {
        element(tag, b"US", &[bits, 0]);
    }
    let length = |n: usize| (n as u32).to_le_bytes();
    if syntax.ends_with(".99") {
        out.extend(b"\xe0\x7f\x10\x00OW\0\0");
        out.extend(length(voxels.len()));
        out.extend(voxels);
    } else {
        out.extend(b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0");
        out.extend(length(voxels.len()));
        out.extend(voxels);
        out.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    }
    out
}

#[cfg(feature = "engine")]
fn bundle(bytes: &[u8]) -> bool {
    Bundle::read(bytes).is_ok()
}

#[cfg(feature = "engine")]
fn bundles() -> Vec<Vec<u8>> {
    vec![data("www/model.safetensors")]
}

fn participants(bytes: &[u8]) -> bool {
    let alone = Table::read(bytes, &[]).is_ok();
    // As training reads it.
    Table::read(bytes, &["center", "y"]).is_ok() || alone
}

fn participants_tables() -> Vec<Vec<u8>> {
    vec![
        b"participant_id\tbirth_weight_g\tsex\nsub-01\t3200\tF\nsub-02\t3300.5\tn/a\n".to_vec(),
        b"participant_id\tbirth_weight_g\ty\tcenter\nsub-01\t3200\t1\tA\nsub-2\t3300\t0\tB\n".to_vec(),
    ]
}

fn tables(bytes: &[u8]) -> bool {
    let Ok(text) = delimited::text(bytes) else { return false };
    let tsv = delimited::read(text, delimited::Kind::Tsv).is_ok();
    let csv = delimited::read(text, delimited::Kind::Csv).is_ok();
    tsv || csv || Name::parse(text).is_some()
}

fn csv_tables() -> Vec<Vec<u8>> {
    vec![
        b"id,p\n\"a, \"\"b\"\"\",0.2\n\"c\nd\",0.3\n".to_vec(),
        b"sub-01_ses-2_acq-mprage_run-1_T1w.nii.gz".to_vec(),
    ]
}
