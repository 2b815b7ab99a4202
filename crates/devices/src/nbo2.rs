//! The niobium dioxide switch: a metallic core that grows in an insulating channel as the channel heats.
//!
//! Terminals `p n`; the state `w = 1/ln(1/u)` stands for the core's radius `u` in parts of the channel's, in [0, 1).
//!
//! ```text
//! G(u)   = (π·r²/(rho_ins·l))·[1 + (rho_ins/rho_met − 1)·u²],   I = V·G,   u = e^(−1/w)
//! Γ      = 2π·l·kappa·w,   ΔT = t_c − T_amb
//! dH/dt  = V·I − Γ·ΔT
//! H      = π·l·r²·[c_p·ΔT·w·(1 − u²)/2 + dh·u²]
//! ```
//!
//! The core's edge is at the transition's temperature `t_c`, and around it the temperature falls logarithmically to
//! ambient at the channel's surface: hence `Γ`. `H` is the integral of the published `dH/du`, so the stored quantity
//! is the channel's enthalpy itself and heat is conserved exactly.
//!
//! The published state `u` has a rate of the form 0/0 at `u = 0`, where a channel that has cooled can never start
//! again. In `w` nothing is singular: without a core `H` is linear in `w`, the core is smaller than any power of it,
//! `w = 0` is a cold channel, and no finite `w` reaches the surface. An iterate below zero has no core.
//!
//! Valid for channels that switch by this mechanism; many NbO2 devices first switch by trap-assisted conduction at far
//! lower temperatures.
//!
//! Reference: M. D. Pickett and R. S. Williams, Nanotechnology 23 (2012) 215202, doi 10.1088/0957-4484/23/21/215202.
//! The default sizes and material constants are plausible for a nanoscale crosspoint, not taken from a fit.
//!
//! The resistivity of the insulator varies between devices by a factor (`d2d_vth`) and from cycle to cycle
//! (`c2c_vth`); both threshold and hold voltage follow. A cycle ends when `u`, having exceeded 0.3, falls below 0.1.

use crate::cycle::{Cycles, Varying, cycle_latches, draws};
use crate::memristor::{CONDUCTANCE, POWER};
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSources, Output, ParamError, Params, Retention, Unknown,
};
use ovonic_numerics::scalar::Scalar;
use std::f64::consts::PI;

const EXAMPLE: &str = "\
* Niobium dioxide without a core to speak of.  Closed form: 0.1 V over rho_ins l/(pi r^2) = 70.7 kohm.
*! run op
*! expect i(v1) = -1.4137166941e-6 A  rtol 1e-9
V1 p 0 0.1
N1 p 0 channel
.model channel nbo2
.end
";

/// The niobium dioxide switch in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("nbo2")],
    summary: "niobium dioxide switch",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Nbo2, 3>("nbo2")
};

/// Parameters of the niobium dioxide switch.
#[derive(Clone, Debug, Params)]
pub struct Nbo2Params {
    /// Length of the channel.
    #[param(name = "l", unit = "m", default = 20e-9, range = "(0, inf)")]
    pub length: f64,
    /// Radius of the channel.
    #[param(name = "r", unit = "m", default = 30e-9, range = "(0, inf)")]
    pub radius: f64,
    /// Resistivity of the insulator.
    #[param(name = "rho_ins", unit = "Ohm m", default = 1e-2, range = "(0, inf)")]
    pub insulator_resistivity: f64,
    /// Resistivity of the metal.
    #[param(name = "rho_met", unit = "Ohm m", default = 3e-5, range = "(0, inf)")]
    pub metal_resistivity: f64,
    /// Thermal conductivity of the insulator.
    #[param(name = "kappa", unit = "W/mK", default = 1.5, range = "(0, inf)")]
    pub thermal_conductivity: f64,
    /// Heat capacity per volume.
    #[param(name = "c_p", unit = "J/m^3K", default = 2.6e6, range = "(0, inf)")]
    pub heat_capacity: f64,
    /// Enthalpy of the transition per volume.
    #[param(name = "dh", unit = "J/m^3", default = 1.6e8, range = "[0, inf)")]
    pub transition_enthalpy: f64,
    /// Temperature of the transition.
    #[param(name = "t_c", unit = "K", default = 1080.0, range = "(0, inf)")]
    pub transition_temperature: f64,
    /// Spread of the insulator's resistivity between devices, relative.
    #[param(name = "d2d_vth", default = 0.0, range = "[0, 1]")]
    pub threshold_spread: f64,
    /// Spread of the insulator's resistivity from cycle to cycle, relative.
    #[param(name = "c2c_vth", default = 0.0, range = "[0, 1]")]
    pub threshold_jitter: f64,
    /// Initial radius of the core in parts of the channel's.
    #[param(name = "u0", default = 0.0, range = "[0, 1)", aliases = "ic x0")]
    pub initial_radius: f64,
}

const P: usize = 0;
const N: usize = 1;
const W: usize = 2;

/// Radii above which the channel has turned on, and below which it has turned off.
const ON: f64 = 0.3;
const OFF: f64 = 0.1;

/// A prepared niobium dioxide switch.
#[derive(Clone, Debug)]
pub struct Nbo2 {
    /// `π·r²/l`, m.
    shape: f64,
    metal_resistivity: f64,
    /// `2π·l·kappa·ΔT`, W.
    loss: f64,
    /// `π·l·r²·c_p·ΔT/2` and `π·l·r²·dh`, J.
    heat: [f64; 2],
    temperature: f64,
    initial: f64,
    cycles: Cycles<1>,
}

