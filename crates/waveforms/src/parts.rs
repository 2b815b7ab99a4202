//! Real views of complex vectors: magnitude, decibels, phase, real and imaginary part.
//!
//! They are the `vm`, `vdb`, `vp`, `vr` and `vi` of `.print ac`, and what plots show.

use crate::{Quantity, Vector};

impl Vector {
    /// The magnitude of each value.
    pub fn magnitude(&self) -> Vector {
        self.part("mag", self.quantity, |z| z.norm())
    }

    /// Twenty times the decimal logarithm of the magnitude.
    pub fn decibels(&self) -> Vector {
        self.part("db", Quantity::Decibel, |z| 20.0 * z.norm().log10())
    }

    /// The phase of each value in degrees, from −180 to 180.
    pub fn phase(&self) -> Vector {
        self.part("ph", Quantity::Phase, |z| z.arg().to_degrees())
    }

    /// The phase in degrees without jumps by whole turns between neighbours.
    pub fn continuous_phase(&self) -> Vector {
        let mut turns = 0.0;
        let mut previous = None;
        self.part("cph", Quantity::Phase, |z| {
            let phase = z.arg().to_degrees();
            if let Some(previous) = previous {
                let step: f64 = phase - previous;
                if step.is_finite() {
                    turns -= (step / 360.0).round();
                }
            }
            previous = Some(phase);
            phase + 360.0 * turns
        })
    }

    /// The real part of each value.
    pub fn real_part(&self) -> Vector {
        self.part("re", self.quantity, |z| z.re)
    }

    /// The imaginary part of each value.
    pub fn imaginary_part(&self) -> Vector {
        self.part("im", self.quantity, |z| z.im)
    }

    fn part(
        &self,
        function: &str,
        quantity: Quantity,
        mut of: impl FnMut(num_complex::Complex64) -> f64,
    ) -> Vector {
        let values = (0..self.len()).map(|k| of(self.samples.at(k))).collect();
        Vector::real(format!("{function}({})", self.name), quantity, values)
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;

    #[test]
    fn parts_of_a_rotating_value() {
        let values: Vec<Complex64> =
            (0..8).map(|k| Complex64::from_polar(10.0, -1.5 * f64::from(k))).collect();
        let v = Vector::complex("v(o)", Quantity::Voltage, values);
        let phase = v.continuous_phase();
        for (k, angle) in phase.as_real().unwrap().iter().enumerate() {
            assert!((angle.to_radians() + 1.5 * k as f64).abs() < 1e-12);
        }
        assert!((v.decibels().as_real().unwrap()[3] - 20.0).abs() < 1e-12);
        assert!((v.phase().as_real().unwrap()[3] - (360.0 - 4.5_f64.to_degrees())).abs() < 1e-9);
        assert_eq!(v.magnitude().name, "mag(v(o))");
        assert_eq!(v.imaginary_part().quantity, Quantity::Voltage);
    }
}
