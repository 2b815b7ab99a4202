//! Dot cards: models, subcircuits, parameters, analyses, outputs.
//!
//! Cards that this crate types are all here; a card that nobody types yet stays a [`RawCard`], so that elaboration can
//! refuse it by name and place.

use super::{Argument, Expr, Item, Name, Param, Value, Word};
use crate::source::{Span, Spanned};

/// `.model name kind (key=value …)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The whole card.
    pub span: Span,
    /// The model's name.
    pub name: Name,
    /// The kind, such as `d`, `npn`, `sw`.
    pub kind: Name,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
    /// Words without a value, such as `nchan`.
    pub flags: Vec<Name>,
}

/// `.subckt name ports… [params:] key=default … / body / .ends`.
#[derive(Clone, Debug, PartialEq)]
pub struct Subcircuit {
    /// The opening card.
    pub span: Span,
    /// The subcircuit's name.
    pub name: Name,
    /// The ports in order.
    pub ports: Vec<Name>,
    /// Parameters with their defaults.
    pub params: Vec<Param>,
    /// The body.
    pub items: Vec<Item>,
    /// The `.ends` card; `None` if it is missing.
    pub end: Option<Span>,
}

/// `.param name=expression`.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterDefinition {
    /// The assignment.
    pub span: Span,
    /// The parameter.
    pub name: Name,
    /// Its value; a string is [`super::ExprKind::Text`].
    pub value: Expr,
}

/// `.func name(arguments) {body}`.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionDefinition {
    /// The definition.
    pub span: Span,
    /// The function.
    pub name: Name,
    /// Names of its arguments.
    pub arguments: Vec<Name>,
    /// What it gives.
    pub body: Expr,
}

/// `.global node …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// The whole card.
    pub span: Span,
    /// The nodes.
    pub nodes: Vec<Name>,
}

/// `.options name[=value] …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The whole card.
    pub span: Span,
    /// The settings in order.
    pub settings: Vec<Setting>,
}

/// One option.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The option.
    pub name: Name,
    /// Its value; `None` for a flag.
    pub value: Option<Argument>,
}

/// `.ic` or `.nodeset`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// The whole card.
    pub span: Span,
    /// The assignments in order.
    pub assignments: Vec<Condition>,
}

/// `v(node)=value` or `i(device)=value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What is set.
    pub target: Spanned<ConditionTarget>,
    /// The value in V or A.
    pub value: Argument,
}

/// What `.ic` or `.nodeset` sets.
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionTarget {
    /// `v(plus[,minus])`.
    Voltage {
        /// The positive node.
        plus: Name,
        /// The negative node; ground if absent.
        minus: Option<Name>,
    },
    /// `i(device)`.
    Current {
        /// The device.
        device: Name,
    },
}

/// `.temp value …`, in °C.
#[derive(Clone, Debug, PartialEq)]
pub struct Temperature {
    /// The whole card.
    pub span: Span,
    /// One or more temperatures in °C.
    pub values: Vec<Argument>,
}

/// An analysis card.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// The whole card.
    pub span: Span,
    /// Which analysis.
    pub kind: AnalysisKind,
}

/// The analyses.
#[derive(Clone, Debug, PartialEq)]
pub enum AnalysisKind {
    /// `.op`.
    OperatingPoint,
    /// `.dc`.
    Dc(DcSweep),
    /// `.ac`.
    Ac(AcSweep),
    /// `.tran`.
    Transient(Transient),
    /// `.noise`.
    Noise(Noise),
    /// `.trace`.
    Trace(Trace),
    /// `.tf`.
    TransferFunction(TransferFunction),
    /// `.pz in+ in- out+ out- vol|cur pol|zer|pz`.
    PoleZero(PoleZero),
    /// `.sens output`: a voltage or a branch current.
    Sensitivity(Expr),
}

/// `.pz in+ in- out+ out- vol|cur pol|zer|pz`.
#[derive(Clone, Debug, PartialEq)]
pub struct PoleZero {
    /// Nodes of the input and of the output.
    pub nodes: [Name; 4],
    /// Whether the input is a voltage, not a current.
    pub is_voltage: bool,
    /// Whether poles are wanted.
    pub poles: bool,
    /// Whether zeros are wanted.
    pub zeros: bool,
}

/// `.dc sweep [sweep …]`.
#[derive(Clone, Debug, PartialEq)]
pub struct DcSweep {
    /// The sweeps; the first is the innermost and fastest.
    pub sweeps: Vec<Sweep>,
}

/// One swept quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// A source, a resistor, `temp`, a parameter, or `device:parameter`.
    pub variable: Name,
    /// True if the word `param` stood before the variable.
    pub is_param: bool,
    /// The values it takes.
    pub range: Range,
}

