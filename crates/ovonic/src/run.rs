//! Running the analyses of a netlist, in the order of their cards.
//!
//! Every point goes to the observer's sink as soon as it is known. Batch programs of the SPICE family run all ac
//! analyses first, then dc, op and tran; here the cards decide, since results carry their analysis anyway and a user
//! can put them in the order that he wants.

mod pole_zero;
mod sensitivity;
mod trace;

use crate::design::window;
use crate::elaborate::{NoiseTask, Sweep, SweepTarget, Task, TransferTask, TransientTask};
use crate::error::Error;
use crate::outputs::Outputs;
use crate::session::Simulation;
use crate::vary::{Before, Variation};
use num_complex::Complex64;
use ovonic_analysis::{
    Attempt, DcJump, NoiseOptions, OpOptions, OperatingPoint, Probe, Progress, SolverOptions,
    SweepLevel, TransientOptions, TransientStatistics, ac, dc, noise, operating_point, transfer,
    transient,
};
use ovonic_circuit::Point;
use ovonic_crossbar::CrossbarEngines;
use ovonic_numerics::sparse::Statistics as LinearStatistics;
use ovonic_waveforms::{
    MemorySink, Outcome, PlotHeader, PlotKind, Quantity, Results, Sink, Variable,
};
use std::cell::RefCell;
use std::sync::Arc;

pub use trace::{SpecialNamed, TraceSummary};

/// What to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Positions among [`Simulation::analyses`]; absent for all of them. A netlist without analyses has its operating
    /// point solved.
    pub analyses: Option<Vec<usize>>,
    /// Which of the [`Simulation::n_steps`] steps; absent for all of them.
    pub steps: Option<Vec<usize>>,
}

/// Watches a run and receives its results.
pub trait Observer {
    /// Where the next point goes.
    fn sink(&mut self) -> &mut dyn Sink;

    /// An analysis begins (`op`, `dc`, `ac`, `tran`, `noise`, `trace`).
    fn begin(&mut self, analysis: &str) {
        let _ = analysis;
    }

    /// How far the analysis is. Called often; must be cheap.
    fn progress(&mut self, progress: &Progress) {
        let _ = progress;
    }

    /// An analysis has ended without an error.
    fn end(&mut self, report: &AnalysisReport) {
        let _ = report;
    }

    /// Whether the run should stop at the next point.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// An observer that keeps all results in memory.
#[derive(Default)]
pub struct Recording {
    sink: MemorySink,
}

impl Recording {
    /// Nothing recorded yet.
    #[must_use]
    pub fn new() -> Recording {
        Recording::default()
    }

    /// What was recorded.
    #[must_use]
    pub fn into_results(self) -> Results {
        self.sink.into_results()
    }
}

impl Observer for Recording {
    fn sink(&mut self) -> &mut dyn Sink {
        &mut self.sink
    }
}

/// What an analysis took.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalysisReport {
    /// `op`, `dc`, `ac`, `tran`, `noise` or `trace`.
    pub analysis: &'static str,
    /// Points delivered.
    pub points: usize,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
    /// How the first operating point was found; the last attempt succeeded.
    pub attempts: Vec<Attempt>,
    /// Work of a transient.
    pub transient: Option<TransientStatistics>,
    /// Where a dc sweep jumped over a fold.
    pub jumps: Vec<DcJump>,
    /// What a trace found.
    pub trace: Option<TraceSummary>,
    /// Work of the linear solver of an operating point, or of a transient with its operating point.
    pub linear: Option<LinearStatistics>,
}

/// What a run took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunReport {
    /// The analyses in the order in which they ran.
    pub analyses: Vec<AnalysisReport>,
}

impl RunReport {
    /// Whether the run was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.analyses.iter().any(|analysis| analysis.cancelled)
    }
}

/// Lets the recorder of points and the report of progress share one observer.
struct Shared<'a> {
    observer: RefCell<&'a mut dyn Observer>,
    /// Values of the stepped quantities, which every plot carries.
    steps: Vec<(String, f64)>,
}

