//! `.trace` from the command line: special points, notes, measures over steps, pictures.

mod common;

use common::{folder, ovonic, ovonic_fed, text};

/// An element whose voltage falls while its current grows, behind a resistor; folds at 0.834 and 0.766 V.
const SNAPBACK: &str = "\
snapback
.param r=300
V1 in 0 0
R1 in a {r}
B1 a m V=(1k*i(b1))*(1k*i(b1))*(1k*i(b1)) - 3*(1k*i(b1))*(1k*i(b1)) + 2.5*(1k*i(b1))
L1 m 0 1u
";

#[test]
fn special_points_are_listed_and_reported() {
    let deck = format!("{SNAPBACK}.trace v1 0 1.5\n.end\n");
    let output = ovonic_fed(&["run", "-"], &deck);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let listing = text(&output.stdout);
    for name in ["v_th = 8.344", "i_th = 7.418", "v_hold = 7.655", "i_hold = 1.258"] {
        assert!(listing.contains(name), "{listing}");
    }
    let json = text(&ovonic_fed(&["run", "--stats", "json", "-"], &deck).stdout);
    let stats: serde_json::Value = serde_json::from_str(&json).unwrap();
    let trace = &stats["analyses"][0];
    assert_eq!(trace["end"], "stop");
    let special = trace["special_points"].as_array().unwrap();
    assert_eq!(special.len(), 2);
    assert_eq!((&special[0]["name"], &special[0]["kind"]), (&"th".into(), &"fold".into()));
}

#[test]
fn a_sweep_that_jumps_says_so_and_offers_a_trace() {
    let deck = format!("{SNAPBACK}.dc v1 0 1.5 0.05\n.print dc i(b1)\n.end\n");
    let said = text(&ovonic_fed(&["run", "-", "--stats", "none"], &deck).stderr);
    assert!(said.contains("the solution jumped at 0.83") && said.contains(".trace"), "{said}");
    let quiet = text(&ovonic_fed(&["run", "-q", "-"], &deck).stderr);
    assert!(quiet.is_empty(), "{quiet}");
}

#[test]
fn measures_know_special_points_and_are_written_over_steps() {
    let folder = folder("trace_measures");
    let table = folder.join("t.csv");
    let deck = format!(
        "{SNAPBACK}.step param r list 100 200 300\n.trace v1 0 2\n.meas trace th param='v_th'\n.end\n"
    );
    let output = ovonic_fed(&["run", "-q", "-", "--measures", table.to_str().unwrap()], &deck);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let rows = std::fs::read_to_string(&table).unwrap();
    assert_eq!(rows.lines().next(), Some("r,th"));
    let last = rows.lines().nth(3).unwrap().split(',').nth(1).unwrap().parse::<f64>().unwrap();
    assert!((last - 0.8344265186).abs() < 1e-9, "{rows}");
    let picture = folder.join("t.svg");
    let arguments = ["plot", table.to_str().unwrap(), "th", "-o", picture.to_str().unwrap()];
    assert_eq!(ovonic(&arguments).status.code(), Some(0));
}

#[test]
fn a_picture_shows_what_plot_cards_list_with_unstable_parts_apart() {
    let path = folder("trace_plot").join("t.svg");
    let deck = format!("{SNAPBACK}.trace v1 0 1.5\n.plot trace i(b1)\n.end\n");
    let output = ovonic_fed(&["run", "-q", "-", "--plot", path.to_str().unwrap()], &deck);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let picture = std::fs::read_to_string(&path).unwrap();
    assert!(picture.contains("i(b1) (unstable)") && picture.contains("v-sweep"));
    assert!(!picture.contains("v(a)"), "only what the card lists");
}
