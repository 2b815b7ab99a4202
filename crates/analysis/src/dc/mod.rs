//! Dc sweeps: operating points along one variable, or along several nested ones.
//!
//! ```text
//! for each combination of values, the innermost variable fastest
//!     guess: the previous point; after an outer variable moved, the point where its last sweep began
//!     Newton from the guess, latches standing as they were; flip those that want to, and again
//!     innermost steps that fail, or leave what went before, are halved until they follow the branch
//!     where no halving helps the branch ends: an operating point from there is a jump, and recorded as such
//! ```
//!
//! Snapback devices have folds, and switches have hysteresis; a sweep shows the branch that a slow experiment
//! would see, and says where it jumped.

mod follow;

use crate::op::{OpOptions, solve_operating_point};
use crate::options::{Observer, Progress, SolverOptions};
use crate::report::{ConvergenceError, SetupError};
use follow::{Driver, State};
use ovonic_circuit::{BuildError, Change, Circuit, Point};
use ovonic_waveforms::WaveformError;
use std::error::Error;

/// Rounding that a point may lie beyond the end of its sweep, in steps.
const END_TOLERANCE: f64 = 1e-9;

/// What a sweep moves: the value of a source, a parameter, the temperature.
pub trait SweepVariable {
    /// Sets the variable; [`Change::Structure`] when unknowns or pattern of the circuit changed with it.
    ///
    /// # Errors
    /// When the value makes no circuit.
    fn set(
        &mut self,
        circuit: &mut Circuit,
        value: f64,
    ) -> Result<Change, Box<dyn Error + Send + Sync>>;
}

/// One variable of a sweep with its values.
pub struct SweepLevel<'v> {
    /// What moves.
    pub variable: &'v mut dyn SweepVariable,
    /// Where it goes, in order.
    pub values: Vec<f64>,
}

/// `start + i·step` up to `stop`, none of them accumulated from the one before. A `stop` that a whole number of
/// steps reaches belongs to it.
///
/// # Errors
/// When the step is zero, leads away from `stop`, or a number is not finite.
pub fn sweep_values(start: f64, stop: f64, step: f64) -> Result<Vec<f64>, DcError> {
    let wrong = |reason| Err(DcError::Step { start, stop, step, reason });
    if ![start, stop, step].iter().all(|value| value.is_finite()) {
        return wrong("all three have to be finite numbers");
    }
    if start == stop {
        return Ok(vec![start]);
    }
    if step == 0.0 {
        return wrong("the step cannot be zero");
    }
    let steps = (stop - start) / step;
    if steps < 0.0 {
        return wrong("the step leads away from the end");
    }
    let whole = (steps + END_TOLERANCE * steps.max(1.0)).floor();
    let reaches = (steps - whole).abs() <= END_TOLERANCE * steps.max(1.0);
    let count = whole as usize;
    let value = |i: usize| {
        if i == count && reaches { stop } else { start + i as f64 * step }
    };
    Ok((0..=count).map(value).collect())
}

/// A point of a sweep, as recorders see it.
#[derive(Clone, Copy)]
pub struct DcPoint<'a> {
    /// Values of the variables, outermost first.
    pub values: &'a [f64],
    /// The circuit as it stands; structure may change along a sweep.
    pub circuit: &'a Circuit,
    /// Where it stands; `point.x` are the unknowns.
    pub point: Point<'a>,
}

/// Receives each point.
pub type DcRecorder<'a> = dyn FnMut(&DcPoint<'_>) -> Result<(), WaveformError> + 'a;

/// A place where the solution left its branch.
#[derive(Clone, Debug, PartialEq)]
pub struct DcJump {
    /// Values of the variables just after it, outermost first; the innermost one is known to the width below.
    pub values: Vec<f64>,
    /// Width of the interval in which the jump lies, in units of the innermost variable.
    pub width: f64,
    /// The unknown that moved farthest for its size, by name.
    pub unknown: String,
    /// Its value before.
    pub before: f64,
    /// Its value after.
    pub after: f64,
}

