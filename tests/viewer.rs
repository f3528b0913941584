//! Does the viewer show each voxel where it is in the world, and do its pictures stay what they were?
//!
//! Expected pictures stand in `tests/golden`; `HIELIGHT_WRITE_GOLDEN=1` writes them anew, to be looked at.

mod support;

use hielight::model::{FeatureGeometry, Layer, Sequence, SignedMap};
use hielight::render::{
    Canvas, Colours, Content, Convention, Frame, Lay, Marks, Mosaic, Overlay, Painter, Panel, Plane, Readout,
    Scene, Style, View, Viewport, share_of_peak, side,
};
use hielight::volume::{Affine, Grid, Volume, read_nifti};
use std::path::Path;

/// Side of a small picture.
const SIDE: usize = 96;
/// Levels of 255 by which a picture may differ from its expected one: a rounding up or down.
const GOLDEN_TOLERANCE: u8 = 1;

/// A head-like phantom with these axes: an ellipsoid with two "ventricles", and a bright ball in the patient's left
/// front. The first axis runs to the right.
fn phantom(dims: [usize; 3], rows: [[f64; 4]; 3]) -> Volume {
    let affine = Affine::from_rows(rows).unwrap();
    let centre = affine.to_world(dims.map(|n| (n as f64 - 1.0) / 2.0));
    let mut voxels = Vec::new();
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let p = affine.to_world([x as f64, y as f64, z as f64]);
                let [r, a, s] = std::array::from_fn(|i| p[i] - centre[i]);
                let inside = (r / 30.0).powi(2) + (a / 38.0).powi(2) + (s / 28.0).powi(2) < 1.0;
                let ventricle = (r.abs() - 5.0).powi(2) / 9.0 + (a / 14.0).powi(2) + (s / 8.0).powi(2) < 1.0;
                let ball = (r + 15.0).powi(2) + (a - 14.0).powi(2) + (s - 6.0).powi(2) < 49.0;
                voxels.push(match (inside, ball, ventricle) {
                    (false, ..) => 0.0,
                    (_, true, _) => 200.0,
                    (_, _, true) => 40.0,
                    _ => 100.0 + 0.5 * a as f32,
                });
            }
        }
    }
    Volume::new(dims, voxels, affine).unwrap()
}

/// Where the phantom's ball is.
fn ball_of(volume: &Volume) -> [f64; 3] {
    let [r, a, s] = volume.affine().to_world(volume.dims().map(|n| (n as f64 - 1.0) / 2.0));
    [r - 15.0, a + 14.0, s + 6.0]
}

fn upright() -> Volume {
    phantom([44, 52, 40], [[1.6, 0.0, 0.0, -34.0], [0.0, 1.6, 0.0, -41.0], [0.0, 0.0, 1.6, -30.0]])
}

/// Thick slices: 0.9 x 0.9 x 4.5 mm.
fn thick() -> Volume {
    phantom([76, 92, 15], [[0.9, 0.0, 0.0, -34.0], [0.0, 0.9, 0.0, -41.0], [0.0, 0.0, 4.5, -31.0]])
}

/// Turned by the 3-4-5 triangle about the left-right axis; no angle whose sine differs between machines.
fn oblique() -> Volume {
    phantom([44, 52, 48], [[1.6, 0.0, 0.0, -34.0], [0.0, 1.28, -0.96, -12.0], [0.0, 0.96, 1.28, -54.0]])
}

/// Axes that are not at right angles.
fn sheared() -> Volume {
    phantom([52, 52, 40], [[1.6, 0.4, 0.0, -51.0], [0.0, 1.6, 0.3, -46.0], [0.0, 0.0, 1.6, -30.0]])
}

