//! The sibling contract for devices whose number of unknowns is known at run time only: behavioural sources,
//! polynomials and tables.

use crate::contributions::{Delayed, DelayedTerm, Stored, Trace};
use crate::environment::{Environment, Iterate, Time};
use crate::group::{
    Binding, DelayedEntry, Group, Jacobian, LoadContext, LoadTarget, LocalJacobian, LocalResidual,
    Structure, push_delayed,
};
use crate::noise::NoiseSource;
use crate::params::{AnyParams, ParamError, ParamInfo, Params};
use crate::unknown::{Tie, Unknown};
use num_complex::Complex64;
use std::ops::Range;
use std::sync::Arc;

/// A value with its gradient over the local unknowns.
#[derive(Clone, Debug, PartialEq)]
pub struct Differential {
    /// Value.
    pub value: f64,
    /// Partial derivatives; length `n`.
    pub gradient: Vec<f64>,
}

/// Local residuals and derivatives of a device with `n` unknowns, reused from call to call.
#[derive(Clone, Debug, Default)]
pub struct VariableContributions {
    n: usize,
    /// Resistive residual; length `n`.
    pub f: Vec<f64>,
    /// Stored residual; length `n`.
    pub q: Vec<f64>,
    /// `∂f/∂x`, row by row; `n × n`.
    pub df_dx: Vec<f64>,
    /// `∂q/∂x`, row by row; `n × n`.
    pub dq_dx: Vec<f64>,
    /// Values of the stored quantities.
    pub stored: Vec<f64>,
    stored_rows: Vec<Stored>,
    delays: Vec<(Delayed, Differential)>,
}

impl VariableContributions {
    fn reset(&mut self, n: usize) {
        self.n = n;
        for (vector, length) in [
            (&mut self.f, n),
            (&mut self.q, n),
            (&mut self.df_dx, n * n),
            (&mut self.dq_dx, n * n),
            (&mut self.stored, 0),
        ] {
            vector.clear();
            vector.resize(length, 0.0);
        }
        self.stored_rows.clear();
        self.delays.clear();
    }

    fn add(values: &mut [f64], jacobian: &mut [f64], row: usize, sign: f64, y: f64, dy: &[f64]) {
        values[row] += sign * y;
        let n = dy.len();
        for (entry, slope) in jacobian[row * n..(row + 1) * n].iter_mut().zip(dy) {
            *entry += sign * slope;
        }
    }

    /// A current from `from` through the device to `to`.
    pub fn current(&mut self, from: usize, to: usize, i: f64, gradient: &[f64]) {
        Self::add(&mut self.f, &mut self.df_dx, from, 1.0, i, gradient);
        Self::add(&mut self.f, &mut self.df_dx, to, -1.0, i, gradient);
    }

    /// A charge on the plate at `from`, its negative at `to`.
    pub fn charge(&mut self, from: usize, to: usize, charge: f64, gradient: &[f64]) {
        Self::add(&mut self.q, &mut self.dq_dx, from, 1.0, charge, gradient);
        Self::add(&mut self.q, &mut self.dq_dx, to, -1.0, charge, gradient);
        self.stored.push(charge);
        self.stored_rows.push(Stored { row: from, from: Some(to), is_voltage: false });
    }

    /// A term of the equation in `row`.
    pub fn equation(&mut self, row: usize, residual: f64, gradient: &[f64]) {
        Self::add(&mut self.f, &mut self.df_dx, row, 1.0, residual, gradient);
    }

    /// A quantity whose time derivative is a term of the equation in `row`.
    pub fn storage(&mut self, row: usize, quantity: f64, gradient: &[f64]) {
        Self::add(&mut self.q, &mut self.dq_dx, row, 1.0, quantity, gradient);
        self.stored.push(quantity);
        self.stored_rows.push(Stored { row, from: None, is_voltage: false });
    }

    /// `gain · signal(t − delay)` as a term of the equation in `row`.
    pub fn delayed(&mut self, row: usize, signal: Differential, delay: f64, gain: f64) {
        self.delays.push((Delayed { row, delay, gain }, signal));
    }
}

/// A device with a number of unknowns known at run time.
pub trait VariableModel: Send + Sync {
    /// Local unknowns, in the order of [`crate::Model::UNKNOWNS`].
    fn unknowns(&self) -> &[Unknown];

