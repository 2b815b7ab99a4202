//! The independent sources V and I.
//!
//! A source has a dc value, a waveform in time and a small-signal stimulus. Where the analysis has no time, the dc
//! value counts if it is given, else the waveform at time zero; where there is a time, the waveform counts if there
//! is one. All of it is scaled in source stepping.
//! Current is positive into the first terminal, through the source and out of the second: a battery that feeds a
//! circuit carries a negative current.

use crate::waveform::{Course, Waveform};
use num_complex::Complex64;
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, Nature, Output, ParamError,
    Params, Time, Unknown,
};
use ovonic_numerics::scalar::Scalar;

/// V in the list of devices.
pub static VOLTAGE_SOURCE: Kind = Kind {
    letter: Some('v'),
    summary: "independent voltage source",
    class: Class::Source,
    generic: true,
    value: Some("dc"),
    example: "\
* Voltage divider.  Closed form: v(out) = 10 * 2k / (1k + 2k).
*! run op
*! expect v(out) = 6.666666666667 V  rtol 1e-12
*! expect i(v1) = -3.333333333333e-3 A  rtol 1e-12
V1 in 0 10
R1 in out 1k
R2 out 0 2k
.end
",
    ..Kind::of::<VoltageSource, 3>("voltage_source")
};

/// I in the list of devices.
pub static CURRENT_SOURCE: Kind = Kind {
    letter: Some('i'),
    summary: "independent current source",
    class: Class::Source,
    generic: true,
    value: Some("dc"),
    example: "\
* A current of 1 mA, pushed into the node out.
*! run op
*! expect v(out) = 2 V  rtol 1e-9
I1 0 out 1m
R1 out 0 2k
.end
",
    ..Kind::of::<CurrentSource, 2>("current_source")
};

/// Parameters of an independent source; its value in V or A.
#[derive(Clone, Debug, Params)]
pub struct SourceParams {
    /// Value in dc analyses; absent means the waveform's at time zero.
    #[param(name = "dc", instance)]
    pub dc: Option<f64>,
    /// Magnitude of the small-signal stimulus.
    #[param(name = "acmag", default = 0.0, instance)]
    pub ac_magnitude: f64,
    /// Phase of the small-signal stimulus.
    #[param(name = "acphase", unit = "deg", default = 0.0, instance)]
    pub ac_phase: f64,
    /// Course in time.
    pub waveform: Waveform,
}

/// What both sources are: a quantity that depends on nothing but time.
struct Drive {
    dc: f64,
    course: Option<Course>,
    stimulus: Complex64,
}

impl Drive {
    fn new(params: &SourceParams, env: &Environment) -> Result<Self, ParamError> {
        let course = params.waveform.course(env)?;
        let at_zero = || {
            let start = course.as_ref().map(|course| course.value(Time::default()));
            start.unwrap_or(0.0)
        };
        Ok(Self {
            dc: params.dc.unwrap_or_else(at_zero),
            stimulus: Complex64::from_polar(params.ac_magnitude, params.ac_phase.to_radians()),
            course,
        })
    }

    fn value(&self, at: &Iterate<'_>) -> f64 {
        let value = match (at.time, &self.course) {
            (Some(time), Some(course)) => course.value(time),
            _ => self.dc,
        };
        at.source_scale * value
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        self.course.as_ref()?.next_event(after)
    }
}

const POWER: Output = Output {
    name: "p",
    description: "Power that the source takes up; negative while it feeds the circuit",
    unit: "W",
    nature: Some(Nature::HeatFlow),
};

/// A prepared voltage source.
pub struct VoltageSource {
    drive: Drive,
}

impl Model<3> for VoltageSource {
    type Params = SourceParams;

    const UNKNOWNS: [Unknown; 3] =
        [Unknown::terminal("p"), Unknown::terminal("n"), Unknown::branch("i")];

    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "v",
            description: "Voltage from the first terminal to the second",
            unit: "V",
            nature: Some(Nature::Voltage),
        },
        POWER,
    ];

    fn prepare(params: &SourceParams, env: &Environment) -> Result<Self, ParamError> {
        let drive = Drive::new(params, env)?;
        Ok(Self { drive })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        let [p, n, i] = x;
        out.current(0, 1, i);
        out.equation(2, p - n - self.drive.value(at));
    }

    fn stimulus(&self, rhs: &mut [Complex64; 3]) {
        rhs[2] += self.drive.stimulus;
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        self.drive.next_event(after)
    }

    fn outputs(&self, x: &[f64; 3], _at: &Iterate<'_>, values: &mut [f64]) {
        values.copy_from_slice(&[x[0] - x[1], (x[0] - x[1]) * x[2]]);
    }
}

/// A prepared current source.
pub struct CurrentSource {
    drive: Drive,
}

impl Model<2> for CurrentSource {
    type Params = SourceParams;

    const UNKNOWNS: [Unknown; 2] = [Unknown::terminal("p"), Unknown::terminal("n")];

    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "i",
            description: "Current into the first terminal",
            unit: "A",
            nature: Some(Nature::Current),
        },
        POWER,
    ];

    fn prepare(params: &SourceParams, env: &Environment) -> Result<Self, ParamError> {
        let drive = Drive::new(params, env)?;
        Ok(Self { drive })
    }

    fn eval<S: Scalar>(
        &self,
        _x: [S; 2],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        out.current(0, 1, S::constant(self.drive.value(at)));
    }

    fn stimulus(&self, rhs: &mut [Complex64; 2]) {
        rhs[0] -= self.drive.stimulus;
        rhs[1] += self.drive.stimulus;
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        self.drive.next_event(after)
    }

    fn outputs(&self, x: &[f64; 2], at: &Iterate<'_>, values: &mut [f64]) {
        let current = self.drive.value(at);
        values.copy_from_slice(&[current, (x[0] - x[1]) * current]);
    }
}
