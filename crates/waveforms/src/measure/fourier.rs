//! Harmonics of the last period of a waveform, as `.four` asks for them.
//!
//! The coefficient of harmonic k is `2/T ∫ y(t) exp(−jkωt) dt`. Each straight segment is integrated in closed form,
//! so that neither resampling nor a window distorts the result.

use std::f64::consts::TAU;

use num_complex::Complex64;

use super::Waveform;
use crate::WaveformError;

/// The spectrum of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Harmonics {
    /// Frequency of the fundamental in hertz.
    pub frequency: f64,
    /// The mean value.
    pub dc: f64,
    /// Peak amplitude and phase of each harmonic, the fundamental first: `y = dc + Σ |c| sin(kωt + arg c)`.
    pub coefficients: Vec<Complex64>,
}

impl Harmonics {
    /// Total harmonic distortion: the root of the summed squares of all overtones over the fundamental.
    pub fn distortion(&self) -> f64 {
        let Some((fundamental, overtones)) = self.coefficients.split_first() else {
            return 0.0;
        };
        let square: f64 = overtones.iter().map(Complex64::norm_sqr).sum();
        square.sqrt() / fundamental.norm()
    }
}

impl Waveform<'_> {
    /// The mean and the first `count` harmonics of `frequency` over the last period.
    ///
    /// Phases refer to a sine that starts at scale zero.
    ///
    /// # Errors
    /// [`WaveformError::ShortWaveform`] when the waveform is shorter than a period.
    pub fn harmonics(&self, frequency: f64, count: usize) -> Result<Harmonics, WaveformError> {
        let (first, last) = self.span();
        let period = 1.0 / frequency;
        let start = last - period;
        // Rounding of a scale that is exactly one period long must not lose it.
        let start = if (start - first).abs() <= 1e-9 * period { first } else { start };
        if !(period > 0.0 && start >= first) {
            return Err(WaveformError::ShortWaveform { frequency, span: last - first });
        }
        let part = self.window(start, last)?;
        let coefficients = (1..=count)
            .map(|k| {
                let omega = TAU * frequency * k as f64;
                let sum: Complex64 = part
                    .segments()
                    .map(|(x0, y0, x1, y1)| {
                        segment(omega, x1 - x0, y0, y1) * Complex64::cis(-omega * x0)
                    })
                    .sum();
                // cos(ωt) = sin(ωt + 90°).
                sum * 2.0 / period * Complex64::i()
            })
            .collect();
        Ok(Harmonics { frequency, dc: part.integral() / period, coefficients })
    }
}

/// `∫ (y0 + (y1 − y0) s/h) exp(−jωs) ds` from 0 to `h`.
fn segment(omega: f64, h: f64, y0: f64, y1: f64) -> Complex64 {
    let theta = omega * h;
    // The weights of the two ends are ∫₀¹ (1 − s) e^(−jθs) ds and ∫₀¹ s e^(−jθs) ds.
    let (near, far) = if theta.abs() < 1e-2 {
        // Below this angle the closed forms cancel; the next term of the series is below 1e-15.
        series(theta)
    } else {
        let e = Complex64::cis(-theta);
        let j_theta = Complex64::new(0.0, theta);
        let far = (e * (Complex64::new(1.0, 0.0) + j_theta) - 1.0) / (theta * theta);
        let whole = (Complex64::new(1.0, 0.0) - e) / j_theta;
        (whole - far, far)
    };
    (near * y0 + far * y1) * h
}

/// Power series of both weights up to θ⁵: Σ (−jθ)ⁿ / (n! (n + 1)(n + 2)) and Σ (−jθ)ⁿ / (n! (n + 2)).
fn series(theta: f64) -> (Complex64, Complex64) {
    let mut power = Complex64::new(1.0, 0.0);
    let (mut near, mut far) = (Complex64::default(), Complex64::default());
    for n in 0..6 {
        let n = f64::from(n);
        near += power / ((n + 1.0) * (n + 2.0));
        far += power / (n + 2.0);
        power *= Complex64::new(0.0, -theta) / (n + 1.0);
    }
    (near, far)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_wave_has_odd_harmonics() {
        // 1 for the first half of each period of 2, −1 for the second; jumps are equal places.
        let x = [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0];
        let y = [1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0];
        let h = Waveform::new(&x, &y).unwrap().harmonics(0.5, 9).unwrap();
        assert!(h.dc.abs() < 1e-15);
        for (index, c) in h.coefficients.iter().enumerate() {
            let k = (index + 1) as f64;
            let expected = if index % 2 == 0 { 4.0 / (k * std::f64::consts::PI) } else { 0.0 };
            assert!((c - expected).norm() < 1e-14, "{k}: {c}");
        }
        let overtones: f64 = [3.0, 5.0, 7.0, 9.0].iter().map(|k| 1.0 / (k * k)).sum();
        assert!((h.distortion() - overtones.sqrt()).abs() < 1e-13);
    }

    #[test]
    fn sampled_sine_keeps_amplitude_and_phase() {
        let n = 5000;
        let x: Vec<f64> = (0..=n).map(|k| f64::from(k) * 2.5e-6 / f64::from(n)).collect();
        let y: Vec<f64> = x.iter().map(|t| 0.2 + 3.0 * (TAU * 1e6 * t + 0.5).sin()).collect();
        let h = Waveform::new(&x, &y).unwrap().harmonics(1e6, 3).unwrap();
        // Straight lines between 2000 points a period lose (π/2000)²·2/3 of the amplitude.
        assert!((h.coefficients[0] - Complex64::from_polar(3.0, 0.5)).norm() < 1e-5);
        assert!(h.coefficients[1].norm() < 1e-5 && (h.dc - 0.2).abs() < 1e-9);
    }

    #[test]
    fn series_and_closed_form_agree_where_they_meet() {
        let near = segment(0.99999e-2, 1.0, 2.0, -1.0);
        let far = segment(1.00001e-2, 1.0, 2.0, -1.0);
        // The derivative over ω is at most ∫ s |y| ds < 1.
        assert!((near - far).norm() < 2.1e-7);
    }

    #[test]
    fn short_waveforms_are_refused() {
        let w = Waveform::new(&[0.0, 1.0], &[0.0, 1.0]).unwrap();
        assert!(matches!(w.harmonics(0.5, 1), Err(WaveformError::ShortWaveform { .. })));
        assert!(w.harmonics(1.0, 1).is_ok());
        assert!(w.harmonics(f64::NAN, 1).is_err());
    }
}
