//! What measures measure: of a signal its quantity, of places the scale's, of a formula what its form tells.

use crate::elaborate::{MeasureTask, MeasuredSignal, Statistic};
use ovonic_netlist::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use ovonic_waveforms::{Plot, PlotKind, Quantity, Results};

/// The special points of traces in a step, which formulas know by name.
pub(super) fn of_trace_points(
    results: &Results,
    step: &[(String, f64)],
) -> Vec<(String, Quantity)> {
    let plots = results.plots.iter();
    let plots = plots.filter(|plot| plot.kind == PlotKind::TracePoints && plot.steps == step);
    let vectors = plots.flat_map(|plot| &plot.vectors);
    vectors.map(|vector| (vector.name.clone(), vector.quantity)).collect()
}

/// What a card measures in `plot`; `known` are the quantities of names in formulas.
pub(super) fn of(
    task: &MeasureTask,
    plot: Option<&Plot>,
    known: &[(String, Quantity)],
) -> Quantity {
    let signal = |signal: &MeasuredSignal| {
        let vector = plot.and_then(|plot| plot.vector(&signal.name).ok());
        vector.map_or(Quantity::Dimensionless, |vector| vector.quantity)
    };
    let scale = || {
        let scale = plot.and_then(Plot::scale);
        scale.map_or(Quantity::Dimensionless, |scale| scale.quantity)
    };
    match task {
        MeasureTask::Statistic {
            statistic: Statistic::MaximumAt | Statistic::MinimumAt, ..
        }
        | MeasureTask::When(_)
        | MeasureTask::Between { .. } => scale(),
        MeasureTask::Statistic { statistic: Statistic::Integral, .. }
        | MeasureTask::Slope { .. } => Quantity::Dimensionless,
        MeasureTask::Statistic { signal: of, .. } | MeasureTask::Find { signal: of, .. } => {
            signal(of)
        }
        MeasureTask::Formula(formula) => of_formula(formula, known),
    }
}

/// A name's own quantity, sums of one quantity, multiples by numbers, and the reciprocal of a time.
fn of_formula(formula: &Expr, known: &[(String, Quantity)]) -> Quantity {
    let is_number = |expr: &Expr| matches!(expr.kind, ExprKind::Number(_));
    match &formula.kind {
        ExprKind::Name(name) => {
            let found = known.iter().rev().find(|(known, _)| known == name);
            found.map_or(Quantity::Dimensionless, |(_, quantity)| *quantity)
        }
        ExprKind::Unary { op: UnaryOp::Negate, operand } => of_formula(operand, known),
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (of_formula(left, known), of_formula(right, known));
            match op {
                BinaryOp::Add | BinaryOp::Subtract if a == b => a,
                BinaryOp::Multiply if is_number(left) => b,
                BinaryOp::Multiply | BinaryOp::Divide if is_number(right) => a,
                BinaryOp::Divide if is_number(left) && b == Quantity::Time => Quantity::Frequency,
                _ => Quantity::Dimensionless,
            }
        }
        _ => Quantity::Dimensionless,
    }
}
