//! Do the viewer's pictures stay what they were, and is each voxel painted where it is in the world?
//!
//! Expected pictures stand in `tests/golden`; `HIELIGHT_WRITE_GOLDEN=1` writes them anew, to be looked at.

mod support;

use hielight::render::{
    Canvas, Colours, Content, Convention, Frame, Marks, Mosaic, Overlay, Panel, Plane, Readout, Scene, Style,
};
use hielight::volume::{Volume, read_nifti};
use std::path::Path;
use support::head::{SIDE, all, ball_of, map_over, painted, thick, upright};

/// Levels of 255 by which a picture may differ from its expected one: a rounding up or down.
const GOLDEN_TOLERANCE: u8 = 1;

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
                    mm_per_pixel: None,
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
fn do_all_storage_orders_give_the_same_pictures() {
    let corpus = support::data().join("corpus");
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
