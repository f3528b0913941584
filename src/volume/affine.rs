//! Voxel indices to world millimetres and back.

use super::VolumeError;
use nalgebra::{Matrix3, Matrix4, Vector3};

/// A finite, invertible map from voxel indices to RAS millimetres (x to the right, y to the
/// front, z to the top of the patient; NIfTI's world).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    matrix: Matrix4<f64>,
    inverse: Matrix4<f64>,
}

impl Affine {
    /// From the three rows that NIfTI stores as `srow_x`, `srow_y`, `srow_z`.
    ///
    /// # Errors
    /// `VolumeError::Affine` when an element is not finite or the map can't be inverted.
    pub fn from_rows(rows: [[f64; 4]; 3]) -> Result<Self, VolumeError> {
        let m = Matrix4::from_fn(|r, c| if r < 3 { rows[r][c] } else { f64::from(u8::from(c == 3)) });
        let inverse = m.try_inverse().filter(|i| i.iter().chain(m.iter()).all(|v| v.is_finite()));
        let inverse = inverse.ok_or(VolumeError::Affine)?;
        Ok(Self { matrix: m, inverse })
    }

    /// Of every `step`-th voxel along `axis`, the first at index `from`.
    pub(super) fn every(&self, axis: usize, step: usize, from: f64) -> Self {
        let (mut matrix, mut inverse) = (self.matrix, self.inverse);
        let along = matrix.column(axis).into_owned();
        matrix.set_column(3, &(matrix.column(3) + along * from));
        matrix.set_column(axis, &(along * step as f64));
        inverse[(axis, 3)] -= from;
        inverse.set_row(axis, &(inverse.row(axis) / step as f64));
        Self { matrix, inverse }
    }

    /// From NIfTI's qform: quaternion parts b, c, d, voxel sizes, handedness (±1) and origin.
    ///
    /// # Errors
    /// `VolumeError::Affine` when the map is not finite or can't be inverted.
    pub fn from_quaternion(
        bcd: [f64; 3],
        size_mm: [f64; 3],
        handed: f64,
        origin: [f64; 3],
    ) -> Result<Self, VolumeError> {
        let [b, c, d] = bcd;
        let rest = 1.0 - (b * b + c * c + d * d);
        // Stored as f32, the parts may exceed unit length by rounding; the standard then makes a zero.
        let (a, [b, c, d]) = if rest < 1e-7 {
            let length = (b * b + c * c + d * d).sqrt();
            (0.0, bcd.map(|v| v / length))
        } else {
            (rest.sqrt(), bcd)
        };
        let rotation = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ];
        let scale = [size_mm[0], size_mm[1], size_mm[2] * handed];
        Self::from_rows(std::array::from_fn(|r| {
            [rotation[r][0] * scale[0], rotation[r][1] * scale[1], rotation[r][2] * scale[2], origin[r]]
        }))
    }

    /// The rotation as NIfTI's quaternion; `None` where the axes are sheared.
    #[must_use]
    pub fn quaternion(&self) -> Option<Quaternion> {
        let spacing = self.spacing_mm();
        let mut unit = Matrix3::from_fn(|r, c| self.matrix[(r, c)] / spacing[c]);
        // Orthogonal to f32's precision, which is what the header holds.
        if (unit.transpose() * unit - Matrix3::identity()).amax() > 1e-5 {
            return None;
        }
        let handed = unit.determinant().signum();
        unit.column_mut(2).scale_mut(handed);
        let rotation = nalgebra::Rotation3::from_matrix_unchecked(unit);
        let q = nalgebra::UnitQuaternion::from_rotation_matrix(&rotation);
        let sign = if q.w < 0.0 { -1.0 } else { 1.0 };
        Some(Quaternion { bcd: [q.i * sign, q.j * sign, q.k * sign], handed })
    }

    /// For each voxel axis, the world axis it runs along most and its direction there.
    #[must_use]
    pub fn closest_axes(&self) -> [(usize, f64); 3] {
        let spacing = self.spacing_mm();
        let unit = Matrix3::from_fn(|r, c| self.matrix[(r, c)] / spacing[c]);
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let fit = |order: &[usize; 3]| (0..3).map(|c| unit[(order[c], c)].abs()).sum::<f64>();
        // Rounding must not decide between equals: the first order wins.
        let best = ORDERS
            .iter()
            .fold(&ORDERS[0], |best, order| if fit(order) > fit(best) + 1e-9 { order } else { best });
        std::array::from_fn(|c| (best[c], unit[(best[c], c)].signum()))
    }

    /// Where each voxel axis points, such as `RAS` or `LPS`.
    #[must_use]
    pub fn axcodes(&self) -> String {
        self.closest_axes()
            .iter()
            .map(|(axis, sign)| [['L', 'R'], ['P', 'A'], ['I', 'S']][*axis][usize::from(*sign > 0.0)])
            .collect()
    }

    /// The three rows, as NIfTI stores them.
    #[must_use]
    pub fn rows(&self) -> [[f64; 4]; 3] {
        std::array::from_fn(|r| std::array::from_fn(|c| self.matrix[(r, c)]))
    }

    /// Voxel index (fractions allowed, integers are voxel centres) to RAS mm.
    #[must_use]
    pub fn to_world(&self, voxel: [f64; 3]) -> [f64; 3] {
        transform(&self.matrix, voxel)
    }

    /// RAS mm to voxel index.
    #[must_use]
    pub fn to_voxel(&self, ras_mm: [f64; 3]) -> [f64; 3] {
        transform(&self.inverse, ras_mm)
    }

    /// Length in mm of one step along each voxel axis.
    #[must_use]
    pub fn spacing_mm(&self) -> [f64; 3] {
        std::array::from_fn(|c| self.linear().column(c).norm())
    }

    /// The 3x3 part: columns are the steps in mm along each voxel axis.
    #[must_use]
    pub fn linear(&self) -> Matrix3<f64> {
        self.matrix.fixed_view::<3, 3>(0, 0).into_owned()
    }
}