/// The core's radius for a state; zero, with all its slopes, where the state is not positive.
fn radius<S: Scalar>(w: S) -> S {
    // e^(−1/w) underflows below this.
    const LEAST: f64 = 1.4e-3;
    w.map(|w| {
        if w < LEAST {
            return (0.0, 0.0);
        }
        let u = (-1.0 / w).exp();
        (u, u / (w * w))
    })
}

/// `w·(1 − u²)`, which tends to two as the core fills the channel.
fn profile<S: Scalar>(w: S) -> S {
    w.map(|w| {
        if w < 1e-2 {
            return (w, 1.0);
        }
        let y = 2.0 / w;
        let part = -(-y).exp_m1();
        // d/dw = 1 − e^−y (1 + y), whose digits cancel for small y: the series of y²/2 − y³/3 + y⁴/8 − y⁵/30.
        let slope = if y < 1e-3 {
            y * y * (0.5 - y * (1.0 / 3.0 - y * (0.125 - y / 30.0)))
        } else {
            part - y * (-y).exp()
        };
        (w * part, slope)
    })
}

impl Nbo2 {
    fn conductance<S: Scalar>(&self, w: S, [insulator]: [f64; 1]) -> S {
        let part = radius(w).square();
        let (off, on) = (insulator.recip(), self.metal_resistivity.recip());
        (part * (on - off) + off) * self.shape
    }
}

impl Model<3> for Nbo2 {
    type Params = Nbo2Params;

    const UNKNOWNS: [Unknown; 3] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        // The row is the balance of heat.
        Unknown {
            residual: Nature::HeatFlow,
            ..Unknown::state("w", Retention::Settled, 1.0, 1e-6)
        },
    ];
    const LATCHES: usize = 2;
    const OUTPUTS: &'static [Output] = &[
        CONDUCTANCE,
        POWER,
        Output {
            name: "u",
            description: "radius of the metallic core in parts of the channel's",
            unit: "",
            nature: None,
        },
    ];

    fn prepare(params: &Nbo2Params, env: &Environment) -> Result<Self, ParamError> {
        let p = params;
        let rise = p.transition_temperature - env.temperature;
        if rise <= 0.0 {
            return Err(ParamError::Inconsistent {
                name: "t_c",
                value: p.transition_temperature,
                reason: "the transition has to be above the device's temperature",
            });
        }
        let volume = PI * p.length * p.radius * p.radius;
        let insulator = Varying::factor(
            env.variation,
            "vth",
            p.insulator_resistivity,
            p.threshold_spread,
            p.threshold_jitter,
        );
        let initial = p.initial_radius;
        Ok(Self {
            shape: PI * p.radius * p.radius / p.length,
            metal_resistivity: p.metal_resistivity,
            loss: 2.0 * PI * p.length * p.thermal_conductivity * rise,
            heat: [0.5 * volume * p.heat_capacity * rise, volume * p.transition_enthalpy],
            temperature: env.temperature,
            initial: if initial > 0.0 { -1.0 / initial.ln() } else { 0.0 },
            cycles: Cycles::new(env.variation, [insulator]),
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let (v, w) = (x[P] - x[N], x[W]);
        let current = v * self.conductance(w, draws(at.latches));
        out.current(P, N, current);
        out.equation(W, w * self.loss - v * current);
        out.storage(W, profile(w) * self.heat[0] + radius(w).square() * self.heat[1]);
    }

    fn initial(&self, x: &mut [f64; 3]) {
        x[W] = self.initial;
    }

    cycle_latches!(3, |_device, x| (radius(x[W]) - ON, OFF - radius(x[W])));

    fn noise(&self, x: &[f64; 3], at: &Iterate<'_>, out: &mut NoiseSources) {
        let conductance = self.conductance(x[W], draws(at.latches));
        out.thermal("thermal", P, N, conductance, self.temperature);
    }

    fn outputs(&self, x: &[f64; 3], at: &Iterate<'_>, values: &mut [f64]) {
        let (v, conductance) = (x[P] - x[N], self.conductance(x[W], draws(at.latches)));
        values.copy_from_slice(&[conductance, v * v * conductance, radius(x[W])]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic_numerics::scalar::Dual;

    #[test]
    fn enthalpy_has_the_published_derivative() {
        // dH/du of the paper, for a unit volume: c_p ΔT (1 − u² + 2u² ln u)/(2u ln² u) + 2 Δh u.
        for u in [0.05f64, 0.3, 0.7, 0.95, 0.999] {
            let (w, ln) = (-1.0 / u.ln(), u.ln());
            let state = Dual::<1>::unknown(w, 0);
            let (profile, core) = (profile(state), radius(state));
            let du = core.gradient[0];
            assert!((core.value / u - 1.0).abs() < 1e-12);
            let published = (1.0 - u * u + 2.0 * u * u * ln) / (2.0 * u * ln * ln);
            let found = 0.5 * profile.gradient[0] / du;
            // The published quotient itself loses digits as u tends to one.
            assert!((found / published - 1.0).abs() < 1e-6, "{u} {found} {published}");
        }
    }

    #[test]
    fn the_profile_s_slope_joins_its_series() {
        for w in [1e-2, 2e3] {
            let at = |side: f64| profile(Dual::<1>::unknown(w * (1.0 + side * 1e-9), 0));
            assert!((at(-1.0).gradient[0] / at(1.0).gradient[0] - 1.0).abs() < 1e-6, "{w}");
        }
    }
}
