//! `f64` as a scalar: values alone, limiting off.

use super::Scalar;

impl Scalar for f64 {
    type Mask = bool;
    type Narrow<const K: usize> = f64;

    #[inline]
    fn narrow<const K: usize>(v: [Self; K]) -> [Self; K] {
        v
    }

    #[inline]
    fn widen<const K: usize>(y: Self, _v: &[Self; K]) -> Self {
        y
    }

    #[inline]
    fn constant(value: f64) -> Self {
        value
    }

    #[inline]
    fn lt(self, other: Self) -> bool {
        self < other
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
        f(self).0
    }

    #[inline(always)]
    fn map_many<const K: usize, const M: usize>(
        v: &[f64; K],
        f: impl FnOnce([f64; K]) -> [(f64, [f64; K]); M],
    ) -> [f64; M] {
        let results = f(*v);
        let mut values = [0.0; M];
        let mut i = 0;
        while i < M {
            values[i] = results[i].0;
            i += 1;
        }
        values
    }

    #[inline]
    fn relocate(self, _limited: impl FnMut(f64) -> f64) -> Self {
        self
    }

    #[inline]
    fn linearised(self, _lane: usize) -> f64 {
        self
    }
}
