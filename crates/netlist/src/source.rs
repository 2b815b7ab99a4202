//! Source files, spans, and the way from a span back to file, line and column.
//!
//! A span is three integers, so that every node of the tree can carry one; everything readable is looked up here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Identifies one reading of a file: a file that is included twice has two ids, so that each span knows its includer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `start..end` in `file`.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end: end.max(start) }
    }

    /// The smallest span that covers both; `self` if they lie in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span just behind this one.
    #[must_use]
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }
}

/// Something with the span where it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// The thing itself.
    pub node: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Attaches a span.
    pub fn new(node: T, span: Span) -> Self {
        Spanned { node, span }
    }

    /// The same span around another thing.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { node: f(self.node), span: self.span }
    }
}

impl<T: fmt::Display> fmt::Display for Spanned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

/// A place for human eyes; both counts start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// One file as it was read.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: PathBuf,
    text: Arc<str>,
    line_starts: Arc<[u32]>,
    included_from: Option<Span>,
}

impl SourceFile {
    /// The path under which the file was read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The decoded text; spans count bytes of this text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The `.include` or `.lib` card that asked for the file; `None` for the top file.
    #[must_use]
    pub fn included_from(&self) -> Option<Span> {
        self.included_from
    }

    pub(crate) fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }
}

/// All files that one netlist was read from.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// A map without files.
    #[must_use]
    pub fn new() -> Self {
        SourceMap::default()
    }

    /// Adds a file and gives its id. `included_from` is the card that asked for it.
    pub fn add(
        &mut self,
        path: impl Into<PathBuf>,
        text: impl Into<Arc<str>>,
        included_from: Option<Span>,
    ) -> FileId {
        let text = text.into();
        let line_starts = line_starts(&text);
        self.push(SourceFile { path: path.into(), text, line_starts, included_from })
    }

    /// Adds another reading of a file that is already here.
    pub(crate) fn add_again(&mut self, file: FileId, included_from: Option<Span>) -> FileId {
        let copy = SourceFile { included_from, ..self.file(file).clone() };
        self.push(copy)
    }

    fn push(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// The file behind an id.
    ///
    /// # Panics
    /// If the id comes from another map.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The files in the order in which they were read, each with its id.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// The text that a span covers; empty if the span does not lie on characters of its file.
    #[must_use]
    pub fn snippet(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Line and column of the first byte of a span.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        self.position_at(span.file, span.start)
    }

    /// Line and column of a byte.
    #[must_use]
    pub fn position_at(&self, file: FileId, offset: u32) -> Position {
        let file = self.file(file);
        let line = file.line_starts.partition_point(|&start| start <= offset).max(1);
        let start = file.line_starts[line - 1] as usize;
        let end = (offset as usize).min(file.text.len());
        let column = file.text.get(start..end).map_or(end - start, |text| text.chars().count()) + 1;
        Position { line, column }
    }

    /// The text of a line (counted from 1) without its line end; empty if there is no such line.
    #[must_use]
    pub fn line(&self, file: FileId, line: usize) -> &str {
        let file = self.file(file);
        let Some(&start) = line.checked_sub(1).and_then(|index| file.line_starts.get(index)) else {
            return "";
        };
        let end = file.line_starts.get(line).map_or(file.text.len(), |&end| end as usize);
        file.text[start as usize..end].trim_end_matches(['\n', '\r'])
    }

    /// The cards through which a file came in, innermost first; empty for the top file.
    #[must_use]
    pub fn include_trace(&self, file: FileId) -> Vec<Span> {
        std::iter::successors(self.file(file).included_from, |span| {
            self.file(span.file).included_from
        })
        .collect()
    }

    /// `path:line:column` of a span.
    #[must_use]
    pub fn describe(&self, span: Span) -> String {
        let Position { line, column } = self.position(span);
        format!("{}:{line}:{column}", self.file(span.file).path.display())
    }
}

/// Offsets of the first byte of each line.
fn line_starts(text: &str) -> Arc<[u32]> {
    let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
    std::iter::once(0).chain(ends.map(|(index, _)| index as u32 + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let mut map = SourceMap::new();
        let file = map.add("a.cir", "title\nR1 µ b 1k\n", None);
        let at = |start| map.position_at(file, start);
        assert_eq!(at(0), Position { line: 1, column: 1 });
        assert_eq!(at(6), Position { line: 2, column: 1 });
        assert_eq!(at(12), Position { line: 2, column: 6 });
        assert_eq!(map.line(file, 2), "R1 µ b 1k");
        assert_eq!(map.line(file, 9), "");
        assert_eq!(map.snippet(Span::new(file, 6, 8)), "R1");
        assert_eq!(map.describe(Span::new(file, 6, 8)), "a.cir:2:1");
    }

    #[test]
    fn include_trace_leads_to_the_top() {
        let mut map = SourceMap::new();
        let top = map.add("top.cir", "x", None);
        let middle = map.add("m.inc", "y", Some(Span::new(top, 0, 1)));
        let again = map.add_again(middle, Some(Span::new(middle, 0, 1)));
        assert_eq!(map.include_trace(again), vec![Span::new(middle, 0, 1), Span::new(top, 0, 1)]);
        assert!(map.include_trace(top).is_empty());
    }
}
