//! Analysis cards.

use crate::ast::{
    AcSweep, AnalysisKind, Argument, DcSweep, ExprKind, Name, Noise, PoleZero, Range, Scale, Step,
    Sweep, Trace, TransferFunction, Transient,
};
use crate::codes;
use crate::cursor::{Cursor, Kind};
use crate::diagnostic::Diagnostic;
use crate::expression::Context;
use crate::source::Spanned;

/// `.op`.
pub(crate) fn operating_point(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    cursor.finish()?;
    Some(AnalysisKind::OperatingPoint)
}

/// `.dc`.
pub(crate) fn dc(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    let mut sweeps = Vec::new();
    while !cursor.is_done() {
        sweeps.push(sweep(cursor)?);
    }
    if sweeps.is_empty() {
        return malformed(cursor, "a sweep is missing", ".dc V1 0 5 0.1");
    }
    Some(AnalysisKind::Dc(DcSweep { sweeps }))
}

fn malformed<T>(cursor: &mut Cursor<'_, '_>, message: &str, example: &str) -> Option<T> {
    let diagnostic = Diagnostic::error(codes::BAD_ANALYSIS_CARD, cursor.end_span(), message);
    cursor.fail(diagnostic.help(format!("for example: {example}")))
}

/// One swept quantity. The word that says how the points are spread may stand before the name or behind it.
fn sweep(cursor: &mut Cursor<'_, '_>) -> Option<Sweep> {
    let mut scale = take_scale(cursor);
    let is_param = cursor.take_keyword("param").is_some();
    let variable = variable(cursor)?;
    if scale.is_none() && (cursor.take_keyword("list").is_some()) {
        return Some(Sweep { variable, is_param, range: list(cursor)? });
    }
    scale = scale.or_else(|| take_scale(cursor));
    let start = cursor.argument("the first value of the sweep")?;
    let stop = cursor.argument("the last value of the sweep")?;
    let range = match scale {
        // For a sweep, LIN has an increment like the form without a keyword.
        Some(scale) if scale.node != Scale::Linear => {
            let points = cursor.argument("the number of points")?;
            Range::Points { scale, points, start, stop }
        }
        _ => Range::Step { start, stop, step: cursor.argument("the increment of the sweep")? },
    };
    Some(Sweep { variable, is_param, range })
}

/// A source, `temp`, a parameter, `device:parameter`, or `@device[parameter]`.
fn variable(cursor: &mut Cursor<'_, '_>) -> Option<Name> {
    cursor.name(codes::BAD_ANALYSIS_CARD, "the name of a source or parameter")
}

/// Values up to the next name.
fn list(cursor: &mut Cursor<'_, '_>) -> Option<Range> {
    let mut values = Vec::new();
    while !cursor.is_done() {
        let is_value = match cursor.peek() {
            Some(token) if token.kind == Kind::Word => {
                !cursor.text(token).starts_with(char::is_alphabetic)
            }
            _ => true,
        };
        if !is_value {
            break;
        }
        values.push(cursor.argument("a value")?);
    }
    if values.is_empty() {
        return malformed(cursor, "the list has no values", ".dc V1 list 1 2 5");
    }
    Some(Range::List(values))
}

fn take_scale(cursor: &mut Cursor<'_, '_>) -> Option<Spanned<Scale>> {
    [("dec", Scale::Decade), ("oct", Scale::Octave), ("lin", Scale::Linear)].into_iter().find_map(
        |(keyword, scale)| cursor.take_keyword(keyword).map(|span| Spanned::new(scale, span)),
    )
}

/// `dec|oct|lin points start stop`, or `list …`.
fn frequencies(cursor: &mut Cursor<'_, '_>, example: &str) -> Option<Range> {
    if cursor.take_keyword("list").is_some() {
        return list(cursor);
    }
    let Some(scale) = take_scale(cursor) else {
        let found = cursor.peek();
        let span = found.map_or(cursor.end_span(), |token| cursor.span(token));
        let message = "\"dec\", \"oct\", \"lin\" or \"list\" is expected here";
        let diagnostic = Diagnostic::error(codes::BAD_ANALYSIS_CARD, span, message);
        return cursor.fail(diagnostic.help(format!("for example: {example}")));
    };
    let points = cursor.argument("the number of points")?;
    let start = cursor.argument("the first frequency")?;
    let stop = cursor.argument("the last frequency")?;
    Some(Range::Points { scale, points, start, stop })
}

/// `.ac`.
pub(crate) fn ac(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    let range = frequencies(cursor, ".ac dec 10 1 1meg")?;
    cursor.finish()?;
    Some(AnalysisKind::Ac(AcSweep { range }))
}

