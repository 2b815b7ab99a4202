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
    /// A raw file does not follow its format.
    #[error("line {line} of the raw file: found \"{found}\", expected {expected}")]
    RawFormat {
        /// Line, counted from 1 over all text lines of the file.
        line: usize,
        /// What stands there, shortened.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// A cell of a table is not a number.
    #[error("line {line}, column {column} of the table: \"{found}\" is not a number")]
    CsvNumber {
        /// Line in the file, from 1.
        line: u64,
        /// Column, from 1.
        column: usize,
        /// The text of the cell.
        found: String,
    },
    /// A row of a table has not as many cells as the row of names.
    #[error("line {line} of the table has {found} cells, expected {expected}")]
    CsvRow {
        /// Line in the file, from 1.
        line: u64,
        /// Number of names.
        expected: usize,
        /// Number of cells.
        found: usize,
    },
    /// Bytes are not an npy file that this crate can read.
    #[error("npy file: found {found}, expected {expected}")]
    NpyFormat {
        /// What stands there.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// A field of a matrix in text is no number.
    #[error("line {line}, column {column}: \"{found}\" is not a number")]
    MatrixNumber {
        /// Line of the file, from 1.
        line: usize,
        /// Number of the field in its line, from 1.
        column: usize,
        /// What stands there.
        found: String,
    },
    /// A line of a matrix in text is longer or shorter than the first.
    #[error("line {line} has {found} numbers, the lines before have {expected}")]
    MatrixRow {
        /// Line of the file, from 1.
        line: usize,
        /// How many numbers it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A file that should hold a matrix holds no number.
    #[error("there are no numbers")]
    MatrixEmpty,
    /// Vectors of one plot have different lengths.
    #[error("vector \"{name}\" has {found} points, expected {expected}")]
    VectorLength {
        /// The vector.
        name: String,
        /// Length of the first vector of the plot.
        expected: usize,
        /// Length of this vector.
        found: usize,
    },
    /// A waveform needs points and a scale.
    #[error("there are no points over a scale")]
    NoPoints,
    /// The scale of a waveform turns back.
    #[error("the scale turns back at point {index}")]
    NotMonotonic {
        /// Index of the first point that lies behind its predecessor, from 0.
        index: usize,
    },
    /// A place beyond the ends of a waveform.
    #[error("{at:e} is outside the scale from {first:e} to {last:e}")]
    OutsideScale {
        /// The place.
        at: f64,
        /// First value of the scale.
        first: f64,
        /// Last value of the scale.
        last: f64,
    },
    /// A signal crosses a level fewer times than asked for.
    #[error("{edge} {wanted} through {level:e} does not occur; there are {found}")]
    NoCrossing {
        /// The level.
        level: f64,
        /// `rise`, `fall` or `crossing`.
        edge: &'static str,
        /// Number of the crossing that was asked for, from 1.
        wanted: usize,
        /// Number of crossings that there are.
        found: usize,
    },
    /// A period of the fundamental is longer than the waveform.
    #[error("one period of {frequency:e} Hz is longer than the waveform, {span:e} s")]
    ShortWaveform {
        /// The fundamental frequency.
        frequency: f64,
        /// Length of the scale.
        span: f64,
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
