//! Calibration: from measured curves to parameters that one can trust.
//!
//! ```text
//! data       files → columns → traces: units, branches, censoring, weights, and what is wrong with them
//! problem    parameters with bounds, scales and ties; data sets, each with the experiment that predicts it
//! objective  predictions against traces → residuals and their derivatives
//! fit        many starts of bounded trust-region least squares, after a global stage on request
//! population many traces → what varies between devices and from cycle to cycle
//! honesty    covariance, intervals, directions that the data leave open, spread over starts, hold-out
//! ```
//!
//! Nothing here knows a circuit: what predicts a trace is an [`Experiment`], which yields the observable at the points
//! of the trace and its derivatives. Results are the same for any number of threads.

mod data;
mod error;
mod experiment;
mod feature;
mod fit;
mod objective;
mod optimise;
mod population;
mod problem;
mod profile;
mod report;
mod statistics;

pub use data::{
    Branch, Censoring, DataFile, Finding, Mapping, MappingError, Preparation, Role, Selection,
    Severity, Trace, examine, traces,
};
pub use error::DataError;
pub use experiment::{Curve, Experiment, ExperimentError, Path};
pub use feature::Feature;
pub use fit::{FitError, FitObserver, FitOptions, Progress, StartReport, Unwatched, fit};
pub use objective::{Loss, Measure, Objective};
pub use population::{
    Distribution, Law, MemberReport, PopulationReport, Spread, Varying, fit_population, quantile,
};
pub use problem::{DataSet, Parameter, Problem, ProblemError, Scale};
pub use report::{FitReport, TraceReport};
pub use statistics::{Fitted, OpenDirection, Verdict};
