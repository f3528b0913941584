//! Is every voxel painted where it belongs?

use hielight::render::{Overlay, Plane, View, Viewport};
use hielight::volume::{Affine, Volume};

/// 20 x 24 x 16 voxels of 2 x 2 x 3 mm, tilted by 10 degrees about the left-right axis; bright in the
/// patient's left half, brighter still at the top and in front.
fn marked() -> Volume {
    let (s, c) = 10.0_f64.to_radians().sin_cos();
    let rows = [[2.0, 0.0, 0.0, -19.0], [0.0, 2.0 * c, -3.0 * s, -20.0], [0.0, 2.0 * s, 3.0 * c, -25.0]];
    let dims = [20, 24, 16];
    let mut voxels = Vec::new();
    for z in 0..dims[2] {
        for y in 0..dims[1] {
            for x in 0..dims[0] {
                let left = if x < 10 { 100.0 } else { 0.0 };
                voxels.push(left + if y >= 12 { 40.0 } else { 0.0 } + if z >= 8 { 60.0 } else { 0.0 });
            }
        }
    }
    Volume::new(dims, voxels, Affine::from_rows(rows).unwrap()).unwrap()
}

fn view(volume: &Volume, plane: Plane) -> View<'_> {
    let dims = volume.dims().map(|n| (n as f64 - 1.0) / 2.0);
    View { volume, plane, crosshair_mm: volume.affine().to_world(dims), window: [0.0, 200.0], overlay: None }
}

fn grey(pixels: &[u8], viewport: &Viewport, column: f64, row: f64) -> u8 {
    pixels[4
        * ((row * viewport.height as f64) as usize * viewport.width
            + (column * viewport.width as f64) as usize)]
}

#[test]
fn is_the_patients_left_on_the_right_hand_side_and_the_front_on_top() {
    let volume = marked();
    for plane in [Plane::Axial, Plane::Coronal] {
        let view = view(&volume, plane);
        let viewport = Viewport::new(&view, 120, 120);
        let pixels = view.paint(&viewport);
        assert!(grey(&pixels, &viewport, 0.65, 0.4) > grey(&pixels, &viewport, 0.35, 0.4) + 60, "{plane:?}");
        assert!(
            grey(&pixels, &viewport, 0.65, 0.35) > grey(&pixels, &viewport, 0.65, 0.65) + 30,
            "{plane:?}"
        );
    }
    let view = view(&volume, Plane::Sagittal);
    let viewport = Viewport::new(&view, 120, 120);
    let pixels = view.paint(&viewport);
    // Front on the left-hand side, top up.
    assert!(grey(&pixels, &viewport, 0.3, 0.35) > grey(&pixels, &viewport, 0.7, 0.35) + 30);
    assert!(grey(&pixels, &viewport, 0.3, 0.35) > grey(&pixels, &viewport, 0.3, 0.65) + 30);
}

#[test]
fn does_a_pixel_come_back_from_the_world() {
    let volume = marked();
    for plane in Plane::ALL {
        let viewport = Viewport::new(&view(&volume, plane), 173, 131);
        for (column, row) in [(0.0, 0.0), (80.25, 60.5), (172.0, 130.0)] {
            let [c, r] = viewport.to_pixel(viewport.to_world(column, row));
            // Rounding of two 3 x 3 products.
            assert!((c - column).abs() < 1e-9 && (r - row).abs() < 1e-9, "{plane:?} {column} {row}: {c} {r}");
        }
    }
}

#[test]
fn are_millimetres_square_on_anisotropic_voxels() {
    let volume = marked();
    let viewport = Viewport::new(&view(&volume, Plane::Coronal), 200, 200);
    let (a, b, c) =
        (viewport.to_world(50.0, 50.0), viewport.to_world(60.0, 50.0), viewport.to_world(50.0, 60.0));
    let length = |p: [f64; 3], q: [f64; 3]| (0..3).map(|i| (p[i] - q[i]).powi(2)).sum::<f64>().sqrt();
    assert!((length(a, b) - length(a, c)).abs() < 1e-9);
}

#[test]
fn is_a_hot_cell_painted_at_its_place_in_the_world() {
    let volume = marked();
    // Cells of 8 mm; one of them is hot.
    let rows = [[8.0, 0.0, 0.0, -24.0], [0.0, 8.0, 0.0, -24.0], [0.0, 0.0, 8.0, -24.0]];
    let mut cells = vec![0.0; 343];
    cells[4 + 7 * (3 + 7 * 3)] = 1.0;
    let map = Volume::new([7, 7, 7], cells, Affine::from_rows(rows).unwrap()).unwrap();
    let hot = map.affine().to_world([4.0, 3.0, 3.0]);
    for plane in Plane::ALL {
        let bare = View { crosshair_mm: hot, ..view(&volume, plane) };
        let overlay = Overlay { map: &map, full_scale: 1.0, opacity: 1.0, threshold: 0.3, signed: false };
        let painted = View { overlay: Some(overlay), ..bare };
        let viewport = Viewport::new(&bare, 240, 240);
        let (before, after) = (bare.paint(&viewport), painted.paint(&viewport));
        let (mut sum, mut count) = ([0.0; 2], 0.0);
        for (i, (a, b)) in before.chunks(4).zip(after.chunks(4)).enumerate() {
            if a != b {
                sum[0] += (i % 240) as f64;
                sum[1] += (i / 240) as f64;
                count += 1.0;
            }
        }
        assert!(count > 0.0, "{plane:?}: nothing is painted");
        let centre = sum.map(|s| s / count);
        let expected = viewport.to_pixel(hot);
        // The blob is symmetric: its centroid lies within a pixel of the cell's centre, half a cell is 10 pixels or more.
        assert!(
            (centre[0] - expected[0]).abs() < 1.0 && (centre[1] - expected[1]).abs() < 1.0,
            "{plane:?} {centre:?} {expected:?}"
        );
    }
}
