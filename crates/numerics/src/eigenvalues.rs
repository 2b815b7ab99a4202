//! Eigenvalues of real matrices without symmetry: all of a small one, the dominant ones of an operator.
//!
//! ```text
//! dense:    balance by powers of two, Hessenberg form, QR iterations      (nalgebra for small matrices, faer for others)
//!           large, and symmetric but for a scaling: scale, tridiagonal form, QR iterations      (nalgebra)
//! dominant: Arnoldi: V ← basis of v, Av, A²v, …, each orthogonalised twice against those before it
//!           H = VᵀAV;  an eigenvalue θ of H with eigenvector y belongs to A where |h·y_last| is small
//! ```
//!
//! The stability of a circuit's operating points is read off them. Balancing matters there: the rows of a linearised
//! circuit differ by as many orders of magnitude as volts and kelvins, picoseconds and seconds do.

use nalgebra::linalg::balancing::balance_parlett_reinsch;
use nalgebra::{DMatrix, Schur};
use num_complex::Complex64;

/// QR iterations for each eigenvalue, before the matrix is shifted, and before it is given up.
const ITERATIONS: (usize, usize) = (4, 60);
/// Order up to which a matrix is tried without a shift: an array of like devices has many zeros, and only loses time.
const SMALL: usize = 32;
/// Size of an entry below the diagonal, relative to the matrix, that counts as zero once it is shifted.
const NEGLIGIBLE: f64 = 1e-13;
/// Residual of an eigenvalue of the projected matrix, relative to it, below which it counts.
const RITZ_TOLERANCE: f64 = 1e-6;
/// Part of a vector that is left after orthogonalisation when it lay in the span of the others.
const BREAKDOWN: f64 = 1e-12;

/// All eigenvalues of the `n × n` matrix `rows` (row by row), in no particular order; `None` if it has an entry that
/// is not finite, or if the iteration does not converge.
///
/// ```
/// use ovonic_numerics::eigenvalues::eigenvalues;
/// let mut found = eigenvalues(2, &[0.0, 1.0, -4.0, 0.0]).unwrap();
/// found.sort_by(|a, b| a.im.total_cmp(&b.im));
/// assert!((found[1].im - 2.0).abs() < 1e-14 && found[1].re.abs() < 1e-14);
/// ```
///
/// # Panics
/// When the length of `rows` is not n².
pub fn eigenvalues(n: usize, rows: &[f64]) -> Option<Vec<Complex64>> {
    assert_eq!(rows.len(), n * n, "a matrix of order n has n² entries");
    if n == 0 {
        return Some(Vec::new());
    }
    if rows.iter().any(|entry| !entry.is_finite()) {
        return None;
    }
    if n == 1 {
        return Some(vec![Complex64::new(rows[0], 0.0)]);
    }
    if n > SMALL
        && let Some(mut matrix) = symmetric(n, rows)
    {
        // On the diagonal the size makes every entry beside it comparable to something.
        let size = matrix.norm();
        (0..n).for_each(|i| matrix[(i, i)] += size);
        let values = matrix.symmetric_eigenvalues();
        return Some(values.iter().map(|value| Complex64::from(value - size)).collect());
    }
    let mut matrix = DMatrix::from_row_slice(n, n, rows);
    balance_parlett_reinsch(&mut matrix);
    if n <= SMALL
        && let Some(schur) = Schur::try_new(matrix.clone(), f64::EPSILON, ITERATIONS.0 * n + 30)
    {
        return Some(schur.complex_eigenvalues().iter().copied().collect());
    }
    if n > SMALL {
        let whole = faer::MatRef::from_column_major_slice(matrix.as_slice(), n, n);
        if let Ok(values) = whole.eigenvalues() {
            return Some(
                values.into_iter().map(|value| Complex64::new(value.re, value.im)).collect(),
            );
        }
    }
    // An entry below the diagonal counts as zero in comparison with its neighbours there, and never does between
    // eigenvalues that are zero themselves. With the matrix's size on the diagonal it does, at the usual price: small
    // eigenvalues are as exact as the largest one, and not for their own size.
    let size = matrix.norm();
    for k in 0..n {
        matrix[(k, k)] += size;
    }
    let schur = Schur::try_new(matrix, NEGLIGIBLE, ITERATIONS.1 * n)?;
    Some(schur.complex_eigenvalues().iter().map(|value| value - size).collect())
}

