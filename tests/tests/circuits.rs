//! Every circuit with expectations, every device's example, and every example deck.

use ovonic_tests::{check, decks, folder, simulate};
use std::fs;
use std::path::Path;

#[test]
fn circuits_meet_their_expectations() {
    let decks = decks(&folder("tests/circuits"));
    assert!(decks.len() >= 60, "only {} circuits", decks.len());
    let mut complaints = Vec::new();
    for path in decks {
        let text = fs::read_to_string(&path).unwrap();
        for complaint in check(&path, &text) {
            complaints.push(format!("{}: {complaint}", path.display()));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn each_device_s_example_meets_its_expectations() {
    let mut complaints = Vec::new();
    for kind in ovonic::DEVICES {
        for complaint in check(Path::new(kind.name), kind.example) {
            complaints.push(format!("{}: {complaint}", kind.name));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_example_deck_runs() {
    let decks = decks(&folder("netlists/examples"));
    assert!(decks.len() >= 10, "only {} examples", decks.len());
    let mut complaints = Vec::new();
    for path in decks {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(error) = simulate(&path, &text) {
            complaints.push(format!("{}: {error}", path.display()));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