    /// For each local row, the unknowns that `f` and `q` depend on, and whether they are affine.
    fn dependence(&self) -> (Vec<u64>, Vec<u64>, bool);

    /// The model at a device temperature and transient window.
    ///
    /// # Errors
    /// When there is no such device.
    fn prepared(&self, env: &Environment) -> Result<Arc<dyn VariableModel>, ParamError>;

    /// Contributions with derivatives at `x`; the calls come in the same order each time.
    fn eval(&self, x: &[f64], at: &Iterate<'_>, out: &mut VariableContributions);

    /// See [`crate::Model::initial`].
    fn initial(&self, x: &mut [f64]) {
        let _ = x;
    }

    /// See [`crate::Model::next_event`].
    fn next_event(&self, after: Time) -> Option<Time> {
        let _ = after;
        None
    }

    /// See [`crate::Model::stimulus`].
    fn stimulus(&self, rhs: &mut [Complex64]) {
        let _ = rhs;
    }
}

/// The parameters of a [`VariableModel`]: the model itself, before it knows its environment.
#[derive(Clone, Default)]
pub struct VariableParams {
    /// The model.
    pub model: Option<Arc<dyn VariableModel>>,
}

impl Params for VariableParams {
    const TABLE: &'static [ParamInfo] = &[];
    fn value(&self, _index: usize) -> Option<f64> {
        None
    }
    fn set(&mut self, _index: usize, _value: f64) {}
}

struct Instance {
    model: Arc<dyn VariableModel>,
    multiplicity: f64,
    unknowns: Vec<usize>,
    /// `(row·n + column, slot)`.
    entries: Vec<(usize, usize)>,
    stored: usize,
    signals: usize,
}

/// Instances of run-time size.
#[derive(Default)]
pub struct VariableInstances {
    instances: Vec<Instance>,
}

/// Buffers of an evaluation.
#[derive(Default)]
struct Scratch {
    x: Vec<f64>,
    out: VariableContributions,
}

impl Instance {
    fn evaluate(&self, context: &LoadContext<'_>, scratch: &mut Scratch) {
        scratch.x.clear();
        scratch.x.extend(self.unknowns.iter().map(|&u| context.x[u]));
        self.evaluate_at(context, scratch);
    }

    fn evaluate_at(&self, context: &LoadContext<'_>, scratch: &mut Scratch) {
        let at = Iterate {
            time: context.time,
            source_scale: context.source_scale,
            gmin: context.gmin,
            latches: &[],
        };
        scratch.out.reset(self.unknowns.len());
        self.model.eval(&scratch.x, &at, &mut scratch.out);
    }

    /// Turns delayed signals into terms of `f`, now or from the history, and keeps their values.
    fn settle_delays(
        &self,
        context: &LoadContext<'_>,
        out: &mut VariableContributions,
        signals: &mut [f64],
    ) {
        for (k, (delayed, signal)) in std::mem::take(&mut out.delays).into_iter().enumerate() {
            if let Some(room) = signals.get_mut(self.signals + k) {
                *room = signal.value;
            }
            match context.delayed {
                Some(history) => out.f[delayed.row] += delayed.gain * history[self.signals + k],
                None => {
                    let (value, slopes) = (delayed.gain * signal.value, signal.gradient);
                    let slopes: Vec<f64> = slopes.iter().map(|g| g * delayed.gain).collect();
                    out.equation(delayed.row, value, &slopes);
                }
            }
        }
    }

    /// Takes the delayed signals of an evaluation as derivatives, with `unknowns` for indices.
    fn push_delays(
        &self,
        evaluated: &mut VariableContributions,
        unknowns: &[usize],
        out: &mut Vec<DelayedEntry>,
    ) {
        let term = |(delayed, signal): (Delayed, Differential)| {
            let gain = delayed.gain * self.multiplicity;
            let gradient = signal.gradient.iter().map(|g| g * gain).collect();
            let signal = Differential { value: signal.value * gain, gradient };
            DelayedTerm { row: delayed.row, delay: delayed.delay, signal }
        };
        let terms: Vec<_> = evaluated.delays.drain(..).map(term).collect();
        push_delayed(&terms, unknowns, |signal| &signal.gradient, out);
    }

