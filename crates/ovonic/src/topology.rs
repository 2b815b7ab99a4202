//! Checks of the circuit as a graph: nodes that nothing drives, and nodes that no direct current reaches.

use crate::elaborate::Elaborator;
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_device::{Class, Nature};
use ovonic_netlist::{Diagnostic, Span, codes};

/// Reports what is suspicious about the circuit.
pub(crate) fn check(elaborator: &mut Elaborator, circuit: &Circuit) {
    let n = circuit.n();
    let mut paths = Sets::new(n + 1);
    // For each row: how many terminals feed it, and the first instance that touches it.
    let mut feeders = vec![0usize; n + 1];
    let mut touched: Vec<Option<InstanceId>> = vec![None; n + 1];
    for (id, spec) in circuit.instances() {
        let structure = circuit.structure(id);
        let rows = circuit.local_unknowns(id);
        let roles = circuit.local_roles(id);
        for (local, &row) in rows.iter().enumerate() {
            touched[row].get_or_insert(id);
            let mask = structure.resistive[local] | structure.reactive[local];
            // A source's constant current leaves no trace in the structure.
            let constant =
                matches!(spec.kind.class, Class::Source | Class::Controlled) && local < 2;
            if roles[local].is_terminal() && (mask != 0 || constant) {
                feeders[row] += 1;
            }
            for (other, &column) in rows.iter().enumerate() {
                if structure.resistive[local] >> other & 1 == 1 {
                    paths.join(row, column);
                }
            }
        }
    }
    let grounded = paths.root(n);
    if touched[n].is_none() {
        let span = elaborator.records.first().map(|record| record.span);
        elaborator.reporter.report(
            Diagnostic::error(
                codes::NO_GROUND,
                span.unwrap_or_default(),
                "no element connects to ground",
            )
            .help("connect one node to 0"),
        );
        return;
    }
    let nodes: Vec<(String, usize)> = circuit
        .nodes()
        .map(|(name, row)| (name.to_owned(), row.index()))
        .collect();
    for (name, row) in nodes {
        if row == n || circuit.unknowns()[row].nature != Nature::Voltage {
            continue;
        }
        let (span, trace) = place(elaborator, circuit, touched[row]);
        let diagnostic = if feeders[row] == 0 {
            Diagnostic::error(
                codes::UNKNOWN_NODE,
                span,
                format!("nothing is connected to node \"{name}\", which is only read"),
            )
        } else if paths.root(row) != grounded {
            Diagnostic::warning(
                codes::FLOATING_NODE,
                span,
                format!("node \"{name}\" has no dc path to ground"),
            )
            .help("add a large resistance to ground, or set .options rshunt=1e12")
        } else {
            continue;
        };
        elaborator.reporter.set_trace(&trace);
        elaborator.reporter.report(diagnostic);
        elaborator.reporter.set_trace(&[]);
    }
}

fn place(
    elaborator: &Elaborator,
    circuit: &Circuit,
    instance: Option<InstanceId>,
) -> (Span, Vec<ovonic_netlist::TraceEntry>) {
    match instance {
        Some(id) => {
            let record = &elaborator.records[circuit.spec(id).origin];
            (record.span, elaborator.trace_of(record))
        }
        None => (Span::default(), Vec::new()),
    }
}

/// Disjoint sets of rows.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn new(n: usize) -> Self {
        Sets {
            parents: (0..n).collect(),
        }
    }

    fn root(&mut self, mut row: usize) -> usize {
        while self.parents[row] != row {
            self.parents[row] = self.parents[self.parents[row]];
            row = self.parents[row];
        }
        row
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}
