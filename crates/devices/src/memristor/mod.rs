//! Memristors with one retained state: what they share.
//!
//! ```text
//! I = current(V, x),   dx/dt = rate(V, x),   V = v(p) − v(n)
//! ```
//!
//! A model states its two functions and its parameters ([`Kinetics`]); [`Memristor`] makes a device of them. The state
//! is held in operating points and sweeps, and moves in small signals and in time. Published models are mended where
//! they are ill-posed, as T. Wang and J. Roychowdhury, "Well-Posed Models of Memristive Devices", arXiv:1605.04897,
//! describe: kinks are blended over a width that is a parameter, exponentials continue as straight lines where nothing
//! physical is left, and a flow that would leave the state's interval vanishes at its bound.
//!
//! Each model's parameters name how its devices and cycles differ ([`Spreads`]): a factor on the current, as of an area, and
//! one on the rate of the state.

pub mod hp;
pub mod knowm;
pub mod sky130;
pub mod stanford;
pub mod team;
pub mod yakopcic;

use crate::cycle::{Cycles, Varying, cycle_latches, draws};
use ovonic_device::{
    Contributions, Environment, Iterate, Limits, Model, NoiseSources, Output, ParamError, Params,
    Unknown, Variation,
};
use ovonic_numerics::scalar::{Dual, Scalar, soft_plus};

/// Conductance, as every memory device reports it.
pub(crate) const CONDUCTANCE: Output =
    Output { name: "g", description: "conductance, current over voltage", unit: "S", nature: None };

/// Power, as every memory device reports it.
pub(crate) const POWER: Output =
    Output { name: "p", description: "dissipated power", unit: "W", nature: None };

/// The physics of a memristor with one retained state.
pub trait Kinetics: Send + Sync + Sized + 'static {
    /// What a card may say.
    type Params: Params;
    /// The state.
    const STATE: Unknown;

    /// See [`Model::prepare`].
    ///
    /// # Errors
    /// When parameters contradict each other.
    fn prepare(params: &Self::Params, env: &Environment) -> Result<Self, ParamError>;

    /// Current, A, at a voltage, V, and a state.
    fn current<S: Scalar>(&self, v: S, x: S) -> S;

    /// Rate of the state, per second, likewise.
    fn rate<S: Scalar>(&self, v: S, x: S) -> S;

    /// The state to begin with.
    fn start(&self) -> f64;

    /// How devices and cycles differ.
    fn spreads(params: &Self::Params) -> Spreads;
}

/// How devices of a card differ, and a device from cycle to cycle: by factors `exp(spread·z)` with a standard normal `z`.
/// A cycle ends when the state, having exceeded 0.8, falls below 0.2.
#[derive(Clone, Copy, Debug)]
pub struct Spreads {
    /// Of the conductance between devices.
    pub conductance: f64,
    /// Of the rate of the state between devices.
    pub rate: f64,
    /// Of the rate of the state from cycle to cycle.
    pub rate_jitter: f64,
}

impl Spreads {
    /// A device's factor on the conductance, and its cycles, each with a factor on the rate.
    pub(crate) fn draw(&self, variation: Variation) -> (f64, Cycles<1>) {
        let rate = Varying::factor(variation, "rate", 1.0, self.rate, self.rate_jitter);
        let conductance = variation.factor("conductance", 0, self.conductance);
        (conductance, Cycles::new(variation, [rate]))
    }
}

/// State above which a cycle has begun, and below which it ends.
pub(crate) const BEGUN: f64 = 0.8;
pub(crate) const ENDED: f64 = 0.2;

const P: usize = 0;
const N: usize = 1;
const X: usize = 2;

/// A prepared memristor.
#[derive(Clone, Debug)]
pub struct Memristor<K> {
    kinetics: K,
    temperature: f64,
    /// The device's factor on the conductance.
    factor: f64,
    cycles: Cycles<1>,
}

impl<K: Kinetics> Memristor<K> {
    fn conductance(&self, v: f64, x: f64) -> f64 {
        chord(v, |v| self.kinetics.current(v, Dual::constant(x)) * self.factor)
    }
}

