//! Parameters of the level 1 field-effect transistor, and what SPICE derives from oxide and doping.

use crate::junction::silicon_gap;
use ovonic_device::constants::{
    ELEMENTARY_CHARGE, SILICON_DIOXIDE_PERMITTIVITY, SILICON_PERMITTIVITY, VACUUM_PERMITTIVITY,
    thermal_voltage,
};
use ovonic_device::{ParamError, Params};

/// Intrinsic carrier density of silicon as SPICE takes it, 1/m³.
const INTRINSIC_DENSITY: f64 = 1.45e16;

/// Parameters of the level 1 field-effect transistor.
#[derive(Clone, Debug, Params)]
pub struct Mosfet1Params {
    /// Polarity: 1 for an n channel, −1 for a p channel; the model's type sets it.
    #[param(name = "polarity", default = 1, range = "[-1, 1]")]
    pub polarity: i32,
    /// Threshold voltage at zero bulk bias; absent means from `nsub`, `nss`, `tpg` and `tox`, or 0.
    #[param(name = "vto", aliases = "vt0", unit = "V")]
    pub threshold: Option<f64>,
    /// Transconductance; absent means `uo` times the oxide capacitance, or 20 uA/V^2.
    #[param(name = "kp", unit = "A/V^2", range = "(0, inf)")]
    pub transconductance: Option<f64>,
    /// Bulk threshold coefficient; absent means from `nsub` and `tox`, or 0.
    #[param(name = "gamma", unit = "V^0.5", range = "[0, inf)")]
    pub body_factor: Option<f64>,
    /// Surface potential; absent means from `nsub`, or 0.6 V.
    #[param(name = "phi", unit = "V", range = "(0, inf)")]
    pub surface_potential: Option<f64>,
    /// Channel length modulation.
    #[param(name = "lambda", unit = "1/V", default = 0.0, range = "[0, inf)")]
    pub length_modulation: f64,
    /// Drain resistance; absent means `rsh·nrd`.
    #[param(name = "rd", unit = "Ohm", range = "[0, inf)")]
    pub drain_resistance: Option<f64>,
    /// Source resistance; absent means `rsh·nrs`.
    #[param(name = "rs", unit = "Ohm", range = "[0, inf)")]
    pub source_resistance: Option<f64>,
    /// Bulk-drain capacitance at zero bias; absent means `cj·ad`.
    #[param(name = "cbd", unit = "F", range = "[0, inf)")]
    pub bulk_drain_capacitance: Option<f64>,
    /// Bulk-source capacitance at zero bias; absent means `cj·as`.
    #[param(name = "cbs", unit = "F", range = "[0, inf)")]
    pub bulk_source_capacitance: Option<f64>,
    /// Saturation current of each bulk junction, where `js` or an area is missing.
    #[param(name = "is", unit = "A", default = 1e-14, range = "(0, inf)")]
    pub saturation_current: f64,
    /// Built-in potential of the bulk junctions.
    #[param(name = "pb", unit = "V", default = 0.8, range = "(0, inf)")]
    pub junction_potential: f64,
    /// Gate-source overlap capacitance a metre of width.
    #[param(name = "cgso", unit = "F/m", default = 0.0, range = "[0, inf)")]
    pub gate_source_overlap: f64,
    /// Gate-drain overlap capacitance a metre of width.
    #[param(name = "cgdo", unit = "F/m", default = 0.0, range = "[0, inf)")]
    pub gate_drain_overlap: f64,
    /// Gate-bulk overlap capacitance a metre of length.
    #[param(name = "cgbo", unit = "F/m", default = 0.0, range = "[0, inf)")]
    pub gate_bulk_overlap: f64,
    /// Sheet resistance of drain and source.
    #[param(name = "rsh", unit = "Ohm", default = 0.0, range = "[0, inf)")]
    pub sheet_resistance: f64,
    /// Bulk junction capacitance at zero bias for each square metre.
    #[param(name = "cj", unit = "F/m^2", default = 0.0, range = "[0, inf)")]
    pub bottom_capacitance: f64,
    /// Grading coefficient of the bulk junctions' bottom.
    #[param(name = "mj", default = 0.5, range = "[0, 1)")]
    pub bottom_grading: f64,
    /// Bulk junction sidewall capacitance at zero bias for each metre.
    #[param(name = "cjsw", unit = "F/m", default = 0.0, range = "[0, inf)")]
    pub sidewall_capacitance: f64,
    /// Grading coefficient of the bulk junctions' sidewall.
    #[param(name = "mjsw", default = 0.5, range = "[0, 1)")]
    pub sidewall_grading: f64,
    /// Saturation current of the bulk junctions for each square metre.
    #[param(name = "js", unit = "A/m^2", default = 0.0, range = "[0, inf)")]
    pub saturation_density: f64,
    /// Oxide thickness; absent or zero means that the gate stores overlap charge alone.
    #[param(name = "tox", unit = "m", range = "[0, inf)")]
    pub oxide_thickness: Option<f64>,
    /// Surface mobility.
    #[param(name = "uo", aliases = "u0", unit = "cm^2/(V s)", default = 600.0, range = "(0, inf)")]
    pub mobility_cm: f64,
    /// Lateral diffusion.
    #[param(name = "ld", unit = "m", default = 0.0)]
    pub lateral_diffusion: f64,
    /// Substrate doping.
    #[param(name = "nsub", unit = "1/cm^3", range = "(1.45e10, inf)")]
    pub substrate_doping_cm: Option<f64>,
    /// Density of surface states.
    #[param(name = "nss", unit = "1/cm^2", default = 0.0)]
    pub surface_states_cm: f64,
    /// Gate material: 1 doped unlike the substrate, −1 like it, 0 aluminium.
    #[param(name = "tpg", default = 1, range = "[-1, 1]")]
    pub gate_type: i32,
    /// Fraction of `pb` above which bulk capacitances are linear.
    #[param(name = "fc", default = 0.5, range = "[0, 0.95]")]
    pub linear_fraction: f64,
    /// Flicker noise coefficient.
    #[param(name = "kf", default = 0.0, range = "[0, inf)")]
    pub flicker_coefficient: f64,
    /// Flicker noise exponent.
    #[param(name = "af", default = 1.0, range = "(0, inf)")]
    pub flicker_exponent: f64,
    /// Temperature at which the parameters hold; absent means the circuit's nominal temperature.
    #[param(name = "tnom", aliases = "tref", unit = "°C", range = "(-273.15, inf)")]
    pub nominal_celsius: Option<f64>,
    /// Channel length.
    #[param(name = "l", unit = "m", default = 1e-4, range = "(0, inf)", instance)]
    pub length: f64,
    /// Channel width.
    #[param(name = "w", unit = "m", default = 1e-4, range = "(0, inf)", instance)]
    pub width: f64,
    /// Area of the drain.
    #[param(name = "ad", unit = "m^2", default = 0.0, range = "[0, inf)", instance)]
    pub drain_area: f64,
    /// Area of the source.
    #[param(name = "as", unit = "m^2", default = 0.0, range = "[0, inf)", instance)]
    pub source_area: f64,
    /// Perimeter of the drain.
    #[param(name = "pd", unit = "m", default = 0.0, range = "[0, inf)", instance)]
    pub drain_perimeter: f64,
    /// Perimeter of the source.
    #[param(name = "ps", unit = "m", default = 0.0, range = "[0, inf)", instance)]
    pub source_perimeter: f64,
    /// Squares of the drain.
    #[param(name = "nrd", default = 1.0, range = "[0, inf)", instance)]
    pub drain_squares: f64,
    /// Squares of the source.
    #[param(name = "nrs", default = 1.0, range = "[0, inf)", instance)]
    pub source_squares: f64,
    /// Start the search for an operating point with the transistor switched off.
    #[param(name = "off", flag, default = false, instance)]
    pub off: bool,
    /// Initial drain-source voltage.
    #[param(name = "icvds", unit = "V", instance)]
    pub initial_vds: Option<f64>,
    /// Initial gate-source voltage.
    #[param(name = "icvgs", unit = "V", instance)]
    pub initial_vgs: Option<f64>,
    /// Initial bulk-source voltage.
    #[param(name = "icvbs", unit = "V", instance)]
    pub initial_vbs: Option<f64>,
}

