//! Random cells through transients: none may fail to converge, and each waveform has to account for its energy.
//!
//! A cell is one of the kinds of device that remember, or two that warm each other, with parameters around those of a
//! model card, under a random load, capacitance and drive, with any method of integration, from an operating point or
//! from nothing; one in ten is left alone for up to ten decades longer than its drive lasts. A cell belongs to its seed
//! and number alone. `cargo xtask soak` runs any number of them, the tests a few.

mod balance;
mod cell;
mod device;
mod dice;

pub use device::Cards;

use balance::balance;
use cell::Cell;
use dice::Dice;
use ovonic::waveforms::PlotKind;
use ovonic::{Error, LoadOptions, Recording, RunOptions, Simulation};
use ovonic_netlist::{MemoryLoader, codes};

/// Draws of parameters before a cell is given up because they contradict each other.
const DRAWS: u64 = 100;

/// What became of a cell.
pub struct Soaked {
    /// The kind of its device.
    pub kind: &'static str,
    /// Accepted points.
    pub points: usize,
    /// Whether a step's error was kept below `reltol`, not below what the default `trtol` makes of it.
    pub honest: bool,
    /// Missing part of the energy, in units of `reltol`.
    pub imbalance: f64,
    /// The same for the heat of its devices.
    pub heat_imbalance: f64,
    /// What is wrong with it.
    pub complaints: Vec<String>,
    /// The cell, as anyone can run it.
    pub deck: String,
}

/// Runs the cell of a number.
pub fn soak(cards: &Cards, seed: u64, number: u64) -> Soaked {
    let mut dice = Dice::new(seed, number);
    let mut refusal = String::new();
    for _ in 0..DRAWS {
        let cell = Cell::draw(cards, &mut dice);
        match Simulation::from_text_with(
            "cell",
            &cell.deck,
            &MemoryLoader::default(),
            &LoadOptions::default(),
        ) {
            Ok(simulation) => return run(&cell, simulation),
            Err(error) if contradicts(&error) => refusal = error.to_string(),
            Err(error) => return failed(cell.kind, error.to_string(), cell.deck),
        }
    }
    failed("none", format!("no draw makes a cell: {refusal}"), String::new())
}

/// Whether nothing is wrong with a deck but parameters that contradict each other.
fn contradicts(error: &Error) -> bool {
    let mut diagnostics = error.diagnostics().iter().filter(|found| found.is_error()).peekable();
    diagnostics.peek().is_some() && diagnostics.all(|found| found.code == codes::VALUE_OUT_OF_RANGE)
}

fn failed(kind: &'static str, complaint: String, deck: String) -> Soaked {
    let complaints = vec![complaint];
    Soaked { kind, points: 0, honest: true, imbalance: 0.0, heat_imbalance: 0.0, complaints, deck }
}

fn run(cell: &Cell, mut simulation: Simulation) -> Soaked {
    let mut recording = Recording::new();
    if let Err(error) = simulation.run(&RunOptions::default(), &mut recording) {
        return failed(cell.kind, error.to_string(), cell.deck.clone());
    }
    let results = recording.into_results();
    let Some(plot) = results.of_kind(&PlotKind::Transient) else {
        return failed(cell.kind, "there is no transient".into(), cell.deck.clone());
    };
    match balance(cell, plot) {
        Err(error) => failed(cell.kind, error, cell.deck.clone()),
        Ok(balance) => Soaked {
            kind: cell.kind,
            points: plot.points(),
            honest: cell.honest,
            imbalance: balance.error / cell.reltol,
            heat_imbalance: balance.heat_error / cell.reltol,
            complaints: balance.complaints,
            deck: cell.deck.clone(),
        },
    }
}
