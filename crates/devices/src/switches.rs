//! The switches S (controlled by a voltage) and W (controlled by a branch current).
//!
//! A conductance `1/ron` or `1/roff` between the first two terminals, chosen by the control `c`:
//!
//! - with hysteresis `h ≥ 0`, a latch turns on at `c ≥ t + h` and off at `c < t − h`; between the two it stays. It
//!   changes only between solutions, so that an instant of switching can be located;
//! - with `h < 0` there is no latch: between `t − |h|` and `t + |h|` the logarithm of the conductance follows a cubic
//!   with continuous slope,
//!   `ln G = (ln Gon + ln Goff)/2 + (ln Gon − ln Goff)/2 · (3u − u³)/2` with `u = (c − t)/|h|`;
//! - an on and an off value (`von`, `voff`; `ion`, `ioff`) state the same smooth transition by its ends, and where the
//!   on value is the lower one, the switch closes downwards.
//!
//! Noise: thermal noise of the conductance.

use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSources, Output, ParamError, Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

/// S in the list of devices.
pub static VOLTAGE_SWITCH: Kind = Kind {
    letter: Some('s'),
    model_types: &[
        ModelType::plain("sw"),
        ModelType { word: "vswitch", presets: &[("von", 1.0), ("voff", 0.0), ("roff", 1e6)] },
    ],
    summary: "switch controlled by a voltage",
    class: Class::Passive,
    example: "\
* A closed switch of 1k under a load of 1k.
*! run op
*! expect v(out) = 2.5 V  rtol 1e-9
V1 in 0 5
VC c 0 2
S1 in out c 0 contact
R1 out 0 1k
.model contact sw vt=1 vh=0.2 ron=1k roff=1g
.end
",
    ..Kind::of::<VoltageSwitch, 4>("voltage_switch")
};

/// W in the list of devices.
pub static CURRENT_SWITCH: Kind = Kind {
    letter: Some('w'),
    model_types: &[
        ModelType::plain("csw"),
        ModelType { word: "iswitch", presets: &[("ion", 1e-3), ("ioff", 0.0), ("roff", 1e6)] },
    ],
    summary: "switch controlled by a current",
    class: Class::Passive,
    example: "\
* A relay: 2 mA through vc closes a contact of 1k under a load of 1k.
*! run op
*! expect v(out) = 2.5 V  rtol 1e-9
V1 in 0 5
IC 0 c 2m
VC c 0 0
W1 in out VC contact
R1 out 0 1k
.model contact csw it=1m ih=0.2m ron=1k roff=1g
.end
",
    ..Kind::of::<CurrentSwitch, 3>("current_switch")
};

/// Parameters of the switch controlled by a voltage.
#[derive(Clone, Debug, Params)]
pub struct VoltageSwitchParams {
    /// Threshold of the control voltage.
    #[param(name = "vt", unit = "V", default = 0.0)]
    pub threshold: f64,
    /// Half the distance between switching on and off; negative means a smooth transition of that half width.
    #[param(name = "vh", unit = "V", default = 0.0)]
    pub hysteresis: f64,
    /// Control voltage from which a smooth switch is on; with voff instead of vt and vh.
    #[param(name = "von", unit = "V")]
    pub on: Option<f64>,
    /// Control voltage from which a smooth switch is off.
    #[param(name = "voff", unit = "V")]
    pub off: Option<f64>,
    /// Resistance while on.
    #[param(name = "ron", unit = "Ohm", default = 1.0, range = "(0, inf)")]
    pub on_resistance: f64,
    /// Resistance while off.
    #[param(name = "roff", unit = "Ohm", default = 1e12, range = "(0, inf)")]
    pub off_resistance: f64,
    /// Whether the switch is on to begin with, where its control leaves that open.
    #[param(name = "on", flag, default = false, instance)]
    pub initially_on: bool,
}

