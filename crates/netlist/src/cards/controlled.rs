//! Controlled and behavioural sources, and switches.

use crate::ast::{
    Argument, Behavioral, BehavioralQuantity, ControlledSource, Expr, Name, Param, Switch, Transfer,
};
use crate::codes;
use crate::cursor::{Cursor, Kind};
use crate::diagnostic::Diagnostic;
use crate::expression::Context;
use crate::number;
use crate::source::Spanned;

/// What controls a source.
trait Control: Sized {
    /// Reads one control.
    fn read(cursor: &mut Cursor<'_, '_>) -> Option<Self>;
}

impl Control for [Name; 2] {
    fn read(cursor: &mut Cursor<'_, '_>) -> Option<Self> {
        cursor.nodes()
    }
}

impl Control for Name {
    fn read(cursor: &mut Cursor<'_, '_>) -> Option<Self> {
        cursor.name(codes::MISSING_NAME, "a controlling source")
    }
}

/// E and G.
pub(crate) fn by_voltage(cursor: &mut Cursor<'_, '_>) -> Option<ControlledSource<[Name; 2]>> {
    controlled(cursor)
}

/// F and H.
pub(crate) fn by_current(cursor: &mut Cursor<'_, '_>) -> Option<ControlledSource<Name>> {
    controlled(cursor)
}

fn controlled<C: Control>(cursor: &mut Cursor<'_, '_>) -> Option<ControlledSource<C>> {
    let nodes = cursor.nodes()?;
    cursor.skip_separators();
    // The keyword may be an assignment (VALUE=…) or stand alone (VALUE {…}, TABLE {…} = …).
    let keyword =
        cursor.peek().filter(|token| token.kind == Kind::Word).map(|token| cursor.text(token));
    let transfer = match keyword.map(str::to_ascii_lowercase).as_deref() {
        Some("poly") => polynomial(cursor)?,
        Some("table") => table(cursor)?,
        Some("value" | "vol" | "cur") if !is_node_named(cursor) => {
            cursor.token();
            Transfer::Expression(assigned_expression(cursor)?)
        }
        Some(
            keyword @ ("laplace" | "freq" | "chebyshev" | "pwl" | "opamp" | "transformer" | "vcvs"
            | "vccs"),
        ) => {
            let span = cursor.peek().map_or(cursor.end_span(), |token| cursor.span(token));
            let message = format!("{} sources are not supported", keyword.to_uppercase());
            return cursor.fail(Diagnostic::error(codes::NOT_SUPPORTED, span, message));
        }
        _ => Transfer::Linear { control: C::read(cursor)?, gain: cursor.argument("the gain")? },
    };
    Some(ControlledSource { nodes, transfer, params: cursor.params()? })
}

/// True if `value` and its like are not followed by `=` or an expression: then it is just a node.
fn is_node_named(cursor: &mut Cursor<'_, '_>) -> bool {
    let saved = cursor.position();
    cursor.token();
    let is_keyword = cursor.is_next(Kind::Equals) || cursor.is_next(Kind::Expression);
    cursor.seek(saved);
    !is_keyword
}

/// `[=] expression`, in braces or bare.
fn assigned_expression(cursor: &mut Cursor<'_, '_>) -> Option<Expr> {
    if cursor.is_next(Kind::Equals) {
        cursor.token();
    }
    cursor.expression(Context::Value)
}

/// `POLY(n) controls… coefficients…`.
fn polynomial<C: Control>(cursor: &mut Cursor<'_, '_>) -> Option<Transfer<C>> {
    let keyword = cursor.token()?;
    cursor.skip_separators();
    let count = cursor.peek().filter(|token| token.kind == Kind::Word);
    let number = count.and_then(|token| number::parse_number(cursor.text(token)).ok());
    let (Some(token), Some(number)) =
        (count, number.filter(|number| (1.0..=1000.0).contains(number) && number.fract() == 0.0))
    else {
        let message = "POLY needs the number of its controls, from 1 to 1000";
        let diagnostic =
            Diagnostic::error(codes::BAD_SOURCE_FUNCTION, cursor.span(keyword), message)
                .help("write POLY(2), for example");
        return cursor.fail(diagnostic);
    };
    cursor.seek(token.end);
    let controls = (0..number as usize).map(|_| C::read(cursor)).collect::<Option<Vec<C>>>()?;
    let coefficients = values(cursor)?;
    if coefficients.is_empty() {
        return cursor.fail(Diagnostic::error(
            codes::MISSING_VALUE,
            cursor.end_span(),
            "POLY needs coefficients",
        ));
    }
    Some(Transfer::Polynomial { controls, coefficients })
}

