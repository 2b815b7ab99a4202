//! The slow silver diffusive switch: a filament that grows after a delay, holds, and collapses.
//!
//! Terminals `p n`; the state `x` in [0, 1] is the filament's growth.
//!
//! ```text
//! I     = V·G,   G = g_off^(1 − x)·g_on^x
//! dx/dt = [(1 − x)·(x + e)^m·d(V)/tau_s − x·(1 − x + e)^b/(tau_r·hold^x)]/delay^(1 − x)
//! d(V)  = (cosh(V/v_0) − 1)/(cosh(v_n/v_0) − 1)
//! ```
//!
//! The delay falls exponentially with the voltage, and is of the order of `tau_s·ln(1/e²)` at `v_n`. Without a drive a
//! complete filament first dissolves at the rate `e^b/tau_r`, and the faster the less of it there is: a plateau, and
//! then a collapse, where an exponential decay would have neither. The logarithm of the conductance follows the
//! filament, so that a gap of some tenths of a nanometre is felt over decades.
//!
//! Default parameters have the scale of a silver device measured at 0.5 V: a delay of some 1.3 ms, a plateau of 3 ms,
//! four decades of conductance. Valid for volatile silver devices without a remanent filament.
//!
//! Reference: Z. Wang et al., Nature Materials 16 (2017) 101, doi 10.1038/nmat4756, for the dynamics of diffusive
//! memristors; the rate law is our lumped form of it.
//!
//! Time runs slower by `delay` for a filament that has yet to grow, and a complete one dissolves more slowly by `hold`:
//! what a cycle's delay and its relaxation are scaled by, one without the other.
//!
//! Thresholds vary by factors on `v_0` and `v_n` between devices (`d2d_vth`) and from cycle to cycle (`c2c_vth`), the
//! relaxation by factors on `hold` (`d2d_hold`, `c2c_hold`), the delay by normal deviations relative to `delay`
//! (`d2d_delay`, `c2c_delay`): measured delays at one voltage are normal rather than lognormal. A cycle ends when `x`,
//! having exceeded 0.8, falls below 0.2.
//!
//! Outside of [0, 1], where only an iterate goes, the powers' bases continue as positive functions, so that both flows
//! point back.

use crate::cycle::{Cycles, Varying, cycle_latches, draws};
use crate::junction::positive;
use crate::memristor::{CONDUCTANCE, POWER};
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, NoiseSources,
    Output, ParamError, Params, Retention, Unknown,
};
use ovonic_numerics::scalar::{Scalar, safe_exp};

const EXAMPLE: &str = "\
* Diffusive switch at rest.  Closed form: no drive, no filament; the current of 1 nV through 10 nS.
*! run op
*! expect i(v1) = -1e-17 A  rtol 1e-6
V1 p 0 1n
N1 p 0 silver
.model silver ag_diffusive
.options abstol=1e-24
.end
";

/// The silver diffusive switch in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("ag_diffusive")],
    summary: "slow silver diffusive switch",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<AgDiffusive, 3>("ag_diffusive")
};