fn all() -> [(&'static str, Volume); 4] {
    [("upright", upright()), ("anisotropic", thick()), ("oblique", oblique()), ("sheared", sheared())]
}

/// A map of 8 mm cells over the box of a volume, along its axes: a hot cell at the ball, a cold one opposite.
fn map_over(volume: &Volume) -> Volume {
    let spacing = volume.affine().spacing_mm();
    let dims = std::array::from_fn(|a| (volume.dims()[a] as f64 * spacing[a] / 8.0).ceil() as usize);
    let rows = volume.affine().rows();
    let affine = Affine::from_rows(std::array::from_fn(|r| {
        let step = |c: usize| rows[r][c] * 8.0 / spacing[c];
        [step(0), step(1), step(2), rows[r][3]]
    }))
    .unwrap();
    let ball = ball_of(volume);
    let centre = volume.affine().to_world(volume.dims().map(|n| (n as f64 - 1.0) / 2.0));
    let opposite: [f64; 3] = std::array::from_fn(|a| 2.0 * centre[a] - ball[a]);
    let mut cells = Vec::new();
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let p = affine.to_world([x as f64, y as f64, z as f64]);
                let near = |q: [f64; 3]| (-(0..3).map(|a| (p[a] - q[a]).powi(2)).sum::<f64>() / 200.0).exp();
                cells.push((0.12 * near(ball) - 0.09 * near(opposite)) as f32);
            }
        }
    }
    Volume::new(dims, cells, affine).unwrap()
}

fn painted(
    volume: &Volume,
    plane: Plane,
    through: [f64; 3],
    frame: &Frame<'_>,
    overlay: Option<Overlay<'_>>,
    style: Style,
) -> (Vec<u8>, Viewport) {
    let view = View { volume, plane, crosshair_mm: through, window: [0.0, 200.0], overlay };
    let viewport = Viewport::of(volume, plane, through, frame, SIDE, SIDE);
    let mut pixels = vec![0; 4 * SIDE * SIDE];
    Painter::default().paint(&view, &viewport, &style, &mut pixels);
    (pixels, viewport)
}

/// Pictures side by side, `columns` in a row.
fn sheet(pictures: &[Vec<u8>], columns: usize) -> (Vec<u8>, usize, usize) {
    let rows = pictures.len().div_ceil(columns);
    let (width, height) = (SIDE * columns, SIDE * rows);
    let mut all = vec![0; 4 * width * height];
    for (k, picture) in pictures.iter().enumerate() {
        for (row, line) in picture.chunks_exact(4 * SIDE).enumerate() {
            let at = 4 * ((k / columns * SIDE + row) * width + k % columns * SIDE);
            all[at..at + line.len()].copy_from_slice(line);
        }
    }
    (all, width, height)
}

fn compare_with_golden(name: &str, pictures: &[Vec<u8>], columns: usize) {
    let (pixels, width, height) = sheet(pictures, columns);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.png"));
    if std::env::var_os("HIELIGHT_WRITE_GOLDEN").is_some() {
        let file = std::fs::File::create(&path).unwrap();
        let mut encoder = png::Encoder::new(file, width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        let rgb: Vec<u8> = pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        encoder.write_header().unwrap().write_image_data(&rgb).unwrap();
        return;
    }
    let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut expected = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut expected).unwrap();
    assert_eq!((info.width as usize, info.height as usize), (width, height), "{name}");
    let wrong: Vec<usize> = pixels
        .chunks_exact(4)
        .zip(expected.chunks_exact(3))
        .enumerate()
        .filter(|(_, (p, e))| (0..3).any(|c| p[c].abs_diff(e[c]) > GOLDEN_TOLERANCE))
        .map(|(i, _)| i)
        .collect();
    let first = wrong.first().map(|i| (i % width, i / width));
    assert!(wrong.is_empty(), "{name}: {} pixels differ, first at {first:?}", wrong.len());
}

#[test]
fn are_planes_of_every_geometry_in_both_conventions_what_they_were() {
    for (name, volume) in all() {
        let through = ball_of(&volume);
        let mut pictures = Vec::new();
        for convention in [Convention::Radiological, Convention::Neurological] {
            for plane in Plane::ALL {
                let frame = Frame { convention, ..Frame::default() };
                let (mut pixels, viewport) = painted(&volume, plane, through, &frame, None, Style::default());
                let marks = Marks {
                    crosshair: Some(viewport.to_pixel(through)),
                    letters: viewport.letters(),
                    divider: None,
                    scale: 1.0,
                };
                Canvas { pixels: &mut pixels, width: SIDE, height: SIDE }.mark(&marks);
                pictures.push(pixels);
            }
        }
        compare_with_golden(name, &pictures, 3);
    }
}

