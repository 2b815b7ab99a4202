//! Physics that all junction devices share: temperature scaling, exponentials that cannot overflow, depletion
//! charge.
//!
//! Sources: P. Antognetti and G. Massobrio, "Semiconductor Device Modeling with SPICE" (1988), chapters 1 and
//! 2; T. Quarles, "The SPICE3 Implementation Guide", ERL-M89/44 (1989). With `r = T/Tnom` and
//! `Eg(T) = 1.16 − 7.02e-4 T²/(T + 1108)` (silicon, eV):
//!
//! ```text
//! is(T)  = is · exp[((r − 1)·eg/vt + xti·ln r) / n]
//! vj(T)  = T/T0 · vj0 + p(T),   p(T) = −2 vt [1.5 ln(T/T0) + (Eg(T0)/T0 − Eg(T)/T)/2k],   T0 = 300.15 K
//! cj(T)  = cj · [1 + m(4e-4 (T − T0) − γ(T))] / [1 + m(4e-4 (Tnom − T0) − γ(Tnom))],   γ = (vj − vj0)/vj0
//! ```

use ovonic_device::constants::{NOMINAL_TEMPERATURE, thermal_voltage};
use ovonic_numerics::scalar::Scalar;
use std::f64::consts::E;

/// Band gap that the reference temperature's built-in potential was computed with, eV.
const REFERENCE_GAP: f64 = 1.115_087_7;
/// Drift of a permittivity-limited capacitance, 1/K (Antognetti and Massobrio, eq. 1-84).
const CAPACITANCE_DRIFT: f64 = 4e-4;
/// Argument beyond which exponentials are continued by their tangents.
const EXPONENT_LIMIT: f64 = 80.0;
/// Below minus this an exponential is lost beside one.
const VANISHING: f64 = 40.0;

/// Band gap of silicon at `temperature` (K), eV.
pub(crate) fn silicon_gap(temperature: f64) -> f64 {
    1.16 - 7.02e-4 * temperature * temperature / (temperature + 1108.0)
}

/// How junction parameters change between their nominal temperature and the device's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaling {
    /// Nominal temperature, K.
    pub(crate) nominal: f64,
    /// Temperature of the device, K.
    pub(crate) temperature: f64,
    /// Thermal voltage at the device's temperature, V.
    pub(crate) vt: f64,
}

impl Scaling {
    /// From the temperature at which parameters hold to the device's, both in K.
    pub(crate) fn new(nominal: f64, temperature: f64) -> Self {
        Self { nominal, temperature, vt: thermal_voltage(temperature) }
    }

    /// `T − Tnom`, K.
    pub(crate) fn rise(&self) -> f64 {
        self.temperature - self.nominal
    }

    /// `T / Tnom`.
    pub(crate) fn ratio(&self) -> f64 {
        self.temperature / self.nominal
    }

    /// `1 + first·ΔT + second·ΔT²`.
    pub(crate) fn polynomial(&self, first: f64, second: f64) -> f64 {
        let rise = self.rise();
        1.0 + first * rise + second * rise * rise
    }

    /// Logarithm of the factor on a saturation current of emission coefficient one, with activation energy
    /// `gap` (eV) and temperature exponent `exponent`.
    pub(crate) fn log_saturation(&self, gap: f64, exponent: f64) -> f64 {
        (self.ratio() - 1.0) * gap / self.vt + exponent * self.ratio().ln()
    }

    /// A built-in potential (V) at the device's temperature.
    pub(crate) fn potential(&self, nominal_potential: f64) -> f64 {
        let reference = self.reference_potential(nominal_potential);
        self.temperature / NOMINAL_TEMPERATURE * reference + potential_shift(self.temperature)
    }

    /// The factor on a depletion capacitance with built-in potential `potential` (V, nominal) and grading
    /// coefficient `grading`.
    pub(crate) fn capacitance(&self, potential: f64, grading: f64) -> f64 {
        let reference = self.reference_potential(potential);
        let factor = |temperature: f64, potential: f64| {
            let drift = CAPACITANCE_DRIFT * (temperature - NOMINAL_TEMPERATURE);
            1.0 + grading * (drift - (potential - reference) / reference)
        };
        factor(self.temperature, self.potential(potential)) / factor(self.nominal, potential)
    }

