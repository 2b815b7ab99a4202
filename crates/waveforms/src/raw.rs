//! Raw files: the result format of the SPICE family.
//!
//! A file is a sequence of plots. Each has a text header (`Title:`, `Date:`, `Command:`, `Plotname:`, `Flags:`,
//! `No. Variables:`, `No. Points:`, `Variables:` with one tab-separated row per vector), then either `Binary:` and
//! little-endian `f64`, point after point, or `Values:` and text. In complex plots every value is a pair.

mod header;
mod read;
mod source;
mod write;

pub use header::RawHeader;
pub use read::{RawFile, RawReader, RawWarning, read_raw};
pub use write::{RawEncoding, RawOptions, RawWriter};
