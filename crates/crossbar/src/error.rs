//! What can be wrong with an array, and how solving it can fail.

use thiserror::Error;

use crate::Direction;

/// Errors of this crate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CrossbarError {
    /// An array needs at least one row and one column.
    #[error("an array of {rows} rows and {cols} columns has no devices")]
    Empty {
        /// Number of word lines.
        rows: usize,
        /// Number of bit lines.
        cols: usize,
    },
    /// A resistance is negative or no number.
    #[error(
        "{what} is {value} ohm in row {row}, column {col}; a resistance is zero or more, inf is open"
    )]
    Resistance {
        /// Whose resistance.
        what: &'static str,
        /// What was given.
        value: f64,
        /// Row of the matrix, from 1.
        row: usize,
        /// Column of the matrix, from 1.
        col: usize,
    },
    /// A matrix does not fit the array.
    #[error("{what}: found {found_rows} x {found_cols}, expected {expected}")]
    Shape {
        /// What the matrix describes.
        what: &'static str,
        /// Its rows.
        found_rows: usize,
        /// Its columns.
        found_cols: usize,
        /// What would fit.
        expected: String,
    },
    /// A voltage is infinite or no number.
    #[error("the voltage of {direction} line {line} is {value}")]
    Voltage {
        /// Which lines.
        direction: Direction,
        /// Number of the line, from 1.
        line: usize,
        /// What was given.
        value: f64,
    },
    /// Sources of different voltages are tied together by zero resistance.
    #[error(
        "{first} and {second} are connected without any resistance and have different voltages"
    )]
    ShortedSources {
        /// One of the lines.
        first: String,
        /// The other one.
        second: String,
    },
    /// Nothing drives any line.
    #[error("no line of the array is driven")]
    Undriven,
    /// The iteration did not reach its tolerance.
    #[error(
        "not solved: error {reached:.1e} after {iterations} iterations, wanted {wanted:.1e}; \
         try the direct method"
    )]
    NotConverged {
        /// Iterations that were made.
        iterations: usize,
        /// Estimated relative error of the voltages, or residual if that is larger.
        reached: f64,
        /// The tolerance.
        wanted: f64,
    },
    /// Currents do not balance at some node.
    #[error(
        "not solved: the currents of a node are out of balance by {imbalance:.1e} of their sum; \
         try the direct method"
    )]
    NotBalanced {
        /// Imbalance relative to the sum of absolute currents.
        imbalance: f64,
    },
    /// Newton's iteration did not balance the currents.
    #[error(
        "not solved: after {iterations} Newton iterations the last step is {step:.1e} of the \
         voltages, and the currents of a node are out of balance by {node_imbalance:.1e}"
    )]
    NewtonFailed {
        /// Newton iterations.
        iterations: usize,
        /// Size of the last step relative to the voltages.
        step: f64,
        /// Imbalance relative to the sum of absolute currents.
        node_imbalance: f64,
    },
    /// The iterative method has no nodes that coincide.
    #[error("the iterative method cannot have a resistance of zero; ask for the direct one")]
    IterativeShort,
    /// The matrix of conductances has a pivot that is not positive.
    #[error("the conductances do not make a positive definite system")]
    NotPositiveDefinite,
    /// Memory or indices do not suffice.
    #[error("a direct solution of {unknowns} unknowns does not fit memory")]
    TooLarge {
        /// Number of unknowns.
        unknowns: usize,
    },
    /// Threads could not be started.
    #[error("cannot start {threads} threads: {source}")]
    Threads {
        /// How many.
        threads: usize,
        /// Why.
        source: rayon::ThreadPoolBuildError,
    },
}
