//! `ovonic ngspice`: the command line, the output and the exit codes of ngspice, for programs that call it.
//!
//! Such programs read the first lines of the log (`Circuit: <title>`), the raw file and the exit code, which is 0 or 1,
//! and nothing else; so these are kept, and everything else is as in the native face.

use std::env;
use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use ovonic::netlist::Diagnostic;
use ovonic::waveforms::Results;
use ovonic::{LoadOptions, Simulation};

use crate::args::{Arguments, DialectArgs};
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::outputs::{Files, Keep, raw_bytes};
use crate::simulate::{self, Finished, Manner, Order};
use crate::tables;

/// Arguments of `ngspice`, as other programs give them.
#[derive(Args, Debug)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub(crate) struct NgspiceArgs {
    /// Netlist; standard input if absent
    pub(crate) file: Option<PathBuf>,
    /// Batch mode, which is the only one
    #[arg(short, long)]
    pub(crate) batch: bool,
    /// Write results to a raw file instead of printing them
    #[arg(short, long = "rawfile", value_name = "FILE")]
    pub(crate) raw: Option<PathBuf>,
    /// Write everything that would be printed to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Define a variable, such as ngbehavior=ltpsa or filetype=ascii
    #[arg(short = 'D', long = "define", value_name = "NAME[=VALUE]")]
    pub(crate) variables: Vec<String>,
    /// Interactive mode; runs as in batch mode
    #[arg(short, long)]
    pub(crate) interactive: bool,
    /// Run without asking
    #[arg(short, long)]
    pub(crate) autorun: bool,
    /// Read no start-up files; there are none
    #[arg(short, long = "no-spiceinit")]
    pub(crate) no_spiceinit: bool,
    /// Server mode: the netlist from standard input, raw data to standard output
    #[arg(short, long)]
    pub(crate) server: bool,
    /// Print the version
    #[arg(short, long)]
    pub(crate) version: bool,
    /// Print help
    #[arg(short, long)]
    pub(crate) help: bool,
}

/// Runs a netlist as ngspice would in batch mode.
pub(crate) fn run(arguments: &NgspiceArgs, console: &mut Console) -> Result<Status, Failure> {
    if arguments.help {
        let mut program = Arguments::command();
        program.build();
        if let Some(command) = program.find_subcommand_mut("ngspice") {
            write!(console.out(), "{}", command.render_long_help())?;
        }
        return Ok(Status::Success);
    }
    if arguments.version {
        writeln!(console.out(), "{VERSION}")?;
        return Ok(Status::Success);
    }
    match simulate(arguments, console)? {
        // A measure that fails is a line in the log to ngspice.
        Status::Success | Status::Unmet => Ok(Status::Success),
        Status::Asked(code) => Ok(Status::Asked(code)),
        // The other codes mean nothing to callers of ngspice.
        _ => Ok(Status::Failed),
    }
}

/// What `-v` prints, with the version whose behaviour is followed.
const VERSION: &str = concat!("ngspice-44 compatible; ovonic ", env!("CARGO_PKG_VERSION"));

fn simulate(arguments: &NgspiceArgs, console: &mut Console) -> Result<Status, Failure> {
    let variables = Variables::of(arguments, console);
    if arguments.interactive {
        console.say("note: there is no interactive mode; running in batch mode\n");
    }
    let options =
        LoadOptions { dialect: DialectArgs::ngspice().dialect(), ..LoadOptions::default() };
    let stdin = PathBuf::from("-");
    let deck = match &arguments.file {
        Some(file) if !arguments.server => file,
        _ => &stdin,
    };
    let Some(loaded) = simulate::load(deck, &options, false, console)? else {
        return Ok(Status::Failed);
    };
    let mut simulation = loaded.simulation;
    let files = Files { raw: arguments.raw.clone(), ascii: variables.ascii, ..Files::default() };
    let printing = arguments.raw.is_none();
    let keep = if arguments.server { Keep::All } else { simulate::needed(&simulation) };
    let mut printed = String::new();
    let mut print = |text: &str| printed.push_str(text);
    let manner =
        Manner { files, keep, order: Order::Ngspice, show_progress: false, print: &mut print };
    let finished = simulate::run(&mut simulation, manner)?;
    let mut log = log(&simulation, &finished);
    log += &printed;
    if let Some(control) = &finished.control {
        for diagnostic in &control.diagnostics {
            let text = plain(diagnostic, &simulation);
            log += &text;
            console.say(&text);
        }
    }
    if printing && !arguments.server {
        let by_commands = finished.control.as_ref().is_some_and(|control| control.asked)
            && simulation.analyses().is_empty();
        log += &tables::of(&simulation, finished.outputs.results(), by_commands)?;
    }
    log += &tables::measurements(&finished.measurements, true);
    log += &tables::spectra(&finished.spectra);
    log += &format!("\nTotal analysis time (seconds) = {:.3}\n", finished.elapsed.as_secs_f64());
    for error in finished.all_errors() {
        let message = format!("Error: {error}\n");
        log += &message;
        console.say(&message);
    }
    match &arguments.output {
        Some(path) => fs::write(path, log).map_err(|error| Failure::write(path, error))?,
        None => console.out().write_all(log.as_bytes())?,
    }
    if arguments.server {
        serve(finished.outputs.results(), variables.ascii, console)?;
    }
    let is_unread = finished.control.is_some() && finished.all_errors().next().is_none();
    match finished.status() {
        // A command that cannot be carried out is a line in the log to ngspice.
        Status::Usage if is_unread => Ok(Status::Success),
        status => Ok(status),
    }
}

/// What is said before the tables.
fn log(simulation: &Simulation, finished: &Finished) -> String {
    let options = simulation.options();
    let mut text = format!("Circuit: {}\n\n", simulation.title());
    text += &format!(
        "Doing analysis at TEMP = {:.6} and TNOM = {:.6}\n\n",
        options.temperature_celsius, options.nominal_temperature_celsius
    );
    for diagnostic in simulation.diagnostics() {
        text += &plain(diagnostic, simulation);
    }
    for ran in &finished.analyses {
        text += &format!("No. of Data Rows : {}\n", ran.report.points);
    }
    text.push('\n');
    text
}

fn plain(diagnostic: &Diagnostic, simulation: &Simulation) -> String {
    diagnostic.render(simulation.sources()) + "\n"
}

/// Writes raw data to standard output, and to standard error how many bytes and points they are.
fn serve(results: &Results, ascii: bool, console: &mut Console) -> Result<(), Failure> {
    let bytes = raw_bytes(results, ascii)?;
    let points = results.plots.last().map_or(0, ovonic::waveforms::Plot::points);
    console.out().write_all(&bytes)?;
    console.say(&format!("@@@ {} {points}\n", bytes.len()));
    Ok(())
}

/// What `-D` and the environment say.
struct Variables {
    ascii: bool,
}

impl Variables {
    fn of(arguments: &NgspiceArgs, console: &mut Console) -> Variables {
        let mut ascii = env::var("SPICE_ASCIIRAWFILE").is_ok_and(|value| value == "1");
        for variable in &arguments.variables {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "filetype" => ascii = value.trim().eq_ignore_ascii_case("ascii"),
                // The rules of ngspice count here in any case.
                "ngbehavior" | "batchmode" => {}
                name => {
                    console.say(&format!("warning: the variable \"{name}\" has no effect here\n"))
                }
            }
        }
        Variables { ascii }
    }
}
