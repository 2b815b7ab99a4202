//! The volatile Ag/HfO2 threshold selector: a filament that forms above one voltage and dissolves below another.
//!
//! Terminals `p n`; the state `x` in [0, 1] is the filament's growth. With `V = v(p) − v(n)` and the logistic
//! function `s`:
//!
//! ```text
//! dx/dt = s(βS)/τS · [(1 − e^−(a x + dS))(1 − x) + (1 − e^−a(1 − x)) x]
//!       − s(−βR)/τR · [(1 − e^−a x)(1 − x) + (1 − e^−(a(1 − x) + dR)) x]
//! βS = (V − Vth⁺)(V − Vth⁻)/VS²,   βR = (V − Vh⁺)(V − Vh⁻)/VR²
//! I  = V·x·G(V) + I_lk·tanh(V/V0),   G = 1/Ron⁻ + (1/Ron⁺ − 1/Ron⁻)·s(V/Vsplit)
//! ```
//!
//! The flow vanishes at 0 and 1 in the direction that would leave the interval, so `x` is bounded by
//! construction, and an iterate outside is driven back; between the hold and the threshold voltages both rates are exponentially small and the device
//! remembers. Quasi-statically it turns on at 0.267 V and off at about 0.09 V, depending on the ramp.
//!
//! Thresholds and the hold voltage may vary normally between devices (`d2d_…`) and from cycle to cycle (`c2c_…`), but
//! not below a tenth of their mean; the time constant of switching on by a factor `exp(spread·z)`. A cycle ends when
//! `x`, having exceeded 0.8, falls below 0.2. The reference's device has σ(Vth⁺) = 38 mV around 0.294 V and
//! σ(Vth⁻) = 10 mV.
//!
//! Reference: V. Ostrovskii et al., "… AND-type threshold switching selector", Neurocomputing 624 (2025)
//! 129454. Default parameters are those of its Ag/HfO2 device.
//!
//! Deviations. The on-resistance's choice by the sign of `V` is blended over `vsplit` (1 mV); the scale `v0` of
//! the leakage's saturation is our choice, the paper gives a leakage below 1 pA alone.

use crate::cycle::{Cycles, Varying, cycle_latches, draws};
use crate::junction::positive;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, NoiseSources,
    Output, ParamError, Params, Retention, Unknown,
};
use ovonic_numerics::scalar::{Scalar, safe_exp, sigmoid};

const EXAMPLE: &str = "\
* Volatile selector held on.  Closed form: the filament is complete, i = 0.5/806 + 1 pA * tanh(5).
*! run op
*! expect i(v1) = -6.203473945e-4 A  rtol 1e-6
V1 p 0 0.5
N1 p 0 sel
.model sel ag_selector
.end
";

/// The volatile selector's entry in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("ag_selector")],
    summary: "volatile Ag/HfO2 threshold selector",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<AgSelector, 3>("ag_selector")
};

