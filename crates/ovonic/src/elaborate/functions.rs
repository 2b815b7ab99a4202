//! The built-in functions and constants of expressions.

use super::lower::Lowering;
use super::reporter::Reported;
use ovonic_device::constants::{BOLTZMANN, ELEMENTARY_CHARGE, ZERO_CELSIUS};
use ovonic_netlist::ast::{Expr, Name};
use ovonic_netlist::{Diagnostic, Span, codes};
use ovonic_numerics::expression::{Binary, Node, Table, Unary};

/// Functions of one argument.
const UNARY: &[(&str, Unary)] = &[
    ("sin", Unary::Sin),
    ("cos", Unary::Cos),
    ("tan", Unary::Tan),
    ("asin", Unary::Asin),
    ("arcsin", Unary::Asin),
    ("acos", Unary::Acos),
    ("arccos", Unary::Acos),
    ("atan", Unary::Atan),
    ("arctan", Unary::Atan),
    ("sinh", Unary::Sinh),
    ("cosh", Unary::Cosh),
    ("tanh", Unary::Tanh),
    ("asinh", Unary::Asinh),
    ("acosh", Unary::Acosh),
    ("atanh", Unary::Atanh),
    ("exp", Unary::Exp),
    ("ln", Unary::Ln),
    ("log", Unary::Ln),
    ("log10", Unary::Log10),
    ("sqrt", Unary::Sqrt),
    ("abs", Unary::Abs),
    ("sgn", Unary::Sign),
    ("int", Unary::Truncate),
    ("nint", Unary::Round),
    ("round", Unary::Round),
    ("floor", Unary::Floor),
    ("ceil", Unary::Ceiling),
    ("u", Unary::UnitStep),
    ("u2", Unary::UnitClip),
    ("uramp", Unary::UnitRamp),
];

/// Functions of two arguments.
const BINARY: &[(&str, Binary)] = &[
    ("pow", Binary::Power),
    ("pwrs", Binary::SignedPower),
    ("atan2", Binary::Atan2),
    ("hypot", Binary::Hypot),
];

/// Functions with a rule of their own.
const SPECIAL: &[&str] = &[
    "pwr",
    "min",
    "max",
    "limit",
    "if",
    "ternary_fcn",
    "table",
    "pwl",
    "sign",
    "square",
    "fmod",
    "buf",
    "inv",
    "uplim",
    "dnlim",
    "gauss",
    "agauss",
    "unif",
    "aunif",
    "mc",
];

/// Functions that other simulators know, with the reason why they are not here.
const REFUSED: &[(&str, &str)] = &[
    ("ddt", "put the dynamics into capacitors or inductors, or use B elements with Q= or C="),
    ("sdt", "integrate with a capacitor that a B element charges"),
    ("idt", "integrate with a capacitor that a B element charges"),
    ("delay", "use a transmission line T"),
    ("absdelay", "use a transmission line T"),
    ("rnd", "statistical parameters are varied by repeated runs"),
    ("rand", "statistical parameters are varied by repeated runs"),
    ("random", "statistical parameters are varied by repeated runs"),
];

/// Names of all built-in functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let unary = UNARY.iter().map(|(name, _)| *name);
    let binary = BINARY.iter().map(|(name, _)| *name);
    unary.chain(binary).chain(SPECIAL.iter().copied())
}

/// Built-in constants, which a parameter of the same name hides.
pub(super) fn constant(name: &str) -> Option<f64> {
    Some(match name {
        "pi" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "boltz" => BOLTZMANN,
        "echarge" => ELEMENTARY_CHARGE,
        // CODATA 2018, exact.
        "planck" => 6.626_070_15e-34,
        "kelvin" => -ZERO_CELSIUS,
        "true" | "yes" => 1.0,
        "false" | "no" => 0.0,
        _ => return None,
    })
}

