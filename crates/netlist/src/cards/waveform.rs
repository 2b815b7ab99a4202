//! Independent sources: dc value, small-signal stimulus, waveform.

use crate::ast::{
    AcStimulus, AmplitudeModulated, Argument, Exponential, FrequencyModulated, IndependentSource,
    Name, Param, PiecewiseLinear, Pulse, Sine, Value, Waveform,
};
use crate::codes;
use crate::cursor::{Cursor, Kind};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

const WAVEFORMS: [&str; 10] =
    ["pulse", "sin", "sine", "exp", "pwl", "sffm", "am", "trnoise", "trrandom", "external"];

/// Reads what follows the name of a V or I.
pub(crate) fn source(cursor: &mut Cursor<'_, '_>) -> Option<IndependentSource> {
    let nodes = cursor.nodes()?;
    let mut source =
        IndependentSource { nodes, dc: None, ac: None, waveform: None, params: Vec::new() };
    while !cursor.is_done() {
        if cursor.is_assignment() {
            let param = cursor.param()?;
            assign(&mut source, param);
            continue;
        }
        match cursor.peek_word().as_deref() {
            Some("dc") => {
                cursor.token();
                let value = cursor.argument("the dc value")?;
                set_dc(cursor, &mut source, value)?;
            }
            Some("ac") => source.ac = Some(stimulus(cursor)?),
            Some("distof1" | "distof2") => distortion(cursor)?,
            Some(word) if WAVEFORMS.contains(&word) => {
                let waveform = waveform(cursor)?;
                if let Some(first) = &source.waveform {
                    let message = "a source has one waveform";
                    let diagnostic = Diagnostic::error(codes::BAD_WAVEFORM, waveform.span, message)
                        .secondary(first.span, "this is the first");
                    return cursor.fail(diagnostic);
                }
                source.waveform = Some(Box::new(waveform));
            }
            _ => {
                let value = cursor.argument("a value")?;
                set_dc(cursor, &mut source, value)?;
            }
        }
    }
    Some(source)
}

fn set_dc(
    cursor: &mut Cursor<'_, '_>,
    source: &mut IndependentSource,
    value: Argument,
) -> Option<()> {
    if let Some(first) = &source.dc {
        let diagnostic =
            Diagnostic::error(codes::TOO_MANY_WORDS, value.span, "a source has one dc value")
                .secondary(first.span, "this is the first")
                .help("a value behind a waveform or an AC phase does not belong to it");
        return cursor.fail(diagnostic);
    }
    source.dc = Some(value);
    Some(())
}

/// `dc=`, `ac=` and the parameters of a PWL that stand behind its parenthesis.
fn assign(source: &mut IndependentSource, param: Param) {
    let pwl = source.waveform.as_mut().map(|waveform| &mut waveform.node);
    match (param.key.node.as_str(), pwl) {
        ("dc", _) if source.dc.is_none() => source.dc = Some(param.value),
        ("ac", _) if source.ac.is_none() => {
            let span = param.span();
            let (magnitude, phase) = match param.value {
                Spanned { node: Value::List(values), .. } => {
                    let mut values = values.into_iter();
                    (values.next(), values.next())
                }
                value => (Some(value), None),
            };
            source.ac = Some(AcStimulus { span, magnitude, phase });
        }
        ("r" | "td" | "file", Some(Waveform::PiecewiseLinear(pwl))) => assign_pwl(pwl, param),
        _ => source.params.push(param),
    }
}

fn assign_pwl(pwl: &mut PiecewiseLinear, param: Param) {
    match (param.key.node.as_str(), param.value) {
        ("r", value) => pwl.repeat_from = Some(value),
        ("td", value) => pwl.delay = Some(value),
        (_, Spanned { node: Value::Text(text), span }) => pwl.file = Some(Spanned::new(text, span)),
        _ => {}
    }
}

/// True where a positional argument of AC or a waveform comes next.
fn is_argument(cursor: &mut Cursor<'_, '_>) -> bool {
    if cursor.is_assignment() {
        return false;
    }
    match cursor.peek() {
        Some(token) if token.kind == Kind::Expression => true,
        Some(token) if token.kind == Kind::Word => {
            let text = cursor.text(token);
            let is_keyword = WAVEFORMS.iter().chain(&["dc", "ac", "distof1", "distof2"]);
            !is_keyword.into_iter().any(|keyword| text.eq_ignore_ascii_case(keyword))
        }
        _ => false,
    }
}

fn stimulus(cursor: &mut Cursor<'_, '_>) -> Option<AcStimulus> {
    let keyword = cursor.token()?;
    let mut span = cursor.span(keyword);
    let mut values = [None, None];
    for value in &mut values {
        if is_argument(cursor) {
            let argument = cursor.argument("a value")?;
            span = span.to(argument.span);
            *value = Some(argument);
        }
    }
    let [magnitude, phase] = values;
    Some(AcStimulus { span, magnitude, phase })
}

fn distortion(cursor: &mut Cursor<'_, '_>) -> Option<()> {
    let keyword = cursor.token()?;
    let span = cursor.span(keyword);
    cursor.diagnostics.push(Diagnostic::warning(
        codes::IGNORED,
        span,
        "there is no distortion analysis",
    ));
    for _ in 0..2 {
        if is_argument(cursor) {
            cursor.argument("a value")?;
        }
    }
    Some(())
}

/// Arguments of a waveform, and assignments among them.
struct Arguments {
    values: Vec<Argument>,
    params: Vec<Param>,
    span: Span,
}

