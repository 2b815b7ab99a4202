//! Distributions: many traces, each with values of its own for what varies, and one value for all of what does not.
//!
//! ```text
//! one       the most ordinary trace, all parameters, as any fit
//! shared    some traces together: one value of what is shared, a value for each trace of what varies
//! each      every trace by itself: what varies, the shared values standing
//! spread    between devices and from cycle to cycle, over the values that the traces gave, less their errors
//! ```
//!
//! The two-stage estimate (Davidian and Giltinan, *Nonlinear Models for Repeated Measurement Data*, 1995, chapter 5): a
//! trace has enough points to determine what varies in it, so that a joint likelihood would add little. Traces that do
//! not determine their values are counted and left out.

mod spread;

pub use spread::{Distribution, Law, Spread, quantile};

use crate::experiment::{Curve, Experiment, ExperimentError};
use crate::fit::{FitError, FitObserver, FitOptions, Progress, descend, fit, hypercube};
use crate::optimise::Optimum;
use crate::problem::{Count, DataSet, Parameter, Problem, Stage};
use crate::report::{FitReport, TraceReport};
use crate::statistics::{Verdict, judge};
use crate::{StartReport, Trace};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Traces that share their values are fitted together, so many at most.
const TOGETHER: usize = 6;

/// A parameter that varies, and how models draw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Varying {
    /// Its place among the problem's parameters.
    pub parameter: usize,
    /// How it is drawn.
    pub law: Law,
}

/// What one trace gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberReport {
    /// Number of its device, from 0.
    pub device: usize,
    /// Values of what varies, in the order of the distributions.
    pub values: Vec<f64>,
    /// Standard deviations of these values, on the scale of their laws.
    pub errors: Vec<f64>,
    /// Whether it determines them, so that it counts.
    pub counts: bool,
    /// How well it is met.
    pub trace: TraceReport,
}

/// The result of a fit of distributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopulationReport {
    /// Values of all parameters: of what is shared, and the centres of what varies.
    pub values: Vec<f64>,
    /// The fit that gave the shared values: some traces together, each with its own values of what varies.
    pub shared: FitReport,
    /// What varies, in the order in which it was asked for.
    pub distributions: Vec<Distribution>,
    /// Correlation coefficients of what varies, over the traces; cards draw it independently.
    pub correlations: Vec<Vec<f64>>,
    /// Every trace.
    pub members: Vec<MemberReport>,
    /// Predictions without derivatives.
    pub runs: usize,
    /// Predictions with derivatives.
    pub runs_with_gradients: usize,
    /// Whether the fit was cancelled before its end.
    pub is_cancelled: bool,
}

impl PopulationReport {
    /// Plain sentences about what the fit does not know.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = self.shared.warnings();
        let left = self.members.iter().filter(|member| !member.counts).count();
        if left > 0 {
            let all = self.members.len();
            warnings.push(format!(
                "{left} of {all} traces do not determine what varies in them and were left out"
            ));
        }
        for (i, row) in self.correlations.iter().enumerate() {
            for (j, correlation) in row.iter().enumerate().skip(i + 1) {
                if correlation.abs() > 0.3 {
                    let [a, b] = [i, j].map(|k| self.distributions[k].name.as_str());
                    warnings.push(format!(
                        "{a} and {b} vary together (correlation {correlation:.2}), which a card does not draw"
                    ));
                }
            }
        }
        warnings
    }
}

