//! Every bad deck says exactly what its log says. `OVONIC_BLESS=1` writes the logs anew, for a look at the diff.

use ovonic::netlist::DiskLoader;
use ovonic::{LoadOptions, Recording, RunOptions, Simulation};
use ovonic_tests::{decks, folder};
use std::fs;
use std::path::Path;

/// What a run of the deck says, with paths relative to the folder of the decks.
fn outcome(path: &Path) -> String {
    let said = match Simulation::from_file_with(path, &DiskLoader, &LoadOptions::default()) {
        Err(error) => error.to_string(),
        Ok(mut simulation) => {
            let sources = simulation.sources().clone();
            let mut said: String =
                simulation.diagnostics().iter().map(|d| d.render(&sources)).collect();
            match simulation.run(&RunOptions::default(), &mut Recording::new()) {
                Ok(_) => said.push_str("it runs\n"),
                Err(error) => said.push_str(&error.to_string()),
            }
            said
        }
    };
    let here = folder("tests/diagnostics");
    let prefix = format!("{}/", here.display());
    let mut text = said.replace(&prefix, "").trim_end().to_owned();
    text.push('\n');
    text
}

#[test]
fn bad_decks_say_what_is_wrong() {
    let decks = decks(&folder("tests/diagnostics"));
    assert!(decks.len() >= 80, "only {} bad decks", decks.len());
    let bless = std::env::var_os("OVONIC_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in decks {
        let log = path.with_extension("log");
        let said = outcome(&path);
        let expected = fs::read_to_string(&log).unwrap_or_default();
        if said == expected {
            continue;
        }
        if bless {
            fs::write(&log, &said).unwrap();
        } else {
            wrong.push(format!("{}\nexpected\n{expected}\nfound\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
