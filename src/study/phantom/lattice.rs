//! Smooth quantities sampled once on a coarse lattice and interpolated at every voxel.

use super::shape::Point;

/// `N` channels on a lattice in head coordinates, first axis fastest, trilinear in between.
pub struct Lattice<const N: usize> {
    origin: Point,
    step_mm: f32,
    dims: [usize; 3],
    nodes: Vec<[f32; N]>,
}

impl<const N: usize> Lattice<N> {
    /// Evaluates `field` at every node of the box.
    pub fn fill(low: Point, high: Point, step_mm: f32, mut field: impl FnMut(Point) -> [f32; N]) -> Self {
        let dims: [usize; 3] = std::array::from_fn(|a| ((high[a] - low[a]) / step_mm).ceil() as usize + 1);
        let mut nodes = Vec::with_capacity(dims.iter().product());
        for z in 0..dims[2] {
            for y in 0..dims[1] {
                for x in 0..dims[0] {
                    let at = [x, y, z];
                    nodes.push(field(std::array::from_fn(|a| low[a] + at[a] as f32 * step_mm)));
                }
            }
        }
        Self { origin: low, step_mm, dims, nodes }
    }

    /// The channels at a point, or `None` outside the box.
    pub fn at(&self, p: Point) -> Option<[f32; N]> {
        let mut base = [0_usize; 3];
        let mut t = [0.0; 3];
        for axis in 0..3 {
            let x = (p[axis] - self.origin[axis]) / self.step_mm;
            if !(x >= 0.0 && x < (self.dims[axis] - 1) as f32) {
                return None;
            }
            base[axis] = x as usize;
            t[axis] = x - base[axis] as f32;
        }
        let [nx, ny, _] = self.dims;
        let corner = base[0] + nx * (base[1] + ny * base[2]);
        let mut out = [0.0; N];
        for (dz, wz) in [(0, 1.0 - t[2]), (nx * ny, t[2])] {
            for (dy, wy) in [(0, 1.0 - t[1]), (nx, t[1])] {
                for (dx, wx) in [(0, 1.0 - t[0]), (1, t[0])] {
                    let w = wx * wy * wz;
                    let node = &self.nodes[corner + dx + dy + dz];
                    for (o, v) in out.iter_mut().zip(node) {
                        *o += w * v;
                    }
                }
            }
        }
        Some(out)
    }
}
