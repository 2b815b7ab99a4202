//! `ovonic fit`: cards, reports, exit codes and diagnoses.

mod common;

use std::path::PathBuf;

use common::{folder, ovonic, text};

const DECK: &str = "a diode\nV1 a 0 0\nD1 a 0 dm\n.model dm d(is=1e-14 n=1)\n.end\n";

/// A folder with the deck and the characteristic of an ideal diode of 2e-14 A and n = 1.2 at 27 °C.
fn case(name: &str) -> (PathBuf, String) {
    let folder = folder(name);
    std::fs::write(folder.join("deck.cir"), DECK).unwrap();
    let vt = 1.380649e-23 * 300.15 / 1.602176634e-19;
    let current = |v: f64| 2e-14 * ((v / (1.2 * vt)).exp() - 1.0);
    let rows = (0..12).map(|k| 0.3 + 0.04 * f64::from(k));
    let rows: String = rows.map(|v| format!("{v},{:e}\n", 1e6 * current(v))).collect();
    let data = folder.join("iv.csv");
    std::fs::write(&data, format!("V,I\n{rows}")).unwrap();
    let deck = folder.join("deck.cir").to_str().unwrap().to_owned();
    (folder, deck)
}

#[test]
fn a_fit_gives_a_card_a_report_and_success() {
    let (folder, deck) = case("fit-card");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (data, html, json) = (path("iv.csv"), path("fit.html"), path("fit.json"));
    let arguments = [
        "fit",
        &deck,
        "--data",
        &data,
        "--map",
        "V=1,I=2:uA",
        "-p",
        "dm.is=1e-16..1e-12",
        "-p",
        "dm.n=0.9..2,lin,start=1",
        "--log-current",
        "1e-15",
        "--max-decades",
        "0.001",
        "--report",
        &html,
        "--report",
        &json,
    ];
    let output = ovonic(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let card = text(&output.stdout);
    assert!(card.contains("* data: ") && card.contains(".model dm d("), "{card}");
    let value = |name: &str| -> f64 {
        let line = card.lines().find_map(|line| line.strip_prefix(&format!("+ {name}=")));
        line.unwrap().trim_end_matches(')').parse().unwrap()
    };
    assert!((value("is") / 2e-14 - 1.0).abs() < 0.02, "{card}");
    assert!((value("n") / 1.2 - 1.0).abs() < 0.002, "{card}");
    let page = std::fs::read_to_string(html).unwrap();
    assert!(page.contains("<td>dm.is</td>") && page.contains("id=\"figure\""));
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(report["parameters"][0]["verdict"], "determined");
}

#[test]
fn a_missed_tolerance_is_exit_code_4_and_finished_starts_are_kept() {
    let (folder, deck) = case("fit-missed");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (data, state, plan) = (path("iv.csv"), path("state.json"), path("fit.toml"));
    // Only the ideality is fitted, so that the characteristic cannot be met.
    let text_of_plan = "deck = \"deck.cir\"\nstarts = 2\n[[parameter]]\nname = \"dm.n\"\nlow = 0.9\nhigh = 2.0\n\
                        [[data]]\nfile = \"iv.csv\"\nmap = \"V=V I=I:uA\"\n[target]\nerror = 1e-6\n";
    std::fs::write(&plan, text_of_plan).unwrap();
    let output = ovonic(&["fit", &plan, "--resume", &state]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    let kept = std::fs::read_to_string(&state).unwrap();
    assert_eq!(kept.matches("\"number\"").count(), 2, "{kept}");
    let again = ovonic(&["fit", &plan, "--resume", &state]);
    let cards = |bytes: &[u8]| {
        text(bytes)
            .lines()
            .filter(|l| !l.starts_with("* fitted"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(cards(&again.stdout), cards(&output.stdout));
    let other = ovonic(&[
        "fit",
        &deck,
        "--data",
        &data,
        "--map",
        "V=1,I=2:uA",
        "-p",
        "dm.is=1e-16..1e-12",
        "-p",
        "dm.n=0.9..2",
        "--resume",
        &state,
    ]);
    assert_eq!(other.status.code(), Some(2), "{}", text(&other.stderr));
}

#[test]
fn bad_data_and_bad_names_are_usage_errors_that_say_where() {
    let (folder, deck) = case("fit-bad");
    let data = folder.join("bad.csv").to_str().unwrap().to_owned();
    let fit = |rows: &str, parameter: &str| {
        std::fs::write(&data, rows).unwrap();
        let output =
            ovonic(&["fit", &deck, "--data", &data, "--map", "V=1,I=2:uA", "-p", parameter]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let good = "V,I\n0.3,1\n0.4,2\n0.5,4\n";
    assert!(fit("V,I\n0.3,1\n0.4,x\n", "dm.n=1..2").contains("bad.csv:3: column 2: \"x\""));
    assert!(fit("V,I\n0.3,1\n0.4,nan\n0.5,3\n", "dm.n=1..2").contains("bad.csv:3: trace \"I\""));
    assert!(fit(good, "dm.m=1..2..3").contains("2..3"));
    assert!(fit(good, "dmx.n=1..2").contains("did you mean \"dm.n\"?"));
    assert!(fit(good, "dm.n=2..1").contains("expected the lower one first"));
}
