//! The decks that simulators race over: those of `netlists/benchmarks`, and large ones from generators.
//!
//! A deck says itself how its exactness is judged:
//!
//! ```spice
//! *! bench error v(out) until 400u
//! *! bench period v(1) until 2u
//! ```

use crate::root;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How the exactness of a deck is judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judgement {
    /// The mean period is compared, not the waveform: an oscillator's phase drifts by any difference.
    pub(crate) is_period: bool,
    /// `v(out)`, or `v(a,b)` for a difference.
    pub(crate) vector: String,
    /// Length of the run over which it is judged, in s.
    pub(crate) until: f64,
}

/// One deck.
pub(crate) struct Deck {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) judgement: Option<Judgement>,
}

/// All decks, small ones first.
pub(crate) fn all() -> Result<Vec<Deck>, String> {
    let mut decks = in_folder(&root().join("netlists/benchmarks"))?;
    decks.push(deck("rlc-ladder-10k".into(), rlc_ladder(10_000)));
    decks.push(deck("rc-grid-100x100".into(), rc_grid(100)));
    decks.push(deck("inverter-chain-1k".into(), inverter_chain(1000)));
    Ok(decks)
}

/// The decks that stand in a folder, by name.
pub(super) fn in_folder(folder: &Path) -> Result<Vec<Deck>, String> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cir"))
        .collect();
    files.sort();
    let read = files.iter().map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
        Ok(deck(name, text))
    });
    read.collect()
}

fn deck(name: String, text: String) -> Deck {
    let judgement = text.lines().find_map(judgement);
    Deck { name, text, judgement }
}

fn judgement(line: &str) -> Option<Judgement> {
    let mut words = line.strip_prefix("*! bench ")?.split_whitespace();
    let is_period = words.next()? == "period";
    let vector = words.next()?.to_owned();
    let until = words.nth(1).and_then(|word| ovonic_netlist::parse_number(word).ok())?;
    Some(Judgement { is_period, vector, until })
}

/// A line of `n` sections of R, L and C with a step at its begin: a long band that has no fill.
fn rlc_ladder(n: usize) -> String {
    let mut text = format!("* RLC ladder of {n} sections\n*! bench error v(n1000) until 60n\n");
    text += "V1 in 0 PULSE(0 1 10n 5n 5n 1 2)\nRs in n0 50\n";
    for k in 1..=n {
        let before = k - 1;
        let _ = writeln!(text, "R{k} n{before} m{k} 10m\nL{k} m{k} n{k} 1n\nC{k} n{k} 0 0.4p");
    }
    let _ = writeln!(text, "Rl n{n} 0 50\n.save v(n1000)\n.tran 4n 400n\n.end");
    text
}

/// A square of `n` × `n` nodes with resistors between neighbours and capacitors to ground: much fill.
fn rc_grid(n: usize) -> String {
    let far = "n10_10";
    let mut text = format!("* RC grid of {n} x {n}\n*! bench error v({far}) until 2u\n");
    text += "V1 in 0 PULSE(0 1 10n 10n 10n 1 2)\nRs in n0_0 10\n";
    for row in 0..n {
        for column in 0..n {
            let _ = writeln!(text, "C{row}_{column} n{row}_{column} 0 1p");
            if column + 1 < n {
                let right = column + 1;
                let _ = writeln!(text, "Rh{row}_{column} n{row}_{column} n{row}_{right} 100");
            }
            if row + 1 < n {
                let below = row + 1;
                let _ = writeln!(text, "Rv{row}_{column} n{row}_{column} n{below}_{column} 100");
            }
        }
    }
    let _ = writeln!(text, ".save v({far})\n.tran 100n 5u\n.end");
    text
}

/// A chain of `n` complementary inverters that a pulse runs through: most of it rests at any time.
fn inverter_chain(n: usize) -> String {
    let mut text = format!("* Chain of {n} inverters\n*! bench error v(n20) until 1n\n");
    text += "Vdd vdd 0 3.3\nVin n0 0 PULSE(0 3.3 200p 50p 50p 2n 4n)\n";
    for k in 1..=n {
        let before = k - 1;
        let _ = writeln!(text, "Mn{k} n{k} n{before} 0 0 nch w=2u l=0.35u");
        let _ = writeln!(text, "Mp{k} n{k} n{before} vdd vdd pch w=5u l=0.35u");
        let _ = writeln!(text, "C{k} n{k} 0 5f");
    }
    text += ".model nch nmos level=1 vto=0.6 kp=170u gamma=0.58 phi=0.8 lambda=0.06 tox=7.6n cgso=0.2n cgdo=0.2n\n";
    text += ".model pch pmos level=1 vto=-0.7 kp=58u gamma=0.4 phi=0.8 lambda=0.08 tox=7.6n cgso=0.2n cgdo=0.2n\n";
    let _ = writeln!(text, ".save v(n20)\n.tran 20p 4n\n.end");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deck_says_how_it_is_judged() {
        for deck in all().expect("the folder is there") {
            assert!(deck.judgement.is_some(), "{} has no line \"*! bench\"", deck.name);
        }
    }
}
