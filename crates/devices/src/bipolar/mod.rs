//! The Gummel–Poon bipolar transistor.
//!
//! Terminals `c b e` and optionally the substrate `s` (ground where it is left out). Inner nodes `ci bi ei`
//! exist where `rc`, `rb`, `re` do; `y w` carry the excess phase where there is one. With the polarity factored
//! out of all voltages and currents:
//!
//! ```text
//! if = is·j(vbe/(nf vt)),  ir = is·j(vbc/(nr vt)),  j as for the diode
//! qb = q1/2·(1 + (1 + 4 q2)^nkf),  q1 = 1/(1 − vbc/vaf − vbe/var),  q2 = if/ikf + ir/ikr
//! ic = (if − ir)/qb − ir/br − isc·j(vbc/(nc vt)),   ib = if/bf + ise·j(vbe/(ne vt)) + ir/br + isc·j(vbc/(nc vt))
//! rbb = rbm + (rb − rbm)/qb, or rbm + 3(rb − rbm)(tan z − z)/(z tan² z) with irb
//! z = (sqrt(1 + (12/π)² ib/irb) − 1) / ((24/π²) sqrt(ib/irb))
//! qbe = tf·[1 + xtf·(if/(if + itf))²·e^(vbc/(1.44 vtf))]·if/qb + depletion(cje),  qbc = tr·ir + depletion(xcjc·cjc)
//! qbx = depletion((1 − xcjc)·cjc) from the outer base,  qs = depletion(cjs)
//! ```
//!
//! Excess phase is the second-order filter of Weil and McNamee in every analysis,
//! `y(s) = if/qb · 3/(3 + 3 s τ + (s τ)²)`, `τ = ptf·tf·π/180`: a delay `τ` up to terms in `(ωτ)⁵`, and a magnitude
//! that falls like `1 − (ωτ)²/6`.
//!
//! References: H. Gummel and H. Poon, Bell System Technical Journal 49 (1970) 827; P. Antognetti and
//! G. Massobrio, "Semiconductor Device Modeling with SPICE" (1988), chapter 2; P. Weil and L. McNamee, IEEE
//! Trans. Circuits and Systems 25 (1978) 114 (excess phase).
//!
//! Deviations. The denominator of `q1` continues as a positive hyperbola below 0.05 instead of passing zero. The
//! small-signal conductance of a modulated base resistance is its true derivative; SPICE holds `rbb` constant in
//! ac. SPICE's excess phase is the filter in transients but a pure phase in ac. Below `vbe = 0` SPICE leaves `qb`
//! and `xtf` out of the diffusion charge; here they stay, which changes nothing visible and has no kink. Of
//! ngspice: it scales the reverse transport current by the area twice (by `area·areab`, so that two devices in
//! parallel are not one of twice the area), leaves the substrate's conductance out of ac, and rounds the constants
//! of `z`, which shows in the sixth digit.

mod charges;
mod params;
mod resistances;
#[cfg(test)]
mod tests;

pub use params::BipolarParams;

use crate::diode::positive_potential;
use crate::junction::{Depletion, Scaling, exponential, junction, positive};
use charges::Charges;
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{
    Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature, NoiseSources,
    Output, ParamError, Retention, Role, Tie, Unknown, critical_voltage,
};
use ovonic_numerics::scalar::{Dual, Scalar};
use resistances::{BaseResistance, base_resistance, conductance};

const EXAMPLE: &str = "\
* Transistor driven by a base current.  Closed form: ic = bf * ib.
*! run op
*! expect i(vc) = -1e-3 A  rtol 1e-6
Vc c 0 5
Ib 0 b 10u
Q1 c b 0 qmod
.model qmod npn is=1e-15 bf=100
.options gmin=1e-18
.end
";

/// The bipolar transistor's entry in the list of devices.
pub const KIND: Kind = Kind {
    letter: Some('q'),
    model_types: &[
        ModelType { word: "npn", presets: &[("polarity", 1.0)] },
        ModelType { word: "pnp", presets: &[("polarity", -1.0)] },
    ],
    levels: &[1],
    summary: "bipolar transistor (Gummel-Poon)",
    value: Some("area"),
    initial: &["icvbe", "icvce"],
    example: EXAMPLE,
    ..Kind::of::<Bipolar, 9>("bipolar")
};

