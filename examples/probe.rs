use hielight::{model::*, volume::*};
fn main() {
    for f in std::env::args().skip(1) {
        let seq = if f.contains("T1w") { Sequence::T1w } else { Sequence::T2w };
        let im = read_nifti(&std::fs::read(&f).unwrap()).unwrap();
        let t = std::time::Instant::now();
        match Recipe::default().apply(&im.volume, seq) {
            Ok(p) => {
                println!(
                    "{f} {:.0} ml {:?} {:?}",
                    p.brain_ml,
                    p.grid.affine.to_world([28.0, 32.0, 28.0]),
                    t.elapsed()
                );
                if let Ok(d) = std::env::var("DUMP") {
                    let v = Volume::new(p.grid.dims, p.values.clone(), p.grid.affine).unwrap();
                    std::fs::write(
                        format!("{d}/{}", f.rsplit('/').next().unwrap()),
                        write_nifti_gz(&v, Encoding::F32),
                    )
                    .unwrap();
                }
            }
            Err(e) => println!("{f} {e}"),
        }
    }
}
