//! Series: which images belong together, whether they are what HIELight reads, and their volume.

use super::DicomError;
use super::dataset::Content;
use super::header::Instance;
use super::kind::{FIELD_MAPS, not_wanted};
use super::stack::{Geometry, Plane, Stack};
use super::values::Values;
use super::weighting::{self, Doubt, Weighting};
use crate::fault::Notice;
use crate::text;
use crate::volume::{HEAD_MM, Scan, Stored, Volume, VolumeError, thick_slices};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Voxels of one volume: they are held as float32.
const VOXEL_LIMIT: usize = 512 * 512 * 512;

/// Images that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Tells it from other series, whichever files are looked through with it.
    pub id: String,
    pub number: Option<i64>,
    /// What the operator called it, without the patient's name and without long numbers; it may be empty.
    pub description: String,
    /// The contrast, as a proposal.
    pub weighting: Option<Weighting>,
    /// Why none is proposed, where one might be expected.
    pub doubt: Option<Doubt>,
    /// Columns, rows, slices; of what is no volume, images instead of slices.
    pub dims: [usize; 3],
    /// Step along each of them.
    pub spacing_mm: Option<[f64; 3]>,
    pub thickness_mm: Option<f64>,
    /// Why it is not read.
    pub refusal: Option<DicomError>,
    instances: Vec<(usize, Arc<Instance>)>,
    geometry: Option<Geometry>,
    /// For each volume its slices in order: which of the instances, which of its frames.
    volumes: Vec<Vec<(usize, usize)>>,
}

/// What tells series apart, as dcm2niix does: never stacked across study, series, size, echo, part of a complex
/// number, or kind of image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    study: String,
    series: String,
    columns: u32,
    rows: u32,
    image_type: Option<String>,
    component: Option<String>,
    philips_kind: Option<String>,
    echo_number: Option<i64>,
    /// Tenths of a millisecond.
    echo: Option<i64>,
    samples: u32,
}

impl Key {
    fn kind(&self) -> Kind<'_> {
        (&self.study, &self.series, self.image_type.as_deref())
    }

    fn of(instance: &Instance, values: &Values) -> Self {
        Self {
            study: instance.study.clone(),
            series: instance.series.clone(),
            columns: instance.layout.columns,
            rows: instance.layout.rows,
            image_type: values.image_type.clone(),
            component: values.component.clone(),
            philips_kind: values.philips_kind.clone(),
            echo_number: values.echo_number,
            echo: values.echo_ms.map(|ms| (10.0 * ms).round() as i64),
            samples: instance.layout.samples,
        }
    }
}

/// Gives a file's bytes by the caller's number.
pub type Load<'f, 'a> = dyn FnMut(usize) -> Option<Cow<'a, [u8]>> + 'f;

/// One image: which of the instances, which of its frames.
type Image = (usize, usize);

