//! The ovonic threshold switch: an amorphous chalcogenide whose own heat, helped by the field, turns it on.
//!
//! Terminals `p n` and, if the line names it, the thermal terminal `th`, the rise of the surroundings above ambient
//! (ground, where it is left out). The state `t` is the filament's rise above ambient. With `V = v(p) − v(n)`, the
//! filament's length `h` and area `A = π·radius²`, and the conductivity of [`crate::amorphous`]:
//!
//! ```text
//! I = (A/h)·V·σ(T, V/h),   T = T_amb + t
//! c_th·dt/dt = V·I − (t − t_th)/r_th
//! ```
//!
//! What `r_th` lets out enters `th`. The steady characteristic is single-valued in the current and folds in the voltage:
//! above the threshold voltage the heat runs away until the conductivity saturates, below the hold voltage it dies
//! out. Delay, the dependence of the threshold on the ramp and relaxation follow from `c_th`; nothing is scripted.
//!
//! The threshold field, the on-conductivity and the thermal time constant may vary between devices (`d2d_…`) and from
//! cycle to cycle (`c2c_…`), each by a factor `exp(spread·z)` with a standard normal `z`. A cycle ends when the
//! thermal conductivity, having exceeded a tenth of the saturation, falls below a hundredth.
//!
//! Valid below melting (858 K in the paper) as far as the material is concerned; the hot branch stays a lumped
//! filament of constant size beyond, so that the hold voltage comes out lower than measured.
//!
//! Reference: J. Scoggin et al., arXiv:1906.09316 (2019), eqs 1 and 3–5.
//!
//! Deviations. The paper solves the heat equation in two dimensions with tabulated properties; this is one lumped
//! filament whose σ_T (0.447 eV, 3.3 S/m at 300 K) is fitted to the device's threshold. Minimum and magnitude are
//! rounded. The option `hopping` replaces the law below threshold by Poole–Frenkel hopping (Ielmini and Zhang 2007).

use crate::amorphous::{AmorphousConduction, FieldLaw};
use crate::cycle::{Cycles, Varying, cycle_latches, draws};
use ovonic_device::{
    Class, Contributions, Environment, Iterate, Kind, Limits, Model, ModelType, Nature,
    NoiseSources, Output, ParamError, Params, Unknown,
};
use ovonic_numerics::scalar::Scalar;
use std::f64::consts::PI;

const EXAMPLE: &str = "\
* Ovonic threshold switch on its cold branch at 1 V.  Reference: P = V I heats by R_th P, solved to 12 digits.
*! run op
*! expect i(v1) = -1.906092197137e-7 A  rtol 1e-6
V1 p 0 1
N1 p 0 switch
.model switch ots
.options temp=26.85
.end
";

/// The ovonic threshold switch's entry in the list of devices.
pub const KIND: Kind = Kind {
    model_types: &[ModelType::plain("ots")],
    summary: "ovonic threshold switch",
    class: Class::Memory,
    example: EXAMPLE,
    ..Kind::of::<Ots, 4>("ots")
};

