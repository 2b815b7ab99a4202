//! Derivatives of solutions by parameters, against central differences of whole runs that repeat the same steps, and
//! against closed forms where an event moves.

use ovonic::{LoadOptions, Simulation};
use ovonic_analysis::{
    ChangedInstance, IntegrationMethod, OpOptions, ParameterChange, SolverOptions,
    TransientOptions, Unobserved, Variation, ac_sensitivity, op_sensitivity, operating_point,
    transient_sensitivity,
};
use ovonic_netlist::DiskLoader;

fn load(deck: &str, parameter: &str, value: f64) -> Simulation {
    let parameters = vec![(parameter.to_owned(), value)];
    let options = LoadOptions { parameters, ..LoadOptions::default() };
    Simulation::from_text_with("deck", deck, &DiskLoader, &options).unwrap()
}

fn tight() -> SolverOptions {
    let mut options = SolverOptions { step_iterations: 60, ..SolverOptions::default() };
    options.tolerances.relative = 1e-9;
    options.tolerances.voltage = 1e-12;
    options.tolerances.current = 1e-14;
    options.tolerances.state = 1e-7;
    options
}

/// The instances that a parameter reaches, and the distance of the two values.
fn change(deck: &str, parameter: &str, value: f64) -> ParameterChange {
    let step = 6e-6 * value;
    let (minus, plus) = (load(deck, parameter, value - step), load(deck, parameter, value + step));
    let instances = minus.circuit().instances().map(|(id, spec)| {
        let other = plus.circuit().spec(id);
        ChangedInstance {
            id,
            minus: (spec.params.clone(), spec.environment),
            plus: (other.params.clone(), other.environment),
        }
    });
    ParameterChange { span: 2.0 * step, instances: instances.collect() }
}

/// Compares vectors by their largest entry; `floor` is what the tolerance of Newton's method leaves open.
fn agree(found: &[f64], expected: &[f64], tolerance: f64, floor: f64, what: &str) {
    let size = expected.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let off = (found - expected).abs();
        assert!(
            off <= tolerance * size + floor,
            "{what} {index}: {found:e}, expected {expected:e}"
        );
    }
}

const DIODE: &str = "\
a diode behind a resistor
.param p=1
V1 in 0 dc 0.8 ac 1 PULSE(0 1 1u 1u 1u 5u)
R1 in a {100*p}
D1 a 0 dm
C1 a 0 {1n*p}
L1 in b 1m
R2 b 0 1k
.model dm d(is={1e-14*p} n=1.2 rs=5 cjo=10p tt=5n)
.end
";

const SELECTOR: &str = "\
a volatile selector that is switched on by a pulse
.param p=1
V1 in 0 PULSE(0 0.8 50n 50n 50n 600n)
R1 in a 1k
N1 a 0 sel
.model sel ag_selector(vth_p={0.267*p} tau_s={1.2e-7*p} x0={0.01*p})
.end
";

const BIPOLAR: &str = "\
an amplifier stage
.param p=1
VCC vcc 0 {5*p}
V1 in 0 dc 0 ac 1 SIN(0 10m 1meg)
C1 in b 10n
R1 vcc b {100k*p}
R2 b 0 20k
RC vcc c 2k
RE e 0 500
Q1 c b e qm
.model qm npn(is=1e-15 bf={100*p} vaf=80 cje=2p cjc=1p tf=0.3n)
.end
";

const INVERTER: &str = "\
a complementary inverter behind a resistor
.param p=1
Vdd vdd 0 3.3
V1 in 0 PULSE(0 3.3 1n 2n 2n 5n)
R1 in g {5k*p}
Mn out g 0 0 nm w=2u l=0.35u
Mp out g vdd vdd pm w=5u l=0.35u
C1 out 0 20fF
.model nm nmos(vto=0.6 kp={170u*p} gamma=0.5 phi=0.8 lambda=0.06 tox={7.6n*p} cgso=0.2n cgdo=0.2n)
.model pm pmos(vto=-0.7 kp=58u gamma=0.4 phi=0.8 lambda=0.08 tox=7.6n cgso=0.2n cgdo=0.2n)
.end
";

