//! Collects diagnostics during elaboration, each with the subcircuit instances that led to it.
//!
//! A mistake inside a subcircuit that is instantiated a thousand times is one mistake, so what has been said of
//! a place is not said again.

use ovonic_netlist::codes::Code;
use ovonic_netlist::{Diagnostic, Dialect, Severity, SourceMap, Span, TraceEntry};
use std::collections::HashSet;

/// The mistake has been reported; whoever gets this has nothing to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported;

/// The list of diagnostics, and where elaboration stands.
#[derive(Default)]
pub(crate) struct Reporter {
    diagnostics: Vec<Diagnostic>,
    seen: HashSet<(Code, Span, String)>,
    trace: Vec<TraceEntry>,
    n_errors: usize,
    dialect: Dialect,
}

impl Reporter {
    /// Nothing reported yet, under the rules of `dialect`.
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }

    /// Whose rules count.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether ngspice's rules count.
    pub(crate) fn follows_ngspice(&self) -> bool {
        self.dialect == Dialect::Ngspice
    }

    /// Starts a list anew and hands out the old one.
    pub(crate) fn restart(&mut self) -> Reporter {
        let new = Reporter::new(self.dialect);
        std::mem::replace(self, new)
    }

    /// Reports what ngspice passes over: an error, or under its rules a warning, after which one goes on.
    pub(crate) fn tolerate(&mut self, mut diagnostic: Diagnostic) -> Result<(), Reported> {
        if !self.follows_ngspice() {
            return Err(self.report(diagnostic));
        }
        diagnostic.severity = Severity::Warning;
        self.report(diagnostic);
        Ok(())
    }

    /// Adds a diagnostic, unless it is there already.
    pub(crate) fn report(&mut self, mut diagnostic: Diagnostic) -> Reported {
        let key = (diagnostic.code, diagnostic.primary.span, diagnostic.message.clone());
        if self.seen.insert(key) {
            self.n_errors += usize::from(diagnostic.is_error());
            diagnostic.trace.extend(self.trace.iter().rev().cloned());
            self.diagnostics.push(diagnostic);
        }
        Reported
    }

    /// Reports what holds for the netlist as a whole: at the first of its places alone.
    pub(crate) fn report_once(&mut self, diagnostic: Diagnostic) {
        let key = (diagnostic.code, Span::default(), diagnostic.message.clone());
        if self.seen.insert(key) {
            self.report(diagnostic);
        }
    }

    /// The instances that lead to where elaboration stands, outermost first.
    pub(crate) fn trace(&self) -> &[TraceEntry] {
        &self.trace
    }

    /// Says which instances lead to what is looked at next, outermost first.
    pub(crate) fn set_trace(&mut self, trace: &[TraceEntry]) {
        self.trace = trace.to_vec();
    }

    /// Number of errors so far.
    pub(crate) fn n_errors(&self) -> usize {
        self.n_errors
    }

    /// The diagnostics as they are.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The diagnostics, with the includes that led to their files.
    pub(crate) fn finish(self, sources: &SourceMap) -> Vec<Diagnostic> {
        let diagnostics = self.diagnostics.into_iter();
        diagnostics.map(|diagnostic| diagnostic.with_include_trace(sources)).collect()
    }
}
