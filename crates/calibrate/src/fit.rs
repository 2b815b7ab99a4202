//! The fit: many starts, one result, and what is to be said about it.
//!
//! ```text
//! starts     a Latin hypercube of candidates, the best of each batch by cost; the first start where the user says
//! global     optionally, differential evolution finds each start
//! guide      optionally, least squares on a measure that has a gradient where the objectives have none
//! polish     bounded trust-region least squares from each start, in parallel
//! judge      the best of all, its neighbourhood, the spread of the others
//! ```
//!
//! Every start is drawn from (seed, its number) and runs by itself, so that results do not depend on threads. A finished
//! start can be handed back later instead of being run again.

use crate::experiment::{Curve, ExperimentError};
use crate::objective::Residuals;
use crate::optimise::{Optimum, evolve, least_squares};
use crate::problem::{Count, Problem, ProblemError, Stage};
use crate::profile::{Known, profile, scan_flat};
use crate::report::{FitReport, TraceReport};
use crate::statistics::judge;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a fit is done.
#[derive(Clone, Debug, PartialEq)]
pub struct FitOptions {
    /// Number of starts.
    pub starts: usize,
    /// Candidates that are evaluated for each start but the user's own.
    pub candidates: usize,
    /// Generations of differential evolution before each start; zero for none.
    pub generations: u64,
    /// Iterations of least squares.
    pub max_iterations: u64,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Whether intervals are also found by profile likelihood.
    pub profile: bool,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            starts: 5,
            candidates: 16,
            generations: 0,
            max_iterations: 60,
            seed: 1,
            profile: false,
        }
    }
}

/// What became of one start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartReport {
    /// Number, from 0.
    pub number: usize,
    /// Parameters where it ended.
    pub values: Vec<f64>,
    /// Sum of squared residuals there.
    pub cost: f64,
    /// Whether the optimiser converged.
    pub has_converged: bool,
    /// Why it failed; empty if it did not.
    pub failure: String,
}

/// Something that happened during a fit.
#[derive(Clone, Debug)]
pub enum Progress<'a> {
    /// A prediction was made; costs so far by start.
    Evaluated {
        /// The start.
        start: usize,
        /// Its best sum of squares so far.
        best: f64,
        /// Predictions of all starts.
        evaluations: usize,
    },
    /// A start has ended.
    Ended(&'a StartReport),
}

/// Watches a fit, from any thread.
pub trait FitObserver: Sync {
    /// Something happened.
    fn progress(&self, progress: &Progress<'_>) {
        let _ = progress;
    }

    /// Whether the fit should end with what it has.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
pub struct Unwatched;

impl FitObserver for Unwatched {}

/// Why there is no fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The problem makes no sense.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The experiment makes no sense.
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    /// No start came to an end.
    #[error("no start gave a result; the first one: {reason}")]
    NoStart {
        /// Why the first one failed.
        reason: String,
    },
}

/// Fits a problem. `finished` are starts of an earlier run of the same problem, which are not run again.
///
/// # Errors
/// When the problem makes no sense or no start gives a result.
pub fn fit(
    problem: &Problem,
    options: &FitOptions,
    finished: &[StartReport],
    observer: &dyn FitObserver,
) -> Result<FitReport, FitError> {
    problem.check()?;
    let count = Count::default();
    let evaluations = AtomicUsize::new(0);
    let forks: Vec<(usize, Problem)> =
        (0..options.starts.max(1)).map(|number| (number, problem.fork())).collect();
    let mut starts: Vec<StartReport> = forks
        .into_par_iter()
        .map(|(number, problem)| {
            if let Some(known) = finished.iter().find(|start| start.number == number) {
                return known.clone();
            }
            let run = Run {
                problem,
                options,
                number,
                count: &count,
                evaluations: &evaluations,
                observer,
            };
            let report = run.run();
            observer.progress(&Progress::Ended(&report));
            report
        })
        .collect();
    starts.sort_by_key(|start| start.number);
    let best = starts.iter().filter(|start| start.cost.is_finite());
    let best = best.min_by(|a, b| a.cost.total_cmp(&b.cost)).cloned();
    let Some(best) = best else {
        let reason = starts.first().map_or_else(String::new, |start| start.failure.clone());
        return Err(FitError::NoStart { reason });
    };
    conclude(problem.fork(), options, starts, &best, &count, observer)
}