/// The values that a swept quantity takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// `start stop step`.
    Step {
        /// First value.
        start: Argument,
        /// Last value.
        stop: Argument,
        /// Increment.
        step: Argument,
    },
    /// `dec`, `oct` or `lin` with a number of points.
    Points {
        /// How the points are spread.
        scale: Spanned<Scale>,
        /// Points per decade, per octave, or in all.
        points: Argument,
        /// First value.
        start: Argument,
        /// Last value.
        stop: Argument,
    },
    /// `list value …`.
    List(Vec<Argument>),
}

/// How points are spread over a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    /// `dec`: a number of points per factor 10.
    Decade,
    /// `oct`: a number of points per factor 2.
    Octave,
    /// `lin`: a number of points in all, equally spaced.
    Linear,
}

/// `.ac dec|oct|lin points start stop`, or `.ac list …`.
#[derive(Clone, Debug, PartialEq)]
pub struct AcSweep {
    /// The frequencies in Hz.
    pub range: Range,
}

/// `.tran [step] stop [start [max_step]] [uic]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Transient {
    /// The suggested print step in s; `None` where only the stop time is given.
    pub step: Option<Argument>,
    /// The stop time in s.
    pub stop: Argument,
    /// The time from which results are kept, in s.
    pub start: Option<Argument>,
    /// The largest step in s.
    pub max_step: Option<Argument>,
    /// `uic`: start from initial conditions instead of an operating point.
    pub uic: Option<Span>,
    /// Other words, such as LTspice's `startup`.
    pub flags: Vec<Name>,
}

/// `.noise v(out[,ref]) source dec|oct|lin points start stop [points per summary]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// The output node.
    pub output: Name,
    /// The node against which the output is taken; ground if absent.
    pub reference: Option<Name>,
    /// The source to which the noise is referred.
    pub source: Name,
    /// The frequencies in Hz.
    pub range: Range,
    /// A summary of all contributions is wanted every so many points.
    pub points_per_summary: Option<Argument>,
}

/// `.tf output source`.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferFunction {
    /// What responds: a voltage or a branch current.
    pub output: Expr,
    /// The source that drives.
    pub source: Name,
}

/// `.step sweep`: all analyses run for each value.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The whole card.
    pub span: Span,
    /// What takes which values.
    pub sweep: Sweep,
}

/// `.four frequency outputs…`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fourier {
    /// The whole card.
    pub span: Span,
    /// The fundamental, Hz.
    pub frequency: Argument,
    /// What is analysed.
    pub outputs: Vec<Expr>,
}

/// `.trace source start stop [key=value …]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The source or parameter that is followed.
    pub source: Name,
    /// First value.
    pub start: Argument,
    /// Last value.
    pub stop: Argument,
    /// Further words in order.
    pub words: Vec<Spanned<Word>>,
    /// `key=value` pairs in order.
    pub params: Vec<Param>,
}

/// `.print`, `.plot`, `.save` or `.probe`.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The whole card.
    pub span: Span,
    /// Which card.
    pub kind: OutputKind,
    /// The analysis named first (`tran`, `ac`, `dc`, `op`, `noise`, …), if any.
    pub analysis: Option<Name>,
    /// What to output; a bare word such as `all`, `out` or `v1#branch` is [`super::ExprKind::Name`].
    pub outputs: Vec<Expr>,
    /// `key=value` pairs in order (`format=csv`).
    pub params: Vec<Param>,
    /// How a `.plot` card wants its axes.
    pub axes: Axes,
}

/// The axes of a `.plot` card.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axes {
    /// What the curves are drawn over (`vs v(in)`); the scale of the analysis if absent.
    pub over: Option<Expr>,
    /// `xlog` or `loglog`.
    pub log_x: bool,
    /// `ylog` or `loglog`.
    pub log_y: bool,
}

/// The output cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputKind {
    /// `.print`.
    Print,
    /// `.plot`.
    Plot,
    /// `.save`.
    Save,
    /// `.probe`.
    Probe,
}

/// `.if … .elseif … .else … .endif`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditional {
    /// The opening card.
    pub span: Span,
    /// The branches in order; the first whose condition holds is taken.
    pub branches: Vec<Branch>,
    /// The `.endif` card; `None` if it is missing.
    pub end: Option<Span>,
}

/// One branch of a conditional.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// The card that opens the branch.
    pub span: Span,
    /// The condition; `None` for `.else`.
    pub condition: Option<Expr>,
    /// The cards in the branch.
    pub items: Vec<Item>,
}

/// A dot card split into words and nothing more.
#[derive(Clone, Debug, PartialEq)]
pub struct RawCard {
    /// The whole card.
    pub span: Span,
    /// The keyword without its dot.
    pub keyword: Name,
    /// What follows, in order.
    pub args: Vec<RawArgument>,
}

/// One piece of a [`RawCard`].
#[derive(Clone, Debug, PartialEq)]
pub enum RawArgument {
    /// A word; `v(out)` and other words with parentheses are expressions.
    Word(Spanned<Word>),
    /// `target=value`.
    Assign {
        /// The left-hand side, such as `val` or `v(out)`.
        target: Spanned<Word>,
        /// The right-hand side.
        value: Spanned<Value>,
    },
}
