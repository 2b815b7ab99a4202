//! The program as a user runs it: output, messages and exit codes of the commands that need no netlist.

mod common;

use common::{ovonic, text};

#[test]
fn help_lists_commands_and_exit_codes() {
    for arguments in [&["help"][..], &["--help"]] {
        let output = ovonic(arguments);
        assert_eq!(output.status.code(), Some(0));
        let page = text(&output.stdout);
        assert!(
            page.contains("explain") && page.contains("3  an analysis did not converge"),
            "{page}"
        );
    }
    assert!(text(&ovonic(&["help", "explain"]).stdout).contains("ovonic explain"));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for arguments in [&["--nonsense"][..], &["nonsense"], &[]] {
        assert_eq!(ovonic(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn explain_knows_codes_in_any_case() {
    let output = ovonic(&["explain", "e0104"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("E0104: "));
    assert_eq!(ovonic(&["help", "E0104"]).stdout, output.stdout);
    let all = text(&ovonic(&["explain"]).stdout);
    assert!(all.lines().count() > 50 && all.contains("E0104  "), "{all}");
}

#[test]
fn unknown_codes_and_topics_suggest_what_was_meant() {
    let output = ovonic(&["explain", "E01044"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("unknown diagnostic code \"E01044\""), "{message}");
    assert!(message.contains("help: did you mean \"E0104\"?"), "{message}");
    let output = ovonic(&["help", "explian"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean \"explain\"?"));
}

#[test]
fn devices_have_pages() {
    let list = ovonic(&["devices"]);
    assert_eq!(list.status.code(), Some(0));
    assert!(text(&list.stdout).contains("behavioural"));
    let page = ovonic(&["help", "behavioural"]);
    assert_eq!(page.status.code(), Some(0));
    assert!(text(&page.stdout).contains("*! expect"));
    assert_eq!(ovonic(&["help", "B"]).stdout, page.stdout);
}
