//! The program `ovonic`: the only place that parses arguments, reads the environment and prints.
//!
//! Nothing happens before the command line is parsed, so that the program starts at once.

mod args;
mod commands;
mod console;
mod deck;
mod device_page;
mod exit;
mod plot;
mod render;
mod text;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use console::Console;
use exit::{Failure, Status};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut console = Console::new();
    let result = dispatch(&arguments.command, &mut console);
    finish(result, &mut console).into()
}

fn dispatch(command: &Command, console: &mut Console) -> Result<Status, Failure> {
    match command {
        Command::Check(arguments) => commands::check::run(arguments, console),
        Command::Explain(arguments) => commands::explain::run(arguments, console),
        Command::Plot(arguments) => commands::plot::run(arguments, console),
        Command::Devices => commands::devices::run(console),
        Command::Help(arguments) => commands::help::run(arguments, console),
    }
}

/// Flushes what was printed and reports a failure.
fn finish(result: Result<Status, Failure>, console: &mut Console) -> Status {
    let flushed = console.flush().map_err(Failure::from);
    match result.and_then(|status| flushed.map(|()| status)) {
        Ok(status) => status,
        Err(failure) if failure.is_broken_pipe() => Status::Success,
        Err(failure) => {
            console.say(&format!("error: {failure}\n"));
            failure.status()
        }
    }
}
