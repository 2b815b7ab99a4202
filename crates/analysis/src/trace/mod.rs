//! Continuation: the whole curve of operating points along one variable, through its folds.
//!
//! ```text
//! operating point at the first value; tangent t of the curve (x, λ)(s) there, towards the last value
//! until λ leaves its range
//!     predict y + σ·t;  correct in the plane across t (bordered Newton);  new tangent
//!     too much of a turn, or no convergence: half the step;  little of a turn: a longer one
//!     folds (λ turns), turns of the source's other quantity, changes of stability: located, and recorded as points
//! ```
//!
//! A dc sweep asks for a solution at each value and finds none, or jumps, where the curve turns back; here the
//! variable is an unknown like the others, and S- and N-shaped characteristics come out whole. Distances are
//! measured in the unknowns' scales: the swept range, and for the others their nominal size or their value, whichever
//! is larger.
//!
//! Method: pseudo-arclength continuation (Keller 1977), after Seydel, *Practical Bifurcation and Stability
//! Analysis* (2010), chapters 4 and 5. Stability comes from the pencil of [`stability`](self).

mod bordered;
mod locate;
mod stability;
mod walk;

use crate::dc::SweepVariable;
use crate::op::OpOptions;
use crate::options::{Observer, SolverOptions};
use crate::report::{ConvergenceError, Report, SetupError};
use ovonic_circuit::{BuildError, BuildOptions, Circuit, InstanceId, Point};
use ovonic_waveforms::WaveformError;
use std::error::Error;

/// What a trace follows, and how closely.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceOptions {
    /// First value of the variable.
    pub start: f64,
    /// Last value; the trace ends when the curve leaves the range between both.
    pub stop: f64,
    /// The source whose value is varied, if it is one: turns of its other quantity (the current of a voltage
    /// source, the voltage of a current source) are located too.
    pub source: Option<InstanceId>,
    /// First step, in scales; absent for a tenth of the largest.
    pub first_step: Option<f64>,
    /// Largest step, in scales: a straight line gets at least the reciprocal of points.
    pub max_step: f64,
    /// Smallest step, in scales, before the trace gives up.
    pub min_step: f64,
    /// Points after which the trace ends.
    pub max_points: usize,
}

impl TraceOptions {
    /// From `start` to `stop` with everything else at its default.
    pub fn new(start: f64, stop: f64) -> Self {
        Self {
            start,
            stop,
            source: None,
            first_step: None,
            max_step: 0.01,
            min_step: 1e-9,
            max_points: 100_000,
        }
    }
}

/// A point of a trace, as recorders see it.
#[derive(Clone, Copy)]
pub struct TracePoint<'a> {
    /// Length of the curve so far, in scales.
    pub arclength: f64,
    /// Value of the variable.
    pub value: f64,
    /// Number of growing modes of a circuit that is let go here; zero means stable.
    pub unstable: usize,
    /// The circuit, which is not condensed.
    pub circuit: &'a Circuit,
    /// Where it stands; `point.x` are the unknowns.
    pub point: Point<'a>,
}

/// Receives each point.
pub type TraceRecorder<'a> = dyn FnMut(&TracePoint<'_>) -> Result<(), WaveformError> + 'a;

/// What is special about a point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpecialKind {
    /// The variable turns back: a fold. A real mode passes zero.
    Fold {
        /// Whether the variable is largest there.
        maximum: bool,
    },
    /// The other quantity of the traced source turns back.
    Turn {
        /// Whether it is largest there.
        maximum: bool,
    },
    /// A pair of complex modes begins or ceases to grow: oscillations are born.
    Hopf {
        /// Their frequency, Hz.
        frequency: f64,
    },
    /// A real mode passes zero and the variable does not turn: another curve crosses this one.
    Branch,
    /// Latches flipped, and the curve goes on elsewhere.
    Flip {
        /// How many flipped.
        count: usize,
    },
}

/// A special point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpecialPoint {
    /// What is special about it.
    pub kind: SpecialKind,
    /// Length of the curve up to it, in scales.
    pub arclength: f64,
    /// Value of the variable.
    pub value: f64,
    /// Voltage (V) and current (A) that the traced source delivers there, if a source is traced.
    pub delivered: Option<(f64, f64)>,
}

/// Where a trace ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceEnd {
    /// At the last value.
    #[default]
    Stop,
    /// At the first value, to which the curve came back.
    Start,
    /// After as many points as were allowed.
    Points,
    /// Where it was cancelled.
    Cancelled,
}

