//! A netlist without its arrays: the same text, with an element a line in place of each `.crossbar` card.
//!
//! The text stays the user's own, so that models, analyses and comments survive and other simulators can check it. Files
//! that it includes stand in it whole, because the result may be kept in another folder.

use crate::Simulation;
use crate::elaborate::Crossbar;
use crate::error::Error;
use ovonic_netlist::ast::{ElementBody, Waveform};
use ovonic_netlist::{Diagnostic, FileId, SourceMap, Span, codes};
use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

impl Simulation {
    /// The netlist with all arrays written out.
    ///
    /// # Errors
    /// When an array in a subcircuit differs from instance to instance, so that no one text says all of them.
    pub fn plain_netlist(&self) -> Result<String, Error> {
        let sources = self.sources();
        let mut replaced = self.points_of_files();
        let mut arrays: Vec<&Crossbar> = self.design.core.elaborator.arrays.iter().collect();
        arrays.sort_by_key(|array| array.span);
        for array in arrays {
            let mut text = String::new();
            array.write_lines(&mut text).expect("a string takes everything");
            let text = text.trim_end().to_owned();
            if replaced.get(&array.span).is_some_and(|other| *other != text) {
                let diagnostic = Diagnostic::error(
                    codes::NOT_SUPPORTED,
                    array.span,
                    "the array differs between the instances of its subcircuit, and cannot be written out once",
                );
                return Err(Error::netlist(vec![diagnostic], Arc::new(sources.clone())));
            }
            replaced.insert(array.span, text);
        }
        let mut text = String::new();
        if let Some((top, _)) = sources.files().next() {
            let mut cards: Vec<(Span, Card)> =
                replaced.into_iter().map(|(span, text)| (span, Card::Text(text))).collect();
            cards.extend(sources.files().filter_map(|(file, source)| {
                let card = source.included_from()?;
                // A waveform's file is named in the middle of a card.
                sources.snippet(card).starts_with('.').then_some((card, Card::File(file)))
            }));
            cards.sort_by_key(|(span, _)| *span);
            let whole = 0..sources.file(top).text().len();
            Splicer { sources, cards }.write(top, whole, &mut text);
        }
        Ok(text)
    }

    /// The points of waveforms that come from files, by where the file is named.
    fn points_of_files(&self) -> HashMap<Span, String> {
        let scopes = &self.design.core.elaborator.scopes;
        let tables = scopes.ids().map(|scope| scopes.table(scope));
        let mut points = HashMap::new();
        for element in tables.flat_map(|table| &table.elements) {
            let (ElementBody::VoltageSource(source) | ElementBody::CurrentSource(source)) =
                &element.body
            else {
                continue;
            };
            let Some(Waveform::PiecewiseLinear(pwl)) =
                source.waveform.as_ref().map(|waveform| &waveform.node)
            else {
                continue;
            };
            let Some(file) = &pwl.file else {
                continue;
            };
            let mut text = String::new();
            for [time, value] in &pwl.points {
                let number = |value: &ovonic_netlist::ast::Argument| match value.node {
                    ovonic_netlist::ast::Value::Number(number) => number,
                    _ => f64::NAN,
                };
                let _ = write!(text, "\n+ {:e} {:e}", number(time), number(value));
            }
            text.push_str("\n+");
            let before = &self.sources().file(file.span.file).text()[..file.span.start as usize];
            let start = before.to_ascii_lowercase().rfind("file").unwrap_or(before.len());
            points.insert(Span { start: start as u32, ..file.span }, text);
        }
        points
    }
}

/// What stands in place of a card.
enum Card {
    Text(String),
    File(FileId),
}

/// Puts files and texts in place of cards.
struct Splicer<'a> {
    sources: &'a SourceMap,
    /// Cards with their places, sorted.
    cards: Vec<(Span, Card)>,
}

impl Splicer<'_> {
    fn write(&self, file: FileId, range: Range<usize>, out: &mut String) {
        let text = self.sources.file(file).text();
        let mut at = range.start;
        let first =
            self.cards.partition_point(|(span, _)| (span.file, span.end as usize) <= (file, at));
        for (span, card) in &self.cards[first..] {
            let (start, end) = (span.start as usize, span.end as usize);
            if span.file != file || end > range.end {
                break;
            }
            out.push_str(&text[at..start]);
            at = end;
            match card {
                Card::Text(lines) => out.push_str(lines),
                Card::File(inner) => self.include(*inner, self.sources.snippet(*span), out),
            }
        }
        out.push_str(&text[at..range.end]);
    }

    fn include(&self, file: FileId, card: &str, out: &mut String) {
        let source = self.sources.file(file);
        let _ = writeln!(out, "* from {}", source.path().display());
        let words: Vec<&str> = card.split_whitespace().collect();
        let range = match words[..] {
            [keyword, _, section, ..] if keyword.eq_ignore_ascii_case(".lib") => {
                section_of(source.text(), section)
            }
            _ => 0..source.text().len(),
        };
        let mut inner = String::new();
        self.write(file, range, &mut inner);
        // What ends an included file would end the netlist.
        let is_end = |line: &&str| line.trim().eq_ignore_ascii_case(".end");
        inner.lines().take_while(|line| !is_end(line)).for_each(|line| {
            let _ = writeln!(out, "{line}");
        });
        let _ = write!(out, "* end of {}", source.path().display());
    }
}

/// The lines between `.lib section` and `.endl`.
fn section_of(text: &str, section: &str) -> Range<usize> {
    let section = section.trim_matches(['"', '\'']);
    let (mut start, mut at) = (None, 0);
    for line in text.split_inclusive('\n') {
        let words: Vec<String> = line.split_whitespace().map(str::to_ascii_lowercase).collect();
        match (start, words.first().map(String::as_str)) {
            (None, Some(".lib"))
                if words.len() == 2
                    && words[1].trim_matches(['"', '\'']).eq_ignore_ascii_case(section) =>
            {
                start = Some(at + line.len());
            }
            (Some(start), Some(".endl")) => return start..at,
            _ => {}
        }
        at += line.len();
    }
    start.unwrap_or(text.len())..text.len()
}
