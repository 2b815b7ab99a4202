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
