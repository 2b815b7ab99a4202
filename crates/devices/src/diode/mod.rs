//! The junction diode, SPICE level 1 with sidewall, recombination, tunnelling and high injection.
//!
//! Terminals `a k`; the inner anode `ai` exists where there is a series resistance. With `v = v(ai) − v(k)`:
//!
//! ```text
//! i = knee(is·j(v/(n vt)) + jsw·j(v/(ns vt)) + breakdown + tunnelling + recombination)
//! j(x) = e^x − 1 for x ≥ −3,  −1 − (3/(e x))³ below
//! breakdown = −is·[e^(−(v + Vb)/(nbv vt)) − e^(−Vb/(nbv vt))],  Vb = bv − nbv·vt·ln(ibv/is)
//!            − ibvl·[e^(−(v + bv)/(nbvl vt)) − e^(−bv/(nbvl vt))]
//! tunnelling = −jtun·(e^(−v/(ntun vt)) − 1)
//! recombination = isr·((1 − v/vj)² + 0.005)^(m/2)·(e^(v/(nr vt)) − 1)
//! knee(i) = i/(1 + sqrt(i/ikf)), with ikr for a negative i
//! q = tt·i + depletion(cjo, vj, m, fc) + depletion(cjp, php, mjsw, fcs)
//! ```
//!
//! and `gmin·v` beside `i`. Valid for silicon junctions; self-heating is not included.
//!
//! References: P. Antognetti and G. Massobrio, "Semiconductor Device Modeling with SPICE" (1988), chapter 1;
//! SPICE3 User's Manual, "Junction Diodes"; knee currents and sidewall as in HSPICE, recombination and
//! the low part of breakdown as in PSpice.
//!
//! Deviations, each from ngspice. It switches from the reverse law to breakdown with a jump of the slope and of one
//! saturation current in value; here the two add up, which differs by `is` and is smooth. Its `Vb` makes the
//! current at `−bv` differ from `ibv` by `is·bv/vt`; here it is `ibv`. It drops the recombination current below
//! −3 n vt, a jump, and leaves the width's derivative out of the conductance; here both are whole. It applies `ikr`
//! below −3 n vt alone, another jump. Its stored charge includes `tt·gmin·v`, ours does not.

mod params;
#[cfg(test)]
mod tests;

pub use params::DiodeParams;

use crate::junction::{Depletion, Scaling, exponential, junction, knee, recombination_width};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{
    Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature, NoiseSources,
    Output, ParamError, Tie, Unknown, critical_voltage, junction_limit,
};
use ovonic_numerics::scalar::{Dual, Scalar};

const EXAMPLE: &str = "\
* Diode at 1 mA.  Closed form: v(d) = vt * ln(1e-3/1e-14 + 1), vt = 25.8649 mV.
*! run op
*! expect v(d) = 0.655118 V  rtol 1e-5
I1 0 d 1m
D1 d 0 dmod
.model dmod d is=1e-14
.options gmin=1e-18
.end
";

/// The junction diode's entry in the list of devices.
pub const KIND: Kind = Kind {
    letter: Some('d'),
    model_types: &[ModelType::plain("d")],
    levels: &[1],
    summary: "junction diode",
    value: Some("area"),
    initial: &["ic"],
    example: EXAMPLE,
    ..Kind::of::<Diode, 3>("diode")
};

const A: usize = 0;
const K: usize = 1;
const INNER: usize = 2;

/// An exponential of breakdown: the current at its knee voltage, and its slope.
#[derive(Clone, Copy, Debug)]
struct Breakdown {
    voltage: f64,
    vt: f64,
    current: f64,
    /// `e^(−Vb/vt)`, which makes the current vanish at zero bias.
    offset: f64,
}

impl Breakdown {
    fn new(voltage: f64, vt: f64, current: f64) -> Self {
        Self { voltage, vt, current, offset: (-voltage / vt).min(80.0).exp() }
    }