/// Sorts files into series, by number. Each comes with the number by which the caller knows it.
#[must_use]
pub fn series(instances: &[(usize, Arc<Instance>)]) -> Vec<Series> {
    // A file that is damaged may be any slice of its series.
    let damaged: BTreeMap<&str, DicomError> = instances
        .iter()
        .filter_map(|(_, instance)| Some((instance.series.as_str(), instance.damaged.clone()?)))
        .collect();
    let whole: BTreeSet<&str> = instances
        .iter()
        .filter(|(_, instance)| instance.damaged.is_none())
        .map(|(_, instance)| instance.series.as_str())
        .collect();
    let mut groups: BTreeMap<Key, Vec<Image>> = BTreeMap::new();
    for (i, (_, instance)) in instances.iter().enumerate() {
        if instance.damaged.is_some() && whole.contains(instance.series.as_str()) {
            continue;
        }
        for (frame, values) in instance.frames.iter().enumerate() {
            groups.entry(Key::of(instance, values)).or_default().push((i, frame));
        }
    }
    let kinds = faults_of_kinds(instances, &groups);
    let mut found = Vec::new();
    for (key, images) in &groups {
        for images in by_orientation(instances, images, Plane::is_parallel) {
            let mut by_number: BTreeMap<Option<i64>, Vec<Image>> = BTreeMap::new();
            for image in images {
                by_number.entry(instances[image.0].1.number).or_default().push(image);
            }
            let fault = damaged.get(key.series.as_str()).cloned().or_else(|| kinds.get(&key.kind()).cloned());
            found.extend(
                by_number.into_values().map(|images| Series::of(key, instances, images, fault.clone())),
            );
        }
    }
    found.sort_by(|a, b| (a.number, &a.id).cmp(&(b.number, &b.id)));
    // The same parts under the same name: the second orientation of a mixed series.
    let mut same: BTreeMap<String, usize> = BTreeMap::new();
    for series in &mut found {
        let before = same.entry(series.id.clone()).or_default();
        if *before > 0 {
            series.id = format!("{}+{before}", series.id);
        }
        *before += 1;
    }
    let of_field_maps: Vec<bool> =
        found.iter().map(|series| found.iter().any(|other| series.maps_a_field_with(other))).collect();
    for (series, of_a_field_map) in found.iter_mut().zip(of_field_maps) {
        if of_a_field_map && series.weighting.take().is_some() {
            series.doubt = Some(Doubt::FieldMap);
        }
    }
    found
}

/// What a scanner calls one series, and images of one kind in it.
type Kind<'a> = (&'a str, &'a str, Option<&'a str>);

/// What is wrong with all images of a kind: they lie in several directions, or one does not say where.
fn faults_of_kinds<'a>(
    instances: &[(usize, Arc<Instance>)],
    groups: &'a BTreeMap<Key, Vec<Image>>,
) -> BTreeMap<Kind<'a>, DicomError> {
    let mut kinds: BTreeMap<Kind<'_>, Vec<Image>> = BTreeMap::new();
    for (key, images) in groups {
        kinds.entry(key.kind()).or_default().extend(images);
    }
    let is_placed = |(i, frame): &Image| Plane::of(&instances[*i].1.frames[*frame]).is_some();
    let fault = |images: &[Image]| match by_orientation(instances, images, Plane::is_aligned).len() {
        // A place that is not known may be any of theirs.
        _ if !images.iter().all(is_placed) => Some(DicomError::NoPosition),
        0 | 1 => None,
        several => Some(DicomError::Orientations(several)),
    };
    kinds.into_iter().filter_map(|(kind, images)| Some((kind, fault(&images)?))).collect()
}

/// The one series of that contrast, if there is exactly one; else the only one that is read at all, unless it is of
/// the other contrast.
#[must_use]
pub fn proposed(found: &[Series], weighting: Weighting) -> Option<&Series> {
    let readable: Vec<&Series> = found.iter().filter(|series| series.check().is_ok()).collect();
    let of_it: Vec<&Series> =
        readable.iter().copied().filter(|series| series.weighting == Some(weighting)).collect();
    match (of_it.as_slice(), readable.as_slice()) {
        ([one], _) => Some(one),
        ([], [only]) if only.weighting.is_none() => Some(only),
        _ => None,
    }
}

/// Images that lie alike; those that do not say how they lie are together.
fn by_orientation(
    instances: &[(usize, Arc<Instance>)],
    images: &[Image],
    alike: impl Fn(&Plane, &Plane) -> bool,
) -> Vec<Vec<Image>> {
    let mut sorted: Vec<(Option<Plane>, Vec<Image>)> = Vec::new();
    for image in images {
        let plane = Plane::of(&instances[image.0].1.frames[image.1]);
        let place = sorted.iter_mut().find(|(first, _)| match (first, &plane) {
            (Some(first), Some(plane)) => alike(first, plane),
            (None, None) => true,
            _ => false,
        });
        match place {
            Some((_, images)) => images.push(*image),
            None => sorted.push((plane, vec![*image])),
        }
    }
    sorted.into_iter().map(|(_, images)| images).collect()
}