/// Fits distributions. Each data set of `problem` is one trace that knows all parameters; `devices` tells whose.
///
/// # Errors
/// When the problem makes no sense or no start gives a result.
///
/// # Panics
/// If a data set has not exactly one trace or `devices` has another length than the data.
pub fn fit_population(
    problem: &Problem,
    devices: &[usize],
    varying: &[Varying],
    options: &FitOptions,
    observer: &dyn FitObserver,
) -> Result<PopulationReport, FitError> {
    assert_eq!(devices.len(), problem.data.len(), "every data set has a device");
    let one_trace = |data: &DataSet| data.experiment.traces().len() == 1;
    assert!(problem.data.iter().all(one_trace), "a data set of a population is one trace");
    problem.check()?;
    let places: Vec<usize> = varying.iter().map(|varying| varying.parameter).collect();
    let order = by_activity(problem);
    let first = fit(&alone(problem, order[order.len() / 2]), options, &[], observer)?;
    let mut work = Work { count: Count::default(), evaluations: AtomicUsize::new(0) };
    let mut values: Vec<f64> = first.parameters.iter().map(|fitted| fitted.value).collect();
    let mut earlier = [first.runs, first.runs_with_gradients];
    let has_shared = places.len() < problem.parameters.len();
    let shared = if has_shared && order.len() > 1 && !observer.is_cancelled() {
        let count = TOGETHER.min(order.len());
        let chosen = (0..count).map(|k| order[(2 * k + 1) * order.len() / (2 * count)]);
        let chosen: Vec<usize> = chosen.collect();
        let own = chosen.iter().map(|&member| {
            let mut pinned = pinned(problem, member, &values, &places);
            let settled = settle(&mut pinned, &work, options, member, observer)?;
            Ok(pinned.values(&settled.u))
        });
        let own = own.collect::<Result<Vec<_>, ExperimentError>>()?;
        let joint = together(problem, &chosen, &values, &own, &places);
        let settings = FitOptions { starts: 1, profile: false, ..options.clone() };
        let report = fit(&joint, &settings, &[], observer)?;
        let shared = (0..values.len()).filter(|index| !places.contains(index));
        for (fitted, index) in report.parameters.iter().zip(shared) {
            values[index] = fitted.value;
        }
        earlier[0] += report.runs;
        earlier[1] += report.runs_with_gradients;
        FitReport { starts: first.starts, ..only_shared(report, values.len() - places.len()) }
    } else {
        first
    };
    let members = members(problem, devices, varying, &values, options, observer, &work)?;
    let names: Vec<(&str, Law)> = varying
        .iter()
        .map(|varying| (problem.parameters[varying.parameter].name.as_str(), varying.law))
        .collect();
    let (distributions, correlations) = spread::distributions(&names, &members, options.seed);
    for (place, distribution) in places.iter().zip(&distributions) {
        values[*place] = distribution.centre;
    }
    let Count { plain, with_gradients } = &mut work.count;
    Ok(PopulationReport {
        values,
        shared,
        distributions,
        correlations,
        members,
        runs: *plain.get_mut() + earlier[0],
        runs_with_gradients: *with_gradients.get_mut() + earlier[1],
        is_cancelled: observer.is_cancelled(),
    })
}

/// The report of a joint fit without what each trace has of its own.
fn only_shared(mut report: FitReport, count: usize) -> FitReport {
    report.parameters.truncate(count);
    report.correlations.truncate(count);
    report.correlations.iter_mut().for_each(|row| row.truncate(count));
    let shared: Vec<&str> = report.parameters.iter().map(|p| p.name.as_str()).collect();
    let concerns = |(name, _): &(String, f64)| shared.contains(&name.as_str());
    report.open_directions.retain(|open| open.parts.iter().any(concerns));
    report
}

struct Work {
    count: Count,
    evaluations: AtomicUsize,
}

/// Data sets by the mean height of their traces, in decades: of switching traces, by how long they are on.
fn by_activity(problem: &Problem) -> Vec<usize> {
    let height = |data: &DataSet| {
        let trace: &Trace = &data.experiment.traces()[0];
        let used = trace.response.iter().zip(&trace.weights).filter(|(_, weight)| **weight > 0.0);
        let sum: f64 = used.map(|(value, _)| value.abs().max(f64::MIN_POSITIVE).log10()).sum();
        sum / trace.n_used().max(1) as f64
    };
    let heights: Vec<f64> = problem.data.iter().map(height).collect();
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&a, &b| heights[a].total_cmp(&heights[b]).then(a.cmp(&b)));
    order
}

