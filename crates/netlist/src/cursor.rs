//! A cursor over one card: words, values and assignments, with parentheses and commas as blanks.
//!
//! Card parsers pull from it left to right. What they cannot read they report through it and give up the card, so
//! `None` always means that a diagnostic has been pushed.

use std::collections::HashMap;

use crate::ast::{Argument, Expr, Name, Param, Value, Word};
use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::expression::{self, Context, number_error};
use crate::lines::{Line, is_blank};
use crate::number::{self, Ambiguity, NumberError};
use crate::source::{Span, Spanned};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bare word.
    Word,
    /// `"…"`; the quotes belong to the token.
    Text,
    /// `{…}` or `'…'`; the braces belong to the token.
    Expression,
    /// `=`.
    Equals,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `,`.
    Comma,
    /// `[` at the start of a word.
    BracketOpen,
    /// `]` behind a word that has no `[`.
    BracketClose,
}

/// A piece of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Words and assignments of a card, each in order.
pub(crate) type WordsAndParams = (Vec<Spanned<Word>>, Vec<Param>);

/// Reads one card from left to right.
pub(crate) struct Cursor<'a, 'l> {
    pub(crate) line: &'a Line<'l>,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
    position: usize,
}

impl<'a, 'l> Cursor<'a, 'l> {
    pub(crate) fn new(line: &'a Line<'l>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Cursor {
            line,
            diagnostics,
            position: 0,
        }
    }

    /// The whole card.
    pub(crate) fn card_span(&self) -> Span {
        self.line.full_span()
    }

    pub(crate) fn span(&self, token: Token) -> Span {
        self.line.span(token.start, token.end)
    }

    pub(crate) fn text(&self, token: Token) -> &'a str {
        &self.line.text[token.start..token.end]
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn seek(&mut self, position: usize) {
        self.position = position;
    }

    /// Where the card ends, for things that are missing.
    pub(crate) fn end_span(&self) -> Span {
        self.card_span().after()
    }

