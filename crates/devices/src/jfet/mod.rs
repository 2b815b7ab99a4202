//! The junction field-effect transistor, SPICE level 1 with the doping-profile parameter of Parker and Skellern.
//!
//! Terminals `d g s`; inner nodes `di si` exist where drain and source have resistances. With the polarity
//! factored out, drain and source exchanged where `vds < 0`, and `h = (1 − b)/(pb − vto)`:
//!
//! ```text
//! vgst = vgs − vto
//! id = 0                                                            vgst ≤ 0
//!    = β(1 + lambda·vds) vds [vds (h·vds − b) + vgst (2b + 3h(vgst − vds))]    vds < vgst
//!    = β(1 + lambda·vds) vgst² (b + h·vgst)                         otherwise
//! gate junctions: is·j(v/(n vt)) + isr·w(v)·(e^(v/(nr vt)) − 1) + gmin·v, j and w as for the diode
//! gate charges: depletion(cgs, pb, m, fc), depletion(cgd, pb, m, fc)
//! ionisation: id·alpha·vd·e^(−vk/vd) from drain to gate, where vd = vds − vgst is positive
//! vto(T) = vto + (vtotc − tcv)·ΔT,  β(T) = β·(T/Tnom)^bex·1.01^(betatce·ΔT)
//! is(T), isr(T), pb(T), cgs(T) as for the diode, but xti = 0 unless given
//! ```
//!
//! `b` = 1 is the square law of Shichman and Hodges.
//!
//! References: P. Antognetti and G. Massobrio, "Semiconductor Device Modeling with SPICE" (1988), chapter 3;
//! A. Parker and D. Skellern, "An Improved FET Model for Computer Simulators", IEEE Trans. CAD 9 (1990) 551;
//! recombination, ionisation and the grading coefficient as in PSpice (ngspice 39 ignores `isr`, `n`, `nr`,
//! `alpha`, `vk` and `m`).
//!
//! Deviations. Channel noise is van der Ziel's formula, which is SPICE's `8/3 kT gm` in saturation for `b` = 1 and
//! `4kT gds` at `vds` = 0, where SPICE has none.

mod params;
#[cfg(test)]
mod tests;

pub use params::JfetParams;

use crate::bipolar::{output, sign};
use crate::diode::positive_potential;
use crate::junction::{Depletion, Scaling, exponential, junction, recombination_width};
use ovonic_device::constants::ZERO_CELSIUS;
use ovonic_device::{
    Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature, NoiseSources,
    Output, ParamError, Tie, Unknown, critical_voltage, junction_limit,
};
use ovonic_numerics::scalar::{Dual, Scalar};

const EXAMPLE: &str = "\
* Junction transistor in saturation.  Closed form: id = beta * vto^2 * (1 + lambda * vds).
*! run op
*! expect i(vd) = -4.4e-3 A  rtol 1e-6
Vd d 0 10
J1 d 0 0 jmod
.model jmod njf vto=-2 beta=1m lambda=0.01
.options gmin=1e-15
.end
";

/// The junction field-effect transistor's entry in the list of devices.
pub const KIND: Kind = Kind {
    letter: Some('j'),
    model_types: &[
        ModelType { word: "njf", presets: &[("polarity", 1.0)] },
        ModelType { word: "pjf", presets: &[("polarity", -1.0)] },
    ],
    levels: &[1],
    summary: "junction field-effect transistor",
    value: Some("area"),
    initial: &["icvds", "icvgs"],
    example: EXAMPLE,
    ..Kind::of::<Jfet, 5>("jfet")
};

const D: usize = 0;
const G: usize = 1;
const S: usize = 2;
const DI: usize = 3;
const SI: usize = 4;

