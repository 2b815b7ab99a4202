//! `ovonic run`: what goes where, and how it ends.

mod common;

use common::{folder, ovonic, ovonic_fed, text};

const DIVIDER: &str = "a divider\nV1 in 0 10\nR1 in out 1k\nR2 out 0 2k\n.op\n.end\n";

const RC: &str = "\
* A charging capacitor.  Closed form: v(out) = 1 - exp(-t / 1 ms).
.param r=1k
V1 in 0 1
R1 in out {r}
C1 out 0 1u ic=0
.tran 10u 5m uic
.print tran v(out)
.end
";

#[test]
fn an_operating_point_is_listed_on_standard_output_and_statistics_on_standard_error() {
    let output = ovonic_fed(&["run", "-"], DIVIDER);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let listing = text(&output.stdout);
    assert!(listing.contains("\nv(out) = 6.666667e+00\n"), "{listing}");
    let statistics = text(&output.stderr);
    assert!(statistics.contains("unknowns"), "{statistics}");
    assert!(text(&ovonic_fed(&["run", "-q", "-"], DIVIDER).stderr).is_empty());
}

/// The last value of the last column of a printed table.
fn last_value(table: &str) -> f64 {
    let line = table.trim_end().lines().last().unwrap();
    line.split_whitespace().last().unwrap().parse().unwrap()
}

#[test]
fn printed_tables_follow_the_netlist_and_definitions_win() {
    let output = ovonic_fed(&["run", "-q", "-"], RC);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("Index   time            v(out)"), "{table}");
    assert!((last_value(&table) - (1.0 - (-5.0_f64).exp())).abs() < 1e-3);
    let slower = ovonic_fed(&["run", "-q", "-", "-D", "R=5k"], RC);
    let expected = 1.0 - (-1.0_f64).exp();
    assert!((last_value(&text(&slower.stdout)) - expected).abs() < 1e-3);
}

#[test]
fn wrong_definitions_are_usage_errors() {
    let output = ovonic_fed(&["run", "-", "-D", "rr=1"], RC);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no parameter \"rr\""));
    for definition in ["r", "r=abc"] {
        let output = ovonic_fed(&["run", "-", "-D", definition], RC);
        assert_eq!(output.status.code(), Some(2), "{definition}");
    }
}