    /// Reports an error and gives up.
    pub(crate) fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.diagnostics.push(diagnostic);
        None
    }

    // Tokens.

    /// The next token, whatever it is.
    pub(crate) fn token(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.position = token.end;
        Some(token)
    }

    /// The next token without taking it.
    pub(crate) fn peek(&self) -> Option<Token> {
        let rest = &self.line.text[self.position..];
        let trimmed = rest.trim_start_matches(is_blank);
        let start = self.position + rest.len() - trimmed.len();
        let first = trimmed.chars().next()?;
        let token = |kind, length| {
            Some(Token {
                kind,
                start,
                end: start + length,
            })
        };
        match first {
            '=' => token(Kind::Equals, 1),
            '(' => token(Kind::Open, 1),
            ')' => token(Kind::Close, 1),
            ',' => token(Kind::Comma, 1),
            '[' => token(Kind::BracketOpen, 1),
            ']' => token(Kind::BracketClose, 1),
            '"' => token(Kind::Text, quoted_length(trimmed, '"')),
            '\'' => token(Kind::Expression, quoted_length(trimmed, '\'')),
            '{' => token(Kind::Expression, braced_length(trimmed)),
            // A stray closing brace; the check of balance reports it.
            '}' => token(Kind::Word, 1),
            _ => token(Kind::Word, word_length(trimmed)),
        }
    }

    /// Skips parentheses and commas, which are blanks between the words of an element line.
    pub(crate) fn skip_separators(&mut self) {
        while let Some(Token {
            kind: Kind::Comma | Kind::Open | Kind::Close,
            end,
            ..
        }) = self.peek()
        {
            self.position = end;
        }
    }

    /// Skips separators; true if nothing is left.
    pub(crate) fn is_done(&mut self) -> bool {
        self.skip_separators();
        self.peek().is_none()
    }

    /// True if the next token is of a kind.
    pub(crate) fn is_next(&self, kind: Kind) -> bool {
        self.peek().is_some_and(|token| token.kind == kind)
    }

    /// True if `key =` comes next.
    pub(crate) fn is_assignment(&mut self) -> bool {
        self.skip_separators();
        let Some(Token {
            kind: Kind::Word,
            end,
            ..
        }) = self.peek()
        else {
            return false;
        };
        let saved = std::mem::replace(&mut self.position, end);
        let found = self.is_next(Kind::Equals);
        self.position = saved;
        found
    }

    /// The next bare word in lower case without taking it, unless it is the key of an assignment.
    pub(crate) fn peek_word(&mut self) -> Option<String> {
        if self.is_assignment() {
            return None;
        }
        self.peek()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| lower(self.text(token)))
    }

    /// Takes the next word if it is this keyword.
    pub(crate) fn take_keyword(&mut self, keyword: &str) -> Option<Span> {
        self.skip_separators();
        let token = self.peek().filter(|token| token.kind == Kind::Word)?;
        if !self.text(token).eq_ignore_ascii_case(keyword) {
            return None;
        }
        self.position = token.end;
        Some(self.span(token))
    }

    // Names and words.

    /// A name: a bare or double-quoted word that is not the key of an assignment.
    pub(crate) fn name(&mut self, code: Code, what: &str) -> Option<Name> {
        let is_key = self.is_assignment();
        match self.peek() {
            Some(token) if token.kind == Kind::Word && !is_key => {
                self.position = token.end;
                Some(Spanned::new(lower(self.text(token)), self.span(token)))
            }
            Some(token) if token.kind == Kind::Text => {
                self.position = token.end;
                let text = self.unquoted(token)?;
                Some(Spanned::new(lower(text), self.span(token)))
            }
            Some(token) => {
                let message = format!("{what} is missing before \"{}\"", shorten(self.text(token)));
                self.fail(Diagnostic::error(code, self.span(token), message))
            }
            None => self.fail(Diagnostic::error(
                code,
                self.end_span(),
                format!("{what} is missing"),
            )),
        }
    }

    /// A node of an element line.
    pub(crate) fn node(&mut self) -> Option<Name> {
        self.name(codes::MISSING_NODE, "a node")
    }

    /// Several nodes of an element line.
    pub(crate) fn nodes<const N: usize>(&mut self) -> Option<[Name; N]> {
        let mut nodes = Vec::with_capacity(N);
        for _ in 0..N {
            nodes.push(self.node()?);
        }
        nodes.try_into().ok()
    }

    /// A word of any kind that is not the key of an assignment; `None` without a diagnostic if there is none.
    pub(crate) fn word(&mut self) -> Option<Spanned<Word>> {
        if self.is_assignment() {
            return None;
        }
        let token = self.peek()?;
        let word = match token.kind {
            Kind::Word | Kind::BracketOpen | Kind::BracketClose => {
                Word::Plain(lower(self.text(token)))
            }
            Kind::Text => Word::Text(self.unquoted(token)?.to_owned()),
            Kind::Expression => Word::Expression(Box::new(self.braced(token)?)),
            Kind::Equals | Kind::Open | Kind::Close | Kind::Comma => {
                let message = format!("found \"{}\" where a word should stand", self.text(token));
                return self.fail(Diagnostic::error(
                    codes::UNEXPECTED_CHARACTER,
                    self.span(token),
                    message,
                ));
            }
        };
        self.position = token.end;
        Some(Spanned::new(word, self.span(token)))
    }

    /// All words and assignments up to the end of the card. Words after `ic=` or `tc=` that are numbers belong to it.
    pub(crate) fn words_and_params(&mut self) -> Option<WordsAndParams> {
        let mut words = Vec::new();
        let mut params: Vec<Param> = Vec::new();
        while !self.is_done() {
            if self.is_assignment() {
                params.push(self.param()?);
                continue;
            }
            let word = self.word()?;
            match params
                .last_mut()
                .filter(|param| takes_list(&param.key.node))
            {
                Some(param) if is_numeric(&word.node) => {
                    let value = Spanned::new(word.node.value(), word.span);
                    append(&mut param.value, value);
                }
                _ => words.push(word),
            }
        }
        self.warn_duplicates(&params);
        Some((words, params))
    }

    /// Assignments up to the end of the card; any other word is an error.
    pub(crate) fn params(&mut self) -> Option<Vec<Param>> {
        let (words, params) = self.words_and_params()?;
        self.refuse_words(&words)?;
        Some(params)
    }

    /// Reports words that should not be there.
    pub(crate) fn refuse_words(&mut self, words: &[Spanned<Word>]) -> Option<()> {
        let Some(word) = words.first() else {
            return Some(());
        };
        let text = shorten(word.node.text().unwrap_or("{…}")).to_owned();
        let message = format!("\"{text}\" is one word too many");
        self.fail(
            Diagnostic::error(codes::TOO_MANY_WORDS, word.span, message)
                .label("the card is complete before it"),
        )
    }

    /// Reports anything that is left on the card.
    pub(crate) fn finish(&mut self) -> Option<()> {
        if self.is_done() {
            return Some(());
        }
        self.params().and_then(|params| match params.first() {
            Some(param) => {
                let message = format!("this card takes no parameter \"{}\"", param.key);
                self.fail(Diagnostic::error(
                    codes::TOO_MANY_WORDS,
                    param.span(),
                    message,
                ))
            }
            None => Some(()),
        })
    }

    fn warn_duplicates(&mut self, params: &[Param]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for param in params {
            if let Some(first) = seen.insert(&param.key.node, param.key.span) {
                let message = format!("\"{}\" is given twice", param.key);
                self.diagnostics.push(
                    Diagnostic::warning(codes::SHADOWED, param.key.span, message)
                        .label("this one counts")
                        .secondary(first, "this one has no effect"),
                );
            }
        }
    }

    // Values.

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
            return self.fail(Diagnostic::error(
                codes::MISSING_EQUALS,
                equals.after(),
                message,
            ));
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
        let length = rest
            .find(|c| is_blank(c) || matches!(c, ',' | ')'))
            .unwrap_or(rest.len());
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
        let expr = expression::whole(
            self.line,
            token.start,
            end,
            Context::Value,
            self.diagnostics,
        );
        self.position = end;
        let expr = self.checked(expr)?;
        Some(Spanned::new(
            Value::Expression(Box::new(expr)),
            self.line.span(token.start, end),
        ))
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
            let span = self
                .peek()
                .map_or(self.end_span(), |token| self.span(token));
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

    /// Warns of a number that simulators read differently.
    pub(crate) fn warn_ambiguous(&mut self, text: &str, span: Span, ambiguity: Option<Ambiguity>) {
        let (meaning, help) = match ambiguity {
            None => return,
            Some(Ambiguity::Femto) => (
                "is read as femto (1e-15), not as farad",
                "write fF, or leave the unit out",
            ),
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
        self.diagnostics
            .push(Diagnostic::warning(codes::AMBIGUOUS_UNIT, span, message).help(help));
    }

    // Expressions and quotes.

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

    fn checked<T>(&mut self, result: Result<T, Box<Diagnostic>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => self.fail(*error),
        }
    }
}

