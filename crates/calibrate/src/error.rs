//! What can go wrong before a fit begins.

use std::io;
use std::path::PathBuf;

/// Why a file of measured data could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file could not be read.
    #[error("cannot read \"{}\": {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A cell is not a number.
    #[error("{file}:{line}: column {column}: \"{found}\" is not a number")]
    Number {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What stands there.
        found: String,
    },
    /// A row has another number of cells than the first one.
    #[error("{file}:{line}: {found} cells, expected {expected}")]
    Row {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Cells of the first row.
        expected: usize,
        /// Cells of this row.
        found: usize,
    },
    /// There is no row of numbers.
    #[error("{file}: there are no rows of numbers")]
    Empty {
        /// The file.
        file: String,
    },
    /// An npy file holds something else than a vector or a matrix of real numbers.
    #[error("{file}: {reason}")]
    Array {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A column that the mapping names does not exist.
    #[error("{file}: there is no column \"{name}\"; there are {columns}")]
    Column {
        /// The file.
        file: String,
        /// What was asked for.
        name: String,
        /// What there is.
        columns: String,
    },
}