/// Parameters of the volatile selector.
#[derive(Clone, Debug, Params)]
pub struct AgSelectorParams {
    /// Time constant of switching on.
    #[param(name = "tau_s", unit = "s", default = 1.2e-7, range = "(0, inf)")]
    pub set_time: f64,
    /// Time constant of relaxation.
    #[param(name = "tau_r", unit = "s", default = 1.3e-7, range = "(0, inf)")]
    pub relaxation_time: f64,
    /// Steepness of growth and decay in `x`.
    #[param(name = "a", default = 2.0, range = "(0, 100]")]
    pub steepness: f64,
    /// Residual growth at `x` = 0, by which an empty gap can switch.
    #[param(name = "d_s", default = 0.05, range = "(0, inf)")]
    pub set_offset: f64,
    /// Residual decay at `x` = 1.
    #[param(name = "d_r", default = 0.5, range = "(0, inf)")]
    pub relaxation_offset: f64,
    /// Voltage width of the threshold.
    #[param(name = "v_s", unit = "V", default = 9.9e-3, range = "(0, inf)")]
    pub set_width: f64,
    /// Voltage width of the hold.
    #[param(name = "v_r", unit = "V", default = 17.5e-3, range = "(0, inf)")]
    pub relaxation_width: f64,
    /// Resistance of the complete filament at positive voltage.
    #[param(name = "ron_p", unit = "Ohm", default = 806.0, range = "(0, inf)")]
    pub on_resistance_positive: f64,
    /// Resistance of the complete filament at negative voltage.
    #[param(name = "ron_n", unit = "Ohm", default = 1434.0, range = "(0, inf)")]
    pub on_resistance_negative: f64,
    /// Voltage over which the two resistances blend.
    #[param(name = "v_split", unit = "V", default = 1e-3, range = "(0, inf)")]
    pub split_width: f64,
    /// Leakage current of the empty gap.
    #[param(name = "i_lk", unit = "A", default = 1e-12, range = "[0, inf)")]
    pub leakage_current: f64,
    /// Voltage at which the leakage saturates.
    #[param(name = "v0", unit = "V", default = 0.1, range = "(0, inf)")]
    pub leakage_voltage: f64,
    /// Positive threshold voltage.
    #[param(name = "vth_p", unit = "V", default = 0.267, range = "(0, inf)")]
    pub threshold_positive: f64,
    /// Negative threshold voltage.
    #[param(name = "vth_n", unit = "V", default = -0.119, range = "(-inf, 0)")]
    pub threshold_negative: f64,
    /// Positive hold voltage.
    #[param(name = "vh_p", unit = "V", default = 0.08, range = "[0, inf)")]
    pub hold_positive: f64,
    /// Negative hold voltage.
    #[param(name = "vh_n", unit = "V", default = -0.006, range = "(-inf, 0]")]
    pub hold_negative: f64,
    /// Initial filament.
    #[param(name = "x0", default = 0.0, range = "[0, 1]", aliases = "ic")]
    pub initial_filament: f64,
    /// Standard deviation of the positive threshold between devices.
    #[param(name = "d2d_vth_p", unit = "V", default = 0.0, range = "[0, inf)")]
    pub threshold_positive_spread: f64,
    /// Standard deviation of the positive threshold from cycle to cycle.
    #[param(name = "c2c_vth_p", unit = "V", default = 0.0, range = "[0, inf)")]
    pub threshold_positive_jitter: f64,
    /// Standard deviation of the negative threshold between devices.
    #[param(name = "d2d_vth_n", unit = "V", default = 0.0, range = "[0, inf)")]
    pub threshold_negative_spread: f64,
    /// Standard deviation of the negative threshold from cycle to cycle.
    #[param(name = "c2c_vth_n", unit = "V", default = 0.0, range = "[0, inf)")]
    pub threshold_negative_jitter: f64,
    /// Standard deviation of the positive hold voltage between devices.
    #[param(name = "d2d_vh_p", unit = "V", default = 0.0, range = "[0, inf)")]
    pub hold_spread: f64,
    /// Standard deviation of the positive hold voltage from cycle to cycle.
    #[param(name = "c2c_vh_p", unit = "V", default = 0.0, range = "[0, inf)")]
    pub hold_jitter: f64,
    /// Spread of the time constant of switching on between devices, relative.
    #[param(name = "d2d_delay", default = 0.0, range = "[0, 1]")]
    pub delay_spread: f64,
    /// Spread of the time constant of switching on from cycle to cycle, relative.
    #[param(name = "c2c_delay", default = 0.0, range = "[0, 1]")]
    pub delay_jitter: f64,
}

/// `x` above which the selector has turned on, and below which it has turned off.
const ON: f64 = 0.8;
const OFF: f64 = 0.2;

const P: usize = 0;
const N: usize = 1;
const X: usize = 2;

/// A prepared volatile selector.
#[derive(Clone, Debug)]
pub struct AgSelector {
    params: AgSelectorParams,
    temperature: f64,
    cycles: Cycles<4>,
}

/// What varies: both thresholds, the positive hold voltage, V, and the time constant of switching on, s.
type Draws = [f64; 4];

impl AgSelector {
    fn current<S: Scalar>(&self, v: S, x: S) -> S {
        let leakage = (v / self.params.leakage_voltage).tanh() * self.params.leakage_current;
        v * x * self.filament_conductance(v) + leakage
    }