    fn scatter(
        &self,
        context: &LoadContext<'_>,
        out: &mut VariableContributions,
        target: &mut LoadTarget<'_>,
    ) {
        self.settle_delays(context, out, target.signals);
        for (row, &global) in self.unknowns.iter().enumerate() {
            let value = self.multiplicity * out.f[row];
            target.resistive[global] += value;
            target.reactive[global] += self.multiplicity * out.q[row];
            target.magnitude[global] = target.magnitude[global].max(value.abs());
        }
        target.stored[self.stored..self.stored + out.stored.len()].copy_from_slice(&out.stored);
    }
}

impl Group for VariableInstances {
    fn len(&self) -> usize {
        self.instances.len()
    }

    fn unknowns(&self, index: usize) -> &[Unknown] {
        self.instances[index].model.unknowns()
    }

    fn n_limits(&self) -> usize {
        0
    }

    fn n_latches(&self) -> usize {
        0
    }

    fn add(
        &mut self,
        params: &dyn AnyParams,
        env: &Environment,
        multiplicity: f64,
    ) -> Result<usize, ParamError> {
        let model = prepared(params, env)?;
        let n = model.unknowns().len();
        self.instances.push(Instance {
            model,
            multiplicity,
            unknowns: vec![0; n],
            entries: Vec::new(),
            stored: 0,
            signals: 0,
        });
        Ok(self.instances.len() - 1)
    }

    fn update(
        &mut self,
        index: usize,
        params: &dyn AnyParams,
        env: &Environment,
    ) -> Result<(), ParamError> {
        self.instances[index].model = prepared(params, env)?;
        Ok(())
    }

    fn collapse(&self, index: usize, _connected: u64) -> Vec<Tie> {
        vec![Tie::Free; self.instances[index].unknowns.len()]
    }

    fn structure(&self, index: usize) -> Structure {
        let instance = &self.instances[index];
        let (resistive, reactive, linear) = instance.model.dependence();
        let nominal = instance.model.unknowns().iter().map(|u| u.nominal).collect();
        let mut scratch = Scratch { x: nominal, out: VariableContributions::default() };
        scratch.out.reset(instance.unknowns.len());
        instance.model.eval(&scratch.x, &Iterate::dc(), &mut scratch.out);
        let delayed = scratch.out.delays.iter().map(|(delayed, _)| *delayed).collect();
        let trace = Trace { stored: scratch.out.stored_rows, delayed };
        Structure { resistive, reactive, linear, trace }
    }

    fn bind(&mut self, index: usize, structure: &Structure, binding: &Binding<'_>) {
        let instance = &mut self.instances[index];
        let n = instance.unknowns.len();
        instance.unknowns.copy_from_slice(binding.unknowns);
        instance.entries.clear();
        for row in 0..n {
            let mask = structure.resistive[row] | structure.reactive[row];
            for column in (0..n).filter(|c| mask >> c & 1 == 1) {
                instance.entries.push((row * n + column, (binding.slot)(row, column)));
            }
        }
        instance.stored = binding.stored;
        instance.signals = binding.signals;
    }

    fn load(
        &self,
        range: Range<usize>,
        context: &LoadContext<'_>,
        target: &mut LoadTarget<'_>,
        jacobian: &mut Jacobian<'_>,
    ) {
        let mut scratch = Scratch::default();
        for instance in &self.instances[range] {
            instance.evaluate(context, &mut scratch);
            let out = &mut scratch.out;
            instance.scatter(context, out, target);
            let m = instance.multiplicity;
            for &(local, slot) in &instance.entries {
                match jacobian {
                    Jacobian::Combined { alpha, values } => {
                        values[slot] += m * (out.df_dx[local] + *alpha * out.dq_dx[local]);
                    }
                    Jacobian::Split { resistive, reactive } => {
                        resistive[slot] += m * out.df_dx[local];
                        reactive[slot] += m * out.dq_dx[local];
                    }
                }
            }
        }
    }

    fn residual(
        &self,
        range: Range<usize>,
        context: &LoadContext<'_>,
        target: &mut LoadTarget<'_>,
    ) {
        let mut scratch = Scratch::default();
        for instance in &self.instances[range] {
            instance.evaluate(context, &mut scratch);
            instance.scatter(context, &mut scratch.out, target);
        }
    }

