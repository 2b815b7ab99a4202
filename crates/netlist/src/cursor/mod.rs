//! A cursor over one card: words, values and assignments, with parentheses and commas as blanks.
//!
//! Card parsers pull from it left to right. What they cannot read they report through it and give up the card, so
//! `None` always means that a diagnostic has been pushed.

mod scan;
mod values;

use std::cell::Cell;
use std::collections::HashMap;

use self::scan::{braced_length, quoted_length, word_length};
use self::values::{append, is_numeric, takes_list};
use crate::ast::{Name, Param, Word};
use crate::codes::{self, Code};
use crate::diagnostic::Diagnostic;
use crate::lines::{Line, is_blank};
use crate::options::Dialect;
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
    pub(crate) dialect: Dialect,
    position: usize,
    /// The token at a position: every decision looks at the same one several times.
    seen: Cell<Option<(usize, Option<Token>)>>,
}

impl<'a, 'l> Cursor<'a, 'l> {
    pub(crate) fn new(
        line: &'a Line<'l>,
        dialect: Dialect,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Cursor { line, diagnostics, dialect, position: 0, seen: Cell::new(None) }
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

    /// The next token, whatever it is.
    pub(crate) fn token(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.position = token.end;
        Some(token)
    }

    /// The next token without taking it.
    pub(crate) fn peek(&self) -> Option<Token> {
        match self.seen.get() {
            Some((position, token)) if position == self.position => token,
            _ => {
                let token = self.scan();
                self.seen.set(Some((self.position, token)));
                token
            }
        }
    }

    fn scan(&self) -> Option<Token> {
        let rest = &self.line.text[self.position..];
        let trimmed = rest.trim_start_matches(is_blank);
        let start = self.position + rest.len() - trimmed.len();
        let first = trimmed.chars().next()?;
        let token = |kind, length| Some(Token { kind, start, end: start + length });
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
        while let Some(Token { kind: Kind::Comma | Kind::Open | Kind::Close, end, .. }) =
            self.peek()
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
        let Some(Token { kind: Kind::Word, end, .. }) = self.peek() else {
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
        self.peek().filter(|token| token.kind == Kind::Word).map(|token| lower(self.text(token)))
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
            None => {
                self.fail(Diagnostic::error(code, self.end_span(), format!("{what} is missing")))
            }
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
            match params.last_mut().filter(|param| takes_list(&param.key.node)) {
                Some(param) if is_numeric(&word.node) => {
                    let value = Spanned::new(word.node.value(), word.span);
                    append(&mut param.value, value);
                }
                _ => words.push(word),
            }
        }
        self.warn_duplicates(&params);
        // Netlists have a million lines of one word, and a vector starts with room for four.
        words.shrink_to_fit();
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
                self.fail(Diagnostic::error(codes::TOO_MANY_WORDS, param.span(), message))
            }
            None => Some(()),
        })
    }

    fn warn_duplicates(&mut self, params: &[Param]) {
        if params.len() < 2 {
            return;
        }
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
}

/// Names are compared in lower case.
pub(crate) fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The beginning of a long word, for messages.
pub(crate) fn shorten(text: &str) -> &str {
    text.char_indices().nth(60).map_or(text, |(end, _)| &text[..end])
}
