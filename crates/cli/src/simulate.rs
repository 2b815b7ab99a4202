//! From a netlist to results: what the native face and that of ngspice have in common.

use std::path::Path;
use std::time::{Duration, Instant};

use ovonic::waveforms::{PlotKind, Sink};
use ovonic::{
    AnalysisReport, LoadOptions, Measurement, Observer, Progress, RunOptions, Simulation, Spectrum,
};

use crate::console::Console;
use crate::deck::Deck;
use crate::exit::{Failure, Status};
use crate::outputs::{Files, Keep, Outputs};
use crate::progress::{Interrupt, ProgressLine};
use crate::render;

/// A netlist that was understood, and how long that took.
pub(crate) struct Loaded {
    pub(crate) simulation: Simulation,
    pub(crate) seconds: f64,
}

/// Reads a netlist and shows what is wrong with it; nothing if it cannot be simulated.
pub(crate) fn load(
    path: &Path,
    options: &LoadOptions,
    quiet: bool,
    console: &mut Console,
) -> Result<Option<Loaded>, Failure> {
    let deck = Deck::read(path)?;
    let start = Instant::now();
    match Simulation::from_file_with(deck.path(), &deck, options) {
        Ok(simulation) => {
            let seconds = start.elapsed().as_secs_f64();
            render::show(simulation.diagnostics(), simulation.sources(), quiet, console);
            Ok(Some(Loaded { simulation, seconds }))
        }
        Err(error) => {
            let Some(sources) = error.sources() else {
                return Err(Failure::Unsuitable(error));
            };
            let diagnostics = error.diagnostics();
            render::show(diagnostics, sources, quiet, console);
            let count = render::count(diagnostics);
            console.say(&format!("{}: {count}\n", deck.path().display()));
            Ok(None)
        }
    }
}

/// An analysis that ran to its end or was stopped.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) report: AnalysisReport,
    pub(crate) seconds: f64,
}

/// What became of a run.
pub(crate) struct Finished {
    pub(crate) analyses: Vec<Ran>,
    /// Why analyses failed, in their order.
    pub(crate) errors: Vec<ovonic::Error>,
    /// What `.meas` cards found.
    pub(crate) measurements: Vec<Measurement>,
    /// What `.four` cards found.
    pub(crate) spectra: Vec<Spectrum>,
    pub(crate) outputs: Outputs,
    pub(crate) elapsed: Duration,
}

impl Finished {
    /// Whether the user stopped the run.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.analyses.iter().any(|ran| ran.report.cancelled)
    }

    /// The gravest outcome.
    pub(crate) fn status(&self) -> Status {
        let worst = self.errors.iter().map(status).max();
        let reached = if self.is_interrupted() {
            Status::Failed
        } else if self.measurements.iter().any(|m| m.result.is_err())
            || self.spectra.iter().any(|spectrum| spectrum.result.is_err())
        {
            Status::Unmet
        } else {
            Status::Success
        };
        worst.unwrap_or(Status::Success).max(reached)
    }
}

/// The outcome that an error of the simulator stands for.
pub(crate) fn status(error: &ovonic::Error) -> Status {
    if error.is_netlist() {
        Status::Usage
    } else if error.is_convergence() {
        Status::NotConverged
    } else {
        Status::Failed
    }
}

/// Runs all analyses of a netlist. One that does not converge does not keep the others from running.
pub(crate) fn run(
    simulation: &mut Simulation,
    files: Files,
    keep: Keep,
    order: Order,
    show_progress: bool,
) -> Result<Finished, Failure> {
    let start = Instant::now();
    let mut watcher = Watcher {
        outputs: Outputs::new(files, keep),
        interrupt: Interrupt::catch(),
        line: ProgressLine::new(show_progress),
        began: start,
        ran: Vec::new(),
    };
    let mut errors = Vec::new();
    for options in jobs(simulation, order) {
        match simulation.run(&options, &mut watcher) {
            Ok(report) if report.is_cancelled() => break,
            Ok(_) => {}
            Err(error) if error.is_output() => {
                watcher.line.clear();
                return Err(watcher.outputs.explain(error));
            }
            Err(error) => errors.push(error),
        }
        watcher.line.clear();
        if watcher.interrupt.requested() {
            break;
        }
    }
    watcher.line.clear();
    let elapsed = start.elapsed();
    let measurements = simulation.measure(watcher.outputs.results());
    let spectra = simulation.spectra(watcher.outputs.results());
    Ok(Finished {
        analyses: watcher.ran,
        errors,
        measurements,
        spectra,
        outputs: watcher.outputs,
        elapsed,
    })
}

