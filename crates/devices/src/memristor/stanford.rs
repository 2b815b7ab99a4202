//! The Stanford–PKU model of oxide resistive memory: a filament whose gap moves with field and heat.
//!
//! Terminals `p n`; the state `w` in [0, 1] is the place of the gap, the distance between the filament's tip and the
//! electrode, between `gmin` and `gmax`.
//!
//! ```text
//! I      = i0·exp(−gap/g0)·sinh(V/v0)
//! dgap/dt = −vel0·exp(−ea/kT)·sinh(γ·a0·qV/(tox·kT)),   γ = gamma0 − beta·(gap/1 nm)³,   T = T_amb + V·I·rth
//! ```
//!
//! A positive voltage closes the gap.
//!
//! References: X. Guan, S. Yu and H.-S. P. Wong, IEEE Electron Device Lett. 33 (2012) 1405, doi
//! 10.1109/LED.2012.2210856; Z. Jiang et al., IEEE Trans. Electron Devices 63 (2016) 1884, doi 10.1109/TED.2016.2545412.
//!
//! Deviations. The gap's bounds are part of the flow, which is multiplied by `tanh(distance/edge)` of the bound that it
//! approaches (the choice of the bound is blended over `v_blend`), in place of a clamp. Where the published code adds
//! random steps to the gap, ours has none.

use super::{Kinetics, Memristor, Spreads, before, safe_sinh};
use ovonic_device::constants::BOLTZMANN_EV;
use ovonic_device::{Class, Environment, Kind, ModelType, ParamError, Params, Retention, Unknown};
use ovonic_numerics::scalar::{Scalar, safe_exp, sigmoid};

const EXAMPLE: &str = "\
* Oxide memory with a gap of 0.5 nm.  Closed form: 1 mA * exp(-2) * sinh(0.1/0.25).
*! run op
*! expect i(v1) = -5.558928235e-5 A  rtol 1e-9
V1 p 0 0.1
N1 p 0 cell
.model cell stanford_rram x0=0.5n
.end
";

/// The Stanford–PKU memory in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("stanford_rram")],
    summary: "oxide resistive memory (Stanford-PKU)",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Memristor<Gap>, 3>("stanford_rram")
};

/// Parameters of the Stanford–PKU memory.
#[derive(Clone, Debug, Params)]
pub struct GapParams {
    /// Current scale.
    #[param(name = "i0", unit = "A", default = 1e-3, range = "(0, inf)")]
    pub current: f64,
    /// Gap over which the current falls by e.
    #[param(name = "g0", unit = "m", default = 0.25e-9, range = "(0, inf)")]
    pub decay_length: f64,
    /// Voltage scale of the current.
    #[param(name = "v0", unit = "V", default = 0.25, range = "(0, inf)")]
    pub voltage: f64,
    /// Speed of the gap without a barrier.
    #[param(name = "vel0", unit = "m/s", default = 10.0, range = "(0, inf)")]
    pub speed: f64,
    /// Activation energy of the hopping of oxygen vacancies.
    #[param(name = "ea", unit = "eV", default = 0.6, range = "(0, 5]")]
    pub activation_energy: f64,
    /// Distance of a hop.
    #[param(name = "a0", unit = "m", default = 0.25e-9, range = "(0, inf)")]
    pub hop: f64,
    /// Thickness of the oxide.
    #[param(name = "tox", unit = "m", default = 12e-9, range = "(0, inf)")]
    pub thickness: f64,
    /// Enhancement of the field without a gap.
    #[param(name = "gamma0", default = 16.0, range = "(0, inf)")]
    pub enhancement: f64,
    /// Fall of the enhancement with the cube of the gap in nanometres.
    #[param(name = "beta", default = 0.8, range = "[0, inf)")]
    pub enhancement_fall: f64,
    /// Thermal resistance of the filament.
    #[param(name = "rth", unit = "K/W", default = 2.1e3, range = "[0, inf)")]
    pub thermal_resistance: f64,
    /// Smallest gap.
    #[param(name = "gmin", unit = "m", default = 0.2e-9, range = "[0, inf)")]
    pub least_gap: f64,
    /// Largest gap.
    #[param(name = "gmax", unit = "m", default = 1.7e-9, range = "(0, inf)")]
    pub greatest_gap: f64,
    /// Part of the gap's interval within which a flow towards a bound slows down.
    #[param(name = "edge", default = 0.005, range = "(0, 0.5]")]
    pub edge: f64,
    /// Voltage over which the choice of the bound is blended.
    #[param(name = "v_blend", unit = "V", default = 1e-3, range = "(0, 0.1]")]
    pub voltage_blend: f64,
    /// Initial gap.
    #[param(name = "x0", unit = "m", default = 1.7e-9, range = "[0, inf)", aliases = "ic gap_ini")]
    pub initial_gap: f64,
    /// Spread of the conductance between devices, relative.
    #[param(name = "d2d_g", default = 0.0, range = "[0, 1]")]
    pub conductance_spread: f64,
    /// Spread of the state's rate between devices, relative.
    #[param(name = "d2d_rate", default = 0.0, range = "[0, 2]")]
    pub rate_spread: f64,
    /// Spread of the state's rate from cycle to cycle, relative.
    #[param(name = "c2c_rate", default = 0.0, range = "[0, 2]")]
    pub rate_jitter: f64,
}

