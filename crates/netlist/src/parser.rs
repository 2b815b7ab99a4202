//! The parser: files to cards, cards to a tree.
//!
//! ```text
//! read(file):                       # recursive through .include and .lib
//!   for each logical line:
//!     element  -> add to the innermost block
//!     .include -> read(that file) in place
//!     block    -> open or close
//! ```
//!
//! Included cards are spliced in where they are included, so a block may begin in one file and end in another.

use std::collections::HashSet;
use std::path::Path;

use crate::ast::{DataFile, Element, ElementBody, Item, Name, Netlist, Value, Waveform};
use crate::balance;
use crate::blocks::Blocks;
use crate::cards::{self, Directive};
use crate::codes;
use crate::control;
use crate::cursor::Cursor;
use crate::diagnostic::Diagnostic;
use crate::files::Files;
use crate::lines::{Line, LineReader, is_blank};
use crate::loader::Loader;
use crate::options::{Dialect, ParseOptions, Parsed};
use crate::source::{FileId, Span, Spanned};
use crate::suggest::suggest;
use crate::title;

/// Reads a netlist and everything it includes. Never fails: what is wrong is in the diagnostics.
#[must_use]
pub fn parse(top: &Path, loader: &dyn Loader, options: &ParseOptions) -> Parsed {
    let mut parser = Parser::new(loader, options);
    if let Some(file) = parser.files.load_top(top, &mut parser.diagnostics) {
        parser.read(file, Part::Top);
    }
    parser.finish()
}

/// Reads a netlist from memory; `path` names it in messages, and its folder is where relative includes start.
///
/// ```
/// use ovonic_netlist::{MemoryLoader, ParseOptions, parse_text};
///
/// let parsed = parse_text("divider.cir", "divider\nR1 in out 1k\nR2 out 0 2k\n", &MemoryLoader::new(), &ParseOptions::default());
/// assert!(parsed.diagnostics.is_empty());
/// assert_eq!(parsed.netlist.items.len(), 2);
/// ```
#[must_use]
pub fn parse_text(
    path: impl AsRef<Path>,
    text: &str,
    loader: &dyn Loader,
    options: &ParseOptions,
) -> Parsed {
    let mut parser = Parser::new(loader, options);
    let bytes = text.as_bytes().to_vec();
    if let Some(file) = parser.files.add_top(path.as_ref(), bytes, &mut parser.diagnostics) {
        parser.read(file, Part::Top);
    }
    parser.finish()
}

/// Keys of an array whose texts are lists, not the names of files.
pub const CROSSBAR_TEXTS: [&str; 3] = ["fault", "floatword", "floatbit"];

/// After so many errors the text is no netlist, and going on helps nobody.
const MAX_ERRORS: usize = 1000;

struct Parser<'a> {
    files: Files<'a>,
    dialect: Dialect,
    diagnostics: Vec<Diagnostic>,
    blocks: Blocks,
    title: Option<Spanned<String>>,
    end: Option<Span>,
    /// Files that have no further `.endl`, so that nobody searches them again.
    sectionless: HashSet<FileId>,
    errors: usize,
    counted: usize,
}

/// Which lines of a file count.
#[derive(Clone, Copy)]
enum Part<'s> {
    /// All, behind the title.
    Top,
    /// All.
    Whole,
    /// Those between `.lib name` and `.endl`.
    Section(&'s Name),
}

/// Whether to read on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continue,
    Stop,
}

impl<'a> Parser<'a> {
    fn new(loader: &'a dyn Loader, options: &'a ParseOptions) -> Self {
        Parser {
            files: Files::new(loader, &options.include_paths),
            dialect: options.dialect,
            diagnostics: Vec::new(),
            blocks: Blocks::default(),
            title: None,
            end: None,
            sectionless: HashSet::new(),
            errors: 0,
            counted: 0,
        }
    }

    fn finish(mut self) -> Parsed {
        let mut items_diagnostics = Vec::new();
        let items = self.blocks.finish(&mut items_diagnostics);
        if self.errors < MAX_ERRORS {
            self.diagnostics.append(&mut items_diagnostics);
        }
        let sources = self.files.into_sources();
        let diagnostics =
            self.diagnostics.into_iter().map(|diagnostic| diagnostic.with_include_trace(&sources));
        let diagnostics = diagnostics.collect();
        Parsed {
            netlist: Netlist { title: self.title, items, end: self.end },
            sources,
            diagnostics,
        }
    }

