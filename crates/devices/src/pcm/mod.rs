//! Phase-change memory: an amorphous dome over a heater that heat melts, crystallises and relaxes.
//!
//! Terminals `p n` and, if the line names it, the thermal terminal `th`, the rise of the surroundings above ambient.
//! The branch current `i` flows from `p` to `n`; the states are the temperature's rise `t` over the heater (settled), and,
//! retained by an operating point, the amorphous part `x = u_a/h` of the thickness, the part `nuc` of the nucleation
//! sites that hold a nucleus, and the structural disorder `s` of the amorphous phase (1 as quenched). With the laws of
//! `conduction` and `kinetics`:
//!
//! ```text
//! V           = V_a(I, T, x, s) + I·R_s(T, x)
//! d/dt[C_th·t + ΔH_f·A·h·x] = V·I − (t − t_th)·(1 + k_th·|t − t_th|)/R_th
//! T           = T_amb + t          over the heater
//! T_i         = T_amb + t_th + (t − t_th)(1 − fall·x²)      at the dome's surface
//! T_m         = (T + T_i)/2        inside the dome
//! dx/dt       = −(μ(T_i)/h)·(1 + fronts·nuc)·[e^d·x/(x + ε) − e^−d·(1 − x)/(1 − x + ε)]
//! dnuc/dt     = J(T_m)·(1 − nuc) − nuc·v_melt(T_m)/r_n
//! ds/dt       = (1 − s)·G/η(T_m) − ν0·exp(−E_s(1 − s)/kT_m)·s/(s + ε)
//! ```
//!
//! The square bracket is `2·sinh(d)`, one law that crystallises below the melting point and melts above, with each of
//! its two parts fading within `ε` = 0.01 of the bound that it leads to, so that `x` stays in [0, 1] by construction.
//! Below the threshold the dome's own Joule heat raises its conductivity: it snaps back, a threshold switch of its own.
//! The dome drifts as `R ∝ t^(ΔE/E_s)` and the crystal does not. Nuclei outlive a melting that is short or weak, and
//! make the next crystallisation faster.
//!
//! References: A. Sebastian et al., Nat. Commun. 8 (2017) 1115 (the dome and its temperatures); G. W. Burr et al.,
//! J. Appl. Phys. 111 (2012) 104308 (kinetics); D. Ielmini and Y. Zhang, J. Appl. Phys. 102 (2007) 054517
//! (conduction); M. Le Gallo et al., Adv. Electron. Mater. 4 (2018) 1700627 (structural relaxation).
//!
//! Deviations. One lumped temperature with a parabolic profile stands for the field of temperatures, and its thermal
//! conductance grows with the rise, as that of the material does. The growth law's glass is the doped material's:
//! `t_g`, `t_f`, `d` and `eta_g` are calibrated to a front that rests below 550 K and peaks near 750 K at 0.5 m/s.
//! Nuclei enter as additional fronts, and disorder returns in a liquid within its Maxwell time `η/G`.

mod conduction;
mod kinetics;
mod params;
mod statistics;

pub use params::PcmParams;

use conduction::{Conduction, Matter};
use kinetics::Kinetics;
use ovonic_device::constants::{BOLTZMANN, BOLTZMANN_EV};
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSource, NoiseSources, Output, ParamError, Retention, Unknown,
};
use ovonic_numerics::scalar::{Scalar, limited_exp, smooth_abs, soft_plus};
use statistics::Programmed;

const EXAMPLE: &str = "\
* A crystalline cell is a resistor that heats itself a little.  Reference: V = I R(T), solved to 12 digits.
*! run op
*! expect i(v1) = -1.254391896161e-5 A  rtol 1e-6
V1 p 0 0.2
N1 p 0 cell ua0=0
.model cell pcm
.options temp=26.85
.end
";

/// The phase-change memory's entry in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("pcm")],
    summary: "phase-change memory",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Pcm, 8>("pcm")
};

const P: usize = 0;
const N: usize = 1;
const SURROUNDINGS: usize = 2;
const I: usize = 3;
const RISE: usize = 4;
const X: usize = 5;
const NUCLEI: usize = 6;
const DISORDER: usize = 7;

/// Part of a state's range within which the flow towards its bound fades.
const EDGE: f64 = 0.01;
/// Temperature below which no iterate takes the material, K, and the width of that floor.
const COLDEST: f64 = 20.0;
const COLD_WIDTH: f64 = 5.0;
/// Share of the resistance that a drawn cell's dome counts with at least: below, it drifts less than was drawn.
const LEAST_SHARE: f64 = 0.1;
/// Exponents beyond this are continued by their tangents.
const LARGEST_EXPONENT: f64 = 80.0;

