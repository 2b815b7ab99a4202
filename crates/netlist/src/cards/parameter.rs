//! `.param` and `.func`: assignments whose values are expressions, quoted or not.

use crate::ast::{Expr, FunctionDefinition, Item, Name, ParameterDefinition};
use crate::codes;
use crate::cursor::{Cursor, Kind, lower};
use crate::diagnostic::Diagnostic;
use crate::expression::Context;
use crate::lines::is_blank;
use crate::source::{Span, Spanned};

/// `.param name=expression …`, `.param f(x)=expression`.
pub(crate) fn params(cursor: &mut Cursor<'_, '_>) -> Option<Vec<Item>> {
    let mut items = Vec::new();
    let mut doubtful: Option<Span> = None;
    while skip_commas(cursor) {
        let name = assigned_name(cursor)?;
        if cursor.is_next(Kind::Open) {
            items.push(Item::Function(function(cursor, name)?));
            continue;
        }
        let value = equals_value(cursor, &name)?;
        let span = name.span.to(value.span);
        if is_unquoted_with_blanks(cursor, &value) {
            doubtful.get_or_insert(value.span);
        }
        items.push(Item::Parameter(ParameterDefinition { span, name, value }));
    }
    if items.is_empty() {
        return cursor.fail(Diagnostic::error(
            codes::MISSING_EQUALS,
            cursor.end_span(),
            "an assignment is missing",
        ));
    }
    // With several assignments on the card, other simulators stop such a value at its first blank.
    if let Some(span) = doubtful.filter(|_| items.len() > 1) {
        let message = "an unquoted value with blanks among several assignments";
        cursor.diagnostics.push(
            Diagnostic::warning(codes::BLANKS_IN_VALUE, span, message)
                .help("put the value in braces; other simulators stop at its first blank"),
        );
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
        let span = cursor
            .peek()
            .map_or(cursor.end_span(), |token| cursor.span(token));
        return cursor.fail(Diagnostic::error(
            codes::MISSING_NAME,
            span,
            "a parameter name is missing",
        ));
    };
    let text = cursor.text(token);
    let is_name = text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '$' | '@'));
    let name = Spanned::new(lower(text), cursor.span(token));
    if !is_name {
        let message = format!("\"{name}\" cannot be the name of a parameter");
        let diagnostic = Diagnostic::error(codes::MISSING_NAME, name.span, message)
            .help("names start with a letter and have letters, digits and underscores");
        return cursor.fail(diagnostic);
    }
    cursor.seek(token.end);
    Some(name)
}

fn equals_value(cursor: &mut Cursor<'_, '_>, name: &Name) -> Option<Expr> {
    if !cursor.is_next(Kind::Equals) {
        let message = format!("\"=\" is missing behind \"{name}\"");
        return cursor.fail(Diagnostic::error(
            codes::MISSING_EQUALS,
            name.span.after(),
            message,
        ));
    }
    let equals = cursor.token()?;
    if cursor.peek().is_none() {
        let message = format!("\"{name}\" has no value");
        return cursor.fail(Diagnostic::error(
            codes::MISSING_EQUALS,
            cursor.span(equals).after(),
            message,
        ));
    }
    cursor.expression(Context::Value)
}

fn is_unquoted_with_blanks(cursor: &Cursor<'_, '_>, value: &Expr) -> bool {
    let text = &cursor.line.text[..cursor.position()];
    let length = (value.span.end - value.span.start) as usize;
    let value = text.get(text.len().saturating_sub(length)..).unwrap_or("");
    !value.starts_with(['{', '\'', '"', '(']) && !value.ends_with(')') && value.contains(is_blank)
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
            Some(Kind::Word) => {
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
    Some(FunctionDefinition {
        span: name.span.to(body.span),
        name,
        arguments,
        body,
    })
}
