//! A writer of DICOM files that is no part of HIELight: explicit, little endian, one image each; and what is read of files.

use flate2::read::GzDecoder;
use hielight::dicom::{DicomError, Instance, Series};
use hielight::volume::{Affine, Volume};
use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Elements of one file, in any order.
#[derive(Clone, Default)]
pub struct File(Vec<(u32, [u8; 2], Vec<u8>)>);

impl File {
    pub fn text(mut self, tag: u32, vr: &[u8; 2], text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(if vr == b"UI" { 0 } else { b' ' });
        }
        self.0.retain(|(other, ..)| *other != tag);
        self.0.push((tag, *vr, bytes));
        self
    }

    pub fn short(mut self, tag: u32, value: u16) -> Self {
        self.0.retain(|(other, ..)| *other != tag);
        self.0.push((tag, *b"US", value.to_le_bytes().to_vec()));
        self
    }

    pub fn voxels(mut self, voxels: impl IntoIterator<Item = i16>) -> Self {
        let bytes = voxels.into_iter().flat_map(i16::to_le_bytes).collect();
        self.0.retain(|(other, ..)| *other != 0x7fe0_0010);
        self.0.push((0x7fe0_0010, *b"OW", bytes));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut elements = self.0.clone();
        elements.sort_by_key(|(tag, ..)| *tag);
        let mut out = vec![0; 128];
        out.extend(b"DICM");
        for (tag, vr, value) in elements {
            out.extend(((tag >> 16) as u16).to_le_bytes());
            out.extend((tag as u16).to_le_bytes());
            out.extend(vr);
            if matches!(&vr, b"OW" | b"OB" | b"UT" | b"SQ") {
                out.extend([0, 0]);
                out.extend((value.len() as u32).to_le_bytes());
            } else {
                out.extend((value.len() as u16).to_le_bytes());
            }
            out.extend(value);
        }
        out
    }
}

/// What every file of one series says.
pub fn series(number: u32, description: &str, repetition_ms: f64, echo_ms: f64) -> File {
    File::default()
        .text(0x0002_0010, b"UI", "1.2.840.10008.1.2.1")
        .text(0x0008_0008, b"CS", "ORIGINAL\\PRIMARY\\M")
        .text(0x0008_0016, b"UI", "1.2.840.10008.5.1.4.1.1.4")
        .text(0x0008_0060, b"CS", "MR")
        .text(0x0008_103e, b"LO", description)
        .text(0x0018_0020, b"CS", "SE")
        .text(0x0018_0080, b"DS", &repetition_ms.to_string())
        .text(0x0018_0081, b"DS", &echo_ms.to_string())
        .text(0x0020_000d, b"UI", "1.2.3")
        .text(0x0020_000e, b"UI", &format!("1.2.3.{number}"))
        .text(0x0020_0011, b"IS", &number.to_string())
        .short(0x0028_0002, 1)
        .text(0x0028_0004, b"CS", "MONOCHROME2")
        .short(0x0028_0100, 16)
        .short(0x0028_0101, 16)
        .short(0x0028_0102, 15)
        .short(0x0028_0103, 1)
}

/// A volume of whole numbers as files, one for each slice along a stored axis.
pub fn slices(volume: &Volume, axis: usize, common: &File) -> Vec<File> {
    let others: Vec<usize> = (0..3).filter(|a| *a != axis).collect();
    let (column, row) = (others[0], others[1]);
    let (dims, spacing) = (volume.dims(), volume.affine().spacing_mm());
    // RAS to LPS.
    let lps = |ras: [f64; 3]| [-ras[0], -ras[1], ras[2]];
    let linear = volume.affine().linear();
    let direction = |a: usize| lps(std::array::from_fn(|r| linear[(r, a)] / spacing[a]));
    let decimals = |values: &[f64]| values.iter().map(|v| format!("{v:.9}")).collect::<Vec<_>>().join("\\");
    let orientation = decimals(&[direction(column), direction(row)].concat());
    let strides = [1, dims[0], dims[0] * dims[1]];
    (0..dims[axis])
        .map(|k| {
            let mut first = [0.0; 3];
            first[axis] = k as f64;
            let voxel = |x: usize, y: usize| {
                volume.voxels()[k * strides[axis] + x * strides[column] + y * strides[row]] as i16
            };
            let voxels = (0..dims[row]).flat_map(|y| (0..dims[column]).map(move |x| voxel(x, y)));
            common
                .clone()
                .text(0x0008_0018, b"UI", &format!("1.2.3.4.{k}"))
                .text(0x0018_0050, b"DS", &format!("{:.6}", spacing[axis]))
                .text(0x0020_0013, b"IS", &(k + 1).to_string())
                .text(0x0020_0032, b"DS", &decimals(&lps(volume.affine().to_world(first))))
                .text(0x0020_0037, b"DS", &orientation)
                .short(0x0028_0010, dims[row] as u16)
                .short(0x0028_0011, dims[column] as u16)
                .text(0x0028_0030, b"DS", &decimals(&[spacing[row], spacing[column]]))
                .voxels(voxels)
        })
        .collect()
}

