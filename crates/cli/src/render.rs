//! Diagnostics as people read them: the piece of source with marks under it, help, and the way it came in.
//!
//! The renderer gets the lines around the marks and never a whole deck: it is linear in what it is given, and decks
//! with extracted parasitics have millions of lines.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use ovonic::netlist::{Diagnostic, FileId, Label, Severity, SourceMap, Span};

use crate::console::Console;

/// Diagnostics that are shown in full; of more than that, nobody reads the rest.
const SHOWN: usize = 40;
/// Lines longer than this are left to the plain renderer, which cuts them.
const LONG_LINE: usize = 1000;
/// Labels that are at most so many lines apart share one excerpt.
const NEARBY: usize = 20;

/// Shows the diagnostics, the worst kinds first in the count below them; `quiet` leaves only errors.
pub(crate) fn show(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    quiet: bool,
    console: &mut Console,
) {
    let wanted: Vec<&Diagnostic> =
        diagnostics.iter().filter(|diagnostic| !quiet || diagnostic.is_error()).collect();
    // Where not all fit, the errors have to be among those that do.
    let (errors, others): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        wanted.iter().partition(|diagnostic| diagnostic.is_error());
    let all_fit = wanted.len() <= SHOWN;
    let ordered = if all_fit { wanted } else { [errors, others].concat() };
    for diagnostic in ordered.iter().take(SHOWN) {
        let text = render(diagnostic, sources, console.colour(), console.width());
        console.say(&text);
    }
    if !all_fit {
        console.say(&format!("... and {} more\n\n", ordered.len() - SHOWN));
    }
}

/// How many there are of each severity: `2 errors, 1 warning`; empty if there are none.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let of = |severity, word: &str| {
        let matching = diagnostics.iter().filter(|d| d.severity == severity);
        let n = matching.count();
        let plural = if n == 1 { "" } else { "s" };
        (n > 0).then(|| format!("{n} {word}{plural}"))
    };
    let counts = [
        of(Severity::Error, "error"),
        of(Severity::Warning, "warning"),
        of(Severity::Note, "note"),
    ];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    counts.join(", ")
}

/// One diagnostic with a blank line behind it.
pub(crate) fn render(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    colour: bool,
    width: usize,
) -> String {
    let excerpts = excerpts(diagnostic, sources);
    if excerpts.iter().any(|excerpt| excerpt.has_long_line()) {
        return diagnostic.render(sources) + "\n";
    }
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title).elements(excerpts.iter().map(Excerpt::snippet));
    for step in &diagnostic.trace {
        let note = format!("{} ({})", step.message, sources.describe(step.span));
        group = group.element(Level::NOTE.message(note));
    }
    let patch = patch(diagnostic, sources, &excerpts);
    let mut groups = Vec::with_capacity(2);
    match (&diagnostic.help, patch) {
        (Some(help), Some(patch)) => {
            groups.push(group);
            groups.push(Level::HELP.secondary_title(help.as_str()).element(patch));
        }
        (Some(help), None) => groups.push(group.element(Level::HELP.message(help.as_str()))),
        (None, _) => groups.push(group),
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.term_width(width).render(&groups))
}

/// Whole lines of one file, with the marks that lie in them.
struct Excerpt<'a> {
    path: String,
    file: FileId,
    /// First and last line, counted from 1.
    lines: Range<usize>,
    /// Offset of the text in its file.
    offset: usize,
    text: &'a str,
    marks: Vec<(&'a Label, bool)>,
}

impl<'a> Excerpt<'a> {
    fn has_long_line(&self) -> bool {
        self.text.lines().any(|line| line.len() > LONG_LINE)
    }

    /// A span of the file as a range of the excerpt.
    fn range(&self, span: Span) -> Range<usize> {
        let inside = |at: u32| {
            let at = (at as usize).saturating_sub(self.offset);
            floor_char_boundary(self.text, at)
        };
        inside(span.start)..inside(span.end).max(inside(span.start))
    }

    fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let marks = self.marks.iter().map(|(label, primary)| {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(self.range(label.span));
            match label.message.as_str() {
                "" => annotation,
                message => annotation.label(message),
            }
        });
        Snippet::source(self.text)
            .line_start(self.lines.start)
            .path(self.path.as_str())
            .annotations(marks)
    }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The excerpts that a diagnostic needs; the one with the primary label comes first.
fn excerpts<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Excerpt<'a>> {
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    let primary = std::iter::once((&diagnostic.primary, true));
    let secondary = diagnostic.secondary.iter().map(|label| (label, false));
    for mark in primary.chain(secondary) {
        let span = mark.0.span;
        let lines = lines(span, sources);
        let near = excerpts.iter_mut().find(|excerpt| {
            let gap = excerpt.lines.start.max(lines.start) as isize
                - excerpt.lines.end.min(lines.end) as isize;
            excerpt.file == span.file && gap <= NEARBY as isize
        });
        match near {
            Some(excerpt) => {
                excerpt.lines.start = excerpt.lines.start.min(lines.start);
                excerpt.lines.end = excerpt.lines.end.max(lines.end);
                excerpt.marks.push(mark);
            }
            None => excerpts.push(Excerpt {
                path: sources.file(span.file).path().display().to_string(),
                file: span.file,
                lines,
                offset: 0,
                text: "",
                marks: vec![mark],
            }),
        }
    }
    for excerpt in &mut excerpts {
        cut(excerpt, sources);
    }
    excerpts
}

