//! SPICE text to a syntax tree with spans and diagnostics; knows no device.
//!
//! Parsing never fails: it gives a tree and a list of what is wrong with the text. Whether to go on is for elaboration
//! to decide. Nothing here reads a file except through a [`Loader`] that is passed in.

pub mod ast;
pub mod codes;
mod diagnostic;
mod loader;
mod number;
mod source;
mod suggest;

pub use codes::{Code, CodeEntry, explain};
pub use diagnostic::{Diagnostic, Fix, Label, Severity, TraceEntry};
pub use loader::{DiskLoader, Loader, MemoryLoader};
pub use number::{NumberError, parse_number};
pub use source::{FileId, Position, SourceFile, SourceMap, Span, Spanned};
pub use suggest::suggest;
