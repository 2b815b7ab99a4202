//! Intervals that are looked for instead of reckoned: along a flat axis, and by profile likelihood.
//!
//! ```text
//! limit      Σr²·(1 + t²/(N − p)): the sum of squares at the edge of the 95 % region of one parameter
//! profile    the least sum of squares over all other parameters, outwards until it passes the limit, then halved
//! ```

use crate::experiment::ExperimentError;
use crate::fit::{FitError, FitObserver, FitOptions, cube, inside};
use crate::optimise::least_squares;
use crate::problem::{Count, Problem, Stage};
use crate::statistics::{Statistics, Verdict, student};
use std::cell::RefCell;

/// An optimum, and the sum of squares up to which a place is within its 95 % region.
pub(crate) struct Known {
    u: Vec<f64>,
    limit: f64,
}

impl Known {
    /// The optimum at `u` with this sum of squares, which leaves so many degrees of freedom.
    pub(crate) fn new(u: &[f64], cost: f64, freedom: usize) -> Known {
        let growth = student(freedom).powi(2) / freedom as f64;
        Known { u: u.to_vec(), limit: cost.max(1e-24) * (1.0 + growth) }
    }
}

/// Looks farther where the cost is flat along a parameter's own axis: between two points of a jump it is flat for a step,
/// and rises beyond it. Such a parameter is known to within that step.
pub(crate) fn scan_flat(
    problem: &mut Problem,
    optimum: &Known,
    statistics: &mut Statistics,
    count: &Count,
) -> Result<(), FitError> {
    const WIDEST: f64 = 0.5;
    let Known { u, limit } = optimum;
    let mut known = Vec::new();
    for open in &statistics.open {
        let [(name, _)] = open.parts.as_slice() else { continue };
        let Some(index) = statistics.fitted.iter().position(|f| f.name == *name) else { continue };
        let mut ends = [0.0; 2];
        for (end, sign) in ends.iter_mut().zip([-1.0, 1.0]) {
            *end = edge(u[index], sign, |place| {
                let mut moved = u.clone();
                moved[index] = place;
                match problem.residuals(&moved, Stage::Final, false, count, &|| false) {
                    Ok(residuals) => Ok(residuals.cost() > *limit),
                    Err(ExperimentError::NoSolution(_)) => Ok(true),
                    Err(error) => Err(error.into()),
                }
            })?;
        }
        if ends[1] - ends[0] < WIDEST {
            let fitted = &mut statistics.fitted[index];
            let parameter = &problem.parameters[index];
            fitted.interval = (parameter.value(ends[0]), parameter.value(ends[1]));
            fitted.deviation = 0.25 * (ends[1] - ends[0]);
            fitted.verdict = Verdict::Determined;
            known.push(name.clone());
        }
    }
    statistics
        .open
        .retain(|open| !matches!(open.parts.as_slice(), [(name, _)] if known.contains(name)));
    Ok(())
}

/// The place between `from` and the bound in the direction of `sign` beyond which `is_beyond` holds; the bound if it never
/// does.
fn edge(
    from: f64,
    sign: f64,
    mut is_beyond: impl FnMut(f64) -> Result<bool, FitError>,
) -> Result<f64, FitError> {
    let bound: f64 = if sign < 0.0 { 0.0 } else { 1.0 };
    let (mut inside, mut step) = (from, 1e-3);
    // Outwards in growing steps until the limit is passed or the bound is reached.
    let mut outside = loop {
        if (bound - inside).abs() <= 1e-9 {
            return Ok(bound);
        }
        let next = (inside + sign * step).clamp(0.0, 1.0);
        if is_beyond(next)? {
            break next;
        }
        inside = next;
        step *= 3.0;
    };
    for _ in 0..8 {
        let middle = 0.5 * (inside + outside);
        if is_beyond(middle)? {
            outside = middle;
        } else {
            inside = middle;
        }
    }
    Ok(0.5 * (inside + outside))
}

/// 95 % interval of one parameter: where the least sum of squares over all others has grown by `F(1, N − p)`.
pub(crate) fn profile(
    problem: &mut Problem,
    options: &FitOptions,
    optimum: &Known,
    index: usize,
    count: &Count,
    observer: &dyn FitObserver,
) -> Result<(f64, f64), FitError> {
    let Known { u, limit } = optimum;
    let parameter = problem.parameters[index].clone();
    let mut least_at = |place: f64, guess: &mut Vec<f64>| -> Result<f64, FitError> {
        if observer.is_cancelled() {
            return Err(ExperimentError::Cancelled.into());
        }
        if u.len() == 1 {
            return match problem.residuals(&[place], Stage::Final, false, count, &|| false) {
                Ok(residuals) => Ok(residuals.cost()),
                Err(ExperimentError::NoSolution(_)) => Ok(f64::INFINITY),
                Err(error) => Err(error.into()),
            };
        }
        let full = |rest: &[f64]| {
            let mut full = rest.to_vec();
            full.insert(index, place);
            full
        };
        let mut evaluate = |rest: &[f64], gradients: bool| {
            if observer.is_cancelled() {
                return Err(ExperimentError::Cancelled);
            }
            let mut residuals =
                problem.residuals(&full(rest), Stage::Final, gradients, count, &|| {
                    observer.is_cancelled()
                })?;
            residuals.without(index);
            Ok(residuals)
        };
        let best = RefCell::new(None);
        let rest_cube = cube(u.len() - 1);
        let start = guess.clone();
        match least_squares(&mut evaluate, rest_cube, start, options.max_iterations, &best) {
            Ok(found) => {
                *guess = inside(&found.u);
                Ok(found.cost)
            }
            // Where there is no solution the data are not met.
            Err(ExperimentError::NoSolution(_)) => Ok(f64::INFINITY),
            Err(error) => Err(error.into()),
        }
    };
    let mut ends = [0.0; 2];
    for (end, sign) in ends.iter_mut().zip([-1.0, 1.0]) {
        let mut rest: Vec<f64> = u.to_vec();
        rest.remove(index);
        let mut guess = inside(&rest);
        let place = edge(u[index], sign, |place| Ok(least_at(place, &mut guess)? > *limit))?;
        *end = parameter.value(place);
    }
    Ok((ends[0], ends[1]))
}
