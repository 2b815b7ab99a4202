//! The program `ovonic`: the only place that parses arguments, reads the environment and prints.
//!
//! Nothing happens before the command line is parsed, so that the program starts at once.

mod args;
mod commands;
mod console;
mod deck;
mod device_page;
mod exit;
mod host;
mod measures;
mod notes;
mod outputs;
mod plot;
mod progress;
mod render;
mod simulate;
mod statistics;
mod tables;
mod text;

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use console::Console;
use exit::{Failure, Status};

fn main() -> ExitCode {
    let words = words(env::args_os());
    let is_ngspice = words.get(1).is_some_and(|word| word == "ngspice");
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be done about an output that is closed.
            let _ = error.print();
            let status = match error.use_stderr() {
                false => Status::Success,
                true if is_ngspice => Status::Failed,
                true => Status::Usage,
            };
            return status.into();
        }
    };
    let mut console = Console::new();
    let result = dispatch(&arguments.command, &mut console);
    finish(result, &mut console).into()
}

/// The command line; that of a program called `ngspice` is an `ovonic ngspice`.
fn words(mut words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let program = words.next().unwrap_or_default();
    let is_ngspice = Path::new(&program).file_stem().is_some_and(|name| name == "ngspice");
    let face = is_ngspice.then(|| OsString::from("ngspice"));
    std::iter::once(program).chain(face).chain(words).collect()
}

fn dispatch(command: &Command, console: &mut Console) -> Result<Status, Failure> {
    match command {
        Command::Run(arguments) => commands::run::run(arguments, console),
        Command::Check(arguments) => commands::check::run(arguments, console),
        Command::Explain(arguments) => commands::explain::run(arguments, console),
        Command::Crossbar(arguments) => commands::crossbar::run(arguments, console),
        Command::Fit(arguments) => commands::fit::run(arguments, console),
        Command::Plot(arguments) => commands::plot::run(arguments, console),
        Command::Ngspice(arguments) => commands::ngspice::run(arguments, console),
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
