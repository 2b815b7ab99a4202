//! What the examination of a circuit finds before it is solved.

mod toys;

use ovonic_circuit::{Finding, FindingKind, Severity, examine};
use toys::*;

/// Findings as `(kind, nodes, instances)`.
fn findings(parts: &[Part]) -> Vec<(FindingKind, Vec<String>, Vec<String>)> {
    let circuit = circuit(parts);
    let name = |finding: &Finding| {
        let ids = finding.instances.iter();
        ids.map(|id| circuit.spec(*id).name.clone()).collect()
    };
    examine(&circuit)
        .iter()
        .map(|finding| (finding.kind, finding.nodes.clone(), name(finding)))
        .collect()
}

fn check(parts: &[Part], expected: &[(FindingKind, &str, &str)]) {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(String::from).collect() };
    let expected: Vec<_> = expected
        .iter()
        .map(|(kind, nodes, instances)| (*kind, words(nodes), words(instances)))
        .collect();
    assert_eq!(findings(parts), expected);
}

#[test]
fn sound_circuits_pass() {
    check(
        &[
            part("v1", &VOLTAGE_SOURCE, "in 0", 1.0),
            part("r1", &RESISTOR, "in a", 1.0),
            part("l1", &INDUCTOR, "a out", 1.0),
            part("d1", &DIODE, "out 0", 1.0).second(1.0),
            part("c1", &CAPACITOR, "out 0", 1.0),
            part("e1", &AMPLIFIER, "b 0 out 0", 10.0),
            part("r2", &RESISTOR, "b c", 1.0),
            part("f1", &MIRROR, "c 0", 2.0).borrowing("v1"),
            part("y1", &CELL, "c 0", 1e3),
            part("h1", &HEATER, "hot", 1.0),
        ],
        &[],
    );
}

#[test]
fn an_empty_circuit_is_found() {
    check(&[], &[(FindingKind::Empty, "", "")]);
    check(&[part("r1", &RESISTOR, "0 0", 1.0)], &[(FindingKind::Empty, "", "")]);
}

#[test]
fn loops_of_fixed_voltages_are_found() {
    check(
        &[
            part("v1", &VOLTAGE_SOURCE, "a 0", 1.0),
            part("v2", &VOLTAGE_SOURCE, "b a", 1.0),
            part("r1", &RESISTOR, "b c", 1.0),
            part("v4", &VOLTAGE_SOURCE, "c 0", 1.0),
            part("e3", &AMPLIFIER, "b 0 c 0", 1.0),
        ],
        &[(FindingKind::VoltageLoop, "a b 0", "v1 v2 e3")],
    );
    check(
        &[part("v1", &VOLTAGE_SOURCE, "a 0", 1.0), part("l1", &INDUCTOR, "a 0", 1.0)],
        &[(FindingKind::InductorLoop, "a 0", "v1 l1")],
    );
    check(
        &[
            part("v1", &VOLTAGE_SOURCE, "a a", 1.0),
            part("r1", &RESISTOR, "a 0", 1.0),
            part("r2", &RESISTOR, "a 0", 1.0),
        ],
        &[(FindingKind::VoltageLoop, "a", "v1")],
    );
}

#[test]
fn a_branch_with_a_resistance_closes_no_loop() {
    check(
        &[part("v1", &VOLTAGE_SOURCE, "a 0", 1.0), part("y1", &SNAPBACK, "a 0", 1.0).second(1.0)],
        &[],
    );
}

#[test]
fn islands_are_found_by_what_ties_them() {
    let sound =
        || vec![part("v1", &VOLTAGE_SOURCE, "in 0", 1.0), part("r1", &RESISTOR, "in 0", 1.0)];
    let with = |parts: Vec<Part>| {
        let mut all = sound();
        all.extend(parts);
        all
    };
    check(
        &with(vec![
            part("c1", &CAPACITOR, "in a", 1.0),
            part("r2", &RESISTOR, "a b", 1.0),
            part("c2", &CAPACITOR, "b 0", 1.0),
        ]),
        &[(FindingKind::OnlyCapacitances, "a b", "c1 r2 c2")],
    );
    // A current source into a capacitor.
    check(
        &with(vec![part("i1", &CURRENT_SOURCE, "0 a", 1.0), part("c1", &CAPACITOR, "a 0", 1.0)]),
        &[(FindingKind::OnlyCapacitances, "a", "i1 c1")],
    );
    check(
        &with(vec![
            part("i1", &CURRENT_SOURCE, "in a", 1.0),
            part("i2", &CURRENT_SOURCE, "a 0", 1.0),
        ]),
        &[(FindingKind::NoPath, "a", "i1 i2")],
    );
    // An output whose voltage nothing ties to ground, and an input that nothing drives.
    check(
        &with(vec![
            part("g1", &TRANSCONDUCTOR, "a 0 in 0", 1.0),
            part("e1", &AMPLIFIER, "b 0 c 0", 1.0),
            part("r2", &RESISTOR, "b 0", 1.0),
        ]),
        &[(FindingKind::NoPath, "a", "g1"), (FindingKind::NoPath, "c", "e1")],
    );
    check(
        &with(vec![
            part("r2", &RESISTOR, "a b", 1.0),
            part("c1", &CAPACITOR, "b c", 1.0),
            part("v2", &VOLTAGE_SOURCE, "c d", 1.0),
            part("c2", &CAPACITOR, "d a", 1.0),
        ]),
        &[(FindingKind::Isolated, "a b c d", "r2 c1 v2 c2")],
    );
}

#[test]
fn single_connections_are_warnings() {
    let parts = [part("v1", &VOLTAGE_SOURCE, "in 0", 1.0), part("r1", &RESISTOR, "in out", 1.0)];
    check(&parts, &[(FindingKind::SingleConnection, "out", "r1")]);
    let circuit = circuit(&parts);
    let found = examine(&circuit);
    assert_eq!(found[0].severity(), Severity::Warning);
    assert_eq!(found[0].to_string(), "node out has a single connection");
}

#[test]
fn worst_findings_come_first() {
    let parts = [
        part("v1", &VOLTAGE_SOURCE, "in 0", 1.0),
        part("r1", &RESISTOR, "in out", 1.0),
        part("c1", &CAPACITOR, "in a", 1.0),
        part("c2", &CAPACITOR, "a 0", 1.0),
        part("v2", &VOLTAGE_SOURCE, "in 0", 1.0),
    ];
    let circuit = circuit(&parts);
    let severities: Vec<_> = examine(&circuit).iter().map(Finding::severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::NoOperatingPoint, Severity::Warning]);
}

#[test]
fn a_long_ladder_is_examined_quickly() {
    // Linear time: a quadratic search would take minutes here.
    let names: Vec<&'static str> =
        (0..=40_000).map(|i| &*Box::leak(format!("n{i} n{}", i + 1).into_boxed_str())).collect();
    let mut parts: Vec<Part> = names.iter().map(|nodes| part("r", &RESISTOR, nodes, 1.0)).collect();
    parts.push(part("v1", &VOLTAGE_SOURCE, "n0 0", 1.0));
    let found = findings(&parts);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, FindingKind::SingleConnection);
}
