//! The resistive memory of the SkyWater 130 nm process: a filament that grows and dissolves with field and heat.
//!
//! Terminals `p n`, and the thermal terminal `th` if the line names it; the states are the place `w` in [0, 1] of the
//! filament's thickness `tf` between `tfmin` and `tfmax`, which is retained, and its temperature's rise `t`, which settles.
//!
//! ```text
//! I      = i0·exp(−(tox − tf)/g0)·sinh(V/v0)
//! dtf/dt = vel0·[exp(−bar(ea_on − u)/kT) − exp(−bar(ea_off + u)/kT)],   u = γ·a0·V/tox (in eV)
//! bar(e) = ε·ln(1 + e^(e/ε)),   ε = 10 meV
//! γ      = gamma0 − beta·((tox − tf)/1 nm)³
//! c_th·dt/dt = V·I − (t − t_th)·c_th/tau_th
//! ```
//!
//! A positive voltage grows the filament.
//!
//! Reference: the process's open Verilog-A model (SkyWater PDK, ReRAM), after Z. Jiang et al., IEEE Trans. Electron
//! Devices 63 (2016) 1884, doi 10.1109/TED.2016.2545412.
//!
//! Deviations. The published code advances its state by the simulator's time step, which has no meaning in dc and ac;
//! here it is a rate. A field that pulls a barrier below zero
//! makes hops no faster than `vel0`, which the published exponential exceeds without bound. Its clamps of `tf` are factors `tanh(distance/edge)` on the two flows.

use super::{BEGUN, CONDUCTANCE, ENDED, POWER, Spreads, before, chord, past, safe_sinh};
use crate::amorphous::inverse_temperature;
use crate::cycle::{Cycles, cycle_latches, draws};
use ovonic_device::constants::BOLTZMANN_EV;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSources, Output, ParamError, Params, Retention, Unknown,
};
use ovonic_numerics::scalar::{Dual, Scalar, safe_exp};

const EXAMPLE: &str = "\
* Resistive memory with a filament of 4.5 nm.  Closed form: 61.4 uA * exp(-0.5/0.2751) * sinh(0.1/0.43).
*! run op
*! expect i(v1) = -2.340282381e-6 A  rtol 1e-8
V1 p 0 0.1
N1 p 0 cell
.model cell sky130_reram x0=4.5n
.end
";

/// The SkyWater 130 memory in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("sky130_reram")],
    summary: "resistive memory of the SkyWater 130 nm process",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Sky130Reram, 5>("sky130_reram")
};

/// Parameters of the SkyWater 130 memory.
#[derive(Clone, Debug, Params)]
pub struct Sky130ReramParams {
    /// Current scale.
    #[param(name = "i0", unit = "A", default = 6.14e-5, range = "(0, inf)")]
    pub current: f64,
    /// Gap over which the current falls by e.
    #[param(name = "g0", unit = "m", default = 0.2751e-9, range = "(0, inf)")]
    pub decay_length: f64,
    /// Voltage scale of the current.
    #[param(name = "v0", unit = "V", default = 0.43, range = "(0, inf)")]
    pub voltage: f64,
    /// Thickness of the oxide.
    #[param(name = "tox", unit = "m", default = 5e-9, range = "(0, inf)")]
    pub thickness: f64,
    /// Speed of the filament without a barrier.
    #[param(name = "vel0", unit = "m/s", default = 150.0, range = "(0, inf)")]
    pub speed: f64,
    /// Barrier of growth.
    #[param(name = "ea_on", unit = "eV", default = 1.501, range = "(0, 5]")]
    pub growth_barrier: f64,
    /// Barrier of dissolution.
    #[param(name = "ea_off", unit = "eV", default = 1.5, range = "(0, 5]")]
    pub dissolution_barrier: f64,
    /// Distance of a hop.
    #[param(name = "a0", unit = "m", default = 0.25e-9, range = "(0, inf)")]
    pub hop: f64,
    /// Enhancement of the field without a gap.
    #[param(name = "gamma0", default = 16.5, range = "(0, inf)")]
    pub enhancement: f64,
    /// Fall of the enhancement with the cube of the gap in nanometres.
    #[param(name = "beta", default = 1.25, range = "[0, inf)")]
    pub enhancement_fall: f64,
    /// Heat capacity of the filament.
    #[param(name = "c_th", unit = "J/K", default = 3.1825e-16, range = "(0, inf)")]
    pub heat_capacity: f64,
    /// Thermal time constant of the filament.
    #[param(name = "tau_th", unit = "s", default = 0.23e-9, range = "(0, inf)")]
    pub thermal_time: f64,
    /// Smallest filament.
    #[param(name = "tfmin", unit = "m", default = 3.3e-9, range = "[0, inf)")]
    pub least_filament: f64,
    /// Largest filament.
    #[param(name = "tfmax", unit = "m", default = 4.9e-9, range = "(0, inf)")]
    pub greatest_filament: f64,
    /// Part of the filament's interval within which a flow towards a bound slows down.
    #[param(name = "edge", default = 0.005, range = "(0, 0.5]")]
    pub edge: f64,
    /// Initial filament.
    #[param(name = "x0", unit = "m", default = 3.3e-9, range = "[0, inf)", aliases = "ic tf0")]
    pub initial_filament: f64,
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

/// Energy over which a barrier approaches zero, eV.
const BARRIER_BLEND: f64 = 0.01;

const P: usize = 0;
const N: usize = 1;
const SURROUNDINGS: usize = 2;
const RISE: usize = 3;
const FILAMENT: usize = 4;

/// A prepared SkyWater 130 memory.
#[derive(Clone, Debug)]
pub struct Sky130Reram {
    params: Sky130ReramParams,
    ambient: f64,
    /// The device's factor on the conductance.
    factor: f64,
    cycles: Cycles<1>,
}

impl Sky130Reram {
    /// From one bound of the filament to the other, m.
    fn range(&self) -> f64 {
        self.params.greatest_filament - self.params.least_filament
    }

