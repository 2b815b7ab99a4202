//! What the runners in `tests/*.rs` share: decks on disk, their expectations, and running them.

mod cases;
mod expectation;
pub mod soak;

pub use cases::{CASES, Case};
pub use expectation::{Expectation, expectations, with_requested_analyses};

use ovonic::netlist::DiskLoader;
use ovonic::waveforms::{PlotKind, Results};
use ovonic::{LoadOptions, Numerics, Recording, RunOptions, Simulation};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of the workspace.
pub fn folder(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).join(name)
}

/// All decks below a folder, in the order of their names.
pub fn decks(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if path.is_dir() {
            found.extend(decks(&path));
        } else if !hidden && path.extension().is_some_and(|extension| extension == "cir") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Runs a deck's analyses, keeping every vector.
///
/// # Errors
/// What the run says.
pub fn simulate(path: &Path, text: &str) -> Result<Results, String> {
    simulate_by(path, text, Numerics::default())
}

/// Runs a deck's analyses in a given way, keeping every vector.
///
/// # Errors
/// What the run says.
pub fn simulate_by(path: &Path, text: &str, numerics: Numerics) -> Result<Results, String> {
    let options = LoadOptions::default();
    let simulation = Simulation::from_text_with(path, text, &DiskLoader, &options);
    let mut simulation = simulation.map_err(|error| error.to_string())?;
    simulation.set_numerics(numerics);
    let mut recording = Recording::new();
    simulation.run(&RunOptions::default(), &mut recording).map_err(|error| error.to_string())?;
    Ok(recording.into_results())
}

/// Time and the saved vectors of a deck's transient, in the order of `.save`.
///
/// # Panics
/// When the deck does not run or has no transient.
pub fn transient(deck: &str) -> (Vec<f64>, Vec<Vec<f64>>) {
    let results = simulate(Path::new("deck"), deck).expect("the deck runs");
    let plot = results.of_kind(&PlotKind::Transient).expect("a transient");
    let columns: Vec<Vec<f64>> =
        plot.vectors.iter().filter_map(|vector| vector.as_real().map(<[f64]>::to_vec)).collect();
    (columns[0].clone(), columns[1..].to_vec())
}

/// Complaints about a deck with expectations: none if all are met. A deck without any is itself a complaint.
pub fn check(path: &Path, text: &str) -> Vec<String> {
    let expected = match expectations(text) {
        Ok(expected) if expected.is_empty() => return vec!["it expects nothing".into()],
        Ok(expected) => expected,
        Err(error) => return vec![error],
    };
    match simulate(path, &with_requested_analyses(text)) {
        Ok(results) => complaints(&expected, &results),
        Err(error) => vec![error],
    }
}

/// What results do not meet.
pub fn complaints(expected: &[Expectation], results: &Results) -> Vec<String> {
    expected.iter().filter_map(|one| one.complaint(results)).collect()
}
