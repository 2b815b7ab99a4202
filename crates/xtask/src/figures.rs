//! The manual's figures, drawn by the program itself from decks that anyone can run: `ovonic run DECK --plot IMAGE`.
//!
//! What a figure shows is what the `.plot` card of its deck says. Each line of the list is one image; to add a figure,
//! add a line.

use crate::{Outcome, root};
use std::process::Command;

/// Images below `docs/images`, without `.svg`, and their decks below `netlists/examples`, without `.cir`.
const ALL: &[(&str, &str)] = &[
    ("snapback-trace", "snapback-trace"),
    ("ots-trace", "ots-trace"),
    ("ots-threshold-thickness", "ots-threshold-thickness"),
    ("ots-threshold-temperature", "ots-threshold-temperature"),
    ("ots-threshold-ramp", "ots-threshold-ramp"),
    ("ots-delay", "ots-delay"),
    ("ots", "ots-curve"),
    ("oscillator-drive", "oscillator-drive"),
    ("oscillator-load", "oscillator-load"),
    ("oscillator-capacitance", "oscillator-capacitance"),
    ("selector", "selector-curve"),
    ("diffusive", "diffusive-pulse"),
    ("vo2", "vo2-oscillator"),
    ("nbo2", "nbo2-oscillator"),
    ("pcm-staircase", "pcm-staircase"),
    ("pcm-programming", "pcm-programming"),
    ("pcm-drift", "pcm-drift"),
    ("ts-pcm-threshold", "ts-pcm-threshold"),
    ("ts-pcm-delay", "ts-pcm-delay"),
    ("ts-pcm-frequency", "ts-pcm-frequency"),
    ("ts-pcm-plasticity", "ts-pcm-plasticity"),
    ("ts-pcm-feedback", "ts-pcm-feedback"),
    ("ts-pcm-retraining", "ts-pcm-retraining"),
    ("hp", "hp-loop"),
    ("team", "team-loop"),
    ("vteam", "vteam-loop"),
    ("yakopcic", "memristor-loop"),
    ("stanford", "stanford-loop"),
    ("sky130", "sky130-loop"),
    ("knowm", "knowm-loop"),
];

/// Images that a command of its own draws, and its arguments; it takes `--plot` too.
const COMMANDS: &[(&str, &[&str])] = &[(
    "crossbar-retraining",
    &["crossbar", "retrain", "--csv", "docs/images/crossbar-retraining.csv"],
)];

/// Draws all figures, or those whose image's name contains one of `words`.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let is_wanted = |image: &str| words.is_empty() || words.iter().any(|word| image.contains(word));
    let known =
        || ALL.iter().map(|(image, _)| *image).chain(COMMANDS.iter().map(|(image, _)| *image));
    if !known().any(is_wanted) {
        let known: Vec<&str> = known().collect();
        return Err(format!("no such figure; there are {}", known.join(", ")));
    }
    let decks = ALL.iter().filter(|(image, _)| is_wanted(image));
    for (image, deck) in decks {
        draw(&image_file(image), &["run", "--quiet", &deck_file(deck)])?;
    }
    let commands = COMMANDS.iter().filter(|(image, _)| is_wanted(image));
    commands.into_iter().try_for_each(|(image, arguments)| draw(&image_file(image), arguments))
}

fn image_file(image: &str) -> String {
    format!("docs/images/{image}.svg")
}

fn deck_file(deck: &str) -> String {
    format!("netlists/examples/{deck}.cir")
}

/// Runs the program of this workspace in the workspace's root.
fn draw(image: &str, arguments: &[&str]) -> Outcome {
    println!("ovonic {} --plot {image}", arguments.join(" "));
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--package", "ovonic-cli", "--"])
        .args(arguments)
        .args(["--plot", image])
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{image}: {}", said.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_figure_has_a_deck_that_says_what_to_plot_and_an_image_of_its_own() {
        for (index, (image, deck)) in ALL.iter().enumerate() {
            let text = fs::read_to_string(root().join(deck_file(deck)));
            let text = text.unwrap_or_else(|error| panic!("{deck}: {error}"));
            assert!(text.contains("\n.plot "), "{deck} has no .plot card");
            assert!(root().join(image_file(image)).is_file(), "{image} has not been drawn");
            assert!(ALL[..index].iter().all(|(other, _)| other != image), "{image}");
        }
        for (image, _) in COMMANDS {
            assert!(root().join(image_file(image)).is_file(), "{image} has not been drawn");
        }
    }
}
