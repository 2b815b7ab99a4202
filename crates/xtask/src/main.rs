//! Workspace tasks: `cargo xtask ci | tidy | figures [image…] | generate [--check] | conformance | second-opinion [case…] |
//! soak [COUNT] | coverage [case…] | recovery [case…] | bench-report`.
//!
//! What continuous integration runs is what anyone can run: `cargo xtask ci`.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod ci;
mod conformance;
mod coverage;
mod figures;
mod fits;
mod generate;
mod rivals;
mod second_opinion;
mod soak;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A task's outcome; the message is for a person.
pub(crate) type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["ci", rest @ ..] => ci::run(rest),
        ["tidy"] => tidy::run(),
        ["conformance", rest @ ..] => conformance::run(rest),
        ["coverage", rest @ ..] => coverage::run(rest),
        ["recovery", rest @ ..] => coverage::recovery(rest),
        ["bench-report", rest @ ..] => bench::run(rest),
        ["figures", rest @ ..] => figures::run(rest),
        ["second-opinion", rest @ ..] => second_opinion::run(rest),
        ["soak", rest @ ..] => soak::run(rest),
        ["generate"] => generate::run(false),
        ["generate", "--check"] => generate::run(true),
        _ => Err("usage: cargo xtask ci [--skip-tests] | tidy | figures [image…] | generate [--check] | conformance [--check] [--write] [NAME]… | second-opinion [case…] | soak [COUNT] [--seed N] [--from N] | coverage [case…] | recovery [case…] | bench-report [--deck NAME]… [--repeats N] [--quick] [--small] [--write] [--work-precision] [--program FILE] [--baseline FILE]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}