/// A finished sweep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DcReport {
    /// Points solved.
    pub points: usize,
    /// Where the solution jumped over a fold.
    pub jumps: Vec<DcJump>,
    /// Latches that flipped.
    pub flips: usize,
    /// Points between those asked for that were solved to stay on a branch.
    pub intermediate: usize,
    /// Newton iterations.
    pub iterations: usize,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
}

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub enum DcError {
    /// A range that has no values.
    #[error("sweep from {start} to {stop} by {step}: {reason}")]
    Step {
        /// First value.
        start: f64,
        /// Last value.
        stop: f64,
        /// Step.
        step: f64,
        /// What is wrong.
        reason: &'static str,
    },
    /// A sweep without a variable, or a variable without values.
    #[error("the sweep has no points")]
    Empty,
    /// A value of a variable that makes no circuit.
    #[error("at {value}: {error}")]
    Variable {
        /// The value.
        value: f64,
        /// What is wrong with it.
        error: Box<dyn Error + Send + Sync>,
    },
    /// The circuit could not be built anew after its structure changed.
    #[error("at {value}: {}", list(.errors))]
    Build {
        /// The value.
        value: f64,
        /// What is wrong, instance by instance.
        errors: Vec<BuildError>,
    },
    /// No convergence.
    #[error("sweep at {values:?}: {error}")]
    Convergence {
        /// Values of the variables, outermost first.
        values: Vec<f64>,
        /// What happened.
        error: ConvergenceError,
    },
    /// A point could not be recorded.
    #[error(transparent)]
    Record(#[from] WaveformError),
}

fn list(errors: &[BuildError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

/// Solves `circuit` at each combination of values, the last of `levels` running fastest, and passes each point
/// to `record`. `start` serves the first point. The variables stay where the sweep ended: setting them back is
/// the caller's business.
///
/// # Errors
/// When there are no points, when a value makes no circuit, when there is no solution, or when recording fails;
/// what was recorded until then stands.
pub fn dc(
    circuit: &mut Circuit,
    options: &SolverOptions,
    levels: &mut [SweepLevel<'_>],
    start: &OpOptions,
    record: &mut DcRecorder<'_>,
    observer: &mut dyn Observer,
) -> Result<DcReport, DcError> {
    if levels.is_empty() || levels.iter().any(|level| level.values.is_empty()) {
        return Err(DcError::Empty);
    }
    let total: usize = levels.iter().map(|level| level.values.len()).product();
    let mut driver = Driver::new(circuit, options);
    // The state where the sweep within each variable began.
    let mut began: Vec<Option<State>> = vec![None; levels.len()];
    let mut indices = vec![0; levels.len()];
    let mut values: Vec<f64> = levels.iter().map(|level| level.values[0]).collect();
    for number in 0..total {
        observer.progress(&progress(number, total, &values, levels, &driver.report));
        if observer.cancelled() {
            driver.report.cancelled = true;
            break;
        }
        let state = if number == 0 {
            driver.set_all(levels, 0, &values)?;
            driver.first(start, &values)?
        } else {
            let moved = advance(&mut indices, levels);
            let from = began[moved].clone().unwrap_or_default();
            for level in moved..levels.len() {
                values[level] = levels[level].values[indices[level]];
            }
            if moved + 1 == levels.len() {
                driver.follow(from, levels, &values, indices[moved])?
            } else {
                driver.restart(from, levels, moved, &values)?
            }
        };
        let resting = indices.iter().rev().take_while(|&&index| index == 0).count();
        let outermost = levels.len() - 1 - resting.min(levels.len() - 1);
        for began in &mut began[outermost..] {
            *began = Some(state.clone());
        }
        driver.record(&state, &values, record)?;
        driver.report.points += 1;
        driver.translate_all(&mut began);
    }
    Ok(driver.report)
}

/// Moves to the next combination; returns the outermost level that moved.
fn advance(indices: &mut [usize], levels: &[SweepLevel<'_>]) -> usize {
    for level in (0..levels.len()).rev() {
        indices[level] += 1;
        if indices[level] < levels[level].values.len() {
            return level;
        }
        indices[level] = 0;
    }
    0
}

fn progress(
    number: usize,
    total: usize,
    values: &[f64],
    levels: &[SweepLevel<'_>],
    report: &DcReport,
) -> Progress {
    let inner = levels.len() - 1;
    let inner_values = &levels[inner].values;
    Progress {
        fraction: number as f64 / total as f64,
        position: values[inner],
        end: inner_values.last().copied().unwrap_or(0.0),
        step: match inner_values.as_slice() {
            [first, second, ..] => second - first,
            _ => 0.0,
        },
        accepted: number,
        rejected: report.jumps.len(),
        iterations: report.iterations,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_accumulated_and_reach_the_end() {
        let values = sweep_values(0.0, 1.0, 0.1).unwrap();
        assert_eq!(values.len(), 11);
        assert_eq!(values[3], 3.0 * 0.1);
        assert_eq!(values[10], 1.0);
        let down = sweep_values(1.0, 0.0, -0.3).unwrap();
        assert_eq!(down, [1.0, 1.0 - 0.3, 1.0 - 2.0 * 0.3, 1.0 - 3.0 * 0.3]);
        assert_eq!(sweep_values(2.0, 2.0, 0.0).unwrap(), [2.0]);
    }

    #[test]
    fn impossible_ranges_are_errors() {
        for (start, stop, step) in [(0.0, 1.0, 0.0), (0.0, 1.0, -0.1), (0.0, f64::INFINITY, 1.0)] {
            assert!(matches!(sweep_values(start, stop, step), Err(DcError::Step { .. })));
        }
    }
}
