//! Measures on waveforms: values, crossings, delays, edges, periods, integrals, harmonics.
//!
//! A waveform is the straight-line interpolation of its points, and every measure is exact for that curve: integrals
//! and harmonics are closed forms of the segments, so that results do not depend on how points are spaced.

mod crossing;
mod fourier;
mod statistics;

use std::borrow::Cow;

use crate::{Plot, WaveformError};

pub use crossing::{Condition, Crossing, Edge, Occurrence, Transition};
pub use fourier::Harmonics;
pub use statistics::Extremum;

/// A real signal over a monotonic scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform<'a> {
    x: Cow<'a, [f64]>,
    y: Cow<'a, [f64]>,
}

impl<'a> Waveform<'a> {
    /// The waveform through the points (`x[k]`, `y[k]`), two slices of equal length.
    ///
    /// The scale may rise or fall; equal neighbours are a jump.
    ///
    /// # Errors
    /// [`WaveformError::VectorLength`], [`WaveformError::NoPoints`], or [`WaveformError::NotMonotonic`] where the
    /// scale turns back or is not a number.
    pub fn new(x: &'a [f64], y: &'a [f64]) -> Result<Waveform<'a>, WaveformError> {
        if x.len() != y.len() {
            return Err(WaveformError::VectorLength {
                name: "y".to_owned(),
                expected: x.len(),
                found: y.len(),
            });
        }
        let (Some(first), Some(last)) = (x.first(), x.last()) else {
            return Err(WaveformError::NoPoints);
        };
        let rises = last >= first;
        let turn = x.windows(2).position(|w| !(if rises { w[0] <= w[1] } else { w[0] >= w[1] }));
        if let Some(index) = turn {
            return Err(WaveformError::NotMonotonic { index: index + 1 });
        }
        Ok(Waveform { x: Cow::Borrowed(x), y: Cow::Borrowed(y) })
    }

    /// The signal of that name in `plot` (see [`Plot::signal`]), over the scale of the plot; complex vectors give their real parts.
    ///
    /// # Errors
    /// As [`Waveform::new`] and [`Plot::signal`]; [`WaveformError::NoPoints`] for a plot without scale.
    pub fn of(plot: &Plot, name: &str) -> Result<Waveform<'static>, WaveformError> {
        let scale = plot.scale().ok_or(WaveformError::NoPoints)?.real_parts();
        Waveform::owned(scale, plot.signal(name)?.real_parts())
    }

    /// [`Waveform::new`] for points that nobody else needs.
    ///
    /// # Errors
    /// As [`Waveform::new`].
    pub fn owned(x: Vec<f64>, y: Vec<f64>) -> Result<Waveform<'static>, WaveformError> {
        Waveform::new(&x, &y)?;
        Ok(Waveform { x: Cow::Owned(x), y: Cow::Owned(y) })
    }

    /// The scale.
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// The values.
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// First and last value of the scale.
    pub fn span(&self) -> (f64, f64) {
        (self.x[0], self.x[self.x.len() - 1])
    }

    /// The interpolated value at `at`; at a jump the value behind it.
    ///
    /// # Errors
    /// [`WaveformError::OutsideScale`].
    pub fn value_at(&self, at: f64) -> Result<f64, WaveformError> {
        let right = self.index_behind(at)?;
        if right == 0 {
            return Ok(self.y[0]);
        }
        let (x0, y0) = (self.x[right - 1], self.y[right - 1]);
        if x0 == at || right == self.x.len() {
            return Ok(y0);
        }
        Ok(interpolate(x0, y0, self.x[right], self.y[right], at))
    }

    /// The slope of the curve at `at`, on the segment behind it; at the last point on the segment before.
    ///
    /// # Errors
    /// [`WaveformError::OutsideScale`], also for a single point.
    pub fn slope_at(&self, at: f64) -> Result<f64, WaveformError> {
        let mut right = self.index_behind(at)?.clamp(1, self.x.len());
        if right == self.x.len() {
            // The last segment that is not a jump.
            let end = self.x[right - 1];
            right = self.x.iter().position(|x| *x == end).unwrap_or(0);
        }
        if right == 0 {
            return Err(self.outside(at));
        }
        Ok((self.y[right] - self.y[right - 1]) / (self.x[right] - self.x[right - 1]))
    }

    /// The values at each place of `scale`.
    ///
    /// # Errors
    /// [`WaveformError::OutsideScale`].
    pub fn resample(&self, scale: &[f64]) -> Result<Vec<f64>, WaveformError> {
        scale.iter().map(|at| self.value_at(*at)).collect()
    }

    /// The part between two places of the scale, with interpolated ends.
    ///
    /// # Errors
    /// [`WaveformError::OutsideScale`].
    pub fn window(&self, from: f64, to: f64) -> Result<Waveform<'static>, WaveformError> {
        let (first, last) = self.span();
        let (start, end) = if (from <= to) == (first <= last) { (from, to) } else { (to, from) };
        let begin = self.index_behind(start)?;
        let mut x = vec![start];
        let mut y = vec![self.value_at(start)?];
        self.value_at(end)?;
        let mut index = begin;
        while index < self.x.len() && self.is_before(self.x[index], end) {
            x.push(self.x[index]);
            y.push(self.y[index]);
            index += 1;
        }
        if end != start {
            x.push(end);
            // The value in front of a jump at the end: what is behind it is not in the window.
            y.push(match self.x.get(index) {
                Some(behind) if *behind == end => self.y[index],
                _ => self.value_at(end)?,
            });
        }
        Ok(Waveform { x: Cow::Owned(x), y: Cow::Owned(y) })
    }

    /// The difference of this waveform and `other`, on the points of both where they overlap.
    ///
    /// # Errors
    /// [`WaveformError::OutsideScale`] when they do not overlap.
    pub fn minus(&self, other: &Waveform<'_>) -> Result<Waveform<'static>, WaveformError> {
        let mut scale: Vec<f64> = self.x.iter().chain(other.x.iter()).copied().collect();
        scale.retain(|at| self.index_behind(*at).is_ok() && other.index_behind(*at).is_ok());
        scale.sort_by(f64::total_cmp);
        scale.dedup();
        if scale.is_empty() {
            return Err(self.outside(other.x[0]));
        }
        if self.span().0 > self.span().1 {
            scale.reverse();
        }
        let mine = self.resample(&scale)?;
        let theirs = other.resample(&scale)?;
        Ok(Waveform {
            x: Cow::Owned(scale),
            y: Cow::Owned(mine.iter().zip(&theirs).map(|(a, b)| a - b).collect()),
        })
    }

    /// Whether `a` comes before `b` along the scale.
    fn is_before(&self, a: f64, b: f64) -> bool {
        let (first, last) = self.span();
        if first <= last { a < b } else { a > b }
    }

    /// Index of the first point that lies behind `at` along the scale; the number of points if none does.
    fn index_behind(&self, at: f64) -> Result<usize, WaveformError> {
        let (first, last) = self.span();
        let inside = at >= first.min(last) && at <= first.max(last);
        if !inside {
            return Err(self.outside(at));
        }
        Ok(self.x.partition_point(|x| !self.is_before(at, *x)))
    }

    fn outside(&self, at: f64) -> WaveformError {
        let (first, last) = self.span();
        WaveformError::OutsideScale { at, first, last }
    }

    /// Neighbouring points: x0, y0, x1, y1.
    fn segments(&self) -> impl Iterator<Item = (f64, f64, f64, f64)> + '_ {
        self.x.windows(2).zip(self.y.windows(2)).map(|(x, y)| (x[0], y[0], x[1], y[1]))
    }
}