/// Positional values up to an assignment or the end.
fn values(cursor: &mut Cursor<'_, '_>) -> Option<Vec<Argument>> {
    let mut values = Vec::new();
    while let Some(value) = cursor.optional_argument("a value")? {
        values.push(value);
    }
    Some(values)
}

/// `TABLE {input} = (x, y) …`.
fn table<C>(cursor: &mut Cursor<'_, '_>) -> Option<Transfer<C>> {
    let keyword = cursor.token()?;
    if cursor.is_next(Kind::Equals) {
        cursor.token();
    }
    if !cursor.is_next(Kind::Expression) {
        let message = "TABLE needs an input expression in braces";
        let diagnostic =
            Diagnostic::error(codes::BAD_SOURCE_FUNCTION, cursor.span(keyword), message)
                .help("write TABLE {v(a)} = (0, 0) (1, 5)");
        return cursor.fail(diagnostic);
    }
    let token = cursor.token()?;
    let input = cursor.braced(token)?;
    if cursor.is_next(Kind::Equals) {
        cursor.token();
    }
    let mut points = Vec::new();
    let mut values = values(cursor)?.into_iter();
    while let Some(x) = values.next() {
        let Some(y) = values.next() else {
            return cursor.fail(Diagnostic::error(
                codes::BAD_SOURCE_FUNCTION,
                x.span,
                "this point has no second value",
            ));
        };
        points.push([x, y]);
    }
    if points.is_empty() {
        return cursor.fail(Diagnostic::error(
            codes::MISSING_VALUE,
            cursor.end_span(),
            "TABLE needs points",
        ));
    }
    Some(Transfer::Table { input, points })
}

/// B.
pub(crate) fn behavioral(cursor: &mut Cursor<'_, '_>) -> Option<Behavioral> {
    let nodes = cursor.nodes()?;
    let mut function: Option<(Spanned<BehavioralQuantity>, Expr)> = None;
    let mut params: Vec<Param> = Vec::new();
    while !cursor.is_done() {
        if !cursor.is_assignment() {
            let span = cursor.peek().map_or(cursor.end_span(), |token| cursor.span(token));
            let message = "an assignment such as V=... is expected here";
            return cursor.fail(Diagnostic::error(codes::BAD_BEHAVIORAL, span, message));
        }
        let key = cursor.peek()?;
        let Some(quantity) = quantity(cursor.text(key)) else {
            params.push(cursor.param()?);
            continue;
        };
        let quantity = Spanned::new(quantity, cursor.span(key));
        if let Some((first, _)) = &function {
            let diagnostic = Diagnostic::error(
                codes::BAD_BEHAVIORAL,
                quantity.span,
                "a B element has one expression",
            )
            .secondary(first.span, "this is the first");
            return cursor.fail(diagnostic);
        }
        cursor.token();
        function = Some((quantity, assigned_expression(cursor)?));
    }
    let Some((quantity, expression)) = function else {
        let diagnostic =
            Diagnostic::error(codes::BAD_BEHAVIORAL, cursor.end_span(), "an expression is missing")
                .help("write V={...} or I={...}");
        return cursor.fail(diagnostic);
    };
    Some(Behavioral { nodes, quantity, expression, params })
}

fn quantity(key: &str) -> Option<BehavioralQuantity> {
    Some(match key.to_ascii_lowercase().as_str() {
        "v" => BehavioralQuantity::Voltage,
        "i" => BehavioralQuantity::Current,
        "r" => BehavioralQuantity::Resistance,
        "c" => BehavioralQuantity::Capacitance,
        "q" => BehavioralQuantity::Charge,
        "l" => BehavioralQuantity::Inductance,
        _ => return None,
    })
}

/// S.
pub(crate) fn voltage_switch(cursor: &mut Cursor<'_, '_>) -> Option<Switch<[Name; 2]>> {
    switch(cursor)
}

/// W.
pub(crate) fn current_switch(cursor: &mut Cursor<'_, '_>) -> Option<Switch<Name>> {
    switch(cursor)
}

fn switch<C: Control>(cursor: &mut Cursor<'_, '_>) -> Option<Switch<C>> {
    let nodes = cursor.nodes()?;
    let control = C::read(cursor)?;
    let model = cursor.name(codes::MISSING_NAME, "a model")?;
    let initially_on = match (cursor.take_keyword("on"), cursor.take_keyword("off")) {
        (Some(span), _) => Some(Spanned::new(true, span)),
        (None, Some(span)) => Some(Spanned::new(false, span)),
        (None, None) => None,
    };
    Some(Switch { nodes, control, model, initially_on, params: cursor.params()? })
}