/// One trace with all parameters.
fn alone(problem: &Problem, member: usize) -> Problem {
    Problem { parameters: problem.parameters.clone(), data: vec![problem.data[member].fork()] }
}

/// One trace with only the parameters at `places` free, which start where `values` has them.
fn pinned(problem: &Problem, member: usize, values: &[f64], places: &[usize]) -> Problem {
    let mut data = problem.data[member].fork();
    let wanted: Vec<bool> = (0..values.len()).map(|index| places.contains(&index)).collect();
    data.experiment.want(&wanted);
    data.experiment =
        Box::new(Pinned { inner: data.experiment, values: values.to_vec(), free: places.to_vec() });
    data.uses = (0..places.len()).collect();
    let free = |&place: &usize| Parameter {
        start: Some(values[place]),
        ..problem.parameters[place].clone()
    };
    Problem { parameters: places.iter().map(free).collect(), data: vec![data] }
}

/// Several traces with shared values, and with values of their own at `places`.
fn together(
    problem: &Problem,
    members: &[usize],
    values: &[f64],
    own: &[Vec<f64>],
    places: &[usize],
) -> Problem {
    let started = |index: usize, start: f64| Parameter {
        start: Some(start),
        ..problem.parameters[index].clone()
    };
    let shared: Vec<usize> = (0..values.len()).filter(|index| !places.contains(index)).collect();
    let mut parameters: Vec<Parameter> =
        shared.iter().map(|&index| started(index, values[index])).collect();
    let mut data = Vec::new();
    for (&member, own) in members.iter().zip(own) {
        let mut set = problem.data[member].fork();
        let trace = set.experiment.traces()[0].name.clone();
        let first = parameters.len();
        let uses = (0..values.len()).map(|index| {
            let varies = places.iter().position(|place| *place == index);
            let is_shared = shared.iter().position(|place| *place == index).unwrap_or(0);
            varies.map_or(is_shared, |position| first + position)
        });
        set.uses = uses.collect();
        for (&place, &value) in places.iter().zip(own) {
            let parameter = started(place, value);
            let name = format!("{}[{trace}]", parameter.name);
            parameters.push(Parameter { name, ..parameter });
        }
        data.push(set);
    }
    Problem { parameters, data }
}

/// An experiment of which some parameters stand.
struct Pinned {
    inner: Box<dyn Experiment>,
    /// Of all parameters; those that are free are overwritten.
    values: Vec<f64>,
    free: Vec<usize>,
}

impl Experiment for Pinned {
    fn traces(&self) -> &[Trace] {
        self.inner.traces()
    }

