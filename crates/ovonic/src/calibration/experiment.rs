//! A deck that predicts traces.
//!
//! ```text
//! dc      the drive's source takes each measured voltage in turn; operating points follow one another
//! tran    the drive's source replays the measured drive, or the deck's own stimulus runs; the curve is read at the
//!         measured instants
//! ac      the deck's small-signal stimulus at the measured frequencies
//! ```
//!
//! Traces with the same abscissa are predicted by one run.

use super::change::change;
use super::gone::Gone;
use super::interpolate::Computed;
use super::observe::Observable;
use super::setup::{
    Deck, ExperimentOptions, ExperimentTarget, Mode, choose, find_drive, observable_text,
};
use super::stimulus::Stimulus;
use super::{CalibrationError, target};
use crate::elaborate::{SweepTarget, Task, TransientTask};
use crate::error::Error;
use crate::session::Simulation;
use ovonic_analysis::{
    OpOptions, ParameterChange, SolverOptions, TransientError, TransientOptions, Unobserved,
    Variation, ac_sensitivity, op_sensitivity, operating_point, transient_sensitivity,
};
use ovonic_calibrate::{Curve, Experiment, ExperimentError, Trace};
use ovonic_circuit::InstanceId;
use ovonic_devices::sources::SourceParams;
use ovonic_devices::waveform::Waveform;
use ovonic_netlist::Diagnostic;
use std::sync::Arc;

/// Relative tolerance of a fit's simulations, if the deck has no smaller one: derivatives are those of the steps, so the
/// steps have to be small enough for the cost to be smooth.
const TOLERANCE: f64 = 1e-4;

/// A deck that predicts traces; see [`Experiment`].
pub struct DeckExperiment {
    deck: Deck,
    options: ExperimentOptions,
    parameters: Vec<ExperimentTarget>,
    simulation: Simulation,
    targets: Vec<Vec<(SweepTarget, f64)>>,
    observable: Observable,
    drive: Option<InstanceId>,
    mode: Mode,
    traces: Vec<Trace>,
    stimuli: Vec<Stimulus>,
    solver: SolverOptions,
    /// Parameters by which derivatives are wanted; all if there is none.
    wanted: Vec<bool>,
}

impl DeckExperiment {
    /// Makes a deck predict `traces`. The parameters' order is that of [`Experiment::predict`].
    ///
    /// # Errors
    /// When the deck does not have what is to be fitted, driven or observed, or the data do not say enough.
    pub fn new(
        deck: Deck,
        traces: Vec<Trace>,
        parameters: Vec<ExperimentTarget>,
        options: ExperimentOptions,
    ) -> Result<Self, CalibrationError> {
        let mut simulation = deck.read().map_err(CalibrationError::Deck)?;
        let first = traces.first().ok_or(CalibrationError::NoTrace)?;
        let role = first.role;
        let needs_drive = first.drive.is_some();
        let drive = find_drive(&simulation, options.drive.as_deref(), needs_drive)?;
        let text = observable_text(&simulation, role, drive, options.observe.as_deref())?;
        let observable = Observable::new(&mut simulation, &text)?;
        let mut targets = Vec::with_capacity(parameters.len());
        for parameter in &parameters {
            let mut own = Vec::new();
            for (name, factor) in &parameter.members {
                let found = target::resolve(&mut simulation.design, name)?;
                own.extend(found.into_iter().map(|target| (target, *factor)));
            }
            targets.push(own);
        }
        let mode = match options.mode {
            Mode::Auto => choose(&simulation, first, &options),
            mode => mode,
        };
        let stimuli = match mode {
            Mode::Transient => traces
                .iter()
                .map(|trace| Stimulus::new(trace, options.sweeping, options.pulses))
                .collect::<Result<_, _>>()?,
            _ => Vec::new(),
        };
        let mut solver = simulation.solver();
        solver.tolerances.relative = solver.tolerances.relative.min(TOLERANCE);
        let mut experiment = Self {
            deck,
            options,
            parameters,
            simulation,
            targets,
            observable,
            drive,
            mode,
            traces,
            stimuli,
            solver,
            wanted: Vec::new(),
        };
        experiment.check_ranges()?;
        Ok(experiment)
    }

    /// How the deck is run.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The values that the deck itself has for the parameters, where it has one.
    #[must_use]
    pub fn present(&mut self) -> Vec<Option<f64>> {
        let design = &mut self.simulation.design;
        let present = self.targets.iter().map(|targets| {
            let (target, factor) = targets.first()?;
            let value = match target {
                SweepTarget::Device(id, index) => design.circuit.spec(*id).params.value(*index),
                SweepTarget::Temperature => Some(design.core.temperature_celsius()),
                SweepTarget::Parameter(name) => design.core.parameter(name),
                SweepTarget::Seed => None,
            };
            value.map(|value| value / factor)
        });
        present.collect()
    }