/// Parameters of the silver diffusive switch.
#[derive(Clone, Debug, Params)]
pub struct AgDiffusiveParams {
    /// Conductance without a filament.
    #[param(name = "g_off", unit = "S", default = 1e-8, range = "(0, inf)")]
    pub off_conductance: f64,
    /// Conductance of the complete filament.
    #[param(name = "g_on", unit = "S", default = 6e-4, range = "(0, inf)")]
    pub on_conductance: f64,
    /// Time constant of growth at `v_n`.
    #[param(name = "tau_s", unit = "s", default = 3e-4, range = "(0, inf)")]
    pub set_time: f64,
    /// Voltage at which the time constant of growth is given.
    #[param(name = "v_n", unit = "V", default = 0.5, range = "(0, inf)")]
    pub set_voltage: f64,
    /// Voltage over which growth accelerates by e.
    #[param(name = "v_0", unit = "V", default = 0.06, range = "(0, inf)")]
    pub voltage_scale: f64,
    /// Time constant of relaxation.
    #[param(name = "tau_r", unit = "s", default = 3e-4, range = "(0, inf)")]
    pub relaxation_time: f64,
    /// Exponent of growth in the filament.
    #[param(name = "m", default = 1.0, range = "[1, 10]")]
    pub growth_exponent: f64,
    /// Exponent of relaxation in the gap.
    #[param(name = "b", default = 2.0, range = "[1, 10]")]
    pub relaxation_exponent: f64,
    /// Part of a filament, or of a gap, that starts growth and relaxation.
    #[param(name = "e", default = 0.1, range = "(0, 1]")]
    pub seed: f64,
    /// Factor by which time runs slower where there is no filament.
    #[param(name = "delay", default = 1.0, range = "(0, inf)")]
    pub delay: f64,
    /// Factor by which a complete filament dissolves more slowly.
    #[param(name = "hold", default = 1.0, range = "(0, inf)")]
    pub hold: f64,
    /// Spread of the voltages of growth between devices, relative.
    #[param(name = "d2d_vth", default = 0.0, range = "[0, 1]")]
    pub threshold_spread: f64,
    /// Spread of the voltages of growth from cycle to cycle, relative.
    #[param(name = "c2c_vth", default = 0.0, range = "[0, 1]")]
    pub threshold_jitter: f64,
    /// Spread of `hold` between devices, relative.
    #[param(name = "d2d_hold", default = 0.0, range = "[0, 1]")]
    pub hold_spread: f64,
    /// Spread of `hold` from cycle to cycle, relative.
    #[param(name = "c2c_hold", default = 0.0, range = "[0, 1]")]
    pub hold_jitter: f64,
    /// Spread of `delay` between devices, relative and normal.
    #[param(name = "d2d_delay", default = 0.0, range = "[0, 1]")]
    pub delay_spread: f64,
    /// Spread of `delay` from cycle to cycle, relative and normal.
    #[param(name = "c2c_delay", default = 0.0, range = "[0, 1]")]
    pub delay_jitter: f64,
    /// Initial filament.
    #[param(name = "x0", default = 0.0, range = "[0, 1]", aliases = "ic")]
    pub initial_filament: f64,
}

const P: usize = 0;
const N: usize = 1;
const X: usize = 2;

/// `x` above which the switch has turned on, and below which it has turned off.
const ON: f64 = 0.8;
const OFF: f64 = 0.2;
/// Exponent beyond which the drive continues as a straight line.
const DRIVE_LIMIT: f64 = 40.0;

/// A prepared silver diffusive switch.
#[derive(Clone, Debug)]
pub struct AgDiffusive {
    params: AgDiffusiveParams,
    temperature: f64,
    cycles: Cycles<3>,
}

impl AgDiffusive {
    fn conductance<S: Scalar>(&self, x: S) -> S {
        let ratio = self.params.on_conductance / self.params.off_conductance;
        safe_exp(x * ratio.ln()) * self.params.off_conductance
    }

    /// What accelerates growth, one at `v_n`: even and smooth in the voltage, zero without one.
    fn drive<S: Scalar>(&self, v: S) -> S {
        let at = self.params.set_voltage / self.params.voltage_scale;
        let rest = -(-at).exp_m1();
        (v / self.params.voltage_scale).map(|u| {
            let a = u.abs();
            // cosh a − 1 = e^a (1 − e^−a)²/2, over the same at v_n.
            let (growth, slope) = {
                let inside = (a - at).min(DRIVE_LIMIT);
                let e = inside.exp();
                (e * (1.0 + (a - at - inside)), e)
            };
            let gap = -(-a).exp_m1();
            let value = growth * gap * gap;
            let derivative = slope * gap * gap + 2.0 * growth * gap * (-a).exp();
            (value / (rest * rest), derivative.copysign(u) / (rest * rest))
        })
    }

    /// `dx/dt`, 1/s.
    fn rate<S: Scalar>(&self, v: S, x: S, [threshold, hold, delay]: [f64; 3]) -> S {
        let p = &self.params;
        let gap = -x + 1.0;
        let started = |part: S, exponent: f64| positive(part + p.seed, p.seed).powf(exponent);
        let growth = gap * started(x, p.growth_exponent) * self.drive(v / threshold);
        let decay = x * started(gap, p.relaxation_exponent);
        let decay = decay * safe_exp(x * -hold.ln());
        (growth / p.set_time - decay / p.relaxation_time) * safe_exp(gap * -delay.ln())
    }
}

