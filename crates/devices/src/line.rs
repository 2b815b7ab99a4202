//! The lossless transmission line T, by the method of characteristics.
//!
//! Unknowns: both ports' terminals, and the currents `i1`, `i2` into them. A wave that enters one port leaves the other
//! after the delay `td`:
//!
//! ```text
//! v1(t) − z0·i1(t) = v2(t − td) + z0·i2(t − td)
//! v2(t) − z0·i2(t) = v1(t − td) + z0·i1(t − td)
//! ```
//!
//! Where nothing has a history (dc), the sum of the two says `i1 = −i2` and the difference `v1 = v2`: the line is a pair
//! of wires, and the equations are independent. The ports are floating and share no reference.
//!
//! Source: F. H. Branin, "Transient Analysis of Lossless Transmission Lines", Proc. IEEE 55 (1967) 2012.

use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ParamError, Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

const EXAMPLE: &str = "\
* At a quarter wave the line turns the load of 200 into z0^2 / 200 = 12.5 at its input.
* Closed form: v(in) = 12.5 / (50 + 12.5) of the source.
*! run ac
*! expect vm(in) = 0.2 V  rtol 1e-9
V1 s 0 dc 0 ac 1
RS s in 50
T1 in 0 out 0 z0=50 td=1n
RL out 0 200
.ac lin 1 250meg 250meg
.end
";

/// Entry in the list of devices.
pub static KIND: Kind = Kind {
    letter: Some('t'),
    summary: "lossless transmission line",
    class: Class::Reactive,
    initial: &["v1", "i1", "v2", "i2"],
    example: EXAMPLE,
    ..Kind::of::<Line, 6>("line")
};

/// Parameters of the line.
#[derive(Clone, Debug, Params)]
pub struct LineParams {
    /// Characteristic impedance.
    #[param(name = "z0", aliases = "zo", unit = "Ohm", range = "(0, inf)", required)]
    pub impedance: Option<f64>,
    /// Delay from port to port.
    #[param(name = "td", unit = "s", range = "(0, inf)")]
    pub delay: Option<f64>,
    /// Frequency at which the line is nl wavelengths long; instead of td.
    #[param(name = "f", unit = "Hz", range = "(0, inf)")]
    pub frequency: Option<f64>,
    /// Length in wavelengths at the frequency f.
    #[param(name = "nl", default = 0.25, range = "(0, inf)")]
    pub normalised_length: f64,
    /// Initial voltage of the first port.
    #[param(name = "v1", unit = "V", instance)]
    pub initial_voltage_1: Option<f64>,
    /// Initial current into the first port.
    #[param(name = "i1", unit = "A", instance)]
    pub initial_current_1: Option<f64>,
    /// Initial voltage of the second port.
    #[param(name = "v2", unit = "V", instance)]
    pub initial_voltage_2: Option<f64>,
    /// Initial current into the second port.
    #[param(name = "i2", unit = "A", instance)]
    pub initial_current_2: Option<f64>,
}

/// A prepared line.
pub struct Line {
    impedance: f64,
    delay: f64,
    initial_voltages: [Option<f64>; 2],
    initial_currents: [Option<f64>; 2],
}

impl Model<6> for Line {
    type Params = LineParams;

    const UNKNOWNS: [Unknown; 6] = [
        Unknown::terminal("p1"),
        Unknown::terminal("n1"),
        Unknown::terminal("p2"),
        Unknown::terminal("n2"),
        Unknown::branch("i1"),
        Unknown::branch("i2"),
    ];

    fn prepare(params: &LineParams, _env: &Environment) -> Result<Self, ParamError> {
        let delay = match (params.delay, params.frequency) {
            (Some(delay), None) => delay,
            (None, Some(frequency)) => params.normalised_length / frequency,
            (None, None) => return Err(ParamError::Missing { name: "td" }),
            (Some(value), Some(_)) => {
                return Err(ParamError::Inconsistent {
                    name: "td",
                    value,
                    reason: "give either the delay or a frequency with the length in wavelengths",
                });
            }
        };
        Ok(Self {
            impedance: params.impedance.ok_or(ParamError::Missing { name: "z0" })?,
            delay,
            initial_voltages: [params.initial_voltage_1, params.initial_voltage_2],
            initial_currents: [params.initial_current_1, params.initial_current_2],
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 6],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 6>,
    ) {
        let [p1, n1, p2, n2, i1, i2] = x;
        let (v1, v2) = (p1 - n1, p2 - n2);
        out.current(0, 1, i1);
        out.current(2, 3, i2);
        out.equation(4, v1 - i1 * self.impedance);
        out.delayed(4, v2 + i2 * self.impedance, self.delay, -1.0);
        out.equation(5, v2 - i2 * self.impedance);
        out.delayed(5, v1 + i1 * self.impedance, self.delay, -1.0);
    }

    fn initial(&self, x: &mut [f64; 6]) {
        for port in 0..2 {
            if let Some(voltage) = self.initial_voltages[port] {
                x[2 * port] = x[2 * port + 1] + voltage;
            }
            if let Some(current) = self.initial_currents[port] {
                x[4 + port] = current;
            }
        }
    }
}