    /// Lets the deck's devices draw from another seed.
    ///
    /// # Errors
    /// When what is drawn makes no device.
    pub fn set_seed(&mut self, seed: u64) -> Result<(), CalibrationError> {
        let set = self.simulation.design.set_seed(seed);
        set.map_err(|diagnostics| {
            CalibrationError::Deck(Error::netlist(diagnostics, self.simulation.shared_sources()))
        })
    }

    /// Tries the ends of the parameters' ranges, so that a bound that makes no device is found before the fit.
    fn check_ranges(&mut self) -> Result<(), CalibrationError> {
        for index in 0..self.parameters.len() {
            let before = self.present()[index];
            let (low, high) = self.parameters[index].range;
            for value in [low, high] {
                self.set(index, value).map_err(|diagnostics| CalibrationError::Value {
                    name: self.parameters[index].name.clone(),
                    value,
                    error: Error::netlist(diagnostics, self.simulation.shared_sources()),
                })?;
            }
            let middle = before.unwrap_or(0.5 * (low + high));
            // What the deck itself has needs no check.
            let _ = self.set(index, middle);
        }
        Ok(())
    }

    fn set(&mut self, index: usize, value: f64) -> Result<(), Vec<Diagnostic>> {
        for (target, factor) in &self.targets[index] {
            self.simulation.design.set_target(target, factor * value)?;
        }
        Ok(())
    }

    fn changes(&mut self, parameters: &[f64]) -> Result<Vec<ParameterChange>, ExperimentError> {
        let design = &mut self.simulation.design;
        let pairs = self.targets.iter().zip(&self.parameters).zip(parameters);
        let wanted = |index: usize| self.wanted.get(index).copied().unwrap_or(true);
        let pairs = pairs.enumerate().filter(|(index, _)| wanted(*index));
        let found = pairs.map(|(_, ((targets, parameter), &value))| {
            let (low, high) = parameter.range;
            change(design, targets, value, low.abs().max(high.abs()))
        });
        let found: Result<Vec<ParameterChange>, _> = found.collect();
        found.map_err(|diagnostics| self.no_solution(diagnostics))
    }

    fn no_solution(&self, diagnostics: Vec<Diagnostic>) -> ExperimentError {
        let error = Error::netlist(diagnostics, self.simulation.shared_sources());
        ExperimentError::NoSolution(error.to_string())
    }

    fn variations(&self, changes: &[ParameterChange]) -> Result<Vec<Variation>, ExperimentError> {
        let circuit = &self.simulation.design.circuit;
        let made = changes.iter().map(|change| Variation::new(circuit, change));
        made.collect::<Result<_, _>>()
            .map_err(|error| ExperimentError::Unsuitable(error.to_string()))
    }

