//! From a netlist to results: what the native face and that of ngspice have in common.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ovonic::waveforms::{PlotKind, Sink};
use ovonic::{
    AnalysisReport, ControlHost, ControlReport, LoadOptions, Measurement, Observer, Progress,
    RunOptions, Simulation, Spectrum,
};

use crate::console::Console;
use crate::deck::Deck;
use crate::exit::{Failure, Status};
use crate::host;
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
    /// What became of control blocks.
    pub(crate) control: Option<ControlReport>,
    pub(crate) outputs: Outputs,
    pub(crate) elapsed: Duration,
}

impl Finished {
    /// Whether the user stopped the run.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.analyses.iter().any(|ran| ran.report.cancelled)
            || self.control.as_ref().is_some_and(|control| control.cancelled)
    }

    /// Why analyses of commands and of cards failed.
    pub(crate) fn all_errors(&self) -> impl Iterator<Item = &ovonic::Error> {
        let commands = self.control.iter().flat_map(|control| &control.errors);
        commands.chain(&self.errors)
    }

    /// The gravest outcome.
    pub(crate) fn status(&self) -> Status {
        let commands = self.control.as_ref().map_or(Status::Success, control_status);
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
        worst.unwrap_or(Status::Success).max(reached).max(commands)
    }
}

/// The gravest outcome of control blocks.
fn control_status(control: &ControlReport) -> Status {
    // The system takes the last byte of a code.
    if let Some(code @ 1..) = control.quit.map(|code| (code & 0xff) as u8) {
        return Status::Asked(code);
    }
    let worst = control.errors.iter().map(status).max().unwrap_or(Status::Success);
    let reached = if control.diagnostics.iter().any(|found| found.is_error()) {
        Status::Usage
    } else if control.failed_measures > 0 {
        Status::Unmet
    } else {
        Status::Success
    };
    worst.max(reached)
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

/// How a netlist is run.
pub(crate) struct Manner<'a> {
    pub(crate) files: Files,
    pub(crate) keep: Keep,
    pub(crate) order: Order,
    pub(crate) show_progress: bool,
    /// Where the text of control blocks goes.
    pub(crate) print: &'a mut dyn FnMut(&str),
}

/// Runs the control blocks of a netlist, and all analyses of its cards where no block has run any. One that does not
/// converge does not keep the others from running.
pub(crate) fn run(simulation: &mut Simulation, manner: Manner<'_>) -> Result<Finished, Failure> {
    let start = Instant::now();
    let Manner { files, keep, order, show_progress, print } = manner;
    let mut watcher = Watcher {
        outputs: Outputs::new(files.clone(), keep.clone()),
        interrupt: Interrupt::catch(),
        line: ProgressLine::new(show_progress),
        began: start,
        ran: Vec::new(),
        print,
    };
    let mut control = None;
    if simulation.has_control() {
        // ngspice runs the cards after the commands in any case, and writes the results of these alone.
        let is_prelude = order == Order::Ngspice && !simulation.analyses().is_empty();
        if is_prelude {
            watcher.outputs = Outputs::new(Files::default(), Keep::Kinds(Vec::new()));
        }
        let report = simulation.control(&mut watcher);
        watcher.line.clear();
        let report = report.map_err(|error| watcher.outputs.explain(error))?;
        if is_prelude {
            watcher.outputs = Outputs::new(files, keep);
        }
        control = Some(report);
    }
    let goes_on = control.as_ref().is_none_or(|control| {
        let wants_cards = order == Order::Ngspice || !control.asked;
        let is_over = control.quit.is_some() || control.cancelled;
        !is_over && wants_cards && !simulation.analyses().is_empty()
    });
    let mut errors = Vec::new();
    for options in jobs(simulation, order) {
        if !goes_on {
            break;
        }
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
        control,
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
        "pz" => PlotKind::PoleZero,
        other => PlotKind::from_name(other),
    }
}

/// The analysis that a kind of plot comes from, as cards name it.
pub(crate) fn analysis_of(kind: &PlotKind) -> Option<&'static str> {
    let names = ["op", "dc", "ac", "tran", "noise", "trace"];
    names.into_iter().find(|name| plot_kind(name) == *kind)
}

/// Receives points, shows progress and hands Ctrl-C on.
struct Watcher<'a> {
    outputs: Outputs,
    interrupt: Interrupt,
    line: ProgressLine,
    began: Instant,
    ran: Vec<Ran>,
    print: &'a mut dyn FnMut(&str),
}

impl ControlHost for Watcher<'_> {
    fn print(&mut self, text: &str) {
        self.line.clear();
        (self.print)(text);
    }

    fn write_file(&mut self, path: &Path, bytes: &[u8], appends: bool) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(appends).truncate(!appends);
        options.open(path)?.write_all(bytes)
    }

    fn date(&self) -> String {
        host::date()
    }
}

impl Observer for Watcher<'_> {
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
