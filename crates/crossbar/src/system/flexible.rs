//! Flexible GMRES for systems whose matrix is not symmetric, or not positive.
//!
//! ```text
//! r = b − A·x,  v₁ = r/|r|;  for j = 1, 2, …:
//!     z_j = M⁻¹·v_j,  w = A·z_j,  orthogonalise w against v₁ … v_j (twice),  v_{j+1} = w/|w|
//!     rotate the new column of H to triangular form; the last element of the rotated right-hand side is the residual
//! x += Z·y,  H·y = |r|·e₁
//! ```
//!
//! The preconditioner may be another one in each iteration, as a cycle in single precision is (Y. Saad, SIAM J. Sci. Comput. 14
//! (1993) 461).

/// Vectors kept before the method starts again.
const RESTART: usize = 40;

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) iterations: usize,
    /// Residual relative to the right-hand side, as the recurrence has it.
    pub(super) residual: f64,
}

/// Improves `x` until the residual `b − A·x` is below `tolerance·|b|`.
///
/// `product` adds `A·x` to a vector, `precondition` replaces a vector `v` by `M⁻¹·v` and returns false if it cannot.
pub(super) fn solve(
    b: &[f64],
    x: &mut [f64],
    (tolerance, max_iterations): (f64, usize),
    product: impl Fn(&[f64], &mut [f64]),
    mut precondition: impl FnMut(&mut [f64]) -> bool,
) -> Outcome {
    let start = norm(b);
    let mut outcome = Outcome { iterations: 0, residual: 1.0 };
    if start == 0.0 {
        return Outcome { residual: 0.0, ..outcome };
    }
    while outcome.iterations < max_iterations {
        let mut residual = vec![0.0; b.len()];
        product(x, &mut residual);
        residual.iter_mut().zip(b).for_each(|(r, b)| *r = b - *r);
        let size = norm(&residual);
        outcome.residual = size / start;
        if outcome.residual <= tolerance || !outcome.residual.is_finite() {
            return outcome;
        }
        residual.iter_mut().for_each(|r| *r /= size);
        let before = outcome.residual;
        let mut basis = vec![residual];
        let mut directions: Vec<Vec<f64>> = Vec::new();
        let mut triangle = Triangle::new(size);
        while directions.len() < RESTART && outcome.iterations < max_iterations {
            let mut z = basis[basis.len() - 1].clone();
            if !precondition(&mut z) {
                return outcome;
            }
            let mut w = vec![0.0; b.len()];
            product(&z, &mut w);
            directions.push(z);
            let mut column = vec![0.0; basis.len() + 1];
            for _ in 0..2 {
                for (h, v) in column.iter_mut().zip(&basis) {
                    let share = dot(v, &w);
                    *h += share;
                    w.iter_mut().zip(v).for_each(|(w, v)| *w -= share * v);
                }
            }
            let left = norm(&w);
            column[basis.len()] = left;
            outcome.iterations += 1;
            outcome.residual = triangle.add(column) / start;
            if outcome.residual <= 0.5 * tolerance || left == 0.0 || !left.is_finite() {
                break;
            }
            w.iter_mut().for_each(|w| *w /= left);
            basis.push(w);
        }
        for (z, y) in directions.iter().zip(triangle.solution()) {
            x.iter_mut().zip(z).for_each(|(x, z)| *x += y * z);
        }
        if outcome.residual > 0.5 * before {
            return outcome;
        }
    }
    outcome
}

/// The Hessenberg matrix, rotated to a triangle as it grows.
struct Triangle {
    columns: Vec<Vec<f64>>,
    rotations: Vec<(f64, f64)>,
    rhs: Vec<f64>,
}

impl Triangle {
    fn new(size: f64) -> Triangle {
        Triangle { columns: Vec::new(), rotations: Vec::new(), rhs: vec![size] }
    }

    /// Takes a column and returns the size of the residual.
    fn add(&mut self, mut column: Vec<f64>) -> f64 {
        for (k, &(c, s)) in self.rotations.iter().enumerate() {
            let (a, b) = (column[k], column[k + 1]);
            (column[k], column[k + 1]) = (c * a + s * b, c * b - s * a);
        }
        let k = self.rotations.len();
        let length = column[k].hypot(column[k + 1]);
        let (c, s) =
            if length > 0.0 { (column[k] / length, column[k + 1] / length) } else { (1.0, 0.0) };
        self.rotations.push((c, s));
        column.truncate(k + 1);
        column[k] = length;
        self.columns.push(column);
        let last = self.rhs[k];
        self.rhs[k] = c * last;
        self.rhs.push(-s * last);
        (s * last).abs()
    }

    fn solution(&self) -> Vec<f64> {
        let n = self.columns.len();
        let mut y = self.rhs[..n].to_vec();
        for k in (0..n).rev() {
            if self.columns[k][k] != 0.0 {
                y[k] /= self.columns[k][k];
            } else {
                y[k] = 0.0;
            }
            for row in 0..k {
                y[row] -= self.columns[k][row] * y[k];
            }
        }
        y
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unsymmetric, indefinite matrix, with its diagonal for a preconditioner.
    #[test]
    fn an_indefinite_system_is_solved() {
        let n = 30;
        let diagonal = |k: usize| if k % 7 == 3 { -2.0 } else { 3.0 + k as f64 };
        let product = |x: &[f64], y: &mut [f64]| {
            for k in 0..n {
                y[k] += diagonal(k) * x[k];
                if k > 0 {
                    y[k] += 0.5 * x[k - 1];
                    y[k - 1] -= 1.5 * x[k];
                }
            }
        };
        let wanted: Vec<f64> = (0..n).map(|k| (k as f64 - 7.0).sin()).collect();
        let mut b = vec![0.0; n];
        product(&wanted, &mut b);
        let mut x = vec![0.0; n];
        let outcome = solve(&b, &mut x, (1e-13, 100), product, |v| {
            v.iter_mut().enumerate().for_each(|(k, v)| *v /= diagonal(k));
            true
        });
        assert!(outcome.residual <= 1e-13 && outcome.iterations < 40, "{outcome:?}");
        for (x, wanted) in x.iter().zip(&wanted) {
            assert!((x - wanted).abs() < 1e-11, "{x} {wanted}");
        }
    }
}