impl<K: Kinetics> Model<3> for Memristor<K> {
    type Params = K::Params;

    const UNKNOWNS: [Unknown; 3] = [Unknown::terminal("p"), Unknown::terminal("n"), K::STATE];
    const LATCHES: usize = 2;
    const OUTPUTS: &'static [Output] = &[CONDUCTANCE, POWER];

    fn prepare(params: &K::Params, env: &Environment) -> Result<Self, ParamError> {
        let (factor, cycles) = K::spreads(params).draw(env.variation);
        let kinetics = K::prepare(params, env)?;
        Ok(Self { kinetics, temperature: env.temperature, factor, cycles })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let v = x[P] - x[N];
        let [speed] = draws(at.latches);
        out.current(P, N, self.kinetics.current(v, x[X]) * self.factor);
        out.rate(X, x[X], self.kinetics.rate(v, x[X]) * speed);
    }

    fn initial(&self, x: &mut [f64; 3]) {
        x[X] = self.kinetics.start();
    }

    cycle_latches!(3, |_device, x| (x[X] - BEGUN, ENDED - x[X]));

    fn noise(&self, x: &[f64; 3], _at: &Iterate<'_>, out: &mut NoiseSources) {
        out.thermal("thermal", P, N, self.conductance(x[P] - x[N], x[X]), self.temperature);
    }

    fn outputs(&self, x: &[f64; 3], _at: &Iterate<'_>, values: &mut [f64]) {
        let v = x[P] - x[N];
        let conductance = self.conductance(v, x[X]);
        values.copy_from_slice(&[conductance, v * v * conductance]);
    }
}

/// Current over voltage, S; the slope at zero, where the quotient has no digits.
pub(crate) fn chord(v: f64, current: impl Fn(Dual<1>) -> Dual<1>) -> f64 {
    let at = current(Dual::unknown(v, 0));
    if v.abs() < 1e-9 { at.gradient[0] } else { at.value / v }
}

/// `sinh u`; its tangent beyond ±80.
pub(crate) fn safe_sinh<S: Scalar>(u: S) -> S {
    const LIMIT: f64 = 80.0;
    u.map(|v| {
        let inside = v.clamp(-LIMIT, LIMIT);
        let slope = inside.cosh();
        (inside.sinh() + slope * (v - inside), slope)
    })
}

/// How far `z` is past zero, rounded over `width`: `width·ln(1 + e^(z/width))`, exponentially small before zero.
pub(crate) fn past<S: Scalar>(z: S, width: f64) -> S {
    soft_plus(z / width) * width
}

/// What a flow towards a bound is multiplied by: `tanh(distance/width)`, one away from the bound, zero at it, negative
/// beyond, so that nothing passes and what an iterate has put outside comes back.
pub(crate) fn before<S: Scalar>(distance: S, width: f64) -> S {
    (distance / width).map(|u| {
        // One minus the square of a tangent near one would have no digits left.
        let cosh = u.cosh();
        (u.tanh(), 1.0 / (cosh * cosh))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinh_continues_as_its_tangent() {
        assert_eq!(safe_sinh(1.5f64), 1.5f64.sinh());
        let beyond = safe_sinh(Dual::<1>::unknown(-1e4, 0));
        assert!(beyond.value.is_finite() && beyond.value < -(80f64.sinh()));
        assert_eq!(beyond.gradient[0], 80f64.cosh());
    }

    #[test]
    fn blends_leave_nothing_behind() {
        assert_eq!(past(-1.0f64, 1e-3), 0.0);
        assert_eq!(past(1.0f64, 1e-3), 1.0);
        assert_eq!(before(0.0f64, 0.01), 0.0);
        assert_eq!(before(1.0f64, 0.01), 1.0);
        assert!(before(-1e-3f64, 0.01) < 0.0);
    }

    #[test]
    fn a_chord_at_zero_is_the_slope() {
        let sinh = |v: Dual<1>| safe_sinh(v * 3.0) * 2.0;
        assert_eq!(chord(0.0, sinh), 6.0);
        assert!((chord(1.0, sinh) - 2.0 * 3f64.sinh()).abs() < 1e-12);
    }
}