/// The lines that a span touches, the last one included.
fn lines(span: Span, sources: &SourceMap) -> Range<usize> {
    let first = sources.position(span).line;
    let last = sources.position_at(span.file, span.end.saturating_sub(1).max(span.start));
    first..last.line.max(first)
}

/// Fills in the text of an excerpt.
fn cut<'a>(excerpt: &mut Excerpt<'a>, sources: &'a SourceMap) {
    let text = sources.file(excerpt.file).text();
    let start = excerpt.marks.iter().map(|(label, _)| label.span.start);
    let end = excerpt.marks.iter().map(|(label, _)| label.span.end);
    let start = floor_char_boundary(text, start.min().unwrap_or(0) as usize);
    let end = floor_char_boundary(text, end.max().unwrap_or(0) as usize).max(start);
    let first = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let last = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    excerpt.offset = first;
    excerpt.text = text[first..last].trim_end_matches('\r');
}

/// The change that a diagnostic offers, if it lies in one of the excerpts.
fn patch<'a>(
    diagnostic: &'a Diagnostic,
    sources: &SourceMap,
    excerpts: &[Excerpt<'a>],
) -> Option<Snippet<'a, Patch<'a>>> {
    let fix = diagnostic.fix.as_ref()?;
    let span = fix.span;
    let excerpt = excerpts.iter().find(|excerpt| {
        let lines = lines(span, sources);
        excerpt.file == span.file
            && excerpt.lines.start <= lines.start
            && lines.end <= excerpt.lines.end
    })?;
    Some(
        Snippet::source(excerpt.text)
            .line_start(excerpt.lines.start)
            .path(excerpt.path.clone())
            .patch(Patch::new(excerpt.range(span), fix.replacement.as_str())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovonic::netlist::codes;

    fn at(sources: &SourceMap, file: FileId, text: &str) -> Span {
        let start = sources.file(file).text().find(text).unwrap() as u32;
        Span::new(file, start, start + text.len() as u32)
    }

    fn plain(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
        render(diagnostic, sources, false, 100)
    }

    #[test]
    fn marks_help_and_trace_are_shown() {
        let mut sources = SourceMap::new();
        let top = sources.add("top.cir", "title\n.include \"a.inc\"\n", None);
        let card = at(&sources, top, ".include \"a.inc\"");
        let file = sources.add("a.inc", "* µ\nD1 a 0 d1n4148\n.model x d\n+ iss=1f\n", Some(card));
        let diagnostic = Diagnostic::error(
            codes::UNKNOWN_PARAMETER,
            at(&sources, file, "iss"),
            "unknown parameter \"iss\" for diode model \"x\"",
        )
        .label("not a parameter")
        .secondary(at(&sources, file, "x d"), "of this model")
        .did_you_mean(Some("is"))
        .with_include_trace(&sources);
        expect(
            &plain(&diagnostic, &sources),
            "\
error[E0502]: unknown parameter \"iss\" for diode model \"x\"
 --> a.inc:4:3
  |
3 | .model x d
  |        --- of this model
4 | + iss=1f
  |   ^^^ not a parameter
  |
  = note: included from here (top.cir:2:1)
help: did you mean \"is\"?
  |
4 - + iss=1f
4 + + is=1f
  |

",
        );
    }

    #[test]
    fn distant_labels_get_excerpts_of_their_own() {
        let mut sources = SourceMap::new();
        let text = format!("t\nfirst\n{}second\n", "*\n".repeat(500));
        let file = sources.add("a.cir", text, None);
        let diagnostic =
            Diagnostic::warning(codes::SHADOWED, at(&sources, file, "second"), "twice")
                .secondary(at(&sources, file, "first"), "here too");
        let text = plain(&diagnostic, &sources);
        assert!(text.contains("a.cir:503:1"), "{text}");
        assert!(text.contains("here too") && text.lines().count() < 14, "{text}");
    }

    #[test]
    fn ends_of_files_and_long_lines_are_no_trouble() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.cir", format!("t\n{}", "R1 ".repeat(1000)), None);
        let end = sources.file(file).text().len() as u32;
        for span in [
            Span::new(file, end, end),
            Span::new(file, end + 5, end + 9),
            Span::new(file, 0, end),
            Span::new(file, 1, 1),
        ] {
            let diagnostic = Diagnostic::error(codes::BAD_NUMBER, span, "broken");
            let text = plain(&diagnostic, &sources);
            assert!(text.starts_with("error[E0104]: broken") && text.len() < 1500, "{text}");
        }
    }

    #[test]
    fn counts_are_in_words() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.cir", "t", None);
        let span = Span::new(file, 0, 1);
        let error = Diagnostic::error(codes::BAD_NUMBER, span, "e");
        let warning = Diagnostic::warning(codes::UNUSED, span, "w");
        assert_eq!(count(&[]), "");
        assert_eq!(count(&[error.clone(), warning, error]), "2 errors, 1 warning");
    }

    fn expect(found: &str, expected: &str) {
        assert_eq!(found, expected, "\n{found}");
    }
}
