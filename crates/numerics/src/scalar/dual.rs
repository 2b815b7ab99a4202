//! Forward-mode derivatives with a lane for limiting.
//!
//! A [`Dual`] is `value + Σ gradient[i]·dx_i`, and `shift` is the derivative along the displacement that
//! limiting made: a limited voltage `v_lim` carries `shift = v − v_lim`, the chain rule multiplies the shift
//! by the slope like any gradient entry, and `value + shift` is the equation's linearisation at the limited
//! point, evaluated at the true one. Newton's step from there is the classic limited step.

use super::Scalar;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A value, its gradient over `N` local unknowns, and the limiting shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual<const N: usize> {
    /// The value at the (possibly limited) point.
    pub value: f64,
    /// Partial derivatives with respect to the `N` local unknowns.
    pub gradient: [f64; N],
    /// Derivative along the displacement that limiting made.
    pub shift: f64,
}

impl<const N: usize> Dual<N> {
    /// The unknown with index `index`, at `value`.
    ///
    /// # Panics
    /// When `index` is not below `N`.
    #[inline]
    pub fn unknown(value: f64, index: usize) -> Self {
        let mut gradient = [0.0; N];
        gradient[index] = 1.0;
        Self { value, gradient, shift: 0.0 }
    }

    /// The linearisation at the limited point, evaluated at the true one.
    #[inline]
    pub fn shifted(&self) -> f64 {
        self.value + self.shift
    }

    // Plain loops: `array::from_fn` is not reliably inlined, and this is the innermost of all loops.
    // The same goes for iterators over pairs.
    #[inline(always)]
    fn each(&self, f: impl Fn(f64) -> f64) -> [f64; N] {
        let mut gradient = self.gradient;
        let mut i = 0;
        while i < N {
            gradient[i] = f(gradient[i]);
            i += 1;
        }
        gradient
    }

    #[inline(always)]
    fn pair(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> [f64; N] {
        let mut gradient = self.gradient;
        let mut i = 0;
        while i < N {
            gradient[i] = f(gradient[i], other.gradient[i]);
            i += 1;
        }
        gradient
    }

    #[inline]
    fn chain(self, value: f64, slope: f64) -> Self {
        Self { value, gradient: self.each(|g| slope * g), shift: slope * self.shift }
    }

    #[inline]
    fn combine(self, a: f64, other: Self, b: f64, value: f64) -> Self {
        Self {
            value,
            gradient: self.pair(&other, |g, h| a * g + b * h),
            shift: a * self.shift + b * other.shift,
        }
    }
}

impl<const N: usize> Scalar for Dual<N> {
    type Mask = bool;
    type Narrow<const K: usize> = Dual<K>;

    #[inline]
    fn narrow<const K: usize>(v: [Self; K]) -> [Dual<K>; K] {
        let mut narrow = [Dual::constant(0.0); K];
        for (index, (narrow, v)) in narrow.iter_mut().zip(&v).enumerate() {
            *narrow = Dual::unknown(v.value, index);
        }
        narrow
    }

    #[inline]
    fn widen<const K: usize>(y: Dual<K>, v: &[Self; K]) -> Self {
        let mut wide = Self::constant(y.value);
        wide.shift = y.shift;
        for (slope, v) in y.gradient.iter().zip(v) {
            wide.gradient = wide.pair(v, |sum, g| sum + slope * g);
            wide.shift += slope * v.shift;
        }
        wide
    }

    #[inline]
    fn constant(value: f64) -> Self {
        Self { value, gradient: [0.0; N], shift: 0.0 }
    }

    #[inline]
    fn lt(self, other: Self) -> bool {
        self.value < other.value
    }

    #[inline]
    fn mask(condition: bool) -> bool {
        condition
    }

    #[inline]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }

    #[inline]
    fn map(self, f: impl Fn(f64) -> (f64, f64)) -> Self {
        let (value, slope) = f(self.value);
        self.chain(value, slope)
    }

    #[inline(always)]
    fn map_many<const K: usize, const M: usize>(
        v: &[Self; K],
        f: impl FnOnce([f64; K]) -> [(f64, [f64; K]); M],
    ) -> [Self; M] {
        let mut at = [0.0; K];
        let mut k = 0;
        while k < K {
            at[k] = v[k].value;
            k += 1;
        }
        let results = f(at);
        let mut out = [Self { value: 0.0, gradient: [0.0; N], shift: 0.0 }; M];
        let mut m = 0;
        while m < M {
            let (value, slopes) = &results[m];
            out[m].value = *value;
            let mut k = 0;
            while k < K {
                let slope = slopes[k];
                out[m].gradient = out[m].pair(&v[k], |sum, g| sum + slope * g);
                out[m].shift += slope * v[k].shift;
                k += 1;
            }
            m += 1;
        }
        out
    }

