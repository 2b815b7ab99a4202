//! `ovonic crossbar`: from matrices in files to currents and node voltages.

mod common;

use std::fs;
use std::path::Path;

use common::{folder, ovonic, text};

fn put(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Numbers of comma-separated lines.
fn numbers(text: &str) -> Vec<Vec<f64>> {
    let line = |line: &str| line.split(',').map(|field| field.parse().unwrap()).collect();
    text.lines().map(line).collect()
}

/// Four devices without line resistance: currents are sums of voltage over resistance.
#[test]
fn currents_of_two_inputs() {
    let folder = folder("crossbar_solve");
    let r = put(&folder, "R.csv", "1000, 2000\n4000, inf\n");
    let v = put(&folder, "V.csv", "1.0, 0.2\n0.5, 0.0\n");
    let output = ovonic(&["crossbar", "solve", "-R", &r, "-V", &v]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found = numbers(&text(&output.stdout));
    for (found, expected) in found.iter().zip([[1.125e-3, 5e-4], [2e-4, 1e-4]]) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }
    assert_eq!(found.len(), 2);
}

#[test]
fn files_and_statistics() {
    let folder = folder("crossbar_files");
    let r = put(&folder, "R.csv", &"1e4,2e4,1e4,5e4\n".repeat(30));
    let v = put(&folder, "V.csv", &"1\n".repeat(30));
    let currents = folder.join("I.npy");
    let nodes = folder.join("nodes");
    let output = ovonic(&[
        "crossbar",
        "solve",
        "-R",
        &r,
        "-V",
        &v,
        "--r-word",
        "1",
        "--r-bit",
        "2",
        "-I",
        currents.to_str().unwrap(),
        "--node-voltages",
        nodes.to_str().unwrap(),
        "--stats",
        "json",
        "--method",
        "iterative",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let stats: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stats["method"], "iterative");
    assert!(stats["node_imbalance"].as_f64().unwrap() <= 1e-10);
    assert!(stats["solve_seconds"].as_f64().unwrap() >= stats["setup_seconds"].as_f64().unwrap());
    assert!(fs::read(&currents).unwrap().starts_with(b"\x93NUMPY"));
    let word = numbers(&fs::read_to_string(nodes.join("word.csv")).unwrap());
    let bit = numbers(&fs::read_to_string(nodes.join("bit.csv")).unwrap());
    assert_eq!((word.len(), bit.len(), word[0].len()), (30, 30, 4));
    // Voltages fall along a word line and towards the sense end of a bit line.
    assert!(word[0].is_sorted_by(|a, b| a >= b) && word[0][0] < 1.0);
    assert!(bit[0][0] > bit[29][0]);
}

#[test]
fn bad_matrices_are_reported_with_their_place() {
    let folder = folder("crossbar_bad");
    let v = put(&folder, "V.csv", "1\n1\n");
    for (content, place) in [
        ("1,2\n3,x\n", "line 2, column 2: \"x\" is not a number"),
        ("1,2\n3\n", "line 2 has 1 numbers, the lines before have 2"),
        ("1,2\n3,-4\n", "a device is -4 ohm in row 2, column 2"),
        ("1,2\n", "voltages of word lines: found 2 x 1, expected 1 rows"),
    ] {
        let r = put(&folder, "R.csv", content);
        let output = ovonic(&["crossbar", "solve", "-R", &r, "-V", &v]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(place), "{}", text(&output.stderr));
    }
    let r = put(&folder, "R.csv", "1,2\n3,4\n");
    let output = ovonic(&["crossbar", "solve", "-R", &r, "-V", &v, "--fault", "open@3,1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("outside the array of 2 x 2"));
    let output = ovonic(&["crossbar", "solve", "-R", &r, "-V", &v, "--float-word", "1-3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is no line 3 among 2 word lines"));
}

#[test]
fn floating_parts_are_reported() {
    let folder = folder("crossbar_floating");
    let r = put(&folder, "R.csv", "1e3,1e3\ninf,inf\n");
    let v = put(&folder, "V.csv", "1\n1\n");
    let output = ovonic(&["crossbar", "solve", "-R", &r, "-V", &v, "--float-word", "2"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("1 part(s) of the array have no path to any source"), "{said}");
    assert!(said.contains("word line's at row 2, column 1"), "{said}");
}

/// The columns of a table with a line of names.
fn column(text: &str, name: &str) -> Vec<f64> {
    let mut lines = text.lines();
    let index = lines.next().unwrap().split(',').position(|column| column == name).unwrap();
    lines.map(|line| line.split(',').nth(index).unwrap().parse().unwrap()).collect()
}

/// Without line resistance to speak of, the grounded scheme senses the cell alone: V over R.
#[test]
fn reading_a_cell() {
    let output = ovonic(&[
        "crossbar",
        "read",
        "--rows",
        "20",
        "--scheme",
        "grounded",
        "--r-word",
        "1u",
        "--r-bit",
        "1u",
        "--low",
        "10k",
        "--voltage",
        "0.5",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!((column(&table, "sensed")[0] - 5e-5).abs() < 1e-9, "{table}");
    assert!(column(&table, "node_imbalance")[0] <= 1e-10);
}

#[test]
fn margins_fall_with_the_size_and_selectors_save_them() {
    let run = |selector: &[&str]| {
        let mut words = vec!["crossbar", "margin", "--sizes", "8,16,32", "--voltage", "1.2"];
        words.extend(selector);
        let output = ovonic(&words);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        column(&text(&output.stdout), "margin")
    };
    let (bare, selected) = (run(&[]), run(&["--selector", "0.1p,50m"]));
    assert!(bare.is_sorted_by(|a, b| a > b), "{bare:?}");
    assert!(selected.iter().all(|margin| *margin > 0.9), "{selected:?}");
}

#[test]
fn studies_draw_pictures() {
    let folder = folder("crossbar_pictures");
    for (name, start, words) in [
        ("small.svg", &b"<svg"[..], vec!["read", "--rows", "6", "--map", "current"]),
        ("large.svg", b"<svg", vec!["disturb", "--rows", "40", "--cols", "30"]),
        ("large.png", b"\x89PNG", vec!["write", "--rows", "30", "--map", "drop"]),
        ("small.html", b"<!doctype html>", vec!["read", "--rows", "5", "--scheme", "floating"]),
        (
            "margin.svg",
            b"<svg",
            vec!["margin", "--sizes", "4,8", "--trials", "2", "--spread", "0.2"],
        ),
        ("mvm.svg", b"<svg", vec!["mvm", "--sizes", "4,8", "--json"]),
    ] {
        let path = folder.join(name);
        let mut words = words;
        words.insert(0, "crossbar");
        words.extend(["--plot", path.to_str().unwrap()]);
        let output = ovonic(&words);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", text(&output.stderr));
        assert!(fs::read(&path).unwrap().starts_with(start), "{name}");
    }
    // A study draws several pictures at once.
    let names = ["state.svg", "profile.html", "histogram.svg", "profile.png"];
    let [state, page, histogram, png] = names.map(|name| folder.join(name).display().to_string());
    let disturb =
        ["crossbar", "disturb", "--rows", "9", "--background", "random", "--map", "state"];
    let all = ["--plot", &state, "--profile", &page, "--histogram", &histogram];
    let output = ovonic(&[&disturb[..], &all].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = ovonic(&["crossbar", "read", "--rows", "7", "--profile", &png]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let holds = |path: &str, what: &str| fs::read_to_string(path).unwrap().contains(what);
    assert!(holds(&state, "log10 of the cell") && holds(&state, "row 9, column 9: 6.0000e0"));
    assert!(holds(&page, "word line 1") && holds(&page, "bit line 9"));
    assert!(holds(&histogram, "half-selected"));
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let output = ovonic(&["crossbar", "read", "--rows", "4", "--row", "5"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("the selected cell at row 5, column 4 lies outside"));
}

/// Many inputs go through the ports; the first of them alone does not.
#[test]
fn many_inputs_agree_with_one() {
    let folder = folder("crossbar_ports");
    let r = put(&folder, "R.csv", &"1e3,2e4,1e4,5e4,1e5\n".repeat(40));
    let line = |row: usize, inputs: usize| {
        let fields: Vec<String> = (0..inputs).map(|k| format!("{}", (row * (k + 1)) % 7)).collect();
        fields.join(",") + "\n"
    };
    let volts = |inputs| (0..40).map(|row| line(row, inputs)).collect::<String>();
    let many = put(&folder, "many.csv", &volts(30));
    let one = put(&folder, "one.csv", &volts(1));
    let run = |v: &str| {
        let words = ["crossbar", "solve", "-R", &r, "-V", v, "--r-word", "3", "--r-bit", "2"];
        let output = ovonic(&words);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        (numbers(&text(&output.stdout)), text(&output.stderr))
    };
    let ((many, said), (one, _)) = (run(&many), run(&one));
    assert!(said.contains("30 input(s): ports"), "{said}");
    assert_eq!(many.len(), 30);
    for (a, b) in many[0].iter().zip(&one[0]) {
        assert!((a - b).abs() <= 1e-11 * b.abs(), "{a} {b}");
    }
}

/// The array as a plain netlist has the same solution in the general solver.
#[test]
fn the_expanded_netlist_agrees() {
    let folder = folder("crossbar_netlist");
    let r = put(&folder, "R.csv", "1e3,2e4,inf\n5e4,1e5,3e3\n7e3,4e4,2e5\n9e3,inf,6e3\n");
    let v = put(&folder, "V.csv", "1\n0.5\n-0.25\n2\n");
    let deck = folder.join("array.cir");
    let nodes = folder.join("nodes");
    let base = [
        "crossbar",
        "solve",
        "-R",
        &r,
        "-V",
        &v,
        "--r-word",
        "20",
        "--r-bit",
        "30",
        "--r-driver",
        "50",
        "--drive",
        "both",
        "--float-word",
        "3",
        "--fault",
        "word@2,1",
    ];
    let run = |extra: &[&str]| {
        let words: Vec<&str> = base.iter().chain(extra).copied().collect();
        let output = ovonic(&words);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    };
    run(&["--netlist", deck.to_str().unwrap()]);
    run(&["--node-voltages", nodes.to_str().unwrap()]);
    let csv = folder.join("op.csv");
    let output =
        ovonic(&["run", deck.to_str().unwrap(), "--csv", csv.to_str().unwrap(), "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let table = fs::read_to_string(&csv).unwrap();
    let mut compared = 0;
    for (layer, name) in [("word", 'w'), ("bit", 'b')] {
        let found = numbers(&fs::read_to_string(nodes.join(format!("{layer}.csv"))).unwrap());
        for (row, line) in found.iter().enumerate() {
            for (col, volts) in line.iter().enumerate() {
                let expected = column(&table, &format!("v({name}{}_{})", row + 1, col + 1))[0];
                assert!((volts - expected).abs() < 1e-9, "{name} {row} {col}: {volts} {expected}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 24);
}