#[test]
fn are_the_overlays_modes_what_they_were() {
    let volume = upright();
    let map = map_over(&volume);
    let through = ball_of(&volume);
    let plain = Overlay { map: &map, full_scale: 0.1, opacity: 0.7, threshold: 0.25, signed: false };
    let signed = Overlay { signed: true, ..plain };
    let own = Style::default();
    let mut pictures: Vec<Vec<u8>> = Vec::new();
    for (overlay, style) in [
        (plain, own),
        (plain, Style { soft: false, ..own }),
        (plain, Style { outline: 1, ..own }),
        (plain, Style { interpolate: false, ..own }),
        (plain, Style { colours: Colours::Viridis, ..own }),
        (plain, Style { colours: Colours::Cividis, ..own }),
        (signed, own),
        (signed, Style { outline: 2, ..own }),
        (Overlay { opacity: 0.0, ..plain }, own),
    ] {
        // Through the map's both ends for the signed one: the coronal plane of the crosshair and its opposite.
        pictures.push(painted(&volume, Plane::Axial, through, &Frame::default(), Some(overlay), style).0);
    }
    compare_with_golden("overlays", &pictures, 3);
}

#[test]
fn are_zoom_swipe_and_slices_what_they_were() {
    let mut scene = Scene::default();
    scene.set_image(0, Some((upright(), [0.0, 200.0], [0.0; 3])));
    scene.set_image(1, Some((thick(), [0.0, 150.0], [0.0; 3])));
    scene.set_map(0, map_over(&upright()), 0.1);
    scene.go_to(ball_of(&upright()));
    let mut panel = Panel::default();
    let mut draw = |scene: &Scene, content| {
        panel.draw(scene, Plane::Axial, content, [SIDE, SIDE], 1.0).unwrap().to_vec()
    };
    let mut pictures = vec![draw(&scene, Content::Swipe(0.4)), draw(&scene, Content::One(1))];
    scene.zoom_at(2.5, scene.crosshair_mm);
    pictures.push(draw(&scene, Content::One(0)));
    scene.reset_frame();
    pictures.push(Mosaic::of(Plane::Coronal, 6).draw(&scene, 0, [SIDE, SIDE], 1.0).unwrap());
    compare_with_golden("layouts", &pictures, 2);
}

/// Mean brightness of a picture's left and right half.
fn halves(pixels: &[u8]) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for (i, p) in pixels.chunks_exact(4).enumerate() {
        sums[usize::from(i % SIDE >= SIDE / 2)] += f64::from(p[0]);
    }
    sums
}

#[test]
fn is_the_patients_left_where_the_convention_says() {
    // Only the ball, which is on the patient's left, is bright.
    for (name, volume) in all() {
        let ball = ball_of(&volume);
        let bright: Vec<f32> = volume.voxels().iter().map(|v| if *v > 150.0 { *v } else { 0.0 }).collect();
        let only = Volume::new(volume.dims(), bright, *volume.affine()).unwrap();
        for plane in [Plane::Axial, Plane::Coronal] {
            for (convention, bright, letters) in
                [(Convention::Radiological, 1, ['R', 'L']), (Convention::Neurological, 0, ['L', 'R'])]
            {
                let frame = Frame { convention, ..Frame::default() };
                let (pixels, viewport) = painted(&only, plane, ball, &frame, None, Style::default());
                let sums = halves(&pixels);
                assert!(
                    sums[bright] > 0.0 && sums[1 - bright] == 0.0,
                    "{name} {plane:?} {convention:?}: {sums:?}"
                );
                assert_eq!(viewport.letters()[..2], letters, "{name} {plane:?}");
            }
        }
    }
}

