//! The first line of the top file is the title, whatever it looks like.

use crate::cards;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lines::{LineReader, is_blank};
use crate::number::parse_number;
use crate::source::Spanned;

/// Reads the title; a `.title` in front of it is dropped.
pub(crate) fn read(
    reader: &mut LineReader<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Spanned<String>> {
    let line = reader.next_raw()?;
    let text = line.text.trim_matches(is_blank);
    let start = line.text.len() - line.text.trim_start_matches(is_blank).len();
    let span = line.span(start, start + text.len());
    let is_title_card = text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(".title "));
    if cards::is_directive(text) || looks_like_element(text) {
        diagnostics.push(
            Diagnostic::warning(
                codes::TITLE_LOOKS_LIKE_CARD,
                span,
                "the title line looks like a card",
            )
            .label("the first line is always the title, so this card has no effect")
            .help("put a title above it"),
        );
    }
    let title = if is_title_card { text[7..].trim_start_matches(is_blank) } else { text };
    Some(Spanned::new(title.to_owned(), span))
}

/// True if a title looks like `R1 a b 1k` or `V1 a 0 dc 5`.
fn looks_like_element(text: &str) -> bool {
    let words: Vec<&str> = text.split(is_blank).filter(|word| !word.is_empty()).take(5).collect();
    let [name, _, _, value, ..] = words.as_slice() else {
        return false;
    };
    let mut letters = name.chars();
    let is_element = letters.next().is_some_and(|c| "rclvi".contains(c.to_ascii_lowercase()))
        && letters.next().is_some_and(|c| c.is_ascii_digit());
    let is_value = parse_number(value).is_ok()
        || ["dc", "ac", "pulse", "sin", "pwl"]
            .iter()
            .any(|word| value.to_ascii_lowercase().starts_with(word));
    is_element && is_value
}
