//! One instance with other parameters, evaluated in its place.
//!
//! `∂f/∂p` and `∂q/∂p` of a parameter are differences between two variants of the instances that it reaches; the
//! circuit itself stands. A variant has latches of its own: what a device has drawn, or stored at an event, depends on its
//! parameters, and goes along with the events of the original.

use crate::assembly::Point;
use crate::circuit::Circuit;
use crate::ids::InstanceId;
use ovonic_device::{
    AnyParams, Binding, Environment, Group, Limiting, LocalResidual, ParamError, Rates,
};
use std::ops::Range;

/// An instance prepared with other parameters, bound to the unknowns, latches and signals of the original.
pub struct Variant {
    instance: InstanceId,
    group: Box<dyn Group>,
    stored: Vec<f64>,
    /// Where the original's stored quantities lie.
    places: Range<usize>,
    initial_latches: Vec<f64>,
    latches: Vec<f64>,
    /// Where the original's latches lie, what they were initially, and what they were when last seen.
    originals: Range<usize>,
    initial: Vec<f64>,
    seen: Vec<f64>,
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
        let first = (0..self.n_latches()).position(|latch| self.latch_owner(latch).0 == id);
        let binding = Binding {
            unknowns: self.local_unknowns(id),
            // Variants are evaluated for their residuals alone.
            slot: &|_, _| 0,
            stored: 0,
            limits: 0,
            latches: 0,
            signals,
        };
        group.bind(0, &structure, &binding);
        let n_latches = group.n_latches();
        let mut latches = vec![0.0; n_latches];
        group.initial_latches(0, &mut latches);
        let first = first.unwrap_or(0);
        let originals = first..first + n_latches;
        let seen = self.initial_latches()[originals.clone()].to_vec();
        Ok(Some(Variant {
            instance: id,
            stored: vec![0.0; structure.trace.stored.len()],
            places: self.stored_range(id),
            initial_latches: latches.clone(),
            latches,
            originals,
            initial: seen.clone(),
            seen,
            group,
        }))
    }
}

impl Variant {
    /// Whose place it takes.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Goes along with the original's latches: what flipped there since they were last seen flips here.
    pub fn follow(&mut self, point: &Point<'_>) {
        let now = &point.latches[self.originals.clone()];
        if now == self.seen {
            return;
        }
        if now == self.initial {
            self.latches.clone_from(&self.initial_latches);
        } else {
            for (latch, (now, seen)) in now.iter().zip(&self.seen).enumerate() {
                if now != seen {
                    self.group.flip(0, latch, point.x, &mut self.latches);
                }
            }
        }
        self.seen.copy_from_slice(now);
    }

    /// Its residuals at `point`, multiplicity included.
    pub fn residual(&self, point: &Point<'_>, out: &mut LocalResidual) {
        let rates = point.rates.within(self.places.clone());
        let own = Point { latches: &self.latches, rates, ..*point };
        self.group.local(0, &own.context(Limiting::Off, &[]), out);
    }

    /// Its local unknowns as its own initial conditions have them, over those of the circuit in `x` (length `n + 1`).
    pub fn initial(&self, x: &[f64]) -> Vec<f64> {
        self.group.initial(0, x)
    }

    /// Its stored residual by local row as its initial conditions fix it, and its stored quantities.
    pub fn initial_storage(&mut self, point: &Point<'_>) -> (Vec<f64>, &[f64]) {
        let local = self.group.initial(0, point.x);
        let own = Point { latches: &self.latches, rates: Rates::Rest, ..*point };
        let context = own.context(Limiting::Off, &[]);
        (self.group.stored_at(0, &local, &context, &mut self.stored), &self.stored)
    }

    /// Event functions of its latches.
    pub fn crossings(&self, point: &Point<'_>) -> Vec<f64> {
        let mut values = vec![0.0; self.latches.len()];
        let own = Point { latches: &self.latches, ..*point };
        self.group.crossings(0, &own.context(Limiting::Off, &[]), &mut values);
        values
    }
}
