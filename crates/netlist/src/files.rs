//! Files: finding, reading and decoding what a netlist includes.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::ast::{Argument, Name, Value};
use crate::codes;
use crate::decode::decode;
use crate::diagnostic::Diagnostic;
use crate::expression::number_error;
use crate::lines::is_blank;
use crate::loader::{Loader, normalised};
use crate::number;
use crate::source::{FileId, SourceMap, Span, Spanned};

/// How deep includes may be nested.
const MAX_DEPTH: usize = 64;
/// How many includes there may be in all: files that include each other twice grow exponentially.
const MAX_INCLUDES: usize = 10_000;
/// Spans count bytes in 32 bits, and Latin-1 may double in size.
const MAX_BYTES: usize = (1 << 31) - 1;

/// The files of a netlist while it is being read.
pub(crate) struct Files<'a> {
    loader: &'a dyn Loader,
    include_paths: &'a [PathBuf],
    sources: SourceMap,
    loaded: HashMap<PathBuf, FileId>,
    latin1: HashSet<FileId>,
    /// The files being read, outermost first, each with its section.
    chain: Vec<(PathBuf, Option<String>)>,
}

impl<'a> Files<'a> {
    pub(crate) fn new(loader: &'a dyn Loader, include_paths: &'a [PathBuf]) -> Self {
        Files {
            loader,
            include_paths,
            sources: SourceMap::new(),
            loaded: HashMap::new(),
            latin1: HashSet::new(),
            chain: Vec::new(),
        }
    }

    pub(crate) fn sources(&self) -> &SourceMap {
        &self.sources
    }

    pub(crate) fn into_sources(self) -> SourceMap {
        self.sources
    }

    /// True once for each file that was read as Latin-1.
    pub(crate) fn take_latin1(&mut self, file: FileId) -> bool {
        self.latin1.remove(&file)
    }

