//! Dense systems of a few rows, factored in place: the blocks that are eliminated before a sparse system is solved.
//!
//! Matrices are row-major slices inside of the caller's own vectors, so that a million blocks cost no allocation.

use crate::sparse::Element;

/// Below this fraction of its row's largest entry a pivot says that the unknowns are not determined.
const PIVOT_TOLERANCE: f64 = 1e-13;

/// Rows up to this many are weighed without an allocation.
const FEW: usize = 32;

/// Factors a dense row-major `n × n` matrix in place with row pivoting; `order` receives the row swaps. Rows of different
/// natures (volts, watts, rates) are weighed by their largest entries before a pivot is chosen among them. Returns whether all
/// pivots passed their test.
pub fn factor<T: Element>(a: &mut [T], n: usize, order: &mut [u32]) -> bool {
    let (mut few, mut many) = ([0.0; FEW], Vec::new());
    let scales = if n <= FEW {
        &mut few[..n]
    } else {
        many.resize(n, 0.0);
        &mut many[..]
    };
    for (scale, row) in scales.iter_mut().zip(a.chunks_exact(n)) {
        *scale = row.iter().fold(f64::MIN_POSITIVE, |most, entry| most.max(entry.magnitude()));
    }
    for k in 0..n {
        let weight = |r: usize| a[r * n + k].magnitude() / scales[r];
        let pivot = (k..n).max_by(|&r, &s| weight(r).total_cmp(&weight(s))).unwrap_or(k);
        let weight = weight(pivot);
        if !(weight > PIVOT_TOLERANCE && weight.is_finite()) {
            return false;
        }
        scales.swap(k, pivot);
        order[k] = pivot as u32;
        if pivot != k {
            for c in 0..n {
                a.swap(k * n + c, pivot * n + c);
            }
        }
        let inverse = a[k * n + k].inverse();
        a[k * n + k] = inverse;
        for r in k + 1..n {
            let multiplier = a[r * n + k] * inverse;
            a[r * n + k] = multiplier;
            for c in k + 1..n {
                let product = multiplier * a[k * n + c];
                a[r * n + c] -= product;
            }
        }
    }
    true
}

/// Solves for `m` right-hand sides (row-major `n × m`) with what [`factor`] left.
pub fn substitute<T: Element>(a: &[T], n: usize, order: &[u32], b: &mut [T], m: usize) {
    for (k, &pivot) in order[..n].iter().enumerate() {
        let pivot = pivot as usize;
        if pivot != k {
            for c in 0..m {
                b.swap(k * m + c, pivot * m + c);
            }
        }
    }
    for c in 0..m {
        for r in 1..n {
            for k in 0..r {
                let product = a[r * n + k] * b[k * m + c];
                b[r * m + c] -= product;
            }
        }
        for r in (0..n).rev() {
            for k in r + 1..n {
                let product = a[r * n + k] * b[k * m + c];
                b[r * m + c] -= product;
            }
            b[r * m + c] *= a[r * n + r];
        }
    }
}

/// Solves the transposed system for one right-hand side (length `n`) with what [`factor`] left.
pub fn substitute_transposed<T: Element>(a: &[T], n: usize, order: &[u32], b: &mut [T]) {
    for r in 0..n {
        for k in 0..r {
            let product = a[k * n + r] * b[k];
            b[r] -= product;
        }
        b[r] *= a[r * n + r];
    }
    for r in (0..n).rev() {
        for k in r + 1..n {
            let product = a[k * n + r] * b[k];
            b[r] -= product;
        }
    }
    for (k, &pivot) in order[..n].iter().enumerate().rev() {
        b.swap(k, pivot as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_of_both_systems_are_exact() {
        // The first pivot is zero, so that rows have to be swapped.
        let matrix = [0.0, 2.0, 1.0, 4.0, 1.0, -1.0, 1.0, 1.0, 1.0];
        let x = [1.0, -2.0, 3.0];
        let (mut factors, mut order) = (matrix, [0; 3]);
        assert!(factor(&mut factors, 3, &mut order));
        let mut b: [f64; 3] =
            std::array::from_fn(|r| (0..3).map(|c| matrix[3 * r + c] * x[c]).sum());
        substitute(&factors, 3, &order, &mut b, 1);
        let mut t: [f64; 3] =
            std::array::from_fn(|r| (0..3).map(|c| matrix[3 * c + r] * x[c]).sum());
        substitute_transposed(&factors, 3, &order, &mut t);
        for (found, wanted) in b.iter().chain(&t).zip(x.iter().chain(&x)) {
            assert!((found - wanted).abs() < 1e-14, "{b:?} {t:?}");
        }
    }

    #[test]
    fn dependent_rows_fail_the_test_of_pivots() {
        assert!(!factor(&mut [1.0, 2.0, 2.0, 4.0], 2, &mut [0; 2]));
    }
}