/// In which order analyses run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// That of their cards.
    Cards,
    /// That of ngspice in batch mode, which is the order of plots in its raw files.
    Ngspice,
}

/// The place of an analysis in ngspice's order.
fn rank(analysis: &str) -> usize {
    let order = ["ac", "dc", "op", "tran"];
    let place = order.iter().position(|name| *name == analysis);
    place.unwrap_or(order.len())
}

/// One job for each analysis in each step; without analyses, the operating point that the library then solves.
fn jobs(simulation: &Simulation, order: Order) -> Vec<RunOptions> {
    let count = simulation.analyses().len();
    let mut analyses: Vec<Option<Vec<usize>>> = (0..count).map(|index| Some(vec![index])).collect();
    if count == 0 {
        analyses.push(None);
    }
    if order == Order::Ngspice {
        let rank = |job: &Option<Vec<usize>>| {
            let index = job.as_ref().map(|indices| indices[0]);
            index.map(|index| rank(simulation.analyses()[index].task.name()))
        };
        analyses.sort_by_key(rank);
    }
    let steps = 0..simulation.n_steps();
    let job = |step: usize| {
        let job = move |analyses: &Option<Vec<usize>>| RunOptions {
            analyses: analyses.clone(),
            steps: Some(vec![step]),
        };
        analyses.iter().map(job).collect::<Vec<_>>()
    };
    steps.flat_map(job).collect()
}

/// The analyses whose results `.print` and `.meas` cards need after the run.
pub(crate) fn needed(simulation: &Simulation) -> Keep {
    if simulation.measured().any(|analysis| analysis.is_none()) {
        return Keep::All;
    }
    let measured = simulation.measured().flatten();
    let transformed = simulation.wants_spectra().then_some("tran");
    let planned = simulation.analyses().iter().map(|planned| planned.task.name());
    let printed = planned.filter(|name| !simulation.printed(name).is_empty());
    Keep::Kinds(measured.chain(transformed).chain(printed).map(plot_kind).collect())
}

/// The kind of plot that an analysis (`tran`) makes.
pub(crate) fn plot_kind(analysis: &str) -> PlotKind {
    match analysis {
        "op" => PlotKind::OperatingPoint,
        "dc" => PlotKind::DcTransfer,
        "ac" => PlotKind::Ac,
        "tran" => PlotKind::Transient,
        "noise" => PlotKind::NoiseSpectrum,
        "trace" => PlotKind::Trace,
        "tf" => PlotKind::TransferFunction,
        other => PlotKind::from_name(other),
    }
}

/// Receives points, shows progress and hands Ctrl-C on.
struct Watcher {
    outputs: Outputs,
    interrupt: Interrupt,
    line: ProgressLine,
    began: Instant,
    ran: Vec<Ran>,
}

impl Observer for Watcher {
    fn sink(&mut self) -> &mut dyn Sink {
        &mut self.outputs
    }

    fn begin(&mut self, analysis: &str) {
        self.began = Instant::now();
        self.line.begin(analysis);
    }

    fn progress(&mut self, progress: &Progress) {
        self.line.report(progress);
    }

    fn end(&mut self, report: &AnalysisReport) {
        self.ran.push(Ran { report: report.clone(), seconds: self.began.elapsed().as_secs_f64() });
    }

    fn is_cancelled(&self) -> bool {
        self.interrupt.requested()
    }
}
