//! Diagnostics: what is wrong, where, and what to do about it.
//!
//! Parsing and elaboration report through the same type, so that a user sees one style and the program that renders
//! them needs one renderer.

use std::fmt;

use crate::codes::Code;
use crate::source::{SourceMap, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Suspicious; the netlist can still be simulated.
    Warning,
    /// The netlist cannot be simulated.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A span with a remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// The remark; may be empty.
    pub message: String,
}

/// A step on the way from the top file to the place of a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// The `.include` card or the subcircuit instance.
    pub span: Span,
    /// What the step is: `included from here`, `in subcircuit instance "x1"`.
    pub message: String,
}

/// A change of the text that would mend the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which problem, for `explain`.
    pub code: Code,
    /// The problem in one lower-case sentence without a full stop.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change that mends it.
    pub fix: Option<Fix>,
    /// Includes and subcircuit instances, innermost first.
    pub trace: Vec<TraceEntry>,
}

impl Diagnostic {
    /// A diagnostic of a given severity.
    pub fn new(severity: Severity, code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            severity,
            code,
            message: message.into(),
            primary: Label { span, message: String::new() },
            secondary: Vec::new(),
            help: None,
            fix: None,
            trace: Vec::new(),
        }
    }

    /// An error.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Error, code, span, message)
    }

    /// A warning.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Warning, code, span, message)
    }

    /// A note.
    pub fn note(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic::new(Severity::Note, code, span, message)
    }

    /// Puts a remark at the primary span.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Points at another place.
    #[must_use]
    pub fn secondary(mut self, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label { span, message: message.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Offers a replacement for a span, and says so if there is no other help.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        let replacement = replacement.into();
        self.help.get_or_insert_with(|| format!("did you mean \"{replacement}\"?"));
        self.fix = Some(Fix { span, replacement });
        self
    }

    /// Offers a similar name, if there is one; see [`crate::suggest`].
    #[must_use]
    pub fn did_you_mean(self, candidate: Option<&str>) -> Self {
        let span = self.primary.span;
        match candidate {
            Some(candidate) => self.fix(span, candidate),
            None => self,
        }
    }

    /// Adds a step of the include or subcircuit trace; call it innermost first.
    #[must_use]
    pub fn traced(mut self, span: Span, message: impl Into<String>) -> Self {
        self.trace.push(TraceEntry { span, message: message.into() });
        self
    }

    /// Adds the includes through which the primary span's file came in.
    #[must_use]
    pub fn with_include_trace(mut self, sources: &SourceMap) -> Self {
        let includes = sources.include_trace(self.primary.span.file);
        self.trace.extend(
            includes
                .into_iter()
                .map(|span| TraceEntry { span, message: "included from here".to_owned() }),
        );
        self
    }

    /// True if the diagnostic is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The diagnostic as plain text: what a log, a test or a terminal without colour shows.
    #[must_use]
    pub fn render(&self, sources: &SourceMap) -> String {
        let mut text = format!("{}[{}]: {}\n", self.severity, self.code, self.message);
        render_label(&mut text, sources, &self.primary, '^');
        for label in &self.secondary {
            render_label(&mut text, sources, label, '-');
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("  help: {help}\n"));
        }
        for entry in &self.trace {
            text.push_str(&format!(
                "  note: {} ({})\n",
                entry.message,
                sources.describe(entry.span)
            ));
        }
        text
    }
}

/// The longest piece of a source line that is shown.
const SHOWN: usize = 160;

fn render_label(text: &mut String, sources: &SourceMap, label: &Label, mark: char) {
    let position = sources.position(label.span);
    let line = sources.line(label.span.file, position.line);
    let skipped = if position.column > SHOWN { position.column - SHOWN / 2 } else { 0 };
    let shown: String = line
        .chars()
        .skip(skipped)
        .take(SHOWN)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let indent = position.column - 1 - skipped;
    let length = sources.snippet(label.span).chars().take_while(|&c| c != '\n').count();
    let marks = length.min(shown.chars().count().saturating_sub(indent)).max(1);
    let marks: String = std::iter::repeat_n(mark, marks).collect();
    let remark =
        if label.message.is_empty() { String::new() } else { format!(" {}", label.message) };
    text.push_str(&format!("  --> {}\n", sources.describe(label.span)));
    text.push_str(&format!("   | {}\n   | {:indent$}{marks}{remark}\n", shown.trim_end(), ""));
}
