//! Traces of toy circuits: folds against closed forms, stability, latches, agreement with the other analyses.

#[path = "../../circuit/tests/toys/mod.rs"]
mod toys;

use ovonic_analysis::{
    Observer, OpOptions, Progress, SolverOptions, SpecialKind, SweepLevel, SweepVariable, TraceEnd,
    TraceError, TraceOptions, TraceReport, Unobserved, dc, operating_point, trace,
};
use ovonic_circuit::{Change, Circuit};
use std::error::Error;
use toys::*;

/// Varies a part's main or second parameter; values above the limit are refused.
struct Parameter {
    part: &'static str,
    second: bool,
    limit: f64,
}

impl Parameter {
    fn of(part: &'static str) -> Self {
        Self { part, second: false, limit: f64::INFINITY }
    }
}

impl SweepVariable for Parameter {
    fn set(
        &mut self,
        circuit: &mut Circuit,
        value: f64,
    ) -> Result<Change, Box<dyn Error + Send + Sync>> {
        if value > self.limit {
            return Err("too much".into());
        }
        Ok(if self.second {
            set_second(circuit, self.part, value)
        } else {
            set_value(circuit, self.part, value)
        })
    }
}

/// A point as the tests see it.
#[derive(Clone, Debug)]
struct Seen {
    value: f64,
    unstable: usize,
    /// Unknowns in the numbering of the circuit as it was given.
    x: Vec<f64>,
}

/// Traces, and checks that each point satisfies the circuit's equations to rounding.
fn follow(
    circuit: &Circuit,
    variable: &mut Parameter,
    request: &TraceOptions,
) -> Result<(Vec<Seen>, TraceReport), TraceError> {
    let mut seen = Vec::new();
    let report = trace(
        circuit,
        &SolverOptions::default(),
        request,
        variable,
        &OpOptions::default(),
        &mut |at| {
            let mut assembly = at.circuit.assembly();
            at.circuit.residual(&at.point, &mut assembly);
            for row in 0..at.circuit.n() {
                let (f, size) = (assembly.resistive[row].abs(), assembly.magnitude[row]);
                assert!(f <= 1e-10 * size + 1e-15, "row {row}: {f:e} of {size:e}");
            }
            let x = at.circuit.translate(at.point.x, circuit);
            seen.push(Seen { value: at.value, unstable: at.unstable, x });
            Ok(())
        },
        &mut Unobserved,
    )?;
    assert_eq!(report.points, seen.len());
    Ok((seen, report))
}

fn source(circuit: &Circuit, name: &str, request: TraceOptions) -> TraceOptions {
    TraceOptions { source: circuit.find_instance(name), ..request }
}

const HUMP: f64 = 2.0;
const SERIES: f64 = 100.0;

fn snapback() -> Circuit {
    circuit(&[
        part("v1", &VOLTAGE_SOURCE, "a 0", 0.0),
        part("y1", &SNAPBACK, "a 0", HUMP).second(SERIES),
    ])
}

/// Voltage of the snapback at `y = i/1 mA`, and its slope.
fn voltage(y: f64) -> (f64, f64) {
    let r = SERIES * SNAPBACK_SCALE;
    let d = 1.0 + y * y;
    (2.0 * HUMP * y / d + r * y, 2.0 * HUMP * (1.0 - y * y) / (d * d) + r)
}

