//! What the words of a card that was not typed can be.

use ovonic_netlist::ast::{Expr, ExprKind, RawArgument, Word};
use ovonic_netlist::{Span, Spanned};

/// Where an argument stands.
pub(super) fn argument_span(argument: &RawArgument) -> Span {
    match argument {
        RawArgument::Word(word) => word.span,
        RawArgument::Assign { target, value } => target.span.to(value.span),
    }
}

/// A bare word.
pub(super) fn plain(word: &Spanned<Word>) -> Option<&str> {
    match &word.node {
        Word::Plain(text) => Some(text),
        Word::Expression(_) | Word::Text(_) => None,
    }
}

/// A word as an expression: `v(out)`, or a bare name of a node or vector.
pub(super) fn expression(word: &Spanned<Word>) -> Option<Expr> {
    match &word.node {
        Word::Expression(expression) => Some((**expression).clone()),
        Word::Plain(name) => Some(Expr { kind: ExprKind::Name(name.clone()), span: word.span }),
        Word::Text(_) => None,
    }
}

/// Whether an expression names something that only results have.
pub(super) fn has_signal(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Voltage { .. } | ExprKind::Current { .. } | ExprKind::Quantity { .. } => true,
        ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Text(_) => false,
        ExprKind::Call { args, .. } => args.iter().any(has_signal),
        ExprKind::Unary { operand, .. } => has_signal(operand),
        ExprKind::Binary { left, right, .. } => has_signal(left) || has_signal(right),
        ExprKind::Conditional { condition, then, otherwise } => {
            [condition, then, otherwise].into_iter().any(|e| has_signal(e))
        }
    }
}
