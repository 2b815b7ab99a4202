//! The bound circuit: unknowns, pattern, instances, and their evaluation.

use crate::assembly::{Assembly, Point, SmallSignal};
use crate::builder::{BuildOptions, CircuitBuilder, InstanceSpec};
use crate::cluster::{self, Cluster, Pivots};
use crate::error::{BuildError, CondensationError};
use crate::ids::{InstanceId, NodeId, UnknownId};
use ovonic_device::{
    AnyParams, DelayedEntry, Environment, Group, Limiting, LocalJacobian, LocalResidual, Nature,
    NoiseSource, ParamError, Retention, Role, Structure, Tie, Time, Unknown,
};
use ovonic_numerics::sparse::{Element, Pattern};
use std::ops::Range;
use std::sync::Arc;

/// What an unknown of the circuit is.
#[derive(Clone, Debug, PartialEq)]
pub struct UnknownEntry {
    /// Node name, or `instance#local`.
    pub name: String,
    /// Nature of the unknown.
    pub nature: Nature,
    /// Nature of its row's residual.
    pub residual: Nature,
    /// Absolute tolerance in its unit; absent means the option of its nature.
    pub tolerance: Option<f64>,
    /// Nominal size in its unit.
    pub nominal: f64,
    /// Bounds within which it has a meaning.
    pub bounds: (f64, f64),
    /// How an operating point treats it, if it is a state.
    pub retention: Option<Retention>,
    /// The instance that it is private to.
    pub owner: Option<InstanceId>,
}

impl UnknownEntry {
    pub(crate) fn new(name: String, unknown: &Unknown, owner: Option<InstanceId>) -> Self {
        Self {
            name,
            nature: unknown.nature,
            residual: unknown.residual,
            tolerance: unknown.tolerance,
            nominal: unknown.nominal,
            bounds: unknown.bounds,
            retention: match unknown.role {
                Role::State(retention) => Some(retention),
                _ => None,
            },
            owner,
        }
    }

    /// Whether the unknown is a node: a potential or a temperature whose row balances flows.
    pub(crate) fn is_node(&self) -> bool {
        self.is_flow_row() && matches!(self.nature, Nature::Voltage | Nature::Temperature)
    }

    /// Whether the row is a balance of flows at a node, to which a conductance to ground may be added.
    pub fn is_flow_row(&self) -> bool {
        matches!(self.residual, Nature::Current | Nature::HeatFlow)
    }
}

/// A stored quantity (charge, flux, enthalpy, state) whose truncation error a transient watches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredQuantity {
    /// Whose it is.
    pub instance: InstanceId,
    /// Row that its derivative is added to; the number of unknowns means ground.
    pub row: usize,
    /// Row that it is taken from; absent for fluxes and states.
    pub from: Option<usize>,
    /// Whether the quantity is the voltage from `row` to `from`, across a capacitance that varies.
    pub is_voltage: bool,
    /// Nature of that row: the quantity's derivative has its unit.
    pub residual: Nature,
    /// Absolute tolerance of the row's unknown.
    pub tolerance: Option<f64>,
    /// Whether the quantity is a state itself.
    pub is_state: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) group: usize,
    pub(crate) position: usize,
}

pub(crate) struct Instance {
    pub(crate) member: Member,
    pub(crate) structure: Arc<Structure>,
}

/// What a change of an instance's parameters left standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Values changed; unknowns and pattern stand.
    Values,
    /// Unknowns or pattern changed: go on with [`Circuit::rebuilt`].
    Structure,
}

/// A circuit that can be evaluated: `f(x, t) + d/dt q(x) + Σ c(x)·d/dt v(x) = 0`.
///
/// It is immutable during an analysis; everything that changes lives in an [`Assembly`] and in vectors of the
/// solver. Unknowns are numbered from 0 to `n − 1`, public ones first; vectors that devices see have ground
/// appended as entry `n`.
pub struct Circuit {
    pub(crate) builder: CircuitBuilder,
    pub(crate) options: BuildOptions,
    pub(crate) entries: Vec<UnknownEntry>,
    pub(crate) n_public: usize,
    pub(crate) nodes: Vec<Option<UnknownId>>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) groups: Vec<Box<dyn Group>>,
    pub(crate) linear_groups: Vec<bool>,
    pub(crate) pattern: Arc<Pattern>,
    /// Slot of each unknown's diagonal entry, if it has one.
    pub(crate) diagonal: Vec<Option<usize>>,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) n_values: usize,
    pub(crate) stored: Vec<StoredQuantity>,
    pub(crate) has_capacitances: bool,
    pub(crate) delays: Vec<f64>,
    pub(crate) n_limits: usize,
    pub(crate) n_latches: usize,
    pub(crate) latch_owners: Vec<(InstanceId, usize)>,
}

