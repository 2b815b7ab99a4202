//! The linear capacitor.
//!
//! `q = C(T)·v` with `C(T) = C·(1 + tc1·ΔT + tc2·ΔT²)`; `C` is the value, or
//! `cj·l'·w' + 2·cjsw·(l' + w')` with `l' = l − short`, `w' = w − narrow` from the drawn geometry.

use crate::geometry::temperature_factor;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature, Output,
    ParamError, Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

const EXAMPLE: &str = "\
* A capacitor is open in an operating point: nothing flows through r1.
*! run op
*! expect v(out) = 5 V  rtol 1e-9
*! expect @c1[q] = 5e-9 C  rtol 1e-9
V1 in 0 5
R1 in out 1k
C1 out 0 1n
.save v(out) @c1[q]
.end
";

/// Entry in the list of devices.
pub static KIND: Kind = Kind {
    letter: Some('c'),
    model_types: &[ModelType::plain("c"), ModelType::plain("cap")],
    summary: "linear capacitor",
    class: Class::Reactive,
    generic: true,
    value: Some("c"),
    initial: &["ic"],
    example: EXAMPLE,
    ..Kind::of::<Capacitor, 2>("capacitor")
};

/// Parameters of the capacitor.
#[derive(Clone, Debug, Params)]
pub struct CapacitorParams {
    /// Capacitance at the nominal temperature; absent means from the geometry.
    #[param(name = "c", aliases = "cap capacitance", unit = "F")]
    pub capacitance: Option<f64>,
    /// First-order temperature coefficient.
    #[param(name = "tc1", aliases = "tc", unit = "1/K", default = 0.0)]
    pub linear_temperature_coefficient: f64,
    /// Second-order temperature coefficient.
    #[param(name = "tc2", unit = "1/K^2", default = 0.0)]
    pub quadratic_temperature_coefficient: f64,
    /// Capacitance per area.
    #[param(name = "cj", unit = "F/m^2", range = "[0, inf)")]
    pub area_capacitance: Option<f64>,
    /// Capacitance per length of the edge.
    #[param(name = "cjsw", unit = "F/m", default = 0.0, range = "[0, inf)")]
    pub edge_capacitance: f64,
    /// Drawn length.
    #[param(name = "l", unit = "m", range = "(0, inf)")]
    pub length: Option<f64>,
    /// Drawn width; absent means defw.
    #[param(name = "w", unit = "m", range = "(0, inf)")]
    pub width: Option<f64>,
    /// Default width.
    #[param(name = "defw", unit = "m", default = 1e-5, range = "(0, inf)")]
    pub default_width: f64,
    /// What the width loses in processing.
    #[param(name = "narrow", unit = "m", default = 0.0, range = "[0, inf)")]
    pub narrowing: f64,
    /// What the length loses in processing.
    #[param(name = "short", unit = "m", default = 0.0, range = "[0, inf)")]
    pub shortening: f64,
    /// Initial voltage from the first terminal to the second.
    #[param(name = "ic", unit = "V", instance)]
    pub initial_voltage: Option<f64>,
}

/// A prepared capacitor.
pub struct Capacitor {
    capacitance: f64,
    initial_voltage: Option<f64>,
}

impl CapacitorParams {
    fn nominal_capacitance(&self) -> Result<f64, ParamError> {
        if let Some(capacitance) = self.capacitance {
            return Ok(capacitance);
        }
        let Some(area_capacitance) = self.area_capacitance else {
            return Err(ParamError::Missing { name: "c" });
        };
        let Some(drawn_length) = self.length else {
            return Err(ParamError::Missing { name: "l" });
        };
        let length = drawn_length - self.shortening;
        let width = self.width.unwrap_or(self.default_width) - self.narrowing;
        if length <= 0.0 || width <= 0.0 {
            return Err(ParamError::Inconsistent {
                name: "l",
                value: drawn_length,
                reason: "nothing is left of the plate after narrow and short",
            });
        }
        Ok(area_capacitance * length * width + 2.0 * self.edge_capacitance * (length + width))
    }
}

impl Model<2> for Capacitor {
    type Params = CapacitorParams;

    const UNKNOWNS: [Unknown; 2] = [Unknown::terminal("p"), Unknown::terminal("n")];

    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "v",
            description: "Voltage from the first terminal to the second",
            unit: "V",
            nature: Some(Nature::Voltage),
        },
        Output {
            name: "q",
            description: "Charge on the first terminal's plate",
            unit: "C",
            nature: None,
        },
        Output {
            name: "c",
            description: "Capacitance at the device's temperature",
            unit: "F",
            nature: None,
        },
    ];

    fn prepare(params: &CapacitorParams, env: &Environment) -> Result<Self, ParamError> {
        let factor = temperature_factor(
            params.linear_temperature_coefficient,
            params.quadratic_temperature_coefficient,
            env,
        )?;
        Ok(Self {
            capacitance: params.nominal_capacitance()? * factor,
            initial_voltage: params.initial_voltage,
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 2],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.charge(0, 1, (x[0] - x[1]) * self.capacitance);
    }

    fn initial(&self, x: &mut [f64; 2]) {
        if let Some(voltage) = self.initial_voltage {
            x[0] = x[1] + voltage;
        }
    }

    fn outputs(&self, x: &[f64; 2], _at: &Iterate<'_>, values: &mut [f64]) {
        let voltage = x[0] - x[1];
        values.copy_from_slice(&[voltage, voltage * self.capacitance, self.capacitance]);
    }
}
