//! The number types that a device model is evaluated with.
//!
//! A model's equations are written once, over [`Scalar`], and called with
//!
//! - `f64`: values alone,
//! - [`Dual`]: values and the gradient with respect to the local unknowns, plus one lane for limiting,
//! - [`Tracer`]: which unknowns a quantity depends on, and whether linearly.
//!
//! There is no `if` on a scalar: [`Scalar::select`] chooses between two values that are both computed,
//! which gives the tracer both sides and leaves room for SIMD lanes.

mod dual;
mod real;
mod smooth;
mod tracer;

pub use dual::Dual;
pub use smooth::{
    limited_exp, safe_exp, sigmoid, smooth_abs, smooth_clip, soft_minimum, soft_plus,
};
pub use tracer::Tracer;

use std::ops::{Add, AddAssign, BitAnd, BitOr, Div, Mul, Neg, Not, Sub, SubAssign};

/// A number that equations can be written over.
///
/// Constants enter with [`Scalar::constant`] or on the right of an operator (`x * 2.0`).
pub trait Scalar:
    Copy
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
    + AddAssign
    + SubAssign
{
    /// The outcome of a comparison, one truth value a lane.
    type Mask: Copy
        + BitAnd<Output = Self::Mask>
        + BitOr<Output = Self::Mask>
        + Not<Output = Self::Mask>;

    /// The number type over `K` intermediate quantities instead of all unknowns; see [`Scalar::narrow`].
    type Narrow<const K: usize>: Scalar;

    /// The intermediate quantities `v` as unknowns of their own. A model that depends on its many unknowns
    /// through a few voltages computes with the narrow numbers, whose gradients are short, and hands what comes
    /// out back through [`Scalar::widen`] by the chain rule.
    fn narrow<const K: usize>(v: [Self; K]) -> [Self::Narrow<K>; K];

    /// A result of [`Scalar::narrow`]ed quantities as a number over all unknowns; `v` as they were narrowed.
    fn widen<const K: usize>(y: Self::Narrow<K>, v: &[Self; K]) -> Self;

    /// A number that depends on no unknown.
    fn constant(value: f64) -> Self;

    /// `self < other`, lane by lane.
    fn lt(self, other: Self) -> Self::Mask;

    /// A mask that is the same in each lane.
    fn mask(condition: bool) -> Self::Mask;

    /// `a` where the mask holds, `b` elsewhere. Both are evaluated, so both must be finite.
    fn select(mask: Self::Mask, a: Self, b: Self) -> Self;

    /// A function given by its value and slope at the scalar's value.
    ///
    /// `f` returns `(value, derivative)`. It is the door by which a model brings in a function that this
    /// trait does not offer.
    fn map(self, f: impl Fn(f64) -> (f64, f64)) -> Self;

    /// [`Scalar::map`] of several scalars to several: `f` takes their values and returns, for each result, its value and
    /// its slopes with respect to them. The door for a hot model whose own derivatives are worth writing by hand.
    fn map_many<const K: usize, const M: usize>(
        v: &[Self; K],
        f: impl FnOnce([f64; K]) -> [(f64, [f64; K]); M],
    ) -> [Self; M];

    /// Moves the value to what `limited` returns for it and keeps the distance moved, so that an assembled
    /// equation is the linearisation at the moved value, evaluated at the true one. The identity for plain
    /// numbers, for which limiting is off.
    fn relocate(self, limited: impl FnMut(f64) -> f64) -> Self;

    /// The number in lane `lane` with its limiting shift: the linearisation at the true point.
    fn linearised(self, lane: usize) -> f64;

    /// `self < value`.
    #[inline]
    fn below(self, value: f64) -> Self::Mask {
        self.lt(Self::constant(value))
    }

    /// `self > value`.
    #[inline]
    fn above(self, value: f64) -> Self::Mask {
        Self::constant(value).lt(self)
    }

    /// The larger of two scalars (kinked where they meet).
    #[inline]
    fn max(self, other: Self) -> Self {
        Self::select(self.lt(other), other, self)
    }

    /// The smaller of two scalars (kinked where they meet).
    #[inline]
    fn min(self, other: Self) -> Self {
        Self::select(other.lt(self), other, self)
    }

    /// The magnitude (kinked at zero; see [`smooth_abs`]).
    #[inline]
    fn abs(self) -> Self {
        Self::select(self.below(0.0), -self, self)
    }

    /// `1 / self`.
    #[inline]
    fn recip(self) -> Self {
        Self::constant(1.0) / self
    }

    /// `self * self`.
    #[inline]
    fn square(self) -> Self {
        self * self
    }

    /// `e^self`.
    #[inline]
    fn exp(self) -> Self {
        self.map(|v| {
            let e = v.exp();
            (e, e)
        })
    }

    /// `e^self − 1`, accurate near zero.
    #[inline]
    fn exp_m1(self) -> Self {
        self.map(|v| (v.exp_m1(), v.exp()))
    }

    /// Natural logarithm.
    #[inline]
    fn ln(self) -> Self {
        self.map(|v| (v.ln(), 1.0 / v))
    }

    /// `ln(1 + self)`, accurate near zero.
    #[inline]
    fn ln_1p(self) -> Self {
        self.map(|v| (v.ln_1p(), 1.0 / (1.0 + v)))
    }

    /// Square root.
    #[inline]
    fn sqrt(self) -> Self {
        self.map(|v| {
            let r = v.sqrt();
            (r, 0.5 / r)
        })
    }

    /// A power with a constant exponent.
    #[inline]
    fn powf(self, exponent: f64) -> Self {
        self.map(|v| {
            let power = v.powf(exponent);
            // The slope from the value, since a second power costs as much as everything around it.
            let slope =
                if v == 0.0 { exponent * v.powf(exponent - 1.0) } else { exponent * power / v };
            (power, slope)
        })
    }

    /// An integer power with a constant exponent.
    #[inline]
    fn powi(self, exponent: i32) -> Self {
        self.map(|v| (v.powi(exponent), f64::from(exponent) * v.powi(exponent - 1)))
    }

    /// Sine of an angle in radians.
    #[inline]
    fn sin(self) -> Self {
        self.map(|v| (v.sin(), v.cos()))
    }

    /// Cosine of an angle in radians.
    #[inline]
    fn cos(self) -> Self {
        self.map(|v| (v.cos(), -v.sin()))
    }

    /// Hyperbolic tangent.
    #[inline]
    fn tanh(self) -> Self {
        self.map(|v| {
            let t = v.tanh();
            (t, 1.0 - t * t)
        })
    }

    /// Hyperbolic sine.
    #[inline]
    fn sinh(self) -> Self {
        self.map(|v| (v.sinh(), v.cosh()))
    }

    /// Hyperbolic cosine.
    #[inline]
    fn cosh(self) -> Self {
        self.map(|v| (v.cosh(), v.sinh()))
    }

    /// Inverse tangent, in radians.
    #[inline]
    fn atan(self) -> Self {
        self.map(|v| (v.atan(), 1.0 / (1.0 + v * v)))
    }
}