impl Circuit {
    /// Number of unknowns.
    pub fn n(&self) -> usize {
        self.entries.len()
    }

    /// Number of unknowns that the global system has; the others are condensed.
    pub fn n_public(&self) -> usize {
        self.n_public
    }

    /// Pattern of the global system, `n_public × n_public`.
    pub fn pattern(&self) -> &Arc<Pattern> {
        &self.pattern
    }

    /// Length of a vector of matrix values: the pattern's, the clusters' blocks', and the bin.
    pub fn n_values(&self) -> usize {
        self.n_values
    }

    /// Slot of the diagonal entry of row `row`; node rows and states always have one.
    pub fn diagonal_slot(&self, row: usize) -> Option<usize> {
        self.diagonal[row]
    }

    /// What each unknown is; length `n`.
    pub fn unknowns(&self) -> &[UnknownEntry] {
        &self.entries
    }

    /// The row of a node; ground's is `n`. Absent for a node that no instance touches.
    pub fn node(&self, id: NodeId) -> Option<UnknownId> {
        self.nodes[id.0]
    }

    /// The row of the node called `name`; ground's is `n`.
    pub fn find_node(&self, name: &str) -> Option<UnknownId> {
        self.builder.find_node(name).and_then(|id| self.node(id))
    }

    /// Whether a node was made for one cluster alone, so that its user never named it.
    pub fn is_private_node(&self, id: NodeId) -> bool {
        self.builder.is_private_node(id)
    }

    /// Name of a node.
    pub fn node_name(&self, id: NodeId) -> &str {
        self.builder.node_name(id)
    }

