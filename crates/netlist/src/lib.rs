//! SPICE text to a syntax tree with spans and diagnostics; knows no device.
//!
//! Parsing never fails: it gives a tree and a list of what is wrong with the text. Whether to go on is for elaboration
//! to decide. Nothing here reads a file except through a [`Loader`] that is passed in.

pub mod ast;
mod balance;
mod blocks;
mod cards;
pub mod codes;
mod control;
mod cursor;
mod decode;
mod diagnostic;
mod expression;
mod files;
mod lines;
mod loader;
mod number;
mod options;
mod parser;
mod source;
mod suggest;
mod title;

pub use codes::{Code, CodeEntry, explain};
pub use control::{VectorSyntaxError, parse_vectors, split_redirection};
pub use diagnostic::{Diagnostic, Fix, Label, Severity, TraceEntry};
pub use expression::parse_expression;
pub use loader::{DiskLoader, Loader, MemoryLoader};
pub use number::{NumberError, parse_number};
pub use options::{Dialect, ParseOptions, Parsed};
pub use parser::{CROSSBAR_TEXTS, parse, parse_text};
pub use source::{FileId, Position, SourceFile, SourceMap, Span, Spanned};
pub use suggest::suggest;
