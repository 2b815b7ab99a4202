//! `ovonic check`: reads a netlist and says what is wrong with it, without simulating.

use ovonic::{LoadOptions, Simulation};

use crate::args::CheckArgs;
use crate::console::Console;
use crate::deck::Deck;
use crate::exit::{Failure, Status};
use crate::render;

/// Shows the diagnostics of every netlist; an error in one of them is a usage error of the whole command.
pub(crate) fn run(arguments: &CheckArgs, console: &mut Console) -> Result<Status, Failure> {
    let options = LoadOptions { dialect: arguments.dialect.dialect(), ..LoadOptions::default() };
    let mut status = Status::Success;
    for path in &arguments.decks {
        let deck = Deck::read(path)?;
        let result = Simulation::from_file_with(deck.path(), &deck, &options);
        let (diagnostics, sources) = match &result {
            Ok(simulation) => (simulation.diagnostics(), Some(simulation.sources())),
            Err(error) => {
                status = Status::Usage;
                (error.diagnostics(), error.sources())
            }
        };
        if let Some(sources) = sources {
            render::show(diagnostics, sources, arguments.quiet, console);
        }
        if !arguments.quiet || result.is_err() {
            let count = render::count(diagnostics);
            let count = if count.is_empty() { "no problems" } else { &count };
            console.say(&format!("{}: {count}\n", deck.path().display()));
        }
    }
    Ok(status)
}
