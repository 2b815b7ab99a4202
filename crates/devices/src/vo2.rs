//! The vanadium dioxide switch: a film that heats itself through a hysteretic transition from insulator to metal.
//!
//! Terminals `p n`, and the thermal terminal `th` if the line names it; the states are the film's temperature above its
//! base, `t`, and its metallic fraction `phi` in [0, 1].
//!
//! ```text
//! R        = r0·exp(ea/T)·(1 − phi) + rm,   T = t_base + t
//! c_th·dt/dt = V²/R − s_th·(t − t_th)
//! dphi/dt  = [ramp(φ_h − phi) − ramp(phi − φ_c)]/tau
//! φ_h, φ_c = ½ + ½·tanh(beta·(T − tc ∓ w/2))
//! ramp(z)  = 0 for z < −edge,  (z + edge)²/(4·edge) up to edge,  z beyond
//! ```
//!
//! Between the heating branch φ_h and the cooling branch φ_c the fraction stays where it is; it is pushed along by
//! either branch within `tau`. So the hysteresis, minor loops included, comes from one rate law, in every analysis.
//!
//! Reference: Y.-H. Zhang et al., "Collective dynamics and long-range order in thermal neuristor networks",
//! arXiv:2312.12899, whose parameters are the defaults (temperatures in kelvin, `ea` over Boltzmann's constant).
//!
//! Deviations. The paper chooses a branch by the sign of dT/dt and keeps a list of reversal temperatures; that is
//! discrete, and not defined in dc and ac. Its fluctuations of temperature are left out.
//!
//! The transition's temperature varies between devices (`d2d_tc`) and from cycle to cycle (`c2c_tc`), normally. A cycle
//! ends when `phi`, having exceeded 0.8, falls below 0.2.

use crate::amorphous::inverse_temperature;
use crate::cycle::{Cycles, Varying, cycle_latches, draws};
use crate::junction::positive;
use crate::memristor::{CONDUCTANCE, POWER};
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSources, Output, ParamError, Params, Retention, Unknown,
};
use ovonic_numerics::scalar::{Scalar, safe_exp};

const EXAMPLE: &str = "\
* Vanadium dioxide at 325 K.  Closed form: phi = phi_h + edge = 0.00514, 10 mV over 0.99486 r0 exp(5220/325) + rm.
*! run op
*! expect i(v1) = -1.93539e-7 A  rtol 1e-4
V1 p 0 10m
N1 p 0 film
.model film vo2
.end
";

/// The vanadium dioxide switch in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("vo2")],
    summary: "vanadium dioxide switch",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Vo2, 5>("vo2")
};

/// Parameters of the vanadium dioxide switch.
#[derive(Clone, Debug, Params)]
pub struct Vo2Params {
    /// Prefactor of the insulator's resistance.
    #[param(name = "r0", unit = "Ohm", default = 5.359e-3, range = "(0, inf)")]
    pub insulator_prefactor: f64,
    /// Activation temperature of the insulator's resistance.
    #[param(name = "ea", unit = "K", default = 5220.0, range = "(0, 1e5]")]
    pub activation_temperature: f64,
    /// Resistance of the metal.
    #[param(name = "rm", unit = "Ohm", default = 1286.0, range = "(0, inf)")]
    pub metal_resistance: f64,
    /// Temperature at the middle of the loop.
    #[param(name = "tc", unit = "K", default = 332.8, range = "(0, inf)")]
    pub transition_temperature: f64,
    /// Width of the loop.
    #[param(name = "w", unit = "K", default = 7.19, range = "(0, inf)")]
    pub loop_width: f64,
    /// Steepness of the branches.
    #[param(name = "beta", unit = "1/K", default = 0.2528, range = "(0, inf)")]
    pub steepness: f64,
    /// Time constant of the transition itself.
    #[param(name = "tau", unit = "s", default = 1e-9, range = "(0, inf)")]
    pub transition_time: f64,
    /// Distance of the fraction from a branch within which pushing begins.
    #[param(name = "edge", default = 2e-3, range = "(0, 0.05]")]
    pub edge: f64,
    /// Heat capacity.
    #[param(name = "c_th", unit = "J/K", default = 49.63e-12, range = "(0, inf)")]
    pub heat_capacity: f64,
    /// Thermal conductance to the base.
    #[param(name = "s_th", unit = "W/K", default = 2.056e-4, range = "(0, inf)")]
    pub thermal_conductance: f64,
    /// Temperature of the base.
    #[param(name = "t_base", unit = "K", default = 325.0, range = "(0, inf)")]
    pub base_temperature: f64,
    /// Standard deviation of the transition's temperature between devices.
    #[param(name = "d2d_tc", unit = "K", default = 0.0, range = "[0, 100]")]
    pub transition_spread: f64,
    /// Standard deviation of the transition's temperature from cycle to cycle.
    #[param(name = "c2c_tc", unit = "K", default = 0.0, range = "[0, 100]")]
    pub transition_jitter: f64,
    /// Initial metallic fraction.
    #[param(name = "x0", default = 0.0, range = "[0, 1]", aliases = "ic")]
    pub initial_fraction: f64,
}

const P: usize = 0;
const N: usize = 1;
const SURROUNDINGS: usize = 2;
const RISE: usize = 3;
const FRACTION: usize = 4;

