//! The numbers a matrix may hold: `f64` and `Complex64`.
//!
//! The kernel is written once over this trait; operating points and transients use the real
//! instance, small-signal analyses the complex one.

use nalgebra::ComplexField;
use num_complex::Complex64;

/// What the second engine needs of a number; empty unless the feature `faer` is on.
#[cfg(feature = "faer")]
pub trait EngineNumber: faer::traits::ComplexField {}
#[cfg(feature = "faer")]
impl<T: faer::traits::ComplexField> EngineNumber for T {}

/// What the second engine needs of a number; empty unless the feature `faer` is on.
#[cfg(not(feature = "faer"))]
pub trait EngineNumber {}
#[cfg(not(feature = "faer"))]
impl<T> EngineNumber for T {}

/// A real or complex matrix entry.
///
/// Arithmetic comes from [`ComplexField`]; the methods here are the few that the kernels need in a
/// cheaper or safer form.
pub trait Element: ComplexField<RealField = f64> + Copy + Default + EngineNumber {
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// A cheap size for comparing pivots: |x|, or |Re| + |Im|, which is within √2 of the modulus.
    /// NaN if any part is.
    fn magnitude(self) -> f64;

    /// 1 / x without intermediate overflow.
    fn inverse(self) -> Self;

    /// self − a · b with fused multiplications: fast only where the processor has them.
    fn fused_subtract(self, a: Self, b: Self) -> Self;

    /// The element with this real value.
    fn real_value(value: f64) -> Self;
}

impl Element for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn magnitude(self) -> f64 {
        f64::abs(self)
    }

    #[inline(always)]
    fn inverse(self) -> Self {
        1.0 / self
    }

    #[inline(always)]
    fn fused_subtract(self, a: Self, b: Self) -> Self {
        f64::mul_add(-a, b, self)
    }

    #[inline(always)]
    fn real_value(value: f64) -> Self {
        value
    }
}

impl Element for Complex64 {
    const ZERO: Self = Complex64::new(0.0, 0.0);
    const ONE: Self = Complex64::new(1.0, 0.0);

    #[inline(always)]
    fn magnitude(self) -> f64 {
        f64::abs(self.re) + f64::abs(self.im)
    }

    /// Smith's method (R. L. Smith, CACM 5(8), 1962): the naive |x|² overflows for |x| > 1e154 and
    /// vanishes below 1e-162.
    #[inline]
    fn inverse(self) -> Self {
        if f64::abs(self.re) >= f64::abs(self.im) {
            let ratio = self.im / self.re;
            let denominator = self.re + self.im * ratio;
            Complex64::new(1.0 / denominator, -ratio / denominator)
        } else {
            let ratio = self.re / self.im;
            let denominator = self.re * ratio + self.im;
            Complex64::new(ratio / denominator, -1.0 / denominator)
        }
    }

    #[inline(always)]
    fn fused_subtract(self, a: Self, b: Self) -> Self {
        Complex64::new(
            f64::mul_add(a.im, b.im, f64::mul_add(-a.re, b.re, self.re)),
            f64::mul_add(-a.im, b.re, f64::mul_add(-a.re, b.im, self.im)),
        )
    }

    #[inline(always)]
    fn real_value(value: f64) -> Self {
        Complex64::new(value, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_inverse_survives_extreme_sizes() {
        for z in [
            Complex64::new(3.0, 4.0),
            Complex64::new(-1e-200, 2e-200),
            Complex64::new(5e200, 1e-30),
            Complex64::new(0.0, -2e-300),
        ] {
            let product = z * z.inverse();
            assert!((product - Complex64::ONE).magnitude() < 1e-15, "{z}");
        }
    }
}
