//! Yakopcic's memristor: a state between 0 and 1 that moves exponentially past two threshold voltages.
//!
//! Terminals `p n`; the state `x` in [0, 1].
//!
//! ```text
//! I     = a1·x·sinh(b·V) for V ≥ 0,  a2·x·sinh(b·V) below
//! dx/dt = η·g(V)·f(x)
//! g     = ap·(e^V − e^vp) for V > vp,  −an·(e^−V − e^vn) for V < −vn,  zero between
//! f     = exp(−alphap·(x − xp))·((xp − x)/(1 − xp) + 1)   for x ≥ xp and a flow upwards
//!         exp(alphan·(x + xn − 1))·x/(1 − xn)             for x ≤ 1 − xn and a flow downwards,  one elsewhere
//! ```
//!
//! `.model … memristor level=3` means this model, as in Xyce.
//!
//! Reference: C. Yakopcic et al., "Generalized memristive device SPICE model and its application in circuit design",
//! IEEE Trans. Comput.-Aided Des. 32 (2013) 1201, doi 10.1109/TCAD.2013.2252057, eqs 1–8.
//!
//! Deviations. The choice between `a1` and `a2` is blended over `v_blend`; the kinks of `g` at the thresholds over
//! `v_blend` too, those of `f` at `xp` and `1 − xn` over `edge`. Exponentials continue as straight lines beyond 80.

use super::{Kinetics, Memristor, Spreads, past, safe_sinh};
use ovonic_device::{Class, Environment, Kind, ModelType, ParamError, Params, Retention, Unknown};
use ovonic_numerics::scalar::{Scalar, safe_exp, sigmoid};

const EXAMPLE: &str = "\
* Yakopcic's memristor as it begins.  Closed form: 0.17 * 0.11 * sinh(0.05 * 0.1).
*! run op
*! expect i(v1) = -9.350038958e-5 A  rtol 1e-9
V1 p 0 0.1
N1 p 0 oblea
.model oblea yakopcic
.end
";

/// Yakopcic's memristor in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("yakopcic"), ModelType::plain("memristor")],
    levels: &[3],
    summary: "Yakopcic's memristor",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Memristor<Yakopcic>, 3>("yakopcic")
};

/// Parameters of Yakopcic's memristor; the defaults are the reference's fit to a device of Oblea.
#[derive(Clone, Debug, Params)]
pub struct YakopcicParams {
    /// Current scale at positive voltage.
    #[param(name = "a1", unit = "A", default = 0.17, range = "(0, inf)")]
    pub positive_current: f64,
    /// Current scale at negative voltage.
    #[param(name = "a2", unit = "A", default = 0.17, range = "(0, inf)")]
    pub negative_current: f64,
    /// Curvature of the current.
    #[param(name = "b", unit = "1/V", default = 0.05, range = "(0, inf)")]
    pub curvature: f64,
    /// Speed at positive voltage.
    #[param(name = "ap", unit = "1/s", default = 4000.0, range = "[0, inf)")]
    pub positive_speed: f64,
    /// Speed at negative voltage.
    #[param(name = "an", unit = "1/s", default = 4000.0, range = "[0, inf)")]
    pub negative_speed: f64,
    /// Positive threshold.
    #[param(name = "vp", unit = "V", default = 0.16, range = "[0, 50]")]
    pub positive_threshold: f64,
    /// Magnitude of the negative threshold.
    #[param(name = "vn", unit = "V", default = 0.15, range = "[0, 50]")]
    pub negative_threshold: f64,
    /// State from which a flow upwards slows down.
    #[param(name = "xp", default = 0.3, range = "(0, 1)")]
    pub upper_knee: f64,
    /// One minus the state from which a flow downwards slows down.
    #[param(name = "xn", default = 0.5, range = "(0, 1)")]
    pub lower_knee: f64,
    /// Decay of a flow upwards.
    #[param(name = "alphap", default = 1.0, range = "[0, inf)")]
    pub upper_decay: f64,
    /// Decay of a flow downwards.
    #[param(name = "alphan", default = 5.0, range = "[0, inf)")]
    pub lower_decay: f64,
    /// Whether a positive voltage raises the state (1) or lowers it (-1).
    #[param(name = "eta", default = 1, range = "[-1, 1]")]
    pub direction: i32,
    /// Voltage over which kinks are blended.
    #[param(name = "v_blend", unit = "V", default = 1e-3, range = "(0, 0.1]")]
    pub voltage_blend: f64,
    /// Part of the state's interval over which kinks are blended.
    #[param(name = "edge", default = 0.005, range = "(0, 0.1]")]
    pub edge: f64,
    /// Initial state.
    #[param(name = "x0", default = 0.11, range = "[0, 1]", aliases = "ic xo")]
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

/// Yakopcic's equations.
#[derive(Clone, Debug)]
pub struct Yakopcic {
    params: YakopcicParams,
}

impl Yakopcic {
    /// Speed past a threshold in the direction in which `v` is positive.
    fn speed<S: Scalar>(&self, v: S, speed: f64, threshold: f64) -> S {
        let start = threshold.exp();
        past((safe_exp(v) - start) / start, self.params.voltage_blend) * (speed * start)
    }

