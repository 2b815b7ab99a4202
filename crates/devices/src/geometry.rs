//! What resistors, capacitors and inductors share: how a value follows the temperature.

use ovonic_device::{Environment, ParamError};

/// `1 + tc1·ΔT + tc2·ΔT²`, which has to be positive: a polynomial that has changed a value's sign is outside the
/// range that it was fitted over.
pub(crate) fn temperature_factor(tc1: f64, tc2: f64, env: &Environment) -> Result<f64, ParamError> {
    let rise = env.temperature - env.nominal_temperature;
    let factor = 1.0 + rise * (tc1 + rise * tc2);
    if factor > 0.0 {
        return Ok(factor);
    }
    let (name, value) = if rise * tc1 < 0.0 { ("tc1", tc1) } else { ("tc2", tc2) };
    Err(ParamError::Inconsistent {
        name,
        value,
        reason: "the value vanishes or changes its sign at the device's temperature",
    })
}
