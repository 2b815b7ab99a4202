//! What is fitted: parameters with their bounds and scales, and data sets with the experiments that predict them.
//!
//! The optimiser works in the unit cube: a parameter's place between its bounds, on a linear or a logarithmic scale.

use crate::Trace;
use crate::experiment::{Experiment, ExperimentError};
use crate::objective::{Objective, Residuals};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether a parameter is fitted by its value or by its logarithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// By its value.
    #[default]
    Linear,
    /// By its logarithm; both bounds are positive or both negative.
    Log,
}

/// A parameter to fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Name, as reports show it.
    pub name: String,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Scale.
    pub scale: Scale,
    /// Where the first start stands; absent for a drawn one.
    pub start: Option<f64>,
}

/// Why a problem cannot be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// Bounds that leave no room.
    #[error("{name}: bounds {low:e} to {high:e}, expected the lower one first and both finite")]
    Bounds {
        /// The parameter.
        name: String,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// A logarithmic scale across zero.
    #[error("{name}: a logarithmic scale needs bounds of one sign, found {low:e} to {high:e}")]
    LogBounds {
        /// The parameter.
        name: String,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// A start outside its bounds.
    #[error("{name}: the start {start:e} lies outside {low:e} to {high:e}")]
    Start {
        /// The parameter.
        name: String,
        /// The start.
        start: f64,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// Nothing to fit.
    #[error("there are no parameters to fit")]
    NoParameters,
    /// Nothing to fit to.
    #[error("there are no data to fit to")]
    NoData,
    /// More parameters than points.
    #[error("{parameters} parameters cannot be fitted to {points} points")]
    TooFewPoints {
        /// Parameters.
        parameters: usize,
        /// Points that count.
        points: usize,
    },
}

impl Parameter {
    /// A parameter on a linear scale.
    #[must_use]
    pub fn linear(name: impl Into<String>, low: f64, high: f64) -> Parameter {
        Parameter { name: name.into(), low, high, scale: Scale::Linear, start: None }
    }

    /// A parameter on a logarithmic scale.
    #[must_use]
    pub fn log(name: impl Into<String>, low: f64, high: f64) -> Parameter {
        Parameter { scale: Scale::Log, ..Parameter::linear(name, low, high) }
    }

    fn check(&self) -> Result<(), ProblemError> {
        let Parameter { name, low, high, scale, start } = self;
        let (name, low, high) = (name.clone(), *low, *high);
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(ProblemError::Bounds { name, low, high });
        }
        if *scale == Scale::Log && low * high <= 0.0 {
            return Err(ProblemError::LogBounds { name, low, high });
        }
        match *start {
            Some(start) if !(low..=high).contains(&start) => {
                Err(ProblemError::Start { name, start, low, high })
            }
            _ => Ok(()),
        }
    }

    /// The value at a place `u` in 0 to 1 between the bounds.
    #[must_use]
    pub fn value(&self, u: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + u * (self.high - self.low),
            Scale::Log => self.low * (self.high / self.low).powf(u),
        }
    }

    /// The place of a value between the bounds.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).ln() / (self.high / self.low).ln(),
        }
    }

    /// Derivative of the value by the place.
    pub(crate) fn slope(&self, u: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.high - self.low,
            Scale::Log => self.value(u) * (self.high / self.low).ln(),
        }
    }
}

/// Traces with what predicts them.
pub struct DataSet {
    /// Name, as reports show it.
    pub name: String,
    /// What predicts them.
    pub experiment: Box<dyn Experiment>,
    /// For each parameter of the experiment, the parameter of the problem that it is.
    pub uses: Vec<usize>,
    /// What is minimised; their squares add up.
    pub objectives: Vec<Objective>,
    /// What is minimised first, to come near: a measure with a gradient where the others have none, such as the distance
    /// from a curve that jumps between two points. None for the objectives themselves.
    pub guide: Vec<Objective>,
    /// Whether the traces are kept out of the fit and only judged by its result.
    pub hold_out: bool,
}

impl DataSet {
    /// The same data set for another thread.
    #[must_use]
    pub fn fork(&self) -> DataSet {
        DataSet {
            name: self.name.clone(),
            experiment: self.experiment.fork(),
            uses: self.uses.clone(),
            objectives: self.objectives.clone(),
            guide: self.guide.clone(),
            hold_out: self.hold_out,
        }
    }
}