    /// Operating points along the drive of trace `index`.
    fn dc(
        &mut self,
        index: usize,
        changes: &[ParameterChange],
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Curve, ExperimentError> {
        let trace = &self.traces[index];
        let drive = trace.drive.clone().unwrap_or_default();
        let weights = trace.weights.clone();
        let source = self.drive.and_then(|id| {
            let kind = self.simulation.design.circuit.spec(id).kind;
            let index = ovonic_device::find_param(kind.params, "dc")?;
            Some(SweepTarget::Device(id, index))
        });
        let mut variations = self.variations(changes)?;
        let mut op = OpOptions {
            nodesets: self.simulation.design.start.node_sets.clone(),
            ..OpOptions::default()
        };
        let mut curve = blank(weights.len(), changes.len());
        for point in (0..weights.len()).filter(|&point| weights[point] > 0.0) {
            if is_cancelled() {
                return Err(ExperimentError::Cancelled);
            }
            let design = &mut self.simulation.design;
            if let Some(source) = &source {
                let set = design.core.set_target(&mut design.circuit, source, drive[point]);
                set.map_err(|diagnostics| self.no_solution(diagnostics))?;
            }
            let circuit = &self.simulation.design.circuit;
            let found = operating_point(circuit, &self.solver, &op).map_err(unsolved)?;
            curve.values[point] = self.observable.value(circuit, &found.x);
            if !variations.is_empty() {
                let moved = op_sensitivity(circuit, &self.solver, &found, &mut variations)
                    .map_err(unsolved)?;
                for (gradient, s) in curve.gradients.iter_mut().zip(&moved) {
                    gradient[point] = self.observable.slope(circuit, &found.x, s);
                }
            }
            op.guess = Some(found.x);
            op.latches = Some(found.latches);
        }
        Ok(curve)
    }

    /// Small signals at the frequencies of trace `index`.
    fn ac(&mut self, index: usize, changes: &[ParameterChange]) -> Result<Curve, ExperimentError> {
        let trace = &self.traces[index];
        let frequencies = trace.frequency.clone().unwrap_or_default();
        let mut variations = self.variations(changes)?;
        let circuit = &self.simulation.design.circuit;
        let op = OpOptions {
            nodesets: self.simulation.design.start.node_sets.clone(),
            ..OpOptions::default()
        };
        let found = operating_point(circuit, &self.solver, &op).map_err(unsolved)?;
        let points = ac_sensitivity(circuit, &self.solver, &found, &frequencies, &mut variations)
            .map_err(unsolved)?;
        let mut curve = blank(frequencies.len(), changes.len());
        for (place, point) in points.iter().enumerate() {
            let (value, slopes) = self.observable.phasor(circuit, &point.x, &point.s);
            curve.values[place] = value;
            for (gradient, slope) in curve.gradients.iter_mut().zip(slopes) {
                gradient[place] = slope;
            }
        }
        Ok(curve)
    }

    /// The `.tran` card, or what there is instead of one.
    fn task(&self) -> TransientTask {
        let planned = self.simulation.design.plan.iter();
        let card = planned.filter_map(|planned| match &planned.task {
            Task::Transient(task) => Some(*task),
            _ => None,
        });
        card.into_iter().next().unwrap_or(TransientTask {
            step: 0.0,
            stop: 0.0,
            start: 0.0,
            max_step: None,
            use_initial_conditions: false,
        })
    }

    /// The curve over the instants of trace `index`.
    fn transient(
        &mut self,
        index: usize,
        changes: &[ParameterChange],
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Curve, ExperimentError> {
        let task = self.task();
        let stimulus = self.stimuli[index].clone();
        let stop = stimulus.times.last().copied().unwrap_or(0.0);
        let spacing = stop / (stimulus.times.len().max(2) - 1) as f64;
        let max_step = self.options.max_step.or(task.max_step).unwrap_or(spacing);
        let set = self.simulation.design.set_window(spacing, stop);
        set.map_err(|diagnostics| self.no_solution(diagnostics))?;
        let mut corner_times: Vec<f64> = stimulus.corners.iter().map(|(time, _)| *time).collect();
        if let (Some(id), false) = (self.drive, stimulus.corners.is_empty()) {
            self.replay(id, stimulus.corners.clone())?;
        } else {
            corner_times = self.own_corners(stop);
        }
        let mut variations = self.variations(changes)?;
        let design = &self.simulation.design;
        let tran = TransientOptions {
            max_step: Some(max_step),
            use_initial_conditions: task.use_initial_conditions,
            initial_conditions: design.start.initial_conditions.clone(),
            nodesets: design.start.node_sets.clone(),
            method: self.simulation.options().method,
            ..TransientOptions::new(spacing, stop)
        };
        let mut computed = Computed::default();
        let mut corners = corner_times.into_iter().peekable();
        let mut stopped = false;
        let mut record =
            |at: &ovonic_analysis::TransientPoint<'_>,
             moved: &ovonic_analysis::TransientSensitivity<'_>| {
                let time = at.time.seconds();
                let near = 1e-9 * stop;
                while corners.next_if(|corner| *corner < time - near).is_some() {}
                let is_corner = corners.peek().is_some_and(|corner| (corner - time).abs() <= near);
                let is_event = moved.instant.iter().any(|instant| *instant != 0.0);
                let x = at.point.x;
                computed.time.push(time);
                computed.value.push(self.observable.value(at.circuit, x));
                let slopes = moved.s.iter().map(|s| self.observable.slope(at.circuit, x, s));
                computed.slopes.push(slopes.collect());
                computed.instants.push(if is_event { moved.instant.to_vec() } else { Vec::new() });
                computed.corner.push(is_corner || is_event);
                stopped |= is_cancelled();
                if stopped { Err(ovonic_waveforms::WaveformError::NoPoints) } else { Ok(()) }
            };
        let ran = transient_sensitivity(
            &design.circuit,
            &self.solver,
            &tran,
            &mut variations,
            &mut record,
            &mut Unobserved,
        );
        match ran {
            Ok(_) => {}
            Err(TransientError::Record(_)) => return Err(ExperimentError::Cancelled),
            Err(error) => return Err(unsolved(error)),
        }
        let mut curve = blank(stimulus.times.len(), changes.len());
        let path = computed.path(&stimulus, self.traces[index].abscissa().1, changes.len());
        curve.path = Some(path);
        let weights = &self.traces[index].weights;
        for (point, &time) in stimulus.times.iter().enumerate() {
            if weights[point] <= 0.0 {
                continue;
            }
            let (value, slopes) = computed.at(time, changes.len());
            curve.values[point] = value;
            for (gradient, slope) in curve.gradients.iter_mut().zip(slopes) {
                gradient[point] = slope;
            }
        }
        Ok(curve)
    }

    /// Gives the drive's source a polygon.
    fn replay(&mut self, id: InstanceId, points: Vec<(f64, f64)>) -> Result<(), ExperimentError> {
        let design = &mut self.simulation.design;
        let spec = design.circuit.spec(id);
        let params = spec.params.as_any().downcast_ref::<SourceParams>();
        let mut params = params.cloned().unwrap_or_default();
        params.waveform = Waveform::PieceWiseLinear { points, delay: 0.0, repeat: None };
        let set = design.restore_params(id, Arc::new(params));
        set.map_err(|diagnostics| self.no_solution(diagnostics))
    }

    /// Corners of the deck's own stimuli, s.
    fn own_corners(&self, stop: f64) -> Vec<f64> {
        const MOST: usize = 100_000;
        let circuit = &self.simulation.design.circuit;
        let mut corners = Vec::new();
        let mut time = ovonic_device::Time::new(0.0);
        while let Some(next) = circuit.next_event(time) {
            if next.minus(time) <= 0.0 || next.seconds() > stop || corners.len() > MOST {
                break;
            }
            corners.push(next.seconds());
            time = next;
        }
        corners
    }
}

impl Experiment for DeckExperiment {
    fn traces(&self) -> &[Trace] {
        &self.traces
    }