const C: usize = 0;
const B: usize = 1;
const E: usize = 2;
const S: usize = 3;
const CI: usize = 4;
const BI: usize = 5;
const EI: usize = 6;
const DELAYED: usize = 7;
const HALFWAY: usize = 8;

/// The least value of `1 − vbc/vaf − vbe/var` that is taken at its word.
const LEAST_EARLY: f64 = 0.05;
/// The same for `1 + 4 q2`.
const LEAST_INJECTION: f64 = 1e-3;

/// An ideal junction: saturation current (A) and emission voltage (V).
#[derive(Clone, Copy, Debug)]
struct Ideal {
    current: f64,
    vt: f64,
}

impl Ideal {
    fn new(current: f64, vt: f64) -> Self {
        Self { current, vt }
    }

    #[inline]
    fn at<S: Scalar>(&self, v: S) -> S {
        if self.current == 0.0 { S::constant(0.0) } else { junction(v / self.vt) * self.current }
    }
}

/// A prepared bipolar transistor.
#[derive(Clone, Debug)]
pub struct Bipolar {
    polarity: f64,
    vertical: bool,
    temperature: f64,
    forward: Ideal,
    reverse: Ideal,
    emitter_leakage: Ideal,
    collector_leakage: Ideal,
    substrate: Ideal,
    gains: (f64, f64),
    inverse_early: (f64, f64),
    inverse_knee: (f64, f64),
    knee_exponent: f64,
    collector_conductance: Option<f64>,
    emitter_conductance: Option<f64>,
    base_resistance: Option<BaseResistance>,
    charges: Charges,
    /// Time constant of the excess phase, s.
    phase: Option<f64>,
    critical: f64,
    off: bool,
    initial: (Option<f64>, Option<f64>),
    flicker: (f64, f64),
}

/// Currents at one bias, polarity factored out.
struct Currents<S> {
    /// Transport, forward and reverse, divided by the base charge.
    forward: S,
    reverse: S,
    emitter: S,
    collector: S,
    /// Forward current before the division.
    injected: S,
    base_charge: S,
    extracted: S,
}

impl Bipolar {
    fn currents<S: Scalar>(&self, vbe: S, vbc: S, gmin: f64) -> Currents<S> {
        let (injected, extracted) = (self.forward.at(vbe), self.reverse.at(vbc));
        let early = -(vbc * self.inverse_early.0 + vbe * self.inverse_early.1) + 1.0;
        let mut base_charge = positive(early, LEAST_EARLY).recip();
        if self.inverse_knee != (0.0, 0.0) {
            let q2 = injected * self.inverse_knee.0 + extracted * self.inverse_knee.1;
            let injection = positive(q2 * 4.0 + 1.0, LEAST_INJECTION);
            let root = if self.knee_exponent == 0.5 {
                injection.sqrt()
            } else {
                injection.powf(self.knee_exponent)
            };
            base_charge = base_charge * (root + 1.0) * 0.5;
        }
        let (bf, br) = self.gains;
        Currents {
            forward: injected / base_charge,
            reverse: extracted / base_charge,
            emitter: injected / bf + self.emitter_leakage.at(vbe) + vbe * gmin,
            collector: extracted / br + self.collector_leakage.at(vbc) + vbc * gmin,
            injected,
            base_charge,
            extracted,
        }
    }

    /// The substrate junction's voltage, polarity factored out, and the node at its other side.
    fn substrate_voltage<T: Scalar>(&self, x: &[T; 9]) -> (T, usize, f64) {
        if self.vertical {
            ((x[S] - x[CI]) * self.polarity, CI, self.polarity)
        } else {
            ((x[S] - x[BI]) * -self.polarity, BI, -self.polarity)
        }
    }

    fn substrate_current<T: Scalar>(&self, v: T, gmin: f64) -> T {
        self.substrate.at(v) + v * gmin
    }

    fn voltages(&self, x: &[f64; 9]) -> (f64, f64) {
        let vbe = self.polarity * (x[BI] - x[EI]);
        (vbe, self.polarity * (x[BI] - x[CI]))
    }
}

