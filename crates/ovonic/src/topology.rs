//! Checks of the circuit as a graph: nodes that nothing drives, and nodes that no direct current reaches.

use crate::elaborate::Elaborator;
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_device::{Class, Nature, Role};
use ovonic_netlist::{Diagnostic, Span, codes};

/// Reports what is suspicious about the circuit.
pub(crate) fn check(elaborator: &mut Elaborator, circuit: &Circuit) {
    let n = circuit.n();
    check_voltage_loops(elaborator, circuit);
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

/// Reports branches with a given voltage that close a loop: its current is not determined. A loop that only
/// inductors close is determined in time, but not in an operating point.
fn check_voltage_loops(elaborator: &mut Elaborator, circuit: &Circuit) {
    let mut joined = Sets::new(circuit.n() + 1);
    for by_inductors in [false, true] {
        for (id, spec) in circuit.instances() {
            let Some(branch) = circuit.branch(id) else {
                continue;
            };
            let structure = circuit.structure(id);
            let roles = circuit.local_roles(id);
            let rows = circuit.local_unknowns(id);
            let local = rows.iter().position(|&row| row == branch.index());
            let Some(local) = local else { continue };
            let own_current = structure.resistive[local] >> local & 1 == 1;
            let has_flux = structure.reactive[local] != 0;
            let two_ended = roles.len() > 2 && roles[0].is_terminal() && roles[1].is_terminal();
            let ideal = !own_current && structure.trace.delayed.is_empty() && two_ended;
            if !ideal || has_flux != by_inductors || roles[local].role != Role::Branch {
                continue;
            }
            let (a, b) = (joined.root(rows[0]), joined.root(rows[1]));
            if a != b {
                joined.join(a, b);
                continue;
            }
            let (span, trace) = place(elaborator, circuit, Some(id));
            let message = format!("\"{}\" closes a loop of given voltages", spec.name);
            let diagnostic = if by_inductors {
                Diagnostic::warning(codes::VOLTAGE_LOOP, span, message)
            } else {
                Diagnostic::error(codes::VOLTAGE_LOOP, span, message)
            };
            elaborator.reporter.set_trace(&trace);
            elaborator
                .reporter
                .report(diagnostic.help("put a small resistance into the loop"));
            elaborator.reporter.set_trace(&[]);
        }
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