/// A prepared junction field-effect transistor.
#[derive(Clone, Debug)]
pub struct Jfet {
    polarity: f64,
    temperature: f64,
    vt: f64,
    threshold: f64,
    beta: f64,
    length_modulation: f64,
    profile: f64,
    profile_slope: f64,
    saturation_current: f64,
    /// Recombination: saturation current and emission voltage.
    recombination: (f64, f64),
    recombination_shape: (f64, f64),
    /// Ionisation: coefficient and voltage, where there is any.
    ionisation: Option<(f64, f64)>,
    critical: f64,
    drain_conductance: Option<f64>,
    source_conductance: Option<f64>,
    source_layer: Depletion,
    drain_layer: Depletion,
    off: bool,
    initial: [Option<f64>; 2],
    flicker: (f64, f64),
}

impl Jfet {
    /// The channel's current from drain to source, polarity factored out.
    fn channel<T: Scalar>(&self, vgs: T, vgd: T, vds: T) -> T {
        let reversed = vds.below(0.0);
        let gate = T::select(reversed, vgd, vgs);
        let drain = vds.abs();
        let overdrive = (gate - self.threshold).max(T::constant(0.0));
        // In saturation the linear region's formula is taken where the channel pinches off.
        let effective = drain.min(overdrive);
        let (b, h) = (self.profile, self.profile_slope);
        let shape = effective * (effective * h - b)
            + overdrive * ((overdrive - effective) * (3.0 * h) + 2.0 * b);
        let gain = (drain * self.length_modulation + 1.0) * self.beta;
        let current = gain * effective * shape;
        T::select(reversed, -current, current)
    }

    fn gate_current<T: Scalar>(&self, v: T, gmin: f64) -> T {
        let mut current = junction(v / self.vt) * self.saturation_current + v * gmin;
        let (isr, vtr) = self.recombination;
        if isr > 0.0 {
            current +=
                recombination_width(v, self.recombination_shape) * exponential(v / vtr) * isr;
        }
        current
    }

    /// Currents into the gate from drain and source, by ionisation in the pinched part of the channel.
    fn ionisation<T: Scalar>(&self, vgs: T, vgd: T, vds: T, channel: T) -> Option<[T; 2]> {
        let (coefficient, voltage) = self.ionisation?;
        let reversed = vds.below(0.0);
        let gate = T::select(reversed, vgd, vgs);
        let overdrive = (gate - self.threshold).max(T::constant(0.0));
        let pinched = (vds.abs() - overdrive).map(|v| {
            if v > 0.0 {
                let e = (-voltage / v).exp();
                (v * e, e * (1.0 + voltage / v))
            } else {
                (0.0, 0.0)
            }
        });
        let current = channel.abs() * pinched * coefficient;
        let zero = T::constant(0.0);
        Some([T::select(reversed, zero, current), T::select(reversed, current, zero)])
    }

    /// Voltages `vgs vgd`, polarity factored out.
    fn voltages<T: Scalar>(&self, x: &[T; 5]) -> [T; 2] {
        [SI, DI].map(|node| (x[G] - x[node]) * self.polarity)
    }

    fn limit<T: Scalar>(&self, lane: usize, v: T, start: f64, limits: &mut Limits<'_>) -> T {
        limits.custom(lane, v, |new, old| match old {
            None => start,
            Some(old) => junction_limit(new, old, self.vt, self.critical),
        })
    }
}

impl Model<5> for Jfet {
    type Params = JfetParams;

