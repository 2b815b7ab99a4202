//! Circuits: unknowns, sparsity, bound instances, and the assembly of their equations.
//!
//! [`CircuitBuilder`] takes instances of device kinds at named nodes; [`CircuitBuilder::build`] prepares,
//! collapses, numbers, traces and binds them to a [`Circuit`], which evaluates residuals and Jacobians into an
//! [`Assembly`]. Private unknowns of memory devices and clusters are eliminated locally by
//! [`Circuit::condense`]. No analysis is known here.

mod assembly;
mod builder;
mod circuit;
mod cluster;
mod error;
mod ids;
mod topology;
mod variant;

pub use assembly::{Assembly, Point, SmallSignal};
pub use builder::{BuildOptions, CircuitBuilder, InstanceSpec};
pub use circuit::{Change, Circuit, StoredQuantity, UnknownEntry};
pub use cluster::Pivots;
pub use error::{BuildError, CondensationError};
pub use ids::{ClusterId, InstanceId, NodeId, UnknownId};
pub use topology::{Finding, FindingKind, Severity, examine};
pub use variant::Variant;
