//! Ac and noise of toy circuits against closed forms.

#[path = "../../circuit/tests/toys/mod.rs"]
mod toys;

use num_complex::Complex64;
use ovonic_analysis::{
    AcPoint, FrequencySweep, NoiseOptions, NoiseReport, OpOptions, OperatingPoint, Probe,
    ProbeContext, SmallSignalError, SmallSignalProbes, SolverOptions, Unobserved, ac, noise,
    noise_origins, operating_point, small_signal_point,
};
use ovonic_circuit::{BuildOptions, Circuit};
use ovonic_device::constants::BOLTZMANN;
use std::f64::consts::TAU;
use toys::*;

fn op(circuit: &Circuit) -> OperatingPoint {
    operating_point(circuit, &SolverOptions::default(), &OpOptions::default())
        .expect("there is an operating point")
}

fn decades(start: f64, stop: f64) -> FrequencySweep {
    FrequencySweep::Decade { points: 5, start, stop }
}

/// All phasors at all frequencies.
fn phasors(circuit: &Circuit, sweep: &FrequencySweep) -> Vec<(f64, Vec<Complex64>)> {
    let mut points = Vec::new();
    ac(
        circuit,
        &SolverOptions::default(),
        &op(circuit),
        sweep,
        &mut |point: &AcPoint<'_>| {
            points.push((point.omega, point.x.to_vec()));
            Ok(())
        },
        &mut Unobserved,
    )
    .expect("the linear system is regular");
    points
}

fn assert_close(found: Complex64, exact: Complex64, tolerance: f64) {
    let error = (found - exact).norm();
    assert!(error <= tolerance * exact.norm(), "{found} is not {exact}");
}

#[test]
fn frequencies_are_exact() {
    let decade = FrequencySweep::Decade { points: 10, start: 1.0, stop: 1e6 };
    let list = decade.frequencies().unwrap();
    assert_eq!(list.len(), 61);
    for (i, decade) in [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6].into_iter().enumerate() {
        assert_eq!(list[10 * i], decade);
    }
    assert!((list[1] - 10f64.powf(0.1)).abs() < 1e-15);
    // 2.3 decades at one point each: two equal steps that end at the end.
    let uneven = FrequencySweep::Decade { points: 1, start: 1.0, stop: 200.0 };
    let list = uneven.frequencies().unwrap();
    assert_eq!((list.len(), list[2]), (3, 200.0));
    assert!((list[1] - 200f64.sqrt()).abs() < 1e-12);
    let octave = FrequencySweep::Octave { points: 2, start: 3.0, stop: 24.0 };
    let list = octave.frequencies().unwrap();
    assert_eq!((list.len(), list[2], list[4], list[6]), (7, 6.0, 12.0, 24.0));
    let linear = FrequencySweep::Linear { points: 4, start: 0.0, stop: 3.0 };
    assert_eq!(linear.frequencies().unwrap(), [0.0, 1.0, 2.0, 3.0]);
    let zero = FrequencySweep::Decade { points: 1, start: 0.0, stop: 1.0 };
    assert!(matches!(zero.frequencies(), Err(SmallSignalError::Frequency { .. })));
}

#[test]
fn a_resonator_follows_its_closed_form() {
    let (r, l, c) = (50.0, 1e-3, 1e-6);
    let circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.0).ac(2.0),
        part("r1", &RESISTOR, "in a", r),
        part("l1", &INDUCTOR, "a out", l),
        part("c1", &CAPACITOR, "out 0", c),
    ]);
    let (out, branch) = (row(&circuit, "out"), row(&circuit, "v1#branch"));
    for (omega, x) in phasors(&circuit, &decades(10.0, 1e6)) {
        let s = Complex64::new(0.0, omega);
        let impedance = s * l + r + (s * c).inv();
        assert_close(x[out], 2.0 / (s * c) / impedance, 1e-9);
        assert_close(x[branch], -2.0 / impedance, 1e-9);
    }
}

