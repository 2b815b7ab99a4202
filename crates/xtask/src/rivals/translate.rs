//! Rewriting the text of a deck: where its includes are, what it is to run and how exactly.

use std::path::Path;

/// The first word of a card, in lower case.
fn keyword(line: &str) -> String {
    line.split_whitespace().next().unwrap_or_default().to_lowercase()
}

/// The deck with the files of `.include` and `.lib` named from anywhere, so that a copy of it can stand elsewhere.
pub(super) fn rebase_includes(text: &str, beside: &Path) -> String {
    let rebased = text.lines().map(|line| {
        if ![".include", ".inc", ".lib"].contains(&keyword(line).as_str()) {
            return line.to_owned();
        }
        let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if let Some(file) = words.get_mut(1) {
            let path = beside.join(file.trim_matches(['"', '\'']));
            // The opening of a section in a library has a name where others have a file.
            if path.is_file() {
                *file = format!("\"{}\"", path.display());
            }
        }
        words.join(" ")
    });
    rebased.collect::<Vec<_>>().join("\n") + "\n"
}

/// The deck without the cards that have one of these keywords, and without their continuations.
pub(crate) fn without(text: &str, keywords: &[&str]) -> String {
    let mut kept = String::new();
    let mut dropping = false;
    for line in text.lines() {
        let continued = line.trim_start().starts_with('+');
        dropping = (dropping && continued) || keywords.contains(&keyword(line).as_str());
        if !dropping {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

/// The deck with more cards before its end.
pub(crate) fn with_cards(text: &str, cards: &str) -> String {
    format!("{}{cards}\n.end\n", without(text, &[".end"]))
}

/// The times of a `.tran` card that is written in plain numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Times {
    pub(crate) step: f64,
    pub(crate) stop: f64,
    pub(crate) largest: Option<f64>,
}

/// The times of the deck's `.tran` card.
pub(crate) fn transient_times(text: &str) -> Option<Times> {
    let line = text.lines().find(|line| keyword(line) == ".tran")?;
    let numbers: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|word| ovonic_netlist::parse_number(word).ok())
        .collect();
    Some(Times {
        step: *numbers.first()?,
        stop: *numbers.get(1)?,
        largest: numbers.get(3).copied(),
    })
}

/// The deck with other times in its `.tran` card.
pub(crate) fn with_times(text: &str, times: Times) -> String {
    let Times { step, stop, largest } = times;
    let largest = largest.map_or_else(String::new, |largest| format!(" 0 {largest:e}"));
    let card = format!(".tran {step:e} {stop:e}{largest}");
    let lines = text.lines().map(|line| if keyword(line) == ".tran" { &card } else { line });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECK: &str = "t\nr1 a 0 1k\n.tran 1u 1m 0 2u\n.print tran v(a)\n+ v(b)\n.end\n";

    #[test]
    fn cards_go_with_their_continuations() {
        assert_eq!(without(DECK, &[".print", ".tran"]), "t\nr1 a 0 1k\n.end\n");
    }

    #[test]
    fn cards_come_before_the_end() {
        assert!(with_cards(DECK, ".op").ends_with("+ v(b)\n.op\n.end\n"));
    }

    #[test]
    fn times_are_read_and_replaced() {
        let times = transient_times(DECK).expect("there is one");
        assert_eq!(times, Times { step: 1e-6, stop: 1e-3, largest: Some(2e-6) });
        let changed = with_times(DECK, Times { stop: 1e-5, ..times });
        assert_eq!(transient_times(&changed).map(|times| times.stop), Some(1e-5));
    }
}