    fn predict(
        &mut self,
        parameters: &[f64],
        gradients: bool,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<Curve>, ExperimentError> {
        for (&place, &value) in self.free.iter().zip(parameters) {
            self.values[place] = value;
        }
        let mut curves = self.inner.predict(&self.values, gradients, is_cancelled)?;
        let pick = |all: &mut Vec<Vec<f64>>| {
            if !all.is_empty() {
                *all = self.free.iter().map(|&place| std::mem::take(&mut all[place])).collect();
            }
        };
        for curve in &mut curves {
            pick(&mut curve.gradients);
            if let Some(path) = &mut curve.path {
                pick(&mut path.gradients);
            }
        }
        Ok(curves)
    }

    fn fork(&self) -> Box<dyn Experiment> {
        Box::new(Pinned {
            inner: self.inner.fork(),
            values: self.values.clone(),
            free: self.free.clone(),
        })
    }
}

/// The best of the stated start and some candidates, polished.
fn settle(
    problem: &mut Problem,
    work: &Work,
    options: &FitOptions,
    number: usize,
    observer: &dyn FitObserver,
) -> Result<Optimum, ExperimentError> {
    let n = problem.parameters.len();
    let stated = |p: &Parameter| p.start.map_or(0.5, |start| p.place(start).clamp(0.0, 1.0));
    let mut candidates: Vec<Vec<f64>> = vec![problem.parameters.iter().map(stated).collect()];
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    rng.set_stream((1 << 32) + number as u64);
    candidates.extend(hypercube(n, options.candidates, &mut rng));
    let has_guide = problem.data.iter().any(|data| !data.guide.is_empty());
    let best = RefCell::new(None);
    let guided = RefCell::new(None);
    let mut at = |u: &[f64], stage: Stage, gradients: bool| {
        if observer.is_cancelled() {
            return Err(ExperimentError::Cancelled);
        }
        work.evaluations.fetch_add(1, Ordering::Relaxed);
        problem.residuals(u, stage, gradients, &work.count, &|| observer.is_cancelled())
    };
    let start =
        crate::fit::screen(&mut |u, gradients| at(u, Stage::Guide, gradients), &candidates)?;
    descend(&mut at, has_guide, &start, options.max_iterations, &guided, &best)?;
    let found = best.into_inner();
    found.ok_or_else(|| ExperimentError::NoSolution("no point has a finite cost".to_owned()))
}

/// Every trace by itself.
fn members(
    problem: &Problem,
    devices: &[usize],
    varying: &[Varying],
    values: &[f64],
    options: &FitOptions,
    observer: &dyn FitObserver,
    work: &Work,
) -> Result<Vec<MemberReport>, FitError> {
    let places: Vec<usize> = varying.iter().map(|varying| varying.parameter).collect();
    let problems: Vec<(usize, Problem)> = (0..problem.data.len())
        .map(|member| (member, pinned(problem, member, values, &places)))
        .collect();
    let found: Vec<Result<Option<MemberReport>, ExperimentError>> = problems
        .into_par_iter()
        .map(|(member, mut problem)| {
            let report = match settle(&mut problem, work, options, member, observer) {
                Ok(settled) => {
                    member_report(&mut problem, devices[member], varying, &settled, work)?
                }
                // A trace that the model has no solution for says nothing; a cancelled fit keeps what it has.
                Err(ExperimentError::NoSolution(_) | ExperimentError::Cancelled) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            observer.progress(&Progress::Ended(&StartReport {
                number: member,
                values: report.values.clone(),
                cost: report.trace.decades,
                has_converged: report.counts,
                failure: String::new(),
            }));
            Ok(Some(report))
        })
        .collect();
    let mut members = Vec::with_capacity(found.len());
    for report in found {
        members.extend(report?);
    }
    if members.iter().any(|member| member.counts) {
        return Ok(members);
    }
    let reason = "no trace determines what varies in it".to_owned();
    Err(FitError::NoStart { reason })
}

fn member_report(
    problem: &mut Problem,
    device: usize,
    varying: &[Varying],
    settled: &Optimum,
    work: &Work,
) -> Result<MemberReport, ExperimentError> {
    let u = &settled.u;
    let residuals = problem.residuals(u, Stage::Final, true, &work.count, &|| false)?;
    let cost = residuals.cost();
    let statistics = judge(&problem.parameters, u, &residuals);
    let values = problem.values(u);
    let scales = varying.iter().zip(&problem.parameters).zip(u.iter().zip(&values));
    let errors =
        scales.zip(&statistics.fitted).map(|(((varying, parameter), (u, value)), fitted)| {
            (fitted.deviation * parameter.slope(*u) * varying.law.slope(*value)).abs()
        });
    let errors = errors.collect();
    let determined = statistics.fitted.iter().all(|f| f.verdict == Verdict::Determined);
    let data = &mut problem.data[0];
    let curve = data.experiment.predict(&values, false, &|| false)?.remove(0);
    let trace = TraceReport::new(&data.name, &data.experiment.traces()[0], curve, false);
    Ok(MemberReport { device, values, errors, counts: determined && cost.is_finite(), trace })
}

#[cfg(test)]
mod tests;