#[test]
fn a_diode_conducts_by_its_slope() {
    let circuit = circuit(&[
        part("i1", &CURRENT_SOURCE, "0 a", 1e-3).ac(1e-6),
        part("d1", &DIODE, "a 0", 1.0),
    ]);
    let slope = (1e-3 + IS) / VT + SolverOptions::default().gmin;
    for (_, x) in phasors(&circuit, &decades(1.0, 1e3)) {
        // The operating point is exact to reltol of a voltage whose exponential is the slope.
        assert_close(x[row(&circuit, "a")], (1e-6 / slope).into(), 1e-3);
    }
}

#[test]
fn a_delay_turns_the_phase() {
    let (gain, delay) = (0.8, 1e-6);
    let circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.0).ac(1.0),
        part("t1", &DELAY_LINE, "out 0 in 0", gain).second(delay),
        part("r1", &RESISTOR, "out 0", 100.0),
    ]);
    for (omega, x) in phasors(&circuit, &decades(1e3, 1e7)) {
        let exact = Complex64::from_polar(gain, -omega * delay);
        assert_close(x[row(&circuit, "out")], exact, 1e-9);
    }
}

/// A cell with a state that retains, warm and biased, among linear parts.
fn cells() -> Vec<Part> {
    vec![
        part("v1", &VOLTAGE_SOURCE, "in 0", 1.0).ac(1.0),
        part("r1", &RESISTOR, "in a", 1e3),
        part("y1", &CELL, "a b", 2e3),
        part("y2", &CELL, "b 0", 1e3).times(2.0),
        part("c1", &CAPACITOR, "b 0", 1e-9),
    ]
}

#[test]
fn condensed_and_full_systems_agree_in_ac() {
    let condensed = circuit(&cells());
    let full = build(&cells(), BuildOptions { condense: false });
    assert!(condensed.n_public() < full.n_public());
    let sweep = decades(1.0, 1e8);
    let (a, b) = (phasors(&condensed, &sweep), phasors(&full, &sweep));
    for ((_, a), (_, b)) in a.iter().zip(&b) {
        let a = condensed.translate(a, &full);
        for (row, entry) in full.unknowns().iter().enumerate() {
            assert!(
                (a[row] - b[row]).norm() < 1e-6 * (b[row].norm() + 1e-3 * entry.nominal),
                "{}: {} {}",
                entry.name,
                a[row],
                b[row]
            );
        }
    }
}

#[test]
fn retained_states_move_in_ac() {
    let circuit = circuit(&cells());
    let state = row(&circuit, "y1#w");
    let points = phasors(&circuit, &decades(1.0, 1e8));
    // w' = 1e3·(v − w): at 1 Hz the state follows the voltage, at 100 MHz it stands still.
    let inner = row(&circuit, "y1#m");
    let outer = row(&circuit, "b");
    let (first, last) = (&points[0].1, &points[points.len() - 1].1);
    let ratio = |x: &[Complex64]| (x[state] / (x[inner] - x[outer])).norm();
    assert!((ratio(first) - 1.0).abs() < 1e-3, "{}", ratio(first));
    assert!(ratio(last) < 1e-5, "{}", ratio(last));
}