    /// What the filament leaves of the oxide, m.
    fn gap<S: Scalar>(&self, w: S) -> S {
        w * -self.range() + (self.params.thickness - self.params.least_filament)
    }

    fn current<S: Scalar>(&self, v: S, w: S) -> S {
        let p = &self.params;
        let gap = self.gap(w);
        safe_exp(gap * -p.decay_length.recip())
            * safe_sinh(v / p.voltage)
            * (p.current * self.factor)
    }

    fn rate<S: Scalar>(&self, v: S, rise: S, w: S) -> S {
        let p = &self.params;
        let inverse = inverse_temperature(rise + self.ambient) / BOLTZMANN_EV;
        let nanometres = self.gap(w) * 1e9;
        let enhancement = -(nanometres.square() * nanometres) * p.enhancement_fall + p.enhancement;
        let help = enhancement * v * (p.hop / p.thickness);
        let growth = safe_exp(past(-help + p.growth_barrier, BARRIER_BLEND) * -inverse)
            * before(-w + 1.0, p.edge);
        let dissolution = safe_exp(past(help + p.dissolution_barrier, BARRIER_BLEND) * -inverse)
            * before(w, p.edge);
        (growth - dissolution) * (p.speed / self.range())
    }

    fn conductance(&self, x: &[f64; 5]) -> f64 {
        chord(x[P] - x[N], |v| self.current(v, Dual::constant(x[FILAMENT])))
    }
}

impl Model<5> for Sky130Reram {
    type Params = Sky130ReramParams;

    const UNKNOWNS: [Unknown; 5] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::thermal_terminal("th"),
        Unknown::temperature("t"),
        Unknown::state("w", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0),
    ];
    const LATCHES: usize = 2;
    const OUTPUTS: &'static [Output] = &[
        CONDUCTANCE,
        POWER,
        Output {
            name: "temp",
            description: "temperature of the filament",
            unit: "K",
            nature: Some(Nature::Temperature),
        },
        Output { name: "tf", description: "thickness of the filament", unit: "m", nature: None },
    ];

    fn prepare(params: &Sky130ReramParams, env: &Environment) -> Result<Self, ParamError> {
        let (low, high) = (params.least_filament, params.greatest_filament);
        let wrong = |name, value, reason| Err(ParamError::Inconsistent { name, value, reason });
        if high <= low {
            return wrong("tfmax", high, "the largest filament has to be above tfmin");
        }
        if !(low..=high).contains(&params.initial_filament) {
            let reason = "the initial filament has to be between tfmin and tfmax";
            return wrong("x0", params.initial_filament, reason);
        }
        let spreads = Spreads {
            conductance: params.conductance_spread,
            rate: params.rate_spread,
            rate_jitter: params.rate_jitter,
        };
        let (factor, cycles) = spreads.draw(env.variation);
        Ok(Self { params: params.clone(), ambient: env.temperature, factor, cycles })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 5],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 5>,
    ) {
        let v = x[P] - x[N];
        let current = self.current(v, x[FILAMENT]);
        let (capacity, time) = (self.params.heat_capacity, self.params.thermal_time);
        out.current(P, N, current);
        out.current(RISE, SURROUNDINGS, (x[RISE] - x[SURROUNDINGS]) * (capacity / time));
        out.equation(RISE, -(v * current));
        out.storage(RISE, x[RISE] * capacity);
        let [speed] = draws(at.latches);
        out.rate(FILAMENT, x[FILAMENT], self.rate(v, x[RISE], x[FILAMENT]) * speed);
    }

    fn initial(&self, x: &mut [f64; 5]) {
        let p = &self.params;
        x[FILAMENT] = (p.initial_filament - p.least_filament) / self.range();
    }

    cycle_latches!(5, |_device, x| (x[FILAMENT] - BEGUN, ENDED - x[FILAMENT]));

    fn noise(&self, x: &[f64; 5], _at: &Iterate<'_>, out: &mut NoiseSources) {
        let temperature = (x[RISE] + self.ambient).max(0.0);
        out.thermal("thermal", P, N, self.conductance(x), temperature);
    }

    fn outputs(&self, x: &[f64; 5], _at: &Iterate<'_>, values: &mut [f64]) {
        let v = x[P] - x[N];
        let conductance = self.conductance(x);
        let filament = self.params.thickness - self.gap(x[FILAMENT]);
        let temperature = x[RISE] + self.ambient;
        values.copy_from_slice(&[conductance, v * v * conductance, temperature, filament]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filament_grows_forwards_and_dissolves_backwards_between_its_bounds() {
        let cell = Sky130Reram::prepare(&Sky130ReramParams::default(), &Environment::default());
        let cell = cell.expect("a device");
        assert!(cell.rate(1.5, 100.0, 0.5) > 0.0 && cell.rate(-1.5, 100.0, 0.5) < 0.0);
        assert!(cell.rate(1.5, 100.0, 1.0) <= 0.0 && cell.rate(-1.5, 100.0, 0.0) >= 0.0);
    }
}