    pub(crate) fn load_top(
        &mut self,
        path: &Path,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<FileId> {
        match self.loader.load(path) {
            Ok(bytes) => self.add_top(path, bytes, diagnostics),
            Err(error) => {
                let file = self.sources.add(path, "", None);
                let message = format!("cannot read \"{}\": {error}", path.display());
                diagnostics.push(Diagnostic::error(
                    codes::CANNOT_READ,
                    Span::new(file, 0, 0),
                    message,
                ));
                None
            }
        }
    }

    pub(crate) fn add_top(
        &mut self,
        path: &Path,
        bytes: Vec<u8>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<FileId> {
        self.chain.push((normalised(path), None));
        self.add(path, bytes, None, diagnostics)
    }

    /// Decodes a file and adds it to the sources.
    fn add(
        &mut self,
        path: &Path,
        bytes: Vec<u8>,
        from: Option<Span>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<FileId> {
        if bytes.len() > MAX_BYTES {
            let file = self.sources.add(path, "", from);
            let span = from.unwrap_or(Span::new(file, 0, 0));
            let message =
                format!("\"{}\" has {} bytes; a file may have 2 GiB", path.display(), bytes.len());
            diagnostics.push(Diagnostic::error(codes::FILE_TOO_LARGE, span, message));
            return None;
        }
        let decoded = decode(bytes);
        let length = decoded.text.len() as u32;
        let file = self.sources.add(path, decoded.text, from);
        if decoded.is_cut {
            let message = format!("\"{}\" is not text: it has a NUL byte here", path.display());
            let span = Span::new(file, length, length);
            diagnostics.push(
                Diagnostic::error(codes::NOT_TEXT, span, message)
                    .label("nothing behind it is read"),
            );
        }
        if decoded.is_latin1 {
            self.latin1.insert(file);
        }
        Some(file)
    }

    /// Finds and reads an included file; [`Files::leave`] must follow if it gives one.
    pub(crate) fn enter(
        &mut self,
        path: &Spanned<String>,
        section: Option<&Name>,
        card: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<FileId> {
        let includes = self.sources.files().len();
        if self.chain.len() > MAX_DEPTH || includes > MAX_INCLUDES {
            let message = "too many or too deeply nested includes";
            diagnostics.push(Diagnostic::error(codes::INCLUDE_TOO_DEEP, card, message));
            return None;
        }
        let (file, found) = self.find(path, card, diagnostics)?;
        let link = (normalised(&found), section.map(|section| section.node.clone()));
        if self.chain.contains(&link) {
            let message = format!("\"{}\" includes itself", found.display());
            diagnostics.push(Diagnostic::error(codes::RECURSIVE_INCLUDE, path.span, message));
            return None;
        }
        self.chain.push(link);
        Some(file)
    }

    pub(crate) fn leave(&mut self) {
        self.chain.pop();
    }

    /// Reads the first of the places where the file may be.
    fn find(
        &mut self,
        path: &Spanned<String>,
        card: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(FileId, PathBuf)> {
        for candidate in self.candidates(path) {
            if let Some(&file) = self.loaded.get(&candidate) {
                return Some((self.sources.add_again(file, Some(card)), candidate));
            }
            match self.loader.load(&candidate) {
                Ok(bytes) => {
                    let file = self.add(&candidate, bytes, Some(card), diagnostics)?;
                    self.loaded.insert(candidate.clone(), file);
                    return Some((file, candidate));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message = format!("cannot read \"{}\": {error}", candidate.display());
                    diagnostics.push(Diagnostic::error(codes::CANNOT_READ, path.span, message));
                    return None;
                }
            }
        }
        let message = format!("cannot find the file \"{}\"", path.node);
        let mut diagnostic = Diagnostic::error(codes::CANNOT_READ, path.span, message);
        if let Some(place) =
            self.candidates(path).first().filter(|place| place.to_str() != Some(&path.node))
        {
            diagnostic = diagnostic.help(format!("it should be at \"{}\"", place.display()));
        }
        diagnostics.push(diagnostic);
        None
    }

    /// Beside the including file, then in the include paths; backslashes may be separators of a Windows path.
    fn candidates(&self, path: &Spanned<String>) -> Vec<PathBuf> {
        let folder = self.sources.file(path.span.file).path().parent().unwrap_or(Path::new(""));
        let folders =
            || std::iter::once(folder).chain(self.include_paths.iter().map(PathBuf::as_path));
        let mut candidates: Vec<PathBuf> =
            folders().map(|folder| folder.join(&path.node)).collect();
        if path.node.contains('\\') {
            let slashed = path.node.replace('\\', "/");
            candidates.extend(folders().map(|folder| folder.join(&slashed)));
        }
        candidates
    }

    /// The bytes of a file with data, and where it was found. Data is no text of the netlist: it may be binary.
    pub(crate) fn load_data(
        &self,
        path: &Spanned<String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(PathBuf, Vec<u8>)> {
        let mut failure = None;
        for candidate in self.candidates(path) {
            match self.loader.load(&candidate) {
                Ok(bytes) => return Some((candidate, bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => failure = Some((candidate, error)),
            }
        }
        let diagnostic = match (failure, self.candidates(path).first()) {
            (Some((place, error)), _) => {
                let message = format!("cannot read \"{}\": {error}", place.display());
                Diagnostic::error(codes::CANNOT_READ, path.span, message)
            }
            (None, place) => {
                let message = format!("cannot find the file \"{}\"", path.node);
                let diagnostic = Diagnostic::error(codes::CANNOT_READ, path.span, message);
                match place.filter(|place| place.to_str() != Some(&path.node)) {
                    Some(place) => {
                        diagnostic.help(format!("it should be at \"{}\"", place.display()))
                    }
                    None => diagnostic,
                }
            }
        };
        diagnostics.push(diagnostic);
        None
    }

    /// Reads pairs of numbers, separated by blanks or commas; lines that start like comments do not count.
    pub(crate) fn load_points(
        &mut self,
        path: &Spanned<String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<[Argument; 2]>> {
        let (file, _) = self.find(path, path.span, diagnostics)?;
        let text = self.sources.file(file).shared_text();
        let mut values = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            if !line.trim_start_matches(is_blank).starts_with(['*', ';', '#', '/']) {
                read_numbers(line, file, start, &mut values, diagnostics)?;
            }
            start += line.len();
        }
        let mut points = Vec::with_capacity(values.len() / 2);
        let mut values = values.into_iter();
        while let Some(time) = values.next() {
            let Some(value) = values.next() else {
                let message = "the last time of the waveform has no value";
                diagnostics.push(Diagnostic::error(codes::BAD_WAVEFORM, time.span, message));
                return None;
            };
            points.push([time, value]);
        }
        if points.is_empty() {
            let message = format!("\"{}\" has no points", path.node);
            diagnostics.push(Diagnostic::error(codes::BAD_WAVEFORM, path.span, message));
            return None;
        }
        Some(points)
    }
}

fn read_numbers(
    line: &str,
    file: FileId,
    start: usize,
    values: &mut Vec<Argument>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<()> {
    let mut offset = start;
    for word in line.split_inclusive(|c| is_blank(c) || c == ',') {
        let trimmed = word.trim_end_matches(|c| is_blank(c) || c == ',');
        let span = Span::new(file, offset as u32, (offset + trimmed.len()) as u32);
        offset += word.len();
        if trimmed.is_empty() {
            continue;
        }
        match number::parse_number(trimmed) {
            Ok(number) => values.push(Spanned::new(Value::Number(number), span)),
            Err(error) => {
                diagnostics.push(number_error(&error, span));
                return None;
            }
        }
    }
    Some(())
}