#[test]
fn probes_see_terminal_currents_in_ac() {
    let (r, c) = (1e3, 1e-9);
    let circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 1.0).ac(1.0),
        part("r1", &RESISTOR, "in out", r).times(2.0),
        part("c1", &CAPACITOR, "out 0", c),
        part("i1", &CURRENT_SOURCE, "out 0", 0.0).ac(1e-3),
    ]);
    let id = |name: &str| circuit.find_instance(name).unwrap();
    let terminal = |name: &str, terminal| Probe::TerminalCurrent { instance: id(name), terminal };
    let probes = [
        terminal("r1", 1),
        terminal("c1", 0),
        terminal("c1", 1),
        terminal("i1", 0),
        Probe::current(&circuit, id("v1")),
        Probe::DeviceOutput { instance: id("r1"), index: 0 },
    ];
    for probe in &probes {
        probe.check(&circuit).unwrap();
    }
    let options = SolverOptions::default();
    let op = op(&circuit);
    let context =
        ProbeContext { circuit: &circuit, point: small_signal_point(&op, &options), rates: None };
    let linear = SmallSignalProbes::new(probes, &context);
    for (omega, x) in phasors(&circuit, &decades(1e3, 1e7)) {
        let mut values = Vec::new();
        linear.append(omega, &x, &mut values);
        let out = x[circuit.find_node("out").unwrap().index()];
        let capacitor = out * Complex64::new(0.0, omega * c);
        assert_close(values[0], (out - 1.0) * (2.0 / r), 1e-9);
        assert_close(values[1], capacitor, 1e-12);
        assert_close(values[2], -capacitor, 1e-12);
        assert_close(values[3], 1e-3.into(), 1e-12);
        assert_close(values[4], (out - 1.0) * (2.0 / r), 1e-9);
        // At the operating point no current flows: the output stays what it is there.
        assert_eq!(values[5], Complex64::ZERO);
        // Kirchhoff at the output.
        let sum = values[0] + values[1] + values[3];
        assert!(sum.norm() < 1e-12);
    }
}

fn noise_of(circuit: &Circuit, options: &NoiseOptions) -> (Vec<(f64, f64, f64)>, NoiseReport) {
    let mut points = Vec::new();
    let report = noise(
        circuit,
        &SolverOptions::default(),
        &op(circuit),
        options,
        &mut |point| {
            let sum: f64 = point.contributions.iter().sum();
            assert!((sum - point.output).abs() <= 1e-15 * point.output);
            points.push((point.frequency, point.output, point.input));
            Ok(())
        },
        &mut Unobserved,
    )
    .expect("the linear system is regular");
    (points, report)
}

#[test]
fn an_rc_filter_has_noise_kt_over_c() {
    let (r, c) = (1e3, 1e-9);
    let circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.0),
        part("r1", &RESISTOR, "in out", r),
        part("c1", &CAPACITOR, "out 0", c),
    ]);
    let options = NoiseOptions {
        output: Probe::Node(circuit.node_ids().nth(1).unwrap()),
        input: circuit.find_instance("v1").unwrap(),
        sweep: FrequencySweep::Decade { points: 50, start: 1.0, stop: 1e10 },
    };
    let (points, report) = noise_of(&circuit, &options);
    let white = 4.0 * BOLTZMANN * 300.0 * r;
    for (frequency, output, input) in points {
        let gain = 1.0 / (1.0 + (TAU * frequency * r * c).powi(2));
        assert!((output / (white * gain) - 1.0).abs() < 1e-9);
        assert!((input / white - 1.0).abs() < 1e-9);
    }
    // Power laws between 50 points a decade, and the tails beyond both ends, leave less than this.
    let exact = BOLTZMANN * 300.0 / c;
    assert!((report.total.output / exact - 1.0).abs() < 2e-4);
    assert!((report.total.input / (white * 1e10) - 1.0).abs() < 1e-6);
    assert_eq!(report.sources.len(), 1);
}

