//! `.param` and `.func`: assignments whose values are expressions, quoted or not.

use crate::ast::{Expr, FunctionDefinition, Item, Name, ParameterDefinition};
use crate::codes;
use crate::cursor::{Cursor, Kind, lower};
use crate::diagnostic::Diagnostic;
use crate::expression::Context;
use crate::lines::is_blank;
use crate::options::Dialect;
use crate::source::{Span, Spanned};

/// `.param name=expression …`, `.param f(x)=expression`.
pub(crate) fn params(cursor: &mut Cursor<'_, '_>) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    let is_single = cursor.line.text.matches('=').count() < 2;
    let mut doubtful: Option<Span> = None;
    while skip_commas(cursor) {
        let name = assigned_name(cursor)?;
        if cursor.is_next(Kind::Open) {
            items.push(Item::Function(function(cursor, name)?));
            continue;
        }
        let (mut value, start) = equals_value(cursor, &name)?;
        // Among several assignments ngspice stops an unquoted value at its first blank.
        if let Some(length) =
            unquoted_blank(&cursor.line.text[start..cursor.position()]).filter(|_| !is_single)
        {
            doubtful.get_or_insert(value.span);
            if cursor.dialect == Dialect::Ngspice {
                value = cursor.expression_between(start, start + length)?;
            }
        }
        let span = name.span.to(value.span);
        items.push(Item::Parameter(ParameterDefinition { span, name, value }));
    }
    if items.is_empty() {
        return cursor.fail(Diagnostic::error(
            codes::MISSING_EQUALS,
            cursor.end_span(),
            "an assignment is missing",
        ));
    }
    if let Some(span) = doubtful {
        let message = match cursor.dialect {
            Dialect::Ovonic => "an unquoted value with blanks among several assignments",
            Dialect::Ngspice => {
                "an unquoted value among several assignments stops at its first blank"
            }
        };
        let help = "put the value in braces; other simulators stop at its first blank";
        cursor
            .diagnostics
            .push(Diagnostic::warning(codes::BLANKS_IN_VALUE, span, message).help(help));
    }
    Some(items)
}

/// `.func name(a, b) {expression}`, also with `=`.
pub(crate) fn func(cursor: &mut Cursor<'_, '_>) -> Option<FunctionDefinition> {
    let name = assigned_name(cursor)?;
    if !cursor.is_next(Kind::Open) {
        let message = format!("the arguments of \"{name}\" are missing");
        let diagnostic = Diagnostic::error(codes::BAD_FUNCTION_DEFINITION, name.span, message)
            .help("write .func name(a, b) {expression}");
        return cursor.fail(diagnostic);
    }
    let definition = function(cursor, name)?;
    cursor.finish()?;
    Some(definition)
}

fn skip_commas(cursor: &mut Cursor<'_, '_>) -> bool {
    while cursor.is_next(Kind::Comma) {
        cursor.token();
    }
    cursor.peek().is_some()
}

fn assigned_name(cursor: &mut Cursor<'_, '_>) -> Option<Name> {
    let token = cursor.peek().filter(|token| token.kind == Kind::Word);
    let Some(token) = token else {
        let found = cursor.peek();
        let span = found.map_or(cursor.end_span(), |token| cursor.span(token));
        let diagnostic = match found.map(|token| token.kind) {
            Some(Kind::Equals) => {
                Diagnostic::error(codes::SYNTAX, span, "found \"=\" behind a value")
                    .help("equality is written \"==\"")
            }
            _ => Diagnostic::error(codes::MISSING_NAME, span, "a parameter name is missing"),
        };
        return cursor.fail(diagnostic);
    };
    let name = Spanned::new(lower(cursor.text(token)), cursor.span(token));
    if !is_name(&name.node) {
        let message = format!("\"{name}\" cannot be the name of a parameter");
        let diagnostic = Diagnostic::error(codes::MISSING_NAME, name.span, message)
            .help("names start with a letter and have letters, digits and underscores");
        return cursor.fail(diagnostic);
    }
    cursor.seek(token.end);
    Some(name)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '$' | '@'))
}

/// The value, and where its text starts on the card.
fn equals_value(cursor: &mut Cursor<'_, '_>, name: &Name) -> Option<(Expr, usize)> {
    if !cursor.is_next(Kind::Equals) {
        let message = format!("\"=\" is missing behind \"{name}\"");
        return cursor.fail(Diagnostic::error(codes::MISSING_EQUALS, name.span.after(), message));
    }
    let equals = cursor.token()?;
    let Some(first) = cursor.peek() else {
        let message = format!("\"{name}\" has no value");
        return cursor.fail(Diagnostic::error(
            codes::MISSING_EQUALS,
            cursor.span(equals).after(),
            message,
        ));
    };
    Some((cursor.expression(Context::Value)?, first.start))
}

/// Where the first blank stands in `1 + 2`; `None` for `1+2`, `{1 + 2}` and `max(1, 2)`.
fn unquoted_blank(text: &str) -> Option<usize> {
    let text = text.trim_end_matches(is_blank);
    let is_quoted = text.starts_with(['{', '\'', '"', '(']) || text.ends_with(')');
    text.find(is_blank).filter(|_| !is_quoted)
}

/// `(a, b)` and the body.
fn function(cursor: &mut Cursor<'_, '_>, name: Name) -> Option<FunctionDefinition> {
    cursor.token();
    let mut arguments = Vec::new();
    loop {
        let token = cursor.token();
        match token.map(|token| token.kind) {
            Some(Kind::Close) => break,
            Some(Kind::Comma) => {}
            Some(Kind::Word) if token.is_some_and(|token| is_name(cursor.text(token))) => {
                let token = token?;
                arguments.push(Spanned::new(lower(cursor.text(token)), cursor.span(token)));
            }
            _ => {
                let span = token.map_or(cursor.end_span(), |token| cursor.span(token));
                let message = format!("the argument list of \"{name}\" is malformed");
                return cursor.fail(Diagnostic::error(
                    codes::BAD_FUNCTION_DEFINITION,
                    span,
                    message,
                ));
            }
        }
    }
    if cursor.is_next(Kind::Equals) {
        cursor.token();
    }
    let body = cursor.expression(Context::Value)?;
    Some(FunctionDefinition { span: name.span.to(body.span), name, arguments, body })
}