fn op_of(simulation: &Simulation) -> Vec<f64> {
    operating_point(simulation.circuit(), &tight(), &OpOptions::default()).unwrap().x
}

#[test]
fn operating_points() {
    for deck in [DIODE, BIPOLAR] {
        let simulation = load(deck, "p", 1.0);
        let circuit = simulation.circuit();
        let op = operating_point(circuit, &tight(), &OpOptions::default()).unwrap();
        let mut variations = [Variation::new(circuit, &change(deck, "p", 1.0)).unwrap()];
        let found = op_sensitivity(circuit, &tight(), &op, &mut variations).unwrap();
        let h = 1e-4;
        let (above, below) = (op_of(&load(deck, "p", 1.0 + h)), op_of(&load(deck, "p", 1.0 - h)));
        let expected: Vec<f64> =
            above.iter().zip(&below).map(|(a, b)| (a - b) / (2.0 * h)).collect();
        agree(&found[0], &expected, 1e-5, 0.0, "op");
    }
}

#[test]
fn small_signals() {
    let frequencies = [1e3, 1e5, 1e7];
    for deck in [DIODE, BIPOLAR] {
        let solve = |value: f64| {
            let simulation = load(deck, "p", value);
            let circuit = simulation.circuit();
            let op = operating_point(circuit, &tight(), &OpOptions::default()).unwrap();
            let mut variations = [Variation::new(circuit, &change(deck, "p", value)).unwrap()];
            ac_sensitivity(circuit, &tight(), &op, &frequencies, &mut variations).unwrap()
        };
        let h = 1e-4;
        let (here, above, below) = (solve(1.0), solve(1.0 + h), solve(1.0 - h));
        for (point, (above, below)) in here.iter().zip(above.iter().zip(&below)) {
            let pairs = above.x.iter().zip(&below.x).map(|(a, b)| (a - b) / (2.0 * h));
            let flat = |values: &[num_complex::Complex64]| -> Vec<f64> {
                values.iter().flat_map(|z| [z.re, z.im]).collect()
            };
            let expected = flat(&pairs.collect::<Vec<_>>());
            agree(&flat(&point.s[0]), &expected, 1e-5, 0.0, &format!("at {}", point.frequency));
        }
    }
}

/// Unknowns and their derivatives at every accepted point.
fn run(
    deck: &str,
    value: f64,
    options: &SolverOptions,
    tran: &TransientOptions,
) -> Vec<(f64, Vec<f64>, Vec<f64>)> {
    let simulation = load(deck, "p", value);
    let circuit = simulation.circuit();
    let mut variations = [Variation::new(circuit, &change(deck, "p", value)).unwrap()];
    let mut points = Vec::new();
    transient_sensitivity(
        circuit,
        options,
        tran,
        &mut variations,
        &mut |at, moved| {
            points.push((at.time.seconds(), at.point.x.to_vec(), moved.s[0].clone()));
            Ok(())
        },
        &mut Unobserved,
    )
    .unwrap();
    points
}

