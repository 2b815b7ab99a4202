//! The contract between a device model and the solver.
//!
//! A circuit is `f(x, t) + d/dt q(x) + Σ c(x)·d/dt v(x) = 0` plus delayed terms. A device contributes currents, charges,
//! varying capacitances, equations, stored quantities and delays to it through [`Contributions`], and nothing else: it
//! writes no matrix entry, keeps no memory of its own and cannot tell which analysis is asking. Its derivatives come
//! from evaluating its one [`Model::eval`] with dual numbers.
//!
//! [`Instances`] turns a model into a [`Group`], which is what a circuit holds; [`Kind`] is the model's entry
//! in the list of devices.

// Lets the derive macro name this crate by the same path inside and outside.
extern crate self as ovonic_device;

pub mod constants;
mod contributions;
mod environment;
mod group;
mod instances;
mod kind;
mod limits;
mod model;
mod noise;
mod params;
mod unknown;
mod variable;
mod variation;

pub use contributions::{Contributions, Delayed, DelayedTerm, Output, Rates, Side, Stored, Trace};
pub use environment::{Environment, Iterate, Time};
pub use group::{
    Binding, DelayedEntry, Group, Jacobian, LoadContext, LoadTarget, LocalJacobian, LocalResidual,
    Structure,
};
pub use instances::Instances;
pub use kind::{Class, Kind, ModelType};
pub use limits::{Limiting, Limits, critical_voltage, junction_limit};
pub use model::Model;
pub use noise::{NoiseSource, NoiseSources};
pub use ovonic_device_macros::Params;
pub use params::{
    AnyParams, ParamError, ParamInfo, ParamKind, Params, Range, Readable, Scope, find_param,
};
pub use unknown::{MAX_UNKNOWNS, Nature, Retention, Role, Tie, Unknown};
pub use variable::{
    Differential, VariableContributions, VariableInstances, VariableModel, VariableParams,
};
pub use variation::{Variation, fingerprint};
