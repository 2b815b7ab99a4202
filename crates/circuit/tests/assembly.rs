//! Building and evaluating circuits of toy devices.

mod toys;

use num_complex::Complex64;
use ovonic_circuit::{Assembly, BuildOptions, Change, Circuit, Pivots, Point, UnknownEntry};
use ovonic_device::{Limiting, LocalJacobian, LocalResidual};
use ovonic_numerics::sparse::{DenseLu, Element, LinearSolver};
use toys::*;

const FULL: BuildOptions = BuildOptions { condense: false };

/// Solves a dense copy of the full system at `values` (as an assembly or a linearisation gives them).
fn solve<T: Element>(circuit: &Circuit, values: &[T], rhs: &mut [T]) {
    let mut solver = DenseLu::new(circuit.pattern().clone());
    let nnz = circuit.pattern().nnz();
    solver.factor(&values[..nnz]).expect("the matrix is regular");
    solver.solve(&mut rhs[..circuit.n_public()]).expect("the matrix was factored");
}

/// One Newton step of `f + alpha·q = 0` at `x`, through condensation where there is one.
fn newton_step(
    circuit: &Circuit,
    point: &Point<'_>,
    alpha: f64,
    assembly: &mut Assembly,
) -> Vec<f64> {
    circuit.load(point, alpha, Limiting::Off, assembly);
    let (f, q) = (&assembly.resistive, &assembly.reactive);
    let mut rhs: Vec<f64> = f.iter().zip(q).map(|(f, q)| -(f + alpha * q)).collect();
    rhs[circuit.n()] = 0.0;
    circuit.condense(&mut assembly.values, &mut rhs).expect("the private unknowns are determined");
    solve(circuit, &assembly.values, &mut rhs);
    circuit.expand(&assembly.values, &mut rhs);
    rhs
}

/// Two cells in one cluster with a private node between them, beside a cell on its own.
fn cells() -> Vec<Part> {
    vec![
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.7),
        part("r1", &RESISTOR, "in a", 1e3),
        part("y1", &CELL, "a _b", 2e3).in_cluster(0),
        part("y2", &CELL, "_b c", 1e3).in_cluster(0).times(3.0),
        part("y3", &CELL, "c 0", 500.0),
        part("r2", &RESISTOR, "c 0", 2e3),
    ]
}

fn assert_near(a: f64, b: f64, tolerance: f64, what: &str) {
    assert!((a - b).abs() <= tolerance, "{what}: {a} is not {b}");
}

#[test]
fn newton_iterates_are_those_of_the_full_system() {
    for alpha in [0.0, 1e3, 1e9] {
        let (condensed, full) = (circuit(&cells()), build(&cells(), FULL));
        // 4 nodes and branches; 4 unknowns of each cell but its terminals, and the private node.
        assert_eq!((condensed.n(), condensed.n_public()), (14, 4));
        assert_eq!((full.n(), full.n_public()), (14, 14));
        let held = condensed.initial_unknowns(&[0.0; 15]);
        let held_full = condensed.translate(&held, &full);
        let (mut x, mut y) = (vec![0.0; 15], vec![0.0; 15]);
        let (mut a, mut b) = (condensed.assembly(), full.assembly());
        for _ in 0..6 {
            let still = Some(held.as_slice()).filter(|_| alpha == 0.0);
            let still_full = Some(held_full.as_slice()).filter(|_| alpha == 0.0);
            let dx = newton_step(
                &condensed,
                &Point { held: still, ..Point::dc(&x, &[]) },
                alpha,
                &mut a,
            );
            let dy = newton_step(
                &full,
                &Point { held: still_full, ..Point::dc(&y, &[]) },
                alpha,
                &mut b,
            );
            for (x, dx) in x.iter_mut().zip(dx) {
                *x += dx;
            }
            for (y, dy) in y.iter_mut().zip(dy) {
                *y += dy;
            }
            let translated = condensed.translate(&x, &full);
            for ((entry, x), y) in full.unknowns().iter().zip(&translated).zip(&y) {
                assert_near(*x, *y, 1e-9 * (y.abs() + entry.nominal), &entry.name);
            }
        }
    }
}