    /// What slows a flow down that has `ahead` to go, from `knee` on.
    fn slowing<S: Scalar>(&self, ahead: S, knee: f64, decay: f64) -> S {
        let beyond = past(-ahead + (1.0 - knee), self.params.edge);
        safe_exp(beyond * -decay) * (-(beyond / (1.0 - knee)) + 1.0)
    }
}

impl Kinetics for Yakopcic {
    type Params = YakopcicParams;
    const STATE: Unknown = Unknown::state("x", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0);

    fn prepare(params: &YakopcicParams, _env: &Environment) -> Result<Self, ParamError> {
        Ok(Self { params: params.clone() })
    }

    fn current<S: Scalar>(&self, v: S, x: S) -> S {
        let p = &self.params;
        let scale = sigmoid(v / p.voltage_blend) * (p.positive_current - p.negative_current)
            + p.negative_current;
        scale * x * safe_sinh(v * p.curvature)
    }

    fn rate<S: Scalar>(&self, v: S, x: S) -> S {
        let p = &self.params;
        let (positive, negative) = (
            self.speed(v, p.positive_speed, p.positive_threshold),
            self.speed(-v, p.negative_speed, p.negative_threshold),
        );
        let (up, down) = if p.direction < 0 { (negative, positive) } else { (positive, negative) };
        let upwards = self.slowing(-x + 1.0, p.upper_knee, p.upper_decay);
        let downwards = self.slowing(x, p.lower_knee, p.lower_decay);
        (up * upwards - down * downwards) * f64::from(p.direction.abs())
    }

    fn start(&self) -> f64 {
        self.params.initial_state
    }

    fn spreads(params: &YakopcicParams) -> Spreads {
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

    fn oblea() -> Yakopcic {
        Yakopcic::prepare(&YakopcicParams::default(), &Environment::default()).expect("a device")
    }

    #[test]
    fn rates_are_those_of_the_paper_away_from_its_kinks() {
        let device = oblea();
        let up = 4000.0 * (0.5f64.exp() - 0.16f64.exp());
        assert!((device.rate(0.5, 0.1) / up - 1.0).abs() < 1e-9);
        let slowed = (-0.4f64).exp() * (1.0 - 0.4 / 0.7);
        assert!((device.rate(0.5, 0.7) / (up * slowed) - 1.0).abs() < 1e-9);
        let down = -4000.0 * (0.5f64.exp() - 0.15f64.exp());
        assert!((device.rate(-0.5, 0.9) / down - 1.0).abs() < 1e-9);
        let slowed = (5.0f64 * (0.2 + 0.5 - 1.0)).exp() * 0.2 / 0.5;
        assert!((device.rate(-0.5, 0.2) / (down * slowed) - 1.0).abs() < 1e-9);
        assert!(device.rate(0.0, 0.5).abs() < 1e-9);
    }

    #[test]
    fn the_state_stays_inside() {
        let device = oblea();
        assert!(device.rate(1.0, 1.0) <= 0.0 && device.rate(-1.0, 0.0) >= 0.0);
        assert!(device.rate(1.0, 1.1) <= 0.0 && device.rate(-1.0, -0.1) >= 0.0);
    }
}
