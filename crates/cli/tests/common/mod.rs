//! Runs the program that was built with these tests.

use std::process::{Command, Output, Stdio};

/// Runs `ovonic` with these arguments, without a terminal.
pub(crate) fn ovonic(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ovonic"))
        .args(arguments)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}