/// The straight line through two points, exact at both.
fn interpolate(x0: f64, y0: f64, x1: f64, y1: f64, at: f64) -> f64 {
    let part = (at - x0) / (x1 - x0);
    y0 * (1.0 - part) + y1 * part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_between_points_and_at_jumps() {
        let (x, y) = ([0.0, 1.0, 1.0, 3.0], [0.0, 2.0, 5.0, 9.0]);
        let w = Waveform::new(&x, &y).unwrap();
        for (at, value) in [(0.0, 0.0), (0.25, 0.5), (1.0, 5.0), (2.0, 7.0), (3.0, 9.0)] {
            assert_eq!(w.value_at(at).unwrap(), value, "{at}");
        }
        assert_eq!(w.slope_at(0.0).unwrap(), 2.0);
        assert_eq!(w.slope_at(1.0).unwrap(), 2.0);
        assert_eq!(w.slope_at(3.0).unwrap(), 2.0);
        assert!(matches!(w.value_at(3.1), Err(WaveformError::OutsideScale { .. })));
        assert!(w.value_at(f64::NAN).is_err());
    }

    #[test]
    fn falling_scales_work_alike() {
        let (x, y) = ([3.0, 1.0, 0.0], [9.0, 5.0, 0.0]);
        let w = Waveform::new(&x, &y).unwrap();
        assert_eq!(w.value_at(2.0).unwrap(), 7.0);
        let part = w.window(0.5, 2.0).unwrap();
        assert_eq!((part.x(), part.y()), (&[2.0, 1.0, 0.5][..], &[7.0, 5.0, 2.5][..]));
    }

    #[test]
    fn windows_have_interpolated_ends() {
        let (x, y) = ([0.0, 1.0, 1.0, 3.0], [0.0, 2.0, 5.0, 9.0]);
        let w = Waveform::new(&x, &y).unwrap();
        let part = w.window(0.5, 2.0).unwrap();
        assert_eq!(part.x(), [0.5, 1.0, 1.0, 2.0]);
        assert_eq!(part.y(), [1.0, 2.0, 5.0, 7.0]);
        let left = w.window(0.0, 1.0).unwrap();
        assert_eq!((left.x(), left.y()), (&[0.0, 1.0][..], &[0.0, 2.0][..]));
        assert!(w.window(-1.0, 2.0).is_err());
    }

    #[test]
    fn scales_must_be_monotonic() {
        assert!(matches!(
            Waveform::new(&[0.0, 2.0, 1.0, 3.0], &[0.0; 4]),
            Err(WaveformError::NotMonotonic { index: 2 })
        ));
        assert!(Waveform::new(&[0.0, f64::NAN], &[0.0; 2]).is_err());
        assert!(matches!(Waveform::new(&[], &[]), Err(WaveformError::NoPoints)));
    }
}
