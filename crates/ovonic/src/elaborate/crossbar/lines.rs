//! The lines of one direction: segments, what stands at their ends, and which nodes coincide.
//!
//! Positions along a line of `n` crossings are 0 (its first end), 1 … n (the crossings) and n+1 (its last end); segment
//! `k` leads from position `k` to `k+1`. A segment without resistance makes its two positions one node, so it costs
//! nothing; only where it would join two nodes of the circuit around it does it become a source of 0 V.

use super::values::Values;
use super::{Direction, Part, passive, short};
use ovonic_netlist::Span;
use ovonic_netlist::ast::{Argument, Element, Name, Value};
use std::collections::HashSet;

/// The lines of one direction.
pub(crate) struct Lines {
    pub(super) direction: Direction,
    /// Number of crossings of a line.
    pub(super) length: u32,
    /// Nodes at the first and the last ends; absent where the end is open.
    pub(super) ends: [Vec<Option<Name>>; 2],
    /// Resistance between an end and its line.
    pub(super) driver: Option<Argument>,
    /// Resistance of segments.
    pub(super) resistance: Values,
    /// Capacitance from each crossing to ground.
    pub(super) capacitance: Option<Values>,
    /// Segments that are broken, by line and position.
    pub(super) broken: HashSet<(u32, u32)>,
    /// The position whose node each position shares, line by line; empty where no positions coincide.
    pub(super) joined: Vec<u32>,
    pub(super) span: Span,
}

impl Lines {
    /// The value of a segment; `None` where it does not exist.
    fn resistance(&self, line: u32, segment: u32) -> Option<Argument> {
        let is_open = |end: usize| self.ends[end][line as usize - 1].is_none();
        let leads_nowhere = (segment == 0 && is_open(0)) || (segment == self.length && is_open(1));
        if leads_nowhere || (!self.broken.is_empty() && self.broken.contains(&(line, segment))) {
            return None;
        }
        let value = match self.direction {
            Direction::Word => self.resistance.at(line, segment + 1),
            Direction::Bit => self.resistance.at(segment + 1, line),
        };
        (value.node != Value::Number(f64::INFINITY)).then_some(value)
    }

    /// Finds out which positions coincide. `uniform_zero` says that segments have no resistance, by whatever formula.
    pub(super) fn join(&mut self, uniform_zero: bool) {
        if !uniform_zero && !self.resistance.has_zero() {
            return;
        }
        let last = self.length + 1;
        let mut joined = Vec::with_capacity(self.ends[0].len() * (last as usize + 1));
        for line in 1..=self.ends[0].len() as u32 {
            let first = joined.len();
            joined.push(0);
            for segment in 0..last {
                let before = joined[first + segment as usize];
                let is_zero = self
                    .resistance(line, segment)
                    .is_some_and(|value| uniform_zero || value.node == Value::Number(0.0));
                let joins_ends = segment == self.length && before == 0 && self.driver.is_none();
                joined.push(if is_zero && !joins_ends { before } else { segment + 1 });
            }
            // A node that reaches the last end is that end's.
            let group = joined[first + last as usize];
            if group != 0 {
                joined[first..].iter_mut().filter(|at| **at == group).for_each(|at| *at = last);
            }
        }
        self.joined = joined;
    }

    /// The node at a position of a line.
    pub(super) fn node(&self, line: u32, position: u32) -> Name {
        let last = self.length + 1;
        let position = match self.joined.is_empty() {
            true => position,
            false => self.joined[(line as usize - 1) * (last as usize + 1) + position as usize],
        };
        let end = match position {
            0 => Some(0),
            _ if position == last => Some(1),
            _ => None,
        };
        if let (Some(end), None) = (end, &self.driver)
            && let Some(node) = &self.ends[end][line as usize - 1]
        {
            return node.clone();
        }
        let text = match self.direction {
            Direction::Word => format!("w[{line}][{position}]"),
            Direction::Bit => format!("b[{position}][{line}]"),
        };
        Name::new(text, self.span)
    }

    /// The resistance at an end.
    pub(super) fn driver(&self, part: Part, line: u32, end: u32) -> Option<Element> {
        let node = self.ends[end as usize][line as usize - 1].clone()?;
        let inner = self.node(line, if end == 0 { 0 } else { self.length + 1 });
        Some(passive('r', part, [node, inner], self.driver.clone()?))
    }

    /// The segment behind a position.
    pub(super) fn segment(
        &self,
        part: Part,
        line: u32,
        segment: u32,
        span: Span,
    ) -> Option<Element> {
        let value = self.resistance(line, segment)?;
        if self.joined.is_empty() {
            let nodes = [self.node(line, segment), self.node(line, segment + 1)];
            return Some(passive('r', part, nodes, value));
        }
        let first = (line as usize - 1) * (self.length as usize + 2) + segment as usize;
        if self.joined[first] == self.joined[first + 1] {
            return None;
        }
        let nodes = [self.node(line, segment), self.node(line, segment + 1)];
        let is_zero = value.node == Value::Number(0.0) || !matches!(value.node, Value::Number(_));
        Some(if is_zero { short(part, nodes, span) } else { passive('r', part, nodes, value) })
    }

    /// The capacitance at a crossing.
    pub(super) fn capacitor(&self, part: Part, line: u32, position: u32) -> Option<Element> {
        let value = self.capacitance.as_ref()?.at(part.row, part.col);
        if value.node == Value::Number(0.0) {
            return None;
        }
        let nodes = [self.node(line, position), Name::new("0".to_owned(), value.span)];
        Some(passive('c', part, nodes, value))
    }
}
