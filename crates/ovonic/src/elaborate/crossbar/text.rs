//! An array as the lines of a plain netlist.
//!
//! Elements get the names that they have in the circuit, `r.xb.w[3][5]` at nodes like `xb.w[3][5]`, so that results of both
//! forms carry the same names. What a simulator knows of elements decides whether it can run them: resistors, capacitors,
//! diodes, sources and subcircuits are anybody's.

use super::Crossbar;
use ovonic_netlist::ast::{Element, ElementBody, Name, Param, Passive, Value, Word};
use std::fmt::{self, Write};

impl Crossbar {
    /// Writes an element a line, in the names of the scope that the card stands in.
    pub(crate) fn write_lines(&self, out: &mut impl Write) -> fmt::Result {
        for place in 0..self.n_places() {
            if let Some(element) = self.element(place) {
                self.write_element(out, &element)?;
            }
        }
        Ok(())
    }

    fn write_element(&self, out: &mut impl Write, element: &Element) -> fmt::Result {
        let letter = element.letter();
        let local = &element.name.node[1..];
        // A subcircuit prefixes what is inside with its own name, which has to begin with its letter.
        if letter == 'x' && self.name.starts_with('x') {
            write!(out, "{}.{local}", self.name)?;
        } else {
            write!(out, "{letter}.{}.{local}", self.name)?;
        }
        match &element.body {
            ElementBody::Resistor(body) | ElementBody::Capacitor(body) => {
                self.write_passive(out, body, letter)?;
            }
            ElementBody::VoltageSource(body) => {
                self.write_nodes(out, &body.nodes)?;
                out.write_str(" dc 0")?;
            }
            ElementBody::Instance(body) => {
                let (model, nodes) = body.words.split_last().expect("an instance has a model");
                for node in nodes {
                    self.write_node(out, node.node.text().unwrap_or_default())?;
                }
                write!(out, " {}", model.node.text().unwrap_or_default())?;
                self.write_params(out, &body.params)?;
            }
            _ => unreachable!("an array consists of resistors, capacitors, sources and instances"),
        }
        out.write_char('\n')
    }

    /// A value that has the name of its letter stands bare, as every dialect knows it.
    fn write_passive(&self, out: &mut impl Write, body: &Passive, letter: char) -> fmt::Result {
        self.write_nodes(out, &body.nodes)?;
        let is_value = |param: &&Param| param.key.node.chars().eq([letter]);
        if let Some(param) = body.params.iter().find(is_value) {
            out.write_char(' ')?;
            write_value(out, &param.value.node)?;
        }
        for word in &body.words {
            if let Word::Plain(model) = &word.node {
                write!(out, " {model}")?;
            }
        }
        let others: Vec<Param> =
            body.params.iter().filter(|param| !is_value(param)).cloned().collect();
        self.write_params(out, &others)
    }

    fn write_nodes(&self, out: &mut impl Write, nodes: &[Name]) -> fmt::Result {
        nodes.iter().try_for_each(|node| self.write_node(out, &node.node))
    }

    /// A node: one of the array's own begins with its name.
    fn write_node(&self, out: &mut impl Write, node: &str) -> fmt::Result {
        if self.is_port(node) {
            write!(out, " {node}")
        } else {
            write!(out, " {}.{node}", self.name)
        }
    }

    fn is_port(&self, node: &str) -> bool {
        // The array's own nodes have two indices behind one of its letters.
        let mut parts = node.split('[');
        let letter = parts.next().unwrap_or_default();
        !(matches!(letter, "w" | "b" | "t" | "m") && parts.count() == 2)
    }

    fn write_params(&self, out: &mut impl Write, params: &[Param]) -> fmt::Result {
        for param in params {
            write!(out, " {}=", param.key)?;
            write_value(out, &param.value.node)?;
        }
        Ok(())
    }
}

fn write_value(out: &mut impl Write, value: &Value) -> fmt::Result {
    match value {
        Value::Number(number) => write!(out, "{number:e}"),
        Value::Expression(expression) => write!(out, "{{{expression}}}"),
        Value::Name(name) => out.write_str(name),
        Value::Text(text) => write!(out, "\"{text}\""),
        Value::List(values) => values.iter().enumerate().try_for_each(|(index, value)| {
            if index > 0 {
                out.write_char(',')?;
            }
            write_value(out, &value.node)
        }),
    }
}
