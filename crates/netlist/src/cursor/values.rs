//! Values: numbers, names, texts, lists, and expressions in their quotes and braces.

use super::scan::run_length;
use super::{Cursor, Kind, Token, lower, shorten};
use crate::ast::{Argument, Expr, Name, Param, Value, Word};
use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::expression::{self, Context, number_error};
use crate::lines::is_blank;
use crate::number::{self, Ambiguity, NumberError};
use crate::options::Dialect;
use crate::source::{Span, Spanned};

impl<'a> Cursor<'a, '_> {
    /// `key=value`; call it where [`Cursor::is_assignment`] holds.
    pub(crate) fn param(&mut self) -> Option<Param> {
        let key = self.token()?;
        let equals = self.token()?;
        let key = Spanned::new(lower(self.text(key)), self.span(key));
        let value = self.assigned(&key, self.span(equals))?;
        Some(Param { key, value })
    }

    /// The value behind an `=`, which may be a list.
    pub(crate) fn assigned(&mut self, key: &Name, equals: Span) -> Option<Argument> {
        if self.peek().is_none() {
            let message = format!("\"{key}\" has no value");
            return self.fail(Diagnostic::error(codes::MISSING_EQUALS, equals.after(), message));
        }
        if self.is_next(Kind::BracketOpen) {
            return self.bracketed();
        }
        if matches!(key.node.as_str(), "file" | "filename") {
            return self.path();
        }
        while self.is_next(Kind::Open) {
            self.token();
        }
        let mut value = self.assigned_word()?;
        while self.is_next(Kind::Comma) {
            let saved = self.position;
            self.token();
            let continues = match self.peek() {
                Some(token) if token.kind == Kind::Word => number::read(self.text(token)).is_ok(),
                Some(token) => token.kind == Kind::Expression,
                None => false,
            };
            if !continues {
                self.position = saved;
                break;
            }
            let next = self.assigned_word()?;
            append(&mut value, next);
        }
        Some(value)
    }

    /// A path in its original case, quoted or up to the next blank.
    fn path(&mut self) -> Option<Argument> {
        let token = self.peek()?;
        let span = self.span(token);
        let text = self.text(token);
        if matches!(token.kind, Kind::Text | Kind::Expression) {
            self.position = token.end;
            let path = if token.kind == Kind::Text {
                self.unquoted(token)?
            } else {
                text.trim_matches(['\'', '{', '}'])
            };
            return Some(Spanned::new(Value::Text(path.to_owned()), span));
        }
        let rest = &self.line.text[token.start..];
        let length = rest.find(|c| is_blank(c) || matches!(c, ',' | ')')).unwrap_or(rest.len());
        self.position = token.start + length;
        Some(Spanned::new(
            Value::Text(rest[..length].to_owned()),
            self.line.span(token.start, self.position),
        ))
    }

    /// `[value …]`.
    fn bracketed(&mut self) -> Option<Argument> {
        let open = self.token()?;
        let mut values = Vec::new();
        loop {
            self.skip_separators();
            match self.peek() {
                Some(token) if token.kind == Kind::BracketClose => {
                    self.position = token.end;
                    return Some(Spanned::new(
                        Value::List(values),
                        self.line.span(open.start, token.end),
                    ));
                }
                Some(_) => values.push(self.assigned_word()?),
                None => {
                    let message = "\"[\" is not closed";
                    return self.fail(Diagnostic::error(
                        codes::UNBALANCED,
                        self.span(open),
                        message,
                    ));
                }
            }
        }
    }

    /// One value behind an `=`: a number, a name, a quoted or braced value, or a formula without blanks.
    fn assigned_word(&mut self) -> Option<Argument> {
        let token = self.peek()?;
        if token.kind != Kind::Word {
            return self.value("a value");
        }
        let end = token.start + run_length(&self.line.text[token.start..]);
        if end == token.end {
            return self.value("a value");
        }
        // Something clings to the word, as in 2*(a+b) or max(a,b): only a formula looks like that.
        let expr = expression::whole(self.line, token.start, end, Context::Value, self.diagnostics);
        self.position = end;
        let expr = self.checked(expr)?;
        Some(Spanned::new(Value::Expression(Box::new(expr)), self.line.span(token.start, end)))
    }

    /// A positional value: a number, a name, a text or an expression.
    pub(crate) fn value(&mut self, what: &str) -> Option<Argument> {
        self.value_as(what, codes::MISSING_VALUE)
    }

    fn value_as(&mut self, what: &str, code: Code) -> Option<Argument> {
        let Some(token) = self.peek() else {
            return self.fail(Diagnostic::error(
                code,
                self.end_span(),
                format!("{what} is missing"),
            ));
        };
        let span = self.span(token);
        let value = match token.kind {
            Kind::Word => self.word_value(token)?,
            Kind::Text => Value::Text(self.unquoted(token)?.to_owned()),
            Kind::Expression => Value::Expression(Box::new(self.braced(token)?)),
            _ => {
                let message = format!("{what} is missing before \"{}\"", shorten(self.text(token)));
                return self.fail(Diagnostic::error(code, span, message));
            }
        };
        self.position = token.end;
        Some(Spanned::new(value, span))
    }

    /// A positional value, after separators.
    pub(crate) fn argument(&mut self, what: &str) -> Option<Argument> {
        if self.is_assignment() {
            let span = self.peek().map_or(self.end_span(), |token| self.span(token));
            return self.fail(Diagnostic::error(
                codes::MISSING_VALUE,
                span,
                format!("{what} is missing before this"),
            ));
        }
        self.value(what)
    }

    /// A positional value if there is one; `Some(None)` if there is none.
    #[allow(clippy::option_option)]
    pub(crate) fn optional_argument(&mut self, what: &str) -> Option<Option<Argument>> {
        if self.is_done() || self.is_assignment() {
            return Some(None);
        }
        self.argument(what).map(Some)
    }

    /// A bare word as a value: a number, a name, or a formula such as `2*w`.
    fn word_value(&mut self, token: Token) -> Option<Value> {
        let text = self.text(token);
        let span = self.span(token);
        let error = match number::read(text) {
            Ok(number) => {
                self.warn_ambiguous(text, span, number.ambiguity);
                return Some(Value::Number(number.value));
            }
            Err(error) => error,
        };
        if let Some(value) = self.lenient_number(text, span) {
            return Some(Value::Number(value));
        }
        let is_number = !matches!(error, NumberError::NotANumber { .. });
        if is_formula(text) {
            let mut warnings = Vec::new();
            match expression::whole(
                self.line,
                token.start,
                token.end,
                Context::Value,
                &mut warnings,
            ) {
                Ok(expr) => {
                    self.diagnostics.append(&mut warnings);
                    return Some(Value::Expression(Box::new(expr)));
                }
                // What starts like a number is no name: one of the two errors explains it.
                Err(error) if is_number => return self.fail(*error),
                Err(_) => {}
            }
        }
        if is_number {
            return self.fail(number_error(&error, span));
        }
        Some(Value::Name(lower(text)))
    }

    /// Drops the letters behind a number, as ngspice does; `None` if that is no matter of dialect.
    pub(crate) fn lenient_number(&mut self, text: &str, span: Span) -> Option<f64> {
        if self.dialect != Dialect::Ngspice
            || !matches!(number::read(text), Err(NumberError::TrailingText { .. }))
        {
            return None;
        }
        let value = number::read_prefix(text)?;
        let message = format!("\"{}\" is read as {value:?}", shorten(text));
        self.diagnostics.push(Diagnostic::warning(codes::DEMOTED, span, message));
        Some(value)
    }

    /// Warns of a number that simulators read differently.
    pub(crate) fn warn_ambiguous(&mut self, text: &str, span: Span, ambiguity: Option<Ambiguity>) {
        let (meaning, help) = match ambiguity {
            None => return,
            Some(Ambiguity::Femto) => {
                ("is read as femto (1e-15), not as farad", "write fF, or leave the unit out")
            }
            Some(Ambiguity::Ampere) => (
                "is read in ampere; some simulators read atto (1e-18)",
                "leave the unit out, or write aF, aA for atto",
            ),
            Some(Ambiguity::SpelledOut) => (
                "ends in a unit whose first letter other simulators read as a suffix",
                "leave the unit out",
            ),
        };
        let message = format!("\"{}\" {meaning}", shorten(text));
        self.diagnostics.push(Diagnostic::warning(codes::AMBIGUOUS_UNIT, span, message).help(help));
    }

    /// The longest expression from here on.
    pub(crate) fn expression(&mut self, context: Context) -> Option<Expr> {
        let end = self.line.text.len();
        match expression::prefix(self.line, self.position, end, context, self.diagnostics) {
            Ok((expr, position)) => {
                self.position = position;
                Some(expr)
            }
            Err(error) => self.fail(*error),
        }
    }

    /// A stretch of the card as one expression.
    pub(crate) fn expression_between(&mut self, start: usize, end: usize) -> Option<Expr> {
        let expr = expression::whole(self.line, start, end, Context::Value, self.diagnostics);
        self.checked(expr)
    }

    /// The expression inside a braced token.
    pub(crate) fn braced(&mut self, token: Token) -> Option<Expr> {
        let text = self.text(token);
        let is_closed =
            text.len() > 1 && text.ends_with(if text.starts_with('{') { '}' } else { '\'' });
        if !is_closed {
            let message = format!("\"{}\" is not closed", &text[..1]);
            let span = self.line.span(token.start, token.start + 1);
            return self.fail(Diagnostic::error(codes::UNTERMINATED_QUOTE, span, message));
        }
        let expr = expression::whole(
            self.line,
            token.start + 1,
            token.end - 1,
            Context::Value,
            self.diagnostics,
        );
        self.checked(expr)
    }

    /// The text inside a double-quoted token.
    pub(crate) fn unquoted(&mut self, token: Token) -> Option<&'a str> {
        let text = self.text(token);
        if text.len() < 2 || !text.ends_with('"') {
            let span = self.line.span(token.start, token.start + 1);
            return self.fail(Diagnostic::error(
                codes::UNTERMINATED_QUOTE,
                span,
                "this text is not closed",
            ));
        }
        Some(&text[1..text.len() - 1])
    }

    pub(super) fn checked<T>(&mut self, result: Result<T, Box<Diagnostic>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => self.fail(*error),
        }
    }
}

/// Keys whose values may be lists with blanks.
pub(super) fn takes_list(key: &str) -> bool {
    matches!(key, "ic" | "tc")
}

/// Names may contain `+` and `-`, but a formula also has another operator or starts like a number.
fn is_formula(text: &str) -> bool {
    text.contains(['*', '/', '^'])
        || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | '!'))
}

pub(super) fn is_numeric(word: &Word) -> bool {
    matches!(word, Word::Expression(_)) || word.number().is_some()
}

/// Makes a list of a value and one more.
pub(super) fn append(value: &mut Argument, next: Argument) {
    let span = value.span.to(next.span);
    match &mut value.node {
        Value::List(values) => values.push(next),
        _ => {
            let first = value.clone();
            value.node = Value::List(vec![first, next]);
        }
    }
    value.span = span;
}