#[test]
fn does_the_fast_way_paint_what_each_pixels_own_world_position_holds() {
    for (name, volume) in all() {
        let map = map_over(&volume);
        // Not on a voxel centre, so that slices are mixed too, and no pixel as far from one voxel as from the next.
        let ball = ball_of(&volume);
        let through = [ball[0] + 0.137, ball[1] + 0.071, ball[2] + 0.193];
        for plane in Plane::ALL {
            for zoom in [1.0, 3.3] {
                for interpolate in [true, false] {
                    let frame = Frame { zoom, centre_mm: Some(through), ..Frame::default() };
                    let style = Style { interpolate, ..Style::default() };
                    let (pixels, viewport) = painted(&volume, plane, through, &frame, None, style);
                    let mut off = 0;
                    for (i, pixel) in pixels.chunks_exact(4).enumerate() {
                        let world = viewport.to_world((i % SIDE) as f64, (i / SIDE) as f64);
                        let value = Readout::at(&volume, Some(&map), world, interpolate).intensity;
                        let grey = value.map_or(0.0, |v| (v * 255.0 / 200.0).clamp(0.0, 255.0));
                        off += usize::from((f32::from(pixel[0]) - grey).abs() > 1.0);
                    }
                    assert!(off == 0, "{name} {plane:?} zoom {zoom} {interpolate}: {off} pixels");
                }
            }
        }
    }
}

#[test]
fn are_millimetres_true_whatever_the_voxels() {
    for (name, volume) in all() {
        for plane in Plane::ALL {
            let viewport = Viewport::of(&volume, plane, ball_of(&volume), &Frame::default(), 200, 160);
            let at = |c: f64, r: f64| viewport.to_world(c, r);
            let (o, right, down) = (at(50.0, 50.0), at(60.0, 50.0), at(50.0, 60.0));
            let difference = |p: [f64; 3]| -> [f64; 3] { std::array::from_fn(|i| p[i] - o[i]) };
            let dot = |p: [f64; 3], q: [f64; 3]| (0..3).map(|i| p[i] * q[i]).sum::<f64>();
            let (a, b) = (difference(right), difference(down));
            let mm = 10.0 * viewport.mm_per_pixel();
            // Rounding of 3 x 3 products of some tens of mm.
            assert!((dot(a, a).sqrt() - mm).abs() < 1e-9, "{name} {plane:?}");
            assert!((dot(b, b).sqrt() - mm).abs() < 1e-9, "{name} {plane:?}");
            assert!(dot(a, b).abs() < 1e-9, "{name} {plane:?}: not at right angles");
            // All of the plane is on the picture.
            let [across, up, cut] = plane.axes();
            let depth = volume.affine().to_voxel(ball_of(&volume))[cut];
            for corner in 0..4 {
                let mut voxel = [0.0; 3];
                voxel[cut] = depth;
                voxel[across] = if corner & 1 == 1 { volume.dims()[across] as f64 - 0.5 } else { -0.5 };
                voxel[up] = if corner & 2 == 2 { volume.dims()[up] as f64 - 0.5 } else { -0.5 };
                let [c, r] = viewport.to_pixel(volume.affine().to_world(voxel));
                assert!(
                    (-0.501..199.501).contains(&c) && (-0.501..159.501).contains(&r),
                    "{name} {plane:?} {c} {r}"
                );
            }
        }
    }
}

