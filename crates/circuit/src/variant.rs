//! One instance with other parameters, evaluated in its place.
//!
//! `∂f/∂p` and `∂q/∂p` of a parameter are differences between two variants of the instances that it reaches; the
//! circuit itself stands.

use crate::assembly::Point;
use crate::circuit::Circuit;
use crate::ids::InstanceId;
use ovonic_device::{AnyParams, Binding, Environment, Group, Limiting, LocalResidual, ParamError};

/// An instance prepared with other parameters, bound to the unknowns, latches and signals of the original.
pub struct Variant {
    instance: InstanceId,
    group: Box<dyn Group>,
    n_stored: usize,
    n_latches: usize,
    stored: Vec<f64>,
}

impl Circuit {
    /// The instance `id` with other parameters, in the place of the original.
    ///
    /// # Errors
    /// When the parameters make no device; `None` where they make one of another structure, which cannot stand there.
    pub fn variant(
        &self,
        id: InstanceId,
        params: &dyn AnyParams,
        environment: &Environment,
    ) -> Result<Option<Variant>, ParamError> {
        let spec = self.spec(id);
        let mut group = (spec.kind.new_group)();
        group.add(params, environment, spec.multiplicity)?;
        let structure = group.structure(0);
        if structure != *self.structure(id) {
            return Ok(None);
        }
        let count = |id: InstanceId| self.structure(id).trace.delayed.len();
        let signals = (0..id.index()).map(|index| count(InstanceId(index))).sum();
        let latches = (0..self.n_latches()).position(|latch| self.latch_owner(latch).0 == id);
        let binding = Binding {
            unknowns: self.local_unknowns(id),
            // Variants are evaluated for their residuals alone.
            slot: &|_, _| 0,
            stored: 0,
            limits: 0,
            latches: latches.unwrap_or(0),
            signals,
        };
        group.bind(0, &structure, &binding);
        Ok(Some(Variant {
            instance: id,
            n_stored: structure.trace.stored.len(),
            n_latches: group.n_latches(),
            stored: vec![0.0; structure.trace.stored.len()],
            group,
        }))
    }
}

impl Variant {
    /// Whose place it takes.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Its residuals at `point`, multiplicity included.
    pub fn residual(&self, point: &Point<'_>, out: &mut LocalResidual) {
        self.group.local(0, &point.context(Limiting::Off, &[]), out);
    }

    /// Its local unknowns as its own initial conditions have them, over those of the circuit in `x` (length `n + 1`).
    pub fn initial(&self, x: &[f64]) -> Vec<f64> {
        self.group.initial(0, x)
    }

    /// Its stored residual by local row as its initial conditions fix it.
    pub fn initial_storage(&mut self, point: &Point<'_>) -> Vec<f64> {
        let local = self.group.initial(0, point.x);
        let context = point.context(Limiting::Off, &[]);
        debug_assert_eq!(self.stored.len(), self.n_stored);
        self.group.stored_at(0, &local, &context, &mut self.stored)
    }

    /// Event functions of its latches.
    pub fn crossings(&self, point: &Point<'_>) -> Vec<f64> {
        let mut values = vec![0.0; self.n_latches];
        self.group.crossings(0, &point.context(Limiting::Off, &[]), &mut values);
        values
    }
}
