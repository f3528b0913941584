use burn::tensor::Device;
use hielight::{evaluation::auc, model::*, study::*};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (lr, epochs, seq): (f64, usize, usize) =
        (a[1].parse().unwrap(), a[2].parse().unwrap(), a[3].parse().unwrap());
    let d = std::path::Path::new("/tmp/cohort");
    let rows: Vec<Row> = read_participants(d).unwrap().into_iter().filter(|r| r.center == "A").collect();
    let r = Recipe::default();
    let b = std::fs::read("/tmp/prep.bin").unwrap();
    let n = rows.len();
    let nv: usize = r.grid_dims.iter().product();
    let g = hielight::volume::Grid {
        dims: r.grid_dims,
        affine: hielight::volume::Affine::from_rows([[2., 0., 0., 0.], [0., 2., 0., 0.], [0., 0., 2., 0.]])
            .unwrap(),
    };
    let s: Vec<Subject> = rows
        .into_iter()
        .enumerate()
        .map(|(i, row)| {
            let images = [0usize, 1].map(|k| {
                let o = n + (i * 2 + k) * nv * 4;
                let values: Vec<f32> = b[o..o + nv * 4]
                    .chunks(4)
                    .map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]]))
                    .collect();
                let brain = values.iter().map(|v| *v != 0.0).collect();
                Prepared { values, brain, grid: g, brain_ml: 500.0 }
            });
            Subject { row, images }
        })
        .collect();
    let at = Atlas::of(r.grid_dims, s[..200].iter().map(|q| &q.images[seq]));
    let dv: Vec<Vec<f32>> = s.iter().map(|q| at.deviation(&q.images[seq].values)).collect();
    let samples: Vec<Sample> =
        s.iter().zip(&dv).map(|(s, v)| Sample { values: v, event: s.row.event }).collect();
    let f: usize = a.get(4).map_or(0, |v| v.parse().unwrap());
    let (mut tr, mut te) = (vec![], vec![]);
    for (i, x) in samples.iter().enumerate() {
        if i % 4 == f { te.push(*x) } else { tr.push(*x) }
    }
    let (tr, te) = (&tr[..], &te[..]);
    let sch = Schedule { epochs, learning_rate: lr, ..Schedule::default() };
    let layers = default_layers();
    let mut n = 0;
    let mut sum = 0.0;
    let t = std::time::Instant::now();
    let w = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| {
        train_branch(&layers, &r, tr, sch, 1, |l| {
            n += 1;
            sum += l;
            if n % 25 == 0 {
                println!("lr {lr} epoch {} loss {:.3} {:?}", n / 25, sum / 25.0, t.elapsed());
                sum = 0.0;
            }
        })
        .unwrap()
    });
    let dev = Device::flex();
    let b = vec![Branch::from_weights(&layers, &w, &dev).unwrap()];
    for (name, set) in [("train", tr), ("test", te)] {
        let p: Vec<f64> = set
            .iter()
            .map(|x| pollster::block_on(ensemble(&b, &r, x.values, &dev, &mut |_| ())).unwrap().logit())
            .collect();
        let y: Vec<bool> = set.iter().map(|x| x.event).collect();
        println!("lr {lr} {name} auc {:?}", auc(&y, &p));
    }
}