struct Run<'a> {
    problem: Problem,
    options: &'a FitOptions,
    number: usize,
    count: &'a Count,
    evaluations: &'a AtomicUsize,
    observer: &'a dyn FitObserver,
}

impl Run<'_> {
    fn run(mut self) -> StartReport {
        let (best, guided) = (RefCell::new(None), RefCell::new(None));
        let ended = self.optimise(&best, &guided);
        let (failure, has_converged) = match ended {
            Ok(converged) => (String::new(), converged),
            Err(error) => (error.to_string(), false),
        };
        let found = best.into_inner().or_else(|| self.stand_in(guided.into_inner()?));
        StartReport {
            number: self.number,
            values: found.as_ref().map_or_else(Vec::new, |best| self.problem.values(&best.u)),
            cost: found.as_ref().map_or(f64::INFINITY, |best| best.cost),
            has_converged,
            failure,
        }
    }

    /// What a start has that was interrupted before it came to the objectives themselves.
    fn stand_in(&mut self, guided: Optimum) -> Option<Optimum> {
        let found =
            self.problem.residuals(&guided.u, Stage::Final, false, self.count, &|| false).ok()?;
        Some(Optimum { cost: found.cost(), ..guided }).filter(|optimum| optimum.cost.is_finite())
    }

    fn optimise(
        &mut self,
        best: &RefCell<Option<Optimum>>,
        guided: &RefCell<Option<Optimum>>,
    ) -> Result<bool, ExperimentError> {
        let n = self.problem.parameters.len();
        let Run { problem, options, number, count, evaluations, observer } = self;
        let parameters = problem.parameters.clone();
        let has_guide = problem.data.iter().any(|data| !data.guide.is_empty());
        let mut at = |u: &[f64], stage: Stage, gradients: bool| {
            let is_cancelled = || observer.is_cancelled();
            if is_cancelled() {
                return Err(ExperimentError::Cancelled);
            }
            let residuals = problem.residuals(u, stage, gradients, count, &is_cancelled)?;
            let evaluations = evaluations.fetch_add(1, Ordering::Relaxed) + 1;
            let so_far = best.borrow().as_ref().map_or(f64::INFINITY, |best| best.cost);
            let cost = if stage == Stage::Final { residuals.cost() } else { so_far };
            if cost < so_far {
                *best.borrow_mut() = Some(Optimum { u: u.to_vec(), cost, has_converged: false });
            }
            let best = cost.min(so_far);
            observer.progress(&Progress::Evaluated { start: *number, best, evaluations });
            Ok(residuals)
        };
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(*number as u64 + 1);
        let stated = *number == 0 && parameters.iter().any(|parameter| parameter.start.is_some());
        // Without a guide the objectives lead, and what they find on the way counts.
        let leading = if has_guide { Stage::Guide } else { Stage::Final };
        let mut guide = |u: &[f64], gradients: bool| at(u, leading, gradients);
        let start = if stated {
            let place = |parameter: &crate::Parameter| {
                parameter.start.map_or(0.5, |start| parameter.place(start))
            };
            parameters.iter().map(place).collect()
        } else if options.generations > 0 {
            evolve(&mut guide, n, rng.random(), options.generations, guided)?;
            guided.borrow().as_ref().map_or_else(|| vec![0.5; n], |best| best.u.clone())
        } else {
            screen(&mut guide, &hypercube(n, options.candidates.max(1), &mut rng))?
        };
        descend(&mut at, has_guide, &start, options.max_iterations, guided, best)
    }
}

/// Residuals at places in the unit cube and a stage, with derivatives if asked for.
pub(crate) type EvaluateStage<'a> =
    dyn FnMut(&[f64], Stage, bool) -> Result<Residuals, ExperimentError> + 'a;

/// Least squares from `start`: on the guide, if there is one, and on the objectives. Whether it has converged.
pub(crate) fn descend(
    at: &mut EvaluateStage<'_>,
    has_guide: bool,
    start: &[f64],
    max_iterations: u64,
    guided: &RefCell<Option<Optimum>>,
    best: &RefCell<Option<Optimum>>,
) -> Result<bool, ExperimentError> {
    let n = start.len();
    let mut start = inside(start);
    if has_guide {
        let mut guide = |u: &[f64], gradients: bool| at(u, Stage::Guide, gradients);
        let found = least_squares(&mut guide, cube(n), start, max_iterations, guided)?;
        start = inside(&found.u);
    }
    let mut evaluate = |u: &[f64], gradients: bool| at(u, Stage::Final, gradients);
    Ok(least_squares(&mut evaluate, cube(n), start, max_iterations, best)?.has_converged)
}

