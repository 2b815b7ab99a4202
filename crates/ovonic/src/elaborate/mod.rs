//! Elaboration: from a syntax tree and the list of devices to a circuit.
//!
//! ```text
//! sort       cards by what they are; one table for each scope
//! decide     take the branches of conditionals that hold
//! value      compute parameters when they are needed, and remember what depends on what
//! expand     subcircuit instances into devices with names like r.x1.r1 at nodes like x1.n
//! connect    couple devices to the branch currents that they borrow
//! plan       options, analyses, outputs, initial conditions
//! ```
//!
//! Everything is looked at, so that one run shows all mistakes; whether there is a circuit is decided at the end.

mod arguments;
mod assign;
mod cells;
mod conditions;
mod crossbar;
mod currents;
mod draft;
mod expand;
mod fouriers;
mod functions;
mod lines;
mod lower;
mod measures;
mod models;
mod options;
mod outputs;
mod parasitics;
mod pictures;
mod plan;
mod remarks;
mod reporter;
mod scope;
mod size;
mod table;
mod waveforms;
mod written;

pub use options::Options;
pub use plan::{
    NoiseTask, Planned, PoleZeroTask, Range, SensitivityTask, Sweep, SweepTarget, Task, TraceTask,
    TransferTask, TransientTask,
};

pub(crate) use assign::parameter_error;
pub(crate) use conditions::StartingPoint;
pub(crate) use expand::Record;
pub(crate) use fouriers::Fourier;
pub(crate) use measures::{
    Event, Level, Measure, MeasureTask, Place, Signal as MeasuredSignal, Statistic, Window,
};
pub(crate) use outputs::{Request, Wanted};
pub(crate) use pictures::MEASURES;
pub(crate) use reporter::{Reported, Reporter};
pub(crate) use scope::{Dependence, ScopeId};

use scope::Scopes;
pub(crate) use table::{Cards, Table};

pub(crate) use crossbar::Crossbar;
use crossbar::{Arrays, Templates};
use models::PreparedModel;
use ovonic_circuit::{CircuitBuilder, ClusterId, InstanceId};
use ovonic_device::{Environment, Kind};
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that is known while a netlist is elaborated, kept afterwards for changes of parameters.
pub(crate) struct Elaborator {
    pub(crate) scopes: Scopes,
    pub(crate) reporter: Reporter,
    pub(crate) kinds: &'static [&'static Kind],
    pub(crate) options: Options,
    /// What surrounds a device that says nothing of its own.
    pub(crate) environment: Environment,
    models: HashMap<(ScopeId, String), Result<Arc<PreparedModel>, Reported>>,
    pub(crate) builder: CircuitBuilder,
    pub(crate) records: Vec<Record>,
    /// Instances by name.
    pub(crate) instances: HashMap<String, InstanceId>,
    /// Instances of arrays, which are found by their place.
    pub(crate) arrays: Arrays,
    /// What parts of arrays have in common.
    templates: Templates,
    /// Clusters of cells, by their middle nodes.
    pub(crate) clusters: HashMap<String, ClusterId>,
    /// What the shape of the circuit depends on: conditions and multiplicities.
    pub(crate) structure: Dependence,
    /// Scopes that have been expanded, by the instance name that opened them.
    pub(crate) opened: HashMap<String, ScopeId>,
}
