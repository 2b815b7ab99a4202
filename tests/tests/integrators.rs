//! Integration methods against closed forms: their order with fixed steps, their error control without.

use ovonic_analysis::{
    IntegrationMethod, SolverOptions, Transient, TransientOptions, Unobserved, transient,
};
use ovonic_circuit::{BuildOptions, Circuit, CircuitBuilder, InstanceSpec, NodeId};
use ovonic_device::{Environment, Kind, find_param};
use ovonic_devices::{capacitor, diode, inductor, resistor, sources};
use std::sync::Arc;

fn add(
    builder: &mut CircuitBuilder,
    kind: &'static Kind,
    name: &str,
    nodes: &[NodeId],
    values: &[(&str, f64)],
) {
    let mut params = (kind.new_params)();
    for (name, value) in values {
        let index = find_param(kind.params, name).expect("a parameter of the kind");
        params.assign(index, *value).expect("a value in range");
    }
    builder.instance(InstanceSpec {
        name: name.into(),
        kind,
        params: Arc::from(params),
        environment: Environment::default(),
        multiplicity: 1.0,
        terminals: nodes.to_vec(),
        borrowed: Vec::new(),
        cluster: None,
        origin: 0,
    });
}

/// A parallel RLC that starts with 1 V on the capacitor and no current in the inductor.
fn rlc() -> Circuit {
    let mut builder = CircuitBuilder::new();
    let out = builder.node("out");
    let ground = NodeId::GROUND;
    add(&mut builder, &capacitor::KIND, "c1", &[out, ground], &[("c", 1e-6), ("ic", 1.0)]);
    add(&mut builder, &inductor::KIND, "l1", &[out, ground], &[("l", 1e-3), ("ic", 0.0)]);
    add(&mut builder, &resistor::KIND, "r1", &[out, ground], &[("r", 100.0)]);
    builder.build(BuildOptions::default()).expect("a valid circuit")
}

/// v(t) of [`rlc`]: the damped oscillation of `v̈ + v̇/RC + v/LC = 0`.
fn ringdown(t: f64) -> f64 {
    let (r, l, c): (f64, f64, f64) = (100.0, 1e-3, 1e-6);
    let decay = 0.5 / (r * c);
    let omega = (1.0 / (l * c) - decay * decay).sqrt();
    (-decay * t).exp() * ((omega * t).cos() - decay / omega * (omega * t).sin())
}

fn run(circuit: &Circuit, tran: &TransientOptions) -> (Transient, Vec<(f64, f64)>) {
    let row = circuit.find_node("out").expect("a node called out").index();
    let mut points = Vec::new();
    let mut record = |point: &ovonic_analysis::TransientPoint<'_>| {
        points.push((point.time.seconds(), point.point.x[row]));
        Ok(())
    };
    let done = transient(circuit, &SolverOptions::default(), tran, &mut record, &mut Unobserved);
    (done.expect("a transient"), points)
}

#[test]
fn each_method_shows_its_order() {
    let circuit = rlc();
    for method in IntegrationMethod::ALL {
        let error = |n: f64| {
            let stop = 2e-4;
            let tran = TransientOptions {
                method,
                fixed_step: true,
                use_initial_conditions: true,
                max_step: Some(stop / n),
                ..TransientOptions::new(stop / n, stop)
            };
            let (_, points) = run(&circuit, &tran);
            let (t, v) = points[points.len() - 1];
            (v - ringdown(t)).abs()
        };
        let order = (error(2000.0) / error(4000.0)).log2();
        let expected = f64::from(method.order());
        assert!((order - expected).abs() < 0.15, "{}: order {order}", method.name());
    }
}

#[test]
fn error_control_follows_the_tolerance() {
    let circuit = rlc();
    for method in IntegrationMethod::ALL {
        let error = |relative: f64| {
            let tran = TransientOptions {
                method,
                use_initial_conditions: true,
                ..TransientOptions::new(1e-3, 1e-3)
            };
            let mut options = SolverOptions::default();
            options.tolerances.relative = relative;
            let mut worst: f64 = 0.0;
            let row = circuit.find_node("out").expect("a node called out").index();
            let mut record = |point: &ovonic_analysis::TransientPoint<'_>| {
                let exact = ringdown(point.time.seconds());
                worst = worst.max((point.point.x[row] - exact).abs());
                Ok(())
            };
            let done = transient(&circuit, &options, &tran, &mut record, &mut Unobserved);
            (worst, done.expect("a transient").statistics.accepted)
        };
        let ((loose, few), (tight, many)) = (error(1e-3), error(1e-5));
        assert!(loose < 0.1, "{}: {loose} after {few} steps", method.name());
        assert!(tight < loose / 5.0, "{}: {tight} against {loose}", method.name());
        assert!(many > few, "{}", method.name());
    }
}

#[test]
fn a_rectifier_charges_its_capacitor() {
    let mut builder = CircuitBuilder::new();
    let (input, out) = (builder.node("in"), builder.node("out"));
    let ground = NodeId::GROUND;
    add(&mut builder, &sources::VOLTAGE_SOURCE, "v1", &[input, ground], &[("dc", 5.0)]);
    add(&mut builder, &diode::KIND, "d1", &[input, out], &[("is", 1e-14)]);
    add(&mut builder, &capacitor::KIND, "c1", &[out, ground], &[("c", 1e-6), ("ic", 0.0)]);
    add(&mut builder, &resistor::KIND, "r1", &[out, ground], &[("r", 1e3)]);
    let circuit = builder.build(BuildOptions::default()).expect("a valid circuit");
    let tran =
        TransientOptions { use_initial_conditions: true, ..TransientOptions::new(1e-5, 1e-3) };
    let (done, points) = run(&circuit, &tran);
    let (_, last) = points[points.len() - 1];
    // At rest the diode carries v/R: v = 5 − vt·ln(1 + v/(R·is)).
    let vt = ovonic_device::constants::thermal_voltage(300.15);
    let rest = 5.0 - vt * (1.0 + last / (1e3 * 1e-14)).ln();
    assert!((last - rest).abs() < 1e-3, "{last} is not {rest}");
    assert!(done.statistics.accepted >= 50, "{:?}", done.statistics);
}
