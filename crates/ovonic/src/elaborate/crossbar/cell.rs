//! A device that stands at each crossing: a model of ours, a plain resistor or capacitor, or a subcircuit.

use super::values::Values;
use super::{Part, worded};
use ovonic_netlist::Span;
use ovonic_netlist::ast::{Element, ElementBody, Name, Param, Passive, Value, Word};

/// A cell or a selector.
pub(crate) struct Device {
    /// What its elements begin with: `x` for a subcircuit, `n` for a compact model.
    pub(super) letter: char,
    /// The model or subcircuit; absent for a plain resistor or capacitor.
    pub(super) model: Option<Name>,
    /// Whether the model is itself two devices in series.
    pub(super) is_cell: bool,
    pub(super) params: Vec<(Name, Values)>,
}

impl Device {
    /// The element between nodes.
    pub(super) fn element(&self, part: Part, nodes: Vec<Name>, span: Span) -> Element {
        let params = self.params.iter();
        let params = params
            .map(|(key, values)| Param { key: key.clone(), value: values.at(part.row, part.col) });
        let params: Vec<Param> = params.collect();
        match self.letter {
            'r' | 'c' => self.passive(part, nodes, params, span),
            letter => {
                let model = self.model.as_ref().expect("only resistors and capacitors are plain");
                worded(letter, part, nodes, model, params, span)
            }
        }
    }

    fn passive(&self, part: Part, nodes: Vec<Name>, params: Vec<Param>, span: Span) -> Element {
        let words = self.model.iter();
        let words = words
            .map(|name| ovonic_netlist::Spanned::new(Word::Plain(name.node.clone()), name.span));
        let nodes = nodes.try_into().expect("a cell of a two-terminal model has two nodes");
        let body = Passive { nodes, words: words.collect(), params };
        Element {
            name: super::element_name(self.letter, part, span),
            span,
            body: if self.letter == 'r' {
                ElementBody::Resistor(body)
            } else {
                ElementBody::Capacitor(body)
            },
        }
    }

    /// The resistance that a plain resistor has at a place.
    fn resistance(&self, row: u32, col: u32) -> Option<f64> {
        if self.letter != 'r' {
            return None;
        }
        let (_, values) = self.params.iter().find(|(key, _)| key.node == "r")?;
        if values.is_uniform() {
            return None;
        }
        match values.at(row, col).node {
            Value::Number(value) => Some(value),
            _ => None,
        }
    }

    /// Whether a file says that nothing is here: an infinite resistance.
    pub(super) fn is_absent(&self, row: u32, col: u32) -> bool {
        self.resistance(row, col) == Some(f64::INFINITY)
    }

    /// Whether a file says that a resistance is zero.
    pub(super) fn is_short(&self, row: u32, col: u32) -> bool {
        self.resistance(row, col) == Some(0.0)
    }
}
