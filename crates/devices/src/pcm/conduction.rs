//! The voltage that a current needs, part by part: amorphous dome, crystal, heater.
//!
//! ```text
//! σ   = σ_a·exp(−(E_a + ΔE(1 − s))/kT) + σ_l·logistic((T − Tm)/w_l)     traps, and the melt
//! κ   = q·Δz/2kT                                                         by the field
//! E   = asinh(κ·j/σ)/κ + j/σ_on,   j = I/(π·radius²)                     field in the dome
//! V_a = x·h·E,   V_s = I·(R_h + (1 − x)·R_c·exp((E_c/k)(1/T − 1/300 K)))
//! ```
//!
//! Written for the voltage at a current, since that way nothing divides by a thickness that may vanish, and the
//! characteristic is single-valued where it folds. `j = (σ/κ)·sinh(κE)` is the law of Poole and Frenkel with a fixed
//! distance between traps; the field `j/σ_on` bounds the conductivity.

use super::params::PcmParams;
use ovonic_device::constants::BOLTZMANN_EV;
use ovonic_numerics::scalar::{Scalar, safe_exp, sigmoid};
use std::f64::consts::PI;

/// Temperature at which resistances are given, K.
const REFERENCE: f64 = 300.0;

/// Prepared conduction.
#[derive(Clone, Debug)]
pub(super) struct Conduction {
    pub(super) area: f64,
    pub(super) thickness: f64,
    ln_conductivity: f64,
    /// Activation temperatures, K: as quenched, and what relaxation adds.
    activation: f64,
    relaxation: f64,
    crystalline_activation: f64,
    /// `Δz/2`, over `k/q`: κ·T.
    field: f64,
    on_conductivity: f64,
    melt_conductivity: f64,
    melting: f64,
    interval: f64,
    crystalline: f64,
    heater: f64,
}

/// What conduction depends on beside the current.
#[derive(Clone, Copy)]
pub(super) struct Matter<S> {
    /// Temperature, K.
    pub(super) temperature: S,
    /// Amorphous part of the thickness.
    pub(super) amorphous: S,
    /// Structural disorder.
    pub(super) disorder: S,
}

impl Conduction {
    pub(super) fn new(p: &PcmParams) -> Self {
        Self {
            area: PI * p.radius * p.radius,
            thickness: p.thickness,
            ln_conductivity: p.amorphous_conductivity.ln(),
            activation: p.amorphous_energy / BOLTZMANN_EV,
            relaxation: p.relaxation_energy / BOLTZMANN_EV,
            crystalline_activation: p.crystalline_energy / BOLTZMANN_EV,
            field: 0.5 * p.trap_distance / BOLTZMANN_EV,
            on_conductivity: p.on_conductivity,
            melt_conductivity: p.melt_conductivity,
            melting: p.melting_temperature,
            interval: p.melting_interval,
            crystalline: p.crystalline_resistance,
            heater: p.heater_resistance,
        }
    }

    /// Gives relaxation another energy (eV) and leaves the conductivity at `disorder` as it is.
    pub(super) fn relax_by(&mut self, energy: f64, disorder: f64) {
        let relaxation = energy / BOLTZMANN_EV;
        self.activation += (self.relaxation - relaxation) * (1.0 - disorder);
        self.relaxation = relaxation;
    }

    /// Conductivity of the dome in a small field, S/m.
    fn conductivity<S: Scalar>(&self, matter: &Matter<S>) -> S {
        let activation = (-matter.disorder + 1.0) * self.relaxation + self.activation;
        let trapped = safe_exp(-activation / matter.temperature + self.ln_conductivity);
        let molten = sigmoid((matter.temperature - self.melting) / self.interval);
        trapped + molten * self.melt_conductivity
    }

    /// Voltage across the amorphous dome, V, at a current, A.
    pub(super) fn amorphous_voltage<S: Scalar>(&self, current: S, matter: &Matter<S>) -> S {
        let density = current / self.area;
        let kappa = matter.temperature.recip() * self.field;
        let hopping = asinh(kappa * density / self.conductivity(matter)) / kappa;
        (hopping + density / self.on_conductivity) * matter.amorphous * self.thickness
    }

    /// Resistance of crystal and heater, Ohm.
    pub(super) fn series_resistance<S: Scalar>(&self, matter: &Matter<S>) -> S {
        let exponent = (matter.temperature.recip() - 1.0 / REFERENCE) * self.crystalline_activation;
        (-matter.amorphous + 1.0) * safe_exp(exponent) * self.crystalline + self.heater
    }

    /// Voltage over current of the dome, Ohm, with its limit at rest.
    pub(super) fn amorphous_resistance(&self, current: f64, matter: &Matter<f64>) -> f64 {
        let density = current / self.area;
        let (sigma, kappa) = (self.conductivity(matter), self.field / matter.temperature);
        let u = kappa * density / sigma;
        // asinh(u)/u, whose series begins 1 − u²/6.
        let ratio = if u.abs() < 1e-4 { 1.0 - u * u / 6.0 } else { u.asinh() / u };
        let per_area = ratio / sigma + 1.0 / self.on_conductivity;
        per_area * matter.amorphous * self.thickness / self.area
    }
}

fn asinh<S: Scalar>(x: S) -> S {
    x.map(|v| (v.asinh(), 1.0 / v.hypot(1.0)))
}