/// A call of a built-in function.
pub(super) fn call(
    lowering: &mut Lowering<'_>,
    name: &Name,
    args: &[Expr],
    span: Span,
) -> Result<Node, Reported> {
    if let Some((_, operation)) = UNARY.iter().find(|(known, _)| *known == name.node) {
        lowering.check_count(name, args, 1, 1)?;
        let operand = lowering.lower(&args[0])?;
        return lowering.unary(*operation, operand, span);
    }
    if name.node == "pow" && lowering.is_formula() && lowering.follows_ngspice() {
        return two(lowering, Binary::AbsolutePower, name, args, span);
    }
    if let Some((_, operation)) = BINARY.iter().find(|(known, _)| *known == name.node) {
        return two(lowering, *operation, name, args, span);
    }
    match name.node.as_str() {
        "pwr" if lowering.is_formula() => two(lowering, Binary::SignedPower, name, args, span),
        "pwr" => two(lowering, Binary::AbsolutePower, name, args, span),
        "fmod" => two(lowering, Binary::Remainder, name, args, span),
        "min" => many(lowering, Binary::Minimum, name, args, span),
        "max" => many(lowering, Binary::Maximum, name, args, span),
        "limit" => limit(lowering, name, args, span),
        "uplim" => soft_limit(lowering, name, args, span, 1.0),
        "dnlim" => soft_limit(lowering, name, args, span, -1.0),
        "gauss" | "agauss" | "unif" | "aunif" | "mc" => nominal(lowering, name, args),
        "square" => {
            lowering.check_count(name, args, 1, 1)?;
            let operand = lowering.lower(&args[0])?;
            lowering.binary(Binary::Multiply, operand, operand, span)
        }
        "sign" => sign(lowering, name, args, span),
        // A logic level above a half is one.
        "buf" | "inv" => {
            lowering.check_count(name, args, 1, 1)?;
            let operand = lowering.lower(&args[0])?;
            let half = lowering.builder.constant(0.5);
            let test = if name.node == "buf" { Binary::Greater } else { Binary::LessEqual };
            lowering.binary(test, operand, half, span)
        }
        "if" | "ternary_fcn" => {
            lowering.check_count(name, args, 3, 3)?;
            lowering.conditional(&args[0], &args[1], &args[2])
        }
        "table" => table(lowering, name, args, span, false),
        "pwl" => table(lowering, name, args, span, true),
        _ => match REFUSED.iter().find(|(known, _)| *known == name.node) {
            Some((_, reason)) => Err(lowering.reporter.report(
                Diagnostic::error(
                    codes::NOT_SUPPORTED,
                    name.span,
                    format!("function \"{name}\" is not supported"),
                )
                .help(*reason),
            )),
            None => Err(lowering.report_unknown_function(name)),
        },
    }
}

fn two(
    lowering: &mut Lowering<'_>,
    operation: Binary,
    name: &Name,
    args: &[Expr],
    span: Span,
) -> Result<Node, Reported> {
    lowering.check_count(name, args, 2, 2)?;
    let left = lowering.lower(&args[0])?;
    let right = lowering.lower(&args[1])?;
    lowering.binary(operation, left, right, span)
}

fn many(
    lowering: &mut Lowering<'_>,
    operation: Binary,
    name: &Name,
    args: &[Expr],
    span: Span,
) -> Result<Node, Reported> {
    lowering.check_count(name, args, 1, usize::MAX)?;
    let mut node = lowering.lower(&args[0])?;
    for argument in &args[1..] {
        let argument = lowering.lower(argument)?;
        node = lowering.binary(operation, node, argument, span)?;
    }
    Ok(node)
}

/// The middle one of three values, so that the order of the limits does not matter.
fn limit(
    lowering: &mut Lowering<'_>,
    name: &Name,
    args: &[Expr],
    span: Span,
) -> Result<Node, Reported> {
    lowering.check_count(name, args, 3, 3)?;
    let x = lowering.lower(&args[0])?;
    let a = lowering.lower(&args[1])?;
    let b = lowering.lower(&args[2])?;
    let low = lowering.binary(Binary::Minimum, a, b, span)?;
    let high = lowering.binary(Binary::Maximum, a, b, span)?;
    let below = lowering.binary(Binary::Minimum, x, high, span)?;
    lowering.binary(Binary::Maximum, below, low, span)
}

/// `uplim(x, y, z)` is `x` below `y − z` and bends towards `y` above it; `dnlim` is its mirror image.
///
/// ```text
/// uplim = min(x, y − z) + z·(1 − e^(−max(x − y + z, 0)/z)),   dnlim(x, y, z) = −uplim(−x, −y, z)
/// ```
fn soft_limit(
    lowering: &mut Lowering<'_>,
    name: &Name,
    args: &[Expr],
    span: Span,
    direction: f64,
) -> Result<Node, Reported> {
    lowering.check_count(name, args, 3, 3)?;
    let direction = lowering.builder.constant(direction);
    let [x, y, z] =
        [lowering.lower(&args[0])?, lowering.lower(&args[1])?, lowering.lower(&args[2])?];
    let mut op = |operation, a, b| lowering.binary(operation, a, b, span);
    let (x, y) = (op(Binary::Multiply, direction, x)?, op(Binary::Multiply, direction, y)?);
    let bend = op(Binary::Subtract, y, z)?;
    let straight = op(Binary::Minimum, x, bend)?;
    let beyond = op(Binary::Subtract, bend, x)?;
    let zero = lowering.builder.constant(0.0);
    let beyond = lowering.binary(Binary::Minimum, beyond, zero, span)?;
    let exponent = lowering.binary(Binary::Divide, beyond, z, span)?;
    let decay = lowering.unary(Unary::Exp, exponent, span)?;
    let one = lowering.builder.constant(1.0);
    let risen = lowering.binary(Binary::Subtract, one, decay, span)?;
    let risen = lowering.binary(Binary::Multiply, z, risen, span)?;
    let sum = lowering.binary(Binary::Add, straight, risen, span)?;
    lowering.binary(Binary::Multiply, direction, sum, span)
}

