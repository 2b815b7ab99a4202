//! Parameters of the bipolar transistor.

use ovonic_device::Params;

/// Parameters of the bipolar transistor.
#[derive(Clone, Debug, Params)]
pub struct BipolarParams {
    /// Polarity: 1 for npn, −1 for pnp; the model's type sets it.
    #[param(name = "polarity", default = 1, range = "[-1, 1]")]
    pub polarity: i32,
    /// Transport saturation current.
    #[param(name = "is", unit = "A", default = 1e-16, range = "(0, inf)", area)]
    pub saturation_current: f64,
    /// Ideal maximum forward current gain.
    #[param(name = "bf", default = 100.0, range = "(0, inf)")]
    pub forward_gain: f64,
    /// Forward emission coefficient.
    #[param(name = "nf", default = 1.0, range = "(0, inf)")]
    pub forward_emission: f64,
    /// Forward Early voltage; absent or zero means infinite.
    #[param(name = "vaf", aliases = "va vbf", unit = "V", range = "[0, inf)")]
    pub forward_early_voltage: Option<f64>,
    /// Corner of the forward gain's fall at high current; absent or zero means none.
    #[param(name = "ikf", aliases = "ik jbf", unit = "A", range = "[0, inf)", area)]
    pub forward_knee: Option<f64>,
    /// Base-emitter leakage saturation current.
    #[param(name = "ise", aliases = "jle", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub emitter_leakage: f64,
    /// Base-emitter leakage saturation current as a multiple of `is`, where `ise` is not given.
    #[param(name = "c2", default = 0.0, range = "[0, inf)")]
    pub emitter_leakage_factor: f64,
    /// Base-emitter leakage emission coefficient.
    #[param(name = "ne", aliases = "nle", default = 1.5, range = "(0, inf)")]
    pub emitter_leakage_emission: f64,
    /// Ideal maximum reverse current gain.
    #[param(name = "br", default = 1.0, range = "(0, inf)")]
    pub reverse_gain: f64,
    /// Reverse emission coefficient.
    #[param(name = "nr", default = 1.0, range = "(0, inf)")]
    pub reverse_emission: f64,
    /// Reverse Early voltage; absent or zero means infinite.
    #[param(name = "var", aliases = "vb", unit = "V", range = "[0, inf)")]
    pub reverse_early_voltage: Option<f64>,
    /// Corner of the reverse gain's fall at high current; absent or zero means none.
    #[param(name = "ikr", aliases = "jbr", unit = "A", range = "[0, inf)", area)]
    pub reverse_knee: Option<f64>,
    /// Base-collector leakage saturation current.
    #[param(name = "isc", aliases = "jlc", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub collector_leakage: f64,
    /// Base-collector leakage saturation current as a multiple of `is`, where `isc` is not given.
    #[param(name = "c4", default = 0.0, range = "[0, inf)")]
    pub collector_leakage_factor: f64,
    /// Base-collector leakage emission coefficient.
    #[param(name = "nc", aliases = "nlc", default = 2.0, range = "(0, inf)")]
    pub collector_leakage_emission: f64,
    /// Exponent of the high-injection term of the base charge.
    #[param(name = "nkf", aliases = "nk", default = 0.5, range = "(0, 1]")]
    pub knee_exponent: f64,
    /// Zero-bias base resistance.
    #[param(name = "rb", unit = "Ohm", default = 0.0, range = "[0, inf)", area)]
    pub base_resistance: f64,
    /// Base current at which the base resistance has fallen halfway to `rbm`; absent or zero means that the
    /// base charge governs it.
    #[param(name = "irb", aliases = "jrb iob", unit = "A", range = "[0, inf)", area)]
    pub base_resistance_current: Option<f64>,
    /// Least base resistance; absent means `rb`.
    #[param(name = "rbm", unit = "Ohm", range = "[0, inf)", area)]
    pub least_base_resistance: Option<f64>,
    /// Emitter resistance.
    #[param(name = "re", unit = "Ohm", default = 0.0, range = "[0, inf)", area)]
    pub emitter_resistance: f64,
    /// Collector resistance.
    #[param(name = "rc", unit = "Ohm", default = 0.0, range = "[0, inf)", area)]
    pub collector_resistance: f64,
    /// Base-emitter depletion capacitance at zero bias.
    #[param(name = "cje", unit = "F", default = 0.0, range = "[0, inf)", area)]
    pub emitter_capacitance: f64,
    /// Base-emitter built-in potential.
    #[param(name = "vje", aliases = "pe", unit = "V", default = 0.75, range = "(0, inf)")]
    pub emitter_potential: f64,
    /// Base-emitter grading coefficient.
    #[param(name = "mje", aliases = "me", default = 0.33, range = "[0, 1)")]
    pub emitter_grading: f64,
    /// Ideal forward transit time.
    #[param(name = "tf", unit = "s", default = 0.0, range = "[0, inf)")]
    pub forward_transit_time: f64,
    /// Coefficient of the bias dependence of `tf`.
    #[param(name = "xtf", default = 0.0, range = "[0, inf)")]
    pub transit_time_factor: f64,
    /// Voltage that describes how `tf` depends on `vbc`; absent or zero means not at all.
    #[param(name = "vtf", unit = "V", range = "[0, inf)")]
    pub transit_time_voltage: Option<f64>,
    /// Current that describes how `tf` depends on the collector current; zero means full effect at once.
    #[param(name = "itf", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub transit_time_current: f64,
    /// Excess phase at the frequency 1/(2π tf), in degrees.
    #[param(name = "ptf", unit = "°", default = 0.0, range = "[0, inf)")]
    pub excess_phase_degrees: f64,
    /// Base-collector depletion capacitance at zero bias.
    #[param(name = "cjc", unit = "F", default = 0.0, range = "[0, inf)", area)]
    pub collector_capacitance: f64,
    /// Base-collector built-in potential.
    #[param(name = "vjc", aliases = "pc", unit = "V", default = 0.75, range = "(0, inf)")]
    pub collector_potential: f64,
    /// Base-collector grading coefficient.
    #[param(name = "mjc", aliases = "mc", default = 0.33, range = "[0, 1)")]
    pub collector_grading: f64,
    /// Fraction of `cjc` that lies at the inner base.
    #[param(name = "xcjc", aliases = "cdis", default = 1.0, range = "[0, 1]")]
    pub inner_capacitance_fraction: f64,
    /// Ideal reverse transit time.
    #[param(name = "tr", unit = "s", default = 0.0, range = "[0, inf)")]
    pub reverse_transit_time: f64,
    /// Substrate depletion capacitance at zero bias.
    #[param(
        name = "cjs",
        aliases = "ccs csub",
        unit = "F",
        default = 0.0,
        range = "[0, inf)",
        area
    )]
    pub substrate_capacitance: f64,
    /// Substrate built-in potential.
    #[param(name = "vjs", aliases = "ps psub", unit = "V", default = 0.75, range = "(0, inf)")]
    pub substrate_potential: f64,
    /// Substrate grading coefficient.
    #[param(name = "mjs", aliases = "ms esub", default = 0.0, range = "[0, 1)")]
    pub substrate_grading: f64,
    /// Substrate saturation current.
    #[param(name = "iss", unit = "A", default = 0.0, range = "[0, inf)", area)]
    pub substrate_saturation_current: f64,
    /// Substrate emission coefficient.
    #[param(name = "ns", default = 1.0, range = "(0, inf)")]
    pub substrate_emission: f64,
    /// Geometry: 1 vertical (substrate under the collector), −1 lateral (under the base); absent means vertical
    /// for npn and lateral for pnp.
    #[param(name = "subs", range = "[-1, 1]")]
    pub geometry: Option<f64>,
    /// Temperature exponent of both gains.
    #[param(name = "xtb", aliases = "tb", default = 0.0)]
    pub gain_exponent: f64,
    /// Activation energy of the saturation currents.
    #[param(name = "eg", unit = "eV", default = 1.11, range = "(0, inf)")]
    pub activation_energy: f64,
    /// Temperature exponent of the saturation currents.
    #[param(name = "xti", aliases = "pt", default = 3.0)]
    pub saturation_exponent: f64,
    /// First-order temperature coefficient of `rb`.
    #[param(name = "trb1", aliases = "trb", unit = "1/K", default = 0.0)]
    pub base_resistance_tc1: f64,
    /// Second-order temperature coefficient of `rb`.
    #[param(name = "trb2", unit = "1/K^2", default = 0.0)]
    pub base_resistance_tc2: f64,
    /// First-order temperature coefficient of `rbm`.
    #[param(name = "trm1", aliases = "trm trbm1", unit = "1/K", default = 0.0)]
    pub least_base_resistance_tc1: f64,
    /// Second-order temperature coefficient of `rbm`.
    #[param(name = "trm2", aliases = "trbm2", unit = "1/K^2", default = 0.0)]
    pub least_base_resistance_tc2: f64,
    /// First-order temperature coefficient of `re`.
    #[param(name = "tre1", aliases = "tre", unit = "1/K", default = 0.0)]
    pub emitter_resistance_tc1: f64,
    /// Second-order temperature coefficient of `re`.
    #[param(name = "tre2", unit = "1/K^2", default = 0.0)]
    pub emitter_resistance_tc2: f64,
    /// First-order temperature coefficient of `rc`.
    #[param(name = "trc1", aliases = "trc", unit = "1/K", default = 0.0)]
    pub collector_resistance_tc1: f64,
    /// Second-order temperature coefficient of `rc`.
    #[param(name = "trc2", unit = "1/K^2", default = 0.0)]
    pub collector_resistance_tc2: f64,
    /// Flicker noise coefficient.
    #[param(name = "kf", default = 0.0, range = "[0, inf)")]
    pub flicker_coefficient: f64,
    /// Flicker noise exponent.
    #[param(name = "af", default = 1.0, range = "(0, inf)")]
    pub flicker_exponent: f64,
    /// Fraction of the built-in potentials above which depletion capacitances are linear.
    #[param(name = "fc", default = 0.5, range = "[0, 0.9999]")]
    pub linear_fraction: f64,
    /// Temperature at which the parameters hold; absent means the circuit's nominal temperature.
    #[param(name = "tnom", aliases = "tref", unit = "°C", range = "(-273.15, inf)")]
    pub nominal_celsius: Option<f64>,
    /// Emitter area factor.
    #[param(name = "area", default = 1.0, range = "(0, inf)", instance)]
    pub area: f64,
    /// Base area factor; absent means `area`.
    #[param(name = "areab", range = "(0, inf)", instance)]
    pub base_area: Option<f64>,
    /// Collector area factor; absent means `area`.
    #[param(name = "areac", range = "(0, inf)", instance)]
    pub collector_area: Option<f64>,
    /// Start the search for an operating point with the junctions switched off.
    #[param(name = "off", flag, default = false, instance)]
    pub off: bool,
    /// Initial base-emitter voltage.
    #[param(name = "icvbe", unit = "V", instance)]
    pub initial_vbe: Option<f64>,
    /// Initial collector-emitter voltage.
    #[param(name = "icvce", unit = "V", instance)]
    pub initial_vce: Option<f64>,
}
