//! Physical constants, exact in the SI of 2019 unless noted.

/// Elementary charge, C.
pub const ELEMENTARY_CHARGE: f64 = 1.602_176_634e-19;
/// Boltzmann constant, J/K.
pub const BOLTZMANN: f64 = 1.380_649e-23;
/// Boltzmann constant, eV/K.
pub const BOLTZMANN_EV: f64 = BOLTZMANN / ELEMENTARY_CHARGE;
/// Vacuum permittivity, F/m (CODATA 2018).
pub const VACUUM_PERMITTIVITY: f64 = 8.854_187_812_8e-12;
/// Relative permittivity of silicon dioxide, as SPICE models take it.
pub const SILICON_DIOXIDE_PERMITTIVITY: f64 = 3.9;
/// Relative permittivity of silicon, as SPICE models take it.
pub const SILICON_PERMITTIVITY: f64 = 11.7;
/// Zero degrees Celsius, K.
pub const ZERO_CELSIUS: f64 = 273.15;
/// The temperature at which parameters hold unless a card says otherwise: 27 °C, K.
pub const NOMINAL_TEMPERATURE: f64 = ZERO_CELSIUS + 27.0;

/// Thermal voltage kT/q at `temperature` (K), in V.
pub fn thermal_voltage(temperature: f64) -> f64 {
    BOLTZMANN_EV * temperature
}