/// Parameters of the ovonic threshold switch.
#[derive(Clone, Debug, Params)]
pub struct OtsParams {
    /// Length of the filament: the layer's thickness.
    #[param(name = "h", unit = "m", default = 50e-9, range = "(0, inf)")]
    pub thickness: f64,
    /// Radius of the filament.
    #[param(name = "radius", unit = "m", default = 20e-9, range = "(0, inf)")]
    pub radius: f64,
    /// Thermally activated conductivity at 300 K.
    #[param(name = "sigma_t", unit = "S/m", default = 3.3, range = "(0, inf)")]
    pub thermal_conductivity: f64,
    /// Activation energy of the thermal conductivity.
    #[param(name = "e_a", unit = "eV", default = 0.447, range = "[0, 5]")]
    pub activation_energy: f64,
    /// Field-assisted conductivity without a field.
    #[param(name = "sigma_e", unit = "S/m", default = 0.033, range = "[0, inf)")]
    pub field_conductivity: f64,
    /// Inverse of the field over which the field-assisted conductivity grows by e.
    #[param(name = "lambda_e", unit = "m/V", default = 2.42e-7, range = "[0, inf)")]
    pub field_slope: f64,
    /// Field over which the field's magnitude is rounded at zero.
    #[param(name = "e_0", unit = "V/m", default = 1e5, range = "(0, inf)")]
    pub field_rounding: f64,
    /// Poole-Frenkel hopping below threshold, in place of the field-assisted conductivity.
    #[param(name = "hopping", flag, default = false)]
    pub hopping: bool,
    /// Distance between traps, for hopping.
    #[param(name = "dz", unit = "m", default = 7e-9, range = "(0, 1e-7]")]
    pub trap_distance: f64,
    /// Conductivity of the switched-on filament.
    #[param(name = "sigma_max", unit = "S/m", default = 4.1e5, range = "(0, inf)")]
    pub saturation_conductivity: f64,
    /// Thermal resistance from the filament to its surroundings.
    #[param(name = "r_th", unit = "K/W", default = 3e6, range = "(0, inf)")]
    pub thermal_resistance: f64,
    /// Heat capacity of the filament.
    #[param(name = "c_th", unit = "J/K", default = 1e-16, range = "(0, inf)")]
    pub heat_capacity: f64,
    /// Capacitance between the electrodes.
    #[param(name = "c_par", unit = "F", default = 0.0, range = "[0, inf)")]
    pub capacitance: f64,
    /// Initial temperature rise.
    #[param(name = "rise0", unit = "K", default = 0.0, range = "[0, inf)", aliases = "ic")]
    pub initial_rise: f64,
    /// Spread of the threshold field between devices, relative.
    #[param(name = "d2d_vth", default = 0.0, range = "[0, 1]")]
    pub threshold_spread: f64,
    /// Spread of the threshold field from cycle to cycle, relative.
    #[param(name = "c2c_vth", default = 0.0, range = "[0, 1]")]
    pub threshold_jitter: f64,
    /// Spread of the on-conductivity, and so of the hold voltage, between devices, relative.
    #[param(name = "d2d_on", default = 0.0, range = "[0, 1]")]
    pub on_spread: f64,
    /// Spread of the on-conductivity from cycle to cycle, relative.
    #[param(name = "c2c_on", default = 0.0, range = "[0, 1]")]
    pub on_jitter: f64,
    /// Spread of the thermal time constant, and so of the delay, between devices, relative.
    #[param(name = "d2d_delay", default = 0.0, range = "[0, 1]")]
    pub delay_spread: f64,
    /// Spread of the thermal time constant from cycle to cycle, relative.
    #[param(name = "c2c_delay", default = 0.0, range = "[0, 1]")]
    pub delay_jitter: f64,
}

const P: usize = 0;
const N: usize = 1;
const SURROUNDINGS: usize = 2;
const RISE: usize = 3;

/// A prepared ovonic threshold switch.
#[derive(Clone, Debug)]
pub struct Ots {
    conduction: AmorphousConduction,
    thickness: f64,
    /// Area over thickness, m.
    shape: f64,
    ambient: f64,
    thermal_conductance: f64,
    heat_capacity: f64,
    capacitance: f64,
    initial_rise: f64,
    cycles: Cycles<3>,
}

/// Parts of the saturation conductivity which the thermal one exceeds when the switch has turned on, and falls below
/// when it has turned off.
const ON: f64 = 0.1;
const OFF: f64 = 0.01;

impl Ots {
    /// Conductance, S, at a voltage, V, and a temperature rise, K, with a cycle's factors.
    fn conductance<S: Scalar>(&self, v: S, rise: S, [threshold, on, _]: [f64; 3]) -> S {
        let conduction =
            AmorphousConduction { saturation: self.conduction.saturation * on, ..self.conduction };
        let field = v / (self.thickness * threshold);
        conduction.conductivity(rise + self.ambient, field) * self.shape
    }
}

