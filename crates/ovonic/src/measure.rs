//! Measuring results as `.meas` cards ask.

mod quantity;

use crate::elaborate::{
    Event, Level, Measure, MeasureTask, MeasuredSignal, Place, Reporter, ScopeId, Statistic, Window,
};
use crate::session::Simulation;
use ovonic_netlist::Span;
use ovonic_waveforms::{
    Condition, Plot, PlotKind, Quantity, Results, Samples, Waveform, WaveformError,
};
use std::fmt;

/// What became of a `.meas` card.
#[derive(Debug)]
pub struct Measurement {
    /// The name that the card gives it.
    pub name: String,
    /// What was measured, such as `max(v(out))`; empty for a distance between two events.
    pub description: String,
    /// The card.
    pub span: Span,
    /// Values of the stepped parameters, empty without `.step`.
    pub steps: Vec<(String, f64)>,
    /// What the value measures, as far as signals and scales tell.
    pub quantity: Quantity,
    /// The value, or why there is none.
    pub result: Result<Measured, MeasureError>,
}

/// A value that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Where on the scale it was found.
    pub at: Option<f64>,
    /// Between which places of the scale it was measured.
    pub between: Option<(f64, f64)>,
}

/// Why there is no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// The results have no plot of the analysis.
    #[error("there are no results to measure")]
    NoResults,
    /// A formula has a name that is neither a parameter nor a measure that succeeded.
    #[error("the formula cannot be computed: {reason}")]
    Formula {
        /// What is wrong with it.
        reason: String,
    },
    /// The curve has no such value.
    #[error(transparent)]
    Waveform(#[from] WaveformError),
}

/// As logs of SPICE programs have it, so that their readers understand it: `name: max(v(out))=1 FROM 0 TO 1e-3`.
impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.result {
            Err(error) => return write!(f, ": failed: {error}"),
            Ok(measured) => {
                if !self.description.is_empty() {
                    write!(f, ": {}", self.description)?;
                }
                write!(f, "={:?}", measured.value)?;
                if let Some(at) = measured.at {
                    write!(f, " at {at:?}")?;
                } else if let Some((from, to)) = measured.between {
                    write!(f, " FROM {from:?} TO {to:?}")?;
                }
            }
        }
        Ok(())
    }
}

impl Simulation {
    /// Measures what the `.meas` cards ask for, in their order; for every step of a stepped run once.
    pub fn measure(&mut self, results: &Results) -> Vec<Measurement> {
        let mut steps: Vec<&[(String, f64)]> = Vec::new();
        for plot in &results.plots {
            if !steps.contains(&plot.steps.as_slice()) {
                steps.push(&plot.steps);
            }
        }
        if steps.is_empty() {
            steps.push(&[]);
        }
        steps.into_iter().flat_map(|step| self.measure_step(results, step)).collect()
    }

    fn measure_step(&mut self, results: &Results, step: &[(String, f64)]) -> Vec<Measurement> {
        let mut known = self.fix_steps(step);
        // Numbers of a card may follow from what is stepped.
        let measures = if known.is_empty() {
            self.design.measures.clone()
        } else {
            self.design.core.elaborator.measures(&self.design.circuit).0
        };
        let mut quantities = quantity::of_trace_points(results, step);
        known.extend(self.name_trace_points(results, step));
        let mut measurements = Vec::with_capacity(measures.len());
        for measure in &measures {
            let plot = plots(results, measure).into_iter().find(|plot| plot.steps == step);
            let result = match (&measure.task, plot) {
                (MeasureTask::Formula(_), _) => self.compute(measure),
                (task, Some(plot)) => evaluate(task, plot).map_err(Into::into),
                (_, None) => Err(MeasureError::NoResults),
            };
            let scopes = &mut self.design.core.elaborator.scopes;
            // A parameter of that name keeps its meaning.
            if let Ok(measured) = &result
                && scopes.number(&measure.name).is_none()
            {
                scopes.fix(&measure.name, measured.value);
                known.push(measure.name.clone());
            }
            let quantity = quantity::of(&measure.task, plot, &quantities);
            quantities.push((measure.name.clone(), quantity));
            measurements.push(Measurement {
                name: measure.name.clone(),
                description: describe(&measure.task),
                span: measure.span,
                steps: step.to_vec(),
                quantity,
                result,
            });
        }
        for name in known {
            self.design.core.elaborator.scopes.release(&name);
        }
        measurements
    }