    /// Reads a file, or a section of it, into the innermost block.
    fn read(&mut self, file: FileId, part: Part<'_>) {
        let text = self.files.sources().file(file).shared_text();
        let mut reader = LineReader::new(file, &text);
        match part {
            Part::Top => self.title = title::read(&mut reader, &mut self.diagnostics),
            Part::Whole => {}
            Part::Section(section) => {
                if !self.find_section(&mut reader, section) {
                    return;
                }
            }
        }
        while let Some(line) = reader.next_line(&mut self.diagnostics) {
            self.warn_encoding(file, &line);
            if self.card(&mut reader, &line, part) == Flow::Stop || self.is_hopeless(&line) {
                return;
            }
        }
        if let Part::Section(section) = part {
            let message = format!("the section \"{section}\" has no \".endl\"");
            self.diagnostics.push(Diagnostic::error(codes::MISSING_END, section.span, message));
        }
    }

    fn warn_encoding(&mut self, file: FileId, line: &Line<'_>) {
        if !line.text.is_ascii() && self.files.take_latin1(file) {
            let message = "this line is neither ASCII nor UTF-8, and is read as Latin-1";
            let diagnostic = Diagnostic::warning(codes::NOT_UTF8, line.full_span(), message);
            self.diagnostics.push(diagnostic.help("save the file as UTF-8"));
        }
    }

    /// True after too many errors.
    fn is_hopeless(&mut self, line: &Line<'_>) -> bool {
        self.errors += self.diagnostics[self.counted..]
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count();
        let is_first = self.counted < self.diagnostics.len();
        self.counted = self.diagnostics.len();
        if self.errors < MAX_ERRORS {
            return false;
        }
        if is_first
            && !self.diagnostics.iter().any(|diagnostic| diagnostic.code == codes::TOO_MANY_ERRORS)
        {
            let message = format!("reading stops after {MAX_ERRORS} errors");
            self.diagnostics.push(Diagnostic::error(
                codes::TOO_MANY_ERRORS,
                line.full_span(),
                message,
            ));
            self.counted += 1;
        }
        true
    }

    /// Reads one card.
    fn card(&mut self, reader: &mut LineReader<'_>, line: &Line<'_>, part: Part<'_>) -> Flow {
        if line.text.starts_with('.') {
            return self.dot_card(reader, line, part);
        }
        let unbalanced = balance::check(line);
        let is_broken = unbalanced.is_some();
        self.diagnostics.extend(unbalanced);
        let mark = self.diagnostics.len();
        let element = cards::element(&mut Cursor::new(line, self.dialect, &mut self.diagnostics));
        if is_broken {
            // What is wrong behind a lost parenthesis is a consequence of it.
            self.diagnostics.truncate(mark);
        }
        if let Some(mut element) = element {
            self.load_waveform(&mut element);
            self.blocks.push(Item::Element(Box::new(element)));
        }
        Flow::Continue
    }

    /// Fills in the points of a PWL that come from a file.
    fn load_waveform(&mut self, element: &mut Element) {
        let (ElementBody::VoltageSource(source) | ElementBody::CurrentSource(source)) =
            &mut element.body
        else {
            return;
        };
        let Some(Waveform::PiecewiseLinear(pwl)) =
            source.waveform.as_mut().map(|waveform| &mut waveform.node)
        else {
            return;
        };
        if let Some(path) = &pwl.file
            && let Some(points) = self.files.load_points(path, &mut self.diagnostics)
        {
            pwl.points = points;
        }
    }

    /// Reads the files that an array names. A list of lines or of faults is a text, but no file.
    fn load_matrices(&mut self, element: &mut Element) {
        let ElementBody::Crossbar(array) = &mut element.body else {
            return;
        };
        for param in &array.params {
            let key = param.key.node.as_str();
            let Value::Text(path) = &param.value.node else {
                continue;
            };
            if CROSSBAR_TEXTS.contains(&key) {
                continue;
            }
            let path = Spanned::new(path.clone(), param.value.span);
            if let Some((path, bytes)) = self.files.load_data(&path, &mut self.diagnostics) {
                let bytes = bytes.into();
                array.files.push(DataFile { key: key.to_owned(), path, bytes });
            }
        }
    }

