//! Dependency tracing: which unknowns a quantity depends on, and whether linearly.
//!
//! Evaluating a model once with tracers yields the true sparsity of its Jacobians, since both sides of every
//! [`Scalar::select`] are seen. A product with a constant zero is a constant zero: a charge whose capacitance
//! parameter is zero leaves no entry.

use super::Scalar;
use std::ops::{Add, AddAssign, BitAnd, BitOr, Div, Mul, Neg, Not, Sub, SubAssign};

/// A quantity's dependence on up to 64 unknowns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tracer {
    value: f64,
    depends: u64,
    linear: bool,
}

/// A comparison's dependence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracerMask {
    depends: u64,
    holds: bool,
}

impl Tracer {
    /// The unknown with index `index`.
    ///
    /// # Panics
    /// When `index` is 64 or more.
    pub fn unknown(value: f64, index: usize) -> Self {
        assert!(index < 64, "a tracer follows 64 unknowns");
        Self { value, depends: 1 << index, linear: true }
    }

    /// The unknowns that the quantity depends on, one bit each.
    pub fn depends(&self) -> u64 {
        self.depends
    }

    /// Whether the quantity is affine in the unknowns.
    pub fn is_linear(&self) -> bool {
        self.linear
    }

    fn is_zero(&self) -> bool {
        self.depends == 0 && self.value == 0.0
    }

    fn join(self, other: Self, value: f64, linear: bool) -> Self {
        Self { value, depends: self.depends | other.depends, linear }
    }
}

impl Scalar for Tracer {
    type Mask = TracerMask;
    type Narrow<const K: usize> = Tracer;

    fn narrow<const K: usize>(v: [Self; K]) -> [Self; K] {
        v
    }

    fn widen<const K: usize>(y: Self, _v: &[Self; K]) -> Self {
        y
    }

    fn constant(value: f64) -> Self {
        Self { value, depends: 0, linear: true }
    }

    fn lt(self, other: Self) -> TracerMask {
        TracerMask { depends: self.depends | other.depends, holds: self.value < other.value }
    }

    fn mask(condition: bool) -> TracerMask {
        TracerMask { depends: 0, holds: condition }
    }

    fn select(mask: TracerMask, a: Self, b: Self) -> Self {
        if mask.depends == 0 {
            return if mask.holds { a } else { b };
        }
        let value = if mask.holds { a.value } else { b.value };
        // Two constants still jump at the threshold, so the mask's dependence makes it nonlinear but adds no
        // derivative.
        a.join(b, value, false)
    }

    fn map(self, f: impl Fn(f64) -> (f64, f64)) -> Self {
        Self { value: f(self.value).0, depends: self.depends, linear: self.depends == 0 }
    }

    fn map_many<const K: usize, const M: usize>(
        v: &[Self; K],
        f: impl FnOnce([f64; K]) -> [(f64, [f64; K]); M],
    ) -> [Self; M] {
        let depends = v.iter().fold(0, |depends, v| depends | v.depends);
        f(v.map(|v| v.value)).map(|(value, _)| Self { value, depends, linear: depends == 0 })
    }

    fn relocate(self, _limited: impl FnMut(f64) -> f64) -> Self {
        Self { linear: false, ..self }
    }

    #[inline]
    fn linearised(self, _lane: usize) -> f64 {
        self.value
    }
}

impl Add for Tracer {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.join(other, self.value + other.value, self.linear && other.linear)
    }
}

impl Sub for Tracer {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.join(other, self.value - other.value, self.linear && other.linear)
    }
}

impl Mul for Tracer {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::constant(0.0);
        }
        let linear = self.linear && other.linear && (self.depends == 0 || other.depends == 0);
        self.join(other, self.value * other.value, linear)
    }
}

impl Div for Tracer {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if self.is_zero() {
            return Self::constant(0.0);
        }
        let linear = self.linear && other.depends == 0;
        self.join(other, self.value / other.value, linear)
    }
}

impl Neg for Tracer {
    type Output = Self;
    fn neg(self) -> Self {
        Self { value: -self.value, ..self }
    }
}

impl Add<f64> for Tracer {
    type Output = Self;
    fn add(self, other: f64) -> Self {
        self + Self::constant(other)
    }
}

impl Sub<f64> for Tracer {
    type Output = Self;
    fn sub(self, other: f64) -> Self {
        self - Self::constant(other)
    }
}

impl Mul<f64> for Tracer {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self * Self::constant(other)
    }
}

impl Div<f64> for Tracer {
    type Output = Self;
    fn div(self, other: f64) -> Self {
        self / Self::constant(other)
    }
}

impl AddAssign for Tracer {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Tracer {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl BitAnd for TracerMask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self { depends: self.depends | other.depends, holds: self.holds && other.holds }
    }
}

impl BitOr for TracerMask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self { depends: self.depends | other.depends, holds: self.holds || other.holds }
    }
}

impl Not for TracerMask {
    type Output = Self;
    fn not(self) -> Self {
        Self { depends: self.depends, holds: !self.holds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_both_sides_of_a_choice() {
        let [x, y, z] = [0, 1, 2].map(|i| Tracer::unknown(0.0, i));
        let chosen = Tracer::select(x.above(1.0), y, z);
        assert_eq!(chosen.depends(), 0b110);
        assert!(!chosen.is_linear());
    }

    #[test]
    fn knows_what_is_linear() {
        let [x, y] = [0, 1].map(|i| Tracer::unknown(0.0, i));
        assert!(((x - y) * 3.0 + 1.0).is_linear());
        assert!(!(x * y).is_linear());
        assert!(!x.exp().is_linear());
        assert_eq!((x * 0.0).depends(), 0);
    }
}
