//! What calibration sees of a simulator: experiments that predict traces.

use crate::Trace;

/// Why an experiment predicts nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// There is no solution at these parameters. A fit steps back.
    #[error("{0}")]
    NoSolution(String),
    /// The experiment makes no sense, at any parameters.
    #[error("{0}")]
    Unsuitable(String),
    /// The fit was cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// The whole computed curve of a trace, finer than its points: what lies between two of them (a switching instant) can be
/// seen, and differentiated, nowhere else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Abscissa, as that of the trace.
    pub x: Vec<f64>,
    /// Time, s; empty where there is none.
    pub time: Vec<f64>,
    /// The observable.
    pub values: Vec<f64>,
    /// Its derivative with respect to each parameter; empty if not asked for.
    pub gradients: Vec<Vec<f64>>,
    /// For each point of the trace, the first point of the path that is not before it.
    pub places: Vec<usize>,
}

/// The prediction of one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The observable at each point of the trace, in SI units; points of weight zero may hold anything finite.
    pub values: Vec<f64>,
    /// Its derivative with respect to each parameter of the experiment, point by point; empty if not asked for.
    pub gradients: Vec<Vec<f64>>,
    /// The curve between the points; absent where each point is computed by itself.
    pub path: Option<Path>,
}

/// Something that predicts traces from parameters.
///
/// A prediction depends on nothing but the parameters: what an earlier call left behind must not show, or results would
/// depend on the order in which threads work.
pub trait Experiment: Send {
    /// The traces that it predicts.
    fn traces(&self) -> &[Trace];

    /// Predicts every trace, in their order, at `parameters` in their own units; with derivatives if asked for.
    ///
    /// # Errors
    /// When there is no prediction.
    fn predict(
        &mut self,
        parameters: &[f64],
        gradients: bool,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<Curve>, ExperimentError>;

    /// Says by which parameters derivatives are wanted; the others' may be zero. At first all are.
    fn want(&mut self, wanted: &[bool]) {
        let _ = wanted;
    }

    /// The same experiment for another thread.
    fn fork(&self) -> Box<dyn Experiment>;
}
