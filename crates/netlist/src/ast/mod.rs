//! The syntax tree of a netlist: what was written, typed as far as text alone allows, with a span on everything.
//!
//! Words whose meaning depends on context (is this a node or a model?) stay words, and expressions stay unevaluated,
//! because only elaboration knows models and parameters. Names are lower case; spans point at the original text.

mod control;
mod directive;
mod element;
mod expr;

pub use control::*;
pub use directive::*;
pub use element::*;
pub use expr::*;

use crate::source::{Span, Spanned};

/// A lower-case name with the span where it was written.
pub type Name = Spanned<String>;

/// A value with the span where it was written.
pub type Argument = Spanned<Value>;

/// A whole netlist: the top file with everything it includes spliced in where it was included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Netlist {
    /// The title, in its original case: line 1 of the top file, or the last `.title`.
    pub title: Option<Spanned<String>>,
    /// The cards in reading order.
    pub items: Vec<Item>,
    /// Where `.end` stands, if anywhere.
    pub end: Option<Span>,
}

/// One card, or one block of cards.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// An element line such as `R1 a b 1k`.
    Element(Box<Element>),
    /// `.model name kind (…)`.
    Model(Model),
    /// `.subckt … .ends`.
    Subcircuit(Subcircuit),
    /// `.param name=expression`; a card with several assignments becomes several items.
    Parameter(ParameterDefinition),
    /// `.func f(x) {…}` or `.param f(x)=…`.
    Function(FunctionDefinition),
    /// `.global node …`.
    Global(Global),
    /// `.options name[=value] …`.
    Options(Options),
    /// `.ic v(node)=value …`.
    InitialConditions(Conditions),
    /// `.nodeset v(node)=value …`.
    NodeSet(Conditions),
    /// `.temp value …`.
    Temperature(Temperature),
    /// `.op`, `.dc`, `.ac`, `.tran`, `.noise`, `.trace`.
    Analysis(Analysis),
    /// `.print`, `.plot`, `.save`, `.probe`.
    Output(Output),
    /// `.if … .elseif … .else … .endif`.
    Conditional(Conditional),
    /// `.control … .endc`.
    Control(ControlBlock),
    /// `.meas` or `.measure`, unparsed beyond words.
    Measure(RawCard),
    /// `.step`.
    Step(Step),
    /// `.four`.
    Fourier(Fourier),
    /// A directive that is known by name but not typed here (`.disto`, `.sp`, …).
    Other(RawCard),
}

impl Item {
    /// The span of the card; for a block, of its opening line.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Item::Element(card) => card.span,
            Item::Model(card) => card.span,
            Item::Subcircuit(card) => card.span,
            Item::Parameter(card) => card.span,
            Item::Function(card) => card.span,
            Item::Global(card) => card.span,
            Item::Options(card) => card.span,
            Item::InitialConditions(card) | Item::NodeSet(card) => card.span,
            Item::Temperature(card) => card.span,
            Item::Analysis(card) => card.span,
            Item::Output(card) => card.span,
            Item::Conditional(card) => card.span,
            Item::Control(card) => card.span,
            Item::Step(card) => card.span,
            Item::Fourier(card) => card.span,
            Item::Measure(card) | Item::Other(card) => card.span,
        }
    }
}

/// A word of an element line, before anybody knows what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// A bare word in lower case: a node, a model, a number such as `1k`, or a flag such as `off`.
    Plain(String),
    /// `{…}` or `'…'`.
    Expression(Box<Expr>),
    /// `"…"`, in its original case.
    Text(String),
}

impl Word {
    /// The text of a bare or double-quoted word; `None` for an expression.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Word::Plain(text) | Word::Text(text) => Some(text),
            Word::Expression(_) => None,
        }
    }

    /// The word read as a number, if it is a bare word that is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Word::Plain(text) => crate::number::parse_number(text).ok(),
            _ => None,
        }
    }

    /// The word read as a value: a number where it is one, a name otherwise.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Word::Plain(text) => match crate::number::parse_number(text) {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Name(text.clone()),
            },
            Word::Expression(expression) => Value::Expression(expression.clone()),
            Word::Text(text) => Value::Text(text.clone()),
        }
    }
}

/// The right-hand side of `key=value`, or a positional value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number with its suffix applied.
    Number(f64),
    /// `{…}`, `'…'`, or an unquoted formula without blanks such as `2*w`.
    Expression(Box<Expr>),
    /// A bare name in lower case. On an element line it is *not* a parameter reference: that needs `{name}`.
    Name(String),
    /// `"…"`, in its original case.
    Text(String),
    /// Several values: `ic=0.5,3` or `[1 2 3]`.
    List(Vec<Argument>),
}

/// `key=value` on an element, model or subcircuit line.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The key in lower case.
    pub key: Name,
    /// The value.
    pub value: Argument,
}

impl Param {
    /// The span of the whole assignment.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}