/// Numbers from 0 to 1, the same on every machine.
fn uniform(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn does_the_readout_equal_the_affines_arithmetic() {
    let mut seed = 7;
    for (name, volume) in all() {
        let rows = volume.affine().rows();
        for _ in 0..200 {
            let voxel: [f64; 3] =
                std::array::from_fn(|a| uniform(&mut seed) * (volume.dims()[a] as f64 - 1.0));
            // NIfTI's own formula, written out.
            let world = std::array::from_fn(|r| {
                rows[r][0] * voxel[0] + rows[r][1] * voxel[1] + rows[r][2] * voxel[2] + rows[r][3]
            });
            let read = Readout::at(&volume, None, world, true);
            let back: [f64; 3] =
                std::array::from_fn(|r| (0..3).map(|a| rows[r][a] * read.voxel[a]).sum::<f64>() + rows[r][3]);
            for a in 0..3 {
                assert!((back[a] - world[a]).abs() < 1e-3, "{name}: {back:?} {world:?}");
            }
            // And through a picture: the pixel under the cursor leads to the same place.
            for plane in Plane::ALL {
                let viewport = Viewport::of(&volume, plane, world, &Frame::default(), 301, 207);
                let [c, r] = viewport.to_pixel(world);
                let there = viewport.to_world(c, r);
                assert!((0..3).all(|a| (there[a] - world[a]).abs() < 1e-3), "{name} {plane:?}");
            }
        }
    }
}

#[test]
fn does_the_readout_agree_with_the_reference_readers_affine() {
    let Some(corpus) = support::corpus() else { return };
    let facts: serde_json::Value = serde_json::from_str(include_str!("reference/corpus.json")).unwrap();
    let (mut seed, mut files) = (11, 0);
    for (name, facts) in
        facts.as_object().unwrap().iter().filter(|(name, _)| name.starts_with("orientations/"))
    {
        let stored = read_nifti(&std::fs::read(corpus.join(name)).unwrap()).unwrap().volume;
        let shown = stored.clone().into_ras();
        let cell = |r: usize, c: usize| facts["affine"][r][c].as_f64().unwrap();
        for _ in 0..100 {
            let voxel: [usize; 3] =
                std::array::from_fn(|a| (uniform(&mut seed) * stored.dims()[a] as f64) as usize);
            let value =
                stored.voxels()[voxel[0] + stored.dims()[0] * (voxel[1] + stored.dims()[1] * voxel[2])];
            let world: [f64; 3] = std::array::from_fn(|r| {
                (0..3).map(|a| cell(r, a) * voxel[a] as f64).sum::<f64>() + cell(r, 3)
            });
            let read = Readout::at(&shown, None, world, false);
            let found = read.intensity.unwrap();
            // A border voxel is the end of an interpolation: f32's rounding.
            assert!(
                (found - value).abs() <= 1e-5 * value.abs().max(1.0),
                "{name} {voxel:?}: {found} {value}"
            );
            let back = shown.affine().to_world(read.voxel.map(f64::round));
            // The reference writes six decimals.
            assert!((0..3).all(|a| (back[a] - world[a]).abs() < 1e-3), "{name} {voxel:?}");
        }
        files += 1;
    }
    assert_eq!(files, 24);
}

#[test]
fn do_all_storage_orders_give_the_same_pictures() {
    let Some(corpus) = support::corpus() else { return };
    let mut names: Vec<_> =
        std::fs::read_dir(corpus.join("orientations")).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    assert_eq!(names.len(), 24);
    let mut first: Option<Vec<Vec<u8>>> = None;
    for path in names {
        let volume = read_nifti(&std::fs::read(&path).unwrap()).unwrap().volume.into_ras();
        let middle = volume.affine().to_world(volume.dims().map(|n| (n as f64 - 1.0) / 2.0));
        let pictures: Vec<Vec<u8>> = Plane::ALL
            .into_iter()
            .map(|plane| painted(&volume, plane, middle, &Frame::default(), None, Style::default()).0)
            .collect();
        let expected = first.get_or_insert_with(|| pictures.clone());
        for (plane, (ours, theirs)) in Plane::ALL.iter().zip(pictures.iter().zip(expected.iter())) {
            // Their affines' last digits differ.
            let apart = ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(apart <= Some(1), "{}: {plane:?} {apart:?}", path.display());
        }
    }
}

/// The network's geometry with kernels that average: what its maps' cells are centred on, for a cube.
fn map_of_cube(grid: &Grid, layers: &[Layer], cube: [[usize; 2]; 3]) -> SignedMap {
    let mut dims = grid.dims;
    let inside = |i: [usize; 3]| (0..3).all(|a| (cube[a][0]..cube[a][1]).contains(&i[a]));
    let mut cells: Vec<f32> = (0..dims.iter().product())
        .map(|i| f32::from(u8::from(inside([i % dims[0], i / dims[0] % dims[1], i / dims[0] / dims[1]]))))
        .collect();
    for layer in layers {
        let next = dims.map(|n| layer.output_len(n));
        let at = |i: [i64; 3]| {
            let within = (0..3).all(|a| (0..dims[a] as i64).contains(&i[a]));
            if within {
                cells[i[0] as usize + dims[0] * (i[1] as usize + dims[1] * i[2] as usize)]
            } else {
                0.0
            }
        };
        let taps: Vec<[i64; 3]> = (0..layer.kernel.pow(3) as i64)
            .map(|k| {
                let n = layer.kernel as i64;
                [k % n, k / n % n, k / n / n]
            })
            .collect();
        let start = |i: usize| (i * layer.stride) as i64 - layer.padding as i64;
        let mut out = Vec::new();
        for z in 0..next[2] {
            for y in 0..next[1] {
                for x in 0..next[0] {
                    out.push(
                        taps.iter().map(|t| at([start(x) + t[0], start(y) + t[1], start(z) + t[2]])).sum(),
                    );
                }
            }
        }
        (dims, cells) = (next, out);
    }
    SignedMap::new(Sequence::T1w, &cells, 1.0, layers, grid).unwrap()
}

/// Centroid of what a map paints on a plane, in mm, weighed by how much it changes the picture.
fn centroid_mm(volume: &Volume, map: &Volume, plane: Plane, through: [f64; 3]) -> [f64; 2] {
    let full_scale = map.voxels().iter().copied().fold(0.0, f32::max);
    let overlay = Overlay { map, full_scale, opacity: 1.0, threshold: 0.02, signed: false };
    let (bare, viewport) = painted(volume, plane, through, &Frame::default(), None, Style::default());
    let (with, _) = painted(volume, plane, through, &Frame::default(), Some(overlay), Style::default());
    let (mut sum, mut weight) = ([0.0; 2], 0.0);
    for (i, (a, b)) in bare.chunks_exact(4).zip(with.chunks_exact(4)).enumerate() {
        let w = (0..3).map(|c| f64::from(a[c].abs_diff(b[c]))).sum::<f64>();
        sum = [sum[0] + w * (i % SIDE) as f64, sum[1] + w * (i / SIDE) as f64];
        weight += w;
    }
    assert!(weight > 0.0, "{plane:?}: nothing is painted");
    let centre = viewport.to_pixel(through);
    [0, 1].map(|a| (sum[a] / weight - centre[a]) * viewport.mm_per_pixel())
}

#[test]
fn does_the_map_of_a_small_cube_lie_on_the_cube() {
    // The model's way: a 2 mm grid along the image's axes, turned by the 3-4-5 triangle; cells of 8 mm.
    let rows = [[2.0, 0.0, 0.0, -60.0], [0.0, 1.6, -1.2, -30.0], [0.0, 1.2, 1.6, -70.0]];
    let grid = Grid { dims: [61, 61, 61], affine: Affine::from_rows(rows).unwrap() };
    let layer = |stride| Layer { channels_in: 1, channels_out: 1, kernel: 3, stride, padding: 1 };
    let layers = [layer(2), layer(1), layer(2), layer(1)];
    assert_eq!(FeatureGeometry::of(&layers).step, 4.0);
    let air = Volume::new(grid.dims, vec![0.0; 61 * 61 * 61], grid.affine).unwrap();
    const HALF_CELL_MM: f64 = 4.0;
    // Cubes of 6 mm at several places of a cell.
    for first in [[25, 33, 21], [26, 30, 28], [27, 28, 30]] {
        let cube: [[usize; 2]; 3] = first.map(|i| [i, i + 3]);
        let map = map_of_cube(&grid, &layers, cube).map;
        let centre = grid.affine.to_world(first.map(|i| i as f64 + 1.0));
        let shifted = {
            let rows = map.affine().rows();
            let by = |r: usize| (0..3).map(|c| 0.5 * rows[r][c]).sum::<f64>();
            let rows = std::array::from_fn(|r| [rows[r][0], rows[r][1], rows[r][2], rows[r][3] + by(r)]);
            Volume::new(map.dims(), map.voxels().to_vec(), Affine::from_rows(rows).unwrap()).unwrap()
        };
        for plane in Plane::ALL {
            let off = centroid_mm(&air, &map, plane, centre);
            let distance = off[0].hypot(off[1]);
            assert!(distance < HALF_CELL_MM, "{first:?} {plane:?}: {off:?} mm off");
            // The test itself: half a cell in the geometry is more than it lets pass.
            let off = centroid_mm(&air, &shifted, plane, centre);
            let distance = off[0].hypot(off[1]);
            assert!(distance > HALF_CELL_MM, "{first:?} {plane:?}: a half-cell shift passes, {off:?}");
        }
    }
}

fn scene() -> Scene {
    let mut scene = Scene::default();
    scene.set_image(0, Some((upright(), [0.0, 150.0], [0.0; 3])));
    scene.set_image(1, Some((oblique(), [0.0, 180.0], [0.0, 0.0, 2.0])));
    scene
}

#[test]
fn is_the_crosshair_one_place_in_the_world_though_grids_differ() {
    let mut scene = scene();
    scene.go_to(ball_of(&upright()));
    let there = scene.crosshair_mm;
    for image in [0, 1] {
        let read = scene.readout(image, there).unwrap();
        let back = scene.images[image].as_ref().unwrap().volume.affine().to_world(read.voxel);
        assert!((0..3).all(|a| (back[a] - there[a]).abs() < 1e-9));
        let viewport = scene.viewport(image, Plane::Coronal, there, [200, 200]).unwrap();
        let [c, r] = viewport.to_pixel(there);
        let world = viewport.to_world(c, r);
        assert!((0..3).all(|a| (world[a] - there[a]).abs() < 1e-9), "image {image}");
    }
    // Equal scale on both, so that they can be compared.
    let mm = [0, 1].map(|i| scene.viewport(i, Plane::Axial, there, [200, 200]).unwrap().mm_per_pixel());
    assert!(mm[0] > 0.3 && mm[1] > 0.3);
}

#[test]
fn does_a_step_land_on_the_next_voxel_and_stay_inside() {
    let mut scene = scene();
    scene.go_to([0.3, 0.4, 0.5]);
    let index = |scene: &Scene| scene.readout(0, scene.crosshair_mm).unwrap().voxel;
    let before = index(&scene);
    scene.step(0, Plane::Axial, [0.0, 0.0, 1.0]);
    let after = index(&scene);
    assert!((after[2] - (before[2] + 1.0).round()).abs() < 1e-9 && (after[0] - before[0]).abs() < 1e-9);
    // To the right of the picture is the patient's left in radiological convention.
    for (convention, sign) in [(Convention::Radiological, -1.0), (Convention::Neurological, 1.0)] {
        scene.convention = convention;
        let before = scene.crosshair_mm[0];
        scene.step(0, Plane::Axial, [2.0, 0.0, 0.0]);
        assert!((scene.crosshair_mm[0] - before) * sign > 1.0, "{convention:?}");
    }
    for _ in 0..200 {
        scene.step(0, Plane::Axial, [0.0, 0.0, 1.0]);
    }
    assert!((index(&scene)[2] - 39.0).abs() < 1e-9);
}

#[test]
fn does_zoom_keep_the_place_under_the_pointer_and_reset_restore_the_whole() {
    let mut scene = scene();
    let through = scene.crosshair_mm;
    let whole = scene.viewport(0, Plane::Axial, through, [200, 200]).unwrap();
    let at = whole.to_world(30.0, 140.0);
    scene.zoom_at(1.7, at);
    scene.zoom_at(1.3, at);
    let zoomed = scene.viewport(0, Plane::Axial, through, [200, 200]).unwrap();
    let [c, r] = zoomed.to_pixel(at);
    // A hundredth of a pixel: the middle of two boxes along differently turned axes.
    assert!((c - 30.0).abs() < 0.01 && (r - 140.0).abs() < 0.01, "{c} {r}");
    assert!((whole.mm_per_pixel() / zoomed.mm_per_pixel() - 2.21).abs() < 1e-9);
    scene.pan(&zoomed, [12.0, -7.0]);
    let [c, r] = scene.viewport(0, Plane::Axial, through, [200, 200]).unwrap().to_pixel(at);
    assert!((c - 42.0).abs() < 0.01 && (r - 133.0).abs() < 0.01, "{c} {r}");
    scene.reset_frame();
    assert_eq!(scene.viewport(0, Plane::Axial, through, [200, 200]).unwrap(), whole);
}

#[test]
fn does_a_windows_black_stay_below_its_white() {
    let mut scene = scene();
    let window = |scene: &Scene| scene.images[0].as_ref().unwrap().window;
    scene.set_window(0, [80.0, 20.0]);
    assert!(window(&scene)[0] < window(&scene)[1]);
    scene.set_window(0, [f32::NAN, 20.0]);
    assert!(window(&scene).iter().all(|v| v.is_finite()));
    scene.set_window(0, [0.0, 150.0]);
    scene.drag_window(0, [0.2, 0.1]);
    // 0.2 of 150 wider, the level 0.1 of 150 higher.
    assert_eq!(window(&scene), [0.0, 180.0]);
    scene.drag_window(0, [-50.0, 0.0]);
    assert!(window(&scene)[0] < window(&scene)[1]);
}

#[test]
fn is_only_what_changed_painted_again() {
    let mut scene = scene();
    let mut panels: [Panel; 3] = Default::default();
    let mut draw = |scene: &Scene| {
        Plane::ALL.map(|plane| {
            let panel = &mut panels[Plane::ALL.iter().position(|p| *p == plane).unwrap()];
            panel.draw(scene, plane, Content::One(0), [SIDE, SIDE], 1.0);
            panel.painted()
        })
    };
    scene.step(0, Plane::Axial, [1.0, 1.0, 1.0]);
    assert_eq!(draw(&scene), [1, 1, 1]);
    assert_eq!(draw(&scene), [1, 1, 1]);
    scene.step(0, Plane::Axial, [0.0, 0.0, 1.0]);
    assert_eq!(draw(&scene), [2, 1, 1]);
    scene.set_window(0, [0.0, 99.0]);
    assert_eq!(draw(&scene), [3, 2, 2]);
    scene.lays[0] = Lay { opacity: 0.1, ..Lay::default() };
    assert_eq!(draw(&scene), [3, 2, 2], "without a map its opacity changes nothing");
    scene.set_image(0, None);
    assert_eq!(draw(&scene), [3, 2, 2]);
}

#[test]
fn is_nothing_left_of_an_image_that_went() {
    let mut scene = scene();
    let mut panel = Panel::default();
    assert!(panel.draw(&scene, Plane::Axial, Content::One(0), [SIDE, SIDE], 1.0).is_some());
    scene.set_image(0, None);
    assert!(panel.draw(&scene, Plane::Axial, Content::One(0), [SIDE, SIDE], 1.0).is_none());
    assert!(panel.viewport().is_none() && scene.readout(0, [0.0; 3]).is_none());
    // The other one leads.
    assert_eq!(scene.leading(), 1);
    scene.set_image(1, None);
    assert!(Mosaic::of(Plane::Axial, 12).draw(&scene, 0, [SIDE, SIDE], 1.0).is_none());
}

#[test]
fn does_a_click_on_a_slice_of_the_mosaic_lead_there() {
    let scene = scene();
    let mosaic = Mosaic::of(Plane::Axial, 12);
    assert_eq!((mosaic.columns, mosaic.rows), (4, 3));
    for tile in 0..12 {
        let through = mosaic.through(&scene, 0, tile).unwrap();
        let at = [(tile % 4 * 50 + 25) as f64 - 0.5, (tile / 4 * 66 + 33) as f64 - 0.5];
        let world = mosaic.to_world(&scene, 0, [200, 200], at).unwrap();
        assert!((world[2] - through[2]).abs() < 1e-9, "tile {tile}");
    }
}

#[test]
fn do_the_shares_of_the_peaks_add_up() {
    // Two hills of 3 + 1 and 5 + 2 on a line, with what speaks against HIE between them.
    let cells = vec![1.0, 3.0, -4.0, 0.0, 5.0, 2.0];
    let rows = [[8.0, 0.0, 0.0, -20.0], [0.0, 8.0, 0.0, 0.0], [0.0, 0.0, 8.0, 0.0]];
    let map = Volume::new([6, 1, 1], cells, Affine::from_rows(rows).unwrap()).unwrap();
    let at = |i: f64| map.affine().to_world([i, 0.0, 0.0]);
    let shares = [at(1.0), at(4.0)].map(|p| share_of_peak(&map, p).unwrap());
    assert!((shares[0] - 4.0 / 11.0).abs() < 1e-12 && (shares[1] - 7.0 / 11.0).abs() < 1e-12, "{shares:?}");
    assert_eq!([side(&map, at(1.0)), side(&map, at(4.0)), side(&map, at(2.5))], ["left", "right", "midline"]);
    let none = Volume::new([1, 1, 1], vec![-1.0], *map.affine()).unwrap();
    assert_eq!(share_of_peak(&none, [0.0; 3]), None);
}