#[test]
fn transients_that_repeat_their_steps() {
    let cases = [
        (DIODE, 10e-6, 1e-3),
        (SELECTOR, 900e-9, 1e-3),
        (BIPOLAR, 3e-6, 1e-3),
        // Its capacitances turn within a millivolt.
        (INVERTER, 12e-9, 1e-5),
    ];
    for (deck, stop, h) in cases {
        for method in IntegrationMethod::ALL {
            for use_initial_conditions in [false, true] {
                // The step by which initial conditions are made consistent is a billion times shorter than the others:
                // the amplifier's coupling leaves more of rounding there than these tolerances allow.
                if use_initial_conditions && deck == BIPOLAR {
                    continue;
                }
                let tran = TransientOptions {
                    method,
                    fixed_step: true,
                    use_initial_conditions,
                    max_step: Some(stop / 120.0),
                    ..TransientOptions::new(stop / 120.0, stop)
                };
                // Of fourth order, so that a step beyond the noise of Newton's tolerances is exact enough.
                let at = |k: f64| run(deck, 1.0 + k * h, &tight(), &tran);
                let (here, sides) = (at(0.0), [-2.0, -1.0, 1.0, 2.0].map(at));
                let name = deck.lines().next().unwrap();
                let case = format!("{name} {method:?} uic {use_initial_conditions}");
                assert!(sides.iter().all(|side| side.len() == here.len()), "{case}");
                // By unknown over time: an unknown may be small where another is large.
                for row in 0..here[0].1.len() {
                    let found: Vec<f64> = here.iter().map(|point| point.2[row]).collect();
                    let value = |side: usize, point: usize| sides[side][point].1[row];
                    let slope = |k: usize| {
                        (value(0, k) - 8.0 * value(1, k) + 8.0 * value(2, k) - value(3, k))
                            / (12.0 * h)
                    };
                    let expected: Vec<f64> = (0..here.len()).map(slope).collect();
                    let what = format!("{case}, row {row}, point");
                    let floor = tight().tolerances.voltage / h;
                    agree(&found, &expected, 1e-5, floor, &what);
                }
            }
        }
    }
}

#[test]
fn an_event_moves_with_the_parameter() {
    // Charging towards 1 V through R1 = 1 kΩ·p; at 0.5 V a switch puts R2 = 500 Ω in parallel with the capacitor and
    // stays. After t* = R1·C·ln 2: v = v∞ + (0.5 − v∞)·exp(−(t − t*)/τ), v∞ = R2/(R1 + R2), τ = C·R1·R2/(R1 + R2).
    let deck = "\
a capacitor and a switch
.param p=1
V1 in 0 1
R1 in c {1k*p}
C1 c 0 1n ic=0
S1 c d c 0 sw
R2 d 0 500
.model sw sw(vt=0.25 vh=0.25 ron=1e-6 roff=1e15)
.end
";
    let closed = |p: f64, t: f64| {
        let (r1, r2, c) = (1e3 * p, 500.0, 1e-9);
        let crossing = r1 * c * 2f64.ln();
        if t < crossing {
            return 1.0 - (-t / (r1 * c)).exp();
        }
        let (rest, tau) = (r2 / (r1 + r2), c * r1 * r2 / (r1 + r2));
        rest + (0.5 - rest) * (-(t - crossing) / tau).exp()
    };
    // Backward Euler would need too many steps.
    for &method in &IntegrationMethod::ALL[..3] {
        let mut options = tight();
        // Steps of one length but for the crossing.
        options.tolerances.truncation = 1e12;
        let tran = TransientOptions {
            method,
            use_initial_conditions: true,
            max_step: Some(5e-10),
            ..TransientOptions::new(5e-10, 2e-6)
        };
        let points = run(deck, 1.0, &options, &tran);
        let simulation = load(deck, "p", 1.0);
        let row = simulation.circuit().find_node("c").unwrap().index();
        let h = 1e-5;
        let crossing = 1e-6 * 2f64.ln();
        for (t, x, s) in points.iter().filter(|(t, ..)| (t - crossing).abs() > 1e-9) {
            let expected = (closed(1.0 + h, *t) - closed(1.0 - h, *t)) / (2.0 * h);
            let tolerance = 1e-5;
            assert!(
                (x[row] - closed(1.0, *t)).abs() < tolerance,
                "{method:?} value at {t:e}: {}",
                x[row]
            );
            assert!(
                (s[row] - expected).abs() < 3.0 * tolerance,
                "{method:?} at {t:e}: {} {expected}",
                s[row]
            );
        }
    }
}