    /// The built-in potential at the reference temperature.
    fn reference_potential(&self, nominal_potential: f64) -> f64 {
        (nominal_potential - potential_shift(self.nominal)) * NOMINAL_TEMPERATURE / self.nominal
    }
}

/// `p(T)` of the module's description, V.
fn potential_shift(temperature: f64) -> f64 {
    let reference = thermal_voltage(NOMINAL_TEMPERATURE);
    let vt = thermal_voltage(temperature);
    let gaps = 0.5 * (REFERENCE_GAP / reference - silicon_gap(temperature) / vt);
    -2.0 * vt * (1.5 * (temperature / NOMINAL_TEMPERATURE).ln() + gaps)
}

/// `e^x − 1` with a tangent beyond `x = 80`: finite for every argument.
#[inline]
pub(crate) fn exponential<S: Scalar>(x: S) -> S {
    x.map(bounded_exponential)
}

/// [`exponential`] and its slope. Away from zero one exponential gives both to the last digits.
#[inline]
fn bounded_exponential(x: f64) -> (f64, f64) {
    if x == 0.0 {
        // A bulk tied to its source.
        (0.0, 1.0)
    } else if x < -VANISHING {
        (-1.0, 0.0)
    } else if x.abs() < 1.0 {
        let e = x.exp_m1();
        (e, e + 1.0)
    } else if x < EXPONENT_LIMIT {
        let e = x.exp();
        (e - 1.0, e)
    } else {
        let e = EXPONENT_LIMIT.exp();
        (e * (1.0 + x - EXPONENT_LIMIT), e)
    }
}

/// The normalised current of a junction at `x = v/(n vt)`: [`exponential`] above `x = −3`, and below it the
/// cubic approach to −1 by which SPICE keeps the conductance from vanishing (the two meet with one slope).
#[inline]
pub(crate) fn junction<S: Scalar>(x: S) -> S {
    x.map(|x| {
        if x < -3.0 {
            let cube = (3.0 / (x * E)).powi(3);
            (-1.0 - cube, 3.0 * cube / x)
        } else {
            bounded_exponential(x)
        }
    })
}

/// `d` where it is at least `floor`, and beyond a positive continuation with the same value and slope that
/// falls to zero like `1/|d|`: keeps a denominator from passing through zero.
#[inline]
pub(crate) fn positive<S: Scalar>(d: S, floor: f64) -> S {
    let rest = (-d.min(S::constant(floor)) + 2.0 * floor).recip() * (floor * floor);
    S::select(d.below(floor), rest, d)
}

/// `i / (1 + sqrt(i/knee))` for positive `i`, `i` itself otherwise: high injection as HSPICE's diode has it.
#[inline]
pub(crate) fn knee<S: Scalar>(i: S, knee: f64) -> S {
    i.map(|i| {
        if i > 0.0 {
            let s = (i / knee).sqrt();
            (i / (1.0 + s), (1.0 + 0.5 * s) / ((1.0 + s) * (1.0 + s)))
        } else {
            (i, 1.0)
        }
    })
}

/// The width of a depletion layer relative to zero bias, `((1 − v/vj)² + 0.005)^(m/2)`, which recombination is
/// proportional to; `shape` is `(vj, m)`.
#[inline]
pub(crate) fn recombination_width<S: Scalar>(v: S, (potential, grading): (f64, f64)) -> S {
    ((-v / potential + 1.0).square() + 0.005).powf(0.5 * grading)
}

/// The charge of a depletion layer whose capacitance is `c0 (1 − v/vj)^−m` below `fc·vj` and the tangent to
/// that above.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depletion {
    capacitance: f64,
    potential: f64,
    grading: f64,
    corner: f64,
    corner_charge: f64,
    corner_capacitance: f64,
    slope: f64,
    /// Whether the power is a square root, which costs a fraction of any other.
    is_abrupt: bool,
}

