//! Parameters of the junction field-effect transistor.

use ovonic_device::Params;

/// Parameters of the junction field-effect transistor.
#[derive(Clone, Debug, Params)]
pub struct JfetParams {
    /// Polarity: 1 for an n channel, −1 for a p channel; the model's type sets it.
    #[param(name = "polarity", default = 1, range = "[-1, 1]")]
    pub polarity: i32,
    /// Threshold voltage, negative for a channel that conducts at zero bias, for both polarities.
    #[param(name = "vto", aliases = "vt0", unit = "V", default = -2.0)]
    pub threshold: f64,
    /// Transconductance.
    #[param(name = "beta", unit = "A/V^2", default = 1e-4, range = "(0, inf)", area)]
    pub transconductance: f64,
    /// Channel length modulation.
    #[param(name = "lambda", unit = "1/V", default = 0.0, range = "[0, inf)")]
    pub length_modulation: f64,
    /// Doping profile: 1 for the square law.
    #[param(name = "b", default = 1.0, range = "[0, inf)")]
    pub doping_profile: f64,
    /// Drain resistance.
    #[param(name = "rd", unit = "Ohm", default = 0.0, range = "[0, inf)", area)]
    pub drain_resistance: f64,
    /// Source resistance.
    #[param(name = "rs", unit = "Ohm", default = 0.0, range = "[0, inf)", area)]
    pub source_resistance: f64,
    /// Gate-source capacitance at zero bias.
    #[param(name = "cgs", unit = "F", default = 0.0, range = "[0, inf)", area)]
    pub gate_source_capacitance: f64,
    /// Gate-drain capacitance at zero bias.
    #[param(name = "cgd", unit = "F", default = 0.0, range = "[0, inf)", area)]
    pub gate_drain_capacitance: f64,
    /// Built-in potential of the gate junctions.
    #[param(name = "pb", unit = "V", default = 1.0, range = "(0, inf)")]
    pub gate_potential: f64,
    /// Saturation current of the gate junctions.
    #[param(name = "is", unit = "A", default = 1e-14, range = "(0, inf)", area)]
    pub saturation_current: f64,
    /// Emission coefficient of the gate junctions.
    #[param(name = "n", default = 1.0, range = "(0, inf)")]
    pub emission: f64,
    /// Recombination saturation current of the gate junctions.
    #[param(name = "isr", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub recombination_current: f64,
    /// Emission coefficient of recombination.
    #[param(name = "nr", default = 2.0, range = "(0, inf)")]
    pub recombination_emission: f64,
    /// Grading coefficient of the gate junctions.
    #[param(name = "m", default = 0.5, range = "[0, 1)")]
    pub grading: f64,
    /// Ionisation coefficient of the pinched channel; there is none without `vk`.
    #[param(name = "alpha", unit = "1/V", default = 0.0, range = "[0, inf)")]
    pub ionisation: f64,
    /// Voltage of ionisation.
    #[param(name = "vk", unit = "V", default = 0.0, range = "[0, inf)")]
    pub ionisation_voltage: f64,
    /// Fraction of `pb` above which capacitances are linear.
    #[param(name = "fc", default = 0.5, range = "[0, 0.95]")]
    pub linear_fraction: f64,
    /// Fall of `vto` with temperature.
    #[param(name = "tcv", unit = "V/K", default = 0.0)]
    pub threshold_tc: f64,
    /// Temperature exponent of `beta`.
    #[param(name = "bex", default = 0.0)]
    pub transconductance_exponent: f64,
    /// Change of `vto` with temperature, which `tcv` subtracts from.
    #[param(name = "vtotc", unit = "V/K", default = 0.0)]
    pub threshold_drift: f64,
    /// Change of `beta` with temperature, in percent a kelvin, compounded.
    #[param(name = "betatce", unit = "%/K", default = 0.0)]
    pub transconductance_drift_percent: f64,
    /// Activation energy of the saturation current.
    #[param(name = "eg", unit = "eV", default = 1.11, range = "(0, inf)")]
    pub activation_energy: f64,
    /// Temperature exponent of the saturation current.
    #[param(name = "xti", default = 0.0)]
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
    /// Start the search for an operating point with the transistor switched off.
    #[param(name = "off", flag, default = false, instance)]
    pub off: bool,
    /// Initial drain-source voltage.
    #[param(name = "icvds", unit = "V", instance)]
    pub initial_vds: Option<f64>,
    /// Initial gate-source voltage.
    #[param(name = "icvgs", unit = "V", instance)]
    pub initial_vgs: Option<f64>,
}