/// Zero of the slope between two currents.
fn fold(mut low: f64, mut high: f64) -> f64 {
    let sign = voltage(low).1.signum();
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if voltage(middle).1 * sign > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[test]
fn a_snapback_is_followed_through_both_folds() {
    let circuit = snapback();
    let request = source(&circuit, "v1", TraceOptions::new(0.0, 4.0));
    let (seen, report) = follow(&circuit, &mut Parameter::of("v1"), &request).unwrap();
    let branch = circuit.branch(circuit.find_instance("y1").unwrap()).unwrap().index();
    let (threshold, hold) = (fold(1.0, 2.0), fold(2.0, 20.0));
    for at in &seen {
        let y = at.x[branch] / SNAPBACK_SCALE;
        assert!((voltage(y).0 - at.value).abs() < 1e-12, "{at:?}");
        // At a fold itself a mode is neither growing nor decaying.
        if (y - threshold).abs() > 1e-6 && (y - hold).abs() > 1e-6 {
            assert_eq!(at.unstable, usize::from(y > threshold && y < hold), "{y}");
        }
    }
    assert_eq!((report.end, seen.last().unwrap().value), (TraceEnd::Stop, 4.0));
    let [first, second] = report.special.as_slice() else { panic!("{:?}", report.special) };
    for (special, y, maximum) in [(first, threshold, true), (second, hold, false)] {
        assert_eq!(special.kind, SpecialKind::Fold { maximum });
        let (v, i) = special.delivered.unwrap();
        assert_eq!(v, special.value);
        assert!((v - voltage(y).0).abs() < 1e-11 * v, "{special:?}");
        assert!((i - y * SNAPBACK_SCALE).abs() < 1e-9 * i, "{special:?} {y}");
    }
}

#[test]
fn a_trace_back_finds_the_same_folds_in_reverse() {
    let circuit = snapback();
    let there = source(&circuit, "v1", TraceOptions::new(0.0, 4.0));
    let back = source(&circuit, "v1", TraceOptions::new(4.0, 0.0));
    let (_, forth) = follow(&circuit, &mut Parameter::of("v1"), &there).unwrap();
    let (seen, back) = follow(&circuit, &mut Parameter::of("v1"), &back).unwrap();
    assert!(seen.last().unwrap().x.iter().all(|x| x.abs() < 1e-9));
    assert_eq!(forth.special.len(), back.special.len());
    for (a, b) in forth.special.iter().zip(back.special.iter().rev()) {
        assert!((a.value - b.value).abs() < 1e-11 && a.kind == b.kind, "{a:?} {b:?}");
    }
}

/// The operating point at a value from a guess, in the circuit's own numbering.
fn solved(circuit: &mut Circuit, variable: &mut Parameter, at: &Seen) -> Vec<f64> {
    variable.set(circuit, at.value).unwrap();
    let op = OpOptions { guess: Some(at.x.clone()), ..OpOptions::default() };
    operating_point(circuit, &SolverOptions::default(), &op).unwrap().x
}

#[test]
fn trace_dc_and_op_agree_and_private_states_are_held() {
    // The cell's internal node, temperature and state are condensed, except in the trace.
    let mut circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.0),
        part("r1", &RESISTOR, "in a", 1e3),
        part("x1", &CELL, "a 0", 1e4),
        part("d1", &DIODE, "a 0", 1.0),
    ]);
    assert!(circuit.n_public() < circuit.n());
    let request = TraceOptions::new(0.0, 2.0);
    let (seen, _) = follow(&circuit, &mut Parameter::of("v1"), &request).unwrap();
    let mut variable = Parameter::of("v1");
    for at in seen.iter().step_by(10) {
        for (found, expected) in at.x.iter().zip(solved(&mut circuit, &mut variable, at)) {
            assert!((found - expected).abs() < 1e-6 * expected.abs() + 1e-9, "{at:?}");
        }
    }
    let mut swept = Vec::new();
    let levels = &mut [SweepLevel {
        variable: &mut variable,
        values: seen.iter().map(|at| at.value).collect(),
    }];
    dc(
        &mut circuit,
        &SolverOptions::default(),
        levels,
        &OpOptions::default(),
        &mut |at| {
            swept.push(at.point.x.to_vec());
            Ok(())
        },
        &mut Unobserved,
    )
    .unwrap();
    for (at, swept) in seen.iter().zip(swept) {
        for (found, expected) in at.x.iter().zip(swept) {
            assert!((found - expected).abs() < 2e-3 * expected.abs() + 1e-6, "{at:?}");
        }
    }
}

#[test]
fn latches_flip_where_they_want_to() {
    let circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "a 0", 0.0),
        part("s1", &LATCHING, "a 0", 2.0).second(1.0),
    ]);
    let request = source(&circuit, "v1", TraceOptions::new(0.0, 3.0));
    let (seen, report) = follow(&circuit, &mut Parameter::of("v1"), &request).unwrap();
    let [flip] = report.special.as_slice() else { panic!("{:?}", report.special) };
    assert_eq!(flip.kind, SpecialKind::Flip { count: 1 });
    assert!((flip.value - 2.0).abs() < 1e-6, "{flip:?}");
    let branch = circuit.branch(circuit.find_instance("v1").unwrap()).unwrap().index();
    let last = seen.last().unwrap();
    assert!((last.x[branch] + 3.0).abs() < 1e-9);
}

