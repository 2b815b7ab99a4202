//! What the parser is told, and what it gives.

use std::path::PathBuf;

use crate::ast::Netlist;
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

/// How a netlist is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// Folders in which included files are looked for after the folder of the including file.
    pub include_paths: Vec<PathBuf>,
    /// Whose rules count where simulators disagree.
    pub dialect: Dialect,
}

/// Whose rules count where simulators disagree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Nothing is ignored in silence.
    #[default]
    Ovonic,
    /// As ngspice reads it, with a warning: text after `.end` is part of the netlist, letters behind a number are
    /// dropped, and an unquoted value among several assignments of a `.param` stops at its first blank.
    Ngspice,
}

/// What became of a text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree.
    pub netlist: Netlist,
    /// The files it came from.
    pub sources: SourceMap,
    /// What is wrong with it, in reading order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// True if a diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// All diagnostics as plain text.
    #[must_use]
    pub fn render(&self) -> String {
        self.diagnostics.iter().map(|diagnostic| diagnostic.render(&self.sources)).collect()
    }
}
