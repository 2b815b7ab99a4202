//! Many instances of one kind behind one virtual call.
//!
//! A group gathers its instances' unknowns from the solver's vector, evaluates the model, and scatters into
//! slots that were bound once. Ground is the last unknown and the last slot (a bin), so no loop has a branch
//! for it.

use crate::contributions::{DelayedTerm, Rates, Trace};
use crate::environment::{Environment, Time};
use crate::limits::Limiting;
use crate::noise::NoiseSource;
use crate::params::{AnyParams, ParamError};
use crate::unknown::{Tie, Unknown};
use num_complex::Complex64;
use std::ops::Range;

/// The structure of one instance, from a dependency trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    /// For each local row, the local unknowns that its resistive residual depends on, one bit each.
    pub resistive: Vec<u64>,
    /// The same for the stored residual.
    pub reactive: Vec<u64>,
    /// Whether both residuals are affine in the unknowns (at standing latches).
    pub linear: bool,
    /// Stored quantities and delayed signals.
    pub trace: Trace,
}

/// Where an instance's unknowns, entries and memory lie in the solver's vectors.
pub struct Binding<'a> {
    /// Global index of each local unknown; ground is the last one.
    pub unknowns: &'a [usize],
    /// Slot in the Jacobian's values for a local (row, column).
    pub slot: &'a dyn Fn(usize, usize) -> usize,
    /// First of the instance's stored quantities.
    pub stored: usize,
    /// First of the instance's limiting lanes.
    pub limits: usize,
    /// First of the instance's latches.
    pub latches: usize,
    /// First of the instance's delayed signals.
    pub signals: usize,
}

/// What an evaluation reads. Vectors are the solver's; unknowns have ground appended as a last zero.
#[derive(Clone, Copy)]
pub struct LoadContext<'a> {
    /// Unknowns, ground last; length `n + 1`.
    pub x: &'a [f64],
    /// Simulated time; absent where sources take their dc value.
    pub time: Option<Time>,
    /// Factor on independent sources.
    pub source_scale: f64,
    /// Conductance across junctions, S.
    pub gmin: f64,
    /// All latches.
    pub latches: &'a [f64],
    /// Values at which retained states are held (length `n + 1`); absent where their rates count.
    pub held: Option<&'a [f64]>,
    /// Delayed signals a delay ago; absent where nothing has a history.
    pub delayed: Option<&'a [f64]>,
    /// What stands for the derivatives of voltages across varying capacitances.
    pub rates: Rates<'a>,
    /// What limiting does.
    pub limiting: Limiting,
    /// All limiting lanes of the previous iterate.
    pub limits: &'a [f64],
}

/// How a Jacobian is wanted.
pub enum Jacobian<'a> {
    /// `∂f/∂x + alpha·∂q/∂x`, added slot by slot.
    Combined {
        /// Integrator's coefficient, 1/s; zero for dc.
        alpha: f64,
        /// Values; the last is the bin.
        values: &'a mut [f64],
    },
    /// Both parts apart.
    Split {
        /// `∂f/∂x`.
        resistive: &'a mut [f64],
        /// `∂q/∂x`.
        reactive: &'a mut [f64],
    },
}

/// What an evaluation adds to. Residual vectors have a bin for ground at the end.
pub struct LoadTarget<'a> {
    /// `f` at the true point (linearised over the limiting shift); length `n + 1`.
    pub resistive: &'a mut [f64],
    /// `q`, likewise.
    pub reactive: &'a mut [f64],
    /// Largest magnitude of a single instance's contribution to each row of `f`.
    pub magnitude: &'a mut [f64],
    /// Values of all stored quantities.
    pub stored: &'a mut [f64],
    /// Varying capacitances at the places of their voltages among the stored quantities, F; may be empty.
    pub capacitances: &'a mut [f64],
    /// Values of all delayed signals.
    pub signals: &'a mut [f64],
    /// Limiting lanes of this iterate.
    pub limits: &'a mut [f64],
    /// Number of instances whose limiting moved a value.
    pub limited: &'a mut usize,
}

/// One instance's local contributions, for outputs, sensitivities and reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalResidual {
    /// Resistive residual by local row.
    pub resistive: Vec<f64>,
    /// Stored residual by local row.
    pub reactive: Vec<f64>,
}

/// One instance's own linearisation at a solved point, multiplicity included, for small-signal outputs. Unlike
/// the circuit's matrix it has the rows of grounded terminals too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LocalJacobian {
    /// `∂f/∂x` without delayed terms, row by row; `n × n` for `n` local unknowns.
    pub resistive: Vec<f64>,
    /// `∂q/∂x`, likewise.
    pub reactive: Vec<f64>,
    /// Delayed terms, by local indices.
    pub delayed: Vec<DelayedEntry>,
    /// Small-signal stimulus by local row, as the right-hand side has it; length `n`.
    pub stimulus: Vec<Complex64>,
}

