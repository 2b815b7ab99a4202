//! Tests against closed forms and central differences.

use super::*;

const UNARY: [Unary; 27] = [
    Unary::Negate,
    Unary::Not,
    Unary::Sin,
    Unary::Cos,
    Unary::Tan,
    Unary::Asin,
    Unary::Acos,
    Unary::Atan,
    Unary::Sinh,
    Unary::Cosh,
    Unary::Tanh,
    Unary::Asinh,
    Unary::Acosh,
    Unary::Atanh,
    Unary::Exp,
    Unary::Ln,
    Unary::Log10,
    Unary::Sqrt,
    Unary::Abs,
    Unary::Sign,
    Unary::Truncate,
    Unary::Round,
    Unary::Floor,
    Unary::Ceiling,
    Unary::UnitStep,
    Unary::UnitRamp,
    Unary::UnitClip,
];

const BINARY: [Binary; 21] = [
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::IntegerDivide,
    Binary::Remainder,
    Binary::Power,
    Binary::AbsolutePower,
    Binary::SignedPower,
    Binary::Minimum,
    Binary::Maximum,
    Binary::Atan2,
    Binary::Hypot,
    Binary::Less,
    Binary::LessEqual,
    Binary::Greater,
    Binary::GreaterEqual,
    Binary::Equal,
    Binary::NotEqual,
    Binary::And,
    Binary::Or,
];

fn assert_close(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() <= 1e-6 * (1.0 + b.abs()), "{what}: {a} is not {b}");
}

#[test]
fn slopes_equal_central_differences() {
    let h = 1e-6;
    for operation in UNARY {
        for x in [-2.7, -0.6, 0.3, 0.8, 1.7, 39.9] {
            // Outside its domain an operation has a guard, whose slope is a choice and no derivative.
            let Ok(exact) = operation.apply(x) else {
                continue;
            };
            let (value, slope) = operation.differential(x);
            assert!(
                (value - exact).abs() <= 4.0 * f64::EPSILON * exact.abs(),
                "{operation:?} at {x}: {value} is not {exact}"
            );
            if value.abs() < 1e10 {
                let up = operation.differential(x + h).0;
                let down = operation.differential(x - h).0;
                let numeric = (up - down) / (2.0 * h);
                assert_close(slope, numeric, &format!("{operation:?} at {x}"));
            }
        }
    }
}

#[test]
fn partial_slopes_equal_central_differences() {
    let h = 1e-6;
    for operation in BINARY {
        for a in [-2.7, -0.6, 0.3, 1.7] {
            for b in [-1.4, 0.95, 2.2] {
                let value = |a: f64, b: f64| operation.differential(a, b).0;
                let (here, along_a, along_b) = operation.differential(a, b);
                if let Ok(exact) = operation.apply(a, b) {
                    assert_close(here, exact, &format!("{operation:?} of {a}, {b}"));
                }
                let numeric_a = (value(a + h, b) - value(a - h, b)) / (2.0 * h);
                let numeric_b = (value(a, b + h) - value(a, b - h)) / (2.0 * h);
                assert_close(along_a, numeric_a, &format!("{operation:?} along {a}, {b}"));
                assert_close(along_b, numeric_b, &format!("{operation:?} of {a}, along {b}"));
            }
        }
    }
}

#[test]
fn guarded_operations_are_finite_everywhere() {
    let points = [-1e30, -400.0, -1.0, -1e-300, -0.0, 0.0, 1e-300, 1.0, 400.0, 1e30];
    for x in points {
        for operation in UNARY {
            let (value, slope) = operation.differential(x);
            assert!(value.is_finite() && slope.is_finite(), "{operation:?} at {x}");
        }
        for y in [-2.0, -0.5, 0.0, 0.5, 1.0, 3.0] {
            for operation in BINARY {
                let (value, along_x, along_y) = operation.differential(x, y);
                assert!(
                    value.is_finite() && along_x.is_finite() && along_y.is_finite(),
                    "{operation:?} of {x}, {y}"
                );
            }
        }
    }
}

#[test]
fn powers_of_negative_bases() {
    assert_eq!(Binary::Power.apply(-2.0, 3.0), Ok(-8.0));
    assert_eq!(Binary::Power.differential(-2.0, 3.0).0, -8.0);
    assert_close(Binary::Power.differential(-2.0, 3.0).1, 12.0, "slope");
    assert_eq!(Binary::AbsolutePower.apply(-2.0, 3.0), Ok(8.0));
    assert_eq!(Binary::SignedPower.apply(-2.0, 2.0), Ok(-4.0));
    assert!(Binary::Power.apply(-2.0, 0.5).is_err());
    assert_close(Binary::Power.differential(-4.0, 0.5).0, 2.0, "guarded root");
    assert_eq!(Binary::Power.differential(0.0, 2.0), (0.0, 0.0, 0.0));
}

