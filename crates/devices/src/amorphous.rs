//! Conduction of an amorphous chalcogenide, which threshold switches and the amorphous dome of phase-change cells
//! share.
//!
//! ```text
//! σ(T, E)   = softmin(σ_sub(T, E), σ_max)      softmin(a, b) = (a^−4 + b^−4)^(−1/4)
//! σ_T(T)    = σ_0·exp(−(E_a/k)(1/T − 1/300 K))
//! assisted:  σ_sub = σ_T(T) + r·σ_0·exp(λ·sqrt(E² + E_0²))
//! hopping:   σ_sub = σ_T(T)·sinh(u)/u,   u = q·Δz·E/(2kT)
//! ```
//!
//! Both are even and smooth in the field and finite at every argument: exponentials are continued by their tangents
//! beyond 80, and `1/T` by its tangent below 100 K, where only an iterate goes.
//!
//! References: J. Scoggin et al., "Field dependent conductivity and threshold switching in amorphous chalcogenides",
//! arXiv:1906.09316 (2019), eqs 1 and 3–5, for the assisted law (the paper takes the plain minimum, and tables for
//! σ_T, of which ours is a fit); D. Ielmini and Y. Zhang, J. Appl. Phys. 102, 054517 (2007), for hopping between
//! traps.

use ovonic_device::constants::BOLTZMANN_EV;
use ovonic_numerics::scalar::{Scalar, safe_exp, soft_minimum};

/// Temperature at which the thermal conductivity is given, K.
pub const REFERENCE_TEMPERATURE: f64 = 300.0;
/// Sharpness of the smooth minimum.
const SHARPNESS: f64 = 4.0;
/// Temperature below which `1/T` continues as a straight line, K.
const COLD: f64 = 100.0;

/// How the field helps carriers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldLaw {
    /// A conductivity of its own that grows exponentially with the field.
    Assisted {
        /// That conductivity without a field, S/m.
        conductivity: f64,
        /// Inverse of the field over which it grows by e, m/V.
        slope: f64,
        /// Field over which `|E|` is rounded, V/m.
        rounding: f64,
    },
    /// Poole–Frenkel hopping: the field lowers barriers downhill and raises them uphill.
    Hopping {
        /// Distance between traps, m.
        distance: f64,
    },
}

/// The conductivity of an amorphous chalcogenide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmorphousConduction {
    /// Thermally activated conductivity at 300 K, S/m.
    pub conductivity: f64,
    /// Its activation energy, eV.
    pub activation_energy: f64,
    /// How the field helps.
    pub field: FieldLaw,
    /// Conductivity that is never exceeded, S/m.
    pub saturation: f64,
}

impl AmorphousConduction {
    /// Thermally activated conductivity, S/m, at `temperature`, K.
    pub fn thermal<S: Scalar>(&self, temperature: S) -> S {
        let scale = self.activation_energy / BOLTZMANN_EV;
        let exponent = inverse_temperature(temperature) - 1.0 / REFERENCE_TEMPERATURE;
        safe_exp(exponent * -scale) * self.conductivity
    }

    /// Conductivity, S/m, at `temperature`, K, in a field, V/m.
    pub fn conductivity<S: Scalar>(&self, temperature: S, field: S) -> S {
        let thermal = self.thermal(temperature);
        let below = match self.field {
            FieldLaw::Assisted { conductivity, slope, rounding } => {
                let magnitude = (field.square() + rounding * rounding).sqrt();
                thermal + safe_exp(magnitude * slope) * conductivity
            }
            FieldLaw::Hopping { distance } => {
                let half =
                    field * inverse_temperature(temperature) * (0.5 * distance / BOLTZMANN_EV);
                thermal * sinh_ratio(half)
            }
        };
        soft_minimum(below, S::constant(self.saturation), SHARPNESS)
    }
}

/// `1/T`, K⁻¹; below 100 K its tangent, so that it stays finite and falls with `T` everywhere.
pub fn inverse_temperature<S: Scalar>(temperature: S) -> S {
    temperature.map(|t| {
        if t > COLD {
            (1.0 / t, -1.0 / (t * t))
        } else {
            ((2.0 * COLD - t) / (COLD * COLD), -1.0 / (COLD * COLD))
        }
    })
}

/// `sinh(u)/u`, even and at least one; its tangent beyond 80.
fn sinh_ratio<S: Scalar>(u: S) -> S {
    const LIMIT: f64 = 80.0;
    let inside = |v: f64| {
        if v < 0.1 {
            // The series to v⁶, whose next term is below 1e-14 here.
            let s = v * v;
            let value = 1.0 + s / 6.0 * (1.0 + s / 20.0 * (1.0 + s / 42.0));
            (value, v / 3.0 * (1.0 + s / 10.0 * (1.0 + s / 28.0 * (1.0 + s / 54.0))))
        } else {
            let value = v.sinh() / v;
            (value, (v.cosh() - value) / v)
        }
    };
    u.map(|v| {
        let magnitude = v.abs();
        let (value, slope) = inside(magnitude.min(LIMIT));
        (value + slope * (magnitude - LIMIT).max(0.0), if v < 0.0 { -slope } else { slope })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_numerics::scalar::Dual;

    fn hopping() -> AmorphousConduction {
        AmorphousConduction {
            conductivity: 3.3,
            activation_energy: 0.447,
            field: FieldLaw::Hopping { distance: 7e-9 },
            saturation: 4.1e5,
        }
    }

    #[test]
    fn hopping_is_ohmic_at_rest_and_exponential_in_the_field() {
        let law = hopping();
        let at = |field: f64| law.conductivity(300.0, field);
        assert!((at(0.0) / 3.3 - 1.0).abs() < 1e-12);
        // d ln(σE)/dE = qΔz/2kT where sinh is an exponential.
        let slope = ((at(6e7) * 6e7) / (at(5e7) * 5e7)).ln() / 1e7;
        assert!((slope / (7e-9 / (2.0 * BOLTZMANN_EV * 300.0)) - 1.0).abs() < 1e-4, "{slope:e}");
    }

    #[test]
    fn the_ratio_of_sinh_joins_its_series_and_its_tangent() {
        for v in [0.1f64, 80.0] {
            let slopes = [-1.0, 1.0].map(|side| {
                let u = Dual::<1>::unknown(v * (1.0 + side * 1e-9), 0);
                let ratio = sinh_ratio(u);
                (ratio.value, ratio.gradient[0])
            });
            assert!((slopes[0].0 / slopes[1].0 - 1.0).abs() < 1e-6);
            assert!((slopes[0].1 / slopes[1].1 - 1.0).abs() < 1e-6);
        }
        let at = |v: f64| sinh_ratio(Dual::<1>::unknown(v, 0));
        assert!((at(-0.05).gradient[0] + at(0.05).gradient[0]).abs() < 1e-15);
        assert!((at(0.05).value - 0.05f64.sinh() / 0.05).abs() < 1e-15);
        assert!(at(1e6).value.is_finite());
    }

    #[test]
    fn conductivity_saturates_and_survives_any_argument() {
        let assisted = AmorphousConduction {
            field: FieldLaw::Assisted { conductivity: 0.033, slope: 2.42e-7, rounding: 1e5 },
            ..hopping()
        };
        for law in [hopping(), assisted] {
            for temperature in [-1e6, 0.0, 50.0, 300.0, 1e9] {
                for field in [-1e12, 0.0, 1e9] {
                    let sigma = law.conductivity(temperature, field);
                    assert!((0.0..=4.1e5).contains(&sigma), "{temperature} {field} {sigma}");
                }
            }
        }
    }
}
