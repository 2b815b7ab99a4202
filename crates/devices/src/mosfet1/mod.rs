//! The field-effect transistor of Shichman and Hodges, SPICE level 1.
//!
//! Terminals `d g s b`; inner nodes `di si` exist where drain and source have resistances. With the polarity factored
//! out, and drain and source exchanged where `vds < 0`:
//!
//! ```text
//! von = vbi + gamma·sqrt(phi − vbs),   vbi = vto − gamma·sqrt(phi)
//! id  = 0                                              vgs ≤ von
//!     = β (1 + lambda·vds) vds (vgs − von − vds/2)     vds < vgs − von
//!     = β (1 + lambda·vds) (vgs − von)²/2              otherwise,      β = kp·w/(l − 2 ld)
//! bulk junctions: is·(e^(v/vt) − 1) + gmin·v, depletion charges of cj, cjsw (or cbd, cbs)
//! gate: overlaps cgso, cgdo, cgbo and the capacitances of the `charges` module
//! kp(T) = kp·(T/Tnom)^−1.5;  phi, pb, is, cj as for any junction;  vto follows phi and half the gap
//! ```
//!
//! Valid for long channels in strong inversion; there is no subthreshold current.
//!
//! References: H. Shichman and D. Hodges, IEEE J. Solid-State Circuits 3 (1968) 285; J. Meyer, RCA Review 32
//! (1971) 42; P. Antognetti and G. Massobrio, "Semiconductor Device Modeling with SPICE" (1988), chapter 4;
//! A. Vladimirescu and S. Liu, ERL-M80/7 (1980).
//!
//! Deviations. The corners of Meyer's capacitances are rounded over a millivolt. The root under forward bulk bias is continued by its
//! tangent as in SPICE, but then by a hyperbola instead of a corner at zero. Bulk junctions keep their
//! exponential in reverse, where SPICE jumps by `is·e^−3` at −3 vt. Channel noise is van der Ziel's
//! `8/3 kT β(vgs − von)(1 + α + α²)/(1 + α)`, `α = 1 − vds/vdsat`: SPICE's `8/3 kT gm` in saturation, and `4kT gds`
//! at `vds` = 0 where SPICE has none. Under forward bulk bias ngspice's `gmbs` is not the derivative of its own
//! current; ours is.

mod bulk;
mod charges;
mod params;
#[cfg(test)]
mod tests;

pub use params::Mosfet1Params;

use crate::bipolar::{output, sign};
use crate::diode::positive_potential;
use crate::junction::{Scaling, positive, silicon_gap};
use bulk::{BulkJunction, bulk_junction};
use charges::{Oxide, Part, rounded_magnitude};
use ovonic_device::constants::{SILICON_DIOXIDE_PERMITTIVITY, VACUUM_PERMITTIVITY, ZERO_CELSIUS};
use ovonic_device::{
    Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature, NoiseSources,
    Output, ParamError, Tie, Unknown, junction_limit,
};
use ovonic_numerics::scalar::{Dual, Scalar};

const EXAMPLE: &str = "\
* Transistor in saturation.  Closed form: id = kp/2 * w/l * (vgs - vto)^2 * (1 + lambda * vds).
*! run op
*! expect i(vd) = -1.05e-3 A  rtol 1e-6
Vd d 0 5
Vg g 0 2
M1 d g 0 0 mmod w=10u l=1u
.model mmod nmos level=1 vto=1 kp=200u lambda=0.01
.options gmin=1e-15
.end
";

/// The level 1 field-effect transistor's entry in the list of devices.
pub const KIND: Kind = Kind {
    letter: Some('m'),
    model_types: &[
        ModelType { word: "nmos", presets: &[("polarity", 1.0)] },
        ModelType { word: "pmos", presets: &[("polarity", -1.0)] },
    ],
    levels: &[1],
    summary: "field-effect transistor, level 1 (Shichman-Hodges)",
    initial: &["icvds", "icvgs", "icvbs"],
    example: EXAMPLE,
    ..Kind::of::<Mosfet1, N>("mos1")
};