    fn dot_card(&mut self, reader: &mut LineReader<'_>, line: &Line<'_>, part: Part<'_>) -> Flow {
        let keyword = line.text.split(is_blank).next().unwrap_or("").to_ascii_lowercase();
        let names_a_file =
            matches!(keyword.as_str(), ".include" | ".inc" | ".incl" | ".lib" | ".title" | ".endl");
        let unbalanced = if names_a_file { None } else { balance::check(line) };
        let is_broken = unbalanced.is_some();
        self.diagnostics.extend(unbalanced);
        let mark = self.diagnostics.len();
        let directive =
            cards::directive(&mut Cursor::new(line, self.dialect, &mut self.diagnostics));
        if is_broken {
            self.diagnostics.truncate(mark);
        }
        let span = line.full_span();
        match directive {
            Some(directive) => self.apply(directive, span, reader, part),
            None => {
                self.open_broken(&keyword, span);
                Flow::Continue
            }
        }
    }

    /// Keeps blocks in order although their opening card could not be read.
    fn open_broken(&mut self, keyword: &str, span: Span) {
        match keyword {
            ".subckt" | ".macro" => self.blocks.open_broken_subcircuit(span, &mut self.diagnostics),
            ".ends" | ".eom" => self.blocks.close_subcircuit(span, None, &mut self.diagnostics),
            _ if keyword.starts_with(".if") => {
                self.blocks.open_conditional(span, None, &mut self.diagnostics)
            }
            _ if keyword.starts_with(".elseif") => {
                self.blocks.branch(span, None, true, &mut self.diagnostics)
            }
            _ => {}
        }
    }

    fn apply(
        &mut self,
        directive: Directive,
        span: Span,
        reader: &mut LineReader<'_>,
        part: Part<'_>,
    ) -> Flow {
        match directive {
            Directive::Items(items) => {
                for mut item in items {
                    if let Item::Element(element) = &mut item {
                        self.load_matrices(element);
                    }
                    self.blocks.push(item);
                }
            }
            Directive::Title(title) => self.title = Some(title),
            Directive::Include(path) => self.include(&path, None, span),
            Directive::Library { path, section } => self.include(&path, Some(&section), span),
            Directive::Section(name) => return self.section(&name, span, reader, part),
            Directive::EndSection if matches!(part, Part::Section(_)) => return Flow::Stop,
            Directive::EndSection => self.unmatched(span, ".endl", ".lib"),
            Directive::Subcircuit(subcircuit) => {
                self.blocks.open_subcircuit(subcircuit, &mut self.diagnostics)
            }
            Directive::EndSubcircuit(name) => {
                self.blocks.close_subcircuit(span, name.as_ref(), &mut self.diagnostics);
            }
            Directive::If(condition) => {
                self.blocks.open_conditional(span, Some(condition), &mut self.diagnostics)
            }
            Directive::ElseIf(condition) => {
                self.blocks.branch(span, Some(condition), false, &mut self.diagnostics)
            }
            Directive::Else => self.blocks.branch(span, None, false, &mut self.diagnostics),
            Directive::EndIf => self.blocks.close_conditional(span, &mut self.diagnostics),
            Directive::Control => self.control(span, reader),
            Directive::EndControl => self.unmatched(span, ".endc", ".control"),
            Directive::End => return self.end_card(span, reader, part),
        }
        Flow::Continue
    }

    fn unmatched(&mut self, span: Span, keyword: &str, opening: &str) {
        let message = format!("\"{keyword}\" without \"{opening}\"");
        self.diagnostics.push(Diagnostic::error(codes::UNMATCHED_END, span, message));
    }

