//! scratch
use hielight::model::{Recipe, Region, Side, Template};
use hielight::study::{Anatomy, Source};
use hielight::volume::read_nifti;

#[test]
fn scratch() {
    let recipe = Recipe::default();
    let regions = Anatomy::of(Source::Average).on_grid(&recipe.atlas_grid());
    let template = Template::from_regions(&regions, &recipe);
    let read = |p: &str| read_nifti(&std::fs::read(p).unwrap()).unwrap().volume;
    let pairs = [
        ("/work/shared/anatomy/bobs/1mo_T1w_brain.nii.gz", "/work/shared/anatomy/bobs/1mo_T2w_brain.nii.gz"),
        (
            "/work/shared/corpus/neonatal/Template-Month0-T1w.nii.gz",
            "/work/shared/corpus/neonatal/Template-Month0-T2w.nii.gz",
        ),
        (
            "/work/shared/corpus/neonatal/Template-Month0-T2w.nii.gz",
            "/work/shared/corpus/neonatal/Template-Month0-T1w.nii.gz",
        ),
        ("/tmp/train/old/sub-001/anat/sub-001_T1w.nii.gz", "/tmp/train/old/sub-001/anat/sub-001_T2w.nii.gz"),
        ("/tmp/train/m0a_T1w.nii.gz", "/tmp/train/m0a_T2w.nii.gz"),
        ("/tmp/train/m0b_T1w.nii.gz", "/tmp/train/m0b_T2w.nii.gz"),
        ("/tmp/ph/a/sub-001/anat/sub-001_T1w.nii.gz", "/tmp/ph/a/sub-001/anat/sub-001_T2w.nii.gz"),
    ];
    for (a, b) in pairs {
        if !std::path::Path::new(a).is_file() {
            continue;
        }
        let (t1, t2) = (read(a), read(b));
        let start = std::time::Instant::now();
        let aligned = recipe.align([&t1, &t2], &template);
        let ms = start.elapsed().as_millis();
        match aligned {
            Err(e) => println!("{a}: {e} ({ms} ms)"),
            Ok(aligned) => {
                println!(
                    "{a}: fit {:.3} scale {:.3} ml {:.0} {:.0} {ms} ms",
                    aligned[0].placement.fit,
                    aligned[0].placement.volume_scale(),
                    aligned[0].brain_ml,
                    aligned[1].brain_ml
                );
                let p = &aligned[0].placement;
                let mm = [10.0, -20.0, 15.0];
                println!("  there and back {:?}", p.to_atlas(p.to_image(mm)));
                if a.contains("bobs") {
                    let labels = read("/work/shared/anatomy/bobs/1mo_aseg_acpc_nnUnet_sub-198549.nii.gz");
                    let grid = recipe.atlas_grid();
                    for (name, codes, want) in [
                        ("thalamus", [10, 49], (|r| matches!(r, Region::Thalamus(_))) as fn(Region) -> bool),
                        ("putamen+pallidum", [12, 51], |r| matches!(r, Region::Lentiform(_))),
                        ("caudate", [11, 50], |r| matches!(r, Region::Caudate(_))),
                        ("cerebellum", [8, 47], |r| matches!(r, Region::Cerebellum(_))),
                    ] {
                        let (mut both, mut one, mut two) = (0.0, 0.0, 0.0);
                        for i in 0..regions.len() {
                            let at = [i % 57, i / 57 % 65, i / (57 * 65)].map(|v| v as f64);
                            let mm = p.to_image(grid.affine.to_world(at));
                            let v = labels.affine().to_voxel(mm).map(|v| v.round());
                            let d = labels.dims();
                            let code = if (0..3).all(|k| v[k] >= 0.0 && v[k] < d[k] as f64) {
                                labels.voxels()[v[0] as usize + d[0] * (v[1] as usize + d[1] * v[2] as usize)]
                                    as i32
                            } else {
                                0
                            };
                            let mut l = codes.contains(&code);
                            if name.starts_with("put") {
                                l |= [13, 52].contains(&code);
                            }
                            if name == "cerebellum" {
                                l |= [7, 46].contains(&code);
                            }
                            let t = want(regions[i]);
                            one += f64::from(u8::from(l));
                            two += f64::from(u8::from(t));
                            both += f64::from(u8::from(l && t));
                        }
                        println!("  {name}: dice {:.3} ({one} {two})", 2.0 * both / (one + two));
                    }
                }
            }
        }
    }
    let _ = Side::Left;
}
