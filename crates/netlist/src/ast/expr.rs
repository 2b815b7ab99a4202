//! Expressions: the tree that `{…}`, `'…'` and behavioural sources are read into.
//!
//! One tree serves both of SPICE's expression languages; which names and functions are allowed where, and what they
//! mean, is decided by elaboration.

use std::fmt;

use super::Name;
use crate::source::Span;

/// An expression with its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What the expression is.
    pub kind: ExprKind,
    /// Where it was written.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number with its suffix applied.
    Number(f64),
    /// A parameter or a special name (`time`, `temper`, `hertz`, `pi`), in lower case.
    Name(String),
    /// `"…"`, in its original case.
    Text(String),
    /// `name(args)`.
    Call {
        /// The function in lower case.
        name: Name,
        /// The arguments in order.
        args: Vec<Expr>,
    },
    /// `v(plus)`, `v(plus,minus)`, `vdb(plus)`, ….
    Voltage {
        /// Which part of a complex value is meant.
        part: Part,
        /// The positive node.
        plus: Name,
        /// The negative node; ground if absent.
        minus: Option<Name>,
    },
    /// `i(device)`, `im(device)`, ….
    Current {
        /// Which part of a complex value is meant.
        part: Part,
        /// The device whose current is meant.
        device: Name,
    },
    /// `@device[quantity]`.
    Quantity {
        /// The device.
        device: Name,
        /// The quantity in lower case.
        quantity: Name,
    },
    /// A prefix operator.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// An infix operator.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left operand.
        left: Box<Expr>,
        /// The right operand.
        right: Box<Expr>,
    },
    /// `condition ? then : otherwise`.
    Conditional {
        /// True where it is not zero.
        condition: Box<Expr>,
        /// The value where the condition holds.
        then: Box<Expr>,
        /// The value elsewhere.
        otherwise: Box<Expr>,
    },
}

/// Which part of a (complex) voltage or current an output names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The value itself: `v(a)`.
    Whole,
    /// `vm(a)`.
    Magnitude,
    /// `vp(a)`.
    Phase,
    /// `vr(a)`.
    Real,
    /// `vi(a)`.
    Imaginary,
    /// `vdb(a)`.
    Decibel,
}

impl Part {
    /// The letters that follow `v` or `i`.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Part::Whole => "",
            Part::Magnitude => "m",
            Part::Phase => "p",
            Part::Real => "r",
            Part::Imaginary => "i",
            Part::Decibel => "db",
        }
    }
}

/// Prefix operators. A prefix `+` leaves no trace in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`; binds weaker than a power: `-2^2` is -4.
    Negate,
    /// `!x` or `~x`.
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`.
    Divide,
    /// `a \ b`: the quotient truncated to an integer.
    IntegerDivide,
    /// `a % b`.
    Remainder,
    /// `a ^ b` or `a ** b`.
    Power,
    /// `a < b`.
    Less,
    /// `a <= b`.
    LessEqual,
    /// `a > b`.
    Greater,
    /// `a >= b`.
    GreaterEqual,
    /// `a == b`.
    Equal,
    /// `a != b` or `a <> b`.
    NotEqual,
    /// `a && b` or `a & b`.
    And,
    /// `a || b` or `a | b`.
    Or,
}

impl BinaryOp {
    /// The operator as it is printed.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::IntegerDivide => "\\",
            BinaryOp::Remainder => "%",
            BinaryOp::Power => "**",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
        }
    }
}

/// Prints fully parenthesised text that reads back as the same tree.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => write!(f, "{number:?}"),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Text(text) => write!(f, "\"{text}\""),
            ExprKind::Call { name, args } => {
                write!(f, "{name}(")?;
                for (index, arg) in args.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{arg}")?;
                }
                f.write_str(")")
            }
            ExprKind::Voltage { part, plus, minus } => {
                write!(f, "v{}({plus}", part.suffix())?;
                if let Some(minus) = minus {
                    write!(f, ",{minus}")?;
                }
                f.write_str(")")
            }
            ExprKind::Current { part, device } => write!(f, "i{}({device})", part.suffix()),
            ExprKind::Quantity { device, quantity } => write!(f, "@{device}[{quantity}]"),
            ExprKind::Unary { op, operand } => {
                let symbol = match op {
                    UnaryOp::Negate => '-',
                    UnaryOp::Not => '!',
                };
                write!(f, "({symbol}{operand})")
            }
            ExprKind::Binary { op, left, right } => write!(f, "({left} {} {right})", op.symbol()),
            ExprKind::Conditional { condition, then, otherwise } => {
                write!(f, "({condition} ? {then} : {otherwise})")
            }
        }
    }
}
