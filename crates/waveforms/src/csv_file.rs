//! Comma-separated tables, for spreadsheets and scripts.
//!
//! The first row holds the names of the vectors. A complex vector takes two columns, `re(name)` and `im(name)`;
//! the frequency of a complex plot takes one. Stepped parameters follow as further columns, so that a stepped run is
//! one table. A plot with other columns begins after an empty line with its own row of names.
//! Numbers have the fewest digits that restore the same `f64`.

mod read;
mod write;

pub use read::read_csv;
pub use write::CsvWriter;
