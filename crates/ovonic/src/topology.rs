//! What can be seen to be unsolvable, said where the user wrote it.

use crate::elaborate::{Elaborator, Planned, Task};
use ovonic_circuit::{Circuit, InstanceId};
use ovonic_circuit::{Finding, FindingKind, Severity, examine};
use ovonic_netlist::codes::{self, Code};
use ovonic_netlist::{Diagnostic, Span};

/// Findings beyond this many of a kind say nothing new.
const MAX_FINDINGS: usize = 20;

/// Reports what is wrong with the circuit as a graph. What prevents an operating point only is an error if an
/// analysis needs one.
pub(crate) fn check(elaborator: &mut Elaborator, circuit: &Circuit, plan: &[Planned]) {
    let needs_operating_point = plan.is_empty()
        || plan.iter().any(|planned| match &planned.task {
            Task::Transient(task) => !task.use_initial_conditions,
            _ => true,
        });
    let mut count = 0;
    let mut previous = None;
    for finding in examine(circuit) {
        count = if previous == Some(finding.kind) { count + 1 } else { 1 };
        previous = Some(finding.kind);
        if count > MAX_FINDINGS {
            continue;
        }
        let is_error = match finding.severity() {
            Severity::Error => true,
            Severity::NoOperatingPoint => needs_operating_point,
            Severity::Warning => false,
        };
        report(elaborator, circuit, &finding, is_error);
    }
}

fn report(elaborator: &mut Elaborator, circuit: &Circuit, finding: &Finding, is_error: bool) {
    let record = |id: InstanceId| &elaborator.records[circuit.spec(id).origin];
    let place = |id: InstanceId| record(id).span;
    // Beyond a fault of an array its lines have dead ends, as they are meant to.
    let is_dead_end = finding.kind == FindingKind::SingleConnection;
    if is_dead_end && finding.instances.iter().any(|&id| record(id).is_part()) {
        return;
    }
    let last = finding.instances.last().copied();
    let first = finding.instances.first().copied();
    let is_loop = matches!(finding.kind, FindingKind::VoltageLoop | FindingKind::InductorLoop);
    // The element that closes a loop is the last one; an island begins where it was first mentioned.
    let id = if is_loop { last } else { first };
    let span = id.map_or_else(Span::default, place);
    let (code, help) = advice(finding.kind);
    let mut diagnostic = if is_error {
        Diagnostic::error(code, span, finding.to_string())
    } else {
        Diagnostic::warning(code, span, finding.to_string())
    };
    if !help.is_empty() {
        diagnostic = diagnostic.help(help);
    }
    if is_loop {
        for &other in finding.instances.iter().filter(|&&other| Some(other) != id) {
            diagnostic = diagnostic.secondary(place(other), "this is part of the loop");
        }
    }
    let trace = id.map(|id| elaborator.trace_of(&elaborator.records[circuit.spec(id).origin]));
    elaborator.reporter.set_trace(&trace.unwrap_or_default());
    elaborator.reporter.report(diagnostic);
    elaborator.reporter.set_trace(&[]);
}

fn advice(kind: FindingKind) -> (Code, &'static str) {
    match kind {
        FindingKind::Empty => (codes::EMPTY_CIRCUIT, ""),
        FindingKind::VoltageLoop | FindingKind::InductorLoop => {
            (codes::VOLTAGE_LOOP, "put a small resistance into the loop")
        }
        FindingKind::Isolated => (codes::NO_GROUND, "connect a node to 0"),
        FindingKind::NoPath => (codes::CURRENT_CUTSET, "add a resistance to ground"),
        FindingKind::OnlyCapacitances => {
            (codes::FLOATING_NODE, "add a large resistance to ground, or set .options rshunt=1e12")
        }
        FindingKind::SingleConnection => (codes::SINGLE_CONNECTION, ""),
    }
}