impl Series {
    fn of(
        key: &Key,
        all: &[(usize, Arc<Instance>)],
        mut images: Vec<Image>,
        fault: Option<DicomError>,
    ) -> Self {
        let time = |(i, frame): &Image| {
            let instance = &all[*i].1;
            (instance.frames[*frame].time, instance.image_number, *frame, instance.uid.clone(), *i)
        };
        images.sort_by_cached_key(time);
        // Only what belongs to it.
        let mut instances: Vec<(usize, Arc<Instance>)> = Vec::new();
        let mut place = BTreeMap::new();
        for (i, _) in &images {
            place.entry(*i).or_insert_with(|| {
                instances.push(all[*i].clone());
                instances.len() - 1
            });
        }
        let images: Vec<Image> = images.into_iter().map(|(i, frame)| (place[&i], frame)).collect();
        let (first, frame) = (&instances[images[0].0].1, images[0].1);
        let values = &first.frames[frame];
        let size = [first.layout.columns as usize, first.layout.rows as usize];
        let stacked = stacked(&instances, &images, size);
        let spacing_mm = stacked.geometry.map(|geometry| geometry.spacing_mm());
        let dims = stacked.geometry.map_or([size[0], size[1], images.len()], |geometry| geometry.dims);
        let description = first.names.iter().find(|name| !name.is_empty()).cloned().unwrap_or_default();
        let refusal =
            not_read(&instances).or(fault).or(stacked.refusal).or_else(|| not_wanted(first, values)).or_else(
                || {
                    let voxels = dims.iter().try_fold(1_usize, |all, n| all.checked_mul(*n));
                    voxels.is_none_or(|n| n > VOXEL_LIMIT).then_some(DicomError::TooLarge)
                },
            );
        let identity = (key, first.number);
        let said = weighting::proposed(&first.names, values);
        Self {
            id: short_hash(&format!("{identity:?}")),
            number: first.number,
            weighting: said.ok().filter(|_| refusal.is_none()),
            doubt: said.err().flatten().filter(|_| refusal.is_none()),
            description,
            dims,
            spacing_mm,
            thickness_mm: values.thickness_mm.filter(|mm| mm.is_finite()),
            refusal,
            geometry: stacked.geometry,
            volumes: stacked.volumes,
            instances,
        }
    }

    /// Its first image.
    fn first(&self) -> (&Instance, &Values) {
        let instance = &self.instances[0].1;
        (instance, &instance.frames[0])
    }

    /// Whether this and another are gradient echoes of one measurement at two echo times, or magnitude and phase of
    /// one: what a map of the field is computed from. Both look T1-weighted by their timing.
    fn maps_a_field_with(&self, other: &Self) -> bool {
        let ((own, values), (theirs, others)) = (self.first(), other.first());
        let same = |a: Option<f64>, b: Option<f64>| (a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 0.1;
        own.study == theirs.study
            && self.dims[..2] == other.dims[..2]
            && weighting::is_gradient(values)
            && weighting::is_gradient(others)
            && same(values.repetition_ms, others.repetition_ms)
            && (!same(values.echo_ms, others.echo_ms)
                || matches!(other.refusal, Some(DicomError::Component(_)))
                || matches!(other.refusal, Some(DicomError::Derived(word)) if FIELD_MAPS.contains(&word)))
    }

    /// File and frame of the image in its middle.
    #[must_use]
    pub fn middle(&self) -> Option<(usize, usize)> {
        let within = |(i, frame): Image| (self.instances[i].0, frame);
        if let Some(slices) = self.volumes.first() {
            return slices.get(slices.len() / 2).copied().map(within);
        }
        let instance = self.instances.get(self.instances.len() / 2)?;
        Some((instance.0, instance.1.frames.len() / 2))
    }

    /// That it is read, and spans what a scan of a head can span.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), DicomError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let mm = self.geometry.map_or([0.0; 3], |geometry| geometry.extent_mm());
        let [low, high] = HEAD_MM;
        let spans = mm.iter().all(|mm| (low..=high).contains(mm));
        if spans { Ok(()) } else { Err(VolumeError::Extent { mm }.into()) }
    }

