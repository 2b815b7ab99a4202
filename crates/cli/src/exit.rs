//! How the program ends: exit codes, and the failures that are not the netlist's.
//!
//! Scripts decide by the code alone whether a circuit is wrong, did not converge or missed its specification, so the
//! codes are few, documented in `--help`, and never change.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ovonic::crossbar::CrossbarError;
use ovonic::waveforms::WaveformError;

use crate::plot::PlotError;
use crate::simulate;

/// What the exit code says. The order is that of gravity for a run with several outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Everything worked.
    Success,
    /// A `.meas` failed or an expectation was not met.
    Unmet,
    /// An analysis did not converge.
    NotConverged,
    /// A simulation failed for another reason, or a file could not be read or written.
    Failed,
    /// The command line or the netlist is wrong.
    Usage,
    /// A control block ended with `quit` and this code, which is not zero.
    Asked(u8),
}

impl Status {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Status::Success => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::NotConverged => 3,
            Status::Unmet => 4,
            Status::Asked(code) => code,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status.code())
    }
}

/// The table of exit codes that `--help` shows.
pub(crate) const CODES: &str = "\
Exit codes:
  0  success
  1  the simulation failed, or a file could not be read or written
  2  the command line or the netlist is wrong
  3  an analysis did not converge
  4  a measure or an expectation failed, or a fit missed its tolerance
A control block that ends with quit and a number ends the program with it.";

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file could not be read.
    #[error("cannot read \"{}\": {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("cannot write \"{}\": {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
    /// Results could not be read or written.
    #[error(transparent)]
    Waveform(#[from] WaveformError),
    /// The netlist does not suit the command line: it has no such parameter.
    #[error(transparent)]
    Unsuitable(ovonic::Error),
    /// The simulation failed.
    #[error(transparent)]
    Simulation(ovonic::Error),
    /// A file with results could not be written.
    #[error("cannot write \"{}\": {error}", .path.display())]
    Results {
        /// The file.
        path: PathBuf,
        /// Why.
        error: ovonic::Error,
    },
    /// A file with a matrix could not be read or written.
    #[error("{}: {error}", .path.display())]
    Matrix {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: WaveformError,
    },
    /// An array could not be solved.
    #[error(transparent)]
    Crossbar(#[from] CrossbarError),
    /// A crossing on the command line is not in the array.
    #[error("the {what} at row {row}, column {col} lies outside the array of {rows} x {cols}")]
    Outside {
        /// What was to be put there.
        what: &'static str,
        /// Its row, from 1.
        row: usize,
        /// Its column, from 1.
        col: usize,
        /// Rows of the array.
        rows: usize,
        /// Columns of the array.
        cols: usize,
    },
    /// A line on the command line is not in the array.
    #[error("there is no line {line} among {count} {what}")]
    NoLine {
        /// Which lines.
        what: &'static str,
        /// Its number, from 1.
        line: usize,
        /// How many there are.
        count: usize,
    },
    /// Several kinds of data for one standard output.
    #[error("standard output takes one of -r -, --csv -, --measures - and --stats json")]
    Crowded,
    /// A plan of a fit makes no sense.
    #[error("{0}")]
    Fit(String),
    /// A picture could not be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// A name on the command line means nothing.
    #[error("unknown {what} \"{name}\"{}", .suggestion.as_ref().map(|name| format!("\n  help: did you mean \"{name}\"?")).unwrap_or_default())]
    UnknownName {
        /// What was looked for: `device`, `diagnostic code`.
        what: &'static str,
        /// What the user wrote.
        name: String,
        /// A similar name.
        suggestion: Option<String>,
    },
}

impl Failure {
    /// A file that could not be read.
    pub(crate) fn read(path: &Path, source: io::Error) -> Failure {
        Failure::Read { path: path.to_owned(), source }
    }

    /// A file that could not be written.
    pub(crate) fn write(path: &Path, source: io::Error) -> Failure {
        Failure::Write { path: path.to_owned(), source }
    }

    /// The exit code of the failure.
    pub(crate) fn status(&self) -> Status {
        match self {
            Failure::UnknownName { .. }
            | Failure::Crowded
            | Failure::Fit(_)
            | Failure::Unsuitable(_)
            | Failure::Waveform(WaveformError::UnknownVector { .. })
            | Failure::Outside { .. }
            | Failure::NoLine { .. }
            | Failure::Matrix { .. }
            | Failure::Crossbar(
                CrossbarError::Empty { .. }
                | CrossbarError::Resistance { .. }
                | CrossbarError::Shape { .. }
                | CrossbarError::Voltage { .. }
                | CrossbarError::IterativeShort
                | CrossbarError::Undriven,
            )
            | Failure::Plot(
                PlotError::UnknownFormat(_)
                | PlotError::Waveform(WaveformError::UnknownVector { .. }),
            ) => Status::Usage,
            Failure::Crossbar(
                CrossbarError::NotConverged { .. } | CrossbarError::NotBalanced { .. },
            ) => Status::NotConverged,
            Failure::Simulation(error) => simulate::status(error),
            _ => Status::Failed,
        }
    }

    /// Whether whoever reads standard output has left (`ovonic … | head`), which is no failure of ours.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
