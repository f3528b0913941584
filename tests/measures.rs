//! Are distances and intensities that a reader measures those of the image, whatever its grid?

mod support;

use hielight::render::{Brain, Content, Found, Measure, Mosaic, Panel, Plane, Scene, Shape};
use hielight::volume::{Affine, Volume};
use support::head::{SIDE, all, ball_of, oblique, thick, upright};

fn length(measure: &Measure) -> f64 {
    let Found::Length { mm } = measure.found else { panic!("{:?} is no length", measure.found) };
    mm
}

#[test]
fn is_a_known_distance_found_on_anisotropic_and_oblique_voxels() {
    // Steps of voxels along a slice of 0.9 x 0.9 x 4.5 mm, and of cubes of 1.6 mm turned by the 3-4-5 triangle.
    for (volume, plane, steps, mm) in [
        (thick(), Plane::Axial, [30.0, 40.0, 0.0], 45.0),
        (thick(), Plane::Coronal, [20.0, 0.0, 3.0], (18.0_f64.powi(2) + 13.5_f64.powi(2)).sqrt()),
        (thick(), Plane::Sagittal, [0.0, 20.0, 3.0], (18.0_f64.powi(2) + 13.5_f64.powi(2)).sqrt()),
        (oblique(), Plane::Sagittal, [0.0, 15.0, 20.0], 40.0),
        (oblique(), Plane::Axial, [15.0, 20.0, 0.0], 40.0),
    ] {
        let from = [10.0, 5.0, 4.0];
        let ends = [from, std::array::from_fn(|a| from[a] + steps[a])].map(|v| volume.affine().to_world(v));
        let measure = Measure::new(0, &volume, plane, Shape::Ruler, ends);
        // Rounding of two 3 x 3 products.
        assert!((length(&measure) - mm).abs() < 1e-9, "{plane:?}: {} instead of {mm}", length(&measure));
    }
}

#[test]
fn is_an_ellipse_on_screen_that_of_the_known_voxels() {
    for (name, volume) in all() {
        let ball = volume.affine().to_voxel(ball_of(&volume)).map(f64::round);
        let centre = volume.affine().to_world(ball);
        for plane in Plane::ALL {
            let viewport =
                hielight::render::Viewport::of(&volume, plane, centre, &Default::default(), SIDE, SIDE);
            let [c, r] = viewport.to_pixel(centre);
            // No voxel's centre lies on its border.
            let reach = [9.23, 6.41].map(|mm| mm / viewport.mm_per_pixel());
            let ends = [
                viewport.to_world(c - reach[0], r - reach[1]),
                viewport.to_world(c + reach[0], r + reach[1]),
            ];
            let measure = Measure::new(0, &volume, plane, Shape::Ellipse, ends);
            // Each voxel of the slice by its own place on the screen.
            let (cut, dims) = (plane.axes()[2], volume.dims());
            let mut inside = Vec::new();
            for (i, value) in volume.voxels().iter().enumerate() {
                let at = [i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])].map(|v| v as f64);
                if at[cut] == ball[cut] {
                    let [x, y] = viewport.to_pixel(volume.affine().to_world(at));
                    if ((x - c) / reach[0]).powi(2) + ((y - r) / reach[1]).powi(2) <= 1.0 {
                        inside.push(f64::from(*value));
                    }
                }
            }
            let n = inside.len() as f64;
            let mean = inside.iter().sum::<f64>() / n;
            let sd = (inside.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            let Found::Region { voxels, mean: Some(m), sd: Some(s), area_mm2 } = measure.found else {
                panic!("{name} {plane:?}: {:?}", measure.found)
            };
            assert_eq!(voxels, inside.len(), "{name} {plane:?}");
            // Sums of some hundred values in another order.
            assert!(
                (m - mean).abs() < 1e-9 && (s - sd).abs() < 1e-9,
                "{name} {plane:?}: {m} {mean}, {s} {sd}"
            );
            assert!(
                (area_mm2 - std::f64::consts::PI * 9.23 * 6.41).abs() < 1e-6,
                "{name} {plane:?}: {area_mm2}"
            );
            assert!(sd > 10.0, "the ball's edge is in it");
        }
    }
}

#[test]
fn has_an_ellipse_without_a_voxel_no_mean() {
    let volume = thick();
    let at = volume.affine().to_world([10.3, 10.4, 3.0]);
    let none = Measure::new(0, &volume, Plane::Axial, Shape::Ellipse, [at, at]);
    assert_eq!(none.found, Found::Region { voxels: 0, mean: None, sd: None, area_mm2: 0.0 });
    assert_eq!(none.figures(), "");
}

