//! Values that are the same everywhere or come from a file, and their variation.

use ovonic_netlist::Span;
use ovonic_netlist::ast::{Argument, BinaryOp, Expr, ExprKind, Value};
use ovonic_waveforms::Matrix;
use std::sync::Arc;

/// A value for each place.
#[derive(Clone)]
pub(crate) enum Values {
    Uniform(Argument),
    /// Numbers of a file, and where the card names it.
    Matrix(Arc<Matrix>, Span),
    /// Other values times factors.
    Scaled(Box<Values>, Arc<Matrix>),
}

impl Values {
    /// The value at a place; rows and columns count from 1.
    pub(super) fn at(&self, row: u32, col: u32) -> Argument {
        match self {
            Values::Uniform(value) => value.clone(),
            Values::Matrix(matrix, span) => {
                Argument::new(Value::Number(matrix.at(row as usize - 1, col as usize - 1)), *span)
            }
            Values::Scaled(values, factors) => {
                let factor = factors.at(row as usize - 1, col as usize - 1);
                scaled(values.at(row, col), factor)
            }
        }
    }

    /// Whether a number among them is zero.
    pub(super) fn has_zero(&self) -> bool {
        match self {
            Values::Uniform(value) => value.node == Value::Number(0.0),
            Values::Matrix(matrix, _) => matrix.values().contains(&0.0),
            Values::Scaled(values, _) => values.has_zero(),
        }
    }

    /// Whether every place has the same value.
    pub(super) fn is_uniform(&self) -> bool {
        matches!(self, Values::Uniform(_))
    }
}

/// A value times a factor; a formula stays one, so that it follows its parameters.
fn scaled(value: Argument, factor: f64) -> Argument {
    let span = value.span;
    let node = match value.node {
        Value::Number(number) => Value::Number(number * factor),
        Value::Expression(left) => {
            let right = Expr { kind: ExprKind::Number(factor), span };
            let kind = ExprKind::Binary { op: BinaryOp::Multiply, left, right: Box::new(right) };
            Value::Expression(Box::new(Expr { kind, span }))
        }
        other => other,
    };
    Argument::new(node, span)
}
