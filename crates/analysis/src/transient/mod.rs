//! Transient analysis.
//!
//! ```text
//! start       operating point at t = 0 (with .ic held), or a consistent start from initial conditions (uic)
//! repeat      h ← min(wanted, largest, shortest delay, gap to the next breakpoint)
//!             predict x; solve f + q̇ = 0 by the method's formula
//!             no convergence → a smaller step, first order
//!             a latch wants to flip within the step → locate the crossing, end the step there
//!             estimate each stored quantity's truncation error → reject, or accept and choose the next h
//!             flip latches; after a corner or a flip begin again at first order
//! ```
//!
//! Truncation error is estimated for each contribution's own charge, flux or state, since sums at nodes cancel.
//! Time is base + offset throughout.

mod delays;
mod driver;
mod follow;
mod history;
mod integrator;
mod sensitivity;
mod stability;

pub use driver::{Recorder, transient};
pub use integrator::IntegrationMethod;
pub use sensitivity::{SensitivityRecorder, TransientSensitivity, transient_sensitivity};

use crate::newton::NewtonStatistics;
use crate::op::Attempt;
use crate::report::ConvergenceError;
use crate::sensitivity::SensitivityError;
use ovonic_circuit::{Circuit, Point};
use ovonic_device::Time;
use ovonic_waveforms::WaveformError;

/// What to simulate, and how.
#[derive(Clone, Debug)]
pub struct TransientOptions {
    /// Print step, s: the first step and the largest one follow from it.
    pub step: f64,
    /// End, s.
    pub stop: f64,
    /// Time from which points are recorded, s.
    pub start: f64,
    /// Largest step, s; absent for `min(step, (stop − start)/50)`.
    pub max_step: Option<f64>,
    /// Start from initial conditions instead of an operating point.
    pub use_initial_conditions: bool,
    /// Node voltages of `.ic`: row and V.
    pub initial_conditions: Vec<(usize, f64)>,
    /// Node voltages of `.nodeset`: row and V.
    pub nodesets: Vec<(usize, f64)>,
    /// Integration method.
    pub method: IntegrationMethod,
    /// Whether every step has the largest size that breakpoints allow, whatever the truncation error.
    pub fixed_step: bool,
}

impl TransientOptions {
    /// Print steps in a run beyond which the print step says how long the first step is, and no more how long others may
    /// become.
    pub const MOST_PRINT_STEPS: f64 = 1e8;

    /// A transient to `stop` with print step `step`, s.
    pub fn new(step: f64, stop: f64) -> Self {
        Self {
            step,
            stop,
            start: 0.0,
            max_step: None,
            use_initial_conditions: false,
            initial_conditions: Vec::new(),
            nodesets: Vec::new(),
            method: IntegrationMethod::default(),
            fixed_step: false,
        }
    }

    /// The largest step, s: as given, else SPICE's `min(tstep, (tstop − tstart)/50)`, but without `tstep` where
    /// [`TransientOptions::print_step_limits`] says so.
    pub fn largest_step(&self) -> f64 {
        self.max_step.unwrap_or_else(|| {
            let part = (self.stop - self.start) / 50.0;
            if self.print_step_limits() { part.min(self.step) } else { part }
        })
    }

    /// Whether the print step bounds time steps where no largest step is given: not where that would ask for more than
    /// [`TransientOptions::MOST_PRINT_STEPS`] of them, which would never end.
    pub fn print_step_limits(&self) -> bool {
        self.step > 0.0 && self.stop - self.start <= Self::MOST_PRINT_STEPS * self.step
    }
}

/// An accepted point, as recorders see it.
pub struct TransientPoint<'a> {
    /// Simulated time.
    pub time: Time,
    /// The circuit.
    pub circuit: &'a Circuit,
    /// Where it stands; `point.x` are the unknowns.
    pub point: Point<'a>,
    /// Rate of each stored quantity, in the order of [`Circuit::stored`].
    pub rates: &'a [f64],
}

/// Work done by a transient.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TransientStatistics {
    /// Accepted steps.
    pub accepted: usize,
    /// Steps rejected for their truncation error.
    pub rejected: usize,
    /// Steps that did not converge.
    pub failed: usize,
    /// Steps shortened to locate a latch's crossing.
    pub located: usize,
    /// Latches flipped.
    pub flips: usize,
    /// Whether the operating point was unstable and left on purpose.
    pub perturbed: bool,
    /// Steps of TR-BDF2 taken to damp ringing.
    pub damped: usize,
    /// Newton's work.
    pub newton: NewtonStatistics,
    /// The linear solver's work.
    pub linear: ovonic_numerics::sparse::Statistics,
    /// Evaluations with derivatives.
    pub loads: usize,
}

/// A finished transient.
#[derive(Clone, Debug)]
pub struct Transient {
    /// Unknowns at the end, length `n + 1`.
    pub x: Vec<f64>,
    /// Latches at the end.
    pub latches: Vec<f64>,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
    /// What the operating point took; empty with `uic`.
    pub attempts: Vec<Attempt>,
    /// Work done.
    pub statistics: TransientStatistics,
}

/// Why a transient ended early.
#[derive(Debug, thiserror::Error)]
pub enum TransientError {
    /// No convergence.
    #[error(transparent)]
    Convergence(#[from] ConvergenceError),
    /// A point could not be recorded.
    #[error(transparent)]
    Record(#[from] WaveformError),
    /// There are no derivatives.
    #[error(transparent)]
    Sensitivity(#[from] SensitivityError),
    /// Options that make no transient.
    #[error("{name} = {value} s: {reason}")]
    Options {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is wrong.
        reason: &'static str,
    },
}
