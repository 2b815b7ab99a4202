//! `ovonic crossbar`: whole arrays with line resistance.

mod files;
mod map;
mod netlist;
mod pictures;
mod retrain;
mod rows;
mod solve;
mod study;

use clap::{Args, Subcommand};

use crate::console::Console;
use crate::exit::{Failure, Status};

/// Arguments of `crossbar`.
#[derive(Args, Debug)]
pub(crate) struct CrossbarArgs {
    /// What to do.
    #[command(subcommand)]
    command: CrossbarCommand,
}

/// What can be done with an array.
#[derive(Debug, Subcommand)]
enum CrossbarCommand {
    /// Voltages and currents of an array of resistors
    Solve(solve::SolveArgs),
    /// Read one cell of a memory array: what is sensed, and how much of it sneaks around the cell
    Read(study::AccessArgs),
    /// Write cells near and far: what voltage reaches them
    Write(study::AccessArgs),
    /// Histogram of the voltages that other cells suffer while one is selected
    Disturb(study::DisturbArgs),
    /// Read margin against the size of the array
    Margin(study::MarginArgs),
    /// Error of products of voltages and conductances against the size of the array
    Mvm(study::ProductArgs),
    /// Teach an array of neurosynaptic cells a pattern, let it forget, and teach it again
    Retrain(retrain::RetrainArgs),
}

/// Runs the command.
pub(crate) fn run(arguments: &CrossbarArgs, console: &mut Console) -> Result<Status, Failure> {
    match &arguments.command {
        CrossbarCommand::Solve(arguments) => solve::run(arguments, console),
        CrossbarCommand::Read(arguments) => study::run_read(arguments, console),
        CrossbarCommand::Write(arguments) => study::run_write(arguments, console),
        CrossbarCommand::Disturb(arguments) => study::run_disturb(arguments, console),
        CrossbarCommand::Margin(arguments) => study::run_margin(arguments, console),
        CrossbarCommand::Mvm(arguments) => study::run_product(arguments, console),
        CrossbarCommand::Retrain(arguments) => retrain::run(arguments, console),
    }
}