/// A prepared phase-change memory.
#[derive(Clone, Debug)]
pub struct Pcm {
    conduction: Conduction,
    kinetics: Kinetics,
    ambient: f64,
    thermal_conductance: f64,
    thermal_growth: f64,
    heat_capacity: f64,
    /// Latent heat of the whole thickness, J.
    latent_heat: f64,
    fall: f64,
    fronts: f64,
    nucleus_radius: f64,
    /// `E_s/k`, K.
    structural: f64,
    attempt_rate: f64,
    ln_shear_modulus: f64,
    flicker: f64,
    flicker_exponent: f64,
    /// Initial amorphous part, nuclei and disorder.
    initial: [f64; 3],
}

/// Rates of the retained states, 1/s.
#[derive(Clone, Copy)]
struct Rates<S> {
    amorphous: S,
    nuclei: S,
    disorder: S,
}

impl Pcm {
    /// Temperature, K, of a rise above ambient, kept above the floor.
    fn temperature<S: Scalar>(&self, rise: S) -> S {
        let above = (rise + (self.ambient - COLDEST)) / COLD_WIDTH;
        soft_plus(above) * COLD_WIDTH + COLDEST
    }

    fn matter<S: Scalar>(&self, x: &[S; 8]) -> Matter<S> {
        Matter { temperature: self.temperature(x[RISE]), amorphous: x[X], disorder: x[DISORDER] }
    }

    /// Heat that leaves the hot spot at a difference of temperature, W.
    fn heat_flow<S: Scalar>(&self, difference: S) -> S {
        let growth = smooth_abs(difference, 1.0) * self.thermal_growth + 1.0;
        difference * growth * self.thermal_conductance
    }

    fn rates<S: Scalar>(&self, x: &[S; 8]) -> Rates<S> {
        let difference = x[RISE] - x[SURROUNDINGS];
        let fall = x[X].square() * self.fall;
        let surface = self.temperature(x[SURROUNDINGS] + difference * (-fall + 1.0));
        let inside = self.temperature(x[SURROUNDINGS] + difference * (-fall * 0.5 + 1.0));
        let (front, middle) = (self.kinetics.front(surface), self.kinetics.front(inside));
        let rest = -x[X] + 1.0;
        let growing = front.drive.exp() * x[X] / (x[X] + EDGE);
        let melting = (-front.drive).exp() * rest / (rest + EDGE);
        let fronts = x[NUCLEI] * self.fronts + 1.0;
        let amorphous = front.mobility * (melting - growing) * fronts / self.conduction.thickness;
        let nucleation = self.kinetics.nucleation(inside, &middle);
        let dissolution = self.kinetics.dissolution(&middle) / self.nucleus_radius;
        let ordered = -x[DISORDER] + 1.0;
        let barrier = ordered / inside * self.structural;
        let relaxation = limited_exp(-barrier, LARGEST_EXPONENT) * self.attempt_rate;
        let liquid = -self.kinetics.ln_viscosity(inside) + self.ln_shear_modulus;
        Rates {
            amorphous,
            nuclei: nucleation * (-x[NUCLEI] + 1.0) - x[NUCLEI] * dissolution,
            disorder: limited_exp(liquid, LARGEST_EXPONENT) * ordered
                - relaxation * x[DISORDER] / (x[DISORDER] + EDGE),
        }
    }

    /// Gives the cell the conductance, the drift and the noise that were drawn for it, `age` seconds after programming. A
    /// conductance below that of the whole thickness leaves the whole thickness amorphous.
    fn program(&mut self, drawn: &Programmed, age: f64) {
        let scale = self.ambient / self.structural;
        let disorder = (1.0 - scale * (self.attempt_rate / scale * age).ln_1p()).max(0.0);
        let resistances = |amorphous: f64| {
            let matter = Matter { temperature: self.ambient, amorphous, disorder };
            let dome = self.conduction.amorphous_resistance(0.0, &matter);
            [dome, self.conduction.series_resistance(&matter)]
        };
        let [crystal, glass] = [0.0, 1.0].map(|part| resistances(part).iter().sum::<f64>());
        let part = (drawn.conductance.recip() - crystal) / (glass - crystal);
        let part = part.clamp(EDGE * EDGE, 1.0);
        let [dome, rest] = resistances(part);
        let share = (dome / (dome + rest)).max(LEAST_SHARE);
        self.conduction.relax_by(drawn.drift / share * self.structural * BOLTZMANN_EV, disorder);
        self.flicker = (drawn.noise / share).powi(2);
        self.initial[0] = part;
        self.initial[2] = disorder;
    }

    /// Voltage over current, Ohm, of the dome and of the rest.
    fn resistances(&self, x: &[f64; 8]) -> [f64; 2] {
        let matter = self.matter(x);
        let dome = self.conduction.amorphous_resistance(x[I], &matter);
        [dome, self.conduction.series_resistance(&matter)]
    }
}

