//! A parameter, as the instances that it reaches on either side of its value.

use super::SensitivityError;
use ovonic_circuit::{Circuit, InstanceId, Point, Variant};
use ovonic_device::{AnyParams, Environment, LocalResidual};
use std::sync::Arc;

/// Parameters and environment of one instance on either side of a parameter's value.
#[derive(Clone)]
pub struct ChangedInstance {
    /// The instance.
    pub id: InstanceId,
    /// Below the value.
    pub minus: (Arc<dyn AnyParams>, Environment),
    /// Above the value.
    pub plus: (Arc<dyn AnyParams>, Environment),
}

/// What a parameter changes.
#[derive(Clone)]
pub struct ParameterChange {
    /// Distance between the two values, in the parameter's unit.
    pub span: f64,
    /// The instances that differ between them.
    pub instances: Vec<ChangedInstance>,
}

/// A parameter, ready to be differentiated by.
pub struct Variation {
    pub(crate) span: f64,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) change: ParameterChange,
    minus: LocalResidual,
    plus: LocalResidual,
}

pub(crate) struct Pair {
    pub(crate) minus: Variant,
    pub(crate) plus: Variant,
    /// Values at which retained states are held on either side; length `n + 1`.
    held: Option<[Vec<f64>; 2]>,
}

impl Variation {
    /// Prepares the instances that a parameter reaches.
    ///
    /// # Errors
    /// When they make no devices there, or devices of another structure.
    pub fn new(circuit: &Circuit, change: &ParameterChange) -> Result<Self, SensitivityError> {
        if !circuit.delays().is_empty() {
            return Err(SensitivityError::Delays);
        }
        let mut pairs = Vec::with_capacity(change.instances.len());
        for changed in &change.instances {
            let name = || circuit.spec(changed.id).name.clone();
            let prepare = |(params, environment): &(Arc<dyn AnyParams>, Environment)| {
                let variant = circuit
                    .variant(changed.id, &**params, environment)
                    .map_err(|error| SensitivityError::Params { name: name(), error })?;
                variant.ok_or_else(|| SensitivityError::Structure { name: name() })
            };
            let (minus, plus) = (prepare(&changed.minus)?, prepare(&changed.plus)?);
            pairs.push(Pair { minus, plus, held: None });
        }
        Ok(Self {
            span: change.span,
            pairs,
            change: change.clone(),
            minus: LocalResidual::default(),
            plus: LocalResidual::default(),
        })
    }

    /// Remembers where retained states are held on either side, given where the circuit holds them.
    pub(crate) fn hold(&mut self, circuit: &Circuit, held: &[f64]) {
        let zeros = vec![0.0; circuit.n() + 1];
        for pair in &mut self.pairs {
            let side = |variant: &Variant| {
                let mut moved = held.to_vec();
                let local = variant.initial(&zeros);
                let id = variant.instance();
                let rows = circuit.local_unknowns(id).iter().zip(local);
                for ((&row, value), role) in rows.zip(circuit.local_roles(id)) {
                    if role.is_private() {
                        moved[row] = value;
                    }
                }
                moved
            };
            pair.held = Some([side(&pair.minus), side(&pair.plus)]);
        }
    }

    /// Derivative of the unknowns' initial values, as instances state them; length `n + 1`.
    pub(crate) fn initial(&self, circuit: &Circuit) -> Vec<f64> {
        let zeros = vec![0.0; circuit.n() + 1];
        let mut out = zeros.clone();
        for pair in &self.pairs {
            let id = pair.minus.instance();
            let values = pair.minus.initial(&zeros).into_iter().zip(pair.plus.initial(&zeros));
            let rows = circuit.local_unknowns(id).iter().zip(circuit.local_roles(id));
            for ((&row, role), (minus, plus)) in rows.zip(values) {
                if role.is_private() && row != circuit.n() {
                    out[row] = (plus - minus) / self.span;
                }
            }
        }
        out
    }

    /// Writes `∂f/∂p` and `∂q/∂p` at `point` into `f` and `q`, both of length `n + 1`.
    pub(crate) fn derivatives(
        &mut self,
        circuit: &Circuit,
        point: &Point<'_>,
        f: &mut [f64],
        q: &mut [f64],
    ) {
        f.fill(0.0);
        q.fill(0.0);
        for pair in &mut self.pairs {
            pair.minus.follow(point);
            pair.plus.follow(point);
            let (mut below, mut above) = (*point, *point);
            if let (Some(_), Some([minus, plus])) = (point.held, &pair.held) {
                below.held = Some(minus);
                above.held = Some(plus);
            }
            pair.minus.residual(&below, &mut self.minus);
            pair.plus.residual(&above, &mut self.plus);
            let rows = circuit.local_unknowns(pair.minus.instance());
            for (local, &row) in rows.iter().enumerate() {
                f[row] += (self.plus.resistive[local] - self.minus.resistive[local]) / self.span;
                q[row] += (self.plus.reactive[local] - self.minus.reactive[local]) / self.span;
            }
        }
        f[circuit.n()] = 0.0;
        q[circuit.n()] = 0.0;
    }

    /// Derivative of the stored residual (length `n + 1`) and after it of the stored quantities that initial conditions
    /// fix.
    pub(crate) fn initial_storage(&mut self, circuit: &Circuit, point: &Point<'_>) -> Vec<f64> {
        let first = circuit.n() + 1;
        let mut out = vec![0.0; first + circuit.stored().len()];
        for pair in &mut self.pairs {
            let instance = pair.minus.instance();
            let (minus, stored_minus) = pair.minus.initial_storage(point);
            let (plus, stored_plus) = pair.plus.initial_storage(point);
            let rows = circuit.local_unknowns(instance);
            for (&row, (minus, plus)) in rows.iter().zip(minus.iter().zip(plus)) {
                out[row] += (plus - minus) / self.span;
            }
            let places = circuit.stored_range(instance).zip(stored_minus.iter().zip(stored_plus));
            for (place, (minus, plus)) in places {
                out[first + place] = (plus - minus) / self.span;
            }
        }
        out[circuit.n()] = 0.0;
        out
    }

    /// Derivative of the event function of one latch at standing unknowns.
    pub(crate) fn crossing(&self, owner: InstanceId, latch: usize, point: &Point<'_>) -> f64 {
        let own = self.pairs.iter().find(|pair| pair.minus.instance() == owner);
        own.map_or(0.0, |pair| {
            (pair.plus.crossings(point)[latch] - pair.minus.crossings(point)[latch]) / self.span
        })
    }
}
