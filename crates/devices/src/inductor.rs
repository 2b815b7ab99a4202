//! The linear inductor, with its current as an unknown.
//!
//! `v = d/dt (L(T)·i)` with `L(T) = L·(1 + tc1·ΔT + tc2·ΔT²)`. Coupled inductors add their mutual fluxes to the same
//! branch equation.

use crate::geometry::temperature_factor;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Output, ParamError,
    Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

const EXAMPLE: &str = "\
* An inductor is a short in an operating point: the whole voltage lies across r1.
*! run op
*! expect v(out) = 0 V  atol 1e-12
*! expect i(l1) = 5e-3 A  rtol 1e-9
V1 in 0 5
R1 in out 1k
L1 out 0 1u
.end
";

/// Entry in the list of devices.
pub static KIND: Kind = Kind {
    letter: Some('l'),
    model_types: &[ModelType::plain("l"), ModelType::plain("ind")],
    summary: "linear inductor",
    class: Class::Reactive,
    value: Some("l"),
    initial: &["ic"],
    example: EXAMPLE,
    ..Kind::of::<Inductor, 3>("inductor")
};

/// Parameters of the inductor.
#[derive(Clone, Debug, Params)]
pub struct InductorParams {
    /// Inductance at the nominal temperature.
    #[param(name = "l", aliases = "ind inductance", unit = "H", required)]
    pub inductance: Option<f64>,
    /// First-order temperature coefficient.
    #[param(name = "tc1", aliases = "tc", unit = "1/K", default = 0.0)]
    pub linear_temperature_coefficient: f64,
    /// Second-order temperature coefficient.
    #[param(name = "tc2", unit = "1/K^2", default = 0.0)]
    pub quadratic_temperature_coefficient: f64,
    /// Initial current into the first terminal.
    #[param(name = "ic", unit = "A", instance)]
    pub initial_current: Option<f64>,
}

impl InductorParams {
    /// Inductance at the device's temperature, H: what a coupling needs to know.
    ///
    /// # Errors
    /// When it is missing, or the temperature coefficients make it vanish.
    pub fn inductance_at(&self, env: &Environment) -> Result<f64, ParamError> {
        let factor = temperature_factor(
            self.linear_temperature_coefficient,
            self.quadratic_temperature_coefficient,
            env,
        )?;
        let nominal = self.inductance.ok_or(ParamError::Missing { name: "l" })?;
        Ok(nominal * factor)
    }
}

/// A prepared inductor.
pub struct Inductor {
    inductance: f64,
    initial_current: Option<f64>,
}

impl Model<3> for Inductor {
    type Params = InductorParams;

    const UNKNOWNS: [Unknown; 3] =
        [Unknown::terminal("p"), Unknown::terminal("n"), Unknown::branch("i")];

    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "flux",
            description: "Flux of the inductor's own current",
            unit: "Wb",
            nature: None,
        },
        Output {
            name: "l",
            description: "Inductance at the device's temperature",
            unit: "H",
            nature: None,
        },
    ];

    fn prepare(params: &InductorParams, env: &Environment) -> Result<Self, ParamError> {
        Ok(Self { inductance: params.inductance_at(env)?, initial_current: params.initial_current })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let [p, n, i] = x;
        out.current(0, 1, i);
        out.equation(2, p - n);
        out.storage(2, -(i * self.inductance));
    }

    fn initial(&self, x: &mut [f64; 3]) {
        if let Some(current) = self.initial_current {
            x[2] = current;
        }
    }

    fn outputs(&self, x: &[f64; 3], _at: &Iterate<'_>, values: &mut [f64]) {
        values.copy_from_slice(&[x[2] * self.inductance, self.inductance]);
    }
}
