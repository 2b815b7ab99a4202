//! `ovonic check`: reads a netlist and says what is wrong with it, without simulating.

use ovonic::netlist::{ParseOptions, parse};

use crate::args::CheckArgs;
use crate::console::Console;
use crate::deck::Deck;
use crate::exit::{Failure, Status};
use crate::render;

/// Shows the diagnostics of every netlist; an error in one of them is a usage error of the whole command.
pub(crate) fn run(arguments: &CheckArgs, console: &mut Console) -> Result<Status, Failure> {
    let mut status = Status::Success;
    for path in &arguments.decks {
        let deck = Deck::read(path)?;
        let options = ParseOptions {
            dialect: arguments.dialect.dialect(),
            ..ParseOptions::default()
        };
        let parsed = parse(deck.path(), &deck, &options);
        render::show(
            &parsed.diagnostics,
            &parsed.sources,
            arguments.quiet,
            console,
        );
        if parsed.has_errors() {
            status = Status::Usage;
        }
        let count = render::count(&parsed.diagnostics);
        if !arguments.quiet || parsed.has_errors() {
            let count = if count.is_empty() {
                "no problems"
            } else {
                &count
            };
            console.say(&format!("{}: {count}\n", deck.path().display()));
        }
    }
    Ok(status)
}
