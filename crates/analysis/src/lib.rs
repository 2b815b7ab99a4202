//! Analyses of a circuit: operating point, dc sweeps, ac, noise, transient.
//!
//! An analysis is a function with an options struct. Long ones stream their points to a sink. None of them
//! knows a device, and no device knows any of them.

mod newton;
mod op;
mod options;
mod report;
mod transient;

pub use newton::{Equation, Newton, NewtonError, NewtonStatistics, WorstRow};
pub use op::{
    Attempt, Method, OpOptions, OperatingPoint, operating_point, retained_rows,
    solve_operating_point,
};
pub use options::{
    Engines, Observer, Progress, SolverOptions, SparseEngine, Tolerances, Unobserved,
};
pub use report::{ConvergenceError, Report, ReportRow, SetupError};
pub use transient::{
    IntegrationMethod, Recorder, Transient, TransientError, TransientOptions, TransientPoint,
    TransientStatistics, transient,
};