/// A gap that moves.
#[derive(Clone, Debug)]
pub struct Gap {
    params: GapParams,
    ambient: f64,
}

impl Gap {
    /// From one bound to the other, m.
    fn range(&self) -> f64 {
        self.params.greatest_gap - self.params.least_gap
    }

    /// The gap, m.
    fn gap<S: Scalar>(&self, w: S) -> S {
        w * self.range() + self.params.least_gap
    }
}

impl Kinetics for Gap {
    type Params = GapParams;
    const STATE: Unknown = Unknown::state("w", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0);

    fn prepare(params: &GapParams, env: &Environment) -> Result<Self, ParamError> {
        let (low, high, start) = (params.least_gap, params.greatest_gap, params.initial_gap);
        let wrong = |name, value, reason| Err(ParamError::Inconsistent { name, value, reason });
        if high <= low {
            return wrong("gmax", high, "the largest gap has to be above gmin");
        }
        if !(low..=high).contains(&start) {
            return wrong("x0", start, "the initial gap has to be between gmin and gmax");
        }
        Ok(Self { params: params.clone(), ambient: env.temperature })
    }

    fn current<S: Scalar>(&self, v: S, w: S) -> S {
        let p = &self.params;
        safe_exp(self.gap(w) * -p.decay_length.recip()) * safe_sinh(v / p.voltage) * p.current
    }

    fn rate<S: Scalar>(&self, v: S, w: S) -> S {
        let p = &self.params;
        let temperature = v * self.current(v, w) * p.thermal_resistance + self.ambient;
        let inverse = (temperature * BOLTZMANN_EV).recip();
        let nanometres = self.gap(w) * 1e9;
        let enhancement = -(nanometres.square() * nanometres) * p.enhancement_fall + p.enhancement;
        let hops = safe_sinh(enhancement * v * inverse * (p.hop / p.thickness));
        let side = v / p.voltage_blend;
        let inside = sigmoid(side) * before(w, p.edge) + sigmoid(-side) * before(-w + 1.0, p.edge);
        safe_exp(inverse * -p.activation_energy) * hops * inside * (-p.speed / self.range())
    }

    fn start(&self) -> f64 {
        (self.params.initial_gap - self.params.least_gap) / self.range()
    }

    fn spreads(params: &GapParams) -> Spreads {
        Spreads {
            conductance: params.conductance_spread,
            rate: params.rate_spread,
            rate_jitter: params.rate_jitter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_closes_forwards_and_opens_backwards_between_its_bounds() {
        let cell = Gap::prepare(&GapParams::default(), &Environment::default()).expect("a device");
        assert!(cell.rate(1.0, 0.5) < 0.0 && cell.rate(-1.0, 0.5) > 0.0);
        assert!(cell.rate(3.0, 0.0) >= 0.0 && cell.rate(-3.0, 1.0) <= 0.0);
        assert_eq!(cell.rate(0.0, 0.5), 0.0);
    }
}