    #[inline]
    fn relocate(self, mut limited: impl FnMut(f64) -> f64) -> Self {
        let value = limited(self.value);
        Self { value, gradient: self.gradient, shift: self.shift + (self.value - value) }
    }

    #[inline]
    fn linearised(self, _lane: usize) -> f64 {
        self.shifted()
    }
}

impl<const N: usize> Add for Dual<N> {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            gradient: self.pair(&other, |g, h| g + h),
            shift: self.shift + other.shift,
        }
    }
}

impl<const N: usize> Sub for Dual<N> {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            gradient: self.pair(&other, |g, h| g - h),
            shift: self.shift - other.shift,
        }
    }
}

impl<const N: usize> Mul for Dual<N> {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        self.combine(other.value, other, self.value, self.value * other.value)
    }
}

impl<const N: usize> Div for Dual<N> {
    type Output = Self;
    #[inline]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        let reciprocal = 1.0 / other.value;
        self.combine(reciprocal, other, -value * reciprocal, value)
    }
}

impl<const N: usize> Neg for Dual<N> {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        self.chain(-self.value, -1.0)
    }
}

impl<const N: usize> Add<f64> for Dual<N> {
    type Output = Self;
    #[inline]
    fn add(mut self, other: f64) -> Self {
        self.value += other;
        self
    }
}

impl<const N: usize> Sub<f64> for Dual<N> {
    type Output = Self;
    #[inline]
    fn sub(mut self, other: f64) -> Self {
        self.value -= other;
        self
    }
}

impl<const N: usize> Mul<f64> for Dual<N> {
    type Output = Self;
    #[inline]
    fn mul(self, other: f64) -> Self {
        self.chain(self.value * other, other)
    }
}

impl<const N: usize> Div<f64> for Dual<N> {
    type Output = Self;
    #[inline]
    fn div(self, other: f64) -> Self {
        self.chain(self.value / other, 1.0 / other)
    }
}

impl<const N: usize> AddAssign for Dual<N> {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl<const N: usize> SubAssign for Dual<N> {
    #[inline]
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-7 * (1.0 + b.abs()), "{a} is not {b}");
    }

    fn formula<S: Scalar>(x: S, y: S) -> S {
        (x * y + x.sin() / (y.square() + 1.0)).exp() - (y.abs() + 2.0).ln() * x.tanh() + y.atan()
            - x.powf(2.5) / 3.0
    }

    #[test]
    fn gradient_equals_central_differences() {
        let (x, y, h) = (0.7, -1.3, 1e-6);
        let dual = formula(Dual::<2>::unknown(x, 0), Dual::<2>::unknown(y, 1));
        close(dual.value, formula(x, y));
        close(dual.gradient[0], (formula(x + h, y) - formula(x - h, y)) / (2.0 * h));
        close(dual.gradient[1], (formula(x, y + h) - formula(x, y - h)) / (2.0 * h));
        assert_eq!(dual.shift, 0.0);
    }

    #[test]
    fn narrow_numbers_give_the_same_derivatives() {
        let x = Dual::<3>::unknown(0.7, 0);
        let y = Dual::<3>::unknown(-0.3, 2).relocate(|_| -0.2);
        let v = [x + y, x - y * 2.0];
        let [a, b] = Dual::narrow(v);
        let (wide, narrow) = (formula(v[0], v[1]), Dual::widen(formula(a, b), &v));
        close(narrow.value, wide.value);
        close(narrow.shift, wide.shift);
        for (narrow, wide) in narrow.gradient.iter().zip(&wide.gradient) {
            close(*narrow, *wide);
        }
    }

    #[test]
    fn functions_of_several_numbers_obey_the_chain_rule() {
        let x = Dual::<3>::unknown(0.7, 0);
        let y = Dual::<3>::unknown(-0.3, 2).relocate(|_| -0.2);
        let [product, quotient] =
            Dual::map_many(&[x, y], |[x, y]| [(x * y, [y, x]), (x / y, [1.0 / y, -x / (y * y)])]);
        for (found, expected) in [(product, x * y), (quotient, x / y)] {
            close(found.value, expected.value);
            close(found.shift, expected.shift);
            for (found, expected) in found.gradient.iter().zip(&expected.gradient) {
                close(*found, *expected);
            }
        }
    }

    #[test]
    fn shift_is_the_linearisation_at_the_limited_point() {
        let v = Dual::<1>::unknown(5.0, 0).relocate(|_| 0.7);
        let i = v.exp();
        close(i.shifted(), 0.7f64.exp() * (1.0 + 4.3));
        close(i.gradient[0], 0.7f64.exp());
        let again = v.relocate(|_| 0.5);
        close(again.shift, 4.5);
    }
}