    /// All nodes but ground that some instance touches, in the order in which they were made.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> {
        let touched = (1..self.nodes.len()).filter(|&i| self.nodes[i].is_some());
        touched.map(NodeId)
    }

    /// All nodes but ground with their rows.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, UnknownId)> {
        let rows = self.nodes[1..].iter();
        self.builder.node_names().zip(rows).filter_map(|(name, row)| row.map(|row| (name, row)))
    }

    /// Number of instances.
    pub fn n_instances(&self) -> usize {
        self.instances.len()
    }

    /// All instances.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &InstanceSpec)> {
        (0..self.instances.len()).map(|i| (InstanceId(i), self.builder.spec(InstanceId(i))))
    }

    /// What an instance was made from.
    pub fn spec(&self, id: InstanceId) -> &InstanceSpec {
        self.builder.spec(id)
    }

    /// The instance called `name`.
    pub fn find_instance(&self, name: &str) -> Option<InstanceId> {
        self.instances().find(|(_, spec)| spec.name == name).map(|(id, _)| id)
    }

    /// Rows of an instance's local unknowns, in its kind's order; `n` is ground.
    pub fn local_unknowns(&self, id: InstanceId) -> &[usize] {
        let Member { group, position } = self.instances[id.0].member;
        self.groups[group].bound(position)
    }

    /// An instance's local unknowns as its model declares them.
    pub fn local_roles(&self, id: InstanceId) -> &[Unknown] {
        let Member { group, position } = self.instances[id.0].member;
        self.groups[group].unknowns(position)
    }

    /// Local unknowns through whose rows the current of terminal `terminal` flows: itself, and those that are
    /// tied to it because the instance does not need them.
    pub fn terminal_rows(&self, id: InstanceId, terminal: usize) -> Vec<usize> {
        let Member { group, position } = self.instances[id.0].member;
        let connected = self.connected(id);
        let ties = self.groups[group].collapse(position, connected);
        let mut resolved: Vec<usize> = (0..ties.len()).collect();
        for (i, tie) in ties.iter().enumerate() {
            if let Tie::To(target) = *tie {
                resolved[i] = resolved[target];
            }
        }
        (0..ties.len()).filter(|&i| resolved[i] == terminal).collect()
    }

    /// A bit for each terminal that the instance names.
    fn connected(&self, id: InstanceId) -> u64 {
        (0..self.spec(id).terminals.len()).fold(0, |mask: u64, i| mask | 1 << i)
    }

    /// The row of an instance's (first) branch current.
    pub fn branch(&self, id: InstanceId) -> Option<UnknownId> {
        let branch =
            self.local_roles(id).iter().position(|unknown| unknown.role == Role::Branch)?;
        Some(UnknownId(self.local_unknowns(id)[branch]))
    }

    /// Structure of an instance: what its residuals depend on.
    pub fn structure(&self, id: InstanceId) -> &Structure {
        &self.instances[id.0].structure
    }

    /// Stored quantities, in the order of [`Assembly::stored`].
    pub fn stored(&self) -> &[StoredQuantity] {
        &self.stored
    }

    /// Whether some capacitance varies without being the derivative of a charge.
    pub fn has_capacitances(&self) -> bool {
        self.has_capacitances
    }

    /// Room for all varying capacitances.
    pub(crate) fn no_capacitances(&self) -> Vec<f64> {
        vec![0.0; if self.has_capacitances { self.stored.len() } else { 0 }]
    }

    /// Delay of each delayed signal, s.
    pub fn delays(&self) -> &[f64] {
        &self.delays
    }

    /// Number of latches.
    pub fn n_latches(&self) -> usize {
        self.n_latches
    }

    /// The instance of a latch, and its number there.
    pub fn latch_owner(&self, latch: usize) -> (InstanceId, usize) {
        self.latch_owners[latch]
    }

    /// Whether no instance's residual is nonlinear (at standing latches).
    pub fn is_linear(&self) -> bool {
        self.linear_groups.iter().all(|&linear| linear)
    }

    /// Buffers for evaluating this circuit.
    pub fn assembly(&self) -> Assembly {
        Assembly::new(self)
    }

    /// Evaluates residuals and the combined Jacobian `∂f/∂x + alpha·∂q/∂x` at `point`; alpha in 1/s.
    pub fn load(&self, point: &Point<'_>, alpha: f64, limiting: Limiting, into: &mut Assembly) {
        into.load(self, point, alpha, limiting);
    }

    /// Evaluates residuals and stored quantities at `point`, without derivatives or limiting.
    pub fn residual(&self, point: &Point<'_>, into: &mut Assembly) {
        into.residual(self, point, Limiting::Off);
    }

    /// [`Circuit::residual`] that notes the limiting lanes too: if the point is accepted,
    /// [`Assembly::adopt_limits`] makes them the ones that later iterates are limited from.
    pub fn follow(&self, point: &Point<'_>, into: &mut Assembly) {
        into.residual(self, point, Limiting::Follow);
    }

    /// `∂f/∂x` and `∂q/∂x` apart, and the delayed terms, at a solved point.
    pub fn linearise(&self, point: &Point<'_>) -> SmallSignal {
        SmallSignal::new(self, point)
    }

    /// Eliminates the private unknowns: see [`Circuit::expand`]. `values` has length [`Circuit::n_values`],
    /// `rhs` length `n + 1`.
    ///
    /// # Errors
    /// When a cluster's private block fails its pivot test.
    pub fn condense<T: Element>(
        &self,
        values: &mut [T],
        rhs: &mut [T],
    ) -> Result<(), CondensationError> {
        if self.clusters.is_empty() {
            return Ok(());
        }
        cluster::condense(&self.clusters, values, rhs)
    }

    /// Completes a solution of the condensed system (its first `n_public` entries) with the private unknowns.
    pub fn expand<T: Element>(&self, values: &[T], solution: &mut [T]) {
        cluster::expand(&self.clusters, values, solution);
    }

    /// [`Circuit::condense`] that keeps what [`Circuit::expand_adjoint`] needs.
    ///
    /// # Errors
    /// When a cluster's private block fails its pivot test.
    pub fn condense_with_pivots<T: Element>(
        &self,
        values: &mut [T],
        rhs: &mut [T],
        pivots: &mut Pivots,
    ) -> Result<(), CondensationError> {
        cluster::condense_with_pivots(&self.clusters, values, rhs, pivots)
    }

    /// Maps a right-hand side (length `n + 1`) of the adjoint system `Aᵀ·z = e` to that of the transposed
    /// condensed system, whose matrix is the first `nnz` of the condensed `values`.
    pub fn condense_adjoint<T: Element>(&self, values: &[T], rhs: &mut [T]) {
        cluster::condense_adjoint(&self.clusters, values, rhs);
    }

    /// Completes a solution of the transposed condensed system with the private unknowns' entries.
    pub fn expand_adjoint<T: Element>(&self, values: &[T], pivots: &Pivots, solution: &mut [T]) {
        cluster::expand_adjoint(&self.clusters, values, pivots, solution);
    }

    /// Carries a vector by unknown (length `n + 1`) over to `target`, the same circuit built otherwise;
    /// unknowns that this one does not have become zero.
    ///
    /// # Panics
    /// When `target` has other instances or nodes.
    pub fn translate<T: Copy + Default>(&self, x: &[T], target: &Circuit) -> Vec<T> {
        let mut out = vec![T::default(); target.n() + 1];
        for (from, to) in self.nodes.iter().zip(&target.nodes) {
            if let (Some(from), Some(to)) = (from, to) {
                out[to.0] = x[from.0];
            }
        }
        for id in (0..self.instances.len()).map(InstanceId) {
            let rows = self.local_unknowns(id).iter();
            for (&from, &to) in rows.zip(target.local_unknowns(id)) {
                if from != self.n() {
                    out[to] = x[from];
                }
            }
        }
        out[target.n()] = T::default();
        out
    }

    /// `y ← y + A·x` over the pattern and the clusters' blocks, before condensation. `values` has length
    /// [`Circuit::n_values`], the vectors `n + 1`.
    pub fn multiply_add<T: Element>(&self, values: &[T], x: &[T], y: &mut [T]) {
        let public = self.n_public;
        self.pattern.multiply_add(&values[..self.pattern.nnz()], &x[..public], &mut y[..public]);
        for cluster in &self.clusters {
            cluster.multiply_add(values, x, y);
        }
    }

    /// Names of a cluster's instances, for reports.
    pub fn cluster_members(&self, cluster: usize) -> impl Iterator<Item = &str> {
        let instances = &self.clusters[cluster].shape.instances;
        instances.iter().map(|id| self.spec(*id).name.as_str())
    }

    /// Replaces an instance's parameters.
    ///
    /// # Errors
    /// When they make no device; the circuit then stands as before.
    pub fn update(
        &mut self,
        id: InstanceId,
        params: Arc<dyn AnyParams>,
        environment: Environment,
    ) -> Result<Change, ParamError> {
        let Member { group, position } = self.instances[id.0].member;
        let connected = self.connected(id);
        let before = self.groups[group].collapse(position, connected);
        self.groups[group].update(position, &*params, &environment)?;
        let spec = self.builder.spec_mut(id);
        spec.params = params;
        spec.environment = environment;
        let same = self.groups[group].collapse(position, connected) == before
            && self.groups[group].structure(position) == *self.instances[id.0].structure;
        Ok(if same { Change::Values } else { Change::Structure })
    }

    /// The same circuit built anew, after a change of structure or with other options.
    ///
    /// # Errors
    /// See [`CircuitBuilder::build`].
    pub fn rebuilt(&self, options: BuildOptions) -> Result<Circuit, Vec<BuildError>> {
        self.builder.build(options)
    }

    /// Changes what [`Circuit::rebuilt`] builds from, as for an instance that becomes one of another kind. The
    /// circuit itself stands as it was bound; it has to be built anew before anything else is done with it.
    /// `builder` has the same nodes and instances, in the same order.
    pub fn rebuild_from(&mut self, builder: &CircuitBuilder) {
        self.builder = builder.clone();
    }

    /// What the circuit was built with.
    pub fn options(&self) -> BuildOptions {
        self.options
    }

    /// Initial latches; length [`Circuit::n_latches`].
    pub fn initial_latches(&self) -> Vec<f64> {
        let mut latches = vec![0.0; self.n_latches];
        for group in &self.groups {
            if group.n_latches() > 0 {
                for index in 0..group.len() {
                    group.initial_latches(index, &mut latches);
                }
            }
        }
        latches
    }

    /// Event functions of all latches: positive where one ought to flip. `values` has length
    /// [`Circuit::n_latches`].
    pub fn crossings(&self, point: &Point<'_>, values: &mut [f64]) {
        let context = point.context(Limiting::Off, &[]);
        let mut first = 0;
        for &(instance, latch) in &self.latch_owners {
            if latch != 0 {
                continue;
            }
            let Member { group, position } = self.instances[instance.0].member;
            let count = self.groups[group].n_latches();
            self.groups[group].crossings(position, &context, &mut values[first..first + count]);
            first += count;
        }
    }

    /// Flips a latch at the unknowns `x` (length `n + 1`).
    pub fn flip(&self, latch: usize, x: &[f64], latches: &mut [f64]) {
        let (instance, local) = self.latch_owners[latch];
        let Member { group, position } = self.instances[instance.0].member;
        self.groups[group].flip(position, local, x, latches);
    }

    /// Lets devices do their bookkeeping after an accepted time step. `point.latches` are those before it.
    pub fn accept(&self, point: &Point<'_>, latches: &mut [f64]) {
        if self.n_latches == 0 {
            return;
        }
        let context = point.context(Limiting::Off, &[]);
        for group in self.groups.iter().filter(|group| group.n_latches() > 0) {
            group.accept(&context, latches);
        }
    }

    /// The first corner of any device's time course after `after`.
    pub fn next_event(&self, after: Time) -> Option<Time> {
        let events = self.groups.iter().filter_map(|group| group.next_event(after));
        events.min_by(|a, b| a.minus(*b).total_cmp(&0.0))
    }

    /// Unknowns with the instances' own initial conditions over the given node conditions `x` (length
    /// `n + 1`); states take their initial values.
    pub fn initial_unknowns(&self, x: &[f64]) -> Vec<f64> {
        let mut initial = x.to_vec();
        for (group, position) in self.positions() {
            let local = group.initial(position, x);
            let roles = group.unknowns(position);
            for ((&global, value), role) in group.bound(position).iter().zip(local).zip(roles) {
                if role.is_private() {
                    initial[global] = value;
                }
            }
        }
        initial[self.n()] = 0.0;
        initial
    }

    /// Stored residual (length `n + 1`) and stored quantities as the initial conditions fix them: each
    /// instance is evaluated at its own initial conditions, or at the circuit's in `x`.
    pub fn initial_storage(&self, point: &Point<'_>, into: &mut Assembly) {
        let context = point.context(Limiting::Off, &[]);
        into.reactive.fill(0.0);
        for (group, position) in self.positions() {
            let local = group.initial(position, point.x);
            let charge = group.stored_at(position, &local, &context, &mut into.stored);
            for (&global, value) in group.bound(position).iter().zip(charge) {
                into.reactive[global] += value;
            }
        }
    }

    fn positions(&self) -> impl Iterator<Item = (&dyn Group, usize)> {
        self.groups.iter().flat_map(|group| (0..group.len()).map(move |i| (&**group, i)))
    }

    /// One instance's own residuals at `point`, multiplicity included.
    pub fn local_residual(&self, id: InstanceId, point: &Point<'_>, out: &mut LocalResidual) {
        let Member { group, position } = self.instances[id.0].member;
        self.groups[group].local(position, &point.context(Limiting::Off, &[]), out);
    }

    /// One instance's own linearisation at a solved point, multiplicity included.
    pub fn local_jacobian(&self, id: InstanceId, point: &Point<'_>, out: &mut LocalJacobian) {
        let Member { group, position } = self.instances[id.0].member;
        self.groups[group].local_jacobian(position, &point.context(Limiting::Off, &[]), out);
    }

    /// Where an instance's stored quantities lie in [`Circuit::stored`].
    pub fn stored_range(&self, id: InstanceId) -> Range<usize> {
        let start = self.stored.partition_point(|stored| stored.instance < id);
        start..start + self.structure(id).trace.stored.len()
    }

    /// Values of an instance's outputs, in the order of its kind's list.
    pub fn outputs(&self, id: InstanceId, point: &Point<'_>, values: &mut [f64]) {
        let Member { group, position } = self.instances[id.0].member;
        self.groups[group].outputs(position, &point.context(Limiting::Off, &[]), values);
    }

    /// All noise sources at a solved point: instance, source, row that the current leaves, row that it enters.
    pub fn noise(&self, point: &Point<'_>) -> Vec<(InstanceId, NoiseSource, usize, Option<usize>)> {
        let context = point.context(Limiting::Off, &[]);
        let mut all = Vec::new();
        for (index, instance) in self.instances.iter().enumerate() {
            let Member { group, position } = instance.member;
            for (source, from, to) in self.groups[group].noise(position, &context) {
                all.push((InstanceId(index), source, from, to));
            }
        }
        all
    }

    pub(crate) fn delayed_entries(&self, point: &Point<'_>) -> Vec<DelayedEntry> {
        let context = point.context(Limiting::Off, &[]);
        let mut out = Vec::new();
        if !self.delays.is_empty() {
            for (group, position) in self.positions() {
                group.delayed_entries(position, &context, &mut out);
            }
        }
        out
    }
}
