//! The operations of expressions: exact for constants, guarded for unknowns.

use super::ExpressionError;
use std::f64::consts::LN_10;

/// Exponentials continue along their tangent beyond this argument (e^230 is about 1e100).
const EXPONENT_LIMIT: f64 = 230.0;
/// Logarithms do not look closer to zero than this.
const LOGARITHM_FLOOR: f64 = 1e-100;
/// Slopes of roots and powers are taken no closer to zero than this.
const ROOT_FLOOR: f64 = 1e-18;
/// Divisors keep this distance from zero.
const DIVISOR_FLOOR: f64 = 1e-32;
/// Inverse functions with a vertical tangent take their slope no closer to it than this.
const EDGE_FLOOR: f64 = 1e-12;

/// Operations on one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// `-x`.
    Negate,
    /// 1 where `x` is zero, 0 elsewhere.
    Not,
    /// Sine, in radians.
    Sin,
    /// Cosine, in radians.
    Cos,
    /// Tangent, in radians.
    Tan,
    /// Inverse sine; guarded: the argument is clamped to [-1, 1].
    Asin,
    /// Inverse cosine; guarded like the inverse sine.
    Acos,
    /// Inverse tangent.
    Atan,
    /// Hyperbolic sine; guarded like the exponential.
    Sinh,
    /// Hyperbolic cosine; guarded like the exponential.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine; guarded: the argument is at least 1.
    Acosh,
    /// Inverse hyperbolic tangent; guarded: the argument stays inside (-1, 1).
    Atanh,
    /// `e^x`; guarded: continued by its tangent beyond `x = 230`.
    Exp,
    /// Natural logarithm; guarded: the argument is at least 1e-100.
    Ln,
    /// Decadic logarithm; guarded like the natural one.
    Log10,
    /// Square root; guarded: zero below zero, and the slope is at most that at 1e-18.
    Sqrt,
    /// Magnitude.
    Abs,
    /// -1, 0 or 1.
    Sign,
    /// Towards zero.
    Truncate,
    /// To the nearest integer, halves to the even one.
    Round,
    /// To the next integer below.
    Floor,
    /// To the next integer above.
    Ceiling,
    /// 1 above zero, 0 below, 1/2 at zero.
    UnitStep,
    /// `x` above zero, 0 below.
    UnitRamp,
    /// 0 below zero, `x` from zero to one, 1 above.
    UnitClip,
}

/// Operations on two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`; guarded: the divisor keeps a distance of 1e-32 from zero.
    Divide,
    /// The quotient truncated to an integer.
    IntegerDivide,
    /// The remainder, with the sign of `a`.
    Remainder,
    /// `a^b`, exact for a negative base with an integer exponent; guarded: `|a|^b` for a negative base with
    /// another exponent, and the base keeps a distance of 1e-18 from zero where slopes or values would be
    /// infinite.
    Power,
    /// `|a|^b`.
    AbsolutePower,
    /// `sgn(a) |a|^b`.
    SignedPower,
    /// The smaller one.
    Minimum,
    /// The larger one.
    Maximum,
    /// The angle of the point (b, a), in radians.
    Atan2,
    /// The hypotenuse.
    Hypot,
    /// 1 where `a < b`, 0 elsewhere.
    Less,
    /// 1 where `a <= b`, 0 elsewhere.
    LessEqual,
    /// 1 where `a > b`, 0 elsewhere.
    Greater,
    /// 1 where `a >= b`, 0 elsewhere.
    GreaterEqual,
    /// 1 where `a == b`, 0 elsewhere.
    Equal,
    /// 1 where `a != b`, 0 elsewhere.
    NotEqual,
    /// 1 where neither is zero, 0 elsewhere.
    And,
    /// 1 where not both are zero, 0 elsewhere.
    Or,
}

