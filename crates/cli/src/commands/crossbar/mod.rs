//! `ovonic crossbar`: whole arrays with line resistance.

mod files;
mod solve;

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
}

/// Runs the command.
pub(crate) fn run(arguments: &CrossbarArgs, console: &mut Console) -> Result<Status, Failure> {
    match &arguments.command {
        CrossbarCommand::Solve(arguments) => solve::run(arguments, console),
    }
}