    /// Conductance of the complete filament, S.
    fn filament_conductance<S: Scalar>(&self, v: S) -> S {
        let p = &self.params;
        let (positive, negative) =
            (p.on_resistance_positive.recip(), p.on_resistance_negative.recip());
        sigmoid(v / p.split_width) * (positive - negative) + negative
    }

    /// `dx/dt` at a voltage and a state, 1/s.
    fn rate<S: Scalar>(&self, v: S, x: S, draws: Draws) -> S {
        let p = &self.params;
        let [threshold_positive, threshold_negative, hold_positive, set_time] = draws;
        let distance = |low: f64, high: f64, width: f64| (v - low) * (v - high) / (width * width);
        let set = distance(threshold_negative, threshold_positive, p.set_width);
        let relaxation = distance(p.hold_negative, hold_positive, p.relaxation_width);
        let rest = -x + 1.0;
        let saturating = |z: S| -safe_exp(-z) + 1.0;
        let (x_a, rest_a) = (x * p.steepness, rest * p.steepness);
        let growth = saturating(x_a + p.set_offset) * rest + saturating(rest_a) * x;
        let decay = saturating(x_a) * rest + saturating(rest_a + p.relaxation_offset) * x;
        // Outside [0, 1], where only an iterate goes, both flows would have another root.
        let (least_growth, least_decay) =
            (-(-p.set_offset).exp_m1(), -(-p.relaxation_offset).exp_m1());
        let growth = S::select(x.below(0.0), positive(growth, least_growth), growth);
        let decay = S::select(x.above(1.0), positive(decay, least_decay), decay);
        sigmoid(set) * growth / set_time - sigmoid(-relaxation) * decay / p.relaxation_time
    }
}

impl Model<3> for AgSelector {
    type Params = AgSelectorParams;

    const UNKNOWNS: [Unknown; 3] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::state("x", Retention::Settled, 1.0, 1e-6).within(0.0, 1.0),
    ];
    const LATCHES: usize = 5;
    const OUTPUTS: &'static [Output] = &[
        Output { name: "x", description: "filament growth, 0 to 1", unit: "", nature: None },
        Output {
            name: "g",
            description: "conductance, current over voltage",
            unit: "S",
            nature: None,
        },
        Output { name: "p", description: "dissipated power", unit: "W", nature: None },
    ];

    fn prepare(params: &AgSelectorParams, env: &Environment) -> Result<Self, ParamError> {
        let normal = |name, mean, between, within| {
            Varying::normal(env.variation, name, mean, between, within)
        };
        let p = params;
        let cycles = Cycles::new(
            env.variation,
            [
                normal(
                    "vth_p",
                    p.threshold_positive,
                    p.threshold_positive_spread,
                    p.threshold_positive_jitter,
                ),
                normal(
                    "vth_n",
                    p.threshold_negative,
                    p.threshold_negative_spread,
                    p.threshold_negative_jitter,
                ),
                normal("vh_p", p.hold_positive, p.hold_spread, p.hold_jitter),
                Varying::factor(env.variation, "delay", p.set_time, p.delay_spread, p.delay_jitter),
            ],
        );
        Ok(Self { params: params.clone(), temperature: env.temperature, cycles })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let v = x[P] - x[N];
        out.current(P, N, self.current(v, x[X]));
        out.rate(X, x[X], self.rate(v, x[X], draws(at.latches)));
    }

    fn initial(&self, x: &mut [f64; 3]) {
        x[X] = self.params.initial_filament;
    }

    cycle_latches!(3, |_device, x| (x[X] - ON, OFF - x[X]));

    fn noise(&self, x: &[f64; 3], _at: &Iterate<'_>, out: &mut NoiseSources) {
        let conductance = self.conductance(x[P] - x[N], x[X]);
        out.thermal("thermal", P, N, conductance, self.temperature);
    }

    fn outputs(&self, x: &[f64; 3], _at: &Iterate<'_>, values: &mut [f64]) {
        let v = x[P] - x[N];
        values.copy_from_slice(&[x[X], self.conductance(v, x[X]), v * self.current(v, x[X])]);
    }
}