pub(crate) fn cube(n: usize) -> (Vec<f64>, Vec<f64>) {
    (vec![0.0; n], vec![1.0; n])
}

/// A start in the interior, which the optimiser keeps to.
pub(crate) fn inside(start: &[f64]) -> Vec<f64> {
    start.iter().map(|u| u.clamp(1e-6, 1.0 - 1e-6)).collect()
}

/// A Latin hypercube: `count` points of which no two share a `count`-th of any axis (McKay et al. 1979).
pub(crate) fn hypercube(n: usize, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    let mut points = vec![vec![0.0; n]; count];
    for axis in 0..n {
        let mut cells: Vec<usize> = (0..count).collect();
        cells.shuffle(rng);
        for (point, cell) in points.iter_mut().zip(cells) {
            point[axis] = (cell as f64 + rng.random::<f64>()) / count as f64;
        }
    }
    points
}

/// The candidate of least cost.
pub(crate) fn screen(
    evaluate: &mut crate::optimise::Evaluate<'_>,
    candidates: &[Vec<f64>],
) -> Result<Vec<f64>, ExperimentError> {
    let mut best: Option<(f64, &Vec<f64>)> = None;
    let mut failure = None;
    for candidate in candidates {
        match evaluate(candidate, false) {
            Ok(residuals) => {
                let cost = residuals.cost();
                if cost.is_finite() && best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, candidate));
                }
            }
            Err(ExperimentError::NoSolution(reason)) => failure = Some(reason),
            Err(error) => return Err(error),
        }
    }
    match best {
        Some((_, candidate)) => Ok(candidate.clone()),
        None => Err(ExperimentError::NoSolution(failure.unwrap_or_default())),
    }
}

fn conclude(
    mut problem: Problem,
    options: &FitOptions,
    starts: Vec<StartReport>,
    best: &StartReport,
    count: &Count,
    observer: &dyn FitObserver,
) -> Result<FitReport, FitError> {
    let places = problem.parameters.iter().zip(&best.values);
    let u: Vec<f64> = places.map(|(parameter, value)| parameter.place(*value)).collect();
    let residuals = problem.residuals(&u, Stage::Final, true, count, &|| false)?;
    let cost = residuals.cost();
    let mut statistics = judge(&problem.parameters, &u, &residuals);
    let freedom = residuals.freedom(u.len());
    let optimum = Known::new(&u, cost, freedom);
    if !observer.is_cancelled() {
        scan_flat(&mut problem, &optimum, &mut statistics, count)?;
    }
    if options.profile {
        for index in 0..u.len() {
            // A profile that was interrupted is none; what is known without it stands.
            match profile(&mut problem, options, &optimum, index, count, observer) {
                Ok(interval) => statistics.fitted[index].profile = Some(interval),
                Err(FitError::Experiment(ExperimentError::Cancelled)) => break,
                Err(error) => return Err(error),
            }
        }
    }
    let is_cancelled = observer.is_cancelled();
    let mut traces = Vec::new();
    for data in &mut problem.data {
        let own: Vec<f64> = data.uses.iter().map(|&index| best.values[index]).collect();
        let curves = data.experiment.predict(&own, false, &|| false)?;
        for (trace, curve) in data.experiment.traces().iter().zip(curves) {
            traces.push(TraceReport::new(&data.name, trace, curve, data.hold_out));
        }
    }
    Ok(FitReport {
        parameters: statistics.fitted,
        correlations: statistics.correlations,
        open_directions: statistics.open,
        cost,
        n_points: problem.n_points(),
        aic: statistics.aic,
        bic: statistics.bic,
        starts,
        traces,
        runs: count.plain.load(Ordering::Relaxed),
        runs_with_gradients: count.with_gradients.load(Ordering::Relaxed),
        is_cancelled,
    })
}

impl Curve {
    /// A curve without derivatives.
    #[must_use]
    pub fn of(values: Vec<f64>) -> Curve {
        Curve { values, ..Curve::default() }
    }
}