    /// The files that its volume needs, in the order of its slices, by the caller's numbers.
    #[must_use]
    pub fn files(&self) -> Vec<usize> {
        let mut files = Vec::new();
        for (i, _) in self.volumes.iter().flatten() {
            if !files.contains(i) {
                files.push(*i);
            }
        }
        files.into_iter().map(|i| self.instances[i].0).collect()
    }

    /// How many volumes it holds.
    #[must_use]
    pub fn volumes(&self) -> usize {
        self.volumes.len()
    }

    /// Its volume. `load` gives a file's bytes by the caller's number.
    ///
    /// # Errors
    /// Why the series is refused, or what is wrong with its voxels.
    pub fn read<'a>(&self, load: &mut Load<'_, 'a>) -> Result<Scan, DicomError> {
        match &self.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => self.read_volume(0, load),
        }
    }

    /// One volume, also of a series that is refused for what it is and not for how it lies.
    ///
    /// # Errors
    /// What is wrong with its voxels; `NoPosition` where there is no such volume.
    pub fn read_volume<'a>(&self, volume: usize, load: &mut Load<'_, 'a>) -> Result<Scan, DicomError> {
        let slices = self.volumes.get(volume).ok_or(DicomError::NoPosition)?;
        let geometry = self.geometry.ok_or(DicomError::NoPosition)?;
        let affine = geometry.affine()?;
        let count: usize = geometry.dims.iter().product();
        if count > VOXEL_LIMIT {
            return Err(DicomError::TooLarge);
        }
        let precise = slices.iter().all(|(i, frame)| {
            let (instance, values) = (&self.instances[*i].1, &self.instances[*i].1.frames[*frame]);
            instance.is_philips && values.philips_slope.is_some_and(f64::is_normal)
        });
        let mut voxels: Vec<f32> = Vec::new();
        for (i, (file, instance)) in self.instances.iter().enumerate() {
            let places: Vec<usize> = (0..slices.len()).filter(|k| slices[*k].0 == i).collect();
            if places.is_empty() {
                continue;
            }
            let bytes = load(*file).ok_or(DicomError::Changed)?;
            let content = Content::of(&bytes).map_err(|_| DicomError::Changed)?;
            if Instance::of(&content).as_ref() != Ok(&**instance) {
                return Err(DicomError::Changed);
            }
            for k in places {
                let frame = slices[k].1;
                let raw = instance.layout.frame(&content, frame, instance.frames.len())?;
                let scale = Scale::of(&instance.frames[frame], precise)?;
                let values: Vec<f32> = raw.into_iter().map(|v| scale.apply(v)).collect();
                if !values.iter().all(|v| v.is_finite()) {
                    return Err(DicomError::Rescale);
                }
                if let Some(mosaic) = &instance.mosaic {
                    let columns = instance.layout.columns as usize;
                    voxels = mosaic.unfold(&values, columns, [geometry.dims[0], geometry.dims[1]]);
                    continue;
                }
                if voxels.is_empty() {
                    // Only now is it known that a file holds as much as its header says.
                    voxels.resize(count, 0.0);
                }
                let slice = values.len();
                voxels[k * slice..(k + 1) * slice].copy_from_slice(&values);
            }
        }
        let volume = Volume::new(geometry.dims, voxels, affine)?;
        let stored = Stored::scanner(&volume);
        let mut warnings = self.warnings();
        warnings.extend(thick_slices(volume.affine()));
        Ok(Scan { volume, stored, warnings })
    }

    fn warnings(&self) -> Vec<Notice> {
        let mut warnings = Vec::new();
        if self.instances.iter().any(|(_, instance)| instance.lossy) {
            let message = text!("The images were compressed with loss: fine detail may be gone.");
            warnings.push(Notice::new("lossy_compression", message));
        }
        let said = self.instances.iter().filter_map(|(_, instance)| instance.images_in_acquisition).max();
        let there = self.instances.iter().map(|(_, instance)| instance.frames.len()).sum::<usize>();
        if let Some(said) = said.filter(|said| *said as usize > there) {
            let message = text!(
                "The scanner says that it took {said} images with this one, and {there} are there: \
check that the first and the last slice are.",
                said,
                there
            );
            warnings.push(Notice::new("fewer_images", message));
        }
        warnings
    }
}