    fn local(&self, index: usize, context: &LoadContext<'_>, out: &mut LocalResidual) {
        let instance = &self.instances[index];
        let mut scratch = Scratch::default();
        instance.evaluate(context, &mut scratch);
        instance.settle_delays(context, &mut scratch.out, &mut []);
        let scaled = |v: &[f64]| v.iter().map(|y| y * instance.multiplicity).collect();
        out.resistive = scaled(&scratch.out.f);
        out.reactive = scaled(&scratch.out.q);
    }

    fn local_jacobian(&self, index: usize, context: &LoadContext<'_>, out: &mut LocalJacobian) {
        let instance = &self.instances[index];
        let n = instance.unknowns.len();
        let mut scratch = Scratch::default();
        instance.evaluate(context, &mut scratch);
        let m = instance.multiplicity;
        let scaled = |v: &[f64]| v.iter().map(|slope| slope * m).collect();
        out.resistive = scaled(&scratch.out.df_dx);
        out.reactive = scaled(&scratch.out.dq_dx);
        out.delayed.clear();
        let local: Vec<usize> = (0..n).collect();
        instance.push_delays(&mut scratch.out, &local, &mut out.delayed);
        let mut stimulus = vec![Complex64::ZERO; n];
        instance.model.stimulus(&mut stimulus);
        out.stimulus = stimulus.iter().map(|value| value * m).collect();
    }

    fn delayed_entries(
        &self,
        index: usize,
        context: &LoadContext<'_>,
        out: &mut Vec<DelayedEntry>,
    ) {
        let instance = &self.instances[index];
        let mut scratch = Scratch::default();
        instance.evaluate(context, &mut scratch);
        instance.push_delays(&mut scratch.out, &instance.unknowns, out);
    }

    fn bound(&self, index: usize) -> &[usize] {
        &self.instances[index].unknowns
    }

    fn initial(&self, index: usize, x: &[f64]) -> Vec<f64> {
        let instance = &self.instances[index];
        let mut local: Vec<f64> = instance.unknowns.iter().map(|&u| x[u]).collect();
        instance.model.initial(&mut local);
        local
    }

    fn stored_at(
        &self,
        index: usize,
        local: &[f64],
        context: &LoadContext<'_>,
        stored: &mut [f64],
    ) -> Vec<f64> {
        let instance = &self.instances[index];
        let mut scratch = Scratch { x: local.to_vec(), ..Scratch::default() };
        instance.evaluate_at(context, &mut scratch);
        let room = &mut stored[instance.stored..instance.stored + scratch.out.stored.len()];
        room.copy_from_slice(&scratch.out.stored);
        scratch.out.q.iter().map(|q| q * instance.multiplicity).collect()
    }

    fn initial_latches(&self, _index: usize, _latches: &mut [f64]) {}

    fn crossings(&self, _index: usize, _context: &LoadContext<'_>, _values: &mut [f64]) {}

    fn flip(&self, _index: usize, _latch: usize, _x: &[f64], _latches: &mut [f64]) {}

    fn accept(&self, _context: &LoadContext<'_>, _latches: &mut [f64]) {}

    fn noise(
        &self,
        _index: usize,
        _context: &LoadContext<'_>,
    ) -> Vec<(NoiseSource, usize, Option<usize>)> {
        Vec::new()
    }

    fn stimulus(&self, rhs: &mut [Complex64]) {
        for instance in &self.instances {
            let mut local = vec![Complex64::ZERO; instance.unknowns.len()];
            instance.model.stimulus(&mut local);
            for (value, &global) in local.iter().zip(&instance.unknowns) {
                rhs[global] += value * instance.multiplicity;
            }
        }
    }

    fn next_event(&self, after: Time) -> Option<Time> {
        let events = self.instances.iter().filter_map(|instance| instance.model.next_event(after));
        events.min_by(|a, b| a.minus(*b).total_cmp(&0.0))
    }

    fn outputs(&self, _index: usize, _context: &LoadContext<'_>, _values: &mut [f64]) {}
}

fn prepared(
    params: &dyn AnyParams,
    env: &Environment,
) -> Result<Arc<dyn VariableModel>, ParamError> {
    let params = params
        .as_any()
        .downcast_ref::<VariableParams>()
        .expect("a group takes the parameters of its own kind");
    params.model.as_ref().ok_or(ParamError::Missing { name: "expression" })?.prepared(env)
}
