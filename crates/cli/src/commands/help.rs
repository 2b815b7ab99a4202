//! `ovonic help`: commands, devices and diagnostic codes under one word.

use clap::CommandFactory;
use ovonic::DEVICES;
use ovonic::device::Kind;
use ovonic::netlist::{explain, suggest};

use crate::args::{Arguments, HelpArgs};
use crate::commands;
use crate::console::Console;
use crate::device_page;
use crate::exit::{Failure, Status};

/// Shows the usage, or the page of a topic.
pub(crate) fn run(arguments: &HelpArgs, console: &mut Console) -> Result<Status, Failure> {
    let mut program = Arguments::command();
    // Builds the subcommands' full names, so that their usage reads `ovonic run …`.
    program.build();
    let Some(topic) = &arguments.topic else {
        write!(console.out(), "{}", program.render_help())?;
        return Ok(Status::Success);
    };
    if let Some(command) = program.find_subcommand_mut(topic) {
        write!(console.out(), "{}", command.render_long_help())?;
        return Ok(Status::Success);
    }
    let kinds = find(topic);
    if !kinds.is_empty() {
        for (index, kind) in kinds.iter().enumerate() {
            let separator = if index > 0 { "\n" } else { "" };
            write!(console.out(), "{separator}{}", device_page::page(kind))?;
        }
        return Ok(Status::Success);
    }
    if let Some(entry) = explain(topic) {
        commands::explain::show(entry, console)?;
        return Ok(Status::Success);
    }
    Err(unknown(topic, &program))
}

/// The devices that a word means: by name, by `.model` type, or by element letter.
fn find(topic: &str) -> Vec<&'static Kind> {
    let topic = topic.to_ascii_lowercase();
    let of = |test: &dyn Fn(&Kind) -> bool| -> Vec<&'static Kind> {
        DEVICES.iter().copied().filter(|kind| test(kind)).collect()
    };
    let named = of(&|kind| kind.name == topic);
    if !named.is_empty() {
        return named;
    }
    let mut letters = topic.chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    if letter.is_some() {
        return of(&|kind| kind.letter == letter);
    }
    of(&|kind| kind.model_types.iter().any(|model| model.word == topic))
}

fn unknown(topic: &str, program: &clap::Command) -> Failure {
    let commands = program.get_subcommands().map(clap::Command::get_name);
    let kinds = DEVICES.iter().map(|kind| kind.name);
    let models = DEVICES.iter().flat_map(|kind| kind.model_types.iter().map(|model| model.word));
    let known: Vec<&str> = commands.chain(kinds).chain(models).collect();
    Failure::UnknownName {
        what: "topic",
        name: topic.to_owned(),
        suggestion: suggest(topic, known).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_found_by_name_letter_and_model_type() {
        for kind in DEVICES {
            assert!(find(kind.name).iter().any(|found| found.name == kind.name));
            assert_eq!(find(&kind.name.to_ascii_uppercase()).len(), 1);
            if let Some(letter) = kind.letter {
                let letter = letter.to_string();
                assert!(find(&letter).iter().any(|found| found.name == kind.name));
            }
        }
        assert!(find("no such device").is_empty());
    }
}