#[test]
fn adjoint_solutions_are_those_of_the_full_system() {
    let (condensed, full) = (circuit(&cells()), build(&cells(), FULL));
    let x: Vec<f64> = (0..14).map(|i| 0.1 * f64::from(i % 5)).chain([0.0]).collect();
    let omega = 1e6;
    let linear = condensed.linearise(&Point::dc(&x, &[]));
    let mut values = vec![Complex64::ZERO; condensed.n_values()];
    linear.assemble(omega, &mut values);
    let mut pivots = Pivots::default();
    let mut nothing = vec![Complex64::ZERO; 15];
    condensed.condense_with_pivots(&mut values, &mut nothing, &mut pivots).unwrap();
    let x_full = condensed.translate(&x, &full);
    let linear = full.linearise(&Point::dc(&x_full, &[]));
    let mut values_full = vec![Complex64::ZERO; full.n_values()];
    linear.assemble(omega, &mut values_full);
    let transposed = |circuit: &Circuit, values: &[Complex64], rhs: &mut [Complex64]| {
        let mut solver = DenseLu::new(circuit.pattern().clone());
        solver.factor(&values[..circuit.pattern().nnz()]).unwrap();
        solver.solve_transposed(&mut rhs[..circuit.n_public()]).unwrap();
    };
    // A unit in each row, private ones among them.
    for row in 0..14 {
        let mut z = vec![Complex64::ZERO; 15];
        z[row] = Complex64::ONE;
        let mut z_full = condensed.translate(&z, &full);
        condensed.condense_adjoint(&values, &mut z);
        transposed(&condensed, &values, &mut z);
        condensed.expand_adjoint(&values, &pivots, &mut z);
        transposed(&full, &values_full, &mut z_full);
        let z = condensed.translate(&z, &full);
        let largest = z_full.iter().map(|z| z.norm()).fold(0.0, f64::max);
        for (a, b) in z.iter().zip(&z_full) {
            assert!((a - b).norm() < 1e-9 * largest, "{row}: {a} {b}");
        }
    }
}

#[test]
fn an_undetermined_private_block_is_reported() {
    // A snapback's branch at the top of its hump has no slope.
    let parts =
        [part("v1", &VOLTAGE_SOURCE, "a 0", 1.0), part("y1", &SNAPBACK, "a 0", 1.0).in_cluster(0)];
    let circuit = circuit(&parts);
    let mut x = vec![0.0; circuit.n() + 1];
    x[row(&circuit, "y1#branch")] = SNAPBACK_SCALE;
    let mut assembly = circuit.assembly();
    circuit.load(&Point::dc(&x, &[]), 0.0, Limiting::Off, &mut assembly);
    let mut rhs = vec![0.0; circuit.n() + 1];
    let error =
        circuit.condense(&mut assembly.values, &mut rhs).expect_err("the block is singular");
    let members: Vec<_> = circuit.cluster_members(error.cluster).collect();
    assert_eq!(members, ["y1"]);
}

#[test]
fn unneeded_unknowns_collapse() {
    let plain = circuit(&[part("d1", &DIODE, "a 0", 1.0)]);
    assert_eq!(plain.n(), 1);
    let id = plain.find_instance("d1").unwrap();
    assert_eq!(plain.local_unknowns(id), [0, 1, 0]);
    assert_eq!(plain.terminal_rows(id, 0), [0, 2]);
    let resistive = circuit(&[part("d1", &DIODE, "a 0", 1.0).second(10.0)]);
    let names: Vec<_> = resistive.unknowns().iter().map(|u| &u.name[..]).collect();
    assert_eq!(names, ["a", "d1#a"]);
    // An optional terminal that is not connected is ground.
    let heater = circuit(&[part("h1", &HEATER, "", 1.0), part("h2", &HEATER, "hot", 1.0)]);
    assert_eq!(heater.n(), 1);
}

#[test]
fn a_change_of_parameters_says_whether_structure_stands() {
    let mut circuit =
        circuit(&[part("i1", &CURRENT_SOURCE, "0 a", 1e-3), part("d1", &DIODE, "a 0", 1.0)]);
    assert_eq!(set_value(&mut circuit, "i1", 2e-3), Change::Values);
    assert_eq!(set_second(&mut circuit, "d1", 5.0), Change::Structure);
    let rebuilt = circuit.rebuilt(circuit.options()).unwrap();
    assert_eq!((circuit.n(), rebuilt.n()), (1, 2));
    let x = circuit.translate(&[0.6, 0.0], &rebuilt);
    assert_eq!(x, [0.6, 0.6, 0.0]);
}

#[test]
fn a_borrowed_current_has_its_lenders_row() {
    let parts = [
        part("v1", &VOLTAGE_SOURCE, "a 0", 2.0),
        part("r1", &RESISTOR, "a 0", 100.0),
        part("f1", &MIRROR, "b 0", 3.0).borrowing("v1"),
        part("r2", &RESISTOR, "b 0", 10.0),
    ];
    let circuit = circuit(&parts);
    let branch = row(&circuit, "v1#branch");
    let mirror = circuit.find_instance("f1").unwrap();
    assert_eq!(circuit.local_unknowns(mirror)[2], branch);
    let x = vec![0.0; circuit.n() + 1];
    let mut assembly = circuit.assembly();
    let dx = newton_step(&circuit, &Point::dc(&x, &[]), 0.0, &mut assembly);
    assert_near(dx[branch], -0.02, 1e-15, "i(v1)");
    assert_near(dx[row(&circuit, "b")], 0.6, 1e-12, "v(b)");
}

