//! How large a circuit will be, before it is expanded.
//!
//! ```text
//! size(subcircuit) = devices in it + Σ size(subcircuits that it instantiates)
//! ```
//!
//! A chain of subcircuits that each contain the next one twice is a few lines and 2ⁿ devices; nobody wants to wait
//! until memory is full. Elements behind conditions do not count, since nobody knows yet whether they exist.

use super::Elaborator;
use super::scope::ScopeId;
use super::table::{Definition, Table};
use ovonic_netlist::ast::{Element, ElementBody};
use ovonic_netlist::{Diagnostic, codes};
use std::collections::HashMap;
use std::sync::Arc;

/// More instances than this, of devices and subcircuits together, are not expanded.
const MAX_SIZE: f64 = 5e6;

/// Definitions inside one another that are followed; what lies deeper counts as one.
const MAX_DEPTH: usize = 500;

impl Elaborator {
    /// Reports a circuit that is too large to be held; false then.
    pub(super) fn check_size(&mut self) -> bool {
        let top = self.scopes.table(ScopeId::TOP).clone();
        let mut counter = Counter { known: HashMap::new(), chain: vec![top.clone()] };
        let mut total = 0.0;
        for element in &top.elements {
            total += counter.element(element);
            if total > MAX_SIZE {
                self.reporter.report(
                    Diagnostic::error(
                        codes::TOO_MANY_INSTANCES,
                        element.span,
                        format!("the circuit has more than {MAX_SIZE} devices and subcircuits"),
                    )
                    .help("subcircuits that contain one another several times multiply"),
                );
                return false;
            }
        }
        true
    }
}

struct Counter {
    /// Sizes of bodies, by their address; zero while a body is being counted.
    known: HashMap<*const Table, f64>,
    /// The tables that are visible, the innermost last.
    chain: Vec<Arc<Table>>,
}

impl Counter {
    fn element(&mut self, element: &Element) -> f64 {
        let ElementBody::Instance(body) = &element.body else {
            return 1.0;
        };
        if element.letter() != 'x' {
            return 1.0;
        }
        let name = body.words.last().and_then(|word| word.node.text()).map(str::to_lowercase);
        let found = name.and_then(|name| {
            let mut tables = self.chain.iter().enumerate().rev();
            tables.find_map(|(depth, table)| Some((depth, table.subcircuits.get(&name)?.clone())))
        });
        match found {
            Some((depth, definition)) => 1.0 + self.definition(&definition, depth),
            None => 1.0,
        }
    }

    /// The size of a subcircuit that is defined at `depth` of the chain.
    fn definition(&mut self, definition: &Definition, depth: usize) -> f64 {
        let key = Arc::as_ptr(&definition.body);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.chain.len() > MAX_DEPTH {
            return 1.0;
        }
        // A subcircuit that contains itself is reported where it is expanded.
        self.known.insert(key, 0.0);
        let hidden = self.chain.split_off(depth + 1);
        self.chain.push(definition.body.clone());
        let size = definition.body.elements.iter().map(|element| self.element(element)).sum();
        self.chain.truncate(depth + 1);
        self.chain.extend(hidden);
        self.known.insert(key, size);
        size
    }
}