impl Unary {
    /// The value of the function as mathematics has it; not a number outside the domain.
    fn exact(self, x: f64) -> f64 {
        match self {
            Unary::Negate => -x,
            Unary::Not => truth(x == 0.0),
            Unary::Sin => x.sin(),
            Unary::Cos => x.cos(),
            Unary::Tan => x.tan(),
            Unary::Asin => x.asin(),
            Unary::Acos => x.acos(),
            Unary::Atan => x.atan(),
            Unary::Sinh => x.sinh(),
            Unary::Cosh => x.cosh(),
            Unary::Tanh => x.tanh(),
            Unary::Asinh => x.asinh(),
            Unary::Acosh => x.acosh(),
            Unary::Atanh => x.atanh(),
            Unary::Exp => x.exp(),
            Unary::Ln => x.ln(),
            Unary::Log10 => x.log10(),
            Unary::Sqrt => x.sqrt(),
            Unary::Abs => x.abs(),
            Unary::Sign => sign(x),
            Unary::Truncate => x.trunc(),
            Unary::Round => x.round_ties_even(),
            Unary::Floor => x.floor(),
            Unary::Ceiling => x.ceil(),
            Unary::UnitStep => 0.5 * (1.0 + sign(x)),
            Unary::UnitRamp => x.max(0.0),
            Unary::UnitClip => x.clamp(0.0, 1.0),
        }
    }

    /// The value for a constant operand.
    ///
    /// # Errors
    /// When the value is not finite.
    pub fn apply(self, x: f64) -> Result<f64, ExpressionError> {
        finite(self.exact(x), || format!("{}({x})", self.name()))
    }

    /// Value and slope, both finite for every finite operand.
    #[must_use]
    pub fn differential(self, x: f64) -> (f64, f64) {
        match self {
            Unary::Negate => (-x, -1.0),
            Unary::Sin => (x.sin(), x.cos()),
            Unary::Cos => (x.cos(), -x.sin()),
            Unary::Tan => (x.tan(), 1.0 + x.tan() * x.tan()),
            Unary::Asin => (clip(x).asin(), inverse_sine_slope(x)),
            Unary::Acos => (clip(x).acos(), -inverse_sine_slope(x)),
            Unary::Atan => (x.atan(), 1.0 / (1.0 + x * x)),
            Unary::Sinh => {
                let (grow, fall) = (guarded_exp(x), guarded_exp(-x));
                (half_difference(x, grow.0, fall.0), 0.5 * (grow.1 + fall.1))
            }
            Unary::Cosh => {
                let (grow, fall) = (guarded_exp(x), guarded_exp(-x));
                (0.5 * (grow.0 + fall.0), 0.5 * (grow.1 - fall.1))
            }
            Unary::Tanh => {
                let t = x.tanh();
                (t, 1.0 - t * t)
            }
            Unary::Asinh => (x.asinh(), 1.0 / x.hypot(1.0)),
            Unary::Acosh => {
                let edge = (x * x - 1.0).max(EDGE_FLOOR);
                (x.max(1.0).acosh(), edge.sqrt().recip())
            }
            Unary::Atanh => {
                let inside = x.clamp(EDGE_FLOOR - 1.0, 1.0 - EDGE_FLOOR);
                (inside.atanh(), 1.0 / (1.0 - inside * inside))
            }
            Unary::Exp => guarded_exp(x),
            Unary::Ln => {
                let x = x.max(LOGARITHM_FLOOR);
                (x.ln(), 1.0 / x)
            }
            Unary::Log10 => {
                let x = x.max(LOGARITHM_FLOOR);
                (x.log10(), 1.0 / (LN_10 * x))
            }
            Unary::Sqrt => (x.max(0.0).sqrt(), 0.5 / x.max(ROOT_FLOOR).sqrt()),
            Unary::Abs => (x.abs(), if x < 0.0 { -1.0 } else { 1.0 }),
            Unary::UnitRamp => (x.max(0.0), truth(x >= 0.0)),
            Unary::UnitClip => (x.clamp(0.0, 1.0), truth((0.0..1.0).contains(&x))),
            Unary::Not
            | Unary::Sign
            | Unary::Truncate
            | Unary::Round
            | Unary::Floor
            | Unary::Ceiling
            | Unary::UnitStep => (self.exact(x), 0.0),
        }
    }

