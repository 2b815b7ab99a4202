//! Resistances of the bipolar transistor; that of the base falls as current crowds to the emitter's edge.

use super::BipolarParams;
use crate::junction::{Scaling, positive};
use ovonic_device::ParamError;
use ovonic_numerics::scalar::Scalar;

/// The modulated base resistance.
#[derive(Clone, Copy, Debug)]
pub(super) struct BaseResistance {
    least: f64,
    variable: f64,
    half_current: Option<f64>,
}

impl BaseResistance {
    /// The resistance at base charge `qb` and base current `ib`, Ohm.
    pub(super) fn at<S: Scalar>(&self, qb: S, ib: S) -> S {
        let total = self.least.max(self.least + self.variable);
        let resistance = match self.half_current {
            Some(half) => {
                // Positive for every base current, rounded over 1e-7 of the current `irb`.
                let ratio = ib / half;
                let root = (ratio.square() + 1e-14).sqrt();
                // Below zero the sum would cancel.
                let sum = S::select(ratio.below(0.0), (root - ratio).recip() * 1e-14, root + ratio);
                let ratio = sum * 0.5 + 1e-9;
                crowding(ratio) * self.variable + self.least
            }
            None => qb.recip() * self.variable + self.least,
        };
        positive(resistance, 1e-6 * total)
    }
}

/// `3(tan z − z)/(z tan² z)` with `z` as the module describes, at a positive ratio `ib/irb`.
pub(super) fn crowding<S: Scalar>(ratio: S) -> S {
    const A: f64 = 144.0 / (std::f64::consts::PI * std::f64::consts::PI);
    const B: f64 = 24.0 / (std::f64::consts::PI * std::f64::consts::PI);
    let root = (ratio * A + 1.0).sqrt();
    // (root − 1)/sqrt(ratio) without cancellation.
    let z = ratio.sqrt() * A / ((root + 1.0) * B);
    z.map(|z| {
        let s = z * z;
        if z < 0.2 {
            // With c = z·cot z = 1 − s·g(s)/3 the function is c·g, free of cancellation.
            let g = series(&[1.0, 1.0 / 15.0, 2.0 / 315.0, 1.0 / 1575.0, 2.0 / 31185.0], s);
            let slope = series(&[1.0 / 15.0, 4.0 / 315.0, 3.0 / 1575.0, 8.0 / 31185.0], s);
            let c = 1.0 - s * g / 3.0;
            (c * g, 2.0 * z * (c * slope - g * (g + s * slope) / 3.0))
        } else {
            let c = z / z.tan();
            let value = 3.0 * c * (1.0 - c) / s;
            let c_slope = c * (1.0 - c) / z - z;
            (value, 3.0 * (1.0 - 2.0 * c) * c_slope / s - 2.0 * value / z)
        }
    })
}

/// The polynomial with these coefficients, lowest first.
fn series(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// A resistance that temperature has not made negative.
fn checked(name: &'static str, resistance: f64) -> Result<f64, ParamError> {
    if resistance < 0.0 {
        return Err(ParamError::Inconsistent {
            name,
            value: resistance,
            reason: "at this temperature the resistance is negative",
        });
    }
    Ok(resistance)
}

/// The conductance of an emitter of area `area`; absent where there is no resistance.
pub(super) fn conductance(
    name: &'static str,
    resistance: f64,
    area: f64,
) -> Result<Option<f64>, ParamError> {
    let resistance = checked(name, resistance)?;
    Ok((resistance > 0.0).then(|| area / resistance))
}

/// The base resistance; absent where neither `rb` nor `rbm` is given.
pub(super) fn base_resistance(
    params: &BipolarParams,
    scaling: &Scaling,
    area: f64,
) -> Result<Option<BaseResistance>, ParamError> {
    let zero_bias = params.base_resistance
        * scaling.polynomial(params.base_resistance_tc1, params.base_resistance_tc2);
    let zero_bias = checked("rb", zero_bias)?;
    let least = params.least_base_resistance.unwrap_or(params.base_resistance)
        * scaling.polynomial(params.least_base_resistance_tc1, params.least_base_resistance_tc2);
    let least = checked("rbm", least)?;
    Ok((least > 0.0 || zero_bias > 0.0).then(|| BaseResistance {
        least: least / area,
        variable: (zero_bias - least) / area,
        half_current: params
            .base_resistance_current
            .filter(|current| *current > 0.0)
            .map(|current| current * area),
    }))
}
