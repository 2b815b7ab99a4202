//! How long the pieces of a card are.

use crate::lines::is_blank;

/// The length of a bare word. A closing bracket ends it unless the bracket was opened inside, as in `bus[3]`.
pub(super) fn word_length(text: &str) -> usize {
    let mut brackets = 0;
    for (index, c) in text.char_indices() {
        match c {
            '[' => brackets += 1,
            ']' if brackets == 0 => return index,
            ']' => brackets -= 1,
            _ if ends_word(c) => return index,
            _ => {}
        }
    }
    text.len()
}

/// The length of a word with everything that clings to it, up to a blank or comma outside parentheses.
pub(super) fn run_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return index,
            ')' => depth -= 1,
            ']' if depth == 0 && !text[..index].contains('[') => return index,
            ',' if depth == 0 => return index,
            '=' | '"' | '\'' | '{' | '}' if depth == 0 => return index,
            _ if is_blank(c) && depth == 0 => return index,
            _ => {}
        }
    }
    text.len()
}

pub(super) fn quoted_length(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |length| length + 2)
}

pub(super) fn braced_length(text: &str) -> usize {
    let mut depth = 0;
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    text.len()
}

fn ends_word(c: char) -> bool {
    is_blank(c) || matches!(c, '=' | '(' | ')' | ',' | '{' | '}' | '"' | '\'')
}