    /// The name that users know the operation by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unary::Negate => "-",
            Unary::Not => "!",
            Unary::Sin => "sin",
            Unary::Cos => "cos",
            Unary::Tan => "tan",
            Unary::Asin => "asin",
            Unary::Acos => "acos",
            Unary::Atan => "atan",
            Unary::Sinh => "sinh",
            Unary::Cosh => "cosh",
            Unary::Tanh => "tanh",
            Unary::Asinh => "asinh",
            Unary::Acosh => "acosh",
            Unary::Atanh => "atanh",
            Unary::Exp => "exp",
            Unary::Ln => "ln",
            Unary::Log10 => "log10",
            Unary::Sqrt => "sqrt",
            Unary::Abs => "abs",
            Unary::Sign => "sgn",
            Unary::Truncate => "int",
            Unary::Round => "nint",
            Unary::Floor => "floor",
            Unary::Ceiling => "ceil",
            Unary::UnitStep => "u",
            Unary::UnitRamp => "uramp",
            Unary::UnitClip => "u2",
        }
    }
}

impl Binary {
    /// The value as mathematics has it; not a number outside the domain.
    fn exact(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Subtract => a - b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
            Binary::IntegerDivide => (a / b).trunc(),
            Binary::Remainder => a % b,
            Binary::Power => power(a, b),
            Binary::AbsolutePower => power(a.abs(), b),
            Binary::SignedPower => sign(a) * power(a.abs(), b),
            Binary::Minimum => a.min(b),
            Binary::Maximum => a.max(b),
            Binary::Atan2 => a.atan2(b),
            Binary::Hypot => a.hypot(b),
            Binary::Less => truth(a < b),
            Binary::LessEqual => truth(a <= b),
            Binary::Greater => truth(a > b),
            Binary::GreaterEqual => truth(a >= b),
            Binary::Equal => truth(a == b),
            Binary::NotEqual => truth(a != b),
            Binary::And => truth(a != 0.0 && b != 0.0),
            Binary::Or => truth(a != 0.0 || b != 0.0),
        }
    }

    /// The value for constant operands.
    ///
    /// # Errors
    /// When the value is not finite.
    pub fn apply(self, a: f64, b: f64) -> Result<f64, ExpressionError> {
        finite(self.exact(a, b), || {
            if self.is_operator() {
                format!("{a} {} {b}", self.name())
            } else {
                format!("{}({a}, {b})", self.name())
            }
        })
    }

    /// Value, slope along `a` and slope along `b`, all finite for operands of ordinary size.
    #[must_use]
    pub fn differential(self, a: f64, b: f64) -> (f64, f64, f64) {
        match self {
            Binary::Add => (a + b, 1.0, 1.0),
            Binary::Subtract => (a - b, 1.0, -1.0),
            Binary::Multiply => (a * b, b, a),
            Binary::Divide => {
                let b = away_from_zero(b, DIVISOR_FLOOR);
                (a / b, 1.0 / b, -(a / b) / b)
            }
            Binary::IntegerDivide => ((a / away_from_zero(b, DIVISOR_FLOOR)).trunc(), 0.0, 0.0),
            Binary::Remainder => {
                let b = away_from_zero(b, DIVISOR_FLOOR);
                (a % b, 1.0, -(a / b).trunc())
            }
            Binary::Power if a < 0.0 && b.fract() == 0.0 && b.rem_euclid(2.0) == 1.0 => {
                let (value, along_base, along_exponent) = positive_power(-a, b);
                (-value, along_base, -along_exponent)
            }
            Binary::Power | Binary::AbsolutePower => {
                let (value, along_base, along_exponent) = positive_power(a.abs(), b);
                let direction = if a < 0.0 { -1.0 } else { 1.0 };
                (value, direction * along_base, along_exponent)
            }
            Binary::SignedPower => {
                let (value, along_base, along_exponent) = positive_power(a.abs(), b);
                let direction = if a < 0.0 { -1.0 } else { 1.0 };
                (direction * value, along_base, direction * along_exponent)
            }
            Binary::Minimum if b < a => (b, 0.0, 1.0),
            Binary::Minimum => (a, 1.0, 0.0),
            Binary::Maximum if b > a => (b, 0.0, 1.0),
            Binary::Maximum => (a, 1.0, 0.0),
            Binary::Atan2 => {
                let square = (a * a + b * b).max(DIVISOR_FLOOR);
                (a.atan2(b), b / square, -a / square)
            }
            Binary::Hypot => {
                let length = a.hypot(b);
                let divisor = length.max(DIVISOR_FLOOR);
                (length, a / divisor, b / divisor)
            }
            Binary::Less
            | Binary::LessEqual
            | Binary::Greater
            | Binary::GreaterEqual
            | Binary::Equal
            | Binary::NotEqual
            | Binary::And
            | Binary::Or => (self.exact(a, b), 0.0, 0.0),
        }
    }

    /// Whether the operation is written between its operands.
    fn is_operator(self) -> bool {
        !self.name().starts_with(|c: char| c.is_ascii_alphabetic())
    }

    /// The name or symbol that users know the operation by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::IntegerDivide => "\\",
            Binary::Remainder => "%",
            Binary::Power => "**",
            Binary::AbsolutePower => "pwr",
            Binary::SignedPower => "pwrs",
            Binary::Minimum => "min",
            Binary::Maximum => "max",
            Binary::Atan2 => "atan2",
            Binary::Hypot => "hypot",
            Binary::Less => "<",
            Binary::LessEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterEqual => ">=",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::And => "&&",
            Binary::Or => "||",
        }
    }
}

