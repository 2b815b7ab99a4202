//! The linear resistor, in conductance form.
//!
//! `i = v / R(T)` with `R(T) = R·(1 + tc1·ΔT + tc2·ΔT²)`, or `R·1.01^(tce·ΔT)` where `tce` is given; `R` is the
//! value, or `rsh·(l − short)/(w − narrow)` from the drawn geometry. A resistance of zero is refused rather than
//! replaced by a small one: the circuit that was meant has a node less.
//! Noise: thermal `4kT/|R|`, and flicker `kf·|i|^af / (area·f^ef)`.

use crate::geometry::temperature_factor;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSources, Output, ParamError, Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

const EXAMPLE: &str = "\
* Voltage divider with a temperature coefficient.  At 127 C, r2 is 2k * (1 + 1e-3 * 100) = 2.2k.
*! run op
*! expect v(out) = 6.875 V  rtol 1e-12
V1 in 0 10
R1 in out 1k
R2 out 0 2k tc1=1e-3 temp=127
.end
";

/// Entry in the list of devices.
pub static KIND: Kind = Kind {
    letter: Some('r'),
    model_types: &[ModelType::plain("r"), ModelType::plain("res")],
    summary: "linear resistor",
    class: Class::Passive,
    generic: true,
    value: Some("r"),
    example: EXAMPLE,
    ..Kind::of::<Resistor, 2>("resistor")
};

/// Parameters of the resistor.
#[derive(Clone, Debug, Params)]
pub struct ResistorParams {
    /// Resistance at the nominal temperature; absent means from the geometry.
    #[param(name = "r", aliases = "resistance", unit = "Ohm")]
    pub resistance: Option<f64>,
    /// First-order temperature coefficient.
    #[param(name = "tc1", aliases = "tc", unit = "1/K", default = 0.0)]
    pub linear_temperature_coefficient: f64,
    /// Second-order temperature coefficient.
    #[param(name = "tc2", unit = "1/K^2", default = 0.0)]
    pub quadratic_temperature_coefficient: f64,
    /// Exponential temperature coefficient, %/K; where it is given, tc1 and tc2 do not count.
    #[param(name = "tce", unit = "1/K")]
    pub exponential_temperature_coefficient: Option<f64>,
    /// Sheet resistance.
    #[param(name = "rsh", unit = "Ohm", range = "(0, inf)")]
    pub sheet_resistance: Option<f64>,
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
    /// Flicker noise coefficient.
    #[param(name = "kf", default = 0.0, range = "[0, inf)")]
    pub flicker_coefficient: f64,
    /// Exponent of the current in the flicker noise.
    #[param(name = "af", default = 2.0, range = "[0, inf)")]
    pub flicker_current_exponent: f64,
    /// Exponent of the frequency in the flicker noise.
    #[param(name = "ef", default = 1.0, range = "[0, inf)")]
    pub flicker_frequency_exponent: f64,
    /// Exponent of the length in the flicker noise; it counts where l is given.
    #[param(name = "lf", default = 1.0)]
    pub flicker_length_exponent: f64,
    /// Exponent of the width in the flicker noise; it counts where l is given.
    #[param(name = "wf", default = 1.0)]
    pub flicker_width_exponent: f64,
    /// Whether the resistor makes noise.
    #[param(name = "noisy", aliases = "noise", flag, default = true)]
    pub noisy: bool,
}

/// A prepared resistor.
pub struct Resistor {
    conductance: f64,
    temperature: f64,
    noisy: bool,
    /// Flicker coefficient over the area's share.
    flicker: f64,
    flicker_current_exponent: f64,
    flicker_frequency_exponent: f64,
}

impl ResistorParams {
    /// Length and width that are left after processing, m; absent without a drawn length.
    fn geometry(&self) -> Result<Option<(f64, f64)>, ParamError> {
        let Some(drawn_length) = self.length else {
            return Ok(None);
        };
        let drawn_width = self.width.unwrap_or(self.default_width);
        let (length, width) = (drawn_length - self.shortening, drawn_width - self.narrowing);
        let left = |name, value, left: f64| {
            if left > 0.0 {
                Ok(())
            } else {
                Err(ParamError::Inconsistent {
                    name,
                    value,
                    reason: "nothing is left of it after narrow and short",
                })
            }
        };
        left("l", drawn_length, length)?;
        left("w", drawn_width, width)?;
        Ok(Some((length, width)))
    }

    fn nominal_resistance(&self) -> Result<f64, ParamError> {
        let resistance = match (self.resistance, self.sheet_resistance, self.geometry()?) {
            (Some(resistance), _, _) => resistance,
            (None, Some(sheet), Some((length, width))) => sheet * length / width,
            (None, Some(_), None) => return Err(ParamError::Missing { name: "l" }),
            (None, None, _) => return Err(ParamError::Missing { name: "r" }),
        };
        if resistance == 0.0 {
            return Err(ParamError::Inconsistent {
                name: "r",
                value: 0.0,
                reason: "a resistance of zero has no conductance; join the nodes, or use a voltage source of 0 V",
            });
        }
        Ok(resistance)
    }
}

impl Model<2> for Resistor {
    type Params = ResistorParams;

    const UNKNOWNS: [Unknown; 2] = [Unknown::terminal("p"), Unknown::terminal("n")];

    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "i",
            description: "Current into the first terminal",
            unit: "A",
            nature: Some(Nature::Current),
        },
        Output {
            name: "p",
            description: "Dissipated power",
            unit: "W",
            nature: Some(Nature::HeatFlow),
        },
        Output {
            name: "r",
            description: "Resistance at the device's temperature",
            unit: "Ohm",
            nature: None,
        },
    ];

    fn prepare(params: &ResistorParams, env: &Environment) -> Result<Self, ParamError> {
        let factor = match params.exponential_temperature_coefficient {
            Some(tce) => 1.01f64.powf(tce * (env.temperature - env.nominal_temperature)),
            None => temperature_factor(
                params.linear_temperature_coefficient,
                params.quadratic_temperature_coefficient,
                env,
            )?,
        };
        let area = params.geometry()?.map_or(1.0, |(length, width)| {
            length.powf(params.flicker_length_exponent) * width.powf(params.flicker_width_exponent)
        });
        Ok(Self {
            conductance: 1.0 / (params.nominal_resistance()? * factor),
            temperature: env.temperature,
            noisy: params.noisy,
            flicker: params.flicker_coefficient / area,
            flicker_current_exponent: params.flicker_current_exponent,
            flicker_frequency_exponent: params.flicker_frequency_exponent,
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 2],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.current(0, 1, (x[0] - x[1]) * self.conductance);
    }

    fn noise(&self, x: &[f64; 2], _at: &Iterate<'_>, out: &mut NoiseSources) {
        if !self.noisy {
            return;
        }
        let current = (x[0] - x[1]) * self.conductance;
        out.thermal("thermal", 0, 1, self.conductance.abs(), self.temperature);
        out.flicker(
            "flicker",
            0,
            1,
            self.flicker,
            current,
            self.flicker_current_exponent,
            self.flicker_frequency_exponent,
        );
    }

    fn outputs(&self, x: &[f64; 2], _at: &Iterate<'_>, values: &mut [f64]) {
        let voltage = x[0] - x[1];
        let current = voltage * self.conductance;
        values.copy_from_slice(&[current, voltage * current, 1.0 / self.conductance]);
    }
}