const D: usize = 0;
const G: usize = 1;
const S: usize = 2;
const B: usize = 3;
const DI: usize = 4;
const SI: usize = 5;
const N: usize = 6;

/// A prepared level 1 transistor.
#[derive(Clone, Debug)]
pub struct Mosfet1 {
    polarity: f64,
    temperature: f64,
    vt: f64,
    built_in: f64,
    body_factor: f64,
    root_phi: f64,
    phi: f64,
    beta: f64,
    length_modulation: f64,
    drain_conductance: Option<f64>,
    source_conductance: Option<f64>,
    drain_junction: BulkJunction,
    source_junction: BulkJunction,
    oxide: Oxide,
    /// Overlap capacitances to source, drain and bulk, F.
    overlaps: [f64; 3],
    off: bool,
    initial: [Option<f64>; 3],
    /// Coefficient (divided by the gate's area and oxide) and exponent.
    flicker: (f64, f64),
}

/// The channel's voltages with drain and source as they act.
struct Acting<T> {
    vds: T,
    /// Gate voltage above threshold, at least zero.
    overdrive: T,
    reversed: bool,
}

/// A result of [`Mosfet1::channel`]: its value, and its slopes along `vgs vds vbs vbd`.
type Result4 = (f64, [f64; 4]);

impl Mosfet1 {
    /// `sqrt(phi − vbs)` and its continuation under forward bias, with its slope.
    #[inline]
    fn root(&self, vbs: f64) -> (f64, f64) {
        if vbs < 0.0 {
            let root = (self.phi - vbs).sqrt();
            return (root, -0.5 / root);
        }
        let slope = -0.5 / self.root_phi;
        let tangent = Dual { value: self.root_phi + slope * vbs, gradient: [slope], shift: 0.0 };
        let root = positive(tangent, 0.5 * self.root_phi);
        (root.value, root.gradient[0])
    }

    /// The threshold voltage at a bulk voltage, with its slope.
    #[inline]
    fn threshold(&self, vbs: f64) -> (f64, f64) {
        let (root, slope) = self.root(vbs);
        (root * self.body_factor + self.built_in, slope * self.body_factor)
    }

    /// The channel's current from drain to source and the parts of the oxide to source, drain and bulk at the voltages
    /// `vgs vds vbs vbd`, polarity factored out. The slopes are written by hand, because nothing is
    /// evaluated more often; the laws compare them with differences.
    #[inline(always)]
    fn channel(&self, v: [f64; 4]) -> [Result4; 4] {
        let [vgs, vds, vbs, vbd] = v;
        let reversed = vds < 0.0;
        let (gate, bulk, drain) = if reversed { (vgs - vds, vbd, -vds) } else { (vgs, vbs, vds) };
        let threshold = self.threshold(bulk);
        let current = self.current(gate, drain, threshold, reversed);
        if self.oxide.capacitance <= 0.0 {
            let nothing = (0.0, [0.0; 4]);
            return [current, nothing, nothing, nothing];
        }
        let (magnitude, magnitude_slope) = rounded_magnitude(vds);
        // What the acting source's voltage lies below that of the named one.
        let (exchange, exchange_slope) = (0.5 * (magnitude - vds), 0.5 * (magnitude_slope - 1.0));
        let (von, von_slope) =
            if exchange == 0.0 && !reversed { threshold } else { self.threshold(vbs + exchange) };
        let parts = self.oxide.parts(vgs + exchange - von, magnitude);
        let above_by_drain = exchange_slope * (1.0 - von_slope);
        let result = |part: Part| {
            let by_drain = part.above * above_by_drain + part.drain * magnitude_slope;
            (part.value, [part.above, by_drain, -part.above * von_slope, 0.0])
        };
        let (source, drain) = (result(parts.source), result(parts.drain));
        let (at_source, at_drain) = if reversed { (drain, source) } else { (source, drain) };
        [current, at_source, at_drain, result(parts.bulk)]
    }

