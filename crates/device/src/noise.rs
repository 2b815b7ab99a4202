//! Noise sources of a device: currents between two local unknowns, with a white and a 1/f part.

use crate::constants::{BOLTZMANN, ELEMENTARY_CHARGE, thermal_voltage};
use ovonic_numerics::scalar::Dual;

/// One noise current, injected from one local unknown's row to another's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseSource {
    /// What makes it (`thermal`, `shot`, `flicker`, with the place: `rb thermal`).
    pub name: &'static str,
    /// Local unknown that the current leaves.
    pub from: usize,
    /// Local unknown that it enters; `None` for a source in one row alone (a branch's voltage noise).
    pub to: Option<usize>,
    /// White power spectral density, A²/Hz.
    pub white: f64,
    /// Power spectral density at 1 Hz of the part that falls with `1/f^exponent`, A²/Hz.
    pub flicker: f64,
    /// Exponent of the 1/f part.
    pub exponent: f64,
}

impl NoiseSource {
    /// The density at `frequency` (Hz), A²/Hz.
    pub fn density(&self, frequency: f64) -> f64 {
        if self.flicker == 0.0 {
            self.white
        } else {
            self.white + self.flicker / frequency.powf(self.exponent)
        }
    }
}

/// Collects the noise sources of one instance.
#[derive(Clone, Debug, Default)]
pub struct NoiseSources {
    /// What was collected.
    pub sources: Vec<NoiseSource>,
}

impl NoiseSources {
    /// Thermal noise `4kTG` of a conductance (S) at `temperature` (K).
    pub fn thermal(
        &mut self,
        name: &'static str,
        from: usize,
        to: usize,
        conductance: f64,
        temperature: f64,
    ) {
        self.white(name, from, to, 4.0 * BOLTZMANN * temperature * conductance);
    }

    /// Shot noise `2q|I|` of a current (A).
    pub fn shot(&mut self, name: &'static str, from: usize, to: usize, current: f64) {
        self.white(name, from, to, 2.0 * ELEMENTARY_CHARGE * current.abs());
    }

    /// Noise of a junction at `voltage` (V) with the characteristic `current` (A): `2q·i·coth(v/2VT)`.
    ///
    /// Some thermal voltages away from zero this is shot noise `2q|i|`; at zero it is the `4kT·di/dv` of equilibrium,
    /// where shot noise of the net current alone would be silent. Source: M. S. Gupta, "Thermal noise in nonlinear
    /// resistive devices and its circuit representation", Proc. IEEE 70 (1982) 788.
    pub fn junction(
        &mut self,
        name: &'static str,
        from: usize,
        to: usize,
        voltage: f64,
        temperature: f64,
        current: impl Fn(Dual<1>) -> Dual<1>,
    ) {
        // Within this part of a thermal voltage, the quotient of two vanishing quantities is taken as a slope.
        const EQUILIBRIUM: f64 = 1e-6;
        let vt = thermal_voltage(temperature);
        let at_bias = current(Dual::unknown(voltage, 0));
        let density = if voltage.abs() <= EQUILIBRIUM * vt {
            4.0 * BOLTZMANN * temperature * at_bias.gradient[0]
        } else {
            2.0 * ELEMENTARY_CHARGE * at_bias.value / (voltage / (2.0 * vt)).tanh()
        };
        self.white(name, from, to, density.abs());
    }

    /// White noise of density `density`, A²/Hz.
    pub fn white(&mut self, name: &'static str, from: usize, to: usize, density: f64) {
        self.sources.push(NoiseSource {
            name,
            from,
            to: Some(to),
            white: density,
            flicker: 0.0,
            exponent: 1.0,
        });
    }

    /// Flicker noise `kf·|I|^af / f^exponent`.
    #[allow(clippy::too_many_arguments)]
    pub fn flicker(
        &mut self,
        name: &'static str,
        from: usize,
        to: usize,
        coefficient: f64,
        current: f64,
        current_exponent: f64,
        exponent: f64,
    ) {
        if coefficient == 0.0 {
            return;
        }
        self.sources.push(NoiseSource {
            name,
            from,
            to: Some(to),
            white: 0.0,
            flicker: coefficient * current.abs().powf(current_exponent),
            exponent,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_numerics::scalar::Scalar;

    #[test]
    fn a_junction_is_thermal_at_rest_and_shot_under_bias() {
        let (temperature, saturation) = (300.0, 1e-12);
        let vt = thermal_voltage(temperature);
        let density = |voltage: f64| {
            let mut out = NoiseSources::default();
            out.junction("id", 0, 1, voltage, temperature, |v| (v / vt).exp_m1() * saturation);
            out.sources[0].white
        };
        for (voltage, expected) in [
            (0.0, 4.0 * BOLTZMANN * temperature * saturation / vt),
            (-1.0, 2.0 * ELEMENTARY_CHARGE * saturation),
            (0.5, 2.0 * ELEMENTARY_CHARGE * saturation * ((0.5 / vt).exp() + 1.0)),
            (vt, 2.0 * ELEMENTARY_CHARGE * saturation * (1f64.exp() + 1.0)),
        ] {
            let found = density(voltage);
            assert!((found / expected - 1.0).abs() < 1e-9, "{voltage}: {found}");
        }
    }
}