fn inverse(value: Option<f64>) -> f64 {
    value.filter(|v| *v > 0.0).map_or(0.0, f64::recip)
}

/// A leakage current: its own parameter or a multiple of the saturation current.
fn leakage(own: f64, factor: f64, saturation_current: f64) -> f64 {
    if own > 0.0 { own } else { factor * saturation_current }
}

impl Model<9> for Bipolar {
    type Params = BipolarParams;

    const UNKNOWNS: [Unknown; 9] = [
        Unknown::terminal("c"),
        Unknown::terminal("b"),
        Unknown::terminal("e"),
        Unknown::optional_terminal("s"),
        Unknown::internal("ci"),
        Unknown::internal("bi"),
        Unknown::internal("ei"),
        storage_current("y", 1e-3),
        storage_current("w", 1e-3),
    ];
    const LIMITS: usize = 3;
    const OUTPUTS: &'static [Output] = &[
        output("ic", "current into the collector", "A", Some(Nature::Current)),
        output("ib", "current into the base", "A", Some(Nature::Current)),
        output("ie", "current into the emitter", "A", Some(Nature::Current)),
        output("vbe", "inner base-emitter voltage", "V", Some(Nature::Voltage)),
        output("vbc", "inner base-collector voltage", "V", Some(Nature::Voltage)),
        output("gm", "transconductance", "S", None),
        output("gpi", "input conductance", "S", None),
        output("go", "output conductance", "S", None),
        output("p", "dissipated power", "W", None),
    ];

    fn prepare(params: &BipolarParams, env: &Environment) -> Result<Self, ParamError> {
        let nominal = match params.nominal_celsius {
            Some(celsius) => celsius + ZERO_CELSIUS,
            None => env.nominal_temperature,
        };
        let scaling = Scaling::new(nominal, env.temperature);
        let vt = scaling.vt;
        let log_is = scaling.log_saturation(params.activation_energy, params.saturation_exponent);
        let gain = scaling.ratio().powf(params.gain_exponent);
        let is = params.saturation_current;
        let polarity = sign("polarity", f64::from(params.polarity))?;
        let vertical = match params.geometry {
            Some(geometry) => sign("subs", geometry)? > 0.0,
            None => polarity > 0.0,
        };
        let area = params.area;
        let base_area = params.base_area.unwrap_or(area);
        let collector_area = params.collector_area.unwrap_or(area);
        // A lateral transistor's collector surrounds the base: the areas change places.
        let (inner_area, outer_area) =
            if vertical { (base_area, collector_area) } else { (collector_area, base_area) };
        let leak = |current: f64, emission: f64| current * (log_is / emission).exp() / gain;
        let ise = leakage(params.emitter_leakage, params.emitter_leakage_factor, is);
        let isc = leakage(params.collector_leakage, params.collector_leakage_factor, is);
        let (ne, nc) = (params.emitter_leakage_emission, params.collector_leakage_emission);
        let saturation = is * log_is.exp() * area;
        let substrate = params.substrate_saturation_current * log_is.exp() * area;
        let resistance = [
            params.emitter_resistance
                * scaling.polynomial(params.emitter_resistance_tc1, params.emitter_resistance_tc2),
            params.collector_resistance
                * scaling
                    .polynomial(params.collector_resistance_tc1, params.collector_resistance_tc2),
        ];
        let phase = params.excess_phase_degrees.to_radians() * params.forward_transit_time;
        Ok(Self {
            polarity,
            vertical,
            temperature: env.temperature,
            forward: Ideal::new(saturation, params.forward_emission * vt),
            reverse: Ideal::new(saturation, params.reverse_emission * vt),
            emitter_leakage: Ideal::new(leak(ise, ne) * area, ne * vt),
            collector_leakage: Ideal::new(leak(isc, nc) * inner_area, nc * vt),
            substrate: Ideal::new(substrate, params.substrate_emission * vt),
            gains: (params.forward_gain * gain, params.reverse_gain * gain),
            inverse_early: (
                inverse(params.forward_early_voltage),
                inverse(params.reverse_early_voltage),
            ),
            inverse_knee: (
                inverse(params.forward_knee) / area,
                inverse(params.reverse_knee) / area,
            ),
            knee_exponent: params.knee_exponent,
            collector_conductance: conductance("rc", resistance[1], area)?,
            emitter_conductance: conductance("re", resistance[0], area)?,
            base_resistance: base_resistance(params, &scaling, area)?,
            charges: Charges::new(params, &scaling, area, inner_area, outer_area)?,
            phase: (phase > 0.0).then_some(phase),
            critical: critical_voltage(vt, saturation),
            off: params.off,
            initial: (params.initial_vbe, params.initial_vce),
            flicker: (params.flicker_coefficient, params.flicker_exponent),
        })
    }

    fn eval<T: Scalar>(
        &self,
        x: [T; 9],
        at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, T, 9>,
    ) {
        let p = self.polarity;
        let (vbe, vbc) = ((x[BI] - x[EI]) * p, (x[BI] - x[CI]) * p);
        let vt = self.forward.vt;
        let vbe = if self.off {
            limits.idle_junction(0, vbe, vt, self.critical)
        } else {
            limits.junction(0, vbe, vt, self.critical)
        };
        let vbc = limits.idle_junction(1, vbc, self.reverse.vt, self.critical);
        let wide = [vbe, vbc];
        let [vbe, vbc] = T::narrow(wide);
        let currents = self.currents(vbe, vbc, at.gmin);

        let transport = match self.phase {
            Some(time) => {
                let transported = T::widen(currents.forward, &wide);
                out.equation(HALFWAY, x[DELAYED] - transported);
                out.storage(HALFWAY, x[HALFWAY] * time);
                out.equation(DELAYED, x[DELAYED] - x[HALFWAY]);
                out.storage(DELAYED, x[DELAYED] * (time / 3.0));
                x[DELAYED] - T::widen(currents.reverse, &wide)
            }
            None => T::widen(currents.forward - currents.reverse, &wide),
        };
        out.current(CI, EI, transport * p);
        out.current(BI, EI, T::widen(currents.emitter * p, &wide));
        out.current(BI, CI, T::widen(currents.collector * p, &wide));
        if let Some(g) = self.collector_conductance {
            out.current(C, CI, (x[C] - x[CI]) * g);
        }
        if let Some(g) = self.emitter_conductance {
            out.current(E, EI, (x[E] - x[EI]) * g);
        }
        if let Some(resistance) = self.base_resistance {
            let ib = currents.emitter + currents.collector;
            let g = T::widen(resistance.at(currents.base_charge, ib).recip(), &wide);
            out.current(B, BI, (x[B] - x[BI]) * g);
        }

        let (vs, node, sign) = self.substrate_voltage(&x);
        let vs = limits.idle_junction(2, vs, self.substrate.vt, self.critical);
        out.current(S, node, self.substrate_current(vs, at.gmin) * sign);
        self.charges.contribute(&x, p, (&wide, [vbe, vbc]), &currents, out);
        if let Some(charge) = self.charges.substrate(vs) {
            out.charge(S, node, charge * sign);
        }
    }

    fn collapse(&self, connected: u64) -> [Tie; 9] {
        let mut ties = [Tie::Free; 9];
        if connected >> S & 1 == 0 {
            ties[S] = Tie::Ground;
        }
        if self.collector_conductance.is_none() {
            ties[CI] = Tie::To(C);
        }
        if self.base_resistance.is_none() {
            ties[BI] = Tie::To(B);
        }
        if self.emitter_conductance.is_none() {
            ties[EI] = Tie::To(E);
        }
        if self.phase.is_none() {
            ties[DELAYED] = Tie::Ground;
            ties[HALFWAY] = Tie::Ground;
        }
        ties
    }

    fn initial(&self, x: &mut [f64; 9]) {
        let (vbe, vce) = self.initial;
        if let Some(vbe) = vbe {
            x[B] = x[E] + vbe;
        }
        if let Some(vce) = vce {
            x[C] = x[E] + vce;
        }
        if vbe.is_some() || vce.is_some() {
            (x[CI], x[BI], x[EI]) = (x[C], x[B], x[E]);
        }
    }

    fn noise(&self, x: &[f64; 9], at: &Iterate<'_>, out: &mut NoiseSources) {
        let (vbe, vbc) = self.voltages(x);
        let currents = self.currents(vbe, vbc, at.gmin);
        let base = currents.emitter + currents.collector;
        if let Some(g) = self.collector_conductance {
            out.thermal("rc thermal", C, CI, g, self.temperature);
        }
        if let Some(resistance) = self.base_resistance {
            let g = 1.0 / resistance.at(currents.base_charge, base);
            out.thermal("rb thermal", B, BI, g, self.temperature);
        }
        if let Some(g) = self.emitter_conductance {
            out.thermal("re thermal", E, EI, g, self.temperature);
        }
        let temperature = self.temperature;
        out.junction("ic shot", CI, EI, vbe - vbc, temperature, |vce| {
            let vbe = Dual::constant(vbe);
            let currents = self.currents(vbe, vbe - vce, at.gmin);
            currents.forward - currents.reverse
        });
        out.junction("ib shot", BI, EI, vbe, temperature, |v| {
            self.currents(v, Dual::constant(vbc), at.gmin).emitter
        });
        out.junction("ib shot", BI, CI, vbc, temperature, |v| {
            self.currents(Dual::constant(vbe), v, at.gmin).collector
        });
        let (vs, node, _) = self.substrate_voltage(x);
        out.junction("is shot", S, node, vs, temperature, |v| self.substrate_current(v, at.gmin));
        let (coefficient, exponent) = self.flicker;
        out.flicker("ib flicker", BI, EI, coefficient, base, exponent, 1.0);
    }

    fn outputs(&self, x: &[f64; 9], at: &Iterate<'_>, values: &mut [f64]) {
        let p = self.polarity;
        let (vbe, vbc) = self.voltages(x);
        let at_bias = self.currents(Dual::<2>::unknown(vbe, 0), Dual::unknown(vbc, 1), at.gmin);
        let base = at_bias.emitter + at_bias.collector;
        let collector = at_bias.forward - at_bias.reverse - at_bias.collector;
        let (vs, node, sign) = self.substrate_voltage(x);
        let substrate = self.substrate_current(vs, at.gmin) * sign;
        let mut ic = p * collector.value;
        let mut ib = p * base.value;
        if node == CI {
            ic -= substrate;
        } else {
            ib -= substrate;
        }
        let ie = -(ic + ib + substrate);
        let go = -collector.gradient[1];
        values.copy_from_slice(&[
            ic,
            ib,
            ie,
            vbe,
            vbc,
            collector.gradient[0] - go,
            base.gradient[0],
            go,
            ic * x[C] + ib * x[B] + ie * x[E] + substrate * x[S],
        ]);
    }
}

