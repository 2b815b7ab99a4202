//! Each law catches a device that breaks it.

use super::{ALL, Subject};
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, NoiseSources, ParamError,
    Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;

/// Parameters of the toy conductance.
#[derive(Clone, Debug, Params)]
struct ToyParams {
    /// Conductance.
    #[param(name = "g", unit = "S", default = 1e-3, range = "(0, inf)")]
    conductance: f64,
}

/// What is wrong with a toy.
const SOUND: u8 = 0;
const WRONG_SLOPE: u8 = 1;
const SECRET_DEPENDENCE: u8 = 2;
const JUMP: u8 = 3;
const KINK: u8 = 4;
const LEAK: u8 = 5;
const OVERFLOW: u8 = 6;
const ACTIVE: u8 = 7;
const OFFSET: u8 = 8;
const SILENT: u8 = 9;
const IDLE_PARAMETER: u8 = 10;
const RESTLESS_LATCH: u8 = 11;
const STUBBORN_LIMIT: u8 = 12;
const WRONG_TABLE: u8 = 13;
const LOST_SHIFT: u8 = 14;

/// A conductance with the flaw `FLAW`.
struct Toy<const FLAW: u8> {
    conductance: f64,
    temperature: f64,
}

impl<const FLAW: u8> Model<2> for Toy<FLAW> {
    type Params = ToyParams;
    const UNKNOWNS: [Unknown; 2] = [Unknown::terminal("p"), Unknown::terminal("n")];
    const LIMITS: usize = 1;
    const LATCHES: usize = 1;

    fn prepare(params: &ToyParams, env: &Environment) -> Result<Self, ParamError> {
        Ok(Self {
            conductance: match FLAW {
                IDLE_PARAMETER => 1e-3,
                _ => params.conductance,
            },
            temperature: env.temperature,
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 2],
        _at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 2>,
    ) {
        let v = x[0] - x[1];
        let v = match FLAW {
            STUBBORN_LIMIT => limits.custom(0, v, |new, _| 0.5 * new),
            LOST_SHIFT => {
                let mut value = v.linearised(0);
                limits.step(0, v, 0.5, 0.0).relocate(|moved| {
                    value = moved;
                    moved
                });
                v + (value - v.linearised(0))
            }
            _ => limits.step(0, v, 0.5, 0.0),
        };
        let g = self.conductance;
        let i = v * g;
        let i = match FLAW {
            WRONG_SLOPE => i + v.map(|v| (g * v, 1.01 * g)),
            SECRET_DEPENDENCE => {
                v.map(|v| (g * v.sin(), g * v.cos())) * 0.0 + {
                    let hidden = v.linearised(0);
                    S::constant(hidden * g)
                }
            }
            JUMP => i + S::select(v.above(0.3), S::constant(1e-3 * g), S::constant(0.0)),
            KINK => i + v.abs() * (0.01 * g),
            OVERFLOW => i * v.exp(),
            ACTIVE => i - v * v * v * (g * 0.5),
            OFFSET => i + g,
            _ => i,
        };
        out.current(0, 1, i);
        if FLAW == LEAK {
            out.equation(1, i * 1e-9);
        }
    }

    fn crossings(&self, _x: &[f64; 2], _at: &Iterate<'_>, values: &mut [f64]) {
        values[0] = if FLAW == RESTLESS_LATCH { 1.0 } else { -1.0 };
    }

    fn noise(&self, _x: &[f64; 2], _at: &Iterate<'_>, out: &mut NoiseSources) {
        if FLAW != SILENT {
            out.thermal("thermal", 0, 1, self.conductance, self.temperature);
        }
    }
}

const fn toy<const FLAW: u8>() -> Kind {
    Kind {
        summary: if FLAW == WRONG_TABLE { "" } else { "toy" },
        class: Class::Passive,
        value: Some("g"),
        example: "* Toy.\n*! run op\n*! expect v(a) = 0 V\n.end\n",
        ..Kind::of::<Toy<FLAW>, 2>("toy")
    }
}

/// The laws that a toy breaks.
fn broken(kind: &'static Kind) -> Vec<&'static str> {
    let violations = Subject::of(kind).violations(7);
    violations.iter().map(|violation| violation.law).collect()
}

macro_rules! flaws {
    ($($test:ident: $flaw:ident => $law:literal;)*) => {$(
        #[test]
        fn $test() {
            static TOY: Kind = toy::<$flaw>();
            let found = broken(&TOY);
            assert!(found.contains(&$law), "{found:?}");
        }
    )*};
}

flaws! {
    a_wrong_slope_is_seen: WRONG_SLOPE => "derivatives";
    a_secret_dependence_is_seen: SECRET_DEPENDENCE => "pattern";
    a_jump_is_seen: JUMP => "smooth";
    a_kink_is_seen: KINK => "smooth";
    a_leak_is_seen: LEAK => "conservation";
    an_overflow_is_seen: OVERFLOW => "finite";
    power_out_of_nothing_is_seen: ACTIVE => "dissipation";
    current_at_rest_is_seen: OFFSET => "rest";
    a_silent_conductance_is_seen: SILENT => "noise";
    an_idle_parameter_is_seen: IDLE_PARAMETER => "every parameter counts";
    a_restless_latch_is_seen: RESTLESS_LATCH => "latches settle";
    a_stubborn_limit_is_seen: STUBBORN_LIMIT => "limiting lets go";
    a_lost_shift_is_seen: LOST_SHIFT => "limits give tangents";
    an_empty_summary_is_seen: WRONG_TABLE => "tables";
}

#[test]
fn a_sound_device_breaks_no_law() {
    static TOY: Kind = toy::<SOUND>();
    assert_eq!(broken(&TOY), [""; 0]);
}

#[test]
fn laws_have_different_names() {
    let mut names: Vec<&str> = ALL.iter().map(|law| law.0).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALL.len());
}