impl AgSelector {
    /// Current over voltage, S; its limit at zero voltage.
    fn conductance(&self, v: f64, x: f64) -> f64 {
        let u = v / self.params.leakage_voltage;
        // tanh(u)/u, whose series is 1 − u²/3.
        let ratio = if u.abs() < 1e-4 { 1.0 - u * u / 3.0 } else { u.tanh() / u };
        let leakage = self.params.leakage_current / self.params.leakage_voltage * ratio;
        x.max(0.0) * self.filament_conductance(v) + leakage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEANS: Draws = [0.267, -0.119, 0.08, 1.2e-7];

    fn selector() -> AgSelector {
        AgSelector::prepare(&AgSelectorParams::default(), &Environment::default())
            .expect("the defaults make a device")
    }

    /// Advances `x` with classical Runge-Kutta steps of `h` under the voltage `v(t)`, until `stop(t, x)`.
    fn integrate(
        device: &AgSelector,
        mut x: f64,
        h: f64,
        end: f64,
        v: impl Fn(f64) -> f64,
        stop: impl Fn(f64) -> bool,
    ) -> (f64, f64) {
        let mut t = 0.0;
        while t < end && !stop(x) {
            let f = |t: f64, x: f64| device.rate(v(t), x, MEANS);
            let k1 = f(t, x);
            let k2 = f(t + 0.5 * h, x + 0.5 * h * k1);
            let k3 = f(t + 0.5 * h, x + 0.5 * h * k2);
            let k4 = f(t + h, x + h * k3);
            x += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
            t += h;
        }
        (t, x)
    }

    #[test]
    fn a_pulse_forms_the_filament_after_its_delay() {
        let device = selector();
        let pulse = |t: f64| 1.5 * (t / 100e-9).min(1.0);
        let (t, x) = integrate(&device, 0.0, 1e-11, 1e-6, pulse, |x| x >= 0.8);
        // The edge takes 17.8 ns to the threshold; then dx/dt depends on x alone: Simpson's rule over 1/rate.
        let (n, h) = (1000, 0.8 / 1000.0);
        let weight = |k: usize| match k {
            0 => 1.0,
            k if k == n => 1.0,
            k if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let sum: f64 = (0..=n).map(|k| weight(k) / device.rate(1.5, k as f64 * h, MEANS)).sum();
        let closed = 17.8e-9 + sum * h / 3.0;
        assert!(x >= 0.8 && (t - closed).abs() < 0.05e-9, "{t:e} {closed:e}");
        assert!((t / 264.5e-9 - 1.0).abs() < 0.003, "{t:e}");
    }

    #[test]
    fn a_slow_ramp_switches_on_at_threshold_and_off_near_hold() {
        let device = selector();
        // At 100 V/s a millivolt takes 80 time constants.
        let (h, slope) = (2e-8, 100.0);
        let (t_on, _) = integrate(&device, 0.0, h, 4e-3, |t| slope * t, |x| x >= 0.5);
        let on = slope * t_on;
        assert!((on - 0.267).abs() < 0.003, "{on}");
        let down = |t: f64| 0.3 - slope * t;
        let (t_off, _) = integrate(&device, 1.0, h, 4e-3, down, |x| x < 0.5);
        let off = down(t_off);
        assert!((0.088..0.105).contains(&off), "{off}");
    }

    #[test]
    fn the_flow_never_leaves_the_interval() {
        let device = selector();
        for v in [-1000.0, -1.0, -0.05, 0.0, 0.09, 0.3, 1000.0] {
            assert!(device.rate(v, 0.0, MEANS) >= 0.0, "{v}");
            assert!(device.rate(v, 1.0, MEANS) <= 0.0, "{v}");
            for distance in [1e-3, 0.1, 1.0, 10.0] {
                assert!(device.rate(v, -distance, MEANS) >= 0.0, "{v} {distance}");
                assert!(device.rate(v, 1.0 + distance, MEANS) <= 0.0, "{v} {distance}");
            }
        }
    }

    #[test]
    fn resistance_depends_on_the_sign_and_never_jumps() {
        let device = selector();
        let i = |v: f64| device.current(v, 1.0);
        assert!((i(0.5) / 0.5 * 806.0 - 1.0).abs() < 1e-8);
        assert!((i(-0.5) / -0.5 * 1434.0 - 1.0).abs() < 1e-8);
        assert_eq!(i(0.0), 0.0);
    }
}
