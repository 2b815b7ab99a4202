//! Parentheses, brackets and braces of one card must pair up.

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lines::Line;

/// The first parenthesis or brace without a partner. Single brackets are no error: node names may hold them.
pub(crate) fn check(line: &Line<'_>) -> Option<Diagnostic> {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut quote: Option<(char, usize)> = None;
    for (index, c) in line.text.char_indices() {
        match (quote, c) {
            (Some((mark, _)), _) if c == mark => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some((c, index)),
            (None, '(' | '{') => open.push((c, index)),
            (None, ')' | '}') => {
                let partner = if c == ')' { '(' } else { '{' };
                match open.pop() {
                    Some((mark, _)) if mark == partner => {}
                    Some((mark, at)) => return Some(report(line, at, mark)),
                    None => return Some(report(line, index, c)),
                }
            }
            _ => {}
        }
    }
    if let Some((mark, at)) = quote {
        let span = line.span(at, at + 1);
        let message = format!("this {mark} has no partner");
        return Some(Diagnostic::error(codes::UNTERMINATED_QUOTE, span, message));
    }
    open.last().map(|&(mark, at)| report(line, at, mark))
}

fn report(line: &Line<'_>, at: usize, mark: char) -> Diagnostic {
    let message = match mark {
        '(' | '{' => format!("\"{mark}\" is not closed"),
        _ => format!("\"{mark}\" closes nothing"),
    };
    Diagnostic::error(codes::UNBALANCED, line.span(at, at + 1), message)
}