    /// The channel's current at the voltages as they act, with its slopes along the named ones.
    #[inline(always)]
    fn current(
        &self,
        gate: f64,
        drain: f64,
        (von, von_slope): (f64, f64),
        reversed: bool,
    ) -> Result4 {
        let overdrive = gate - von;
        if overdrive <= 0.0 {
            return (0.0, [0.0; 4]);
        }
        let modulation = self.beta * self.length_modulation;
        let gain = self.beta + modulation * drain;
        let effective = drain.min(overdrive);
        let shape = effective * (overdrive - 0.5 * effective);
        let current = gain * shape;
        let by_gate = gain * effective;
        let by_drain = modulation * shape + gain * (overdrive - effective);
        let by_bulk = -by_gate * von_slope;
        if reversed {
            (-current, [-by_gate, by_gate + by_drain, 0.0, -by_bulk])
        } else {
            (current, [by_gate, by_drain, by_bulk, 0.0])
        }
    }

    /// The channel's current alone, at the voltages of the inner transistor.
    fn channel_current(&self, vgs: f64, vds: f64, vbs: f64) -> f64 {
        self.channel([vgs, vds, vbs, vbs - vds])[0].0
    }

    fn acting(&self, vgs: f64, vds: f64, vbs: f64) -> Acting<f64> {
        let reversed = vds < 0.0;
        let (gate, bulk) = if reversed { (vgs - vds, vbs - vds) } else { (vgs, vbs) };
        Acting { vds: vds.abs(), overdrive: (gate - self.threshold(bulk).0).max(0.0), reversed }
    }

    /// Voltages `vgs vds vbs` of the inner transistor, polarity factored out.
    fn voltages(&self, x: &[f64; N]) -> [f64; 3] {
        [G, DI, B].map(|node| self.polarity * (x[node] - x[SI]))
    }

    /// Charges of overlaps and bulk junctions at the voltages `vgs vds vbs vbd`.
    #[inline(always)]
    fn contribute_charges<T: Scalar>(
        &self,
        [vgs, vds, vbs, vbd]: [T; 4],
        out: &mut Contributions<'_, T, N>,
    ) {
        let p = self.polarity;
        let voltages = [(SI, vgs), (DI, vgs - vds), (B, vgs - vbs)];
        for ((node, voltage), capacitance) in voltages.into_iter().zip(self.overlaps) {
            if capacitance > 0.0 {
                out.charge(G, node, voltage * (capacitance * p));
            }
        }
        if let Some(charge) = self.drain_junction.charge(vbd) {
            out.charge(B, DI, charge * p);
        }
        if let Some(charge) = self.source_junction.charge(vbs) {
            out.charge(B, SI, charge * p);
        }
    }

    #[inline(always)]
    fn limit<T: Scalar>(&self, [vgs, vds, vbs, vbd]: [T; 4], limits: &mut Limits<'_>) -> [T; 4] {
        let threshold = self.built_in + self.body_factor * self.root_phi;
        let start = if self.off { 0.0 } else { threshold };
        let mut bulk = |lane, v, critical| {
            limits.custom(lane, v, |new, old| match old {
                // A reverse bias, from which either sign is found.
                None => -1.0,
                Some(old) => junction_limit(new, old, self.vt, critical),
            })
        };
        let vbs = bulk(2, vbs, self.source_junction.critical);
        let vbd = bulk(3, vbd, self.drain_junction.critical);
        [limits.gate(0, vgs, threshold, start), limits.drain(1, vds), vbs, vbd]
    }
}

impl Model<N> for Mosfet1 {
    type Params = Mosfet1Params;