#[test]
fn constants_are_folded_and_their_errors_named() {
    let mut builder = ExpressionBuilder::new();
    let (one, zero) = (builder.constant(1.0), builder.constant(0.0));
    let error = builder.binary(Binary::Divide, one, zero).unwrap_err();
    assert_eq!(error.to_string(), "1 / 0 has no finite value");
    let minus = builder.unary(Unary::Negate, one).unwrap();
    let error = builder.unary(Unary::Sqrt, minus).unwrap_err();
    assert_eq!(error.to_string(), "sqrt(-1) has no finite value");
    let e = builder.unary(Unary::Exp, one).unwrap();
    assert_eq!(builder.finish(e).as_constant(), Some(std::f64::consts::E));
}

#[test]
fn a_gradient_runs_through_every_kind_of_step() {
    // u = table(x0) * x1 + (x1 > 1 ? sin(x0 * x2) : x2) + time * x2 - temperature
    let mut builder = ExpressionBuilder::new();
    let [x0, x1, x2] = [0, 1, 2].map(|i| builder.input(i));
    let one = builder.constant(1.0);
    let table = Table::new(vec![[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]]).unwrap();
    let shaped = builder.table(table, x0);
    let first = builder.binary(Binary::Multiply, shaped, x1).unwrap();
    let condition = builder.binary(Binary::Greater, x1, one).unwrap();
    let inner = builder.binary(Binary::Multiply, x0, x2).unwrap();
    let sine = builder.unary(Unary::Sin, inner).unwrap();
    let second = builder.select(condition, sine, x2);
    let time = builder.time();
    let third = builder.binary(Binary::Multiply, time, x2).unwrap();
    let kelvin = builder.temperature();
    let sum = builder.binary(Binary::Add, first, second).unwrap();
    let sum = builder.binary(Binary::Add, sum, third).unwrap();
    let root = builder.binary(Binary::Subtract, sum, kelvin).unwrap();
    let expression = builder.finish(root);

    assert_eq!(expression.inputs(), [0, 1, 2]);
    assert!(expression.depends_on_time() && expression.depends_on_temperature());
    assert!(!expression.is_affine());
    let at = Surroundings { time: 3.0, temperature: 300.0 };
    let mut workspace = Workspace::default();
    let mut gradient = [0.0; 3];
    for (inputs, sine_taken) in [([0.5, 1.5, 0.7], true), ([1.5, 0.5, 0.7], false)] {
        let [a, b, c] = inputs;
        let value = expression.gradient(&inputs, &at, &mut workspace, &mut gradient);
        let (t, slope) = if a < 1.0 { (2.0 * a, 2.0) } else { (3.0 - a, -1.0) };
        let branch = if sine_taken { (a * c).sin() } else { c };
        assert_close(value, t * b + branch + 3.0 * c - 300.0, "value");
        let cosine = (a * c).cos();
        let from_branch = if sine_taken { [c * cosine, a * cosine] } else { [0.0, 1.0] };
        assert_close(gradient[0], slope * b + from_branch[0], "along x0");
        assert_close(gradient[1], t, "along x1");
        assert_close(gradient[2], from_branch[1] + 3.0, "along x2");
    }
}

#[test]
fn affine_expressions_are_recognised() {
    let build = |f: &dyn Fn(&mut ExpressionBuilder) -> Node| {
        let mut builder = ExpressionBuilder::new();
        let root = f(&mut builder);
        builder.finish(root).is_affine()
    };
    let two_x = |b: &mut ExpressionBuilder| {
        let (two, x) = (b.constant(2.0), b.input(0));
        b.binary(Binary::Multiply, two, x).unwrap()
    };
    assert!(build(&two_x));
    assert!(build(&|b| {
        let (term, time) = (two_x(b), b.time());
        let wave = b.unary(Unary::Sin, time).unwrap();
        b.binary(Binary::Subtract, term, wave).unwrap()
    }));
    assert!(!build(&|b| {
        let (x, time) = (b.input(0), b.time());
        b.binary(Binary::Multiply, time, x).unwrap()
    }));
    assert!(!build(&|b| {
        let x = b.input(0);
        b.binary(Binary::Multiply, x, x).unwrap()
    }));
    assert!(!build(&|b| {
        let (one, x) = (b.constant(1.0), b.input(0));
        b.binary(Binary::Divide, one, x).unwrap()
    }));
}

#[test]
fn tables_clamp_exactly_and_refuse_disorder() {
    let table = Table::new(vec![[-1.0, 0.3], [0.0, 0.1], [2.0, 0.7]]).unwrap();
    assert_eq!(table.differential(-5.0), (0.3, 0.0));
    assert_eq!(table.differential(9.0), (0.7, 0.0));
    assert_eq!(table.differential(2.0), (0.7, 0.0));
    assert_close(table.differential(1.0).0, 0.4, "between points");
    assert_close(table.differential(0.0).1, 0.3, "right-hand slope");
    assert_eq!(Table::new(vec![]), Err(TableError::Empty));
    assert!(Table::new(vec![[0.0, 0.0], [0.0, 1.0]]).is_err());
    assert!(Table::new(vec![[0.0, f64::NAN]]).is_err());
}

#[test]
fn equal_parts_are_shared() {
    let mut builder = ExpressionBuilder::new();
    let x = builder.input(4);
    let first = builder.unary(Unary::Exp, x).unwrap();
    let again = builder.unary(Unary::Exp, x).unwrap();
    assert_eq!(first, again);
}
