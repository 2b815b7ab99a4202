//! The command line of the native face, as clap derives it.
//!
//! `help` is a command of ours instead of clap's, because it also knows devices and diagnostic codes.

use clap::{Args, Parser, Subcommand};

use crate::exit;

/// SPICE-style circuit simulator for threshold switches and phase-change memory.
#[derive(Debug, Parser)]
#[command(
    name = "ovonic",
    version,
    disable_help_subcommand = true,
    arg_required_else_help = true,
    after_help = exit::CODES
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Explain a diagnostic code
    Explain(ExplainArgs),
    /// List the devices
    Devices,
    /// Explain a command, a device or a diagnostic code
    Help(HelpArgs),
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// Codes such as E0104; all codes are listed if there is none
    #[arg(value_name = "CODE")]
    pub(crate) codes: Vec<String>,
}

/// Arguments of `help`.
#[derive(Args, Debug)]
pub(crate) struct HelpArgs {
    /// A command (run), a device (diode, d, npn) or a diagnostic code (E0104)
    pub(crate) topic: Option<String>,
}