#[test]
fn results_are_written_where_they_are_asked_for_and_nowhere_else() {
    let folder = folder("run_files");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    std::fs::write(folder.join("rc.cir"), RC).unwrap();
    let (deck, raw, csv, log, svg) =
        (path("rc.cir"), path("out.raw"), path("out.csv"), path("out.log"), path("out.svg"));
    assert_eq!(ovonic(&["run", &deck]).status.code(), Some(0));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let arguments = ["run", &deck, "-r", &raw, "--csv", &csv, "-o", &log, "--plot", &svg];
    let output = ovonic(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    let raw = std::fs::read(raw).unwrap();
    assert!(raw.starts_with(b"Title: * A charging capacitor."));
    assert!(text(&std::fs::read(csv).unwrap()).starts_with("time,"));
    let log = text(&std::fs::read(log).unwrap());
    assert!(log.starts_with("Circuit: * A charging capacitor."), "{log}");
    assert!(log.contains("Index   time") && log.contains("unknowns"), "{log}");
    assert!(std::fs::read(svg).unwrap().starts_with(b"<svg"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 5);
}

#[test]
fn split_gives_each_analysis_a_file_and_ascii_makes_it_text() {
    let folder = folder("run_split");
    let raw = folder.join("out.raw");
    let deck = RC.replace(".print tran v(out)", ".op");
    let output =
        ovonic_fed(&["run", "-q", "-", "-r", raw.to_str().unwrap(), "--split", "--ascii"], &deck);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!raw.exists());
    for name in ["out.tran.raw", "out.op.raw"] {
        let file = text(&std::fs::read(folder.join(name)).unwrap());
        assert!(file.contains("\nValues:\n"), "{name}");
    }
}

#[test]
fn json_statistics_are_one_object_and_all_of_standard_output() {
    let output = ovonic_fed(&["run", "-", "--stats", "json"], RC);
    assert_eq!(output.status.code(), Some(0));
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let analysis = &object["analyses"][0];
    assert_eq!(analysis["analysis"], "tran");
    assert!(analysis["points"].as_u64().unwrap() > 20);
    assert!(analysis["newton_iterations"].as_u64() >= analysis["accepted"].as_u64());
    assert_eq!(object["unknowns"], 3);
    assert_eq!(object["exit_code"], 0);
}

#[test]
fn a_netlist_error_is_shown_with_its_place() {
    let output = ovonic_fed(&["run", "-"], &DIVIDER.replace("R2 out 0 2k", "D1 out 0 nomodel"));
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("<stdin>:4:10") && message.contains("nomodel"), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn an_analysis_without_a_solution_has_its_own_exit_code_and_a_report() {
    // 1 + v^2 = v / 1 kOhm has no real solution.
    let deck = "no solution\nB1 0 a I=1+V(a)*V(a)\nR1 a 0 1k\n.op\n.end\n";
    let output = ovonic_fed(&["run", "-"], deck);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("error: op: no operating point found"), "{message}");
    assert!(message.contains("v(a)") || message.contains(" a = "), "{message}");
    assert!(message.contains("help: "), "{message}");
}

#[test]
fn files_that_cannot_be_written_are_named() {
    let output = ovonic_fed(&["run", "-", "-r", "/nonexistent/out.raw"], DIVIDER);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.contains("cannot write \"/nonexistent/out.raw\""), "{message}");
}

#[test]
fn measures_are_printed_and_one_that_fails_has_its_own_exit_code() {
    let deck = RC.replace(".print tran v(out)", ".meas tran half when v(out)=0.5");
    let output = ovonic_fed(&["run", "-q", "-"], &deck);
    assert_eq!(output.status.code(), Some(0));
    let line = text(&output.stdout);
    let value = line.trim().strip_prefix("half: v(out)=0.5=").unwrap();
    let value: f64 = value.parse().unwrap();
    assert!((value / (2f64.ln() * 1e-3) - 1.0).abs() < 1e-3, "{value}");
    let deck = deck.replace("v(out)=0.5", "v(out)=2");
    let output = ovonic_fed(&["run", "-q", "-"], &deck);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stdout).starts_with("half: failed: "));
    let output = ovonic_fed(&["run", "-", "--stats", "json"], &deck);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(object["measures"][0]["error"].is_string());
    assert_eq!(object["exit_code"], 4);
}

/// A block that runs an analysis, prints, measures and writes.
const CONTROLLED: &str = "\
a divider under control
V1 in 0 10
R1 in out 1k
R2 out 0 2k
.op
.control
foreach r 1k 2k
alter r1 = $r
op
print v(out)
end
.endc
.end
";

#[test]
fn control_blocks_take_the_place_of_cards() {
    let scratch = folder("control");
    let raw = scratch.join("out.raw");
    let output = ovonic_fed(&["run", "-q", "-", "-r", raw.to_str().unwrap()], CONTROLLED);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "v(out) = 6.666667e+00\nv(out) = 5.000000e+00\n");
    let written = String::from_utf8_lossy(&std::fs::read(&raw).unwrap()).into_owned();
    assert_eq!(written.matches("Plotname: Operating Point").count(), 2);
    let wrong = CONTROLLED.replace("print v(out)", "print v(oot)");
    let output = ovonic_fed(&["run", "-"], &wrong);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is no vector \"v(oot)\""));
    let failing = CONTROLLED.replace("print v(out)", "meas op x find v(out) at=7");
    assert_eq!(ovonic_fed(&["run", "-", "-q"], &failing).status.code(), Some(4));
}

