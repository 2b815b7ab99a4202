//! What continuous integration runs, in the order in which failures are cheapest to find.

use crate::{Outcome, generate, root, tidy};
use std::process::Command;

pub(crate) fn run(options: &[&str]) -> Outcome {
    let skip_tests = options.contains(&"--skip-tests");
    step("fmt", || cargo(&["fmt", "--all", "--check"], &[]))?;
    step("tidy", tidy::run)?;
    step("generated files", || generate::run(true))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    step("clippy", || cargo(&clippy, &[]))?;
    if !skip_tests {
        step("tests", || cargo(&["test", "--workspace", "--quiet"], &[]))?;
    }
    let doc = ["doc", "--workspace", "--no-deps", "--quiet"];
    step("docs", || cargo(&doc, &[("RUSTDOCFLAGS", "-D warnings")]))?;
    step("deny", deny)
}

fn step(name: &str, run: impl FnOnce() -> Outcome) -> Outcome {
    println!("== {name}");
    run().map_err(|message| format!("{name}: {message}"))
}

/// Licences, duplicate and banned crates, and where crates come from.
fn deny() -> Outcome {
    let found = Command::new("cargo").args(["deny", "--version"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        return Err("cargo-deny is not installed; `cargo install cargo-deny` brings it".into());
    }
    cargo(&["deny", "--log-level", "error", "check", "licenses", "bans", "sources"], &[])
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let status = Command::new("cargo")
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" "))) }
}