/// A statistical function stands for its nominal value, the first argument; that it does is said.
fn nominal(lowering: &mut Lowering<'_>, name: &Name, args: &[Expr]) -> Result<Node, Reported> {
    lowering.check_count(name, args, 1, 3)?;
    let diagnostic = Diagnostic::warning(
        codes::IGNORED,
        name.span,
        format!("\"{name}\" draws nothing here: its nominal value is taken"),
    );
    let help = "vary parameters by .step, or devices by their variation";
    lowering.reporter.report_once(diagnostic.help(help));
    lowering.lower(&args[0])
}

/// `sign(x)` is -1, 0 or 1; `sign(x, y)` is the magnitude of `x` with the sign of `y`.
fn sign(
    lowering: &mut Lowering<'_>,
    name: &Name,
    args: &[Expr],
    span: Span,
) -> Result<Node, Reported> {
    lowering.check_count(name, args, 1, 2)?;
    let first = lowering.lower(&args[0])?;
    let Some(second) = args.get(1) else {
        return lowering.unary(Unary::Sign, first, span);
    };
    let second = lowering.lower(second)?;
    let magnitude = lowering.unary(Unary::Abs, first, span)?;
    let direction = lowering.unary(Unary::Sign, second, span)?;
    lowering.binary(Binary::Multiply, magnitude, direction, span)
}

/// `table(x, x1, y1, …)`, constant beyond its ends, or `pwl(x, x1, y1, …)`, continued by its outer segments.
fn table(
    lowering: &mut Lowering<'_>,
    name: &Name,
    args: &[Expr],
    span: Span,
    continued: bool,
) -> Result<Node, Reported> {
    lowering.check_count(name, args, 3, usize::MAX)?;
    if args.len().is_multiple_of(2) {
        return Err(lowering.reporter.report(Diagnostic::error(
            codes::WRONG_ARGUMENT_COUNT,
            span,
            format!("function \"{name}\" has an abscissa without an ordinate"),
        )));
    }
    let argument = lowering.lower(&args[0])?;
    let mut points = Vec::with_capacity(args.len() / 2);
    for pair in args[1..].chunks_exact(2) {
        let mut point = [0.0; 2];
        for (number, expression) in point.iter_mut().zip(pair) {
            let node = lowering.lower(expression)?;
            *number = lowering.constant(node, expression.span)?;
        }
        points.push(point);
    }
    apply_table(lowering, points, argument, span, continued)
}

/// A piecewise-linear function of a node.
pub(super) fn apply_table(
    lowering: &mut Lowering<'_>,
    points: Vec<[f64; 2]>,
    argument: Node,
    span: Span,
    continued: bool,
) -> Result<Node, Reported> {
    let table = Table::new(points).map_err(|error| {
        lowering.reporter.report(Diagnostic::error(codes::INVALID_VALUE, span, error.to_string()))
    })?;
    let ends = outer_segments(table.points());
    let mut node = lowering.builder.table(table, argument);
    if let Some(ends) = ends.filter(|_| continued) {
        let zero = lowering.builder.constant(0.0);
        for (end, slope, beyond) in ends {
            let end = lowering.builder.constant(end);
            let slope = lowering.builder.constant(slope);
            let distance = lowering.binary(Binary::Subtract, argument, end, span)?;
            let outside = lowering.binary(beyond, distance, zero, span)?;
            let rise = lowering.binary(Binary::Multiply, slope, outside, span)?;
            node = lowering.binary(Binary::Add, node, rise, span)?;
        }
    }
    Ok(node)
}

/// Abscissa, slope, and the choice that is not zero outside, for both ends.
fn outer_segments(points: &[[f64; 2]]) -> Option<[(f64, f64, Binary); 2]> {
    let slope = |a: [f64; 2], b: [f64; 2]| (b[1] - a[1]) / (b[0] - a[0]);
    let [first, second, ..] = points else {
        return None;
    };
    let [.., before, last] = points else {
        return None;
    };
    Some([
        (first[0], slope(*first, *second), Binary::Minimum),
        (last[0], slope(*before, *last), Binary::Maximum),
    ])
}
