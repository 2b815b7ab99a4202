//! `ovonic check`: messages, their colours and exit codes.

mod common;

use common::{folder, ovonic, ovonic_fed, text};

const GOOD: &str = "a divider\nV1 in 0 10\nR1 in out 1k\nR2 out 0 2k\n.op\n.end\n";
const BAD: &str = "a divider\nV1 in 0 10\nR1 in out {1+*2}\n.op\n.end\n";

#[test]
fn a_good_netlist_is_silent_success_when_quiet() {
    let output = ovonic_fed(&["check", "-q", "-"], GOOD);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    let output = ovonic_fed(&["check", "-"], GOOD);
    assert_eq!(text(&output.stderr), "<stdin>: no problems\n");
}

#[test]
fn a_bad_number_is_shown_in_its_place_without_colour_in_a_pipe() {
    let output = ovonic_fed(&["check", "-"], BAD);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.starts_with("error[E"), "{message}");
    assert!(message.contains(" --> <stdin>:3:14\n"), "{message}");
    assert!(message.contains("3 | R1 in out {1+*2}\n"), "{message}");
    assert!(message.ends_with("<stdin>: 1 error\n"), "{message}");
    assert!(!message.contains('\x1b'), "{message:?}");
}

#[test]
fn included_files_are_found_beside_the_deck_and_named_in_notes() {
    let folder = folder("include");
    std::fs::write(folder.join("part.inc"), "R1 in out {1+*2}\n").unwrap();
    let deck = folder.join("deck.cir");
    std::fs::write(&deck, "title\nV1 in 0 1\n.include part.inc\n.op\n.end\n").unwrap();
    let output = ovonic(&["check", deck.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("part.inc:1:14"), "{message}");
    assert!(
        message.contains("note: included from here") && message.contains("deck.cir:3:"),
        "{message}"
    );
}

#[test]
fn a_missing_file_is_a_failure_and_no_diagnostic() {
    let output = ovonic(&["check", "/nonexistent/deck.cir"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.starts_with("error: cannot read \"/nonexistent/deck.cir\": "), "{message}");
}

#[test]
fn what_only_the_devices_know_is_checked_too() {
    let deck = GOOD.replace("R2 out 0 2k", "D1 out 0 x\n.model x d iss=1f");
    let output = ovonic_fed(&["check", "-"], &deck);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("help: did you mean \"is\""), "{message}");
    assert!(message.contains("<stdin>:5:"), "{message}");
}
