//! Output cards, conditions on nodes, and cards that stay raw.

use crate::ast::{
    Axes, Condition, ConditionTarget, Conditions, Expr, ExprKind, Fourier, Name, Output,
    OutputKind, RawArgument, RawCard, Word,
};
use crate::codes;
use crate::cursor::{Cursor, Kind, lower, shorten};
use crate::diagnostic::Diagnostic;
use crate::expression::{self, Context};
use crate::lines::is_blank;
use crate::source::Spanned;

const ANALYSES: [&str; 12] =
    ["op", "dc", "ac", "tran", "noise", "trace", "disto", "pz", "sens", "tf", "hb", "sp"];
/// What a `.plot` card can name in the place of an analysis: what `.meas` cards find.
const MEASURES: [&str; 2] = ["meas", "measure"];

/// `.print`, `.plot`, `.save`, `.probe`.
pub(crate) fn output(cursor: &mut Cursor<'_, '_>, kind: OutputKind) -> Option<Output> {
    let span = cursor.card_span();
    let analysis = match cursor.peek_word() {
        Some(word) if ANALYSES.contains(&word.as_str()) => {
            Some(cursor.name(codes::BAD_OUTPUT_CARD, "an analysis")?)
        }
        Some(word) if kind == OutputKind::Plot && MEASURES.contains(&word.as_str()) => {
            let name = cursor.name(codes::BAD_OUTPUT_CARD, "an analysis")?;
            Some(Name::new(MEASURES[0].to_owned(), name.span))
        }
        _ => None,
    };
    let (outputs, params, axes) = (Vec::new(), Vec::new(), Axes::default());
    let mut output = Output { span, kind, analysis, outputs, params, axes };
    let is_list_of_names = matches!(kind, OutputKind::Save | OutputKind::Probe);
    while skip_commas(cursor) {
        if is_key(cursor) {
            output.params.push(cursor.param()?);
        } else if is_list_of_names {
            output.outputs.push(saved(cursor)?);
        } else if kind == OutputKind::Plot && cursor.is_next(Kind::Open) {
            plot_limits(cursor)?;
        } else if kind != OutputKind::Plot || !plot_axis(cursor, &mut output)? {
            output.outputs.push(cursor.expression(Context::Output)?);
        }
    }
    Some(output)
}

fn skip_commas(cursor: &mut Cursor<'_, '_>) -> bool {
    while cursor.is_next(Kind::Comma) {
        cursor.token();
    }
    cursor.peek().is_some()
}

/// `key=`; the parenthesis of `v(a)` must not be skipped on the way.
fn is_key(cursor: &mut Cursor<'_, '_>) -> bool {
    cursor.is_next(Kind::Word) && cursor.is_assignment()
}

/// Takes `xlog`, `ylog`, `loglog` or `vs output` of a `.plot` card; whether one came next.
fn plot_axis(cursor: &mut Cursor<'_, '_>, output: &mut Output) -> Option<bool> {
    let Output { axes, outputs, analysis, .. } = output;
    let Some(word) = cursor.peek_word() else { return Some(false) };
    match word.as_str() {
        // Nodes may have these names too: a card that begins with one means the node.
        _ if outputs.is_empty() && analysis.is_none() => return Some(false),
        "xlog" => axes.log_x = true,
        "ylog" => axes.log_y = true,
        "loglog" => (axes.log_x, axes.log_y) = (true, true),
        "vs" if !outputs.is_empty() => {
            cursor.token();
            axes.over = Some(cursor.expression(Context::Output)?);
            return Some(true);
        }
        _ => return Some(false),
    }
    cursor.token();
    Some(true)
}

/// `(low, high)` of `.plot`.
fn plot_limits(cursor: &mut Cursor<'_, '_>) -> Option<()> {
    let open = cursor.token()?;
    loop {
        let Some(token) = cursor.token() else {
            return cursor.fail(Diagnostic::error(
                codes::UNBALANCED,
                cursor.span(open),
                "\"(\" is not closed",
            ));
        };
        if token.kind == Kind::Close {
            let span = cursor.line.span(open.start, token.end);
            cursor.diagnostics.push(Diagnostic::warning(
                codes::IGNORED,
                span,
                "limits of a plot have no effect",
            ));
            return Some(());
        }
    }
}

/// One word of `.save` or `.probe`: a probe where it reads as one, a name otherwise. Node names may hold operators.
fn saved(cursor: &mut Cursor<'_, '_>) -> Option<Expr> {
    let token = cursor.peek()?;
    let length = run_length(&cursor.line.text[token.start..]);
    let end = token.start + length.max(token.end - token.start);
    let text = &cursor.line.text[token.start..end];
    cursor.seek(end);
    let span = cursor.line.span(token.start, end);
    if text.contains(['(', '@', '"', '{', '\'']) {
        let mut warnings = Vec::new();
        return match expression::whole(
            cursor.line,
            token.start,
            end,
            Context::Output,
            &mut warnings,
        ) {
            Ok(expr) => Some(expr),
            Err(error) => cursor.fail(*error),
        };
    }
    Some(Expr { kind: ExprKind::Name(lower(text)), span })
}

/// Up to a blank or a comma outside parentheses, braces and quotes.
fn run_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut quote = None;
    for (index, c) in text.char_indices() {
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '\'' | '"' => quote = Some(c),
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && (is_blank(c) || c == ',') => return index,
            _ => {}
        }
    }
    text.len()
}