    const UNKNOWNS: [Unknown; N] = [
        Unknown::terminal("d"),
        Unknown::terminal("g"),
        Unknown::terminal("s"),
        Unknown::terminal("b"),
        Unknown::internal("di"),
        Unknown::internal("si"),
    ];
    const LIMITS: usize = 4;
    const OUTPUTS: &'static [Output] = &[
        output("id", "current into the drain", "A", Some(Nature::Current)),
        output("vgs", "inner gate-source voltage", "V", Some(Nature::Voltage)),
        output("vds", "inner drain-source voltage", "V", Some(Nature::Voltage)),
        output("vbs", "inner bulk-source voltage", "V", Some(Nature::Voltage)),
        output("von", "threshold voltage", "V", Some(Nature::Voltage)),
        output("vdsat", "saturation voltage", "V", Some(Nature::Voltage)),
        output("gm", "transconductance", "S", None),
        output("gds", "output conductance", "S", None),
        output("gmbs", "bulk transconductance", "S", None),
        output("p", "dissipated power", "W", None),
    ];

    fn prepare(params: &Mosfet1Params, env: &Environment) -> Result<Self, ParamError> {
        let nominal = match params.nominal_celsius {
            Some(celsius) => celsius + ZERO_CELSIUS,
            None => env.nominal_temperature,
        };
        let scaling = Scaling::new(nominal, env.temperature);
        let polarity = sign("polarity", f64::from(params.polarity))?;
        let channel = params.channel(polarity, nominal)?;
        let length = params.length - 2.0 * params.lateral_diffusion;
        if length <= 0.0 {
            return Err(ParamError::Inconsistent {
                name: "ld",
                value: params.lateral_diffusion,
                reason: "the effective length l - 2·ld is not positive",
            });
        }
        let gamma = channel.body_factor;
        let phi = positive_potential("phi", scaling.potential(channel.surface_potential))?;
        let gap_change = 0.5 * (silicon_gap(nominal) - silicon_gap(env.temperature));
        let built_in = polarity * (channel.threshold + gap_change)
            - gamma * channel.surface_potential.sqrt()
            + 0.5 * (phi - channel.surface_potential);
        let gate_area = params.width * length;
        // Where no thickness is given, SPICE scales flicker noise by 100 nm of oxide.
        let oxide = if channel.oxide > 0.0 {
            channel.oxide
        } else {
            SILICON_DIOXIDE_PERMITTIVITY * VACUUM_PERMITTIVITY / 1e-7
        };
        Ok(Self {
            polarity,
            temperature: env.temperature,
            vt: scaling.vt,
            built_in,
            body_factor: gamma,
            root_phi: phi.sqrt(),
            phi,
            beta: channel.transconductance * scaling.ratio().powf(-1.5) * params.width / length,
            length_modulation: params.length_modulation,
            drain_conductance: conductance(
                params.drain_resistance,
                params.sheet_resistance * params.drain_squares,
            ),
            source_conductance: conductance(
                params.source_resistance,
                params.sheet_resistance * params.source_squares,
            ),
            drain_junction: bulk_junction(params, &scaling, true)?,
            source_junction: bulk_junction(params, &scaling, false)?,
            oxide: Oxide { capacitance: channel.oxide * gate_area, phi },
            overlaps: [
                params.gate_source_overlap * params.width,
                params.gate_drain_overlap * params.width,
                params.gate_bulk_overlap * length,
            ],
            off: params.off,
            initial: [params.initial_vgs, params.initial_vds, params.initial_vbs],
            flicker: (
                params.flicker_coefficient / (gate_area * oxide * oxide),
                params.flicker_exponent,
            ),
        })
    }

    // Inlined into the loops over instances, so that arrays of duals are not copied.
    #[inline(always)]
    fn eval<T: Scalar>(
        &self,
        x: [T; N],
        at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, T, N>,
    ) {
        let p = self.polarity;
        let voltages =
            [(x[G] - x[SI]) * p, (x[DI] - x[SI]) * p, (x[B] - x[SI]) * p, (x[B] - x[DI]) * p];
        let voltages = self.limit(voltages, limits);
        let [id, at_source, at_drain, at_bulk] = T::map_many(&voltages, |v| self.channel(v));
        out.current(DI, SI, id * p);
        let [_, _, vbs, vbd] = voltages;
        let ibd = self.drain_junction.current(vbd, self.vt, at.gmin);
        let ibs = self.source_junction.current(vbs, self.vt, at.gmin);
        out.current(B, DI, ibd * p);
        out.current(B, SI, ibs * p);
        if let Some(g) = self.drain_conductance {
            out.current(D, DI, (x[D] - x[DI]) * g);
        }
        if let Some(g) = self.source_conductance {
            out.current(S, SI, (x[S] - x[SI]) * g);
        }
        self.contribute_charges(voltages, out);
        let cox = self.oxide.capacitance;
        if cox > 0.0 {
            for (node, part) in [(SI, at_source), (DI, at_drain), (B, at_bulk)] {
                out.capacitance(G, node, part * cox, x[G] - x[node]);
            }
        }
    }

    fn collapse(&self, _connected: u64) -> [Tie; N] {
        let mut ties = [Tie::Free; N];
        if self.drain_conductance.is_none() {
            ties[DI] = Tie::To(D);
        }
        if self.source_conductance.is_none() {
            ties[SI] = Tie::To(S);
        }
        ties
    }

    fn initial(&self, x: &mut [f64; N]) {
        for (node, voltage) in [G, D, B].into_iter().zip(self.initial) {
            if let Some(voltage) = voltage {
                x[node] = x[S] + voltage;
            }
        }
        if self.initial.iter().any(Option::is_some) {
            (x[DI], x[SI]) = (x[D], x[S]);
        }
    }

    fn noise(&self, x: &[f64; N], at: &Iterate<'_>, out: &mut NoiseSources) {
        if let Some(g) = self.drain_conductance {
            out.thermal("rd thermal", D, DI, g, self.temperature);
        }
        if let Some(g) = self.source_conductance {
            out.thermal("rs thermal", S, SI, g, self.temperature);
        }
        let [vgs, vds, vbs] = self.voltages(x);
        let Acting { vds: drain, overdrive, .. } = self.acting(vgs, vds, vbs);
        if overdrive > 0.0 {
            let alpha = (1.0 - drain / overdrive).max(0.0);
            let gain = self.beta * (1.0 + self.length_modulation * drain) * overdrive;
            let shape = 2.0 / 3.0 * (1.0 + alpha + alpha * alpha) / (1.0 + alpha);
            out.thermal("id thermal", DI, SI, gain * shape, self.temperature);
        }
        let current = self.channel_current(vgs, vds, vbs);
        let (coefficient, exponent) = self.flicker;
        out.flicker("id flicker", DI, SI, coefficient, current, exponent, 1.0);
        for (node, voltage, junction) in
            [(DI, vbs - vds, &self.drain_junction), (SI, vbs, &self.source_junction)]
        {
            out.junction("ib shot", B, node, voltage, self.temperature, |v| {
                junction.current(v, self.vt, at.gmin)
            });
        }
    }

    fn outputs(&self, x: &[f64; N], at: &Iterate<'_>, values: &mut [f64]) {
        let [vgs, vds, vbs] = self.voltages(x);
        let (channel, [gm, by_drain, by_bulk, by_bulk_drain]) =
            self.channel([vgs, vds, vbs, vbs - vds])[0];
        let acting = self.acting(vgs, vds, vbs);
        let bulk = if acting.reversed { vbs - vds } else { vbs };
        let ibd = self.drain_junction.current(vbs - vds, self.vt, at.gmin);
        let ibs = self.source_junction.current(vbs, self.vt, at.gmin);
        let id = channel - ibd;
        let p = self.polarity;
        let (drain, source) = (p * (x[D] - x[S]), p * (x[B] - x[S]));
        values.copy_from_slice(&[
            p * id,
            vgs,
            vds,
            vbs,
            self.threshold(bulk).0,
            acting.overdrive,
            gm,
            by_drain - by_bulk_drain,
            by_bulk + by_bulk_drain,
            id * drain + (ibd + ibs) * source,
        ]);
    }
}

/// A series conductance from its own parameter or from squares of the sheet.
fn conductance(own: Option<f64>, sheet: f64) -> Option<f64> {
    let resistance = own.unwrap_or(sheet);
    (resistance > 0.0).then(|| resistance.recip())
}
