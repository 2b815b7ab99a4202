//! How a parameter varies over an array: a field of standard normal numbers, independent or smooth.
//!
//! ```text
//! z(i, j) = Σ w(k) w(l) g(i+k, j+l)        w(k) ∝ exp(−(k/ℓ)²),  Σ w² = 1
//! ```
//!
//! `g` is white noise that belongs to the seed, the array, the parameter and the place, and that goes on beyond the
//! edges, so that each `z` has a variance of one. The correlation of two places at a distance `d` is `exp(−d²/2ℓ²)`
//! (the weights' autocorrelation; exact in the limit of many crossings).

use ovonic_device::Variation;

/// A field of `rows` × `cols` numbers, row by row; `length` crossings is over what distance it is correlated.
pub(super) fn field(
    source: Variation,
    quantity: &str,
    rows: usize,
    cols: usize,
    length: f64,
) -> Vec<f64> {
    let weights = weights(length);
    let margin = weights.len() / 2;
    let (tall, wide) = (rows + 2 * margin, cols + 2 * margin);
    // The margins come last in the numbering of places, so that a field does not depend on the size of the array.
    let place = |index: usize| (index as i64 - margin as i64) as u32;
    let white = |row: usize, col: usize| {
        source.normal(quantity, u64::from(place(row)) << 32 | u64::from(place(col)))
    };
    let mut smooth = vec![0.0; tall * cols];
    let mut line = vec![0.0; wide];
    for row in 0..tall {
        line.iter_mut().enumerate().for_each(|(col, value)| *value = white(row, col));
        for col in 0..cols {
            smooth[row * cols + col] = dot(&weights, &line[col..]);
        }
    }
    let mut result = vec![0.0; rows * cols];
    for row in 0..rows {
        for (k, weight) in weights.iter().enumerate() {
            let from = &smooth[(row + k) * cols..][..cols];
            let to = &mut result[row * cols..][..cols];
            to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
        }
    }
    result
}

fn weights(length: f64) -> Vec<f64> {
    // Beyond 2.5 lengths a weight is below 0.002.
    let reach = (2.5 * length).ceil() as i64;
    let raw: Vec<f64> = (-reach..=reach)
        .map(|k| if k == 0 { 1.0 } else { (-(k as f64 / length).powi(2)).exp() })
        .collect();
    let norm = raw.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
    raw.iter().map(|weight| weight / norm).collect()
}

fn dot(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Variation {
        Variation::new(3).of_instance("xb")
    }

    #[test]
    fn a_field_does_not_depend_on_the_size_of_its_array() {
        for length in [0.0, 2.0] {
            let (small, large) =
                (field(source(), "r", 3, 4, length), field(source(), "r", 6, 5, length));
            for row in 0..3 {
                for col in 0..4 {
                    assert!((small[row * 4 + col] - large[row * 5 + col]).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn numbers_are_normal_and_correlated_over_the_length() {
        let n = 100;
        for length in [0.0, 4.0] {
            let z = field(source(), "r", n, n, length);
            let count = (n * n) as f64;
            let mean = z.iter().sum::<f64>() / count;
            let variance = z.iter().map(|z| z * z).sum::<f64>() / count;
            // A correlated field has fewer independent numbers: one for each 2πℓ² places.
            let independent = count / (2.0 * std::f64::consts::PI * length * length).max(1.0);
            let error = 4.0 / independent.sqrt();
            assert!(mean.abs() < error, "mean {mean} at length {length}");
            assert!((variance - 1.0).abs() < error * 2f64.sqrt(), "variance {variance}");
            let neighbours = (0..n).flat_map(|i| (1..n).map(move |j| (i * n + j, i * n + j - 1)));
            let covariance =
                neighbours.map(|(a, b)| z[a] * z[b]).sum::<f64>() / (n * (n - 1)) as f64;
            let expected = if length == 0.0 { 0.0 } else { (-1.0 / (2.0 * length * length)).exp() };
            assert!((covariance - expected).abs() < error * 2f64.sqrt(), "{covariance}");
        }
    }
}