/// The electrical parameters of the channel at the nominal temperature, given or derived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Channel {
    /// Oxide capacitance, F/m²; zero where no thickness is given.
    pub(super) oxide: f64,
    pub(super) threshold: f64,
    pub(super) transconductance: f64,
    pub(super) body_factor: f64,
    pub(super) surface_potential: f64,
}

impl Mosfet1Params {
    /// Fills in what the card leaves to the process data (Antognetti and Massobrio, section 4.3).
    pub(super) fn channel(&self, polarity: f64, nominal: f64) -> Result<Channel, ParamError> {
        let mut channel = Channel {
            oxide: 0.0,
            threshold: self.threshold.unwrap_or(0.0),
            transconductance: self.transconductance.unwrap_or(2e-5),
            body_factor: self.body_factor.unwrap_or(0.0),
            surface_potential: self.surface_potential.unwrap_or(0.6),
        };
        let Some(thickness) = self.oxide_thickness.filter(|t| *t > 0.0) else {
            return Ok(channel);
        };
        let oxide = SILICON_DIOXIDE_PERMITTIVITY * VACUUM_PERMITTIVITY / thickness;
        channel.oxide = oxide;
        channel.transconductance = self.transconductance.unwrap_or(self.mobility_cm * 1e-4 * oxide);
        let Some(doping_cm) = self.substrate_doping_cm else {
            return Ok(channel);
        };
        let doping = doping_cm * 1e6;
        let vt = thermal_voltage(nominal);
        let phi = self
            .surface_potential
            .unwrap_or_else(|| (2.0 * vt * (doping / INTRINSIC_DENSITY).ln()).max(0.1));
        let permittivity = SILICON_PERMITTIVITY * VACUUM_PERMITTIVITY;
        let gamma = self
            .body_factor
            .unwrap_or_else(|| (2.0 * permittivity * ELEMENTARY_CHARGE * doping).sqrt() / oxide);
        channel.surface_potential = phi;
        channel.body_factor = gamma;
        if self.threshold.is_none() {
            let gap = silicon_gap(nominal);
            // Work functions from the vacuum level: aluminium's is 3.2 V, the electron affinity 3.25 V.
            let gate = match f64::from(self.gate_type) {
                0.0 => 3.2,
                doping_sign => 3.25 + 0.5 * gap - 0.5 * polarity * doping_sign * gap,
            };
            let difference = gate - (3.25 + 0.5 * gap + 0.5 * polarity * phi);
            let flat_band = difference - self.surface_states_cm * 1e4 * ELEMENTARY_CHARGE / oxide;
            channel.threshold = flat_band + polarity * (gamma * phi.sqrt() + phi);
        }
        Ok(channel)
    }
}
