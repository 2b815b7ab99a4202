//! `ovonic ngspice`: what programs that call ngspice rely on.

mod common;

use common::{folder, ovonic, ovonic_fed, text};

const DECK: &str = "\
RC low-pass
V1 in 0 dc 1 ac 1 pulse(0 1 0 1n 1n 1 2)
R1 in out 1k
C1 out 0 1n
.tran 10n 1u
.op
.ac dec 10 1k 1meg
.end
";

#[test]
fn the_log_opens_with_the_title_and_the_raw_file_has_the_plots_in_order() {
    let folder = folder("ngspice");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (deck, raw, log) = (path("a.cir"), path("a.raw"), path("a.log"));
    std::fs::write(&deck, DECK).unwrap();
    let output = ovonic(&["ngspice", "-b", "-r", &raw, "-o", &log, &deck]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    let log = text(&std::fs::read(log).unwrap());
    assert!(log.starts_with("Circuit: RC low-pass\n"), "{log}");
    assert!(log.contains("\nNo. of Data Rows : 31\n"), "{log}");
    let raw = std::fs::read(raw).unwrap();
    let raw = String::from_utf8_lossy(&raw);
    let keys = [
        "Title: RC low-pass\nDate: ",
        "\nCommand: ngspice-",
        "\nPlotname: AC Analysis\nFlags: complex",
    ];
    assert!(keys.iter().all(|key| raw.contains(key)), "{}", &raw[..300]);
    let at = |name: &str| raw.find(name).unwrap();
    assert!(
        at("AC Analysis") < at("Operating Point")
            && at("Operating Point") < at("Transient Analysis")
    );
}

#[test]
fn exit_codes_are_zero_and_one() {
    assert_eq!(ovonic_fed(&["ngspice", "-b"], DECK).status.code(), Some(0));
    let broken = DECK.replace("R1 in out 1k", "R1 in out {");
    assert_eq!(ovonic_fed(&["ngspice", "-b"], &broken).status.code(), Some(1));
    assert_eq!(ovonic(&["ngspice", "-b", "/nonexistent.cir"]).status.code(), Some(1));
    assert_eq!(ovonic(&["ngspice", "--nonsense"]).status.code(), Some(1));
    let version = ovonic(&["ngspice", "-v"]);
    assert!(version.status.success() && text(&version.stdout).contains("ngspice-"));
}

#[test]
fn the_filetype_variable_makes_the_raw_file_text() {
    let raw = folder("ngspice_ascii").join("a.raw");
    let raw = raw.to_str().unwrap();
    let output = ovonic_fed(&["ngspice", "-b", "-D", "filetype=ascii", "-r", raw], DECK);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&std::fs::read(raw).unwrap()).contains("\nValues:\n"));
}

#[cfg(unix)]
#[test]
fn a_program_called_ngspice_has_that_face() {
    let link = folder("ngspice_link").join("ngspice");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ovonic"), &link).unwrap();
    let output = std::process::Command::new(link).arg("--version").output().unwrap();
    assert!(text(&output.stdout).starts_with("ngspice-"));
}

#[test]
fn a_server_answers_on_standard_output() {
    let deck = DECK.replace(".tran 10n 1u\n.op\n", "");
    let output = ovonic_fed(&["ngspice", "-s"], &deck);
    assert_eq!(output.status.code(), Some(0));
    let bytes = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(bytes.starts_with("Circuit: RC low-pass\n") && bytes.contains("\nBinary:\n"));
    assert!(text(&output.stderr).contains("@@@ "));
    assert!(text(&output.stderr).trim_end().ends_with(" 31"));
}