/// `.tran`.
pub(crate) fn transient(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    let mut times: Vec<Argument> = Vec::new();
    let mut uic = None;
    let mut flags = Vec::new();
    while !cursor.is_done() {
        if let Some(span) = cursor.take_keyword("uic") {
            uic = Some(span);
        } else if cursor.peek_word().is_some_and(|word| word.starts_with(char::is_alphabetic)) {
            flags.push(cursor.name(codes::BAD_ANALYSIS_CARD, "a flag")?);
        } else {
            times.push(cursor.argument("a time")?);
        }
    }
    if let Some(extra) = times.get(4) {
        let message = "a transient analysis has at most four times";
        let diagnostic = Diagnostic::error(codes::TOO_MANY_WORDS, extra.span, message)
            .help(".tran <step> <stop> [<start> [<largest step>]] [uic]");
        return cursor.fail(diagnostic);
    }
    let is_single = times.len() == 1;
    let mut times = times.into_iter();
    let step = if is_single { None } else { times.next() };
    let Some(stop) = times.next() else {
        return malformed(cursor, "the stop time is missing", ".tran 1n 1u");
    };
    let (start, max_step) = (times.next(), times.next());
    Some(AnalysisKind::Transient(Transient { step, stop, start, max_step, uic, flags }))
}

/// `.noise`.
pub(crate) fn noise(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    const EXAMPLE: &str = ".noise v(out) V1 dec 10 1 1meg";
    let output = cursor.expression(Context::Value)?;
    let ExprKind::Voltage { plus, minus, .. } = output.kind else {
        let message = "the output of a noise analysis is a voltage";
        let diagnostic = Diagnostic::error(codes::BAD_ANALYSIS_CARD, output.span, message);
        return cursor.fail(diagnostic.help(format!("for example: {EXAMPLE}")));
    };
    let source = cursor.name(codes::BAD_ANALYSIS_CARD, "the input source")?;
    let range = frequencies(cursor, EXAMPLE)?;
    let points_per_summary = cursor.optional_argument("the points per summary")?;
    cursor.finish()?;
    Some(AnalysisKind::Noise(Noise {
        output: plus,
        reference: minus,
        source,
        range,
        points_per_summary,
    }))
}

/// `.tf`.
pub(crate) fn transfer_function(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    let output = cursor.expression(Context::Output)?;
    if !matches!(output.kind, ExprKind::Voltage { .. } | ExprKind::Current { .. }) {
        let message = "a transfer function leads to a voltage or a branch current";
        let diagnostic = Diagnostic::error(codes::BAD_ANALYSIS_CARD, output.span, message);
        return cursor.fail(diagnostic.help("for example: .tf v(out) V1"));
    }
    let source = cursor.name(codes::BAD_ANALYSIS_CARD, "the input source")?;
    cursor.finish()?;
    Some(AnalysisKind::TransferFunction(TransferFunction { output, source }))
}

/// `.pz`.
pub(crate) fn pole_zero(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    const EXAMPLE: &str = "for example: .pz in 0 out 0 vol pz";
    let mut node = || cursor.name(codes::BAD_ANALYSIS_CARD, "a node");
    let nodes = [node()?, node()?, node()?, node()?];
    let mut word = |known: [&str; 3]| {
        let found = cursor.name(codes::BAD_ANALYSIS_CARD, "a word")?;
        if known.contains(&found.node.as_str()) {
            return Some(found.node);
        }
        let known: Vec<&str> = known.into_iter().filter(|word| !word.is_empty()).collect();
        let message = format!("found \"{found}\" where {} should stand", known.join(" or "));
        let diagnostic = Diagnostic::error(codes::BAD_ANALYSIS_CARD, found.span, message);
        cursor.fail(diagnostic.help(EXAMPLE))
    };
    let drive = word(["vol", "cur", ""])?;
    let wanted = word(["pz", "pol", "zer"])?;
    cursor.finish()?;
    Some(AnalysisKind::PoleZero(PoleZero {
        nodes,
        is_voltage: drive == "vol",
        poles: wanted != "zer",
        zeros: wanted != "pol",
    }))
}

/// `.sens`.
pub(crate) fn sensitivity(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    let output = cursor.expression(Context::Output)?;
    if !matches!(output.kind, ExprKind::Voltage { .. } | ExprKind::Current { .. }) {
        let message = "sensitivities are those of a voltage or a branch current";
        let diagnostic = Diagnostic::error(codes::BAD_ANALYSIS_CARD, output.span, message);
        return cursor.fail(diagnostic.help("for example: .sens v(out)"));
    }
    if let Some(span) = cursor.take_keyword("ac") {
        let message = "sensitivities of small signals are not supported";
        return cursor.fail(Diagnostic::error(codes::NOT_SUPPORTED, span, message));
    }
    cursor.take_keyword("dc");
    cursor.finish()?;
    Some(AnalysisKind::Sensitivity(output))
}

/// `.step`.
pub(crate) fn step(cursor: &mut Cursor<'_, '_>) -> Option<Step> {
    let span = cursor.card_span();
    if cursor.is_done() {
        return malformed(cursor, "what takes steps is missing", ".step param r 1k 10k 1k");
    }
    let sweep = sweep(cursor)?;
    cursor.finish()?;
    Some(Step { span, sweep })
}

/// `.trace`.
pub(crate) fn trace(cursor: &mut Cursor<'_, '_>) -> Option<AnalysisKind> {
    let source = variable(cursor)?;
    let start = cursor.argument("the first value")?;
    let stop = cursor.argument("the last value")?;
    let (words, params) = cursor.words_and_params()?;
    Some(AnalysisKind::Trace(Trace { source, start, stop, words, params }))
}