/// Files in memory, and the series in them.
pub struct Set {
    pub files: Vec<Vec<u8>>,
    pub series: Vec<Series>,
}

impl Set {
    /// Of a folder of `tests/data/dicom`.
    pub fn named(name: &str) -> Self {
        let entries = std::fs::read_dir(super::data().join("dicom").join(name)).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        Self::of(paths.iter().map(|path| unpacked(path)).collect())
    }

    pub fn written(files: &[File]) -> Self {
        Self::of(files.iter().map(File::bytes).collect())
    }

    pub fn of(files: Vec<Vec<u8>>) -> Self {
        let read = |(n, bytes): (usize, &Vec<u8>)| {
            Instance::read(bytes).ok().map(|instance| (n, Arc::new(instance)))
        };
        let instances: Vec<(usize, Arc<Instance>)> = files.iter().enumerate().filter_map(read).collect();
        Self { series: hielight::dicom::series(&instances), files }
    }

    pub fn volume(&self, series: &Series, volume: usize) -> Result<Volume, DicomError> {
        series
            .read_volume(volume, &mut |n| self.files.get(n).map(Cow::from))
            .map(|scan| scan.volume.into_ras())
    }

    /// Every volume that can be decoded, with its series' number, also of series that are refused.
    pub fn volumes(&self) -> Vec<(i64, Volume)> {
        let of = |series: &Series| -> Vec<(i64, Volume)> {
            let read = |v| (series.number.unwrap(), self.volume(series, v).unwrap());
            (0..series.volumes()).map(read).collect()
        };
        self.series.iter().flat_map(of).collect()
    }
}

pub fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&std::fs::read(path).unwrap()[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

/// A head-like volume of whole numbers that spans one.
pub fn head() -> Volume {
    let dims = [22, 26, 18];
    let rows = [[-3.5, 0.1, 0.0, 38.0], [0.1, 3.4, -0.4, -44.0], [0.0, 0.5, 4.2, -38.0]];
    let voxels = (0..dims.iter().product()).map(|i: usize| ((i * 7919) % 1201) as f32 - 200.0).collect();
    Volume::new(dims, voxels, Affine::from_rows(orthogonal(rows)).unwrap()).unwrap()
}

/// The nearest grid without shear: a scanner's.
fn orthogonal(rows: [[f64; 4]; 3]) -> [[f64; 4]; 3] {
    let affine = Affine::from_rows(rows).unwrap();
    let (mut q, spacing) = (affine.linear(), affine.spacing_mm());
    for (c, mm) in spacing.into_iter().enumerate() {
        for before in 0..c {
            let along = q.column(c).dot(&q.column(before)) / q.column(before).norm_squared();
            let less = q.column(before) * along;
            q.set_column(c, &(q.column(c) - less));
        }
        let unit = q.column(c).normalize() * mm;
        q.set_column(c, &unit);
    }
    std::array::from_fn(|r| [q[(r, 0)], q[(r, 1)], q[(r, 2)], rows[r][3]])
}

pub fn t1(number: u32) -> File {
    series(number, "T1 TSE axial", 600.0, 12.0)
}

pub fn t2(number: u32) -> File {
    series(number, "T2 TSE axial", 5500.0, 140.0)
}