impl Ots {
    /// How far the logarithm of the thermal conductivity's part is above having turned on and below having turned off.
    fn distances(&self, rise: f64) -> (f64, f64) {
        let thermal = self.conduction.thermal(rise + self.ambient);
        let part = (thermal / self.conduction.saturation).ln();
        (part - ON.ln(), OFF.ln() - part)
    }
}

impl Model<4> for Ots {
    type Params = OtsParams;

    const UNKNOWNS: [Unknown; 4] = [
        Unknown::terminal("p"),
        Unknown::terminal("n"),
        Unknown::thermal_terminal("th"),
        Unknown::temperature("t"),
    ];
    const LATCHES: usize = 4;
    const OUTPUTS: &'static [Output] = &[
        Output {
            name: "temp",
            description: "temperature of the filament",
            unit: "K",
            nature: Some(Nature::Temperature),
        },
        Output {
            name: "g",
            description: "conductance, current over voltage",
            unit: "S",
            nature: None,
        },
        Output { name: "p", description: "dissipated power", unit: "W", nature: None },
    ];

    fn prepare(params: &OtsParams, env: &Environment) -> Result<Self, ParamError> {
        let factor =
            |name, spread, jitter| Varying::factor(env.variation, name, 1.0, spread, jitter);
        let varying = [
            factor("vth", params.threshold_spread, params.threshold_jitter),
            factor("on", params.on_spread, params.on_jitter),
            factor("delay", params.delay_spread, params.delay_jitter),
        ];
        let field = if params.hopping {
            FieldLaw::Hopping { distance: params.trap_distance }
        } else {
            FieldLaw::Assisted {
                conductivity: params.field_conductivity,
                slope: params.field_slope,
                rounding: params.field_rounding,
            }
        };
        Ok(Self {
            conduction: AmorphousConduction {
                conductivity: params.thermal_conductivity,
                activation_energy: params.activation_energy,
                field,
                saturation: params.saturation_conductivity,
            },
            thickness: params.thickness,
            shape: PI * params.radius * params.radius / params.thickness,
            ambient: env.temperature,
            thermal_conductance: params.thermal_resistance.recip(),
            heat_capacity: params.heat_capacity,
            capacitance: params.capacitance,
            initial_rise: params.initial_rise,
            cycles: Cycles::new(env.variation, varying),
        })
    }

    fn eval<S: Scalar>(
        &self,
        x: [S; 4],
        at: &Iterate<'_>,
        _limits: &mut Limits<'_>,
        out: &mut Contributions<'_, S, 4>,
    ) {
        let v = x[P] - x[N];
        let factors: [f64; 3] = draws(at.latches);
        let current = v * self.conductance(v, x[RISE], factors);
        out.current(P, N, current);
        if self.capacitance > 0.0 {
            out.charge(P, N, v * self.capacitance);
        }
        // The balance of heat over the cycle's factor: a factor on the stored heat itself would make it jump.
        let loss = (x[RISE] - x[SURROUNDINGS]) * self.thermal_conductance;
        out.equation(SURROUNDINGS, -loss);
        out.equation(RISE, (loss - v * current) / factors[2]);
        out.storage(RISE, x[RISE] * self.heat_capacity);
    }

    fn initial(&self, x: &mut [f64; 4]) {
        x[RISE] = self.initial_rise;
    }

    cycle_latches!(4, |device, x| device.distances(x[RISE]));

    fn noise(&self, x: &[f64; 4], at: &Iterate<'_>, out: &mut NoiseSources) {
        let conductance = self.conductance(x[P] - x[N], x[RISE], draws(at.latches));
        out.thermal("thermal", P, N, conductance, (x[RISE] + self.ambient).max(0.0));
    }

    fn outputs(&self, x: &[f64; 4], at: &Iterate<'_>, values: &mut [f64]) {
        let v = x[P] - x[N];
        let conductance = self.conductance(v, x[RISE], draws(at.latches));
        values.copy_from_slice(&[x[RISE] + self.ambient, conductance, v * v * conductance]);
    }
}