    fn predict(
        &mut self,
        parameters: &[f64],
        gradients: bool,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Vec<Curve>, ExperimentError> {
        for (index, &value) in parameters.iter().enumerate() {
            let set = self.set(index, value);
            set.map_err(|diagnostics| self.no_solution(diagnostics))?;
        }
        let changes = if gradients { self.changes(parameters)? } else { Vec::new() };
        let mut curves: Vec<Curve> = Vec::with_capacity(self.traces.len());
        for index in 0..self.traces.len() {
            let twin = (0..index).find(|&other| self.is_twin(other, index));
            let curve = match (twin, self.mode) {
                (Some(twin), _) => curves[twin].clone(),
                (None, Mode::Dc) => self.dc(index, &changes, is_cancelled)?,
                (None, Mode::Ac) => self.ac(index, &changes)?,
                (None, _) => self.transient(index, &changes, is_cancelled)?,
            };
            curves.push(curve);
        }
        if gradients {
            curves.iter_mut().for_each(|curve| self.widen(curve));
        }
        Ok(curves)
    }

    fn want(&mut self, wanted: &[bool]) {
        self.wanted = wanted.to_vec();
    }

    fn fork(&self) -> Box<dyn Experiment> {
        let again = DeckExperiment::new(
            self.deck.clone(),
            self.traces.clone(),
            self.parameters.clone(),
            self.options.clone(),
        );
        // A deck that could be read once can be read again, unless its files change meanwhile.
        match again {
            Ok(mut experiment) => {
                experiment.wanted.clone_from(&self.wanted);
                Box::new(experiment)
            }
            Err(error) => Box::new(Gone::new(self.traces.clone(), error.to_string())),
        }
    }
}

impl DeckExperiment {
    /// Gives derivatives that were not wanted their places.
    fn widen(&self, curve: &mut Curve) {
        let fill = |gradients: &mut Vec<Vec<f64>>, points: usize| {
            for index in (0..self.wanted.len()).filter(|&index| !self.wanted[index]) {
                gradients.insert(index, vec![0.0; points]);
            }
        };
        fill(&mut curve.gradients, curve.values.len());
        if let Some(path) = &mut curve.path {
            fill(&mut path.gradients, path.values.len());
        }
    }

    /// Whether two traces have the same prediction.
    fn is_twin(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.traces[a], &self.traces[b]);
        a.time == b.time
            && a.drive == b.drive
            && a.frequency == b.frequency
            && a.pulse == b.pulse
            && a.weights == b.weights
    }
}

fn unsolved(error: impl std::fmt::Display) -> ExperimentError {
    let text = error.to_string();
    ExperimentError::NoSolution(text.lines().next().unwrap_or_default().to_owned())
}

fn blank(points: usize, parameters: usize) -> Curve {
    let gradients = vec![vec![0.0; points]; parameters];
    Curve { values: vec![0.0; points], gradients, path: None }
}
