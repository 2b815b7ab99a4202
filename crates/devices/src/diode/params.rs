//! Parameters of the junction diode.

use ovonic_device::Params;

/// Parameters of the junction diode.
#[derive(Clone, Debug, Params)]
pub struct DiodeParams {
    /// Saturation current of the bottom at the nominal temperature.
    #[param(name = "is", aliases = "js", unit = "A", default = 1e-14, range = "(0, inf)", area)]
    pub saturation_current: f64,
    /// Saturation current of the sidewall, for each metre of `pj`.
    #[param(name = "jsw", aliases = "isw", unit = "A", default = 0.0, range = "[0, inf)")]
    pub sidewall_saturation_current: f64,
    /// Emission coefficient.
    #[param(name = "n", default = 1.0, range = "(0, inf)")]
    pub emission: f64,
    /// Emission coefficient of the sidewall; absent means the bottom's.
    #[param(name = "ns", range = "(0, inf)")]
    pub sidewall_emission: Option<f64>,
    /// Ohmic series resistance.
    #[param(name = "rs", unit = "Ohm", default = 0.0, range = "[0, inf)", area)]
    pub series_resistance: f64,
    /// First-order temperature coefficient of `rs`.
    #[param(name = "trs1", aliases = "trs", unit = "1/K", default = 0.0)]
    pub series_resistance_tc1: f64,
    /// Second-order temperature coefficient of `rs`.
    #[param(name = "trs2", unit = "1/K^2", default = 0.0)]
    pub series_resistance_tc2: f64,
    /// Transit time.
    #[param(name = "tt", unit = "s", default = 0.0, range = "[0, inf)")]
    pub transit_time: f64,
    /// First-order temperature coefficient of `tt`.
    #[param(name = "ttt1", unit = "1/K", default = 0.0)]
    pub transit_time_tc1: f64,
    /// Second-order temperature coefficient of `tt`.
    #[param(name = "ttt2", unit = "1/K^2", default = 0.0)]
    pub transit_time_tc2: f64,
    /// Depletion capacitance of the bottom at zero bias.
    #[param(name = "cjo", aliases = "cj0 cj", unit = "F", default = 0.0, range = "[0, inf)", area)]
    pub junction_capacitance: f64,
    /// Built-in potential of the bottom.
    #[param(name = "vj", aliases = "pb", unit = "V", default = 1.0, range = "(0, inf)")]
    pub junction_potential: f64,
    /// Grading coefficient of the bottom.
    #[param(name = "m", aliases = "mj", default = 0.5, range = "[0, 1)")]
    pub grading: f64,
    /// First-order temperature coefficient of `m`.
    #[param(name = "tm1", unit = "1/K", default = 0.0)]
    pub grading_tc1: f64,
    /// Second-order temperature coefficient of `m`.
    #[param(name = "tm2", unit = "1/K^2", default = 0.0)]
    pub grading_tc2: f64,
    /// Fraction of `vj` above which the depletion capacitance is linear.
    #[param(name = "fc", default = 0.5, range = "[0, 0.95]")]
    pub linear_fraction: f64,
    /// Depletion capacitance of the sidewall at zero bias, for each metre of `pj`.
    #[param(name = "cjp", aliases = "cjsw", unit = "F", default = 0.0, range = "[0, inf)")]
    pub sidewall_capacitance: f64,
    /// Built-in potential of the sidewall.
    #[param(name = "php", unit = "V", default = 1.0, range = "(0, inf)")]
    pub sidewall_potential: f64,
    /// Grading coefficient of the sidewall.
    #[param(name = "mjsw", default = 0.33, range = "[0, 1)")]
    pub sidewall_grading: f64,
    /// Fraction of `php` above which the sidewall's capacitance is linear.
    #[param(name = "fcs", default = 0.5, range = "[0, 0.95]")]
    pub sidewall_linear_fraction: f64,
    /// Reverse breakdown voltage; absent means the diode never breaks down.
    #[param(name = "bv", unit = "V", range = "(0, inf)")]
    pub breakdown_voltage: Option<f64>,
    /// Reverse current at `bv`.
    #[param(name = "ibv", aliases = "ib", unit = "A", default = 1e-3, range = "(0, inf)")]
    pub breakdown_current: f64,
    /// Emission coefficient of breakdown; absent means `n`.
    #[param(name = "nbv", range = "(0, inf)")]
    pub breakdown_emission: Option<f64>,
    /// Reverse current at `bv` of the part of breakdown that dominates at low current.
    #[param(name = "ibvl", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub low_breakdown_current: f64,
    /// Emission coefficient of breakdown at low current.
    #[param(name = "nbvl", default = 1.0, range = "(0, inf)")]
    pub low_breakdown_emission: f64,
    /// Temperature coefficient of `bv`: V/K off it where `tlev` is 0, else a fraction a kelvin.
    #[param(name = "tcv", unit = "V/K", default = 0.0)]
    pub breakdown_tc: f64,
    /// First-order temperature coefficient of `bv`, in proportion.
    #[param(name = "tbv1", aliases = "tbv", unit = "1/K", default = 0.0)]
    pub breakdown_tc1: f64,
    /// Second-order temperature coefficient of `bv`, in proportion.
    #[param(name = "tbv2", unit = "1/K^2", default = 0.0)]
    pub breakdown_tc2: f64,
    /// How `tcv` acts: 0 in volts, 1 in proportion.
    #[param(name = "tlev", default = 0, range = "[0, 1]")]
    pub temperature_level: i32,
    /// Knee of high injection; absent or zero means none.
    #[param(name = "ikf", aliases = "ik", unit = "A", range = "[0, inf)", area)]
    pub forward_knee: Option<f64>,
    /// Temperature coefficient of `ikf`.
    #[param(name = "tikf", unit = "1/K", default = 0.0)]
    pub forward_knee_tc: f64,
    /// Knee of the reverse current; absent or zero means none.
    #[param(name = "ikr", unit = "A", range = "[0, inf)", area)]
    pub reverse_knee: Option<f64>,
    /// Recombination saturation current.
    #[param(name = "isr", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub recombination_current: f64,
    /// Emission coefficient of recombination.
    #[param(name = "nr", default = 2.0, range = "(0, inf)")]
    pub recombination_emission: f64,
    /// Tunnelling saturation current of the bottom.
    #[param(name = "jtun", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub tunnelling_current: f64,
    /// Tunnelling saturation current of the sidewall, for each metre of `pj`.
    #[param(name = "jtunsw", unit = "A", default = 0.0, range = "[0, inf)")]
    pub sidewall_tunnelling_current: f64,
    /// Emission coefficient of tunnelling.
    #[param(name = "ntun", default = 30.0, range = "(0, inf)")]
    pub tunnelling_emission: f64,
    /// Temperature exponent of tunnelling.
    #[param(name = "xtitun", default = 3.0)]
    pub tunnelling_exponent: f64,
    /// Factor on `eg` for tunnelling.
    #[param(name = "keg", default = 1.0)]
    pub tunnelling_gap_factor: f64,
    /// Activation energy of the saturation currents.
    #[param(name = "eg", unit = "eV", default = 1.11, range = "(0, inf)")]
    pub activation_energy: f64,
    /// Temperature exponent of the saturation currents.
    #[param(name = "xti", default = 3.0)]
    pub saturation_exponent: f64,
    /// Flicker noise coefficient.
    #[param(name = "kf", default = 0.0, range = "[0, inf)")]
    pub flicker_coefficient: f64,
    /// Flicker noise exponent.
    #[param(name = "af", default = 1.0, range = "(0, inf)")]
    pub flicker_exponent: f64,
    /// Temperature at which the parameters hold; absent means the circuit's nominal temperature.
    #[param(name = "tnom", aliases = "tref", unit = "°C", range = "(-273.15, inf)")]
    pub nominal_celsius: Option<f64>,
    /// Area factor.
    #[param(name = "area", default = 1.0, range = "(0, inf)", instance)]
    pub area: f64,
    /// Perimeter of the sidewall.
    #[param(name = "pj", unit = "m", default = 0.0, range = "[0, inf)", instance)]
    pub perimeter: f64,
    /// Start the search for an operating point with the junction switched off.
    #[param(name = "off", flag, default = false, instance)]
    pub off: bool,
    /// Initial voltage of a transient analysis that uses initial conditions.
    #[param(name = "ic", unit = "V", instance)]
    pub initial_voltage: Option<f64>,
}