/// A rotation as NIfTI's qform stores it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quaternion {
    /// The parts b, c, d; a is the positive rest to unit length.
    pub bcd: [f64; 3],
    /// -1 where the third axis is flipped.
    pub handed: f64,
}

fn transform(m: &Matrix4<f64>, p: [f64; 3]) -> [f64; 3] {
    let v = m.fixed_view::<3, 3>(0, 0) * Vector3::from(p) + m.fixed_view::<3, 1>(0, 3);
    [v.x, v.y, v.z]
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Quaternion, UnitQuaternion};

    #[test]
    fn are_a_quaternions_parts_a_rotation_also_where_rounding_makes_them_too_long() {
        // Half turns whose parts were stored as f32, and one that is no half turn.
        let half_turns =
            [[0.6, 0.0, 0.8], [0.48, 0.6, 0.64], [0.0, -0.8, 0.6]].map(|bcd| (0.0, bcd, 1.000_000_3));
        for (a, [b, c, d], long) in half_turns.into_iter().chain([(0.86_f64.sqrt(), [0.1, -0.2, 0.3], 1.0)]) {
            let bcd = [b, c, d];
            let found =
                Affine::from_quaternion(bcd.map(|v| v * long), [1.0, 2.0, 3.0], -1.0, [4.0, 5.0, 6.0])
                    .unwrap();
            let turn = UnitQuaternion::from_quaternion(Quaternion::new(a, b, c, d)).to_rotation_matrix();
            for (r, row) in found.rows().iter().enumerate() {
                let expected = [turn[(r, 0)], 2.0 * turn[(r, 1)], -3.0 * turn[(r, 2)], 4.0 + r as f64];
                // Rounding only: what is too long is brought to unit length first.
                assert!(row.iter().zip(expected).all(|(v, e)| (v - e).abs() < 1e-12), "{bcd:?}: {row:?}");
            }
        }
    }
}