/// Keys whose values may be lists with blanks.
fn takes_list(key: &str) -> bool {
    matches!(key, "ic" | "tc")
}

/// Names may contain `+` and `-`, but a formula also has another operator or starts like a number.
fn is_formula(text: &str) -> bool {
    text.contains(['*', '/', '^'])
        || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | '!'))
}

fn is_numeric(word: &Word) -> bool {
    matches!(word, Word::Expression(_)) || word.number().is_some()
}

/// Makes a list of a value and one more.
fn append(value: &mut Argument, next: Argument) {
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

/// Names are compared in lower case.
pub(crate) fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The beginning of a long word, for messages.
pub(crate) fn shorten(text: &str) -> &str {
    text.char_indices()
        .nth(60)
        .map_or(text, |(end, _)| &text[..end])
}

fn ends_word(c: char) -> bool {
    is_blank(c) || matches!(c, '=' | '(' | ')' | ',' | '{' | '}' | '"' | '\'')
}

/// The length of a bare word. A closing bracket ends it unless the bracket was opened inside, as in `bus[3]`.
fn word_length(text: &str) -> usize {
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
fn run_length(text: &str) -> usize {
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

fn quoted_length(text: &str, quote: char) -> usize {
    text[1..]
        .find(quote)
        .map_or(text.len(), |length| length + 2)
}

fn braced_length(text: &str) -> usize {
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