/// Parameters of the switch controlled by a current.
#[derive(Clone, Debug, Params)]
pub struct CurrentSwitchParams {
    /// Threshold of the control current.
    #[param(name = "it", unit = "A", default = 0.0)]
    pub threshold: f64,
    /// Half the distance between switching on and off; negative means a smooth transition of that half width.
    #[param(name = "ih", unit = "A", default = 0.0)]
    pub hysteresis: f64,
    /// Control current from which a smooth switch is on; with ioff instead of it and ih.
    #[param(name = "ion", unit = "A")]
    pub on: Option<f64>,
    /// Control current from which a smooth switch is off.
    #[param(name = "ioff", unit = "A")]
    pub off: Option<f64>,
    /// Resistance while on.
    #[param(name = "ron", unit = "Ohm", default = 1.0, range = "(0, inf)")]
    pub on_resistance: f64,
    /// Resistance while off.
    #[param(name = "roff", unit = "Ohm", default = 1e12, range = "(0, inf)")]
    pub off_resistance: f64,
    /// Whether the switch is on to begin with, where its control leaves that open.
    #[param(name = "on", flag, default = false, instance)]
    pub initially_on: bool,
}

/// How the control decides.
#[derive(Clone, Copy)]
enum Decision {
    /// A latch that turns on at one value and off below another.
    Latched { on_from: f64, off_below: f64 },
    /// A smooth transition around `middle`, on at `middle + reach`.
    Smooth { middle: f64, reach: f64 },
}

/// What both switches are.
struct Contact {
    decision: Decision,
    on_conductance: f64,
    off_conductance: f64,
    initially_on: bool,
    temperature: f64,
}

