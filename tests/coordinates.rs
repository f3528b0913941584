//! Does what the viewer says of a place equal the affine's own arithmetic, and does a map lie on its lesion?

mod support;

use hielight::model::{FeatureGeometry, Layer, Placement, Recipe, Sequence, SignedMap};
use hielight::render::{Frame, Overlay, Plane, Readout, Style, Viewport, share_of_peak, side};
use hielight::volume::{Affine, Volume, read_nifti};
use support::head::{SIDE, all, ball_of, painted, uniform};

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
    let corpus = support::data().join("corpus");
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

/// The network's geometry with kernels that average: what its maps' cells are centred on, for a cube.
fn map_of_cube(recipe: &Recipe, layers: &[Layer], cube: [[usize; 2]; 3]) -> SignedMap {
    let mut dims = recipe.grid_dims;
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
    let placement = Placement::identity(&recipe.atlas_grid());
    SignedMap::new(Sequence::T1w, &cells, 1.0, layers, recipe, &placement).unwrap()
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
    // The model's way: a 2 mm grid in atlas space, with which this head coincides; cells of 8 mm.
    let recipe = Recipe { grid_dims: [61, 61, 61], ..Recipe::default() };
    let grid = recipe.atlas_grid();
    let layer = |stride| Layer { channels_in: 1, channels_out: 1, kernel: 3, stride, padding: 1 };
    let layers = [layer(2), layer(1), layer(2), layer(1)];
    assert_eq!(FeatureGeometry::of(&layers).step, 4.0);
    let air = Volume::new(grid.dims, vec![0.0; 61 * 61 * 61], grid.affine).unwrap();
    const HALF_CELL_MM: f64 = 4.0;
    // Cubes of 6 mm at several places of a cell.
    for first in [[25, 33, 21], [26, 30, 28], [27, 28, 30]] {
        let cube: [[usize; 2]; 3] = first.map(|i| [i, i + 3]);
        let map = map_of_cube(&recipe, &layers, cube).map;
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

#[test]
fn do_the_shares_of_the_peaks_add_up() {
    // Two hills of 3 + 1 and 5 + 2 on a line, with what speaks against HIE between them.
    let cells = vec![1.0, 3.0, -4.0, 0.0, 5.0, 2.0];
    let rows = [[8.0, 0.0, 0.0, -20.0], [0.0, 8.0, 0.0, 0.0], [0.0, 0.0, 8.0, 0.0]];
    let map = Volume::new([6, 1, 1], cells, Affine::from_rows(rows).unwrap()).unwrap();
    let at = |i: f64| map.affine().to_world([i, 0.0, 0.0]);
    let shares = [at(1.0), at(4.0)].map(|p| share_of_peak(&map, p).unwrap());
    assert!((shares[0] - 4.0 / 11.0).abs() < 1e-12 && (shares[1] - 7.0 / 11.0).abs() < 1e-12, "{shares:?}");
    let sides = [1.0, 4.0, 2.5].map(|x| side(&map, at(x)).to_string());
    assert_eq!(sides, ["left", "right", "midline"]);
    let none = Volume::new([1, 1, 1], vec![-1.0], *map.affine()).unwrap();
    assert_eq!(share_of_peak(&none, [0.0; 3]), None);
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
