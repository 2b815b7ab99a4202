//! Commands between `.control` and `.endc`: the flow is a tree, the words of a command stay text.
//!
//! A command's words are substituted (`$name`, `$&vector`) each time it runs, so that what they mean is known only then;
//! [`crate::parse_vectors`] reads what is left.

use super::Name;
use crate::source::{Span, Spanned};

/// Text of a command that is substituted before it is read, in its original case.
pub type Phrase = Spanned<String>;

/// `.control … .endc`.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlBlock {
    /// The `.control` card.
    pub span: Span,
    /// The commands in order.
    pub statements: Vec<Statement>,
    /// The `.endc` card; `None` if it is missing.
    pub end: Option<Span>,
}

/// A command, or a block of commands.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The line; for a block, its opening line.
    pub span: Span,
    /// What it does.
    pub kind: StatementKind,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// A command with its words.
    Command(Command),
    /// `if condition … else … end`.
    If {
        /// Whether the first part runs.
        condition: Phrase,
        /// Runs where the condition holds.
        then: Vec<Statement>,
        /// Runs where it does not.
        otherwise: Vec<Statement>,
    },
    /// `while condition … end`, or `dowhile`.
    While {
        /// Whether the body runs (again).
        condition: Phrase,
        /// Whether the body runs once before the condition is looked at.
        runs_first: bool,
        /// What runs.
        body: Vec<Statement>,
    },
    /// `repeat [count] … end`.
    Repeat {
        /// How often; forever if absent.
        count: Option<Phrase>,
        /// What runs.
        body: Vec<Statement>,
    },
    /// `foreach variable values… … end`.
    Foreach {
        /// Takes one value after the other.
        variable: Name,
        /// The values, separated by blanks.
        values: Phrase,
        /// What runs.
        body: Vec<Statement>,
    },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
}

/// One command.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its first word, in lower case.
    pub name: Name,
    /// What that means.
    pub verb: Verb,
    /// What follows.
    pub rest: Phrase,
}

/// The commands that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `op dc ac tran noise tf trace`: the words are those of the card of that name.
    Analysis,
    /// `run`: the analyses of the cards.
    Run,
    /// `print`.
    Print,
    /// `write`.
    Write,
    /// `wrdata`.
    WriteData,
    /// `let`.
    Let,
    /// `unlet`.
    Unlet,
    /// `compose`.
    Compose,
    /// `set`.
    Set,
    /// `unset`.
    Unset,
    /// `strcmp`.
    CompareText,
    /// `setplot`.
    SetPlot,
    /// `setscale`.
    SetScale,
    /// `display`.
    Display,
    /// `destroy`.
    Destroy,
    /// `meas`.
    Measure,
    /// `fourier`.
    Fourier,
    /// `linearize`.
    Linearize,
    /// `fft`.
    Fft,
    /// `alter`.
    Alter,
    /// `altermod`.
    AlterModel,
    /// `alterparam`.
    AlterParameter,
    /// `save`.
    Save,
    /// `option`.
    Options,
    /// `reset`.
    Reset,
    /// `echo`.
    Echo,
    /// `quit`.
    Quit,
    /// What shows or arranges things for somebody who watches: `plot`, `listing`, `rusage`, …; it has no effect.
    Ignored,
}

/// An expression of vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorExpr {
    /// As it was written.
    pub text: String,
    /// What it is.
    pub kind: VectorExprKind,
}

/// What an expression of vectors is.
#[derive(Clone, Debug, PartialEq)]
pub enum VectorExprKind {
    /// A number.
    Number(f64),
    /// A vector: `out`, `v1#branch`, `@m1[id]`, `tran1.time`, or `v(out)` with everything in its parentheses.
    Name(String),
    /// A part of a voltage or current, with the name of the vector: `vdb(out)` is `db` of `v(out)`.
    Part(String, String),
    /// `function(arguments…)`.
    Call(String, Vec<VectorExpr>),
    /// `-x`.
    Negate(Box<VectorExpr>),
    /// `not x`.
    Not(Box<VectorExpr>),
    /// Two operands.
    Binary(VectorOp, Box<VectorExpr>, Box<VectorExpr>),
    /// `x[index]` or `x[first,last]`.
    Index(Box<VectorExpr>, Box<VectorExpr>, Option<Box<VectorExpr>>),
    /// `condition ? then : otherwise`.
    Conditional(Box<VectorExpr>, Box<VectorExpr>, Box<VectorExpr>),
    /// `(real, imaginary)`.
    Complex(Box<VectorExpr>, Box<VectorExpr>),
}

/// An operator between vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VectorOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `^`
    Power,
    /// `=`, `eq`
    Equal,
    /// `<>`, `ne`
    NotEqual,
    /// `<`, `lt`
    Less,
    /// `<=`, `le`
    LessEqual,
    /// `>`, `gt`
    Greater,
    /// `>=`, `ge`
    GreaterEqual,
    /// `&`, `and`
    And,
    /// `|`, `or`
    Or,
}
