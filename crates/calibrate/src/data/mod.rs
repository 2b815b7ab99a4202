//! Measured data: files, columns, traces, and what is wrong with them.

mod branch;
mod examine;
mod file;
mod mapping;
mod trace;

pub use branch::Branch;
pub use examine::{Finding, Severity, examine};
pub use file::DataFile;
pub use mapping::{Mapping, MappingError, Role};
pub use trace::{Censoring, Preparation, Selection, Trace, traces};
