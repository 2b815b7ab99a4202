//! The rules of the house that the compiler does not check.
//!
//! - the top level holds what the architecture page says;
//! - crates depend on each other only as drawn there;
//! - a file has at most 500 lines, unless it is listed with a reason;
//! - each source file opens with `//!`;
//! - libraries have no stubs, and nothing names a machine's own folders.

use crate::{Outcome, root};
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may depend on whom, test dependencies apart.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("ovonic-numerics", &[]),
    ("ovonic-netlist", &[]),
    ("ovonic-device-macros", &[]),
    ("ovonic-waveforms", &[]),
    ("ovonic-device", &["ovonic-numerics", "ovonic-device-macros"]),
    ("ovonic-devices", &["ovonic-device", "ovonic-numerics"]),
    ("ovonic-circuit", &["ovonic-device", "ovonic-numerics"]),
    (
        "ovonic-analysis",
        &["ovonic-circuit", "ovonic-device", "ovonic-numerics", "ovonic-waveforms"],
    ),
    (
        "ovonic-crossbar",
        &[
            "ovonic-analysis",
            "ovonic-circuit",
            "ovonic-device",
            "ovonic-numerics",
            "ovonic-waveforms",
        ],
    ),
    ("ovonic-calibrate", &["ovonic-waveforms", "ovonic-numerics"]),
    (
        "ovonic",
        &[
            "ovonic-analysis",
            "ovonic-calibrate",
            "ovonic-circuit",
            "ovonic-crossbar",
            "ovonic-device",
            "ovonic-devices",
            "ovonic-netlist",
            "ovonic-numerics",
            "ovonic-waveforms",
        ],
    ),
    ("ovonic-cli", &["ovonic"]),
    ("ovonic-capi", &["ovonic"]),
    ("ovonic-python", &["ovonic"]),
];

/// Packages that are tools or tests and may use anything.
const FREE: &[&str] = &["ovonic-testkit", "ovonic-xtask", "ovonic-tests", "ovonic-benches"];

/// Everything that may stand at the top.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "crates",
    "deny.toml",
    "docs",
    "models",
    "netlists",
    "rustfmt.toml",
    "tests",
];

/// Files of more than 500 lines, each with the reason why it stays one.
const LONG: &[(&str, &str)] = &[
    ("crates/analysis/src/newton.rs", "one iteration, with every term that enters its residual"),
    (
        "crates/analysis/src/transient/driver.rs",
        "the time loop: every verdict on a step in one place",
    ),
    (
        "crates/analysis/src/transient/sensitivity.rs",
        "the derivative of each form of step, and of what a formula remembers",
    ),
    ("crates/circuit/src/builder.rs", "the phases of one build, in order"),
    ("crates/circuit/src/circuit.rs", "the circuit's whole public face; its work is elsewhere"),
    ("crates/circuit/tests/toys/mod.rs", "toy devices of all tests of the crate"),
    ("crates/device/src/instances.rs", "the one implementation of a group, method by method"),
    ("crates/devices/src/behavioural.rs", "one model with its five forms, and its tests"),
    ("crates/ovonic/src/design.rs", "what an elaborated netlist keeps to be prepared anew"),
    ("crates/ovonic/src/elaborate/draft.rs", "one element card to one draft, letter by letter"),
    ("crates/ovonic/src/elaborate/expand.rs", "the flattening of one hierarchy"),
    ("crates/ovonic/src/elaborate/lines.rs", "what each letter's line may say"),
    ("crates/ovonic/src/elaborate/lower.rs", "one expression language to one tape"),
    ("crates/ovonic/src/elaborate/plan.rs", "what each analysis card may say"),
    (
        "crates/ovonic/src/elaborate/scope.rs",
        "scopes, their lookups and their evaluation, which call each other",
    ),
    ("crates/ovonic/src/run.rs", "one arm an analysis"),
    ("crates/ovonic/tests/diagnostics.rs", "one test a diagnostic"),
];

const MAX_LINES: usize = 500;

pub(crate) fn run() -> Outcome {
    let mut complaints = Vec::new();
    directions(&mut complaints)?;
    let files = tracked_files()?;
    top_level(&files, &mut complaints);
    for file in &files {
        source_file(file, &mut complaints);
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(format!("{} complaints\n  {}", complaints.len(), complaints.join("\n  ")))
}

fn directions(complaints: &mut Vec<String>) -> Outcome {
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .map_err(|error| error.to_string())?;
    for package in &metadata.packages {
        let name = package.name.to_string();
        if FREE.contains(&name.as_str()) {
            continue;
        }
        let Some((_, allowed)) = DIRECTIONS.iter().find(|(known, _)| *known == name) else {
            complaints.push(format!("package {name} is not in the drawing"));
            continue;
        };
        for dependency in &package.dependencies {
            let ours = dependency.name == "ovonic" || dependency.name.starts_with("ovonic-");
            let test = dependency.kind == DependencyKind::Development;
            let testkit = test && dependency.name == "ovonic-testkit";
            if ours && !testkit && !allowed.contains(&dependency.name.as_str()) {
                complaints.push(format!("{name} depends on {}", dependency.name));
            }
        }
    }
    Ok(())
}

/// Files that git tracks, relative to the root.
fn tracked_files() -> Result<Vec<PathBuf>, String> {
    let output = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("git: {error}"))?;
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect())
}

fn top_level(files: &[PathBuf], complaints: &mut Vec<String>) {
    let mut tops: Vec<_> = files
        .iter()
        .filter_map(|file| file.iter().next())
        .map(|top| top.to_string_lossy())
        .collect();
    tops.sort();
    tops.dedup();
    for top in tops.iter().filter(|top| !TOP.contains(&top.as_ref())) {
        complaints.push(format!("{top} has no place at the top"));
    }
}

fn source_file(file: &Path, complaints: &mut Vec<String>) {
    let Ok(text) = fs::read_to_string(root().join(file)) else {
        return;
    };
    let name = file.to_string_lossy();
    let own = name.ends_with("xtask/src/tidy.rs");
    for folder in ["/work/", "/root/", "/tmp/wt/"] {
        if text.contains(folder) && !own {
            complaints.push(format!("{name} names a machine's folder {folder}"));
        }
    }
    if file.extension().is_none_or(|extension| extension != "rs") {
        return;
    }
    if !text.starts_with("//!") && !text.starts_with("#![") {
        complaints.push(format!("{name} does not open with //!"));
    }
    let lines = text.lines().count();
    let excused = LONG.iter().any(|(known, _)| *known == name);
    if lines > MAX_LINES && !excused {
        complaints.push(format!("{name} has {lines} lines"));
    }
    if lines <= MAX_LINES && excused {
        complaints.push(format!("{name} is listed as long and is not"));
    }
    for stub in ["todo!(", "unimplemented!(", "#[ignore", "should_panic"] {
        if text.contains(stub) && !own {
            complaints.push(format!("{name} contains {stub}"));
        }
    }
}
