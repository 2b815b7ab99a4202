//! Extremes, averages and integrals over the whole waveform; take a [`Waveform::window`] for a part.

use super::Waveform;

/// An extreme value and its first place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremum {
    /// The value.
    pub value: f64,
    /// Where on the scale.
    pub at: f64,
}

impl Waveform<'_> {
    /// The least value; NaN is passed over.
    pub fn minimum(&self) -> Extremum {
        self.extremum(|candidate, best| candidate < best)
    }

    /// The greatest value; NaN is passed over.
    pub fn maximum(&self) -> Extremum {
        self.extremum(|candidate, best| candidate > best)
    }

    /// The greatest less the least value.
    pub fn peak_to_peak(&self) -> f64 {
        self.maximum().value - self.minimum().value
    }

    /// The integral over the scale, from its first to its last value.
    pub fn integral(&self) -> f64 {
        self.segments().map(|(x0, y0, x1, y1)| 0.5 * (x1 - x0) * (y0 + y1)).sum()
    }

    /// The integral from the first value of the scale up to each point.
    pub fn running_integral(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let mut integral = vec![0.0];
        for (x0, y0, x1, y1) in self.segments() {
            sum += 0.5 * (x1 - x0) * (y0 + y1);
            integral.push(sum);
        }
        integral
    }

    /// The mean over the scale; the value itself for a single point.
    pub fn average(&self) -> f64 {
        let (first, last) = self.span();
        if first == last {
            return self.y[0];
        }
        self.integral() / (last - first)
    }

    /// The root of the mean square over the scale.
    pub fn rms(&self) -> f64 {
        let (first, last) = self.span();
        if first == last {
            return self.y[0].abs();
        }
        // A straight line from a to b has the mean square (a² + ab + b²) / 3.
        let square: f64 =
            self.segments().map(|(x0, a, x1, b)| (x1 - x0) * (a * a + a * b + b * b) / 3.0).sum();
        (square / (last - first)).max(0.0).sqrt()
    }

    fn extremum(&self, better: impl Fn(f64, f64) -> bool) -> Extremum {
        let mut best = 0;
        for index in 1..self.y.len() {
            if better(self.y[index], self.y[best]) || self.y[best].is_nan() {
                best = index;
            }
        }
        Extremum { value: self.y[best], at: self.x[best] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms_of_a_triangle() {
        // y rises from 0 to 2 and falls to −1 over unevenly spaced points of straight lines.
        let x = [0.0, 0.3, 1.0, 1.5, 4.0];
        let y = [0.0, 0.6, 2.0, 1.5, -1.0];
        let w = Waveform::new(&x, &y).unwrap();
        // Areas: 1·2/2, then the trapezoid 3·(2 − 1)/2.
        assert!((w.integral() - 2.5).abs() < 1e-15);
        assert!((w.average() - 0.625).abs() < 1e-15);
        // Mean squares: 4/3 over 1, (4 − 2 + 1)/3 over 3.
        assert!((w.rms() - ((4.0 / 3.0 + 3.0) / 4.0_f64).sqrt()).abs() < 1e-15);
        assert_eq!(w.maximum(), Extremum { value: 2.0, at: 1.0 });
        assert_eq!(w.minimum(), Extremum { value: -1.0, at: 4.0 });
        assert_eq!(w.peak_to_peak(), 3.0);
        let running = w.running_integral();
        assert!((running[2] - 1.0).abs() < 1e-15 && (running[4] - 2.5).abs() < 1e-15);
    }

    #[test]
    fn sines_approach_their_closed_forms_quadratically() {
        let error = |n: u32| {
            let x: Vec<f64> = (0..=n).map(|k| f64::from(k) / f64::from(n)).collect();
            let y: Vec<f64> = x.iter().map(|t| (std::f64::consts::TAU * t).sin()).collect();
            let w = Waveform::new(&x, &y).unwrap();
            (w.rms() - 0.5_f64.sqrt()).abs()
        };
        let ratio = error(100) / error(200);
        assert!((ratio - 4.0).abs() < 0.1, "{ratio}");
    }

    #[test]
    fn single_points_and_gaps() {
        let w = Waveform::new(&[1.0], &[-3.0]).unwrap();
        assert_eq!((w.average(), w.rms(), w.integral()), (-3.0, 3.0, 0.0));
        let w = Waveform::new(&[0.0, 1.0, 2.0], &[f64::NAN, 1.0, f64::NAN]).unwrap();
        assert_eq!((w.minimum().value, w.maximum().at), (1.0, 1.0));
    }
}