impl Depletion {
    /// Zero-bias capacitance (F), built-in potential (V), grading coefficient (below one), and the fraction of
    /// the potential where the tangent takes over (below one).
    pub(crate) fn new(capacitance: f64, potential: f64, grading: f64, fraction: f64) -> Self {
        let rest = 1.0 - fraction;
        Self {
            capacitance,
            potential,
            grading,
            corner: fraction * potential,
            corner_charge: capacitance * potential / (1.0 - grading)
                * (1.0 - rest.powf(1.0 - grading)),
            corner_capacitance: capacitance * rest.powf(-grading),
            slope: capacitance * grading / potential * rest.powf(-1.0 - grading),
            is_abrupt: grading == 0.5,
        }
    }

    /// Whether there is no capacitance at all.
    pub(crate) fn is_zero(&self) -> bool {
        self.capacitance == 0.0
    }

    /// The charge at `v`, C.
    #[inline]
    pub(crate) fn charge<S: Scalar>(&self, v: S) -> S {
        if self.is_zero() {
            return S::constant(0.0);
        }
        v.map(|v| {
            let beyond = v - self.corner;
            if beyond < 0.0 {
                // The capacitance is the slope, and one power gives both.
                let depleted = 1.0 - v / self.potential;
                let power = if self.is_abrupt {
                    depleted.sqrt().recip()
                } else {
                    depleted.powf(-self.grading)
                };
                let scale = self.potential / (1.0 - self.grading);
                let charge = self.capacitance * scale * (1.0 - depleted * power);
                (charge, self.capacitance * power)
            } else {
                let charge = beyond * (beyond * (0.5 * self.slope) + self.corner_capacitance);
                (charge + self.corner_charge, self.slope * beyond + self.corner_capacitance)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_numerics::scalar::Dual;

    #[test]
    fn reverse_law_meets_the_exponential_with_one_slope() {
        let below = junction(Dual::<1>::unknown(-3.0 - 1e-12, 0));
        let above = junction(Dual::<1>::unknown(-3.0, 0));
        assert!((below.value - above.value).abs() < 1e-11);
        assert!((below.gradient[0] - above.gradient[0]).abs() < 1e-11);
        assert!((above.value - ((-3.0f64).exp() - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn nothing_overflows_at_a_kilovolt() {
        for v in [-1e3, 1e3] {
            let x = junction(Dual::<1>::unknown(v / 0.0172, 0));
            assert!(x.value.is_finite() && x.gradient[0].is_finite());
            assert!(positive(v, 0.05) > 0.0);
        }
    }

    #[test]
    fn depletion_capacitance_is_the_power_law_and_then_its_tangent() {
        let layer = Depletion::new(2e-12, 0.8, 0.4, 0.5);
        let slope = |v: f64| layer.charge(Dual::<1>::unknown(v, 0)).gradient[0];
        for v in [-5.0, 0.0, 0.39] {
            let power_law = 2e-12 * (1.0f64 - v / 0.8).powf(-0.4);
            assert!((slope(v) / power_law - 1.0).abs() < 1e-14, "{v}");
        }
        let at_corner = 2e-12 * 0.5f64.powf(-0.4);
        let tangent = at_corner * (1.0 + 0.4 / 0.8 / 0.5 * (0.7 - 0.4));
        assert!((slope(0.7) / tangent - 1.0).abs() < 1e-14);
        assert!((layer.charge(0.4 - 1e-9) - layer.charge(0.4 + 1e-9)).abs() < 1e-20);
    }

    #[test]
    fn nothing_changes_at_the_nominal_temperature() {
        let scaling = Scaling::new(320.0, 320.0);
        assert!((scaling.potential(0.75) - 0.75).abs() < 1e-15);
        assert!((scaling.capacitance(0.75, 0.33) - 1.0).abs() < 1e-15);
        assert_eq!(scaling.log_saturation(1.11, 3.0), 0.0);
    }

    #[test]
    fn potential_falls_and_capacitance_rises_with_temperature() {
        let scaling = Scaling::new(300.15, 400.0);
        let potential = scaling.potential(0.75);
        assert!(potential < 0.75 && potential > 0.4, "{potential}");
        assert!(scaling.capacitance(0.75, 0.33) > 1.0);
    }

    #[test]
    fn knee_halves_the_current_at_the_knee() {
        assert!((knee(1e-3, 1e-3) - 0.5e-3).abs() < 1e-18);
        assert_eq!(knee(-1e-3, 1e-3), -1e-3);
    }
}
