//! The command line of the native face, as clap derives it.
//!
//! `help` is a command of ours instead of clap's, because it also knows devices and diagnostic codes.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ovonic::netlist::Dialect;

use crate::commands::crossbar::CrossbarArgs;
use crate::commands::fit::FitArgs;
use crate::commands::ngspice::NgspiceArgs;
use crate::commands::run::RunArgs;
use crate::exit;

/// SPICE-style circuit simulator for threshold switches and phase-change memory.
#[derive(Debug, Parser)]
#[command(
    name = "ovonic",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = exit::CODES
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulate a netlist
    Run(RunArgs),
    /// Say what is wrong with netlists, without simulating them
    Check(CheckArgs),
    /// Explain a diagnostic code
    Explain(ExplainArgs),
    /// Fit a model to measured curves
    Fit(Box<FitArgs>),
    /// Plot signals of a raw or csv file
    Plot(PlotArgs),
    /// Solve whole crossbars with line resistance
    Crossbar(CrossbarArgs),
    /// Simulate a netlist behind the command line of ngspice
    Ngspice(NgspiceArgs),
    /// List the devices
    Devices,
    /// Explain a command, a device or a diagnostic code
    Help(HelpArgs),
}

/// How a netlist is read.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct DialectArgs {
    /// Read the netlist as this simulator does where simulators disagree
    #[arg(long, value_name = "SIMULATOR")]
    compat: Option<Compat>,
}

/// A simulator whose rules can be asked for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Compat {
    /// Silent substitutions of ngspice become warnings instead of errors
    Ngspice,
}

impl DialectArgs {
    /// The rules of ngspice.
    pub(crate) fn ngspice() -> DialectArgs {
        DialectArgs { compat: Some(Compat::Ngspice) }
    }

    /// The dialect for the parser.
    pub(crate) fn dialect(self) -> Dialect {
        match self.compat {
            None => Dialect::Ovonic,
            Some(Compat::Ngspice) => Dialect::Ngspice,
        }
    }
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Netlists; - is standard input
    #[arg(required = true, value_name = "DECK")]
    pub(crate) decks: Vec<PathBuf>,
    /// How to read them.
    #[command(flatten)]
    pub(crate) dialect: DialectArgs,
    /// Show errors only
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// Codes such as E0104; all codes are listed if there is none
    #[arg(value_name = "CODE")]
    pub(crate) codes: Vec<String>,
}

/// Arguments of `plot`.
#[derive(Args, Debug)]
pub(crate) struct PlotArgs {
    /// Raw or csv file with results
    pub(crate) results: PathBuf,
    /// Signals such as v(out), i(v1), v(a,b) or vdb(out); all voltages and currents if there is none
    #[arg(value_name = "SIGNAL")]
    pub(crate) signals: Vec<String>,
    /// Signal on the horizontal axis instead of time, frequency or the swept quantity
    #[arg(short, value_name = "SIGNAL")]
    pub(crate) x: Option<String>,
    /// Logarithmic horizontal axis
    #[arg(long)]
    pub(crate) log_x: bool,
    /// Logarithmic vertical axes
    #[arg(long)]
    pub(crate) log_y: bool,
    /// Title instead of that of the netlist
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Analysis to plot if the file holds several: dc, ac, tran, noise, trace, or the name of a plot
    #[arg(long, value_name = "NAME")]
    pub(crate) analysis: Option<String>,
    /// Picture to write, in the format of its ending: .svg, .png or .html; the terminal if absent
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `help`.
#[derive(Args, Debug)]
pub(crate) struct HelpArgs {
    /// A command (run), a device (diode, d, npn) or a diagnostic code (E0104)
    pub(crate) topic: Option<String>,
}