    /// Gives stepped parameters the values of a step; returns their names.
    fn fix_steps(&mut self, step: &[(String, f64)]) -> Vec<String> {
        let mut known = Vec::new();
        for (name, value) in step {
            let scopes = &mut self.design.core.elaborator.scopes;
            if scopes.number(name).is_some() && self.design.core.fixed_value(name).is_none() {
                self.design.core.elaborator.scopes.fix(name, *value);
                known.push(name.clone());
            }
        }
        known
    }

    /// Lets formulas speak of the special points of traces (`v_th`); returns their names.
    fn name_trace_points(&mut self, results: &Results, step: &[(String, f64)]) -> Vec<String> {
        let scopes = &mut self.design.core.elaborator.scopes;
        let plots = results.plots.iter();
        let plots = plots.filter(|plot| plot.kind == PlotKind::TracePoints && plot.steps == step);
        let mut known = Vec::new();
        for vector in plots.flat_map(|plot| &plot.vectors) {
            let value = vector.as_real().and_then(|values| values.first());
            // A parameter of that name keeps its meaning.
            if let (Some(&value), true) = (value, scopes.number(&vector.name).is_none()) {
                scopes.fix(&vector.name, value);
                known.push(vector.name.clone());
            }
        }
        known
    }

    fn compute(&mut self, measure: &Measure) -> Result<Measured, MeasureError> {
        let MeasureTask::Formula(formula) = &measure.task else {
            return Err(MeasureError::NoResults);
        };
        let mut reporter = Reporter::new(self.design.core.elaborator.reporter.dialect());
        let scopes = &mut self.design.core.elaborator.scopes;
        match scopes.evaluate(&mut reporter, ScopeId::TOP, formula) {
            Ok(value) => Ok(Measured { value: value.value, at: None, between: None }),
            Err(_) => {
                let diagnostics = reporter.into_diagnostics();
                let messages: Vec<String> = diagnostics.into_iter().map(|d| d.message).collect();
                Err(MeasureError::Formula { reason: messages.join("; ") })
            }
        }
    }
}

fn describe(task: &MeasureTask) -> String {
    match task {
        MeasureTask::Statistic { statistic, signal, .. } => {
            format!("{}({})", statistic.word().to_uppercase(), signal.name)
        }
        MeasureTask::Find { signal, .. } => signal.name.clone(),
        MeasureTask::Slope { signal, .. } => format!("D({})", signal.name),
        MeasureTask::When(event) => match &event.level {
            Level::Value(level) => format!("{}={level:?}", event.signal.name),
            Level::Signal(other) => format!("{}={}", event.signal.name, other.name),
        },
        MeasureTask::Between { .. } => String::new(),
        MeasureTask::Formula(formula) => formula.to_string(),
    }
}

/// The plots that a card speaks of.
fn plots<'a>(results: &'a Results, measure: &Measure) -> Vec<&'a Plot> {
    let kind = match measure.analysis.as_deref() {
        Some(analysis) => plot_kind(analysis),
        None => {
            let first = results.plots.iter().find(|plot| plot.kind.has_scale());
            first.map_or(PlotKind::OperatingPoint, |plot| plot.kind.clone())
        }
    };
    let fitting = results.plots.iter().filter(|plot| plot.kind == kind);
    fitting.filter(|plot| plot.points() > 0).collect()
}

/// The plot that an analysis makes.
pub(crate) fn plot_kind(analysis: &str) -> PlotKind {
    match analysis {
        "op" => PlotKind::OperatingPoint,
        "dc" => PlotKind::DcTransfer,
        "ac" => PlotKind::Ac,
        "noise" => PlotKind::NoiseSpectrum,
        "trace" => PlotKind::Trace,
        _ => PlotKind::Transient,
    }
}

/// Where measures find their signals.
pub(crate) trait Curves {
    /// A signal over its scale.
    fn curve(&self, signal: &MeasuredSignal) -> Result<Waveform<'static>, WaveformError>;

    /// A signal as real numbers: the magnitude of a complex one, unless a part of it was asked for.
    fn real(&self, signal: &MeasuredSignal) -> Result<Vec<f64>, WaveformError>;
}

