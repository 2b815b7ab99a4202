//! Smooth stand-ins for kinked functions, for models that have to be well posed.
//!
//! Source: Wang and Roychowdhury, "Well-Posed Models of Memristive Devices", arXiv:1605.04897.

use super::Scalar;

/// `|x|` rounded at the origin: `sqrt(x² + s) − sqrt(s)`.
#[inline]
pub fn smooth_abs<S: Scalar>(x: S, s: f64) -> S {
    (x.square() + s).sqrt() - s.sqrt()
}

/// `max(x, 0)` rounded at the origin: `(smooth_abs(x) + x) / 2`.
#[inline]
pub fn smooth_clip<S: Scalar>(x: S, s: f64) -> S {
    (smooth_abs(x, s) + x) * 0.5
}

/// The logistic function `1 / (1 + e^−x)`, without overflow. Write `1 − sigmoid(x)` as `sigmoid(−x)`.
#[inline]
pub fn sigmoid<S: Scalar>(x: S) -> S {
    x.map(|v| {
        let e = (-v.abs()).exp();
        let small = e / (1.0 + e);
        let value = if v < 0.0 { small } else { 1.0 / (1.0 + e) };
        (value, small / (1.0 + e))
    })
}

/// `ln(1 + e^x)`, without overflow.
#[inline]
pub fn soft_plus<S: Scalar>(x: S) -> S {
    x.map(|v| {
        let e = (-v.abs()).exp();
        let slope = if v < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) };
        (v.max(0.0) + e.ln_1p(), slope)
    })
}

/// `e^x` up to `x = limit`, its tangent beyond: finite for every argument.
#[inline]
pub fn limited_exp<S: Scalar>(x: S, limit: f64) -> S {
    x.map(|v| {
        if v < limit {
            let e = v.exp();
            (e, e)
        } else {
            let e = limit.exp();
            (e * (1.0 + v - limit), e)
        }
    })
}

/// `e^x`, continued by its tangent beyond `x = 80`.
#[inline]
pub fn safe_exp<S: Scalar>(x: S) -> S {
    limited_exp(x, 80.0)
}

/// A smooth minimum of two positive quantities: `(a^−p + b^−p)^(−1/p)`, written without overflow.
#[inline]
pub fn soft_minimum<S: Scalar>(a: S, b: S, p: f64) -> S {
    let smaller = a.min(b);
    let ratio = smaller / a.max(b);
    // Floor against 0^p, whose slope is not finite for p < 1.
    smaller / (ratio.max(S::constant(1e-300)).powf(p) + 1.0).powf(1.0 / p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_keeps_its_tail() {
        assert!((sigmoid(-700.0f64) / (-700.0f64).exp() - 1.0).abs() < 1e-12);
        assert_eq!(sigmoid(900.0f64), 1.0);
        assert!((sigmoid(0.3f64) + sigmoid(-0.3f64) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn soft_minimum_is_below_both() {
        assert!(soft_minimum(1.0f64, 1e9, 4.0) <= 1.0);
        assert!((soft_minimum(2.0f64, 2.0, 4.0) - 2.0 * 2f64.powf(-0.25)).abs() < 1e-15);
        assert_eq!(soft_minimum(1e200f64, 1e-200, 4.0), 1e-200);
    }
}
