//! Tables of races, and their place in the documentation.

use super::small::Small;
use super::{Race, Showing};
use crate::rivals::Installed;
use crate::{Outcome, root};
use std::fmt::Write as _;
use std::fs;

const BEGIN: &str = "<!-- begin generated: cargo xtask bench-report --write -->";
const END: &str = "<!-- end generated -->";

/// The rows of one deck.
pub(super) fn race(race: &Race) -> String {
    let ours = race.showings.first().and_then(|showing| showing.outcome.as_ref().ok());
    let mut text = String::new();
    for Showing { label, outcome } in &race.showings {
        let deck = &race.deck;
        let _ = match outcome {
            Ok(figures) => {
                let ratio = |theirs: f64, ours: f64| {
                    if ours > 0.0 { format!("{:.2}", theirs / ours) } else { "–".into() }
                };
                let whole = ours.map_or("–".into(), |ours| ratio(figures.whole, ours.whole));
                let inside = ours.map_or("–".into(), |ours| ratio(figures.inside, ours.inside));
                let error = figures.error.map_or("–".into(), |error| format!("{error:.1e}"));
                let memory = figures.memory as f64 / 1e6;
                writeln!(
                    text,
                    "| {deck} | {label} | {:.3} | {whole} | {:.3} | {inside} | {error} | {memory:.0} |",
                    figures.whole, figures.inside,
                )
            }
            Err(reason) => {
                writeln!(text, "| {deck} | {label} | not run: {reason} | – | – | – | – | – |")
            }
        };
    }
    if let Some(apart) = race.references.filter(|apart| *apart > 1e-3) {
        let _ = writeln!(
            text,
            "| {} | (references) | – | – | – | – | ours and ngspice's at tight tolerances are {apart:.1e} apart | – |",
            race.deck
        );
    }
    text
}

const HEAD: &str = "| deck | simulator | whole, s | × ours | inside, s | × ours | error | memory, MB |\n\
                    |---|---|---|---|---|---|---|---|\n";

/// The table of small decks.
pub(super) fn small(small: &Small) -> String {
    let mut text = format!(
        "\n{} small decks, whole process:\n\n| simulator | runs | sum, s | mean × ours | faster than ours on | least × ours | on deck |\n|---|---|---|---|---|---|---|\n",
        small.decks.len()
    );
    for row in small.fared() {
        let (least, deck) = &row.least;
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {:.2} | {} | {least:.2} | {deck} |",
            row.label, row.decks, row.seconds, row.ratio, row.faster
        );
    }
    text
}

/// A line for each small deck.
pub(super) fn each(small: &Small) -> String {
    let mut text = format!("| deck | nodes | {} |\n", small.labels.join(", s | "));
    let _ = writeln!(text, "|---|---|{}", "---|".repeat(small.labels.len()));
    for deck in &small.decks {
        let times = deck.seconds.iter().map(|seconds| {
            seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.4}"))
        });
        let times: Vec<String> = times.collect();
        let _ = writeln!(text, "| {} | {} | {} |", deck.name, deck.nodes, times.join(" | "));
    }
    text
}

/// Puts the tables between the marks in `docs/benchmarks.md`.
pub(super) fn write(
    races: &[Race],
    small_decks: Option<&Small>,
    here: &[Installed],
    absent: &[String],
    repeats: usize,
) -> Outcome {
    let versions: Vec<&str> = here.iter().map(|found| found.version.as_str()).collect();
    let mut text = format!("{BEGIN}\n\nRaced: {}.", versions.join(", "));
    for line in absent {
        let _ = write!(text, " Absent: {line}.");
    }
    let _ = write!(text, " Medians of {repeats} runs, turn by turn.\n\n{HEAD}");
    for row in races {
        text += &race(row);
    }
    if let Some(figures) = small_decks {
        text += &small(figures);
    }
    text += "\nThe command lines, inside a folder of its own for each run:\n\n```text\n";
    let shown = races.iter().find_map(|race| {
        let commands = race.showings.iter().filter_map(|showing| showing.outcome.as_ref().ok());
        let commands: Vec<&str> = commands.map(|figures| figures.command.as_str()).collect();
        (!commands.is_empty()).then(|| commands.join("\n"))
    });
    let _ = write!(text, "{}\n```\n\n{END}", shown.unwrap_or_default());
    let path = root().join("docs/benchmarks.md");
    let page = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (before, rest) =
        page.split_once(BEGIN).ok_or("the mark of the generated part is missing")?;
    let (_, after) = rest.split_once(END).ok_or("the end of the generated part is missing")?;
    fs::write(&path, format!("{before}{text}{after}")).map_err(|error| error.to_string())
}
