//! A computed curve with derivatives, read at the instants of a measurement.
//!
//! Between two accepted points the curve is the cubic through them and their neighbours, or the straight line where a
//! corner or an event is near: a polynomial must not look across it. Either is linear in the computed values, so
//! derivatives are read the same way; an event's own instant moves too.

use super::stimulus::Stimulus;
use ovonic_calibrate::Path;

/// Points of a computed curve.
#[derive(Default)]
pub(crate) struct Computed {
    pub(crate) time: Vec<f64>,
    pub(crate) value: Vec<f64>,
    /// Derivative of each value by each parameter, point after point.
    pub(crate) slopes: Vec<Vec<f64>>,
    /// Derivative of each point's own time; empty but at events.
    pub(crate) instants: Vec<Vec<f64>>,
    /// Whether the curve may bend at a point.
    pub(crate) corner: Vec<bool>,
}

impl Computed {
    /// Value and derivatives at `time`; `n` parameters.
    pub(crate) fn at(&self, time: f64, n: usize) -> (f64, Vec<f64>) {
        let last = self.time.len() - 1;
        let after = self.time.partition_point(|t| *t < time).clamp(1.min(last), last);
        if last == 0 || time >= self.time[last] {
            return self.combine(&[(last, 1.0)], n);
        }
        let (a, b) = (after - 1, after);
        let u = ((time - self.time[a]) / (self.time[b] - self.time[a])).clamp(0.0, 1.0);
        let smooth = a > 0 && b < last && !self.corner[a] && !self.corner[b];
        if smooth {
            return self.combine(&self.cubic(a - 1, time), n);
        }
        let (value, mut slopes) = self.combine(&[(a, 1.0 - u), (b, u)], n);
        let rise = (self.value[b] - self.value[a]) / (self.time[b] - self.time[a]);
        for (k, slope) in slopes.iter_mut().enumerate() {
            let moved = |point: usize| self.instants[point].get(k).copied().unwrap_or(0.0);
            *slope -= rise * ((1.0 - u) * moved(a) + u * moved(b));
        }
        (value, slopes)
    }

    /// The curve as a path over the abscissa `x` of a trace whose points were taken at the stimulus's times; `n` parameters.
    pub(crate) fn path(&self, stimulus: &Stimulus, x: &[f64], n: usize) -> Path {
        let times = &stimulus.times;
        let abscissa = |time: f64| {
            let after = times.partition_point(|t| *t < time).clamp(1, times.len() - 1);
            let (t0, t1) = (times[after - 1], times[after]);
            let share = ((time - t0) / (t1 - t0)).clamp(0.0, 1.0);
            x[after - 1] + share * (x[after] - x[after - 1])
        };
        let last = self.time.len() - 1;
        let place = |time: &f64| self.time.partition_point(|t| *t < *time).min(last);
        let slope = |k: usize| {
            let of_point = |slopes: &Vec<f64>| slopes.get(k).copied().unwrap_or(0.0);
            self.slopes.iter().map(of_point).collect()
        };
        Path {
            x: self.time.iter().map(|time| abscissa(*time)).collect(),
            time: self.time.clone(),
            values: self.value.clone(),
            gradients: (0..n).map(slope).collect(),
            places: times.iter().map(place).collect(),
        }
    }

    /// Lagrange's weights of four points from `first` on.
    fn cubic(&self, first: usize, time: f64) -> [(usize, f64); 4] {
        let t = &self.time[first..first + 4];
        std::array::from_fn(|i| {
            let others = (0..4).filter(|j| *j != i);
            let weight = others.map(|j| (time - t[j]) / (t[i] - t[j])).product();
            (first + i, weight)
        })
    }

    fn combine(&self, weights: &[(usize, f64)], n: usize) -> (f64, Vec<f64>) {
        let value = weights.iter().map(|(point, weight)| weight * self.value[*point]).sum();
        let slope = |k: usize| {
            let parts = weights.iter().map(|(point, weight)| {
                self.slopes[*point].get(k).map_or(0.0, |slope| weight * slope)
            });
            parts.sum()
        };
        (value, (0..n).map(slope).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cubics_come_back_exactly_and_corners_are_not_looked_across() {
        let mut curve = Computed::default();
        for k in 0..6 {
            let t = 0.1 * f64::from(k * k);
            curve.time.push(t);
            curve.value.push(1.0 + t * t * t);
            curve.slopes.push(vec![t * t]);
            curve.instants.push(Vec::new());
            curve.corner.push(false);
        }
        let (value, slope) = curve.at(0.7, 1);
        assert!((value - 1.343).abs() < 1e-12 && (slope[0] - 0.49).abs() < 1e-12);
        curve.corner[3] = true;
        let (value, _) = curve.at(0.7, 1);
        let linear = 1.0 + 0.064 + (0.7 - 0.4) / 0.5 * (0.729 - 0.064);
        assert!((value - linear).abs() < 1e-12, "{value}");
        assert_eq!(curve.at(9.0, 1).0, curve.value[5]);
    }
}
