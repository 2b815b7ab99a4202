//! Knowm's memristor: many metastable switches, of which a part `x` is on.
//!
//! Terminals `p n`; the state `x` in [0, 1]. With the logistic function `s` and the thermal voltage `V_T = kT/q`:
//!
//! ```text
//! dx/dt = (1/tau)·[s((V − von)/V_T)·(1 − x) − s(−(V + voff)/V_T)·x]
//! I     = phi·V·(x/ron + (1 − x)/roff) + (1 − phi)·[alphaf·(e^(betaf·V) − 1) − alphar·(e^(−betar·V) − 1)]
//! ```
//!
//! Reference: M. A. Nugent and T. W. Molter, "AHaH computing – from metastable switches to attractors to machine
//! learning", PLoS ONE 9 (2014) e85175, doi 10.1371/journal.pone.0085175.
//!
//! Deviation. The diodes of the Schottky part each vanish at zero voltage; the paper's currents `alphaf` and `alphar`
//! would flow without a voltage where they differ.

use super::{Kinetics, Memristor, Spreads};
use ovonic_device::constants::thermal_voltage;
use ovonic_device::{Class, Environment, Kind, ModelType, ParamError, Params, Retention, Unknown};
use ovonic_numerics::scalar::{Scalar, limited_exp, sigmoid};

const EXAMPLE: &str = "\
* Knowm's memristor with half of its switches on.  Closed form: 0.1 V * (1/500 + 1/1500)/2.
*! run op
*! expect i(v1) = -1.333333333e-4 A  rtol 1e-9
V1 p 0 0.1
N1 p 0 mss
.model mss knowm x0=0.5
.end
";

/// Knowm's memristor in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("knowm")],
    summary: "memristor of metastable switches (Knowm)",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Memristor<Switches>, 3>("knowm")
};

/// Parameters of Knowm's memristor.
#[derive(Clone, Debug, Params)]
pub struct SwitchesParams {
    /// Resistance with all switches on.
    #[param(name = "ron", unit = "Ohm", default = 500.0, range = "(0, inf)")]
    pub on_resistance: f64,
    /// Resistance with all switches off.
    #[param(name = "roff", unit = "Ohm", default = 1500.0, range = "(0, inf)")]
    pub off_resistance: f64,
    /// Voltage that turns switches on.
    #[param(name = "von", unit = "V", default = 0.27, range = "[0, inf)")]
    pub on_voltage: f64,
    /// Magnitude of the voltage that turns switches off.
    #[param(name = "voff", unit = "V", default = 0.27, range = "[0, inf)")]
    pub off_voltage: f64,
    /// Time constant.
    #[param(name = "tau", unit = "s", default = 1e-4, range = "(0, inf)")]
    pub time_constant: f64,
    /// Part of the current that flows through the switches; the rest is that of the Schottky diodes.
    #[param(name = "phi", default = 1.0, range = "[0, 1]")]
    pub ohmic_part: f64,
    /// Current of the forward diode.
    #[param(name = "alphaf", unit = "A", default = 1e-7, range = "[0, inf)")]
    pub forward_current: f64,
    /// Slope of the forward diode.
    #[param(name = "betaf", unit = "1/V", default = 8.0, range = "[0, inf)")]
    pub forward_slope: f64,
    /// Current of the reverse diode.
    #[param(name = "alphar", unit = "A", default = 1e-7, range = "[0, inf)")]
    pub reverse_current: f64,
    /// Slope of the reverse diode.
    #[param(name = "betar", unit = "1/V", default = 8.0, range = "[0, inf)")]
    pub reverse_slope: f64,
    /// Initial part of the switches that is on.
    #[param(name = "x0", default = 0.0, range = "[0, 1]", aliases = "ic")]
    pub initial_state: f64,
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

/// Exponent beyond which the diodes' currents continue as straight lines.
const EXPONENT_LIMIT: f64 = 80.0;

/// Metastable switches.
#[derive(Clone, Debug)]
pub struct Switches {
    params: SwitchesParams,
    vt: f64,
}

impl Kinetics for Switches {
    type Params = SwitchesParams;
    const STATE: Unknown = Unknown::state("x", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0);

    fn prepare(params: &SwitchesParams, env: &Environment) -> Result<Self, ParamError> {
        Ok(Self { params: params.clone(), vt: thermal_voltage(env.temperature) })
    }

    fn current<S: Scalar>(&self, v: S, x: S) -> S {
        let p = &self.params;
        let (on, off) = (p.on_resistance.recip(), p.off_resistance.recip());
        let ohmic = v * (x * (on - off) + off);
        let diode = |u: S, scale: f64| {
            // e^u − 1 without cancellation, and finite.
            let small = u.max(S::constant(-1.0)).min(S::constant(1.0)).exp_m1();
            let large = limited_exp(u, EXPONENT_LIMIT) - 1.0;
            S::select(u.abs().below(1.0), small, large) * scale
        };
        let schottky = diode(v * p.forward_slope, p.forward_current)
            - diode(v * -p.reverse_slope, p.reverse_current);
        ohmic * p.ohmic_part + schottky * (1.0 - p.ohmic_part)
    }

    fn rate<S: Scalar>(&self, v: S, x: S) -> S {
        let p = &self.params;
        let on = sigmoid((v - p.on_voltage) / self.vt);
        let off = sigmoid((v + p.off_voltage) / -self.vt);
        (on * (-x + 1.0) - off * x) / p.time_constant
    }

    fn start(&self) -> f64 {
        self.params.initial_state
    }

    fn spreads(params: &SwitchesParams) -> Spreads {
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
    fn half_the_switches_turn_in_a_time_constant_over_two_at_their_voltage() {
        let switches = Switches::prepare(&SwitchesParams::default(), &Environment::default());
        let switches = switches.expect("a device");
        assert!((switches.rate(0.27, 0.0) * 1e-4 - 0.5).abs() < 1e-12);
        assert!((switches.rate(-0.27, 1.0) * 1e-4 + 0.5).abs() < 1e-12);
        assert!(switches.rate(5.0, 1.0) <= 0.0 && switches.rate(-5.0, 0.0) >= 0.0);
    }
}