impl Shared<'_> {
    fn begin_plot(&self, header: &PlotHeader) -> Result<(), Error> {
        let header = PlotHeader { steps: self.steps.clone(), ..header.clone() };
        Ok(self.observer.borrow_mut().sink().begin(&header)?)
    }

    fn end_plot(&self, outcome: &Outcome) -> Result<(), Error> {
        Ok(self.observer.borrow_mut().sink().end(outcome)?)
    }

    fn is_cancelled(&self) -> bool {
        self.observer.borrow().is_cancelled()
    }

    /// Closes the open plot in the way that fits how its analysis ended.
    fn close<T>(
        &self,
        result: Result<T, Error>,
        cancelled: impl Fn(&T) -> bool,
    ) -> Result<T, Error> {
        match result {
            Ok(value) => {
                let outcome =
                    if cancelled(&value) { Outcome::Interrupted } else { Outcome::Complete };
                self.end_plot(&outcome)?;
                Ok(value)
            }
            Err(error) => {
                if !error.is_output() {
                    let reason = error.to_string();
                    let reason = reason.lines().next().unwrap_or_default().to_owned();
                    self.end_plot(&Outcome::Failed { reason })?;
                }
                Err(error)
            }
        }
    }
}

/// The observer as analyses see it.
struct Watch<'a, 'b>(&'a Shared<'b>);

impl ovonic_analysis::Observer for Watch<'_, '_> {
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn progress(&mut self, progress: &Progress) {
        self.0.observer.borrow_mut().progress(progress);
    }
}

impl Simulation {
    /// Runs analyses, passing results to the observer's sink while they are computed.
    ///
    /// # Errors
    /// At the first analysis without a solution, or when results cannot be written. Points that were delivered
    /// until then stand.
    pub fn run(
        &mut self,
        options: &RunOptions,
        observer: &mut dyn Observer,
    ) -> Result<RunReport, Error> {
        let count = self.design.plan.len();
        let chosen: Vec<usize> = match &options.analyses {
            Some(chosen) => chosen.clone(),
            None => (0..count).collect(),
        };
        if let Some(&index) = chosen.iter().find(|&&index| index >= count) {
            return Err(Error::no_such_analysis(index, count));
        }
        let steps = match &options.steps {
            Some(steps) => steps.clone(),
            None => (0..self.n_steps()).collect(),
        };
        if let Some(&index) = steps.iter().find(|&&index| index >= self.n_steps()) {
            return Err(Error::no_such_step(index, self.n_steps()));
        }
        let before = self.before_steps();
        let is_bare = chosen.is_empty() && options.analyses.is_none();
        let ran = self.run_steps(&chosen, is_bare, &steps, observer);
        let restored = self.restore(before);
        let report = ran?;
        restored?;
        Ok(report)
    }

    /// Runs one analysis of the circuit as it is now, in no step.
    pub(crate) fn run_alone(
        &mut self,
        task: &Task,
        observer: &mut dyn Observer,
    ) -> Result<RunReport, Error> {
        let shared = Shared { observer: RefCell::new(observer), steps: Vec::new() };
        let mut report = RunReport::default();
        self.run_into(task, &shared, &mut report)?;
        Ok(report)
    }

    fn run_into(
        &mut self,
        task: &Task,
        shared: &Shared<'_>,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        shared.observer.borrow_mut().begin(task.name());
        let analysis = self.run_task(task, shared)?;
        shared.observer.borrow_mut().end(&analysis);
        report.analyses.push(analysis);
        Ok(())
    }

    /// Runs the planned analyses of these positions in each step, or the operating point of a netlist without any.
    fn run_steps(
        &mut self,
        chosen: &[usize],
        is_bare: bool,
        steps: &[usize],
        observer: &mut dyn Observer,
    ) -> Result<RunReport, Error> {
        let mut shared = Shared { observer: RefCell::new(observer), steps: Vec::new() };
        let mut report = RunReport::default();
        for &step in steps {
            shared.steps = self.enter_step(step)?;
            // Numbers of a card may follow from what is stepped.
            let planned = chosen.iter().map(|&index| self.design.plan[index].task.clone());
            let bare = is_bare.then_some(Task::OperatingPoint);
            let tasks: Vec<Task> = planned.chain(bare).collect();
            for task in &tasks {
                self.run_into(task, &shared, &mut report)?;
                if report.is_cancelled() {
                    return Ok(report);
                }
            }
        }
        Ok(report)
    }

    fn run_task(&mut self, task: &Task, shared: &Shared<'_>) -> Result<AnalysisReport, Error> {
        let ran = match task {
            Task::OperatingPoint => self.run_op(shared)?,
            Task::Dc(sweeps) => self.run_dc(sweeps, shared)?,
            Task::Ac(sweep) => self.run_ac(sweep, shared)?,
            Task::Transient(task) => self.run_transient(task, shared)?,
            Task::Noise(task) => self.run_noise(task, shared)?,
            Task::Sensitivity(task) => self.run_sensitivity(task, shared)?,
            Task::TransferFunction(task) => self.run_transfer(task, shared)?,
            Task::PoleZero(task) => self.run_pole_zero(task, shared)?,
            Task::Trace(task) => self.run_trace(task, shared)?,
        };
        Ok(AnalysisReport {
            analysis: task.name(),
            points: ran.points,
            cancelled: ran.cancelled,
            attempts: ran.attempts,
            transient: ran.transient,
            jumps: ran.jumps,
            trace: ran.trace,
            linear: ran.linear,
        })
    }