/// A parameter that is 1 or −1.
pub(crate) fn sign(name: &'static str, value: f64) -> Result<f64, ParamError> {
    if value.abs() == 1.0 {
        Ok(value)
    } else {
        Err(ParamError::Inconsistent { name, value, reason: "it is 1 or -1" })
    }
}

/// A current that a storage equation in amperes governs, such as one of the excess phase.
const fn storage_current(name: &'static str, nominal: f64) -> Unknown {
    Unknown {
        role: Role::State(Retention::Settled),
        nature: Nature::Current,
        residual: Nature::Current,
        nominal,
        ..Unknown::internal(name)
    }
}

pub(crate) const fn output(
    name: &'static str,
    description: &'static str,
    unit: &'static str,
    nature: Option<Nature>,
) -> Output {
    Output { name, description, unit, nature }
}

/// Scales a depletion layer of the transistor to the device's temperature and area.
fn depletion(
    name: &'static str,
    scaling: &Scaling,
    (capacitance, potential, grading): (f64, f64, f64),
    fraction: f64,
) -> Result<Depletion, ParamError> {
    let scaled = capacitance * scaling.capacitance(potential, grading);
    let potential = positive_potential(name, scaling.potential(potential))?;
    Ok(Depletion::new(scaled, potential, grading, fraction))
}

/// `e^x` with a tangent far out.
fn safe<S: Scalar>(x: S) -> S {
    exponential(x) + 1.0
}
