//! Operators and names: what the pieces of an expression look like.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::value;

use super::Context;
use crate::ast::{BinaryOp, Part};

/// How tightly powers bind; prefix operators stand between them and products.
pub(super) const POWER: u8 = 8;

/// How tightly an operator binds; more is tighter.
pub(super) fn binding(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 2,
        BinaryOp::And => 3,
        BinaryOp::Equal | BinaryOp::NotEqual => 4,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => 5,
        BinaryOp::Add | BinaryOp::Subtract => 6,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::IntegerDivide | BinaryOp::Remainder => 7,
        BinaryOp::Power => POWER,
    }
}

/// The operator at the start of a text, longest first, with its length.
pub(super) fn operator(text: &str) -> Option<(BinaryOp, usize)> {
    // Most words that follow an operand are not operators.
    if !text.starts_with(['*', '^', '/', '\\', '%', '+', '-', '=', '!', '<', '>', '&', '|']) {
        return None;
    }
    let operator = |op, symbol| value(op, tag::<_, _, nom::error::Error<&str>>(symbol));
    let arithmetic = alt((
        operator(BinaryOp::Power, "**"),
        operator(BinaryOp::Power, "^"),
        operator(BinaryOp::Multiply, "*"),
        operator(BinaryOp::Divide, "/"),
        operator(BinaryOp::IntegerDivide, "\\"),
        operator(BinaryOp::Remainder, "%"),
        operator(BinaryOp::Add, "+"),
        operator(BinaryOp::Subtract, "-"),
    ));
    let comparison = alt((
        operator(BinaryOp::Equal, "=="),
        operator(BinaryOp::NotEqual, "!="),
        operator(BinaryOp::NotEqual, "<>"),
        operator(BinaryOp::LessEqual, "<="),
        operator(BinaryOp::GreaterEqual, ">="),
        operator(BinaryOp::Less, "<"),
        operator(BinaryOp::Greater, ">"),
    ));
    let logical = alt((
        operator(BinaryOp::And, "&&"),
        operator(BinaryOp::And, "&"),
        operator(BinaryOp::Or, "||"),
        operator(BinaryOp::Or, "|"),
    ));
    let (rest, op) = alt((arithmetic, comparison, logical)).parse(text).ok()?;
    Some((op, text.len() - rest.len()))
}

pub(super) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == '#' || c == '$'
}

/// Names may contain dots (hierarchy) and `#` (branches), but no colon: that belongs to `?:`.
pub(super) fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '$' | '@')
}

/// `v`, `i` and their like.
#[derive(Clone, Copy)]
pub(super) struct Probe {
    pub(super) is_voltage: bool,
    pub(super) part: Part,
}

/// Reads `v`, `i`, and in outputs `vm`, `idb` and their like.
pub(super) fn probe(name: &str, context: Context) -> Option<Probe> {
    let is_voltage = match name.as_bytes().first()? {
        b'v' => true,
        b'i' => false,
        _ => return None,
    };
    let part = match &name[1..] {
        "" => Part::Whole,
        _ if context == Context::Value => return None,
        "m" => Part::Magnitude,
        "p" => Part::Phase,
        "r" => Part::Real,
        "i" => Part::Imaginary,
        "db" => Part::Decibel,
        _ => return None,
    };
    Some(Probe { is_voltage, part })
}