    pub(crate) fn solver(&self) -> SolverOptions {
        let numerics = self.design.core.numerics;
        let options = &self.design.core.elaborator.options;
        let engines = CrossbarEngines {
            choice: options.linear_solver,
            general: numerics.engine,
            ..CrossbarEngines::default()
        };
        SolverOptions {
            limiting: numerics.limiting,
            engines: Arc::new(engines),
            ..options.solver()
        }
    }

    fn outputs(&self, analysis: &str) -> Outputs {
        Outputs::of(&self.design.circuit, &self.design.requests, analysis)
    }

    fn header(&self, kind: PlotKind, scale: Vec<Variable>, outputs: &Outputs) -> PlotHeader {
        let mut variables = scale;
        variables.extend(outputs.variables().cloned());
        match kind {
            PlotKind::Ac => PlotHeader::complex(self.title(), kind, variables),
            kind => PlotHeader::real(self.title(), kind, variables),
        }
    }

    fn solve_op(
        &self,
        analysis: &'static str,
        options: &SolverOptions,
        op: &OpOptions,
    ) -> Result<OperatingPoint, Error> {
        operating_point(&self.design.circuit, options, op)
            .map_err(|error| Error::convergence(analysis, error))
    }

    fn op_options(&self) -> OpOptions {
        OpOptions { nodesets: self.design.start.node_sets.clone(), ..OpOptions::default() }
    }

    fn run_op(&mut self, shared: &Shared<'_>) -> Result<Ran, Error> {
        let options = self.solver();
        let point = self.solve_op("op", &options, &self.op_options())?;
        let mut outputs = self.outputs("op");
        let header = self.header(PlotKind::OperatingPoint, Vec::new(), &outputs);
        shared.begin_plot(&header)?;
        let mut values = Vec::new();
        let at = solved(&point, &options);
        outputs.append(&self.design.circuit, at, None, &mut values);
        shared.observer.borrow_mut().sink().point(&values)?;
        shared.end_plot(&Outcome::Complete)?;
        let linear = Some(point.linear);
        Ok(Ran { points: 1, attempts: point.attempts, linear, ..Ran::default() })
    }

    /// A dc sweep. Variables run in the order of the card, the first one fastest, which is the other way round below.
    fn run_dc(&mut self, sweeps: &[Sweep], shared: &Shared<'_>) -> Result<Ran, Error> {
        let before: Vec<Before> = sweeps.iter().map(|sweep| self.before(&sweep.target)).collect();
        let mut outputs = self.outputs("dc");
        let scales = sweeps.iter().enumerate();
        let scales =
            scales.map(|(index, sweep)| self.scale(&sweep.target, &sweep.name, index == 0));
        let header = self.header(PlotKind::DcTransfer, scales.collect(), &outputs);
        let options = self.solver();
        let start = self.op_options();
        let sources = self.shared_sources();
        shared.begin_plot(&header)?;
        let design = &mut self.design;
        let core = RefCell::new(&mut design.core);
        let mut variables: Vec<Variation<'_, '_>> = sweeps
            .iter()
            .rev()
            .map(|sweep| Variation { core: &core, target: &sweep.target, sources: &sources })
            .collect();
        let mut levels: Vec<SweepLevel<'_>> = variables
            .iter_mut()
            .zip(sweeps.iter().rev())
            .map(|(variable, sweep)| SweepLevel {
                variable,
                values: sweep.range.values().collect(),
            })
            .collect();
        let mut values = Vec::new();
        let result = dc(
            &mut design.circuit,
            &options,
            &mut levels,
            &start,
            &mut |at| {
                values.clear();
                values.extend(at.values.iter().rev());
                outputs.append(at.circuit, at.point, None, &mut values);
                shared.observer.borrow_mut().sink().point(&values)
            },
            &mut Watch(shared),
        );
        let result = result.map_err(Error::from);
        let restored = self.restore(before);
        let report = shared.close(result, |report| report.cancelled)?;
        restored?;
        Ok(Ran {
            points: report.points,
            cancelled: report.cancelled,
            jumps: report.jumps,
            ..Ran::default()
        })
    }