    /// The current, counted in the reverse direction.
    fn at<S: Scalar>(&self, v: S) -> S {
        // The exponential's own −1 and the offset at zero bias differ by 1 − e^(−Vb/vt).
        let exponent = (v + self.voltage) / -self.vt;
        (exponential(exponent) + (1.0 - self.offset)) * self.current
    }
}

/// A prepared junction diode.
#[derive(Clone, Debug)]
pub struct Diode {
    temperature: f64,
    conductance: Option<f64>,
    bottom: (f64, f64),
    sidewall: Option<(f64, f64)>,
    breakdown: Option<Breakdown>,
    low_breakdown: Option<Breakdown>,
    tunnelling: (f64, f64),
    recombination: (f64, f64),
    recombination_shape: (f64, f64),
    forward_knee: Option<f64>,
    reverse_knee: Option<f64>,
    transit_time: f64,
    depletion: [Depletion; 2],
    critical: f64,
    off: bool,
    initial_voltage: Option<f64>,
    flicker: (f64, f64),
}

/// What the junction carries and stores at one bias.
struct Junction<S> {
    current: S,
    diffusion: S,
    depletion: [S; 2],
}

impl Diode {
    fn junction<S: Scalar>(&self, v: S, gmin: f64) -> Junction<S> {
        let (is, vte) = self.bottom;
        let mut i = junction(v / vte) * is;
        if let Some((isw, vts)) = self.sidewall {
            i += junction(v / vts) * isw;
        }
        if let Some(b) = self.breakdown {
            i -= b.at(v);
        }
        if let Some(b) = self.low_breakdown {
            i -= b.at(v);
        }
        let (tunnelling, vtt) = self.tunnelling;
        if tunnelling > 0.0 {
            i -= exponential(v / -vtt) * tunnelling;
        }
        let (isr, vtr) = self.recombination;
        if isr > 0.0 {
            let width = recombination_width(v, self.recombination_shape);
            i += width * exponential(v / vtr) * isr;
        }
        if let Some(current) = self.forward_knee {
            i = knee(i, current);
        }
        if let Some(current) = self.reverse_knee {
            i = -knee(-i, current);
        }
        Junction {
            current: i + v * gmin,
            diffusion: i * self.transit_time,
            depletion: self.depletion.map(|layer| layer.charge(v)),
        }
    }

    fn limit<S: Scalar>(&self, v: S, limits: &mut Limits<'_>) -> S {
        let vte = self.bottom.1;
        let start = if self.off { 0.0 } else { self.critical };
        limits.custom(0, v, |new, old| {
            let Some(old) = old else { return start };
            match self.breakdown {
                Some(b) if new < f64::min(0.0, -b.voltage + 10.0 * b.vt) => {
                    let mirrored =
                        junction_limit(-(new + b.voltage), -(old + b.voltage), b.vt, self.critical);
                    -(mirrored + b.voltage)
                }
                _ => junction_limit(new, old, vte, self.critical),
            }
        })
    }
}

/// Breakdown at the device's temperature, and its part at low current.
fn breakdown(
    params: &DiodeParams,
    scaling: &Scaling,
    saturation_current: f64,
) -> Result<[Option<Breakdown>; 2], ParamError> {
    let Some(nominal) = params.breakdown_voltage else {
        return Ok([None; 2]);
    };
    let drift = params.breakdown_tc * scaling.rise();
    let voltage = match params.temperature_level {
        0 => nominal - drift,
        _ => nominal * (1.0 - drift),
    } * scaling.polynomial(params.breakdown_tc1, params.breakdown_tc2);
    if voltage <= 0.0 {
        return Err(ParamError::Inconsistent {
            name: "bv",
            value: voltage,
            reason: "at this temperature the breakdown voltage is not positive",
        });
    }
    let vt = params.breakdown_emission.unwrap_or(params.emission) * scaling.vt;
    let ratio = (params.breakdown_current / saturation_current).max(1.0);
    let knee = voltage - vt * ratio.ln();
    let low = params.low_breakdown_current * params.area;
    let low_vt = params.low_breakdown_emission * scaling.vt;
    Ok([
        Some(Breakdown::new(knee, vt, saturation_current)),
        (low > 0.0).then(|| Breakdown::new(voltage, low_vt, low)),
    ])
}

