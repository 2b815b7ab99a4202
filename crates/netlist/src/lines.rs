//! Physical lines to logical lines: comments go, continuations are joined, and every byte keeps its way back.
//!
//! A `+` continues the card before it across comments and blank lines, and `\\` at the end of a line does the same from
//! the other side. Quotes protect what would start a comment, also across a continuation.

use std::borrow::Cow;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The longest logical line in bytes.
const MAX_LENGTH: usize = 16 << 20;

/// One card: the joined text of a line and its continuations, without comments.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    file: FileId,
    pub(crate) text: Cow<'a, str>,
    /// Where the text begins in the file.
    base: u32,
    /// For each continuation: where its text begins in `text`, and where in the file.
    joints: Vec<(u32, u32)>,
}

impl<'a> Line<'a> {
    /// A line that stands in one piece at `base`.
    pub(crate) fn whole(file: FileId, text: &'a str, base: u32) -> Self {
        Line { file, text: Cow::Borrowed(text), base, joints: Vec::new() }
    }

    /// The span of a range of the text.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let first = self.locate(start);
        // The end belongs to the piece that holds the last byte, not to the one that begins behind it.
        let last = if end > start { self.locate(end - 1) + 1 } else { first };
        Span::new(self.file, first, last)
    }

    /// The span of the whole card.
    pub(crate) fn full_span(&self) -> Span {
        self.span(0, self.text.len())
    }

    fn locate(&self, offset: usize) -> u32 {
        let offset = offset as u32;
        match self.joints.partition_point(|&(begin, _)| begin <= offset).checked_sub(1) {
            Some(index) => self.joints[index].1 + (offset - self.joints[index].0),
            None => self.base + offset,
        }
    }

    fn join(&mut self, piece: &str, offset: usize) {
        let text = self.text.to_mut();
        text.push(' ');
        self.joints.push((text.len() as u32, offset as u32));
        text.push_str(piece);
    }
}

/// Blanks are white space and control characters: old editors leave form feeds and ^Z behind.
pub(crate) fn is_blank(c: char) -> bool {
    if c.is_ascii() { c <= ' ' || c == '\x7f' } else { c.is_whitespace() || c.is_control() }
}

/// Reads the logical lines of one file in order.
#[derive(Clone)]
pub(crate) struct LineReader<'a> {
    file: FileId,
    text: &'a str,
    position: usize,
    /// Where the line starts that was skipped last.
    before: usize,
}

/// A physical line with the place where it starts.
struct Physical<'a> {
    text: &'a str,
    start: usize,
    next: usize,
}

impl<'a> LineReader<'a> {
    pub(crate) fn new(file: FileId, text: &'a str) -> Self {
        LineReader { file, text, position: 0, before: 0 }
    }

    /// The next physical line as it stands, without its line end: the title, or a line of a control block.
    pub(crate) fn next_raw(&mut self) -> Option<Line<'a>> {
        let line = self.physical()?;
        self.position = line.next;
        Some(Line::whole(self.file, line.text, line.start as u32))
    }

    /// Moves behind the next physical line whose first word is `keyword`; false if there is none.
    pub(crate) fn skip_behind(&mut self, keyword: &str) -> bool {
        while let Some(line) = self.physical() {
            self.position = line.next;
            self.before = line.start;
            let word = line.text.split(is_blank).find(|word| !word.is_empty()).unwrap_or("");
            if word.eq_ignore_ascii_case(keyword) {
                return true;
            }
        }
        false
    }

    /// The line that [`LineReader::skip_behind`] found, without its comment.
    pub(crate) fn line_before(&self) -> &'a str {
        strip(self.text[self.before..self.position].trim_matches(is_blank), None).0
    }

    /// The next card; `None` at the end of the file.
    pub(crate) fn next_line(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Option<Line<'a>> {
        loop {
            let line = self.next_card(diagnostics)?;
            if line.text.len() <= MAX_LENGTH {
                return Some(line);
            }
            let mib = line.text.len() >> 20;
            diagnostics.push(
                Diagnostic::error(codes::LINE_TOO_LONG, line.span(0, 1), format!("a line of {mib} MiB is too long"))
                    .label("the line starts here and is skipped")
                    .help("a line with its continuations may be 16 MiB long; put long waveforms into a file"),
            );
        }
    }

    fn next_card(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Option<Line<'a>> {
        let (mut line, mut scan) = self.first_piece(diagnostics)?;
        while let Some(physical) = self.physical() {
            let trimmed = physical.text.trim_start_matches(is_blank);
            let piece = if scan.continues {
                trimmed
            } else if let Some(piece) = trimmed.strip_prefix('+') {
                piece
            } else if is_comment(physical.text, trimmed) {
                self.position = physical.next;
                continue;
            } else {
                break;
            };
            self.position = physical.next;
            let offset = physical.start + physical.text.len() - piece.len();
            let (piece, next) = strip(piece, scan.quote);
            scan = next;
            line.join(piece, offset);
        }
        Some(line)
    }

    /// Skips blank lines and comments up to the beginning of a card.
    fn first_piece(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Option<(Line<'a>, Scan)> {
        loop {
            let physical = self.physical()?;
            self.position = physical.next;
            let trimmed = physical.text.trim_start_matches(is_blank);
            if is_comment(physical.text, trimmed) {
                continue;
            }
            let start = physical.start + physical.text.len() - trimmed.len();
            if trimmed.starts_with('+') {
                let span = Span::new(self.file, start as u32, start as u32 + 1);
                diagnostics.push(
                    Diagnostic::error(codes::STRAY_CONTINUATION, span, "there is no card before this continuation line")
                        .help("a line that starts with \"+\" continues the card above it; the title has no continuation"),
                );
                continue;
            }
            let (piece, scan) = strip(trimmed, None);
            return Some((Line::whole(self.file, piece, start as u32), scan));
        }
    }

    fn physical(&self) -> Option<Physical<'a>> {
        let rest = &self.text[self.position..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').unwrap_or(rest.len());
        let next = (self.position + length + 1).min(self.text.len());
        Some(Physical { text: rest[..length].trim_end_matches('\r'), start: self.position, next })
    }
}

