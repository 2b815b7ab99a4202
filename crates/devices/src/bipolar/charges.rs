//! Charges of the bipolar transistor.

use super::{B, BI, BipolarParams, CI, Currents, EI, depletion, inverse, safe};
use crate::junction::{Depletion, Scaling};
use ovonic_device::{Contributions, ParamError};
use ovonic_numerics::scalar::Scalar;

/// The forward transit time and what it depends on.
#[derive(Clone, Copy, Debug)]
struct Transit {
    time: f64,
    factor: f64,
    inverse_voltage: f64,
    current: f64,
}

impl Transit {
    /// The charge of minority carriers in the base.
    fn charge<S: Scalar>(&self, vbc: S, currents: &Currents<S>) -> S {
        let mut time = S::constant(1.0);
        if self.factor != 0.0 {
            let mut rise = S::constant(self.factor);
            if self.inverse_voltage != 0.0 {
                rise = rise * safe(vbc * self.inverse_voltage);
            }
            if self.current != 0.0 {
                // Only an injected current counts; a reverse one is at most a saturation current.
                let injected = currents.injected.max(S::constant(0.0));
                rise = rise * (injected / (injected + self.current)).square();
            }
            time += rise;
        }
        currents.forward * time * self.time
    }
}

/// All charges of a prepared transistor.
#[derive(Clone, Debug)]
pub(super) struct Charges {
    transit: Transit,
    reverse_time: f64,
    emitter: Depletion,
    collector: Depletion,
    outer: Depletion,
    substrate: Depletion,
}

impl Charges {
    pub(super) fn new(
        params: &BipolarParams,
        scaling: &Scaling,
        area: f64,
        inner_area: f64,
        outer_area: f64,
    ) -> Result<Self, ParamError> {
        let fc = params.linear_fraction;
        let inner = params.inner_capacitance_fraction;
        let (cjc, vjc, mjc) = (
            params.collector_capacitance * inner_area,
            params.collector_potential,
            params.collector_grading,
        );
        let emitter =
            (params.emitter_capacitance * area, params.emitter_potential, params.emitter_grading);
        let substrate = (
            params.substrate_capacitance * outer_area,
            params.substrate_potential,
            params.substrate_grading,
        );
        Ok(Self {
            transit: Transit {
                time: params.forward_transit_time,
                factor: params.transit_time_factor,
                inverse_voltage: inverse(params.transit_time_voltage) / 1.44,
                current: params.transit_time_current * area,
            },
            reverse_time: params.reverse_transit_time,
            emitter: depletion("vje", scaling, emitter, fc)?,
            collector: depletion("vjc", scaling, (inner * cjc, vjc, mjc), fc)?,
            outer: depletion("vjc", scaling, ((1.0 - inner) * cjc, vjc, mjc), fc)?,
            // SPICE's substrate junction is linear from zero bias on.
            substrate: depletion("vjs", scaling, substrate, 0.0)?,
        })
    }

    pub(super) fn contribute<S: Scalar>(
        &self,
        x: &[S; 9],
        polarity: f64,
        (wide, [vbe, vbc]): (&[S; 2], [S::Narrow<2>; 2]),
        currents: &Currents<S::Narrow<2>>,
        out: &mut Contributions<'_, S, 9>,
    ) {
        if self.transit.time > 0.0 || !self.emitter.is_zero() {
            let charge = self.transit.charge(vbc, currents) + self.emitter.charge(vbe);
            out.charge(BI, EI, S::widen(charge * polarity, wide));
        }
        if self.reverse_time > 0.0 || !self.collector.is_zero() {
            let charge = currents.extracted * self.reverse_time + self.collector.charge(vbc);
            out.charge(BI, CI, S::widen(charge * polarity, wide));
        }
        if !self.outer.is_zero() {
            let charge = self.outer.charge((x[B] - x[CI]) * polarity);
            out.charge(B, CI, charge * polarity);
        }
    }

    /// The substrate's charge at its voltage, if it stores any.
    pub(super) fn substrate<S: Scalar>(&self, v: S) -> Option<S> {
        (!self.substrate.is_zero()).then(|| self.substrate.charge(v))
    }
}