#[test]
fn flicker_noise_falls_with_frequency() {
    let circuit = circuit(&[
        part("i1", &CURRENT_SOURCE, "0 out", 1e-3),
        part("r1", &RESISTOR, "out 0", 1e3).second(1e-12),
    ]);
    let options = NoiseOptions {
        output: Probe::Node(circuit.node_ids().next().unwrap()),
        input: circuit.find_instance("i1").unwrap(),
        sweep: decades(1.0, 100.0),
    };
    let (points, report) = noise_of(&circuit, &options);
    for (frequency, output, input) in points {
        let density = 4.0 * BOLTZMANN * 300.0 / 1e3 + 1e-12 * 1e-3 / frequency;
        assert!((output / (density * 1e6) - 1.0).abs() < 1e-9);
        assert!((input / density - 1.0).abs() < 1e-9);
    }
    let origins = noise_origins(&circuit, &SolverOptions::default(), &op(&circuit));
    assert_eq!(origins[1].name, "flicker");
    let (origin, power) = report.sources[1];
    assert_eq!(origin, origins[1]);
    assert!((power.input / (1e-15 * 100f64.ln()) - 1.0).abs() < 1e-9);
}

#[test]
fn condensed_and_full_systems_agree_in_noise() {
    let condensed = circuit(&cells());
    let full = build(&cells(), BuildOptions { condense: false });
    let mut results = Vec::new();
    for circuit in [&condensed, &full] {
        let nodes: Vec<_> = circuit.node_ids().collect();
        let options = NoiseOptions {
            output: Probe::Difference(nodes[1], nodes[2]),
            input: circuit.find_instance("v1").unwrap(),
            sweep: decades(1.0, 1e8),
        };
        let (points, report) = noise_of(circuit, &options);
        let powers = report.sources.iter().map(|(_, power)| power.output);
        let mut numbers: Vec<f64> = points.iter().flat_map(|p| [p.1, p.2]).collect();
        numbers.extend(powers);
        results.push(numbers);
    }
    for (a, b) in results[0].iter().zip(&results[1]) {
        assert!((a - b).abs() <= 1e-6 * b, "{a} {b}");
    }
}

#[test]
fn noise_wants_a_source_and_an_observable() {
    let circuit =
        circuit(&[part("v1", &VOLTAGE_SOURCE, "in 0", 0.0), part("r1", &RESISTOR, "in 0", 1.0)]);
    let resistor = circuit.find_instance("r1").unwrap();
    let mut options = NoiseOptions {
        output: Probe::Node(circuit.node_ids().next().unwrap()),
        input: resistor,
        sweep: decades(1.0, 10.0),
    };
    let run = |options: &NoiseOptions| {
        let solver = SolverOptions::default();
        noise(&circuit, &solver, &op(&circuit), options, &mut |_| Ok(()), &mut Unobserved)
    };
    assert!(matches!(run(&options), Err(SmallSignalError::NotASource { .. })));
    options.input = circuit.find_instance("v1").unwrap();
    options.output = Probe::TerminalCurrent { instance: resistor, terminal: 0 };
    assert!(matches!(run(&options), Err(SmallSignalError::NoiseOutput)));
}

#[test]
fn a_floating_node_is_named() {
    let circuit = circuit(&[
        part("v1", &VOLTAGE_SOURCE, "in 0", 0.0).ac(1.0),
        part("r1", &RESISTOR, "in 0", 1.0),
        part("c1", &CAPACITOR, "a b", 1.0),
        part("r2", &RESISTOR, "a b", 1.0),
    ]);
    // No operating point exists; any point serves to linearise a linear circuit.
    let op = OperatingPoint {
        x: vec![0.0; circuit.n() + 1],
        latches: Vec::new(),
        stored: Vec::new(),
        reactive: Vec::new(),
        signals: Vec::new(),
        attempts: Vec::new(),
        undecided: false,
        flips: 0,
        statistics: Default::default(),
        linear: Default::default(),
    };
    let outcome = ac(
        &circuit,
        &SolverOptions::default(),
        &op,
        &decades(1.0, 10.0),
        &mut |_| Ok(()),
        &mut Unobserved,
    );
    match outcome {
        Err(SmallSignalError::Linear { unknowns, .. }) => {
            assert_eq!(unknowns.len(), 2);
            assert!(unknowns.iter().all(|name| name == "a" || name == "b"));
        }
        other => panic!("{other:?}"),
    }
}
