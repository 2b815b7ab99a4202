//! Dc sweeps of toy circuits: values, hysteresis, folds, nesting, changes of structure.

#[path = "../../circuit/tests/toys/mod.rs"]
mod toys;

use ovonic_analysis::{
    DcError, DcReport, Observer, OpOptions, Probe, ProbeContext, ProbeSet, SolverOptions,
    SweepLevel, SweepVariable, Unobserved, dc, sweep_values,
};
use ovonic_circuit::{Change, Circuit};
use std::error::Error;
use toys::*;

/// Sweeps the main or the second parameter of a part.
struct Parameter {
    part: &'static str,
    second: bool,
}

impl Parameter {
    fn of(part: &'static str) -> Self {
        Self { part, second: false }
    }
}

impl SweepVariable for Parameter {
    fn set(
        &mut self,
        circuit: &mut Circuit,
        value: f64,
    ) -> Result<Change, Box<dyn Error + Send + Sync>> {
        if value.is_nan() {
            return Err("not a number".into());
        }
        Ok(if self.second {
            set_second(circuit, self.part, value)
        } else {
            set_value(circuit, self.part, value)
        })
    }
}

/// Sweeps and gives the values of the variables and of `probes` at each point.
fn sweep(
    circuit: &mut Circuit,
    levels: Vec<(Parameter, Vec<f64>)>,
    probes: &[Probe],
) -> Result<(Vec<Vec<f64>>, DcReport), DcError> {
    let mut variables = levels;
    let mut levels: Vec<SweepLevel<'_>> = variables
        .iter_mut()
        .map(|(variable, values)| SweepLevel { variable, values: values.clone() })
        .collect();
    let mut set = ProbeSet::new(probes.iter().copied());
    let mut rows = Vec::new();
    let report = dc(
        circuit,
        &SolverOptions::default(),
        &mut levels,
        &OpOptions::default(),
        &mut |point| {
            let mut row = point.values.to_vec();
            let context = ProbeContext { circuit: point.circuit, point: point.point, rates: None };
            set.append(&context, &mut row);
            rows.push(row);
            Ok(())
        },
        &mut Unobserved,
    )?;
    Ok((rows, report))
}

fn node(circuit: &Circuit, name: &str) -> Probe {
    let found = circuit.node_ids().find(|id| circuit.node_name(*id) == name);
    Probe::Node(found.expect("there is such a node"))
}

fn current(circuit: &Circuit, name: &str) -> Probe {
    Probe::current(circuit, circuit.find_instance(name).unwrap())
}

#[test]
fn a_divider_follows_its_source_and_its_resistor() {
    let mut circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.0),
        part("r1", &RESISTOR, "in out", 1e3),
        part("r2", &RESISTOR, "out 0", 2e3),
    ]);
    let probes = [node(&circuit, "out"), current(&circuit, "r2")];
    let levels = vec![
        (Parameter::of("r2"), vec![1e3, 2e3, 4e3]),
        (Parameter::of("v1"), sweep_values(-1.0, 1.0, 0.5).unwrap()),
    ];
    let (rows, report) = sweep(&mut circuit, levels, &probes).unwrap();
    assert_eq!((rows.len(), report.points), (15, 15));
    assert_eq!(rows[6][..2], [2e3, -0.5]);
    for row in rows {
        let [r2, v1, out, current] = row[..] else {
            panic!("{row:?}");
        };
        assert!((out - v1 * r2 / (1e3 + r2)).abs() < 1e-12);
        assert!((current - v1 / (1e3 + r2)).abs() < 1e-15);
    }
    assert!(report.jumps.is_empty());
}

#[test]
fn a_diode_is_followed_over_many_decades() {
    let mut circuit =
        circuit(&[part("v1", &VOLTAGE_SOURCE, "a 0", 0.0), part("d1", &DIODE, "a 0", 1.0)]);
    let probes = [current(&circuit, "d1")];
    // Steps of 50 mV are two thermal voltages: the current grows sevenfold at each.
    let levels = vec![(Parameter::of("v1"), sweep_values(-0.5, 0.8, 0.05).unwrap())];
    let (rows, report) = sweep(&mut circuit, levels, &probes).unwrap();
    let gmin = SolverOptions::default().gmin;
    for row in &rows {
        let exact = IS * (row[0] / VT).exp_m1() + gmin * row[0];
        assert!((row[1] - exact).abs() < 1e-9 * exact.abs() + 1e-24, "{row:?}");
    }
    assert!(report.jumps.is_empty(), "{:?}", report.jumps);
}

#[test]
fn a_latch_shows_its_hysteresis() {
    let mut circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "a 0", 0.0),
        part("s1", &LATCHING, "a 0", 2.0).second(1.0),
    ]);
    let probes = [current(&circuit, "s1")];
    let mut values = sweep_values(0.0, 3.0, 0.3).unwrap();
    values.extend(sweep_values(2.7, 0.0, -0.3).unwrap());
    let levels = vec![(Parameter::of("v1"), values)];
    let (rows, report) = sweep(&mut circuit, levels, &probes).unwrap();
    let mut on = false;
    for row in rows {
        let (v, current) = (row[0], row[1]);
        on = if on { v >= 1.0 } else { v > 2.0 };
        let conductance = if on { 1.0 } else { 1e-6 };
        assert!((current - conductance * v).abs() < 1e-12, "{row:?}");
    }
    assert_eq!(report.flips, 2);
    assert!(report.jumps.is_empty());
}