    fn run_ac(
        &mut self,
        sweep: &ovonic_analysis::FrequencySweep,
        shared: &Shared<'_>,
    ) -> Result<Ran, Error> {
        let options = self.solver();
        let point = self.solve_op("ac", &options, &self.op_options())?;
        let outputs = self.outputs("ac");
        let scale = vec![Variable::new("frequency", Quantity::Frequency)];
        let header = self.header(PlotKind::Ac, scale, &outputs);
        let at = ovonic_analysis::small_signal_point(&point, &options);
        let probes = outputs.small_signal(&self.design.circuit, at);
        shared.begin_plot(&header)?;
        let mut values: Vec<Complex64> = Vec::new();
        let mut raw: Vec<Complex64> = Vec::new();
        let result = ac(
            &self.design.circuit,
            &options,
            &point,
            sweep,
            &mut |at| {
                raw.clear();
                probes.append(at.omega, at.x, &mut raw);
                values.clear();
                values.push(Complex64::new(at.frequency, 0.0));
                outputs.append_complex(&raw, &mut values);
                shared.observer.borrow_mut().sink().complex_point(&values)
            },
            &mut Watch(shared),
        );
        let result = result.map_err(|error| Error::small_signal("ac", error));
        let report = shared.close(result, |report| report.cancelled)?;
        Ok(Ran {
            points: report.points,
            cancelled: report.cancelled,
            attempts: point.attempts,
            linear: Some(point.linear),
            ..Ran::default()
        })
    }

    fn run_transient(&mut self, task: &TransientTask, shared: &Shared<'_>) -> Result<Ran, Error> {
        let (step, stop) = window(task.step, task.stop);
        let sources = self.shared_sources();
        self.design
            .set_window(step, stop)
            .map_err(|diagnostics| Error::netlist(diagnostics, sources))?;
        let tran = TransientOptions {
            start: task.start,
            max_step: task.max_step,
            use_initial_conditions: task.use_initial_conditions,
            initial_conditions: self.design.start.initial_conditions.clone(),
            nodesets: self.design.start.node_sets.clone(),
            method: self.design.core.elaborator.options.method,
            ..TransientOptions::new(task.step, task.stop)
        };
        let mut outputs = self.outputs("tran");
        let scale = vec![Variable::new("time", Quantity::Time)];
        let header = self.header(PlotKind::Transient, scale, &outputs);
        shared.begin_plot(&header)?;
        let mut values = Vec::new();
        let mut points = 0;
        let result = transient(
            &self.design.circuit,
            &self.solver(),
            &tran,
            &mut |at| {
                values.clear();
                values.push(at.time.seconds());
                outputs.append(at.circuit, at.point, Some(at.rates), &mut values);
                points += 1;
                shared.observer.borrow_mut().sink().point(&values)
            },
            &mut Watch(shared),
        );
        let result = result.map_err(Error::from);
        let done = shared.close(result, |done| done.cancelled)?;
        Ok(Ran {
            points,
            cancelled: done.cancelled,
            attempts: done.attempts,
            transient: Some(done.statistics),
            linear: Some(done.statistics.linear),
            ..Ran::default()
        })
    }

