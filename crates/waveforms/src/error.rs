//! What can go wrong with result files, vectors and measures.

use std::io;

use thiserror::Error;

/// Errors of this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WaveformError {
    /// A file or stream could not be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A point does not have one value for each variable of its plot.
    #[error("point of {found} values for a plot of {expected} variables")]
    PointLength {
        /// Number of variables that the plot header declared.
        expected: usize,
        /// Number of values that were given.
        found: usize,
    },
    /// A complex point was given to a real plot or a real one to a complex plot.
    #[error("{found} point for a plot that was opened as {expected}")]
    PointScalar {
        /// What the plot header declared, `real` or `complex`.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// A point or an end arrived although no plot was begun, or a plot was begun within another.
    #[error("{call} was called while {state}")]
    SinkOrder {
        /// The method that was called.
        call: &'static str,
        /// The state of the sink at that moment.
        state: &'static str,
    },
    /// No vector has the requested name.
    #[error("no vector named \"{name}\"{}", help(.candidates))]
    UnknownVector {
        /// The name that was asked for.
        name: String,
        /// Existing names that resemble it, best first.
        candidates: Vec<String>,
    },
}

fn help(candidates: &[String]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = candidates.iter().map(|c| format!("\"{c}\"")).collect();
    format!("; did you mean {}?", quoted.join(" or "))
}