impl Model<3> for Diode {
    type Params = DiodeParams;

    const UNKNOWNS: [Unknown; 3] =
        [Unknown::terminal("a"), Unknown::terminal("k"), Unknown::internal("ai")];
    const LIMITS: usize = 1;
    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "id",
            description: "current from anode to cathode, without that of the charges",
            unit: "A",
            nature: Some(Nature::Current),
        },
        Output {
            name: "vd",
            description: "junction voltage",
            unit: "V",
            nature: Some(Nature::Voltage),
        },
        Output { name: "gd", description: "junction conductance", unit: "S", nature: None },
        Output { name: "cd", description: "junction capacitance", unit: "F", nature: None },
        Output { name: "charge", description: "stored charge", unit: "C", nature: None },
        Output { name: "p", description: "dissipated power", unit: "W", nature: None },
    ];

    fn prepare(params: &DiodeParams, env: &Environment) -> Result<Self, ParamError> {
        let nominal = match params.nominal_celsius {
            Some(celsius) => celsius + ZERO_CELSIUS,
            None => env.nominal_temperature,
        };
        let scaling = Scaling::new(nominal, env.temperature);
        let vt = scaling.vt;
        let log_is = scaling.log_saturation(params.activation_energy, params.saturation_exponent);
        let scaled = |emission: f64| (log_is / emission).exp();

        let mut saturation = params.saturation_current * params.area * scaled(params.emission);
        let sidewall_emission = params.sidewall_emission.unwrap_or(params.emission);
        let sidewall =
            params.sidewall_saturation_current * params.perimeter * scaled(sidewall_emission);
        let mut own_sidewall = None;
        if params.sidewall_emission.is_some() && sidewall > 0.0 {
            own_sidewall = Some((sidewall, sidewall_emission * vt));
        } else {
            saturation += sidewall;
        }

        let log_tunnelling = scaling.log_saturation(
            params.tunnelling_gap_factor * params.activation_energy,
            params.tunnelling_exponent,
        );
        let tunnelling = (params.tunnelling_current * params.area
            + params.sidewall_tunnelling_current * params.perimeter)
            * (log_tunnelling / params.tunnelling_emission).exp();

        let grading = params.grading * scaling.polynomial(params.grading_tc1, params.grading_tc2);
        if !(0.0..1.0).contains(&grading) {
            return Err(ParamError::Inconsistent {
                name: "m",
                value: grading,
                reason: "at this temperature the grading coefficient leaves [0, 1)",
            });
        }
        let potential = positive_potential("vj", scaling.potential(params.junction_potential))?;
        let sidewall_potential =
            positive_potential("php", scaling.potential(params.sidewall_potential))?;
        let capacitance = params.junction_capacitance
            * params.area
            * scaling.capacitance(params.junction_potential, grading);
        let sidewall_capacitance = params.sidewall_capacitance
            * params.perimeter
            * scaling.capacitance(params.sidewall_potential, params.sidewall_grading);

        let series = params.series_resistance
            * scaling.polynomial(params.series_resistance_tc1, params.series_resistance_tc2);
        if series < 0.0 {
            return Err(ParamError::Inconsistent {
                name: "rs",
                value: series,
                reason: "at this temperature the series resistance is negative",
            });
        }
        let vte = params.emission * vt;
        let knee = |current: Option<f64>| current.filter(|i| *i > 0.0).map(|i| i * params.area);
        let [breakdown, low_breakdown] = breakdown(params, &scaling, saturation)?;
        Ok(Self {
            temperature: env.temperature,
            conductance: (series > 0.0).then(|| params.area / series),
            bottom: (saturation, vte),
            sidewall: own_sidewall,
            breakdown,
            low_breakdown,
            tunnelling: (tunnelling, params.tunnelling_emission * vt),
            recombination: (
                params.recombination_current * params.area * scaled(params.recombination_emission),
                params.recombination_emission * vt,
            ),
            recombination_shape: (potential, grading),
            forward_knee: knee(
                params.forward_knee.map(|i| i * scaling.polynomial(params.forward_knee_tc, 0.0)),
            ),
            reverse_knee: knee(params.reverse_knee),
            transit_time: params.transit_time
                * scaling.polynomial(params.transit_time_tc1, params.transit_time_tc2),
            depletion: [
                Depletion::new(capacitance, potential, grading, params.linear_fraction),
                Depletion::new(
                    sidewall_capacitance,
                    sidewall_potential,
                    params.sidewall_grading,
                    params.sidewall_linear_fraction,
                ),
            ],
            critical: critical_voltage(vte, saturation),
            off: params.off,
            initial_voltage: params.initial_voltage,
            flicker: (params.flicker_coefficient, params.flicker_exponent),
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 3],
        at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 3>,
    ) {
        if let Some(conductance) = self.conductance {
            out.current(A, INNER, (x[A] - x[INNER]) * conductance);
        }
        let v = self.limit(x[INNER] - x[K], limits);
        let wide = [v];
        let [v] = S::narrow(wide);
        let Junction { current, diffusion, depletion: [bottom, sidewall] } =
            self.junction(v, at.gmin);
        out.current(INNER, K, S::widen(current, &wide));
        out.charge(INNER, K, S::widen(diffusion + bottom + sidewall, &wide));
    }

    fn collapse(&self, _connected: u64) -> [Tie; 3] {
        let inner = match self.conductance {
            Some(_) => Tie::Free,
            None => Tie::To(A),
        };
        [Tie::Free, Tie::Free, inner]
    }

    fn initial(&self, x: &mut [f64; 3]) {
        if let Some(voltage) = self.initial_voltage {
            x[INNER] = x[K] + voltage;
            x[A] = x[INNER];
        }
    }

    fn noise(&self, x: &[f64; 3], at: &Iterate<'_>, out: &mut NoiseSources) {
        if let Some(conductance) = self.conductance {
            out.thermal("rs thermal", A, INNER, conductance, self.temperature);
        }
        let voltage = x[INNER] - x[K];
        let current = self.junction(voltage, at.gmin).current;
        out.junction("id shot", INNER, K, voltage, self.temperature, |v| {
            self.junction(v, at.gmin).current
        });
        let (coefficient, exponent) = self.flicker;
        out.flicker("id flicker", INNER, K, coefficient, current, exponent, 1.0);
    }

    fn outputs(&self, x: &[f64; 3], at: &Iterate<'_>, values: &mut [f64]) {
        let v = x[INNER] - x[K];
        let at_bias = self.junction(Dual::<1>::unknown(v, 0), at.gmin);
        let [bottom, sidewall] = at_bias.depletion;
        let charge = at_bias.diffusion + bottom + sidewall;
        let current = at_bias.current.value;
        let series = self.conductance.map_or(0.0, |g| current * current / g);
        values.copy_from_slice(&[
            current,
            v,
            at_bias.current.gradient[0],
            charge.gradient[0],
            charge.value,
            current * v + series,
        ]);
    }
}

/// A built-in potential that temperature has not driven to zero.
pub(crate) fn positive_potential(name: &'static str, potential: f64) -> Result<f64, ParamError> {
    if potential > 0.0 {
        Ok(potential)
    } else {
        Err(ParamError::Inconsistent {
            name,
            value: potential,
            reason: "at this temperature the built-in potential is not positive",
        })
    }
}