/// What a card says about the control, with the parameters' names for messages.
struct Control {
    threshold: f64,
    hysteresis: f64,
    on: (&'static str, Option<f64>),
    off: (&'static str, Option<f64>),
}

impl Control {
    fn decision(&self) -> Result<Decision, ParamError> {
        let (on, off) = match (self.on.1, self.off.1) {
            (Some(on), Some(off)) => (on, off),
            (None, None) => return Ok(self.around_threshold()),
            (Some(_), None) => return Err(ParamError::Missing { name: self.off.0 }),
            (None, Some(_)) => return Err(ParamError::Missing { name: self.on.0 }),
        };
        let inconsistent = |reason| ParamError::Inconsistent { name: self.on.0, value: on, reason };
        if on == off {
            return Err(inconsistent("the on and the off value must differ"));
        }
        if self.threshold != 0.0 || self.hysteresis != 0.0 {
            return Err(inconsistent(
                "give either a threshold with its hysteresis or an on and an off value",
            ));
        }
        Ok(Decision::Smooth { middle: 0.5 * (on + off), reach: 0.5 * (on - off) })
    }

    fn around_threshold(&self) -> Decision {
        if self.hysteresis < 0.0 {
            Decision::Smooth { middle: self.threshold, reach: -self.hysteresis }
        } else {
            Decision::Latched {
                on_from: self.threshold + self.hysteresis,
                off_below: self.threshold - self.hysteresis,
            }
        }
    }
}

impl Contact {
    fn is_on(latches: &[f64]) -> bool {
        latches[0] > 0.5
    }

    fn conductance<S: Scalar>(&self, control: S, latches: &[f64]) -> S {
        match self.decision {
            Decision::Latched { .. } if Self::is_on(latches) => S::constant(self.on_conductance),
            Decision::Latched { .. } => S::constant(self.off_conductance),
            Decision::Smooth { middle, reach } => {
                let (on, off) = (self.on_conductance.ln(), self.off_conductance.ln());
                let one = S::constant(1.0);
                let u = ((control - middle) / reach).max(-one).min(one);
                let course = u * (-u.square() + 3.0) * 0.5;
                (course * (0.5 * (on - off)) + 0.5 * (on + off)).exp()
            }
        }
    }

    fn crossing(&self, control: f64, latches: &[f64]) -> f64 {
        match self.decision {
            Decision::Latched { off_below, .. } if Self::is_on(latches) => off_below - control,
            // The smallest number makes the threshold itself switch on, and changes no other difference.
            Decision::Latched { on_from, .. } => control - on_from + f64::MIN_POSITIVE,
            Decision::Smooth { .. } => -1.0,
        }
    }

    fn flip(latches: &mut [f64]) {
        latches[0] = if Self::is_on(latches) { 0.0 } else { 1.0 };
    }

    fn noise(&self, control: f64, latches: &[f64], out: &mut NoiseSources) {
        let conductance = self.conductance(control, latches);
        out.thermal("thermal", 0, 1, conductance, self.temperature);
    }

    /// Values of [`OUTPUTS`].
    fn outputs(&self, voltage: f64, control: f64, latches: &[f64], values: &mut [f64]) {
        let current = voltage * self.conductance(control, latches);
        values.copy_from_slice(&[current, voltage * current]);
    }
}

const OUTPUTS: &[Output] = &[
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
];

/// A prepared switch controlled by a voltage.
pub struct VoltageSwitch {
    contact: Contact,
}

impl Model<4> for VoltageSwitch {
    type Params = VoltageSwitchParams;

    const UNKNOWNS: [Unknown; 4] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::terminal("cp"),
        Unknown::terminal("cn"),
    ];

    const LATCHES: usize = 1;

    const OUTPUTS: &'static [Output] = OUTPUTS;

    fn prepare(params: &VoltageSwitchParams, env: &Environment) -> Result<Self, ParamError> {
        let control = Control {
            threshold: params.threshold,
            hysteresis: params.hysteresis,
            on: ("von", params.on),
            off: ("voff", params.off),
        };
        Ok(Self {
            contact: Contact {
                decision: control.decision()?,
                on_conductance: 1.0 / params.on_resistance,
                off_conductance: 1.0 / params.off_resistance,
                initially_on: params.initially_on,
                temperature: env.temperature,
            },
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 4],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 4>,
    ) {
        let [p, n, cp, cn] = x;
        let conductance = self.contact.conductance(cp - cn, at.latches);
        out.current(0, 1, (p - n) * conductance);
    }

    fn initial_latches(&self, latches: &mut [f64]) {
        latches[0] = f64::from(self.contact.initially_on);
    }

    fn crossings(&self, x: &[f64; 4], at: &Iterate<'_>, values: &mut [f64]) {
        values[0] = self.contact.crossing(x[2] - x[3], at.latches);
    }

    fn flip(&self, _latch: usize, _x: &[f64; 4], latches: &mut [f64]) {
        Contact::flip(latches);
    }

    fn noise(&self, x: &[f64; 4], at: &Iterate<'_>, out: &mut NoiseSources) {
        self.contact.noise(x[2] - x[3], at.latches, out);
    }

    fn outputs(&self, x: &[f64; 4], at: &Iterate<'_>, values: &mut [f64]) {
        self.contact.outputs(x[0] - x[1], x[2] - x[3], at.latches, values);
    }
}

/// A prepared switch controlled by a current.
pub struct CurrentSwitch {
    contact: Contact,
}

impl Model<3> for CurrentSwitch {
    type Params = CurrentSwitchParams;

    const UNKNOWNS: [Unknown; 3] =
        [Unknown::terminal("p"), Unknown::terminal("n"), Unknown::borrowed("ic")];

    const LATCHES: usize = 1;

    const OUTPUTS: &'static [Output] = OUTPUTS;

    fn prepare(params: &CurrentSwitchParams, env: &Environment) -> Result<Self, ParamError> {
        let control = Control {
            threshold: params.threshold,
            hysteresis: params.hysteresis,
            on: ("ion", params.on),
            off: ("ioff", params.off),
        };
        Ok(Self {
            contact: Contact {
                decision: control.decision()?,
                on_conductance: 1.0 / params.on_resistance,
                off_conductance: 1.0 / params.off_resistance,
                initially_on: params.initially_on,
                temperature: env.temperature,
            },
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let [p, n, control] = x;
        let conductance = self.contact.conductance(control, at.latches);
        out.current(0, 1, (p - n) * conductance);
    }

    fn initial_latches(&self, latches: &mut [f64]) {
        latches[0] = f64::from(self.contact.initially_on);
    }

    fn crossings(&self, x: &[f64; 3], at: &Iterate<'_>, values: &mut [f64]) {
        values[0] = self.contact.crossing(x[2], at.latches);
    }

    fn flip(&self, _latch: usize, _x: &[f64; 3], latches: &mut [f64]) {
        Contact::flip(latches);
    }

    fn noise(&self, x: &[f64; 3], at: &Iterate<'_>, out: &mut NoiseSources) {
        self.contact.noise(x[2], at.latches, out);
    }

    fn outputs(&self, x: &[f64; 3], at: &Iterate<'_>, values: &mut [f64]) {
        self.contact.outputs(x[0] - x[1], x[2], at.latches, values);
    }
}
