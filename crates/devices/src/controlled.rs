//! The linear controlled sources E, G, F and H.
//!
//! | | output | control | equation |
//! |---|---|---|---|
//! | E | voltage | voltage | `v = gain·vc` |
//! | G | current | voltage | `i = gain·vc` |
//! | F | current | current of a branch | `i = gain·ic` |
//! | H | voltage | current of a branch | `v = gain·ic` |
//!
//! Currents flow into the first terminal, through the source and out of the second. The controlling current is
//! another instance's branch current, borrowed as an unknown.

use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ParamError, Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

macro_rules! params {
    ($(#[$doc:meta])* $name:ident, $gain:literal, $unit:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Params)]
        pub struct $name {
            #[doc = $gain]
            #[param(name = "gain", aliases = "value", unit = $unit, required)]
            pub gain: Option<f64>,
        }
    };
}

params!(
    /// Parameters of the voltage source controlled by a voltage.
    VoltageGain, "Voltage gain.", ""
);
params!(
    /// Parameters of the current source controlled by a voltage.
    Transconductance, "Transconductance.", "S"
);
params!(
    /// Parameters of the current source controlled by a current.
    CurrentGain, "Current gain.", ""
);
params!(
    /// Parameters of the voltage source controlled by a current.
    Transresistance, "Transresistance.", "Ohm"
);

fn given(gain: Option<f64>) -> Result<f64, ParamError> {
    gain.ok_or(ParamError::Missing { name: "gain" })
}

/// E in the list of devices.
pub static VOLTAGE_BY_VOLTAGE: Kind = Kind {
    letter: Some('e'),
    summary: "voltage source controlled by a voltage",
    class: Class::Controlled,
    generic: true,
    value: Some("gain"),
    example: "\
* An amplifier with a gain of -10.
*! run op
*! expect v(out) = -5 V  rtol 1e-12
V1 in 0 0.5
E1 out 0 in 0 -10
R1 out 0 1k
.end
",
    ..Kind::of::<VoltageByVoltage, 5>("vcvs")
};

/// G in the list of devices.
pub static CURRENT_BY_VOLTAGE: Kind = Kind {
    letter: Some('g'),
    summary: "current source controlled by a voltage",
    class: Class::Controlled,
    generic: true,
    value: Some("gain"),
    example: "\
* A transconductance of 1 mS pulls its current out of the load.
*! run op
*! expect v(out) = -2 V  rtol 1e-9
V1 in 0 2
G1 out 0 in 0 1m
R1 out 0 1k
.end
",
    ..Kind::of::<CurrentByVoltage, 4>("vccs")
};

/// F in the list of devices.
pub static CURRENT_BY_CURRENT: Kind = Kind {
    letter: Some('f'),
    summary: "current source controlled by a current",
    class: Class::Controlled,
    generic: true,
    value: Some("gain"),
    example: "\
* A mirror: 1 mA through v1 is doubled.
*! run op
*! expect v(out) = -2 V  rtol 1e-9
I1 0 in 1m
V1 in 0 0
F1 out 0 V1 2
R1 out 0 1k
.end
",
    ..Kind::of::<CurrentByCurrent, 3>("cccs")
};

/// H in the list of devices.
pub static VOLTAGE_BY_CURRENT: Kind = Kind {
    letter: Some('h'),
    summary: "voltage source controlled by a current",
    class: Class::Controlled,
    generic: true,
    value: Some("gain"),
    example: "\
* A transresistance of 5k turns 1 mA into 5 V.
*! run op
*! expect v(out) = 5 V  rtol 1e-9
I1 0 in 1m
V1 in 0 0
H1 out 0 V1 5k
R1 out 0 1k
.end
",
    ..Kind::of::<VoltageByCurrent, 4>("ccvs")
};

/// A prepared E.
pub struct VoltageByVoltage {
    gain: f64,
}

impl Model<5> for VoltageByVoltage {
    type Params = VoltageGain;

    const UNKNOWNS: [Unknown; 5] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::terminal("cp"),
        Unknown::terminal("cn"),
        Unknown::branch("i"),
    ];

    fn prepare(params: &VoltageGain, _env: &Environment) -> Result<Self, ParamError> {
        let gain = given(params.gain)?;
        Ok(Self { gain })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 5],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 5>,
    ) {
        let [p, n, cp, cn, i] = x;
        out.current(0, 1, i);
        out.equation(4, p - n - (cp - cn) * self.gain);
    }
}

/// A prepared G.
pub struct CurrentByVoltage {
    transconductance: f64,
}

impl Model<4> for CurrentByVoltage {
    type Params = Transconductance;

    const UNKNOWNS: [Unknown; 4] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::terminal("cp"),
        Unknown::terminal("cn"),
    ];

    fn prepare(params: &Transconductance, _env: &Environment) -> Result<Self, ParamError> {
        let transconductance = given(params.gain)?;
        Ok(Self { transconductance })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 4],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 4>,
    ) {
        out.current(0, 1, (x[2] - x[3]) * self.transconductance);
    }
}

/// A prepared F.
pub struct CurrentByCurrent {
    gain: f64,
}

impl Model<3> for CurrentByCurrent {
    type Params = CurrentGain;

    const UNKNOWNS: [Unknown; 3] =
        [Unknown::terminal("p"), Unknown::terminal("n"), Unknown::borrowed("ic")];

    fn prepare(params: &CurrentGain, _env: &Environment) -> Result<Self, ParamError> {
        let gain = given(params.gain)?;
        Ok(Self { gain })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        out.current(0, 1, x[2] * self.gain);
    }
}

/// A prepared H.
pub struct VoltageByCurrent {
    transresistance: f64,
}

impl Model<4> for VoltageByCurrent {
    type Params = Transresistance;

    const UNKNOWNS: [Unknown; 4] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::branch("i"),
        Unknown::borrowed("ic"),
    ];

    fn prepare(params: &Transresistance, _env: &Environment) -> Result<Self, ParamError> {
        let transresistance = given(params.gain)?;
        Ok(Self { transresistance })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 4],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 4>,
    ) {
        let [p, n, i, control] = x;
        out.current(0, 1, i);
        out.equation(2, p - n - control * self.transresistance);
    }
}