impl Model<8> for Pcm {
    type Params = PcmParams;

    const UNKNOWNS: [Unknown; 8] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::thermal_terminal("th"),
        Unknown { nominal: 1e-5, ..Unknown::branch("i") },
        Unknown { nominal: 1000.0, ..Unknown::temperature("t") },
        Unknown::state("x", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0),
        Unknown::state("nuc", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0),
        Unknown::state("s", Retention::Retained, 1.0, 1e-6).within(0.0, 1.0),
    ];
    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "u_a",
            description: "thickness of the amorphous dome",
            unit: "m",
            nature: None,
        },
        Output {
            name: "temp",
            description: "temperature over the heater",
            unit: "K",
            nature: Some(Nature::Temperature),
        },
        Output {
            name: "nuc",
            description: "occupied nucleation sites, 0 to 1",
            unit: "",
            nature: None,
        },
        Output { name: "s", description: "structural disorder, 0 to 1", unit: "", nature: None },
        Output {
            name: "g",
            description: "conductance, current over voltage",
            unit: "S",
            nature: None,
        },
        Output { name: "p", description: "dissipated power", unit: "W", nature: None },
    ];

    fn prepare(params: &PcmParams, env: &Environment) -> Result<Self, ParamError> {
        params.check(env.temperature)?;
        let conduction = Conduction::new(params);
        let mut cell = Self {
            kinetics: Kinetics::new(params),
            ambient: env.temperature,
            thermal_conductance: params.thermal_resistance.recip(),
            thermal_growth: params.thermal_growth,
            heat_capacity: params.thermal_capacitance,
            latent_heat: params.fusion_heat * conduction.area * conduction.thickness,
            conduction,
            fall: params.temperature_fall,
            fronts: params.nuclei_fronts,
            nucleus_radius: params.nucleus_radius,
            structural: params.structural_energy / BOLTZMANN_EV,
            attempt_rate: params.attempt_rate,
            // A modulus of zero is a liquid that never becomes disordered.
            ln_shear_modulus: params.shear_modulus.max(1e-300).ln(),
            flicker: params.flicker,
            flicker_exponent: params.flicker_exponent,
            initial: [
                params.initial_thickness / params.thickness,
                params.initial_nuclei,
                params.initial_disorder,
            ],
        };
        if let Some(target) = params.programmed {
            cell.program(&Programmed::draw(target, env.variation), params.programmed_since);
        }
        Ok(cell)
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 8],
        _at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 8>,
    ) {
        let matter = self.matter(&x);
        let dome = self.conduction.amorphous_voltage(x[I], &matter);
        let voltage = dome + x[I] * self.conduction.series_resistance(&matter);
        out.current(P, N, x[I]);
        out.equation(I, x[P] - x[N] - voltage);
        out.current(RISE, SURROUNDINGS, self.heat_flow(x[RISE] - x[SURROUNDINGS]));
        out.equation(RISE, -(x[I] * voltage));
        // Two quantities, so that the error of the sensible heat is not measured against all latent heat.
        out.storage(RISE, x[RISE] * self.heat_capacity);
        out.storage(RISE, x[X] * self.latent_heat);
        let rates = self.rates(&x);
        out.rate(X, x[X], rates.amorphous);
        out.rate(NUCLEI, x[NUCLEI], rates.nuclei);
        out.rate(DISORDER, x[DISORDER], rates.disorder);
    }

    fn initial(&self, x: &mut [f64; 8]) {
        [x[X], x[NUCLEI], x[DISORDER]] = self.initial;
    }

    fn noise(&self, x: &[f64; 8], _at: &Iterate<'_>, out: &mut NoiseSources) {
        let [dome, rest] = self.resistances(x);
        let source = |name, white, flicker| NoiseSource {
            name,
            from: I,
            to: None,
            white,
            flicker,
            exponent: self.flicker_exponent,
        };
        let thermal = 4.0 * BOLTZMANN * self.temperature(x[RISE]) * (dome + rest);
        out.sources.push(source("thermal", thermal, 0.0));
        let swing = self.flicker * (dome * x[I]).powi(2);
        out.sources.push(source("flicker", 0.0, swing));
    }

    fn outputs(&self, x: &[f64; 8], _at: &Iterate<'_>, values: &mut [f64]) {
        let [dome, rest] = self.resistances(x);
        let resistance = dome + rest;
        values.copy_from_slice(&[
            x[X] * self.conduction.thickness,
            self.temperature(x[RISE]),
            x[NUCLEI],
            x[DISORDER],
            resistance.recip(),
            resistance * x[I].powi(2),
        ]);
    }
}