#[test]
fn a_borrowed_branch_stays_public() {
    let parts = [
        part("v1", &VOLTAGE_SOURCE, "a 0", 2.0),
        part("y1", &SNAPBACK, "a 0", 1.0).in_cluster(0),
        part("f1", &MIRROR, "b 0", 1.0).borrowing("y1"),
        part("r2", &RESISTOR, "b 0", 10.0),
    ];
    let circuit = circuit(&parts);
    assert!(row(&circuit, "y1#branch") < circuit.n_public());
}

#[test]
fn latches_flip_where_they_want_to() {
    let circuit = circuit(&[
        part("s1", &LATCHING, "a 0", 2.0).second(1.0),
        part("s2", &LATCHING, "b 0", 5.0).second(1.0),
    ]);
    let mut latches = circuit.initial_latches();
    assert_eq!(latches, [0.0, 0.0]);
    let x = [3.0, 3.0, 0.0];
    let mut values = [0.0; 2];
    circuit.crossings(&Point::dc(&x, &latches), &mut values);
    assert_eq!(values, [1.0, -2.0]);
    circuit.flip(0, &x, &mut latches);
    assert_eq!(latches, [1.0, 0.0]);
    circuit.crossings(&Point::dc(&x, &latches), &mut values);
    assert_eq!(values, [-2.0, -2.0]);
    assert_eq!(circuit.latch_owner(1).0, circuit.find_instance("s2").unwrap());
    // The conductance follows the latch.
    let mut assembly = circuit.assembly();
    circuit.residual(&Point::dc(&x, &latches), &mut assembly);
    assert_eq!(assembly.resistive[..2], [3.0, 3e-6]);
}

#[test]
fn delayed_signals_pass_at_once_in_dc_and_late_with_a_history() {
    let circuit = circuit(&[
        part("t1", &DELAY_LINE, "out 0 in 0", 0.5).second(1e-9),
        part("r1", &RESISTOR, "in out", 1.0),
    ]);
    assert_eq!(circuit.delays(), [1e-9]);
    let (out, input) = (row(&circuit, "out"), row(&circuit, "in"));
    let branch = row(&circuit, "t1#branch");
    let mut x = vec![0.0; circuit.n() + 1];
    (x[out], x[input]) = (1.0, 4.0);
    let mut assembly = circuit.assembly();
    circuit.residual(&Point::dc(&x, &[]), &mut assembly);
    assert_eq!(assembly.resistive[branch], 1.0 - 0.5 * 4.0);
    assert_eq!(assembly.signals, [4.0]);
    let history = [6.0];
    let late = Point { delayed: Some(&history), ..Point::dc(&x, &[]) };
    circuit.load(&late, 0.0, Limiting::Off, &mut assembly);
    assert_eq!(assembly.resistive[branch], 1.0 - 0.5 * 6.0);
    let slot = circuit.pattern().slot(branch, input).unwrap();
    assert_eq!(assembly.values[slot], 0.0);
    // In small signals the delay is a phase.
    let linear = circuit.linearise(&Point::dc(&x, &[]));
    let mut values = vec![Complex64::ZERO; circuit.n_values()];
    linear.assemble(1e9, &mut values);
    let exact = -Complex64::from_polar(0.5, -1.0);
    assert!((values[slot] - exact).norm() < 1e-15);
}

#[test]
fn linear_stamps_are_cached_by_what_they_depend_on() {
    let mut circuit = circuit(&[
        part("i1", &CURRENT_SOURCE, "0 a", 1.0),
        part("r1", &RESISTOR, "a 0", 2.0),
        part("c1", &CAPACITOR, "a 0", 3.0),
        part("s1", &LATCHING, "a 0", 9.0),
    ]);
    assert!(circuit.is_linear());
    let slot = circuit.diagonal_slot(0).unwrap();
    let mut assembly = circuit.assembly();
    let load = |circuit: &Circuit, assembly: &mut Assembly, alpha: f64, latch: f64| {
        let latches = [latch];
        let x = [5.0, 0.0];
        circuit.load(&Point::dc(&x, &latches), alpha, Limiting::Off, assembly);
        assembly.values[slot]
    };
    let off = 0.5 + 1e-6;
    assert_eq!(load(&circuit, &mut assembly, 0.0, 0.0), off);
    assert_eq!(load(&circuit, &mut assembly, 10.0, 0.0), off + 30.0);
    assert_near(load(&circuit, &mut assembly, 10.0, 1.0), 31.5, 1e-12, "on");
    // Residuals are never cached.
    assert_near(assembly.resistive[0], 5.0 * 1.5 - 1.0, 1e-12, "f");
    assert_eq!(assembly.reactive[0], 15.0);
    set_value(&mut circuit, "r1", 4.0);
    assembly.invalidate();
    assert_eq!(load(&circuit, &mut assembly, 0.0, 0.0), 0.25 + 1e-6);
}