/// A delayed term of an instance at a solved point, by global indices unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct DelayedEntry {
    /// Row.
    pub row: usize,
    /// Column.
    pub column: usize,
    /// Derivative of the delayed signal times its gain.
    pub value: f64,
    /// Delay, s.
    pub delay: f64,
}

/// Instances of one kind. Indices are the order in which instances were added.
pub trait Group: Send + Sync {
    /// Number of instances.
    fn len(&self) -> usize;

    /// Whether there is no instance.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Local unknowns of instance `index`.
    fn unknowns(&self, index: usize) -> &[Unknown];

    /// Limiting lanes of each instance.
    fn n_limits(&self) -> usize;

    /// Latches of each instance.
    fn n_latches(&self) -> usize;

    /// Adds an instance and returns its index; `multiplicity` devices in parallel.
    ///
    /// # Errors
    /// When the parameters make no device.
    fn add(
        &mut self,
        params: &dyn AnyParams,
        env: &Environment,
        multiplicity: f64,
    ) -> Result<usize, ParamError>;

    /// Prepares an instance anew after a parameter or the environment changed.
    ///
    /// # Errors
    /// When the parameters make no device; the instance then stands as before.
    fn update(
        &mut self,
        index: usize,
        params: &dyn AnyParams,
        env: &Environment,
    ) -> Result<(), ParamError>;

    /// See [`crate::Model::collapse`].
    fn collapse(&self, index: usize, connected: u64) -> Vec<Tie>;

    /// Structure of an instance, from a dependency trace.
    fn structure(&self, index: usize) -> Structure;

    /// Binds an instance to the solver's vectors; `structure` as [`Group::structure`] gave it.
    fn bind(&mut self, index: usize, structure: &Structure, binding: &Binding<'_>);

    /// Evaluates instances with derivatives and adds to `target` and `jacobian`.
    fn load(
        &self,
        range: Range<usize>,
        context: &LoadContext<'_>,
        target: &mut LoadTarget<'_>,
        jacobian: &mut Jacobian<'_>,
    );

    /// Evaluates instances without derivatives, with limiting off or following. Where it is off, `target.limits`
    /// may be empty.
    fn residual(&self, range: Range<usize>, context: &LoadContext<'_>, target: &mut LoadTarget<'_>);

    /// One instance's own residuals, multiplicity included.
    fn local(&self, index: usize, context: &LoadContext<'_>, out: &mut LocalResidual);

    /// One instance's own linearisation at a solved point.
    fn local_jacobian(&self, index: usize, context: &LoadContext<'_>, out: &mut LocalJacobian);

    /// Derivatives of the delayed terms at a solved point.
    fn delayed_entries(&self, index: usize, context: &LoadContext<'_>, out: &mut Vec<DelayedEntry>);

    /// Global indices of an instance's local unknowns.
    fn bound(&self, index: usize) -> &[usize];

    /// Overwrites entries of the global vector `x` (ground last) that the instance's own initial conditions
    /// fix, in a copy of its local unknowns that it returns.
    fn initial(&self, index: usize, x: &[f64]) -> Vec<f64>;

    /// Stored residual by local row (multiplicity included) and stored quantities at given local unknowns.
    fn stored_at(
        &self,
        index: usize,
        local: &[f64],
        context: &LoadContext<'_>,
        stored: &mut [f64],
    ) -> Vec<f64>;

    /// Writes initial latches into the solver's vector.
    fn initial_latches(&self, index: usize, latches: &mut [f64]);

    /// Event functions of an instance's latches.
    fn crossings(&self, index: usize, context: &LoadContext<'_>, values: &mut [f64]);

    /// Flips one latch of an instance in the solver's vector.
    fn flip(&self, index: usize, latch: usize, x: &[f64], latches: &mut [f64]);

    /// Bookkeeping after an accepted step; `latches` is the solver's vector.
    fn accept(&self, context: &LoadContext<'_>, latches: &mut [f64]);

    /// Noise sources of an instance with global rows: `(source, from, to)`, multiplicity included.
    fn noise(
        &self,
        index: usize,
        context: &LoadContext<'_>,
    ) -> Vec<(NoiseSource, usize, Option<usize>)>;

    /// Adds the small-signal stimulus of all instances to `rhs` (length `n + 1`).
    fn stimulus(&self, rhs: &mut [Complex64]);

    /// The first corner of any instance's time course after `after`.
    fn next_event(&self, after: Time) -> Option<Time>;

    /// Values of an instance's outputs.
    fn outputs(&self, index: usize, context: &LoadContext<'_>, values: &mut [f64]);
}

/// Adds derivatives of one row to delayed entries.
pub(crate) fn push_delayed<S>(
    terms: &[DelayedTerm<S>],
    unknowns: &[usize],
    gradient: impl Fn(&S) -> &[f64],
    out: &mut Vec<DelayedEntry>,
) {
    for term in terms {
        for (column, &value) in gradient(&term.signal).iter().enumerate() {
            if value != 0.0 {
                out.push(DelayedEntry {
                    row: unknowns[term.row],
                    column: unknowns[column],
                    value,
                    delay: term.delay,
                });
            }
        }
    }
}