/// `.ic` and `.nodeset`.
pub(crate) fn conditions(cursor: &mut Cursor<'_, '_>) -> Option<Conditions> {
    let span = cursor.card_span();
    let mut assignments = Vec::new();
    while skip_commas(cursor) {
        let target = target(cursor)?;
        let key = target.clone().map(|_| String::from("condition"));
        if cursor.is_next(Kind::Equals) {
            let equals = cursor.token()?;
            let value = cursor.assigned(&key, cursor.span(equals))?;
            assignments.push(Condition { target, value });
        } else {
            assignments
                .push(Condition { target, value: cursor.argument("the value of the condition")? });
        }
    }
    if assignments.is_empty() {
        let diagnostic =
            Diagnostic::error(codes::BAD_CONDITION, cursor.end_span(), "a condition is missing");
        return cursor.fail(diagnostic.help("write v(node)=value"));
    }
    Some(Conditions { span, assignments })
}

fn target(cursor: &mut Cursor<'_, '_>) -> Option<Spanned<ConditionTarget>> {
    let saved = cursor.position();
    // A bare node name may contain operators, so it is not read as an expression.
    if cursor.is_next(Kind::Word) && cursor.is_assignment() {
        let plus = cursor
            .token()
            .map(|token| Spanned::new(lower(cursor.text(token)), cursor.span(token)))?;
        let span = plus.span;
        return Some(Spanned::new(ConditionTarget::Voltage { plus, minus: None }, span));
    }
    cursor.seek(saved);
    let probe = cursor.expression(Context::Value)?;
    let target = match probe.kind {
        ExprKind::Voltage { plus, minus, .. } => ConditionTarget::Voltage { plus, minus },
        ExprKind::Current { device, .. } => ConditionTarget::Current { device },
        _ => {
            let message = "a condition is set on v(node) or i(device)";
            return cursor.fail(Diagnostic::error(codes::BAD_CONDITION, probe.span, message));
        }
    };
    Some(Spanned::new(target, probe.span))
}

/// `.four`.
pub(crate) fn fourier(cursor: &mut Cursor<'_, '_>) -> Option<Fourier> {
    const EXAMPLE: &str = "for example: .four 1k v(out)";
    let span = cursor.card_span();
    let frequency = cursor.argument("the fundamental frequency")?;
    let mut outputs = Vec::new();
    while skip_commas(cursor) {
        outputs.push(cursor.expression(Context::Output)?);
    }
    if outputs.is_empty() {
        let message = "an output is missing";
        let diagnostic = Diagnostic::error(codes::BAD_OUTPUT_CARD, cursor.end_span(), message);
        return cursor.fail(diagnostic.help(EXAMPLE));
    }
    Some(Fourier { span, frequency, outputs })
}

/// Words and assignments of a card that is not typed.
pub(crate) fn raw(cursor: &mut Cursor<'_, '_>, keyword: Name) -> Option<RawCard> {
    let span = cursor.card_span();
    let mut args = Vec::new();
    while skip_commas(cursor) {
        let target = raw_word(cursor)?;
        if cursor.is_next(Kind::Equals) {
            let equals = cursor.token()?;
            let key =
                target.clone().map(|word| word.text().unwrap_or("the left-hand side").to_owned());
            let value = raw_value(cursor, &key, equals.end)?;
            args.push(RawArgument::Assign { target, value });
        } else {
            args.push(RawArgument::Word(target));
        }
    }
    Some(RawCard { span, keyword, args })
}

/// The right-hand side in a raw card may be a probe: `when v(a)=v(b)`.
fn raw_value(
    cursor: &mut Cursor<'_, '_>,
    key: &Name,
    equals: usize,
) -> Option<crate::ast::Argument> {
    let equals = cursor.line.span(equals - 1, equals);
    let is_plain = match cursor.peek() {
        Some(token) if token.kind == Kind::Word => {
            token.end - token.start == run_length(&cursor.line.text[token.start..])
        }
        _ => true,
    };
    if is_plain {
        return cursor.assigned(key, equals);
    }
    let word = raw_word(cursor)?;
    Some(Spanned::new(word.node.value(), word.span))
}

/// A word; with parentheses it is read as an expression.
fn raw_word(cursor: &mut Cursor<'_, '_>) -> Option<Spanned<Word>> {
    let token = cursor.peek()?;
    if token.kind == Kind::Equals {
        let message = "found \"=\" where a word should stand";
        return cursor.fail(Diagnostic::error(
            codes::UNEXPECTED_CHARACTER,
            cursor.span(token),
            message,
        ));
    }
    if matches!(token.kind, Kind::Text | Kind::Expression) {
        return cursor.word();
    }
    let rest = &cursor.line.text[token.start..];
    let run = run_length(rest);
    // An "=" outside parentheses ends the word as well.
    let length = assignment(&rest[..run]).unwrap_or(run).max(1);
    let end = token.start + length;
    let span = cursor.line.span(token.start, end);
    let text = &cursor.line.text[token.start..end];
    cursor.seek(end);
    // `@n1[temp]` is a signal as `v(out)` is.
    if !text.contains(['(', ')']) && !text.starts_with('@') {
        return Some(Spanned::new(Word::Plain(lower(text)), span));
    }
    let mut warnings = Vec::new();
    match expression::whole(cursor.line, token.start, end, Context::Output, &mut warnings) {
        Ok(expr) => Some(Spanned::new(Word::Expression(Box::new(expr)), span)),
        Err(error) => {
            let help = format!("in \"{}\"", shorten(text));
            cursor.fail(error.help(help))
        }
    }
}

fn assignment(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            '=' if depth == 0 && index > 0 => return Some(index),
            _ => {}
        }
    }
    None
}