    const UNKNOWNS: [Unknown; 5] = [
        Unknown::terminal("d"),
        Unknown::terminal("g"),
        Unknown::terminal("s"),
        Unknown::internal("di"),
        Unknown::internal("si"),
    ];
    const LIMITS: usize = 2;
    const OUTPUTS: &'static [Output] = &[
        output("id", "current into the drain", "A", Some(Nature::Current)),
        output("ig", "current into the gate", "A", Some(Nature::Current)),
        output("vgs", "inner gate-source voltage", "V", Some(Nature::Voltage)),
        output("vgd", "inner gate-drain voltage", "V", Some(Nature::Voltage)),
        output("gm", "transconductance", "S", None),
        output("gds", "output conductance", "S", None),
        output("p", "dissipated power", "W", None),
    ];

    fn prepare(params: &JfetParams, env: &Environment) -> Result<Self, ParamError> {
        let nominal = match params.nominal_celsius {
            Some(celsius) => celsius + ZERO_CELSIUS,
            None => env.nominal_temperature,
        };
        let scaling = Scaling::new(nominal, env.temperature);
        let area = params.area;
        let vt = params.emission * scaling.vt;
        let log_is = scaling.log_saturation(params.activation_energy, params.saturation_exponent);
        let saturation_current =
            params.saturation_current * area * (log_is / params.emission).exp();
        let pb = params.gate_potential;
        let span = pb - params.threshold;
        if span <= 0.0 && params.doping_profile != 1.0 {
            return Err(ParamError::Inconsistent {
                name: "b",
                value: params.doping_profile,
                reason: "with vto at or above pb it can only be 1",
            });
        }
        let potential = positive_potential("pb", scaling.potential(pb))?;
        let layer = |capacitance: f64| {
            let scaled = capacitance * area * scaling.capacitance(pb, params.grading);
            Depletion::new(scaled, potential, params.grading, params.linear_fraction)
        };
        let conductance = |resistance: f64| (resistance > 0.0).then(|| area / resistance);
        Ok(Self {
            polarity: sign("polarity", f64::from(params.polarity))?,
            temperature: env.temperature,
            vt,
            threshold: params.threshold
                + (params.threshold_drift - params.threshold_tc) * scaling.rise(),
            beta: params.transconductance
                * area
                * scaling.ratio().powf(params.transconductance_exponent)
                * 1.01f64.powf(params.transconductance_drift_percent * scaling.rise()),
            length_modulation: params.length_modulation,
            profile: params.doping_profile,
            profile_slope: if params.doping_profile == 1.0 {
                0.0
            } else {
                (1.0 - params.doping_profile) / span
            },
            saturation_current,
            recombination: (
                params.recombination_current
                    * area
                    * (log_is / params.recombination_emission).exp(),
                params.recombination_emission * scaling.vt,
            ),
            recombination_shape: (potential, params.grading),
            ionisation: (params.ionisation > 0.0 && params.ionisation_voltage > 0.0)
                .then_some((params.ionisation, params.ionisation_voltage)),
            critical: critical_voltage(vt, saturation_current),
            drain_conductance: conductance(params.drain_resistance),
            source_conductance: conductance(params.source_resistance),
            source_layer: layer(params.gate_source_capacitance),
            drain_layer: layer(params.gate_drain_capacitance),
            off: params.off,
            initial: [params.initial_vgs, params.initial_vds],
            flicker: (params.flicker_coefficient, params.flicker_exponent),
        })
    }

    fn eval<T: Scalar>(
        &self,
        x: [T; 5],
        at: &Iterate<'_>,
        limits: &mut Limits<'_>,
        out: &mut Contributions<'_, T, 5>,
    ) {
        let p = self.polarity;
        let [vgs, vgd] = self.voltages(&x);
        let start = if self.off { 0.0 } else { -1.0 };
        let vgs = self.limit(0, vgs, start, limits);
        let vgd = self.limit(1, vgd, start, limits);
        // The drain voltage is a node's own: limiting the junctions must not give it a sign that it lacks.
        let wide = [vgs, vgd, (x[DI] - x[SI]) * p];
        let [ngs, ngd, nds] = T::narrow(wide);
        let channel = self.channel(ngs, ngd, nds);
        out.current(DI, SI, T::widen(channel * p, &wide));
        if let Some([drain, source]) = self.ionisation(ngs, ngd, nds, channel) {
            out.current(DI, G, T::widen(drain * p, &wide));
            out.current(SI, G, T::widen(source * p, &wide));
        }
        out.current(G, SI, self.gate_current(vgs, at.gmin) * p);
        out.current(G, DI, self.gate_current(vgd, at.gmin) * p);
        if let Some(g) = self.drain_conductance {
            out.current(D, DI, (x[D] - x[DI]) * g);
        }
        if let Some(g) = self.source_conductance {
            out.current(S, SI, (x[S] - x[SI]) * g);
        }
        if !self.source_layer.is_zero() {
            out.charge(G, SI, self.source_layer.charge(vgs) * p);
        }
        if !self.drain_layer.is_zero() {
            out.charge(G, DI, self.drain_layer.charge(vgd) * p);
        }
    }

    fn collapse(&self, _connected: u64) -> [Tie; 5] {
        let mut ties = [Tie::Free; 5];
        if self.drain_conductance.is_none() {
            ties[DI] = Tie::To(D);
        }
        if self.source_conductance.is_none() {
            ties[SI] = Tie::To(S);
        }
        ties
    }

    fn initial(&self, x: &mut [f64; 5]) {
        for (node, voltage) in [G, D].into_iter().zip(self.initial) {
            if let Some(voltage) = voltage {
                x[node] = x[S] + voltage;
            }
        }
        if self.initial.iter().any(Option::is_some) {
            (x[DI], x[SI]) = (x[D], x[S]);
        }
    }

    fn noise(&self, x: &[f64; 5], at: &Iterate<'_>, out: &mut NoiseSources) {
        if let Some(g) = self.drain_conductance {
            out.thermal("rd thermal", D, DI, g, self.temperature);
        }
        if let Some(g) = self.source_conductance {
            out.thermal("rs thermal", S, SI, g, self.temperature);
        }
        let [vgs, vgd] = self.voltages(x);
        let vds = vgs - vgd;
        let current = self.channel(vgs, vgd, vds);
        let overdrive = vgs.max(vgd) - self.threshold;
        if overdrive > 0.0 {
            let alpha = (1.0 - vds.abs() / overdrive).max(0.0);
            let gain = 2.0 * self.beta * (1.0 + self.length_modulation * vds.abs()) * overdrive;
            // At zero drain voltage the profile multiplies the conductance by this. A fit may let it fall below zero
            // beyond the voltages that it was made for; noise does not.
            let profile = (self.profile + 1.5 * self.profile_slope * overdrive).max(0.0);
            let shape = 2.0 / 3.0 * (1.0 + alpha + alpha * alpha) / (1.0 + alpha);
            out.thermal("id thermal", DI, SI, gain * profile * shape, self.temperature);
        }
        let (coefficient, exponent) = self.flicker;
        out.flicker("id flicker", DI, SI, coefficient, current, exponent, 1.0);
        for (node, voltage) in [(SI, vgs), (DI, vgd)] {
            out.junction("ig shot", G, node, voltage, self.temperature, |v| {
                self.gate_current(v, at.gmin)
            });
        }
    }

    fn outputs(&self, x: &[f64; 5], at: &Iterate<'_>, values: &mut [f64]) {
        let p = self.polarity;
        let [vgs, vgd] = self.voltages(x);
        let (gate, drain) = (Dual::<2>::unknown(vgs, 0), Dual::<2>::unknown(vgs - vgd, 1));
        let channel = self.channel(gate, gate - drain, drain);
        let (igs, igd) = (self.gate_current(vgs, at.gmin), self.gate_current(vgd, at.gmin));
        let [from_drain, from_source] =
            self.ionisation(vgs, vgd, vgs - vgd, channel.value).unwrap_or_default();
        let id = channel.value - igd + from_drain;
        let ig = igs + igd - from_drain - from_source;
        values.copy_from_slice(&[
            p * id,
            p * ig,
            vgs,
            vgd,
            channel.gradient[0],
            channel.gradient[1],
            p * (id * (x[D] - x[S]) + ig * (x[G] - x[S])),
        ]);
    }
}
