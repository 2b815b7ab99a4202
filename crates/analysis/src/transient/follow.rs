//! What a computation that goes along with a transient sees of its steps.

use crate::sensitivity::SensitivityError;
use ovonic_circuit::Point;
use ovonic_device::Time;

/// Goes along with a transient.
pub(super) trait Follower {
    /// The point that it starts from.
    fn start(&mut self, at: &Started<'_>) -> Result<(), SensitivityError>;

    /// A step that was accepted and is not yet past.
    fn step(&mut self, step: &Step<'_>) -> Result<(), SensitivityError>;
}

/// A transient's first point.
pub(super) struct Started<'a> {
    pub(super) x: &'a [f64],
    pub(super) latches: &'a [f64],
}

/// The formula of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StepFormula {
    BackwardEuler,
    Trapezoidal,
    Gear2,
    TrBdf2,
}

/// An accepted step. Vectors by row have length `n + 1`.
pub(super) struct Step<'a> {
    /// Time before the step.
    pub(super) start: Time,
    /// Its length, s.
    pub(super) h: f64,
    /// Length of the step before it, s.
    pub(super) h1: f64,
    pub(super) formula: StepFormula,
    /// The end, with the latches that stood during the step.
    pub(super) point: Point<'a>,
    /// Stored residual at the end.
    pub(super) q: &'a [f64],
    /// The intermediate point of TR-BDF2.
    pub(super) middle_x: &'a [f64],
    pub(super) middle_q: &'a [f64],
    /// Stored residuals before the step and before the one before it.
    pub(super) q1: &'a [f64],
    pub(super) q2: &'a [f64],
    /// Rate of the stored residual before the step.
    pub(super) rate: &'a [f64],
    /// Stored quantities at the end, at the intermediate point, before the step and before the one before it; their
    /// rates at the intermediate point and before the step. Those at the end are the point's.
    pub(super) stored: &'a [f64],
    pub(super) middle_stored: &'a [f64],
    pub(super) middle_rate: &'a [f64],
    pub(super) stored1: &'a [f64],
    pub(super) stored2: &'a [f64],
    pub(super) stored_rate: &'a [f64],
    /// The latch whose crossing ended the step.
    pub(super) event: Option<usize>,
}