impl Model<3> for AgDiffusive {
    type Params = AgDiffusiveParams;

    const UNKNOWNS: [Unknown; 3] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::state("x", Retention::Settled, 1.0, 1e-6).within(0.0, 1.0),
    ];
    const LATCHES: usize = 4;
    const OUTPUTS: &'static [Output] = &[CONDUCTANCE, POWER];

    fn prepare(params: &AgDiffusiveParams, env: &Environment) -> Result<Self, ParamError> {
        let variation = env.variation;
        let factor =
            |name, median, spread, jitter| Varying::factor(variation, name, median, spread, jitter);
        let delay = params.delay;
        let (between, within) = (delay * params.delay_spread, delay * params.delay_jitter);
        let varying = [
            factor("vth", 1.0, params.threshold_spread, params.threshold_jitter),
            factor("hold", params.hold, params.hold_spread, params.hold_jitter),
            Varying::normal(variation, "delay", delay, between, within),
        ];
        Ok(Self {
            params: params.clone(),
            temperature: env.temperature,
            cycles: Cycles::new(env.variation, varying),
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let v = x[P] - x[N];
        out.current(P, N, v * self.conductance(x[X]));
        out.rate(X, x[X], self.rate(v, x[X], draws(at.latches)));
    }

    fn initial(&self, x: &mut [f64; 3]) {
        x[X] = self.params.initial_filament;
    }

    cycle_latches!(3, |_device, x| (x[X] - ON, OFF - x[X]));

    fn noise(&self, x: &[f64; 3], _at: &Iterate<'_>, out: &mut NoiseSources) {
        out.thermal("thermal", P, N, self.conductance(x[X]), self.temperature);
    }

    fn outputs(&self, x: &[f64; 3], _at: &Iterate<'_>, values: &mut [f64]) {
        let (v, conductance) = (x[P] - x[N], self.conductance(x[X]));
        values.copy_from_slice(&[conductance, v * v * conductance]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switch() -> AgDiffusive {
        let params = AgDiffusiveParams::default();
        AgDiffusive::prepare(&params, &Environment::default()).expect("a device")
    }

    #[test]
    fn the_drive_is_a_hyperbolic_cosine_and_one_at_its_voltage() {
        let device = switch();
        assert!((device.drive(0.5) - 1.0f64).abs() < 1e-12);
        for v in [0.01f64, -0.3, 0.9] {
            let closed = ((v / 0.06).cosh() - 1.0) / ((0.5f64 / 0.06).cosh() - 1.0);
            assert!((device.drive(v) / closed - 1.0).abs() < 1e-9, "{v}");
        }
        assert_eq!(device.drive(0.0), 0.0);
        assert!(device.drive(1000.0f64).is_finite());
    }

    #[test]
    fn relaxation_is_a_plateau_and_then_a_collapse() {
        // The first decade of the conductance takes 1.73 times as long as the next three together, by partial fractions
        // of 1/(x·(1.1 − x)²); under an exponential decay it would take a third as long.
        let device = switch();
        let time = |from: f64, to: f64| {
            let steps = 20_000;
            let h = (from - to) / steps as f64;
            let at = |k: f64| h / -device.rate(0.0, from - h * k, [1.0; 3]);
            (0..steps).map(|k| at(k as f64 + 0.5)).sum::<f64>()
        };
        let decade = 10f64.ln() / 6e4f64.ln();
        let ratio = time(1.0, 1.0 - decade) / time(1.0 - decade, 1.0 - 4.0 * decade);
        assert!((ratio / 1.73 - 1.0).abs() < 0.01, "{ratio}");
    }

    #[test]
    fn both_flows_point_back_inside() {
        let device = switch();
        for v in [0.0, 0.5, -1.0, 1000.0] {
            for distance in [0.0, 1e-3, 1.0, 10.0] {
                assert!(device.rate(v, -distance, [1.0; 3]) >= 0.0);
                assert!(device.rate(v, 1.0 + distance, [1.0; 3]) <= 0.0);
            }
        }
    }
}