fn waveform(cursor: &mut Cursor<'_, '_>) -> Option<Spanned<Waveform>> {
    let keyword = cursor.name(codes::MISSING_NAME, "a waveform")?;
    let is_pwl = keyword.node == "pwl";
    let arguments = arguments(cursor, keyword.span, is_pwl)?;
    let span = arguments.span;
    let waveform = match keyword.node.as_str() {
        "pwl" => Waveform::PiecewiseLinear(piecewise_linear(cursor, arguments, keyword.span)?),
        "trnoise" | "trrandom" | "external" => Waveform::Other { keyword, args: arguments.values },
        _ => typed(cursor, &keyword, arguments.values)?,
    };
    Some(Spanned::new(waveform, span))
}

/// Arguments with or without parentheses; PWL allows a pair of parentheses around every point.
fn arguments(cursor: &mut Cursor<'_, '_>, keyword: Span, is_pwl: bool) -> Option<Arguments> {
    let mut depth = 0;
    let mut arguments = Arguments { values: Vec::new(), params: Vec::new(), span: keyword };
    while let Some(token) = cursor.peek() {
        match token.kind {
            Kind::Comma => {
                cursor.token();
            }
            // A second group belongs to a PWL only.
            Kind::Open if depth > 0 || is_pwl || arguments.values.is_empty() => {
                depth += 1;
                cursor.token();
            }
            Kind::Close if depth > 0 => {
                depth -= 1;
                cursor.token();
                arguments.span = arguments.span.to(cursor.span(token));
                if depth == 0 && !is_pwl {
                    break;
                }
            }
            _ if is_pwl && is_pwl_param(cursor) => {
                let param = cursor.param()?;
                arguments.span = arguments.span.to(param.span());
                arguments.params.push(param);
            }
            _ if is_argument(cursor) => {
                let value = pwl_argument(cursor, is_pwl)?;
                arguments.span = arguments.span.to(value.span);
                arguments.values.push(value);
            }
            _ => break,
        }
    }
    Some(arguments)
}

fn is_pwl_param(cursor: &mut Cursor<'_, '_>) -> bool {
    cursor.is_assignment()
        && cursor.peek().is_some_and(|token| {
            ["r", "td", "file"].iter().any(|key| cursor.text(token).eq_ignore_ascii_case(key))
        })
}

fn pwl_argument(cursor: &mut Cursor<'_, '_>, is_pwl: bool) -> Option<Argument> {
    if let Some(token) = cursor.peek().filter(|_| is_pwl)
        && token.kind == Kind::Word
        && (cursor.text(token).starts_with('+')
            || cursor.text(token).eq_ignore_ascii_case("repeat"))
    {
        let message = format!("\"{}\" in a PWL is not supported", cursor.text(token));
        let help = "times are absolute here; a repetition is written r=<time>";
        return cursor
            .fail(Diagnostic::error(codes::BAD_WAVEFORM, cursor.span(token), message).help(help));
    }
    cursor.argument("a value")
}

fn piecewise_linear(
    cursor: &mut Cursor<'_, '_>,
    arguments: Arguments,
    keyword: Span,
) -> Option<PiecewiseLinear> {
    let mut pwl = PiecewiseLinear::default();
    for param in arguments.params {
        assign_pwl(&mut pwl, param);
    }
    if cursor.is_assignment() && is_pwl_param(cursor) {
        let param = cursor.param()?;
        assign_pwl(&mut pwl, param);
    }
    if arguments.values.is_empty() && pwl.file.is_none() {
        return cursor.fail(Diagnostic::error(
            codes::BAD_WAVEFORM,
            keyword,
            "a PWL needs points or a file",
        ));
    }
    let mut values = arguments.values.into_iter();
    while let Some(time) = values.next() {
        let Some(value) = values.next() else {
            let message = "the last time of the PWL has no value";
            return cursor.fail(Diagnostic::error(codes::BAD_WAVEFORM, time.span, message));
        };
        pwl.points.push([time, value]);
    }
    Some(pwl)
}

/// The waveforms with named arguments.
fn typed(cursor: &mut Cursor<'_, '_>, keyword: &Name, values: Vec<Argument>) -> Option<Waveform> {
    let mut rest = values.into_iter();
    let mut next = || rest.next();
    let waveform = match keyword.node.as_str() {
        "pulse" => Waveform::Pulse(Pulse {
            initial: next(),
            pulsed: next(),
            delay: next(),
            rise: next(),
            fall: next(),
            width: next(),
            period: next(),
            count: next(),
        }),
        "exp" => Waveform::Exponential(Exponential {
            initial: next(),
            pulsed: next(),
            rise_delay: next(),
            rise_time_constant: next(),
            fall_delay: next(),
            fall_time_constant: next(),
        }),
        "sffm" => Waveform::FrequencyModulated(FrequencyModulated {
            offset: next(),
            amplitude: next(),
            carrier_frequency: next(),
            modulation_index: next(),
            signal_frequency: next(),
            carrier_phase: next(),
            signal_phase: next(),
        }),
        "am" => Waveform::AmplitudeModulated(AmplitudeModulated {
            amplitude: next(),
            offset: next(),
            modulation_frequency: next(),
            carrier_frequency: next(),
            delay: next(),
            phase: next(),
        }),
        _ => Waveform::Sine(Sine {
            offset: next(),
            amplitude: next(),
            frequency: next(),
            delay: next(),
            damping: next(),
            phase: next(),
            cycles: next(),
        }),
    };
    if let Some(extra) = rest.next() {
        let message = format!("{} has no further arguments", keyword.node.to_uppercase());
        return cursor.fail(Diagnostic::error(codes::BAD_WAVEFORM, extra.span, message));
    }
    Some(waveform)
}