#[test]
fn the_face_of_ngspice_runs_blocks_and_then_cards() {
    let scratch = folder("control-ngspice");
    let raw = scratch.join("out.raw");
    let arguments = ["ngspice", "-b", "-r", raw.to_str().unwrap()];
    let output = ovonic_fed(&arguments, &CONTROLLED.replace("foreach", "unheard of\nforeach"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let log = text(&output.stdout);
    assert!(log.contains("v(out) = 6.666667e+00\nv(out) = 5.000000e+00\n"), "{log}");
    let written = String::from_utf8_lossy(&std::fs::read(&raw).unwrap()).into_owned();
    assert_eq!(written.matches("Plotname: Operating Point").count(), 1);
}

#[test]
fn spectra_of_noise_are_printed() {
    let deck = "noise\nV1 in 0 ac 1\nR1 in out 1k\nC1 out 0 1n\n.noise v(out) V1 dec 1 1 100\n\
                .print noise onoise_spectrum inoise\n.end\n";
    let output = ovonic_fed(&["run", "-q", "-"], deck);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("onoise_spectrum inoise_spectrum"), "{table}");
    // 4kTR at 27 C: 4.07 nV.
    assert!((last_value(&table) / 4.0703e-9 - 1.0).abs() < 1e-3, "{table}");
}

#[test]
fn a_dash_is_standard_output() {
    let folder = folder("run_dash");
    let run = |arguments: &[&str]| {
        let deck = RC.replace(".end", ".meas tran half when v(out)=0.5\n.end");
        let output = ovonic_fed(&[&["run", "-"], arguments].concat(), &deck);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        output
    };
    let table = text(&run(&["--csv", "-"]).stdout);
    assert!(table.starts_with("time,") && table.lines().all(|line| line.contains(',')), "{table}");
    let (raw, path) = (run(&["-r", "-", "--ascii"]).stdout, folder.join("out.raw"));
    run(&["-r", path.to_str().unwrap(), "--ascii"]);
    let body = |bytes: &[u8]| {
        let text = text(bytes);
        text[text.find("Plotname").unwrap()..].split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(body(&raw), body(&std::fs::read(path).unwrap()));
    let measured = text(&run(&["--measures", "-"]).stdout);
    assert!(measured.starts_with("step,half\n0"), "{measured}");
    let picture = text(&run(&["--plot", "-"]).stdout);
    assert!(picture.lines().count() > 20 && picture.contains("time"), "{picture}");
    let output = ovonic_fed(&["run", "-", "--csv", "-", "--stats", "json"], RC);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn every_exit_code_says_what_happened() {
    let quit = |command: &str| CONTROLLED.replace("foreach", &format!("{command}\nforeach"));
    let endless = "R1 a 0 1k\nB1 0 a I=1+V(a)*V(a)\n";
    let cases: [(u8, String); 8] = [
        (0, DIVIDER.to_owned()),
        (1, DIVIDER.replace(".op", ".control\nop\nwrite /nonexistent/x.raw\nquit 1\n.endc")),
        (2, DIVIDER.replace("R1", "Y1")),
        (3, format!("no solution\n{endless}.op\n.end\n")),
        (3, format!("no solution\n{endless}.control\nop\n.endc\n.end\n")),
        (4, DIVIDER.replace(".op", ".op\n.meas op x find v(out) at=7")),
        (7, quit("quit 7")),
        (0, quit("exit")),
    ];
    for (code, deck) in cases {
        let output = ovonic_fed(&["run", "-q", "-"], &deck);
        assert_eq!(output.status.code(), Some(i32::from(code)), "{deck}{}", text(&output.stderr));
    }
    let output = ovonic_fed(&["run", "-", "-r", "/nonexistent/out.raw"], DIVIDER);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(ovonic_fed(&["ngspice", "-b"], &quit("exit 5")).status.code(), Some(5));
}
