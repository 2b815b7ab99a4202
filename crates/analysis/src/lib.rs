//! Analyses of a circuit: operating point, dc sweeps, continuation, ac, noise, transient.
//!
//! An analysis is a function with an options struct. Long ones stream their points to a sink. None of them
//! knows a device, and no device knows any of them.

mod ac;
mod dc;
mod newton;
mod noise;
mod op;
mod options;
mod output;
mod pole_zero;
mod report;
mod rest;
mod sensitivity;
mod small_signal;
mod trace;
mod transfer;
mod transient;

pub use ac::{AcPoint, AcRecorder, AcReport, ac};
pub use dc::{
    DcError, DcJump, DcPoint, DcRecorder, DcReport, SweepLevel, SweepVariable, dc, sweep_values,
};
pub use newton::{Equation, Newton, NewtonError, NewtonStatistics, WorstRow};
pub use noise::{
    NoiseOptions, NoiseOrigin, NoisePoint, NoisePower, NoiseRecorder, NoiseReport, noise,
    noise_origins,
};
pub use op::{
    Attempt, Method, OpOptions, OperatingPoint, operating_point, retained_rows,
    solve_operating_point,
};
pub use options::{Engines, Observer, Progress, SolverOptions, Tolerances, Unobserved};
pub use output::{
    Output, Probe, ProbeContext, ProbeError, ProbeSet, SmallSignalProbes, default_outputs,
    plot_header,
};
pub use pole_zero::{Drive, PolesAndZeros, TwoPort, poles_and_zeros};
pub use report::{ConvergenceError, Report, ReportRow, SetupError};
pub use sensitivity::{
    AcSensitivityPoint, ChangedInstance, ParameterChange, SensitivityError, Variation,
    ac_sensitivity, op_sensitivity,
};
pub use small_signal::{FrequencySweep, SmallSignalError, small_signal_point};
pub use trace::{
    SpecialKind, SpecialPoint, TraceEnd, TraceError, TraceOptions, TracePoint, TraceRecorder,
    TraceReport, trace,
};
pub use transfer::{Transfer, transfer};
pub use transient::{
    IntegrationMethod, Recorder, SensitivityRecorder, Transient, TransientError, TransientOptions,
    TransientPoint, TransientSensitivity, TransientStatistics, transient, transient_sensitivity,
};