fn truth(condition: bool) -> f64 {
    if condition { 1.0 } else { 0.0 }
}

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

/// `a^b` by repeated multiplication where the exponent is a small integer, so that `x^2` is `x*x` to the last bit.
fn power(a: f64, b: f64) -> f64 {
    if b.fract() == 0.0 && b.abs() <= 16.0 { a.powi(b as i32) } else { a.powf(b) }
}

/// `a^b` with its slopes for `a >= 0`, finite at zero.
fn positive_power(a: f64, b: f64) -> (f64, f64, f64) {
    let base = a.max(ROOT_FLOOR);
    let value = if b < 0.0 { power(base, b) } else { power(a, b) };
    let along_base = if b == 0.0 {
        0.0
    } else if b >= 1.0 {
        b * power(a, b - 1.0)
    } else {
        b * power(base, b - 1.0)
    };
    (value, along_base, value * base.ln())
}

fn guarded_exp(x: f64) -> (f64, f64) {
    if x < EXPONENT_LIMIT {
        let e = x.exp();
        (e, e)
    } else {
        let e = EXPONENT_LIMIT.exp();
        (e * (1.0 + x - EXPONENT_LIMIT), e)
    }
}

/// `(grow - fall) / 2`, from the library function where the difference would lose digits.
fn half_difference(x: f64, grow: f64, fall: f64) -> f64 {
    if x.abs() < 1.0 { x.sinh() } else { 0.5 * (grow - fall) }
}

fn clip(x: f64) -> f64 {
    x.clamp(-1.0, 1.0)
}

fn inverse_sine_slope(x: f64) -> f64 {
    if x.abs() > 1.0 { 0.0 } else { (1.0 - x * x).max(EDGE_FLOOR).sqrt().recip() }
}

fn away_from_zero(x: f64, distance: f64) -> f64 {
    if x.abs() >= distance { x } else { distance.copysign(x) }
}

fn finite(value: f64, operation: impl FnOnce() -> String) -> Result<f64, ExpressionError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(ExpressionError::NotFinite { operation: operation() })
    }
}