/// What one physical line passes on to the next.
#[derive(Clone, Copy, Default)]
struct Scan {
    /// The quote that is still open.
    quote: Option<char>,
    /// True if the line ended in `\\`.
    continues: bool,
}

/// True for blank lines and for lines that are all comment.
fn is_comment(line: &str, trimmed: &str) -> bool {
    trimmed.is_empty()
        || trimmed.starts_with(['*', ';', '$'])
        || trimmed.starts_with("//")
        || line.starts_with('#')
}

/// Removes a comment, trailing blanks and a trailing `\\`.
fn strip(text: &str, quote: Option<char>) -> (&str, Scan) {
    let keeps_slashes = is_include(text);
    let mut scan = Scan { quote, continues: false };
    let mut end = text.len();
    let mut before = ' ';
    let bytes = text.as_bytes();
    for (index, c) in text.char_indices() {
        if let Some(open) = scan.quote {
            if c == open {
                scan.quote = None;
            }
            before = c;
            continue;
        }
        let separated = is_blank(before) || before == ',';
        let starts_comment = match c {
            '\'' | '"' => {
                scan.quote = Some(c);
                false
            }
            ';' => true,
            '$' => separated,
            '/' => bytes.get(index + 1) == Some(&b'/') && (separated || !keeps_slashes),
            _ => false,
        };
        if starts_comment {
            end = index;
            break;
        }
        before = c;
    }
    let stripped = text[..end].trim_end_matches(is_blank);
    match stripped.strip_suffix("\\\\") {
        Some(continued) => (continued.trim_end_matches(is_blank), Scan { continues: true, ..scan }),
        None => (stripped, scan),
    }
}

/// Paths may contain `//`.
fn is_include(text: &str) -> bool {
    text.get(..4).is_some_and(|start| {
        start.eq_ignore_ascii_case(".inc") || start.eq_ignore_ascii_case(".lib")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    /// Each logical line, with the source text that its last word maps to.
    fn read(text: &str) -> Vec<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("a.cir", text, None);
        let mut diagnostics = Vec::new();
        let mut reader = LineReader::new(file, text);
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line(&mut diagnostics) {
            let word = line.text.rfind(' ').map_or(0, |index| index + 1);
            let snippet = sources.snippet(line.span(word, line.text.len()));
            assert_eq!(snippet, &line.text[word..]);
            lines.push(line.text.to_string());
        }
        lines.extend(diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()));
        lines
    }

    #[test]
    fn comments_go() {
        let text =
            "* c\nR1 a b 1k ; x\n  * c\nR2 a b 1k $ x\n\n# c\nR3 a$b c 1k // x\nR4 a b, $ x\n";
        assert_eq!(read(text), ["R1 a b 1k", "R2 a b 1k", "R3 a$b c 1k", "R4 a b,"]);
    }

    #[test]
    fn quotes_protect_text() {
        assert_eq!(read(".param a='b;c' s=\"x // y\" ; z"), [".param a='b;c' s=\"x // y\""]);
        assert_eq!(read("R1 a b 'x\n+ ; y' ; z"), ["R1 a b 'x  ; y'"]);
        assert_eq!(read(".include a//b.sp // c"), [".include a//b.sp"]);
    }

    #[test]
    fn continuations_cross_comments_and_blank_lines() {
        assert_eq!(read("R1 a\n* c\n\n  + b\n+ 1k\nR2 a b 2"), ["R1 a  b  1k", "R2 a b 2"]);
        assert_eq!(read("R1 a \\\\\nb 1k\nR2 a b 2\n* c\n"), ["R1 a b 1k", "R2 a b 2"]);
        assert_eq!(read("+ x\nR1 a b 1"), ["R1 a b 1", "E0106"]);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped() {
        let text = format!("R1 a b {}\nR2 a b 1", "x".repeat(MAX_LENGTH));
        assert_eq!(read(&text), ["R2 a b 1", "E0102"]);
    }
}