    /// `.control … .endc`.
    fn control(&mut self, span: Span, reader: &mut LineReader<'_>) {
        let mut lines: Vec<Spanned<String>> = Vec::new();
        let mut end = None;
        while let Some(line) = reader.next_raw() {
            let text = line.text.trim_matches(is_blank);
            let start = line.text.len() - line.text.trim_start_matches(is_blank).len();
            let text = control::without_comment(text);
            if text.is_empty() {
                continue;
            }
            let span = line.span(start, start + text.len());
            let word = text.split(is_blank).next().unwrap_or("");
            if word.eq_ignore_ascii_case(".endc") {
                end = Some(span);
                break;
            }
            match (text.strip_prefix('+'), lines.last_mut()) {
                (Some(more), Some(last)) => {
                    last.node = format!("{} {}", last.node, more.trim_start_matches(is_blank));
                    last.span = last.span.to(span);
                }
                _ => lines.push(Spanned::new(text.to_owned(), span)),
            }
        }
        if end.is_none() {
            let message = "the \".control\" has no \".endc\"";
            self.diagnostics
                .push(Diagnostic::error(codes::MISSING_END, span, message).label("opened here"));
            // What follows may be cards as well as commands.
            return;
        }
        let block = control::block(
            span,
            lines,
            end,
            self.dialect == Dialect::Ngspice,
            &mut self.diagnostics,
        );
        self.blocks.push(Item::Control(block));
    }

    /// `.end` ends its file; in the top file, the netlist.
    fn end_card(&mut self, span: Span, reader: &mut LineReader<'_>, part: Part<'_>) -> Flow {
        if matches!(part, Part::Top) {
            self.end.get_or_insert(span);
        }
        let reads_on = self.dialect == Dialect::Ngspice;
        let mut rest = reader.clone();
        let Some(line) = rest.next_line(&mut Vec::new()) else {
            return Flow::Stop;
        };
        let message = if reads_on {
            "text after .end is read all the same"
        } else {
            "text after .end is not read"
        };
        let diagnostic = Diagnostic::warning(codes::AFTER_END, line.full_span(), message);
        self.diagnostics.push(diagnostic.secondary(span, "the netlist ends here"));
        if reads_on { Flow::Continue } else { Flow::Stop }
    }

    /// Reads another file in place.
    fn include(&mut self, path: &Spanned<String>, section: Option<&Name>, card: Span) {
        let Some(file) = self.files.enter(path, section, card, &mut self.diagnostics) else {
            return;
        };
        self.read(file, section.map_or(Part::Whole, Part::Section));
        self.files.leave();
    }

    /// `.lib word`: a section that nobody asked for is skipped; without an `.endl` the word names a file.
    fn section(
        &mut self,
        name: &Spanned<String>,
        card: Span,
        reader: &mut LineReader<'_>,
        part: Part<'_>,
    ) -> Flow {
        let mut ahead = reader.clone();
        if self.sectionless.contains(&card.file) || !ahead.skip_behind(".endl") {
            self.sectionless.insert(card.file);
            self.include(name, None, card);
            return Flow::Continue;
        }
        if let Part::Section(open) = part {
            let message =
                format!("the section \"{}\" begins inside the section \"{open}\"", name.node);
            let diagnostic = Diagnostic::error(codes::MISPLACED, card, message);
            self.diagnostics.push(diagnostic.help("close the section before it with .endl"));
        }
        *reader = ahead;
        Flow::Continue
    }

    /// Moves behind the `.lib section` card.
    fn find_section(&mut self, reader: &mut LineReader<'_>, section: &Name) -> bool {
        let mut sections: Vec<String> = Vec::new();
        while reader.skip_behind(".lib") {
            let name = reader
                .line_before()
                .split(is_blank)
                .filter(|word| !word.is_empty())
                .nth(1)
                .unwrap_or("");
            let words =
                reader.line_before().split(is_blank).filter(|word| !word.is_empty()).count();
            let name = name.trim_matches(['\'', '"']).to_ascii_lowercase();
            if words == 2 && name == section.node {
                return true;
            }
            if words == 2 {
                sections.push(name);
                reader.skip_behind(".endl");
            }
        }
        let message = format!("the library has no section \"{section}\"");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_SECTION, section.span, message)
            .did_you_mean(suggest(&section.node, &sections));
        if diagnostic.help.is_none() && !sections.is_empty() {
            sections.truncate(12);
            diagnostic = diagnostic.help(format!("it has {}", sections.join(", ")));
        }
        self.diagnostics.push(diagnostic);
        false
    }
}
