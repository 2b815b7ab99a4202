//! The junctions between bulk and drain or source.

use super::Mosfet1Params;
use crate::diode::positive_potential;
use crate::junction::{Depletion, Scaling, exponential, silicon_gap};
use ovonic_device::{ParamError, critical_voltage};
use ovonic_numerics::scalar::Scalar;

/// A bulk junction: saturation current (A) and charges.
#[derive(Clone, Copy, Debug)]
pub(super) struct BulkJunction {
    current: f64,
    bottom: Depletion,
    sidewall: Depletion,
    pub(super) critical: f64,
}

impl BulkJunction {
    #[inline(always)]
    pub(super) fn current<T: Scalar>(&self, v: T, vt: f64, gmin: f64) -> T {
        exponential(v / vt) * self.current + v * gmin
    }

    #[inline(always)]
    pub(super) fn charge<T: Scalar>(&self, v: T) -> Option<T> {
        let stores = !(self.bottom.is_zero() && self.sidewall.is_zero());
        stores.then(|| self.bottom.charge(v) + self.sidewall.charge(v))
    }
}

/// The junction at the drain, or the one at the source.
pub(super) fn bulk_junction(
    params: &Mosfet1Params,
    scaling: &Scaling,
    drain: bool,
) -> Result<BulkJunction, ParamError> {
    let (area, perimeter, given) = if drain {
        (params.drain_area, params.drain_perimeter, params.bulk_drain_capacitance)
    } else {
        (params.source_area, params.source_perimeter, params.bulk_source_capacitance)
    };
    // SPICE's level 1 takes the gap's own temperature dependence, not an activation energy.
    let vt_nominal = scaling.vt / scaling.ratio();
    let log_is =
        silicon_gap(scaling.nominal) / vt_nominal - silicon_gap(scaling.temperature) / scaling.vt;
    let by_area =
        params.saturation_density > 0.0 && params.drain_area > 0.0 && params.source_area > 0.0;
    let nominal =
        if by_area { params.saturation_density * area } else { params.saturation_current };
    let current = nominal * log_is.exp();
    let pb = params.junction_potential;
    let potential = positive_potential("pb", scaling.potential(pb))?;
    let layer = |capacitance: f64, grading: f64| {
        let scaled = capacitance * scaling.capacitance(pb, grading);
        Depletion::new(scaled, potential, grading, params.linear_fraction)
    };
    let bottom = given.unwrap_or(params.bottom_capacitance * area);
    Ok(BulkJunction {
        current,
        bottom: layer(bottom, params.bottom_grading),
        sidewall: layer(params.sidewall_capacitance * perimeter, params.sidewall_grading),
        critical: critical_voltage(scaling.vt, current),
    })
}