/// A symmetric matrix `D·A·D⁻¹` with a diagonal `D`, if there is one: (dᵢ/dⱼ)² = aⱼᵢ/aᵢⱼ, along the strongest couplings.
///
/// Heat and resistances couple devices in this way, whatever their number; their eigenvalues are real, and cost a tenth of
/// those of any matrix.
fn symmetric(n: usize, rows: &[f64]) -> Option<DMatrix<f64>> {
    let entry = |i: usize, j: usize| rows[i * n + j];
    let mut scale = vec![1.0; n];
    let mut found = vec![false; n];
    // Strength of the strongest coupling to what has been found, and to which.
    let mut strongest = vec![(-1.0_f64, 0); n];
    for _ in 0..n {
        let waiting = (0..n).filter(|&i| !found[i]);
        let next = waiting.max_by(|&a, &b| strongest[a].0.total_cmp(&strongest[b].0))?;
        let (strength, from) = strongest[next];
        if strength > 0.0 {
            scale[next] = scale[from] * (entry(from, next) / entry(next, from)).sqrt();
        }
        found[next] = true;
        for other in (0..n).filter(|&i| !found[i]) {
            let strength = entry(next, other) * entry(other, next);
            if strength > strongest[other].0 {
                strongest[other] = (strength, next);
            }
        }
    }
    let matrix = DMatrix::from_fn(n, n, |i, j| scale[i] * entry(i, j) / scale[j]);
    let tolerance = NEGLIGIBLE * matrix.norm();
    let is_alike = |(i, j): (usize, usize)| (matrix[(i, j)] - matrix[(j, i)]).abs() <= tolerance;
    let pairs = || (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
    (tolerance.is_finite() && pairs().all(is_alike)).then_some(matrix)
}

/// The eigenvalues of largest magnitude of a linear operator of order `n`, found in a Krylov space of at most
/// `dimension` vectors; those that have not converged are left out. `apply` replaces a vector by its image.
/// Where the space is exhausted early (an operator of low rank), they are all there are but zero.
///
/// # Errors
/// Those of `apply`.
pub fn dominant_eigenvalues<E>(
    n: usize,
    dimension: usize,
    mut apply: impl FnMut(&mut Vec<f64>) -> Result<(), E>,
) -> Result<Vec<Complex64>, E> {
    let most = dimension.min(n);
    let mut basis = vec![start(n)];
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut rest = 0.0;
    while columns.len() < most {
        let mut image = basis[columns.len()].clone();
        apply(&mut image)?;
        let size = norm(&image);
        let mut column = vec![0.0; basis.len()];
        // Once is not enough where cancellation leaves little of the vector.
        for _ in 0..2 {
            for (entry, vector) in column.iter_mut().zip(&basis) {
                let part = dot(vector, &image);
                *entry += part;
                image.iter_mut().zip(vector).for_each(|(x, v)| *x -= part * v);
            }
        }
        rest = norm(&image);
        columns.push(column);
        if rest <= BREAKDOWN * size || !rest.is_finite() {
            rest = 0.0;
            break;
        }
        image.iter_mut().for_each(|x| *x /= rest);
        if let Some(last) = columns.last_mut() {
            last.push(rest);
        }
        basis.push(image);
    }
    Ok(converged(&columns, rest))
}

/// The eigenvalues of the projected matrix that belong to the operator; `columns` are its columns down to the entry
/// below the diagonal, the last of which is `rest`.
fn converged(columns: &[Vec<f64>], rest: f64) -> Vec<Complex64> {
    let m = columns.len();
    let mut rows = vec![0.0; m * m];
    for (j, column) in columns.iter().enumerate() {
        for (i, &entry) in column.iter().take(m).enumerate() {
            rows[i * m + j] = entry;
        }
    }
    let mut found = eigenvalues(m, &rows).unwrap_or_default();
    let largest = found.iter().fold(0.0f64, |largest, value| largest.max(value.norm()));
    found.retain(|&value| {
        let residual = rest * last_share(m, &rows, value);
        residual <= RITZ_TOLERANCE * value.norm().max(f64::EPSILON * largest)
    });
    found
}

/// Last entry of the normalised eigenvector of an upper Hessenberg matrix, by substitution from below.
fn last_share(m: usize, rows: &[f64], value: Complex64) -> f64 {
    let mut vector = vec![Complex64::ZERO; m];
    vector[m - 1] = Complex64::ONE;
    for i in (1..m).rev() {
        let below = rows[i * m + i - 1];
        if below == 0.0 {
            return 0.0;
        }
        let mut sum = (value - rows[i * m + i]) * vector[i];
        for (j, entry) in vector.iter().enumerate().skip(i + 1) {
            sum -= rows[i * m + j] * entry;
        }
        vector[i - 1] = sum / below;
    }
    1.0 / vector.iter().map(|entry| entry.norm_sqr()).sum::<f64>().sqrt()
}

/// A start in which no eigenvector is missing: entries of one size and pseudo-random sign.
fn start(n: usize) -> Vec<f64> {
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let size = 1.0 / (n as f64).sqrt();
    (0..n)
        .map(|_| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            if seed & 1 == 0 { size } else { -size }
        })
        .collect()
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
    use std::convert::Infallible;

    fn sorted(mut values: Vec<Complex64>) -> Vec<Complex64> {
        values.sort_by(|a, b| a.re.total_cmp(&b.re).then(a.im.total_cmp(&b.im)));
        values
    }

    /// A matrix with known eigenvalues: a block diagonal one, transformed by unit triangular matrices and by a
    /// diagonal one that spans many decades.
    fn known(n: usize, decades: f64) -> (Vec<f64>, Vec<Complex64>) {
        let mut matrix = DMatrix::<f64>::zeros(n, n);
        let mut values = Vec::new();
        for k in 0..n / 2 {
            let (re, im) = ((k as f64) - 1.5, 1.0 + k as f64);
            let at = 2 * k;
            matrix[(at, at)] = re;
            matrix[(at + 1, at + 1)] = re;
            matrix[(at, at + 1)] = im;
            matrix[(at + 1, at)] = -im;
            values.extend([Complex64::new(re, im), Complex64::new(re, -im)]);
        }
        let lower = DMatrix::<f64>::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Equal => 1.0,
            std::cmp::Ordering::Greater => 0.3 / (1.0 + (i - j) as f64),
            std::cmp::Ordering::Less => 0.0,
        });
        let inverse = lower.clone().try_inverse().unwrap();
        let mut full = &lower * matrix * inverse;
        for i in 0..n {
            for j in 0..n {
                let scale = decades * (i as f64 - j as f64) / (n as f64 - 1.0);
                full[(i, j)] *= 10f64.powf(scale);
            }
        }
        (full.transpose().as_slice().to_vec(), values)
    }

    #[test]
    fn a_badly_scaled_matrix_has_the_eigenvalues_it_was_made_of() {
        let (rows, expected) = known(8, 12.0);
        let found = sorted(eigenvalues(8, &rows).unwrap());
        for (found, expected) in found.iter().zip(sorted(expected)) {
            assert!((found - expected).norm() < 1e-10, "{found} {expected}");
        }
    }

    #[test]
    fn many_equal_and_many_zero_eigenvalues_are_found() {
        // Cells alike on two shared nodes: a matrix of low rank, which is what an array of threshold switches gives.
        let n = 60;
        let entry = |i: usize, j: usize| {
            let own = if i == j && i < 40 { 1e-9 } else { 0.0 };
            own + 1e-13 * (((i * 7 + 3) % 5) as f64 - 2.0) * (((j * 3 + 1) % 7) as f64 - 3.0)
        };
        let rows: Vec<f64> = (0..n * n).map(|k| entry(k / n, k % n)).collect();
        let found = eigenvalues(n, &rows).unwrap();
        assert_eq!(found.len(), n);
        let count = |size: f64, near: f64| {
            found.iter().filter(|value| (*value - size).norm() < near).count()
        };
        assert!(count(1e-9, 1e-11) >= 35 && count(0.0, 1e-11) >= 15, "{found:?}");
        let trace: f64 = (0..n).map(|k| entry(k, k)).sum();
        let sum: Complex64 = found.iter().sum();
        assert!((sum - trace).norm() < 1e-9 * trace, "{sum} {trace}");
    }

    #[test]
    fn a_scaled_symmetric_matrix_has_the_eigenvalues_of_the_symmetric_one() {
        // The chain with 2 on the diagonal and -1 beside it: 2 - 2 cos(kπ/(n + 1)); scaled over sixteen decades, and
        // shuffled, so that the strongest coupling is never the next one.
        let n = 50;
        let place = |i: usize| (i * 17 + 5) % n;
        let mut rows = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                let entry = match i.abs_diff(j) {
                    0 => 2.0,
                    1 => -1.0,
                    _ => 0.0,
                };
                let (row, column) = (place(i), place(j));
                let decades = 16.0 * (row as f64 - column as f64) / n as f64;
                rows[row * n + column] = entry * 10f64.powf(decades);
            }
        }
        assert!(symmetric(n, &rows).is_some());
        let found = sorted(eigenvalues(n, &rows).unwrap());
        for (k, value) in found.iter().enumerate() {
            let angle = (k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).norm() < 1e-12, "{k}: {value}");
        }
        // One coupling that points the other way, and nothing scales it away: a rotation.
        let (a, b) = (place(20), place(21));
        rows[a * n + b] = -rows[a * n + b];
        assert!(symmetric(n, &rows).is_none());
        assert!(eigenvalues(n, &rows).unwrap().iter().any(|value| value.im.abs() > 0.1));
    }

    #[test]
    fn what_is_not_finite_has_no_eigenvalues() {
        assert_eq!(eigenvalues(2, &[1.0, f64::NAN, 0.0, 1.0]), None);
        assert_eq!(eigenvalues(0, &[]), Some(Vec::new()));
    }

    #[test]
    fn the_dominant_eigenvalues_of_a_large_operator_are_found() {
        // A diagonal with three values that stand out.
        let n = 500;
        let diagonal: Vec<f64> = (0..n)
            .map(|i| match i {
                7 => 5.0,
                11 => -4.0,
                200 => 3.0,
                _ => (i as f64 / n as f64).sin(),
            })
            .collect();
        let found = dominant_eigenvalues(n, 60, |x| {
            x.iter_mut().zip(&diagonal).for_each(|(x, d)| *x *= d);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        for wanted in [5.0, -4.0, 3.0] {
            assert!(found.iter().any(|value| (value - wanted).norm() < 1e-8), "{wanted}");
        }
    }

    #[test]
    fn an_operator_of_low_rank_is_exhausted() {
        // The rotation of the first two coordinates, everything else to zero.
        let found = dominant_eigenvalues(50, 20, |x| {
            let (a, b) = (x[0], x[1]);
            x.fill(0.0);
            (x[0], x[1]) = (-2.0 * b, 2.0 * a);
            Ok::<(), Infallible>(())
        })
        .unwrap();
        let of_size: Vec<_> = found.iter().filter(|value| value.norm() > 1e-6).collect();
        assert_eq!(of_size.len(), 2);
        assert!(of_size.iter().all(|value| (value.im.abs() - 2.0).abs() < 1e-12));
    }
}
