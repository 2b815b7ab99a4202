//! Agreement with independent solutions of the same circuits: `cargo xtask second-opinion [WORD]…`.
//!
//! The scripts in `tests/second_opinion` state each dynamic model's equations anew, from their references, solve them
//! with scipy at a relative tolerance of 1e-10 and compare switching instants and states with the program's. They need
//! a Python with scipy: `PYTHON` names it, else `python3` is tried. Without scipy the comparison is skipped, and says so.

use crate::{Outcome, root};
use std::process::Command;

/// Runs the scripts on this workspace's program, those cases alone whose names contain one of `words`.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let probe = Command::new(&python).args(["-c", "import scipy"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        println!(
            "SKIPPED: {python} has no scipy, so no model was compared with a second implementation"
        );
        return Ok(());
    }
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "--package", "ovonic-cli"])
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if !built.success() {
        return Err("the program does not build".into());
    }
    let status = Command::new(&python)
        .arg(root().join("tests/second_opinion/run.py"))
        .arg(root().join("target/release/ovonic"))
        .args(words)
        .status()
        .map_err(|error| format!("{python}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("a model disagrees with its second implementation".into())
    }
}