/// Fold of the toy snapback with hump `value` and series resistance `r`: where the voltage is largest.
fn fold(value: f64, r: f64) -> (f64, f64) {
    let slope = |y: f64| 2.0 * value * (1.0 - y * y) / (1.0 + y * y).powi(2) + r * SNAPBACK_SCALE;
    let (mut low, mut high) = (1.0, 1.5);
    assert!(slope(low) > 0.0 && slope(high) < 0.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let y = low;
    (y, 2.0 * value * y / (1.0 + y * y) + r * y * SNAPBACK_SCALE)
}

#[test]
fn a_snapback_jumps_at_its_fold() {
    let (hump, r) = (2.0, 100.0);
    let (y_fold, v_fold) = fold(hump, r);
    let mut circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "a 0", 0.0),
        part("y1", &SNAPBACK, "a 0", hump).second(r),
    ]);
    let probes = [current(&circuit, "y1")];
    let step = 0.1;
    let levels = vec![(Parameter::of("v1"), sweep_values(0.0, 4.0, step).unwrap())];
    let (rows, report) = sweep(&mut circuit, levels, &probes).unwrap();
    for row in &rows {
        let (v, y) = (row[0], row[1] / SNAPBACK_SCALE);
        let voltage = 2.0 * hump * y / (1.0 + y * y) + r * y * SNAPBACK_SCALE;
        assert!((voltage - v).abs() < 1e-5, "{row:?}");
        // Below the fold the sweep stays on the branch where it began.
        assert_eq!(y > y_fold, v > v_fold, "{row:?}");
    }
    let [jump] = report.jumps.as_slice() else {
        panic!("{:?}", report.jumps);
    };
    assert!((jump.values[0] - v_fold).abs() < 0.01 * step, "{jump:?} {v_fold}");
    assert!(jump.unknown.ends_with("#branch"));
    assert!(jump.after.abs() > 3.0 * jump.before.abs());
}

#[test]
fn an_inner_sweep_begins_on_the_branch_of_the_one_before() {
    let (hump, r) = (2.0, 100.0);
    let (y_fold, v_fold) = fold(hump, r);
    let mut circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "a 0", 0.0),
        part("y1", &SNAPBACK, "a 0", hump).second(r),
        part("r1", &RESISTOR, "a 0", 1e3),
    ]);
    let probes = [current(&circuit, "y1")];
    let levels = vec![
        (Parameter::of("r1"), vec![1e3, 1e4]),
        (Parameter::of("v1"), sweep_values(0.5, 4.0, 0.1).unwrap()),
    ];
    let (rows, report) = sweep(&mut circuit, levels, &probes).unwrap();
    for row in &rows {
        assert_eq!(row[2] / SNAPBACK_SCALE > y_fold, row[1] > v_fold, "{row:?}");
    }
    assert_eq!(report.jumps.len(), 2);
}

#[test]
fn structure_may_change_along_a_sweep() {
    let mut circuit = circuit(&[
        part("i1", &CURRENT_SOURCE, "0 a", 1e-3),
        part("d1", &DIODE, "a 0", 1.0),
        part("r1", &RESISTOR, "a b", 10.0),
        part("r2", &RESISTOR, "b 0", 1e9),
    ]);
    let probes = [node(&circuit, "a")];
    let variable = Parameter { part: "d1", second: true };
    // With a series resistance the diode has a node more than without.
    let levels = vec![(variable, vec![0.0, 10.0, 20.0, 0.0])];
    let (rows, _) = sweep(&mut circuit, levels, &probes).unwrap();
    let ideal = VT * (1e-3f64 / IS).ln_1p();
    for row in rows {
        // What flows past the diode, and gmin, is 1e-9 of its current.
        assert!((row[1] - ideal - 1e-3 * row[0]).abs() < 2e-5, "{row:?}");
    }
    assert_eq!(circuit.n(), 2);
}

#[test]
fn wrong_sweeps_are_errors() {
    let mut circuit =
        circuit(&[part("v1", &VOLTAGE_SOURCE, "a 0", 0.0), part("r1", &RESISTOR, "a 0", 1.0)]);
    assert!(matches!(sweep(&mut circuit, vec![], &[]), Err(DcError::Empty)));
    let levels = vec![(Parameter::of("v1"), vec![0.0, f64::NAN])];
    assert!(matches!(sweep(&mut circuit, levels, &[]), Err(DcError::Variable { .. })));
}

/// Cancels after some points.
struct Impatient {
    left: usize,
}

impl Observer for Impatient {
    fn cancelled(&self) -> bool {
        self.left == 0
    }

    fn progress(&mut self, progress: &ovonic_analysis::Progress) {
        assert!((0.0..=1.0).contains(&progress.fraction));
        self.left = 3usize.saturating_sub(progress.accepted);
    }
}

#[test]
fn a_sweep_can_be_cancelled() {
    let mut circuit =
        circuit(&[part("v1", &VOLTAGE_SOURCE, "a 0", 0.0), part("r1", &RESISTOR, "a 0", 1.0)]);
    let mut variable = Parameter::of("v1");
    let mut levels =
        [SweepLevel { variable: &mut variable, values: sweep_values(0.0, 1.0, 0.1).unwrap() }];
    let mut count = 0;
    let report = dc(
        &mut circuit,
        &SolverOptions::default(),
        &mut levels,
        &OpOptions::default(),
        &mut |_| {
            count += 1;
            Ok(())
        },
        &mut Impatient { left: 1 },
    )
    .unwrap();
    assert!(report.cancelled);
    assert_eq!((count, report.points), (3, 3));
}