    fn run_noise(&mut self, task: &NoiseTask, shared: &Shared<'_>) -> Result<Ran, Error> {
        let options = self.solver();
        let point = self.solve_op("noise", &options, &self.op_options())?;
        let builder = &mut self.design.core.elaborator.builder;
        let output = builder.node(&task.output);
        let reference = builder.node(&task.reference);
        let request = NoiseOptions {
            output: Probe::Difference(output, reference),
            input: task.source,
            sweep: task.sweep.clone(),
        };
        let circuit = &self.design.circuit;
        let is_current = circuit.branch(task.source).is_none();
        let (density, total) = if is_current {
            (Quantity::CurrentDensity, Quantity::Current)
        } else {
            (Quantity::VoltageDensity, Quantity::Voltage)
        };
        let variables = vec![
            Variable::new("frequency", Quantity::Frequency),
            Variable::new("inoise_spectrum", density),
            Variable::new("onoise_spectrum", Quantity::VoltageDensity),
        ];
        let mut origins = Vec::new();
        let mut header = PlotHeader::real(self.title(), PlotKind::NoiseSpectrum, variables);
        if task.points_per_summary.is_some() {
            origins = ovonic_analysis::noise_origins(circuit, &options, &point);
            header.variables.extend(origins.iter().map(|origin| {
                let device = &circuit.spec(origin.instance).name;
                let name = format!("onoise_{device}_{}", origin.name.replace(' ', "_"));
                Variable::new(name, Quantity::VoltageDensity)
            }));
        }
        shared.begin_plot(&header)?;
        let mut values = Vec::new();
        let result = noise(
            circuit,
            &options,
            &point,
            &request,
            &mut |at| {
                values.clear();
                values.extend([at.frequency, at.input.sqrt(), at.output.sqrt()]);
                if !origins.is_empty() {
                    values.extend(at.contributions.iter().map(|part| part.sqrt()));
                }
                shared.observer.borrow_mut().sink().point(&values)
            },
            &mut Watch(shared),
        );
        let result = result.map_err(|error| Error::small_signal("noise", error));
        let report = shared.close(result, |report| report.cancelled)?;
        let variables = vec![
            Variable::new("v(onoise_total)", Quantity::Voltage),
            Variable::new("v(inoise_total)", total),
        ];
        let header = PlotHeader::real(self.title(), PlotKind::IntegratedNoise, variables);
        shared.begin_plot(&header)?;
        let totals = [report.total.output.sqrt(), report.total.input.sqrt()];
        shared.observer.borrow_mut().sink().point(&totals)?;
        shared.end_plot(&Outcome::Complete)?;
        Ok(Ran {
            points: report.points,
            cancelled: report.cancelled,
            attempts: point.attempts,
            linear: Some(point.linear),
            ..Ran::default()
        })
    }

    fn run_transfer(&mut self, task: &TransferTask, shared: &Shared<'_>) -> Result<Ran, Error> {
        let options = self.solver();
        let point = self.solve_op("tf", &options, &self.op_options())?;
        let circuit = &self.design.circuit;
        let solved = transfer(circuit, &options, &point, task.output, task.source);
        let solved = solved.map_err(|error| Error::small_signal("tf", error))?;
        let source = &circuit.spec(task.source).name;
        // Names and order are those of ngspice, in lower case like all others.
        let output = match task.output {
            Probe::Local { instance, .. } | Probe::TerminalCurrent { instance, .. } => {
                format!("{}#output_impedance", circuit.spec(instance).name)
            }
            _ => format!("output_impedance_at_{}", task.name),
        };
        let variables = vec![
            Variable::new("transfer_function", Quantity::Dimensionless),
            Variable::new(output, Quantity::Impedance),
            Variable::new(format!("{source}#input_impedance"), Quantity::Impedance),
        ];
        let header = PlotHeader::real(self.title(), PlotKind::TransferFunction, variables);
        shared.begin_plot(&header)?;
        let values = [solved.gain, solved.output_resistance, solved.input_resistance];
        shared.observer.borrow_mut().sink().point(&values)?;
        shared.end_plot(&Outcome::Complete)?;
        Ok(Ran { points: 1, attempts: point.attempts, ..Ran::default() })
    }

    /// The variable that a sweep's values fill: under the name that programs of the family give the scale, or under
    /// that of an outer sweep.
    fn scale(&self, target: &SweepTarget, own: &str, is_inner: bool) -> Variable {
        let circuit = &self.design.circuit;
        let (name, quantity) = match target {
            SweepTarget::Temperature => ("temp-sweep", Quantity::TemperatureSweep),
            SweepTarget::Parameter(name) => (name.as_str(), Quantity::Dimensionless),
            SweepTarget::Seed => ("seed", Quantity::Dimensionless),
            SweepTarget::Device(id, index) => {
                let kind = circuit.spec(*id).kind;
                let is_value = kind.value == Some(kind.params[*index].name);
                match (kind.letter, is_value) {
                    (Some('v'), true) => ("v-sweep", Quantity::Voltage),
                    (Some('i'), true) => ("i-sweep", Quantity::Current),
                    (Some('r'), true) => ("res-sweep", Quantity::ResistanceSweep),
                    _ => (own, Quantity::Dimensionless),
                }
            }
        };
        let name = if is_inner { name } else { own };
        Variable::new(name, quantity)
    }
}

/// What running an analysis gave beside its points.
#[derive(Default)]
struct Ran {
    points: usize,
    cancelled: bool,
    attempts: Vec<Attempt>,
    transient: Option<TransientStatistics>,
    jumps: Vec<DcJump>,
    trace: Option<TraceSummary>,
    linear: Option<LinearStatistics>,
}

/// A solved operating point, as probes see it.
fn solved<'a>(point: &'a OperatingPoint, options: &SolverOptions) -> Point<'a> {
    Point { gmin: options.gmin, ..Point::dc(&point.x, &point.latches) }
}