/// Parameters and data.
pub struct Problem {
    /// What is fitted.
    pub parameters: Vec<Parameter>,
    /// What it is fitted to.
    pub data: Vec<DataSet>,
}

/// Which objectives count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Those that lead near.
    Guide,
    /// Those of the fit.
    Final,
}

/// Calls of experiments.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) plain: AtomicUsize,
    pub(crate) with_gradients: AtomicUsize,
}

impl Problem {
    /// Checks bounds and numbers of points.
    ///
    /// # Errors
    /// When there is nothing to fit, or nothing that could be fitted.
    pub fn check(&self) -> Result<(), ProblemError> {
        if self.parameters.is_empty() {
            return Err(ProblemError::NoParameters);
        }
        for parameter in &self.parameters {
            parameter.check()?;
        }
        let points = self.n_points();
        if points == 0 {
            return Err(ProblemError::NoData);
        }
        if points < self.parameters.len() {
            return Err(ProblemError::TooFewPoints { parameters: self.parameters.len(), points });
        }
        Ok(())
    }

    /// Number of points that count in the fit.
    #[must_use]
    pub fn n_points(&self) -> usize {
        let fitted = self.data.iter().filter(|data| !data.hold_out);
        fitted.flat_map(|data| data.experiment.traces()).map(crate::Trace::n_used).sum()
    }

    /// The same problem for another thread.
    #[must_use]
    pub fn fork(&self) -> Problem {
        let data = self.data.iter().map(DataSet::fork).collect();
        Problem { parameters: self.parameters.clone(), data }
    }

    /// Values at places in the unit cube.
    #[must_use]
    pub fn values(&self, u: &[f64]) -> Vec<f64> {
        self.parameters.iter().zip(u).map(|(parameter, u)| parameter.value(*u)).collect()
    }

    /// Residuals of the fitted data at places `u`, with derivatives by the places if asked for.
    pub(crate) fn residuals(
        &mut self,
        u: &[f64],
        stage: Stage,
        gradients: bool,
        count: &Count,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Residuals, ExperimentError> {
        let values = self.values(u);
        let slopes: Vec<f64> =
            self.parameters.iter().zip(u).map(|(parameter, u)| parameter.slope(*u)).collect();
        let mut all = Residuals::new(self.parameters.len(), gradients);
        for data in self.data.iter_mut().filter(|data| !data.hold_out) {
            let own: Vec<f64> = data.uses.iter().map(|&index| values[index]).collect();
            let counter = if gradients { &count.with_gradients } else { &count.plain };
            counter.fetch_add(1, Ordering::Relaxed);
            let curves = data.experiment.predict(&own, gradients, is_cancelled)?;
            for (trace, curve) in data.experiment.traces().iter().zip(&curves) {
                let guided = stage == Stage::Guide && !data.guide.is_empty();
                let objectives = if guided { &data.guide } else { &data.objectives };
                for objective in objectives {
                    objective.append(trace, curve, &data.uses, &slopes, &mut all);
                }
                all.end_trace();
                if !all.is_finite() {
                    let Trace { name, file, .. } = trace;
                    let reason =
                        format!("the prediction of trace \"{name}\" of \"{file}\" is not finite");
                    return Err(ExperimentError::NoSolution(reason));
                }
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_values_are_inverse() {
        for parameter in [
            Parameter::linear("a", -1.0, 3.0),
            Parameter::log("b", 1e-16, 1e-12),
            Parameter::log("c", -10.0, -0.1),
        ] {
            parameter.check().unwrap();
            for u in [0.0, 0.3, 1.0] {
                assert!((parameter.place(parameter.value(u)) - u).abs() < 1e-12);
                let step = 1e-6;
                let slope = (parameter.value(u + step) - parameter.value(u - step)) / (2.0 * step);
                assert!((slope / parameter.slope(u) - 1.0).abs() < 1e-6);
            }
        }
        let wrong = Parameter::log("d", -1.0, 1.0).check().unwrap_err().to_string();
        assert!(wrong.contains("one sign"), "{wrong}");
        assert!(Parameter::linear("e", 1.0, 1.0).check().is_err());
    }
}