/// A finished trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceReport {
    /// Points recorded.
    pub points: usize,
    /// Steps that were taken back.
    pub rejected: usize,
    /// Special points, in the order of the curve.
    pub special: Vec<SpecialPoint>,
    /// Whether the circuit stores anything, so that it has modes at all.
    pub has_modes: bool,
    /// Newton iterations.
    pub iterations: usize,
    /// Evaluations of the circuit with derivatives.
    pub loads: usize,
    /// Length of the curve, in scales.
    pub arclength: f64,
    /// Where it ended.
    pub end: TraceEnd,
}

/// Why a trace ended early.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// A range or a step that makes no trace.
    #[error("{name} = {value}: {reason}")]
    Option {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A value of the variable that makes no circuit.
    #[error("at {value}: {error}")]
    Variable {
        /// The value.
        value: f64,
        /// What is wrong with it.
        error: Box<dyn Error + Send + Sync>,
    },
    /// The circuit's unknowns change with the variable.
    #[error("at {value} the circuit gets other unknowns; a curve cannot be followed across that")]
    Structure {
        /// The value.
        value: f64,
    },
    /// The circuit could not be built without condensation.
    #[error("the circuit cannot be built without condensation: {}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Build {
        /// What is wrong, instance by instance.
        errors: Vec<BuildError>,
    },
    /// No operating point at the first value.
    #[error("at {value}: {error}")]
    Start {
        /// The first value.
        value: f64,
        /// What happened.
        error: ConvergenceError,
    },
    /// The curve could not be followed any further.
    #[error(
        "the curve cannot be followed beyond {value:.9e} (arclength {arclength:.3}, step {step:.1e}): {report}"
    )]
    Lost {
        /// Value of the variable.
        value: f64,
        /// Length of the curve until there, in scales.
        arclength: f64,
        /// The last step tried, in scales.
        step: f64,
        /// What the last corrector left.
        report: Box<Report>,
    },
    /// The solver could not be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A point could not be recorded.
    #[error(transparent)]
    Record(#[from] WaveformError),
}

/// Follows the curve of operating points of `circuit` along `variable`, and passes each point to `record`; `start`
/// serves the first one. The circuit itself is left alone: the variable is set in an uncondensed copy, which points
/// refer to.
///
/// # Errors
/// When options contradict each other, when there is no operating point to start from, when the curve is lost, or
/// when recording fails; what was recorded until then stands.
pub fn trace(
    circuit: &Circuit,
    options: &SolverOptions,
    request: &TraceOptions,
    variable: &mut dyn SweepVariable,
    start: &OpOptions,
    record: &mut TraceRecorder<'_>,
    observer: &mut dyn Observer,
) -> Result<TraceReport, TraceError> {
    check(request)?;
    let copy = circuit
        .rebuilt(BuildOptions { condense: false })
        .map_err(|errors| TraceError::Build { errors })?;
    let start = OpOptions {
        clamps: translated(circuit, &copy, &start.clamps),
        nodesets: translated(circuit, &copy, &start.nodesets),
        ..start.clone()
    };
    walk::Walk::new(copy, options, request, variable, record)?.run(&start, observer)
}

/// Rows of nodes in a circuit that is built otherwise.
fn translated(from: &Circuit, to: &Circuit, rows: &[(usize, f64)]) -> Vec<(usize, f64)> {
    let row = |&(row, value): &(usize, f64)| {
        let name = &from.unknowns()[row].name;
        to.find_node(name).map(|found| (found.index(), value))
    };
    rows.iter().filter_map(row).collect()
}

fn check(request: &TraceOptions) -> Result<(), TraceError> {
    let positive = "it has to be a positive number";
    let wrong = |name, value, reason| Err(TraceError::Option { name, value, reason });
    if !request.start.is_finite() {
        return wrong("start", request.start, "it has to be a finite number");
    }
    if !request.stop.is_finite() || request.stop == request.start {
        return wrong("stop", request.stop, "it has to be a finite number other than the start");
    }
    let first = request.first_step.unwrap_or(request.max_step);
    for (name, value) in [("ds", first), ("dsmax", request.max_step), ("dsmin", request.min_step)] {
        if !(value > 0.0 && value.is_finite()) {
            return wrong(name, value, positive);
        }
    }
    if request.min_step > request.max_step {
        return wrong("dsmin", request.min_step, "it is larger than the largest step");
    }
    if request.max_points < 2 {
        return wrong("maxpoints", request.max_points as f64, "a curve has at least two points");
    }
    Ok(())
}