impl Curves for Plot {
    fn curve(&self, signal: &MeasuredSignal) -> Result<Waveform<'static>, WaveformError> {
        let scale = self.scale().ok_or(WaveformError::NoPoints)?.real_parts();
        Waveform::owned(scale, self.real(signal)?)
    }

    fn real(&self, signal: &MeasuredSignal) -> Result<Vec<f64>, WaveformError> {
        let vector = self.vector(&signal.name)?;
        Ok(match &vector.samples {
            Samples::Complex(values) if !signal.is_part => {
                values.iter().map(|z| z.norm()).collect()
            }
            _ => vector.real_parts(),
        })
    }
}

/// What a card asks for; a formula is nothing that signals have.
pub(crate) fn evaluate(
    task: &MeasureTask,
    signals: &dyn Curves,
) -> Result<Measured, WaveformError> {
    match task {
        MeasureTask::Statistic { statistic, signal, window } => {
            statistic_of(*statistic, &cut(signals.curve(signal)?, window)?)
        }
        MeasureTask::Find { signal, place: Place::Anywhere } => {
            let values = signals.real(signal)?;
            let value = values.first().copied().ok_or(WaveformError::NoPoints)?;
            Ok(Measured { value, at: None, between: None })
        }
        MeasureTask::Find { signal, place } => {
            let at = locate(signals, place)?;
            Ok(found(signals.curve(signal)?.value_at(at)?, at))
        }
        MeasureTask::Slope { signal, place } => {
            let at = locate(signals, place)?;
            Ok(found(signals.curve(signal)?.slope_at(at)?, at))
        }
        MeasureTask::When(event) => {
            let at = cross(signals, event)?;
            Ok(Measured { value: at, at: None, between: None })
        }
        MeasureTask::Between { trigger, target } => {
            let (from, to) = (locate(signals, trigger)?, locate(signals, target)?);
            Ok(Measured { value: to - from, at: None, between: Some((from, to)) })
        }
        MeasureTask::Formula(_) => Err(WaveformError::NoPoints),
    }
}

fn found(value: f64, at: f64) -> Measured {
    Measured { value, at: Some(at), between: None }
}

fn statistic_of(statistic: Statistic, curve: &Waveform<'_>) -> Result<Measured, WaveformError> {
    let between = Some(curve.span());
    let over = |value| Measured { value, at: None, between };
    Ok(match statistic {
        Statistic::Maximum => over(curve.maximum().value),
        Statistic::Minimum => over(curve.minimum().value),
        Statistic::MaximumAt => over(curve.maximum().at),
        Statistic::MinimumAt => over(curve.minimum().at),
        Statistic::PeakToPeak => over(curve.peak_to_peak()),
        Statistic::Average => over(curve.average()),
        Statistic::Rms => over(curve.rms()),
        Statistic::Integral => over(curve.integral()),
    })
}

fn locate(signals: &dyn Curves, place: &Place) -> Result<f64, WaveformError> {
    match place {
        Place::At(at) => Ok(*at),
        Place::When(event) => cross(signals, event),
        Place::Anywhere => Err(WaveformError::NoPoints),
    }
}

fn cross(signals: &dyn Curves, event: &Event) -> Result<f64, WaveformError> {
    let signal = signals.curve(&event.signal)?;
    let (signal, level) = match &event.level {
        Level::Value(level) => (signal, *level),
        Level::Signal(other) => (signal.minus(&signals.curve(other)?)?, 0.0),
    };
    let window = Window { from: None, ..event.window };
    cut(signal, &window)?.when(&Condition {
        level,
        edge: event.edge,
        occurrence: event.occurrence,
        delay: event.window.from,
    })
}

/// The part of a curve that lies in a window; a window that reaches beyond the curve ends where the curve does.
fn cut(curve: Waveform<'static>, window: &Window) -> Result<Waveform<'static>, WaveformError> {
    if window.from.is_none() && window.to.is_none() {
        return Ok(curve);
    }
    let (first, last) = curve.span();
    let (low, high) = (first.min(last), first.max(last));
    let from = window.from.unwrap_or(first).clamp(low, high);
    let to = window.to.unwrap_or(last).clamp(low, high);
    curve.window(from, to)
}
