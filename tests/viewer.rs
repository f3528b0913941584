//! Does the viewer's scene do what pointers, wheel and keys ask of it?

mod support;

use hielight::render::{Content, Convention, Lay, Mosaic, Panel, Plane, Scene};
use support::head::{SIDE, ball_of, oblique, thick, upright};

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
}

#[test]
fn is_the_image_shown_that_was_chosen_unless_only_the_other_is_there() {
    let mut scene = Scene::default();
    assert_eq!(scene.leading(), 0, "none is there: the chosen one is named");
    scene.set_image(1, Some((thick(), [0.0, 150.0], [0.0; 3])));
    assert_eq!(scene.leading(), 1);
    scene.active = 0;
    assert_eq!(scene.leading(), 1, "only the other is there");
    scene.set_image(0, Some((upright(), [0.0, 150.0], [0.0; 3])));
    assert_eq!(scene.leading(), 0);
}

#[test]
fn are_both_images_shown_at_one_scale_and_place() {
    // Parallel axes, other voxels, another field of view.
    let mut scene = Scene::default();
    scene.set_image(0, Some((upright(), [0.0, 150.0], [0.0; 3])));
    scene.set_image(1, Some((thick(), [0.0, 150.0], [0.0; 3])));
    for plane in Plane::ALL {
        let [a, b] = [0, 1].map(|i| scene.viewport(i, plane, [1.0, 2.0, 3.0], [200, 180]).unwrap());
        // Rounding of 3 x 3 products of some tens of mm.
        assert!((a.mm_per_pixel() - b.mm_per_pixel()).abs() < 1e-9, "{plane:?}");
        for place in [[-12.0, 20.0, 5.0], [17.0, -3.0, -9.0]] {
            let (p, q) = (a.to_pixel(place), b.to_pixel(place));
            assert!((p[0] - q[0]).abs() < 1e-6 && (p[1] - q[1]).abs() < 1e-6, "{plane:?} {p:?} {q:?}");
        }
    }
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