/// Sixteen hexadecimal digits that stand for a text.
fn short_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

/// How images lie.
#[derive(Default)]
struct Stacked {
    geometry: Option<Geometry>,
    volumes: Vec<Vec<Image>>,
    refusal: Option<DicomError>,
}

fn stacked(instances: &[(usize, Arc<Instance>)], images: &[Image], size: [usize; 2]) -> Stacked {
    let planes = images.iter().map(|(i, frame)| Plane::of(&instances[*i].1.frames[*frame]));
    let Some(planes) = planes.collect::<Option<Vec<Plane>>>() else {
        return Stacked { refusal: Some(DicomError::NoPosition), ..Stacked::default() };
    };
    let first = &instances[images[0].0].1;
    if first.frames[images[0].1].is_type("MOSAIC") {
        return mosaics(first, images, &planes[0], size);
    }
    let (stack, placed) = Stack::of(&planes, size);
    let volumes = stack.as_ref().map_or_else(Vec::new, |stack| {
        let copies = stack.places.first().map_or(0, Vec::len);
        (0..copies).map(|v| stack.places.iter().map(|place| images[place[v]]).collect()).collect()
    });
    Stacked { geometry: stack.map(|stack| stack.geometry), volumes, refusal: placed.err() }
}

fn mosaics(first: &Instance, images: &[Image], plane: &Plane, size: [usize; 2]) -> Stacked {
    let laid_out = first.mosaic.and_then(|mosaic| {
        let tile = mosaic.tile(size[0], size[1])?;
        let spacing_mm = first.slice_spacing_mm.filter(|mm| mm.is_finite() && *mm > 0.0)?;
        let picture = Geometry {
            dims: [size[0], size[1], 1],
            origin: plane.origin,
            steps: [plane.steps[0], plane.steps[1], [0.0; 3]],
        };
        Some(mosaic.place(&picture, tile, spacing_mm))
    });
    Stacked {
        geometry: laid_out,
        volumes: if laid_out.is_some() {
            images.iter().map(|image| vec![*image]).collect()
        } else {
            Vec::new()
        },
        refusal: match (laid_out, images.len()) {
            (None, _) => Some(DicomError::Mosaic),
            (_, 1) => None,
            (_, n) => Some(DicomError::TimeSeries(n)),
        },
    }
}

/// What cannot be read at all, whatever it shows.
fn not_read(instances: &[(usize, Arc<Instance>)]) -> Option<DicomError> {
    instances.iter().find_map(|(_, instance)| {
        if let Some(damaged) = &instance.damaged {
            return Some(damaged.clone());
        }
        if let Err(error) = instance.layout.check() {
            return Some(error);
        }
        let described = instance.frames.len();
        let said = instance.layout.frames.unwrap_or(1);
        if usize::try_from(said) != Ok(described) {
            return Some(DicomError::Frames { said, described });
        }
        let scaled = instance.frames.iter().all(|values| Scale::of(values, false).is_ok());
        if scaled { None } else { Some(DicomError::Rescale) }
    })
}

/// From stored to real values.
pub(super) struct Scale {
    slope: f64,
    intercept: f64,
}

impl Scale {
    /// `precise`: on the scanner's own scale, which is the same for all of Philips' slices.
    pub(super) fn of(values: &Values, precise: bool) -> Result<Self, DicomError> {
        let (slope, intercept) = (values.slope.unwrap_or(1.0), values.intercept.unwrap_or(0.0));
        if !slope.is_normal() || !intercept.is_finite() {
            return Err(DicomError::Rescale);
        }
        Ok(match values.philips_slope.filter(|_| precise) {
            Some(own) => Self { slope: 1.0 / own, intercept: intercept / (slope * own) },
            None => Self { slope, intercept },
        })
    }

    pub(super) fn apply(&self, stored: i32) -> f32 {
        (f64::from(stored) * self.slope + self.intercept) as f32
    }
}