#[test]
fn a_circuit_that_changes_its_unknowns_or_refuses_a_value_ends_the_trace() {
    let circuit = circuit(&[
        part("i1", &CURRENT_SOURCE, "0 a", 1e-3),
        part("d1", &DIODE, "a 0", 1.0),
        part("r1", &RESISTOR, "a 0", 1e6),
    ]);
    // Without series resistance the diode has a node less.
    let mut series = Parameter { second: true, ..Parameter::of("d1") };
    let request = TraceOptions::new(0.0, 10.0);
    let outcome = follow(&circuit, &mut series, &request);
    assert!(matches!(outcome, Err(TraceError::Structure { .. })), "{outcome:?}");
    let mut limited = Parameter { limit: 2e-3, ..Parameter::of("i1") };
    let outcome = follow(&circuit, &mut limited, &TraceOptions::new(1e-3, 3e-3));
    assert!(matches!(outcome, Err(TraceError::Variable { .. })), "{outcome:?}");
}

#[test]
fn wrong_requests_are_errors_and_limits_are_kept() {
    let circuit = snapback();
    for request in [
        TraceOptions::new(1.0, 1.0),
        TraceOptions::new(0.0, f64::NAN),
        TraceOptions { max_step: 0.0, ..TraceOptions::new(0.0, 1.0) },
        TraceOptions { min_step: 1.0, ..TraceOptions::new(0.0, 1.0) },
        TraceOptions { max_points: 1, ..TraceOptions::new(0.0, 1.0) },
    ] {
        let outcome = follow(&circuit, &mut Parameter::of("v1"), &request);
        assert!(matches!(outcome, Err(TraceError::Option { .. })), "{request:?}");
    }
    let request = TraceOptions { max_points: 20, ..TraceOptions::new(0.0, 4.0) };
    let (seen, report) = follow(&circuit, &mut Parameter::of("v1"), &request).unwrap();
    assert_eq!((seen.len(), report.end), (20, TraceEnd::Points));
}

/// Cancels after some points.
struct Impatient(usize);

impl Observer for Impatient {
    fn cancelled(&self) -> bool {
        self.0 == 0
    }

    fn progress(&mut self, progress: &Progress) {
        self.0 = 3usize.saturating_sub(progress.accepted);
    }
}

#[test]
fn a_trace_can_be_cancelled() {
    let circuit = snapback();
    let mut count = 0;
    let report = trace(
        &circuit,
        &SolverOptions::default(),
        &TraceOptions::new(0.0, 4.0),
        &mut Parameter::of("v1"),
        &OpOptions::default(),
        &mut |_| {
            count += 1;
            Ok(())
        },
        &mut Impatient(1),
    )
    .unwrap();
    assert_eq!((report.end, count), (TraceEnd::Cancelled, 3));
}

#[test]
fn a_ladder_of_many_stages_has_its_stability_found_by_arnoldi() {
    // More columns in use than are computed one by one; the snapback at its end is unstable between its folds.
    let names: Vec<[String; 3]> =
        (0..260).map(|k| [format!("n{k}"), format!("r{k}"), format!("c{k}")]).collect();
    let mut parts = vec![part("v1", &VOLTAGE_SOURCE, "n0 0", 0.0)];
    for pair in names.windows(2) {
        let nodes = format!("{} {}", pair[0][0], pair[1][0]);
        parts.push(part(pair[0][1].clone().leak(), &RESISTOR, nodes.leak(), 0.01));
        let grounded = format!("{} 0", pair[1][0]);
        parts.push(part(pair[1][2].clone().leak(), &CAPACITOR, grounded.leak(), 1e-15));
    }
    let last = format!("{} 0", names[names.len() - 1][0]);
    parts.push(part("y1", &SNAPBACK, last.leak(), HUMP).second(SERIES));
    let circuit = circuit(&parts);
    let request =
        source(&circuit, "v1", TraceOptions { max_step: 0.2, ..TraceOptions::new(0.0, 4.0) });
    let (seen, report) = follow(&circuit, &mut Parameter::of("v1"), &request).unwrap();
    let folds: Vec<f64> = report
        .special
        .iter()
        .filter(|special| matches!(special.kind, SpecialKind::Fold { .. }))
        .map(|special| special.delivered.unwrap().1)
        .collect();
    assert_eq!(folds.len(), 2, "{:?}", report.special);
    let branch = circuit.branch(circuit.find_instance("v1").unwrap()).unwrap().index();
    for at in &seen {
        let current = -at.x[branch];
        if folds.iter().all(|fold| (current / fold - 1.0).abs() > 1e-3) {
            let between = current > folds[0] && current < folds[1];
            assert_eq!(at.unstable, usize::from(between), "{current}");
        }
    }
}