#[test]
fn does_a_measure_stay_on_its_slice_until_it_is_removed() {
    let mut scene = Scene::default();
    scene.set_image(0, Some((thick(), [0.0, 200.0], [0.0; 3])));
    scene.set_image(1, Some((upright(), [0.0, 200.0], [0.0; 3])));
    scene.active = 0;
    scene.go_to_slice(0, Plane::Axial, 7);
    let mut panel = Panel::default();
    let mut draw =
        |scene: &Scene| panel.draw(scene, Plane::Axial, Content::One(0), [SIDE, SIDE], 1.0).unwrap().to_vec();
    let bare = draw(&scene);
    let [a, b] = [[20.0, 40.0, 7.0], [50.0, 40.0, 7.0]].map(|v| thick().affine().to_world(v));
    scene.measure(0, Plane::Axial, Shape::Ruler, [a, a]);
    scene.stretch_measure(b);
    // 30 voxels of 0.9 mm, to the rounding of two 3 x 3 products.
    assert!((length(&scene.measures[0]) - 27.0).abs() < 1e-9);
    let drawn = draw(&scene);
    assert!(drawn != bare);
    scene.step(0, Plane::Axial, [0.0, 0.0, 1.0]);
    assert_eq!(scene.measures_on(0, Plane::Axial).count(), 0);
    scene.step(0, Plane::Axial, [0.0, 0.0, -1.0]);
    assert!(draw(&scene) == drawn, "back on its slice");
    assert_eq!(scene.measures_on(1, Plane::Axial).count(), 0, "the other image's");
    assert_eq!(scene.measures_on(0, Plane::Coronal).count(), 0, "another plane's");
    scene.remove_measure(0);
    assert!(draw(&scene) == bare);
    scene.measure(0, Plane::Axial, Shape::Ruler, [a, b]);
    scene.set_image(0, Some((upright(), [0.0, 200.0], [0.0; 3])));
    assert!(scene.measures.is_empty(), "another image's measure stays");
}

/// A ball of 20 mm in a field of view of 120 mm, far from its middle, in faint noise.
fn far_off() -> Volume {
    let affine = Affine::from_rows([[2.0, 0.0, 0.0, -60.0], [0.0, 2.0, 0.0, -60.0], [0.0, 0.0, 3.0, -60.0]]);
    let affine = affine.unwrap();
    let mut seed = 5;
    let mut voxels = Vec::new();
    for i in 0..60 * 60 * 40 {
        let p = affine.to_world([i % 60, i / 60 % 60, i / 3600].map(f64::from));
        let inside = (p[0] - 20.0).powi(2) + (p[1] + 15.0).powi(2) + (p[2] - 9.0).powi(2) < 400.0;
        let noise = 8.0 * support::head::uniform(&mut seed) as f32;
        voxels.push(if inside { 100.0 } else { 0.0 } + noise);
    }
    Volume::new([60, 60, 40], voxels, affine).unwrap()
}

#[test]
fn are_pictures_fitted_to_the_head_and_not_to_the_field_of_view() {
    let mut scene = Scene::default();
    scene.set_image(0, Some((far_off(), [0.0, 100.0], [20.0, -15.0, 9.0])));
    for plane in Plane::ALL {
        let viewport = scene.viewport(0, plane, scene.crosshair_mm, [SIDE, SIDE]).unwrap();
        let side = viewport.mm_per_pixel() * SIDE as f64;
        // 40 mm of head, 3 mm of margin on either side, and a voxel of up to 3 mm on either side.
        assert!((44.0..=53.0).contains(&side), "{plane:?}: {side} mm");
        let [c, r] = viewport.to_pixel([20.0, -15.0, 9.0]);
        let middle = (SIDE as f64 - 1.0) / 2.0;
        // A slice of 3 mm.
        let off = 3.0 / viewport.mm_per_pixel();
        assert!((c - middle).abs() < off && (r - middle).abs() < off, "{plane:?}: {c} {r}");
    }
    // All of the field of view can be had.
    (0..30).for_each(|_| scene.zoom_at(0.8, scene.crosshair_mm));
    let viewport = scene.viewport(0, Plane::Axial, scene.crosshair_mm, [SIDE, SIDE]).unwrap();
    assert!(viewport.mm_per_pixel() * SIDE as f64 > 120.0);
}