#[test]
fn multiplicity_is_devices_in_parallel() {
    let single = |n: usize| {
        let mut parts = vec![part("v1", &VOLTAGE_SOURCE, "a 0", 1.0)];
        let names = ["y1", "y2", "y3"];
        parts.extend(names[..n].iter().map(|name| part(name, &CELL, "a 0", 1e3)));
        circuit(&parts)
    };
    let three = single(3);
    let mut parts = vec![part("v1", &VOLTAGE_SOURCE, "a 0", 1.0)];
    parts.push(part("y1", &CELL, "a 0", 1e3).times(3.0));
    let multiple = circuit(&parts);
    let currents: Vec<f64> = [&three, &multiple]
        .into_iter()
        .map(|circuit| {
            let mut x = vec![0.0; circuit.n() + 1];
            let held = circuit.initial_unknowns(&x);
            let mut assembly = circuit.assembly();
            for _ in 0..30 {
                let point = Point { held: Some(&held), ..Point::dc(&x, &[]) };
                let dx = newton_step(circuit, &point, 0.0, &mut assembly);
                for (x, dx) in x.iter_mut().zip(dx) {
                    *x += dx;
                }
            }
            x[row(circuit, "v1#branch")]
        })
        .collect();
    assert_near(currents[0], currents[1], 1e-12 * currents[0].abs(), "i(v1)");
    assert!(currents[0].abs() > 1e-4);
}

#[test]
fn local_views_add_up_to_the_circuit() {
    let circuit = build(&cells(), FULL);
    let n = circuit.n();
    let x: Vec<f64> = (0..n).map(|i| 0.03 * i as f64).chain([0.0]).collect();
    let point = Point::dc(&x, &[]);
    let mut assembly = circuit.assembly();
    circuit.residual(&point, &mut assembly);
    let linear = circuit.linearise(&point);
    let (mut f, mut q) = (vec![0.0; n + 1], vec![0.0; n + 1]);
    let (mut g, mut c) = (vec![0.0; circuit.n_values()], vec![0.0; circuit.n_values()]);
    let mut residual = LocalResidual::default();
    let mut jacobian = LocalJacobian::default();
    for (id, _) in circuit.instances() {
        let rows = circuit.local_unknowns(id);
        circuit.local_residual(id, &point, &mut residual);
        circuit.local_jacobian(id, &point, &mut jacobian);
        for (local, &global) in rows.iter().enumerate() {
            f[global] += residual.resistive[local];
            q[global] += residual.reactive[local];
            for (column, &other) in rows.iter().enumerate() {
                if let Some(slot) = circuit.pattern().slot(global, other) {
                    g[slot] += jacobian.resistive[local * rows.len() + column];
                    c[slot] += jacobian.reactive[local * rows.len() + column];
                }
            }
        }
    }
    let close = |a: &[f64], b: &[f64]| {
        let largest = b.iter().fold(0.0f64, |largest, b| largest.max(b.abs()));
        assert!(largest > 0.0);
        for (a, b) in a.iter().zip(b) {
            assert_near(*a, *b, 1e-14 * largest, "sum");
        }
    };
    let nnz = circuit.pattern().nnz();
    close(&f[..n], &assembly.resistive[..n]);
    close(&q[..n], &assembly.reactive[..n]);
    close(&g[..nnz], &linear.resistive[..nnz]);
    close(&c[..nnz], &linear.reactive[..nnz]);
}

#[test]
fn private_nodes_are_known_as_such() {
    let circuit = circuit(&cells());
    let private: Vec<_> = circuit
        .node_ids()
        .filter(|&id| circuit.is_private_node(id))
        .map(|id| circuit.node_name(id))
        .collect();
    assert_eq!(private, ["_b"]);
    let owned = |entry: &&UnknownEntry| entry.owner.is_some();
    assert_eq!(circuit.unknowns().iter().filter(owned).count(), 10);
}

#[test]
fn a_held_state_is_still_stored() {
    // A transient goes on from what an operating point, which holds the state, leaves as stored.
    let circuit = circuit(&[part("y1", &CELL, "a 0", 1e3)]);
    let x = circuit.initial_unknowns(&vec![0.0; circuit.n() + 1]);
    let mut assembly = circuit.assembly();
    circuit.residual(&Point { held: Some(&x), ..Point::dc(&x, &[]) }, &mut assembly);
    let state = row(&circuit, "y1#w");
    assert_eq!((assembly.resistive[state], assembly.reactive[state]), (0.0, 0.5));
}