/// Metallic fraction above which the film has turned on, and below which it has turned off.
const ON: f64 = 0.8;
const OFF: f64 = 0.2;

/// A prepared vanadium dioxide switch.
#[derive(Clone, Debug)]
pub struct Vo2 {
    params: Vo2Params,
    cycles: Cycles<1>,
}

/// `max(z, 0)` with its kink rounded to a parabola within `edge`, and exactly zero before.
fn ramp<S: Scalar>(z: S, edge: f64) -> S {
    z.map(|z| {
        if z <= -edge {
            (0.0, 0.0)
        } else if z < edge {
            ((z + edge) * (z + edge) / (4.0 * edge), (z + edge) / (2.0 * edge))
        } else {
            (z, 1.0)
        }
    })
}

impl Vo2 {
    fn conductance<S: Scalar>(&self, rise: S, fraction: S) -> S {
        let p = &self.params;
        let inverse = inverse_temperature(rise + p.base_temperature);
        let insulator = safe_exp(inverse * p.activation_temperature) * p.insulator_prefactor;
        // An iterate beyond one must not make the resistance negative.
        let left = positive(-fraction + 1.0, 1e-9);
        (insulator * left + p.metal_resistance).recip()
    }

    /// `dphi/dt`, 1/s.
    fn rate<S: Scalar>(&self, rise: S, fraction: S, [transition]: [f64; 1]) -> S {
        let p = &self.params;
        let distance = rise + (p.base_temperature - transition);
        let branch = |shift: f64| ((distance - shift) * p.steepness).tanh() * 0.5 + 0.5;
        let (heating, cooling) = (branch(0.5 * p.loop_width), branch(-0.5 * p.loop_width));
        let push = ramp(heating - fraction, p.edge) - ramp(fraction - cooling, p.edge);
        push / p.transition_time
    }
}

impl Model<5> for Vo2 {
    type Params = Vo2Params;

    const UNKNOWNS: [Unknown; 5] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::thermal_terminal("th"),
        Unknown::temperature("t"),
        Unknown::state("phi", Retention::Settled, 1.0, 1e-6).within(0.0, 1.0),
    ];
    const LATCHES: usize = 2;
    const OUTPUTS: &'static [Output] = &[
        CONDUCTANCE,
        POWER,
        Output {
            name: "temp",
            description: "temperature of the film",
            unit: "K",
            nature: Some(Nature::Temperature),
        },
    ];

    fn prepare(params: &Vo2Params, env: &Environment) -> Result<Self, ParamError> {
        let p = params;
        let transition = Varying::normal(
            env.variation,
            "tc",
            p.transition_temperature,
            p.transition_spread,
            p.transition_jitter,
        );
        Ok(Self { params: p.clone(), cycles: Cycles::new(env.variation, [transition]) })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 5],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 5>,
    ) {
        let v = x[P] - x[N];
        let current = v * self.conductance(x[RISE], x[FRACTION]);
        out.current(P, N, current);
        let loss = (x[RISE] - x[SURROUNDINGS]) * self.params.thermal_conductance;
        out.current(RISE, SURROUNDINGS, loss);
        out.equation(RISE, -(v * current));
        out.storage(RISE, x[RISE] * self.params.heat_capacity);
        out.rate(FRACTION, x[FRACTION], self.rate(x[RISE], x[FRACTION], draws(at.latches)));
    }

    fn initial(&self, x: &mut [f64; 5]) {
        x[FRACTION] = self.params.initial_fraction;
    }

    cycle_latches!(5, |_device, x| (x[FRACTION] - ON, OFF - x[FRACTION]));

    fn noise(&self, x: &[f64; 5], _at: &Iterate<'_>, out: &mut NoiseSources) {
        let temperature = (x[RISE] + self.params.base_temperature).max(0.0);
        out.thermal("thermal", P, N, self.conductance(x[RISE], x[FRACTION]), temperature);
    }

    fn outputs(&self, x: &[f64; 5], _at: &Iterate<'_>, values: &mut [f64]) {
        let v = x[P] - x[N];
        let conductance = self.conductance(x[RISE], x[FRACTION]);
        let temperature = x[RISE] + self.params.base_temperature;
        values.copy_from_slice(&[conductance, v * v * conductance, temperature]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film() -> Vo2 {
        Vo2::prepare(&Vo2Params::default(), &Environment::default()).expect("a device")
    }

    #[test]
    fn the_fraction_rests_inside_the_loop_and_follows_its_branches() {
        let film = film();
        let rate = |kelvin: f64, fraction: f64| film.rate(kelvin - 325.0, fraction, [332.8]);
        assert!(rate(332.8, 0.5) == 0.0);
        // On the branches themselves, 3.6 K to either side, half has changed.
        assert!(rate(332.8 + 3.595, 0.4) > 0.0 && rate(332.8 + 3.595, 0.6) == 0.0);
        assert!(rate(332.8 - 3.595, 0.6) < 0.0 && rate(332.8 - 3.595, 0.4) == 0.0);
    }

    #[test]
    fn the_fraction_stays_between_none_and_all() {
        let film = film();
        for rise in [-1000.0, 0.0, 8.0, 1e6] {
            assert!(film.rate(rise, 0.0, [332.8]) >= 0.0 && film.rate(rise, 1.0, [332.8]) <= 0.0);
        }
    }
}