#[test]
fn does_the_mosaic_span_the_brain_in_equal_steps() {
    let mut scene = Scene::default();
    scene.set_image(0, Some((far_off(), [0.0, 100.0], [20.0, -15.0, 9.0])));
    let brain = Brain::of([[4.0, -31.0, -6.0], [36.0, 1.0, 24.0]], &[1.0, 2.0], false);
    scene.set_brain(0, brain);
    let mosaic = Mosaic::of(Plane::Axial, 6);
    let (n, [from, to]) = mosaic.span(&scene, 0).unwrap();
    // 30 mm of brain in slices of 3 mm: six tiles are two slices apart.
    assert_eq!((n, from, to), (6, -6.0, 24.0));
    let places: Vec<f64> = (0..6).map(|tile| mosaic.through(&scene, 0, tile).unwrap()[2]).collect();
    assert!(places.windows(2).all(|w| (w[1] - w[0] - 6.0).abs() < 1e-9), "{places:?}");
    assert!(mosaic.through(&scene, 0, 6).is_none());
    // More tiles than the image has slices: those that there are, once each.
    let mosaic = Mosaic::of(Plane::Axial, 49);
    let (n, [from, to]) = mosaic.span(&scene, 0).unwrap();
    assert_eq!((n, from, to), (40, -60.0, 57.0));
    assert!(mosaic.draw(&scene, 0, [210, 210], 1.0).is_some());
    // A brain between two thick slices, at 3 and at 6 mm, is on one.
    scene.set_brain(0, Brain::of([[4.0, -31.0, 4.0], [36.0, 1.0, 5.0]], &[1.0, 2.0], false));
    assert_eq!(scene.brain_slices(0, Plane::Axial), Some([22, 22]));
    scene.set_brain(0, Brain::of([[4.0, -31.0, -6.0], [36.0, 1.0, 24.0]], &[1.0, 2.0], false));
    // The tile of the crosshair's slice is marked, and no other.
    let mosaic = Mosaic::of(Plane::Axial, 6);
    let plain = mosaic.draw(&scene, 0, [96, 64], 1.0).unwrap();
    scene.go_to([20.0, -15.0, 24.0]);
    let other = mosaic.draw(&scene, 0, [96, 64], 1.0).unwrap();
    let differs = |tile: usize| {
        let (x, y) = (tile % 3 * 32, tile / 3 * 32);
        (0..32).any(|row| {
            let at = 4 * ((y + row) * 96 + x);
            plain[at..at + 128] != other[at..at + 128]
        })
    };
    // 9 mm is as far from 6 as from 12 mm: the upper one.
    assert_eq!((0..6).filter(|t| differs(*t)).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn does_an_inverted_picture_show_black_for_white_and_leave_what_is_beyond_the_image_black() {
    let mut scene = Scene::default();
    scene.set_image(0, Some((upright(), [0.0, 200.0], [0.0; 3])));
    scene.crosshair_on = false;
    scene.zoom_at(0.25, [0.0; 3]);
    let mut panel = Panel::default();
    let mut draw =
        |scene: &Scene| panel.draw(scene, Plane::Axial, Content::One(0), [SIDE, SIDE], 1.0).unwrap().to_vec();
    let plain = draw(&scene);
    scene.inverted = true;
    let inverted = draw(&scene);
    let viewport = scene.viewport(0, Plane::Axial, scene.crosshair_mm, [SIDE, SIDE]).unwrap();
    let grey = |pixels: &[u8], mm| {
        let [c, r] = viewport.to_pixel(mm).map(|v| v.round() as usize);
        pixels[4 * (r * SIDE + c)]
    };
    let ball = {
        let [r, a, _] = ball_of(&upright());
        [r, a, 0.0]
    };
    let (a, b) = (grey(&plain, ball), grey(&inverted, ball));
    // Either is rounded.
    assert!(a > 100 && (i16::from(a) + i16::from(b) - 255).abs() <= 1, "{a} {b}");
    let air = upright().affine().to_world([1.0, 1.0, 19.0]);
    assert_eq!((grey(&plain, air), grey(&inverted, air)), (0, 255));
    let beyond = upright().affine().to_world([-20.0, 20.0, 19.0]);
    assert_eq!((grey(&plain, beyond), grey(&inverted, beyond)), (0, 0));
}

#[test]
fn are_the_presets_windows_within_the_brains_own_intensities() {
    let rising: Vec<f32> = (0..=1000).map(|i| i as f32).collect();
    let box_mm = [[0.0; 3], [1.0; 3]];
    let (t1, t2) = (Brain::of(box_mm, &rising, false).unwrap(), Brain::of(box_mm, &rising, true).unwrap());
    // Deep grey is at the bright end on T1w and at the dark end on T2w: where it lies the window is narrower.
    assert!(t1.deep_grey[0] > t1.whole[0] && t1.deep_grey[1] >= t1.whole[1], "{t1:?}");
    assert!(t2.deep_grey[1] < t2.whole[1] && t2.deep_grey[0] <= t2.whole[0], "{t2:?}");
    for [black, white] in [t1.whole, t1.deep_grey, t2.whole, t2.deep_grey] {
        assert!(black >= 0.0 && white <= 1000.0 && black < white);
    }
    // Twice the intensities, twice the window.
    let twice: Vec<f32> = rising.iter().map(|v| 2.0 * v).collect();
    assert_eq!(Brain::of(box_mm, &twice, true).unwrap().whole, t2.whole.map(|v| 2.0 * v));
    assert!(Brain::of(box_mm, &[], false).is_none());
}
