//! `ovonic explain E0104`: what a diagnostic code means.

use std::io;

use ovonic::netlist::{CodeEntry, codes, explain, suggest};

use crate::args::ExplainArgs;
use crate::console::Console;
use crate::exit::{Failure, Status};
use crate::text::wrap;

/// Explains the codes, or lists all of them.
pub(crate) fn run(arguments: &ExplainArgs, console: &mut Console) -> Result<Status, Failure> {
    if arguments.codes.is_empty() {
        list(console)?;
        return Ok(Status::Success);
    }
    for (index, code) in arguments.codes.iter().enumerate() {
        let entry = explain(code).ok_or_else(|| unknown(code))?;
        if index > 0 {
            writeln!(console.out())?;
        }
        show(entry, console)?;
    }
    Ok(Status::Success)
}

/// Writes one entry of the registry.
pub(crate) fn show(entry: &CodeEntry, console: &mut Console) -> io::Result<()> {
    let explanation = wrap(entry.explanation, console.width(), "  ");
    writeln!(console.out(), "{}: {}\n\n{explanation}", entry.code, entry.title)
}

fn list(console: &mut Console) -> io::Result<()> {
    for entry in codes::ALL {
        writeln!(console.out(), "{}  {}", entry.code, entry.title)?;
    }
    Ok(())
}

fn unknown(code: &str) -> Failure {
    let known = codes::ALL.iter().map(|entry| entry.code.as_str());
    Failure::UnknownName {
        what: "diagnostic code",
        name: code.to_owned(),
        suggestion: suggest(code, known).map(str::to_owned),
    }
}
