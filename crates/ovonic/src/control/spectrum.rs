//! The discrete Fourier transform of real samples whose number is a power of two.
//!
//! ```text
//! X[k] = Σ x[n]·exp(−2πi·kn/N), by halves: even and odd samples are transformed and combined
//! ```

use num_complex::Complex64;
use std::f64::consts::TAU;

/// Amplitudes of the frequencies from zero to half the sampling rate (length `size/2 + 1`) of samples that zeros fill
/// up to `size`, a power of two; `n` is the number of samples that count.
pub(super) fn amplitudes(
    samples: impl Iterator<Item = f64>,
    size: usize,
    n: usize,
) -> Vec<Complex64> {
    let mut data: Vec<Complex64> = samples.map(|value| Complex64::new(value, 0.0)).collect();
    data.resize(size, Complex64::ZERO);
    transform(&mut data);
    let scale = 2.0 / n as f64;
    data.truncate(size / 2 + 1);
    for (index, value) in data.iter_mut().enumerate() {
        // The mean has one line, every other frequency two.
        *value *= if index == 0 { 0.5 * scale } else { scale };
    }
    data
}

/// Transforms in place.
fn transform(data: &mut [Complex64]) {
    let n = data.len();
    if n < 2 {
        return;
    }
    let bits = n.trailing_zeros();
    for index in 0..n {
        let mirrored = index.reverse_bits() >> (usize::BITS - bits);
        if mirrored > index {
            data.swap(index, mirrored);
        }
    }
    let mut length = 2;
    while length <= n {
        let half = length / 2;
        // Each factor is computed for itself, so that errors do not grow along the row.
        let factors: Vec<Complex64> =
            (0..half).map(|k| Complex64::cis(-TAU * k as f64 / length as f64)).collect();
        for block in data.chunks_exact_mut(length) {
            let (even, odd) = block.split_at_mut(half);
            for ((a, b), factor) in even.iter_mut().zip(odd).zip(&factors) {
                let turned = *b * factor;
                *b = *a - turned;
                *a += turned;
            }
        }
        length *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_is_one_line() {
        let n = 64;
        let samples = (0..n).map(|k| 0.5 + 3.0 * (TAU * 5.0 * k as f64 / n as f64 + 0.3).cos());
        let lines = amplitudes(samples, n, n);
        assert_eq!(lines.len(), 33);
        for (index, line) in lines.iter().enumerate() {
            let expected = match index {
                0 => Complex64::new(0.5, 0.0),
                5 => Complex64::from_polar(3.0, 0.3),
                _ => Complex64::ZERO,
            };
            assert!((line - expected).norm() < 1e-13, "{index}: {line}");
        }
    }
}
