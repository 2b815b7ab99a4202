//! `.ic` and `.nodeset`: rows and voltages.

use super::Elaborator;
use super::reporter::Reported;
use super::scope::ScopeId;
use ovonic_circuit::Circuit;
use ovonic_netlist::ast::{Condition, ConditionTarget, Conditions};
use ovonic_netlist::{Diagnostic, Span, codes, suggest};

/// Node voltages to start from: row and V.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StartingPoint {
    pub(crate) initial_conditions: Vec<(usize, f64)>,
    pub(crate) node_sets: Vec<(usize, f64)>,
}

impl Elaborator {
    /// The initial conditions and node sets of all scopes.
    pub(crate) fn starting_point(&mut self, circuit: &Circuit) -> StartingPoint {
        let mut start = StartingPoint::default();
        for scope in self.scopes.ids() {
            let cards = &self.scopes.table(scope).cards;
            if cards.initial_conditions.is_empty() && cards.node_sets.is_empty() {
                continue;
            }
            let cards = cards.clone();
            self.reporter.set_trace(&self.scopes.trace(scope));
            let initial = self.conditions(&cards.initial_conditions, scope, circuit);
            let sets = self.conditions(&cards.node_sets, scope, circuit);
            self.add(&mut start.initial_conditions, initial, true);
            self.add(&mut start.node_sets, sets, false);
            self.reporter.set_trace(&[]);
        }
        start
    }

    fn conditions(
        &mut self,
        cards: &[Conditions],
        scope: ScopeId,
        circuit: &Circuit,
    ) -> Vec<(usize, f64, Span)> {
        let mut found = Vec::new();
        for condition in cards.iter().flat_map(|card| &card.assignments) {
            if let Ok(entry) = self.condition(condition, scope, circuit) {
                found.push(entry);
            }
        }
        found
    }

    fn condition(
        &mut self,
        condition: &Condition,
        scope: ScopeId,
        circuit: &Circuit,
    ) -> Result<(usize, f64, Span), Reported> {
        let span = condition.target.span;
        let value = self.scopes.argument(&mut self.reporter, scope, &condition.value)?;
        let ConditionTarget::Voltage { plus, minus } = &condition.target.node else {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::NOT_SUPPORTED,
                    span,
                    "the current of a device cannot be set here",
                )
                .help("write ic=... on the line of the inductor"),
            ));
        };
        if let Some(minus) = minus
            && self.scopes.node(scope, &minus.node) != "0"
        {
            return Err(self.reporter.report(
                Diagnostic::error(
                    codes::NOT_SUPPORTED,
                    minus.span,
                    "a voltage between two nodes cannot be set",
                )
                .help("set both nodes, or write ic=... on the line of a capacitor between them"),
            ));
        }
        let node = self.scopes.node(scope, &plus.node);
        if node == "0" {
            return Err(self.reporter.report(Diagnostic::error(
                codes::BAD_CONDITION,
                plus.span,
                "the voltage of ground is zero",
            )));
        }
        match circuit.find_node(&node) {
            Some(row) => Ok((row.index(), value.value, span)),
            None => {
                let mut names: Vec<&str> = self.builder.node_names().collect();
                names.sort_unstable();
                let near = suggest(&node, names).map(str::to_owned);
                let diagnostic = Diagnostic::error(
                    codes::UNKNOWN_NODE,
                    plus.span,
                    format!("the circuit has no node \"{plus}\""),
                );
                // The condition is left out in any case.
                let _ = self.reporter.tolerate(diagnostic.did_you_mean(near.as_deref()));
                Err(Reported)
            }
        }
    }

    /// Adds conditions; two that contradict each other are a mistake where they are `exact`.
    fn add(&mut self, known: &mut Vec<(usize, f64)>, found: Vec<(usize, f64, Span)>, exact: bool) {
        for (row, value, span) in found {
            match known.iter_mut().find(|(other, _)| *other == row) {
                None => known.push((row, value)),
                Some((_, first)) if exact && *first != value => {
                    let message =
                        format!("this node is already set to {first} V, it cannot be {value} V");
                    self.reporter.report(Diagnostic::error(codes::BAD_CONDITION, span, message));
                }
                Some(entry) => entry.1 = value,
            }
        }
    }
}
